//! Clients that open connections, begin requests, and leave them: whoever comes after them is served at once, and the process ends in time.

use super::client::{Server, answer};
use super::models::tree;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ROW: &str = "0.1,0.2,0.3,0.4\n";
/// So long others may take on a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn connections(server: &Server, count: usize, first: &str) -> Vec<TcpStream> {
    let open = |_| {
        let mut stream = server.connect();
        // It may have been closed for the next one.
        let _ = stream.write_all(first.as_bytes());
        stream
    };
    (0..count).map(open).collect()
}

/// A body that breaks off behind what is received free of charge.
fn half_a_body() -> String {
    format!("POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 6000000\r\n\r\n{}", ROW.repeat(6400))
}

#[test]
fn idle_connections_and_half_heads_make_room() {
    let server = Server::of(tree(), "amount", &[], &[("SAPWOOD_MAX_CONNECTIONS", "20")]);
    for first in ["", "GET /ping HTTP/1.1\r\nHost: x\r\nX: "] {
        let held = connections(&server, 100, first);
        let start = Instant::now();
        server.get_within("/ping", SOON).is(200, &[]);
        server.csv(ROW).is(200, &[]);
        assert!(start.elapsed() < SOON);
        drop(held);
    }
}

#[test]
fn half_bodies_make_room_and_end() {
    let limits = [("SAPWOOD_MAX_CONNECTIONS", "20"), ("SAPWOOD_MIN_BODY_RATE", "1000000")];
    let server = Server::of(tree(), "amount", &[], &limits);
    let held = connections(&server, 40, &half_a_body());
    server.get_within("/ping", SOON).is(200, &[]);
    server.csv(ROW).is(200, &[]);
    drop(held);
    let mut slow = server.connect();
    slow.write_all(half_a_body().as_bytes()).unwrap();
    // It says so after five seconds, and the body is drained for five more.
    answer(slow).is(408, &["less than 1000000 bytes per second", "SAPWOOD_MIN_BODY_RATE"]);
}

#[test]
fn a_body_that_arrives_steadily_is_received() {
    let server = Server::of(tree(), "amount", &[], &[("SAPWOOD_MIN_BODY_RATE", "4")]);
    let mut steady = server.connect();
    let body = ROW.repeat(2);
    write!(steady, "POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    for byte in body.bytes() {
        steady.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_millis(170));
    }
    assert_eq!(answer(steady).is(200, &[]).body.lines().count(), 2);
}

#[test]
fn half_heads_do_not_hold_up_the_end() {
    let mut server = Server::of(tree(), "amount", &[], &[]);
    let mut held = connections(&server, 10, "POST /invocations HTTP/1.1\r\nHost: x\r\nX: ");
    held.extend(connections(&server, 10, ""));
    server.get("/ping").is(200, &[]);
    let start = Instant::now();
    server.terminate();
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    assert!(start.elapsed() < SOON && !server.log().contains("not finished"), "{}", server.log());
    held.iter_mut().for_each(|stream| assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0));
}

#[test]
fn what_is_in_flight_is_answered_when_the_process_ends() {
    let mut server = Server::of(tree(), "amount", &["--threads", "1"], &[]);
    let body = ROW.repeat(100_000);
    let head = format!("POST /invocations HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut clients: Vec<_> = (0..10).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| client.write_all((head.clone() + &body).as_bytes()).unwrap());
    // One that the system has accepted, and the server perhaps not yet.
    let mut last = server.connect();
    last.write_all(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    server.terminate();
    answer(last).is(200, &[]);
    clients.into_iter().for_each(|client| assert_eq!(answer(client).is(200, &[]).body.lines().count(), 100_000));
    assert_eq!(server.wait(), Some(0), "{}", server.log());
}
