//! A search for the parameters that learn a data set best: random trials, of which the poor ones are stopped early.
//!
//! [`Space`] says which parameters are searched, and where; [`Judges`] are the rows that trials are judged by: folds, or a validation set, over
//! bins that all trials share; [`search`] draws trials and judges them, in a way that depends on the seed and on no clock or thread.

mod halving;
mod judges;
mod search;
mod space;

pub use judges::{Judgement, Judges};
pub use search::{Found, Search, Trial, search};
pub use space::Space;

#[cfg(test)]
mod tests;
