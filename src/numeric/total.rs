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
            for ((value, count), &weight) in values.iter_mut().zip(&mut *counts).zip(weights) {
                (*value, *count) = weighted(*value, weight);
            }
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

/// A term and how many times it counts, for a value and its weight. What this is depends on the two alone: rows may come in any order.
#[inline]
fn weighted(value: f64, weight: f64) -> (f64, f64) {
    if weight == 0.0 {
        (0.0, 0.0)
    } else if weight < COUNTS && f64::from(weight as u32) == weight {
        (value, weight)
    } else {
        (value * weight, 1.0)
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

/// Adding and subtracting one of these leaves the digit of a place, and rounds what is below it.
fn rounders(place: i32) -> [f64; PLACES] {
    std::array::from_fn(|below| 1.5 * two_to(52 + BITS * (place - below as i32)))
}

/// Adds the digits of a term to a lane's sums.
#[inline(always)]
fn add_digits(mut rest: f64, count: f64, rounders: &[f64; PLACES], sums: &mut [[f64; LANES]; PLACES], lane: usize) {
    for (rounder, sums) in rounders.iter().zip(sums) {
        let digit = (rest + rounder) - rounder;
        sums[lane] += digit * count;
        rest -= digit;
    }
}

/// The sums of lanes in units of their places.
#[inline(always)]
fn in_units(sums: [[f64; LANES]; PLACES], place: i32) -> [i128; PLACES] {
    let mut below = 0;
    sums.map(|sums| {
        let exponent = -BITS * (place - below);
        below += 1;
        let unit = |sum: f64| sum * two_to(exponent / 2) * two_to(exponent - exponent / 2);
        sums.iter().map(|&sum| i128::from(unit(sum) as i64)).sum()
    })
}

#[inline(always)]
fn digits_body(values: &[f64], place: i32) -> [i128; PLACES] {
    let rounders = rounders(place);
    let mut sums = [[0.0; LANES]; PLACES];
    let chunks = values.chunks_exact(LANES);
    for (lane, &value) in chunks.remainder().iter().enumerate() {
        add_digits(value, 1.0, &rounders, &mut sums, lane);
    }
    for values in chunks {
        for (lane, &value) in values.iter().enumerate() {
            add_digits(value, 1.0, &rounders, &mut sums, lane);
        }
    }
    in_units(sums, place)
}
dispatch! { fn digits(values: &[f64], place: i32) -> [i128; PLACES] = digits_body }

#[inline(always)]
fn counted_digits_body(values: &[f64], counts: &[f64], place: i32) -> [i128; PLACES] {
    let rounders = rounders(place);
    let mut sums = [[0.0; LANES]; PLACES];
    let (chunks, counted) = (values.chunks_exact(LANES), counts.chunks_exact(LANES));
    for (lane, (&value, &count)) in chunks.remainder().iter().zip(counted.remainder()).enumerate() {
        add_digits(value, count, &rounders, &mut sums, lane);
    }
    for (values, counts) in chunks.zip(counted) {
        for (lane, (&value, &count)) in values.iter().zip(counts).enumerate() {
            add_digits(value, count, &rounders, &mut sums, lane);
        }
    }
    in_units(sums, place)
}
dispatch! { fn counted_digits(values: &[f64], counts: &[f64], place: i32) -> [i128; PLACES] = counted_digits_body }

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
