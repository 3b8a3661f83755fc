//! [`Workers`]: how many threads grow trees.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of threads that are growing trees, of all those that grow at a time.
#[derive(Debug, Default)]
pub(super) struct Workers(AtomicUsize);

impl Workers {
    /// How many threads have no tree to work on. It is but an estimate while others come and go.
    pub fn idle(&self) -> usize {
        rayon::current_num_threads().saturating_sub(self.0.load(Ordering::Relaxed))
    }

    /// Some threads take up work.
    pub fn add(&self, count: usize) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// One has found no more.
    pub fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
