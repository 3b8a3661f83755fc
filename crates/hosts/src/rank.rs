//! This host's training process, from its parent's side.

use crate::error::Error;
use crate::events::Event;
use crate::group::Group;
use crate::hydra::{self, Tool};
use crate::leash::{Holder, LEASH};
use crate::message::Ending;
use crate::route;
use rustix::process::Signal;
use std::net::Ipv4Addr;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// The hosts' names by rank, as JSON, for whoever reports about them.
const NAMES: &str = "SAPWOOD_HOST_NAMES";
/// How long it may take until the training process runs, and then until it has met the others.
const PATIENCE: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// How long the last words of a process that is gone may take to arrive.
const LINGER: Duration = Duration::from_secs(2);

/// How far the process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Starting,
    Meeting,
    Training,
}

/// The training process.
#[derive(Debug)]
pub struct Rank {
    proxy: Tool,
    holder: Holder,
    stage: Stage,
    since: Instant,
    proxy_ended: Option<Instant>,
}

impl Rank {
    /// Starts it. `leader` is where this host reaches host 0, `other` any host's address: the way to it is the way to all.
    ///
    /// # Errors
    /// The launcher's programs are missing.
    pub fn start(
        group: &Group,
        command: &[String],
        leader: Ipv4Addr,
        other: Ipv4Addr,
        events: Sender<Event>,
    ) -> Result<Self, Error> {
        let holder =
            Holder::new(events).map_err(|error| Error::Host(format!("the training process cannot be started: {error}")))?;
        let mut environment = vec![(LEASH, holder.name.clone()), (NAMES, serde_json::json!(group.names).to_string())];
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        // Standard output is for metrics. Who is alive is not for UCX to find out: MPICH crashes over what it finds.
        let own =
            [("UCX_TLS", "tcp,self"), ("UCX_LOG_FILE", "stderr"), ("UCX_KEEPALIVE_INTERVAL", "inf"), ("UCX_TCP_KEEPIDLE", "inf")];
        for (name, value) in own {
            if !is_set(name) {
                environment.push((name, value.to_string()));
            }
        }
        let interface = group.interface.clone().filter(|name| route::is_interface(name)).or_else(|| route::interface_to(other));
        if let Some(interface) = interface.filter(|_| !is_set("UCX_NET_DEVICES")) {
            environment.push(("UCX_NET_DEVICES", interface));
        }
        let proxy = hydra::proxy(command, leader, &environment)?;
        Ok(Self { proxy, holder, stage: Stage::Starting, since: Instant::now(), proxy_ended: None })
    }

    /// The process runs.
    pub fn began(&mut self) {
        (self.stage, self.since) = (Stage::Meeting, Instant::now());
    }

    /// The process has met the others.
    pub fn joined(&mut self) {
        self.stage = Stage::Training;
    }

    /// Passes on a signal.
    pub fn signal(&self, signal: u8) {
        if let Some(signal) = Signal::from_named_raw(i32::from(signal)) {
            self.holder.signal(signal);
        }
    }

    /// What is wrong with a process that does not say so itself.
    pub fn trouble(&mut self) -> Option<Ending> {
        if self.stage == Stage::Starting && self.proxy_ended.is_none() && self.proxy.ended().is_some() {
            self.proxy_ended = Some(Instant::now());
        }
        let waited = self.since.elapsed();
        match self.stage {
            Stage::Starting if self.proxy_ended.is_some_and(|ended| ended.elapsed() > LINGER) => {
                Some(Ending::Dead(format!("MPICH's proxy ended before it began{}", self.proxy.last_words())))
            }
            Stage::Starting if waited > PATIENCE[0] => {
                Some(Ending::Dead(format!("it did not begin within {} s{}", PATIENCE[0].as_secs(), self.proxy.last_words())))
            }
            Stage::Meeting if waited > PATIENCE[1] => Some(Ending::Dead(format!(
                "it did not meet the others within {} s: all hosts reach host 1, but not each other; security groups and network policies \
                 must allow all TCP ports between them",
                PATIENCE[1].as_secs()
            ))),
            _ => None,
        }
    }

    /// Waits until the proxy is gone, which leaves after the process.
    pub fn wait(&mut self, patience: Duration) {
        self.proxy.wait(patience);
    }

    /// Kills the process.
    pub fn kill(&self) {
        self.holder.signal(Signal::KILL);
    }
}
