//! What becomes of margins: the meaning of outputs, the link, calibration, and what a prediction is.

use crate::{OnnxTransform, math};

/// What the outputs of a model are.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outputs {
    /// One number.
    Value,
    /// One margin that decides between two classes, in favour of the second.
    Binary,
    /// One margin per class.
    Classes,
    /// One number for each of several targets.
    Targets(Vec<String>),
    /// Quantiles of one target, at these levels.
    Quantiles(Vec<f64>),
    /// Expectiles of one target, at these levels.
    Expectiles(Vec<f64>),
}

/// From a row's margins to means, probabilities or quantiles.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Link {
    /// The margins as they are.
    Identity,
    /// `1 / (1 + e^(−scale · margin))` of each output.
    Logit {
        /// The factor on the margin (LightGBM's `sigmoid`).
        scale: f64,
    },
    /// `e^margin` of each output.
    Log,
    /// `ln(1 + e^margin)` of each output (LightGBM's `cross_entropy_lambda`).
    Softplus,
    /// `sign(margin) · margin²` of each output (LightGBM's `reg_sqrt`).
    SignedSquare,
    /// 1 where the margin exceeds 0, else 0 (hinge loss).
    Step,
    /// Probabilities that sum to one.
    Softmax,
    /// The margins in ascending order, so that quantiles do not cross.
    Sorted,
    /// The first margin, then `ln(1 + e^margin)` of each further one added to the value before it, so that values ascend.
    CumulativeSoftplus,
    /// What an operator of ONNX makes of margins, in f32 whatever numbers these are summed in.
    Onnx(OnnxTransform),
}

impl Link {
    /// Logistic without a scale.
    pub const LOGIT: Self = Self::Logit { scale: 1.0 };

    /// Applies the link to one row's margins, in place.
    #[inline(always)]
    pub fn apply(self, margins: &mut [f64]) {
        match self {
            Self::Identity => {}
            Self::Logit { scale: 1.0 } => margins.iter_mut().for_each(|margin| *margin = math::sigmoid(*margin)),
            Self::Logit { scale } => margins.iter_mut().for_each(|margin| *margin = math::sigmoid(scale * *margin)),
            Self::Log => margins.iter_mut().for_each(|margin| *margin = math::exp(*margin)),
            Self::Softplus => margins.iter_mut().for_each(|margin| *margin = softplus(*margin)),
            Self::SignedSquare => margins.iter_mut().for_each(|margin| *margin *= margin.abs()),
            Self::Step => margins.iter_mut().for_each(|margin| *margin = f64::from(u8::from(*margin > 0.0))),
            Self::Softmax => math::softmax(margins),
            Self::Sorted => margins.sort_unstable_by(f64::total_cmp),
            Self::CumulativeSoftplus => {
                (1..margins.len()).for_each(|at| margins[at] = margins[at - 1] + softplus(margins[at]));
            }
            Self::Onnx(transform) => transform.apply(margins),
        }
    }
}

/// `ln(1 + e^x)`; `e^x` alone would overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(math::exp(-x.abs()))
}

/// `ln(1 + y)` of a small number that is not negative, without losing what the addition rounds away.
fn ln_1p(y: f64) -> f64 {
    let sum = 1.0 + y;
    if sum == 1.0 { y } else { math::ln(sum) * (y / (sum - 1.0)) }
}

/// What a model's prediction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prediction {
    /// What the link makes of the margins: means, probabilities, quantiles.
    Mean,
    /// The margins.
    Margin,
    /// The most probable class's index.
    Class,
}

/// A correction of predictions, learned on other rows than the trees.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Calibration {
    /// `slope · margin + intercept` of each output, before the link (Platt; with one slope for all and no intercepts: temperature).
    Linear {
        /// The factor of each output.
        slopes: Vec<f64>,
        /// What is added to each output.
        intercepts: Vec<f64>,
    },
    /// A monotone function of what the link gives, for each output: between points a straight line, beyond the first and last their
    /// values. Classes are made to sum to one again.
    Isotonic {
        /// The points of each output, by ascending abscissa.
        outputs: Vec<Vec<(f64, f64)>>,
    },
}

impl Calibration {
    /// Corrects one row's margins.
    pub(crate) fn before_link(&self, margins: &mut [f64]) {
        if let Self::Linear { slopes, intercepts } = self {
            let factors = slopes.iter().zip(intercepts);
            margins.iter_mut().zip(factors).for_each(|(margin, (slope, intercept))| *margin = slope * *margin + intercept);
        }
    }

    /// Corrects what the link made of one row's margins.
    pub(crate) fn after_link(&self, values: &mut [f64], are_classes: bool) {
        let Self::Isotonic { outputs } = self else { return };
        values.iter_mut().zip(outputs).for_each(|(value, points)| *value = interpolate(points, *value));
        let sum: f64 = values.iter().sum();
        if are_classes && sum > 0.0 {
            values.iter_mut().for_each(|value| *value /= sum);
        }
    }
}

/// The value at `x` of the function through `points`, which are by ascending abscissa; there is at least one.
fn interpolate(points: &[(f64, f64)], x: f64) -> f64 {
    let next = points.partition_point(|point| point.0 <= x);
    match (next.checked_sub(1).map(|before| points[before]), points.get(next)) {
        (Some((x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * ((x - x0) / (x1 - x0)),
        (Some((_, y)), None) => y,
        (None, Some(&(_, y))) => y,
        (None, None) => x,
    }
}
