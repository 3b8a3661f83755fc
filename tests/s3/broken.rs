//! Stores that answer wrongly: what they say about themselves is checked, and what they send is never taken for other bytes.

use crate::util::{Run, Tree, amount, command, csv_with_header, run};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// What a store is asked for.
struct Asked {
    method: String,
    /// With the query.
    target: String,
    /// First and last byte.
    range: Option<(usize, usize)>,
}

/// An answer, its `Content-Length` among the headers.
struct Answered {
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Answered {
    fn new(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let mut headers: Vec<_> = headers.iter().map(|header| (*header).to_string()).collect();
        headers.push(format!("Content-Length: {}", body.len()));
        Self { status, headers, body }
    }

    /// The bytes that were asked for, as a good store sends them.
    fn part(asked: &Asked, content: &[u8]) -> Self {
        let (first, last) = asked.range.unwrap_or((0, content.len() - 1));
        let range = format!("Content-Range: bytes {first}-{last}/{}", content.len());
        Self::new(206, &[&range, "ETag: \"1\""], &content[first..=last])
    }

    /// The same with another header in the place of one.
    fn with(mut self, header: &str) -> Self {
        let name = header.split(':').next().unwrap();
        self.headers.retain(|known| !known.starts_with(name));
        self.headers.push(header.to_string());
        self
    }
}

/// Of a list that is not complete.
const MORE: &str = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>";

/// A list of keys with their sizes.
fn list(keys: &[(&str, &str)], more: &str) -> Answered {
    let entry = |(key, size): &(&str, &str)| format!("<Contents><Key>{key}</Key>{size}<ETag>&quot;1&quot;</ETag></Contents>");
    let entries: String = keys.iter().map(entry).collect();
    Answered::new(200, &["Content-Type: application/xml"], format!("<ListBucketResult>{more}{entries}</ListBucketResult>"))
}

/// Trains on `uri` in a store that answers so; requests about the bucket alone are answered well.
fn train(uri: &str, answer: impl Fn(&Asked) -> Answered + Send + Sync + 'static) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|stream| serve(stream, &answer)));
    let tree = Tree::new();
    let mut job = command(["train", "--train", uri, "--label", "y", "--model-out", &tree.text("model"), "num_round=2"]);
    job.env("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{port}")).env("AWS_REGION", "us-east-1");
    job.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("AWS_MAX_ATTEMPTS", "2");
    let run = run(job);
    assert_eq!(run.code == Some(0), tree.path("model").exists());
    run
}

/// Answers one request and closes.
fn serve(stream: TcpStream, answer: &impl Fn(&Asked) -> Answered) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let mut words = first.split(' ').map(str::to_string);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let range = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_string));
    let range = range.and_then(|range| range.split_once('-').map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap())));
    let is_bucket = method == "HEAD" && target.trim_matches('/').split('/').count() == 1;
    let mut answered = match is_bucket {
        true => Answered::new(200, &["x-amz-bucket-region: us-east-1"], ""),
        false => answer(&Asked { method: method.clone(), target, range }),
    };
    if method == "HEAD" {
        answered.body.clear();
    }
    let head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n{}\r\n\r\n", answered.status, answered.headers.join("\r\n"));
    // The client may have seen enough.
    let _ = (&stream).write_all(&[head.as_bytes(), &answered.body].concat());
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = (&stream).read_to_end(&mut Vec::new());
}

fn rows() -> Vec<u8> {
    csv_with_header(500, 1, amount).into_bytes()
}

/// Trains on one object, whose parts are answered so.
fn train_on_parts(part: impl Fn(&Asked, &[u8]) -> Answered + Send + Sync + 'static) -> Run {
    let content = rows();
    train("s3://b/d.csv", move |asked| match asked.method.as_str() {
        "HEAD" => Answered::new(200, &["ETag: \"1\""], &content),
        _ => part(asked, &content),
    })
}

