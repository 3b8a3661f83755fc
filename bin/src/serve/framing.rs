//! How long a request is must be beyond doubt: where a proxy could see another end of the body than the server, what follows could be taken
//! for somebody else's request (request smuggling).
//!
//! The HTTP library reads such a request in one of the ways and hides the header that says otherwise. So the bytes of a head are looked at,
//! too, as they come from the socket.

use super::refusal::Refusal;
use axum::http::{HeaderMap, StatusCode, header};

/// Bytes of a head that are kept; the lengths of a longer one are taken for doubtful.
const LONGEST: usize = 64 << 10;

/// The head of a request, as far as it has arrived.
#[derive(Debug, Default)]
pub struct Head {
    bytes: Vec<u8>,
    is_whole: bool,
}

impl Head {
    /// Takes bytes that have arrived; those behind the head are left.
    pub fn add(&mut self, bytes: &[u8]) {
        if self.is_whole || self.bytes.len() > LONGEST {
            return;
        }
        // The end may lie across two pieces.
        let from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(LONGEST + 1)]);
        if let Some(end) = end(&self.bytes[from..]) {
            self.bytes.truncate(from + end);
            self.is_whole = true;
        }
    }

    /// Forgets it, for the next one.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.is_whole = false;
    }

    /// Whether it states one length at most.
    pub fn is_clear(&self) -> bool {
        let count = |name: &[u8]| self.bytes.split(|&byte| byte == b'\n').filter(|line| begins(line, name)).count();
        self.bytes.len() <= LONGEST && count(b"content-length:") + count(b"transfer-encoding:") <= 1
    }
}

fn begins(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Where an empty line ends a head.
fn end(bytes: &[u8]) -> Option<usize> {
    let ends = |at: usize| bytes[at..].starts_with(b"\n\n") || bytes[at..].starts_with(b"\n\r\n");
    bytes.iter().enumerate().find(|&(at, &byte)| byte == b'\n' && ends(at)).map(|(at, _)| at + 1)
}

/// Refuses a request whose end is in doubt, and codings of the transfer other than chunks: the HTTP library reads the chunks of
/// `gzip, chunked` and `chunked, chunked`, too, and would pass on what is in them as if it were the body.
///
/// # Errors
/// 400 or 501, after which the connection must be closed.
pub fn check(is_clear: bool, headers: &HeaderMap) -> Result<(), Refusal> {
    let codings: Vec<_> = headers.get_all(header::TRANSFER_ENCODING).iter().collect();
    match codings[..] {
        [] | [_] if !is_clear => Err(Refusal::bad_request(
            "the length of the body is stated twice; send one Content-Length or Transfer-Encoding: chunked",
        )),
        [] => Ok(()),
        [coding] if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => {
            Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, format!("Transfer-Encoding {codings:?} is not supported; send chunked")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_clear(pieces: &[&str]) -> bool {
        let mut head = Head::default();
        pieces.iter().for_each(|piece| head.add(piece.as_bytes()));
        head.is_clear()
    }

    #[test]
    fn a_head_states_one_length() {
        assert!(is_clear(&["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nContent-Length: 4\r\n"]));
        assert!(is_clear(&["GET / HTTP/1.1\nHost: x\n\nContent-Length: 4\nContent-Length: 4\n"]));
        assert!(!is_clear(&["POST / HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n"]));
        assert!(!is_clear(&["POST / HTTP/1.1\r\nTransfer-Encoding: chun", "ked\r\nConte", "nt-Length: 3\r\n\r", "\n"]));
        assert!(is_clear(&["POST / HTTP/1.1\r\nContent-Length: 3\r", "\n\r", "\nContent-Length: 3\r\n"]));
        assert!(!is_clear(&["x".repeat(LONGEST + 1).as_str()]));
    }
}
