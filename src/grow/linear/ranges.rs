//! Ranges: of a leaf's features, by which they are scaled, and of its terms and values, which predictions keep to.

use super::batch::{Batch, over_rows};
use super::candidates::{Candidate, each, exchange};
use super::input::LinearInput;
use crate::collective::Collective;
use crate::grow::leaves::FixedPoint;
use crate::grow::node::GrownTree;
use crate::objective::GradientPair;
use rayon::prelude::*;
use sapwood_score::LinearLeaf;

/// A feature of which a leaf's rows miss more than this share, by their hessian, would leave too few of them linear.
const MOST_MISSING: f64 = 0.5;

/// How a feature is scaled: `(x − low) / width` is between 0 and 1, rounding included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub low: f64,
    pub width: f64,
}

/// What the rows of a leaf have in common.
pub(super) struct Scan {
    /// For each feature the least value ([`least`]) and the greatest ([`key`]); then the bits of the largest gradient and hessian.
    greatest: Vec<i64>,
    /// For each feature the hessian of the rows that miss it, in units of `scale`.
    missing: Vec<i128>,
    scale: FixedPoint,
}

impl Scan {
    /// Of all leaves.
    pub fn of_all<F>(tree: &GrownTree, candidates: &[Candidate], input: &LinearInput<'_, F>, ranks: &dyn Collective) -> Vec<Self>
    where
        F: Fn(u32) -> (usize, GradientPair) + Sync,
    {
        let scale = FixedPoint::new(input.largest_hess);
        let mut scans = each(tree, candidates, |at, rows| {
            let features = &candidates[at].features;
            let nothing = || Self::of_nothing(features.len(), scale);
            over_rows(rows, features, input, nothing, |scan, batch| scan.add(batch), Self::merge)
        });
        exchange(scans.iter_mut().map(|scan| &mut scan.greatest), |all| ranks.all_reduce_max(all));
        exchange(scans.iter_mut().map(|scan| &mut scan.missing), |all| ranks.sum_wide(all));
        scans
    }

    fn of_nothing(features: usize, scale: FixedPoint) -> Self {
        let mut greatest = vec![i64::MIN; 2 * features];
        greatest.extend([0, 0]);
        Self { greatest, missing: vec![0; features], scale }
    }

    fn add(&mut self, batch: &Batch) {
        let features = self.missing.len();
        for (feature, x) in batch.x.iter().enumerate() {
            let (mut range, mut missing) = ([i64::MIN; 2], 0);
            for (&x, pair) in x.iter().zip(&batch.pairs) {
                match x.is_nan() {
                    true => missing += self.scale.units(pair.hess),
                    false => range = [range[0].max(least(x)), range[1].max(key(x))],
                }
            }
            self.missing[feature] += i128::from(missing);
            raise(&mut self.greatest[2 * feature..], &range);
        }
        let magnitudes = batch.pairs.iter().map(|pair| [pair.grad, pair.hess].map(|x| i64::from(x.abs().to_bits())));
        magnitudes.for_each(|magnitudes| raise(&mut self.greatest[2 * features..], &magnitudes));
    }

    fn merge(mut self, other: Self) -> Self {
        raise(&mut self.greatest, &other.greatest);
        self.missing.iter_mut().zip(other.missing).for_each(|(all, more)| *all += more);
        self
    }

    /// The features that may be terms, with their spans: those that vary, and that most rows have a value of. `cover` is the leaf's hessian.
    pub fn usable(&self, features: &[u32], cover: f64) -> Vec<(u32, Span)> {
        let ranges = self.greatest.chunks_exact(2).zip(&self.missing);
        let usable = features.iter().zip(ranges).filter_map(|(&feature, (range, &missing))| {
            let (low, high) = range_of(range);
            let width = high - low;
            let varies = range[0] != i64::MIN && width > 0.0 && width.is_finite();
            let is_known = self.scale.value(missing) <= MOST_MISSING * cover;
            (varies && is_known).then_some((feature, Span { low, width }))
        });
        usable.collect()
    }

    /// The largest gradient and hessian.
    pub fn largest(&self) -> [f32; 2] {
        let bits = &self.greatest[2 * self.missing.len()..];
        [bits[0], bits[1]].map(|bits| f32::from_bits(bits as u32))
    }
}

/// Gives functions the ranges that their terms and they themselves have on the rows of their leaves, which are those of the nodes. No row's value
/// becomes another.
pub(super) fn fitted_ranges<F>(
    tree: &GrownTree,
    functions: &mut [(usize, LinearLeaf)],
    input: &LinearInput<'_, F>,
    ranks: &dyn Collective,
) where
    F: Fn(u32) -> (usize, GradientPair) + Sync,
{
    let of_function = |(node, function): &(usize, LinearLeaf)| {
        let features: Vec<u32> = function.terms.iter().map(|term| term.feature).collect();
        let nothing = || vec![i64::MIN; 2 * features.len() + 2];
        let add = |greatest: &mut Vec<i64>, batch: &mut Batch| add_fitted(greatest, batch, function);
        let merge = |mut all: Vec<i64>, more: Vec<i64>| {
            raise(&mut all, &more);
            all
        };
        over_rows(tree.rows_of(*node), &features, input, nothing, add, merge)
    };
    let mut found: Vec<Vec<i64>> = functions.par_iter().map(of_function).collect();
    exchange(found.iter_mut(), |all| ranks.all_reduce_max(all));
    for ((_, function), greatest) in functions.iter_mut().zip(found) {
        let mut ranges = greatest.chunks_exact(2).map(range_of);
        function.terms.iter_mut().zip(&mut ranges).for_each(|(term, range)| term.range = range);
        ranges.for_each(|range| function.range = range);
    }
}

/// Widens ranges by rows that have all values. Operations are those of the scorer.
fn add_fitted(greatest: &mut [i64], batch: &Batch, function: &LinearLeaf) {
    let is_complete = batch.is_complete();
    let mut values = vec![function.constant; is_complete.len()];
    for (x, term) in batch.x.iter().zip(&function.terms) {
        values.iter_mut().zip(x).for_each(|(value, x)| *value += term.coefficient * x);
    }
    for (numbers, range) in batch.x.iter().chain([&values]).zip(greatest.chunks_exact_mut(2)) {
        let complete = numbers.iter().zip(&is_complete).filter(|(_, is_complete)| **is_complete);
        complete.for_each(|(&x, _)| raise(range, &[least(x), key(x)]));
    }
}

/// Replaces numbers by others that are greater.
fn raise(numbers: &mut [i64], others: &[i64]) {
    numbers.iter_mut().zip(others).for_each(|(number, other)| *number = (*number).max(*other));
}

/// An integer that is ordered as a number is; -0 comes before 0.
fn key(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// An integer that is the greater the less a number is.
fn least(x: f64) -> i64 {
    !key(x)
}

/// The least and the greatest of some numbers from their keys.
fn range_of(greatest: &[i64]) -> (f64, f64) {
    let number = |key: i64| f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64);
    (number(!greatest[0]), number(greatest[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_as_numbers_and_lead_back_to_them() {
        let numbers = [f64::MIN, -1.5, -f64::MIN_POSITIVE, -0.0, 0.0, 1e-300, 2.0, f64::MAX];
        assert!(numbers.windows(2).all(|pair| key(pair[0]) < key(pair[1]) && least(pair[0]) > least(pair[1])));
        for low in numbers {
            for high in numbers {
                let (found_low, found_high) = range_of(&[least(low), key(high)]);
                assert!(found_low.to_bits() == low.to_bits() && found_high.to_bits() == high.to_bits());
            }
        }
    }
}
