//! Sums over rows on all threads, with the same bits for any number of them.

use super::Evaluation;
use rayon::prelude::*;
use std::ops::Range;

/// Rows whose terms are added one after the other. Part of every metric's definition: it fixes the order of additions.
const CHUNK: usize = 4_096;

/// The weighted mean of a number per row; NaN where no row has weight.
///
/// `chunk` puts the numbers of a range of rows into a buffer of that length.
pub(super) fn mean_of_chunks(evaluation: &Evaluation<'_>, chunk: impl Fn(Range<usize>, &mut [f64]) + Sync) -> f64 {
    let sums = |rows: Range<usize>| {
        let mut values = [0.0; CHUNK];
        let values = &mut values[..rows.len()];
        chunk(rows.clone(), values);
        weighted_sum(values, evaluation.targets.slice(rows).weights())
    };
    let rows = evaluation.targets.rows();
    let chunks = (0..rows.div_ceil(CHUNK)).into_par_iter().map(|i| i * CHUNK..rows.min((i + 1) * CHUNK));
    let sums: Vec<[f64; 2]> = chunks.map(sums).collect();
    // Not in parallel: additions in the order of the chunks.
    let [total, weight] = sums.into_iter().fold([0.0; 2], |[total, weight], [t, w]| [total + t, weight + w]);
    total / weight
}

/// The sum of the values times their weights, and the sum of the weights. A weight of zero cancels an infinite value, too.
fn weighted_sum(values: &[f64], weights: Option<&[f64]>) -> [f64; 2] {
    match weights {
        None => [values.iter().sum(), values.len() as f64],
        Some(weights) => values
            .iter()
            .zip(weights)
            .fold([0.0; 2], |[total, weight], (&value, &w)| [total + if w == 0.0 { 0.0 } else { value * w }, weight + w]),
    }
}
