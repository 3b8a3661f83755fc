//! Binning feature by feature, where the data can be read so: every value is read once, and raw values go as soon as they are binned.

use super::lookup::Lookup;
use super::mapper::{BinMapper, FeatureBins};
use super::matrix::{BinnedMatrix, Cells, NARROW_FEATURES, WIDE_FEATURES, check_rows};
use super::sample::{Sample, SampleRows};
use crate::data::{Chunk, Dataset, FeatureSource};
use crate::simd::Simd;
use crate::{Params, Result};
use rayon::prelude::*;
use std::collections::VecDeque;

/// Bins that are looked up at a time.
const BATCH: usize = 4096;

/// Rows that one task bins, or lays out.
const RUN: usize = 65_536;

/// The bins of one feature in every row.
enum BinColumn {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

/// Bins a data set, with at most `at_a_time` features' raw values in memory.
pub(super) fn bin(
    data: &Dataset,
    source: &dyn FeatureSource,
    params: &Params,
    simd: Simd,
    at_a_time: usize,
) -> Result<(BinMapper, BinnedMatrix)> {
    let rows = check_rows(data)?;
    let sample_rows = SampleRows::new(data, params.seed);
    let features = &data.schema().features;
    let kinds = features.iter().map(FeatureBins::by_kind).collect::<Result<Vec<_>>>()?;
    let mut bins = Vec::with_capacity(features.len());
    let mut tiles = Tiles::new(rows);
    for batch in kinds.chunks(at_a_time) {
        let first = bins.len();
        let binned: Vec<Result<_>> = batch
            .par_iter()
            .enumerate()
            .map(|(position, kind)| {
                let chunks = source.feature(first + position)?;
                let bins = match kind {
                    FeatureBins::Numeric { .. } => FeatureBins::numeric(sample(&chunks, &sample_rows), params),
                    FeatureBins::Categorical { .. } => kind.clone(),
                };
                let column = column(&bins, &chunks, rows, simd);
                Ok((bins, column))
            })
            .collect();
        for binned in binned {
            let (found, column) = binned?;
            bins.push(found);
            tiles.add(column);
        }
    }
    let (mut narrow, mut wide) = tiles.finish();
    let mut next = |_, is_narrow: bool| {
        let cells = if is_narrow { narrow.pop_front().map(Cells::Narrow) } else { wide.pop_front().map(Cells::Wide) };
        cells.unwrap_or(Cells::Narrow(Vec::new()))
    };
    let matrix = BinnedMatrix::assemble(&bins, rows, &mut next);
    Ok((BinMapper::of(bins), matrix))
}

fn sample(chunks: &[Chunk<'_>], rows: &SampleRows<'_>) -> Sample {
    let mut sample = Sample::default();
    let mut first_row = 0;
    for chunk in chunks {
        sample.extend(rows.values(first_row, chunk));
        first_row += chunk.len();
    }
    sample
}

/// The bins of consecutive chunks.
fn column(bins: &FeatureBins, chunks: &[Chunk<'_>], rows: usize, simd: Simd) -> BinColumn {
    let lookup = Lookup::new(bins);
    if bins.is_narrow() {
        BinColumn::Narrow(look_up(&lookup, chunks, rows, simd, |bin| bin as u8))
    } else {
        BinColumn::Wide(look_up(&lookup, chunks, rows, simd, |bin| bin))
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

/// Columns that become tiles as soon as there are enough of them.
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

    fn add(&mut self, column: BinColumn) {
        match column {
            BinColumn::Narrow(column) => push(column, &mut self.narrow, &mut self.narrow_tiles, NARROW_FEATURES, self.rows),
            BinColumn::Wide(column) => push(column, &mut self.wide, &mut self.wide_tiles, WIDE_FEATURES, self.rows),
        }
    }

    /// The cells of all tiles, in order.
    fn finish(mut self) -> (VecDeque<Vec<u8>>, VecDeque<Vec<u16>>) {
        if !self.narrow.is_empty() {
            self.narrow_tiles.push_back(side_by_side(&self.narrow, self.rows));
        }
        if !self.wide.is_empty() {
            self.wide_tiles.push_back(side_by_side(&self.wide, self.rows));
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
        tiles.push_back(side_by_side(columns, rows));
        columns.clear();
    }
}

/// The cells of a tile, row by row.
fn side_by_side<C: Copy + Default + Send + Sync>(columns: &[Vec<C>], rows: usize) -> Vec<C> {
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
