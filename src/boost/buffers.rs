//! [`Buffers`]: what a tree is grown from, in memory that every tree uses anew.

use super::row_sampling::{Drawn, RowSample};
use super::sketch::sketch;
use crate::binning::{BinColumns, BinnedMatrix};
use crate::execution::Execution;
use crate::grow::{RowBins, TreeInput};
use crate::histogram::{Quantised, largest_magnitudes};
use crate::objective::GradientPair;
use rayon::prelude::*;

/// Rows whose gradients one task copies.
const COPIED_ROWS: usize = 16_384;

/// Gradients of a round, and the rows of a tree.
pub(super) struct Buffers {
    /// Of all rows, for all trees of an output, or of all outputs of a tree, output by output.
    pub gradients: Vec<GradientPair>,
    rows_of_output: usize,
    /// The outputs of a tree.
    outputs: usize,
    /// The gradients that splits are found by, where these are combinations of all outputs'.
    sketched: Vec<GradientPair>,
    /// The largest magnitudes of the tree's gradients and hessians.
    largest: (f32, f32),
    /// The same for the tree, if its rows are a sample: of all rows, or of their copies.
    sampled: Option<Vec<GradientPair>>,
    /// Copies of the tree's rows, if these are few: a tree passes over its rows some ten times, and rows that lie apart waste most of
    /// what is read.
    copies: Option<BinnedMatrix>,
    /// The rows that were copied.
    copied: Vec<u32>,
    /// Of the rows that the tree is grown on: what splits are found by.
    quantised: Quantised,
    /// The rows that the tree is grown on, or the numbers of their copies; and a buffer with any contents.
    pub rows: [Vec<u32>; 2],
    no_columns: BinColumns,
}

impl Buffers {
    /// For so many rows, and so many outputs of a tree, whose splits are found by so many `combinations` of these, or by themselves where it is
    /// the same number; `settled` and `noise` as for [`Quantised::new`].
    pub fn new(rows: usize, (outputs, combinations): (usize, usize), settled: f32, noise: f64) -> Self {
        Self {
            gradients: vec![GradientPair::default(); rows * outputs],
            rows_of_output: rows,
            outputs,
            sketched: Vec::new(),
            largest: (0.0, 0.0),
            sampled: None,
            copies: None,
            copied: Vec::new(),
            quantised: Quantised::new(settled, noise, combinations),
            rows: Default::default(),
            no_columns: BinColumns::none(),
        }
    }

    /// The outputs of a tree.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Fills in the gradients of all rows, for each of the tree's outputs.
    pub fn fill(&mut self, gradients: impl Fn(usize, &mut [GradientPair])) {
        self.gradients.chunks_mut(self.rows_of_output.max(1)).enumerate().for_each(|(output, out)| gradients(output, out));
    }

    /// Whether the tree is grown on copies of its rows.
    pub fn has_copies(&self) -> bool {
        self.copies.is_some()
    }

    /// Makes the rows that were drawn those of the next tree, where they are.
    pub fn take(&mut self, drawn: Drawn, matrix: &BinnedMatrix) {
        match drawn {
            Drawn::All => {
                (self.copies, self.sampled) = (None, None);
                self.count_up(matrix.rows());
            }
            Drawn::Some(sample) => self.leave_in_place(sample),
        }
    }

    /// Makes copies of a sample's rows those of the next tree.
    pub fn copy(&mut self, sample: &RowSample, matrix: &BinnedMatrix) {
        let mut gradients = self.sampled.take().unwrap_or_default();
        gradients.resize(sample.rows.len() * self.outputs(), GradientPair::default());
        let places = gradients.chunks_mut(sample.rows.len().max(1)).zip(self.gradients.chunks(self.rows_of_output.max(1)));
        for (places, gradients) in places {
            let rows = places.par_iter_mut().zip(&sample.rows).with_min_len(COPIED_ROWS).enumerate();
            rows.for_each(|(at, (place, &row))| *place = gradients[row as usize].times(sample.factor(at)));
        }
        self.sampled = Some(gradients);
        self.copy_rows(&sample.rows, matrix);
    }

    /// Makes copies of some rows those of the next tree; `gradients` fills in theirs, for each of the tree's outputs.
    pub fn copy_with(&mut self, rows: &[u32], matrix: &BinnedMatrix, gradients: impl Fn(usize, &mut [GradientPair])) {
        let outputs = self.outputs();
        let sampled = self.sampled.get_or_insert_default();
        sampled.resize(rows.len() * outputs, GradientPair::default());
        sampled.chunks_mut(rows.len().max(1)).enumerate().for_each(|(output, out)| gradients(output, out));
        self.copy_rows(rows, matrix);
    }

    fn copy_rows(&mut self, rows: &[u32], matrix: &BinnedMatrix) {
        // The old copies go before there are new ones.
        self.copies = None;
        self.copies = Some(matrix.gather(rows));
        self.count_up(rows.len());
        self.copied.clear();
        self.copied.extend_from_slice(rows);
    }

