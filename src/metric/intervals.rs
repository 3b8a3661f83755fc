//! Metrics of times that are known to lie between bounds.

use super::reduce::mean_of_chunks;
use super::{Evaluation, Metric};
use crate::numeric::Noise;
use crate::simd::Simd;
use sapwood_score::math::exp;

/// What is told of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum IntervalVerdict {
    /// The negative log-likelihood.
    LogLoss(Noise),
    /// Whether the prediction lies between the bounds.
    Inside,
}

/// The weighted mean of it.
pub(super) struct Intervals {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) verdict: IntervalVerdict,
}

impl Metric for Intervals {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        self.verdict == IntervalVerdict::Inside
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        // A rank without rows knows of no bounds.
        let (lower, upper) = evaluation.targets.label_bounds().unwrap_or_default();
        if lower.len() != evaluation.targets.rows() {
            return f64::NAN;
        }
        mean_of_chunks(self.simd, evaluation, |rows, values| {
            for (row, value) in rows.zip(values) {
                let (margin, lower, upper) = (evaluation.margins[row], lower[row], upper[row]);
                *value = match self.verdict {
                    IntervalVerdict::LogLoss(noise) => noise.negative_log_likelihood(margin, lower, upper),
                    IntervalVerdict::Inside => f64::from(u8::from((lower..=upper).contains(&exp(margin)))),
                };
            }
        })
    }
}
