//! Sums that are the same to the last bit for any order of the terms and any number of threads.
//!
//! Terms are put on a [`Grid`], a fixed-point scale chosen from the largest of them, and added as integers: integer addition is
//! associative, float addition is not. A term that is at least 2⁻⁹ of the largest goes onto the grid without loss; a smaller one
//! loses what lies below 2⁻⁶² of the largest.

use crate::collective::Collective;
use rayon::prelude::*;
use std::ops::Range;

/// Rows that one task of a parallel sum takes.
const CHUNK: usize = 16_384;

/// A fixed-point scale on which values add without rounding.
///
/// 2⁶⁵ values fit into one `i128`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// The power of two that takes a value onto the grid is `2 ^ (low + high)`: in two factors, because it may exceed the range of
    /// `f64` where each half of it does not.
    low: i32,
    high: i32,
}

impl Grid {
    /// A grid for finite values of magnitude up to `largest`.
    pub fn new(largest: f64) -> Self {
        Self::of_bits(largest, 62)
    }

    /// A grid on which values of magnitude up to `largest` are below `2 ^ bits`. Whole numbers keep their proportions on it, as far as they
    /// have no more bits.
    pub(crate) fn of_bits(largest: f64, bits: i32) -> Self {
        // A value of this exponent is below 2^(exponent + 1).
        let shift = bits - 1 - exponent(largest);
        Self { low: shift >> 1, high: shift - (shift >> 1) }
    }

    /// `x` in units of the grid, rounded towards zero.
    #[inline]
    pub fn units(&self, x: f64) -> i64 {
        (x * two_to(self.low) * two_to(self.high)) as i64
    }

    /// The number that stands for `units`.
    pub fn value(&self, units: i128) -> f64 {
        units as f64 * two_to(-self.low) * two_to(-self.high)
    }
}

/// The exponent of a finite number; subnormal numbers and zero count as the smallest normal one.
fn exponent(x: f64) -> i32 {
    let biased = (x.to_bits() >> 52 & 0x7ff) as i32;
    biased.max(1) - 1023
}

/// `2^e`, for exponents of normal numbers.
#[inline]
fn two_to(e: i32) -> f64 {
    f64::from_bits(((i64::from(e) + 1023) << 52) as u64)
}

/// The sum of `values`, the same for any order of them. They are visited twice.
///
/// Infinities and NaN behave as in float arithmetic. The sum of no values is 0.
///
/// ```
/// use sapwood::numeric::sum;
/// let values = [1e16, 3.25, -1e16];
/// assert_eq!(sum(values.iter().copied()), 3.25);
/// assert_eq!(sum(values.iter().rev().copied()), 3.25);
/// ```
pub fn sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = largest(values.clone());
    if !largest.is_finite() {
        return non_finite(values);
    }
    let grid = Grid::new(largest);
    grid.value(units(&grid, values))
}

/// The sum of `value(row)` over the `rows` rows of each rank, on the current thread pool; the same as [`sum`]'s of all of them, for any
/// number of ranks and threads.
///
/// `value` is called twice a row.
fn par_sum(ranks: &dyn Collective, rows: usize, value: impl Fn(usize) -> f64 + Sync) -> f64 {
    par_sum_of_counted(ranks, rows, value, |_| 1)
}

