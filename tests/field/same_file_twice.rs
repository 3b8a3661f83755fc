//! Rows that would count double, and files that change while they are read.

use crate::util::{Tree, sapwood};
use std::fs;

#[test]
fn a_file_that_is_given_twice_is_refused() {
    let tree = Tree::new();
    let rows: String = (0..60).map(|i| format!("{},{}\n", i % 2, i % 2)).collect();
    let file = tree.write("d/a.csv", &rows);
    tree.write("d/b.csv", &rows);
    let train = |paths: &[&str]| {
        let mut args = vec!["train".to_string(), "--model-out".into(), tree.text("m"), "num_round=1".into()];
        paths.iter().for_each(|path| args.extend(["--train".to_string(), tree.text(path)]));
        sapwood(args)
    };
    train(&["d"]).ok();
    for paths in [&["d", "d"][..], &["d/a.csv", "d/a.csv"], &["d", "d/a.csv"], &["d/a.csv", "d/../d/a.csv"]] {
        train(paths).user_error(&["the same file is given twice: "]);
    }
    fs::hard_link(&file, tree.path("d/c.csv")).unwrap();
    train(&["d"]).user_error(&["the same file is given twice: ", "a.csv", "c.csv"]);
    fs::remove_file(tree.path("d/c.csv")).unwrap();
    std::os::unix::fs::symlink(&file, tree.path("d/c.csv")).unwrap();
    train(&["d"]).user_error(&["the same file is given twice: "]);
}
