//! `reg:pseudohubererror`: δ² (√(1 + ((margin − label) / δ)²) − 1) with the slope δ (`huber_slope`).

use super::pointwise::Pointwise;
use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_quantile;

#[derive(Clone, Copy, Debug)]
pub(super) struct PseudoHuber {
    base_score: Option<f64>,
    /// δ.
    slope: f64,
}

impl PseudoHuber {
    pub(super) fn new(params: &Params) -> Self {
        Self { base_score: params.base_score, slope: params.huber_slope }
    }
}

impl Pointwise for PseudoHuber {
    /// `base_score`, by default the median label. (XGBoost takes one Newton step from 0, which labels far from 0 throw far off: the second
    /// derivative is next to nothing there.)
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        self.base_score.unwrap_or_else(|| weighted_quantile(ranks, targets.labels(), targets.weights(), 0.5))
    }

    /// The first derivative, and the curvature of the parabola that touches the loss here and lies above it everywhere. (XGBoost has the
    /// second derivative. It is so small far from the label that steps overshoot: the loss may then rise from round to round.)
    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let difference = margin - label;
        let ratio = difference / self.slope;
        let weight = 1.0 / (1.0 + ratio * ratio).sqrt();
        (difference * weight, weight)
    }

    fn magnitude(self, margin: f64, label: f64) -> f64 {
        self.derivatives(margin, label).0.abs()
    }
}
