//! Splitting a node's rows in two, stably: every node's rows stay in ascending order.

use crate::binning::{BinnedMatrix, Cells, FeatureBins, Place};
use crate::simd::prefetch;
use crate::split::{Decision, SplitInfo};
use rayon::prelude::*;

/// Rows that one task splits.
const RUN: usize = 65_536;

/// How far ahead cells are fetched.
const AHEAD: usize = 24;

/// For every bin of a feature: 1 if its rows go left.
pub(crate) struct SideTable {
    place: Place,
    left: Vec<u8>,
}

impl SideTable {
    pub fn new(split: &SplitInfo, bins: &FeatureBins, place: Place) -> Self {
        let value_bins = bins.value_bins();
        let mut left: Vec<u8> = match &split.decision {
            Decision::Bin(last) => (0..value_bins).map(|bin| u8::from(bin <= *last)).collect(),
            Decision::Levels(words) => (0..value_bins).map(|bin| (words[bin / 64] >> (bin % 64) & 1) as u8).collect(),
        };
        left.push(u8::from(split.missing_left));
        // A byte may hold any number as far as the compiler knows; 256 entries spare it the check.
        left.resize(left.len().max(256), 0);
        Self { place, left }
    }

    /// Whether a row goes left.
    pub fn goes_left(&self, matrix: &BinnedMatrix, row: usize) -> bool {
        self.left[matrix.bin(row, self.place)] == 1
    }
}

/// Moves the rows that go left to the front and returns how many there are. `scratch` is as long as `rows`.
pub(crate) fn partition(matrix: &BinnedMatrix, table: &SideTable, rows: &mut [u32], scratch: &mut [u32]) -> usize {
    if rows.len() <= RUN {
        let lefts = split_run(matrix, table, rows, scratch);
        rows.copy_from_slice(scratch);
        return lefts;
    }
    let lefts: Vec<usize> = rows
        .par_chunks(RUN)
        .zip(scratch.par_chunks_mut(RUN))
        .map(|(rows, scratch)| split_run(matrix, table, rows, scratch))
        .collect();
    let total = lefts.iter().sum();
    gather(scratch, &lefts, rows, total);
    total
}

/// Copies the front of every run, then the back of every run, to where they belong.
fn gather(runs: &[u32], lefts: &[usize], rows: &mut [u32], total: usize) {
    let (mut left_rest, mut right_rest) = rows.split_at_mut(total);
    let mut copies = Vec::with_capacity(2 * lefts.len());
    for (run, &count) in runs.chunks(RUN).zip(lefts) {
        let (left, right) = run.split_at(count);
        let (to_left, rest) = left_rest.split_at_mut(left.len());
        left_rest = rest;
        let (to_right, rest) = right_rest.split_at_mut(right.len());
        right_rest = rest;
        copies.push((left, to_left));
        copies.push((right, to_right));
    }
    copies.into_par_iter().for_each(|(from, to)| to.copy_from_slice(from));
}

/// Writes the rows that go left, then those that go right, to `out`; returns how many go left.
fn split_run(matrix: &BinnedMatrix, table: &SideTable, rows: &[u32], out: &mut [u32]) -> usize {
    let tile = &matrix.tiles()[table.place.tile];
    let (width, column) = (tile.width(), table.place.column);
    match &tile.cells {
        Cells::Narrow(cells) => split_by(rows, out, cells, width, column, |cell| table.left[usize::from(cell)]),
        Cells::Wide(cells) => split_by(rows, out, cells, width, column, |cell| table.left[usize::from(cell)]),
        Cells::Sparse(_) => {
            let (mut left, mut right) = (Vec::with_capacity(rows.len()), Vec::new());
            rows.iter().for_each(|&row| if table.goes_left(matrix, row as usize) { left.push(row) } else { right.push(row) });
            out[..left.len()].copy_from_slice(&left);
            out[left.len()..].copy_from_slice(&right);
            left.len()
        }
    }
}

/// Every row is written to both ends of the free space and one end advances: no branch depends on the data. The right side comes out
/// backwards and is turned round at the end.
fn split_by<C: Copy>(rows: &[u32], out: &mut [u32], cells: &[C], width: usize, column: usize, side: impl Fn(C) -> u8) -> usize {
    let Some(last) = rows.len().checked_sub(1) else { return 0 };
    let out = &mut out[..rows.len()];
    let (mut left, mut right) = (0, last);
    for (i, &row) in rows.iter().enumerate() {
        prefetch(cells, rows[(i + AHEAD).min(last)] as usize * width + column);
        let goes_left = usize::from(side(cells[row as usize * width + column]));
        out[left] = row;
        out[right] = row;
        left += goes_left;
        // After the last row this may step below zero; it is not used again.
        right = right.wrapping_sub(1 - goes_left);
    }
    out[left..].reverse();
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn split_is_stable_and_complete(cells in prop::collection::vec(0u8..8, 1..500), last in 0u8..8) {
            let rows: Vec<u32> = (0..cells.len() as u32).filter(|r| r % 3 != 1).collect();
            let mut out = vec![0; rows.len()];
            let lefts = split_by(&rows, &mut out, &cells, 1, 0, |cell| u8::from(cell <= last));
            let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&r| cells[r as usize] <= last);
            prop_assert_eq!(&out[..lefts], &left[..]);
            prop_assert_eq!(&out[lefts..], &right[..]);
        }
    }
}
