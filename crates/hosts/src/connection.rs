//! A connection between two parents: messages one way and the other, and the silence that ends it.

use crate::message::{self, Message};
use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::time::Duration;

/// How often a sign of life is sent.
pub const BEAT: Duration = Duration::from_secs(5);
/// How long nothing may come before the other host is taken for lost.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long the answer to a greeting may take.
pub const ANSWER: Duration = Duration::from_secs(5);

/// One end of a connection.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
}

/// The sending half, for whoever reads the other one in a thread.
#[derive(Debug)]
pub struct Outgoing(TcpStream);

impl Connection {
    /// Over a stream that was just opened; the first message must come within [`ANSWER`].
    ///
    /// # Errors
    /// The stream's.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// From now on as much as [`SILENCE`] may pass between two messages.
    ///
    /// # Errors
    /// The stream's.
    pub fn be_patient(&self) -> io::Result<()> {
        self.reader.get_ref().set_read_timeout(Some(SILENCE))
    }

    /// The next message.
    ///
    /// # Errors
    /// As [`message::read`]; silence is [`ErrorKind::WouldBlock`].
    pub fn read(&mut self) -> io::Result<Message> {
        message::read(&mut self.reader)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The stream's.
    pub fn send(&self, message: &Message) -> io::Result<()> {
        let mut stream = self.reader.get_ref();
        stream.write_all(&message::line(message))
    }

    /// The other end's address.
    ///
    /// # Errors
    /// The stream's.
    pub fn peer(&self) -> io::Result<Ipv4Addr> {
        match self.reader.get_ref().peer_addr()?.ip() {
            IpAddr::V4(address) => Ok(address),
            IpAddr::V6(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// The sending half.
    ///
    /// # Errors
    /// The stream's.
    pub fn outgoing(&self) -> io::Result<Outgoing> {
        self.reader.get_ref().try_clone().map(Outgoing)
    }
}

impl Outgoing {
    /// Sends a message. One that cannot be sent is noticed by whoever reads.
    pub fn send(&self, message: &Message) {
        let _ = (&self.0).write_all(&message::line(message));
    }
}

/// Why nothing more is read, for messages.
pub fn cause(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("no sign of life for {} s", SILENCE.as_secs()),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "its process ended".to_string(),
        _ => format!("its connection failed: {error}"),
    }
}
