//! Scoring reads data as training did: what stood for missing values, the column of base margins, the columns that were left out.

use crate::serve::client::Server;
use crate::util::{Tree, sapwood};
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::fs::File;

/// A model of counts whose scale is the base margin: twice the margin's exponent is a wrong prediction, not a small error.
fn counts() -> Tree {
    let tree = Tree::new();
    let row = |row: usize| {
        let scale = (1 + 9 * (row % 2)) as f64;
        format!("{row},{},{},{}\n", 3.0 * scale, scale.ln(), row % 5)
    };
    let rows: String = (0..80).map(row).collect();
    tree.write("train.csv", format!("id,y,off,a\n{rows}"));
    tree.write("bare.csv", rows);
    let parameters = ["num_round=50", "objective=count:poisson"];
    let train = |model: &str, file: &str, columns: [&str; 6]| {
        let head = ["train", "--train", &tree.text(file), "--model-out", &tree.text(model)].map(String::from);
        sapwood(head.iter().map(String::as_str).chain(columns).chain(parameters)).ok();
    };
    train("named", "train.csv", ["--label", "y", "--base-margin", "off", "--ignore", "id"]);
    train("by_index", "train.csv", ["--label", "1", "--base-margin", "2", "--ignore", "0"]);
    train("bare", "bare.csv", ["--label", "1", "--base-margin", "2", "--ignore", "0"]);
    tree
}

fn predict(tree: &Tree, model: &str, data: &str, words: &[&str]) -> crate::util::Run {
    let head = ["predict", "--model", &tree.text(model), "--data", &tree.text(data)].map(String::from);
    sapwood(head.iter().map(String::as_str).chain(words.iter().copied()))
}

#[track_caller]
fn assert_three(text: &str) {
    let value: f64 = text.trim().parse().expect("a number");
    approx::assert_abs_diff_eq!(value, 3.0, epsilon = 0.01);
}

#[test]
fn xgboost_2881_base_margins_of_training_are_used_in_scoring() {
    let tree = counts();
    tree.write("row.csv", "off,a\n0,1\n");
    tree.write("all.csv", "a,id,off,y\n1,7,0,3\n");
    let mut frame = DataFrame::new(1, vec![Column::new("a".into(), [1.0]), Column::new("off".into(), [0.0])]).unwrap();
    ParquetWriter::new(File::create(tree.path("row.parquet")).unwrap()).finish(&mut frame).unwrap();
    for model in ["named", "by_index"] {
        for data in ["row.csv", "all.csv", "row.parquet"] {
            let run = predict(&tree, model, data, &[]).ok();
            assert_three(&run.stdout);
            assert_eq!(run.stderr, "", "{model} {data}: what training left out is no news");
        }
    }
    let evaluate = |model: &str, data: &str| sapwood(["evaluate", "--model", &tree.text(model), "--data", &tree.text(data)]).ok();
    let named = evaluate("named", "train.csv");
    assert_eq!(named.stderr, "");
    assert_eq!(evaluate("by_index", "train.csv").stdout, named.stdout);
}

#[test]
fn xgboost_11872_base_margins_that_are_not_there_are_asked_for() {
    let tree = counts();
    tree.write("none.csv", "a,id\n1,7\n");
    tree.write("bare_row.csv", "0,1\n");
    predict(&tree, "named", "none.csv", &[]).user_error(&["\"off\"", "none.csv", "base_margin_column=none"]);
    predict(&tree, "by_index", "none.csv", &[]).user_error(&["\"off\"", "none.csv"]);
    predict(&tree, "named", "bare_row.csv", &[]).user_error(&["column off", "bare_row.csv", "no column names"]);
    predict(&tree, "bare", "bare_row.csv", &[]).user_error(&["column 2", "bare_row.csv"]);
    assert_three(&predict(&tree, "named", "bare_row.csv", &["--base-margin", "0"]).ok().stdout);
    assert_three(&predict(&tree, "bare", "bare_row.csv", &["base_margin_column=0"]).ok().stdout);
    let waived: f64 = predict(&tree, "named", "none.csv", &["--base-margin", "none"]).ok().stdout.trim().parse().unwrap();
    assert!(waived > 10.0, "{waived}");
    sapwood(["evaluate", "--model", &tree.text("named"), "--data", &tree.text("none.csv")]).user_error(&["\"off\""]);
}

#[test]
fn xgboost_98_requests_carry_base_margins() {
    let tree = counts();
    let server = Server::of(&tree, "named", &[], &[]);
    let post = |kind: &str, body: &str| server.post(kind, "text/csv", body);
    for body in ["off,a\n0,1\n", "a,off\n1,0\n", "id,a,off\n3,1,0\n", "1,0\n"] {
        assert_three(&post("text/csv", body).is(200, &[]).body);
    }
    for body in
        ["{\"a\": 1, \"off\": 0}", "[1, 0]", "{\"columns\": [\"off\", \"a\"], \"data\": [[0, 1]]}", "{\"off\":0,\"id\":9,\"a\":1}"]
    {
        assert_three(&post("application/json", body).is(200, &[]).body);
    }
    assert_three(&post("application/jsonlines", "{\"a\": 1, \"off\": 0}").is(200, &[]).body);
    post("text/csv", "1\n").is(400, &["expected 2, found 1", "base margin"]);
    post("text/csv", "id,a\n1,1\n").is(400, &["\"off\""]);
    post("application/json", "{\"a\": 1}").is(400, &["has no off"]);
    post("application/json", "{\"a\": 1, \"off\": null}").is(400, &["column off"]);
    let bare = Server::of(&tree, "bare", &[], &[]);
    assert_three(&bare.csv("1,0").is(200, &[]).body);
    bare.csv("1").is(400, &["expected 2, found 1"]);
    let waived = Server::of(&tree, "named", &["base_margin_column=none"], &[]);
    waived.csv("1").is(200, &[]);
}

