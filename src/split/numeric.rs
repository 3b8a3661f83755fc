//! The best threshold of a numeric feature: one pass over its bins, with missing values tried on both sides.
//!
//! Sums are integers and units powers of two: until the division nothing is rounded, as long as sums are below 2^53 (only rounds with
//! wide codes can go beyond that, from 2^23 rows on).

use super::gain::Regularisation;
use super::restraint::Restraint;
use crate::histogram::{Histogram, SlotForm, Sums, Units};
use crate::simd::dispatch;

/// Bins that are scored at a time.
const CHUNK: usize = 256;

/// What the scan of a feature needs to know of its node.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub histogram: &'a Histogram,
    pub total: Sums,
    /// Rows in the node.
    pub rows: u64,
    pub units: Units,
    pub regularisation: Regularisation,
    pub restraint: Restraint,
    /// Where only one random candidate of each feature is tried: what it is drawn by.
    pub random: Option<u64>,
}

/// A threshold: values in bins up to `bin` go left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumericSplit {
    pub bin: usize,
    pub missing_left: bool,
    /// The sums of all that goes left.
    pub left: Sums,
}

/// Memory for the scan, to be used for feature after feature.
pub(crate) struct Scratch {
    sums: [u64; CHUNK],
    /// The sums over the bins up to each.
    grads: [f64; CHUNK],
    hesses: [f64; CHUNK],
    ranks: [i64; CHUNK],
}

impl Scratch {
    pub fn new() -> Self {
        Self { sums: [0; CHUNK], grads: [0.0; CHUNK], hesses: [0.0; CHUNK], ranks: [0; CHUNK] }
    }
}

/// The rank of a threshold that is not allowed. Others' are the bits of their scores: those of positive numbers are ordered like the
/// numbers, and integers have a maximum that does not depend on the order of comparisons. Of negative numbers, which are scores of weights
/// far from the best ones, all bits but the sign are turned round.
const FORBIDDEN: i64 = i64::MIN;

