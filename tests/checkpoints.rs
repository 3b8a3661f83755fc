//! Interrupted jobs: whatever happened to them, the job that goes on ends with the model of one that was never interrupted.

use crate::util::{MetricLine, Run, Tree, amount, command, csv, csv_with_header, in_private_mounts, quoted, run, send};
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The shell command that trains on the tree's data, with a checkpoint after every round.
fn train(tree: &Tree, model: &str, extra: &[&str]) -> Command {
    let paths = [("--train", "train.csv"), ("--validation", "valid.csv"), ("--model-out", model), ("--checkpoints", "checkpoints")];
    let mut args = vec!["train".to_string()];
    args.extend(paths.iter().flat_map(|(flag, name)| [(*flag).to_string(), tree.text(name)]));
    args.extend(["checkpoint_interval=0", "max_depth=4", "nthread=2"].map(String::from));
    args.extend(extra.iter().map(|word| (*word).to_string()));
    command(args)
}

fn with_data() -> Tree {
    let tree = Tree::new();
    tree.write("train.csv", csv(2000, 1, amount));
    tree.write("valid.csv", csv(500, 2, amount));
    tree
}

/// The checkpoints there are, oldest first, by file name; the lock is none of them.
fn names(tree: &Tree) -> Vec<String> {
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_string();
    tree.checkpoints().iter().map(|(path, _)| name(path)).collect()
}

/// Runs a job and sends it a signal as soon as it has printed so many lines, if it lives so long.
fn interrupted(mut job: Command, signal: &str, lines: usize) -> Option<i32> {
    let mut child = job.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    printed.by_ref().take(lines).for_each(drop);
    send(signal, child.id());
    printed.for_each(drop);
    child.wait().unwrap().code()
}

/// What the job of the interrupted ones must come to.
fn uninterrupted(tree: &Tree, extra: &[&str]) -> (Vec<u8>, MetricLine) {
    let mut job = command(["train", "--train", &tree.text("train.csv"), "--validation", &tree.text("valid.csv")]);
    job.args(["--model-out", &tree.text("whole.sapwood"), "max_depth=4"]).args(extra);
    let lines = run(job).ok().metric_lines();
    (fs::read(tree.path("whole.sapwood")).unwrap(), lines.last().unwrap().clone())
}

#[test]
fn a_job_that_is_killed_again_and_again_ends_with_the_same_model() {
    let (tree, parameters) = (with_data(), ["num_round=60", "subsample=0.7", "early_stopping_rounds=50"]);
    let (whole, last) = uninterrupted(&tree, &parameters);
    for (kill, lines) in [1, 4, 2, 7, 3, 5].into_iter().enumerate() {
        let signal = if kill % 2 == 0 { "KILL" } else { "TERM" };
        interrupted(train(&tree, "model.sapwood", &parameters), signal, lines);
        assert!(names(&tree).iter().filter(|name| name.starts_with("checkpoint-")).count() <= 4, "{:?}", names(&tree));
    }
    let end = run(train(&tree, "model.sapwood", &parameters)).ok();
    assert!(end.stderr.contains("resuming after"), "{}", end.stderr);
    let lines = end.metric_lines();
    assert!(lines.first().unwrap().round > 0, "it began anew");
    assert_eq!(lines.last(), Some(&last));
    assert!(fs::read(tree.path("model.sapwood")).unwrap() == whole);
    assert_eq!(names(&tree).len(), 3, "{:?}", names(&tree));
}

/// Starts a job that would go on for very long, and waits until it has written a checkpoint.
fn at_work(tree: &Tree, model: &str) -> Child {
    let mut job = train(tree, model, &["num_round=1000000"]);
    let mut child = job.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Nobody reads on, so that the job waits when the pipe is full.
    BufReader::new(child.stdout.as_mut().unwrap()).lines().take(2).for_each(drop);
    child
}

