//! Requests that ask for too much, or are no HTTP; `tests/hostile` has damaged bodies by the thousand.

use super::client::{Server, answer};
use super::models::{census, tree};
use crate::hostile::damage::damage;
use crate::score::models::Random;
use crate::util::Tree;
use polars::prelude::{Column, DataFrame, ParquetWriter};
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

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
    server.post("application/json", "text/csv", nested).is(400, &[]);
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
        let mut text = Vec::new();
        // Who closes the connection at once is not answered; who never does may be waited for.
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let _ = stream.read_to_end(&mut text);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = stream.read_to_end(&mut text);
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

/// All that comes back for these bytes until the server closes the connection; it must do so by itself.
fn exchange(server: &Server, bytes: &str) -> String {
    let mut stream = server.connect();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut text = Vec::new();
    // A connection that is reset after the answer does not take it back.
    if let Err(error) = stream.read_to_end(&mut text) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{bytes:?} left the connection open");
    }
    String::from_utf8(text).unwrap()
}

/// A proxy that went by the length would take what follows the chunks for a part of the body, and the server for another client's request.
#[test]
fn nothing_is_smuggled_behind_a_body_with_two_lengths() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let hidden = "GET /execution-parameters HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = format!("8\r\n1,2,3,4\n\r\n0\r\n\r\n{hidden}");
    let length = format!("Content-Length: {}\r\n", body.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let head = "POST /invocations HTTP/1.1\r\nHost: x\r\n";
    for lengths in [format!("{length}{chunked}"), format!("{chunked}{length}"), format!("{length}{chunked}{length}")] {
        let text = exchange(&server, &format!("{head}{lengths}\r\n{body}"));
        assert!(text.starts_with("HTTP/1.1 400") && text.contains("connection: close"), "{lengths:?}: {text}");
        assert!(text.contains("stated twice") && text.matches("HTTP/1.1").count() == 1, "{lengths:?}: {text}");
    }
    for coding in ["gzip, chunked", "chunked, chunked", "chunked\r\nTransfer-Encoding: chunked", "identity, chunked", "chunked;q=1"]
    {
        let text = exchange(&server, &format!("{head}Transfer-Encoding: {coding}\r\n\r\n{body}"));
        let refused = ["HTTP/1.1 400", "HTTP/1.1 501"].iter().any(|status| text.starts_with(status));
        assert!(refused && text.matches("HTTP/1.1").count() == 1, "{coding:?}: {text}");
    }
    for chunks in [
        "-8\r\n1,2,3,4\n\r\n0\r\n\r\n",
        "0x8\r\n1,2,3,4\n\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n1",
        "8\r\n1,2,3,4\nXX0\r\n\r\n",
        "\r\n\r\n",
    ] {
        let text = exchange(&server, &format!("{head}{chunked}\r\n{chunks}{hidden}"));
        assert!(text.starts_with("HTTP/1.1 400") && text.matches("HTTP/1.1").count() == 1, "{chunks:?}: {text}");
    }
    // With one length there are two requests, so the server would have answered a second one above.
    let text = exchange(
        &server,
        &format!("{head}{chunked}\r\n{}", body.replace(hidden, &hidden.replace("x\r\n", "x\r\nConnection: close\r\n"))),
    );
    assert!(text.contains("MaxConcurrentTransforms"), "{text}");
}

/// The HTTP library answers these by itself.
#[test]
fn heads_that_are_no_http_get_a_status_and_no_more() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let (many, long) = ("X: y\r\n".repeat(101), "x".repeat(70_000));
    let heads = [
        (400, "POST /invocations HTTP/9.9\r\n\r\n".to_string()),
        (400, "nonsense\r\n\r\n".to_string()),
        (400, "GET /ping HTTP/1.1\r\nHost x\r\n\r\n".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n1".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nContent-Length : 1\r\n\r\n1".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_string()),
        (400, "POST /invocations HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_string()),
        (400, "POST /invocations HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_string()),
        (431, format!("GET /ping HTTP/1.1\r\n{many}\r\n")),
        (414, format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")),
    ];
    for (status, head) in heads {
        let text = exchange(&server, &head);
        let shown = &head[..head.len().min(60)];
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && text.ends_with("\r\n\r\n"), "{shown:?}: {text}");
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
