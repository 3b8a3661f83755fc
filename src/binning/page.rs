//! [`Page`]: consecutive rows of a matrix. Whoever reads bins reads them page by page, so that a matrix need not be in memory as a whole.

use super::columns::{BinColumn, BinColumns};
use super::matrix::{BinnedMatrix, Cells, FeatureLayout, Tile};
use std::ops::Range;

/// Consecutive rows. They are numbered as in the matrix: the cells of the first one are those of row `first_row`.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub first_row: usize,
    pub rows: usize,
    tiles: &'a [Tile],
}

impl BinnedMatrix {
    /// The pages, in the order of rows: today all rows are one.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Page<'_>> {
        std::iter::once(Page { first_row: 0, rows: self.rows(), tiles: self.tiles() })
    }
}

impl<'a> Page<'a> {
    /// The cells of a tile.
    pub fn cells(&self, tile: usize) -> &'a Cells {
        &self.tiles[tile].cells
    }

    /// The column of a feature, if it has one.
    pub fn column(&self, columns: &'a BinColumns, feature: u32) -> Option<&'a BinColumn> {
        columns.get(feature)
    }

    /// The bin of a feature in a row.
    #[inline]
    pub fn bin(&self, row: usize, layout: FeatureLayout) -> usize {
        self.tiles[layout.tile].bin(row - self.first_row, layout.column)
    }

    /// The page's rows.
    pub fn range(&self) -> Range<usize> {
        self.first_row..self.first_row + self.rows
    }

    /// Where the page's rows are among some rows, ascending.
    pub fn within(&self, rows: &[u32]) -> Range<usize> {
        let Range { start, end } = self.range();
        let position = |row: usize| rows.partition_point(|&other| (other as usize) < row);
        // Looking for an end that is beyond all rows would read them for nothing.
        let is_beyond = rows.last().is_none_or(|&last| (last as usize) < end);
        (if start == 0 { 0 } else { position(start) })..if is_beyond { rows.len() } else { position(end) }
    }
}
