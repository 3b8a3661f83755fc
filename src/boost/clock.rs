//! [`Clock`]: how long a job has been at work, for a `time_budget`.

use std::time::{Duration, Instant};

/// Tells how long a job has been at work. Two calls never tell less the second time.
pub trait Clock: Send + Sync {
    /// The time since the job began.
    fn elapsed(&self) -> Duration;
}

/// The time since a moment, and what was spent before it.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    started: Instant,
    before: Duration,
}

impl Since {
    /// Begins at a moment.
    pub fn new(started: Instant) -> Self {
        Self { started, before: Duration::ZERO }
    }

    /// Counts what an earlier run of the same job spent.
    #[must_use]
    pub fn after(self, before: Duration) -> Self {
        Self { before, ..self }
    }
}

impl Clock for Since {
    fn elapsed(&self) -> Duration {
        self.before + self.started.elapsed()
    }
}
