//! What a measure of a ranked group loses when two of its rows change places.

use crate::numeric::discount;
use sapwood_score::math::exp;
use std::f64::consts::LN_2;

/// What a measure needs to know of a place.
pub(super) type Facts = [f64; 3];

/// A measure of a ranked group.
pub(super) trait Measure: Copy + Send + Sync {
    /// Fills in the facts of all places, whose rows have these grades. Returns the factor of changes in this group; 0 where no order is better than another.
    fn prepare(self, grades: &[f64], facts: &mut [Vec<f64>; 3]) -> f64;

    /// How much it changes, but for the factor, if two rows of different grades change places, of which one is ranked above the other. Free of
    /// branches, so that loops over rows vectorise.
    fn change(self, above: Facts, below: Facts, is_above_better: bool) -> f64;
}

/// NDCG up to a place.
#[derive(Clone, Copy)]
pub(super) struct Ndcg {
    pub depth: usize,
    /// Whether grades gain 2^grade − 1, instead of what they are.
    pub exp_gain: bool,
}

/// The mean of precisions at the places of relevant rows. Grades are 0 and 1.
#[derive(Clone, Copy)]
pub(super) struct AveragePrecision;

/// The number of pairs in the wrong order.
#[derive(Clone, Copy)]
pub(super) struct Inversions;

/// What a row of this grade gains.
pub(crate) fn gain(grade: f64, exp_gain: bool) -> f64 {
    if exp_gain { exp(grade * LN_2).round() - 1.0 } else { grade }
}

impl Measure for Ndcg {
    /// Facts: gain and discount.
    fn prepare(self, grades: &[f64], facts: &mut [Vec<f64>; 3]) -> f64 {
        let [gains, discounts, unused] = facts;
        unused.resize(grades.len(), 0.0);
        gains.extend(grades.iter().map(|&grade| gain(grade, self.exp_gain)));
        discounts.extend((0..grades.len()).map(discount));
        let mut best = gains.clone();
        best.sort_unstable_by(|a, b| b.total_cmp(a));
        let ideal: f64 = best.iter().zip(discounts).take(self.depth).map(|(gain, discount)| gain * *discount).sum();
        if ideal > 0.0 { 1.0 / ideal } else { 0.0 }
    }

    #[inline(always)]
    fn change(self, above: Facts, below: Facts, _: bool) -> f64 {
        (above[0] - below[0]) * (above[1] - below[1])
    }
}

impl Measure for AveragePrecision {
    /// Facts: precision at the place, the sum of 1/place of the relevant rows above, 1/place.
    fn prepare(self, grades: &[f64], facts: &mut [Vec<f64>; 3]) -> f64 {
        let [precision, above, reciprocal] = facts;
        let (mut relevant, mut sum) = (0.0, 0.0);
        for (place, &grade) in (1..).zip(grades) {
            let inverse = 1.0 / f64::from(place);
            relevant += grade;
            precision.push(relevant * inverse);
            above.push(sum);
            reciprocal.push(inverse);
            sum += grade * inverse;
        }
        if relevant > 0.0 { 1.0 / relevant } else { 0.0 }
    }

    #[inline(always)]
    fn change(self, above: Facts, below: Facts, is_above_better: bool) -> f64 {
        let between = below[1] - above[1];
        // The relevant row goes down, and leaves the places between one relevant row less; or it comes up.
        let down = above[0] - below[0] + between - above[2];
        let up = above[0] + above[2] - below[0] + between;
        if is_above_better { down } else { up }
    }
}

impl Measure for Inversions {
    fn prepare(self, grades: &[f64], facts: &mut [Vec<f64>; 3]) -> f64 {
        facts.iter_mut().for_each(|facts| facts.resize(grades.len(), 0.0));
        1.0
    }

    #[inline(always)]
    fn change(self, _: Facts, _: Facts, _: bool) -> f64 {
        1.0
    }
}
