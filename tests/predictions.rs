//! Predictions in the forms that people can use, evaluation in detail, standard input and output.

use crate::serve::models::{train, tree};
use crate::util::{Tree, command, sapwood};
use flate2::read::GzDecoder;
use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, SerReader};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;

/// A model of three animals and rows to score, whose `id` looks like a number and is none.
fn animals() -> Tree {
    let tree = Tree::new();
    let row = |row: usize| format!("{row:03},{},{}\n", ["ant", "bee", "\"the \"\"cat\"\", big\""][row % 3], row % 3);
    tree.write("animals.csv", format!("id,species,size\n{}", (0..60).map(row).collect::<String>()));
    let words = ["num_round=10", "objective=multi:softprob"];
    train(&tree, "m", &tree.text("animals.csv"), &["--label", "species", "--ignore", "id"], &words);
    tree
}

fn predict(tree: &Tree, words: &[&str]) -> String {
    let head = ["predict", "--model", &tree.text("m"), "--data", &tree.text("animals.csv")].map(String::from);
    sapwood(head.iter().map(String::as_str).chain(words.iter().copied())).ok().stdout
}

#[test]
fn names_and_kept_columns_stand_in_csv() {
    let tree = animals();
    let plain = predict(&tree, &[]);
    assert_eq!(plain.lines().count(), 60);
    let table = predict(&tree, &["--header", "--keep", "id,species"]);
    let mut lines = table.lines();
    let names = "id,species,probability_ant,probability_bee,\"probability_the \"\"cat\"\", big\"";
    assert_eq!(lines.next(), Some(names));
    for (at, (line, plain)) in lines.zip(plain.lines()).enumerate() {
        let species = ["ant", "bee", "\"the \"\"cat\"\", big\""][at % 3];
        assert_eq!(line, format!("{at:03},{species},{plain}"));
    }
    let classes = predict(&tree, &["--output", "class", "--header", "--keep", "0"]);
    assert!(classes.starts_with("id,class\n000,ant\n001,bee\n002,\"the \"\"cat\"\", big\"\n"), "{classes}");
    let head = ["predict", "--model", &tree.text("m"), "--data", &tree.text("animals.csv")].map(String::from);
    let failing = |words: &[&str]| sapwood(head.iter().map(String::as_str).chain(words.iter().copied()));
    failing(&["--keep", "ident"]).user_error(&["no kept column \"ident\"", "id"]);
    failing(&["--keep", "id,id"]).user_error(&["called \"id\""]);
    failing(&["--out", &tree.text("p.xlsx")]).user_error(&[".xlsx", ".parquet"]);
}

