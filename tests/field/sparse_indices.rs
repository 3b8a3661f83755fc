//! libsvm rows with huge indices, and lists of column names.

use crate::util::{Run, Tree, sapwood};

fn train(tree: &Tree, file: &str, more: &[&str]) -> Run {
    let (data, model) = (tree.text(file), tree.text("m"));
    let args = ["train", "--train", &data, "--model-out", &model, "num_round=1"];
    sapwood(args.iter().chain(more))
}

#[test]
fn xgboost_704_huge_indices_are_refused_early_with_the_reason() {
    let tree = Tree::new();
    for (index, reason) in [
        ("16000000", "index beyond 8,388,608"),
        ("4177197833204390623", "index beyond 8,388,608"),
        ("8000000", "index 8000000 with only 121 values in all rows"),
    ] {
        let rows: String = (0..60).map(|i| format!("{} 1:{} 2:1\n", i % 2, i)).collect();
        tree.write("h.libsvm", format!("{rows}1 {index}:1\n"));
        train(&tree, "h.libsvm", &[]).user_error(&[reason, "h.libsvm"]);
    }
}

#[test]
fn names_with_commas_can_be_given() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i % 2, i % 2, i % 3)).collect();
    tree.write("g.csv", format!("y,\"Gender, 1st\",age\n{rows}"));
    for more in [
        &["--ignore", "Gender, 1st"][..],
        &["ignore_columns=\"Gender, 1st\""],
        &["ignore_columns=[\"Gender, 1st\"]"],
        &["ignore_columns='Gender, 1st'"],
    ] {
        assert!(train(&tree, "g.csv", more).ok().stderr.contains("60 rows and 1 column"), "{more:?}");
    }
    train(&tree, "g.csv", &["--ignore", "Gender, 1st", "--ignore", "age"]).user_error(&["no feature column"]);
    train(&tree, "g.csv", &["--ignore", "Gender, 1st,age"]).user_error(&["no ignored column"]);
    train(&tree, "g.csv", &["ignore_columns=Gender, 1st"]).user_error(&["a name that holds commas stands in quotes"]);
    train(&tree, "g.csv", &["categorical_features=[\"Gender, 1st\", \"age\"]"]).ok();
}
