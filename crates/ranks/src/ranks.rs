//! [`Ranks`]: the ranks of a job that MPI connects, as a [`Collective`].

use crate::crash;
use crate::environment::Place;
use crate::library::{Library, VARIABLE};
use crate::progress::{Operation, Progress};
use crate::pulse::{self, Meeting, OnEnd, Pulse, Word};
use crate::settings::{START, Settings};
use crate::traffic::{Traffic, Use};
use sapwood::collective::Collective;
use sapwood::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long signs of life may take to tell which rank is gone after MPI failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes that are gathered together with their lengths: so many if they were no more the last time, and at most.
const ROOM: (usize, usize) = (64, 8192);

/// The ranks of a job.
pub struct Ranks {
    rank: usize,
    size: usize,
    names: Vec<String>,
    library: Mutex<Library>,
    progress: Arc<Progress>,
    traffic: Traffic,
    pulse: Pulse,
    silence: Duration,
    /// The longest bytes of the last gathering had room in so many, the same on all ranks.
    room: AtomicUsize,
}

impl Ranks {
    /// Meets the other ranks of the job. `own_name` is what messages call this host; `on_end` is what is done on this rank when another one ends the
    /// job.
    ///
    /// # Errors
    /// The library or MPI cannot be started, or the launcher and MPI do not belong to each other, or the ranks cannot reach each other. If they do
    /// not meet in time, the process ends after `on_end`.
    pub fn join(place: Place, own_name: &str, settings: Settings, on_end: OnEnd) -> Result<Self> {
        let on_end = Arc::new(on_end);
        let deadline = Instant::now() + settings.start;
        pulse::ignore_notices();
        let waiting = Waiting::begin(settings, Arc::clone(&on_end))?;
        let library = Library::open()?;
        let (rank, size) = library.start().map_err(|error| failed("MPI cannot be started", &error))?;
        crash::put_off();
        if (rank, size) != (place.rank, place.size) {
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "{}={} tells of {} hosts, but {} sees {size}: the launcher and the library are of different kinds of MPI",
                    place.variable,
                    place.size,
                    place.size,
                    library.description()
                ),
            )
            .with_remedy(format!(
                "start the job by that MPI's own mpiexec, or build the library with the other MPI (scripts/build-mpi) and name it in {VARIABLE}"
            )));
        }
        let unconnected = Unconnected { library, rank, size };
        let names = unconnected.gather(own_name.as_bytes())?;
        let names: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let streams = unconnected.connect(&names, deadline)?;
        let progress = Arc::new(Progress::default());
        let on_end: OnEnd = Box::new(move |word| on_end(word));
        let abort = Box::new(move |code| library.abort(code));
        let pulse = Pulse::begin(rank, names.clone(), settings, Arc::clone(&progress), streams, (on_end, abort))
            .map_err(|error| failed("threads for signs of life cannot be started", &error))?;
        waiting.end();
        Ok(Self {
            rank,
            size,
            names,
            library: Mutex::new(library),
            progress,
            traffic: Traffic::default(),
            pulse,
            silence: settings.silence,
            room: AtomicUsize::new(ROOM.0),
        })
    }

    /// What a rank is called in messages.
    pub fn name(&self, rank: usize) -> String {
        pulse::name(rank, &self.names)
    }

    /// What each operation was used for so far.
    pub fn traffic(&self) -> Vec<Use> {
        self.traffic.uses()
    }

    /// Tells all ranks why this one fails, with the exit code that they end with. The caller reports the failure here, then calls
    /// [`Ranks::exit`].
    pub fn fail(&self, code: u8, cause: &str) {
        self.pulse.fail(&Word { code, text: format!("{}: {cause}", self.name(self.rank)) });
    }

    /// Ends the process of a rank that failed, after the others have had time to learn why.
    pub fn exit(&self, code: u8) -> ! {
        self.pulse.exit(code)
    }

    /// Waits until all ranks have done their work, then ends MPI: on the thread that joined, with the exit code that is to follow.
    pub fn finish(&self, code: u8) {
        self.barrier();
        self.pulse.finish();
        // The work is done, whatever MPI does now. It must only not wait for a rank that has gone meanwhile.
        let patience = self.silence;
        let watch = std::thread::Builder::new().name("finish".into()).spawn(move || {
            std::thread::sleep(patience);
            pulse::exit(code);
        });
        if watch.is_ok() {
            let _ = self.do_with(Library::finish);
        }
    }

    fn do_with<T>(&self, work: impl FnOnce(Library) -> T) -> T {
        work(*self.library.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Carries out an operation that sends `bytes` bytes. If it fails, the process ends.
    fn operate<T>(&self, operation: Operation, bytes: usize, work: impl FnOnce(Library) -> std::result::Result<T, String>) -> T {
        self.do_with(|library| {
            let started = Instant::now();
            self.progress.enter(operation);
            let result = work(library);
            self.progress.leave();
            self.traffic.add(operation, bytes, started.elapsed());
            result.unwrap_or_else(|error| {
                let (host, operation) = (self.name(self.rank), operation.name());
                let text = format!("{host}: the collective operation {operation} failed: {error}");
                self.pulse.fail_after(PATIENCE, &Word { code: 1, text })
            })
        })
    }

    /// What a rank sends of so many bytes in a ring, where each rank passes on all parts but one.
    fn ring(&self, bytes: usize) -> usize {
        bytes / self.size * (self.size - 1)
    }
}

impl fmt::Debug for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ranks").field("rank", &self.rank).field("names", &self.names).finish_non_exhaustive()
    }
}

