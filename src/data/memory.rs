//! A [`BlockSource`] over columns in memory, and data sets from `ndarray` views.

use super::block::{Block, BlockSource, Chunk, FeatureSource};
use super::dataset::Dataset;
use crate::{Error, FeatureKind, FeatureSchema, Result};
use ndarray::ArrayView2;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// One column in memory.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers; NaN is missing.
    F64(Vec<f64>),
    /// Numbers; NaN is missing.
    F32(Vec<f32>),
    /// Codes of levels; [`MISSING_CODE`](super::MISSING_CODE) is missing.
    Codes(Vec<u32>),
}

impl Column {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::Codes(v) => v.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some consecutive values.
    pub fn slice(&self, rows: std::ops::Range<usize>) -> Chunk<'_> {
        match self {
            Self::F64(v) => Chunk::F64(Cow::Borrowed(&v[rows])),
            Self::F32(v) => Chunk::F32(Cow::Borrowed(&v[rows])),
            Self::Codes(v) => Chunk::Codes(Cow::Borrowed(&v[rows])),
        }
    }

    /// The size of the values in memory.
    pub fn bytes(&self) -> usize {
        self.len() * if matches!(self, Self::F64(_)) { 8 } else { 4 }
    }

    /// The first infinite value.
    pub fn infinite(&self) -> Option<usize> {
        match self {
            Self::F64(v) => v.iter().position(|x| x.is_infinite()),
            Self::F32(v) => v.iter().position(|x| x.is_infinite()),
            Self::Codes(_) => None,
        }
    }
}

/// Columns of equal length in memory, in schema order.
pub struct Columns {
    rows: usize,
    columns: Vec<Column>,
}

/// Rows a block of [`Columns`] holds.
const BLOCK_ROWS: usize = 65_536;

impl Columns {
    /// Columns that fit `schema`.
    ///
    /// # Errors
    /// A wrong number of columns, columns of different length, or an infinite value.
    pub fn new(schema: &FeatureSchema, columns: Vec<Column>) -> Result<Self> {
        for (feature, column) in schema.features.iter().zip(&columns) {
            if let Some(row) = column.infinite() {
                return Err(Error::data(format!(
                    "row {row} (counted from 0), column {}: infinite value; replace it or make it missing",
                    feature.name
                )));
            }
        }
        Self::with_infinite(schema, columns)
    }

    /// The same for data that may have infinite values, as those of some models have ([`Reading`](crate::Reading)).
    ///
    /// # Errors
    /// A wrong number of columns, or columns of different length.
    pub fn with_infinite(schema: &FeatureSchema, columns: Vec<Column>) -> Result<Self> {
        if columns.len() != schema.len() {
            return Err(Error::schema(format!("{} columns for a schema of {} features", columns.len(), schema.len())));
        }
        let rows = columns.first().map_or(0, Column::len);
        for (feature, column) in schema.features.iter().zip(&columns) {
            if column.len() != rows {
                return Err(Error::schema(format!("column {} has {} rows, the first has {rows}", feature.name, column.len())));
            }
        }
        Ok(Self { rows, columns })
    }
}

impl BlockSource for Columns {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        (0..self.rows.div_ceil(BLOCK_ROWS)).into_par_iter().try_for_each(|block| {
            let first_row = block * BLOCK_ROWS;
            let rows = BLOCK_ROWS.min(self.rows - first_row);
            let columns = self.columns.iter().map(|c| c.slice(first_row..first_row + rows)).enumerate().collect();
            visit(&Block { first_row, rows, columns })
        })
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        Some(self)
    }
}

impl FeatureSource for Columns {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        Ok(vec![self.columns[feature].slice(0..self.rows)])
    }
}

impl Dataset {
    /// A data set from a matrix of shape (rows, features), with one label a row. NaN is missing.
    ///
    /// Under a schema with categorical features, their columns hold codes: positions in the feature's levels.
    /// Without a schema all features are numeric and called `f0`, `f1`, ….
    ///
    /// # Errors
    /// A number of labels or features that does not fit, infinite values, labels that are not finite, codes that are no level.
    ///
    /// ```
    /// use ndarray::array;
    /// let x = array![[1.0, 2.0], [3.0, f64::NAN]];
    /// let data = sapwood::Dataset::from_array(x.view(), vec![0.0, 1.0], None)?;
    /// assert_eq!((data.rows(), data.schema().len()), (2, 2));
    /// # Ok::<(), sapwood::Error>(())
    /// ```
    pub fn from_array(x: ArrayView2<'_, f64>, labels: Vec<f64>, schema: Option<FeatureSchema>) -> Result<Self> {
        let schema = schema.unwrap_or_else(|| FeatureSchema::numeric(x.ncols()));
        if schema.len() != x.ncols() {
            return Err(Error::schema(format!("the matrix has {} columns, the schema {} features", x.ncols(), schema.len())));
        }
        let columns = schema.features.iter().zip(x.columns()).map(|(feature, column)| match &feature.kind {
            FeatureKind::Categorical { levels } => codes(&feature.name, levels.len(), column.iter().copied()),
            _ => Ok(Column::F64(column.to_vec())),
        });
        let columns = Columns::new(&schema, columns.collect::<Result<_>>()?)?;
        let rows = x.nrows();
        if columns.rows != rows && !schema.is_empty() {
            return Err(Error::internal("columns of a matrix differ in length"));
        }
        Self::new(schema, Arc::new(columns)).with_labels(labels)
    }
}

fn codes(name: &str, levels: usize, values: impl Iterator<Item = f64>) -> Result<Column> {
    let code = |(row, x): (usize, f64)| {
        if x.is_nan() {
            return Ok(super::MISSING_CODE);
        }
        if x.fract() != 0.0 || x < 0.0 || x >= levels as f64 {
            return Err(Error::data(format!(
                "row {row} (counted from 0), column {name}: {x} is not a code of its {levels} levels"
            )));
        }
        Ok(x as u32)
    };
    values.enumerate().map(code).collect::<Result<_>>().map(Column::Codes)
}
