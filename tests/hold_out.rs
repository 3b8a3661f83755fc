//! Validation data that are kept back from the training rows.

use crate::util::{Run, Tree, amount, class_of_three, csv_with_header, sapwood};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Trains on `train.csv`, or what stands for it, with a model and a summary beside it.
fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model, summary] = [data, "m", "summary.json"].map(|name| tree.text(name));
    sapwood(["train", "--train", &data, "--model-out", &model, "--summary", &summary, "num_round=3"].iter().chain(words))
}

fn held(tree: &Tree, run: Run) -> (u64, String) {
    let run = run.ok();
    let said = run.stderr.lines().find(|line| line.contains("rows are kept back")).unwrap_or_else(|| panic!("{run:#?}"));
    (tree.json("summary.json")["rows"].as_u64().unwrap(), said.to_string())
}

#[test]
fn a_fraction_of_the_rows_decides_early_stopping() {
    let tree = Tree::new();
    tree.write("train.csv", csv_with_header(500, 1, amount));
    let (rows, said) = held(&tree, train(&tree, "train.csv", &["validation_fraction=0.2", "early_stopping_rounds=2"]));
    assert_eq!(rows, 400);
    assert!(
        said.contains("validation_fraction=0.2: 100 rows are kept back as validation data (drawn by row number, seed 0), 400"),
        "{said}"
    );
    let metrics = &tree.json("summary.json")["metrics"];
    assert!(metrics["validation"]["rmse"].as_f64() > metrics["train"]["rmse"].as_f64());
}

#[test]
fn neither_threads_nor_files_nor_the_cache_decide_which_rows() {
    let tree = Tree::new();
    let data = csv_with_header(400, 1, amount);
    let lines: Vec<&str> = data.lines().collect();
    tree.write("train.csv", &data);
    for (part, rows) in lines[1..].chunks(90).enumerate() {
        tree.write(&format!("parts/{part}.csv"), format!("{}\n{}\n", lines[0], rows.join("\n")));
    }
    let words = ["validation_fraction=0.25", "num_round=20", "early_stopping_rounds=3"];
    let model = |data: &str, more: &[&str]| {
        let [data, model] = [data, "m"].map(|name| tree.text(name));
        let run = sapwood(["train", "--train", &data, "--model-out", &model].iter().chain(&words).chain(more)).ok();
        (fs::read(tree.path("m")).unwrap(), run.stdout)
    };
    let first = model("train.csv", &["nthread=1"]);
    let (cache, checkpoints) = (tree.text("cache"), tree.text("checkpoints"));
    assert_eq!(model("train.csv", &["nthread=3"]), first);
    assert_eq!(model("parts", &["nthread=2"]), first);
    for _ in 0..2 {
        assert_eq!(model("train.csv", &["--cache", &cache]), first);
    }
    assert_eq!(model("train.csv", &["--checkpoints", &checkpoints, "checkpoint_interval=0"]), first);
    assert_ne!(model("train.csv", &["seed=8"]).1, first.1);
}

