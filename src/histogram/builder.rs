//! [`HistogramBuilder`]: rows of a node → its histogram, on one thread or many.

use super::kernel::{Accumulate, Cell, Code, PACKED_ROWS, TileView, add_most_frequent, add_sparse};
use super::pool::Pools;
use super::quantise::{Codes, Quantised};
use super::sums::{Histogram, SlotForm, Sums};
use crate::binning::{BinnedMatrix, Cells, Tile};
use crate::execution::Execution;
use crate::profile::Phase;
use rayon::prelude::*;

/// Cells (rows × features) from which on several threads share a node. Adding this many takes about a tenth of a millisecond.
pub(super) const PARALLEL_CELLS: usize = 131_072;

/// Rows that are worth a task of their own in a shared node: adding up two histograms of a tile takes as long as a tenth as many.
pub(super) const RUN_ROWS: usize = 8_192;

/// Builds histograms of one tree.
pub(crate) struct HistogramBuilder<'a> {
    pub matrix: &'a BinnedMatrix,
    pub gradients: &'a Quantised,
    /// Which tiles hold a feature of the tree's.
    pub used: Vec<bool>,
    pub pools: &'a Pools,
    pub execution: Execution<'a>,
}

impl HistogramBuilder<'_> {
    /// Whether the round's codes are narrow, so that small nodes may be packed.
    pub fn is_narrow(&self) -> bool {
        matches!(self.gradients.codes(), Codes::Narrow(_))
    }

    /// The histogram of the rows that this rank has of a node, which has `node_rows` on all ranks.
    pub fn build(&self, rows: &[u32], node_rows: u64) -> Histogram {
        let mut words = self.pools.nodes.take();
        let form = self.form(node_rows);
        if self.gradients.stride() > 1 {
            self.build_vectors(rows, form, &mut words);
            return Histogram { form, words };
        }
        self.sum_tiles(self.tiles(&mut words, form), rows, form);
        Histogram { form, words }
    }

    /// The sums of tiles over some rows, on one thread or many.
    pub(super) fn sum_tiles(&self, tiles: Vec<(usize, &mut [u64])>, rows: &[u32], form: SlotForm) {
        let cells: usize = tiles.iter().map(|(tile, _)| rows.len() * self.tile(*tile).work()).sum();
        self.execution.profiler.count(rows.len(), cells);
        if cells < PARALLEL_CELLS {
            tiles.into_iter().for_each(|(tile, words)| self.sum(tile, rows, form, words));
        } else {
            // Integer sums: that the number of runs depends on the number of threads changes no bit.
            let runs = (2 * rayon::current_num_threads()).div_ceil(tiles.len()).min(rows.len().div_ceil(RUN_ROWS));
            let run = rows.len().div_ceil(runs);
            tiles.into_par_iter().for_each(|(tile, words)| {
                if runs > 1 {
                    self.sum_runs(tile, rows, run, form, words);
                } else {
                    self.sum(tile, rows, form, words);
                }
            });
        }
    }

    /// How the slots of a node with so many rows are stored.
    pub(super) fn form(&self, node_rows: u64) -> SlotForm {
        if self.is_narrow() && node_rows <= PACKED_ROWS as u64 { SlotForm::Packed } else { SlotForm::Wide }
    }

    /// The tiles in use, each with its part of a node's histogram.
    pub(super) fn tiles<'w>(&self, words: &'w mut [u64], form: SlotForm) -> Vec<(usize, &'w mut [u64])> {
        let mut rest = words;
        let mut tiles = Vec::with_capacity(self.used.len());
        for (index, (tile, &used)) in self.matrix.tiles().iter().zip(&self.used).enumerate() {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(tile.slots * form.words());
            rest = after;
            if used {
                tiles.push((index, part));
            } else {
                part.fill(0);
            }
        }
        tiles
    }

    /// The sums of one tile over some rows, on this thread.
    fn sum(&self, tile: usize, rows: &[u32], form: SlotForm, words: &mut [u64]) {
        self.execution.profiler.task(Phase::Histograms, || self.sum_now(tile, rows, form, words));
    }

    fn sum_now(&self, tile: usize, rows: &[u32], form: SlotForm, words: &mut [u64]) {
        words.fill(0);
        if form == SlotForm::Packed || !self.is_narrow() {
            return self.accumulate(tile, rows, words);
        }
        let slots = self.tile(tile).slots;
        let mut packed = self.pools.partials.take();
        for rows in rows.chunks(PACKED_ROWS) {
            packed[..slots].fill(0);
            self.accumulate(tile, rows, &mut packed[..slots]);
            add_packed(words, &packed[..slots]);
        }
        self.pools.partials.give(packed);
    }

    /// The sums of one tile, with a task for every `run` rows.
    pub(super) fn sum_runs(&self, tile: usize, rows: &[u32], run: usize, form: SlotForm, words: &mut [u64]) {
        let length = form.words() * self.tile(tile).slots;
        let partials: Vec<Vec<u64>> = rows
            .par_chunks(run)
            .map(|rows| {
                let mut partial = self.pools.partials.take();
                self.sum(tile, rows, form, &mut partial[..length]);
                partial
            })
            .collect();
        self.execution.profiler.task(Phase::Histograms, || {
            words.fill(0);
            for partial in partials {
                // Halves of packed words do not touch: all rows together are as few as a packed slot holds.
                words.iter_mut().zip(&partial).for_each(|(total, partial)| *total = total.wrapping_add(*partial));
                self.pools.partials.give(partial);
            }
        });
    }

    /// Adds rows to a tile's histogram of zeros, packed for narrow codes and wide for wide ones.
    fn accumulate(&self, tile: usize, rows: &[u32], histogram: &mut [u64]) {
        match self.gradients.codes() {
            Codes::Narrow(codes) => self.accumulate_codes(tile, codes, rows, histogram),
            Codes::Wide(codes) => self.accumulate_codes(tile, codes, rows, histogram),
        }
    }

    fn accumulate_codes<G: Code>(&self, index: usize, codes: &[G], rows: &[u32], histogram: &mut [u64])
    where
        for<'v> TileView<'v, u8, G>: Accumulate,
        for<'v> TileView<'v, u16, G>: Accumulate,
    {
        let tile = self.tile(index);
        match &tile.cells {
            Cells::Narrow(cells) => self.run(tile, cells, codes, rows, histogram),
            Cells::Wide(cells) => self.run(tile, cells, codes, rows, histogram),
            Cells::Sparse(sparse) => {
                add_sparse(sparse, codes, rows, histogram);
                add_most_frequent(sparse, &tile.offsets, codes, rows, histogram);
            }
        }
    }

    /// Adds rows to the histogram of a dense tile.
    pub(super) fn run<'v, C: Cell, G: Code>(
        &self,
        tile: &'v Tile,
        cells: &'v [C],
        codes: &'v [G],
        rows: &[u32],
        histogram: &mut [u64],
    ) where
        TileView<'v, C, G>: Accumulate,
    {
        let view = TileView { cells, codes, offsets: &tile.offsets, slots: tile.slots };
        Accumulate::accumulate(self.execution.simd, view, rows, histogram);
    }

    pub(super) fn tile(&self, index: usize) -> &Tile {
        &self.matrix.tiles()[index]
    }
}

/// Adds packed slots to wide ones.
pub(super) fn add_packed(wide: &mut [u64], packed: &[u64]) {
    for (wide, &word) in wide.chunks_exact_mut(2).zip(packed) {
        let sums = Sums::unpack(word);
        wide[0] = wide[0].wrapping_add(sums.grad as u64);
        wide[1] = wide[1].wrapping_add(sums.hess as u64);
    }
}
