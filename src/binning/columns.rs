//! [`BinColumns`]: the bins of every feature by themselves. Partitioning a node's rows reads one feature: of a tile, three cells of four in a
//! cache line would be read in vain.

use super::cells::{Cells, NARROW_FEATURES, WIDE_FEATURES};
use super::matrix::{BinnedMatrix, Tile};
use super::transpose::transpose;
use rayon::prelude::*;

/// Rows that one task transposes.
const RUN: usize = 8192;

/// With longer rows, histograms take far more time than partitioning.
const MOST_BYTES_PER_ROW: usize = 128;

/// The bins of one feature, row by row.
#[derive(Debug)]
pub(crate) enum BinColumn {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

/// The columns of a matrix, by feature. Features of sparse tiles have none.
#[derive(Debug)]
pub(crate) struct BinColumns {
    columns: Vec<Option<BinColumn>>,
}

impl BinColumns {
    /// No columns.
    pub fn none() -> Self {
        Self { columns: Vec::new() }
    }

    /// The columns of all dense tiles, if rows are so short that partitioning them takes a good part of the time; else none.
    pub fn if_short(matrix: &BinnedMatrix) -> Self {
        if matrix.bytes() <= MOST_BYTES_PER_ROW * matrix.rows() { Self::of(matrix) } else { Self::none() }
    }

    /// The columns of all dense tiles.
    pub fn of(matrix: &BinnedMatrix) -> Self {
        let mut columns = Self { columns: (0..matrix.features()).map(|_| None).collect() };
        for tile in matrix.tiles() {
            match &tile.cells {
                Cells::Narrow(cells) => columns.add(
                    tile,
                    transposed::<_, NARROW_FEATURES, { NARROW_FEATURES * NARROW_FEATURES }>(cells, tile.width(), matrix.rows()),
                    BinColumn::Narrow,
                ),
                Cells::Wide(cells) => columns.add(
                    tile,
                    transposed::<_, WIDE_FEATURES, { WIDE_FEATURES * WIDE_FEATURES }>(cells, tile.width(), matrix.rows()),
                    BinColumn::Wide,
                ),
                Cells::Sparse(_) => {}
            }
        }
        columns
    }

    /// The column of a feature, if it has one.
    pub fn get(&self, feature: u32) -> Option<&BinColumn> {
        self.columns.get(feature as usize)?.as_ref()
    }

    fn add<C>(&mut self, tile: &Tile, columns: Vec<Vec<C>>, column: impl Fn(Vec<C>) -> BinColumn) {
        tile.features.iter().zip(columns).for_each(|(&feature, cells)| self.columns[feature as usize] = Some(column(cells)));
    }
}

/// The columns of a tile of at most `N` features; `SQUARE` is `N` × `N`.
fn transposed<C: Copy + Default + Send + Sync, const N: usize, const SQUARE: usize>(
    cells: &[C],
    width: usize,
    rows: usize,
) -> Vec<Vec<C>> {
    // Fresh pages each, not clones of one: they are touched first by who fills them.
    let mut columns: Vec<Vec<C>> = (0..width).map(|_| vec![C::default(); rows]).collect();
    let mut runs: Vec<Vec<&mut [C]>> = (0..rows.div_ceil(RUN)).map(|_| Vec::with_capacity(width)).collect();
    for column in &mut columns {
        runs.iter_mut().zip(column.chunks_mut(RUN)).for_each(|(run, part)| run.push(part));
    }
    let runs = runs.into_par_iter().zip(cells.par_chunks(RUN * width));
    runs.for_each(|(mut columns, cells)| transpose::<C, N, SQUARE>(cells, &mut columns));
    columns
}
