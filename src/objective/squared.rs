//! `reg:squarederror`: ½ (margin − label)².

use super::pointwise::{Pointwise, PointwiseLoss};
use crate::Params;
use crate::numeric::weighted_mean;
use crate::simd::Simd;

#[derive(Clone, Copy, Debug)]
pub(super) struct SquaredError;

impl Pointwise for SquaredError {
    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        (margin - label, 1.0)
    }
}

/// The loss over these rows. Boosting starts at `base_score`, by default at the mean of the labels.
pub(super) fn loss(simd: Simd, params: &Params, labels: &[f64], weights: Option<&[f64]>) -> PointwiseLoss<SquaredError> {
    let base = params.base_score.unwrap_or_else(|| weighted_mean(labels, weights));
    PointwiseLoss::new(simd, SquaredError, labels, weights.map(<[f64]>::to_vec), base)
}
