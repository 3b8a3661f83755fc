//! `reg:expectileerror`: ½ α (label − margin)² where the label is larger, ½ (1 − α) (margin − label)² elsewhere, which an expectile minimises
//! (Newey & Powell 1987).

use super::pointwise::Pointwise;
use crate::Params;
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::weighted_mean;

#[derive(Clone, Copy, Debug)]
pub(super) struct Expectile {
    base_score: Option<f64>,
    /// α.
    level: f64,
}

impl Expectile {
    /// The loss of each of the parameters' levels.
    pub(super) fn of_levels(params: &Params) -> Vec<Self> {
        params.expectile_alpha.iter().map(|&level| Self { base_score: params.base_score, level }).collect()
    }
}

impl Pointwise for Expectile {
    /// `base_score`, by default the mean of the labels.
    fn base_score(self, targets: TargetsView<'_>, ranks: &dyn Collective) -> f64 {
        self.base_score.unwrap_or_else(|| weighted_mean(ranks, targets.labels(), targets.weights()))
    }

    #[inline(always)]
    fn derivatives(self, margin: f64, label: f64) -> (f64, f64) {
        let factor = if margin < label { self.level } else { 1.0 - self.level };
        (factor * (margin - label), factor)
    }

    fn magnitude(self, margin: f64, label: f64) -> f64 {
        (margin - label).abs()
    }
}
