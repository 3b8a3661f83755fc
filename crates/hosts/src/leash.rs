//! [`Leash`]: what ties a training process to the parent that started it, through programs of MPICH's in between.
//!
//! It is a socket: the process gets its own host's output over it (the launcher would send all output to host 0), and says that it has met the
//! others and how it ends. Whoever dies without a word is noticed, because the socket closes.

use crate::error::Error;
use crate::events::Event;
use crate::message::Ending;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, set_parent_process_death_signal};
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The variable that tells a training process of its leash.
pub const LEASH: &str = "SAPWOOD_LEASH";
/// What a training process says that has met the others.
const JOINED: &str = "joined";

/// A training process's end.
#[derive(Debug)]
pub struct Leash {
    stream: UnixStream,
}

impl Leash {
    /// The leash of this process, if a parent of ours started it. From then on its output is its own host's, and it goes when the launcher does.
    ///
    /// # Errors
    /// The parent cannot be reached.
    pub fn of_environment() -> Result<Option<Self>, Error> {
        let Some(name) = std::env::var_os(LEASH).filter(|name| !name.is_empty()) else { return Ok(None) };
        let name = name.to_string_lossy().into_owned();
        let leash = Self::take(&name);
        leash.map(Some).map_err(|error| {
            Error::Host(format!(
                "{LEASH}={name}: its parent cannot be reached: {error}; leave the variable to the start on several hosts"
            ))
        })
    }

    fn take(name: &str) -> io::Result<Self> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let stream = UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?)?;
        let (stdout, stderr) = receive(&stream)?;
        rustix::stdio::dup2_stdout(stdout)?;
        rustix::stdio::dup2_stderr(stderr)?;
        Ok(Self { stream })
    }

    /// Tells the parent that this process has met all others through MPI.
    pub fn joined(&self) {
        self.say(JOINED);
    }

    /// Tells the parent how this process is about to end, and why, if not well.
    pub fn ending(&self, code: u8, reason: &str) {
        let ending = Ending::Code { code, reason: reason.to_string() };
        self.say(&serde_json::to_string(&ending).unwrap_or_default());
    }

    /// A parent that does not listen any more ends this process in another way.
    fn say(&self, line: &str) {
        let _ = (&self.stream).write_all(format!("{line}\n").as_bytes());
    }
}

/// The parent's end.
#[derive(Debug)]
pub struct Holder {
    /// What to call the socket in [`LEASH`].
    pub name: String,
    process: Arc<Mutex<Option<OwnedFd>>>,
}

impl Holder {
    /// Waits for the training process in a thread of its own, and makes events of what it says.
    ///
    /// # Errors
    /// The system refuses the socket or the thread.
    pub fn new(events: Sender<Event>) -> io::Result<Self> {
        let name = format!("sapwood-{}", fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim());
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        let holder = Self { name, process: Arc::default() };
        let process = holder.process.clone();
        thread::Builder::new().name("leash".into()).spawn(move || hold(&listener, &process, &events))?;
        Ok(holder)
    }

    /// Sends the training process a signal, if it runs.
    pub fn signal(&self, signal: Signal) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = process.as_ref() {
            let _ = pidfd_send_signal(process, signal);
        }
    }
}

fn hold(listener: &UnixListener, process: &Mutex<Option<OwnedFd>>, events: &Sender<Event>) {
    let said = begin(listener, process).map(|stream| {
        let _ = events.send(Event::Began);
        listen(stream, events)
    });
    let cause = match said {
        Ok(true) => return,
        Ok(false) => "it was killed, perhaps for want of memory, or crashed".to_string(),
        Err(error) => format!("it could not be watched: {error}"),
    };
    let _ = events.send(Event::Ended(Ending::Dead(cause)));
}

fn begin(listener: &UnixListener, process: &Mutex<Option<OwnedFd>>) -> io::Result<UnixStream> {
    let (stream, _) = listener.accept()?;
    let pid: Pid = rustix::net::sockopt::socket_peercred(&stream)?.pid;
    *process.lock().unwrap_or_else(PoisonError::into_inner) = Some(pidfd_open(pid, PidfdFlags::empty())?);
    send(&stream)?;
    Ok(stream)
}

/// Passes on what the process says until it is gone. Whether it said how it would end.
fn listen(stream: UnixStream, events: &Sender<Event>) -> bool {
    let mut has_ended = false;
    for line in BufReader::new(stream).lines() {
        // A process that is killed may leave half a line.
        let Ok(line) = line else { break };
        if line == JOINED {
            let _ = events.send(Event::Joined);
        } else if let Ok(ending) = serde_json::from_str(&line) {
            has_ended = true;
            let _ = events.send(Event::Ended(ending));
        }
    }
    has_ended
}

/// Hands over this process's standard output and standard error.
fn send(stream: &UnixStream) -> io::Result<()> {
    let files = [rustix::stdio::stdout(), rustix::stdio::stderr()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    if !message.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(ErrorKind::InvalidInput.into());
    }
    sendmsg(stream, &[IoSlice::new(b"\n")], &mut message, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive(stream: &UnixStream) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(stream, &mut [IoSliceMut::new(&mut byte)], &mut message, RecvFlags::CMSG_CLOEXEC)?;
    let mut files = message.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => files.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    match (files.next(), files.next()) {
        (Some(stdout), Some(stderr)) => Ok((stdout, stderr)),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}
