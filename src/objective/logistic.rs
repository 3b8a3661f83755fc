//! `reg:logistic`, `binary:logistic`, `binary:logitraw`: −label ln p − (1 − label) ln(1 − p), where p is the margin's sigmoid.

use super::base_score_error;
use super::pointwise::{Pointwise, PointwiseLoss};
use crate::numeric::weighted_mean;
use crate::simd::Simd;
use crate::{Objective, Params, Result};
use sapwood_score::math::{ln, sigmoid};
use std::borrow::Cow;

/// How near to 0 or 1 an estimated base score may come. Keeps the margin finite when all labels are equal; XGBoost's value.
const MARGIN_OF_PROBABILITY: f64 = 1e-6;

#[derive(Clone, Copy, Debug)]
pub(super) struct Logistic;

impl Pointwise for Logistic {
    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let p = sigmoid(margin);
        (p - label, (p * (1.0 - p)).max(1e-16))
    }
}

/// The loss over these rows. Rows with label 1 count `scale_pos_weight` times.
///
/// Boosting starts at `base_score` (a margin for `binary:logitraw`, else a probability), by default at the share of label 1.
pub(super) fn loss(simd: Simd, params: &Params, labels: &[f64], weights: Option<&[f64]>) -> Result<PointwiseLoss<Logistic>> {
    let weights = scale_positives(params.scale_pos_weight, labels, weights);
    let base = match params.base_score {
        Some(margin) if params.objective == Objective::BinaryLogitraw => margin,
        Some(p) if 0.0 < p && p < 1.0 => logit(p),
        Some(p) => return Err(base_score_error(params, p, "is a probability and must lie in (0, 1)")),
        None => logit(weighted_mean(labels, weights.as_deref()).clamp(MARGIN_OF_PROBABILITY, 1.0 - MARGIN_OF_PROBABILITY)),
    };
    Ok(PointwiseLoss::new(simd, Logistic, labels, weights.map(Cow::into_owned), base))
}

/// The weights of the rows, with `factor` on those of label 1.
fn scale_positives<'a>(factor: f64, labels: &[f64], weights: Option<&'a [f64]>) -> Option<Cow<'a, [f64]>> {
    if factor == 1.0 {
        return weights.map(Cow::Borrowed);
    }
    let scaled = |(row, &label)| weights.map_or(1.0, |w| w[row]) * if label == 1.0 { factor } else { 1.0 };
    Some(labels.iter().enumerate().map(scaled).collect())
}

fn logit(p: f64) -> f64 {
    ln(p) - ln(1.0 - p)
}
