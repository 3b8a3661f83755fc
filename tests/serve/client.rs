//! A running server and a small HTTP client.

use crate::util::{Tree, command, send};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The executable, serving on a port of its own; killed when dropped.
pub struct Server {
    child: Child,
    port: u16,
    log: Arc<Mutex<String>>,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    /// The body as text; records are bytes.
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Asserts a status and that the body has all fragments.
    #[track_caller]
    pub fn is(self, status: u16, fragments: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        for fragment in fragments {
            assert!(self.body.contains(fragment), "no {fragment:?} in {self:#?}");
        }
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Server {
    /// Serves the model `model` of `tree`.
    pub fn of(tree: &Tree, model: &str, flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let model = tree.text(model);
        Self::start(&[&["--model", &model], flags].concat(), environment)
    }

    /// Starts `sapwood serve` and waits for its port.
    pub fn start(flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(["serve", "--host", "127.0.0.1", "--port", "0"].iter().chain(flags));
        command.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("sapwood starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut seen = String::new();
        let port = loop {
            let line = lines.next().unwrap_or_else(|| panic!("no port: {seen}")).expect("text");
            seen += &format!("{line}\n");
            if let Some((_, rest)) = line.split_once(" on 127.0.0.1:") {
                break rest.split(',').next().expect("a port").parse().expect("a port");
            }
        };
        let log = Arc::new(Mutex::new(seen));
        let kept = log.clone();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| *kept.lock().unwrap() += &format!("{line}\n")));
        Self { child, port, log }
    }

    /// Starts a server on `port` that has no log, and waits until it accepts connections.
    pub fn silent(mut serve: Command, port: u16) -> Self {
        let server = Self { child: serve.spawn().expect("sapwood starts"), port, log: Arc::default() };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !server.accepts() {
            assert!(Instant::now() < deadline, "no server on port {port}");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    /// A connection on which nothing was sent yet.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream
    }

    /// Whether connections are still accepted.
    pub fn accepts(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }

    /// Sends a request on a connection of its own; `head` is what follows the request line, without the body's length.
    pub fn send(&self, line: &str, head: &[&str], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let length = format!("Content-Length: {}", body.len());
        let head = [&["Host: x", "Connection: close", &length], head].concat();
        // A server that has seen enough may close before everything is sent; its answer counts.
        let _ = stream.write_all(format!("{line} HTTP/1.1\r\n{}\r\n\r\n", head.join("\r\n")).as_bytes());
        let _ = stream.write_all(body);
        answer(stream)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], b"")
    }

    /// The answer, if all of it comes in time.
    pub fn get_within(&self, path: &str, time: Duration) -> Answer {
        let mut stream = self.connect();
        stream.set_read_timeout(Some(time)).expect("a timeout");
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        answer(stream)
    }

    /// Asks for predictions.
    pub fn post(&self, content_type: &str, accept: &str, body: impl AsRef<[u8]>) -> Answer {
        let head = [format!("Content-Type: {content_type}"), format!("Accept: {accept}")];
        self.send("POST /invocations", &[&head[0], &head[1]], body.as_ref())
    }

    /// Asks for predictions for CSV rows, as CSV.
    pub fn csv(&self, body: impl AsRef<[u8]>) -> Answer {
        self.post("text/csv", "text/csv", body)
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The most memory that it has taken, KiB.
    pub fn most_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().strip_suffix(" kB").expect("a unit").parse().expect("a number")
    }

    /// The memory that it takes now, KiB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    pub fn terminate(&self) {
        send("TERM", self.child.id());
    }

    /// Waits for the process to end; its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on just now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Reads an answer to the end of its connection.
#[track_caller]
pub fn answer(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A connection that is reset after the answer does not take it back.
    let _ = stream.read_to_end(&mut bytes);
    let (mut head, mut body) = split(&bytes);
    // "HTTP/1.1 100 Continue" may come first.
    if head.starts_with("HTTP/1.1 100") {
        (head, body) = split(body);
    }
    Answer { status: status(&head), head, body: String::from_utf8_lossy(body).into_owned(), bytes: body.to_vec() }
}

#[track_caller]
fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    (String::from_utf8(bytes[..end].to_vec()).expect("a head of text"), &bytes[end + 4..])
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).expect("a status").parse().expect("a number")
}
