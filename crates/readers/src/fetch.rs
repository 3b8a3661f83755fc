//! [`fetch`]: objects of a store elsewhere, fetched by ranges, several at a time, while they are read.
//!
//! Each object fills a temporary file without a name, because data are read more than once. Whoever reads waits for the piece that holds
//! the bytes, and puts that piece first in line.

use super::meter::Meter;
use super::temporary::cannot_keep;
use crate::Result;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Bytes of a piece: what stores of objects serve best by one request.
const PIECE_BYTES: u64 = 8 << 20;

/// An object of a store, which may be read by ranges.
pub trait Remote: Send + Sync {
    /// Hands the bytes of `range` to `sink`, in order and each once.
    ///
    /// # Errors
    /// The bytes do not come, whatever was tried, or `sink` fails.
    fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>;
}

/// What to fetch.
#[derive(Clone)]
pub struct RemoteObject {
    /// What messages call it.
    pub name: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Where it comes from.
    pub remote: Arc<dyn Remote>,
}

/// Begins to fetch objects, the beginning of each first, then the rest in the order given, with so many requests at a time. They may be
/// read at once. What is still missing when the last of the sources is dropped is not fetched.
///
/// # Errors
/// No temporary file, or no thread.
pub fn fetch(objects: Vec<RemoteObject>, requests: usize, meter: &Meter) -> Result<Vec<Fetched>> {
    let line = Arc::new(Line::new(objects)?);
    let threads = requests.min(line.order.len());
    for index in 0..threads {
        let line = line.clone();
        let started = std::thread::Builder::new().name(format!("fetch-{index}")).spawn(move || line.work());
        if let Err(error) = started.map_err(|error| crate::Error::internal(format!("a thread cannot be started: {error}"))) {
            // Those that run will do.
            if index == 0 {
                return Err(error);
            }
            break;
        }
    }
    let guard = Arc::new(Guard(line.clone()));
    let fetched = |index| Fetched { line: line.clone(), index, _guard: guard.clone() };
    line.objects.iter().map(|object| object.of.bytes).filter(|&bytes| bytes > 0).for_each(|bytes| meter.fetched(bytes));
    Ok((0..line.objects.len()).map(fetched).collect())
}

/// An object that is being fetched.
#[derive(Clone)]
pub struct Fetched {
    line: Arc<Line>,
    index: usize,
    _guard: Arc<Guard>,
}

/// Ends the work when nobody can ask for its results any more.
struct Guard(Arc<Line>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.state().ended = true;
    }
}

/// Everything that is fetched together.
struct Line {
    objects: Vec<Object>,
    /// Object and piece, in the order in which they are fetched if nobody waits.
    order: Vec<(usize, usize)>,
    state: Mutex<State>,
    changed: Condvar,
}

struct Object {
    of: RemoteObject,
    /// None where there is nothing to keep.
    file: Option<File>,
}

struct State {
    pieces: Vec<Vec<Piece>>,
    /// Why an object cannot be read.
    failures: Vec<Option<(io::ErrorKind, String)>>,
    /// What somebody waits for.
    wanted: VecDeque<(usize, usize)>,
    /// How many of `order` have been looked at.
    next: usize,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Missing,
    Coming,
    Here,
}

