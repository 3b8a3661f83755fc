//! Pipes, links, directories and devices where files are expected, and limits that leave little room: an error or a result, and never a
//! wait for somebody who does not come.

use crate::serve::client::Server;
use crate::util::{Run, Tree, amount, command, csv_with_header, run, sapwood};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn tree() -> Tree {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(400, 1, amount));
    train(&tree, &[]).ok();
    tree
}

/// Trains within a minute.
fn train(tree: &Tree, extra: &[&str]) -> Run {
    let words =
        ["train", "--train", &tree.text("train.csv"), "--label", "y", "--model-out", &tree.text("m.sapwood"), "num_round=3"];
    run(limited("exec timeout 60", &[&words[..], extra].concat()))
}

/// The executable behind a command of the shell.
fn limited(prefix: &str, words: &[&str]) -> Command {
    let sapwood = command(words);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{prefix} \"$@\""), "sh"]).arg(sapwood.get_program()).args(words);
    shell
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn cached_bins_that_are_no_file_are_made_anew() {
    let tree = tree();
    let cache = tree.text("cache");
    train(&tree, &["--cache", &cache]).ok();
    let entry = tree.files("cache")[0].0.clone();
    pipe(&entry);
    let run = train(&tree, &["--cache", &cache]).ok();
    assert!(run.stderr.contains("is no regular file; reading the files and writing the cache again"), "{}", run.stderr);
    assert!(fs::symlink_metadata(&entry).unwrap().is_file());
    // A link is not followed when it is written, whatever it leads to.
    fs::write(tree.path("precious"), "precious").unwrap();
    fs::remove_file(&entry).unwrap();
    symlink(tree.path("precious"), &entry).unwrap();
    train(&tree, &["--cache", &cache]).ok();
    assert_eq!(tree.read("precious"), "precious");
    assert!(train(&tree, &["--cache", &cache]).ok().stderr.contains("binned data from an earlier job"));
    // A directory can only be warned of.
    fs::remove_file(&entry).unwrap();
    fs::create_dir(&entry).unwrap();
    assert!(train(&tree, &["--cache", &cache]).ok().stderr.contains("cannot keep binned data"));
}

#[test]
fn checkpoints_that_are_no_files_are_passed_over_and_replaced() {
    let tree = tree();
    let words = ["--checkpoints", &tree.text("checkpoints"), "checkpoint_interval=0"];
    let directory = tree.mkdir("checkpoints");
    pipe(&directory.join("checkpoint-0000002.sapwood-checkpoint"));
    fs::write(tree.path("precious"), "precious").unwrap();
    symlink(tree.path("precious"), directory.join("checkpoint-0000003.sapwood-checkpoint")).unwrap();
    train(&tree, &words).ok();
    assert_eq!(tree.read("precious"), "precious");
    assert!(tree.checkpoints().iter().all(|(path, _)| fs::symlink_metadata(path).unwrap().is_file()));
}

#[test]
fn damage_is_told_with_a_remedy_of_its_own() {
    let tree = tree();
    let model = tree.text("m.sapwood");
    let inspect = || sapwood(["inspect", "--model", &model]);
    let bytes = fs::read(&model).unwrap();
    fs::write(&model, [&bytes[..], b"and more"].concat()).unwrap();
    let expected =
        format!("goes on after the {} bytes that its prefix states: something was appended to it; copy it again", bytes.len());
    inspect().user_error(&[&expected]);
    fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
    inspect().user_error(&["it is incomplete; copy it again"]);
    let words = ["--cache", &tree.text("cache"), "--checkpoints", &tree.text("checkpoints"), "checkpoint_interval=0"];
    train(&tree, &words).ok();
    for directory in ["cache", "checkpoints"] {
        for (path, bytes) in tree.files(directory).into_iter().filter(|(_, bytes)| bytes.len() > 30) {
            fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
        }
    }
    let stderr = train(&tree, &words).ok().stderr;
    assert!(stderr.contains("it is incomplete; reading the files and writing the cache again"), "{stderr}");
    assert!(stderr.contains("it is incomplete; an earlier checkpoint is used if there is one"), "{stderr}");
    assert!(!stderr.contains("copy it again"), "{stderr}");
}

#[test]
fn models_that_are_no_files_are_not_waited_for() {
    let tree = tree();
    let directory = tree.mkdir("models/pipe");
    pipe(&directory.join("m.sapwood"));
    tree.mkdir("models/directory/m.sapwood");
    symlink("/dev/zero", tree.path("models/zero.sapwood")).unwrap();
    let server = Server::start(&[], &[("SAGEMAKER_MULTI_MODEL", "true")]);
    for url in ["models/pipe", "models/pipe/m.sapwood", "models/directory", "models/zero.sapwood", "models/../nothing"] {
        let load = serde_json::json!({ "model_name": "x", "url": tree.text(url) }).to_string();
        server.send("POST /models", &["Content-Type: application/json"], load.as_bytes()).is(404, &["no"]);
    }
    let zero = tree.text("models/zero.sapwood");
    run(limited("ulimit -v 4000000; exec timeout 60", &["inspect", "--model", &zero])).user_error(&["not a Sapwood model"]);
}

/// Reads through a pipe are reads of once.
#[test]
fn a_model_through_a_pipe_is_read_once() {
    let tree = tree();
    let model = tree.text("m.sapwood");
    let plain = sapwood(["inspect", "--model", &model]).ok().stdout;
    pipe(&tree.path("pipe"));
    let script = format!("cat '{model}' > '{}' & exec timeout 60", tree.text("pipe"));
    assert_eq!(run(limited(&script, &["inspect", "--model", &tree.text("pipe")])).ok().stdout, plain);
}

#[test]
fn few_files_may_be_open() {
    let tree = tree();
    for number in 0..200 {
        tree.write(&format!("many/{number}.csv"), csv_with_header(3, number, amount));
    }
    let (one, many, out) = (tree.text("train.csv"), tree.text("many"), tree.text("n.sapwood"));
    for (files, data) in [("64", &one), ("20", &one), ("64", &many)] {
        let words = ["train", "--train", data, "--label", "y", "--model-out", &out, "num_round=1", "nthread=2"];
        run(limited(&format!("ulimit -n {files}; exec timeout 60"), &words)).ok();
        run(limited(&format!("ulimit -n {files}; exec timeout 60"), &["predict", "--model", &out, "--label", "y", "--data", data]))
            .ok();
    }
}
