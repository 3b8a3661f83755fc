//! [`JsonSource`]: the columns that rows of JSON became.

use crate::{Block, BlockSource, Columns, FeatureSource, Result};

/// Columns, the texts in them that are no level of the model, and where their rows came from.
pub(super) struct JsonSource {
    pub columns: Columns,
    pub unknown: Vec<(usize, Vec<String>)>,
    /// The file and the line of each row; none for a request's.
    pub places: Vec<(usize, u64)>,
    pub files: Vec<String>,
}

impl BlockSource for JsonSource {
    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.columns.visit(visit)
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        self.columns.by_feature()
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.unknown.clone()
    }

    fn locate(&self, row: usize) -> String {
        match self.places.get(row) {
            Some(&(file, line)) => format!("{}:{line}", self.files[file]),
            None => format!("row {row} (counted from 0)"),
        }
    }
}