#[test]
fn one_job_at_a_time_writes_checkpoints() {
    let tree = with_data();
    let mut first = at_work(&tree, "first.sapwood");
    let unfinished = tree.write("checkpoints/.checkpoint-0000001.sapwood-checkpoint-a1b2c3.sagemaker-ignore", "the first one's");
    let mut second = train(&tree, "second.sapwood", &["num_round=3"]);
    second.env("SAPWOOD_CHECKPOINT_LOCK_TIMEOUT", "3");
    let second = run(second);
    second.user_error(&["checkpoints: another job is still writing", "after 3 s; choose another directory"]);
    assert!(second.stderr.contains("waiting up to 3 s for it to end"), "{}", second.stderr);
    assert!(unfinished.exists() && second.stdout.is_empty() && !tree.path("second.sapwood").exists());
    assert_eq!(first.try_wait().unwrap(), None);
    // Another directory is free.
    let mut elsewhere = command(["train", "--train", &tree.text("train.csv"), "--model-out", &tree.text("second.sapwood")]);
    elsewhere.args(["--checkpoints", &tree.text("others"), "num_round=1"]);
    run(elsewhere).ok();
    send("TERM", first.id());
    drop(first.stdout.take());
    assert_eq!(first.wait().unwrap().code(), Some(143));
    // The first one's model and checkpoints are whole: who goes on comes to the model of one that did all the rounds.
    let newest = names(&tree).pop().unwrap();
    let rounds: usize = newest["checkpoint-".len()..][..7].parse().unwrap();
    let more = format!("num_round={}", rounds + 2);
    let end = run(train(&tree, "second.sapwood", &[&more])).ok();
    assert!(end.stderr.contains(&format!("resuming after {rounds} rounds")), "{}", end.stderr);
    assert!(fs::read(tree.path("second.sapwood")).unwrap() == uninterrupted(&tree, &[&more]).0);
}

#[test]
fn a_killed_job_s_directory_is_the_next_one_s() {
    let tree = with_data();
    let mut first = at_work(&tree, "model.sapwood");
    send("KILL", first.id());
    let newest = names(&tree).pop().unwrap();
    let rounds: usize = newest["checkpoint-".len()..][..7].parse().unwrap();
    // It may have been about to write another one.
    let more = format!("num_round={}", rounds + 3);
    // Not waited for before the next one starts, as whoever restarts jobs by hand does not.
    let end = run(train(&tree, "model.sapwood", &[&more])).ok();
    assert!(end.stderr.contains("resuming after"), "{}", end.stderr);
    first.wait().unwrap();
    assert!(fs::read(tree.path("model.sapwood")).unwrap() == uninterrupted(&tree, &[&more]).0);
}

#[test]
fn a_finished_job_goes_on_where_more_rounds_are_wanted() {
    let tree = with_data();
    run(train(&tree, "ten.sapwood", &["num_round=10"])).ok();
    assert_eq!(names(&tree).pop().unwrap(), "checkpoint-0000010.sapwood-checkpoint");
    let more = run(train(&tree, "twenty.sapwood", &["num_round=20"])).ok();
    assert_eq!(more.metric_lines().first().unwrap().round, 10);
    assert!(fs::read(tree.path("twenty.sapwood")).unwrap() == uninterrupted(&tree, &["num_round=20"]).0);
    // Nothing is left to do: the one line is that of the model.
    let again = run(train(&tree, "again.sapwood", &["num_round=20"])).ok();
    assert_eq!(again.metric_lines().iter().map(|line| line.round).collect::<Vec<_>>(), [19]);
    assert!(fs::read(tree.path("again.sapwood")).unwrap() == fs::read(tree.path("twenty.sapwood")).unwrap());
}

