//! The other hosts' parents, from the start of training to its end.

use crate::caller::Caller;
use crate::connection::{BEAT, Outgoing};
use crate::error::Error;
use crate::events::Event;
use crate::group::Group;
use crate::lead::FAREWELL;
use crate::message::{Ending, Message};
use crate::rank::Rank;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Waits until host 0 says how the job ended, and returns the exit code of this host's process.
///
/// # Errors
/// A host failed or was lost, and this host's process has not ended by itself.
pub fn follow(
    group: &Group,
    leader: &Outgoing,
    mut rank: Rank,
    events: &Receiver<Event>,
    caller: &dyn Caller,
) -> Result<u8, Error> {
    let mut own: Option<Ending> = None;
    let mut beaten = Instant::now();
    let error = loop {
        let mut ending = None;
        match events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event::Began) => rank.began(),
            Ok(Event::Joined) => rank.joined(),
            Ok(Event::Ended(how)) => ending = Some(how),
            Ok(Event::Said { message: Message::Finish, .. }) => {
                rank.wait(FAREWELL);
                return Ok(0);
            }
            Ok(Event::Said { message: Message::Stop { reason, is_users }, .. }) => break Error::new(reason, is_users),
            Ok(Event::Lost { cause, .. }) => break Error::Host(format!("{} was lost: {cause}", group.host(0))),
            Ok(Event::Said { .. } | Event::Came { .. }) | Err(_) => {}
        }
        if let Some(signal) = caller.signal() {
            rank.signal(signal);
        }
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            leader.send(&Message::Alive);
        }
        if own.is_none()
            && let Some(how) = ending.or_else(|| rank.trouble())
        {
            leader.send(&Message::Ended(how.clone()));
            own = Some(how);
        }
    };
    match own {
        Some(Ending::Code { code: code @ 1.., .. }) => {
            rank.wait(FAREWELL);
            Ok(code)
        }
        _ => {
            rank.kill();
            Err(error)
        }
    }
}
