//! Jobs on file systems that fail: what can be done without is done without, and nothing is left half-written.

use super::stand_in;
use crate::util::{Tree, amount, command, csv, run};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Calls that fail, by the name that the stand-in knows.
const CALLS: [&str; 2] = ["write", "fsync"];

const EIO: i32 = 5;
const EINVAL: i32 = 22;
const ENOLCK: i32 = 37;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;

/// A tree with training data, laid out as SageMaker does, and the stand-in; `None` where there is no C compiler.
fn failing() -> Option<(Tree, PathBuf)> {
    let tree = Tree::new();
    tree.write("input/data/train/train.csv", csv(1500, 1, amount));
    tree.write("input/config/hyperparameters.json", r#"{"num_round": "6", "checkpoint_interval": "0"}"#);
    tree.mkdir("model");
    let library = stand_in(&tree, "fail")?;
    Some((tree, library))
}

/// The job on the tree whose files under `directory` fail so.
fn job(tree: &Tree, library: &PathBuf, directory: &str, call: &str, errno: i32) -> Command {
    let mut job = command(["train", "--opt-ml", &tree.text("")]);
    // As the kernel names it, should the temporary directory be behind a link.
    let directory = fs::canonicalize(tree.path(directory)).unwrap();
    job.env("LD_PRELOAD", library).env("FAIL_UNDER", directory).env("FAIL_CALL", call).env("FAIL_ERRNO", errno.to_string());
    job
}

/// The model of the same job where nothing fails.
fn sound_model(tree: &Tree) -> Vec<u8> {
    run(command(["train", "--opt-ml", &tree.text("")])).ok();
    let model = fs::read(tree.path("model/model.sapwood")).unwrap();
    fs::remove_file(tree.path("model/model.sapwood")).unwrap();
    model
}

#[test]
fn checkpoints_that_fail_cost_no_model() {
    let Some((tree, library)) = failing() else { return };
    let sound = sound_model(&tree);
    for call in CALLS {
        tree.mkdir("checkpoints");
        let end = run(job(&tree, &library, "checkpoints", call, EIO)).ok();
        for round in 1..=6 {
            let rounds = if round == 1 { "1 round".to_string() } else { format!("{round} rounds") };
            let warning = format!("warning: could not write a checkpoint after {rounds}: UserError: ");
            assert!(end.stderr.contains(&warning), "{call}: {}", end.stderr);
        }
        assert!(end.stderr.contains("cannot be written: Input/output error"), "{call}: {}", end.stderr);
        assert!(tree.checkpoints().is_empty(), "{call}: {:?}", tree.checkpoints());
        assert!(
            tree.json("output/data/summary.json")["warnings"].to_string().contains("could not write a checkpoint after 6 rounds")
        );
        assert!(fs::read(tree.path("model/model.sapwood")).unwrap() == sound);
        // Nothing to go on from, and nothing in the way.
        let next = run(command(["train", "--opt-ml", &tree.text("")])).ok();
        assert_eq!((next.metric_lines().len(), tree.checkpoints().len()), (6, 3), "{call}");
        fs::remove_dir_all(tree.path("checkpoints")).unwrap();
    }
}

#[test]
fn a_checkpoint_that_fails_leaves_the_ones_before() {
    let Some((tree, library)) = failing() else { return };
    tree.mkdir("checkpoints");
    run(command(["train", "--opt-ml", &tree.text("")])).ok();
    let before = tree.checkpoints();
    tree.write("input/config/hyperparameters.json", r#"{"num_round": "9", "checkpoint_interval": "0"}"#);
    for call in CALLS {
        let end = run(job(&tree, &library, "checkpoints", call, EIO)).ok();
        assert!(
            end.stderr.contains("resuming after 6 rounds") && end.stderr.contains("could not write a checkpoint after 9 rounds"),
            "{end:?}"
        );
        assert!(tree.checkpoints() == before, "{call}");
    }
}

#[test]
fn a_model_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let Some((tree, library)) = failing() else { return };
    for call in CALLS {
        let end = run(job(&tree, &library, "model", call, EIO));
        let message = end.user_error(&["model/model.sapwood: cannot be written: Input/output error"]);
        assert_eq!(end.metric_lines().len(), 6);
        assert!(tree.files("model").is_empty(), "{call}: {:?}", tree.files("model"));
        assert_eq!(tree.read("output/failure").trim_end(), message.trim_end(), "{call}");
        assert!(!tree.path("output/data/summary.json").exists());
    }
    // A model of an earlier job is not harmed either.
    let sound = sound_model(&tree);
    tree.write("model/model.sapwood", &sound);
    for call in CALLS {
        run(job(&tree, &library, "model", call, EIO)).user_error(&["Input/output error"]);
        assert_eq!(tree.files("model").len(), 1, "{call}");
        assert!(fs::read(tree.path("model/model.sapwood")).unwrap() == sound, "{call}");
    }
}

#[test]
fn a_file_system_without_locks_is_worth_a_note() {
    let Some((tree, library)) = failing() else { return };
    for errno in [ENOSYS, EOPNOTSUPP, EINVAL, ENOLCK] {
        tree.mkdir("checkpoints");
        let end = run(job(&tree, &library, "checkpoints", "flock", errno)).ok();
        assert!(end.stderr.contains("note: ") && end.stderr.contains("checkpoints: cannot be locked"), "{}", end.stderr);
        assert!(end.stderr.contains("make sure that no other job writes there"), "{}", end.stderr);
        assert_eq!(tree.checkpoints().len(), 3, "{errno}");
        fs::remove_dir_all(tree.path("checkpoints")).unwrap();
    }
    // What is wrong otherwise is an error before anything is trained.
    tree.mkdir("checkpoints");
    let end = run(job(&tree, &library, "checkpoints", "flock", EIO));
    end.user_error(&["lock.sagemaker-ignore: cannot be locked: Input/output error"]);
    assert_eq!(end.stdout, "");
}
