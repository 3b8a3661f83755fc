//! Many at once, too many, too slow, and the end.

use super::client::{Server, answer};
use super::models::{predicted, tree};
use std::io::{Read, Write};
use std::net::TcpStream;

const ROW: &str = "0.1,0.2,0.3,0.4\n";

/// Begins a request that holds a place until the rest of its body comes; returns the rest.
fn begin(stream: &mut TcpStream) -> String {
    let body = ROW.repeat(10_000);
    let head = format!("POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    let (now, later) = body.split_at(120_000);
    // A server that refuses it may have closed the connection already.
    let _ = stream.write_all(now.as_bytes());
    later.to_string()
}

#[test]
fn many_requests_at_once_get_each_their_own_answer() {
    let server = Server::of(tree(), "amount", &["--threads", "2"], &[]);
    let rows: Vec<_> = (0..16).map(|i| format!("0.{i},0.2,0.{},0.4\n", 31 - i)).collect();
    let expected = predicted("amount", "rows.csv", rows.concat(), &[]);
    let expected: Vec<_> = expected.lines().map(|line| format!("{line}\n")).collect();
    std::thread::scope(|scope| {
        for (row, expected) in rows.iter().zip(&expected) {
            let server = &server;
            scope.spawn(move || (0..50).for_each(|_| assert_eq!(&server.csv(row).is(200, &[]).body, expected)));
        }
    });
}

#[test]
fn one_connection_carries_many_requests() {
    let server = Server::of(tree(), "amount", &[], &[]);
    let expected = predicted("amount", "row.csv", ROW, &[]);
    let mut stream = server.connect();
    let request = format!("POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{ROW}", ROW.len());
    for _ in 0..100 {
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        while !text.ends_with(&format!("\r\n\r\n{expected}")) {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "{text}");
            text += std::str::from_utf8(&bytes[..read]).unwrap();
        }
    }
}

#[test]
fn who_finds_no_place_is_told_to_come_again() {
    let server = Server::of(tree(), "amount", &["--threads", "1"], &[("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", "0")]);
    let long = ROW.repeat(300_000);
    // While the long one is scored, nobody else may wait.
    let refused = (0..100).find_map(|_| {
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| server.csv(&long));
            let refused = std::iter::repeat_with(|| server.csv(ROW)).find(|answer| answer.status != 200 || holder.is_finished());
            holder.join().unwrap();
            refused.filter(|answer| answer.status != 200)
        })
    });
    let refused = refused.unwrap();
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.is(503, &["too many requests"]);
    server.get("/ping").is(200, &[]);
    server.csv(ROW).is(200, &[]);
}

#[test]
fn bodies_together_take_no_more_memory_than_they_may() {
    let limits = [("SAPWOOD_MAX_BODY_MEMORY_MB", "1"), ("MAX_CONTENT_LENGTH", "1000000"), ("SAPWOOD_MIN_BODY_RATE", "0")];
    let server = Server::of(tree(), "amount", &["--threads", "1"], &limits);
    // Each of them sends more than is free of charge, and stops.
    let mut holders: Vec<_> = (0..20).map(|_| server.connect()).collect();
    let rests: Vec<_> = holders.iter_mut().map(begin).collect();
    let long = ROW.repeat(60_000);
    let refused = std::iter::repeat_with(|| server.csv(&long)).take(1000).find(|answer| answer.status != 200).unwrap();
    refused.is(503, &["the bodies of other requests fill the memory"]);
    server.csv(ROW).is(200, &[]);
    let answers = holders.into_iter().zip(rests).map(|(mut holder, rest)| {
        // Who was refused may find the connection closed.
        let _ = holder.write_all(rest.as_bytes());
        answer(holder).status
    });
    let answers: Vec<_> = answers.collect();
    assert!(answers.contains(&200) && answers.iter().all(|status| [200, 503].contains(status)), "{answers:?}");
    server.csv(&long).is(200, &[]);
}

#[test]
fn requests_that_take_too_long_are_given_up() {
    let server = Server::of(tree(), "amount", &["--threads", "1"], &[("SAPWOOD_SCORING_TIMEOUT", "1")]);
    let long = ROW.repeat(300_000);
    let late = (0..20).find_map(|_| {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..40).map(|_| scope.spawn(|| server.csv(&long))).collect();
            let answers: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
            answers.into_iter().find(|answer| answer.status != 200)
        })
    });
    late.unwrap().is(503, &["not ready after 1 seconds"]);
    server.csv(ROW).is(200, &[]);
}

#[test]
fn clients_that_dawdle_keep_nobody_from_being_served() {
    let server = Server::of(
        tree(),
        "amount",
        &["--threads", "1"],
        &[("SAPWOOD_REQUEST_TIMEOUT", "1"), ("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", "0")],
    );
    let mut slow: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for (index, stream) in slow.iter_mut().enumerate() {
        let head = "POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n0.1,";
        stream.write_all(&head.as_bytes()[..if index % 2 == 0 { 40 } else { head.len() }]).unwrap();
    }
    server.get("/ping").is(200, &[]);
    server.csv(ROW).is(200, &[]);
    for (index, mut stream) in slow.into_iter().enumerate() {
        match index % 2 {
            0 => {
                let mut text = String::new();
                let _ = stream.read_to_string(&mut text);
                assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");
            }
            _ => drop(answer(stream).is(408, &["within 1 seconds"])),
        }
    }
}

#[test]
fn a_client_that_goes_away_is_forgotten() {
    let server = Server::of(tree(), "amount", &["--threads", "1"], &[("SAGEMAKER_MODEL_JOB_QUEUE_SIZE", "0")]);
    for _ in 0..20 {
        let mut stream = server.connect();
        begin(&mut stream);
    }
    let served = std::iter::repeat_with(|| server.csv(ROW)).take(10_000).any(|answer| answer.status == 200);
    assert!(served, "{}", server.log());
}

#[test]
fn sigterm_ends_the_process_after_what_has_begun() {
    let mut server = Server::of(tree(), "amount", &[], &[]);
    let mut idle = server.connect();
    let mut stream = server.connect();
    let rest = begin(&mut stream);
    server.get("/ping").is(200, &[]);
    server.terminate();
    while server.accepts() {
        std::thread::yield_now();
    }
    stream.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(stream).is(200, &[]).body.lines().count(), 10_000);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(server.wait(), Some(0), "{}", server.log());
}

#[test]
fn every_request_is_logged_where_asked_for() {
    let quiet = Server::of(tree(), "amount", &[], &[]);
    let loud = Server::of(tree(), "amount", &[], &[("SAPWOOD_LOG", "debug")]);
    for server in [&quiet, &loud] {
        server.csv(ROW).is(200, &[]);
        server.get("/ping").is(200, &[]);
    }
    while !loud.log().contains("debug: GET /ping 200 in ") {
        std::thread::yield_now();
    }
    assert!(loud.log().contains("debug: POST /invocations 200 in "), "{}", loud.log());
    assert_eq!(quiet.log().lines().count(), 1, "{}", quiet.log());
}

#[test]
fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let server = Server::of(tree(), "amount", &[], &[("SAPWOOD_REQUEST_TIMEOUT", "1"), ("SAPWOOD_LOG", "debug")]);
    let body = ROW.repeat(300_000);
    let mut stream = server.connect();
    let head = format!("POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    while !server.log().contains("a connection ended early") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    server.csv(ROW).is(200, &[]);
    drop(stream);
}
