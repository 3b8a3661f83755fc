//! The gains of all thresholds of a numeric feature in trees of several outputs: what each output gains, summed.
//!
//! As in XGBoost, an output whose hessian on a side is less than `min_child_weight` has no weight there, and gains nothing. Other than there, a
//! side where no output has as much is no child.
//!
//! Outputs are added in four lanes whatever vectors the CPU has, so that every level rounds alike.

use super::gain::Regularisation;
use crate::histogram::{Histogram, SlotForm, Sums, Units};
use crate::simd::{Simd, dispatch};

/// Sums of neighbouring outputs that do not depend on each other.
const LANES: usize = 4;

/// The most outputs that are scored at a time: their prefix sums stay in registers.
const MOST_OUTPUTS: usize = 32;

/// What the search for a node's split needs to know of it. Slots have as many sums as `totals`.
#[derive(Clone, Copy)]
pub(super) struct VectorScan<'a> {
    pub histogram: &'a Histogram,
    /// Of each output.
    pub totals: &'a [Sums],
    /// Of all outputs together.
    pub total: Sums,
    pub rows: u64,
    pub units: Units,
    pub scorer: VectorScorer,
}

/// A threshold, in units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BinScore {
    /// The sum of both children's scores.
    pub score: f64,
    /// The most hessian of any output on either side.
    left: f64,
    right: f64,
    /// Whether any row is in the bin.
    pub is_filled: bool,
}

/// Scores children.
#[derive(Clone, Copy)]
pub(super) struct VectorScorer {
    pub regularisation: Regularisation,
    units: Units,
    /// `min_child_weight` and `lambda` in units of the hessian; at least one unit, because without hessian there is no leaf weight.
    least: f64,
    lambda: f64,
    /// What a score of 1 is worth.
    worth: f64,
}

impl VectorScorer {
    pub fn new(regularisation: Regularisation, units: Units) -> Self {
        Self {
            regularisation,
            units,
            least: (regularisation.min_child_weight / units.hess).max(1.0),
            lambda: regularisation.lambda() / units.hess,
            worth: if regularisation.is_plain() { units.grad * units.grad / units.hess } else { 1.0 },
        }
    }

    /// The same with another regularisation.
    pub fn with(&self, regularisation: Regularisation) -> Self {
        Self::new(regularisation, self.units)
    }

    /// What a score that was found is worth.
    pub fn worth(&self, score: f64) -> f64 {
        score * self.worth
    }

    /// The score of one output on one side, in units.
    #[inline(always)]
    fn part(&self, grad: f64, hess: f64) -> f64 {
        if hess < self.least {
            0.0
        } else if self.regularisation.is_plain() {
            grad * grad / (hess + self.lambda)
        } else {
            self.regularisation.score(grad * self.units.grad, hess * self.units.hess)
        }
    }

    /// The score of a node with these sums.
    pub fn node(&self, sums: &[Sums]) -> f64 {
        self.worth(sums.iter().map(|sums| self.part(sums.grad as f64, sums.hess as f64)).sum())
    }

    /// The score of both children of a node, if there is an output with enough hessian in each.
    pub fn children(&self, totals: &[Sums], left: &[Sums]) -> Option<f64> {
        let (mut score, mut allowed) = (0.0, [false; 2]);
        for (&total, &left) in totals.iter().zip(left) {
            for (side, sums) in [left, total - left].into_iter().enumerate() {
                score += self.part(sums.grad as f64, sums.hess as f64);
                allowed[side] |= sums.hess as f64 >= self.least;
            }
        }
        (allowed == [true; 2]).then(|| self.worth(score))
    }

    /// Whether a threshold may be a split.
    pub fn allows(&self, bin: &BinScore) -> bool {
        bin.left >= self.least && bin.right >= self.least
    }
}

