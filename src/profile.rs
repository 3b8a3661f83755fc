//! [`Profile`]: where the time of training goes, and how much work it was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A part of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Gradients,
    Histograms,
    Scan,
    Partition,
    Leaves,
    Score,
    Reorder,
}

const PHASES: usize = Phase::Reorder as usize + 1;

/// Collects what becomes a [`Profile`]. Any number of threads may use it at a time.
#[derive(Debug)]
pub(crate) struct Profiler {
    threads: u64,
    /// Nanoseconds, added up over threads.
    nanos: [AtomicU64; PHASES],
    rows_visited: AtomicU64,
    histogram_adds: AtomicU64,
}

impl Profiler {
    /// Nothing yet, of training on `threads` threads.
    pub fn new(threads: usize) -> Self {
        Self {
            threads: threads as u64,
            nanos: Default::default(),
            rows_visited: AtomicU64::new(0),
            histogram_adds: AtomicU64::new(0),
        }
    }

    /// Runs a task of one thread. It must wait for no other thread: while it waited, its thread might take up a task of another phase.
    pub fn task<T>(&self, phase: Phase, task: impl FnOnce() -> T) -> T {
        self.timed(phase, 1, task)
    }

    /// Runs a step that all threads take part in while nothing else goes on.
    pub fn step<T>(&self, phase: Phase, step: impl FnOnce() -> T) -> T {
        self.timed(phase, self.threads, step)
    }

    fn timed<T>(&self, phase: Phase, threads: u64, run: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = run();
        self.nanos[phase as usize].fetch_add(threads * started.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// Counts rows of a node whose histogram was built, and the additions that it took.
    pub fn count(&self, rows: usize, adds: usize) {
        self.rows_visited.fetch_add(rows as u64, Ordering::Relaxed);
        self.histogram_adds.fetch_add(adds as u64, Ordering::Relaxed);
    }

    /// What was collected, in `total` seconds of training.
    pub fn profile(&self, total: f64) -> Profile {
        let mut seconds = [0.0; PHASES + 1];
        for (seconds, nanos) in seconds.iter_mut().zip(&self.nanos) {
            *seconds = nanos.load(Ordering::Relaxed) as f64 * 1e-9 / self.threads as f64;
        }
        let busy: f64 = seconds.iter().sum();
        seconds[PHASES] = (total - busy).max(0.0);
        Profile {
            seconds,
            rows_visited: self.rows_visited.load(Ordering::Relaxed),
            histogram_adds: self.histogram_adds.load(Ordering::Relaxed),
        }
    }
}

/// The seconds of training by phase, and how much was done. Time in which several threads worked side by side counts once: the phases
/// add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Profile {
    seconds: [f64; PHASES + 1],
    /// Rows of the nodes whose histograms were built from rows, over all trees.
    pub rows_visited: u64,
    /// Additions of a row to a bin.
    pub histogram_adds: u64,
}

impl Profile {
    /// The seconds of each phase: `gradients` (derivatives of the loss, their quantisation, and drawing rows), `histograms` (adding rows,
    /// subtracting), `scan` (the best split of every node), `partition` (the rows of split nodes), `leaves` (their values), `score`
    /// (adding trees to margins), `reorder` (laying rows out anew, and some features by themselves), `idle` (threads waiting for each
    /// other, and all the rest).
    pub fn seconds(&self) -> impl Iterator<Item = (&'static str, f64)> {
        ["gradients", "histograms", "scan", "partition", "leaves", "score", "reorder", "idle"].into_iter().zip(self.seconds)
    }

    /// What came on top of an earlier profile of the same training.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            seconds: std::array::from_fn(|phase| self.seconds[phase] - earlier.seconds[phase]),
            rows_visited: self.rows_visited - earlier.rows_visited,
            histogram_adds: self.histogram_adds - earlier.histogram_adds,
        }
    }

    /// Additions per second of building histograms, all threads together; 0 if none were built.
    pub fn adds_per_second(&self) -> f64 {
        let seconds = self.seconds[Phase::Histograms as usize];
        if seconds > 0.0 { self.histogram_adds as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn phases_add_up_to_the_whole() {
        let profiler = Profiler::new(2);
        profiler.task(Phase::Scan, || std::thread::sleep(Duration::from_millis(20)));
        let early = profiler.profile(0.5);
        profiler.step(Phase::Gradients, || std::thread::sleep(Duration::from_millis(10)));
        profiler.count(5, 70);
        let profile = profiler.profile(1.5);
        assert!((1.49..1.51).contains(&profile.seconds().map(|(_, seconds)| seconds).sum::<f64>()), "{profile:?}");
        let [gradients, _, scan, ..] = profile.seconds;
        assert!(gradients >= 0.01 && scan >= 0.01, "{profile:?}");
        let later = profile.since(&early);
        assert_eq!((later.seconds[2], later.rows_visited, later.histogram_adds), (0.0, 5, 70));
    }
}
