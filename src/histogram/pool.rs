//! Pools of buffers. Fresh memory for every node costs page faults and cold caches, more than the histograms themselves.

use crate::binning::BinnedMatrix;
use std::sync::{Mutex, PoisonError};

/// The buffers that trees over one matrix share: as many as were ever in use at a time.
#[derive(Debug)]
pub(crate) struct Pools {
    /// Whole nodes: two words a sum.
    pub nodes: Pool,
    /// Partial sums of large nodes: two words a sum of the largest tile there may be.
    pub partials: Pool,
}

impl Pools {
    /// Empty pools for the histograms of a matrix and of all that are selected from it, with `stride` sums a slot.
    pub fn new(matrix: &BinnedMatrix, stride: usize) -> Self {
        let pool = |slots: usize| Pool::new(2 * stride * slots);
        Self { nodes: pool(matrix.slots()), partials: pool(matrix.most_slots_of_a_tile()) }
    }
}

/// Buffers of one length that were used before, last in first out.
#[derive(Debug)]
pub(crate) struct Pool {
    len: usize,
    free: Mutex<Vec<Vec<u64>>>,
}

impl Pool {
    fn new(len: usize) -> Self {
        Self { len, free: Mutex::default() }
    }

    /// A buffer with arbitrary contents.
    pub fn take(&self) -> Vec<u64> {
        let used = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // Fresh zeroed pages cost nothing until they are touched.
        used.unwrap_or_else(|| vec![0; self.len])
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<u64>) {
        debug_assert_eq!(buffer.len(), self.len);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }

    /// The number of buffers that wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
