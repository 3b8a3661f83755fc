//! Histograms of trees of several outputs: each bin has a sum for every output, side by side, [`Quantised::stride`](super::Quantised::stride) in
//! all. They are [`Histogram`](super::Histogram)s with so many times as many slots.
//!
//! Rows add to a few features at a time, and to as many outputs as fit the registers, so that the sums in use stay in the second-level cache
//! while rows stream by.

use super::builder::{HistogramBuilder, PARALLEL_CELLS, RUN_ROWS};
use super::kernel::PACKED_ROWS;
use super::quantise::Codes;
use super::sums::{SlotForm, Sums};
use super::vector_kernel::{AddVectors, RowCode, VectorView, add_most_frequent, add_sparse};
use crate::binning::{Cells, Tile};
use crate::profile::Phase;
use rayon::prelude::*;
use std::ops::Range;

/// Slots that rows add to at a time, if a feature has not more: with 32 outputs these are 256 KiB.
const GROUP_SLOTS: usize = 1024;

/// Neighbouring features of a tile.
struct Group<'w> {
    tile: usize,
    columns: Range<usize>,
    slots: usize,
    /// Their part of a node's histogram.
    words: &'w mut [u64],
}

impl HistogramBuilder<'_> {
    /// Fills the histogram of a node from the rows that this rank has of it.
    pub(super) fn build_vectors(&self, rows: &[u32], form: SlotForm, words: &mut [u64]) {
        let stride = self.gradients.stride();
        let groups = self.groups(words, form.words() * stride);
        let cells: usize = groups.iter().map(|group| rows.len() * group.columns.len()).sum();
        self.execution.profiler.count(rows.len(), cells * stride);
        if cells * stride < PARALLEL_CELLS {
            return groups.into_iter().for_each(|group| self.sum_group(&group.key(), rows, form, group.words));
        }
        // Integer sums: that the number of runs depends on the number of threads changes no bit.
        let runs = (2 * rayon::current_num_threads()).div_ceil(groups.len()).min(rows.len().div_ceil(RUN_ROWS));
        let run = rows.len().div_ceil(runs.max(1)).max(1);
        groups.into_par_iter().with_max_len(1).for_each(|group| match runs > 1 {
            true => self.sum_group_runs(&group.key(), rows, run, form, group.words),
            false => self.sum_group(&group.key(), rows, form, group.words),
        });
    }

    /// The features of the tiles in use, a few at a time. Others' slots become zero.
    fn groups<'w>(&self, words: &'w mut [u64], per_slot: usize) -> Vec<Group<'w>> {
        let mut rest = words;
        let mut groups = Vec::new();
        for (index, (tile, &used)) in self.matrix.tiles().iter().zip(&self.used).enumerate() {
            let mut columns = 0..0;
            while columns.end < tile.width() {
                columns = next_group(tile, columns.end);
                let slots = tile_slots(tile, &columns);
                let (words, after) = std::mem::take(&mut rest).split_at_mut(slots * per_slot);
                rest = after;
                match used {
                    true => groups.push(Group { tile: index, columns: columns.clone(), slots, words }),
                    false => words.fill(0),
                }
            }
        }
        groups
    }

    /// The sums of some features over some rows, on this thread.
    fn sum_group(&self, key: &GroupKey, rows: &[u32], form: SlotForm, words: &mut [u64]) {
        self.execution.profiler.task(Phase::Histograms, || {
            words.fill(0);
            if form == SlotForm::Packed || !self.is_narrow() {
                return self.accumulate_vectors(key, rows, words);
            }
            let sums = key.slots * self.gradients.stride();
            let mut packed = self.pools.partials.take();
            for rows in rows.chunks(PACKED_ROWS) {
                packed[..sums].fill(0);
                self.accumulate_vectors(key, rows, &mut packed[..sums]);
                for (wide, &word) in words.chunks_exact_mut(2).zip(&packed[..sums]) {
                    let sums = Sums::unpack(word);
                    wide[0] = wide[0].wrapping_add(sums.grad as u64);
                    wide[1] = wide[1].wrapping_add(sums.hess as u64);
                }
            }
            self.pools.partials.give(packed);
        });
    }

    /// The same, with a task for every `run` rows.
    fn sum_group_runs(&self, key: &GroupKey, rows: &[u32], run: usize, form: SlotForm, words: &mut [u64]) {
        let length = words.len();
        let partials: Vec<Vec<u64>> = rows
            .par_chunks(run)
            .map(|rows| {
                let mut partial = self.pools.partials.take();
                self.sum_group(key, rows, form, &mut partial[..length]);
                partial
            })
            .collect();
        self.execution.profiler.task(Phase::Histograms, || {
            words.fill(0);
            for partial in partials {
                words.iter_mut().zip(&partial).for_each(|(total, partial)| *total = total.wrapping_add(*partial));
                self.pools.partials.give(partial);
            }
        });
    }

    /// Adds rows to the sums of some features, packed for narrow codes and wide for wide ones.
    fn accumulate_vectors(&self, key: &GroupKey, rows: &[u32], words: &mut [u64]) {
        match self.gradients.codes() {
            Codes::Narrow(codes) => self.accumulate_vectors_of(key, codes, rows, words),
            Codes::Wide(codes) => self.accumulate_vectors_of(key, codes, rows, words),
        }
    }

    fn accumulate_vectors_of<G: RowCode>(&self, key: &GroupKey, codes: &[G], rows: &[u32], words: &mut [u64])
    where
        for<'v> VectorView<'v, u8, G>: AddVectors,
        for<'v> VectorView<'v, u16, G>: AddVectors,
    {
        let (simd, stride) = (self.execution.simd, self.gradients.stride());
        let tile = &self.matrix.tiles()[key.tile];
        let offset = |column: usize| (tile.offsets[column] - tile.offsets[key.columns.start]) as usize;
        let starts: Vec<usize> = key.columns.clone().map(offset).collect();
        let (width, first, starts) = (tile.width(), key.columns.start, &starts[..]);
        match &tile.cells {
            Cells::Narrow(cells) => {
                AddVectors::add(simd, VectorView { cells, width, first, codes, stride, starts }, rows, words);
            }
            Cells::Wide(cells) => AddVectors::add(simd, VectorView { cells, width, first, codes, stride, starts }, rows, words),
            Cells::Sparse(sparse) => {
                add_sparse(sparse, codes, stride, rows, words);
                add_most_frequent(sparse, &tile.offsets, codes, stride, rows, words);
            }
        }
    }
}

/// A group without its sums.
struct GroupKey {
    tile: usize,
    columns: Range<usize>,
    slots: usize,
}

impl Group<'_> {
    fn key(&self) -> GroupKey {
        GroupKey { tile: self.tile, columns: self.columns.clone(), slots: self.slots }
    }
}

/// The columns from `first` on that are added to together: all of a sparse tile, else as many as have few slots.
fn next_group(tile: &Tile, first: usize) -> Range<usize> {
    if matches!(tile.cells, Cells::Sparse(_)) {
        return 0..tile.width();
    }
    let more = (first + 1..tile.width()).take_while(|&last| tile_slots(tile, &(first..last + 1)) <= GROUP_SLOTS).count();
    first..first + 1 + more
}

fn tile_slots(tile: &Tile, columns: &Range<usize>) -> usize {
    let end = tile.offsets.get(columns.end).map_or(tile.slots, |&end| end as usize);
    end - tile.offsets[columns.start] as usize
}
