//! `binary:hinge`: max(0, 1 − y · margin) with y = −1 or 1, of labels 0 and 1.

use super::pointwise::Pointwise;
use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;

/// The margin that XGBoost starts from.
const BASE_SCORE: f64 = 0.5;

#[derive(Clone, Copy, Debug)]
pub(super) struct Hinge {
    base_score: f64,
    /// The factor of rows with label 1.
    positive: f64,
}

impl Hinge {
    pub(super) fn new(params: &Params) -> Self {
        Self { base_score: params.base_score.unwrap_or(BASE_SCORE), positive: params.scale_pos_weight }
    }
}

impl Pointwise for Hinge {
    fn base_score(self, _: TargetsView<'_>, _: &dyn Collective) -> f64 {
        self.base_score
    }

    /// The second derivative is 0: a row within the margin counts as 1, as in XGBoost, others next to nothing.
    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let y = 2.0 * label - 1.0;
        let factor = if label == 1.0 { self.positive } else { 1.0 };
        if y * margin < 1.0 { (-y * factor, factor) } else { (0.0, f64::from(f32::MIN_POSITIVE)) }
    }
}
