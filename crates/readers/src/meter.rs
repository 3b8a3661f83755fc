//! [`Meter`]: what reading files cost, summed over threads, and what would make it cheaper to know.

use rustix::fs::{Advice, fadvise};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts what is read with the same [`ReadOptions`](super::ReadOptions). Clones count together.
#[derive(Clone, Default)]
pub struct Meter {
    counters: Arc<Counters>,
    /// Whether bytes are read for a look only, which does not count them.
    looks: bool,
}

#[derive(Default)]
struct Counters {
    bytes: AtomicU64,
    waited: AtomicU64,
    stalled: AtomicU64,
    touched: Mutex<Touched>,
}

/// What the first look at the files said.
#[derive(Clone, Copy, Debug, Default)]
struct Touched {
    files: u64,
    file_bytes: u64,
    largest: u64,
    fetched_files: u64,
    cold_files: u64,
    cold_bytes: u64,
    slowest_open: Duration,
    open: Duration,
}

impl Touched {
    fn count(&mut self, bytes: u64) {
        self.files += 1;
        self.file_bytes += bytes;
        self.largest = self.largest.max(bytes);
    }
}

/// What has been read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IoStats {
    /// Files of the data sets.
    pub files: u64,
    /// Their sizes together, bytes.
    pub file_bytes: u64,
    /// The size of the largest, bytes.
    pub largest_file: u64,
    /// Files of a store elsewhere.
    pub fetched_files: u64,
    /// Files that had hardly any blocks when they were first looked at: their content was still elsewhere, as that of files that a file
    /// system for Lustre imports from S3.
    pub cold_files: u64,
    /// The sizes of these, bytes.
    pub cold_bytes: u64,
    /// Seconds that the slowest first open and first byte of a file took.
    pub slowest_open: f64,
    /// Seconds from the first file's open to the last one's first byte.
    pub open: f64,
    /// Bytes read to be parsed, every pass over the data counted; a look at a file's beginning, to find its format, is none.
    pub bytes_read: u64,
    /// Seconds that threads which look or parse waited for bytes of their own, summed over threads.
    pub waited: f64,
    /// Seconds that files which are read as streams stood still, summed over files: not one thread waits then but all that parse the file.
    pub stalled: f64,
}

impl Meter {
    /// What has been read so far.
    pub fn stats(&self) -> IoStats {
        let touched = *self.counters.touched.lock().unwrap_or_else(PoisonError::into_inner);
        IoStats {
            files: touched.files,
            file_bytes: touched.file_bytes,
            largest_file: touched.largest,
            fetched_files: touched.fetched_files,
            cold_files: touched.cold_files,
            cold_bytes: touched.cold_bytes,
            slowest_open: touched.slowest_open.as_secs_f64(),
            open: touched.open.as_secs_f64(),
            bytes_read: self.counters.bytes.load(Ordering::Relaxed),
            waited: seconds(&self.counters.waited),
            stalled: seconds(&self.counters.stalled),
        }
    }

    /// The same meter for whoever looks at files before they are read: it counts the time that this takes, and no bytes.
    pub(super) fn for_looks(&self) -> Self {
        Self { looks: true, ..self.clone() }
    }

    /// Counts what `read` reads, and the time it takes if a thread that parses waits for it.
    pub(super) fn read(&self, waits: bool, read: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
        let started = Instant::now();
        let bytes = read()?;
        if !self.looks {
            self.counters.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        if waits {
            self.waited(started.elapsed());
        }
        Ok(bytes)
    }

    /// Counts bytes that are parsed and were read before, for a look.
    pub(super) fn known(&self, bytes: u64) {
        self.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts time that a thread which parses waited.
    pub(super) fn waited(&self, time: Duration) {
        add(&self.counters.waited, time);
    }

    /// Counts time that the stream of a file stood still.
    pub(super) fn stalled(&self, time: Duration) {
        add(&self.counters.stalled, time);
    }

    /// Counts a file of a store elsewhere.
    pub(super) fn fetched(&self, bytes: u64) {
        let mut touched = self.counters.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.count(bytes);
        touched.fetched_files += 1;
    }

    /// Counts a file that was opened, and read from, for the first time: `since` is when the first one was.
    pub(super) fn touched(&self, metadata: &Metadata, took: Duration, since: Instant) {
        let mut touched = self.counters.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let length = metadata.len();
        touched.count(length);
        if is_cold(metadata) {
            touched.cold_files += 1;
            touched.cold_bytes += length;
        }
        touched.slowest_open = touched.slowest_open.max(took);
        touched.open = since.elapsed();
    }
}

fn add(nanoseconds: &AtomicU64, time: Duration) {
    nanoseconds.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

fn seconds(nanoseconds: &AtomicU64) -> f64 {
    Duration::from_nanos(nanoseconds.load(Ordering::Relaxed)).as_secs_f64()
}

/// The meters of different reads do not make them different.
impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}

/// Small files may lie in the directory itself, without a block.
const SMALLEST_WITH_BLOCKS: u64 = 1 << 16;

/// Whether the file has far fewer blocks than its size needs.
fn is_cold(metadata: &Metadata) -> bool {
    metadata.len() >= SMALLEST_WITH_BLOCKS && metadata.blocks().saturating_mul(512) < metadata.len() / 8
}

/// Asks the system to read no more of a file than it is asked for. Else it reads on, by as much as several megabytes, and leaves marks in what it has read
/// at which it reads on again. Where it takes no advice, it does.
pub(super) fn read_no_further(file: &File) {
    let _ = fadvise(file, 0, None, Advice::Random);
}

/// The metadata of an open file, and its first byte, which may take long.
pub(super) fn first_byte(file: &File) -> io::Result<Metadata> {
    use std::os::unix::fs::FileExt;
    // Before the byte is there: reading it may fetch the whole file.
    let metadata = file.metadata()?;
    read_no_further(file);
    file.read_at(&mut [0], 0)?;
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn files_with_hardly_a_block_are_cold() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 4096]).unwrap();
        assert!(!is_cold(&first_byte(&file).unwrap()), "small files may be anywhere");
        file.set_len(1 << 20).unwrap();
        assert!(is_cold(&first_byte(&file).unwrap()), "most of it is a hole");
        file.write_all(&vec![1; 1 << 20]).unwrap();
        file.sync_all().unwrap();
        assert!(!is_cold(&first_byte(&file).unwrap()));
    }

    #[test]
    fn clones_count_together() {
        let meter = Meter::default();
        assert_eq!(meter.clone().read(true, || Ok(7)).unwrap(), 7);
        meter.read(false, || Ok(5)).unwrap();
        assert!(meter.read(true, || Err(io::Error::other("broken"))).is_err());
        assert_eq!(meter.stats().bytes_read, 12);
    }

    #[test]
    fn looks_take_time_and_no_bytes() {
        let meter = Meter::default();
        let slow = || {
            std::thread::sleep(Duration::from_millis(1));
            Ok(7)
        };
        assert_eq!(meter.for_looks().read(true, slow).unwrap(), 7);
        assert_eq!(meter.stats().bytes_read, 0);
        assert!(meter.stats().waited >= 0.001);
        meter.read(true, || Ok(7)).unwrap();
        assert_eq!(meter.stats().bytes_read, 7);
    }
}
