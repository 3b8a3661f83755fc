//! `count:poisson`: e^margin − label · margin, the negative log-likelihood of a count up to a constant.

use super::loss::base_score_error;
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Params, Result};
use sapwood_score::math::{exp, ln};

/// The mean that is estimated when all counts are zero: its logarithm is finite.
const MEAN_OF_ZEROS: f64 = 1e-6;

/// Exponents beyond this are cut: the result is beyond single precision anyway, and a finite one times a weight of 0 is 0.
const LARGEST_EXPONENT: f64 = 600.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Poisson {
    base_score: Option<f64>,
    /// XGBoost's safeguard: the second derivative is overstated by `e^max_delta_step`.
    max_delta_step: f64,
}

impl Poisson {
    pub(super) fn new(params: &Params) -> Result<Self> {
        match params.base_score {
            Some(mean) if mean.is_nan() || mean <= 0.0 => {
                Err(base_score_error(params, mean, "is a mean count and must be above 0"))
            }
            base_score => Ok(Self { base_score, max_delta_step: params.max_delta_step() }),
        }
    }
}

impl Pointwise for Poisson {
    /// The logarithm of `base_score`, by default of the mean count.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        let mean = || weighted_mean(ranks, targets.labels(), targets.weights());
        let mean = self.base_score.unwrap_or_else(mean);
        ln(if mean > 0.0 { mean } else { MEAN_OF_ZEROS })
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        (exp(margin.min(LARGEST_EXPONENT)) - label, exp((margin + self.max_delta_step).min(LARGEST_EXPONENT)))
    }

    fn magnitude(self, _margin: f64, label: f64) -> f64 {
        label
    }
}
