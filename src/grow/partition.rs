//! Splitting a node's rows in two, stably: every node's rows stay in ascending order.

use super::distribute::distribute;
use super::side::{RowBins, SideTable};
use crate::binning::{BinColumn, Cells, FeatureLayout};
use crate::execution::Execution;
use crate::profile::Phase;
use crate::simd::prefetch;
use rayon::prelude::*;

/// Rows that one task splits.
pub(super) const RUN: usize = 8_192;

/// How far ahead cells are fetched.
const AHEAD: usize = 192;

/// The rows of a node, ascending, and as much memory to partition them.
#[derive(Debug)]
pub(crate) struct NodeRows<'r> {
    pub rows: &'r mut [u32],
    spare: &'r mut [u32],
    /// 1 for rows that go left, once that is known.
    pub(super) sides: &'r mut [u8],
    /// Which of the tree's two buffers the rows are in.
    pub buffer: usize,
}

impl<'r> NodeRows<'r> {
    /// All rows of a tree; the others are as long, with any contents.
    pub fn new(rows: &'r mut [u32], spare: &'r mut [u32], sides: &'r mut [u8]) -> Self {
        Self { rows, spare, sides, buffer: 0 }
    }

    /// Those that go left and those that go right, in the other buffer; this one keeps the rows as they are.
    pub fn partition(self, bins: &RowBins<'_>, table: &SideTable) -> (Self, Self) {
        let lefts = partition(bins, table, self.rows, (&mut *self.spare, &mut *self.sides));
        self.split_at(lefts)
    }

    /// The same where the sides of all rows are known.
    pub fn distribute(self, execution: Execution<'_>) -> (Self, Self) {
        let lefts = |sides: &[u8]| sides.iter().map(|&side| usize::from(side)).sum();
        let lefts = self.sides.par_chunks(RUN).map(lefts).collect();
        let lefts = distribute_runs(execution, self.rows, self.sides, lefts, self.spare);
        self.split_at(lefts)
    }

    fn split_at(self, lefts: usize) -> (Self, Self) {
        let Self { rows, spare, sides, buffer } = self;
        let (rows, spare, sides) = (spare.split_at_mut(lefts), rows.split_at_mut(lefts), sides.split_at_mut(lefts));
        let side = |rows, spare, sides| Self { rows, spare, sides, buffer: 1 - buffer };
        (side(rows.0, spare.0, sides.0), side(rows.1, spare.1, sides.1))
    }
}

/// Writes the rows that go left, then those that go right, to `out`; returns how many go left. `sides` becomes 1 for rows that go left.
fn partition(bins: &RowBins<'_>, table: &SideTable, rows: &[u32], (out, sides): (&mut [u32], &mut [u8])) -> usize {
    let Execution { simd, profiler, .. } = bins.execution;
    if rows.len() <= RUN {
        return profiler.task(Phase::Partition, || {
            let lefts = find_sides(bins, table, rows, sides);
            let (left, right) = out.split_at_mut(lefts);
            distribute(simd, rows, sides, left, right);
            lefts
        });
    }
    let find = |(rows, sides): (&[u32], &mut [u8])| profiler.task(Phase::Partition, || find_sides(bins, table, rows, sides));
    let lefts: Vec<usize> = rows.par_chunks(RUN).zip(sides.par_chunks_mut(RUN)).map(find).collect();
    distribute_runs(bins.execution, rows, sides, lefts, out)
}

/// The same where the sides are known, and how many rows go left in each run.
fn distribute_runs(execution: Execution<'_>, rows: &[u32], sides: &[u8], lefts: Vec<usize>, out: &mut [u32]) -> usize {
    let Execution { simd, profiler, .. } = execution;
    let total = lefts.iter().sum();
    let (mut left_rest, mut right_rest) = out.split_at_mut(total);
    let mut tasks = Vec::with_capacity(lefts.len());
    for ((rows, sides), &count) in rows.chunks(RUN).zip(sides.chunks(RUN)).zip(&lefts) {
        let (left, after) = left_rest.split_at_mut(count);
        left_rest = after;
        let (right, after) = right_rest.split_at_mut(rows.len() - count);
        right_rest = after;
        tasks.push((rows, sides, left, right));
    }
    let run = |(rows, sides, left, right)| profiler.task(Phase::Partition, || distribute(simd, rows, sides, left, right));
    tasks.into_par_iter().with_max_len(1).for_each(run);
    total
}

/// Finds every row's side; returns how many go left.
fn find_sides(bins: &RowBins<'_>, table: &SideTable, rows: &[u32], sides: &mut [u8]) -> usize {
    let FeatureLayout { tile, column, .. } = table.layout;
    if rows.is_empty() {
        // There need not be a first cell.
        return 0;
    }
    let tile = &bins.matrix.tiles()[tile];
    match (bins.column(table.feature), &tile.cells) {
        (Some(BinColumn::Narrow(cells)), _) => sides_by(table, cells, 1, rows, sides),
        (Some(BinColumn::Wide(cells)), _) => sides_by(table, cells, 1, rows, sides),
        (None, Cells::Narrow(cells)) => sides_by(table, &cells[column..], tile.width(), rows, sides),
        (None, Cells::Wide(cells)) => sides_by(table, &cells[column..], tile.width(), rows, sides),
        (None, Cells::Sparse(_)) => {
            rows.iter().zip(&mut *sides).for_each(|(&row, side)| *side = u8::from(bins.goes_left(table, row as usize)));
            sides.iter().map(|&side| usize::from(side)).sum()
        }
    }
}

/// The same for rows of which a column has the bins.
pub(super) fn find_sides_in(table: &SideTable, column: &Cells, rows: &[u32], sides: &mut [u8]) {
    match column {
        Cells::Narrow(cells) => sides_by(table, cells, 1, rows, sides),
        Cells::Wide(cells) => sides_by(table, cells, 1, rows, sides),
        Cells::Sparse(_) => unreachable!("columns are dense"),
    };
}

/// The same for cells that lie `stride` from row to row, the first one's in front.
fn sides_by<C: Copy + Into<usize>>(table: &SideTable, cells: &[C], stride: usize, rows: &[u32], sides: &mut [u8]) -> usize {
    let side = |row: u32| table.left[cells[row as usize * stride].into()];
    let fetched = rows.len().saturating_sub(AHEAD);
    let (first, last) = sides.split_at_mut(fetched);
    for ((side_of, &row), &ahead) in first.iter_mut().zip(rows).zip(&rows[rows.len() - fetched..]) {
        prefetch(cells, ahead as usize * stride);
        *side_of = side(row);
    }
    last.iter_mut().zip(&rows[fetched..]).for_each(|(side_of, &row)| *side_of = side(row));
    sides.iter().map(|&side| usize::from(side)).sum()
}
