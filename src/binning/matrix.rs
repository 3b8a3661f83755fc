//! [`BinnedMatrix`]: the training data as bin numbers, row-major inside tiles of a few features.
//!
//! A tile's rows are short (at most 16 cells), so the histogram of a whole tile fits the first-level cache while its rows stream by,
//! and a tile whose features no tree uses is never read.

use super::lookup::Lookup;
use super::mapper::{BinMapper, FeatureBins};
use crate::data::{Block, Chunk, Dataset};
use crate::simd::{Simd, prefetch};
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Features of a tile of bytes.
pub(crate) const NARROW_FEATURES: usize = 16;

/// Features of a tile of 16-bit cells.
pub(crate) const WIDE_FEATURES: usize = 8;

/// Rows that are filled under one lock.
const SEGMENT_ROWS: usize = 65_536;

/// How far ahead rows are fetched when they are moved.
const AHEAD: usize = 16;

/// Values that are binned before the lock is taken.
const BATCH: usize = 4096;

/// The cells of a tile: row `r`, column `c` is at `r × width + c`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// Every feature has at most 256 bins.
    Narrow(Vec<u8>),
    /// Some feature has more.
    Wide(Vec<u16>),
}

/// A few features side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tile {
    /// The features, by position in the schema.
    pub(crate) features: Vec<u32>,
    /// Where each feature's bins begin in the tile's histogram.
    pub(crate) offsets: Vec<u32>,
    /// Length of the tile's histogram.
    pub(crate) slots: usize,
    /// Where the tile's histogram begins in a node's.
    pub(crate) first_slot: usize,
    /// The bin numbers.
    pub(crate) cells: Cells,
}

impl Tile {
    /// Cells per row.
    pub fn width(&self) -> usize {
        self.features.len()
    }

    fn new(bins: &[FeatureBins], features: &[u32], first_slot: usize, cells: Cells) -> Self {
        let sizes: Vec<usize> = features.iter().map(|&f| bins[f as usize].value_bins() + 1).collect();
        let mut offsets = Vec::with_capacity(features.len());
        let mut slots = 0;
        for size in sizes {
            offsets.push(slots as u32);
            slots += size;
        }
        Self { features: features.to_vec(), offsets, slots, first_slot, cells }
    }
}

/// Where a feature is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Its tile.
    pub tile: usize,
    /// Its column in the tile.
    pub column: usize,
    /// Where its bins begin in a node's histogram.
    pub slot: usize,
    /// The number of its value bins; the missing bin follows them.
    pub value_bins: usize,
}

/// A data set as bin numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedMatrix {
    rows: usize,
    tiles: Vec<Tile>,
    places: Vec<Place>,
}

impl BinnedMatrix {
    /// Bins a data set.
    ///
    /// # Errors
    /// Data that cannot be read, or more rows than a row number of 32 bits can count.
    pub fn build(mapper: &BinMapper, data: &Dataset, simd: Simd) -> Result<Self> {
        let rows = check_rows(data)?;
        let mut matrix = Self::allocate(mapper.features(), rows);
        let mut segments = Segments::new(&mut matrix.tiles);
        let places = &matrix.places;
        let fill = |block: &Block<'_>| {
            block.columns.par_iter().for_each(|(feature, chunk)| {
                segments.fill(simd, places[*feature], &mapper.features()[*feature], block.first_row, chunk);
            });
            Ok(())
        };
        data.source().visit(&fill)?;
        segments.tiles.clear();
        Ok(matrix)
    }

    /// A matrix whose cells are all zero.
    fn allocate(bins: &[FeatureBins], rows: usize) -> Self {
        Self::assemble(bins, rows, |features, is_narrow| {
            let cells = rows * features;
            if is_narrow { Cells::Narrow(vec![0; cells]) } else { Cells::Wide(vec![0; cells]) }
        })
    }

    /// A matrix of tiles whose cells `cells` gives, by the number of features and whether their bins fit bytes: features whose bins do
    /// come first, else all are in order.
    pub(super) fn assemble(bins: &[FeatureBins], rows: usize, mut cells: impl FnMut(usize, bool) -> Cells) -> Self {
        let (narrow, wide): (Vec<u32>, Vec<u32>) = (0..bins.len() as u32).partition(|&f| bins[f as usize].is_narrow());
        let groups = narrow.chunks(NARROW_FEATURES).map(|g| (g, true)).chain(wide.chunks(WIDE_FEATURES).map(|g| (g, false)));
        let mut tiles: Vec<Tile> = Vec::new();
        for (features, is_narrow) in groups {
            let first_slot = tiles.last().map_or(0, |t| t.first_slot + t.slots);
            tiles.push(Tile::new(bins, features, first_slot, cells(features.len(), is_narrow)));
        }
        let mut places = vec![Place { tile: 0, column: 0, slot: 0, value_bins: 0 }; bins.len()];
        for (t, tile) in tiles.iter().enumerate() {
            for (column, &feature) in tile.features.iter().enumerate() {
                let slot = tile.first_slot + tile.offsets[column] as usize;
                let value_bins = bins[feature as usize].value_bins();
                places[feature as usize] = Place { tile: t, column, slot, value_bins };
            }
        }
        Self { rows, tiles, places }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Memory that the bin numbers take.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |tile: &Tile| match &tile.cells {
            Cells::Narrow(cells) => cells.len(),
            Cells::Wide(cells) => 2 * cells.len(),
        };
        self.tiles.iter().map(bytes).sum()
    }

    /// Moves rows: at each place then is the row that was at `order[place]`.
    pub(crate) fn reorder(&mut self, order: &[u32]) {
        for tile in &mut self.tiles {
            let width = tile.width();
            match &mut tile.cells {
                Cells::Narrow(cells) => reorder_rows(cells, width, order),
                Cells::Wide(cells) => reorder_rows(cells, width, order),
            }
        }
    }

    /// The tiles.
    pub(crate) fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Length of a node's histogram over all features.
    pub(crate) fn slots(&self) -> usize {
        self.tiles.last().map_or(0, |t| t.first_slot + t.slots)
    }

    pub(crate) fn place(&self, feature: u32) -> Place {
        self.places[feature as usize]
    }

    /// The bin of a feature in a row.
    #[inline]
    pub(crate) fn bin(&self, row: usize, place: Place) -> usize {
        let tile = &self.tiles[place.tile];
        let at = row * tile.width() + place.column;
        match &tile.cells {
            Cells::Narrow(cells) => usize::from(cells[at]),
            Cells::Wide(cells) => usize::from(cells[at]),
        }
    }
}

