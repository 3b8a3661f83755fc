//! Standard streams that cannot be written: closed pipes, full disks, descriptors for reading. What is said beside the work is lost then, the
//! work is not; a result that cannot be written is a failure, unless its reader has seen enough.

use crate::serve::client::{Server, free_port};
use crate::util::{Tree, amount, command, csv_with_header, sapwood};
use std::fs::{self, File};
use std::process::{Command, Stdio};

/// A pipe whose reader has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A disk that is full.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Something that was not opened for writing.
fn for_reading() -> Stdio {
    File::open("/dev/null").unwrap().into()
}

/// Makes a stream that cannot be written.
type Broken = fn() -> Stdio;

const BROKEN: [(&str, Broken); 3] = [("closed", closed), ("full", full), ("for reading", for_reading)];

/// A tree with data, a model, and manifests that are right and wrong.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(300, 1, amount));
    // Everything that scoring has notes about: a column that it does not need, a category that it does not know.
    tree.write("colours.csv", format!("y,colour,x\n{}", "1,red,1\n2,blue,2\n".repeat(50)));
    tree.write("others.csv", format!("y,colour,x\n{}", "1,green,1\n2,blue,2\n".repeat(50)));
    for (data, model) in [("train.csv", "model"), ("colours.csv", "colours")] {
        sapwood(["train", "--train", &tree.text(data), "--label", "y", "--model-out", &tree.text(model), "num_round=3"]).ok();
    }
    let manifests = concat!(env!("CARGO_MANIFEST_DIR"), "/../container/kubernetes");
    fs::copy(format!("{manifests}/training-job.yaml"), tree.path("job.yaml")).unwrap();
    fs::copy(format!("{manifests}/migration/operator.yaml"), tree.path("old.yaml")).unwrap();
    tree.write("wrong.yaml", "apiVersion: sagemaker.services.k8s.aws/v1alpha1\nkind: TrainingJob\n");
    tree
}

/// A command line for every command, each way to print something, and each way to fail; `NAME` in capitals stands for a file.
const LINES: [&str; 24] = [
    "train --train TRAIN.CSV --label y --model-out NEW num_round=5",
    "train --train TRAIN.CSV --label y --model-out NEW num_round=5 same_data=warn --validation TRAIN.CSV",
    "train --train TRAIN.CSV --label nothing --model-out NEW num_round=5",
    "predict --model MODEL --data TRAIN.CSV --label y",
    "predict --model COLOURS --data OTHERS.CSV --label y",
    "predict --model MODEL --data TRAIN.CSV --label y --out NEW",
    "predict --model MODEL --data NOTHING",
    "evaluate --model COLOURS --data OTHERS.CSV",
    "inspect --model MODEL",
    "inspect --model MODEL --json",
    "params",
    "params --json",
    "params --markdown",
    "metrics",
    "objectives --json",
    "doctor JOB.YAML",
    "doctor --json JOB.YAML",
    "doctor WRONG.YAML",
    "doctor --translate OLD.YAML",
    "serve --model NOTHING",
    "--help",
    "train --help",
    "--version",
    "train --no-such-flag",
];

fn line(tree: &Tree, line: &str) -> Command {
    let is_name = |word: &&str| word.starts_with(char::is_uppercase) && *word == word.to_uppercase();
    command(line.split(' ').map(|word| if is_name(&word) { tree.text(&word.to_lowercase()) } else { word.to_string() }))
}

/// What a command printed, how it ended, and the file that it wrote.
fn outcome(tree: &Tree, mut command: Command) -> (String, Option<i32>, Option<Vec<u8>>) {
    let _ = fs::remove_file(tree.path("new"));
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code(), fs::read(tree.path("new")).ok())
}

#[test]
fn diagnostics_that_cannot_be_written_change_nothing_else() {
    let tree = tree();
    for words in LINES {
        let expected = outcome(&tree, line(&tree, words));
        assert!([Some(0), Some(2)].contains(&expected.1), "{words}: {expected:?}");
        for (name, stderr) in BROKEN {
            let mut broken = line(&tree, words);
            broken.stderr(stderr());
            assert_eq!(outcome(&tree, broken), expected, "{words}, standard error {name}");
        }
    }
}

#[test]
fn results_that_cannot_be_written_are_a_failure_unless_their_reader_has_seen_enough() {
    let tree = tree();
    for words in LINES {
        let whole = line(&tree, words).output().unwrap();
        let is_training = words.starts_with("train") && words.contains('=');
        let prints = !whole.stdout.is_empty() && !is_training;
        for (name, stdout) in BROKEN {
            let mut broken = line(&tree, words);
            let output = broken.stdout(stdout()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            // clap prints help through std's handle, which does not tell of such a descriptor.
            if name == "closed" || !prints || (name == "for reading" && words.starts_with(['-', 't'])) {
                assert_eq!(output.status.code(), whole.status.code(), "{words}, standard output {name}: {stderr}");
                assert_eq!(stderr.contains("Error"), !whole.status.success(), "{words}, standard output {name}: {stderr}");
            } else {
                assert_eq!(output.status.code(), Some(2), "{words}, standard output {name}: {stderr}");
                assert!(stderr.contains("UserError: standard output cannot be written: "), "{words}, {name}: {stderr}");
            }
            // Nor where nothing can be written at all.
            let mut mute = line(&tree, words);
            let code = mute.stdout(stdout()).stderr(stdout()).status().unwrap().code();
            assert_eq!(code, output.status.code(), "{words}, both {name}");
        }
    }
}

#[test]
fn training_that_nobody_looks_at_leaves_the_same_model() {
    let tree = tree();
    let words = LINES[0];
    let (_, code, model) = outcome(&tree, line(&tree, words));
    assert!(code == Some(0) && model.is_some());
    for (name, stream) in BROKEN {
        let mut mute = line(&tree, words);
        let _ = fs::remove_file(tree.path("new"));
        assert!(mute.stdout(stream()).stderr(stream()).status().unwrap().success(), "{name}");
        assert_eq!(fs::read(tree.path("new")).ok(), model, "{name}");
    }
}

#[test]
fn sagemaker_gets_the_reason_of_failure_where_standard_error_does_not() {
    for (name, stderr) in BROKEN {
        let job = Tree::new();
        job.write("input/config/hyperparameters.json", "{\"no_such\": \"1\"}");
        let mut train = command(["train", "--opt-ml", &job.text("")]);
        assert_eq!(train.stderr(stderr()).status().unwrap().code(), Some(2), "{name}");
        assert!(job.read("output/failure").contains("no_such"), "{name}");
    }
}

#[test]
fn a_server_without_a_log_serves() {
    let tree = tree();
    for (name, stderr) in BROKEN {
        let port = free_port();
        let flags = ["serve", "--model", &tree.text("model"), "--host", "127.0.0.1", "--port", &port.to_string()];
        let mut serve = command(flags);
        serve.env("SAPWOOD_LOG", "debug").stdout(stderr()).stderr(stderr());
        let mut server = Server::silent(serve, port);
        server.csv("0.1,0.2,0.3,0.4\n").is(200, &[]);
        server.csv("1,2\n").is(400, &["wrong number of columns"]);
        server.get("/ping").is(200, &[]);
        server.terminate();
        assert_eq!(server.wait(), Some(0), "{name}");
    }
}
