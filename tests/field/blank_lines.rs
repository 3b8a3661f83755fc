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
