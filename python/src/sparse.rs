//! [`Sparse`]: a sparse matrix, column by column, as features. What it does not hold is 0.

use rayon::prelude::*;
use sapwood::data::{Block, BlockSource, Chunk, FeatureSource};
use sapwood::{Error, Result};
use std::borrow::Cow;

/// A matrix in scipy's form CSC.
pub struct Sparse {
    rows: usize,
    /// Where each column begins in `places`, and where the last one ends.
    starts: Vec<usize>,
    /// The rows of each column's values, ascending.
    places: Vec<u32>,
    values: Vec<f64>,
}

/// Values of a block of rows.
const BLOCK_VALUES: usize = 1 << 20;

impl Sparse {
    /// A matrix of `rows` rows, after a check of what the arrays say.
    ///
    /// # Errors
    /// Arrays that contradict each other.
    pub fn new(rows: usize, starts: Vec<usize>, places: Vec<u32>, values: Vec<f64>) -> Result<Self> {
        let wrong = |what: &str| Err(Error::data(format!("the sparse matrix is damaged: {what}")));
        if places.len() != values.len() || starts.first() != Some(&0) || starts.last() != Some(&values.len()) {
            return wrong("its arrays are not of one length");
        }
        if !starts.is_sorted() {
            return wrong("its columns overlap");
        }
        let is_column = |bounds: &[usize]| {
            let places = &places[bounds[0]..bounds[1]];
            places.is_sorted_by(|a, b| a < b) && places.last().is_none_or(|last| (*last as usize) < rows)
        };
        if !starts.windows(2).all(is_column) {
            return wrong("the rows of a column are not in order");
        }
        Ok(Self { rows, starts, places, values })
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.starts.len() - 1
    }

    /// Some rows of a column.
    fn dense(&self, column: usize, first: usize, count: usize) -> Vec<f64> {
        let (places, values) = (&self.places[self.starts[column]..self.starts[column + 1]], &self.values[self.starts[column]..]);
        let begin = places.partition_point(|place| (*place as usize) < first);
        let mut dense = vec![0.0; count];
        for (place, value) in places[begin..].iter().zip(&values[begin..]) {
            match dense.get_mut(*place as usize - first) {
                Some(cell) => *cell = *value,
                None => break,
            }
        }
        dense
    }

    fn chunk(&self, column: usize, first: usize, count: usize) -> Chunk<'static> {
        Chunk::F64(Cow::Owned(self.dense(column, first, count)))
    }
}

impl BlockSource for Sparse {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        (0..self.width()).into_par_iter().try_for_each(|column| {
            visit(&Block { first_row: 0, rows: self.rows, columns: vec![(column, self.chunk(column, 0, self.rows))] })
        })
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let step = (BLOCK_VALUES / self.width().max(1)).max(1);
        (0..self.rows.div_ceil(step)).into_par_iter().try_for_each(|block| {
            let first_row = block * step;
            let rows = step.min(self.rows - first_row);
            let columns = (0..self.width()).map(|column| (column, self.chunk(column, first_row, rows))).collect();
            visit(&Block { first_row, rows, columns })
        })
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        Some(self)
    }
}

impl FeatureSource for Sparse {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        Ok(vec![self.chunk(feature, 0, self.rows)])
    }
}
