//! Losses with one margin per row, whose derivatives depend on the row's margin and label alone.

use super::{CHUNK, GradientPair, Loss};
use crate::Result;
use rayon::prelude::*;

/// The derivatives of a loss. Free of branches, so that loops over rows vectorise.
pub(super) trait Pointwise: Copy + Send + Sync {
    /// First and second derivative by the margin.
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64);
}

/// A pointwise loss over the labels and weights of a data set.
pub(super) struct PointwiseLoss<P> {
    point: P,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
    base: f64,
}

impl<P: Pointwise> PointwiseLoss<P> {
    /// The loss over rows with these labels and weights; boosting starts at the margin `base`.
    pub(super) fn new(point: P, labels: &[f64], weights: Option<Vec<f64>>, base: f64) -> Self {
        Self { point, labels: labels.to_vec(), weights, base }
    }

    /// Fills `out` for as many rows from `first` on.
    fn fill(&self, first: usize, margins: &[f64], out: &mut [GradientPair]) {
        let labels = &self.labels[first..][..out.len()];
        match &self.weights {
            None => self.fill_weighted(margins, labels, |_| 1.0, out),
            Some(weights) => {
                let weights = &weights[first..][..out.len()];
                self.fill_weighted(margins, labels, |row| weights[row], out);
            }
        }
    }

    #[inline]
    fn fill_weighted(&self, margins: &[f64], labels: &[f64], weight: impl Fn(usize) -> f64, out: &mut [GradientPair]) {
        for (row, ((out, &margin), &label)) in out.iter_mut().zip(margins).zip(labels).enumerate() {
            let (grad, hess) = self.point.derivatives(margin, label);
            let weight = weight(row);
            *out = GradientPair::new(grad * weight, hess * weight);
        }
    }
}

impl<P: Pointwise> Loss for PointwiseLoss<P> {
    fn num_outputs(&self) -> usize {
        1
    }

    fn base_score(&self) -> Result<Vec<f64>> {
        Ok(vec![self.base])
    }

    fn start_round(&mut self, _margins: &[f64]) {}

    fn gradients(&self, _output: usize, margins: &[f64], out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(margins.par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| self.fill(chunk * CHUNK, margins, out));
    }
}
