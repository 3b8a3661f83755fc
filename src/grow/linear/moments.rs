//! [`Moments`]: sums of gradients, hessians and their products with scaled features over the rows of a leaf.
//!
//! Scaled features are at most 1, so each product is at most the largest gradient or hessian of the leaf: in units of 2⁻⁵⁰ of
//! these they add up as integers, in any order.

use super::batch::{Batch, over_rows};
use super::candidates::{Candidate, each, exchange};
use super::input::LinearInput;
use super::ranges::{Scan, Span};
use crate::execution::Execution;
use crate::grow::leaves::FixedPoint;
use crate::grow::node::GrownTree;
use crate::objective::GradientPair;
use crate::simd::{Simd, dispatch};

/// Sums over the rows of a leaf that have a value of each of its features.
#[derive(Debug)]
pub(super) struct Moments {
    /// The number of features.
    features: usize,
    sums: Vec<f64>,
}

/// How many sums there are of so many features: of hessian and gradient alone, with each feature, and of the hessian with each pair.
fn count(features: usize) -> usize {
    2 * (features + 1) + pair(features, 0)
}

/// The number of a pair of features, the second of which is not after the first.
fn pair(one: usize, other: usize) -> usize {
    one * (one + 1) / 2 + other
}

impl Moments {
    /// Of all leaves, each with spans of its features and what its rows have in common.
    pub fn of_all<F>(
        tree: &GrownTree,
        candidates: &[Candidate],
        (spans, scans): (&[Vec<Span>], &[Scan]),
        input: &LinearInput<'_, F>,
        execution: Execution<'_>,
    ) -> Vec<Self>
    where
        F: Fn(u32) -> (usize, GradientPair) + Sync,
    {
        let scales: Vec<_> = scans.iter().map(|scan| scan.largest().map(FixedPoint::new)).collect();
        let mut sums = each(tree, candidates, |at, rows| {
            let features = &candidates[at].features;
            // There is no function of no feature.
            let rows = if features.is_empty() { &[] } else { rows };
            let nothing = || vec![0i128; count(features.len())];
            let merge = |mut all: Vec<i128>, more: Vec<i128>| {
                all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
                all
            };
            let add = |sums: &mut Vec<i128>, batch: &mut Batch| add(execution.simd, sums, batch, &spans[at], scales[at]);
            over_rows(rows, features, input, nothing, add, merge)
        });
        exchange(sums.iter_mut(), |all| execution.ranks.sum_wide(all));
        let of_leaf = |((candidate, sums), [grad, hess]): ((&Candidate, Vec<i128>), [FixedPoint; 2])| {
            let features = candidate.features.len();
            let is_grad = |at| at == 1 || (2 + features..2 + 2 * features).contains(&at);
            let value = |(at, sum)| if is_grad(at) { grad.value(sum) } else { hess.value(sum) };
            Self { features, sums: sums.into_iter().enumerate().map(value).collect() }
        };
        candidates.iter().zip(sums).zip(scales).map(of_leaf).collect()
    }

    /// The hessian.
    pub fn hess(&self) -> f64 {
        self.sums[0]
    }

    /// The gradient.
    pub fn grad(&self) -> f64 {
        self.sums[1]
    }

    /// The mean of a scaled feature, by the hessian.
    pub fn mean(&self, feature: usize) -> f64 {
        self.sums[2 + feature] / self.hess()
    }

    /// The gradient times what a scaled feature is above its mean.
    pub fn grad_with(&self, feature: usize) -> f64 {
        self.sums[2 + self.features + feature] - self.grad() * self.mean(feature)
    }

    /// The hessian times the square of a scaled feature.
    pub fn square(&self, feature: usize) -> f64 {
        self.sums[2 + 2 * self.features + pair(feature, feature)]
    }

    /// The hessian times what two scaled features are above their means, the second of which is not after the first.
    pub fn covariance(&self, one: usize, other: usize) -> f64 {
        self.sums[2 + 2 * self.features + pair(one, other)] - self.sums[2 + one] * self.mean(other)
    }
}

/// Adds rows that have all values.
fn add(simd: Simd, sums: &mut [i128], batch: &mut Batch, spans: &[Span], [grad_scale, hess_scale]: [FixedPoint; 2]) {
    let features = spans.len();
    let is_complete = batch.is_complete();
    for (x, span) in batch.x.iter_mut().zip(spans) {
        x.iter_mut()
            .zip(&is_complete)
            .for_each(|(x, &is_complete)| *x = if is_complete { (*x - span.low) / span.width } else { 0.0 });
    }
    let counted = |part: fn(&GradientPair) -> f32| -> Vec<f64> {
        let rows = batch.pairs.iter().zip(&is_complete);
        rows.map(|(pair, &is_complete)| if is_complete { f64::from(part(pair)) } else { 0.0 }).collect()
    };
    let (grad, hess, ones) = (counted(|pair| pair.grad), counted(|pair| pair.hess), vec![1.0; batch.pairs.len()]);
    sums[0] += i128::from(dot(simd, &hess, &ones, hess_scale));
    sums[1] += i128::from(dot(simd, &grad, &ones, grad_scale));
    let mut weighted = vec![0.0; hess.len()];
    for (one, x) in batch.x.iter().enumerate() {
        weighted.iter_mut().zip(&hess).zip(x).for_each(|((weighted, hess), x)| *weighted = hess * x);
        sums[2 + one] += i128::from(dot(simd, &weighted, &ones, hess_scale));
        sums[2 + features + one] += i128::from(dot(simd, &grad, x, grad_scale));
        for (other, x) in batch.x[..=one].iter().enumerate() {
            sums[2 + 2 * features + pair(one, other)] += i128::from(dot(simd, &weighted, x, hess_scale));
        }
    }
}

/// The sum of products in units of a scale.
#[inline(always)]
fn dot_body(a: &[f64], b: &[f64], scale: FixedPoint) -> i64 {
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        sum += scale.units_of(a * b);
    }
    sum
}
dispatch! { fn dot(a: &[f64], b: &[f64], scale: FixedPoint) -> i64 = dot_body }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;

    #[test]
    fn products_add_up_alike_at_every_level_and_in_any_order() {
        let number = |row: u64| (mix(row) % 20_001) as f64 / 10_000.0 - 1.0;
        let scale = FixedPoint::new(1.0);
        for rows in [0, 1, 7, 64, 511, 512] {
            let (a, b): (Vec<f64>, Vec<f64>) = (0..rows).map(|row| (number(row), number(row + 1000))).unzip();
            let expected: i64 = a.iter().zip(&b).map(|(a, b)| (a * b * 2f64.powi(50)).round_ties_even() as i64).sum();
            let backwards = [&a, &b].map(|numbers| numbers.iter().rev().copied().collect::<Vec<_>>());
            for simd in Simd::all() {
                assert_eq!(dot(simd, &a, &b, scale), expected);
                assert_eq!(dot(simd, &backwards[0], &backwards[1], scale), expected);
            }
        }
    }
}
