//! [`SparseRows`]: features that nearly all rows have in one bin, their most frequent one. Only the other bins are stored, row by row.

use crate::simd::prefetch;
use rayon::prelude::*;
use std::ops::Range;

/// A row and the slot of its bin in the tile's histogram.
pub(super) type SparseEntry = (u32, u32);

/// Rows that one task moves.
const RUN: usize = 4096;

/// How far ahead rows are fetched when they are moved.
const AHEAD: usize = 16;

/// The other bins of every row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SparseRows {
    /// Where each row's slots begin, and the end of the last.
    pub starts: Vec<usize>,
    /// Places of bins in the tile's histogram, ascending in each row.
    pub slots: Vec<u32>,
    /// For each feature of the tile, the slot of its most frequent bin.
    pub most_frequent: Vec<u32>,
}

impl SparseRows {
    /// Rows of features in the order of their slots; each feature's entries are ascending in rows.
    pub fn new(rows: usize, columns: &[Vec<SparseEntry>], most_frequent: Vec<u32>) -> Self {
        let mut starts = vec![0usize; rows + 1];
        columns.iter().flatten().for_each(|&(row, _)| starts[row as usize + 1] += 1);
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut slots = vec![0; starts[rows]];
        for &(row, slot) in columns.iter().flatten() {
            let next = &mut next[row as usize];
            slots[*next] = slot;
            *next += 1;
        }
        Self { starts, slots, most_frequent }
    }

    /// Whether these are so many rows of so many features, with slots below `end` and ascending in each row.
    pub fn is_sound(&self, rows: usize, features: usize, end: u32) -> bool {
        let ascending = |row: &[u32]| row.is_sorted_by(|a, b| a < b) && row.last().is_none_or(|&last| last < end);
        self.starts.len() == rows + 1
            && self.starts.first() == Some(&0)
            && self.starts.last() == Some(&self.slots.len())
            && self.starts.is_sorted()
            && (0..rows).all(|row| ascending(self.row(row)))
            && self.most_frequent.len() == features
            && self.most_frequent.iter().all(|&slot| slot < end)
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.slots[..])
    }

    /// Places per row, on average.
    pub fn per_row(&self) -> usize {
        self.slots.len() / (self.starts.len() - 1).max(1)
    }

    /// The slots of a row's other bins.
    #[inline]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.slots[self.starts[row]..self.starts[row + 1]]
    }

    /// The slot of a row's bin of the feature with these slots; none if it is the most frequent one.
    #[inline]
    pub fn find(&self, row: usize, feature: Range<u32>) -> Option<u32> {
        let slots = self.row(row);
        let at = slots.partition_point(|&slot| slot < feature.start);
        slots.get(at).copied().filter(|&slot| slot < feature.end)
    }

    /// The rows with every slot `p` replaced by `moved[p]`, which keeps their order, and without those that move to `gone`.
    pub fn map(&self, moved: &[u32], gone: u32, most_frequent: Vec<u32>) -> Self {
        let rows = self.starts.len() - 1;
        let parts: Vec<(Vec<usize>, Vec<u32>)> = (0..rows.div_ceil(RUN))
            .into_par_iter()
            .map(|run| {
                let (mut ends, mut slots) = (Vec::with_capacity(RUN), Vec::new());
                for row in run * RUN..rows.min((run + 1) * RUN) {
                    slots.extend(self.row(row).iter().map(|&slot| moved[slot as usize]).filter(|&slot| slot != gone));
                    ends.push(slots.len());
                }
                (ends, slots)
            })
            .collect();
        let mut starts = Vec::with_capacity(rows + 1);
        let mut slots = Vec::with_capacity(parts.iter().map(|(_, slots)| slots.len()).sum());
        starts.push(0);
        for (ends, part) in parts {
            starts.extend(ends.into_iter().map(|end| slots.len() + end));
            slots.extend(part);
        }
        Self { starts, slots, most_frequent }
    }

    /// Some rows: at each position the row that is at `order[position]` here.
    pub fn gather(&self, order: &[u32]) -> Self {
        let mut starts = Vec::with_capacity(order.len() + 1);
        let mut total = 0;
        starts.push(0);
        for &row in order {
            total += self.starts[row as usize + 1] - self.starts[row as usize];
            starts.push(total);
        }
        let mut slots = vec![0; total];
        let mut rest = &mut slots[..];
        let mut tasks = Vec::with_capacity(order.len().div_ceil(RUN));
        for (run, order) in order.chunks(RUN).enumerate() {
            let first = run * RUN;
            let (part, after) = std::mem::take(&mut rest).split_at_mut(starts[first + order.len()] - starts[first]);
            rest = after;
            tasks.push((order, part));
        }
        tasks.into_par_iter().for_each(|(order, mut part)| {
            for (i, &row) in order.iter().enumerate() {
                prefetch(&self.slots, self.starts[order[(i + AHEAD).min(order.len() - 1)] as usize]);
                let slots = self.row(row as usize);
                let (to, after) = std::mem::take(&mut part).split_at_mut(slots.len());
                to.copy_from_slice(slots);
                part = after;
            }
        });
        Self { starts, slots, most_frequent: self.most_frequent.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_what_the_columns_held_in_any_order() {
        let columns = [vec![(0, 1), (3, 2)], vec![], vec![(0, 7), (1, 8), (3, 7)]];
        let rows = SparseRows::new(4, &columns, vec![0, 3, 6]);
        assert_eq!([rows.row(0), rows.row(1), rows.row(2), rows.row(3)], [&[1, 7][..], &[8], &[], &[2, 7]]);
        assert_eq!((rows.find(0, 0..3), rows.find(1, 0..3), rows.find(3, 6..9)), (Some(1), None, Some(7)));
        let some = rows.gather(&[3, 0]);
        assert_eq!([some.row(0), some.row(1)], [&[2, 7][..], &[1, 7]]);
        let rows = rows.gather(&[3, 2, 0, 1]);
        assert_eq!([rows.row(0), rows.row(1), rows.row(2), rows.row(3)], [&[2, 7][..], &[], &[1, 7], &[8]]);
        assert_eq!(rows.per_row(), 1);
    }
}
