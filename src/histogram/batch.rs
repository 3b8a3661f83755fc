//! The histograms of several nodes at a time. Of bins in a file, every part is read once for all of the nodes, tile by tile, so that the sums of a
//! tile stay in the caches while its rows stream by.

use super::builder::{HistogramBuilder, RUN_ROWS, add_packed};
use super::kernel::{Accumulate, Code, PACKED_ROWS, TileView};
use super::quantise::Codes;
use super::sums::{Histogram, SlotForm};
use crate::Result;
use crate::binning::{Cells, Spilled, Tile, within};
use crate::profile::Phase;
use rayon::prelude::*;
use std::ops::Range;

/// The rows that this rank has of a node, ascending, and how many it has on all ranks.
pub(crate) type NodeOfRows<'a> = (&'a [u32], u64);

/// The sums of a node's rows in a tile, while these come.
struct Target<'w> {
    rows: &'w [u32],
    /// Of the form of the node.
    words: &'w mut [u64],
    /// Packed sums of some rows that are still to be added to wide ones; empty as long as there are none.
    packed: Vec<u64>,
    packed_rows: usize,
    /// Whether rows are added to `packed` first.
    is_indirect: bool,
}

/// Some rows of a tile.
#[derive(Clone, Copy)]
struct TileRows<'a> {
    tile: &'a Tile,
    cells: &'a Cells,
}

