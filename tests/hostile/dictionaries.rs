//! Small Parquet files with millions of rows, all of which have one of a few long texts: the texts are looked at once each, and rows
//! cost no more than their codes.

use super::files::confined;
use crate::serve::client::Server;
use crate::util::{Tree, sapwood};
use polars::prelude::*;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ROWS: usize = 4_000_000;
const LENGTH: usize = 1_500_000;

/// Labels, a text of [`LENGTH`] that is the same in each half of the rows, and truth values.
fn frame(rows: usize, dtype: &DataType) -> DataFrame {
    let half = |text: &str, length| Series::new("c".into(), [text.repeat(LENGTH)]).cast(dtype).unwrap().new_from_index(0, length);
    let mut texts = half("x", rows / 2);
    texts.append(&half("y", rows - rows / 2)).unwrap();
    let labels: BooleanChunked = (0..rows).map(|row| row % 3 == 0).collect();
    let flags = BooleanChunked::full("b".into(), true, rows);
    let labels = labels.with_name("y".into()).into_series();
    DataFrame::new_infer_height(vec![labels.into(), texts.into(), flags.into_series().into()]).unwrap()
}

fn parquet(mut frame: DataFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).with_row_group_size(Some(usize::MAX)).finish(&mut frame).unwrap();
    bytes
}

/// The same file from a writer that leaves no note about its types.
fn without_notes(mut bytes: Vec<u8>) -> Vec<u8> {
    let key = b"ARROW:schema";
    let place = bytes.windows(key.len()).position(|window| window == key).expect("a note");
    bytes[place] = b'B';
    bytes
}

fn categories() -> DataType {
    DataType::from_categories(Categories::global())
}

/// A file by each way to say that a column's texts are few.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let texts = ["x", "y"].map(|text| text.repeat(LENGTH));
    let fixed = DataType::from_frozen_categories(FrozenCategories::new(texts.iter().map(String::as_str)).unwrap());
    let noted = parquet(frame(ROWS, &categories()));
    assert!(noted.len() < 20_000, "{}", noted.len());
    vec![("plain", without_notes(noted.clone())), ("category", noted), ("enum", parquet(frame(ROWS, &fixed)))]
}

/// A model of a category and a number.
fn tree() -> Tree {
    let tree = Tree::new();
    let rows: String = (0..300).map(|row| format!("{},{},{}\n", row % 2, ["x", "y", "z"][row % 3], row % 5)).collect();
    let train = tree.write("train.csv", format!("y,c,b\n{rows}"));
    sapwood(["train", "--train", train.to_str().unwrap(), "--label", "y", "--model-out", &tree.text("model"), "num_round=3"]).ok();
    tree
}

#[test]
fn files_are_scored_and_trained_on() {
    let tree = tree();
    for (name, bytes) in files() {
        let file = tree.write("rows.parquet", bytes);
        let file = file.to_str().unwrap();
        let scored = ["predict", "--model", &tree.text("model"), "--data", file, "--label", "y", "--out", &tree.text("scores")];
        confined(&scored).ok();
        assert_eq!(tree.read("scores").lines().count(), ROWS, "{name}");
        let train = ["train", "--train", file, "--model-out", &tree.text("new"), "num_round=1"];
        confined(&[&train[..], &["--label", "y"]].concat()).ok();
        confined(&[&train[..], &["--label", "c", "objective=binary:logistic"]].concat()).ok();
    }
}

#[test]
fn requests_are_scored() {
    let server = Server::of(&tree(), "model", &["--threads", "1"], &[]);
    let rows = frame(ROWS, &categories()).drop("y").unwrap();
    let noted = parquet(rows);
    for body in [without_notes(noted.clone()), noted] {
        let answer = server.post("application/x-parquet", "text/csv", body).is(200, &[]);
        assert_eq!(answer.body.lines().count(), ROWS);
    }
    assert!(server.most_memory() < 1 << 20, "{} KiB", server.most_memory());
}

#[test]
fn more_cells_than_a_small_body_may_hold_are_refused() {
    let server = Server::of(&tree(), "model", &["--threads", "1"], &[]);
    let rows = frame(40_000_000, &categories()).drop("y").unwrap();
    server.post("application/x-parquet", "text/csv", parquet(rows)).is(415, &["unpack to many times its size"]);
}

/// Begins a request that takes the only thread for seconds.
fn begin(server: &Server) -> TcpStream {
    let columns = (0..4).map(|at| BooleanChunked::full(format!("f{at}").into(), true, 16_000_000).into_series().into());
    let body = parquet(DataFrame::new_infer_height(columns.collect()).unwrap());
    let mut stream = server.connect();
    let head = format!(
        "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-parquet\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    stream
}

#[test]
fn work_ends_when_its_client_leaves() {
    let flags = ["--threads", "1"];
    let mut server = Server::of(crate::serve::models::tree(), "amount", &flags, &[("SAPWOOD_LOG", "debug")]);
    drop(begin(&server));
    let expected = "debug: a client left before its answer was ready";
    while !server.log().contains(expected) {
        std::thread::sleep(Duration::from_millis(10));
    }
    server.csv("0.1,0.2,0.3,0.4\n").is(200, &[]);
    drop(begin(&server));
    server.terminate();
    let told = Instant::now();
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}: {}", told.elapsed(), server.log());
}
