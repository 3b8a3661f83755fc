//! Linear leaves in jobs: wherever data come from and however they are cut, one model, whose metrics are those of its predictions.

use crate::util::{Run, Tree, amount, command, csv_with_header, sapwood};
use std::fs;
use std::fs::File;
use std::process::Command;

const WORDS: [&str; 8] =
    ["--label", "y", "linear_tree=true", "num_round=6", "max_depth=3", "min_child_weight=5", "linear_lambda=0.1", "seed=3"];

/// Numbers, some of them missing, and a colour.
fn rows(rows: usize, seed: u64) -> String {
    let text = csv_with_header(rows, seed, amount);
    let with_colour = |(at, line): (usize, &str)| {
        let colour = if at == 0 { "colour" } else { ["red", "green", "blue"][at % 3] };
        match line.rsplit_once(',').filter(|_| at > 0 && at.is_multiple_of(7)) {
            Some((rest, _)) => format!("{rest},,{colour}\n"),
            None => format!("{line},{colour}\n"),
        }
    };
    text.lines().enumerate().map(with_colour).collect()
}

fn tree() -> Tree {
    let tree = Tree::new();
    tree.write("t.csv", rows(900, 4));
    tree.write("v.csv", rows(300, 5));
    tree
}

/// The words that these do not give another value to.
fn others(words: &[&str]) -> Vec<&'static str> {
    let name = |word: &str| word.split_once('=').map(|(name, _)| name.to_string());
    let is_given = |word: &&str| words.iter().any(|other| name(word).is_some() && name(word) == name(other));
    WORDS.into_iter().filter(|word| !is_given(word)).collect()
}

fn command_of(tree: &Tree, model: &str, words: &[&str]) -> Command {
    let (data, model) = (tree.text("t.csv"), tree.text(model));
    let base = ["train", "--train", &data, "--model-out", &model];
    command(base.iter().chain(&others(words)).chain(words))
}

fn train(tree: &Tree, model: &str, words: &[&str]) -> Run {
    crate::util::run(command_of(tree, model, words)).ok()
}

fn is_same(tree: &Tree, one: &str, other: &str) -> bool {
    fs::read(tree.path(one)).unwrap() == fs::read(tree.path(other)).unwrap()
}

#[test]
fn one_model_whatever_is_cached_piped_or_taken_up_again() {
    let tree = tree();
    let (cache, checkpoints, validation) = (tree.text("cache"), tree.text("checkpoints"), tree.text("v.csv"));
    train(&tree, "m", &[]);
    train(&tree, "threads", &["--threads", "3"]);
    for job in ["cached", "cached again"] {
        let run = train(&tree, job, &["--cache", &cache]);
        assert!(run.stderr.contains("the cache holds no values, which linear_tree needs"), "{}", run.stderr);
    }
    let mut piped = command(["train", "--train", "-", "--format", "csv", "--model-out", &tree.text("piped")].iter().chain(&WORDS));
    piped.stdin(File::open(tree.path("t.csv")).unwrap());
    crate::util::run(piped).ok();
    let keeps = ["--checkpoints", &checkpoints, "checkpoint_interval=0"];
    train(&tree, "short", &[&["num_round=3"], &keeps[..]].concat());
    let run = train(&tree, "resumed", &keeps);
    assert!(run.stderr.contains("resuming after 3 rounds"), "{}", run.stderr);
    for other in ["threads", "cached", "cached again", "piped", "resumed"] {
        assert!(is_same(&tree, "m", other), "{other}");
    }
    let run = train(&tree, "watched", &["--validation", &validation]);
    assert!(is_same(&tree, "m", "watched"));
    for (set, file) in [("train", "t.csv"), ("validation", "v.csv")] {
        let found = sapwood(["evaluate", "--model", &tree.text("m"), "--data", &tree.text(file), "--label", "y"]).ok().stdout;
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        let told = run.metric_lines().last().unwrap().value(&format!("{set}-rmse")).to_string();
        assert_eq!(format!("{:.5}", found["rmse"].as_f64().unwrap()), told);
    }
}

#[test]
fn models_show_what_their_leaves_are() {
    let tree = tree();
    train(&tree, "m", &[]);
    let text = sapwood(["inspect", "--model", &tree.text("m")]).ok().stdout;
    assert!(text.lines().any(|line| line.starts_with("leaves ") && line.ends_with(" of them linear")), "{text}");
    let json = sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let nodes = json["trees"][1]["nodes"].as_array().unwrap();
    let terms: Vec<_> = nodes.iter().filter_map(|node| node["linear"]["terms"].as_array()).flatten().collect();
    assert!(!terms.is_empty() && terms.iter().all(|term| term["feature"] != "colour" && term["range"][0].is_f64()), "{json}");
}

#[test]
fn folds_and_rows_that_are_held_back_have_linear_leaves() {
    let tree = tree();
    let run = train(&tree, "m", &["validation_fraction=0.25"]);
    assert!(run.metric_lines().last().unwrap().value("validation-rmse").parse::<f64>().is_ok());
    let data = tree.text("t.csv");
    let folds = ["cv", "--train", &data, "nfold=3"];
    let constant: Vec<&str> = WORDS.into_iter().filter(|word| !word.starts_with("linear_")).collect();
    let error = |words: &[&str]| {
        let run = sapwood(folds.iter().chain(words)).ok();
        let line = run.stdout.lines().rfind(|line| line.contains("validation-rmse:")).unwrap().to_string();
        let value = line.split("validation-rmse:").nth(1).unwrap();
        value.split('+').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(error(&WORDS) < error(&constant));
}

#[test]
fn what_cannot_be_is_refused_by_name_and_what_does_nothing_is_said() {
    let tree = tree();
    let refused = |words: &[&str], parts: &[&str]| crate::util::run(command_of(&tree, "m", words)).user_error(parts);
    refused(&["monotone_constraints={\"a\": 1}"], &["linear_tree cannot be combined with monotone_constraints"]);
    refused(&["objective=reg:absoluteerror"], &["linear_tree cannot be combined with objective=reg:absoluteerror"]);
    refused(&["path_smooth=2"], &["linear_tree cannot be combined with path_smooth=2"]);
    refused(&["linear_lambda=-1"], &["linear_lambda=-1 is out of range"]);
    let run = train(&tree, "m", &["linear_tree=false"]);
    assert!(run.stderr.contains("linear_lambda=0.1 has no effect: it needs linear_tree=true"), "{}", run.stderr);
}