impl HistogramBuilder<'_> {
    /// The histograms of some nodes.
    ///
    /// # Errors
    /// Bins that cannot be read back from their file.
    pub fn build_all(&self, nodes: &[NodeOfRows<'_>]) -> Result<Vec<Histogram>> {
        let Some(spilled) = self.matrix.spilled() else {
            return Ok(nodes.par_iter().with_max_len(1).map(|&(rows, node_rows)| self.build(rows, node_rows)).collect());
        };
        let empty = |&(_, node_rows): &NodeOfRows<'_>| Histogram { form: self.form(node_rows), words: self.pools.nodes.take() };
        let mut histograms: Vec<Histogram> = nodes.iter().map(empty).collect();
        let mut in_memory = Vec::with_capacity(nodes.len());
        let mut in_file: Vec<(usize, Vec<Target<'_>>)> =
            (0..self.used.len()).filter(|&tile| self.used[tile] && spilled.has_tile(tile)).map(|tile| (tile, Vec::new())).collect();
        for (&(rows, _), Histogram { form, words }) in nodes.iter().zip(&mut histograms) {
            let (outside, inside): (Vec<_>, Vec<_>) =
                self.tiles(words, *form).into_iter().partition(|(tile, _)| spilled.has_tile(*tile));
            in_memory.push((inside, rows, *form));
            let is_indirect = *form == SlotForm::Wide && self.is_narrow();
            for ((_, targets), (tile, words)) in in_file.iter_mut().zip(outside) {
                self.execution.profiler.count(0, rows.len() * self.tile(tile).width());
                targets.push(Target { rows, words, packed: Vec::new(), packed_rows: 0, is_indirect });
            }
        }
        let (read, ()) = rayon::join(
            || self.add_parts(spilled, nodes, &mut in_file),
            || in_memory.into_par_iter().with_max_len(1).for_each(|(tiles, rows, form)| self.sum_tiles(tiles, rows, form)),
        );
        read.map(|()| histograms)
    }

    /// Adds all rows of tiles that are in a file.
    fn add_parts(&self, spilled: &Spilled, nodes: &[NodeOfRows<'_>], tiles: &mut [(usize, Vec<Target<'_>>)]) -> Result<()> {
        let mut parts = Vec::new();
        let mut places = Vec::new();
        for (place, (tile, targets)) in tiles.iter_mut().enumerate() {
            targets.par_iter_mut().for_each(|target| target.words.fill(0));
            parts.extend(spilled.tile_parts(*tile, |range| nodes.iter().any(|(rows, _)| !within(rows, range).is_empty())));
            places.resize(parts.len(), place);
        }
        let mut at = 0;
        spilled.read(&parts, |range, cells| {
            let (tile, targets) = &mut tiles[places[at]];
            at += 1;
            let is_last = places.get(at) != places.get(at - 1);
            let part = TileRows { tile: self.tile(*tile), cells };
            targets.par_iter_mut().with_max_len(1).for_each(|target| {
                self.add_range(part, range, target);
                if is_last {
                    self.finish(target);
                }
            });
        })
    }

    /// Adds the rows of a range.
    fn add_range(&self, part: TileRows<'_>, range: &Range<usize>, target: &mut Target<'_>) {
        let rows = &target.rows[within(target.rows, range)];
        let rows: Vec<u32> = rows.iter().map(|row| row - range.start as u32).collect();
        match self.gradients.codes() {
            Codes::Narrow(codes) => self.add(part, &codes[range.clone()], &rows, target),
            Codes::Wide(codes) => self.add(part, &codes[range.clone()], &rows, target),
        }
    }

    fn add<G: Code>(&self, part: TileRows<'_>, codes: &[G], rows: &[u32], target: &mut Target<'_>)
    where
        for<'v> TileView<'v, u8, G>: Accumulate,
        for<'v> TileView<'v, u16, G>: Accumulate,
    {
        let (profiler, slots) = (self.execution.profiler, part.tile.slots);
        if rows.len() <= 2 * RUN_ROWS {
            return profiler.task(Phase::Histograms, || {
                if !target.is_indirect {
                    return self.add_cells(part, codes, rows, target.words);
                }
                if target.packed_rows + rows.len() > PACKED_ROWS {
                    self.finish(target);
                }
                if target.packed.is_empty() {
                    target.packed = self.pools.partials.take();
                    target.packed[..slots].fill(0);
                }
                target.packed_rows += rows.len();
                self.add_cells(part, codes, rows, &mut target.packed[..slots]);
            });
        }
        // Integer sums: that the number of runs depends on the number of threads changes no bit.
        let run = rows.len().div_ceil(2 * rayon::current_num_threads()).clamp(RUN_ROWS, PACKED_ROWS);
        let sum = |rows: &[u32]| {
            profiler.task(Phase::Histograms, || {
                let mut partial = self.pools.partials.take();
                partial[..G::WORDS * slots].fill(0);
                self.add_cells(part, codes, rows, &mut partial[..G::WORDS * slots]);
                partial
            })
        };
        let partials: Vec<Vec<u64>> = rows.par_chunks(run).map(sum).collect();
        profiler.task(Phase::Histograms, || {
            for partial in partials {
                match target.is_indirect {
                    true => add_packed(target.words, &partial[..slots]),
                    false => target.words.iter_mut().zip(&partial).for_each(|(total, sum)| *total = total.wrapping_add(*sum)),
                }
                self.pools.partials.give(partial);
            }
        });
    }

    fn add_cells<G: Code>(&self, part: TileRows<'_>, codes: &[G], rows: &[u32], words: &mut [u64])
    where
        for<'v> TileView<'v, u8, G>: Accumulate,
        for<'v> TileView<'v, u16, G>: Accumulate,
    {
        match part.cells {
            Cells::Narrow(cells) => self.run(part.tile, cells, codes, rows, words),
            Cells::Wide(cells) => self.run(part.tile, cells, codes, rows, words),
            Cells::Sparse(_) => unreachable!("sparse tiles stay in memory"),
        }
    }

    /// Adds what was added to packed sums so far.
    fn finish(&self, target: &mut Target<'_>) {
        if !target.packed.is_empty() {
            let packed = std::mem::take(&mut target.packed);
            add_packed(target.words, &packed);
            target.packed_rows = 0;
            self.pools.partials.give(packed);
        }
    }
}