#[test]
fn the_name_of_the_output_says_its_form() {
    let tree = animals();
    let write = |name: &str, words: &[&str]| {
        let path = tree.text(name);
        assert_eq!(predict(&tree, &[&["--out", &path], words].concat()), "");
        path
    };
    let plain = predict(&tree, &[]);
    let first: Vec<f64> = plain.lines().next().unwrap().split(',').map(|cell| cell.parse().unwrap()).collect();
    let json: Value = serde_json::from_str(&fs::read_to_string(write("p.json", &["--keep", "id"])).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 60);
    assert_eq!((&json[7]["id"], json[0]["probability_ant"].as_f64()), (&Value::from("007"), Some(first[0])));
    let lines = fs::read_to_string(write("p.jsonl", &["--output", "class"])).unwrap();
    let line = |at: usize| serde_json::from_str::<Value>(lines.lines().nth(at).unwrap()).unwrap();
    assert_eq!((lines.lines().count(), &line(2)["class"]), (60, &Value::from("the \"cat\", big")));
    let mut unpacked = String::new();
    GzDecoder::new(File::open(write("p.csv.gz", &[])).unwrap()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert_eq!(fs::read_to_string(write("p.txt", &[])).unwrap(), plain);
    let frame = ParquetReader::new(File::open(write("p.parquet", &["--keep", "id"])).unwrap()).finish().unwrap();
    assert_eq!(frame.height(), 60);
    assert_eq!(frame.column("id").unwrap().str().unwrap().get(7), Some("007"));
    assert_eq!(frame.column("probability_ant").unwrap().f64().unwrap().get(0), Some(first[0]));
}

#[test]
fn columns_of_parquet_files_are_kept_in_their_types() {
    let tree = animals();
    let columns = vec![
        Column::new("id".into(), [7_i64, 8]),
        Column::new("size".into(), [0.0, 1.0]),
        Column::new("note".into(), [None, Some("a,b")]),
    ];
    let mut frame = DataFrame::new(2, columns).unwrap();
    ParquetWriter::new(File::create(tree.path("rows.parquet")).unwrap()).finish(&mut frame).unwrap();
    let (model, data, out) = (tree.text("m"), tree.text("rows.parquet"), tree.text("out.parquet"));
    let head = ["predict", "--model", &model, "--data", &data, "--output", "class", "--keep", "id", "--keep", "note"];
    assert_eq!(sapwood(head).ok().stdout, "7,,ant\n8,\"a,b\",bee\n");
    sapwood(head.iter().chain(&["--out", &out])).ok();
    let frame = ParquetReader::new(File::open(&out).unwrap()).finish().unwrap();
    assert_eq!(frame.column("id").unwrap().i64().unwrap().get(1), Some(8));
    assert_eq!(frame.column("note").unwrap().str().unwrap().get(0), None);
    assert_eq!(frame.column("class").unwrap().str().unwrap().get(1), Some("bee"));
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let tree = animals();
    let rows = fs::read_to_string(tree.path("animals.csv")).unwrap();
    let piped = |args: &[&str]| {
        let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let model = tree.text("m");
    assert_eq!(
        piped(&["predict", "--model", &model, "--data", "-", "--out", "-", "--keep", "id"]),
        predict(&tree, &["--keep", "id"])
    );
    let data = tree.text("animals.csv");
    assert_eq!(
        piped(&["evaluate", "--model", &model, "--data", "-"]),
        sapwood(["evaluate", "--model", &model, "--data", &data]).ok().stdout
    );
    let again = tree.text("again");
    let words = ["--label", "species", "--ignore", "id", "num_round=10", "objective=multi:softprob"];
    piped(&[&["train", "--train", "-", "--model-out", &again], &words[..]].concat());
    assert_eq!(fs::read(&again).unwrap(), fs::read(&model).unwrap());
    sapwood(["predict", "--model", &model, "--data", "-", "--data", &data]).user_error(&["-", "alone"]);
    sapwood(["predict", "--model", &model, "--data", "-"]).user_error(&["no data on standard input"]);
}

#[test]
fn evaluation_tells_how_a_classifier_goes_wrong() {
    let tree = animals();
    let (model, data, file) = (tree.text("m"), tree.text("animals.csv"), tree.text("report.json"));
    let line = sapwood(["evaluate", "--model", &model, "--data", &data]).ok().stdout;
    let with_file = sapwood(["evaluate", "--model", &model, "--data", &data, "--json", &file]).ok().stdout;
    let to_stdout = sapwood(["evaluate", "--model", &model, "--data", &data, "--json", "-"]).ok().stdout;
    assert_eq!((with_file, fs::read_to_string(&file).unwrap()), (line.clone(), to_stdout));
    let report = tree.json("report.json");
    assert_eq!(report["metrics"], serde_json::from_str::<Value>(&line).unwrap());
    assert_eq!(report["confusion_matrix"], serde_json::json!([[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]]));
    assert_eq!((&report["rows"], &report["per_class"][2]["class"]), (&Value::from(60), &Value::from("the \"cat\", big")));
    assert!(report.get("roc_curve").is_none(), "there are three classes");
    sapwood(["evaluate", "--model", &model, "--data", &data, "--json", &data]).user_error(&["would be overwritten"]);

    let adult = format!("{}/../datasets/adult/test.csv.gz", env!("CARGO_MANIFEST_DIR"));
    let json = sapwood(["evaluate", "--model", &tree_text("adult"), "--data", &adult, "--json", "-"]).ok().stdout;
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["calibration"].as_array().map(Vec::len), Some(10));
    let (roc, best) = (report["roc_curve"].as_array().unwrap(), report["best_f1"]["f1"].as_f64().unwrap());
    assert_eq!((roc.len() <= 201, &roc[roc.len() - 1]["true_positive_rate"]), (true, &Value::from(1.0)));
    let of_class = report["per_class"][1]["f1"].as_f64().unwrap();
    assert!(best >= of_class && best > 0.6, "{best} {of_class}");
}

fn tree_text(model: &str) -> String {
    tree().text(model)
}

#[test]
fn query_groups_do_not_keep_data_from_evaluation() {
    let tree = Tree::new();
    let rows = |qid: bool| {
        let row =
            |row: usize| format!("{} {}1:{}\n", row % 2, if qid { format!("qid:{} ", row / 4) } else { String::new() }, row % 2);
        (0..40).map(row).collect::<String>()
    };
    tree.write("plain.libsvm", rows(false));
    tree.write("grouped.libsvm", rows(true));
    train(&tree, "m", &tree.text("plain.libsvm"), &[], &["num_round=2", "objective=binary:logistic"]);
    let evaluate = |data: &str| sapwood(["evaluate", "--model", &tree.text("m"), "--data", &tree.text(data)]).ok();
    let grouped = evaluate("grouped.libsvm");
    assert_eq!(grouped.stdout, evaluate("plain.libsvm").stdout);
    assert!(grouped.stderr.contains("query groups"), "{}", grouped.stderr);
}
