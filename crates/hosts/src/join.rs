//! The other hosts look for host 0, whose name may not resolve yet, and wait for its word.

use crate::caller::Caller;
use crate::connection::{Connection, cause};
use crate::error::Error;
use crate::gather::{PORTS, REPORT};
use crate::group::Group;
use crate::message::{Hello, Message};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// How long one attempt to connect may take: longer than three packets that get lost.
const CONNECT: Duration = Duration::from_secs(4);
/// The pause between attempts, at first and at most.
const PAUSE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(3)];

/// What host 0 said when all were there.
#[derive(Debug)]
pub struct Summons {
    /// The proxy's command line.
    pub proxy: Vec<String>,
    /// The hosts' names by rank.
    pub names: Vec<String>,
}

/// Looks for host 0, and waits with it for the others.
///
/// # Errors
/// It is not found in time, or refuses this host.
pub fn join(group: &Group, own: &Hello, patience: Duration, caller: &dyn Caller) -> Result<(Connection, Summons), Error> {
    let start = Instant::now();
    let (mut reported, mut pause) = (start, PAUSE[0]);
    loop {
        let trouble = match find(group, own)? {
            Ok(mut connection) => {
                caller.tell(&format!("{} is there; waiting for the other hosts", group.host(0)));
                pause = PAUSE[0];
                match wait(&mut connection)? {
                    Ok(summons) => return Ok((connection, summons)),
                    Err(error) => cause(&error),
                }
            }
            Err(trouble) => trouble,
        };
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(Error::Host(format!("{} was not found within {} s: {trouble}", group.host(0), patience.as_secs())));
        }
        if reported.elapsed() >= REPORT {
            reported = Instant::now();
            caller.tell(&format!("waiting for {}, {} s so far: {trouble}", group.host(0), start.elapsed().as_secs()));
        }
        thread::sleep(pause.min(left));
        pause = PAUSE[1].min(pause * 3 / 2);
    }
}

/// The connection to host 0, once it has welcomed this host; or why there is none yet.
fn find(group: &Group, own: &Hello) -> Result<Result<Connection, String>, Error> {
    let addresses = match addresses(&group.leader, group.port) {
        Ok(addresses) => addresses,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let mut trouble = String::new();
    for address in addresses {
        for port in group.port..group.port + PORTS {
            match greet(address, port, own) {
                Ok((connection, Message::Welcome)) => return Ok(Ok(connection)),
                Ok((_, Message::Refused { reason, is_users: true })) => {
                    return Err(Error::User(format!("refused by host 1: {reason}")));
                }
                Ok((_, Message::Refused { reason, is_users: false })) => {
                    return Err(Error::Host(format!("refused by host 1: {reason}")));
                }
                // Another job, or a program of another kind.
                Ok(_) => {}
                Err(error) => {
                    let timed_out = matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
                    if trouble.is_empty() {
                        let remedy = if timed_out { "; the security groups must let the hosts talk to each other" } else { "" };
                        trouble = format!("{address} does not answer from port {port} on: {error}{remedy}");
                    }
                    // Packets that get lost at one port do so at the others.
                    if timed_out {
                        break;
                    }
                }
            }
        }
    }
    Ok(Err(if trouble.is_empty() { format!("only other jobs answer at {}", group.leader) } else { trouble }))
}

fn greet(address: Ipv4Addr, port: u16, own: &Hello) -> io::Result<(Connection, Message)> {
    let mut connection = Connection::new(TcpStream::connect_timeout(&SocketAddr::from((address, port)), CONNECT)?)?;
    connection.send(&Message::Hello(own.clone()))?;
    let answer = connection.read();
    // A stranger that answers otherwise, or not at all, is as good as another job.
    Ok((connection, answer.unwrap_or(Message::OtherJob)))
}

/// The addresses of a name that MPICH can use: its launcher knows IPv4 alone.
fn addresses(name: &str, port: u16) -> Result<Vec<Ipv4Addr>, String> {
    let all = (name, port).to_socket_addrs().map_err(|error| format!("its name does not resolve: {error}"))?;
    let all: Vec<SocketAddr> = all.collect();
    let usable = all.iter().filter_map(|address| match address {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    });
    let mut usable: Vec<Ipv4Addr> = usable.collect();
    usable.dedup();
    match (usable.is_empty(), all.first()) {
        (false, _) => Ok(usable),
        (true, Some(address)) => Err(format!("its only addresses are of IPv6 ({}), and MPICH's launcher needs IPv4", address.ip())),
        (true, None) => Err("its name has no address".to_string()),
    }
}

/// What host 0 says when all are there; an inner error means that it is lost and may come back.
fn wait(connection: &mut Connection) -> Result<io::Result<Summons>, Error> {
    if let Err(error) = connection.be_patient() {
        return Ok(Err(error));
    }
    loop {
        match connection.read() {
            Ok(Message::Start { proxy, names }) => return Ok(Ok(Summons { proxy, names })),
            Ok(Message::Stop { reason, is_users }) => return Err(Error::new(reason, is_users)),
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_ipv4_are_used() {
        assert_eq!(addresses("127.0.0.1", 1), Ok(vec![Ipv4Addr::LOCALHOST]));
        assert!(addresses("::1", 1).unwrap_err().contains("only addresses are of IPv6 (::1)"));
        assert!(addresses("no such name", 1).unwrap_err().contains("does not resolve"));
    }
}
