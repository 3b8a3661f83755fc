//! A row is a row, though nothing is in it.

use crate::util::{Tree, sapwood};

#[test]
fn pandas_12443_rows_of_one_empty_cell_are_rows() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 2, i % 2)).collect();
    let data = tree.write("x.csv", format!("y,x\n{rows}")).display().to_string();
    let model = tree.text("m");
    sapwood(["train", "--train", &data, "--label", "y", "--model-out", &model, "num_round=3", "objective=binary:logistic"]).ok();
    let predictions = |text: &str| {
        let data = tree.write("r.csv", text).display().to_string();
        sapwood(["predict", "--model", &model, "--data", &data]).ok().stdout.lines().map(String::from).collect::<Vec<_>>()
    };
    let expected = predictions("x\n0\nNA\n1\n");
    assert_eq!(expected.len(), 3);
    for text in ["x\n0\n\"\"\n1\n", "x\n0\n\n1\n", "x\r\n0\r\n\r\n1\r\n", "0\n\n1\n", "x\n0\n  \n1\n", "x\n0\n\n1\n\n\n"] {
        assert_eq!(predictions(text), expected, "{text:?}");
    }
    assert_eq!(predictions("x\n\n0\n\"\"\n"), [&*expected[1], &expected[0], &expected[1]]);
    assert_eq!(predictions("\"\"\n").len(), 1);
}

#[test]
fn pandas_18676_blank_lines_among_rows_of_several_cells_are_none() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n\n", i % 2, i % 2)).collect();
    let data = tree.write("x.csv", format!("y,x\n{rows}")).display().to_string();
    let run = sapwood(["train", "--train", &data, "--label", "y", "--model-out", &tree.text("m"), "num_round=3"]).ok();
    assert!(run.stderr.contains("60 rows"), "{run:?}");
    let data = tree.write("x.csv", "y,x\n0,1\n\"\"\n1,0\n").display().to_string();
    sapwood(["train", "--train", &data, "--label", "y", "--model-out", &tree.text("m"), "num_round=3"])
        .user_error(&["ragged row: ", "x.csv:3: expected 2 cells, found 1"]);
}

#[test]
fn pandas_12443_blank_lines_at_the_end_are_told() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 2, i % 2)).collect();
    let (data, model) = (tree.write("x.csv", format!("y,x\n{rows}")).display().to_string(), tree.text("m"));
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3"]).ok();
    let predict = |name: &str, text: &str| {
        let data = tree.write(name, text).display().to_string();
        let format = name.rsplit_once('.').unwrap().1;
        sapwood(["predict", "--model", &model, "--data", &data, "--format", format])
    };
    assert!(predict("r.csv", "x\n0\n\n1\n\n").ok().stderr.contains("warning: blank lines at the end of"));
    assert_eq!(predict("r.csv", "x\n0\n\n1\n").ok().stderr, "");
    // Between rows without labels a blank line may be a row of missing values.
    let data = tree.write("x.libsvm", "0 1:0 2:1\n1 1:1 2:0\n".repeat(30)).display().to_string();
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3"]).ok();
    predict("r.libsvm", "1:1\n\n1:0\n").user_error(&["a blank line among rows without labels", "r.libsvm:2"]);
    for text in ["1:1\n1:0\n\n\n", "0 1:1\n\n0 1:0\n", "1:1\n# note\n1:0"] {
        assert_eq!(predict("r.libsvm", text).ok().stdout.lines().count(), 2, "{text:?}");
    }
}

#[test]
fn xgboost_rows_are_counted_however_they_are_written() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{},t\n", i % 2, i % 2)).collect();
    let (data, model) = (tree.write("x.csv", format!("y,x,s\n{rows}")).display().to_string(), tree.text("m"));
    sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3", "ignore_columns=s"]).ok();
    for text in [
        "x,s\n0,\"a\nb\"\n1,\"\"\n",
        "x,s\r\n0,\"a\r\nb\"\r\n1,c",
        "\u{feff}x,s\n0,a\n\n\n1,\"q\"\"q\"\n\n\n",
        "x,s\n0,a\"b\n1,\"c\nd\ne\"",
    ] {
        let data = tree.write("r.csv", text).display().to_string();
        assert_eq!(sapwood(["predict", "--model", &model, "--data", &data]).ok().stdout.lines().count(), 2, "{text:?}");
    }
}

#[test]
fn pandas_columns_without_a_value_are_told() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{}||{}\n", i % 2, i % 7)).collect();
    let (data, model) = (tree.write("x.csv", rows).display().to_string(), tree.text("m"));
    let run = sapwood(["train", "--train", &data, "--model-out", &model, "num_round=3"]).ok();
    assert!(run.stderr.contains("warning: columns with hardly any value: f0;"), "{}", run.stderr);
}
