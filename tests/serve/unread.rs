//! Answers that their clients do not read: their memory is bounded, and everybody else is served.

use super::client::{Server, answer};
use super::models::{predicted, tree};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ROW: &str = "0,0,0,0\n";
/// Rows whose scores are 4 MB of numbers, and whose answer in JSON is more than sockets hold.
const ROWS: usize = 500_000;
/// Two such answers at a time.
const LIMIT: (&str, &str) = ("SAPWOOD_MAX_ANSWER_MEMORY_MB", "10");

/// Asks for a large answer as JSON; the status, and the connection with the rest.
fn ask(server: &Server) -> (u16, TcpStream) {
    let mut stream = server.connect();
    let body = ROW.repeat(ROWS);
    let head =
        format!("POST /invocations HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    (std::str::from_utf8(&first[9..]).unwrap().parse().unwrap(), stream)
}

#[test]
fn many_unread_answers_take_no_more_memory_than_they_may() {
    let server = Server::of(tree(), "amount", &["--threads", "1"], &[LIMIT]);
    drop(ask(&server));
    let (before, mut held, mut refused) = (server.most_memory(), Vec::new(), 0);
    for _ in 0..20 {
        match ask(&server) {
            (200, stream) => held.push(stream),
            (503, _) => refused += 1,
            (status, _) => panic!("{status}"),
        }
        let asked = Instant::now();
        server.get("/ping").is(200, &[]);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    assert!((1..=2).contains(&held.len()) && refused >= 18, "{} held, {refused} refused", held.len());
    // The text of one such answer is 12 MB or more, and there were 20. Allocators keep some for each thread.
    let more = server.most_memory() - before.min(server.most_memory());
    assert!(more < 64 << 10, "{more} KiB more than for one answer");
    // Small answers have room beside the large ones.
    server.csv(ROW).is(200, &[]);
    // Whoever leaves gives back what he took.
    drop(held);
    let deadline = Instant::now() + Duration::from_secs(60);
    while ask(&server).0 != 200 {
        assert!(Instant::now() < deadline, "no memory came back");
    }
}

#[test]
fn an_answer_that_all_the_memory_would_not_hold_is_refused() {
    let server = Server::of(tree(), "amount", &[], &[("SAPWOOD_MAX_ANSWER_MEMORY_MB", "4")]);
    server.csv(ROW.repeat(ROWS)).is(413, &["send fewer rows", "SAPWOOD_MAX_ANSWER_MEMORY_MB"]);
    server.csv(ROW.repeat(ROWS / 2)).is(200, &[]);
}

#[test]
fn an_answer_in_pieces_is_whole_and_has_its_length() {
    let body = ROW.repeat(50_000) + "0.1,0.2,0.3,0.4\n";
    let expected = predicted("amount", "rows.csv", &body, &[]);
    let server = Server::of(tree(), "amount", &[], &[]);
    let whole = |accept: &str| {
        let answer = server.post("text/csv", accept, &body).is(200, &[]);
        assert_eq!(answer.header("content-length"), Some(answer.bytes.len().to_string().as_str()), "{accept}");
        assert_eq!(answer.header("transfer-encoding"), None);
        answer
    };
    assert_eq!(whole("text/csv").body, expected);
    let json: serde_json::Value = serde_json::from_str(&whole("application/json").body).unwrap();
    let scores = json["predictions"].as_array().unwrap().iter().map(|row| format!("{}\n", row["score"]));
    assert_eq!(scores.collect::<String>(), expected);
    assert_eq!(whole("application/jsonlines").body.lines().count(), 50_001);
    whole("application/x-recordio-protobuf");
}

#[test]
fn an_answer_is_read_to_its_end_in_a_client_s_own_time() {
    let server = Server::of(tree(), "amount", &[], &[LIMIT]);
    let body = ROW.repeat(ROWS);
    let mut stream = server.connect();
    let head = format!("POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(answer(stream).is(200, &[]).body.lines().count(), ROWS);
}
