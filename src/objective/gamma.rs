//! `reg:gamma`: margin + label · e^−margin, the negative log-likelihood of a gamma distribution with mean e^margin, up to factors.

use super::loss::base_score_error;
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Params, Result};
use sapwood_score::math::{exp, ln};

/// Exponents beyond this are cut: the result is beyond single precision anyway, and a finite one times a weight of 0 is 0.
const LARGEST_EXPONENT: f64 = 600.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Gamma {
    base_score: Option<f64>,
}

impl Gamma {
    pub(super) fn new(params: &Params) -> Result<Self> {
        match params.base_score {
            Some(mean) if mean.is_nan() || mean <= 0.0 => Err(base_score_error(params, mean, "is a mean and must be above 0")),
            base_score => Ok(Self { base_score }),
        }
    }
}

impl Pointwise for Gamma {
    /// The logarithm of `base_score`, by default of the mean label.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        ln(self.base_score.unwrap_or_else(|| weighted_mean(ranks, targets.labels(), targets.weights())))
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let ratio = label * exp((-margin).min(LARGEST_EXPONENT));
        (1.0 - ratio, ratio)
    }
}
