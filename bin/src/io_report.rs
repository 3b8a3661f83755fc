//! What reading the data cost, and what would make it cheaper: one line for people, an object for programs.

use sapwood_readers::IoStats;
use serde_json::{Value, json};

/// The reading of a job's data.
pub struct IoReport {
    stats: IoStats,
    /// Seconds from the first file to the last bin.
    seconds: f64,
    threads: usize,
}

/// Above this share of waiting, reading is what takes the time.
const WAITS: f64 = 0.5;

/// Shorter reading is not worth a change.
const WORTH_SECONDS: f64 = 2.0;

const MIB: u64 = 1 << 20;
/// Files below this size cost more to find and open than to read.
const SMALL_FILE: u64 = MIB;
const MANY_FILES: u64 = 200;
/// A file up to this size is on one server of a file system for Lustre, unless somebody striped it.
const ONE_SERVER: u64 = 1 << 30;
/// So many files keep the servers busy.
const ENOUGH_FILES: u64 = 8;

impl IoReport {
    /// `seconds` from the first file to the last bin, on so many threads.
    pub fn new(stats: IoStats, seconds: f64, threads: usize) -> Self {
        Self { stats, seconds, threads }
    }

    /// The share of the threads' time that went into waiting for bytes.
    fn waiting(&self) -> f64 {
        // Where there are fewer files than threads, several wait for one stream.
        let threads = self.threads as f64;
        let streams = threads.min(self.stats.files.max(1) as f64);
        let waited = self.stats.waited + self.stats.stalled * threads / streams;
        (waited / (self.seconds * threads).max(1e-9)).min(1.0)
    }

    fn bound_by(&self) -> &'static str {
        if self.waiting() > WAITS { "input" } else { "parsing" }
    }

    fn bytes_per_second(&self) -> f64 {
        self.stats.bytes_read as f64 / self.seconds.max(1e-9)
    }

    /// Whether anything was read.
    pub fn is_empty(&self) -> bool {
        self.stats.bytes_read == 0
    }

    /// `read 257.6 MB from 1 file in 1.3 s (198 MB/s); bound by parsing`, with what to do where there is something.
    pub fn line(&self) -> String {
        let IoStats { files, cold_files, bytes_read, .. } = self.stats;
        let cold = if cold_files == 0 { String::new() } else { format!(", {cold_files} of them cold") };
        let advice = self.advice().map_or(String::new(), |advice| format!("; {advice}"));
        let files = match files {
            0 => String::new(),
            1 => " from 1 file".to_string(),
            _ => format!(" from {files} files"),
        };
        format!(
            "read {}{files}{cold} in {:.1} s ({}/s); bound by {}{advice}",
            bytes(bytes_read as f64),
            self.seconds,
            bytes(self.bytes_per_second()),
            self.bound_by()
        )
    }

    /// What to change, where reading takes the time and something can be done.
    fn advice(&self) -> Option<String> {
        let IoStats { files, file_bytes, largest_file, fetched_files, cold_files, cold_bytes, .. } = self.stats;
        if self.waiting() <= WAITS || files == 0 || self.seconds < WORTH_SECONDS {
            return None;
        }
        let mean = file_bytes / files;
        if fetched_files > 0 {
            return Some(
                "the data came from S3: run in the bucket's region, or keep their bins for the next job (--cache DIR)".to_string(),
            );
        }
        if cold_files > 0 {
            return Some(format!(
                "{} were not on the file system yet: fetch them before the job (lfs hsm_restore)",
                bytes(cold_bytes as f64)
            ));
        }
        if files >= MANY_FILES && mean < SMALL_FILE {
            return Some(format!("{files} files of {} on average: write fewer, of at least 100 MB", bytes(mean as f64)));
        }
        if files < ENOUGH_FILES && largest_file > ONE_SERVER {
            return Some(format!("write at least {ENOUGH_FILES} files, or stripe large ones (lfs setstripe -c 4)"));
        }
        (files < ENOUGH_FILES && file_bytes > ENOUGH_FILES * 64 * MIB)
            .then(|| format!("write at least {ENOUGH_FILES} files: one below 1 GiB lies on one server"))
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let stats = &self.stats;
        json!({
            "files": stats.files,
            "file_bytes": stats.file_bytes,
            "bytes_read": stats.bytes_read,
            "seconds": self.seconds,
            "bytes_per_second": self.bytes_per_second(),
            "fetched_files": stats.fetched_files,
            "cold_files": stats.cold_files,
            "cold_bytes": stats.cold_bytes,
            "open_seconds": stats.open,
            "slowest_open_seconds": stats.slowest_open,
            "waiting_share": self.waiting(),
            "bound_by": self.bound_by(),
            "advice": self.advice(),
        })
    }
}

/// A number of bytes with the unit that suits it.
fn bytes(number: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| number >= *unit).unwrap_or((1.0, "B"));
    if unit == 1.0 { format!("{number:.0} {name}") } else { format!("{:.1} {name}", number / unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(stats: IoStats) -> IoReport {
        IoReport::new(stats, 10.0, 4)
    }

    #[test]
    fn what_takes_the_time_is_named_and_advice_fits_it() {
        let large = IoStats { files: 2, file_bytes: 6 << 30, largest_file: 3 << 30, bytes_read: 6 << 30, ..IoStats::default() };
        let parsing = report(IoStats { waited: 2.0, ..large });
        assert_eq!(parsing.line(), "read 6.4 GB from 2 files in 10.0 s (644.2 MB/s); bound by parsing");
        let waiting = IoStats { waited: 36.0, ..large };
        assert!(
            report(waiting).line().ends_with("bound by input; write at least 8 files, or stripe large ones (lfs setstripe -c 4)")
        );
        // One of four threads reads a stream, and the others wait for it.
        let stalled = IoStats { stalled: 6.0, files: 1, ..large };
        assert!(report(stalled).line().contains("bound by input"));
        assert!(report(IoStats { stalled: 6.0, files: 4, ..large }).line().contains("bound by parsing"));
        let cold = IoStats { cold_files: 2, cold_bytes: 6 << 30, ..waiting };
        assert!(report(cold).line().contains("2 files, 2 of them cold in"));
        assert!(report(cold).advice().is_some_and(|advice| advice.contains("lfs hsm_restore")));
        let many = IoStats { files: 9000, file_bytes: 9000 << 14, largest_file: 1 << 20, waited: 40.0, ..IoStats::default() };
        assert!(report(many).advice().is_some_and(|advice| advice.starts_with("9000 files of 16.4 kB on average")));
        let fine = IoStats { files: 40, file_bytes: 40 << 28, largest_file: 1 << 28, waited: 40.0, ..IoStats::default() };
        assert_eq!(report(fine).advice(), None);
        let fetched = IoStats { files: 1, fetched_files: 1, waited: 40.0, ..IoStats::default() };
        assert!(report(fetched).advice().is_some_and(|advice| advice.contains("the bucket's region")));
    }

    #[test]
    fn nothing_read_is_no_division_by_zero() {
        let nothing = IoReport::new(IoStats::default(), 0.0, 1);
        assert_eq!(nothing.line(), "read 0 B in 0.0 s (0 B/s); bound by parsing");
        assert_eq!(nothing.json()["waiting_share"], 0.0);
    }
}
