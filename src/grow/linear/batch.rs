//! [`Batch`]: some rows of a leaf, feature by feature.

use super::input::LinearInput;
use crate::objective::GradientPair;
use rayon::prelude::*;

/// Rows that one task passes over.
const ROWS_PER_TASK: usize = 65_536;

/// Rows of a batch. Integers of 52 bits of so many rows fit 64 bits together.
const BATCH: usize = 512;

/// Rows with the values of some features.
#[derive(Default)]
pub(super) struct Batch {
    /// Their rows among the raw values.
    sources: Vec<u32>,
    pub pairs: Vec<GradientPair>,
    /// Feature by feature.
    pub x: Vec<Vec<f64>>,
}

impl Batch {
    fn fill<F: Fn(u32) -> (usize, GradientPair)>(&mut self, rows: &[u32], features: &[u32], input: &LinearInput<'_, F>) {
        self.sources.clear();
        self.pairs.clear();
        for &row in rows {
            let (source, pair) = (input.grown_on)(row);
            self.sources.push(source as u32);
            self.pairs.push(pair);
        }
        self.x.resize_with(features.len(), Vec::new);
        for (x, &feature) in self.x.iter_mut().zip(features) {
            x.resize(rows.len(), 0.0);
            input.raw.gather(feature, &self.sources, x);
        }
    }

    /// Whether each row has a value of each feature.
    pub fn is_complete(&self) -> Vec<bool> {
        let mut is_complete = vec![true; self.pairs.len()];
        for x in &self.x {
            is_complete.iter_mut().zip(x).for_each(|(is_complete, x)| *is_complete &= !x.is_nan());
        }
        is_complete
    }
}

/// Passes over the rows of a leaf, a batch at a time: `add` adds each to what there is of some rows, which `merge` puts together, in any order.
pub(super) fn over_rows<F, T: Send>(
    rows: &[u32],
    features: &[u32],
    input: &LinearInput<'_, F>,
    nothing: impl Fn() -> T + Sync + Send,
    add: impl Fn(&mut T, &mut Batch) + Sync,
    merge: impl Fn(T, T) -> T + Sync + Send,
) -> T
where
    F: Fn(u32) -> (usize, GradientPair) + Sync,
{
    let task = |rows: &[u32]| {
        let (mut found, mut batch) = (nothing(), Batch::default());
        for rows in rows.chunks(BATCH) {
            batch.fill(rows, features, input);
            add(&mut found, &mut batch);
        }
        found
    };
    rows.par_chunks(ROWS_PER_TASK).map(task).reduce(&nothing, merge)
}
