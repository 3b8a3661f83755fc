//! The logarithm of the gamma function, from plain IEEE arithmetic.

use sapwood_score::math::ln;

/// `ln Γ(x)` for `x > 0`, within a few units of 10⁻¹⁵ of the larger of the result and 1.
///
/// Stirling's series (Abramowitz and Stegun, 6.1.41) for arguments from 10 on; smaller ones are first moved there by `Γ(x + 1) = x Γ(x)`.
pub fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < 10.0 {
        product *= shifted;
        shifted += 1.0;
    }
    stirling(shifted) - ln(product)
}

fn stirling(x: f64) -> f64 {
    const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = 1.0 / 156.0;
    let series = series * square - 691.0 / 360_360.0;
    let series = series * square + 1.0 / 1_188.0;
    let series = series * square - 1.0 / 1_680.0;
    let series = series * square + 1.0 / 1_260.0;
    let series = series * square - 1.0 / 360.0;
    let series = series * square + 1.0 / 12.0;
    (x - 0.5) * ln(x) - x + HALF_LN_TWO_PI + series * inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn it_is_the_logarithm_of_the_factorial() {
        let mut factorial = 1.0f64;
        for n in 1..=170 {
            factorial *= f64::from(n);
            assert_relative_eq!(ln_gamma(f64::from(n) + 1.0), factorial.ln(), max_relative = 1e-14, epsilon = 1e-14);
        }
    }

    #[test]
    fn it_holds_between_the_integers_and_far_out() {
        assert_relative_eq!(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), max_relative = 1e-14);
        assert_relative_eq!(ln_gamma(1.5), (std::f64::consts::PI.sqrt() / 2.0).ln(), max_relative = 1e-13);
        assert_relative_eq!(ln_gamma(1e10), 2.202_585_092_888_105_8e11, max_relative = 1e-14);
    }
}
