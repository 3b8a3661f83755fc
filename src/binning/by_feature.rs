//! Binning feature by feature, where the data can be read so: every value is read once, and raw values go as soon as they are binned.

use super::cells::{Cells, NARROW_FEATURES, WIDE_FEATURES};
use super::lookup::Lookup;
use super::mapper::{BinMapper, FeatureBins};
use super::matrix::{BinnedMatrix, SPARSE_FEATURES, TileKind, check_rows, most_frequent_slots};
use super::sample::SampleRows;
use super::sparse::{SparseEntry, SparseRows};
use crate::data::{Chunk, Dataset, FeatureSource};
use crate::execution::Execution;
use crate::simd::Simd;
use crate::{Params, Result};
use rayon::prelude::*;
use std::collections::VecDeque;

/// Bins that are looked up at a time.
const BATCH: usize = 4096;

/// Rows that one task bins, or lays out.
const RUN: usize = 65_536;

/// The bins of one feature in every row.
enum BinnedFeature {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
    /// The bins that are not the most frequent one, with their rows, ascending.
    Sparse(Vec<(u32, u16)>),
}

/// Bins a data set, with at most `at_a_time` features' raw values in memory.
pub(super) fn bin(
    data: &Dataset,
    source: &dyn FeatureSource,
    params: &Params,
    execution: Execution<'_>,
    at_a_time: usize,
) -> Result<(BinMapper, BinnedMatrix)> {
    let Execution { simd, ranks, .. } = execution;
    let features = &data.schema().features;
    let rows = ranks.agree(check_rows(data))?;
    let kinds = ranks.agree(features.iter().map(FeatureBins::by_kind).collect::<Result<Vec<_>>>())?;
    let sample_rows = SampleRows::new(data, params.seed, ranks);
    let weight = sample_rows.weight();
    let (mut bins, mut most_frequent) = (Vec::with_capacity(features.len()), Vec::with_capacity(features.len()));
    let mut tiles = Tiles::new(rows);
    let mut sparse = Vec::new();
    for batch in kinds.chunks(at_a_time) {
        let first = bins.len();
        let read = |(position, kind): (usize, &FeatureBins)| {
            let chunks = source.feature(first + position)?;
            let values = match kind {
                FeatureBins::Numeric { .. } => sample_rows.sorted(&chunks),
                FeatureBins::Categorical { .. } => Vec::new(),
            };
            Ok((chunks, values))
        };
        let bin = |kind: &FeatureBins, found: (FeatureBins, Option<usize>), chunks: &[Chunk<'_>]| {
            let (bins, most_frequent) = match kind {
                FeatureBins::Numeric { .. } => found,
                FeatureBins::Categorical { .. } => (kind.clone(), None),
            };
            let column = column(&bins, most_frequent, chunks, rows, simd);
            (bins, most_frequent, column)
        };
        let features = batch.par_iter().enumerate();
        let binned: Vec<_> = if ranks.is_alone() {
            // Raw values go before those of the next feature come.
            let binned = features.map(|(position, kind)| {
                let (chunks, values) = read((position, kind))?;
                Ok(bin(kind, FeatureBins::numeric(&values, weight, params), &chunks))
            });
            binned.collect::<Result<_>>()?
        } else {
            let read: Vec<_> = ranks.agree(features.map(read).collect::<Result<_>>())?;
            let (chunks, values): (Vec<_>, Vec<_>) = read.into_iter().unzip();
            let found = FeatureBins::all_numeric(&sample_rows, values, weight, params);
            let features = batch.par_iter().zip(found).zip(&chunks);
            features.map(|((kind, found), chunks)| bin(kind, found, chunks)).collect()
        };
        for binned in binned {
            let (found, found_most_frequent, column) = binned;
            match column {
                BinnedFeature::Narrow(column) => tiles.add_narrow(column),
                BinnedFeature::Wide(column) => tiles.add_wide(column),
                BinnedFeature::Sparse(entries) => sparse.push((bins.len(), entries)),
            }
            bins.push(found);
            most_frequent.push(found_most_frequent);
        }
    }
    let mapper = BinMapper::of(bins, most_frequent);
    if sparse.len() < SPARSE_FEATURES {
        // Layouts have these features last.
        for (feature, entries) in std::mem::take(&mut sparse) {
            let most_frequent = mapper.most_frequent()[feature].unwrap_or_default() as u16;
            if mapper.features()[feature].is_narrow() {
                tiles.add_narrow(unpack(&entries, most_frequent as u8, rows, |bin| bin as u8));
            } else {
                tiles.add_wide(unpack(&entries, most_frequent, rows, |bin| bin));
            }
        }
    }
    let (mut narrow, mut wide) = tiles.finish();
    let mut sparse = sparse.into_iter().map(|(_, entries)| entries).collect::<VecDeque<_>>();
    let matrix = BinnedMatrix::assemble(&mapper, rows, |kind, features, offsets| match kind {
        TileKind::Narrow => Cells::Narrow(narrow.pop_front().unwrap_or_default()),
        TileKind::Wide => Cells::Wide(wide.pop_front().unwrap_or_default()),
        TileKind::Sparse => {
            let placed = |(offset, entries): (&u32, Vec<(u32, u16)>)| -> Vec<SparseEntry> {
                entries.into_iter().map(|(row, bin)| (row, offset + u32::from(bin))).collect()
            };
            let columns: Vec<_> = offsets.iter().zip(sparse.drain(..)).map(placed).collect();
            Cells::Sparse(SparseRows::new(rows, &columns, most_frequent_slots(&mapper, features, offsets)))
        }
    });
    Ok((mapper, matrix))
}

