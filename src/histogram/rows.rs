//! Codes of trees of several outputs: those of a row lie side by side, so that one row adds whole vectors to a histogram.
//!
//! Whether the narrow format resolves them is asked of rows, not of single outputs. A row's largest derivatives decide what it adds to a gain;
//! with a hundred classes most of the others are next to nothing.

use super::quantise::{Quantised, Tally, narrow, wide};
use crate::objective::GradientPair;
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;

/// Rows that one task converts: their codes stay in the second-level cache while output after output is written.
const CHUNK: usize = 512;

/// The gradients of some rows, output by output.
#[derive(Clone, Copy)]
struct Outputs<'a> {
    gradients: &'a [GradientPair],
    outputs: usize,
    stride: usize,
    /// The first of the rows.
    first: usize,
    scales: (f32, f32),
    settled: f32,
}

impl<'a> Outputs<'a> {
    /// The pairs of so many rows in one output.
    #[inline(always)]
    fn of(&self, output: usize, count: usize) -> &'a [GradientPair] {
        let rows = self.gradients.len() / self.outputs;
        &self.gradients[output * rows + self.first..][..count]
    }
}

impl Quantised {
    /// Fills the narrow buffer.
    pub(super) fn narrow_rows(&mut self, simd: Simd, gradients: &[GradientPair], scales: (f32, f32)) -> Tally {
        let (stride, all) = (self.stride(), self.outputs_of(gradients, scales));
        self.narrow.resize(gradients.len() / all.outputs * stride, 0);
        let chunks = self.narrow.par_chunks_mut(CHUNK * stride).enumerate();
        let tally = |(chunk, codes): (usize, &mut [u32])| narrow_chunk(simd, Outputs { first: chunk * CHUNK, ..all }, codes);
        chunks.map(tally).reduce(Tally::default, Tally::add)
    }

    /// Fills the wide buffer.
    pub(super) fn wide_rows(&mut self, simd: Simd, gradients: &[GradientPair], scales: (f32, f32)) {
        let (stride, all) = (self.stride(), self.outputs_of(gradients, scales));
        self.wide.resize(gradients.len() / all.outputs * stride, 0);
        let chunks = self.wide.par_chunks_mut(CHUNK * stride).enumerate();
        chunks.for_each(|(chunk, codes)| wide_chunk(simd, Outputs { first: chunk * CHUNK, ..all }, codes));
    }

    fn outputs_of<'g>(&self, gradients: &'g [GradientPair], scales: (f32, f32)) -> Outputs<'g> {
        Outputs { gradients, outputs: self.outputs, stride: self.stride(), first: 0, scales, settled: self.settled }
    }
}

#[inline(always)]
fn narrow_body(all: Outputs<'_>, codes: &mut [u32]) -> Tally {
    let count = codes.len() / all.stride;
    let mut tally = Tally::default();
    let (mut has_grad, mut has_hess) = ([0u8; CHUNK], [0u8; CHUNK]);
    for output in 0..all.outputs {
        // A chunk's sums fit 32 bits.
        let (mut grad_levels, mut hess_levels, mut lost) = (0u32, 0u32, 0u32);
        let flags = has_grad.iter_mut().zip(&mut has_hess);
        let rows = all.of(output, count).iter().zip(codes[output..].iter_mut().step_by(all.stride)).zip(flags);
        for ((pair, code), (has_grad, has_hess)) in rows {
            let (grad, hess) = narrow(pair, all.scales);
            grad_levels += grad.unsigned_abs();
            hess_levels += hess as u32;
            *has_grad |= u8::from(pair.grad != 0.0);
            *has_hess |= u8::from(pair.hess != 0.0);
            lost += u32::from((hess == 0) & (pair.hess != 0.0) & (pair.grad.abs() > all.settled * pair.hess));
            *code = ((grad << 16) | hess) as u32;
        }
        tally.grad_levels += u64::from(grad_levels);
        tally.hess_levels += u64::from(hess_levels);
        tally.lost_rows += u64::from(lost);
    }
    for (&grad, &hess) in has_grad.iter().zip(&has_hess) {
        tally.grad_rows += u64::from(grad);
        tally.hess_rows += u64::from(hess);
    }
    tally
}
dispatch! { fn narrow_chunk(all: Outputs<'_>, codes: &mut [u32]) -> Tally = narrow_body }

#[inline(always)]
fn wide_body(all: Outputs<'_>, codes: &mut [u64]) {
    let count = codes.len() / all.stride;
    for output in 0..all.outputs {
        for (pair, code) in all.of(output, count).iter().zip(codes[output..].iter_mut().step_by(all.stride)) {
            *code = wide(pair, all.scales);
        }
    }
}
dispatch! { fn wide_chunk(all: Outputs<'_>, codes: &mut [u64]) = wide_body }
