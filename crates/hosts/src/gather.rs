//! Host 0 waits for the others.

use crate::caller::Caller;
use crate::connection::{BEAT, Connection, Outgoing};
use crate::error::Error;
use crate::events::{Event, watch};
use crate::group::Group;
use crate::message::{Hello, Message};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How many ports from the first one on are tried, here and by those who look for host 0.
pub const PORTS: u16 = 8;
/// How often it is said who is missing.
pub const REPORT: Duration = Duration::from_secs(15);

/// Another host that takes part.
#[derive(Debug)]
pub struct Member {
    /// Its connection's number, which events bear.
    pub id: u64,
    /// What is sent to it.
    pub outgoing: Outgoing,
    /// What it calls itself.
    pub name: String,
    /// Where it is.
    pub address: Ipv4Addr,
}

/// The first port of the group's that is free. Whoever greets becomes an [`Event::Came`].
///
/// # Errors
/// None is free.
pub fn listen(group: &Group, events: Sender<Event>) -> Result<u16, Error> {
    let last = group.port + (PORTS - 1);
    let mut refusal = String::new();
    for port in group.port..=last {
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)) {
            Ok(listener) => {
                let accept = move || listener.incoming().flatten().for_each(|stream| receive(stream, &events));
                let thread = thread::Builder::new().name("listener".into()).spawn(accept);
                return thread.map(|_| port).map_err(|error| Error::Host(format!("a thread cannot be started: {error}")));
            }
            Err(error) => refusal = error.to_string(),
        }
    }
    Err(Error::Host(format!(
        "ports {} to {last} cannot be listened at: {refusal}; end what holds them, or choose others",
        group.port
    )))
}

/// Waits for the greeting in a thread of its own: a stranger who says nothing keeps nobody waiting.
fn receive(stream: std::net::TcpStream, events: &Sender<Event>) {
    let events = events.clone();
    let greet = move || {
        if let Ok(mut connection) = Connection::new(stream)
            && let Ok(Message::Hello(hello)) = connection.read()
        {
            let _ = events.send(Event::Came { connection, hello });
        }
    };
    let _ = thread::Builder::new().name("greeting".into()).spawn(greet);
}

/// Waits until all hosts of the group are there. They are returned by rank, from 1 on.
///
/// # Errors
/// Some do not come in time; they are named. Or two say that they are the same host.
pub fn gather(
    group: &Group,
    own: &Hello,
    events: &Receiver<Event>,
    sender: &Sender<Event>,
    patience: Duration,
    caller: &dyn Caller,
) -> Result<Vec<Member>, Error> {
    let start = Instant::now();
    let (mut reported, mut beaten) = (start, start);
    let mut members: BTreeMap<usize, Member> = BTreeMap::new();
    let mut connections = 0;
    while members.len() + 1 < group.size {
        if start.elapsed() >= patience {
            let (missing, seconds) = (missing(group, &members), patience.as_secs());
            let reason =
                format!("{missing} did not come within {seconds} s; see its log, and whether it may connect to {}", group.host(0));
            return Err(stop(members.values(), Error::Host(reason)));
        }
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            caller.tell(&format!("waiting for {}, {} s so far", missing(group, &members), start.elapsed().as_secs()));
        }
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            members.values().for_each(|member| member.outgoing.send(&Message::Alive));
        }
        match events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event::Came { connection, hello }) => {
                let known = members.get(&hello.rank).map(|member| member.name.as_str());
                match verdict(group, own, &hello, known) {
                    Message::Welcome => {
                        connections += 1;
                        if let Some(member) = welcome(connection, &hello, connections, sender.clone()) {
                            members.insert(hello.rank, member);
                        }
                    }
                    answer => {
                        let _ = connection.send(&answer);
                        if let Message::Refused { reason, .. } = answer {
                            let reason = format!("{}: {reason}", group.host(hello.rank));
                            return Err(stop(members.values(), Error::User(reason)));
                        }
                    }
                }
            }
            // It may come again: a container that is started anew.
            Ok(Event::Lost { rank, id, cause }) if members.get(&rank).is_some_and(|member| member.id == id) => {
                members.remove(&rank);
                caller.tell(&format!("{} is gone ({cause}); waiting for it to come back", group.host(rank)));
            }
            _ => {}
        }
    }
    Ok(members.into_values().collect())
}

