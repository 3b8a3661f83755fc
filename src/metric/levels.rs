//! Losses of quantiles and expectiles: the mean over rows and levels.

use super::reduce::mean_of_chunks;
use super::{Evaluation, Metric};
use crate::simd::Simd;

/// How a difference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// By its magnitude: the pinball loss.
    One,
    /// By half its square.
    Two,
}

/// The asymmetric loss of each level's output.
pub(super) struct LevelLoss {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) levels: Vec<f64>,
    pub(super) power: Power,
}

impl Metric for LevelLoss {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let (total, labels) = (evaluation.targets.rows(), evaluation.targets.labels());
        mean_of_chunks(self.simd, evaluation, |rows, values| {
            let mut predictions = vec![0.0; evaluation.margins.len() / total];
            for (row, value) in rows.zip(values) {
                predictions.iter_mut().enumerate().for_each(|(output, p)| *p = evaluation.margins[output * total + row]);
                evaluation.objective.link().apply(&mut predictions);
                let losses = predictions.iter().zip(&self.levels).map(|(p, level)| self.loss(*level, labels[row] - p));
                *value = losses.sum::<f64>() / self.levels.len() as f64;
            }
        })
    }
}

impl LevelLoss {
    /// The loss of a label that exceeds its prediction by `difference`.
    fn loss(&self, level: f64, difference: f64) -> f64 {
        let factor = if difference > 0.0 { level } else { 1.0 - level };
        match self.power {
            Power::One => factor * difference.abs(),
            Power::Two => 0.5 * factor * difference * difference,
        }
    }
}