impl VectorScan<'_> {
    /// The sums of a slot.
    pub fn slot(&self, slot: usize) -> impl Iterator<Item = Sums> {
        let stride = self.totals.len();
        (slot * stride..(slot + 1) * stride).map(|at| self.histogram.get(at))
    }

    /// Whether nothing is in a slot.
    pub fn is_empty(&self, slot: usize) -> bool {
        self.slot(slot).all(Sums::is_zero)
    }

    /// Adds a slot to sums.
    pub fn add(&self, slot: usize, sums: &mut [Sums]) {
        sums.iter_mut().zip(self.slot(slot)).for_each(|(sums, more)| *sums = *sums + more);
    }

    /// Scores the thresholds of the feature whose bins begin at `slot`, one for each place of `scores`, with what is in the slot `with` on the
    /// left side.
    pub fn score(&self, simd: Simd, slot: usize, with: Option<usize>, scores: &mut [BinScore]) {
        scores.fill(BinScore::default());
        let stride = self.totals.len();
        let per_slot = stride * self.histogram.form.words();
        let words = &self.histogram.words[slot * per_slot..][..scores.len() * per_slot];
        let with = with.map(|with| &self.histogram.words[with * per_slot..][..per_slot]);
        let parts = stride.div_ceil(MOST_OUTPUTS);
        let most = stride.div_ceil(parts).next_multiple_of(LANES);
        for first in (0..stride).step_by(most) {
            let count = most.min(stride - first);
            let totals = Totals::of(&self.totals[first..first + count]);
            let part = Part { words, with, per_slot, first, count, totals: &totals, scorer: self.scorer };
            match (self.histogram.form, self.scorer.regularisation.is_plain()) {
                (SlotForm::Packed, true) => packed(simd, part, scores),
                (SlotForm::Wide, true) => wide(simd, part, scores),
                (SlotForm::Packed, false) => by_count::<Packed, Regularised>(part, scores),
                (SlotForm::Wide, false) => by_count::<Wide, Regularised>(part, scores),
            }
        }
    }
}

/// The sums of the outputs of a part.
struct Totals {
    grads: [f64; MOST_OUTPUTS],
    hesses: [f64; MOST_OUTPUTS],
}

impl Totals {
    fn of(totals: &[Sums]) -> Self {
        let mut this = Self { grads: [0.0; MOST_OUTPUTS], hesses: [0.0; MOST_OUTPUTS] };
        for (at, total) in totals.iter().enumerate() {
            (this.grads[at], this.hesses[at]) = (total.grad as f64, total.hess as f64);
        }
        this
    }
}

/// `count` neighbouring outputs of all bins of a feature.
#[derive(Clone, Copy)]
struct Part<'a> {
    words: &'a [u64],
    with: Option<&'a [u64]>,
    per_slot: usize,
    first: usize,
    count: usize,
    totals: &'a Totals,
    scorer: VectorScorer,
}

/// Prefix sums of `N` outputs: both in one word, or the gradients, then the hessians.
struct Prefix<const N: usize>([u64; N], [u64; N]);

/// How sums lie in a slot.
trait Form {
    const WORDS: usize;
    fn add<const N: usize>(prefix: &mut Prefix<N>, words: &[u64]);
    /// The gradients and the hessians.
    fn values<const N: usize>(prefix: &Prefix<N>) -> ([f64; N], [f64; N]);
}

struct Packed;
struct Wide;

impl Form for Packed {
    const WORDS: usize = 1;

    #[inline(always)]
    fn add<const N: usize>(prefix: &mut Prefix<N>, words: &[u64]) {
        for (sum, &word) in prefix.0.iter_mut().zip(&words[..N]) {
            *sum = sum.wrapping_add(word);
        }
    }

    #[inline(always)]
    fn values<const N: usize>(prefix: &Prefix<N>) -> ([f64; N], [f64; N]) {
        // Through the mantissa of 2^52: vector units cannot convert 64-bit integers.
        const BITS_52: u64 = 0x4330_0000_0000_0000;
        const TWO_52: f64 = 4_503_599_627_370_496.0;
        const TWO_31: f64 = 2_147_483_648.0;
        let (mut grads, mut hesses) = ([0.0; N], [0.0; N]);
        for ((grad, hess), sum) in grads.iter_mut().zip(&mut hesses).zip(&prefix.0) {
            *grad = f64::from_bits(BITS_52 | (sum >> 32) ^ (1 << 31)) - (TWO_52 + TWO_31);
            *hess = f64::from_bits(BITS_52 | sum & 0xffff_ffff) - TWO_52;
        }
        (grads, hesses)
    }
}

impl Form for Wide {
    const WORDS: usize = 2;

    #[inline(always)]
    fn add<const N: usize>(prefix: &mut Prefix<N>, words: &[u64]) {
        for ((grad, hess), words) in prefix.0.iter_mut().zip(&mut prefix.1).zip(words[..2 * N].as_chunks::<2>().0) {
            *grad = grad.wrapping_add(words[0]);
            *hess = hess.wrapping_add(words[1]);
        }
    }

