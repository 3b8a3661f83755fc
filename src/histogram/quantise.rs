//! Gradients in fixed point: once per tree, each row's pair becomes two small integers under a power-of-two scale.
//!
//! Integer sums do not depend on order, so histograms are the same for any number of threads, and parent − child is exact. Powers
//! of two keep sums of equal hessians exact. The usual width is 16 bits each; when a few rows have far larger derivatives than the
//! rest (heavy-tailed targets, rare classes), the rest would round to nothing, and the round uses 31 bits instead. So it does when many rows
//! have far larger ones than others, which are not settled yet: a side without hessian is no child, so that no split could ever reach them.
//!
//! Trees of several outputs have one scale for all of them, because their gains are added; [`rows`](super::rows) fills those codes.

use crate::collective::Collective;
use crate::execution::Execution;
use crate::objective::GradientPair;
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;

/// Largest magnitudes in the narrow format.
const NARROW_GRAD: f32 = 32_767.0;
const NARROW_HESS: f32 = 65_535.0;

/// Largest magnitude in the wide format: 2^30, so that 2^32 rows sum within 63 bits.
const WIDE: f32 = 1_073_741_824.0;

/// The smallest mean magnitude, in units of the narrow format, at which rounding is harmless: half a unit is below 0.8 %.
const ENOUGH_LEVELS: u64 = 64;

/// The share of rows that may lose their hessian in the narrow format although they are not settled.
const LOST_SHARE: u64 = 256;

/// Rows that one task converts.
const CHUNK: usize = 16_384;

/// Outputs of a row are padded to a multiple of so many, so that they are whole vectors.
const LANES: usize = 4;

/// Quantised gradients of every row, those of several outputs side by side, [`Quantised::stride`] a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Codes<'a> {
    /// Gradient in the high 16 bits (signed), hessian in the low 16 (unsigned).
    Narrow(&'a [u32]),
    /// Gradient in the high 32 bits (signed), hessian in the low 32 (unsigned).
    Wide(&'a [u64]),
}

/// Quantised gradients and their units. Buffers of both widths stay, for the trees to come.
#[derive(Debug)]
pub(crate) struct Quantised {
    pub(super) narrow: Vec<u32>,
    pub(super) wide: Vec<u64>,
    is_wide: bool,
    /// The outputs of a tree, or what they are combined to.
    pub outputs: usize,
    /// Rows whose gradient is at most so many hessians are settled.
    pub(super) settled: f32,
    /// Gradients up to this size are what rounding left of them.
    noise: f64,
    /// Whether all gradients are noise.
    pub is_noise: bool,
    pub units: Units,
    /// The largest magnitudes of gradient and hessian.
    pub largest: (f32, f32),
}

/// What one unit of a quantised sum is worth; both are powers of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Units {
    pub grad: f64,
    pub hess: f64,
}

impl Quantised {
    /// Empty, to be filled by [`Quantised::fill`] tree after tree. Rows are settled if their gradient is at most `settled` hessians; gradients
    /// are noise if none is larger than `noise`.
    pub fn new(settled: f32, noise: f64, outputs: usize) -> Self {
        Self {
            narrow: Vec::new(),
            wide: Vec::new(),
            is_wide: false,
            outputs,
            settled,
            noise,
            is_noise: false,
            units: Units { grad: 1.0, hess: 1.0 },
            largest: (0.0, 0.0),
        }
    }

    /// How many codes a row has.
    pub fn stride(&self) -> usize {
        stride(self.outputs)
    }

    /// Quantises the gradients of all rows of this rank, by the scale of those of all ranks. Of several outputs, they come output by output.
    pub fn fill(&mut self, execution: Execution<'_>, gradients: &[GradientPair]) {
        let Execution { simd, ranks, .. } = execution;
        self.largest = largest_magnitudes(execution, gradients);
        self.is_noise = f64::from(self.largest.0) <= self.noise;
        let scales = (power_of_two(NARROW_GRAD, self.largest.0), power_of_two(NARROW_HESS, self.largest.1));
        let tally =
            if self.outputs == 1 { self.fill_narrow(simd, gradients, scales) } else { self.narrow_rows(simd, gradients, scales) };
        self.is_wide = !tally.on_all(ranks).is_fine();
        let scales = if self.is_wide { self.fill_wide(simd, gradients) } else { scales };
        self.units = Units { grad: 1.0 / f64::from(scales.0), hess: 1.0 / f64::from(scales.1) };
    }

