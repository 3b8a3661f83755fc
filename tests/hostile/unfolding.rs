//! Files whose columns, rows or texts are out of proportion to their size: bounded memory and time, or an error that says what is wrong.

use super::files::confined;
use crate::util::{SAPWOOD, Tree, run, with_clean_environment};
use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::*;
use std::io::Write;
use std::process::Command;

fn golden(name: &str) -> String {
    format!("{}/../tests/golden/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The command that trains on a file.
fn train<'a>(data: &'a str, model: &'a str) -> [&'a str; 8] {
    ["train", "--train", data, "--model-out", model, "num_round=1", "--threads", "2"]
}

/// A packed table of so many columns in two rows, the first of which is the label.
fn wide(tree: &Tree, columns: usize) -> String {
    let mut file = GzEncoder::new(Vec::new(), Compression::fast());
    for cell in ["0", "1"] {
        file.write_all(format!("{}\n", vec![cell; columns].join(",")).as_bytes()).unwrap();
    }
    tree.write("wide.csv.gz", file.finish().unwrap()).to_str().unwrap().to_string()
}

#[test]
fn millions_of_columns_take_what_their_features_take() {
    let tree = Tree::new();
    confined(&train(&wide(&tree, 1_200_000), &tree.text("m"))).ok();
}

#[test]
fn more_columns_than_memory_holds_are_refused() {
    let tree = Tree::new();
    let run = confined(&train(&wide(&tree, 5_000_000), &tree.text("m")));
    run.user_error(&["not enough memory: 4999999 features take at least 2384 MiB, and this process may use 2048 MiB"]);
}

/// Numbers in so many rows, which all columns share.
fn frame(columns: usize, rows: usize) -> Vec<u8> {
    let column = |at: usize| BooleanChunked::full(format!("c{at}").into(), at.is_multiple_of(2), rows).into_series().into();
    let mut frame = DataFrame::new_infer_height((0..columns).map(column).collect()).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_row_group_size(Some(usize::MAX)).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn time_does_not_grow_by_the_square_of_columns() {
    let tree = Tree::new();
    let file = tree.write("wide.parquet", frame(40_000, 2));
    confined(&[&train(file.to_str().unwrap(), &tree.text("m"))[..], &["--label", "c0"]].concat()).ok();
}

#[test]
fn more_rows_than_memory_holds_are_refused() {
    let tree = Tree::new();
    let bytes = frame(2, 40_000_000);
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let file = tree.write("long.parquet", bytes);
    let run = confined(&[&train(file.to_str().unwrap(), &tree.text("m"))[..], &["--label", "c0"]].concat());
    run.user_error(&["not enough memory: training on 40000000 rows of 2 features takes at least 2441 MiB"]);
}

#[test]
fn texts_that_unfold_are_refused_whatever_their_encoding() {
    let tree = Tree::new();
    for encoding in ["plain", "delta_length_byte_array", "delta_byte_array"] {
        let file = golden(&format!("unfolding-{encoding}.parquet"));
        let run = confined(&[&train(&file, &tree.text("m"))[..], &["--label", "y"]].concat());
        let message = run.user_error(&["a column that unpacks to many times its size", "column s", "in 2000 rows"]);
        assert!(message.contains("ignore_columns"), "{message}");
        // What is not read costs nothing.
        let words = ["--label", "y", "--ignore", "s"];
        confined(&[&train(&file, &tree.text("m"))[..], &words].concat()).user_error(&["no feature column"]);
    }
}

#[test]
fn texts_by_their_prefixes_are_read() {
    let (tree, file) = (Tree::new(), golden("prefixes.parquet"));
    let run =
        confined(&[&train(&file, &tree.text("m"))[..], &["--label", "y", "min_child_weight=0", "eta=1", "lambda=0"]].concat());
    let lines = run.ok();
    assert!(lines.stdout.contains("[0]\ttrain-rmse:0.0"), "{lines:?}");
}

#[test]
fn memory_that_runs_out_ends_with_its_reason() {
    let tree = Tree::new();
    let (file, model) = (wide(&tree, 1_200_000), tree.text("m"));
    // More than features take at least, less than they take with names, histograms and the model.
    let script = "ulimit -v 620000; exec \"$@\"";
    let words = [&["-c", script, "sh", SAPWOOD][..], &train(&file, &model)].concat();
    let run = run(with_clean_environment(Command::new("sh"), words));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("AlgorithmError: out of memory: the system refused another "), "{run:?}");
}
