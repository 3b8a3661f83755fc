//! Metrics that are the weighted mean of a loss per row, for objectives with one output.

use super::reduce::mean_of_chunks;
use super::{Evaluation, Metric};
use crate::Objective;
use crate::numeric::ln_gamma;
use crate::simd::{Simd, dispatch};
use sapwood_score::math::{exp, ln};

/// The largest negative logarithm of a probability or a mean: −ln 10⁻¹⁶, because XGBoost takes smaller ones as 10⁻¹⁶.
pub(super) const LARGEST_LOSS: f64 = 36.841_361_487_904_734;

/// What the deviance of gamma distributions adds to labels and means, so that labels of 0 have one (XGBoost's value).
const SMALLEST_OF_GAMMA: f64 = 1e-6;

/// Predictions below this count as this much where 1 is added before the logarithm: it ends at −1.
const SMALLEST_OF_LOG: f64 = -1.0 + 1e-6;

/// The loss of one row, from its label and its prediction (a mean or a probability).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RowLoss {
    /// The squared difference.
    Squared,
    /// The absolute difference.
    Absolute,
    /// The absolute difference relative to the label; infinite for a label of 0, unless the prediction is 0, too.
    Percentage,
    /// The negative log-likelihood of a label in [0, 1].
    LogLoss,
    /// The share of a row that falls on the wrong side of a threshold.
    Error(f64),
    /// The share of a row that falls on the right side of a threshold.
    Accuracy(f64),
    /// The negative log-likelihood of a count.
    Poisson,
    /// The squared difference of ln(1 + label) and ln(1 + prediction).
    SquaredLog,
    /// The absolute difference relative to the mean of both magnitudes; 0 where both are 0.
    SymmetricPercentage,
    /// The pseudo-Huber loss with this slope.
    PseudoHuber(f64),
    /// The negative log-likelihood of a gamma distribution with dispersion 1.
    Gamma,
    /// The deviance of a gamma distribution.
    GammaDeviance,
    /// The negative log-likelihood of a Tweedie distribution with this variance power, up to a constant.
    Tweedie(f64),
}

impl RowLoss {
    /// Whether it is computed from the margin: the logarithm of a probability near 1 would not say how near, that of an infinite mean nothing.
    fn takes_margins(self) -> bool {
        matches!(self, Self::LogLoss | Self::Poisson | Self::Gamma | Self::Tweedie(_))
    }
}

/// The weighted mean of a [`RowLoss`], or its square root.
pub(super) struct RowMean {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) loss: RowLoss,
    pub(super) root: bool,
}

impl Metric for RowMean {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        matches!(self.loss, RowLoss::Accuracy(_))
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let mean = mean_loss(self.simd, self.loss, evaluation);
        if self.root { mean.sqrt() } else { mean }
    }
}

/// The weighted mean of a loss over the rows; NaN where no row has weight.
pub(super) fn mean_loss(simd: Simd, loss: RowLoss, evaluation: &Evaluation<'_>) -> f64 {
    mean_of_chunks(simd, evaluation, |rows, values| {
        values.copy_from_slice(&evaluation.margins[rows.clone()]);
        losses(simd, loss, evaluation.objective, &evaluation.targets.labels()[rows], values);
    })
}

/// Replaces every value, a prediction, by its loss. No function that takes a closure: large closures become functions of their own, which
/// are compiled for the baseline.
macro_rules! each {
    ($labels:ident, $values:ident, |$label:ident, $prediction:ident| $loss:expr) => {
        for (value, &$label) in $values.iter_mut().zip($labels) {
            let $prediction = *value;
            *value = $loss;
        }
    };
}

/// Turns the margins in `values` into losses.
#[inline(always)]
fn losses_body(loss: RowLoss, objective: Objective, labels: &[f64], values: &mut [f64]) {
    if !loss.takes_margins() {
        objective.link().apply(values);
    }
    match loss {
        RowLoss::Squared => each!(labels, values, |y, p| (y - p) * (y - p)),
        RowLoss::Absolute => each!(labels, values, |y, p| (y - p).abs()),
        RowLoss::Percentage => each!(labels, values, |y, p| if p == y { 0.0 } else { ((y - p) / y).abs() }),
        RowLoss::LogLoss => each!(labels, values, |y, margin| log_loss(y, margin)),
        RowLoss::Poisson => each!(labels, values, |y, margin| ln_gamma(y + 1.0) + exp(margin) - margin.max(-LARGEST_LOSS) * y),
        RowLoss::Error(threshold) => each!(labels, values, |y, p| if p > threshold { 1.0 - y } else { y }),
        RowLoss::Accuracy(threshold) => each!(labels, values, |y, p| if p > threshold { y } else { 1.0 - y }),
        RowLoss::SquaredLog => each!(labels, values, |y, p| {
            let difference = ln(1.0 + y) - ln(1.0 + p.max(SMALLEST_OF_LOG));
            difference * difference
        }),
        RowLoss::SymmetricPercentage => {
            each!(labels, values, |y, p| if p == y { 0.0 } else { 2.0 * (y - p).abs() / (y.abs() + p.abs()) })
        }
        RowLoss::PseudoHuber(slope) => each!(labels, values, |y, p| {
            let ratio = (p - y) / slope;
            slope * slope * ((1.0 + ratio * ratio).sqrt() - 1.0)
        }),
        RowLoss::Gamma => each!(labels, values, |y, margin| y * exp(-margin) + margin),
        RowLoss::GammaDeviance => each!(labels, values, |y, p| {
            let (y, p) = (y + SMALLEST_OF_GAMMA, p + SMALLEST_OF_GAMMA);
            2.0 * (ln(p / y) + y / p - 1.0)
        }),
        RowLoss::Tweedie(power) => each!(labels, values, |y, margin| {
            let (a, b) = (1.0 - power, 2.0 - power);
            exp(b * margin) / b - y * exp(a * margin) / a
        }),
    }
}
dispatch! { fn losses(loss: RowLoss, objective: Objective, labels: &[f64], values: &mut [f64]) = losses_body }

/// The logarithms of the two probabilities are −ln(1 + e^∓margin).
#[inline(always)]
fn log_loss(y: f64, margin: f64) -> f64 {
    let of_nearer = ln(1.0 + exp(-margin.abs()));
    let term = |share: f64, margin: f64| share * (margin.max(0.0) + of_nearer).min(LARGEST_LOSS);
    term(y, -margin) + term(1.0 - y, margin)
}
