//! Damaged requests and files by the thousand: read or refused, never a defect, a signal or much memory. `scripts/check-hostile-input`
//! runs this with more of them than the tests do; a failure says how to run its one input again.

mod bombs;
pub mod damage;
mod dictionaries;
mod files;
mod requests;
mod unfolding;

use std::ops::Range;

/// How many inputs, and which.
struct Plan {
    seed: u64,
    count: usize,
    only: Option<usize>,
}

impl Plan {
    /// What the environment says; by default `count` inputs.
    fn of(count: usize) -> Self {
        let number =
            |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap_or_else(|e| panic!("{name}={text}: {e}")));
        // Half of them are requests, half files.
        let count = number("HOSTILE_INPUTS").map_or(count, |all| all as usize / 2);
        Self { seed: number("HOSTILE_SEED").unwrap_or(1), count, only: number("HOSTILE_ONLY").map(|only| only as usize) }
    }

    /// The numbers of the inputs.
    fn numbers(&self) -> Range<usize> {
        self.only.map_or(0..self.count, |only| only..only + 1)
    }

    /// How to run one of them again.
    fn again(&self, test: &str, number: usize) -> String {
        format!("run it again: HOSTILE_SEED={} HOSTILE_ONLY={number} scripts/test --test tests hostile::{test}", self.seed)
    }
}