/// The sum of `value(row)`, taken `count(row)` times.
fn par_sum_of_counted(
    ranks: &dyn Collective,
    rows: usize,
    value: impl Fn(usize) -> f64 + Sync,
    count: impl Fn(usize) -> u32 + Sync,
) -> f64 {
    let chunks = || (0..rows.div_ceil(CHUNK)).into_par_iter().map(|chunk| chunk * CHUNK..rows.min((chunk + 1) * CHUNK));
    let counts = |row: &usize| count(*row) > 0;
    let largest = chunks().map(|rows| largest(rows.filter(counts).map(&value))).map(f64::to_bits).max();
    let [largest] = ranks.max_magnitudes([largest.map_or(0.0, f64::from_bits)]);
    if !largest.is_finite() {
        let has = |is: fn(f64) -> bool| ranks.any((0..rows).filter(counts).map(&value).any(is));
        return not_finite(has(f64::is_nan), has(|x| x == f64::INFINITY), has(|x| x == f64::NEG_INFINITY));
    }
    let grid = Grid::new(largest);
    let counted = |total: i128, row: usize| total + i128::from(grid.units(value(row))) * i128::from(count(row));
    let mut sum = [chunks().map(|rows: Range<usize>| rows.fold(0, counted)).sum()];
    ranks.sum_wide(&mut sum);
    grid.value(sum[0])
}

/// The mean of the `values` of all ranks under their `weights` (all 1 where absent), on the current thread pool; independent of the rows'
/// order.
///
/// Where all weights are whole numbers below 2^32, it is the mean of as many equal values, to the last bit. NaN where the weights sum to
/// zero. `weights` holds one value for each of `values`.
pub(crate) fn weighted_mean(ranks: &dyn Collective, values: &[f64], weights: Option<&[f64]>) -> f64 {
    let rows = values.len();
    let Some(weights) = weights else {
        return par_sum(ranks, rows, |row| values[row]) / ranks.sum(rows as u64) as f64;
    };
    let total = if ranks.any(weights.iter().any(|&weight| f64::from(weight as u32) != weight)) {
        par_sum(ranks, rows, |row| values[row] * weights[row])
    } else {
        par_sum_of_counted(ranks, rows, |row| values[row], |row| weights[row] as u32)
    };
    total / par_sum(ranks, rows, |row| weights[row])
}

/// The largest magnitude. NaN counts as larger than infinity, as the bits of a magnitude have it.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    f64::from_bits(values.fold(0, |largest, x| largest.max(x.abs().to_bits())))
}

fn units(grid: &Grid, values: impl Iterator<Item = f64>) -> i128 {
    values.fold(0, |total, x| total + i128::from(grid.units(x)))
}

/// The sum where some value is infinite or NaN: the finite ones cannot change it.
fn non_finite(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let has = |is: fn(f64) -> bool| values.clone().any(is);
    not_finite(has(f64::is_nan), has(|x| x == f64::INFINITY), has(|x| x == f64::NEG_INFINITY))
}

