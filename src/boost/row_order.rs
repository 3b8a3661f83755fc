//! [`RowOrder`]: how the training rows lie in memory.
//!
//! A leaf's rows are scattered over the matrix, and reading them waits for memory. Consecutive trees split alike, so with the rows laid
//! out in the order of a tree's leaves, the rows of the next trees' nodes lie close together. It costs about as much as the
//! histograms of one tree. No bit of the model changes: histograms and leaf sums are sums of integers, and rows are sampled by their
//! number in the data set, not by their position.

use crate::binning::BinnedMatrix;
use crate::numeric::reorder;

/// Rounds from one new layout to the next.
const EVERY: usize = 20;

/// Below this size the matrix lies in the caches anyway.
const SMALLEST_BYTES: usize = 1 << 20;

/// Which row lies where.
#[derive(Debug)]
pub(super) struct RowOrder {
    pays: bool,
    /// The row at each position; as long as rows lie as they came, none.
    rows: Option<Vec<u32>>,
}

impl RowOrder {
    /// Rows as they came, to be laid out anew if that pays.
    pub fn new(pays: bool) -> Self {
        Self { pays, rows: None }
    }

    /// Whether it pays to lay out the rows of a matrix anew. Those of a file are read in order anyway.
    pub fn pays(matrix: &BinnedMatrix) -> bool {
        matrix.spilled().is_none() && matrix.bytes() >= SMALLEST_BYTES
    }

    /// Whether rows are to be laid out anew after so many rounds of this run.
    pub fn is_due(&self, rounds: usize) -> bool {
        self.pays && rounds.is_multiple_of(EVERY)
    }

    /// The row at a position.
    pub fn row(&self, position: u32) -> u32 {
        self.rows.as_ref().map_or(position, |rows| rows[position as usize])
    }

    /// Remembers, for whoever draws rows by their number, that the row at each position is now the one that was at `order[position]`.
    pub fn change(&mut self, order: &[u32]) {
        match &mut self.rows {
            None => self.rows = Some(order.to_vec()),
            Some(rows) => reorder(rows, order),
        }
    }
}
