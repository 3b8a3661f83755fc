//! What features contribute to the predictions for a data set, on average and on all threads.

mod background;
mod columns;
mod permutation;

pub use background::background_contributions;
pub use permutation::{PermutationImportance, permutation_importance};

use crate::data::BaseMargins;
use crate::numeric::Grid;
use crate::predict::map_tiles;
use crate::{Dataset, Error, Model, Result};
use sapwood_score::{LeafValue, Output, Scorer};
use std::sync::{Mutex, PoisonError};

/// How much features, and pairs of them, contribute to the margins of a data set's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanContributions {
    /// The number of rows.
    pub rows: usize,
    /// Of each output, the mean of each column's absolute contributions (mean |SHAP|), in the order of the model's columns.
    pub columns: Vec<Vec<f64>>,
    /// Of each output, the mean absolute interaction of each pair of columns, the first before the second; empty if they were not asked for.
    pub pairs: Vec<Vec<Pair>>,
}

/// Two columns, and how much they contribute together beyond what each does alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The positions of the columns.
    pub columns: (usize, usize),
    /// The mean of their absolute interactions.
    pub mean: f64,
}

/// Columns up to which interactions are averaged: the sums of more would take gigabytes.
const MOST_COLUMNS: usize = 4096;

/// The mean absolute contributions of each column, and with `pairs` the mean absolute interactions of each two. Every row counts alike. The same
/// bits for any number of threads. Runs on the current thread pool.
///
/// ```
/// use sapwood::explain::mean_contributions;
/// use sapwood::predict::Scorer;
/// use sapwood::{Dataset, Objective, Params, Trainer};
/// let x = ndarray::array![[0.0, 7.0], [1.0, 7.0], [2.0, 7.0], [3.0, 7.0]];
/// let data = Dataset::from_array(x.view(), vec![0.0, 0.0, 1.0, 1.0], None)?;
/// let params = Params::builder().objective(Objective::SquaredError).num_round(1).eta(1.0).lambda(0.0).build()?;
/// let scorer = Scorer::new(Trainer::new(params).fit(&data)?)?;
/// assert_eq!(mean_contributions(&scorer, &data, false)?.columns, [[0.5, 0.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read; a model that cannot be explained; pairs of more than 4096 columns.
pub fn mean_contributions(scorer: &Scorer, data: &Dataset, pairs: bool) -> Result<MeanContributions> {
    let model = scorer.model();
    model.schema.check(data.schema())?;
    let (outputs, columns) = (model.num_outputs(), model.schema.len());
    if pairs && columns > MOST_COLUMNS {
        return Err(Error::data(format!("interactions of {columns} columns are too many to average; at most {MOST_COLUMNS} are")));
    }
    let output = if pairs { Output::Interactions } else { Output::Contributions };
    let tile_rows = scorer.tile_rows_of(output)?;
    let zeros = vec![0.0; outputs];
    let base = data.base_margin().map(|_| BaseMargins::of(data.targets(), &zeros)).transpose()?;
    let sums = Sums { grid: Grid::new(greatest(model)), outputs, width: columns + 1, pairs };
    let total = Mutex::new(sums.none());
    data.source().visit_rows(&|block| {
        let tiles = map_tiles(block, columns, tile_rows, &data.cancellation, |first, count, tile| {
            let base_margins = base.as_ref().map(|base| base.of_rows(first, count));
            Ok(sums.of(&scorer.score_tile(output, tile, count, base_margins)?))
        })?;
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        tiles.iter().flatten().zip((0..total.len()).cycle()).for_each(|(units, at)| total[at] += units);
        Ok(())
    })?;
    Ok(sums.means(data.rows(), &total.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// What a contribution, and a cell of a matrix of interactions, can be at most: each tree's leaves differ by so much.
fn greatest(model: &Model) -> f64 {
    let range = |tree: &crate::Tree| {
        let values = tree.leaves().flat_map(|leaf| match &leaf.value {
            LeafValue::Scalar(value) => std::slice::from_ref(value),
            LeafValue::Vector(values) => values,
            _ => &[],
        });
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
        (tree.weight * (high - low)).abs()
    };
    (2.0 * model.trees.iter().map(range).sum::<f64>()).min(f64::MAX)
}

/// How absolute values are added up: as integers, in which order does not matter.
struct Sums {
    grid: Grid,
    outputs: usize,
    /// The columns, and the bias.
    width: usize,
    pairs: bool,
}

impl Sums {
    fn none(&self) -> Vec<i128> {
        vec![0; self.outputs * self.width * if self.pairs { self.width } else { 1 }]
    }

    /// The sums over some rows; with pairs of a matrix each: above the diagonal of interactions, in the column of the bias of contributions.
    fn of(&self, rows: &[f64]) -> Vec<i128> {
        let mut sums = self.none();
        let units = |x: f64| i128::from(self.grid.units(x.abs()));
        let width = self.width;
        for row in rows.chunks_exact(sums.len().max(1)) {
            if !self.pairs {
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += units(*x));
                continue;
            }
            for (sums, matrix) in sums.chunks_exact_mut(width * width).zip(row.chunks_exact(width * width)) {
                for (at, row) in matrix.chunks_exact(width).enumerate() {
                    let sums = &mut sums[at * width..][..width];
                    sums[width - 1] += units(row.iter().sum());
                    (at + 1..width - 1).for_each(|other| sums[other] += units(2.0 * row[other]));
                }
            }
        }
        sums
    }

    fn means(&self, rows: usize, sums: &[i128]) -> MeanContributions {
        let (width, count) = (self.width, rows.max(1) as f64);
        let mean = |units: i128| self.grid.value(units) / count;
        if !self.pairs {
            let columns = sums.chunks_exact(width).map(|sums| sums[..width - 1].iter().map(|&units| mean(units)).collect());
            return MeanContributions { rows, columns: columns.collect(), pairs: Vec::new() };
        }
        let matrices = || sums.chunks_exact(width * width);
        let columns = matrices().map(|sums| (0..width - 1).map(|at| mean(sums[(at + 1) * width - 1])).collect());
        let pairs = matrices().map(|sums| {
            let both = (0..width - 1).flat_map(|one| (one + 1..width - 1).map(move |other| (one, other)));
            both.map(|columns| Pair { columns, mean: mean(sums[columns.0 * width + columns.1]) }).collect()
        });
        MeanContributions { rows, columns: columns.collect(), pairs: pairs.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Objective, Params, Trainer};
    use ndarray::Array2;

    #[test]
    fn means_are_those_of_every_row() {
        let value = |row: usize, column: usize| ((row * 7 + column * 13) * 2_654_435_761 % 1_000) as f64;
        let x = Array2::from_shape_fn((3_001, 4), |(row, column)| value(row, column));
        let labels = x.rows().into_iter().map(|row| ((row[0] + row[1]) as usize / 300 % 3) as f64).collect();
        let data = Dataset::from_array(x.view(), labels, None).unwrap();
        let params = Params::builder().objective(Objective::Softprob).num_class(3).num_round(4).build().unwrap();
        let scorer = Scorer::new(Trainer::new(params).fit(&data).unwrap()).unwrap();
        let each = scorer.explainer().unwrap().interactions(x.view()).unwrap();
        let found = mean_contributions(&scorer, &data, true).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} and {b}");
        for output in 0..3 {
            for pair in &found.pairs[output] {
                let (one, other) = pair.columns;
                close(pair.mean, each.slice(ndarray::s![.., output, one, other]).mapv(|x| 2.0 * x.abs()).mean().unwrap());
            }
            for (column, mean) in found.columns[output].iter().enumerate() {
                close(
                    *mean,
                    each.slice(ndarray::s![.., output, column, ..]).sum_axis(ndarray::Axis(1)).mapv(f64::abs).mean().unwrap(),
                );
            }
        }
        assert_eq!(found.pairs[0].len(), 6);
        assert!(found.pairs.iter().flatten().any(|pair| pair.mean > 0.01));
        assert!(found.columns.iter().all(|columns| columns[0] > 0.01));
        let plain = mean_contributions(&scorer, &data, false).unwrap();
        plain.columns.iter().flatten().zip(found.columns.iter().flatten()).for_each(|(a, b)| close(*a, *b));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| mean_contributions(&scorer, &data, true)).unwrap(), found);
        }
    }
}
