//! Host 0's parent, from the start of training to its end.

use crate::caller::Caller;
use crate::connection::BEAT;
use crate::error::Error;
use crate::events::Event;
use crate::gather::{self, Member};
use crate::group::Group;
use crate::hydra::Tool;
use crate::message::{Ending, Message};
use crate::rank::Rank;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long the other hosts may take to end by themselves after the first one failed: with an error that all share, or unable to go on.
const GRACE: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(3)];
/// How long programs of MPICH's may take to end after training has.
pub const FAREWELL: Duration = Duration::from_secs(10);

/// The exit code of a training process that met an error which the user can mend.
const USERS: u8 = 2;

/// How the hosts ended so far.
struct Endings<'g> {
    group: &'g Group,
    by_rank: Vec<Option<Ending>>,
    /// The first that failed, and when.
    first: Option<(usize, Instant)>,
    /// The first whose parent is gone. MPICH's launcher tears others down then, which may be noticed earlier.
    lost: Option<usize>,
}

/// Waits until all training processes have ended, and returns the exit code of this host's.
///
/// # Errors
/// A host failed or was lost, and this host's process has not ended by itself.
pub fn lead(
    group: &Group,
    members: &[Member],
    mut mpiexec: Tool,
    mut rank: Rank,
    events: &Receiver<Event>,
    caller: &dyn Caller,
) -> Result<u8, Error> {
    let mut endings = Endings { group, by_rank: vec![None; group.size], first: None, lost: None };
    let mut beaten = Instant::now();
    // A host that came twice has a connection that says nothing of it any more.
    let is_current = |rank: usize, id: u64| members.get(rank - 1).is_some_and(|member| member.id == id);
    loop {
        match events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event::Began) => rank.began(),
            Ok(Event::Joined) => rank.joined(),
            Ok(Event::Ended(ending)) => endings.note(0, ending),
            Ok(Event::Said { rank, id, message: Message::Ended(ending) }) if is_current(rank, id) => endings.note(rank, ending),
            Ok(Event::Lost { rank, id, cause }) if is_current(rank, id) => endings.lose(rank, cause),
            Ok(Event::Came { connection, hello }) if hello.job != group.job => {
                let _ = connection.send(&Message::OtherJob);
            }
            Ok(Event::Came { connection, hello }) => {
                let reason =
                    format!("training has begun, and {} was part of it; it cannot be started anew alone", group.host(hello.rank));
                let _ = connection.send(&Message::Refused { reason, is_users: false });
            }
            Ok(Event::Said { .. } | Event::Lost { .. }) | Err(_) => {}
        }
        if let Some(signal) = caller.signal() {
            rank.signal(signal);
        }
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            members.iter().for_each(|member| member.outgoing.send(&Message::Alive));
        }
        if endings.by_rank[0].is_none()
            && let Some(ending) = rank.trouble()
        {
            endings.note(0, ending);
        }
        if endings.all_well() {
            members.iter().for_each(|member| member.outgoing.send(&Message::Finish));
            mpiexec.wait(FAREWELL);
            return Ok(0);
        }
        if let Some(error) = endings.verdict() {
            let error = gather::stop(members.iter(), error);
            return match &endings.by_rank[0] {
                Some(Ending::Code { code: code @ 1.., .. }) => {
                    rank.wait(FAREWELL);
                    Ok(*code)
                }
                _ => {
                    rank.kill();
                    Err(error)
                }
            };
        }
    }
}

impl Endings<'_> {
    /// What came first of a host counts: a process says why it ends, and then its connection ends.
    fn note(&mut self, rank: usize, ending: Ending) {
        if self.by_rank[rank].is_some() {
            return;
        }
        if !matches!(ending, Ending::Code { code: 0, .. }) && self.first.is_none() {
            self.first = Some((rank, Instant::now()));
        }
        self.by_rank[rank] = Some(ending);
    }

    /// What is heard of a host last.
    fn lose(&mut self, rank: usize, cause: String) {
        if self.by_rank[rank].is_none() {
            self.lost = self.lost.or(Some(rank));
        }
        self.note(rank, Ending::Dead(cause));
    }

    fn all_well(&self) -> bool {
        self.by_rank.iter().all(|ending| matches!(ending, Some(Ending::Code { code: 0, .. })))
    }

    /// Why the job has failed, once the others have had the time to end by themselves. Of several hosts, one that says why is named rather than
    /// one that was torn down with it.
    fn verdict(&self) -> Option<Error> {
        let (first, since) = self.first?;
        let said = self.by_rank.iter().position(|ending| matches!(ending, Some(Ending::Code { code: 1.., .. })));
        let grace = if said.is_some() { GRACE[0] } else { GRACE[1] };
        if since.elapsed() < grace && self.by_rank.iter().any(Option::is_none) {
            return None;
        }
        let rank = said.or(self.lost).unwrap_or(first);
        let host = self.group.host(rank);
        Some(match self.by_rank[rank].as_ref()? {
            Ending::Code { code, reason } if reason.is_empty() => Error::Host(format!("{host} ended with exit code {code}")),
            Ending::Code { code, reason } => Error::new(format!("{host}: {reason}"), *code == USERS),
            Ending::Dead(cause) => Error::Host(format!("{host} was lost: {cause}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: u8, reason: &str) -> Ending {
        Ending::Code { code, reason: reason.to_string() }
    }

    fn verdict(endings: &[(usize, Ending)], waited: Duration) -> Option<String> {
        let names = ["algo-1", "algo-2", "algo-3"].map(String::from);
        let group = Group::of_names(&names, "algo-1", None, "job").unwrap().unwrap();
        let mut all = Endings { group: &group, by_rank: vec![None; 3], first: None, lost: None };
        endings.iter().for_each(|(rank, ending)| all.note(*rank, ending.clone()));
        all.first = all.first.and_then(|(rank, since)| Some((rank, since.checked_sub(waited)?)));
        all.verdict().map(|error| error.to_string())
    }

    #[test]
    fn the_first_host_that_failed_is_named() {
        let long = Duration::from_secs(11);
        let dead = |cause: &str| Ending::Dead(cause.to_string());
        assert_eq!(verdict(&[(1, dead("gone"))], Duration::ZERO), None);
        assert_eq!(verdict(&[(1, dead("gone")), (0, dead("torn down"))], long).unwrap(), "host 2 of 3 (algo-2) was lost: gone");
        assert_eq!(verdict(&[(1, dead("gone"))], Duration::from_secs(4)).unwrap(), "host 2 of 3 (algo-2) was lost: gone");
        // Who says why is nearer to the cause, also if it is heard later.
        let later = [(0, dead("torn down")), (2, code(1, "disk full"))];
        assert_eq!(verdict(&later, Duration::from_secs(2)), None);
        assert_eq!(verdict(&later, long).unwrap(), "host 3 of 3 (algo-3): disk full");
        // An error that all share ends the wait.
        let shared = [(0, code(2, "UserError: x")), (1, code(2, "UserError: x")), (2, code(2, "UserError: x"))];
        assert_eq!(verdict(&shared, Duration::ZERO).unwrap(), "host 1 of 3 (algo-1): UserError: x");
        assert_eq!(
            verdict(&[(0, code(0, "")), (1, code(143, ""))], long).unwrap(),
            "host 2 of 3 (algo-2) ended with exit code 143"
        );
        assert_eq!(verdict(&[(0, code(0, "")), (1, code(0, ""))], long), None);
    }
}