#[test]
fn bytes_that_were_not_asked_for_are_not_taken() {
    train_on_parts(Answered::part).ok();
    let shifted = |asked: &Asked, content: &[u8]| {
        let mut other = content.to_vec();
        other.rotate_left(1);
        let last = content.len() - 1;
        Answered::part(asked, &other).with(&format!("Content-Range: bytes 1-{last}/{}", content.len()))
    };
    train_on_parts(shifted).user_error(&["s3://b/d.csv: the store sent \"bytes 1-"]);
    let grown = |asked: &Asked, content: &[u8]| Answered::part(asked, content).with("Content-Range: bytes 0-1/7");
    train_on_parts(grown).user_error(&["s3://b/d.csv: the store sent \"bytes 0-1/7\""]);
    let short = |_: &Asked, content: &[u8]| Answered::new(206, &["ETag: \"1\""], &content[..content.len() - 7]);
    train_on_parts(short).user_error(&["s3://b/d.csv: the store does not serve ranges of objects"]);
    let long = |_: &Asked, content: &[u8]| Answered::new(200, &["ETag: \"1\""], [content, b"1,2,3,4,5\n"].concat());
    train_on_parts(long).user_error(&["s3://b/d.csv: the store does not serve ranges of objects"]);
    let other = |asked: &Asked, content: &[u8]| Answered::part(asked, content).with("ETag: \"2\"");
    train_on_parts(other).user_error(&["s3://b/d.csv: it changed while it was read"]);
    let cut = |asked: &Asked, content: &[u8]| {
        let mut part = Answered::part(asked, content);
        part.body.truncate(1);
        part
    };
    train_on_parts(cut).user_error(&["s3://b/d.csv: the connection ended 2 times after"]);
}

#[test]
fn a_list_that_repeats_itself_or_breaks_off_is_no_data_set() {
    let content = rows();
    let size = format!("<Size>{}</Size>", content.len());
    let directory = |listed: fn(&Asked, &str) -> Answered| {
        let (content, size) = (content.clone(), size.clone());
        train("s3://b/x/", move |asked| match asked.target.contains("list-type=2") {
            true => listed(asked, &size),
            false => Answered::part(asked, &content),
        })
    };
    directory(|_, size| list(&[("x/a.csv", size), ("x/b.csv", size)], "")).ok();
    directory(|_, size| list(&[("x/a.csv", size), ("x/a.csv", size)], "")).user_error(&["s3://b/x/", "it lists \"x/a.csv\" twice"]);
    directory(|_, size| list(&[("x/a.csv", size)], MORE)).user_error(&["s3://b/x/", "it repeats itself (token \"t\")"]);
    directory(|_, size| list(&[("x/a.csv", size)], "<IsTruncated>true</IsTruncated>")).user_error(&["s3://b/x/", "it ends early"]);
    directory(|asked, size| match asked.target.contains("continuation-token") {
        true => list(&[("x/a.csv", size)], ""),
        false => list(&[("x/a.csv", size), ("x/b.csv", size)], MORE),
    })
    .user_error(&["s3://b/x/", "it lists \"x/a.csv\" twice"]);
    directory(|_, size| list(&[("y/a.csv", size)], "")).user_error(&["it lists \"y/a.csv\", which is elsewhere"]);
    directory(|_, _| list(&[("x/a.csv", "")], "")).user_error(&["s3://b/x/a.csv: the store states no size"]);
    directory(|_, _| list(&[("x/a.csv", "<Size>-5</Size>")], "")).user_error(&["s3://b/x/a.csv: the store states no size"]);
}

#[test]
fn what_is_no_answer_of_s3_is_told_from_a_status() {
    let page = |_: &Asked| Answered::new(200, &["Content-Type: text/html"], "<html>Please log in</html>");
    let message = train("s3://b/x/", page).user_error(&["s3://b/x/: the store's answer cannot be understood"]);
    assert!(!message.contains("status 200"), "{message}");
}

#[test]
fn a_region_is_a_name() {
    for region in ["\n", "eu-west-1.example.com/", "eu west 1"] {
        let mut job = command(["train", "--train", "s3://b/x", "--model-out", "m", "num_round=1"]);
        job.env("AWS_REGION", region).env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b");
        let message = run(job).user_error(&["which is no name of a region"]);
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
