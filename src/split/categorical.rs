//! The best set of levels of a categorical feature.
//!
//! With few levels, one level against the rest. Otherwise levels are put in the order of their smoothed gradient ratio, in which the
//! best two-way partition is a prefix (Fisher 1958). What keeps rare levels from deciding is LightGBM's: `cat_smooth` draws levels
//! with little hessian to the middle of the order and leaves out those with very few rows, `min_data_per_group` makes candidate sets
//! differ by enough rows, and `cat_l2` makes a set earn more than a threshold would.
//!
//! Levels that are left out, and those without rows in the node, go where missing values go.

use super::gain::Regularisation;
use super::numeric::Scan;
use crate::Params;
use crate::histogram::{SlotForm, Sums};
use crate::simd::{Simd, dispatch};

/// Levels that are passed over together if none of them has rows enough.
const GROUP: usize = 64;

/// Whether any of some packed slots has a hessian of at least `least` units.
#[inline(always)]
fn any_heavy_body(words: &[u64], least: i64) -> bool {
    let mut heavy = false;
    for &word in words {
        heavy |= (word & 0xffff_ffff) as i64 >= least;
    }
    heavy
}
dispatch! { fn any_heavy(words: &[u64], least: i64) -> bool = any_heavy_body }

/// How sets of levels are searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelSearch {
    max_onehot: usize,
    max_threshold: usize,
    smooth: f64,
    min_group: f64,
    l2: f64,
}

/// A set of levels that go left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CategoricalSplit {
    /// The sum of the children's scores.
    pub score: f64,
    /// A bit for each level; set: it goes left.
    pub words: Vec<u64>,
    pub missing_left: bool,
    pub left: Sums,
}

/// A level that may be part of a set.
#[derive(Clone, Copy)]
struct CandidateLevel {
    code: u32,
    sums: Sums,
    /// Its rows in the node, estimated from its share of the hessian (exact where all hessians are equal).
    rows: f64,
    /// Its place in the order: the smoothed ratio of gradient and hessian.
    ratio: f64,
}

/// A candidate: `count` levels from position `from` go left.
#[derive(Clone, Copy)]
struct Candidate {
    score: f64,
    from: usize,
    count: usize,
    rest_left: bool,
    left: Sums,
}

/// The candidates of one feature, and the best of them so far.
struct Search<'a> {
    scan: &'a Scan<'a>,
    regularisation: Regularisation,
    /// Missing values and the levels that are left out.
    rest: Sums,
    /// Sets of so many levels and one are tried alone.
    only: Option<usize>,
    best: Option<Candidate>,
}

impl LevelSearch {
    pub fn new(params: &Params) -> Self {
        Self {
            max_onehot: params.max_cat_to_onehot as usize,
            max_threshold: params.max_cat_threshold as usize,
            smooth: params.cat_smooth,
            min_group: params.min_data_per_group,
            l2: params.cat_l2,
        }
    }

    /// The best set of levels of the feature whose bins begin at `slot`, if any leaves enough hessian on both sides. With a number from 0
    /// to 1, the best of those that have the size, or the one level, that it stands for.
    pub fn best_set(
        &self,
        simd: Simd,
        scan: &Scan<'_>,
        slot: usize,
        levels: usize,
        number: Option<f64>,
    ) -> Option<CategoricalSplit> {
        let onehot = levels <= self.max_onehot;
        let rows_per_hess = scan.rows as f64 / scan.total.hess as f64;
        // Half a row less, because rows are an estimate.
        let fewest = if onehot { 0.0 } else { self.smooth - 0.5 };
        // Most levels of a column with thousands have few rows in most nodes. A little less than `fewest`, so that rounding excludes none.
        let least = (fewest / rows_per_hess * 0.999_999) as i64;
        let mut order = Vec::new();
        for first in (0..levels).step_by(GROUP) {
            let group = slot + first..slot + levels.min(first + GROUP);
            if scan.histogram.form == SlotForm::Packed && !any_heavy(simd, &scan.histogram.words[group.clone()], least) {
                continue;
            }
            for at in group {
                let sums = scan.histogram.get(at);
                let rows = sums.hess as f64 * rows_per_hess;
                if sums.hess >= least && !sums.is_zero() && rows >= fewest {
                    order.push(CandidateLevel { code: (at - slot) as u32, sums, rows, ratio: self.ratio(scan, sums) });
                }
            }
        }
        let rest = order.iter().fold(scan.total, |rest, level| rest - level.sums);
        let choices = if onehot { order.len() } else { self.most(&order) };
        let only = number.map(|number| (number * choices as f64) as usize);
        let mut search = Search { scan, regularisation: scan.regularisation, rest, only, best: None };
        if onehot {
            let is_tried = |at: usize| only.is_none_or(|only| only == at);
            order.iter().enumerate().filter(|(at, _)| is_tried(*at)).for_each(|(at, level)| search.consider(at, 1, level.sums));
        } else {
            search.regularisation = scan.regularisation.with_more_lambda(self.l2);
            self.sort_ends(&mut order);
            self.prefixes(&mut search, &order);
        }
        search.best.map(|best| level_set(best, &search, &order, levels))
    }

