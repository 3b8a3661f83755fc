//! The slopes of a leaf from its moments, by Cholesky's decomposition without square roots (LDLᵀ).

use super::input::LinearRule;
use super::moments::Moments;
use super::ranges::Span;
use sapwood_score::{LinearLeaf, LinearTerm};

/// A feature whose variance, or what of it those before leave unexplained, is no more than this share of what it is compared with, is constant, or
/// a linear function of them, but for rounding. Its slope would be noise.
const TOLERANCE: f64 = 1e-9;

const NO_RANGE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// The function of a leaf, if its rows determine the slope of a feature: a feature that those before it explain is no term. Its ranges and what
/// rows get that miss a value are still to be found.
pub(super) fn solve(moments: &Moments, features: &[u32], spans: &[Span], rule: LinearRule) -> Option<LinearLeaf> {
    if moments.hess() <= 0.0 {
        return None;
    }
    let slopes = slopes(moments, spans, rule.ridge);
    let mut constant = rule.shrinkage * rule.regularisation.weight(moments.grad(), moments.hess());
    let mut terms = Vec::new();
    for (at, (&feature, span)) in features.iter().zip(spans).enumerate() {
        let coefficient = rule.shrinkage * slopes[at] / span.width;
        if coefficient != 0.0 {
            constant -= coefficient * (span.low + span.width * moments.mean(at));
            terms.push(LinearTerm { feature, coefficient, range: NO_RANGE });
        }
    }
    let is_finite = constant.is_finite() && terms.iter().all(|term| term.coefficient.is_finite());
    (is_finite && !terms.is_empty()).then_some(LinearLeaf { constant, terms, if_missing: 0.0, range: NO_RANGE })
}

/// The slopes by scaled features; 0 for those that are no terms.
fn slopes(moments: &Moments, spans: &[Span], ridge: f64) -> Vec<f64> {
    let count = spans.len();
    // Row by row: what a feature has of each kept one before it, and for those that are kept the variance that is left.
    let mut lower = vec![vec![0.0; count]; count];
    let mut left = vec![None; count];
    let mut solution = vec![0.0; count];
    for at in 0..count {
        let variance = moments.covariance(at, at) + ridge / (spans[at].width * spans[at].width);
        let (mut pivot, mut right) = (variance, -moments.grad_with(at));
        for before in 0..at {
            let Some(kept) = left[before] else { continue };
            let shared = (0..before).filter_map(|k| Some(lower[at][k] * lower[before][k] * left[k]?));
            let of_before: f64 = (moments.covariance(at, before) - shared.sum::<f64>()) / kept;
            lower[at][before] = of_before;
            pivot -= of_before * of_before * kept;
            right -= of_before * solution[before] * kept;
        }
        let is_determined = variance > TOLERANCE * moments.square(at) && pivot > TOLERANCE * variance;
        if is_determined && pivot.is_finite() {
            (left[at], solution[at]) = (Some(pivot), right / pivot);
        }
    }
    for at in (0..count).rev() {
        if left[at].is_some() {
            let after = (at + 1..count).filter(|&k| left[k].is_some());
            solution[at] -= after.map(|k| lower[k][at] * solution[k]).sum::<f64>();
        }
    }
    solution
}
