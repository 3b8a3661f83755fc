//! A shared pool of buffers. Fresh memory for every node costs page faults and cold caches, more than the histograms themselves.

use std::sync::{Mutex, PoisonError};

/// Buffers of words that were used before, last in first out.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: Mutex<Vec<Vec<u64>>>,
}

impl Pool {
    /// A buffer of at least `len` words with arbitrary contents.
    pub fn take(&self, len: usize) -> Vec<u64> {
        let mut buffer = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        if buffer.len() < len {
            // Fresh zeroed pages cost nothing until they are touched; growing in place would touch them all.
            buffer = vec![0; len];
        }
        buffer
    }

    /// Gives a buffer back.
    pub fn give(&self, buffer: Vec<u64>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}