#[test]
fn xgboost_4727_missing_values_of_training_are_missing_in_scoring() {
    let tree = Tree::new();
    let row = |row: usize| {
        format!("{},{}\n", u8::from(row % 3 != 1), if row.is_multiple_of(3) { "-999".into() } else { (row % 3).to_string() })
    };
    tree.write("train.csv", format!("y,a\n{}", (0..90).map(row).collect::<String>()));
    let model = tree.text("m");
    let data = tree.text("train.csv");
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=20", "objective=binary:logistic", "missing_values=-999"])
        .ok();
    tree.write("row.csv", "a\n-999\n");
    tree.write("empty.csv", "a,b\n,1\n");
    let remembered = predict(&tree, "m", "row.csv", &[]).ok();
    assert_eq!(remembered.stdout, predict(&tree, "m", "empty.csv", &[]).ok().stdout);
    assert_eq!(remembered.stderr, "");
    let repeated = predict(&tree, "m", "row.csv", &["missing_values=-999"]).ok();
    assert_eq!((repeated.stdout, repeated.stderr), (remembered.stdout.clone(), String::new()));
    let other = predict(&tree, "m", "row.csv", &["missing_values=NA"]).ok();
    assert_ne!(other.stdout, remembered.stdout);
    assert!(other.stderr.contains("warning: missing_values is \"NA\" here and was \"-999\" in training"), "{}", other.stderr);
    let reordered = predict(&tree, "m", "row.csv", &["missing_values=-999,-999"]).ok();
    assert_eq!((reordered.stdout, reordered.stderr), (remembered.stdout.clone(), String::new()));
    let server = Server::of(&tree, "m", &[], &[]);
    assert_eq!(server.csv("-999").is(200, &[]).body, remembered.stdout);
    let evaluated = sapwood(["evaluate", "--model", &model, "--data", &data]).ok().stdout;
    let again = sapwood(["evaluate", "--model", &model, "--data", &data, "missing_values=-999"]).ok().stdout;
    assert_eq!(evaluated, again);
}

#[test]
fn xgboost_weights_of_training_weigh_in_evaluation() {
    let tree = Tree::new();
    let row = |i: usize| format!("{},{},{},{}\n", i % 2, 1 + 9 * (i % 3), i % 5, i % 7);
    let rows: String = (0..90).map(row).collect();
    tree.write("t.csv", format!("y,w,a,b\n{rows}"));
    tree.write("bare.csv", &rows);
    tree.write(
        "moved.csv",
        format!("b,a,w,y\n{}", (0..90).map(|i| format!("{},{},{},{}\n", i % 7, i % 5, 1 + 9 * (i % 3), i % 2)).collect::<String>()),
    );
    tree.write("none.csv", format!("y,a,b\n{}", (0..90).map(|i| format!("{},{},{}\n", i % 2, i % 5, i % 7)).collect::<String>()));
    let train = |model: &str, data: &str, more: &[&str]| {
        let head = ["train", "--train", &tree.text(data), "--model-out", &tree.text(model), "num_round=3"].map(String::from);
        sapwood(head.iter().map(String::as_str).chain(more.iter().copied())).ok()
    };
    let evaluate = |model: &str, data: &str, more: &[&str]| {
        let head = ["evaluate", "--model", &tree.text(model), "--data", &tree.text(data)].map(String::from);
        sapwood(head.iter().map(String::as_str).chain(more.iter().copied()))
    };
    for (model, more) in
        [("name", &["--weight", "w"][..]), ("index", &["--label", "0", "--weight", "1"]), ("next", &["csv_weights=1"])]
    {
        train(model, "t.csv", more);
        let run = evaluate(model, "t.csv", &[]).ok();
        assert_eq!(run.stderr, "");
        assert_eq!(run.stdout, evaluate(model, "t.csv", &["--weight", "w"]).ok().stdout);
        assert_eq!(run.stdout, evaluate(model, "moved.csv", &[]).ok().stdout);
        let alike = evaluate(model, "t.csv", &["--weight", "none"]).ok().stdout;
        assert_ne!(run.stdout, alike);
        evaluate(model, "none.csv", &[]).user_error(&["missing weight column \"w\"", "none.csv", "weight_column=none"]);
        assert_eq!(evaluate(model, "none.csv", &["weight_column=none"]).ok().stdout, alike);
        // Predictions need no weights, and that these are left out is no news.
        assert_eq!(predict(&tree, model, "t.csv", &[]).ok().stderr, "");
        predict(&tree, model, "none.csv", &[]).ok();
    }
    train("bare", "bare.csv", &["--weight", "1"]);
    assert_eq!(evaluate("bare", "bare.csv", &[]).ok().stdout, evaluate("name", "t.csv", &[]).ok().stdout);
    evaluate("name", "bare.csv", &[]).user_error(&["missing weight column \"w\"", "bare.csv"]);
}
