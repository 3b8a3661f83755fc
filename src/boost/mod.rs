//! Boosting: the loop over rounds.

mod events;
mod trainer;

pub use events::{Observer, RoundReport};
pub use trainer::{Phases, Trained, Trainer};
