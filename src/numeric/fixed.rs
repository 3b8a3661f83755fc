//! Sums that do not depend on the order of their terms.

/// A sum of numbers in fixed point: adding in any order, or in parts that are merged, gives the same bits.
///
/// Terms are rounded once, to about 2^-61 of the largest magnitude; 2^64 terms cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedSum {
    exponent: i32,
    total: i128,
}

/// `2^exponent` for exponents of normal numbers.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl FixedSum {
    /// An empty sum of terms whose magnitude is at most `largest` (finite).
    pub fn new(largest: f64) -> Self {
        let magnitude = (largest.abs().to_bits() >> 52) as i32 - 1023;
        Self { exponent: (61 - magnitude).clamp(-1022, 1022), total: 0 }
    }

    /// The sum with one more term.
    #[inline]
    #[must_use]
    pub fn plus(mut self, term: f64) -> Self {
        self.total += i128::from((term * power_of_two(self.exponent)) as i64);
        self
    }

    /// The sum of two sums that were made for the same largest magnitude.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        debug_assert_eq!(self.exponent, other.exponent);
        self.total += other.total;
        self
    }

    /// The sum as a number.
    pub fn value(self) -> f64 {
        self.total as f64 * power_of_two(-self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(terms: &[f64]) -> f64 {
        let largest = terms.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        terms.iter().fold(FixedSum::new(largest), |sum, &x| sum.plus(x)).value()
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_the_value_is_right(mut terms in prop::collection::vec(-1e9f64..1e9, 1..300)) {
            let forwards = sum(&terms);
            terms.reverse();
            prop_assert_eq!(sum(&terms).to_bits(), forwards.to_bits());
            let reference: f64 = terms.iter().sum();
            prop_assert!((forwards - reference).abs() <= 1e-12 * terms.iter().map(|x| x.abs()).sum::<f64>());
        }
    }

    #[test]
    fn extremes() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[0.0, 0.0]), 0.0);
        assert_eq!(sum(&[f64::MAX, -f64::MAX]), 0.0);
        assert_eq!(sum(&[1e-310, 1e-310]), 2e-310);
    }
}
