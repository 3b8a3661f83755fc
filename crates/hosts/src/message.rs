//! What parents tell each other, one JSON value a line.

use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, ErrorKind, Read};

/// The version of this protocol.
pub const PROTOCOL: u32 = 1;

/// Bytes of the longest message: the names of 10,000 hosts.
const LONGEST: u64 = 1 << 20;

/// A message between two parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// The first one, from a host that looks for host 0.
    Hello(Hello),
    /// The answer to it: the host belongs to the job and is to wait.
    Welcome,
    /// The answer where another job is met at this port.
    OtherJob,
    /// The answer where the host cannot take part, however often it asks.
    Refused { reason: String, is_users: bool },
    /// All are there: the proxy's command line for this host, and the hosts' names by rank.
    Start { proxy: Vec<String>, names: Vec<String> },
    /// A sign of life.
    Alive,
    /// How the training process of the sender's host ended.
    Ended(Ending),
    /// The job has failed: end your training process.
    Stop { reason: String, is_users: bool },
    /// All training processes ended well.
    Finish,
}

/// Who asks to take part, and what must be the same on all hosts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub version: String,
    pub job: String,
    pub rank: usize,
    pub size: usize,
    /// What the host calls itself.
    pub name: String,
    pub arguments: Vec<String>,
}

/// How a training process ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ending {
    /// With an exit code; other codes than 0 with what the process said about it.
    Code { code: u8, reason: String },
    /// Without a word, or never began: what is known about it.
    Dead(String),
}

/// Reads the next message.
///
/// # Errors
/// The stream's, its end, and what is no message.
pub fn read(reader: &mut impl BufRead) -> io::Result<Message> {
    let mut line = Vec::new();
    reader.take(LONGEST).read_until(b'\n', &mut line)?;
    if line.last() != Some(&b'\n') {
        return Err(if line.is_empty() { ErrorKind::UnexpectedEof } else { ErrorKind::InvalidData }.into());
    }
    serde_json::from_slice(&line).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// The message as it is sent.
pub fn line(message: &Message) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).expect("a message has no maps and no numbers that JSON lacks");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let messages = [
            Message::Welcome,
            Message::Start { proxy: vec!["a".into(), "b c\n".into()], names: vec!["ä".into()] },
            Message::Ended(Ending::Code { code: 2, reason: "UserError: \"x\"\n".into() }),
        ];
        let bytes: Vec<u8> = messages.iter().flat_map(line).collect();
        let mut reader = bytes.as_slice();
        for message in messages {
            assert_eq!(read(&mut reader).unwrap(), message);
        }
        assert_eq!(read(&mut reader).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_is_no_message_is_refused_without_reading_all_of_it() {
        for bytes in ["GET / HTTP/1.1\r\n", "\n", "{}\n", "\"Alive\"", "\"Nothing\"\n"] {
            assert!(read(&mut bytes.as_bytes()).is_err(), "{bytes}");
        }
        let mut endless = io::BufReader::new(io::repeat(b'a'));
        assert_eq!(read(&mut endless).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
