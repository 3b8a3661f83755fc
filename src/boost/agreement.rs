//! What ranks must have in common before they train together, although each sees its own rows only.

use crate::collective::{self, Collective};
use crate::data::Targets;
use crate::{Dataset, Error, Result};
use std::borrow::Cow;

/// Checks that a data set has the same features, and labels of the same classes, on all ranks.
///
/// # Errors
/// The first rank that differs from rank 0.
pub(super) fn check_schema(ranks: &dyn Collective, name: &str, data: &Dataset) -> Result<()> {
    if ranks.is_alone() {
        return Ok(());
    }
    let checksum = crc32fast::hash(format!("{:?} {:?}", data.schema().features, data.classes()).as_bytes());
    let checksums = ranks.all_gather(&checksum.to_le_bytes());
    match checksums.iter().position(|other| *other != checksums[0]) {
        None => Ok(()),
        Some(rank) => Err(Error::schema(format!(
            "the columns of {name} on host {rank} are not those on host 0: give all hosts files of the same columns and categories"
        ))),
    }
}

/// The targets of a rank, with weights if any rank has them: one without rows may not know of them.
///
/// # Errors
/// Rows without weights on one rank, with weights on another.
pub(super) fn with_weights<'a>(ranks: &dyn Collective, targets: Cow<'a, Targets>) -> Result<Cow<'a, Targets>> {
    if !ranks.any(targets.weights.is_some()) || ranks.is_alone() {
        return Ok(targets);
    }
    let lacks = targets.weights.is_none();
    let result = match lacks && targets.rows > 0 {
        true => Err(Error::data("there are weights on other hosts, none on this one; give all files a weight column, or none")),
        false if lacks => Ok(Cow::Owned(Targets { weights: Some(Vec::new()), ..targets.into_owned() })),
        false => Ok(targets),
    };
    ranks.agree(result)
}

/// The label that all rows of all ranks have, if there is such a one.
pub(super) fn only_label(ranks: &dyn Collective, labels: &[f64]) -> Option<f64> {
    let differing: Vec<u64> = match labels.split_first() {
        Some((first, rest)) => {
            let other = rest.iter().find(|label| *label != first);
            [Some(first), other].into_iter().flatten().map(|label| label.to_bits()).collect()
        }
        None => Vec::new(),
    };
    let gathered = ranks.all_gather(bytemuck::cast_slice(&differing));
    let mut labels = gathered.iter().flat_map(|bytes| collective::words(bytes)).map(f64::from_bits);
    let first = labels.next()?;
    labels.all(|label| label == first).then_some(first)
}
