//! Damaged requests by the thousand: never the server's fault, never its end.

use super::client::{Server, answer};
use super::models::{census, sparse, to_csv, to_json, tree};
use crate::score::models::Random;
use crate::util::Tree;
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::io::Write;

/// Bodies that mean something to some reader.
const PIECES: [&[u8]; 22] = [
    b"\"",
    b"\"\"",
    b",",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"null",
    b"1e999",
    b"-0",
    b"NaN",
    b"\\u0000",
    b"99999999999999999999",
    b"1:1",
    b"qid:1",
    b"\xef\xbb\xbf",
    b"PAR1",
];

fn mutate(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 if at < bytes.len() => bytes[at] = random.next() as u8,
            3 => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].iter().copied())),
            4 => {
                let end = (at + random.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
    bytes
}

/// Sends `count` damaged versions of each body; every answer is the client's fault or a success, and `/ping` never fails.
fn torment(server: &Server, content_type: &str, bodies: &[Vec<u8>], count: usize) {
    let mut random = Random(content_type.len() as u64);
    let mut refused = 0;
    for round in 0..count {
        let body = mutate(&mut random, &bodies[round % bodies.len()]);
        let answer = server.post(content_type, "application/json", &body);
        assert!(answer.status < 500, "{content_type} {:?} → {answer:#?}", String::from_utf8_lossy(&body));
        refused += usize::from(answer.status >= 400);
        if answer.status == 200 {
            serde_json::from_str::<serde_json::Value>(&answer.body).unwrap();
        }
        if round % 100 == 0 {
            server.get("/ping").is(200, &[]);
        }
    }
    assert!(refused > count / 20, "{content_type}: only {refused} of {count} were refused");
    server.get("/ping").is(200, &[]);
}

#[test]
fn damaged_text() {
    let (names, rows) = census(3);
    let array = |row: &Vec<String>| format!("[{}]", row.iter().map(|cell| to_json(cell)).collect::<Vec<_>>().join(","));
    let object = |row: &Vec<String>| {
        let members: Vec<_> = names.iter().zip(row).map(|(name, cell)| format!("\"{name}\":{}", to_json(cell))).collect();
        format!("{{{}}}", members.join(","))
    };
    let (arrays, objects): (Vec<_>, Vec<_>) = rows.iter().map(|row| (array(row), object(row))).unzip();
    let server = Server::of(tree(), "adult", &[], &[]);
    torment(&server, "text/csv", &[to_csv(Some(&names), &rows).into(), to_csv(None, &rows).into()], 2000);
    let json = [
        format!("{{\"instances\":[{}]}}", objects.join(",")),
        format!("[{}]", arrays.join(",")),
        format!("{{\"columns\":{names:?},\"data\":[{}]}}", arrays.join(",")),
        format!("{{\"instances\":[{{\"data\":{{\"features\":{{\"values\":{}}}}}}}]}}", arrays[0]),
    ];
    torment(&server, "application/json", &json.map(String::into_bytes), 3000);
    torment(&server, "application/jsonlines", &[arrays.join("\n").into(), objects.join("\n").into()], 2000);
    let server = Server::of(tree(), "sparse", &[], &[]);
    torment(&server, "text/libsvm", &[sparse(5, true).into(), sparse(5, false).into()], 2000);
    torment(&server, "text/csv", &[b"1,2,3,4\n5,,7,8\n".to_vec()], 1000);
}

fn parquet(rows: usize) -> Vec<u8> {
    let column = |name: &str| Column::new(name.into(), (0..rows).map(|row| (row % 7) as f64).collect::<Vec<_>>());
    let mut frame = DataFrame::new_infer_height(["f0", "f1", "f2", "f3"].map(column).into()).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

#[test]
fn damaged_parquet() {
    let server = Server::of(tree(), "amount", &[], &[]);
    torment(&server, "application/x-parquet", &[parquet(20), parquet(3000)], 1500);
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
        let bytes = mutate(&mut random, good);
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
