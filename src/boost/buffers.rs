//! [`Buffers`]: what a tree is grown from, in memory that every tree uses anew.

use super::row_sampling::{Drawn, RowSample};
use crate::binning::{BinColumns, BinnedMatrix};
use crate::execution::Execution;
use crate::grow::{RowBins, TreeInput};
use crate::histogram::Quantised;
use crate::objective::GradientPair;
use rayon::prelude::*;

/// Rows are copied if all are at least this many times as many.
const FEWER: usize = 2;

/// Rows whose gradients one task copies.
const COPIED_ROWS: usize = 16_384;

/// Gradients of a round, and the rows of a tree.
pub(super) struct Buffers {
    /// Of all rows, for all trees of an output.
    pub gradients: Vec<GradientPair>,
    /// The same for the tree, if its rows are a sample: of all rows, or of their copies.
    sampled: Option<Vec<GradientPair>>,
    /// Copies of the tree's rows, if these are few: a tree passes over its rows some ten times, and rows that lie apart waste most of
    /// what is read.
    copies: Option<BinnedMatrix>,
    /// Of the rows that the tree is grown on.
    quantised: Quantised,
    /// The rows that the tree is grown on, or the numbers of their copies; and a buffer with any contents.
    pub rows: [Vec<u32>; 2],
    no_columns: BinColumns,
}

impl Buffers {
    pub fn new(rows: usize) -> Self {
        Self {
            gradients: vec![GradientPair::default(); rows],
            sampled: None,
            copies: None,
            quantised: Quantised::new(),
            rows: Default::default(),
            no_columns: BinColumns::none(),
        }
    }

    /// Whether the tree is grown on copies of its rows.
    pub fn has_copies(&self) -> bool {
        self.copies.is_some()
    }

    /// Makes the rows that were drawn those of the next tree, copied if they are few and `may_copy`.
    pub fn take(&mut self, drawn: Drawn, matrix: &BinnedMatrix, may_copy: bool) {
        self.copies = None;
        let memory = self.sampled.take().unwrap_or_default();
        match drawn {
            Drawn::All => self.count_up(matrix.rows()),
            Drawn::Some(sample) if may_copy && FEWER * sample.rows.len() <= matrix.rows() => {
                self.sampled = Some(self.of_copies(&sample, memory));
                self.copies = Some(matrix.gather(&sample.rows));
                self.count_up(sample.rows.len());
            }
            Drawn::Some(sample) => {
                let mut gradients = memory;
                gradients.clear();
                gradients.extend_from_slice(&self.gradients);
                sample.apply(&mut gradients);
                self.sampled = Some(gradients);
                self.rows[0] = sample.rows;
            }
        }
    }

    /// Quantises the gradients of the next tree.
    pub fn quantise(&mut self, execution: Execution<'_>) {
        self.quantised.fill(execution, self.sampled.as_ref().unwrap_or(&self.gradients));
    }

    /// What the tree number `index` is grown from. The rows go with it, and come back in the grown tree.
    pub fn input<'b>(&'b mut self, index: u64, bins: RowBins<'b>) -> TreeInput<'b> {
        let rows = std::mem::take(&mut self.rows);
        let (matrix, columns) = match &self.copies {
            Some(copies) => (copies, &self.no_columns),
            None => (bins.matrix, bins.columns),
        };
        let gradients = self.sampled.as_ref().unwrap_or(&self.gradients);
        TreeInput { index, matrix, columns, gradients, quantised: &self.quantised, rows }
    }

    fn count_up(&mut self, rows: usize) {
        self.rows[0].clear();
        self.rows[0].extend(0..rows as u32);
    }

    fn of_copies(&self, sample: &RowSample, mut memory: Vec<GradientPair>) -> Vec<GradientPair> {
        let rows = sample.rows.par_iter().with_min_len(COPIED_ROWS).enumerate();
        rows.map(|(at, &row)| self.gradients[row as usize].times(sample.factor(at))).collect_into_vec(&mut memory);
        memory
    }
}
