//! What tree ensembles of ONNX make of margins, operation for operation as onnxruntime computes it; of the C library's functions `expf`
//! and `logf` alone, whose last bit is not the same everywhere, the f64 values are rounded instead.

use crate::math;
use std::f32::consts::{PI, SQRT_2};

/// A post-transform of an operator of ONNX. Results are f32.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OnnxTransform {
    /// The margins, rounded. Of two classes the second is predicted where its probability exceeds 0.5.
    None,
    /// `1 / (1 + e^(−|margin|))` of each output, mirrored where the margin is negative.
    Logistic {
        /// Of two classes with one margin the second is predicted where it exceeds this number, 0 or 0.5.
        cut: f64,
    },
    /// Probabilities that sum to one.
    Softmax,
    /// As `Softmax`, but margins within 10⁻⁷ of 0 count as 0, not as their exponentials.
    SoftmaxZero,
    /// The normal distribution's quantile of each margin, by Winitzki's approximation.
    Probit,
    /// `factor · e^margin` of each output.
    Exp {
        /// The factor, an f32.
        factor: f64,
    },
}

impl OnnxTransform {
    /// Transforms one row's margins, in place.
    pub(crate) fn apply(self, margins: &mut [f64]) {
        match self {
            Self::None => each(margins, |margin| margin),
            Self::Logistic { .. } => each(margins, logistic),
            Self::Softmax => softmax(margins, |_| false),
            Self::SoftmaxZero => softmax(margins, |margin| (-1e-7..=1e-7).contains(&margin)),
            Self::Probit => each(margins, |margin| SQRT_2 * inverse_erf(2.0 * margin - 1.0)),
            Self::Exp { factor } => each(margins, |margin| factor as f32 * exp(margin)),
        }
    }

    /// The class that onnxruntime tells for one row's margins. Of two it is the second where its margin exceeds 0.
    pub(crate) fn class(self, margins: &[f64]) -> usize {
        match (self, margins) {
            (Self::None, [share]) => usize::from(*share > 0.5),
            (Self::Logistic { cut }, [margin]) => usize::from(*margin > cut),
            (_, [margin] | [_, margin]) => usize::from(*margin > 0.0),
            _ => (1..margins.len()).fold(0, |best, class| if margins[class] > margins[best] { class } else { best }),
        }
    }
}

fn each(margins: &mut [f64], then: impl Fn(f32) -> f32) {
    margins.iter_mut().for_each(|margin| *margin = f64::from(then(*margin as f32)));
}

fn exp(x: f32) -> f32 {
    math::exp(f64::from(x)) as f32
}

fn logistic(margin: f32) -> f32 {
    let share = 1.0 / (1.0 + exp(-margin.abs()));
    if margin < 0.0 { 1.0 - share } else { share }
}

/// The exponentials of margins but those that count as zero, divided by their sum.
fn softmax(margins: &mut [f64], is_zero: impl Fn(f32) -> bool) {
    let max = margins.iter().fold(f32::MIN, |max, &margin| max.max(margin as f32));
    let of_zero = exp(-max);
    let mut sum = 0.0f32;
    for margin in margins.iter_mut() {
        let x = *margin as f32;
        let value = if is_zero(x) { x * of_zero } else { exp(x - max) };
        sum += if is_zero(x) { 0.0 } else { value };
        *margin = f64::from(value);
    }
    each(margins, |value| value / sum);
}

fn inverse_erf(x: f32) -> f32 {
    const A: f32 = 0.147;
    let sign = if x < 0.0 { -1.0 } else { 1.0 };
    let log = math::ln(f64::from((1.0 - x) * (1.0 + x))) as f32;
    let half = 2.0 / (PI * A) + 0.5 * log;
    sign * (-half + (half * half - 1.0 / A * log).sqrt()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied<const N: usize>(transform: OnnxTransform, mut margins: [f64; N]) -> [f64; N] {
        transform.apply(&mut margins);
        margins
    }

    #[test]
    fn the_logistic_function_is_mirrored() {
        let [low, high] = applied(OnnxTransform::Logistic { cut: 0.0 }, [-10.0, 10.0]);
        assert_eq!(low, f64::from(1.0 - high as f32));
        assert_eq!(applied(OnnxTransform::Logistic { cut: 0.0 }, [0.0, 200.0, -200.0]), [0.5, 1.0, 0.0]);
    }

    #[test]
    fn softmax_of_zero_counts_as_zero_or_not() {
        let [a, b, c] = applied(OnnxTransform::Softmax, [0.0, 1.0, 1.0]);
        assert!(a > 0.1 && b == c && (a + b + c - 1.0).abs() < 1e-6);
        assert_eq!(applied(OnnxTransform::SoftmaxZero, [0.0, 1.0, 1.0]), [0.0, 0.5, 0.5]);
    }

    #[test]
    fn probit_is_the_quantile_of_the_normal_distribution() {
        let [low, middle, high] = applied(OnnxTransform::Probit, [0.025, 0.5, 0.975]);
        assert!((high - 1.96).abs() < 0.01 && (low + high).abs() < 1e-3 && middle.abs() < 1e-3, "{low} {middle} {high}");
        assert!(applied(OnnxTransform::Probit, [1.5])[0].is_nan());
    }

    #[test]
    fn classes_are_those_of_onnxruntime() {
        assert_eq!([0.2, 0.5, 0.7].map(|share| OnnxTransform::None.class(&[share])), [0, 0, 1]);
        assert_eq!([-0.2, 0.0, 1e-30].map(|margin| OnnxTransform::Logistic { cut: 0.0 }.class(&[margin])), [0, 0, 1]);
        assert_eq!(OnnxTransform::Softmax.class(&[3.0, 1.0]), 1);
        assert_eq!(OnnxTransform::Softmax.class(&[1.0, 3.0, 3.0]), 1);
    }
}
