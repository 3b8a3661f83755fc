//! Hosts of which one meets what the others do not: a defect, a full disk. All end, by name, and the next job comes to the model of one host.

use crate::hosts::instances_with;
use crate::io::stand_in;
use crate::larger_than_memory::rows;
use crate::sagemaker::Job;
use crate::util::{Run, amount, csv, in_private_mounts, quoted, run};
use serde_json::json;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

const ENOSPC: &str = "28";

/// A job with a checkpoint after every round.
fn job(text: &str, more: &[(&str, &str)]) -> Job {
    let mut parameters = json!({"num_round": "20", "subsample": "0.7", "nthread": "1", "checkpoint_interval": "0"});
    more.iter().for_each(|(name, value)| parameters[name] = (*value).into());
    let job = Job::on(text, parameters);
    job.tree.mkdir("checkpoints");
    job
}

/// Runs hosts that fail, and asserts that all do within a minute, and what `failure` says on each.
#[track_caller]
fn fail(command: Command, jobs: &[Job; 2], code: i32, said: &[&str]) -> [String; 2] {
    let started = Instant::now();
    let ended = run(command);
    assert!(ended.code == Some(code) && started.elapsed() < Duration::from_secs(60), "{:?} {ended:?}", started.elapsed());
    jobs.each_ref().map(|job| {
        let failure = job.tree.read("output/failure");
        said.iter().for_each(|words| assert!(failure.contains(words), "no {words:?} in {failure:?}"));
        assert!(job.tree.files("model").is_empty(), "{ended:?}");
        assert!(!job.tree.path("output/data/summary.json").exists());
        fs::remove_file(job.tree.path("output/failure")).unwrap();
        failure
    })
}

/// Asserts that hosts which go on from the checkpoints of the first one end with the model of a host that is alone.
#[track_caller]
fn go_on(jobs: &[Job; 2], alone: &Job) -> Run {
    let ended = run(instances_with(&jobs.each_ref().map(|job| (job, Vec::new()))).unwrap()).ok();
    let model = |job: &Job| fs::read(job.tree.path("model/model.sapwood")).unwrap();
    assert!(model(&jobs[0]) == model(alone));
    assert!(jobs[1].tree.files("model").is_empty());
    ended
}

#[test]
fn a_panic_of_one_host_ends_all() {
    let text = csv(1500, 1, amount);
    let alone = job(&text, &[]);
    alone.succeeds();
    for first in [0, 1] {
        let jobs = [job(&text, &[]), job(&text, &[])];
        let Some(library) = stand_in(&jobs[0].tree, "clock") else { return };
        let after = jobs[0].tree.text("checkpoints/checkpoint-0000003.sapwood-checkpoint");
        let panicking = vec![("LD_PRELOAD", library.display().to_string()), ("CLOCK_FAILS_AFTER", after)];
        let mut hosts = jobs.each_ref().map(|job| (job, Vec::new()));
        hosts[first].1 = panicking;
        let Some(command) = instances_with(&hosts) else { return };
        let failures = fail(
            command,
            &jobs,
            1,
            &["AlgorithmError: ", "called `Result::unwrap()` on an `Err` value", "this is a bug in Sapwood"],
        );
        let other = &failures[1 - first];
        assert!(other.contains(&format!("host {} of 2", first + 1)) && other.contains("the collective operation "), "{other}");
        let ended = go_on(&jobs, &alone);
        assert!(ended.stderr.contains("resuming after "), "{ended:?}");
    }
}

/// The second host writes nothing but bins that its memory has no room for.
#[test]
fn a_full_disk_of_the_second_host_ends_all() {
    let text = rows();
    let limit = [("memory_limit", "73MB"), ("num_round", "3"), ("max_depth", "4")];
    let alone = job(&text, &[("num_round", "3"), ("max_depth", "4")]);
    alone.succeeds();
    let jobs = [job(&text, &limit), job(&text, &limit)];
    let Some(library) = stand_in(&jobs[0].tree, "fail") else { return };
    let temporary = fs::canonicalize(jobs[1].tree.mkdir("tmp")).unwrap().display().to_string();
    let full = [
        ("TMPDIR", temporary.clone()),
        ("LD_PRELOAD", library.display().to_string()),
        ("FAIL_UNDER", temporary.clone()),
        ("FAIL_CALL", "pwrite".to_string()),
        ("FAIL_ERRNO", ENOSPC.to_string()),
    ];
    let Some(command) = instances_with(&[(&jobs[0], Vec::new()), (&jobs[1], full.to_vec())]) else { return };
    fail(
        command,
        &jobs,
        2,
        &["UserError: ", "bins that memory has no room for cannot be written here", "No space left on device", &temporary],
    );
    assert!(jobs[1].tree.files("tmp").is_empty());
    let ended = go_on(&jobs, &alone);
    assert!(ended.stderr.contains("memory has no room for all bins"), "{ended:?}");
}

/// The first host writes the model, which its disk has no room for; the checkpoints are elsewhere.
#[test]
fn a_first_host_without_room_for_the_model_ends_all() {
    // Noise makes trees that no small file system holds.
    let text = csv(3000, 1, |_, noise| format!("{noise}"));
    let more = [("num_round", "40")];
    let alone = job(&text, &more);
    alone.succeeds();
    let jobs = [job(&text, &more), job(&text, &more)];
    let Some(hosts) = instances_with(&jobs.each_ref().map(|job| (job, Vec::new()))) else { return };
    let setup = format!("mount -t tmpfs -o size=16k tmpfs {}\nshift\nset -- mpiexec \"$@\"", quoted(&jobs[0].tree.path("model")));
    let words: Vec<_> = hosts.get_args().map(ToOwned::to_owned).collect();
    let started = Instant::now();
    let Some(ended) = in_private_mounts("a_first_host_without_room_for_the_model_ends_all", &setup, "", &words) else { return };
    ended.user_error(&["model/model.sapwood: cannot be written: No space left on device"]);
    assert!(started.elapsed() < Duration::from_secs(60));
    for job in &jobs {
        let failure = job.tree.read("output/failure");
        assert!(failure.contains("model.sapwood: cannot be written: No space left on device"), "{failure}");
        assert!(job.tree.files("model").is_empty());
        fs::remove_file(job.tree.path("output/failure")).unwrap();
    }
    assert!(go_on(&jobs, &alone).stderr.contains("resuming after 40 rounds"));
}