    /// The codes of all rows.
    pub fn codes(&self) -> Codes<'_> {
        if self.is_wide { Codes::Wide(&self.wide) } else { Codes::Narrow(&self.narrow) }
    }

    /// Fills the narrow buffer.
    fn fill_narrow(&mut self, simd: Simd, gradients: &[GradientPair], scales: (f32, f32)) -> Tally {
        let settled = self.settled;
        self.narrow.resize(gradients.len(), 0);
        self.narrow
            .par_chunks_mut(CHUNK)
            .zip(gradients.par_chunks(CHUNK))
            .map(|(codes, gradients)| narrow_chunk(simd, gradients, scales, settled, codes))
            .reduce(Tally::default, Tally::add)
    }

    /// Fills the wide buffer; returns the scales.
    fn fill_wide(&mut self, simd: Simd, gradients: &[GradientPair]) -> (f32, f32) {
        let scales = (power_of_two(WIDE, self.largest.0), power_of_two(WIDE, self.largest.1));
        if self.outputs > 1 {
            self.wide_rows(simd, gradients, scales);
            return scales;
        }
        self.wide.resize(gradients.len(), 0);
        self.wide
            .par_chunks_mut(CHUNK)
            .zip(gradients.par_chunks(CHUNK))
            .for_each(|(codes, gradients)| wide_chunk(simd, gradients, scales, codes));
        scales
    }
}

/// How many codes a row has, and sums a bin: one for each output, and some that are always 0 behind those of several.
pub(crate) fn stride(outputs: usize) -> usize {
    if outputs == 1 { 1 } else { outputs.next_multiple_of(LANES) }
}

/// The largest magnitudes of gradient and hessian on all ranks.
pub(crate) fn largest_magnitudes(execution: Execution<'_>, gradients: &[GradientPair]) -> (f32, f32) {
    let Execution { simd, ranks, .. } = execution;
    let max =
        gradients.par_chunks(CHUNK).map(|chunk| largest(simd, chunk)).reduce(|| (0.0, 0.0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let [grad, hess] = ranks.max_magnitudes([f64::from(max.0), f64::from(max.1)]);
    (grad as f32, hess as f32)
}

/// The largest power of two that keeps `max` within `limit`; 1 where there is nothing to scale.
fn power_of_two(limit: f32, max: f32) -> f32 {
    if max <= 0.0 {
        return 1.0;
    }
    let exponent = (f64::from(limit) / f64::from(max)).to_bits() >> 52;
    // Kept where both the scale and its reciprocal are normal f32 numbers.
    let exponent = (exponent as i64 - 1023).clamp(-126, 126);
    f32::from_bits(((exponent + 127) as u32) << 23)
}

/// How well the narrow format resolves the rows: sums of magnitudes and numbers of rows that are not zero.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub grad_levels: u64,
    pub grad_rows: u64,
    pub hess_levels: u64,
    pub hess_rows: u64,
    /// Rows that are not settled and have a hessian, but none in the narrow format.
    pub lost_rows: u64,
}

impl Tally {
    pub fn add(self, other: Self) -> Self {
        Self {
            grad_levels: self.grad_levels + other.grad_levels,
            grad_rows: self.grad_rows + other.grad_rows,
            hess_levels: self.hess_levels + other.hess_levels,
            hess_rows: self.hess_rows + other.hess_rows,
            lost_rows: self.lost_rows + other.lost_rows,
        }
    }

    fn on_all(self, ranks: &dyn Collective) -> Self {
        let Self { grad_levels, grad_rows, hess_levels, hess_rows, lost_rows } = self;
        let mut sums = [grad_levels, grad_rows, hess_levels, hess_rows, lost_rows].map(|sum| sum as i64);
        ranks.all_reduce_sum(&mut sums);
        let [grad_levels, grad_rows, hess_levels, hess_rows, lost_rows] = sums.map(|sum| sum as u64);
        Self { grad_levels, grad_rows, hess_levels, hess_rows, lost_rows }
    }

    fn is_fine(self) -> bool {
        let resolves = self.grad_levels >= ENOUGH_LEVELS * self.grad_rows && self.hess_levels >= ENOUGH_LEVELS * self.hess_rows;
        resolves && LOST_SHARE * self.lost_rows <= self.hess_rows
    }
}

#[inline(always)]
fn largest_body(gradients: &[GradientPair]) -> (f32, f32) {
    let mut max = (0f32, 0f32);
    for pair in gradients {
        let grad = pair.grad.abs();
        max.0 = if grad > max.0 { grad } else { max.0 };
        max.1 = if pair.hess > max.1 { pair.hess } else { max.1 };
    }
    max
}
dispatch! { fn largest(gradients: &[GradientPair]) -> (f32, f32) = largest_body }

/// The integers that a pair becomes in the narrow format.
#[inline(always)]
pub(super) fn narrow(pair: &GradientPair, scales: (f32, f32)) -> (i32, i32) {
    // Adding and subtracting 1.5 × 2^23 rounds to the nearest integer; vector units lack a cheaper way at the baseline.
    const ROUND: f32 = 12_582_912.0;
    let round = |x: f32, scale: f32| (x * scale + ROUND).to_bits() as i32 - ROUND.to_bits() as i32;
    (round(pair.grad, scales.0), round(pair.hess, scales.1))
}

/// The code of a pair in the wide format.
#[inline(always)]
pub(super) fn wide(pair: &GradientPair, scales: (f32, f32)) -> u64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let round = |x: f32, scale: f32| (f64::from(x) * f64::from(scale) + ROUND).to_bits() as i64 - ROUND.to_bits() as i64;
    ((round(pair.grad, scales.0) << 32) | round(pair.hess, scales.1)) as u64
}

