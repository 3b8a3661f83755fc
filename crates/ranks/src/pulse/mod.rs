//! [`Pulse`]: signs of life between the ranks of a job, beside MPI.
//!
//! MPI waits for a rank for ever, whether that one computes, is stopped, or is gone. Therefore every rank has a TCP connection to rank 0, over which both
//! send a sign of life every few seconds, from a thread of their own: a rank that loads or computes for hours is well, one that is silent ends
//! the job. A rank that fails says so first, and rank 0 tells it to all. So every rank knows why the job ends, and each ends itself: nobody
//! relies on a launcher to end the others.

mod frame;
mod meeting;

pub use frame::Word;
pub use meeting::{Meeting, listen};

use crate::progress::{Position, Progress};
use crate::settings::Settings;
use frame::Frame;
use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Signs of life within the time after which silence ends the job.
const BEATS: u32 = 6;
/// Ranks that all wait, none of which gets any further for so many times that time, will never.
const STUCK: u32 = 10;
/// How long a rank that learns why the job ends may go on, to find out by itself.
const GRACE: Duration = Duration::from_millis(500);
/// How long the first rank to end gives the others to write down why.
const LINGER: Duration = Duration::from_millis(1000);

/// What a rank does when the job ends, before its process does.
pub type OnEnd = Box<dyn Fn(&Word) + Send + Sync>;

/// Asks the launcher to end all ranks, also those that do not answer.
pub type Abort = Box<dyn Fn(u8) + Send + Sync>;

/// The signs of life of a job, while it runs.
#[derive(Clone)]
pub struct Pulse(Arc<Inner>);

struct Inner {
    rank: usize,
    /// What each rank is called.
    names: Vec<String>,
    silence: Duration,
    progress: Arc<Progress>,
    /// All others on rank 0, else rank 0.
    peers: Vec<Peer>,
    state: Mutex<State>,
    on_end: OnEnd,
    abort: Abort,
}

struct Peer {
    rank: usize,
    /// To write to.
    stream: Mutex<TcpStream>,
    /// Where it was when it gave the last sign of life.
    position: Mutex<Position>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The job ends; whether the thread that works tells why, or nobody does yet.
    Ending {
        is_told: bool,
    },
    /// All work is done.
    Done,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pulse {
    /// Begins to give signs of life over connections to other ranks, and to listen to theirs.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn begin(
        rank: usize,
        names: Vec<String>,
        settings: Settings,
        progress: Arc<Progress>,
        streams: Vec<TcpStream>,
        (on_end, abort): (OnEnd, Abort),
    ) -> io::Result<Self> {
        let mut peers = Vec::new();
        let mut readers = Vec::new();
        for (place, stream) in streams.into_iter().enumerate() {
            stream.set_read_timeout(Some(settings.silence))?;
            stream.set_write_timeout(Some(settings.silence))?;
            readers.push(stream.try_clone()?);
            let rank = if rank == 0 { place + 1 } else { 0 };
            peers.push(Peer { rank, stream: Mutex::new(stream), position: Mutex::default() });
        }
        let state = Mutex::new(State::Running);
        let inner = Inner { rank, names, silence: settings.silence, progress, peers, state, on_end, abort };
        let pulse = Self(Arc::new(inner));
        for (peer, reader) in readers.into_iter().enumerate() {
            let inner = Arc::clone(&pulse.0);
            thread::Builder::new().name("pulse".into()).stack_size(128 << 10).spawn(move || inner.listen(peer, reader))?;
        }
        let inner = Arc::clone(&pulse.0);
        thread::Builder::new().name("pulse".into()).spawn(move || inner.beat())?;
        Ok(pulse)
    }

    /// Tells all ranks why this one fails. Whoever calls this reports the failure on this rank, then calls [`Pulse::exit`].
    pub fn fail(&self, word: &Word) {
        let was = std::mem::replace(&mut *locked(&self.0.state), State::Ending { is_told: true });
        if was == State::Running {
            self.0.tell(&Frame::Word(word.clone()));
        }
    }

    /// Ends the process, after the others have had time to learn why.
    pub fn exit(&self, code: u8) -> ! {
        sleep(LINGER);
        (self.0.abort)(code);
        exit(code)
    }

    /// All work is done on all ranks: from now on they may go away.
    pub fn finish(&self) {
        *locked(&self.0.state) = State::Done;
        self.0.tell(&Frame::Done);
    }

    /// Ends the process if the job's end has not come about otherwise within a time.
    pub fn fail_after(&self, time: Duration, word: &Word) -> ! {
        sleep(time);
        self.0.end(word, word, Duration::ZERO);
        // Another thread is about to end the process.
        loop {
            sleep(LINGER);
        }
    }
}

