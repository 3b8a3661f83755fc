//! `reg:squaredlogerror`: ½ (ln(1 + margin) − ln(1 + label))².

use super::loss::base_score_error;
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Params, Result};
use sapwood_score::math::{exp, ln};

/// Margins below this count as this much: the logarithm ends at −1. XGBoost's value.
const SMALLEST_MARGIN: f64 = -1.0 + 1e-6;

/// The second derivative is negative where predictions are far too high; XGBoost's floor.
const SMALLEST_HESSIAN: f64 = 1e-6;

#[derive(Clone, Copy, Debug)]
pub(super) struct SquaredLogError {
    base_score: Option<f64>,
}

impl SquaredLogError {
    pub(super) fn new(params: &Params) -> Result<Self> {
        match params.base_score {
            Some(score) if score.is_nan() || score <= -1.0 => {
                Err(base_score_error(params, score, "must be above -1, where ln(1 + prediction) ends"))
            }
            base_score => Ok(Self { base_score }),
        }
    }
}

impl Pointwise for SquaredLogError {
    /// `base_score`, by default XGBoost's: a Newton step from 0. What minimises the loss, where ln(1 + it) is the mean of ln(1 + label), is no
    /// place to begin: second derivatives there are about 1 / (1 + label)², and `min_child_weight` would forbid all splits.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        self.base_score.unwrap_or_else(|| {
            let mean = |values: Vec<f64>| weighted_mean(ranks, &values, targets.weights());
            let at_0 = |label: &f64| self.derivatives(0.0, *label);
            let gradient = mean(targets.labels().iter().map(|label| at_0(label).0).collect());
            let step = -gradient / mean(targets.labels().iter().map(|label| at_0(label).1).collect());
            // Labels near −1 would take the step beyond the logarithm's end.
            if step > SMALLEST_MARGIN { step } else { exp(-gradient) - 1.0 }
        })
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let shifted = 1.0 + margin.max(SMALLEST_MARGIN);
        let difference = ln(shifted) - ln(1.0 + label);
        (difference / shifted, ((1.0 - difference) / (shifted * shifted)).max(SMALLEST_HESSIAN))
    }
}
