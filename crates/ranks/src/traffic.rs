//! [`Traffic`]: how much each collective operation was used.

use crate::progress::Operation;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What an operation was used for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// The operation.
    pub operation: &'static str,
    /// How often.
    pub calls: u64,
    /// What this rank sent, by the algorithm that sends least.
    pub bytes_sent: u64,
    /// Time in it, waiting for others counted.
    pub seconds: f64,
}

/// Counters of all operations.
#[derive(Debug, Default)]
pub struct Traffic(Mutex<Vec<Use>>);

impl Traffic {
    /// Counts a call.
    pub fn add(&self, operation: Operation, bytes: usize, time: Duration) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = operation.name();
        let known = uses.iter().position(|known| known.operation == operation).unwrap_or_else(|| {
            uses.push(Use { operation, calls: 0, bytes_sent: 0, seconds: 0.0 });
            uses.len() - 1
        });
        let counted = &mut uses[known];
        counted.calls += 1;
        counted.bytes_sent += bytes as u64;
        counted.seconds += time.as_secs_f64();
    }

    /// The counters of operations that were used.
    pub fn uses(&self) -> Vec<Use> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
