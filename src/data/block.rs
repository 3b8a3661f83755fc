//! Blocks: rectangular pieces of the feature matrix, in which readers hand data to binning and scoring.

use crate::Result;
use std::borrow::Cow;

/// The code of a missing or unseen level in [`Chunk::Codes`].
pub const MISSING_CODE: u32 = u32::MAX;

/// Consecutive values of one feature. NaN (or [`MISSING_CODE`]) is missing; infinities occur only in data for models
/// whose library takes them: readers refuse others.
#[derive(Clone, Debug)]
pub enum Chunk<'a> {
    /// Numbers as they are.
    F64(Cow<'a, [f64]>),
    /// Numbers that are `f32` in the source.
    F32(Cow<'a, [f32]>),
    /// Indices into the feature's sorted levels.
    Codes(Cow<'a, [u32]>),
    /// A few numbers; all others are missing.
    Sparse {
        /// The number of values, missing ones counted.
        len: usize,
        /// Where the numbers are, ascending.
        places: Vec<u32>,
        /// The numbers.
        values: Vec<f64>,
    },
}

impl Chunk<'_> {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::F32(v) => v.len(),
            Self::Codes(v) => v.len(),
            Self::Sparse { len, .. } => *len,
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index` as the scorer sees it: a number or a level's code; NaN is missing.
    #[inline]
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::F64(v) => v[index],
            Self::F32(v) => f64::from(v[index]),
            Self::Codes(v) => match v[index] {
                MISSING_CODE => f64::NAN,
                code => f64::from(code),
            },
            Self::Sparse { places, values, .. } => places.binary_search(&(index as u32)).map_or(f64::NAN, |at| values[at]),
        }
    }
}

/// Consecutive rows of some or all features.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The position of the first row in the data set.
    pub first_row: usize,
    /// The number of rows.
    pub rows: usize,
    /// The features present, by their position in the schema, each with `rows` values.
    pub columns: Vec<(usize, Chunk<'a>)>,
}

/// Where feature values come from. Can be visited as often as needed; memory holds a bounded number of blocks at a time.
pub trait BlockSource: Send + Sync {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// Hands over every value once, in blocks of any shape, several at a time on the current thread pool, in no particular order.
    ///
    /// # Errors
    /// What `visit` returns, or a failure to read.
    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()>;

    /// Like [`BlockSource::visit`], but every block holds all features of its rows.
    ///
    /// # Errors
    /// What `visit` returns, or a failure to read.
    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.visit(visit)
    }

    /// The same data feature by feature, where one can be read without reading the others.
    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        None
    }

    /// Texts of categorical features that are none of their levels and so count as missing, as far as the data have been visited: by
    /// position of the feature, the first few in sorted order.
    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        Vec::new()
    }

    /// Where a row came from, for messages: `train.csv:17`, or `row 16`.
    fn locate(&self, row: usize) -> String {
        format!("row {row} (counted from 0)")
    }
}

/// Feature values that can be read one feature at a time.
pub trait FeatureSource: Sync {
    /// All values of a feature, in pieces of consecutive rows from the first row on.
    ///
    /// # Errors
    /// A failure to read.
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>>;
}
