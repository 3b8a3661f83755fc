//! `reg:tweedie`: −label · e^((1−ρ) margin) / (1−ρ) + e^((2−ρ) margin) / (2−ρ), the negative log-likelihood of a Tweedie distribution
//! with mean e^margin and variance power ρ between 1 (Poisson) and 2 (gamma), up to a constant.

use super::log_link::{LARGEST_EXPONENT, log_of_mean, positive_mean};
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::{Params, Result};
use sapwood_score::math::exp;

#[derive(Clone, Copy, Debug)]
pub(super) struct Tweedie {
    base_score: Option<f64>,
    /// ρ.
    power: f64,
}

impl Tweedie {
    pub(super) fn new(params: &Params) -> Result<Self> {
        Ok(Self { base_score: positive_mean(params)?, power: params.tweedie_variance_power })
    }
}

impl Pointwise for Tweedie {
    /// The logarithm of `base_score`, by default of the mean label.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        log_of_mean(self.base_score, targets, ranks)
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let (a, b) = (1.0 - self.power, 2.0 - self.power);
        let observed = label * exp((a * margin).min(LARGEST_EXPONENT));
        let expected = exp((b * margin).min(LARGEST_EXPONENT));
        (expected - observed, b * expected - a * observed)
    }

    fn magnitude(self, margin: f64, label: f64) -> f64 {
        exp(((2.0 - self.power) * margin).min(LARGEST_EXPONENT))
            .max(label * exp(((1.0 - self.power) * margin).min(LARGEST_EXPONENT)))
    }
}
