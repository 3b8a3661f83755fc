//! [`SparseRows`]: features that nearly all rows have in one bin, their usual one. Only the other bins are stored, row by row.

use crate::simd::prefetch;
use rayon::prelude::*;
use std::ops::Range;

/// A row and the place of its bin in the tile's histogram.
pub(super) type Entry = (u32, u32);

/// Rows that one task moves.
const RUN: usize = 4096;

/// How far ahead rows are fetched when they are moved.
const AHEAD: usize = 16;

/// The unusual bins of every row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SparseRows {
    /// Where each row's places begin, and the end of the last.
    pub starts: Vec<usize>,
    /// Places of bins in the tile's histogram, ascending in each row.
    pub places: Vec<u32>,
    /// For each feature of the tile, the place of its usual bin.
    pub usual: Vec<u32>,
}

impl SparseRows {
    /// Rows of features in the order of their places; each feature's entries are ascending in rows.
    pub fn new(rows: usize, columns: &[Vec<Entry>], usual: Vec<u32>) -> Self {
        let mut starts = vec![0usize; rows + 1];
        columns.iter().flatten().for_each(|&(row, _)| starts[row as usize + 1] += 1);
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut places = vec![0; starts[rows]];
        for &(row, place) in columns.iter().flatten() {
            let next = &mut next[row as usize];
            places[*next] = place;
            *next += 1;
        }
        Self { starts, places, usual }
    }

    /// Whether these are so many rows of so many features, with places that are less than `slots` and ascending in each row.
    pub fn is_sound(&self, rows: usize, features: usize, slots: u32) -> bool {
        let ascending = |row: &[u32]| row.is_sorted_by(|a, b| a < b) && row.last().is_none_or(|&last| last < slots);
        self.starts.len() == rows + 1
            && self.starts.first() == Some(&0)
            && self.starts.last() == Some(&self.places.len())
            && self.starts.is_sorted()
            && (0..rows).all(|row| ascending(self.row(row)))
            && self.usual.len() == features
            && self.usual.iter().all(|&place| place < slots)
    }

    pub fn bytes(&self) -> usize {
        size_of_val(&self.starts[..]) + size_of_val(&self.places[..])
    }

    /// Places per row, on average.
    pub fn per_row(&self) -> usize {
        self.places.len() / (self.starts.len() - 1).max(1)
    }

    /// The places of a row's unusual bins.
    #[inline]
    pub fn row(&self, row: usize) -> &[u32] {
        &self.places[self.starts[row]..self.starts[row + 1]]
    }

    /// The place of a row's bin of the feature with these places; none if it is the usual one.
    #[inline]
    pub fn find(&self, row: usize, feature: Range<u32>) -> Option<u32> {
        let places = self.row(row);
        let at = places.partition_point(|&place| place < feature.start);
        places.get(at).copied().filter(|&place| place < feature.end)
    }

    /// The rows with every place `p` replaced by `moved[p]`, which keeps their order, and without those that move to `gone`.
    pub fn map(&self, moved: &[u32], gone: u32, usual: Vec<u32>) -> Self {
        let rows = self.starts.len() - 1;
        let parts: Vec<(Vec<usize>, Vec<u32>)> = (0..rows.div_ceil(RUN))
            .into_par_iter()
            .map(|run| {
                let (mut ends, mut places) = (Vec::with_capacity(RUN), Vec::new());
                for row in run * RUN..rows.min((run + 1) * RUN) {
                    places.extend(self.row(row).iter().map(|&place| moved[place as usize]).filter(|&place| place != gone));
                    ends.push(places.len());
                }
                (ends, places)
            })
            .collect();
        let mut starts = Vec::with_capacity(rows + 1);
        let mut places = Vec::with_capacity(parts.iter().map(|(_, places)| places.len()).sum());
        starts.push(0);
        for (ends, part) in parts {
            starts.extend(ends.into_iter().map(|end| places.len() + end));
            places.extend(part);
        }
        Self { starts, places, usual }
    }

    /// Some rows: at each place the row that is at `order[place]` here.
    pub fn some_rows(&self, order: &[u32]) -> Self {
        let mut starts = Vec::with_capacity(order.len() + 1);
        let mut total = 0;
        starts.push(0);
        for &row in order {
            total += self.starts[row as usize + 1] - self.starts[row as usize];
            starts.push(total);
        }
        let mut places = vec![0; total];
        let mut rest = &mut places[..];
        let mut tasks = Vec::with_capacity(order.len().div_ceil(RUN));
        for (run, order) in order.chunks(RUN).enumerate() {
            let first = run * RUN;
            let (part, after) = std::mem::take(&mut rest).split_at_mut(starts[first + order.len()] - starts[first]);
            rest = after;
            tasks.push((order, part));
        }
        tasks.into_par_iter().for_each(|(order, mut part)| {
            for (i, &row) in order.iter().enumerate() {
                prefetch(&self.places, self.starts[order[(i + AHEAD).min(order.len() - 1)] as usize]);
                let places = self.row(row as usize);
                let (to, after) = std::mem::take(&mut part).split_at_mut(places.len());
                to.copy_from_slice(places);
                part = after;
            }
        });
        Self { starts, places, usual: self.usual.clone() }
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
        let some = rows.some_rows(&[3, 0]);
        assert_eq!([some.row(0), some.row(1)], [&[2, 7][..], &[1, 7]]);
        let rows = rows.some_rows(&[3, 2, 0, 1]);
        assert_eq!([rows.row(0), rows.row(1), rows.row(2), rows.row(3)], [&[2, 7][..], &[], &[1, 7], &[8]]);
        assert_eq!(rows.per_row(), 1);
    }
}
