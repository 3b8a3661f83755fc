//! The best set of levels of a categorical feature.
//!
//! With few levels, one level against the rest. Otherwise levels are put in the order of their smoothed gradient ratio, in which the
//! best two-way partition is a prefix (Fisher 1958; LightGBM's `cat_smooth`): a level with little hessian is drawn to the middle of
//! the order, so that rare levels do not decide, and `cat_l2` makes the set earn more than a threshold would.
//!
//! Levels without rows in the node go where missing values go.

use super::numeric::Scan;
use crate::Params;
use crate::histogram::Sums;

/// How sets of levels are searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelSearch {
    max_onehot: usize,
    max_threshold: usize,
    smooth: f64,
    l2: f64,
}

/// A set of levels that go left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LevelSet {
    /// The sum of the children's scores.
    pub score: f64,
    /// A bit for each level; set: it goes left.
    pub words: Vec<u64>,
    pub missing_left: bool,
    pub left: Sums,
}

/// A candidate: the first `count` of `order` (or the last, from the back) go left.
#[derive(Clone, Copy)]
struct Candidate {
    score: f64,
    from: usize,
    count: usize,
    missing_left: bool,
    left: Sums,
}

impl LevelSearch {
    pub fn new(params: &Params) -> Self {
        Self {
            max_onehot: params.max_cat_to_onehot as usize,
            max_threshold: params.max_cat_threshold as usize,
            smooth: params.cat_smooth,
            l2: params.cat_l2,
        }
    }

    /// The best set of levels of the feature whose bins begin at `slot`, if any leaves enough hessian on both sides.
    pub fn best_set(&self, scan: &Scan<'_>, slot: usize, levels: usize) -> Option<LevelSet> {
        let missing = scan.histogram.get(slot + levels);
        let mut order: Vec<(u32, Sums)> =
            (0..levels).map(|level| (level as u32, scan.histogram.get(slot + level))).filter(|(_, sums)| !sums.is_zero()).collect();
        let best = if levels <= self.max_onehot {
            one_against_rest(scan, &order, missing)
        } else {
            self.sort(scan, &mut order);
            self.prefixes(scan, &order, missing)
        };
        best.map(|best| level_set(best, scan, &order, missing.is_zero(), levels))
    }

    fn sort(&self, scan: &Scan<'_>, order: &mut [(u32, Sums)]) {
        let ratio = |sums: Sums| {
            let (grad, hess) = (sums.grad as f64 * scan.units.grad, sums.hess as f64 * scan.units.hess);
            // A level whose hessian rounds to nothing has no say about its place.
            if hess + self.smooth > 0.0 { grad / (hess + self.smooth) } else { 0.0 }
        };
        order.sort_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1)).then(a.0.cmp(&b.0)));
    }

    /// Tries the first and the last 1, 2, … levels, at most `max_cat_threshold`, as the left side.
    fn prefixes(&self, scan: &Scan<'_>, order: &[(u32, Sums)], missing: Sums) -> Option<Candidate> {
        let scan = Scan { regularisation: scan.regularisation.with_more_lambda(self.l2), ..*scan };
        let most = self.max_threshold.min(order.len());
        let mut best = None;
        let mut left = Sums::default();
        for (i, level) in order[..most].iter().enumerate() {
            left = left + level.1;
            consider(&mut best, &scan, 0, i + 1, left, missing);
        }
        let mut left = Sums::default();
        for (i, level) in order.iter().rev().take(most).enumerate() {
            left = left + level.1;
            consider(&mut best, &scan, order.len() - 1 - i, i + 1, left, missing);
        }
        best
    }
}

fn one_against_rest(scan: &Scan<'_>, order: &[(u32, Sums)], missing: Sums) -> Option<Candidate> {
    let mut best = None;
    for (i, level) in order.iter().enumerate() {
        consider(&mut best, scan, i, 1, level.1, missing);
    }
    best
}

/// Keeps the candidate if it is better than what was found before, with missing values on either side.
fn consider(best: &mut Option<Candidate>, scan: &Scan<'_>, from: usize, count: usize, left: Sums, missing: Sums) {
    for (missing_left, left) in [(false, left), (true, left + missing)] {
        if missing_left && missing.is_zero() {
            continue;
        }
        let Some(score) = both_scores(scan, left) else { continue };
        if best.is_none_or(|best| score > best.score) {
            *best = Some(Candidate { score, from, count, missing_left, left });
        }
    }
}

/// The sum of the children's scores, if both have enough hessian.
fn both_scores(scan: &Scan<'_>, left: Sums) -> Option<f64> {
    let right = scan.total - left;
    let value = |sums: Sums| (sums.grad as f64 * scan.units.grad, sums.hess as f64 * scan.units.hess);
    let ((left_grad, left_hess), (right_grad, right_hess)) = (value(left), value(right));
    let least = scan.regularisation.min_child_weight;
    let allowed = left_hess >= least && right_hess >= least && left_hess > 0.0 && right_hess > 0.0;
    allowed.then(|| scan.regularisation.score(left_grad, left_hess) + scan.regularisation.score(right_grad, right_hess))
}

fn level_set(best: Candidate, scan: &Scan<'_>, order: &[(u32, Sums)], none_missing: bool, levels: usize) -> LevelSet {
    let missing_left = if none_missing { 2 * best.left.hess >= scan.total.hess } else { best.missing_left };
    let mut words = vec![0u64; levels.div_ceil(64)];
    let mut set = |level: u32| words[level as usize / 64] |= 1 << (level % 64);
    order[best.from..best.from + best.count].iter().for_each(|(level, _)| set(*level));
    if missing_left {
        let mut present = vec![false; levels];
        order.iter().for_each(|(level, _)| present[*level as usize] = true);
        (0..levels as u32).filter(|&level| !present[level as usize]).for_each(set);
    }
    LevelSet { score: best.score, words, missing_left, left: best.left }
}
