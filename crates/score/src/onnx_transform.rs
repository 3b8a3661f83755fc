//! What tree ensembles of ONNX make of margins, operation for operation as onnxruntime computes it on Linux; of the C library's function
//! `logf` alone the f64 value is rounded instead.

use crate::math;
use std::f32::consts::{PI, SQRT_2};
use std::f64::consts::LOG2_E;

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

/// `e^x` as glibc's `expf` has it since 2.28, from Arm's optimized routines: 2^(k/32) times a polynomial of what is left, in f64. Its last
/// bit matters: differences of a logistic function from 1 magnify it.
fn exp(x: f32) -> f32 {
    const STEPS: f64 = 32.0;
    /// 32 / ln 2.
    const PER_STEP: f64 = LOG2_E * STEPS;
    /// Of 2^(r/32) − 1: the factors of r³, r² and r.
    const CUBE: f64 = 0.055_503_615_593_415_35 / (STEPS * STEPS * STEPS);
    const SQUARE: f64 = 0.240_228_452_244_572_2 / (STEPS * STEPS);
    const LINEAR: f64 = 0.693_147_180_691_620_3 / STEPS;
    match x {
        _ if x.is_nan() => return x,
        // Beyond, it is infinite, or less than half of the least f32.
        88.722_84.. => return f32::INFINITY,
        ..=-103.972_08 => return 0.0,
        _ => {}
    }
    let scaled = PER_STEP * f64::from(x);
    let steps = scaled.round_ties_even();
    let left = scaled - steps;
    let steps = steps as i64;
    let power = f64::from_bits(POWERS[(steps & 31) as usize].wrapping_add((steps as u64) << 47));
    let polynomial = (CUBE * left + SQUARE) * (left * left) + (LINEAR * left + 1.0);
    (polynomial * power) as f32
}

/// The bits of 2^(k/32), less those that adding k to the exponent's 32nds will add.
const POWERS: [u64; 32] = [
    0x3ff0_0000_0000_0000,
    0x3fef_d9b0_d315_8574,
    0x3fef_b558_6cf9_890f,
    0x3fef_9301_d012_5b51,
    0x3fef_72b8_3c7d_517b,
    0x3fef_5487_3168_b9aa,
    0x3fef_387a_6e75_6238,
    0x3fef_1e9d_f51f_dee1,
    0x3fef_06fe_0a31_b715,
    0x3fee_f1a7_373a_a9cb,
    0x3fee_dea6_4c12_3422,
    0x3fee_ce08_6061_892d,
    0x3fee_bfda_d536_2a27,
    0x3fee_b42b_569d_4f82,
    0x3fee_ab07_dd48_5429,
    0x3fee_a47e_b03a_5585,
    0x3fee_a09e_667f_3bcd,
    0x3fee_9f75_e8ec_5f74,
    0x3fee_a114_73eb_0187,
    0x3fee_a589_994c_ce13,
    0x3fee_ace5_422a_a0db,
    0x3fee_b737_b0cd_c5e5,
    0x3fee_c491_82a3_f090,
    0x3fee_d503_b23e_255d,
    0x3fee_e89f_995a_d3ad,
    0x3fee_ff76_f2fb_5e47,
    0x3fef_199b_dd85_529c,
    0x3fef_3720_dcef_9069,
    0x3fef_5818_dcfb_a487,
    0x3fef_7c97_337b_9b5f,
    0x3fef_a4af_a2a4_90da,
    0x3fef_d076_5b6e_4540,
];

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

    const EXPONENTIALS: [(u32, u32); 16] = [
        (0x3ff74cbb, 0x40dce982),
        (0x42922e75, 0x742e9156),
        (0x4225b0b3, 0x5d58c8df),
        (0xc228a17d, 0x2110f016),
        (0x418564d0, 0x4b850cba),
        (0x4172d86a, 0x4a6e5bb9),
        (0xc16ccc02, 0x34c8a13e),
        (0x4296dc99, 0x75e28e30),
        (0x40bbfd82, 0x43b1f54c),
        (0x41b5b13d, 0x4fd9a4f8),
        (0xc19c870a, 0x315aa033),
        (0xc1dd2b79, 0x2b8a9d19),
        (0x3fe0d07a, 0x40b95296),
        (0x42074499, 0x57dcf447),
        (0x414270a7, 0x48391fff),
        (0x3f7fbdc4, 0x402dcb57),
    ];

    /// What glibc 2.36 tells, among them arguments where the nearest f32 is another.
    #[test]
    fn exponentials_are_those_of_the_c_library() {
        for (x, expected) in EXPONENTIALS {
            assert_eq!(exp(f32::from_bits(x)).to_bits(), expected, "{}", f32::from_bits(x));
        }
        assert_eq!([0.0, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30].map(exp), [1.0, f32::INFINITY, 0.0, f32::INFINITY, 0.0]);
        assert!(exp(f32::NAN).is_nan());
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
