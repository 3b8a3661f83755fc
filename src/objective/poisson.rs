//! `count:poisson`: e^margin − label · margin, the negative log-likelihood of a count up to a constant.

use super::log_link::{LARGEST_EXPONENT, log_of_mean, positive_mean};
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::{Params, Result};
use sapwood_score::math::exp;

#[derive(Clone, Copy, Debug)]
pub(super) struct Poisson {
    base_score: Option<f64>,
    /// XGBoost's safeguard: the second derivative is overstated by `e^max_delta_step`.
    max_delta_step: f64,
}

impl Poisson {
    pub(super) fn new(params: &Params) -> Result<Self> {
        Ok(Self { base_score: positive_mean(params)?, max_delta_step: params.max_delta_step() })
    }
}

impl Pointwise for Poisson {
    /// The logarithm of `base_score`, by default of the mean count.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        log_of_mean(self.base_score, targets, ranks)
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        (exp(margin.min(LARGEST_EXPONENT)) - label, exp((margin + self.max_delta_step).min(LARGEST_EXPONENT)))
    }

    fn magnitude(self, _margin: f64, label: f64) -> f64 {
        label
    }
}
