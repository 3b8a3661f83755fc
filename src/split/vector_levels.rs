//! The best set of levels of a categorical feature in trees of several outputs.
//!
//! With few levels, one level against the rest. Otherwise levels have a vector of ratios each, which have no order. They are put in that of
//! their places along the axis in which they differ most, the first principal component of the levels' ratios (Coppersmith, Hong & Hosking
//! 1999); sets are the first and the last few, by the rules of trees of one output. What is left out goes where missing values go.

use super::categorical::LevelSearch;
use super::vector_scores::{VectorScan, VectorScorer};
use crate::histogram::Sums;

/// Multiplications by the covariance matrix that find the axis. It is a direction to sort by: nothing needs to converge.
const ITERATIONS: usize = 8;

/// A set of levels that go left.
pub(super) struct VectorSet {
    /// The sum of the children's scores.
    pub score: f64,
    /// A bit for each level; set: it goes left.
    pub words: Vec<u64>,
    pub missing_left: bool,
    /// Of each output.
    pub left: Vec<Sums>,
}

/// A level that may be part of a set.
struct Level {
    code: usize,
    slot: usize,
    /// Its rows in the node, estimated from its share of the hessian.
    rows: f64,
    /// Its place in the order.
    place: f64,
}

/// The candidates of one feature, and the best of them so far.
struct Search<'a> {
    scan: &'a VectorScan<'a>,
    scorer: VectorScorer,
    /// Missing values and the levels that are left out.
    rest: Vec<Sums>,
    best: Option<Best>,
}

struct Best {
    score: f64,
    from: usize,
    count: usize,
    rest_left: bool,
    left: Vec<Sums>,
}

impl LevelSearch {
    /// The best set of levels of the feature whose bins begin at `slot`, if any leaves enough hessian on both sides. With a number from 0
    /// to 1, the best of those that have the size, or the one level, that it stands for.
    pub(super) fn best_vector_set(
        &self,
        scan: &VectorScan<'_>,
        slot: usize,
        levels: usize,
        number: Option<f64>,
    ) -> Option<VectorSet> {
        let onehot = levels <= self.max_onehot;
        let rows_per_hess = scan.rows as f64 / scan.total.hess as f64;
        let fewest = if onehot { 0.0 } else { self.smooth - 0.5 };
        let level = |code: usize| {
            let hess: i64 = scan.slot(slot + code).map(|sums| sums.hess).sum();
            let rows = hess as f64 * rows_per_hess;
            let counts = rows >= fewest && !scan.is_empty(slot + code);
            counts.then_some(Level { code, slot: slot + code, rows, place: 0.0 })
        };
        let mut order: Vec<Level> = (0..levels).filter_map(level).collect();
        let mut rest = scan.totals.to_vec();
        for level in &order {
            rest.iter_mut().zip(scan.slot(level.slot)).for_each(|(rest, sums)| *rest = *rest - sums);
        }
        let choices = if onehot { order.len() } else { self.most_of(order.len()) };
        let only = number.map(|number| (number * choices as f64) as usize);
        let is_tried = |at: usize| only.is_none_or(|only| only == at);
        let mut search = Search { scan, scorer: scan.scorer, rest, best: None };
        if onehot {
            for (at, level) in order.iter().enumerate().filter(|(at, _)| is_tried(*at)) {
                search.consider(at, 1, scan.slot(level.slot).collect());
            }
        } else {
            search.scorer = scan.scorer.with(self.of_sorted(scan.scorer.regularisation));
            self.place(scan, &mut order);
            order.sort_unstable_by(|a, b| a.place.total_cmp(&b.place).then(a.code.cmp(&b.code)));
            let (most, last) = (self.most_of(order.len()), order.len());
            let is_due = |count: usize, group: f64| match only {
                None => group >= self.min_group,
                Some(only) => count == only + 1,
            };
            self.grow(&mut search, order[..most].iter().enumerate().map(|(at, level)| (0, at + 1, level)), is_due);
            self.grow(
                &mut search,
                order.iter().rev().take(most).enumerate().map(|(at, level)| (last - 1 - at, at + 1, level)),
                is_due,
            );
        }
        let Search { rest, best, .. } = search;
        best.map(|best| best.into_set(scan, &rest, &order, levels))
    }

