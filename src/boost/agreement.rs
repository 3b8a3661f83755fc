//! What ranks must have in common before they train together, although each sees its own rows only.

use crate::collective::{self, Collective};
use crate::data::Targets;
use crate::{Dataset, Error, Params, Result};
use std::borrow::Cow;

/// Checks that all ranks train with the same parameters on data sets of the same names, features and classes.
///
/// # Errors
/// What is not the same on all ranks.
pub(super) fn check_job(ranks: &dyn Collective, params: &Params, sets: &[(&str, &Dataset)]) -> Result<()> {
    let names: Vec<_> = sets.iter().map(|(name, _)| *name).collect();
    let mut parts = vec![
        ("parameters".to_string(), format!("{:?} {}", params.model_affecting(), params.num_round)),
        ("data sets".to_string(), format!("{names:?}")),
    ];
    let set = |(name, data): &(&str, &Dataset)| {
        (format!("columns of the {name} data"), format!("{:?} {:?}", data.schema().features, data.classes()))
    };
    parts.extend(sets.iter().map(set));
    check_same(ranks, &parts)
}

/// Checks that texts, each with a name, are the same on all ranks.
///
/// # Errors
/// The first text that differs from that on rank 0.
pub(super) fn check_same(ranks: &dyn Collective, texts: &[(String, String)]) -> Result<()> {
    if ranks.is_alone() {
        return Ok(());
    }
    let checksums: Vec<u64> = texts.iter().map(|(_, text)| u64::from(crc32fast::hash(text.as_bytes()))).collect();
    let gathered: Vec<_> =
        ranks.all_gather(bytemuck::cast_slice(&checksums)).iter().map(|bytes| collective::words(bytes)).collect();
    for (position, (name, _)) in texts.iter().enumerate() {
        if let Some(rank) = gathered.iter().position(|other| other.get(position) != gathered[0].get(position)) {
            return Err(Error::schema(format!("the {name} of host {} are not those of host 1; give all hosts the same", rank + 1)));
        }
    }
    Ok(())
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