/// A row that weighs nothing is no row, so it moves no other to another part.
#[test]
fn rows_of_weight_zero_are_in_neither_part() {
    let (with, without) = (Tree::new(), Tree::new());
    let rows = csv_with_header(200, 1, amount);
    let weighted: String = rows.lines().enumerate().map(|(i, row)| format!("{row},{}\n", if i == 0 { "w" } else { "1" })).collect();
    let mut padded: Vec<String> = weighted.lines().map(str::to_string).collect();
    (1..20).for_each(|i| padded.insert(7 * i, "1000,1,1,1,1,0".to_string()));
    without.write("train.csv", weighted);
    with.write("train.csv", padded.join("\n"));
    let words = ["validation_fraction=0.3", "--weight", "w"];
    let outputs = [&with, &without].map(|tree| train(tree, "train.csv", &words).ok().stdout);
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn stratified_parts_have_the_same_share_of_every_class() {
    let tree = Tree::new();
    let data = csv_with_header(600, 3, class_of_three);
    let mut classes = BTreeMap::new();
    data.lines().skip(1).for_each(|row| *classes.entry(row.split(',').next().unwrap().to_string()).or_insert(0u64) += 1);
    let kept: u64 = classes.values().map(|rows| (*rows as f64 * 0.25).round() as u64).sum();
    tree.write("train.csv", data);
    let words = ["objective=multi:softprob", "num_class=3", "validation_fraction=0.25", "split=stratified"];
    assert_eq!(held(&tree, train(&tree, "train.csv", &words)).0, 600 - kept);
    train(&tree, "train.csv", &["validation_fraction=0.25", "split=stratified"]).user_error(&["needs classes", "split=random"]);
}

/// Rows of 40 people, and the day of each row.
fn people() -> String {
    let rows = csv_with_header(400, 5, amount);
    let row = |(i, row): (usize, &str)| match i {
        0 => format!("{row},person,day\n"),
        _ => format!("{row},p{},2024{:02}{:02}\n", i * 7 % 40, 1 + i * 11 % 12, 1 + i * 5 % 28),
    };
    rows.lines().enumerate().map(row).collect()
}

#[test]
fn groups_stay_whole_and_their_column_is_no_feature() {
    let tree = Tree::new();
    tree.write("train.csv", people());
    let words = ["--ignore", "day", "validation_fraction=0.25", "split=group", "split_column=person", "seed=3"];
    let (rows, said) = held(&tree, train(&tree, "train.csv", &words));
    // Ten of forty people, who have ten rows each.
    assert!(rows == 300 && said.contains("whole groups of person"), "{said}");
    let model: Value = serde_json::from_str(&sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout).unwrap();
    let names: BTreeSet<&str> =
        model["schema"]["features"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["a", "b", "c", "d"]));
    // Scoring passes the column over, as it does those that were ignored.
    let scored = sapwood(["predict", "--model", &tree.text("m"), "--data", &tree.text("train.csv"), "--label", "y"]).ok();
    assert_eq!(scored.stdout.lines().count(), 400);
    // The rows of a group decide nothing: the other way round the same people are kept back.
    let mut reversed: Vec<String> = people().lines().skip(1).map(str::to_string).collect();
    reversed.reverse();
    let head = people().lines().next().unwrap().to_string();
    tree.write("reversed.csv", format!("{head}\n{}\n", reversed.join("\n")));
    let model = || fs::read(tree.path("m")).unwrap();
    let before = model();
    train(&tree, "reversed.csv", &words).ok();
    assert_eq!(model(), before);
}

#[test]
fn the_last_rows_by_time_are_kept_back() {
    let tree = Tree::new();
    tree.write("train.csv", people());
    let words = ["--ignore", "person", "validation_fraction=0.2", "split=time", "split_column=day"];
    let (rows, said) = held(&tree, train(&tree, "train.csv", &words));
    assert!(said.contains("the last by day"), "{said}");
    let mut days: Vec<String> = people().lines().skip(1).map(|row| row.rsplit(',').next().unwrap().to_string()).collect();
    days.sort();
    let begin = days[400 - 80].clone();
    assert_eq!(rows as usize, days.iter().filter(|day| **day < begin).count());
    let texts = ["validation_fraction=0.2", "split=time", "split_column=person", "--ignore", "day"];
    train(&tree, "train.csv", &texts).user_error(&["split_column=person holds texts", "2024-01-31"]);
}

#[test]
fn evaluation_sets_lose_the_column_too() {
    let tree = Tree::new();
    tree.write("train.csv", people());
    tree.write("test.csv", people());
    let test = format!("test={}", tree.text("test.csv"));
    let words = ["--eval-set", &test, "--ignore", "person", "validation_fraction=0.2", "split=time", "split_column=day"];
    let line = train(&tree, "train.csv", &words).ok().metric_lines().pop().unwrap();
    let names: Vec<&str> = line.values.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["train-rmse", "test-rmse", "validation-rmse"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let tree = Tree::new();
    tree.write("train.csv", people());
    tree.write("short.csv", "y,a,g\n1,2,x\n2,3,x\n3,3,\n");
    let data = tree.text("train.csv");
    let all: &[(&[&str], &str)] = &[
        (&["validation_fraction=0.2", "--validation", &data], "leave one of them out"),
        (&["validation_fraction=1"], "out of range"),
        (&["validation_fraction=0"], "out of range"),
        (&["split=stratified"], "validation_fraction or nfold divides rows, and neither is given"),
        (&["validation_fraction=0.2", "split=group"], "split=group needs split_column"),
        (&["validation_fraction=0.2", "split_column=day"], "split=auto has no use for split_column"),
        (&["validation_fraction=0.2", "split=group", "split_column=dya"], "there is no such feature"),
        (&["validation_fraction=0.2", "split=group", "split_column=day", "--ignore", "day"], "ignored columns cannot say"),
    ];
    for (words, message) in all {
        train(&tree, "train.csv", words).user_error(&[message]);
    }
    let group = ["validation_fraction=0.4", "split=group", "split_column=g"];
    train(&tree, "short.csv", &group).user_error(&["split_column=g is missing in", "short.csv:4"]);
    tree.write("short.csv", "y,a,g\n1,2,x\n2,3,x\n3,3,x\n");
    train(&tree, "short.csv", &group).user_error(&["has only one group"]);
}
