//! `reg:squarederror`: ½ (margin − label)².

use super::pointwise::Pointwise;
use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;

#[derive(Clone, Copy, Debug)]
pub(super) struct SquaredError {
    base_score: Option<f64>,
}

impl SquaredError {
    pub(super) fn new(params: &Params) -> Self {
        Self { base_score: params.base_score }
    }
}

impl Pointwise for SquaredError {
    /// `base_score`, by default the mean of the labels.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        self.base_score.unwrap_or_else(|| weighted_mean(ranks, targets.labels(), targets.weights()))
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        (margin - label, 1.0)
    }

    fn magnitude(self, margin: f64, label: f64) -> f64 {
        (margin - label).abs()
    }
}
