//! Batch prediction on all threads.
//!
//! Readers hand over blocks of columns; each is cut into tiles of rows that fit the cache, turned row-major and scored. What a
//! tile gives depends on its rows alone, so that neither threads nor block sizes can change a bit.

use crate::data::{Block, Chunk, MISSING_CODE};
use crate::{Dataset, Error, Model, Result};
use rayon::prelude::*;
pub use sapwood_score::{Output, Predictions, Scorer};

use std::sync::{Mutex, PoisonError};

/// Margins of every row, row by row (`rows × outputs`), base margins of the data set counted. Runs on the current thread pool.
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read.
pub fn predict_margins(model: &Model, data: &Dataset) -> Result<Vec<f64>> {
    predict(&Scorer::new(model.clone())?, data, Output::Margin).map(Predictions::into_values)
}

/// Any kind of output for every row. Where the data set has base margins, rows begin with them in place of the base score.
/// Runs on the current thread pool.
///
/// ```
/// use sapwood::predict::{Output, Scorer, predict};
/// use sapwood::{Dataset, FeatureSchema, Model, Objective, Tree};
/// # let model = Model {
/// #     schema: FeatureSchema::numeric(1),
/// #     objective: Objective::BinaryLogistic,
/// #     classes: None,
/// #     base_score: vec![0.0],
/// #     parallel_trees: 1,
/// #     trees: vec![Tree::leaf(1.5, 10.0)],
/// #     best_iteration: None,
/// #     best_score: None,
/// #     params: Vec::new(),
/// # };
/// let data = Dataset::from_array(ndarray::array![[0.5], [f64::NAN]].view(), vec![0.0, 1.0], None)?;
/// let classes = predict(&Scorer::new(model)?, &data, Output::Class)?;
/// assert_eq!(classes.values(), [1.0, 1.0]);
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read; base margins in another number than rows or rows × outputs; an
/// output that the objective does not have.
pub fn predict(scorer: &Scorer, data: &Dataset, output: Output) -> Result<Predictions> {
    let model = scorer.model();
    model.schema.check(data.schema())?;
    output.check(model.objective)?;
    let base = BaseMargins::of(model, data)?;
    let columns = output.columns(model);
    let done = Mutex::new((0, vec![0.0; data.rows() * columns]));
    data.source().visit_rows(&|block| {
        let values = score_block(scorer, output, &base, block)?;
        // The lock is held for a copy only; no panic can leave half of one behind that anybody would look at.
        let (rows, all) = &mut *done.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.get_mut(block.first_row * columns..(block.first_row + block.rows) * columns);
        place.ok_or_else(|| Error::internal("a block lies beyond the rows of its data set"))?.copy_from_slice(&values);
        *rows += block.rows;
        Ok(())
    })?;
    let (rows, values) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if rows != data.rows() {
        return Err(Error::internal(format!("{rows} of {} rows were visited", data.rows())));
    }
    Ok(Predictions::new(model, output, rows, values)?)
}

/// Where each row begins.
enum BaseMargins<'a> {
    /// At the model's base score.
    Score(&'a [f64]),
    /// At a margin of its own, the same for all outputs.
    PerRow(&'a [f64], usize),
    /// At margins of its own, so many a row.
    PerOutput(&'a [f64], usize),
}

impl<'a> BaseMargins<'a> {
    fn of(model: &'a Model, data: &'a Dataset) -> Result<Self> {
        let (rows, outputs) = (data.rows(), model.num_outputs());
        match data.base_margin() {
            None => Ok(Self::Score(&model.base_score)),
            Some(margins) if margins.len() == rows * outputs => Ok(Self::PerOutput(margins, outputs)),
            Some(margins) if margins.len() == rows => Ok(Self::PerRow(margins, outputs)),
            Some(margins) => Err(Error::data(format!(
                "{} base margins for {rows} rows and {outputs} outputs; give one a row, or one for each row and output",
                margins.len()
            ))),
        }
    }

    /// The margins that rows `first..first + count` begin with, row by row.
    fn of_rows(&self, first: usize, count: usize) -> Vec<f64> {
        match self {
            Self::Score(score) => score.repeat(count),
            Self::PerRow(margins, outputs) => {
                margins[first..first + count].iter().flat_map(|&margin| std::iter::repeat_n(margin, *outputs)).collect()
            }
            Self::PerOutput(margins, outputs) => margins[first * outputs..(first + count) * outputs].to_vec(),
        }
    }
}

/// The values of a block, row by row.
fn score_block(scorer: &Scorer, output: Output, base: &BaseMargins<'_>, block: &Block<'_>) -> Result<Vec<f64>> {
    check_columns(scorer.num_features(), block)?;
    let tile_rows = scorer.tile_rows();
    let tiles = (0..block.rows.div_ceil(tile_rows)).into_par_iter().map_init(Vec::new, |tile, index| {
        let first = index * tile_rows;
        let count = tile_rows.min(block.rows - first);
        fill_tile(block, first, count, scorer.num_features(), tile);
        scorer.score_tile(output, tile, base.of_rows(block.first_row + first, count))
    });
    Ok(tiles.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Checks that the block holds every feature once, for all its rows.
fn check_columns(features: usize, block: &Block<'_>) -> Result<()> {
    let mut present = vec![false; features];
    for (feature, chunk) in &block.columns {
        match present.get_mut(*feature) {
            Some(seen) if !*seen && chunk.len() == block.rows => *seen = true,
            _ => return Err(Error::internal(format!("a block's column {feature} is not one of {features} or not whole"))),
        }
    }
    if present.contains(&false) { Err(Error::internal("a block lacks a feature")) } else { Ok(()) }
}

/// Lays rows `first..first + count` of the block out row by row.
fn fill_tile(block: &Block<'_>, first: usize, count: usize, features: usize, tile: &mut Vec<f64>) {
    tile.resize(count * features, f64::NAN);
    let range = first..first + count;
    for (feature, chunk) in &block.columns {
        let places = tile[*feature..].iter_mut().step_by(features);
        match chunk {
            Chunk::F64(values) => places.zip(&values[range.clone()]).for_each(|(place, &x)| *place = x),
            Chunk::F32(values) => places.zip(&values[range.clone()]).for_each(|(place, &x)| *place = f64::from(x)),
            Chunk::Codes(codes) => places
                .zip(&codes[range.clone()])
                .for_each(|(place, &code)| *place = if code == MISSING_CODE { f64::NAN } else { f64::from(code) }),
        }
    }
}
