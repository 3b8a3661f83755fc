//! Losses whose derivatives by an output depend on the row's margin of that output and its label alone.

use super::loss::{CHUNK, GradientPair, Loss, Round};
use crate::Result;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;

/// A loss of one row.
pub(super) trait Pointwise: Copy + Send + Sync {
    /// The margin to start from.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64;

    /// Where leaves are to predict a quantile of their rows' residuals: its level.
    fn leaf_level(self) -> Option<f64> {
        None
    }

    /// First and second derivative by the margin. Free of branches, so that loops over rows vectorise.
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64);
}

/// A pointwise loss of each output.
pub(super) struct PointwiseLoss<P> {
    simd: Simd,
    points: Vec<P>,
}

impl<P: Pointwise> PointwiseLoss<P> {
    /// The loss of one output.
    pub(super) fn new(simd: Simd, point: P) -> Self {
        Self::of_outputs(simd, vec![point])
    }

    /// The losses of several outputs with the same labels.
    pub(super) fn of_outputs(simd: Simd, points: Vec<P>) -> Self {
        Self { simd, points }
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
    fn base_score(&self, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Vec<f64>> {
        Ok(self.points.iter().map(|point| point.base_score(targets, ranks)).collect())
    }

    fn leaf_level(&self, output: usize) -> Option<f64> {
        self.points[output].leaf_level()
    }

    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(round.margins_of(output).par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let targets = round.targets.slice(chunk * CHUNK..chunk * CHUNK + out.len());
            fill(self.simd, self.points[output], margins, targets.labels(), targets.weights(), out);
        });
    }
}
