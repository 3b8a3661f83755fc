//! File systems that are slow or fail, and the report on what reading cost.

mod failing;

use crate::util::{Tree, amount, command, csv, run};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// A stand-in for a file system or a clock, compiled from the C file of this name; `None`, with a loud message, where there is no C compiler.
pub fn stand_in(tree: &Tree, name: &str) -> Option<PathBuf> {
    let library = tree.path(&format!("{name}.so"));
    let source = format!("{}/../tests/io/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]).output();
    let reason = match compiled {
        Ok(output) if output.status.success() => return Some(library),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    // Not `eprintln!`, which the test runner keeps to itself when a test passes.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED tests of {name}.c: no stand-in: {reason}\n");
    None
}

/// Twelve files that take a second to open each.
#[test]
fn slow_files_are_opened_all_at_once() {
    let tree = Tree::new();
    let Some(library) = stand_in(&tree, "slow") else { return };
    for file in 0..10 {
        tree.write(&format!("cold/train/{file}.csv"), csv(300, file, amount));
    }
    for file in 0..2 {
        tree.write(&format!("cold/valid/{file}.csv"), csv(300, 20 + file, amount));
    }
    let train = || {
        let mut job = command(["train", "--train", &tree.text("cold/train"), "--validation", &tree.text("cold/valid")]);
        job.args(["--model-out", &tree.text("model"), "--summary", &tree.text("summary"), "num_round=2", "nthread=2"]);
        job
    };
    run(train()).ok();
    let started = Instant::now();
    let mut slow = train();
    slow.env("LD_PRELOAD", &library).env("SLOW_OPEN_MS", "1000");
    let run = run(slow).ok();
    // One after the other would take twelve seconds, two at a time six.
    assert!(started.elapsed() >= Duration::from_secs(1), "nothing was slow");
    assert!(started.elapsed() < Duration::from_millis(3500), "{:?}", started.elapsed());
    let io = &tree.json("summary")["io"];
    assert!(io["open_seconds"].as_f64().is_some_and(|seconds| (0.9..2.0).contains(&seconds)), "{io}");
    assert_eq!((io["files"].as_u64(), &io["bound_by"]), (Some(12), &"input".into()), "{io}");
    assert!(run.stderr.contains("from 12 files in 1.") && run.stderr.contains("bound by input"), "{}", run.stderr);
}

#[test]
fn the_report_counts_files_and_bytes() {
    let tree = Tree::new();
    let text = csv(400, 1, amount);
    let bytes = 2 * text.len();
    tree.write("train/a.csv", &text);
    tree.write("train/b.csv", &text);
    let summary = tree.text("summary");
    run(command([
        "train",
        "--train",
        &tree.text("train"),
        "--model-out",
        &tree.text("model"),
        "--summary",
        &summary,
        "num_round=1",
    ]))
    .ok();
    let io = &tree.json("summary")["io"];
    assert_eq!((io["files"].as_u64(), io["file_bytes"].as_u64()), (Some(2), Some(bytes as u64)), "{io}");
    // Looks at the files' beginnings, which are all of them, are not counted.
    assert_eq!(io["bytes_read"].as_u64(), Some(bytes as u64), "{io}");
    assert_eq!(io["cold_files"], 0);
}