    /// Finds the levels' places: how far along the axis in which they differ most their ratios of gradients and hessians are.
    fn place(&self, scan: &VectorScan<'_>, order: &mut [Level]) {
        let ratio = |sums: Sums| {
            let (grad, hess) = (sums.grad as f64 * scan.units.grad, sums.hess as f64 * scan.units.hess);
            if hess + self.smooth > 0.0 { grad / (hess + self.smooth) } else { 0.0 }
        };
        let outputs = scan.totals.len();
        let mut ratios: Vec<f64> = order.iter().flat_map(|level| scan.slot(level.slot)).map(ratio).collect();
        let all: f64 = order.iter().map(|level| level.rows).sum();
        let mut mean = vec![0.0; outputs];
        for (level, ratios) in order.iter().zip(ratios.chunks_exact(outputs)) {
            mean.iter_mut().zip(ratios).for_each(|(mean, ratio)| *mean += level.rows / all * ratio);
        }
        ratios.chunks_exact_mut(outputs).for_each(|ratios| ratios.iter_mut().zip(&mean).for_each(|(ratio, mean)| *ratio -= mean));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        // From the level that differs most.
        let spread = |(level, ratios): (&Level, &[f64])| level.rows * dot(ratios, ratios);
        let spreads: Vec<f64> = order.iter().zip(ratios.chunks_exact(outputs)).map(spread).collect();
        let Some(first) = (0..spreads.len()).reduce(|best, at| if spreads[at] > spreads[best] { at } else { best }) else { return };
        let mut axis = ratios[first * outputs..][..outputs].to_vec();
        for _ in 0..ITERATIONS {
            let mut next = vec![0.0; outputs];
            for (level, ratios) in order.iter().zip(ratios.chunks_exact(outputs)) {
                let share = level.rows * dot(ratios, &axis);
                next.iter_mut().zip(ratios).for_each(|(next, ratio)| *next += share * ratio);
            }
            let length = dot(&next, &next).sqrt();
            if length.is_nan() || length <= 0.0 {
                break;
            }
            axis.iter_mut().zip(next).for_each(|(axis, next)| *axis = next / length);
        }
        order.iter_mut().zip(ratios.chunks_exact(outputs)).for_each(|(level, ratios)| level.place = dot(ratios, &axis));
    }

    /// Adds level after level to the left side and tries it whenever it is due: by the number of levels, or by the rows since the last one.
    fn grow<'l>(
        &self,
        search: &mut Search<'_>,
        levels: impl Iterator<Item = (usize, usize, &'l Level)>,
        is_due: impl Fn(usize, f64) -> bool,
    ) {
        let mut left = vec![Sums::default(); search.scan.totals.len()];
        let (mut group, mut outside) = (0.0, search.scan.rows as f64);
        for (from, count, level) in levels {
            search.scan.add(level.slot, &mut left);
            group += level.rows;
            outside -= level.rows;
            if outside < self.min_group {
                return;
            }
            if is_due(count, group) {
                group = 0.0;
                search.consider(from, count, left.clone());
            }
        }
    }
}

impl Search<'_> {
    /// Keeps the candidate if it is better than what was found before, with the rest on either side.
    fn consider(&mut self, from: usize, count: usize, left: Vec<Sums>) {
        let with_rest = || left.iter().zip(&self.rest).map(|(&left, &rest)| left + rest).collect();
        let candidates = match self.rest.iter().all(|sums| sums.is_zero()) {
            true => vec![(false, left)],
            false => vec![(true, with_rest()), (false, left)],
        };
        for (rest_left, left) in candidates.into_iter().rev() {
            let Some(score) = self.scorer.children(self.scan.totals, &left) else { continue };
            if self.best.as_ref().is_none_or(|best| score > best.score) {
                self.best = Some(Best { score, from, count, rest_left, left });
            }
        }
    }
}

impl Best {
    /// The candidate as a set of levels. With nothing on the side of missing values yet, they go to the side with more hessian.
    fn into_set(self, scan: &VectorScan<'_>, rest: &[Sums], order: &[Level], levels: usize) -> VectorSet {
        let left: i64 = self.left.iter().map(|sums| sums.hess).sum();
        let missing_left = if rest.iter().all(|sums| sums.is_zero()) { 2 * left >= scan.total.hess } else { self.rest_left };
        let mut words = vec![0u64; levels.div_ceil(64)];
        let mut set = |level: usize| words[level / 64] |= 1 << (level % 64);
        order[self.from..self.from + self.count].iter().for_each(|level| set(level.code));
        if missing_left {
            let mut candidate = vec![false; levels];
            order.iter().for_each(|level| candidate[level.code] = true);
            (0..levels).filter(|&level| !candidate[level]).for_each(set);
        }
        VectorSet { score: self.score, words, missing_left, left: self.left }
    }
}