#[test]
fn damaged_checkpoints_are_passed_over_with_a_warning() {
    let tree = with_data();
    run(train(&tree, "model.sapwood", &["num_round=10"])).ok();
    let files = tree.checkpoints();
    let [_, (second, content), (newest, _)] = &files[..] else { panic!("{:?}", names(&tree)) };
    fs::write(newest, "").unwrap();
    let half = |end: Run| {
        assert_eq!(end.metric_lines().last().unwrap().round, 14);
        end.stderr
    };
    let stderr = half(run(train(&tree, "model.sapwood", &["num_round=15"])).ok());
    assert!(stderr.contains(&format!("{}: skipped: not a Sapwood checkpoint", newest.display())), "{stderr}");
    assert!(stderr.contains(&format!("{}: resuming after 9 rounds", second.display())), "{stderr}");
    for (path, _) in tree.checkpoints() {
        fs::write(path, &content[..content.len() / 2]).unwrap();
    }
    let stderr = half(run(train(&tree, "model.sapwood", &["num_round=15"])).ok());
    assert_eq!(stderr.matches("skipped: checkpoint file is ").count(), 3, "{stderr}");
    assert!(fs::read(tree.path("model.sapwood")).unwrap() == uninterrupted(&tree, &["num_round=15"]).0);
    // Those that cannot be read are later ones than those of a run that begins anew, which must keep its own all the same.
    for (path, _) in tree.checkpoints() {
        fs::write(path, "damaged").unwrap();
    }
    run(train(&tree, "model.sapwood", &["num_round=5"])).ok();
    let last = run(train(&tree, "model.sapwood", &["num_round=6"])).ok();
    assert!(last.stderr.contains("resuming after 5 rounds"), "{}", last.stderr);
}

#[test]
fn a_place_among_the_data_is_refused() {
    let tree = with_data();
    let mut job = command(["train", "--train", &tree.text(""), "--model-out", &tree.text("model.sapwood"), "num_round=2"]);
    job.args(["--checkpoints", &tree.text("checkpoints")]);
    run(job).user_error(&["checkpoints: is inside the data directory"]);
    assert!(!tree.path("checkpoints").exists());
}

#[test]
fn what_is_no_checkpoint_is_left_alone_and_what_was_unfinished_is_removed() {
    let tree = with_data();
    let foreign = ["checkpoint-0000003.sapwood-checkpoint.sagemaker-uploaded", "notes.txt", "checkpoint-x.sapwood-checkpoint"];
    for name in foreign {
        tree.write(&format!("checkpoints/{name}"), "not ours");
    }
    tree.write("checkpoints/.checkpoint-0000003.sapwood-checkpoint-a1b2c3.sagemaker-ignore", "half a checkpoint");
    run(train(&tree, "model.sapwood", &["num_round=2"])).ok();
    let mut expected = foreign.to_vec();
    expected.extend(["checkpoint-0000001.sapwood-checkpoint", "checkpoint-0000002.sapwood-checkpoint"]);
    expected.sort_unstable();
    assert_eq!(names(&tree), expected);
}