/// The bins of every row, of which only those that are not the most frequent one were kept.
fn unpack<C: Copy>(entries: &[(u32, u16)], most_frequent: C, rows: usize, cell: impl Fn(u16) -> C) -> Vec<C> {
    let mut column = vec![most_frequent; rows];
    entries.iter().for_each(|&(row, bin)| column[row as usize] = cell(bin));
    column
}

/// The bins of consecutive chunks.
fn column(bins: &FeatureBins, most_frequent: Option<usize>, chunks: &[Chunk<'_>], rows: usize, simd: Simd) -> BinnedFeature {
    let lookup = Lookup::new(bins);
    if let Some(most_frequent) = most_frequent {
        let mut entries = Vec::new();
        let mut first_row = 0;
        for chunk in chunks {
            lookup.other_bins(simd, chunk, most_frequent, |row, bin| entries.push(((first_row + row) as u32, bin)));
            first_row += chunk.len();
        }
        return BinnedFeature::Sparse(entries);
    }
    if bins.is_narrow() {
        BinnedFeature::Narrow(look_up(&lookup, chunks, rows, simd, |bin| bin as u8))
    } else {
        BinnedFeature::Wide(look_up(&lookup, chunks, rows, simd, |bin| bin))
    }
}

fn look_up<C: Copy + Default + Send>(
    lookup: &Lookup<'_>,
    chunks: &[Chunk<'_>],
    rows: usize,
    simd: Simd,
    cell: impl Fn(u16) -> C + Copy + Send + Sync,
) -> Vec<C> {
    let mut column = vec![C::default(); rows];
    let mut rest = &mut column[..];
    for chunk in chunks {
        let (cells, after) = std::mem::take(&mut rest).split_at_mut(chunk.len());
        rest = after;
        cells.par_chunks_mut(RUN).enumerate().for_each(|(run, cells)| {
            let mut batch = [0; BATCH];
            for (i, cells) in cells.chunks_mut(BATCH).enumerate() {
                let start = run * RUN + i * BATCH;
                lookup.bins(simd, chunk, start..start + cells.len(), &mut batch[..cells.len()]);
                cells.iter_mut().zip(&batch).for_each(|(to, &bin)| *to = cell(bin));
            }
        });
    }
    column
}

/// BinColumns that become tiles as soon as there are enough of them.
struct Tiles {
    rows: usize,
    narrow: Vec<Vec<u8>>,
    wide: Vec<Vec<u16>>,
    narrow_tiles: VecDeque<Vec<u8>>,
    wide_tiles: VecDeque<Vec<u16>>,
}

impl Tiles {
    fn new(rows: usize) -> Self {
        Self { rows, narrow: Vec::new(), wide: Vec::new(), narrow_tiles: VecDeque::new(), wide_tiles: VecDeque::new() }
    }

    fn add_narrow(&mut self, column: Vec<u8>) {
        push(column, &mut self.narrow, &mut self.narrow_tiles, NARROW_FEATURES, self.rows);
    }

    fn add_wide(&mut self, column: Vec<u16>) {
        push(column, &mut self.wide, &mut self.wide_tiles, WIDE_FEATURES, self.rows);
    }

    /// The cells of all tiles, in order.
    fn finish(mut self) -> (VecDeque<Vec<u8>>, VecDeque<Vec<u16>>) {
        if !self.narrow.is_empty() {
            self.narrow_tiles.push_back(side_by_side(&slices(&self.narrow), self.rows));
        }
        if !self.wide.is_empty() {
            self.wide_tiles.push_back(side_by_side(&slices(&self.wide), self.rows));
        }
        (self.narrow_tiles, self.wide_tiles)
    }
}

fn push<C: Copy + Default + Send + Sync>(
    column: Vec<C>,
    columns: &mut Vec<Vec<C>>,
    tiles: &mut VecDeque<Vec<C>>,
    width: usize,
    rows: usize,
) {
    columns.push(column);
    if columns.len() == width {
        tiles.push_back(side_by_side(&slices(columns), rows));
        columns.clear();
    }
}

fn slices<C>(columns: &[Vec<C>]) -> Vec<&[C]> {
    columns.iter().map(|column| &column[..]).collect()
}

/// The cells of a tile, row by row.
pub(super) fn side_by_side<C: Copy + Default + Send + Sync>(columns: &[&[C]], rows: usize) -> Vec<C> {
    let width = columns.len();
    let mut cells = vec![C::default(); rows * width];
    cells.par_chunks_mut(BATCH * width).enumerate().for_each(|(batch, cells)| {
        for (place, column) in columns.iter().enumerate() {
            let column = &column[batch * BATCH..];
            cells[place..].iter_mut().step_by(width).zip(column).for_each(|(cell, &bin)| *cell = bin);
        }
    });
    cells
}
