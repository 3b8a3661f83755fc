//! `count:poisson`: e^margin − label · margin, the negative log-likelihood of a count up to a constant.

use super::base_score_error;
use super::pointwise::{Pointwise, PointwiseLoss};
use crate::numeric::weighted_mean;
use crate::simd::Simd;
use crate::{Params, Result};
use sapwood_score::math::{exp, ln};

/// The smallest mean that is estimated: keeps the margin finite when all counts are zero.
const SMALLEST_MEAN: f64 = 1e-6;

/// Exponents beyond this are cut: the result is beyond single precision anyway, and a finite one times a weight of 0 is 0.
const LARGEST_EXPONENT: f64 = 600.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Poisson {
    /// XGBoost's safeguard: the second derivative is overstated by `e^max_delta_step`.
    max_delta_step: f64,
}

impl Pointwise for Poisson {
    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        (exp(margin.min(LARGEST_EXPONENT)) - label, exp((margin + self.max_delta_step).min(LARGEST_EXPONENT)))
    }
}

/// The loss over these rows. Boosting starts at the logarithm of `base_score`, by default of the mean count.
pub(super) fn loss(simd: Simd, params: &Params, labels: &[f64], weights: Option<&[f64]>) -> Result<PointwiseLoss<Poisson>> {
    let mean = match params.base_score {
        Some(mean) if mean > 0.0 => mean,
        Some(mean) => return Err(base_score_error(params, mean, "is a mean count and must be above 0")),
        None => weighted_mean(labels, weights).max(SMALLEST_MEAN),
    };
    let point = Poisson { max_delta_step: params.max_delta_step() };
    Ok(PointwiseLoss::new(simd, point, labels, weights.map(<[f64]>::to_vec), ln(mean)))
}