/// Tells all that the job has failed, and why.
pub fn stop<'m>(members: impl Iterator<Item = &'m Member>, error: Error) -> Error {
    let message = Message::Stop { reason: error.to_string(), is_users: error.is_users() };
    members.for_each(|member| member.outgoing.send(&message));
    error
}

fn missing(group: &Group, members: &BTreeMap<usize, Member>) -> String {
    group.hosts((1..group.size).filter(|rank| !members.contains_key(rank)))
}

fn welcome(connection: Connection, hello: &Hello, id: u64, events: Sender<Event>) -> Option<Member> {
    let address = connection.peer().ok()?;
    connection.send(&Message::Welcome).ok()?;
    let outgoing = watch(connection, hello.rank, id, events).ok()?;
    Some(Member { id, outgoing, name: hello.name.clone(), address })
}

/// What a greeting is answered with. `known` is the name of the host that is there already under that number.
fn verdict(group: &Group, own: &Hello, hello: &Hello, known: Option<&str>) -> Message {
    let refused = |reason: String| Message::Refused { reason, is_users: true };
    if hello.job != own.job {
        return Message::OtherJob;
    }
    if (hello.protocol, &hello.version) != (own.protocol, &own.version) {
        return refused(format!("it runs sapwood {}, host 1 runs {}; use one image for all", hello.version, own.version));
    }
    if hello.size != own.size {
        return refused(format!("it was told of {} hosts, host 1 of {}", hello.size, own.size));
    }
    if hello.rank == 0 || hello.rank >= own.size {
        return refused(format!("{} says that it has this number, too", hello.name));
    }
    if let Some(known) = known {
        return refused(format!("two hosts have this number, {known} and {}", hello.name));
    }
    if hello.arguments != own.arguments {
        let (theirs, ours) = (hello.arguments.join(" "), own.arguments.join(" "));
        return refused(format!("it was started with `{theirs}`, {} with `{ours}`; start all hosts alike", group.host(0)));
    }
    Message::Welcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::PROTOCOL;

    fn group() -> Group {
        let names = ["algo-1", "algo-2", "algo-3"].map(String::from);
        Group::of_names(&names, "algo-1", None, "job").unwrap().unwrap()
    }

    fn hello(rank: usize) -> Hello {
        let (version, job, name) = ("1".to_string(), "job".to_string(), format!("n{rank}"));
        Hello { protocol: PROTOCOL, version, job, rank, size: 3, name, arguments: vec!["train".to_string()] }
    }

    #[test]
    fn hosts_that_do_not_belong_together_are_told_apart() {
        let answer = |hello: &Hello, known| verdict(&group(), &self::hello(0), hello, known);
        assert_eq!(answer(&hello(1), None), Message::Welcome);
        assert_eq!(answer(&Hello { job: "another".to_string(), ..hello(1) }, None), Message::OtherJob);
        for (hello, known, part) in [
            (Hello { version: "2".to_string(), ..hello(1) }, None, "runs sapwood 2"),
            (Hello { size: 4, ..hello(1) }, None, "told of 4 hosts, host 1 of 3"),
            (hello(0), None, "n0 says that it has this number, too"),
            (hello(1), Some("other"), "two hosts have this number, other and n1"),
            (Hello { arguments: vec!["train".into(), "eta=1".into()], ..hello(1) }, None, "`train eta=1`"),
        ] {
            let Message::Refused { reason, is_users: true } = answer(&hello, known) else { panic!("{hello:?}") };
            assert!(reason.contains(part), "{reason}");
        }
    }
}
