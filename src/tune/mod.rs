//! A search for the parameters that learn a data set best: trials, random ones and such that are near good ones, of which the poor are judged by few folds.
//!
//! [`Space`] says which parameters are searched, and where; [`Judges`] are the rows that trials are judged by: folds, or a validation set, over
//! bins that all trials share; [`search`] draws trials and judges them, in a way that depends on the seed and on no clock or thread.

mod deadline;
mod defaults;
mod judges;
mod parts;
mod parzen;
mod proposals;
mod rungs;
mod search;
mod space;
mod trial;

pub use deadline::Deadline;
pub use judges::{Judgement, Judges};
pub use parts::Parts;
pub use search::{Found, search};
pub use space::Space;
pub use trial::{Search, Trial};

#[cfg(test)]
mod tests;
