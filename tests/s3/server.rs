//! A stand-in for S3 on this machine, and a line to it that can be made to fail.

use crate::util::{Run, command, run};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

/// A store, in a process that ends when this one does, however that happens.
pub struct Store {
    port: u16,
    /// Its standard input is open as long as this process is there.
    _server: Child,
}

/// The store that tests share, each in a bucket of its own. `None`, with a loud message, where there is none.
pub fn store() -> Option<Arc<Store>> {
    static SHARED: OnceLock<Arc<Store>> = OnceLock::new();
    let Some(python) = std::env::var_os("SAPWOOD_TEST_S3_PYTHON") else {
        // Once, and not by `eprintln!`, which the test runner keeps to itself when a test passes.
        static SAID: Once = Once::new();
        SAID.call_once(|| drop(writeln!(std::io::stderr(), "\nSKIPPED S3: no stand-in for it here; scripts/test has one\n")));
        return None;
    };
    Some(SHARED.get_or_init(|| Arc::new(Store::start(&python))).clone())
}

/// Serves until standard input ends.
const SERVER: &str = "
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
main(['-H', '127.0.0.1', '-p', '0'])";

/// The store does not look at signatures, but some must be there.
const SIGNED: &str = "Host: s3\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 \
                      Credential=anybody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

impl Store {
    fn start(python: &OsStr) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", SERVER]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("Python starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let port = loop {
            let line = lines.next().expect("a port").expect("text");
            if let Some((_, port)) = line.split_once("http://127.0.0.1:") {
                break port.trim().parse().expect("a port");
            }
        };
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { port, _server: child }
    }

    /// Creates a bucket.
    pub fn create(&self, bucket: &str) {
        self.request("PUT", &format!("/{bucket}"), b"");
    }

    /// Puts an object.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        self.request("PUT", path, content.as_ref());
    }

    /// An object's bytes; `None` where there is none.
    pub fn get(&self, path: &str) -> Option<Vec<u8>> {
        let (head, body) = self.exchange(&format!("GET {path} HTTP/1.1\r\n{SIGNED}\r\n\r\n"), b"");
        head.starts_with("HTTP/1.1 200").then_some(body)
    }

    fn request(&self, method: &str, path: &str, body: &[u8]) {
        let head = format!("{method} {path} HTTP/1.1\r\n{SIGNED}\r\nContent-Length: {}\r\n\r\n", body.len());
        let (head, _) = self.exchange(&head, body);
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {head}");
    }

    /// Sends a request that asks for the connection to be closed; head and body of the answer.
    fn exchange(&self, head: &str, body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).expect("text"), body)
    }
}

/// A request as it came through a line.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub head: String,
}

impl Request {
    /// Whether it reads (part of) an object.
    pub fn is_read(&self) -> bool {
        self.method == "GET" && !self.target.contains("list-type")
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The range that is asked for.
    pub fn range(&self) -> (u64, u64) {
        let range = self.header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-')).expect("a range");
        (range.0.parse().expect("a number"), range.1.parse().expect("a number"))
    }
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub enum Fate {
    /// It is answered.
    Pass,
    /// It is answered after a while.
    Wait(Duration),
    /// The line breaks after so many bytes of the answer's body.
    Cut(usize),
    /// It never reaches the store, and this is answered.
    Answer(&'static str),
    /// It is answered, and the bytes of the body come one by one, with such a pause between them.
    Drip(Duration),
    /// It is answered with one more header.
    Mark(&'static str),
}

/// A line to the store. It keeps what it has seen.
pub struct Line {
    port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    busiest: Arc<AtomicUsize>,
}

impl Line {
    /// A line on which `fate` decides about each request.
    pub fn new(store: &Arc<Store>, fate: impl Fn(&Request) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (seen, busiest) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (kept, most, store, fate) = (seen.clone(), busiest.clone(), store.clone(), Arc::new(fate));
        std::thread::spawn(move || {
            let open = Arc::new(AtomicUsize::new(0));
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, most, open, store, fate) = (kept.clone(), most.clone(), open.clone(), store.clone(), fate.clone());
                std::thread::spawn(move || {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    serve(&stream, &store, &kept, &*fate);
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, seen, busiest }
    }

    /// A line without faults.
    pub fn to(store: &Arc<Store>) -> Self {
        Self::new(store, |_| Fate::Pass)
    }

    /// What came through it.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests that read objects.
    pub fn reads(&self) -> Vec<Request> {
        self.seen().into_iter().filter(Request::is_read).collect()
    }

    /// The most requests that were open at a time.
    pub fn busiest(&self) -> usize {
        self.busiest.load(Ordering::SeqCst)
    }

    /// The executable at this line, with credentials.
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = command(args);
        for name in ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"] {
            command.env_remove(name);
        }
        command.envs([
            ("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{}", self.port).as_str()),
            ("AWS_ACCESS_KEY_ID", "anybody"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("NO_PROXY", "127.0.0.1"),
        ]);
        command
    }

    /// Runs the executable at this line.
    pub fn sapwood(&self, args: &[&str]) -> Run {
        run(self.command(args))
    }
}

/// Serves one request: the connection is closed behind it.
fn serve(mut stream: &TcpStream, store: &Store, seen: &Mutex<Vec<Request>>, fate: &dyn Fn(&Request) -> Fate) {
    let Some((request, body)) = receive(stream) else { return };
    seen.lock().unwrap().push(request.clone());
    let fate = fate(&request);
    if let Fate::Wait(time) = fate {
        std::thread::sleep(time);
    }
    if let Fate::Answer(answer) = fate {
        let _ = stream.write_all(answer.as_bytes());
        return;
    }
    let lines = request.head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("expect:"));
    let mut head: String = lines.filter(|line| !line.is_empty()).flat_map(|line| [line, "\r\n"]).collect();
    head += "Connection: close\r\n\r\n";
    let (mut head, mut body) = store.exchange(&head, &body);
    match fate {
        Fate::Cut(length) => body.truncate(length),
        Fate::Mark(header) => head.insert_str(head.find("\r\n").expect("a line") + 2, &format!("{header}\r\n")),
        Fate::Pass | Fate::Wait(_) | Fate::Answer(_) | Fate::Drip(_) => {}
    }
    if let Fate::Drip(pause) = fate {
        let mut bytes = body.chunks(1);
        let _ = stream.write_all(head.as_bytes()).and_then(|()| {
            bytes.try_for_each(|byte| {
                std::thread::sleep(pause);
                stream.write_all(byte)
            })
        });
        return;
    }
    // Who has asked may have gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// A request with its body.
fn receive(stream: &TcpStream) -> Option<(Request, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_string(), words.next()?.to_string());
    let request = Request { method, target, head };
    if request.header("expect").is_some() {
        (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = vec![0; request.header("content-length").map_or(Some(0), |length| length.parse().ok())?];
    reader.read_exact(&mut body).ok()?;
    Some((request, body))
}