/// Turns the bits of any number into its rank, and back.
#[inline(always)]
pub(super) fn turned(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

dispatch! {
    /// The sum of the children's scores at the best threshold of the feature whose bins begin at `slot`, if any leaves enough hessian
    /// on both sides.
    pub(crate) fn best_score(scan: &Scan<'_>, slot: usize, value_bins: usize, scratch: &mut Scratch) -> Option<f64> = best_score_body
}

#[inline(always)]
fn best_score_body(scan: &Scan<'_>, slot: usize, value_bins: usize, scratch: &mut Scratch) -> Option<f64> {
    let mut best = FORBIDDEN;
    rank_all(scan, slot, value_bins, scratch, |_, _, ranks| best = highest(ranks).max(best));
    (best != FORBIDDEN).then(|| ThresholdScorer::new(scan).score(best))
}

dispatch! {
    /// The threshold that has the best score: the lowest bin of several, and missing values go left only if they would not do as well
    /// on the right.
    pub(crate) fn best_threshold(scan: &Scan<'_>, slot: usize, value_bins: usize) -> Option<NumericSplit> = best_threshold_body
}

#[inline(always)]
fn best_threshold_body(scan: &Scan<'_>, slot: usize, value_bins: usize) -> Option<NumericSplit> {
    let mut best = [(FORBIDDEN, 0); 2];
    rank_all(scan, slot, value_bins, &mut Scratch::new(), |first, missing_left, ranks| {
        let (best, rank) = (&mut best[usize::from(missing_left)], highest(ranks));
        if rank > best.0
            && let Some(position) = ranks.iter().position(|&other| other == rank)
        {
            *best = (rank, first + position);
        }
    });
    let [right, left] = best;
    let (bin, tried_left) = if left.0 > right.0 { (left.1, true) } else { (right.1, false) };
    (left.0.max(right.0) != FORBIDDEN).then(|| {
        let missing = scan.histogram.get(slot + value_bins);
        NumericSplit::new(scan, bin, values_up_to(scan, slot, bin), missing, tried_left)
    })
}

fn values_up_to(scan: &Scan<'_>, slot: usize, bin: usize) -> Sums {
    (slot..=slot + bin).fold(Sums::default(), |sum, slot| sum + scan.histogram.get(slot))
}

impl NumericSplit {
    /// Without missing values, they go to the side with more hessian.
    fn new(scan: &Scan<'_>, bin: usize, values: Sums, missing: Sums, tried_left: bool) -> Self {
        let missing_left = if missing.is_zero() { 2 * values.hess >= scan.total.hess } else { tried_left };
        Self { bin, missing_left, left: if missing_left { values + missing } else { values } }
    }
}

/// A threshold between the least and the greatest value in the node, or between all of them and missing ones: the one that `number`, from
/// 0 to 1, stands for; with its score, if it leaves enough hessian on both sides.
pub(crate) fn threshold_at(scan: &Scan<'_>, slot: usize, value_bins: usize, number: f64) -> Option<(f64, NumericSplit)> {
    let missing = scan.histogram.get(slot + value_bins);
    let is_filled = |bin: &usize| !scan.histogram.get(slot + bin).is_zero();
    let first = (0..value_bins).find(is_filled)?;
    let last = (first..value_bins).rfind(is_filled)?;
    let thresholds = last - first + usize::from(!missing.is_zero());
    if thresholds == 0 {
        return None;
    }
    let bin = match first + (number * thresholds as f64) as usize {
        bin if bin == last => value_bins - 1,
        bin => bin,
    };
    let values = values_up_to(scan, slot, bin);
    let scorer = ThresholdScorer::new(scan);
    let of_missing = scorer.without_direction();
    let rank = |more: Sums| {
        let mut rank = [FORBIDDEN];
        let scorer = if bin + 1 == value_bins && more.is_zero() { &of_missing } else { &scorer };
        scorer.rank(&[values.grad as f64], &[values.hess as f64], more, &mut rank);
        rank[0]
    };
    let (right, left) = (rank(Sums::default()), if missing.is_zero() { FORBIDDEN } else { rank(missing) });
    let best = right.max(left);
    (best != FORBIDDEN).then(|| (scorer.score(best), NumericSplit::new(scan, bin, values, missing, left > right)))
}

/// Ranks all thresholds of a feature. `take` gets the first bin, whether missing values went left, and the ranks from that bin on.
#[inline(always)]
fn rank_all(scan: &Scan<'_>, slot: usize, value_bins: usize, scratch: &mut Scratch, mut take: impl FnMut(usize, bool, &[i64])) {
    let missing = scan.histogram.get(slot + value_bins);
    let scorer = ThresholdScorer::new(scan);
    let mut sums = Sums::default();
    let mut packed = 0;
    for first in (0..value_bins).step_by(CHUNK) {
        let count = CHUNK.min(value_bins - first);
        let Scratch { sums: words, grads, hesses, ranks } = &mut *scratch;
        let (words, grads, hesses, ranks) = (&mut words[..count], &mut grads[..count], &mut hesses[..count], &mut ranks[..count]);
        let begin = slot + first;
        match scan.histogram.form {
            SlotForm::Packed => packed_prefixes(&mut packed, &scan.histogram.words[begin..begin + count], words, grads, hesses),
            SlotForm::Wide => wide_prefixes(&mut sums, &scan.histogram.words[2 * begin..2 * (begin + count)], grads, hesses),
        }
        scorer.rank(grads, hesses, Sums::default(), ranks);
        if scorer.restraint.is_some() && first + count == value_bins {
            let last = count - 1;
            scorer.without_direction().rank(&grads[last..], &hesses[last..], Sums::default(), &mut ranks[last..]);
        }
        take(first, false, ranks);
        if !missing.is_zero() {
            scorer.rank(grads, hesses, missing, ranks);
            take(first, true, ranks);
        }
    }
}

/// The prefix sums of packed slots, which add up as they are.
#[inline(always)]
fn packed_prefixes(sum: &mut u64, slots: &[u64], sums: &mut [u64], grads: &mut [f64], hesses: &mut [f64]) {
    for (sum_here, slot) in sums.iter_mut().zip(slots) {
        *sum = sum.wrapping_add(*slot);
        *sum_here = *sum;
    }
    // Through the mantissa of 2^52: vector units cannot convert 64-bit integers.
    const BITS_52: u64 = 0x4330_0000_0000_0000;
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    const TWO_31: f64 = 2_147_483_648.0;
    for ((sum, grad), hess) in sums.iter().zip(grads).zip(hesses) {
        *grad = f64::from_bits(BITS_52 | (sum >> 32) ^ (1 << 31)) - (TWO_52 + TWO_31);
        *hess = f64::from_bits(BITS_52 | sum & 0xffff_ffff) - TWO_52;
    }
}

/// The prefix sums of wide slots.
#[inline(always)]
fn wide_prefixes(sum: &mut Sums, words: &[u64], grads: &mut [f64], hesses: &mut [f64]) {
    for ((words, grad), hess) in words.chunks_exact(2).zip(grads).zip(hesses) {
        *sum = *sum + Sums { grad: words[0] as i64, hess: words[1] as i64 };
        (*grad, *hess) = (sum.grad as f64, sum.hess as f64);
    }
}

/// The highest rank.
#[inline(always)]
fn highest(ranks: &[i64]) -> i64 {
    ranks.iter().copied().fold(FORBIDDEN, i64::max)
}

/// Scores both children of a threshold.
struct ThresholdScorer {
    total_grad: f64,
    total_hess: f64,
    units: Units,
    regularisation: Regularisation,
    /// Where not all weights will do.
    restraint: Option<Restraint>,
    /// `min_child_weight` and `lambda` in units of the hessian; at least one unit, because without hessian there is no leaf weight.
    least: f64,
    lambda: f64,
    /// What a score of 1 found by this scorer is worth.
    worth: f64,
}

impl ThresholdScorer {
    #[inline(always)]
    fn new(scan: &Scan<'_>) -> Self {
        let Scan { units, regularisation, restraint, .. } = *scan;
        let restraint = (!restraint.is_none()).then_some(restraint);
        Self {
            total_grad: scan.total.grad as f64,
            total_hess: scan.total.hess as f64,
            units,
            regularisation,
            restraint,
            least: (regularisation.min_child_weight / units.hess).max(1.0),
            lambda: regularisation.lambda() / units.hess,
            worth: if regularisation.is_plain() && restraint.is_none() { units.grad * units.grad / units.hess } else { 1.0 },
        }
    }

    /// The same for splits that tell missing values from all others, which need not differ in any direction.
    #[inline(always)]
    fn without_direction(&self) -> Self {
        Self { restraint: self.restraint.map(|restraint| restraint.with_direction(0.0)), ..*self }
    }

    /// The score that a rank stands for.
    #[inline(always)]
    fn score(&self, rank: i64) -> f64 {
        f64::from_bits(turned(rank) as u64) * self.worth
    }

    /// Ranks thresholds whose left sides have these sums, and `more`. Loops that do one thing each, so that they vectorise.
    #[inline(always)]
    fn rank(&self, grads: &[f64], hesses: &[f64], more: Sums, ranks: &mut [i64]) {
        let (more_grad, more_hess) = (more.grad as f64, more.hess as f64);
        let rows = ranks.iter_mut().zip(grads).zip(hesses);
        let rank = |score: f64, left_hess: f64, right_hess: f64| {
            let allowed = (left_hess >= self.least) & (right_hess >= self.least);
            if allowed { score.to_bits() as i64 } else { FORBIDDEN }
        };
        if let Some(restraint) = self.restraint {
            let (units, regularisation) = (self.units, self.regularisation);
            for ((place, grad), hess) in rows {
                let (left_hess, right_hess) = (hess + more_hess, self.total_hess - (hess + more_hess));
                let (left, right) = ((grad + more_grad) * units.grad, (self.total_grad - (grad + more_grad)) * units.grad);
                let (left_real, right_real) = (left_hess * units.hess, right_hess * units.hess);
                let left_weight = restraint.weight(&regularisation, left, left_real);
                let right_weight = restraint.weight(&regularisation, right, right_real);
                let score = regularisation.score_at(left_weight, left, left_real)
                    + regularisation.score_at(right_weight, right, right_real);
                let allowed = (left_hess >= self.least) & (right_hess >= self.least) & restraint.allows(left_weight, right_weight);
                *place = if allowed { turned(score.to_bits() as i64) } else { FORBIDDEN };
            }
        } else if self.regularisation.is_plain() {
            for ((place, grad), hess) in rows {
                let (left_grad, left_hess) = (grad + more_grad, hess + more_hess);
                let (right_grad, right_hess) = (self.total_grad - left_grad, self.total_hess - left_hess);
                let (left, right) = (left_hess + self.lambda, right_hess + self.lambda);
                // In units, over a common denominator: one division for two.
                let score = (left_grad * left_grad * right + right_grad * right_grad * left) / (left * right);
                *place = rank(score, left_hess, right_hess);
            }
        } else {
            let part = |grad: f64, hess: f64| self.regularisation.score(grad * self.units.grad, hess * self.units.hess);
            for ((place, grad), hess) in rows {
                let (left_grad, left_hess) = (grad + more_grad, hess + more_hess);
                let (right_grad, right_hess) = (self.total_grad - left_grad, self.total_hess - left_hess);
                // Rounding may leave a score of nothing a little below zero.
                let score = (part(left_grad, left_hess) + part(right_grad, right_hess)).max(0.0);
                *place = rank(score, left_hess, right_hess);
            }
        }
    }
}
