//! Boosting: the loop over rounds.

mod bins;
mod buffers;
mod checkpoint;
mod early_stopping;
mod events;
mod fingerprint;
mod row_order;
mod row_sampling;
mod scores;
mod trainer;
mod training;

pub use bins::Bins;
pub use checkpoint::Checkpoint;
pub use early_stopping::{Decision, EarlyStopping};
pub use events::{Observer, RoundReport};
pub use fingerprint::Fingerprint;
pub use trainer::{Phases, Trained, Trainer, threads};

#[cfg(test)]
mod tests;
