//! Times of which bounds are known, from files to predictions: every format, and every way that bounds can be wrong.

use crate::sagemaker::Job;
use crate::util::{Numbers, Run, Tree, sapwood};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use serde_json::json;
use std::fs::{self, File};

/// A lower and an upper bound, and two features that the time follows from.
type Row = (f64, f64, [f64; 2]);

/// Rows of which a third are censored on the right, some on the left, some between two bounds.
fn rows(count: usize, seed: u64) -> Vec<Row> {
    let mut numbers = Numbers::new(seed);
    let mut quarter = || (numbers.next() * 40.0).floor() / 4.0;
    (0..count)
        .map(|row| {
            let (a, b) = (quarter(), quarter());
            let time = 1.0 + a * 3.0 + b * b * 0.5 + quarter() * 0.25;
            let (lower, upper) = match row % 6 {
                0 | 1 => (time * 0.5, f64::INFINITY),
                2 => (0.0, time * 2.0),
                3 => (time - 0.5, time + 0.75),
                _ => (time, time),
            };
            (lower, upper, [a, b])
        })
        .collect()
}

fn csv(rows: &[Row]) -> String {
    rows.iter().fold("a,lo,b,hi\n".to_string(), |text, (lower, upper, [a, b])| text + &format!("{a},{lower},{b},{upper}\n"))
}

const BOUNDS: [&str; 3] = ["objective=survival:aft", "label_lower_bound_column=lo", "label_upper_bound_column=hi"];

fn train(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    let rounds = (!words.iter().any(|word| word.starts_with("num_round="))).then_some("num_round=8");
    let head = ["train", "--train", &data, "--model-out", &model, "max_depth=3"];
    sapwood(head.iter().copied().chain(rounds).chain(words.iter().copied()))
}

fn predictions(tree: &Tree, data: &str, words: &[&str]) -> String {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    sapwood(["predict", "--model", &model, "--data", &data].iter().copied().chain(words.iter().copied())).ok().stdout
}

fn evaluated(tree: &Tree, data: &str, words: &[&str]) -> Run {
    let [data, model] = [data, "m"].map(|name| tree.text(name));
    sapwood(["evaluate", "--model", &model, "--data", &data].iter().copied().chain(words.iter().copied()))
}

#[test]
fn bounds_are_the_same_in_every_format() {
    let tree = Tree::new();
    let rows = rows(900, 1);
    tree.write("train.csv", csv(&rows));
    let first = train(&tree, "train.csv", &[&BOUNDS[..], &["eval_metric=interval-regression-accuracy,aft-nloglik"]].concat()).ok();
    let scores = predictions(&tree, "train.csv", &[]);
    let likelihood = |line: usize| first.metric_lines()[line].value("train-aft-nloglik").parse::<f64>().unwrap();
    assert!(likelihood(7) < likelihood(0), "{first:#?}");
    let times: Vec<f64> = scores.lines().map(|line| line.parse().unwrap()).collect();
    assert!(times.iter().all(|&time| time > 0.0) && times.iter().copied().fold(0.0, f64::max) > 15.0, "{times:?}");
    // `evaluate` finds the bounds where training had them, and other columns where it is told.
    let line = evaluated(&tree, "train.csv", &[]).ok().stdout;
    assert_eq!(line, evaluated(&tree, "train.csv", &["label_lower_bound_column=lo", "label_upper_bound_column=3"]).ok().stdout);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!((value["aft-nloglik"].as_f64().unwrap() - likelihood(7)).abs() < 1e-5, "{line}");
    // Infinity as R and SQL write it, as JSON in quotes, as Parquet has it.
    for (name, infinity) in [("r.csv", "Inf"), ("sql.csv", "Infinity"), ("plus.csv", "+inf"), ("large.csv", "1e999")] {
        tree.write(name, csv(&rows).replace("inf", infinity));
        train(&tree, name, &BOUNDS).ok();
        assert_eq!(predictions(&tree, "train.csv", &[]), scores, "{infinity}");
    }
    let line = |(lower, upper, [a, b]): &Row| {
        let upper = if upper.is_finite() { json!(upper) } else { json!("inf") };
        json!({"a": a, "lo": lower, "b": b, "hi": upper}).to_string() + "\n"
    };
    tree.write("train.jsonl", rows.iter().map(line).collect::<String>());
    train(&tree, "train.jsonl", &BOUNDS).ok();
    assert_eq!(predictions(&tree, "train.jsonl", &[]), scores);
    let column = |name: &str, value: fn(&Row) -> f64| Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>());
    let columns =
        vec![column("a", |row| row.2[0]), column("lo", |row| row.0), column("b", |row| row.2[1]), column("hi", |row| row.1)];
    let mut frame = DataFrame::new(rows.len(), columns).unwrap();
    ParquetWriter::new(File::create(tree.path("train.parquet")).unwrap()).finish(&mut frame).unwrap();
    train(&tree, "train.parquet", &BOUNDS).ok();
    assert_eq!(predictions(&tree, "train.parquet", &[]), scores);
    // Without names, and data to predict without bounds.
    let headless = csv(&rows).split_once('\n').unwrap().1.to_string();
    tree.write("headless.csv", &headless);
    let by_index = ["objective=survival:aft", "label_lower_bound_column=1", "label_upper_bound_column=3"];
    train(&tree, "headless.csv", &by_index).ok();
    let line = evaluated(&tree, "headless.csv", &[]).ok().stdout;
    assert!(
        (serde_json::from_str::<serde_json::Value>(&line).unwrap()["aft-nloglik"].as_f64().unwrap() - likelihood(7)).abs() < 1e-5
    );
    tree.write("features.csv", rows.iter().map(|(.., [a, b])| format!("{a},{b}\n")).collect::<String>());
    assert_eq!(predictions(&tree, "features.csv", &[]), scores);
    assert_eq!(predictions(&tree, "headless.csv", &by_index[1..]), scores);
}

