//! Losses with one margin per row, whose derivatives depend on the row's margin and label alone.

use super::{CHUNK, GradientPair, Loss};
use crate::Result;
use crate::numeric::reorder;
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;

/// The derivatives of a loss. Free of branches, so that loops over rows vectorise.
pub(super) trait Pointwise: Copy + Send + Sync {
    /// First and second derivative by the margin.
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64);
}

/// A pointwise loss over the labels and weights of a data set.
pub(super) struct PointwiseLoss<P> {
    simd: Simd,
    point: P,
    labels: Vec<f64>,
    weights: Option<Vec<f64>>,
    base: f64,
}

impl<P: Pointwise> PointwiseLoss<P> {
    /// The loss over rows with these labels and weights; boosting starts at the margin `base`.
    pub(super) fn new(simd: Simd, point: P, labels: &[f64], weights: Option<Vec<f64>>, base: f64) -> Self {
        Self { simd, point, labels: labels.to_vec(), weights, base }
    }
}

/// Fills `out` for some rows.
#[inline(always)]
fn fill_body<P: Pointwise>(point: P, margins: &[f64], labels: &[f64], weights: Option<&[f64]>, out: &mut [GradientPair]) {
    let rows = out.iter_mut().zip(margins).zip(labels);
    match weights {
        None => {
            for ((out, &margin), &label) in rows {
                let (grad, hess) = point.derivatives(margin, label);
                *out = GradientPair::new(grad, hess);
            }
        }
        Some(weights) => {
            for (((out, &margin), &label), &weight) in rows.zip(weights) {
                let (grad, hess) = point.derivatives(margin, label);
                *out = GradientPair::new(grad * weight, hess * weight);
            }
        }
    }
}
dispatch! {
    fn fill<P: Pointwise>(point: P, margins: &[f64], labels: &[f64], weights: Option<&[f64]>, out: &mut [GradientPair]) = fill_body
}

impl<P: Pointwise> Loss for PointwiseLoss<P> {
    fn base_score(&self) -> Result<Vec<f64>> {
        Ok(vec![self.base])
    }

    fn start_round(&mut self, _margins: &[f64]) {}

    fn reorder(&mut self, order: &[u32]) {
        reorder(&mut self.labels, order);
        if let Some(weights) = &mut self.weights {
            reorder(weights, order);
        }
    }

    fn gradients(&self, _output: usize, margins: &[f64], out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(margins.par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let rows = chunk * CHUNK..chunk * CHUNK + out.len();
            let weights = self.weights.as_ref().map(|weights| &weights[rows.clone()]);
            fill(self.simd, self.point, margins, &self.labels[rows], weights, out);
        });
    }
}