    #[inline(always)]
    fn values<const N: usize>(prefix: &Prefix<N>) -> ([f64; N], [f64; N]) {
        let (mut grads, mut hesses) = ([0.0; N], [0.0; N]);
        for at in 0..N {
            (grads[at], hesses[at]) = (prefix.0[at] as i64 as f64, prefix.1[at] as i64 as f64);
        }
        (grads, hesses)
    }
}

/// How an output is scored.
trait Rule {
    /// The sum of both scores of an output, whose side has no weight if it has less hessian than the least.
    fn both(scorer: &VectorScorer, left: (f64, f64), right: (f64, f64)) -> f64;
}

/// Without L1 regularisation and a step limit.
struct Plain;
/// With them.
struct Regularised;

impl Rule for Plain {
    #[inline(always)]
    fn both(scorer: &VectorScorer, left: (f64, f64), right: (f64, f64)) -> f64 {
        let grad = |(grad, hess): (f64, f64)| if hess >= scorer.least { grad } else { 0.0 };
        // Of what has hessian at all, that is one unit at least.
        let divisor = |hess: f64| if hess + scorer.lambda > 1.0 { hess + scorer.lambda } else { 1.0 };
        let (left_grad, right_grad) = (grad(left), grad(right));
        let (left, right) = (divisor(left.1), divisor(right.1));
        // Over a common denominator: one division for two.
        (left_grad * left_grad * right + right_grad * right_grad * left) / (left * right)
    }
}

impl Rule for Regularised {
    #[inline(always)]
    fn both(scorer: &VectorScorer, left: (f64, f64), right: (f64, f64)) -> f64 {
        scorer.part(left.0, left.1) + scorer.part(right.0, right.1)
    }
}

#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Adds what `N` outputs gain at every threshold.
#[inline(always)]
fn add_scores<const N: usize, F: Form, R: Rule>(part: Part<'_>, scores: &mut [BinScore]) {
    let Part { words, with, per_slot, first, totals, scorer, .. } = part;
    let outputs = first * F::WORDS..(first + N) * F::WORDS;
    let mut prefix = Prefix([0; N], [0; N]);
    if let Some(words) = with {
        F::add(&mut prefix, &words[outputs.clone()]);
    }
    let mut here = BinScore::default();
    for (bin, (place, slot)) in scores.iter_mut().zip(words.chunks_exact(per_slot)).enumerate() {
        let slot = &slot[outputs.clone()];
        let mut any = 0;
        for word in slot {
            any |= word;
        }
        // Where nothing is added, nothing changes.
        if any != 0 || bin == 0 {
            F::add(&mut prefix, slot);
            let (grads, hesses) = F::values(&prefix);
            let (mut sums, mut lefts, mut rights) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
            for lane in (0..N).step_by(LANES) {
                for at in 0..LANES {
                    let i = lane + at;
                    let left = (grads[i], hesses[i]);
                    let right = (totals.grads[i] - grads[i], totals.hesses[i] - hesses[i]);
                    sums[at] += R::both(&scorer, left, right);
                    lefts[at] = larger(lefts[at], left.1);
                    rights[at] = larger(rights[at], right.1);
                }
            }
            here = BinScore {
                score: (sums[0] + sums[1]) + (sums[2] + sums[3]),
                left: larger(larger(lefts[0], lefts[1]), larger(lefts[2], lefts[3])),
                right: larger(larger(rights[0], rights[1]), larger(rights[2], rights[3])),
                is_filled: false,
            };
        }
        place.score += here.score;
        place.left = larger(place.left, here.left);
        place.right = larger(place.right, here.right);
        place.is_filled |= any != 0;
    }
}

#[inline(always)]
fn by_count<F: Form, R: Rule>(part: Part<'_>, scores: &mut [BinScore]) {
    macro_rules! counts {
        ($($count:literal)+) => {
            match part.count {
                $($count => add_scores::<$count, F, R>(part, scores),)+
                // A stride is a multiple of four, and so is each part of it, the last one too; none has more than MOST_OUTPUTS.
                count => unreachable!("{count} outputs"),
            }
        };
    }
    counts!(4 8 12 16 20 24 28 32);
}

dispatch! { fn packed(part: Part<'_>, scores: &mut [BinScore]) = by_count::<Packed, Plain> }
dispatch! { fn wide(part: Part<'_>, scores: &mut [BinScore]) = by_count::<Wide, Plain> }
