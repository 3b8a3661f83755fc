//! Memory that somebody else owns, an array of numpy's or Arrow's, and the engine reads without the interpreter.
#![expect(unsafe_code, reason = "somebody else owns the memory; each block says what keeps it alive")]

use std::ops::Deref;
use std::sync::Arc;

/// Values that stay where they are.
///
/// Whoever made them must not change them while they are read. A change does no more harm than wrong numbers: nothing is
/// trusted that was checked on an earlier look.
pub struct Foreign<T> {
    values: *const T,
    len: usize,
    /// Keeps the memory alive.
    _owner: Arc<dyn Send + Sync>,
}

// SAFETY: the values are only read, and the owner may be dropped on any thread.
unsafe impl<T: Sync> Send for Foreign<T> {}
// SAFETY: the same.
unsafe impl<T: Sync> Sync for Foreign<T> {}

impl<T: Copy> Foreign<T> {
    /// # Safety
    /// `owner` keeps `len` values at `values`, aligned, alive and in place.
    pub unsafe fn new(values: *const T, len: usize, owner: Arc<dyn Send + Sync>) -> Self {
        Self { values, len, _owner: owner }
    }
}

impl<T> Deref for Foreign<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self.len {
            0 => &[],
            // SAFETY: as `new` demands.
            len => unsafe { std::slice::from_raw_parts(self.values, len) },
        }
    }
}

/// Values that are somebody else's or ours.
pub enum Buffer<T> {
    Foreign(Foreign<T>),
    Owned(Vec<T>),
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Foreign(values) => values,
            Self::Owned(values) => values,
        }
    }
}
