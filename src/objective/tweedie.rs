//! `reg:tweedie`: −label · e^((1−ρ) margin) / (1−ρ) + e^((2−ρ) margin) / (2−ρ), the negative log-likelihood of a Tweedie distribution
//! with mean e^margin and variance power ρ between 1 (Poisson) and 2 (gamma), up to a constant.

use super::loss::base_score_error;
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Params, Result};
use sapwood_score::math::{exp, ln};

/// The smallest mean that is estimated: keeps the margin finite when all labels are zero.
const SMALLEST_MEAN: f64 = 1e-6;

/// Exponents beyond this are cut: the result is beyond single precision anyway, and a finite one times a weight of 0 is 0.
const LARGEST_EXPONENT: f64 = 600.0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Tweedie {
    base_score: Option<f64>,
    /// ρ.
    power: f64,
}

impl Tweedie {
    pub(super) fn new(params: &Params) -> Result<Self> {
        match params.base_score {
            Some(mean) if mean.is_nan() || mean <= 0.0 => Err(base_score_error(params, mean, "is a mean and must be above 0")),
            base_score => Ok(Self { base_score, power: params.tweedie_variance_power }),
        }
    }
}

impl Pointwise for Tweedie {
    /// The logarithm of `base_score`, by default of the mean label.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        ln(self.base_score.unwrap_or_else(|| weighted_mean(ranks, targets.labels(), targets.weights()).max(SMALLEST_MEAN)))
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
