//! [`Reader`]: what a file format must be able to do.

use crate::division::Division;
use crate::sniff::Probe;
use crate::{Dataset, InputSchema, ReadOptions, Result};

/// How much is in memory at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The size of a block of text.
    pub block_bytes: usize,
    /// The size of parsed features up to which they are kept, so that later passes need not parse again.
    pub cache_bytes: usize,
    /// Rows up to which Parquet row groups are read together.
    pub slice_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block_bytes: 8 << 20, cache_bytes: 256 << 20, slice_rows: 1 << 20 }
    }
}

/// The files of a data set, at least one, all of one format, and how they are read.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub files: &'a [Probe],
    pub options: &'a ReadOptions,
    pub limits: Limits,
}

/// What the data are to fit.
#[derive(Clone, Copy)]
pub(crate) struct Fit<'a> {
    /// Columns are matched to its features: by name where both have names, else by position.
    pub schema: &'a InputSchema,
    /// The texts that labels are coded by; `None` where labels are numbers.
    pub classes: Option<&'a [String]>,
    /// Whether labels, weights and groups are read.
    pub needs_labels: bool,
}

/// Reads the files of one format: of each what the division gives this rank, under a schema that all ranks agree about.
pub(crate) trait Reader: Sync {
    /// Reads training data: finds out the schema, the labels and what else goes with a row.
    ///
    /// # Errors
    /// Anything wrong with the files: the message names file, line, column, the offending text and the remedy.
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset>;

    /// Reads data that are to fit a model or training data.
    ///
    /// # Errors
    /// As [`Reader::training`], and columns that do not fit.
    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset>;
}
