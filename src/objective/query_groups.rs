//! Query groups as a whole: what of them is to be put in order, their weights, one a group and on average 1, and gradients that lie group by
//! group.

use super::loss::{CHUNK, GradientPair};
use crate::collective::Collective;
use crate::data::{Groups, TargetsView};
use crate::numeric::Total;
use crate::simd::Simd;
use crate::{Dataset, Error, Params, Result};
use rayon::prelude::*;

/// Checks that all rows of a group have one weight.
///
/// # Errors
/// Two rows of a group with different weights.
pub(super) fn check(data: &Dataset, groups: &Groups) -> Result<()> {
    let Some(weights) = data.weights() else { return Ok(()) };
    for group in 0..groups.count() {
        let rows = groups.rows_of(group);
        let weight = |row: u32| weights[row as usize];
        if let Some(&other) = rows.iter().find(|&&row| weight(row) != weight(rows[0])) {
            let place = |row: u32| data.source().locate(row as usize);
            return Err(Error::data(format!(
                "rows of one query group have different weights: {} at {}, {} at {}; weights are those of groups: give all rows of a group the \
                 same",
                weight(rows[0]),
                place(rows[0]),
                weight(other),
                place(other)
            )));
        }
    }
    Ok(())
}

/// A warning where no group of any rank has rows of different grades.
pub(crate) fn nothing_to_rank(params: &Params, targets: TargetsView<'_>, ranks: &dyn Collective) -> Option<String> {
    let labels = targets.labels();
    let differs = |rows: &[u32]| rows.iter().any(|&row| labels[row as usize] != labels[rows[0] as usize]);
    let can_rank = targets.by_group().is_some_and(|groups| (0..groups.count()).any(|group| differs(groups.rows_of(group))));
    (params.objective.is_ranking() && !ranks.any(can_rank)).then(|| {
        "no query group has rows of different grades, so there is nothing to put in order: check group_column and label_column"
            .to_string()
    })
}

/// The weights of rows that are ranked, multiplied by a constant that makes those of groups 1 on average, as in XGBoost; `None` where there
/// are none, or where nothing is ranked.
///
/// # Errors
/// A CPU without what is asked for.
pub(crate) fn normalised_weights(params: &Params, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Option<Vec<f64>>> {
    let Some(weights) = targets.weights().filter(|_| params.objective.is_ranking()) else { return Ok(None) };
    let groups = targets.by_group();
    let count = groups.map_or(0, Groups::count);
    let mut of_groups: Vec<f64> =
        groups.into_iter().flat_map(|groups| (0..count).map(|group| weights[groups.rows_of(group)[0] as usize])).collect();
    let sum = Total::of(Simd::detect()?, &mut of_groups, None).on_all(ranks).value();
    let factor = ranks.sum(count as u64) as f64 / sum;
    Ok(Some(weights.iter().map(|weight| weight * factor).collect()))
}

/// Values that lie group by group, those of each group apart; of no values, none of each.
pub(super) fn split_by_group<'v, T>(values: &'v mut [T], groups: &Groups) -> Vec<&'v mut [T]> {
    let mut rest = values;
    let part = |group| rest.split_off_mut(..groups.range(group).len()).unwrap_or_default();
    (0..groups.count()).map(part).collect()
}

/// The gradients of all rows, out of those that lie group by group.
pub(super) fn pick_all(gradients: &[GradientPair], targets: TargetsView<'_>, out: &mut [GradientPair]) {
    let Some(groups) = targets.by_group() else { return };
    out.par_chunks_mut(CHUNK).zip(groups.places().par_chunks(CHUNK)).for_each(|(out, places)| {
        out.iter_mut().zip(places).for_each(|(out, &place)| *out = gradients[place as usize]);
    });
}

/// Those of some rows.
pub(super) fn pick_some(gradients: &[GradientPair], targets: TargetsView<'_>, rows: &[u32], out: &mut [GradientPair]) {
    let Some(groups) = targets.by_group() else { return };
    let places = groups.places();
    out.par_chunks_mut(CHUNK).zip(rows.par_chunks(CHUNK)).for_each(|(out, rows)| {
        out.iter_mut().zip(rows).for_each(|(out, &row)| *out = gradients[places[row as usize] as usize]);
    });
}
