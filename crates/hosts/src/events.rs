//! What a parent waits for.

use crate::connection::{Connection, Outgoing, cause};
use crate::message::{Ending, Hello, Message};
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A host that looks for this one has come.
    Came { connection: Connection, hello: Hello },
    /// A host said something.
    Said { rank: usize, id: u64, message: Message },
    /// A host will say nothing more.
    Lost { rank: usize, id: u64, cause: String },
    /// This host's training process has begun.
    Began,
    /// This host's training process has met the others through MPI.
    Joined,
    /// This host's training process is over.
    Ended(Ending),
}

/// Reads a connection in a thread of its own from now on: messages become events of host `rank`, told apart from those of its other connections by
/// `id`.
///
/// # Errors
/// The stream's.
pub fn watch(mut connection: Connection, rank: usize, id: u64, events: Sender<Event>) -> io::Result<Outgoing> {
    connection.be_patient()?;
    let outgoing = connection.outgoing()?;
    let read = move || {
        loop {
            let event = match connection.read() {
                Ok(message) => Event::Said { rank, id, message },
                Err(error) => Event::Lost { rank, id, cause: cause(&error) },
            };
            let is_over = matches!(event, Event::Lost { .. });
            if events.send(event).is_err() || is_over {
                return;
            }
        }
    };
    thread::Builder::new().name(format!("host {rank}")).spawn(read).map(|_| outgoing)
}