impl Collective for Ranks {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn broadcast(&self, root: usize, bytes: &mut Vec<u8>) {
        let mut length = (bytes.len() as u64).to_ne_bytes();
        self.operate(Operation::BROADCAST, 0, |library| {
            library.broadcast(root, &mut length)?;
            bytes.resize(u64::from_ne_bytes(length) as usize, 0);
            library.broadcast(root, bytes)
        });
    }

    fn all_reduce_sum(&self, values: &mut [i64]) {
        let bytes = 2 * self.ring(size_of_val(values));
        self.operate(Operation::ALL_REDUCE_SUM, bytes, |library| library.all_reduce_sum(values));
    }

    fn all_reduce_max(&self, values: &mut [i64]) {
        let bytes = 2 * self.ring(size_of_val(values));
        self.operate(Operation::ALL_REDUCE_MAX, bytes, |library| library.all_reduce_max(values));
    }

    fn reduce_scatter_sum(&self, values: &[i64], blocks: &[usize], own: &mut [i64]) {
        let (place, bytes) = ((self.rank, self.size), self.ring(size_of_val(values)));
        self.operate(Operation::REDUCE_SCATTER_SUM, bytes, |library| library.reduce_scatter_sum(place, values, blocks, own));
    }

    fn all_gather(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let room = self.room.load(Ordering::Relaxed);
        let sent = size_of::<u64>() + room + if bytes.len() > room { bytes.len() } else { 0 };
        let place = (self.rank, self.size);
        let all = self.operate(Operation::ALL_GATHER, sent * (self.size - 1), |library| gather(library, place, bytes, room));
        let longest = all.iter().map(Vec::len).max().unwrap_or(0);
        self.room.store(longest.next_power_of_two().clamp(ROOM.0, ROOM.1), Ordering::Relaxed);
        all
    }

    fn barrier(&self) {
        self.operate(Operation::BARRIER, 0, Library::barrier);
    }
}

/// Gathers bytes of any length: first how many there are of each rank, together with as many as there is room for. Only if that does not do for all,
/// it takes a second operation.
fn gather(library: Library, place: (usize, usize), bytes: &[u8], room: usize) -> std::result::Result<Vec<Vec<u8>>, String> {
    const HEAD: usize = size_of::<u64>();
    let mut own = vec![0; HEAD + room];
    own[..HEAD].copy_from_slice(&(bytes.len() as u64).to_ne_bytes());
    if let Some(place) = own[HEAD..].get_mut(..bytes.len()) {
        place.copy_from_slice(bytes);
    }
    let mut all = vec![0; own.len() * place.1];
    library.all_gather(place, &own, &vec![own.len(); place.1], &mut all)?;
    let parts = || all.chunks_exact(HEAD + room).filter_map(|part| part.split_first_chunk::<HEAD>());
    let lengths: Vec<usize> = parts().map(|(&length, _)| u64::from_ne_bytes(length) as usize).collect();
    if lengths.iter().all(|&length| length <= room) {
        return Ok(parts().zip(&lengths).map(|((_, part), &length)| part[..length].to_vec()).collect());
    }
    let mut all = vec![0; lengths.iter().sum()];
    library.all_gather(place, bytes, &lengths, &mut all)?;
    let mut rest = &all[..];
    let part = |&length: &usize| {
        let (part, behind) = rest.split_at(length);
        rest = behind;
        part.to_vec()
    };
    Ok(lengths.iter().map(part).collect())
}

