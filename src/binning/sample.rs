//! Which rows cuts are computed from, and their values of one feature.

use super::cuts::Weighted;
use crate::data::{Chunk, Dataset};
use crate::sampling::{self, Purpose};
use rayon::prelude::*;

/// Rows that cuts are computed from; data sets with no more rows are used whole.
const SAMPLE_ROWS: usize = 200_000;

/// The rows that cuts are computed from.
pub(super) struct SampleRows<'a> {
    /// Ascending.
    rows: Vec<usize>,
    weights: FixedWeights<'a>,
}

impl<'a> SampleRows<'a> {
    pub fn new(data: &'a Dataset, seed: i64) -> Self {
        let fraction = SAMPLE_ROWS as f64 / data.rows().max(1) as f64;
        let key = sampling::key(seed, Purpose::Cuts, 0);
        let drawn = |row: &usize| sampling::drawn(key, *row as u64, fraction);
        Self { rows: (0..data.rows()).into_par_iter().filter(drawn).collect(), weights: FixedWeights::new(data.weights()) }
    }

    /// The values that a chunk, which begins at `first_row`, has in these rows, with the rows' weights.
    pub fn values(&self, first_row: usize, chunk: &Chunk<'_>) -> impl Iterator<Item = Weighted> {
        let start = self.rows.partition_point(|&row| row < first_row);
        let end = self.rows.partition_point(|&row| row < first_row + chunk.len());
        self.rows[start..end].iter().map(move |&row| (chunk.get(row - first_row), self.weights.of(row)))
    }
}

/// Values that a sample may gather before equal ones are merged. Sorting less often is faster.
const COMPACT_FROM: usize = 65_536;

/// Values with weights. Weights are integers, so that equal values may be merged in any order.
#[derive(Default)]
pub(super) struct Sample {
    values: Vec<Weighted>,
    /// Length after the last merge of equal values.
    compact: usize,
}

impl Sample {
    /// Takes more values with their weights. What is missing or weighs nothing does not count.
    pub fn extend(&mut self, more: impl Iterator<Item = Weighted>) {
        // Adding zero turns -0.0 into 0.0, which compares equal to it but has other bits.
        self.values.extend(more.filter(|(x, weight)| !x.is_nan() && *weight > 0).map(|(x, weight)| (x + 0.0, weight)));
        if self.values.len() > 2 * self.compact + COMPACT_FROM {
            self.compact();
        }
    }

    /// Sorts by value and adds up the weights of equal values.
    fn compact(&mut self) {
        self.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        self.compact = self.values.len();
    }

    pub fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<Weighted>()
    }

    pub fn into_sorted(mut self) -> Vec<Weighted> {
        self.compact();
        self.values
    }
}

/// Row weights as integers, the largest 2^24.
struct FixedWeights<'a> {
    weights: Option<&'a [f64]>,
    scale: f64,
}

impl<'a> FixedWeights<'a> {
    fn new(weights: Option<&'a [f64]>) -> Self {
        let max = weights.map_or(1.0, |w| w.iter().copied().fold(0.0, f64::max));
        Self { weights, scale: if max > 0.0 { 16_777_216.0 / max } else { 0.0 } }
    }

    /// Positive weights stay positive: a row that counts at all is worth a cut.
    fn of(&self, row: usize) -> u64 {
        match self.weights {
            None => 1,
            Some(w) if w[row] > 0.0 => ((w[row] * self.scale).round() as u64).max(1),
            Some(_) => 0,
        }
    }
}