/// The number of rows, if row numbers can count them.
pub(super) fn check_rows(data: &Dataset) -> Result<usize> {
    let rows = data.rows();
    if u32::try_from(rows).is_err() {
        return Err(Error::data(format!("{rows} rows are more than one machine can train on ({}); split the data", u32::MAX)));
    }
    Ok(rows)
}

fn reorder_rows<C: Copy + Default + Send + Sync>(cells: &mut Vec<C>, width: usize, order: &[u32]) {
    let mut moved = vec![C::default(); cells.len()];
    moved.par_chunks_mut(SEGMENT_ROWS * width).zip(order.par_chunks(SEGMENT_ROWS)).for_each(|(moved, order)| {
        for (i, row) in moved.chunks_exact_mut(width).enumerate() {
            prefetch(cells, order[(i + AHEAD).min(order.len() - 1)] as usize * width);
            let first = order[i] as usize * width;
            row.copy_from_slice(&cells[first..first + width]);
        }
    });
    *cells = moved;
}

/// The cells of all tiles cut into runs of rows, each behind a lock, so that blocks may be filled in at the same time.
struct Segments<'a> {
    tiles: Vec<(usize, Vec<Mutex<SegmentCells<'a>>>)>,
}

enum SegmentCells<'a> {
    Narrow(&'a mut [u8]),
    Wide(&'a mut [u16]),
}

impl<'a> Segments<'a> {
    fn new(tiles: &'a mut [Tile]) -> Self {
        let cut = |tile: &'a mut Tile| {
            let width = tile.width();
            let locked = match &mut tile.cells {
                Cells::Narrow(cells) => {
                    cells.chunks_mut(SEGMENT_ROWS * width).map(|s| Mutex::new(SegmentCells::Narrow(s))).collect()
                }
                Cells::Wide(cells) => cells.chunks_mut(SEGMENT_ROWS * width).map(|s| Mutex::new(SegmentCells::Wide(s))).collect(),
            };
            (width, locked)
        };
        Self { tiles: tiles.iter_mut().map(cut).collect() }
    }

    /// Writes the bins of consecutive values of one feature.
    fn fill(&self, simd: Simd, place: Place, bins: &FeatureBins, first_row: usize, chunk: &Chunk<'_>) {
        let (width, segments) = &self.tiles[place.tile];
        let lookup = Lookup::new(bins);
        let mut batch = [0u16; BATCH];
        let mut done = 0;
        while done < chunk.len() {
            let row = first_row + done;
            let in_segment = row % SEGMENT_ROWS;
            let count = BATCH.min(chunk.len() - done).min(SEGMENT_ROWS - in_segment);
            lookup.bins(simd, chunk, done..done + count, &mut batch[..count]);
            let mut segment = segments[row / SEGMENT_ROWS].lock().unwrap_or_else(PoisonError::into_inner);
            let first = in_segment * width + place.column;
            match &mut *segment {
                SegmentCells::Narrow(cells) => {
                    cells[first..].iter_mut().step_by(*width).zip(&batch[..count]).for_each(|(cell, &bin)| *cell = bin as u8);
                }
                SegmentCells::Wide(cells) => {
                    cells[first..].iter_mut().step_by(*width).zip(&batch[..count]).for_each(|(cell, &bin)| *cell = bin);
                }
            }
            done += count;
        }
    }
}
