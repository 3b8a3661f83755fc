//! A search for the parameters that learn a data set best: random trials, of which the poor ones are stopped early.
//!
//! [`Space`] says which parameters are searched, and where; [`Judges`] are the rows that trials are judged by: folds, or a validation set, over
//! bins that all trials share; [`search`] draws trials and judges them, in a way that depends on the seed and on no clock or thread.

mod deadline;
mod defaults;
mod halving;
mod judges;
mod parts;
mod search;
mod space;

pub use deadline::Deadline;
pub use defaults::with_defaults;
pub use judges::{Judgement, Judges};
pub use parts::Parts;
pub use search::{Found, Search, TRIALS, Trial, search};
pub use space::Space;

#[cfg(test)]
mod tests;
