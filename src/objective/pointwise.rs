//! Losses with one margin per row, whose derivatives depend on the row's margin and label alone.

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

    /// First and second derivative by the margin. Free of branches, so that loops over rows vectorise.
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64);
}

/// A pointwise loss.
pub(super) struct PointwiseLoss<P> {
    simd: Simd,
    point: P,
}

impl<P: Pointwise> PointwiseLoss<P> {
    pub(super) fn new(simd: Simd, point: P) -> Self {
        Self { simd, point }
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
        Ok(vec![self.point.base_score(targets, ranks)])
    }

    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(round.margins_of(output).par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let targets = round.targets.slice(chunk * CHUNK..chunk * CHUNK + out.len());
            fill(self.simd, self.point, margins, targets.labels(), targets.weights(), out);
        });
    }
}
