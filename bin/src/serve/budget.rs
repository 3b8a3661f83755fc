//! Memory that many requests share: the bodies that arrive, and the answers from before their rows are scored until their last byte is with
//! the system.

use super::refusal::Refusal;
use axum::http::StatusCode;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a permit of the semaphore stands for, bytes.
const UNIT: usize = 1 << 10;
/// What the HTTP library holds of an answer while the socket takes nothing: 16 pieces, and some text is wider than its numbers.
const BUFFERED: usize = 512 << 10;
/// A number in memory, and about what its text takes.
const NUMBER: usize = size_of::<f64>();
const TEXT: usize = 32;

/// An amount of memory.
pub struct Budget {
    free: Arc<Semaphore>,
    units: usize,
}

/// A part of it; to be dropped with what it is for.
pub type Share = OwnedSemaphorePermit;

/// The part of one answer; to be dropped with it.
pub type Reservation = Arc<Share>;

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes).unwrap_or(usize::MAX) / UNIT;
        // Semaphores count in u32 where several permits are taken at once.
        let units = units.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self { free: Arc::new(Semaphore::new(units)), units }
    }

    /// Bytes that are taken.
    pub fn taken(&self) -> u64 {
        (self.units - self.free.available_permits()) as u64 * UNIT as u64
    }

    /// So many bytes, unless others have them.
    pub fn take(&self, bytes: usize) -> Option<Share> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
        self.free.clone().try_acquire_many_owned(units).ok()
    }

    /// Memory for an answer of so many numbers.
    ///
    /// # Errors
    /// 413 where all of the memory would not do, 503 where other answers have it.
    pub fn reserve(&self, numbers: usize) -> Result<Reservation, Refusal> {
        let bytes = numbers.saturating_mul(NUMBER).saturating_add(numbers.saturating_mul(TEXT).min(BUFFERED));
        let units = bytes.div_ceil(UNIT);
        if units > self.units {
            let message = format!(
                "the answer would take {units} KiB of memory, all answers may take {} KiB; send fewer rows per request, or raise \
                 SAPWOOD_MAX_ANSWER_MEMORY_MB",
                self.units
            );
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        self.take(bytes).map(Arc::new).ok_or_else(|| {
            let message = "answers that clients have not read yet fill the memory; try again, or add instances";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_comes_back() {
        let budget = Budget::new(1 << 20);
        let status = |numbers| budget.reserve(numbers).map(drop).map_err(|refusal| refusal.status.as_u16());
        let held = budget.reserve(60_000).unwrap();
        assert_eq!((status(1), status(60_000)), (Ok(()), Err(503)));
        let piece = held.clone();
        drop(held);
        assert_eq!(status(60_000), Err(503));
        drop(piece);
        assert_eq!(status(60_000), Ok(()));
        assert_eq!((status(1 << 17), status(usize::MAX)), (Err(413), Err(413)));
        assert_eq!(budget.taken(), 0);
        let share = budget.take(1500);
        assert!(share.is_some() && budget.taken() == 2048 && budget.take(1 << 20).is_none() && budget.take(usize::MAX).is_none());
    }
}
