//! Binning block by block, as the data come: for data that cannot be read feature by feature.

use super::cells::Cells;
use super::lookup::Lookup;
use super::mapper::BinMapper;
use super::matrix::{BinnedMatrix, FeatureLayout, Tile, TileKind, check_rows, most_frequent_slots};
use super::sparse::{SparseEntry, SparseRows};
use crate::Result;
use crate::data::{Block, Chunk, Dataset};
use crate::simd::Simd;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Rows that are filled under one lock.
const SEGMENT_ROWS: usize = 65_536;

/// Values that are binned before the lock is taken.
pub(super) const BATCH: usize = 4096;

impl BinnedMatrix {
    /// Bins a data set.
    ///
    /// # Errors
    /// Data that cannot be read, or more rows than a row number of 32 bits can count.
    pub fn build(mapper: &BinMapper, data: &Dataset, simd: Simd) -> Result<Self> {
        let rows = check_rows(data)?;
        let mut matrix = Self::assemble(mapper, rows, |kind, features, _| match kind {
            TileKind::Narrow => Cells::Narrow(vec![0; rows * features.len()]),
            TileKind::Wide => Cells::Wide(vec![0; rows * features.len()]),
            TileKind::Sparse => Cells::Sparse(SparseRows::new(0, &[], Vec::new())),
        });
        let segments = Segments::new(&mut matrix.tiles);
        let layouts = &matrix.layouts;
        let fill = |block: &Block<'_>| {
            block.columns.par_iter().for_each(|(feature, chunk)| {
                let lookup = Lookup::new(&mapper.features()[*feature]);
                segments.fill(simd, layouts[*feature], mapper.most_frequent()[*feature], &lookup, block.first_row, chunk);
            });
            Ok(())
        };
        data.source().visit(&fill)?;
        let sparse = segments.finish();
        if let (Some(columns), Some(tile)) = (sparse, matrix.tiles.last_mut()) {
            tile.cells = sparse_cells(mapper, rows, tile, &columns);
        }
        Ok(matrix)
    }
}

/// The cells of the tile of sparse features, from the entries of each.
pub(super) fn sparse_cells(mapper: &BinMapper, rows: usize, tile: &Tile, columns: &[Vec<SparseEntry>]) -> Cells {
    Cells::Sparse(SparseRows::new(rows, columns, most_frequent_slots(mapper, &tile.features, &tile.offsets)))
}

/// The cells of all tiles behind locks, so that blocks may be filled in at the same time.
pub(super) struct Segments<'a> {
    tiles: Vec<TileCells<'a>>,
    sparse_entries: AtomicUsize,
}

enum TileCells<'a> {
    /// Cells per row, and runs of rows.
    Narrow(usize, Vec<Mutex<&'a mut [u8]>>),
    Wide(usize, Vec<Mutex<&'a mut [u16]>>),
    /// Where each feature begins in the tile's histogram, and its entries.
    Sparse(&'a [u32], Vec<Mutex<Vec<SparseEntry>>>),
}

impl<'a> Segments<'a> {
    pub fn new(tiles: &'a mut [Tile]) -> Self {
        let cut = |tile: &'a mut Tile| {
            let width = tile.features.len();
            match &mut tile.cells {
                Cells::Narrow(cells) => TileCells::Narrow(width, cells.chunks_mut(SEGMENT_ROWS * width).map(Mutex::new).collect()),
                Cells::Wide(cells) => TileCells::Wide(width, cells.chunks_mut(SEGMENT_ROWS * width).map(Mutex::new).collect()),
                Cells::Sparse(_) => TileCells::Sparse(&tile.offsets, (0..width).map(|_| Mutex::default()).collect()),
            }
        };
        Self { tiles: tiles.iter_mut().map(cut).collect(), sparse_entries: AtomicUsize::new(0) }
    }

    /// The entries of sparse features so far.
    pub fn sparse_entries(&self) -> usize {
        self.sparse_entries.load(Ordering::Relaxed)
    }

    /// Writes the bins of consecutive values of one feature.
    pub fn fill(
        &self,
        simd: Simd,
        layout: FeatureLayout,
        most_frequent: Option<usize>,
        lookup: &Lookup<'_>,
        first_row: usize,
        chunk: &Chunk<'_>,
    ) {
        match &self.tiles[layout.tile] {
            TileCells::Narrow(width, segments) => {
                fill_segments(simd, segments, (*width, layout.column), lookup, first_row, chunk, |bin| bin as u8);
            }
            TileCells::Wide(width, segments) => {
                fill_segments(simd, segments, (*width, layout.column), lookup, first_row, chunk, |bin| bin);
            }
            TileCells::Sparse(offsets, columns) => {
                let offset = offsets[layout.column];
                let mut entries = Vec::new();
                let most_frequent = most_frequent.unwrap_or_default();
                lookup.other_bins(simd, chunk, most_frequent, |row, bin| {
                    entries.push(((first_row + row) as u32, offset + u32::from(bin)));
                });
                self.sparse_entries.fetch_add(entries.len(), Ordering::Relaxed);
                columns[layout.column].lock().unwrap_or_else(PoisonError::into_inner).append(&mut entries);
            }
        }
    }

    /// The entries of the sparse features, if there are any, each feature's in the order of rows.
    pub fn finish(self) -> Option<Vec<Vec<SparseEntry>>> {
        let columns = self.tiles.into_iter().find_map(|tile| match tile {
            TileCells::Sparse(_, columns) => Some(columns),
            _ => None,
        })?;
        let mut columns: Vec<_> = columns.into_iter().map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        columns.par_iter_mut().for_each(|entries| entries.sort_unstable());
        Some(columns)
    }
}

/// Writes the bins of consecutive values to a column of a dense tile: (cells per row, column).
fn fill_segments<C: Copy>(
    simd: Simd,
    segments: &[Mutex<&mut [C]>],
    (width, column): (usize, usize),
    lookup: &Lookup<'_>,
    first_row: usize,
    chunk: &Chunk<'_>,
    cell: impl Fn(u16) -> C,
) {
    let mut batch = [0u16; BATCH];
    let mut done = 0;
    while done < chunk.len() {
        let row = first_row + done;
        let in_segment = row % SEGMENT_ROWS;
        let count = BATCH.min(chunk.len() - done).min(SEGMENT_ROWS - in_segment);
        lookup.bins(simd, chunk, done..done + count, &mut batch[..count]);
        let mut segment = segments[row / SEGMENT_ROWS].lock().unwrap_or_else(PoisonError::into_inner);
        let cells = segment[in_segment * width + column..].iter_mut().step_by(width);
        cells.zip(&batch[..count]).for_each(|(to, &bin)| *to = cell(bin));
        done += count;
    }
}