#[test]
fn wrong_bounds_are_named_with_their_place() {
    let tree = Tree::new();
    let good = csv(&rows(60, 2));
    let with = |row: &str| format!("{good}1,{row}\n").replace(';', ",2,");
    let cases: [(&str, &[&str]); 8] = [
        ("5;3", &[":62", "the lower label bound 5 is above the upper one, 3"]),
        ("-1;3", &["bad lower label bound", ":62:2", "column lo", "0 or more"]),
        ("inf;inf", &["bad lower label bound", ":62:2"]),
        ("0;0", &["bad upper label bound", ":62:4", "above 0"]),
        ("1;", &["missing upper label bound", ":62:4", "write inf"]),
        ("1;NA", &["missing upper label bound", "write inf"]),
        (";3", &["missing value where a number is expected", ":62:2"]),
        ("1;alive", &["text where a number is expected", ":62:4", "alive"]),
    ];
    for (row, fragments) in cases {
        tree.write("bad.csv", with(row));
        train(&tree, "bad.csv", &BOUNDS).user_error(fragments);
    }
    let line = |upper: serde_json::Value| json!({"a": 1, "lo": 1, "b": 2, "hi": upper}).to_string() + "\n";
    tree.write("bad.jsonl", [json!(3), json!(null)].map(line).concat());
    train(&tree, "bad.jsonl", &BOUNDS).user_error(&["missing upper label bound", "bad.jsonl:2", "write inf"]);
    let column = |name: &str, values: [Option<f64>; 3]| Column::new(name.into(), values.to_vec());
    for (upper, fragments) in [
        ([Some(1.0), None, Some(1.0)], ["missing upper label bound", "row 1"]),
        ([Some(1.0), Some(2.0), Some(-1.0)], ["bad upper label bound", "row 2"]),
        ([Some(0.25), Some(2.0), Some(1.0)], ["the lower label bound 0.5 is above", "row 0"]),
    ] {
        let ones = [Some(1.0), Some(2.0), Some(3.0)];
        let columns = vec![column("a", ones), column("lo", [Some(0.5); 3]), column("b", ones), column("hi", upper)];
        let mut frame = DataFrame::new(3, columns).unwrap();
        ParquetWriter::new(File::create(tree.path("bad.parquet")).unwrap()).finish(&mut frame).unwrap();
        train(&tree, "bad.parquet", &BOUNDS).user_error(&fragments);
    }
}

#[test]
fn bounds_that_nobody_names_are_the_cause_and_not_their_infinities() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(60, 2)));
    let parts = ["survival:aft needs two bounds", "no column is named", "label_lower_bound_column, label_upper_bound_column"];
    for words in [&["objective=survival:aft"][..], &["objective=survival:aft", "--label", "lo"]] {
        train(&tree, "train.csv", words).user_error(&parts);
    }
    let [data, out] = ["train.csv", "cv"].map(|name| tree.text(name));
    sapwood(["cv", "--train", &data, "--out", &out, "objective=survival:aft", "num_round=2"]).user_error(&parts);
}

