//! How many features there may be: each costs memory and time, though no row has a value for it.

use crate::memory;
use crate::{Error, Result};

/// The largest number of features. A model has a name for each.
pub(super) const MOST_FEATURES: usize = 1 << 23;

/// Up to so many features, or so many for each value that there is, cost little.
const CHEAP: usize = 1 << 18;
const FOR_EACH_VALUE: usize = 8;

/// Refuses more features than there may be, and more than memory holds; known before the values are read.
pub(super) fn check_most(features: usize, place: &str) -> Result<()> {
    if features > MOST_FEATURES {
        let what = format!("more than {MOST_FEATURES} features: {place}: there are {features}");
        return Err(Error::data(what).with_remedy("leave some out, or hash them to fewer"));
    }
    memory::check_features(features as u64)
}

/// Refuses a number of features that the highest index asks for and the values cannot need.
pub(super) fn check(width: usize, highest: u32, values: usize, place: &str) -> Result<()> {
    check_most(width, place)?;
    if width <= CHEAP.max(values.saturating_mul(FOR_EACH_VALUE)) {
        return Ok(());
    }
    let what =
        format!("index {highest} with only {values} values in all rows: {place}: nearly all of {width} features would be empty");
    Err(Error::data(what).with_remedy("give indices to the features that there are, one after the other, or hash them to fewer"))
}
