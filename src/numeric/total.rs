//! [`Total`]: a sum of floats that neither the order of the terms nor the way they are cut into chunks changes, in one pass.
//!
//! A term is split into digits of 32 bits whose places are fixed: multiples of powers of 2^32. Digits of the same place add up without
//! rounding. Three places are kept, from that of the largest term down, at least 64 bits below it; what lies further down is rounded away
//! from each term by itself (binned sums, Demmel and Nguyen 2013).

use crate::collective::{self, Collective};
use crate::simd::{Simd, dispatch};

/// Bits of a digit.
const BITS: i32 = 32;

/// Places that are kept.
const PLACES: usize = 3;

/// Terms that are split at a time, with a sum for each lane: at most 64 digits of 33 bits, times 14 bits of a count, stay exact.
const LANES: usize = 8;
const RUN: usize = 64 * LANES;

/// Whole numbers below this are counts: terms that occur so many times.
const COUNTS: f64 = 16_384.0;

/// The places that can be split off: beyond them are infinities, and numbers so small that they may be lost.
const HIGHEST: i32 = 28;
const LOWEST: i32 = -31;

/// A sum, before it is rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total {
    /// The place of the first digit; the others are in the places below.
    place: i32,
    digits: [i128; PLACES],
    /// The sum of the terms that are infinite or NaN.
    non_finite: f64,
}

impl Total {
    /// The sum of nothing.
    pub fn zero() -> Self {
        Self { place: LOWEST, digits: [0; PLACES], non_finite: 0.0 }
    }

    /// The sum of `values`, which are used up; each counts `weights` times. What has a weight of zero does not count, be it infinite.
    ///
    /// A weight that is a whole number below 16,384 is the same as so many equal terms, to the last bit.
    pub fn of(simd: Simd, values: &mut [f64], weights: Option<&[f64]>) -> Self {
        let mut total = Self::zero();
        let Some(weights) = weights else {
            values.chunks_mut(RUN).for_each(|values| total.add_run(simd, values, None));
            return total;
        };
        let mut counts = [0.0; RUN];
        for (values, weights) in values.chunks_mut(RUN).zip(weights.chunks(RUN)) {
            let counts = &mut counts[..weights.len()];
            weigh(simd, values, weights, counts);
            total.add_run(simd, values, Some(counts));
        }
        total
    }

    fn add_run(&mut self, simd: Simd, values: &mut [f64], counts: Option<&[f64]>) {
        let largest = f64::from_bits(largest(simd, values) as u64);
        let place = place(largest);
        if place > HIGHEST {
            self.take_non_finite(values);
            return self.add_run(simd, values, counts);
        }
        let place = place.max(LOWEST);
        let digits = match counts {
            None => digits(simd, values, place),
            Some(counts) => counted_digits(simd, values, counts, place),
        };
        *self = self.plus(Self { place, digits, non_finite: 0.0 });
    }

    /// Takes the terms that cannot be split: what is left of them is zero.
    fn take_non_finite(&mut self, values: &mut [f64]) {
        for value in values.iter_mut().filter(|value| place(value.abs()) > HIGHEST) {
            self.non_finite += if value.is_nan() { *value } else { value.signum() * f64::INFINITY };
            *value = 0.0;
        }
    }

    /// The sum of two sums.
    pub fn plus(self, other: Self) -> Self {
        let (high, low) = if self.place >= other.place { (self, other) } else { (other, self) };
        let mut digits = high.digits;
        let below = (high.place - low.place) as usize;
        digits.iter_mut().skip(below).zip(low.digits).for_each(|(digit, more)| *digit += more);
        Self { place: high.place, digits, non_finite: self.non_finite + other.non_finite }
    }

    /// The sum of those of all ranks.
    pub fn on_all(self, ranks: &dyn Collective) -> Self {
        if ranks.is_alone() {
            return self;
        }
        let halves = self.digits.iter().flat_map(|&digit| [digit as u64, (digit >> 64) as u64]);
        let words: Vec<u64> = [self.place as u64, self.non_finite.to_bits()].into_iter().chain(halves).collect();
        let totals = ranks.all_gather(bytemuck::cast_slice(&words));
        totals.iter().fold(Self::zero(), |total, words| {
            let words = collective::words(words);
            let digit = |place: usize| i128::from(words[2 * place + 2]) | i128::from(words[2 * place + 3] as i64) << 64;
            total.plus(Self { place: words[0] as i32, digits: std::array::from_fn(digit), non_finite: f64::from_bits(words[1]) })
        })
    }