/// The sum of values among which are NaN, infinity, or negative infinity.
fn not_finite(nan: bool, infinity: bool, negative: bool) -> f64 {
    match (nan || infinity && negative, infinity) {
        (true, _) => f64::NAN,
        (_, true) => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::{Solo, Threads};
    use proptest::prelude::*;

    fn in_pool<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
    }

    #[test]
    fn sums_of_integers_are_exact() {
        let values: Vec<f64> = (0..100_001).map(f64::from).collect();
        assert_eq!(sum(values.iter().copied()), 5_000_050_000.0);
        assert_eq!(par_sum(&Solo, values.len(), |row| values[row]), 5_000_050_000.0);
    }

    #[test]
    fn nothing_and_zeros_sum_to_zero() {
        assert_eq!(sum(std::iter::empty()), 0.0);
        assert_eq!(par_sum(&Solo, 0, |_| 1.0), 0.0);
        assert_eq!(sum([0.0, -0.0].into_iter()), 0.0);
    }

    #[test]
    fn extremes_of_the_range_do_not_overflow_or_vanish() {
        let tiny = f64::from_bits(1);
        assert_eq!(sum([tiny, tiny, -tiny, tiny].into_iter()), 2.0 * tiny);
        assert_eq!(sum([f64::MAX, f64::MAX, -f64::MAX].into_iter()), f64::MAX);
        assert_eq!(sum([f64::MAX, f64::MAX].into_iter()), f64::INFINITY);
        assert_eq!(sum([1e300, tiny].into_iter()), 1e300);
        let least_normal = f64::MIN_POSITIVE;
        assert_eq!(sum([least_normal, tiny].into_iter()), least_normal + tiny);
    }

    #[test]
    fn a_billion_terms_fit() {
        let largest = 2.0 - f64::EPSILON;
        let grid = Grid::new(largest);
        let total = i128::from(grid.units(largest)) * 1_000_000_000;
        assert_eq!(grid.value(total), largest * 1e9);
    }

    #[test]
    fn infinities_and_nan_behave_as_in_float_arithmetic() {
        let inf = f64::INFINITY;
        assert_eq!(sum([-f64::MAX, inf, -f64::MAX].into_iter()), inf);
        assert!(sum([inf, -inf].into_iter()).is_nan());
        assert!(par_sum(&Solo, 3, |row| if row == 1 { f64::NAN } else { inf }).is_nan());
    }

    #[test]
    fn ranks_sum_what_one_would() {
        let value = |row: usize| ((row * 7919) % 1000) as f64 * 10f64.powi(row as i32 % 9 - 4) - 3.0;
        let infinite = |row: usize| if row == 17 { f64::NEG_INFINITY } else { value(row) };
        let sums = Threads::run(3, |ranks| {
            let (first, count) = (ranks.rank() * 10_000, [10_000, 10_000, 12_345][ranks.rank()]);
            (par_sum(ranks, count, |row| value(first + row)), par_sum(ranks, count, |row| infinite(first + row)))
        });
        assert!(sums.iter().all(|sums| *sums == (par_sum(&Solo, 32_345, value), f64::NEG_INFINITY)));
    }

    #[test]
    fn means_count_weights() {
        assert_eq!(weighted_mean(&Solo, &[1.0, 2.0, 6.0], None), 3.0);
        assert_eq!(weighted_mean(&Solo, &[1.0, 2.0, 6.0], Some(&[1.0, 0.0, 3.0])), 4.75);
        assert!(weighted_mean(&Solo, &[1.0], Some(&[0.0])).is_nan());
    }

    proptest! {
        #[test]
        fn a_whole_weight_is_as_many_equal_values(
            rows in prop::collection::vec((prop_oneof![-1e3..1e3, -1e-9..1e-9], 0_u32..50), 1..50),
        ) {
            let (values, weights): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(value, count)| (value, f64::from(count))).unzip();
            let repeated: Vec<f64> = rows.iter().flat_map(|&(value, count)| std::iter::repeat_n(value, count as usize)).collect();
            prop_assert_eq!(weighted_mean(&Solo, &values, Some(&weights)).to_bits(), weighted_mean(&Solo, &repeated, None).to_bits());
        }

        #[test]
        fn order_and_threads_do_not_matter(
            values in prop::collection::vec(prop_oneof![-1e3..1e3, -1e-9..1e-9, -1e12..1e12], 1..200),
            seed in any::<u64>(),
        ) {
            let expected = sum(values.iter().copied());
            let mut shuffled = values.clone();
            let mut state = seed | 1;
            for i in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                shuffled.swap(i, (state >> 33) as usize % (i + 1));
            }
            prop_assert_eq!(sum(shuffled.iter().copied()).to_bits(), expected.to_bits());
            let repeated = |row: usize| shuffled[row % shuffled.len()];
            let rows = CHUNK * 3 + 1;
            let one = in_pool(1, || par_sum(&Solo, rows, repeated));
            let three = in_pool(3, || par_sum(&Solo, rows, repeated));
            prop_assert_eq!(one.to_bits(), three.to_bits());
            prop_assert_eq!(one.to_bits(), sum((0..rows).map(repeated)).to_bits());
            let naive: f64 = values.iter().sum();
            prop_assert!((naive - expected).abs() <= 1e-12 * values.iter().map(|x| x.abs()).sum::<f64>());
        }
    }
}
