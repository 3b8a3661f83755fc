//! The metadata of one column of a Parquet file, by which polars reads it.
//!
//! polars looks at every column that the metadata name, whichever it reads: with all of them, reading a file takes time by the square of
//! its columns. So they are cut into parts once, and a column is taken out of its part.

use polars::prelude::{ArrowField, ArrowSchema, FileMetadata, PolarsResult};
use polars_parquet::write::schema_to_metadata_key;
use std::sync::Arc;

/// Columns of a part.
const PART: usize = 64;

/// The metadata of a file in parts of a few columns.
pub(super) struct ColumnMetadata {
    parts: Vec<Arc<FileMetadata>>,
}

impl ColumnMetadata {
    /// Cuts metadata without notes; `names` are the file's columns in order.
    pub fn new(bare: &Arc<FileMetadata>, names: &[String]) -> PolarsResult<Self> {
        Ok(Self { parts: halved(bare.clone(), names)? })
    }

    /// The metadata of the column at position `column` alone, which is called `name`. `noted` is its type, where polars must be told.
    pub fn of(&self, column: usize, name: &str, noted: Option<&ArrowField>) -> PolarsResult<FileMetadata> {
        let mut alone = self.parts[column / PART].pruned(&[name.into()], &[])?;
        alone.key_value_metadata = noted.map(|field| {
            let schema: ArrowSchema = [(field.name.clone(), field.clone())].into_iter().collect();
            vec![schema_to_metadata_key(&schema)]
        });
        Ok(alone)
    }
}

/// Halves of halves, so that each column is looked at once for every halving.
fn halved(metadata: Arc<FileMetadata>, names: &[String]) -> PolarsResult<Vec<Arc<FileMetadata>>> {
    if names.len() <= PART {
        return Ok(vec![metadata]);
    }
    let (left, right) = names.split_at((names.len() / 2).next_multiple_of(PART));
    let half = |names: &[String]| {
        let kept: Vec<_> = names.iter().map(|name| name.as_str().into()).collect();
        halved(Arc::new(metadata.pruned(&kept, &[])?), names)
    };
    Ok([half(left)?, half(right)?].concat())
}