    /// Makes a sample's rows those of the next tree.
    fn leave_in_place(&mut self, sample: RowSample) {
        let mut gradients = self.sampled.take().unwrap_or_default();
        gradients.clear();
        gradients.extend_from_slice(&self.gradients);
        gradients.chunks_mut(self.rows_of_output.max(1)).for_each(|gradients| sample.apply(gradients));
        (self.copies, self.sampled) = (None, Some(gradients));
        self.rows[0] = sample.rows;
    }

    /// Quantises the gradients of the next tree; `key` draws combinations.
    pub fn quantise(&mut self, execution: Execution<'_>, key: u64) {
        let gradients = self.sampled.as_ref().unwrap_or(&self.gradients);
        let combinations = self.quantised.outputs;
        if combinations == self.outputs {
            self.quantised.fill(execution, gradients);
            self.largest = self.quantised.largest;
            return;
        }
        let rows = gradients.len() / self.outputs;
        self.sketched.resize(rows * combinations, GradientPair::default());
        sketch(execution.simd, gradients, rows, key, &mut self.sketched);
        self.quantised.fill(execution, &self.sketched);
        self.largest = largest_magnitudes(execution, gradients);
    }

    /// The largest hessian that the tree is grown on, of all ranks.
    pub fn largest_hess(&self) -> f32 {
        self.quantised.largest.1
    }

    /// The row that a row of the tree is, and the pair that it was grown on.
    pub fn grown_on(&self, row: u32) -> (usize, GradientPair) {
        let source = if self.has_copies() { self.copied[row as usize] } else { row };
        (source as usize, self.sampled.as_ref().unwrap_or(&self.gradients)[row as usize])
    }

    /// What the tree number `index` is grown from. The rows go with it, and come back in the grown tree.
    pub fn input<'b>(&'b mut self, index: u64, bins: RowBins<'b>) -> TreeInput<'b> {
        let rows = std::mem::take(&mut self.rows);
        let (matrix, columns) = match &self.copies {
            Some(copies) => (copies, &self.no_columns),
            None => (bins.matrix, bins.columns),
        };
        let gradients = self.sampled.as_ref().unwrap_or(&self.gradients);
        TreeInput {
            index,
            matrix,
            columns,
            gradients,
            outputs: self.outputs,
            largest: self.largest,
            quantised: &self.quantised,
            rows,
        }
    }

    fn count_up(&mut self, rows: usize) {
        self.rows[0].clear();
        self.rows[0].extend(0..rows as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binning;
    use crate::grow::TreeGrower;
    use crate::sampling::mix;
    use crate::simd::Simd;
    use crate::split::FeatureRules;
    use crate::{Dataset, Params};
    use ndarray::Array2;

    #[test]
    fn copying_the_rows_of_a_tree_changes_no_bit_of_it() {
        let x = Array2::from_shape_fn((4000, 60), |(row, feature)| match mix((row * 64 + feature) as u64) {
            hash if feature < 20 => (hash % 50) as f64,
            hash => f64::from(u8::from(hash % 10 == 0)),
        });
        let data = Dataset::from_array(x.view(), vec![0.0; 4000], None).unwrap();
        let params = Params::builder().num_round(1).max_leaves(20).max_depth(0).min_child_weight(0.0).build().unwrap();
        let execution = Execution::solo(Simd::detect().unwrap());
        let (mapper, matrix) = binning::bin(&data, &params, execution).unwrap();
        let columns = BinColumns::of(&matrix);
        let rules = FeatureRules::default();
        let grower = TreeGrower::new(&params, &rules, &mapper, &matrix, 1, execution);
        let rows: Vec<u32> = (0..4000).filter(|&row| mix(u64::from(row)).is_multiple_of(3)).collect();
        let factors: Vec<f32> = rows.iter().map(|row| 1.0 + (row % 4) as f32).collect();
        for factors in [factors, Vec::new()] {
            let sample = RowSample { rows: rows.clone(), factors };
            let grow = |take: &dyn Fn(&mut Buffers)| {
                let mut buffers = Buffers::new(4000, (1, 1), 0.0, 0.0);
                for (row, pair) in buffers.gradients.iter_mut().enumerate() {
                    *pair = GradientPair { grad: (x[[row, 0]] + x[[row, 30]] * 20.0 - x[[row, 5]]) as f32, hess: 1.0 };
                }
                take(&mut buffers);
                buffers.quantise(execution, 0);
                grower.grow(buffers.input(7, RowBins { matrix: &matrix, columns: &columns, execution })).unwrap().to_tree(&mapper)
            };
            let copied = grow(&|buffers| buffers.copy(&sample, &matrix));
            assert!(copied.nodes.len() == 39 && copied == grow(&|buffers| buffers.leave_in_place(sample.clone())));
        }
    }
}