    /// The sum as a float.
    pub fn value(self) -> f64 {
        if self.non_finite != 0.0 {
            return self.non_finite;
        }
        let [high, low] = carried(self.digits);
        let (sign, [high, low]) = if high < 0 { (-1.0, carried(self.digits.map(|digit| -digit))) } else { (1.0, [high, low]) };
        // Powers of two that are no normal numbers are two factors.
        let unit = BITS * (self.place - PLACES as i32 + 1);
        let number = high as f64 * two_to(2 * BITS) + low as f64;
        sign * number * two_to(unit / 2) * two_to(unit - unit / 2)
    }
}

/// Digits as one number: what is above the two lower places, and what is in them. There is but one such pair for a number.
fn carried([high, middle, low]: [i128; PLACES]) -> [i128; 2] {
    let below = (middle << BITS) + low;
    [high + (below >> (2 * BITS)), below & ((1 << (2 * BITS)) - 1)]
}

/// The highest place that a magnitude reaches.
fn place(magnitude: f64) -> i32 {
    ((magnitude.to_bits() >> 52) as i32 - 1023).div_euclid(BITS)
}

/// `2^e`, for exponents of normal numbers.
fn two_to(e: i32) -> f64 {
    f64::from_bits(((i64::from(e) + 1023) << 52) as u64)
}

/// Makes values terms, and says how many times each counts. What these are depends on a value and its weight alone: rows may come in any
/// order.
#[inline(always)]
fn weigh_body(values: &mut [f64], weights: &[f64], counts: &mut [f64]) {
    // Adding and subtracting it rounds to a whole number, as vector units do at the baseline.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    for ((value, count), &weight) in values.iter_mut().zip(counts).zip(weights) {
        let is_count = weight < COUNTS && (weight + WHOLE) - WHOLE == weight;
        let product = *value * weight;
        let term = if is_count { *value } else { product };
        *value = if weight == 0.0 { 0.0 } else { term };
        *count = if is_count { weight } else { 1.0 };
    }
}
dispatch! { fn weigh(values: &mut [f64], weights: &[f64], counts: &mut [f64]) = weigh_body }

/// The bits of the largest magnitude; NaN is larger than infinity.
#[inline(always)]
fn largest_body(values: &[f64]) -> i64 {
    let mut largest = 0;
    for value in values {
        largest = i64::max(largest, value.abs().to_bits() as i64);
    }
    largest
}
dispatch! { fn largest(values: &[f64]) -> i64 = largest_body }

/// Adding and subtracting it leaves the digit of a place, and rounds what is below.
fn rounder(place: i32) -> f64 {
    1.5 * two_to(52 + BITS * place)
}

/// A sum of digits of a place, in units of the place.
fn in_units(sums: [f64; LANES], place: i32) -> i128 {
    let exponent = -BITS * place;
    sums.iter().map(|sum| i128::from((sum * two_to(exponent / 2) * two_to(exponent - exponent / 2)) as i64)).sum()
}

/// Adds the digits of a place to the sums, `count` times each, and takes them off the values.
#[inline(always)]
fn take_digits(values: &mut [f64], count: impl Fn(usize) -> f64, rounder: f64, sums: &mut [f64; LANES]) {
    for (lane, (value, sum)) in values.iter_mut().zip(sums).enumerate() {
        let digit = (*value + rounder) - rounder;
        *value -= digit;
        *sum += digit * count(lane);
    }
}

/// The sums of the digits, of which nothing is left in the values.
#[inline(always)]
fn digits_body(values: &mut [f64], place: i32) -> [i128; PLACES] {
    let (chunks, rest) = values.as_chunks_mut::<LANES>();
    let mut digits = [0; PLACES];
    for (place, total) in (place - PLACES as i32 + 1..=place).rev().zip(&mut digits) {
        let rounder = rounder(place);
        let mut sums = [0.0; LANES];
        for values in &mut *chunks {
            take_digits(values, |_| 1.0, rounder, &mut sums);
        }
        take_digits(rest, |_| 1.0, rounder, &mut sums);
        *total = in_units(sums, place);
    }
    digits
}
dispatch! { fn digits(values: &mut [f64], place: i32) -> [i128; PLACES] = digits_body }

