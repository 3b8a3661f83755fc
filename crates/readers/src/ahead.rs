//! [`Ahead`]: a file read by several threads ahead of whoever reads it, each a range of its own at a time.
//!
//! One thread that reads and parses in turn leaves a file system idle while it parses, and asks one server of a striped file at a time.

use super::meter::Meter;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

/// Bytes of a range: a multiple of the stripes of Lustre, and what its clients read best.
const RANGE_BYTES: usize = 4 << 20;

/// Threads that read a file.
const THREADS: usize = 4;

/// Shorter files are read by whoever wants them.
pub(super) const FROM_BYTES: u64 = 4 * RANGE_BYTES as u64;

/// A file's bytes in order.
pub(super) struct Ahead {
    lanes: Vec<Lane>,
    /// The lane of the next range.
    next: usize,
    range: Vec<u8>,
    position: usize,
    meter: Meter,
    done: bool,
}

/// A thread that reads every so-many-th range.
struct Lane {
    ranges: Receiver<io::Result<Vec<u8>>>,
    /// Gives the thread its memory back.
    used: SyncSender<Vec<u8>>,
}

impl Ahead {
    /// Starts to read a part of a file, which may end before the part does.
    ///
    /// # Errors
    /// The system refuses the threads.
    pub fn new(file: File, part: Range<u64>, meter: &Meter) -> io::Result<Self> {
        Self::of(&Arc::new(file), &part, meter)
    }

    fn of(file: &Arc<File>, part: &Range<u64>, meter: &Meter) -> io::Result<Self> {
        let start = |lane| Lane::start(lane, file.clone(), part.clone(), meter.clone());
        let lanes = (0..THREADS).map(start).collect::<io::Result<_>>()?;
        Ok(Self { lanes, next: 0, range: Vec::new(), position: 0, meter: meter.clone(), done: false })
    }

    /// Takes the next range. A short one is the last, as is an error.
    fn advance(&mut self) -> io::Result<()> {
        let lane = &self.lanes[self.next];
        let _ = lane.used.try_send(std::mem::take(&mut self.range));
        let started = Instant::now();
        let range =
            lane.ranges.recv().unwrap_or_else(|_| Err(io::Error::other("a thread that reads ahead has ended unexpectedly")));
        self.meter.stalled(started.elapsed());
        self.next = (self.next + 1) % THREADS;
        self.done = range.as_ref().map_or(true, |range| range.len() < RANGE_BYTES);
        self.position = 0;
        self.range = range?;
        Ok(())
    }
}

impl Read for Ahead {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position == self.range.len() && !self.done && !bytes.is_empty() {
            self.advance()?;
        }
        let read = (&self.range[self.position..]).read(bytes)?;
        self.position += read;
        Ok(read)
    }
}

impl Lane {
    fn start(lane: usize, file: Arc<File>, part: Range<u64>, meter: Meter) -> io::Result<Self> {
        // Nothing is queued: what is read waits with its thread until it is wanted.
        let (sender, ranges) = sync_channel(0);
        let (used, memory) = sync_channel::<Vec<u8>>(1);
        let read_all = move || {
            for range in (lane as u64..).step_by(THREADS) {
                let mut bytes = memory.try_recv().unwrap_or_default();
                let begin = part.end.min(part.start.saturating_add(range * RANGE_BYTES as u64));
                let wanted = (part.end - begin).min(RANGE_BYTES as u64) as usize;
                let read = read_range(&file, begin, wanted, &mut bytes, &meter).map(|()| bytes);
                let is_last = read.as_ref().map_or(true, |bytes| bytes.len() < RANGE_BYTES);
                // Nobody listens any more where a reader was dropped early.
                if sender.send(read).is_err() || is_last {
                    break;
                }
            }
        };
        std::thread::Builder::new().name(format!("ahead-{lane}")).spawn(read_all)?;
        Ok(Self { ranges, used })
    }
}

/// Reads a range of `wanted` bytes; less of it only at the end of the file.
fn read_range(file: &File, offset: u64, wanted: usize, bytes: &mut Vec<u8>, meter: &Meter) -> io::Result<()> {
    bytes.resize(wanted, 0);
    let mut filled = 0;
    while filled < wanted {
        match meter.read(false, || file.read_at(&mut bytes[filled..], offset + filled as u64)) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn bytes_come_in_order_and_all_of_them() {
        for length in [0, 1, RANGE_BYTES - 1, RANGE_BYTES, RANGE_BYTES + 1, 5 * RANGE_BYTES + 12_345, THREADS * RANGE_BYTES] {
            let bytes: Vec<u8> = (0..length).map(|at| (at / 3 + at / 70_001) as u8).collect();
            for part in [0..u64::MAX, 0..length as u64, 5..length as u64 / 2 + 5] {
                let meter = Meter::default();
                let mut read = Vec::new();
                Ahead::new(file(&bytes), part.clone(), &meter).unwrap().read_to_end(&mut read).unwrap();
                let (begin, end) = ((part.start as usize).min(length), (part.end.min(length as u64)) as usize);
                assert!(read == bytes[begin..end.max(begin)], "{part:?} of {length}");
                assert_eq!(meter.stats().bytes_read, read.len() as u64);
            }
        }
    }

    #[test]
    fn a_reader_that_is_dropped_early_leaves_no_thread_waiting() {
        let file = Arc::new(file(&vec![7; 3 * THREADS * RANGE_BYTES]));
        for _ in 0..5 {
            Ahead::of(&file, &(0..u64::MAX), &Meter::default()).unwrap().read_exact(&mut [0; 100]).unwrap();
        }
        // Every thread holds the file.
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        while Arc::strong_count(&file) > 1 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(Arc::strong_count(&file), 1);
    }
}
