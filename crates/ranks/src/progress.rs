//! [`Progress`]: which collective operation a rank is in, or was in last.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The operations, by the number that stands for them on the wire.
const OPERATIONS: [&str; 7] =
    ["none", "broadcast", "all_reduce_sum", "all_reduce_max", "reduce_scatter_sum", "all_gather", "barrier"];

/// An operation of a collective, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operation(u8);

impl Operation {
    pub const BROADCAST: Self = Self(1);
    pub const ALL_REDUCE_SUM: Self = Self(2);
    pub const ALL_REDUCE_MAX: Self = Self(3);
    pub const REDUCE_SCATTER_SUM: Self = Self(4);
    pub const ALL_GATHER: Self = Self(5);
    pub const BARRIER: Self = Self(6);

    pub fn name(self) -> &'static str {
        OPERATIONS.get(usize::from(self.0)).copied().unwrap_or(OPERATIONS[0])
    }
}

/// How far a rank has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Operations that it has begun.
    pub calls: u64,
    /// The last of these.
    pub operation: Operation,
    /// Whether it is still in it.
    pub is_inside: bool,
}

impl Position {
    /// The bytes of a position on the wire.
    pub const BYTES: usize = 10;

    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.calls.to_le_bytes());
        bytes[8] = self.operation.0;
        bytes[9] = u8::from(self.is_inside);
        bytes
    }

    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (calls, rest) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self { calls: u64::from_le_bytes(*calls), operation: Operation(rest[0]), is_inside: rest[1] != 0 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, operation, is_inside } = self;
        match (calls, is_inside) {
            (0, _) => write!(f, "before its first collective operation"),
            (_, true) => write!(f, "in the collective operation {} ({calls})", operation.name()),
            (_, false) => write!(f, "at work after the collective operation {} ({calls})", operation.name()),
        }
    }
}

/// Where this rank is.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Position>);

impl Progress {
    pub fn enter(&self, operation: Operation) {
        let mut position = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *position = Position { calls: position.calls + 1, operation, is_inside: true };
    }

    pub fn leave(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_inside = false;
    }

    pub fn position(&self) -> Position {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_the_wire() {
        let progress = Progress::default();
        assert!(progress.position().to_string().contains("before its first"));
        progress.enter(Operation::ALL_GATHER);
        assert_eq!(Position::from_bytes(progress.position().to_bytes()), progress.position());
        assert_eq!(progress.position().to_string(), "in the collective operation all_gather (1)");
        progress.leave();
        assert_eq!(progress.position().to_string(), "at work after the collective operation all_gather (1)");
    }
}