impl Inner {
    fn tell(&self, frame: &Frame) {
        let bytes = frame.to_bytes();
        for peer in &self.peers {
            // Of one that cannot be told the thread that listens to it learns.
            let _ = locked(&peer.stream).write_all(&bytes);
        }
    }

    fn is_running(&self) -> bool {
        *locked(&self.state) == State::Running
    }

    /// Listens to another rank to the end of the job.
    fn listen(&self, peer: usize, reader: TcpStream) {
        let peer = &self.peers[peer];
        loop {
            match Frame::read(&reader) {
                Ok(Frame::Beat(position)) => *locked(&peer.position) = position,
                Ok(Frame::Word(word)) => return self.end(&word, &self.with_own_place(&word), GRACE),
                Ok(Frame::Done) => return,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    let seconds = self.silence.as_secs();
                    return self
                        .lost(peer, &format!("has given no sign of life for {seconds} s (stopped, or cut off the network)"));
                }
                Err(_) => return self.lost(peer, "ended without a word (killed, or its machine is gone)"),
            }
        }
    }

    fn lost(&self, peer: &Peer, how: &str) {
        let (theirs, own) = (*locked(&peer.position), self.progress.position());
        let text =
            format!("{} {how}; its last sign of life came {theirs}, {} is {own}", self.name(peer.rank), self.name(self.rank));
        // A launcher that sees a process end is about to kill the others.
        let word = Word { code: 1, text };
        self.end(&word, &word, Duration::ZERO);
    }

    /// What another rank says, and what this one did when it heard of it.
    fn with_own_place(&self, word: &Word) -> Word {
        Word { code: word.code, text: format!("{}; {} is {}", word.text, self.name(self.rank), self.progress.position()) }
    }

    fn name(&self, rank: usize) -> String {
        name(rank, &self.names)
    }

    /// Gives signs of life to the end of the job.
    fn beat(&self) {
        let mut stuck = (Vec::new(), Instant::now());
        while self.is_running() {
            let own = self.progress.position();
            self.tell(&Frame::Beat(own));
            if self.rank == 0 {
                let positions: Vec<_> = std::iter::once(own).chain(self.peers.iter().map(|peer| *locked(&peer.position))).collect();
                if positions != stuck.0 || positions.iter().any(|position| !position.is_inside) {
                    stuck = (positions, Instant::now());
                } else if stuck.1.elapsed() > STUCK * self.silence {
                    let text = format!(
                        "all hosts have waited for each other for {} s, this one {own}: the network between some of them may be cut",
                        stuck.1.elapsed().as_secs()
                    );
                    let word = Word { code: 1, text };
                    return self.end(&word, &word, Duration::ZERO);
                }
            }
            sleep(self.silence / BEATS);
        }
    }

    /// Ends the process, and with it the job, for a reason that the thread that works may find out by itself in the time of `grace`. The others are
    /// told one word, this rank reports another.
    fn end(&self, word: &Word, own: &Word, grace: Duration) {
        {
            let mut state = locked(&self.state);
            if *state != State::Running {
                return;
            }
            *state = State::Ending { is_told: false };
        }
        self.tell(&Frame::Word(word.clone()));
        sleep(grace);
        {
            let mut state = locked(&self.state);
            if *state == (State::Ending { is_told: true }) {
                return;
            }
            // So that the thread that works, if it comes to its end now, reports nothing else.
            *state = State::Ending { is_told: true };
            (self.on_end)(own);
        }
        sleep(LINGER - grace);
        (self.abort)(word.code);
        exit(word.code)
    }
}

/// What a rank is called in messages.
pub fn name(rank: usize, names: &[String]) -> String {
    format!("host {} of {} ({})", rank + 1, names.len(), names.get(rank).map_or("", String::as_str))
}

/// Ignores the signal by which MPICH's launcher, told to leave other processes alone, tells them that one has ended. It would end them.
#[expect(unsafe_code, reason = "std has no signals")]
pub fn ignore_notices() {
    // SAFETY: no handler is set, the signal is ignored.
    unsafe { libc::signal(libc::SIGUSR1, libc::SIG_IGN) };
}

/// Ends the process at once. What libraries would do at their end may wait for ranks that are gone.
#[expect(unsafe_code, reason = "std has no such exit")]
pub fn exit(code: u8) -> ! {
    // SAFETY: `_exit` has no conditions.
    unsafe { libc::_exit(i32::from(code)) }
}
