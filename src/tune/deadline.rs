//! The time that a search may take.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// When a search has to stop, so that its model can still be trained in time.
#[derive(Debug)]
pub struct Deadline {
    started: Instant,
    budget: Duration,
    /// What the model takes, as the first trial took on as many rows as its folds learn from, all of them together.
    reserved: OnceLock<Duration>,
}

/// Of the budget, what reading the clock only between rounds and writing the model may take.
const MARGIN: f64 = 0.03;

impl Deadline {
    /// So long after a moment.
    pub fn new(started: Instant, budget: Duration) -> Self {
        Self { started, budget, reserved: OnceLock::new() }
    }

    /// The first trial took so long.
    pub fn reserve(&self, took: Duration) {
        // Later ones change nothing.
        let _ = self.reserved.set(took);
    }

    /// Whether the search is to stop now.
    pub fn is_near(&self) -> bool {
        let reserved = self.reserved.get().copied().unwrap_or_default();
        self.started.elapsed() + reserved > self.budget.mul_f64(1.0 - MARGIN)
    }
}
