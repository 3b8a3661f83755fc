//! Jobs whose bins memory has no room for: they say so, train the same model, and leave nothing behind.

use crate::io::stand_in;
use crate::sagemaker::Job;
use crate::util::{Numbers, Run, Tree, command, in_private_mounts, quoted, run};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const ROWS: usize = 80_000;
const FEATURES: usize = 60;

/// Some room for the bins of these rows, beside what else a job takes, and room for half of them only.
pub const LIMIT: &str = "76MB";

/// Rows of small numbers whose bins take 9.6 MB. The label, in front, depends on some of them.
pub fn rows() -> String {
    let mut numbers = Numbers::new(5);
    let mut text = String::with_capacity(ROWS * FEATURES * 3);
    let mut row = [0; FEATURES];
    for _ in 0..ROWS {
        row.iter_mut().for_each(|value| *value = (numbers.next() * 90.0) as u32);
        let label = row[0] + 2 * (row[7] % 16) + row[30] * row[59] / 30;
        write!(text, "{label}").unwrap();
        row.iter().for_each(|value| write!(text, ",{value}").unwrap());
        text.push('\n');
    }
    text
}

/// A job on the rows of `tree`, its temporary files in a directory of its own.
fn job(tree: &Tree, name: &str, words: &[&str]) -> Run {
    let mut job = command(words_of(tree, name, words));
    job.env("TMPDIR", tree.mkdir(&format!("{name}-tmp")));
    run(job)
}

fn words_of(tree: &Tree, name: &str, words: &[&str]) -> Vec<OsString> {
    let [train, model, summary] =
        ["train.csv".to_string(), format!("{name}.model"), format!("{name}.json")].map(|name| tree.text(&name));
    let fixed = ["train", "--train", &train, "--model-out", &model, "--summary", &summary, "num_round=3", "nthread=2"];
    fixed.iter().chain(words).map(OsString::from).collect()
}

/// What a summary says of bins in a file, which must be in `place`.
#[track_caller]
fn in_file(summary: &Value, place: &Path) {
    let file = &summary["bins_in_file"];
    assert_eq!(file["directory"], place.to_str().unwrap(), "{summary}");
    let number = |name: &str| file[name].as_u64().unwrap_or_else(|| panic!("no {name}: {file}"));
    let (bytes, read) = (number("bytes"), number("bytes_read"));
    assert!(bytes > 1_000_000 && read > bytes && number("bytes_read_per_tree") == read / 3, "{file}");
}

#[test]
fn a_limit_of_memory_changes_no_byte() {
    let tree = Tree::new();
    tree.write("train.csv", rows());
    let kinds: [(&str, &[&str]); 3] = [
        ("plain", &["subsample=0.7", "colsample_bynode=0.5", "max_depth=5"]),
        ("held-out", &["validation_fraction=0.2", "eval_metric=mae", "max_depth=4"]),
        ("leaves", &["grow_policy=lossguide", "max_leaves=20", "max_depth=0"]),
    ];
    for (name, words) in kinds {
        let whole = job(&tree, name, words).ok();
        assert!(tree.json(&format!("{name}.json")).get("bins_in_file").is_none(), "{name}");
        for limit in [format!("memory_limit={LIMIT}"), format!("max_memory={LIMIT}")] {
            let inside = format!("{name}-limit");
            let within = job(&tree, &inside, &[words, &[&limit]].concat()).ok();
            let place = tree.path(&format!("{inside}-tmp"));
            let note = format!("MiB of them are in a file under {} (TMPDIR)", place.display());
            assert!(
                within.stderr.contains("note: memory has no room for all bins: ") && within.stderr.contains(&note),
                "{within:?}"
            );
            assert_eq!(within.stdout, whole.stdout, "{name}");
            let summary = tree.json(&format!("{inside}.json"));
            in_file(&summary, &place);
            assert_eq!(summary["model_sha256"], tree.json(&format!("{name}.json"))["model_sha256"], "{name}");
            let [one, other] = [name, &inside].map(|name| fs::read(tree.path(&format!("{name}.model"))).unwrap());
            assert!(one == other, "{name}");
            assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "{name}");
        }
    }
    let enough = job(&tree, "enough", &["memory_limit=1GB", "subsample=0.7", "colsample_bynode=0.5", "max_depth=5"]).ok();
    assert!(!enough.stderr.contains("no room"), "{enough:?}");
    assert_eq!(tree.json("enough.json")["model_sha256"], tree.json("plain.json")["model_sha256"]);
}

#[test]
fn on_sagemaker_as_well() {
    let text = rows();
    let parameters = |limit: &str| json!({"num_round": "3", "max_depth": "5", "memory_limit": limit});
    let [whole, within] = ["1GB", LIMIT].map(|limit| Job::on(&text, parameters(limit)));
    whole.succeeds();
    let temporary = within.tree.mkdir("tmp");
    let mut command = within.command();
    command.env("TMPDIR", &temporary);
    let ended = run(command).ok();
    assert!(ended.stderr.contains("memory has no room for all bins"), "{ended:?}");
    let [one, other] = [&whole, &within].map(|job| job.tree.json("output/data/summary.json"));
    in_file(&other, &temporary);
    assert_eq!(one["model_sha256"], other["model_sha256"]);
    assert_eq!(within.tree.files("model").len(), 1);
    assert!(within.tree.files("tmp").is_empty());
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let tree = Tree::new();
    tree.write("train.csv", rows());
    let limit = format!("memory_limit={LIMIT}");
    for (words, said) in [
        (&["memory_limit=69MB"][..], &["not enough memory", "raise memory_limit"][..]),
        (&["memory_limit=1MB"], &["80000 rows of 60 features takes at least", "this process may use 0 MiB"]),
        (&["memory_limit=much"], &["memory_limit"]),
        (
            &[&limit, "objective=reg:quantileerror", "quantile_alpha=0.1,0.9", "multi_strategy=multi_output_tree"],
            &["multi_strategy"],
        ),
    ] {
        job(&tree, "refused", words).user_error(said);
        assert!(!tree.path("refused.model").exists(), "{words:?}");
    }
}

#[test]
fn a_disk_that_is_full_or_in_memory_is_named() {
    let tree = Tree::new();
    tree.write("train.csv", rows());
    let limit = format!("memory_limit={LIMIT}");
    if let Some(library) = stand_in(&tree, "fail") {
        let mut job = command(words_of(&tree, "full", &[&limit]));
        let temporary = fs::canonicalize(tree.mkdir("tmp")).unwrap();
        job.env("TMPDIR", &temporary)
            .env("LD_PRELOAD", library)
            .env("FAIL_UNDER", &temporary)
            .env("FAIL_CALL", "pwrite")
            .env("FAIL_ERRNO", "28");
        run(job).user_error(&[
            "bins that memory has no room for cannot be written here",
            "MiB in all",
            "No space left on device",
            "tmp",
        ]);
        assert!(!tree.path("full.model").exists() && tree.files("tmp").is_empty());
    }
    let temporary = tree.mkdir("small");
    let setup = format!("mount -t tmpfs -o size=64m tmpfs {}\nexport TMPDIR={}", quoted(&temporary), quoted(&temporary));
    let words = words_of(&tree, "full", &[&limit]);
    if let Some(run) = in_private_mounts("a_disk_that_is_full_or_in_memory_is_named", &setup, "", &words) {
        run.user_error(&["memory has no room for the bins, and files here are in memory (tmpfs)", "small"]);
    }
}
