//! `reg:quantileerror`: the pinball loss, α (label − margin) where the label is larger, (1 − α) (margin − label) elsewhere, which a quantile
//! minimises (Koenker & Bassett 1978). `reg:absoluteerror` is twice that for the median.
//!
//! The second derivative is 0 almost everywhere. Splits are found as if it were 1; then each leaf gets the quantile of its rows' residuals,
//! as in XGBoost and LightGBM.

use super::pointwise::Pointwise;
use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_quantile;

#[derive(Clone, Copy, Debug)]
pub(super) struct Quantile {
    base_score: Option<f64>,
    /// α.
    level: f64,
    /// First derivatives where the label is larger, and where the margin is.
    slopes: [f64; 2],
}

impl Quantile {
    /// The loss of each of the parameters' levels.
    pub(super) fn of_levels(params: &Params) -> Vec<Self> {
        let of = |&level: &f64| Self { base_score: params.base_score, level, slopes: [-level, 1.0 - level] };
        params.quantile_alpha.iter().map(of).collect()
    }

    /// Absolute error.
    pub(super) fn median(params: &Params) -> Self {
        Self { base_score: params.base_score, level: 0.5, slopes: [-1.0, 1.0] }
    }
}

impl Pointwise for Quantile {
    /// `base_score`, by default the quantile of the labels.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        self.base_score.unwrap_or_else(|| weighted_quantile(ranks, targets.labels(), targets.weights(), self.level))
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let slope = if margin < label { self.slopes[0] } else { self.slopes[1] };
        (if margin == label { 0.0 } else { slope }, 1.0)
    }

    fn leaf_level(self) -> Option<f64> {
        Some(self.level)
    }
}
