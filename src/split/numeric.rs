//! The best threshold of a numeric feature: one pass over its bins, with missing values tried on both sides.
//!
//! Sums are integers and units powers of two: until the division nothing is rounded, as long as sums are below 2^53 (only rounds with
//! wide codes can go beyond that, from 2^23 rows on).

use super::gain::Regularisation;
use crate::histogram::{Form, Histogram, Sums, Units};
use crate::simd::dispatch;

/// Bins that are scored at a time.
const LANES: usize = 8;

/// What the scan of a feature needs to know of its node.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub histogram: &'a Histogram,
    pub total: Sums,
    /// Rows in the node.
    pub rows: usize,
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
    let (bin, score, tried_left) = match scan.histogram.form {
        Form::Packed => best_bin(scan, packed_prefixes(&scan.histogram.words[slot..slot + value_bins]), value_bins, missing),
        Form::Wide => best_bin(scan, wide_prefixes(&scan.histogram.words[2 * slot..2 * (slot + value_bins)]), value_bins, missing),
    }?;
    let values = (slot..=slot + bin).fold(Sums::default(), |sum, slot| sum + scan.histogram.get(slot));
    let missing_left = if missing.is_zero() { 2 * values.hess >= scan.total.hess } else { tried_left };
    let left = if missing_left { values + missing } else { values };
    Some(Threshold { score, bin, missing_left, left })
}
dispatch! {
    pub(crate) fn best_threshold(scan: &Scan<'_>, slot: usize, value_bins: usize) -> Option<Threshold> = best_threshold_body
}

/// Sums over the bins up to each of [`LANES`] consecutive ones: gradients and hessians.
type Prefixes = ([f64; LANES], [f64; LANES]);

/// The prefix sums of packed slots, which add up as they are. After the last slot the sum stays.
#[inline(always)]
fn packed_prefixes(slots: &[u64]) -> impl Iterator<Item = Prefixes> {
    let mut sum = 0u64;
    slots.chunks(LANES).map(move |slots| {
        let mut sums = [0u64; LANES];
        for (lane, sum_here) in sums.iter_mut().enumerate() {
            sum = sum.wrapping_add(slots.get(lane).copied().unwrap_or(0));
            *sum_here = sum;
        }
        // Through the mantissa of 2^52: vector units cannot convert 64-bit integers.
        const TWO_52: u64 = 0x4330_0000_0000_0000;
        let grads = sums.map(|sum| f64::from_bits(TWO_52 | (sum >> 32) ^ (1 << 31)) - (4_503_599_627_370_496.0 + 2_147_483_648.0));
        let hesses = sums.map(|sum| f64::from_bits(TWO_52 | sum & 0xffff_ffff) - 4_503_599_627_370_496.0);
        (grads, hesses)
    })
}

/// The prefix sums of wide slots. After the last slot the sums stay.
#[inline(always)]
fn wide_prefixes(words: &[u64]) -> impl Iterator<Item = Prefixes> {
    let (mut grad, mut hess) = (0i64, 0i64);
    words.chunks(2 * LANES).map(move |words| {
        let mut prefixes = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            if let Some(words) = words.get(2 * lane..2 * lane + 2) {
                grad += words[0] as i64;
                hess += words[1] as i64;
            }
            prefixes.0[lane] = grad as f64;
            prefixes.1[lane] = hess as f64;
        }
        prefixes
    })
}

/// The best of the bins with one remainder modulo [`LANES`] each: score, and bin number.
type Best = ([f64; LANES], [u64; LANES]);

/// The lowest bin with the best score, its score, and whether missing values go left there (only if they would not do as well on the
/// right).
#[inline(always)]
fn best_bin(
    scan: &Scan<'_>,
    prefixes: impl Iterator<Item = Prefixes>,
    value_bins: usize,
    missing: Sums,
) -> Option<(usize, f64, bool)> {
    let both = !missing.is_zero();
    let scorer = Scorer::new(scan);
    let none = ([f64::NEG_INFINITY; LANES], [0; LANES]);
    let (mut right, mut left): (Best, Best) = (none, none);
    let (missing_grad, missing_hess) = (missing.grad as f64, missing.hess as f64);
    for (group, (grads, hesses)) in prefixes.enumerate() {
        let first = (group * LANES) as u64;
        scorer.improve(&mut right, first, &grads, &hesses);
        if both {
            scorer.improve(&mut left, first, &grads.map(|grad| grad + missing_grad), &hesses.map(|hess| hess + missing_hess));
        }
    }
    let (right, left) = (lowest(&right), lowest(&left));
    let (bin, score, missing_left) = if left.1 > right.1 { (left.0, left.1, true) } else { (right.0, right.1, false) };
    // Lanes beyond the last bin repeat its sums, so they never win against it.
    debug_assert!(score == f64::NEG_INFINITY || (bin as usize) < value_bins);
    (score > f64::NEG_INFINITY).then_some((bin as usize, score, missing_left))
}

/// The lowest of the bins with the best score.
#[inline(always)]
fn lowest((scores, bins): &Best) -> (u64, f64) {
    scores.iter().zip(bins).fold((u64::MAX, f64::NEG_INFINITY), |best, (&score, &bin)| {
        if score > best.1 || (score == best.1 && bin < best.0) { (bin, score) } else { best }
    })
}

/// Scores of both children.
struct Scorer {
    total_grad: f64,
    total_hess: f64,
    units: Units,
    regularisation: Regularisation,
    plain: bool,
}

impl Scorer {
    #[inline(always)]
    fn new(scan: &Scan<'_>) -> Self {
        Self {
            total_grad: scan.total.grad as f64,
            total_hess: scan.total.hess as f64,
            units: scan.units,
            regularisation: scan.regularisation,
            plain: scan.regularisation.is_plain(),
        }
    }

    /// Takes what is better among the bins from `first` on, whose left sides have these sums.
    #[inline(always)]
    fn improve(&self, best: &mut Best, first: u64, grads: &[f64; LANES], hesses: &[f64; LANES]) {
        let least = self.regularisation.min_child_weight;
        let mut scores = [0.0; LANES];
        for lane in 0..LANES {
            let (left_grad, left_hess) = (grads[lane] * self.units.grad, hesses[lane] * self.units.hess);
            let right_grad = (self.total_grad - grads[lane]) * self.units.grad;
            let right_hess = (self.total_hess - hesses[lane]) * self.units.hess;
            let both = if self.plain {
                self.regularisation.plain_score(left_grad, left_hess) + self.regularisation.plain_score(right_grad, right_hess)
            } else {
                self.regularisation.score(left_grad, left_hess) + self.regularisation.score(right_grad, right_hess)
            };
            let allowed = (left_hess >= least) & (right_hess >= least) & (left_hess > 0.0) & (right_hess > 0.0);
            scores[lane] = if allowed { both } else { f64::NEG_INFINITY };
        }
        let bests = best.0.iter_mut().zip(&mut best.1);
        for ((best, bin), (lane, score)) in bests.zip(scores.into_iter().enumerate()) {
            let better = score > *best;
            *bin = if better { first + lane as u64 } else { *bin };
            *best = if better { score } else { *best };
        }
    }
}
