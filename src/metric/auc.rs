//! Areas under curves of binary classifiers: `auc` (receiver operating characteristic) and `aucpr` (precision and recall).
//!
//! Both walk the rows from the largest margin to the smallest, equal margins together, and integrate between these points: straight
//! lines for ROC; for precision and recall the interpolation of Davis and Goadrich (2006) in the closed form of Boyd et al. (2013).
//! A label between 0 and 1 counts as both: as a positive with its share of the weight, and as a negative with the rest.

use super::{Evaluation, Metric};
use crate::collective::{self, Collective};
use rayon::prelude::*;
use sapwood_score::math::ln;

/// Which curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// True positives over false positives.
    Roc,
    /// Precision over recall.
    PrecisionRecall,
}

/// The area under a curve.
pub(super) struct Auc {
    pub(super) name: String,
    pub(super) curve: Curve,
}

impl Metric for Auc {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    /// NaN where either class has no weight.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let (positives, negatives) = rayon::join(|| ranked(evaluation, |label| label), || ranked(evaluation, |label| 1.0 - label));
        let [positives, negatives] = [positives, negatives].map(|ranked| of_all(evaluation.ranks, ranked));
        area(self.curve, &positives, &negatives)
    }
}

/// The area under a curve, from the rows of both classes by ascending margin; NaN where either has no weight.
pub(super) fn area(curve: Curve, positives: &[Ranked], negatives: &[Ranked]) -> f64 {
    let total = total(positives, negatives);
    if !(total.positive > 0.0 && total.negative > 0.0) {
        return f64::NAN;
    }
    let mut area = 0.0;
    walk(positives, negatives, |from, to| {
        area += match curve {
            Curve::Roc => (to.negative - from.negative) * (to.positive + from.positive) * 0.5,
            Curve::PrecisionRecall => precision_recall(from, to, total.positive),
        }
    });
    match curve {
        Curve::Roc => area / (total.positive * total.negative),
        Curve::PrecisionRecall => area,
    }
}

/// A row's margin, as an integer in the same order, and its weight's bits. Rows that compare equal are equal, so that sorting
/// gives one result only.
pub(super) type Ranked = (u64, u64);

/// The rows that have weight under `share`, by ascending margin.
fn ranked(evaluation: &Evaluation<'_>, share: impl Fn(f64) -> f64 + Sync) -> Vec<Ranked> {
    let rows = (0..evaluation.targets.rows()).into_par_iter();
    let mut ranked: Vec<Ranked> = rows
        .filter_map(|row| {
            let weight = evaluation.targets.weight(row) * share(evaluation.targets.labels()[row]);
            (weight > 0.0).then(|| (ordered_bits(evaluation.margins[row]), weight.to_bits()))
        })
        .collect();
    ranked.par_sort_unstable();
    ranked
}

/// The rows of all ranks, from those of this one.
fn of_all(ranks: &dyn Collective, ranked: Vec<Ranked>) -> Vec<Ranked> {
    if ranks.is_alone() {
        return ranked;
    }
    let words: Vec<u64> = ranked.iter().flat_map(|&(margin, weight)| [margin, weight]).collect();
    let pairs = |bytes: Vec<u8>| collective::words(&bytes).as_chunks().0.iter().map(|&[margin, weight]| (margin, weight)).collect();
    let mut all: Vec<Ranked> = ranks.all_gather(bytemuck::cast_slice(&words)).into_iter().flat_map::<Vec<_>, _>(pairs).collect();
    all.par_sort_unstable();
    all
}

/// Maps a number to an integer in the same order; −0 and 0 to the same.
pub(super) fn ordered_bits(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The weight of positives and negatives above some margin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Point {
    positive: f64,
    negative: f64,
}

/// The last point of the walk, by the same additions.
fn total(positives: &[Ranked], negatives: &[Ranked]) -> Point {
    let mut last = Point::default();
    walk(positives, negatives, |_, to| last = to);
    last
}

/// Visits the steps of the curve, from the largest margin to the smallest: one step for each distinct margin.
fn walk(mut positives: &[Ranked], mut negatives: &[Ranked], mut step: impl FnMut(Point, Point)) {
    let mut from = Point::default();
    while let Some(margin) = positives.last().max(negatives.last()).map(|ranked| ranked.0) {
        let mut to = from;
        take(&mut positives, margin, &mut to.positive);
        take(&mut negatives, margin, &mut to.negative);
        step(from, to);
        from = to;
    }
}

/// Takes the rows of a margin off the end, and adds their weights.
fn take(ranked: &mut &[Ranked], margin: u64, weight: &mut f64) {
    while let Some((&(bits, w), rest)) = ranked.split_last()
        && bits == margin
    {
        *weight += f64::from_bits(w);
        *ranked = rest;
    }
}

/// The area between two points of the precision-recall curve, with `all` the weight of all positives.
///
/// Between the points negatives grow in proportion to positives, so with recall r the precision is r / (a r + b).
fn precision_recall(from: Point, to: Point, all: f64) -> f64 {
    if to.positive == from.positive {
        return 0.0;
    }
    let slope = (to.negative - from.negative) / (to.positive - from.positive);
    let a = 1.0 + slope;
    let b = (from.negative - slope * from.positive) / all;
    let (start, end) = (from.positive / all, to.positive / all);
    if b == 0.0 {
        return (end - start) / a;
    }
    (end - start - b / a * (ln(a * end + b) - ln(a * start + b))) / a
}
