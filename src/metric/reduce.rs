//! Means over rows on all threads, with the same bits for any number of threads and any order of rows.

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
