//! The first line of a CSV file: names or data, names that are numbers, and columns without a name.

use crate::util::{Run, Tree, sapwood};

const BINARY: &str = "objective=binary:logistic";

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "num_round=3"];
    sapwood(args.iter().chain(more))
}

fn predict(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["predict", "--model", &model, "--data", &data];
    sapwood(args.iter().chain(more))
}

fn features(tree: &Tree) -> Vec<String> {
    let model: serde_json::Value =
        serde_json::from_str(&sapwood(["inspect", "--json", "--model", &tree.text("m")]).ok().stdout).unwrap();
    let features = model["schema"]["features"].as_array().unwrap().clone();
    features.iter().map(|feature| feature["name"].as_str().unwrap().to_string()).collect()
}

fn lines(header: &str, row: impl Fn(usize) -> String) -> String {
    std::iter::once(format!("{header}\n")).chain((1..=60).map(|i| format!("{}\n", row(i)))).collect()
}

#[test]
fn xgboost_3933_digits_above_digits_are_data_unless_every_name_is_there() {
    let tree = Tree::new();
    tree.write("d.csv", lines("y,0,1,2", |i| format!("{},{},{},{}", i % 2, i % 2, i % 3, i % 5)));
    train(&tree, "d.csv", &["--label", "y", BINARY]).ok();
    assert_eq!(features(&tree), ["0", "1", "2"]);
    for (rows, predictions, warns) in
        [("2,1,0\n1,0,0\n", 1, true), ("1,0,0\n", 1, false), ("0,1,0\n1,1,1\n", 2, false), ("0,1\n", 0, false)]
    {
        tree.write("r.csv", rows);
        let run = predict(&tree, "r.csv", &[]);
        assert_eq!(run.stdout.lines().count(), predictions, "{rows}: {run:?}");
        assert_eq!(run.stderr.contains("warning: the first line of"), warns, "{rows}: {run:?}");
    }
    tree.write("r.csv", "2,1,0\n1,0,0\n");
    assert_eq!(predict(&tree, "r.csv", &["header=false"]).ok().stdout.lines().count(), 2);
}

#[test]
fn xgboost_3933_texts_above_digits_are_names() {
    let tree = Tree::new();
    tree.write("s.csv", lines("species,0,1", |i| format!("{},{},{}", if i % 2 == 1 { "ant" } else { "bee" }, i % 2, i % 7)));
    train(&tree, "s.csv", &["objective=multi:softprob"]).ok();
    assert_eq!(features(&tree), ["0", "1"]);
    assert!(sapwood(["inspect", "--model", &tree.text("m")]).ok().stdout.contains("ant, bee"));
    tree.write("n.csv", lines("y,0,1", |i| format!("{},{},{}", i % 2, i % 2, i % 7)));
    train(&tree, "n.csv", &[BINARY]).ok();
    assert_eq!(features(&tree), ["0", "1"]);
}

#[test]
fn xgboost_3933_what_could_be_names_or_data_is_asked_for() {
    let tree = Tree::new();
    for header in ["0,1,2", "y,7,9"] {
        tree.write("s.csv", lines(header, |i| format!("{},{},{}", i % 2, i % 2, i % 7)));
        train(&tree, "s.csv", &[]).user_error(&["the first line could be column names or data: ", "s.csv:1: ", "header=true"]);
        train(&tree, "s.csv", &["header=true"]).ok();
    }
    tree.write("s.csv", lines("species,7,9", |i| format!("{},{},{}", if i % 2 == 1 { "ant" } else { "bee" }, i % 2, i % 7)));
    train(&tree, "s.csv", &["objective=multi:softprob"]).user_error(&["header=true or header=false"]);
    train(&tree, "s.csv", &["objective=multi:softprob", "--label", "species"]).ok();
    tree.write("s.csv", lines("x,0.5,0.25", |i| format!("{},{},{}", i % 2, i % 2, i % 7)));
    train(&tree, "s.csv", &[]).user_error(&["text in a column of numbers: ", "s.csv:1:1", "say header=true"]);
}

#[test]
fn polars_7291_the_index_of_a_data_frame_is_left_out() {
    let tree = Tree::new();
    for name in ["", "\"\"", "Unnamed: 0", "Unnamed: 0.1"] {
        tree.write("p.csv", lines(&format!("{name},y,a"), |i| format!("{},{},{}", i - 1, i % 2, i % 2)));
        for label in [&[][..], &["--label", "y"]] {
            let run = train(&tree, "p.csv", &[label, &[BINARY]].concat()).ok();
            assert!(run.stderr.contains("warning: left out the first column of"), "{run:?}");
            assert_eq!(features(&tree), ["a"]);
        }
        let run = predict(&tree, "p.csv", &["--label", "y"]).ok();
        assert_eq!(run.stdout.lines().count(), 60);
    }
    tree.write("two.csv", lines(",,y,a", |i| format!("{},{},{},{}", i / 7, i - 1, i % 2, i % 2)));
    train(&tree, "two.csv", &[BINARY]).ok();
    assert_eq!(features(&tree), ["a"]);
    tree.write("digits.csv", lines(",0,1", |i| format!("{},{},{}", i - 1, i % 2, i % 2)));
    train(&tree, "digits.csv", &[BINARY]).ok();
    assert_eq!(features(&tree), ["1"]);
}

#[test]
fn pandas_index_in_scored_data_is_left_out() {
    let tree = Tree::new();
    tree.write("a.csv", lines("y,a,b", |i| format!("{},{},{}", i % 2, i % 2, i % 3)));
    train(&tree, "a.csv", &["--label", "y", BINARY]).ok();
    tree.write("plain.csv", "a,b\n1,2\n0,1\n");
    tree.write("indexed.csv", ",a,b\n0,1,2\n1,0,1\n");
    let expected = predict(&tree, "plain.csv", &[]).ok().stdout;
    assert_eq!(predict(&tree, "indexed.csv", &[]).ok().stdout, expected);
    tree.write("labelled.csv", ",y,a,b\n0,1,1,2\n1,0,0,1\n");
    sapwood(["evaluate", "--model", &tree.text("m"), "--data", &tree.text("labelled.csv")]).ok();
}

#[test]
fn adult_a_blank_behind_each_comma_is_no_delimiter() {
    let tree = Tree::new();
    for header in ["", "y, a, b\n"] {
        let rows: String = (0..60).map(|i| format!("{}, {}, {}\n", i % 2, i % 7, i % 3)).collect();
        let (data, model) = (tree.write("x.csv", format!("{header}{rows}")).display().to_string(), tree.text("m"));
        let run = sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3"]).ok();
        assert!(run.stderr.contains("60 rows and 2 columns"), "{}", run.stderr);
    }
}

#[test]
fn excel_the_line_that_names_the_delimiter_is_refused_by_name() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{};{}\n", i % 2, i % 7)).collect();
    let (data, model) = (tree.write("x.csv", format!("sep=;\ny;a\n{rows}")).display().to_string(), tree.text("m"));
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3"]).user_error(&[
        "tells Excel the delimiter",
        "x.csv",
        "remove that line",
    ]);
}
