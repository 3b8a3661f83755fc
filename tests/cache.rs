//! Binned data kept for the next job: it must not read the files, and must come to the same model; what is stale or damaged is not believed.

use crate::util::{Run, Tree, amount, command, csv, run};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

fn with_data() -> Tree {
    let tree = Tree::new();
    tree.write("train/a.csv", csv(900, 1, amount));
    tree.write("train/b.csv", csv(800, 2, amount));
    tree.write("valid.csv", csv(400, 3, amount));
    tree
}

fn train(tree: &Tree, extra: &[&str]) -> Command {
    let mut job = command(["train", "--train", &tree.text("train"), "--validation", &tree.text("valid.csv")]);
    job.args(["--model-out", &tree.text("model.sapwood"), "num_round=5"]).args(extra);
    job
}

/// A job with a cache: whether it took the data from there, its metric lines and its model.
fn cached(tree: &Tree, extra: &[&str]) -> (bool, Run, Vec<u8>) {
    let mut job = train(tree, extra);
    job.args(["--cache", &tree.text("cache")]);
    let run = run(job).ok();
    assert!(run.stderr.contains("Train matrix has 1700 rows and 4 columns"), "{}", run.stderr);
    (run.stderr.contains("binned data from an earlier job"), run, fs::read(tree.path("model.sapwood")).unwrap())
}

fn entries(tree: &Tree) -> Vec<PathBuf> {
    tree.files("cache").into_iter().map(|(path, _)| path).collect()
}

#[test]
fn the_second_job_reads_no_file_and_gives_the_same_model() {
    let tree = with_data();
    run(train(&tree, &[])).ok();
    let plain = fs::read(tree.path("model.sapwood")).unwrap();
    let (hit, first, model) = cached(&tree, &[]);
    assert!(!hit && model == plain);
    let (hit, second, model) = cached(&tree, &["--summary", &tree.text("summary")]);
    assert!(hit && model == plain);
    assert_eq!((&tree.json("summary")["io"]["files"], &tree.json("summary")["io"]["bytes_read"]), (&0.into(), &0.into()));
    assert_eq!(first.stdout, second.stdout);
    // Trees may be other ones.
    assert!(cached(&tree, &["eta=0.1", "max_depth=3", "early_stopping_rounds=2"]).0);
    assert_eq!(entries(&tree).len(), 1);
}

#[test]
fn other_data_and_other_bins_are_another_entry() {
    let tree = with_data();
    assert!(!cached(&tree, &[]).0);
    assert!(!cached(&tree, &["max_bin=40"]).0);
    assert!(!cached(&tree, &["missing_values=-1"]).0);
    assert!(cached(&tree, &[]).0);
    File::options()
        .append(true)
        .open(tree.path("train/b.csv"))
        .unwrap()
        .set_modified(SystemTime::now() + Duration::from_secs(5))
        .unwrap();
    assert!(!cached(&tree, &[]).0, "a file that was written anew is other data");
    // The same size and time of change: as a copy that keeps times.
    let path = tree.path("train/a.csv");
    let (size, modified) = fs::metadata(&path).map(|old| (old.len(), old.modified().unwrap())).unwrap();
    fs::write(&path, csv(900, 1, amount).replace("0.1", "0.2")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
    File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert!(!cached(&tree, &[]).0, "a file that was replaced is other data");
    fs::rename(tree.path("train/b.csv"), tree.path("train/c.csv")).unwrap();
    assert!(!cached(&tree, &[]).0);
    assert_eq!(entries(&tree).len(), 6);
}

#[test]
fn damaged_entries_are_warned_of_and_written_anew() {
    let tree = with_data();
    let (_, _, model) = cached(&tree, &[]);
    let [entry] = &entries(&tree)[..] else { panic!("one entry") };
    let whole = fs::read(entry).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for damaged in [&whole[..whole.len() / 2], &[], b"something else", &flipped] {
        fs::write(entry, damaged).unwrap();
        let (hit, run, again) = cached(&tree, &[]);
        assert!(!hit && again == model);
        assert!(run.stderr.contains("reading the files and writing the cache again"), "{}", run.stderr);
        assert!(fs::read(entry).unwrap() == whole);
    }
}

#[test]
fn only_the_newest_entries_stay() {
    let tree = with_data();
    (0..12).for_each(|number| assert!(!cached(&tree, &[&format!("seed={number}")]).0));
    assert_eq!(entries(&tree).len(), 8);
    assert!(cached(&tree, &["seed=11"]).0 && !cached(&tree, &["seed=0"]).0);
}

#[test]
fn a_cache_among_the_data_is_refused() {
    let tree = with_data();
    let mut job = train(&tree, &[]);
    job.args(["--cache", &tree.text("train/cache")]);
    run(job).user_error(&["train/cache", "is inside the data directory"]);
    assert!(!tree.path("train/cache").exists());
}

#[test]
fn checkpoints_go_on_from_cached_data() {
    let tree = with_data();
    let checkpoints = ["--checkpoints", &tree.text("checkpoints"), "checkpoint_interval=0", "subsample=0.5"];
    cached(&tree, &checkpoints);
    // The newest one has all rounds; the one before goes on.
    let newest = tree.checkpoints().pop().unwrap().0;
    fs::remove_file(newest).unwrap();
    tree.write("checkpoints/keep", "");
    let (hit, _, resumed) = cached(&tree, &checkpoints);
    run(train(&tree, &["subsample=0.5"])).ok();
    assert!(hit && resumed == fs::read(tree.path("model.sapwood")).unwrap());
}

#[test]
fn a_warm_pool_s_directory_is_used() {
    let tree = Tree::new();
    tree.write("input/data/train/train.csv", csv(600, 1, amount));
    tree.write("input/config/hyperparameters.json", r#"{"num_round": "3"}"#);
    let mut hits = Vec::new();
    for _ in 0..2 {
        let mut job = command(["train", "--opt-ml", &tree.text("")]);
        job.env("SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY", tree.path("warm"));
        hits.push(run(job).ok().stderr.contains("binned data from an earlier job"));
    }
    assert_eq!(hits, [false, true]);
    assert_eq!(tree.files("warm/sapwood").len(), 1);
}

#[test]
fn labels_that_do_not_fit_are_found_in_the_files() {
    let tree = with_data();
    assert!(!cached(&tree, &[]).0);
    let job = train(&tree, &["--cache", &tree.text("cache"), "objective=binary:logistic"]);
    run(job).user_error(&["label must be", "train/a.csv:"]);
}
