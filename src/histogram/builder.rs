//! [`HistogramBuilder`]: rows of a node → its histogram, on one thread or many.

use super::kernel::{Accumulate, Cell, Code, PACKED_ROWS, TileView};
use super::pool::Pool;
use super::quantise::{Codes, Quantised};
use super::sums::{Form, Histogram, Sums};
use crate::binning::{BinnedMatrix, Cells, Tile};
use crate::simd::Simd;
use rayon::prelude::*;

/// Builds histograms of one tree.
#[derive(Clone, Copy)]
pub(crate) struct HistogramBuilder<'a> {
    pub matrix: &'a BinnedMatrix,
    pub gradients: &'a Quantised,
    /// Which tiles hold a feature of the tree's.
    pub used: &'a [bool],
    pub pool: &'a Pool,
    pub simd: Simd,
}

impl HistogramBuilder<'_> {
    /// Whether the round's codes are narrow, so that small nodes may be packed.
    pub fn is_narrow(&self) -> bool {
        matches!(self.gradients.codes, Codes::Narrow(_))
    }

    /// The histogram of a set of rows.
    pub fn build(&self, rows: &[u32]) -> Histogram {
        let slots = self.matrix.slots();
        let mut words = self.pool.take(2 * slots);
        let form = if self.is_narrow() && rows.len() <= PACKED_ROWS { Form::Packed } else { Form::Wide };
        match form {
            Form::Packed => {
                words[..slots].fill(0);
                for tile in self.tiles() {
                    self.accumulate(tile, rows, &mut words[tile.first_slot..tile.first_slot + tile.slots]);
                }
            }
            Form::Wide => {
                words[..2 * slots].fill(0);
                self.build_wide(rows, &mut words);
            }
        }
        Histogram { form, words }
    }

    fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.matrix.tiles().iter().zip(self.used).filter_map(|(tile, &used)| used.then_some(tile))
    }

    /// Runs of rows × tiles, each summed by its own task, then added up.
    fn build_wide(&self, rows: &[u32], words: &mut [u64]) {
        let runs = rows.len().div_ceil(PACKED_ROWS).clamp(1, 2 * rayon::current_num_threads());
        let run = rows.len().div_ceil(runs).max(1);
        let tasks: Vec<(&Tile, &[u32])> = self.tiles().flat_map(|tile| rows.chunks(run).map(move |rows| (tile, rows))).collect();
        let parts: Vec<Vec<u64>> = tasks.par_iter().map(|(tile, rows)| self.sum_run(tile, rows)).collect();
        for ((tile, _), part) in tasks.iter().zip(parts) {
            let total = &mut words[2 * tile.first_slot..2 * (tile.first_slot + tile.slots)];
            total.iter_mut().zip(&part).for_each(|(total, part)| *total = total.wrapping_add(*part));
            self.pool.give(part);
        }
    }

    /// Wide sums of one tile over a run of rows of any length.
    fn sum_run(&self, tile: &Tile, rows: &[u32]) -> Vec<u64> {
        let mut wide = self.pool.take(2 * tile.slots);
        wide[..2 * tile.slots].fill(0);
        if !self.is_narrow() {
            self.accumulate(tile, rows, &mut wide);
            return wide;
        }
        let mut packed = self.pool.take(tile.slots);
        for rows in rows.chunks(PACKED_ROWS) {
            packed[..tile.slots].fill(0);
            self.accumulate(tile, rows, &mut packed);
            for (wide, &word) in wide.chunks_exact_mut(2).zip(&packed[..tile.slots]) {
                let sums = Sums::unpack(word);
                wide[0] = wide[0].wrapping_add(sums.grad as u64);
                wide[1] = wide[1].wrapping_add(sums.hess as u64);
            }
        }
        self.pool.give(packed);
        wide
    }

    /// Adds rows to a tile's histogram, packed for narrow codes and wide for wide ones.
    fn accumulate(&self, tile: &Tile, rows: &[u32], histogram: &mut [u64]) {
        match (&tile.cells, &self.gradients.codes) {
            (Cells::Narrow(cells), Codes::Narrow(codes)) => self.run(tile, cells, codes, rows, histogram),
            (Cells::Narrow(cells), Codes::Wide(codes)) => self.run(tile, cells, codes, rows, histogram),
            (Cells::Wide(cells), Codes::Narrow(codes)) => self.run(tile, cells, codes, rows, histogram),
            (Cells::Wide(cells), Codes::Wide(codes)) => self.run(tile, cells, codes, rows, histogram),
        }
    }

    fn run<'v, C: Cell, G: Code>(&self, tile: &'v Tile, cells: &'v [C], codes: &'v [G], rows: &[u32], histogram: &mut [u64])
    where
        TileView<'v, C, G>: Accumulate,
    {
        let view = TileView { cells, codes, offsets: &tile.offsets, slots: tile.slots };
        Accumulate::accumulate(self.simd, view, rows, histogram);
    }
}
