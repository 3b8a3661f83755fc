//! Means over rows, or query groups, on all threads, with the same bits for any number of threads and any order of rows.

use super::Evaluation;
use crate::numeric::Total;
use crate::simd::Simd;
use rayon::prelude::*;
use std::ops::Range;

/// Rows whose numbers are on the stack at a time.
const CHUNK: usize = 4_096;

/// The weighted mean of a number per row; NaN where no row has weight.
///
/// `chunk` puts the numbers of a range of rows into a buffer of that length.
pub(super) fn mean_of_chunks(simd: Simd, evaluation: &Evaluation<'_>, chunk: impl Fn(Range<usize>, &mut [f64]) + Sync) -> f64 {
    let targets = evaluation.targets;
    let rows = targets.rows();
    let totals = |i: usize| {
        let rows = i * CHUNK..rows.min((i + 1) * CHUNK);
        let mut values = [0.0; CHUNK];
        let values = &mut values[..rows.len()];
        chunk(rows.clone(), values);
        let weights = targets.slice(rows).weights();
        let total = Total::of(simd, values, weights);
        let weight = weights.map_or(Total::zero(), |weights| {
            values.copy_from_slice(weights);
            Total::of(simd, values, None)
        });
        (total, weight)
    };
    let zero = || (Total::zero(), Total::zero());
    let chunks = (0..rows.div_ceil(CHUNK)).into_par_iter().map(totals);
    let (total, weight) = chunks.reduce(zero, |a, b| (a.0.plus(b.0), a.1.plus(b.1)));
    let ranks = evaluation.ranks;
    let weight = match targets.weights() {
        Some(_) => weight.on_all(ranks).value(),
        None => ranks.sum(rows as u64) as f64,
    };
    total.on_all(ranks).value() / weight
}

/// The weighted mean of a number per query group, of those that have one; NaN where none has. A group counts by the weight of its rows.
///
/// `value` makes the number from the group's rows, in the order in which they came; NaN is none. What it keeps is one for each task.
pub(super) fn mean_of_groups<T: Default + Send>(
    simd: Simd,
    evaluation: &Evaluation<'_>,
    value: impl Fn(&mut T, &[u32]) -> f64 + Sync,
) -> f64 {
    let targets = evaluation.targets;
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    if let Some(groups) = targets.by_group() {
        let weighed = |kept: &mut T, group: usize| {
            let rows = groups.rows_of(group);
            (value(kept, rows), targets.weight(rows[0] as usize))
        };
        let all = (0..groups.count()).into_par_iter().map_init(T::default, weighed);
        (values, weights) = all.filter(|(value, _)| !value.is_nan()).unzip();
    }
    let total = Total::of(simd, &mut values, Some(&weights)).on_all(evaluation.ranks);
    total.value() / Total::of(simd, &mut weights, None).on_all(evaluation.ranks).value()
}