#[test]
fn checkpoints_of_another_job_are_refused_by_what_differs() {
    let tree = with_data();
    run(train(&tree, "model.sapwood", &["num_round=3"])).ok();
    let refused = |extra: &[&str], fragments: &[&str]| {
        let mut job = train(&tree, "model.sapwood", &["num_round=5"]);
        let end = run({
            job.args(extra);
            job
        });
        let message = end.user_error(fragments);
        let start = format!(
            "UserError: {}: the checkpoint was made with other ",
            tree.text("checkpoints/checkpoint-0000003.sapwood-checkpoint")
        );
        assert!(message.starts_with(&start) && message.ends_with("choose an empty directory for checkpoints"), "{message}");
        assert!(!end.stderr.contains("resuming after"), "{}", end.stderr);
    };
    refused(&["eta=0.1"], &["parameters: eta is \"0.1\", it was \"0.3\""]);
    tree.write("test.csv", csv(100, 3, amount));
    let test = format!("test={}", tree.text("test.csv"));
    refused(&["--eval-set", &test], &["data: the sets that are evaluated are test, validation, they were validation;"]);
    tree.write("valid.csv", csv(501, 2, amount));
    refused(&[], &["data: validation has 501 rows, it had 500;"]);
    tree.write("valid.csv", csv(500, 2, |x, _| format!("{}", x[0])));
    refused(&[], &["data: validation has different labels;"]);
    tree.write("valid.csv", csv(500, 3, amount));
    tree.write("train.csv", csv(2000, 4, amount));
    refused(&[], &["data: the training set has different features, labels; validation has different labels;"]);
    tree.write("train.csv", csv_with_header(2000, 1, amount));
    refused(&[], &["data: feature 0 of the training set is \"a\" (numeric), it was \"f0\" (numeric);"]);
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error_at_once() {
    let tree = with_data();
    tree.write("checkpoints", "a file");
    let started = Instant::now();
    run(train(&tree, "model.sapwood", &["num_round=100000"])).user_error(&["checkpoints: cannot be created"]);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_full_disk_costs_checkpoints_but_not_the_model() {
    let tree = with_data();
    let directory = tree.mkdir("checkpoints");
    let setup = format!("mount -t tmpfs -o size=16k tmpfs {}", quoted(&directory));
    let listing = tree.path("listing");
    let after = format!("ls -A {} > {}", quoted(&directory), quoted(&listing));
    let job = train(&tree, "model.sapwood", &["num_round=40"]);
    let args: Vec<_> = job.get_args().map(std::ffi::OsStr::to_os_string).collect();
    let Some(run) = in_private_mounts("a_full_disk_costs_checkpoints_but_not_the_model", &setup, &after, &args) else { return };
    let run = run.ok();
    assert!(run.stderr.contains("warning: could not write a checkpoint after "), "{}", run.stderr);
    assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
    let left = fs::read_to_string(listing).unwrap();
    let is_whole = |name: &str| name.ends_with(".sapwood-checkpoint") || name == "lock.sagemaker-ignore";
    assert!(left.lines().all(is_whole), "{left}");
    assert!(fs::read(tree.path("model.sapwood")).unwrap() == uninterrupted(&tree, &["num_round=40"]).0);
}

/// A SageMaker job with CheckpointConfig, whose number of rounds is a JSON number as in AWS's own tests.
fn sagemaker(tree: &Tree, num_round: usize) -> Command {
    tree.write("input/data/train/train.csv", csv(1500, 1, amount));
    tree.write("input/config/hyperparameters.json", json!({"num_round": num_round, "checkpoint_interval": "0"}).to_string());
    tree.write("input/config/checkpointconfig.json", json!({"LocalPath": "/opt/ml/checkpoints"}).to_string());
    command(["train", "--opt-ml", &tree.text("")])
}

#[test]
fn a_sagemaker_job_goes_on_from_its_checkpoints() {
    let tree = Tree::new();
    run(sagemaker(&tree, 10)).ok();
    assert_eq!(names(&tree).last().unwrap(), "checkpoint-0000010.sapwood-checkpoint");
    let end = run(sagemaker(&tree, 20)).ok();
    assert_eq!(end.metric_lines().iter().map(|line| line.round).collect::<Vec<_>>(), (10..20).collect::<Vec<_>>());
    let resumed = fs::read(tree.path("model/model.sapwood")).unwrap();
    fs::remove_dir_all(tree.path("checkpoints")).unwrap();
    run(sagemaker(&tree, 20)).ok();
    assert!(resumed == fs::read(tree.path("model/model.sapwood")).unwrap());
}

#[test]
fn a_retried_kubernetes_job_ends_with_the_same_model() {
    let tree = Tree::new();
    let mut job = sagemaker(&tree, 3000);
    job.env("SAPWOOD_ON_SIGTERM", "fail");
    // As a pod that is evicted: 143 tells the Job to try again.
    assert_eq!(interrupted(job, "TERM", 3), Some(143));
    assert!(tree.path("model/model.sapwood").exists());
    let newest = names(&tree).pop().unwrap();
    let rounds: usize = newest["checkpoint-".len()..][..7].parse().unwrap();
    run(sagemaker(&tree, rounds + 5)).ok();
    let resumed = fs::read(tree.path("model/model.sapwood")).unwrap();
    fs::remove_dir_all(tree.path("checkpoints")).unwrap();
    run(sagemaker(&tree, rounds + 5)).ok();
    assert!(resumed == fs::read(tree.path("model/model.sapwood")).unwrap());
}

/// Without CheckpointConfig a directory that is there is used, and none is made.
#[test]
fn a_directory_for_checkpoints_is_enough() {
    let tree = Tree::new();
    let mut job = sagemaker(&tree, 4);
    fs::remove_file(tree.path("input/config/checkpointconfig.json")).unwrap();
    run(job).ok();
    assert!(!tree.path("checkpoints").exists());
    tree.mkdir("checkpoints");
    job = command(["train", "--opt-ml", &tree.text("")]);
    run(job).ok();
    assert_eq!(names(&tree).len(), 3);
}
