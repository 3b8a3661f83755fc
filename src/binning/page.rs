//! [`Page`]: consecutive rows of a matrix. Whoever reads bins reads them page by page, so that a matrix need not be in memory as a whole.

use super::columns::{BinColumn, BinColumns};
use super::matrix::{BinnedMatrix, Cells, FeatureLayout, Tile};
use std::borrow::Cow;
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

    /// Rows of the page, numbered from its first one.
    pub fn relative<'r>(&self, rows: &'r [u32]) -> Cow<'r, [u32]> {
        match self.first_row as u32 {
            0 => Cow::Borrowed(rows),
            first => rows.iter().map(|row| row - first).collect(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_find_their_rows_and_number_them() {
        let rows = [3, 8, 9, 10, 40, 41];
        let page = |first_row, rows| Page { first_row, rows, tiles: &[] };
        assert_eq!((page(0, 100).within(&rows), page(0, 9).within(&rows)), (0..6, 0..2));
        assert_eq!((page(9, 31).within(&rows), page(9, 33).within(&rows)), (2..4, 2..6));
        assert_eq!((page(50, 9).within(&rows), page(0, 3).within(&rows), page(4, 9).within(&[])), (6..6, 0..0, 0..0));
        assert_eq!(page(9, 33).relative(&rows[2..]).as_ref(), [0, 1, 31, 32]);
        assert_eq!(page(0, 33).relative(&rows).as_ref(), rows);
    }
}
