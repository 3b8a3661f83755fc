//! Requests that ask for too much, or are no HTTP; `tests/hostile` has damaged bodies by the thousand.

use super::client::{Server, answer};
use super::models::{census, tree};
use crate::hostile::damage::damage;
use crate::score::models::Random;
use crate::util::Tree;
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::io::Write;

fn parquet(rows: usize) -> Vec<u8> {
    let column = |name: &str| Column::new(name.into(), (0..rows).map(|row| (row % 7) as f64).collect::<Vec<_>>());
    let mut frame = DataFrame::new_infer_height(["f0", "f1", "f2", "f3"].map(column).into()).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn a_small_body_does_not_become_a_large_one() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let bytes = parquet(20_000_000);
    assert!(bytes.len() < 6 << 20, "{}", bytes.len());
    let answer = server.post("application/x-parquet", "text/csv", bytes);
    assert!([413, 415].contains(&answer.status), "{} {}", answer.status, &answer.body[..200.min(answer.body.len())]);
    let deep = format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    server.post("application/json", "text/csv", deep).is(400, &["expected 4, found 1"]);
    let nested = "{\"a\":".repeat(500_000);
    server.post("application/json", "text/csv", nested).is(415, &[]);
    // Names by the million, or one of megabytes, are not compared with one another.
    let adult = Server::of(tree(), "adult", &[], &[]);
    let (names, rows) = census(1);
    let many: String = (0..600_000).map(|i| format!(",x{i}")).collect();
    adult.csv(format!("{}{many}\n{}", names.join(","), rows[0].join(","))).is(400, &["unknown column \"x0\""]);
    let long = adult.csv(format!("{},{}\n", names.join(","), "x".repeat(5 << 20)));
    assert!(long.status == 400 && long.body.len() < 5000, "{}", long.status);
    let json = format!("[{{\"{}\": 1}}]", "x".repeat(5 << 20));
    assert_eq!(adult.post("application/json", "text/csv", json).status, 400);
    server.get("/ping").is(200, &[]);
}

#[test]
fn damaged_http() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let good = b"POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/csv;q=0.5, */*\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Length: 8\r\n\r\n1,2,3,4\n";
    let mut random = Random(1);
    for _ in 0..500 {
        let mut bytes = good.to_vec();
        (0..1 + random.below(4)).for_each(|_| damage(&mut random, &mut bytes, good));
        let mut stream = server.connect();
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut text);
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("HTTP/1.1 5"), "{:?} → {text}", String::from_utf8_lossy(&bytes));
    }
    for path in ["/invocations/", "//invocations", "/ping?x", "/%00", "/models/..%2f..%2fx", "/\u{1F332}"] {
        let mut stream = server.connect();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        assert!(answer(stream).status < 500, "{path}");
    }
    server.get("/ping").is(200, &[]);
}

#[test]
fn a_row_of_texts_is_a_row_and_not_a_header() {
    let own = Tree::new();
    let rows: String = (0..200).map(|i| format!("{},{}\n", i % 2, ["red", "blue car"][i % 2])).collect();
    own.write("train.csv", format!("y,colour\n{rows}"));
    let head = ["train", "--train", &own.text("train.csv"), "--model-out", &own.text("m"), "num_round=5"];
    crate::util::sapwood(head).ok();
    let server = Server::of(&own, "m", &[], &[]);
    let (red, blue) = (server.csv("red").is(200, &[]).body, server.csv("blue car").is(200, &[]).body);
    assert_ne!(red, blue);
    assert_eq!(server.csv("colour\nred\n\"blue car\"\n").is(200, &[]).body, format!("{red}{blue}"));
    assert_eq!(server.csv("red\nblue car\n").is(200, &[]).body, format!("{red}{blue}"));
    assert_eq!(server.post("application/json", "text/csv", "[[\"red\"]]").body, red);
}