#[inline(always)]
fn narrow_body(gradients: &[GradientPair], scales: (f32, f32), settled: f32, codes: &mut [u32]) -> Tally {
    let (mut grad_levels, mut grad_rows, mut hess_levels, mut hess_rows, mut lost_rows) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for (code, pair) in codes.iter_mut().zip(gradients) {
        let (grad, hess) = narrow(pair, scales);
        grad_levels += grad.unsigned_abs();
        hess_levels += hess as u32;
        grad_rows += u32::from(pair.grad != 0.0);
        hess_rows += u32::from(pair.hess != 0.0);
        lost_rows += u32::from((hess == 0) & (pair.hess != 0.0) & (pair.grad.abs() > settled * pair.hess));
        *code = ((grad << 16) | hess) as u32;
    }
    Tally {
        grad_levels: u64::from(grad_levels),
        grad_rows: u64::from(grad_rows),
        hess_levels: u64::from(hess_levels),
        hess_rows: u64::from(hess_rows),
        lost_rows: u64::from(lost_rows),
    }
}
dispatch! {
    fn narrow_chunk(gradients: &[GradientPair], scales: (f32, f32), settled: f32, codes: &mut [u32]) -> Tally = narrow_body
}

#[inline(always)]
fn wide_body(gradients: &[GradientPair], scales: (f32, f32), codes: &mut [u64]) {
    for (code, pair) in codes.iter_mut().zip(gradients) {
        *code = wide(pair, scales);
    }
}
dispatch! { fn wide_chunk(gradients: &[GradientPair], scales: (f32, f32), codes: &mut [u64]) = wide_body }

#[cfg(test)]
mod tests {
    use super::*;

    fn quantise(gradients: &[GradientPair]) -> Quantised {
        let mut quantised = Quantised::new(1.0, 0.0, 1);
        quantised.fill(Execution::solo(Simd::scalar()), gradients);
        quantised
    }

    #[test]
    fn equal_hessians_are_exact() {
        let q = quantise(&[GradientPair { grad: -3.0, hess: 1.0 }, GradientPair { grad: 2.5, hess: 1.0 }]);
        let Codes::Narrow(codes) = q.codes() else { panic!("narrow expected") };
        assert_eq!(f64::from((codes[0] >> 16) as u16 as i16) * q.units.grad, -3.0);
        assert_eq!(f64::from(codes[1] & 0xffff) * q.units.hess, 1.0);
    }

    #[test]
    fn an_outlier_makes_the_round_wide() {
        let mut gradients = vec![GradientPair { grad: 1.25, hess: 1.0 }; 1000];
        gradients[7].grad = 1e6;
        let q = quantise(&gradients);
        let Codes::Wide(codes) = q.codes() else { panic!("wide expected") };
        let grad = f64::from((codes[0] >> 32) as u32 as i32) * q.units.grad;
        assert!((grad - 1.25).abs() < 1e-3, "{grad}");
    }

    #[test]
    fn rows_that_would_lose_their_hessian_make_the_round_wide_unless_they_are_settled() {
        let heavy = GradientPair { grad: -1e5, hess: 1e5 };
        let width = |light: GradientPair, share: usize| {
            let gradients: Vec<_> = (0..1024).map(|row| if row % 256 < share { light } else { heavy }).collect();
            matches!(quantise(&gradients).codes(), Codes::Wide(_))
        };
        let (open, settled) = (GradientPair { grad: 0.5, hess: 0.25 }, GradientPair { grad: 0.01, hess: 0.01 });
        assert!(width(open, 2) && !width(open, 1) && !width(settled, 200));
        assert!(!width(GradientPair { grad: 500.0, hess: 250.0 }, 200));
    }

    #[test]
    fn extreme_magnitudes_keep_finite_units() {
        for magnitude in [1e-40f32, 1e-30, 1.0, 1e30, f32::MAX] {
            let q = quantise(&[GradientPair { grad: magnitude, hess: magnitude }]);
            assert!(q.units.grad.is_finite() && q.units.grad > 0.0);
        }
        quantise(&[GradientPair::default(); 3]);
    }
}
