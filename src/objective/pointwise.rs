//! Losses whose derivatives by an output depend on the row's margin of that output and its label alone.

use super::loss::{CHUNK, GradientPair, Loss, PICKED, Round, checked_magnitude, picked};
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

    /// The size of the first derivative, where labels may have any unit: of no use is one that is small because a prediction is right.
    fn magnitude(self, _margin: f64, _label: f64) -> f64 {
        1.0
    }

    /// See [`Loss::settled`].
    const SETTLED: f32 = 0.0;
}

/// A pointwise loss of each output.
pub(super) struct PointwiseLoss<P> {
    simd: Simd,
    points: Vec<P>,
}

impl<P: Pointwise> PointwiseLoss<P> {
    /// The same loss for each of several targets.
    pub(super) fn new(simd: Simd, point: P, targets: usize) -> Self {
        Self::of_outputs(simd, vec![point; targets])
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
        Ok(self.points.iter().enumerate().map(|(output, point)| point.base_score(targets.of_target(output), ranks)).collect())
    }

    fn leaf_level(&self, output: usize) -> Option<f64> {
        self.points[output].leaf_level()
    }

    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let largest = self.points.iter().enumerate().map(|(output, point)| {
            let targets = round.targets.of_target(output);
            let labels = targets.labels();
            let margins = round.margins_of(output);
            let rows = (0..labels.len()).into_par_iter().with_min_len(CHUNK);
            let magnitude = |row| point.magnitude(margins[row], labels[row]) * round.targets.weight(row);
            rows.map(magnitude).reduce(|| 0.0, f64::max)
        });
        let [largest] = ranks.max_magnitudes([largest.fold(0.0, f64::max)]);
        checked_magnitude(largest)
    }

    fn settled(&self) -> f32 {
        P::SETTLED
    }

    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        let targets = round.targets.of_target(output);
        let chunks = out.par_chunks_mut(CHUNK).zip(round.margins_of(output).par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let targets = targets.slice(chunk * CHUNK..chunk * CHUNK + out.len());
            fill(self.simd, self.points[output], margins, targets.labels(), targets.weights(), out);
        });
    }

    fn gradients_of(&self, output: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        let (margins, targets) = (round.margins_of(output), round.targets.of_target(output));
        out.par_chunks_mut(PICKED).zip(rows.par_chunks(PICKED)).for_each(|(out, rows)| {
            let weights = targets.weights().map(|weights| picked(weights, rows));
            fill(
                self.simd,
                self.points[output],
                &picked(margins, rows),
                &picked(targets.labels(), rows),
                weights.as_ref().map(|weights| &weights[..]),
                out,
            );
        });
    }
}
