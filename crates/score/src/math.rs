//! `exp`, `ln` and what is built of them, from plain IEEE arithmetic: the same bits on every machine and C library.
//!
//! The standard library's versions call the platform's libm, whose last bits change with its version and the CPU. These use only
//! additions, multiplications, divisions and integer operations in a fixed order, without branches that depend on the data, so that the compiler may vectorise loops over them without changing a bit.

const LN2_HI: f64 = 6.931_471_803_691_238e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;

/// `e^x`, within 2 units in the last place for results in the normal range.
///
/// Results below the smallest normal number are 0, results above the largest are infinity; NaN stays NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // Adding and subtracting 1.5 × 2^52 rounds to the nearest integer, which then sits in the low bits of the sum.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const OVERFLOW: f64 = 709.782_712_893_384;
    const UNDERFLOW: f64 = -708.396_418_532_264_1;
    let clamped = if x > OVERFLOW { OVERFLOW } else { x };
    let clamped = if clamped < UNDERFLOW { UNDERFLOW } else { clamped };
    let shifted = clamped * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (clamped - k * LN2_HI) - k * LN2_LO;
    // Taylor to r^13; |r| <= ln 2 / 2, so the remainder is below 2^-57.
    let p = 1.605_904_383_682_161_3e-10;
    let p = p * r + 2.087_675_698_786_81e-9;
    let p = p * r + 2.505_210_838_544_172e-8;
    let p = p * r + 2.755_731_922_398_589_3e-7;
    let p = p * r + 2.755_731_922_398_589e-6;
    let p = p * r + 2.480_158_730_158_73e-5;
    let p = p * r + 1.984_126_984_126_984e-4;
    let p = p * r + 1.388_888_888_888_889e-3;
    let p = p * r + 8.333_333_333_333_333e-3;
    let p = p * r + 4.166_666_666_666_666_4e-2;
    let p = p * r + 1.666_666_666_666_666_6e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    // 2^k in two factors, because 2^1024 is no number although e^709.7 is one.
    let bits = shifted.to_bits();
    let k = (bits as i64).wrapping_sub(ROUND.to_bits() as i64);
    let half = k >> 1;
    let two_to = |e: i64| f64::from_bits(((e + 1023) << 52) as u64);
    let y = p * two_to(half) * two_to(k - half);
    let y = if x > OVERFLOW { f64::INFINITY } else { y };
    let y = if x < UNDERFLOW { 0.0 } else { y };
    if x.is_nan() { x } else { y }
}

/// Natural logarithm, within 1 unit in the last place (the algorithm of FreeBSD's `e_log.c`).
///
/// `ln(0)` is minus infinity; negative numbers and NaN give NaN.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const TO_NORMAL: f64 = 18_014_398_509_481_984.0;
    let subnormal = x < f64::MIN_POSITIVE;
    let bits = (if subnormal { x * TO_NORMAL } else { x }).to_bits();
    // Moves the mantissa into [sqrt(1/2), sqrt(2)).
    let moved = bits.wrapping_add((0x3ff0_0000 - 0x3fe6_a09e) << 32);
    let m = f64::from_bits(((moved & 0x000f_ffff_0000_0000) + (0x3fe6_a09e << 32)) | (bits & 0xffff_ffff));
    // The exponent as the low bits of 2^52 + exponent: vector units cannot convert 64-bit integers.
    let k = f64::from_bits(0x4330_0000_0000_0000 | moved >> 52) - (4_503_599_627_370_496.0 + 1023.0);
    let k = if subnormal { k - 54.0 } else { k };
    let f = m - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (3.999_999_999_940_942e-1 + w * (2.222_219_843_214_978_4e-1 + w * 1.531_383_769_920_937_3e-1));
    let odd = z
        * (6.666_666_666_666_735e-1
            + w * (2.857_142_874_366_239e-1 + w * (1.818_357_216_161_805e-1 + w * 1.479_819_860_511_658_6e-1)));
    let y = s * (half_square + even + odd) + k * LN2_LO - half_square + f + k * LN2_HI;
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x >= 0.0 { y } else { f64::NAN }
}

/// The logistic function, `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// Turns margins into probabilities that sum to one, in place.
#[inline]
pub fn softmax(margins: &mut [f64]) {
    let max = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for m in margins.iter_mut() {
        *m = exp(*m - max);
        sum += *m;
    }
    for m in margins.iter_mut() {
        *m /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units in the last place of the reference.
    fn ulps(ours: f64, reference: f64) -> f64 {
        let unit = f64::from_bits(reference.abs().to_bits() + 1) - reference.abs();
        (ours - reference).abs() / unit
    }

    #[test]
    fn exp_is_close_to_the_reference_everywhere() {
        let worst = (-70_800..70_900).map(|i| f64::from(i) * 0.01 + 1e-4).map(|x| ulps(exp(x), x.exp())).fold(0.0, f64::max);
        assert!(worst <= 2.0, "{worst} ulps");
    }

    #[test]
    fn exp_at_the_edges() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e4), 0.0);
        assert_eq!(exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(exp(710.0), f64::INFINITY);
        assert!(exp(709.7).is_finite());
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn ln_is_close_to_the_reference_everywhere() {
        let worst = (-3000..3000)
            .map(|i| 1.25f64.powi(i) * 1.0123)
            .filter(|x| *x > 0.0 && x.is_finite())
            .chain((1..1000).map(|i| f64::from(i) * 1e-3 + 0.5))
            .map(|x| ulps(ln(x), x.ln()))
            .fold(0.0, f64::max);
        assert!(worst <= 1.0, "{worst} ulps");
    }

    #[test]
    fn ln_at_the_edges() {
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!(ulps(ln(5e-324), 5e-324f64.ln()) <= 1.0);
    }

    #[test]
    fn sigmoid_and_softmax_survive_extreme_margins() {
        assert_eq!(sigmoid(-1e6), 0.0);
        assert_eq!(sigmoid(1e6), 1.0);
        let mut margins = [1e300, -1e300, 0.0];
        softmax(&mut margins);
        assert_eq!(margins, [1.0, 0.0, 0.0]);
    }
}
