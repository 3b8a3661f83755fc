//! The time that a search may take.

use super::trial::Trial;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When a search has to stop, so that its model can still be trained in time.
#[derive(Debug)]
pub struct Deadline {
    started: Instant,
    budget: Duration,
    /// When the search began.
    begun: Instant,
    /// What the first trial took on as many rows as its folds learn from, all of them together, for each of its rounds.
    of_round: OnceLock<Duration>,
    /// Nanoseconds that the model may take.
    reserved: AtomicU64,
}

/// Of the budget, what reading the clock only between rounds and writing the model may take.
const MARGIN: f64 = 0.03;

impl Deadline {
    /// So long after a moment. The search begins now.
    pub fn new(started: Instant, budget: Duration) -> Self {
        Self { started, budget, begun: Instant::now(), of_round: OnceLock::new(), reserved: AtomicU64::new(0) }
    }

    /// A trial was judged now, whose model may be the one to train.
    pub fn judged(&self, trial: &Trial) {
        if !trial.finished {
            return;
        }
        let rounds = trial.judgement.rounds.max(1) as u32;
        let of_round = self.of_round.get_or_init(|| self.begun.elapsed() / rounds);
        let needed = u64::try_from((*of_round * rounds).as_nanos()).unwrap_or(u64::MAX);
        self.reserved.fetch_max(needed, Ordering::Relaxed);
    }

    /// Whether the search is to stop now.
    pub fn is_near(&self) -> bool {
        let reserved = Duration::from_nanos(self.reserved.load(Ordering::Relaxed));
        self.started.elapsed() + reserved > self.budget.mul_f64(1.0 - MARGIN)
    }
}
