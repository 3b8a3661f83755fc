//! `r2`: the share of the labels' variance that the predictions explain.

use super::reduce::mean_of_chunks;
use super::row_mean::{RowLoss, mean_loss};
use super::{Evaluation, Metric};
use crate::simd::Simd;

/// The coefficient of determination.
pub(super) struct R2 {
    pub(super) simd: Simd,
    pub(super) name: String,
}

impl Metric for R2 {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    /// NaN where the labels do not vary, or by no more than their mean is rounded: there is nothing to explain.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let mean = mean_of_labels(self.simd, evaluation, |y| y);
        let variance = mean_of_labels(self.simd, evaluation, |y| (y - mean) * (y - mean));
        let rounding = 2.0 * f64::EPSILON * mean;
        if variance > rounding * rounding { 1.0 - mean_loss(self.simd, RowLoss::Squared, evaluation) / variance } else { f64::NAN }
    }
}

fn mean_of_labels(simd: Simd, evaluation: &Evaluation<'_>, value: impl Fn(f64) -> f64 + Sync) -> f64 {
    mean_of_chunks(simd, evaluation, |rows, values| {
        values.iter_mut().zip(&evaluation.targets.labels()[rows]).for_each(|(out, &label)| *out = value(label));
    })
}