fn failed(what: &str, error: &dyn fmt::Display) -> Error {
    Error::internal(format!("{what}: {error}"))
}

/// Ranks that MPI has connected, but that give no signs of life yet.
struct Unconnected {
    library: Library,
    rank: usize,
    size: usize,
}

impl Unconnected {
    fn gather(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        gather(self.library, (self.rank, self.size), bytes, ROOM.0)
            .map_err(|error| failed("the hosts cannot exchange their names", &error))
    }

    /// The connections for signs of life: on rank 0 one from each other rank, else the one to rank 0.
    fn connect(&self, names: &[String], deadline: Instant) -> Result<Vec<std::net::TcpStream>> {
        let own = if self.rank == 0 { listening() } else { Ok(None) };
        let told = own.as_ref().map(|own| own.as_ref().map_or_else(Vec::new, |(_, meeting)| meeting.to_bytes()));
        let told = self.gather(&told.unwrap_or_default())?;
        let connected = match own {
            Err(error) => Err(error),
            Ok(Some((listener, meeting))) => meeting.accept(&listener, self.size, deadline).map_err(|missing| {
                unreachable_host(&format!("{} did not connect to {}", pulse::name(missing, names), pulse::name(0, names)))
            }),
            Ok(None) => match Meeting::from_bytes(&told[0]) {
                None => Err(Error::internal(format!("{} has no address", pulse::name(0, names)))),
                Some(meeting) => meeting.dial(self.rank, deadline).map(|stream| vec![stream]).map_err(|error| {
                    unreachable_host(&format!("{} cannot be reached at {}: {error}", pulse::name(0, names), meeting.addresses()))
                }),
            },
        };
        // All of them, or none.
        let error = connected.as_ref().err().map_or_else(String::new, ToString::to_string);
        let errors = self.gather(error.as_bytes())?;
        let streams = connected?;
        match errors.iter().find(|error| !error.is_empty()) {
            None => Ok(streams),
            Some(error) => Err(Error::internal(String::from_utf8_lossy(error))),
        }
    }
}

fn listening() -> Result<Option<(std::net::TcpListener, Meeting)>> {
    let listening = || {
        let listener = pulse::listen()?;
        let meeting = Meeting::at(&listener)?;
        Ok::<_, std::io::Error>((listener, meeting))
    };
    listening().map(Some).map_err(|error| failed("this host cannot listen for the others", &error))
}

fn unreachable_host(text: &str) -> Error {
    Error::internal(text).with_remedy("let the hosts of a job reach each other on all TCP ports")
}

/// Ends the process if the ranks do not meet in time.
struct Waiting(mpsc::Sender<()>);

impl Waiting {
    fn begin(settings: Settings, on_end: Arc<OnEnd>) -> Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let wait = move || {
            if receiver.recv_timeout(settings.start) == Err(mpsc::RecvTimeoutError::Timeout) {
                let seconds = settings.start.as_secs();
                let text = format!("the hosts of the job have not met within {seconds} s; {START} sets how long they may take");
                on_end(&Word { code: 1, text });
                pulse::exit(1);
            }
        };
        std::thread::Builder::new()
            .name("waiting".into())
            .spawn(wait)
            .map_err(|error| failed("a thread cannot be started", &error))?;
        Ok(Self(sender))
    }

    fn end(self) {
        // The thread is there until it is told.
        let _ = self.0.send(());
    }
}