impl Line {
    fn new(objects: Vec<RemoteObject>) -> Result<Self> {
        let open = |of: RemoteObject| {
            let file = (of.bytes > 0).then(tempfile::tempfile).transpose().map_err(|error| cannot_keep(&of.name, 0, &error))?;
            Ok(Object { file, of })
        };
        let objects = objects.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        let counts: Vec<_> = objects.iter().map(|object| object.of.bytes.div_ceil(PIECE_BYTES) as usize).collect();
        let first = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(object, _)| (object, 0));
        let rest = counts.iter().enumerate().flat_map(|(object, &count)| (1..count).map(move |piece| (object, piece)));
        let state = State {
            pieces: counts.iter().map(|&count| vec![Piece::Missing; count]).collect(),
            failures: vec![None; objects.len()],
            wanted: VecDeque::new(),
            next: 0,
            ended: false,
        };
        Ok(Self { order: first.chain(rest).collect(), objects, state: Mutex::new(state), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches pieces until there is none left.
    fn work(&self) {
        // Not within the loop's condition, which would hold the lock all along.
        let next = || self.state().take(&self.order);
        while let Some((object, piece)) = next() {
            // Somebody may be waiting for the piece, whatever becomes of this thread.
            let fetched = catch_unwind(AssertUnwindSafe(|| self.objects[object].fetch(piece)));
            let fetched = fetched.unwrap_or_else(|_| Err(io::Error::other("the thread that fetched it has panicked")));
            let mut state = self.state();
            match fetched {
                Ok(()) => state.pieces[object][piece] = Piece::Here,
                Err(error) => state.failures[object] = Some((error.kind(), error.to_string())),
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Waits for the piece of an object that holds the byte at `offset`, and returns where it ends.
    fn wait(&self, object: usize, offset: u64) -> io::Result<u64> {
        let piece = (offset / PIECE_BYTES) as usize;
        let mut state = self.state();
        loop {
            if let Some((kind, message)) = &state.failures[object] {
                return Err(io::Error::new(*kind, message.clone()));
            }
            match state.pieces[object][piece] {
                Piece::Here => return Ok(self.objects[object].range(piece).end),
                Piece::Missing if !state.wanted.contains(&(object, piece)) => state.wanted.push_back((object, piece)),
                _ => {}
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    /// The next piece to fetch.
    fn take(&mut self, order: &[(usize, usize)]) -> Option<(usize, usize)> {
        while !self.ended {
            let (object, piece) = match self.wanted.pop_front() {
                Some(wanted) => wanted,
                None => {
                    self.next += 1;
                    *order.get(self.next - 1)?
                }
            };
            if self.pieces[object][piece] == Piece::Missing && self.failures[object].is_none() {
                self.pieces[object][piece] = Piece::Coming;
                return Some((object, piece));
            }
        }
        None
    }
}

impl Object {
    fn range(&self, piece: usize) -> Range<u64> {
        let start = piece as u64 * PIECE_BYTES;
        start..(start + PIECE_BYTES).min(self.of.bytes)
    }

    fn file(&self) -> io::Result<&File> {
        self.file.as_ref().ok_or_else(|| io::Error::other("an empty object has no file"))
    }

    fn fetch(&self, piece: usize) -> io::Result<()> {
        let range = self.range(piece);
        let mut offset = range.start;
        self.of.remote.read(range.clone(), &mut |bytes| {
            if bytes.len() as u64 > range.end - offset {
                return Err(io::Error::other("more bytes arrived than were requested"));
            }
            let written = self.file()?.write_all_at(bytes, offset);
            offset += bytes.len() as u64;
            written.map_err(|error| io::Error::new(error.kind(), cannot_keep(&self.of.name, offset, &error).to_string()))
        })?;
        if offset < range.end {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("only {offset} of {} bytes arrived", range.end)));
        }
        Ok(())
    }
}

impl Fetched {
    fn object(&self) -> &Object {
        &self.line.objects[self.index]
    }

    /// What messages call it.
    pub(super) fn name(&self) -> &Path {
        &self.object().of.name
    }

    pub(super) fn bytes(&self) -> u64 {
        self.object().of.bytes
    }

    /// The bytes from the beginning, each as soon as it is there.
    pub(super) fn open(&self, meter: &Meter) -> Arriving {
        Arriving { of: self.clone(), position: 0, here: 0..0, meter: meter.clone() }
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Fetched").field(&self.name()).finish()
    }
}

/// A reader of an object that may not be there yet.
pub(super) struct Arriving {
    of: Fetched,
    position: u64,
    /// Bytes that are known to be there.
    here: Range<u64>,
    meter: Meter,
}

impl Arriving {
    /// The file, when all of it is there.
    pub fn whole(&self) -> io::Result<File> {
        let (of, started) = (&self.of, Instant::now());
        let mut here = 0;
        while here < of.bytes() {
            here = of.line.wait(of.index, here)?;
        }
        self.meter.stalled(started.elapsed());
        // The one way to a file without a name; a mere clone would share the position with all others.
        File::open(format!("/proc/self/fd/{}", of.object().file()?.as_raw_fd()))
    }
}

impl Read for Arriving {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.of.bytes() {
            return Ok(0);
        }
        if !self.here.contains(&self.position) {
            let started = Instant::now();
            self.here = self.position..self.of.line.wait(self.of.index, self.position)?;
            self.meter.stalled(started.elapsed());
        }
        let length = bytes.len().min(usize::try_from(self.here.end - self.position).unwrap_or(usize::MAX));
        let read = self.meter.read(true, || self.of.object().file()?.read_at(&mut bytes[..length], self.position))?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Arriving {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.of.bytes().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Bytes in memory, given in bits, with a failure from some offset on.
    struct Slow {
        bytes: Vec<u8>,
        requests: AtomicUsize,
        broken_from: u64,
    }

    impl Remote for Slow {
        fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            for chunk in self.bytes[range.start as usize..range.end as usize].chunks(1 << 20) {
                sink(chunk)?;
            }
            if range.end > self.broken_from { Err(io::Error::other("the line is dead")) } else { Ok(()) }
        }
    }

    fn object(name: &str, bytes: Vec<u8>, broken_from: u64) -> (RemoteObject, Arc<Slow>) {
        let (length, slow) = (bytes.len() as u64, Arc::new(Slow { bytes, requests: AtomicUsize::new(0), broken_from }));
        (RemoteObject { name: name.into(), bytes: length, remote: slow.clone() }, slow)
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 7 + at / 70_001) as u8).collect()
    }

    fn fetched(objects: Vec<RemoteObject>, requests: usize) -> Vec<Fetched> {
        fetch(objects, requests, &Meter::default()).unwrap()
    }

    #[test]
    fn bytes_come_in_order_and_as_often_as_they_are_read() {
        let piece = PIECE_BYTES as usize;
        let lengths = [0, 1, piece - 1, piece, piece + 1, 3 * piece + 12_345];
        let (objects, remotes): (Vec<_>, Vec<_>) = lengths.iter().map(|&length| object("x", pattern(length), u64::MAX)).collect();
        let fetched = fetched(objects, 3);
        let meter = Meter::default();
        for (fetched, &length) in fetched.iter().zip(&lengths) {
            for _ in 0..2 {
                let mut read = Vec::new();
                fetched.open(&meter).read_to_end(&mut read).unwrap();
                assert!(read == pattern(length), "{length}");
            }
            if length == 0 {
                assert!(fetched.open(&meter).whole().is_err(), "there is no file for nothing");
                continue;
            }
            let mut read = Vec::new();
            fetched.open(&meter).whole().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == pattern(length), "{length}");
        }
        let requests: Vec<_> = remotes.iter().map(|remote| remote.requests.load(Ordering::Relaxed)).collect();
        assert_eq!(requests, [0, 1, 1, 1, 2, 4], "every byte is fetched once");
    }

    #[test]
    fn the_end_can_be_read_first() {
        let length = 5 * PIECE_BYTES as usize + 100;
        let fetched = fetched(vec![object("x", pattern(length), u64::MAX).0], 1);
        let mut reader = fetched[0].open(&Meter::default());
        reader.seek(SeekFrom::End(-50)).unwrap();
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert!(read == pattern(length)[length - 50..]);
        assert!(reader.seek(SeekFrom::Current(-(length as i64) - 1)).is_err());
    }

    #[test]
    fn a_failure_reaches_every_reader_and_no_other_object() {
        let length = 4 * PIECE_BYTES as usize;
        let broken = object("broken", pattern(length), 2 * PIECE_BYTES).0;
        let fetched = fetched(vec![broken, object("whole", pattern(length), u64::MAX).0], 2);
        for _ in 0..2 {
            let error = fetched[0].open(&Meter::default()).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.to_string(), "the line is dead");
        }
        let mut read = Vec::new();
        fetched[1].open(&Meter::default()).read_to_end(&mut read).unwrap();
        assert!(read == pattern(length));
    }

    #[test]
    fn an_object_that_turns_out_shorter_is_an_error() {
        struct Short;
        impl Remote for Short {
            fn read(&self, _: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
                sink(b"abc")
            }
        }
        let object = |bytes| RemoteObject { name: "x".into(), bytes, remote: Arc::new(Short) };
        let read = |bytes| fetched(vec![object(bytes)], 1)[0].open(&Meter::default()).read_to_end(&mut Vec::new());
        assert_eq!(read(3).unwrap(), 3);
        assert_eq!(read(5).unwrap_err().to_string(), "only 3 of 5 bytes arrived");
        assert_eq!(read(2).unwrap_err().to_string(), "more bytes arrived than were requested");
    }

    #[test]
    fn nobody_waits_for_a_thread_that_is_gone() {
        struct Panics;
        impl Remote for Panics {
            fn read(&self, _: Range<u64>, _: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
                panic!("no luck")
            }
        }
        let object = RemoteObject { name: "x".into(), bytes: 2 * PIECE_BYTES, remote: Arc::new(Panics) };
        let error = fetched(vec![object], 1)[0].open(&Meter::default()).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the thread that fetched it has panicked");
    }

    #[test]
    fn nothing_is_fetched_that_nobody_wants_any_more() {
        struct Endless(Arc<AtomicUsize>, std::sync::mpsc::SyncSender<()>);
        impl Remote for Endless {
            fn read(&self, range: Range<u64>, sink: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
                self.0.fetch_add(1, Ordering::Relaxed);
                // Waits for the test.
                let _ = self.1.send(());
                sink(&vec![0; (range.end - range.start) as usize])
            }
        }
        let (count, (sender, receiver)) = (Arc::new(AtomicUsize::new(0)), std::sync::mpsc::sync_channel(0));
        let remote = Arc::new(Endless(count.clone(), sender));
        let sources = fetched(vec![RemoteObject { name: "x".into(), bytes: 100 * PIECE_BYTES, remote: remote.clone() }], 1);
        receiver.recv().unwrap();
        drop(sources);
        drop(receiver);
        // The thread holds the object.
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        while Arc::strong_count(&remote) > 1 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(Arc::strong_count(&remote), 1);
        assert!(count.load(Ordering::Relaxed) <= 2);
    }
}