    /// A level whose hessian rounds to nothing has no say about its place.
    fn ratio(&self, scan: &Scan<'_>, sums: Sums) -> f64 {
        let (grad, hess) = (sums.grad as f64 * scan.units.grad, sums.hess as f64 * scan.units.hess);
        if hess + self.smooth > 0.0 { grad / (hess + self.smooth) } else { 0.0 }
    }

    /// The most levels that a set may have.
    fn most(&self, order: &[CandidateLevel]) -> usize {
        self.max_threshold.min(order.len().div_ceil(2))
    }

    /// Puts the levels in the order of their ratios as far as it matters: the first and the last few, which sets are made of.
    fn sort_ends(&self, order: &mut [CandidateLevel]) {
        let by_ratio = |a: &CandidateLevel, b: &CandidateLevel| a.ratio.total_cmp(&b.ratio).then(a.code.cmp(&b.code));
        let most = self.most(order);
        if 2 * most < order.len() {
            let end = order.len() - most;
            order.select_nth_unstable_by(end, by_ratio);
            order[..end].select_nth_unstable_by(most, by_ratio);
            order[..most].sort_unstable_by(by_ratio);
            order[end..].sort_unstable_by(by_ratio);
        } else {
            order.sort_unstable_by(by_ratio);
        }
    }

    /// Tries the first and the last 1, 2, … levels as the left side.
    fn prefixes(&self, search: &mut Search<'_>, order: &[CandidateLevel]) {
        let most = self.most(order);
        self.grow_set(search, order[..most].iter().enumerate().map(|(i, level)| (0, i + 1, level)));
        let last = order.len();
        self.grow_set(search, order.iter().rev().take(most).enumerate().map(|(i, level)| (last - 1 - i, i + 1, level)));
    }

    /// Adds level after level to the left side and tries it whenever enough rows have come together.
    fn grow_set<'l>(&self, search: &mut Search<'_>, levels: impl Iterator<Item = (usize, usize, &'l CandidateLevel)>) {
        let mut left = Sums::default();
        let (mut group, mut outside) = (0.0, search.scan.rows as f64);
        for (from, count, level) in levels {
            left = left + level.sums;
            group += level.rows;
            outside -= level.rows;
            if outside < self.min_group {
                return;
            }
            if search.only.map_or(group >= self.min_group, |only| count == only + 1) {
                group = 0.0;
                search.consider(from, count, left);
            }
        }
    }
}

impl Search<'_> {
    /// Keeps the candidate if it is better than what was found before, with the rest on either side.
    fn consider(&mut self, from: usize, count: usize, left: Sums) {
        for (rest_left, left) in [(false, left), (true, left + self.rest)] {
            if rest_left && self.rest.is_zero() {
                continue;
            }
            let Some(score) = self.both_scores(left) else { continue };
            if self.best.is_none_or(|best| score > best.score) {
                self.best = Some(Candidate { score, from, count, rest_left, left });
            }
        }
    }

    /// The sum of the children's scores, if both have enough hessian.
    fn both_scores(&self, left: Sums) -> Option<f64> {
        let right = self.scan.total - left;
        let value = |sums: Sums| (sums.grad as f64 * self.scan.units.grad, sums.hess as f64 * self.scan.units.hess);
        let ((left_grad, left_hess), (right_grad, right_hess)) = (value(left), value(right));
        let least = self.regularisation.min_child_weight;
        let allowed = left_hess >= least && right_hess >= least && left_hess > 0.0 && right_hess > 0.0;
        if !allowed {
            return None;
        }
        let Scan { restraint, .. } = self.scan;
        if restraint.is_none() {
            return Some(self.regularisation.score(left_grad, left_hess) + self.regularisation.score(right_grad, right_hess));
        }
        let left = restraint.weight(&self.regularisation, left_grad, left_hess);
        let right = restraint.weight(&self.regularisation, right_grad, right_hess);
        let score = || {
            self.regularisation.score_at(left, left_grad, left_hess) + self.regularisation.score_at(right, right_grad, right_hess)
        };
        restraint.allows(left, right).then(score)
    }
}

/// The candidate as a set of levels. With nothing on the side of missing values yet, they go to the side with more hessian.
fn level_set(best: Candidate, search: &Search<'_>, order: &[CandidateLevel], levels: usize) -> CategoricalSplit {
    let missing_left = if search.rest.is_zero() { 2 * best.left.hess >= search.scan.total.hess } else { best.rest_left };
    let mut words = vec![0u64; levels.div_ceil(64)];
    let mut set = |level: u32| words[level as usize / 64] |= 1 << (level % 64);
    order[best.from..best.from + best.count].iter().for_each(|level| set(level.code));
    if missing_left {
        let mut candidate = vec![false; levels];
        order.iter().for_each(|level| candidate[level.code as usize] = true);
        (0..levels as u32).filter(|&level| !candidate[level as usize]).for_each(set);
    }
    CategoricalSplit { score: best.score, words, missing_left, left: best.left }
}
