//! The parent's work on any host.

use crate::caller::{Caller, Program};
use crate::error::Error;
use crate::events::{Event, watch};
use crate::follow::follow;
use crate::gather::{gather, listen, stop};
use crate::group::Group;
use crate::hydra;
use crate::join::{Summons, join};
use crate::lead::lead;
use crate::message::{Hello, Message, PROTOCOL};
use crate::rank::Rank;
use std::fs;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Starts the training processes of all hosts, this host's part of it, and waits for their end. Returns the exit code of this host's.
///
/// # Errors
/// Hosts do not come together, or one is lost.
pub fn start(group: &Group, program: &Program, patience: Duration, caller: &dyn Caller) -> Result<u8, Error> {
    let own = Hello {
        protocol: PROTOCOL,
        version: program.version.clone(),
        job: group.job.clone(),
        rank: group.rank,
        size: group.size,
        name: own_name(group),
        arguments: program.arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect(),
    };
    let (sender, events) = channel();
    if group.rank == 0 {
        start_leading(group, program, &own, patience, (&sender, &events), caller)
    } else {
        start_following(group, &own, patience, (&sender, &events), caller)
    }
}

fn start_leading(
    group: &Group,
    program: &Program,
    own: &Hello,
    patience: Duration,
    (sender, events): (&Sender<Event>, &Receiver<Event>),
    caller: &dyn Caller,
) -> Result<u8, Error> {
    let port = listen(group, sender.clone())?;
    caller.tell(&format!("{}: waiting for {} at port {port}", group.host(0), group.hosts(1..group.size)));
    let members = gather(group, own, events, sender, patience, caller)?;
    let mut group = group.clone();
    group.names = std::iter::once(own.name.clone()).chain(members.iter().map(|member| member.name.clone())).collect();
    caller.tell(&format!("all {} hosts are there: {}", group.size, group.names.join(", ")));
    let started = (|| {
        let (mpiexec, proxies) = hydra::mpiexec(group.size, &program.executable, &program.arguments)?;
        let [own, others @ ..] = proxies.as_slice() else {
            return Err(Error::Host("MPICH's mpiexec names no proxies".to_string()));
        };
        if others.len() != members.len() {
            return Err(Error::Host(format!("MPICH's mpiexec names {} proxies for {} hosts", proxies.len(), group.size)));
        }
        for (member, proxy) in members.iter().zip(others) {
            member.outgoing.send(&Message::Start { proxy: proxy.clone(), names: group.names.clone() });
        }
        caller.running();
        let other = members.first().map_or(Ipv4Addr::LOCALHOST, |member| member.address);
        let rank = Rank::start(&group, own, Ipv4Addr::LOCALHOST, other, sender.clone())?;
        Ok((mpiexec, rank))
    })();
    match started {
        Ok((mpiexec, rank)) => lead(&group, &members, mpiexec, rank, events, caller),
        Err(error) => {
            stop(members.iter(), Error::new(format!("{}: {error}", group.host(0)), error.is_users()));
            Err(error)
        }
    }
}

fn start_following(
    group: &Group,
    own: &Hello,
    patience: Duration,
    (sender, events): (&Sender<Event>, &Receiver<Event>),
    caller: &dyn Caller,
) -> Result<u8, Error> {
    let (connection, Summons { proxy, names }) = join(group, own, patience, caller)?;
    let group = Group { names, ..group.clone() };
    let lost = |error: std::io::Error| Error::Host(format!("{} was lost: {error}", group.host(0)));
    let address = connection.peer().map_err(lost)?;
    let leader = watch(connection, 0, 0, sender.clone()).map_err(lost)?;
    caller.running();
    let rank = Rank::start(&group, &proxy, address, address, sender.clone())?;
    follow(&group, &leader, rank, events, caller)
}

/// What the platform calls this host, or else what the system does.
fn own_name(group: &Group) -> String {
    let named = group.names.get(group.rank).cloned();
    named.unwrap_or_else(|| {
        fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| String::new(), |name| name.trim().to_string())
    })
}
