//! What objectives share whose predictions are e^margin: counts, gamma and Tweedie.

use super::loss::base_score_error;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Params, Result};
use sapwood_score::math::ln;

/// Exponents beyond this are cut: the result is beyond single precision anyway, and a finite one times a weight of 0 is 0.
pub(super) const LARGEST_EXPONENT: f64 = 600.0;

/// The mean that is estimated when all labels are zero: its logarithm is finite.
const MEAN_OF_ZEROS: f64 = 1e-6;

/// The `base_score` that was given.
///
/// # Errors
/// It is no mean of what cannot be negative.
pub(super) fn positive_mean(params: &Params) -> Result<Option<f64>> {
    match params.base_score {
        Some(mean) if mean.is_nan() || mean <= 0.0 => Err(base_score_error(params, mean, "is a mean and must be above 0")),
        base_score => Ok(base_score),
    }
}

/// The logarithm of `base_score`, by default of the mean label.
pub(super) fn log_of_mean(base_score: Option<f64>, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
    let mean = base_score.unwrap_or_else(|| weighted_mean(ranks, targets.labels(), targets.weights()));
    ln(if mean > 0.0 { mean } else { MEAN_OF_ZEROS })
}
