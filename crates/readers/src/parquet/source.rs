//! A [`BlockSource`] over Parquet files: column by column, or slices of whole rows.

use super::set::{ParquetSet, Slice};
use crate::Result;
use crate::blocks::FirstFailure;
use crate::frame::CellFault;
use crate::piece::ColumnEncoder;
use crate::roles::ColumnRole;
use crate::source::display;
use crate::{Block, BlockSource, Chunk, Column, FeatureSource};
use rayon::prelude::*;
use std::borrow::Cow;

/// A [`BlockSource`] over Parquet files.
pub(super) struct ParquetSource {
    set: ParquetSet,
    /// For every feature, its column in the files.
    columns: Vec<usize>,
    /// For every feature, whether its column is read as texts.
    texts: Vec<bool>,
    encoders: Vec<ColumnEncoder>,
}

/// The size of the numbers that one block of whole rows may hold.
const ROW_BLOCK_BYTES: usize = 64 << 20;

impl ParquetSource {
    /// `texts` says which columns of the files are read as texts.
    pub fn new(set: ParquetSet, roles: &[ColumnRole], texts: &[bool], encoders: Vec<ColumnEncoder>) -> Self {
        let mut columns = vec![0; encoders.len()];
        for (at, role) in roles.iter().enumerate() {
            if let ColumnRole::Feature(position) = role {
                columns[*position] = at;
            }
        }
        let texts = columns.iter().map(|&at| texts[at]).collect();
        Self { set, columns, texts, encoders }
    }

    fn chunk(&self, slice: Slice, feature: usize) -> Result<Chunk<'static>> {
        let encoder = &self.encoders[feature];
        let at = self.columns[feature];
        let raw = self.set.read(slice, at, self.texts[feature])?;
        let raw = self.set.in_units(raw, at, encoder).map_err(|fault| self.set.fault(slice, at, &fault))?;
        let column = encoder.encode(raw).map_err(|(row, value)| {
            let (what, remedy) = encoder.fault(&value, self.set.types);
            self.set.fault(slice, at, &CellFault { row, what, value, remedy })
        })?;
        Ok(match column {
            Column::F64(values) => Chunk::F64(Cow::Owned(values)),
            Column::F32(values) => Chunk::F32(Cow::Owned(values)),
            Column::Codes(codes) => Chunk::Codes(Cow::Owned(codes)),
        })
    }
}

impl BlockSource for ParquetSource {
    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        ColumnEncoder::unknown_levels(&self.encoders)
    }

    fn rows(&self) -> usize {
        self.set.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let features: Vec<_> = (0..self.columns.len()).collect();
        self.set.each(&features, &|slice, feature| {
            let slice = self.set.slices[slice];
            let columns = vec![(feature, self.chunk(slice, feature)?)];
            visit(&Block { first_row: slice.first_row, rows: slice.rows, columns })
        })
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let most = (ROW_BLOCK_BYTES / (8 * self.columns.len().max(1))).max(1);
        let parts = self.set.slices.iter().flat_map(|slice| {
            let rows = slice.rows.div_ceil(slice.rows.div_ceil(most));
            (0..slice.rows).step_by(rows).map(move |at| Slice {
                offset: slice.offset + at,
                first_row: slice.first_row + at,
                rows: rows.min(slice.rows - at),
                ..*slice
            })
        });
        let parts: Vec<_> = parts.collect();
        let failure = FirstFailure::default();
        parts.par_iter().enumerate().for_each(|(index, &part)| {
            if failure.is_before((index, 0)) {
                return;
            }
            // Collected before the first error is looked for, so that it does not depend on who is fastest.
            let columns = (0..self.columns.len()).into_par_iter().map(|feature| Ok((feature, self.chunk(part, feature)?)));
            let columns = columns.collect::<Vec<Result<_>>>().into_iter().collect::<Result<_>>();
            let visited = columns.and_then(|columns| visit(&Block { first_row: part.first_row, rows: part.rows, columns }));
            if let Err(error) = visited {
                failure.record((index, 0), error);
            }
        });
        failure.into_result()
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        Some(self)
    }

    fn locate(&self, row: usize) -> String {
        let slice = self.set.slice_of(row);
        let path = display(&self.set.paths[slice.file]);
        format!("{path}: row {} (counted from 0)", slice.offset + row - slice.first_row)
    }
}

impl FeatureSource for ParquetSource {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        // Collected before the first error is looked for, so that it does not depend on who is fastest.
        let chunks: Vec<_> = self.set.slices.par_iter().map(|&slice| self.chunk(slice, feature)).collect();
        chunks.into_iter().collect()
    }
}
