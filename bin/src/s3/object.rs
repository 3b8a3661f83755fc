//! [`Object`]: one object of a bucket, which is read by ranges. A connection that breaks is taken up again where it broke.

use super::failure;
use super::store::Bucket;
use super::uri::Uri;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::DateTime;
use sapwood_readers::Remote;
use std::io;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The pause before bytes that stopped coming are asked for again; the next ones are twice as long each, up to a limit. Requests that fail
/// before any byte are repeated by the client itself.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Bytes after which a connection that breaks has been of use.
const LEAST_PROGRESS: u64 = 1 << 10;

/// What a connection must bring in such a time to be of use: a store that trickles would keep a job for days.
const LEAST_PACE: u64 = 64 << 10;
const PACE: Duration = Duration::from_secs(20);

/// An object, as it was when it was listed.
#[derive(Clone, Debug)]
pub struct Object {
    /// Where it is.
    pub uri: Uri,
    /// Its size.
    pub bytes: u64,
    /// What changes with its content.
    pub etag: Option<String>,
    /// When it was written.
    pub modified: Option<DateTime>,
    pub(super) bucket: Bucket,
}

/// Why a range did not come.
enum Broken {
    /// It may come if it is asked for again.
    Connection(String),
    /// The same, but what came so far took too long.
    Slow,
    /// It will not.
    Refused(Box<SdkError<GetObjectError>>),
    /// Whoever takes the bytes failed.
    Sink(io::Error),
}

impl Object {
    /// Hands over bytes from `start` on until `end`, or until something breaks. `start` moves with them.
    fn stream(&self, start: &mut u64, end: u64, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Broken> {
        let request = self.bucket.client.get_object().bucket(&self.uri.bucket).key(&self.uri.key);
        let request = request.set_if_match(self.etag.clone()).range(format!("bytes={start}-{}", end - 1));
        let answer = self.bucket.wait(request.send()).map_err(|error| Broken::Refused(Box::new(error)))?;
        self.check(&answer, *start..end).map_err(|text| Broken::Sink(io::Error::other(text)))?;
        let mut body = answer.body;
        let (mut since, mut before) = (Instant::now(), *start);
        loop {
            let next = self.bucket.wait(async { timeout(PACE.saturating_sub(since.elapsed()), body.next()).await });
            let Some(bytes) = next.map_err(|_| Broken::Slow)? else { break };
            let bytes = bytes.map_err(|error| Broken::Connection(failure::innermost(&error)))?;
            if bytes.len() as u64 > end - *start {
                return Err(Broken::Sink(io::Error::other("the store sent more bytes than were requested")));
            }
            let taken = Instant::now();
            sink(&bytes).map_err(Broken::Sink)?;
            *start += bytes.len() as u64;
            // The time of whoever takes the bytes is none of the store's.
            since += taken.elapsed();
            if *start >= before + LEAST_PACE {
                (since, before) = (Instant::now(), *start);
            }
        }
        if *start < end { Err(Broken::Connection("the connection ended early".to_string())) } else { Ok(()) }
    }

    /// Whether an answer's headers say that it holds these bytes of this object: others must not be taken for them.
    fn check(&self, answer: &GetObjectOutput, range: Range<u64>) -> Result<(), String> {
        let (wanted, length) = (range.end - range.start, answer.content_length().and_then(|length| u64::try_from(length).ok()));
        if length.is_some_and(|length| length != wanted) {
            let text = format!("{} bytes arrived, {wanted} were requested", length.unwrap_or_default());
            return Err(format!("the store does not serve ranges of objects: {text}"));
        }
        let expected = format!("bytes {}-{}/", range.start, range.end - 1);
        match answer.content_range() {
            Some(found) => match found.strip_prefix(&expected) {
                Some(total) if total == "*" || total == self.bytes.to_string() => {}
                _ => return Err(format!("the store sent {found:?}, {expected}{} was requested", self.bytes)),
            },
            // All of an object needs no range.
            None if range == (0..self.bytes) => {}
            None => return Err("the store does not serve ranges of objects: its answer states none".to_string()),
        }
        match (self.etag.as_deref(), answer.e_tag()) {
            (Some(listed), Some(found)) if listed != found => Err(failure::CHANGED.to_string()),
            _ => Ok(()),
        }
    }
}

impl Remote for Object {
    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut offset, mut attempt) = (range.start, 1);
        while offset < range.end {
            let before = offset;
            match self.stream(&mut offset, range.end, sink) {
                Ok(()) => {}
                Err(Broken::Sink(error)) => return Err(error),
                Err(Broken::Refused(error)) => {
                    return Err(io::Error::other(failure::cause(&self.uri, "s3:GetObject", &error)));
                }
                Err(broken @ (Broken::Connection(_) | Broken::Slow)) => {
                    let (cause, least) = match broken {
                        Broken::Connection(cause) => (cause, LEAST_PROGRESS),
                        _ => (format!("fewer than {LEAST_PACE} bytes came in {} seconds", PACE.as_secs()), u64::MAX),
                    };
                    attempt = if offset - before >= least { 1 } else { attempt + 1 };
                    let attempts = self.bucket.attempts;
                    if attempt > attempts {
                        let text = format!("the connection ended {attempts} times after {offset} of {} bytes: {cause}", self.bytes);
                        return Err(io::Error::other(format!("{text}; check the network and try again")));
                    }
                    std::thread::sleep(PAUSE.saturating_mul(2u32.saturating_pow(attempt - 1)).min(LONGEST_PAUSE));
                }
            }
        }
        Ok(())
    }
}
