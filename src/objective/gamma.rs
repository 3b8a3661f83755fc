//! `reg:gamma`: margin + label · e^−margin, the negative log-likelihood of a gamma distribution with mean e^margin, up to factors.

use super::log_link::{LARGEST_EXPONENT, log_of_mean, positive_mean};
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::{Params, Result};
use sapwood_score::math::exp;

#[derive(Clone, Copy, Debug)]
pub(super) struct Gamma {
    base_score: Option<f64>,
}

impl Gamma {
    pub(super) fn new(params: &Params) -> Result<Self> {
        Ok(Self { base_score: positive_mean(params)? })
    }
}

impl Pointwise for Gamma {
    /// The logarithm of `base_score`, by default of the mean label.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        log_of_mean(self.base_score, targets, ranks)
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let ratio = label * exp((-margin).min(LARGEST_EXPONENT));
        (1.0 - ratio, ratio)
    }
}