/// The same where each value counts so many times.
#[inline(always)]
fn counted_digits_body(values: &mut [f64], counts: &[f64], place: i32) -> [i128; PLACES] {
    let (chunks, rest) = values.as_chunks_mut::<LANES>();
    let (counts, rest_counts) = counts.as_chunks::<LANES>();
    let mut digits = [0; PLACES];
    for (place, total) in (place - PLACES as i32 + 1..=place).rev().zip(&mut digits) {
        let rounder = rounder(place);
        let mut sums = [0.0; LANES];
        for (values, counts) in chunks.iter_mut().zip(counts) {
            take_digits(values, |lane| counts[lane], rounder, &mut sums);
        }
        take_digits(rest, |lane| rest_counts[lane], rounder, &mut sums);
        *total = in_units(sums, place);
    }
    digits
}
dispatch! { fn counted_digits(values: &mut [f64], counts: &[f64], place: i32) -> [i128; PLACES] = counted_digits_body }

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of very different magnitude, on both sides of the places' borders.
    fn number() -> impl Strategy<Value = f64> {
        let border = (-40..30).prop_map(|place: i32| 1.0 * 2f64.powi(BITS * place - 1));
        prop_oneof![
            -1e3..1e3,
            -1e-9..1e-9,
            (-1e9..1e9).prop_map(f64::round),
            (border, -1e-9..1e-9).prop_map(|(border, share)| border * (1.0 + share)),
            Just(1.5 * 2f64.powi(-33)),
            Just(-0.0),
        ]
    }

    fn sum(values: &[f64], weights: Option<&[f64]>) -> f64 {
        Total::of(Simd::scalar(), &mut values.to_vec(), weights).value()
    }

    proptest! {
        #[test]
        fn order_chunks_and_instruction_sets_do_not_matter(values in prop::collection::vec(number(), 1..1500), cut in 0.0..1.0) {
            let expected = sum(&values, None);
            let backwards: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(sum(&backwards, None).to_bits(), expected.to_bits());
            let (left, right) = backwards.split_at((cut * values.len() as f64) as usize);
            for simd in Simd::all() {
                let of = |values: &[f64]| Total::of(simd, &mut values.to_vec(), None);
                prop_assert_eq!(of(left).plus(of(right)).value().to_bits(), expected.to_bits());
                prop_assert_eq!(of(right).plus(of(left)).value().to_bits(), expected.to_bits());
            }
            let magnitudes: f64 = values.iter().map(|value| value.abs()).sum();
            prop_assert!((expected - crate::numeric::sum(values.iter().copied())).abs() <= 1e-15 * magnitudes);
        }

        #[test]
        fn a_whole_weight_is_as_many_equal_terms(terms in prop::collection::vec((number(), 0_u16..40), 1..60)) {
            let (values, weights): (Vec<f64>, Vec<f64>) = terms.iter().map(|&(value, count)| (value, f64::from(count))).unzip();
            let repeated: Vec<f64> = terms.iter().flat_map(|&(value, count)| std::iter::repeat_n(value, count.into())).collect();
            prop_assert_eq!(sum(&values, Some(&weights)).to_bits(), sum(&repeated, None).to_bits());
        }
    }

    #[test]
    fn weights_of_any_size_count() {
        assert_eq!(sum(&[1.0, 2.0, 4.0], Some(&[0.5, 1e6, 0.0])), 2_000_000.5);
        assert_eq!(sum(&[3.0; 1000], Some(&[16_383.0; 1000])), 3.0 * 16_383_000.0);
    }

    #[test]
    fn infinities_count_unless_they_have_no_weight() {
        let inf = f64::INFINITY;
        assert_eq!(sum(&[1.0, inf], None), inf);
        assert_eq!(sum(&[1.0, -1e300], None), -inf);
        assert!(sum(&[inf, 1.0, -inf], None).is_nan() && sum(&[f64::NAN, 1.0], None).is_nan());
        assert_eq!(sum(&[1.0, inf, f64::NAN], Some(&[2.0, 0.0, 0.0])), 2.0);
        assert_eq!(sum(&[1.0, inf, f64::NAN], Some(&[0.5, 0.0, 0.0])), 0.5);
    }

    #[test]
    fn nothing_and_the_smallest_numbers() {
        assert_eq!(sum(&[], None), 0.0);
        assert_eq!(sum(&[0.0, -0.0], None), 0.0);
        assert_eq!(sum(&[f64::MIN_POSITIVE; 4], None), 4.0 * f64::MIN_POSITIVE);
        assert_eq!(sum(&[-1.0, 2f64.powi(-60)], None), -1.0 + 2f64.powi(-60));
    }
}
