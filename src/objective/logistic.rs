//! `reg:logistic`, `binary:logistic`, `binary:logitraw`: −label ln p − (1 − label) ln(1 − p), where p is the margin's sigmoid.

use super::loss::{SETTLED_CLASS, base_score_error};
use super::pointwise::Pointwise;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;
use crate::{Objective, Params, Result};
use sapwood_score::math::{ln, sigmoid};

/// How near to 0 or 1 an estimated base score may come. Keeps the margin finite when all labels are equal; XGBoost's value.
const MARGIN_OF_PROBABILITY: f64 = 1e-6;

#[derive(Clone, Copy, Debug)]
pub(super) struct Logistic {
    /// What `base_score` stands for.
    margin: Option<f64>,
}

impl Logistic {
    /// `base_score` is a margin for `binary:logitraw`, else a probability.
    pub(super) fn new(params: &Params) -> Result<Self> {
        let margin = match params.base_score {
            Some(p) if params.objective != Objective::BinaryLogitraw => {
                if !(0.0 < p && p < 1.0) {
                    return Err(base_score_error(params, p, "is a probability and must lie in (0, 1)"));
                }
                Some(logit(p))
            }
            margin => margin,
        };
        Ok(Self { margin })
    }
}

impl Pointwise for Logistic {
    const SETTLED: f32 = SETTLED_CLASS;

    /// What `base_score` stands for, by default the share of label 1.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        let share = || weighted_mean(ranks, targets.labels(), targets.weights());
        self.margin.unwrap_or_else(|| logit(share().clamp(MARGIN_OF_PROBABILITY, 1.0 - MARGIN_OF_PROBABILITY)))
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let p = sigmoid(margin);
        (p - label, (p * (1.0 - p)).max(1e-16))
    }
}

/// The same where rows with label 1 count `scale_pos_weight` times.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScaledLogistic {
    logistic: Logistic,
    positive: f64,
}

impl ScaledLogistic {
    pub(super) fn new(params: &Params) -> Result<Self> {
        Ok(Self { logistic: Logistic::new(params)?, positive: params.scale_pos_weight })
    }

    #[inline(always)]
    fn factor(self, label: f64) -> f64 {
        if label == 1.0 { self.positive } else { 1.0 }
    }
}

impl Pointwise for ScaledLogistic {
    const SETTLED: f32 = SETTLED_CLASS;

    /// What `base_score` stands for, by default one Newton step from 0, as in XGBoost: at most 2. The best constant may be so large under a
    /// large factor that negative rows have hardly any hessian, and no split would ever leave them enough.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        let labels = targets.labels();
        let scaled = || labels.iter().enumerate().map(|(row, &label)| targets.weight(row) * self.factor(label)).collect::<Vec<_>>();
        // The gradient at 0 is 1/2 - label, the hessian 1/4.
        self.logistic.margin.unwrap_or_else(|| 4.0 * weighted_mean(ranks, labels, Some(&scaled())) - 2.0)
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let (grad, hess) = self.logistic.derivatives(margin, label);
        (grad * self.factor(label), hess * self.factor(label))
    }
}

fn logit(p: f64) -> f64 {
    ln(p) - ln(1.0 - p)
}