#[test]
fn bounds_take_the_place_of_the_label_and_are_two() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(200, 3)));
    tree.write("train.libsvm", "1 1:2 2:3\n2 1:1 2:4\n");
    let refused = |data: &str, words: &[&str], fragments: &[&str]| drop(train(&tree, data, words).user_error(fragments));
    tree.write("known.csv", csv(&rows(200, 3)).replace("inf", "99"));
    refused("known.csv", &["objective=survival:aft"], &["needs two bounds", "label_lower_bound_column"]);
    refused("train.csv", &BOUNDS[..2], &["one of two bounds", "label_upper_bound_column"]);
    refused("train.csv", &[BOUNDS[0], BOUNDS[2]], &["one of two bounds", "label_lower_bound_column"]);
    refused("train.csv", &BOUNDS[1..], &["takes labels, not their bounds", "survival:aft"]);
    refused("train.csv", &[&BOUNDS[..], &["--label", "a"]].concat(), &["label_column=a", "ignore_columns"]);
    refused("train.csv", &[&BOUNDS[..], &["csv_weights=true"]].concat(), &["csv_weights", "weight_column"]);
    refused("train.csv", &[BOUNDS[0], BOUNDS[1], "label_upper_bound_column=lo"], &["cannot be both"]);
    refused("train.csv", &[BOUNDS[0], BOUNDS[1], "label_upper_bound_column=high"], &["upper label bound column \"high\""]);
    refused("train.libsvm", &BOUNDS, &["one label and no bounds", "CSV, JSON or Parquet"]);
    refused("train.libsvm", &BOUNDS[..1], &["needs two bounds", "libsvm and recordio data cannot have"]);
    refused("train.csv", &[&BOUNDS[..], &["eval_metric=rmse"]].concat(), &["rmse does not fit objective=survival:aft"]);
    train(&tree, "train.csv", &BOUNDS).ok();
    let one = evaluated(&tree, "train.csv", &["label_lower_bound_column=lo"]);
    one.user_error(&["one bound of the label is named without the other"]);
    evaluated(&tree, "train.csv", &["--label", "a"]).user_error(&["feature of the model"]);
    tree.write("lost.csv", csv(&rows(20, 4)).replace(",hi\n", ",upper\n"));
    evaluated(&tree, "lost.csv", &[]).user_error(&["missing label bound column \"hi\"", "label_upper_bound_column"]);
    // The first column is a feature here, as any other.
    let inspected = sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout;
    let model: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(model["schema"]["features"].as_array().unwrap().len(), 2, "{inspected}");
}

#[test]
fn threads_the_cache_checkpoints_and_held_out_rows_change_nothing() {
    let tree = Tree::new();
    tree.write("train.csv", csv(&rows(1200, 5)));
    tree.write("valid.csv", csv(&rows(300, 6)));
    let (valid, cache, checkpoints) = (tree.text("valid.csv"), tree.text("cache"), tree.text("checkpoints"));
    for distribution in ["normal", "logistic", "extreme"] {
        let distribution = format!("aft_loss_distribution={distribution}");
        let model = |more: &[&str]| {
            let common = ["--validation", &valid, &distribution, "aft_loss_distribution_scale=0.7", "subsample=0.8"];
            let run = train(&tree, "train.csv", &[&BOUNDS[..], &common, more].concat()).ok();
            (fs::read(tree.path("m")).unwrap(), run.stdout)
        };
        let first = model(&["nthread=1"]);
        assert_eq!(model(&["nthread=3"]), first);
        for _ in 0..2 {
            assert_eq!(model(&["--cache", &cache]), first);
        }
        model(&["--checkpoints", &checkpoints, "checkpoint_interval=0", "num_round=3"]);
        assert_eq!(model(&["--checkpoints", &checkpoints, "checkpoint_interval=0"]).0, first.0);
        // Other bounds are other data.
        let other = tree.text("other.csv");
        tree.write("other.csv", csv(&rows(1200, 5)).replace(",inf\n", ",99\n"));
        let resumed = train(&tree, "other.csv", &[&BOUNDS[..], &["--checkpoints", &checkpoints, &distribution]].concat());
        assert!(resumed.code == Some(2) && other.ends_with("other.csv"), "{resumed:#?}");
        fs::remove_dir_all(&checkpoints).unwrap();
    }
    let run = train(&tree, "train.csv", &[&BOUNDS[..], &["validation_fraction=0.25", "early_stopping_rounds=3"]].concat()).ok();
    assert!(run.stdout.contains("validation-aft-nloglik"), "{run:#?}");
}

/// A job of the platform: the container's own format, with columns by number.
#[test]
fn a_job_names_bounds_by_their_numbers() {
    let headless = csv(&rows(300, 7)).split_once('\n').unwrap().1.to_string();
    let hyperparameters = json!({
        "num_round": "5", "objective": "survival:aft", "label_lower_bound_column": "1", "label_upper_bound_column": "3",
        "aft_loss_distribution": "extreme", "aft_loss_distribution_scale": "1.5",
    });
    let run = Job::on(headless.clone(), hyperparameters).file("validation/v.csv", headless).run().ok();
    assert!(run.stdout.contains("validation-aft-nloglik"), "{run:#?}");
}
