//! The best threshold of a numeric feature: one pass over its bins for each side that missing values may take.
//!
//! Sums are integers below 2^53, so they are exact as `f64`, and units are powers of two: until the division nothing is rounded.

use super::gain::Regularisation;
use crate::histogram::{Histogram, Sums, Units};
use crate::simd::dispatch;

/// Bins that are scanned at a time.
const CHUNK: usize = 256;

/// What the scan of a feature needs to know of its node.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub histogram: &'a Histogram,
    pub total: Sums,
    pub units: Units,
    pub regularisation: Regularisation,
}

/// A threshold: values in bins up to `bin` go left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Threshold {
    /// The sum of the children's scores.
    pub score: f64,
    pub bin: usize,
    pub missing_left: bool,
    pub left: Sums,
}

/// The best threshold of the feature whose bins begin at `slot`, if any leaves enough hessian on both sides.
#[inline(always)]
fn best_threshold_body(scan: &Scan<'_>, slot: usize, value_bins: usize) -> Option<Threshold> {
    let missing = scan.histogram.get(slot + value_bins);
    let mut best: Option<Threshold> = None;
    let mut prefix = Sums::default();
    for first in (0..value_bins).step_by(CHUNK) {
        let len = CHUNK.min(value_bins - first);
        let (mut grads, mut hesses) = ([0f64; CHUNK], [0f64; CHUNK]);
        let before = prefix;
        for i in 0..len {
            prefix = prefix + scan.histogram.get(slot + first + i);
            grads[i] = prefix.grad as f64;
            hesses[i] = prefix.hess as f64;
        }
        for (missing_left, extra) in [(false, Sums::default()), (true, missing)] {
            if missing_left && missing.is_zero() {
                continue;
            }
            let Some((at, score)) = best_in_chunk(scan, &grads[..len], &hesses[..len], extra) else { continue };
            if best.is_none_or(|best| score > best.score) {
                let left = (first..=first + at).fold(before, |sum, bin| sum + scan.histogram.get(slot + bin)) + extra;
                best = Some(Threshold { score, bin: first + at, missing_left, left });
            }
        }
    }
    if missing.is_zero()
        && let Some(best) = &mut best
    {
        best.missing_left = 2 * best.left.hess >= scan.total.hess;
    }
    best
}
dispatch! {
    pub(crate) fn best_threshold(scan: &Scan<'_>, slot: usize, value_bins: usize) -> Option<Threshold> = best_threshold_body
}

/// The first of the best positions, where the prefix sums plus `extra` go left.
#[inline(always)]
fn best_in_chunk(scan: &Scan<'_>, grads: &[f64], hesses: &[f64], extra: Sums) -> Option<(usize, f64)> {
    let mut scores = [f64::NEG_INFINITY; CHUNK];
    let (grad, hess) = (scan.total.grad as f64, scan.total.hess as f64);
    let (extra_grad, extra_hess) = (extra.grad as f64, extra.hess as f64);
    let regularisation = scan.regularisation;
    let least = regularisation.min_child_weight;
    let units = scan.units;
    let plain = regularisation.is_plain();
    for ((score, &g), &h) in scores.iter_mut().zip(grads).zip(hesses) {
        let (g, h) = (g + extra_grad, h + extra_hess);
        let (left_grad, left_hess) = (g * units.grad, h * units.hess);
        let (right_grad, right_hess) = ((grad - g) * units.grad, (hess - h) * units.hess);
        let both = if plain {
            regularisation.plain_score(left_grad, left_hess) + regularisation.plain_score(right_grad, right_hess)
        } else {
            regularisation.score(left_grad, left_hess) + regularisation.score(right_grad, right_hess)
        };
        let allowed = (left_hess >= least) & (right_hess >= least) & (left_hess > 0.0) & (right_hess > 0.0);
        *score = if allowed { both } else { f64::NEG_INFINITY };
    }
    let scores = &scores[..grads.len()];
    let mut max = f64::NEG_INFINITY;
    for &score in scores {
        max = if score > max { score } else { max };
    }
    if max == f64::NEG_INFINITY {
        return None;
    }
    scores.iter().position(|&score| score == max).map(|at| (at, max))
}
