//! The best set of levels of a categorical feature.
//!
//! With few levels, one level against the rest. Otherwise levels are put in the order of their smoothed gradient ratio, in which the
//! best two-way partition is a prefix (Fisher 1958). What keeps rare levels from deciding is LightGBM's: `cat_smooth` draws levels
//! with little hessian to the middle of the order and leaves out those with very few rows, `min_data_per_group` makes candidate sets
//! differ by enough rows, and `cat_l2` makes a set earn more than a threshold would.
//!
//! Levels that are left out, and those without rows in the node, go where missing values go.

use super::gain::Regularisation;
use super::levels::Levels;
use super::numeric::Scan;
use crate::Params;
use crate::histogram::Sums;
use crate::simd::{Simd, dispatch};

/// How sets of levels are searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelSearch {
    pub(super) max_onehot: usize,
    max_threshold: usize,
    pub(super) smooth: f64,
    pub(super) min_group: f64,
    l2: f64,
}

/// A set of levels that go left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CategoricalSplit {
    /// A bit for each level; set: it goes left.
    pub words: Vec<u64>,
    pub missing_left: bool,
    pub left: Sums,
}

/// A categorical feature in the histogram of a node.
#[derive(Clone, Copy)]
pub(crate) struct LevelScan<'a> {
    pub scan: &'a Scan<'a>,
    /// Where its bins begin.
    pub slot: usize,
    pub levels: usize,
    /// From 0 to 1: of sets, only those are tried whose size, or whose one level, it stands for.
    pub number: Option<f64>,
}

/// Memory for the search, to be used for feature after feature.
#[derive(Default)]
pub(crate) struct LevelScratch {
    levels: Levels,
    candidates: Candidates,
}

/// Sets that may go left, in the order in which they are tried: the first of the best ones wins.
#[derive(Default)]
struct Candidates {
    sets: Vec<Set>,
    grads: Vec<i64>,
    hesses: Vec<i64>,
    scores: Vec<f64>,
}

/// `count` levels from place `from` of the order, and the rest, if it goes left, too.
#[derive(Clone, Copy)]
struct Set {
    from: usize,
    count: usize,
    rest_left: bool,
}

dispatch! {
    /// The sum of the children's scores of the best set of levels, if any leaves enough hessian on both sides.
    pub(crate) fn best_set_score(search: &LevelSearch, feature: LevelScan<'_>, scratch: &mut LevelScratch) -> Option<f64> = best_score_body
}

#[inline(always)]
fn best_score_body(search: &LevelSearch, feature: LevelScan<'_>, scratch: &mut LevelScratch) -> Option<f64> {
    best_body(search, feature, scratch).map(|at| scratch.candidates.scores[at])
}

dispatch! { fn best(search: &LevelSearch, feature: LevelScan<'_>, scratch: &mut LevelScratch) -> Option<usize> = best_body }

/// Tries all sets; the number of the best one.
#[inline(always)]
fn best_body(search: &LevelSearch, feature: LevelScan<'_>, scratch: &mut LevelScratch) -> Option<usize> {
    let LevelScan { scan, slot, levels: count, number } = feature;
    let LevelScratch { levels, candidates } = scratch;
    let is_onehot = search.is_onehot(count);
    // Half a row less, because rows are an estimate.
    levels.collect(scan, slot, count, if is_onehot { 0.0 } else { search.smooth - 0.5 });
    let rest = scan.total - levels.total();
    let choices = if is_onehot { levels.len() } else { search.most(levels) };
    let only = number.map(|number| (number * choices as f64) as usize);
    candidates.clear();
    let regularisation = if is_onehot {
        levels.keep_order();
        for at in (0..levels.len()).filter(|&at| only.is_none_or(|only| only == at)) {
            candidates.push(at, 1, levels.at(at).0, rest);
        }
        scan.regularisation
    } else {
        levels.sort_ends(scan, search.smooth, choices);
        let last = levels.len();
        search.grow_set(scan, levels, only, (0..choices).map(|i| (i, 0)), rest, candidates);
        search.grow_set(scan, levels, only, (0..choices).map(|i| (last - 1 - i, last - 1 - i)), rest, candidates);
        scan.regularisation.with_more_lambda(search.l2)
    };
    candidates.score(scan, regularisation);
    candidates.best()
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

    /// The best set of levels, whose score is [`best_set_score`].
    pub fn best_set(&self, simd: Simd, feature: LevelScan<'_>) -> Option<CategoricalSplit> {
        let mut scratch = LevelScratch::default();
        let at = best(simd, self, feature, &mut scratch)?;
        Some(scratch.split(at, feature))
    }

    /// Whether one level is tried against the others, not sets of them.
    fn is_onehot(&self, levels: usize) -> bool {
        levels <= self.max_onehot
    }

    /// The most levels that a set of so many may have.
    pub(super) fn most_of(&self, levels: usize) -> usize {
        self.max_threshold.min(levels.div_ceil(2))
    }

    /// The regularisation of sets of sorted levels.
    pub(super) fn of_sorted(&self, regularisation: Regularisation) -> Regularisation {
        regularisation.with_more_lambda(self.l2)
    }

    /// The most levels that a set may have.
    #[inline(always)]
    fn most(&self, levels: &Levels) -> usize {
        self.max_threshold.min(levels.len().div_ceil(2))
    }

    /// Adds level after level, given by its place and the first place of the set with it, and makes it a candidate whenever enough rows have
    /// come together.
    #[inline(always)]
    fn grow_set(
        &self,
        scan: &Scan<'_>,
        levels: &Levels,
        only: Option<usize>,
        places: impl Iterator<Item = (usize, usize)>,
        rest: Sums,
        candidates: &mut Candidates,
    ) {
        let mut left = Sums::default();
        let (mut group, mut outside) = (0.0, scan.rows as f64);
        for (i, (place, from)) in places.enumerate() {
            let (sums, rows) = levels.at(place);
            left = left + sums;
            group += rows;
            outside -= rows;
            if outside < self.min_group {
                return;
            }
            if only.map_or(group >= self.min_group, |only| i == only) {
                group = 0.0;
                candidates.push(from, i + 1, left, rest);
            }
        }
    }
}

/// The rank of sets that leave too little hessian on a side: below all scores.
const FORBIDDEN: f64 = f64::NEG_INFINITY;

impl Candidates {
    fn clear(&mut self) {
        self.sets.clear();
        self.grads.clear();
        self.hesses.clear();
    }

    /// Adds a set that sums to `levels`, with the rest on either side.
    #[inline(always)]
    fn push(&mut self, from: usize, count: usize, levels: Sums, rest: Sums) {
        self.push_one(Set { from, count, rest_left: false }, levels);
        if !rest.is_zero() {
            self.push_one(Set { from, count, rest_left: true }, levels + rest);
        }
    }

    #[inline(always)]
    fn push_one(&mut self, set: Set, left: Sums) {
        self.sets.push(set);
        self.grads.push(left.grad);
        self.hesses.push(left.hess);
    }

    /// Scores all.
    #[inline(always)]
    fn score(&mut self, scan: &Scan<'_>, regularisation: Regularisation) {
        self.scores.resize(self.sets.len(), 0.0);
        let Scan { total, units, restraint, .. } = *scan;
        let least = regularisation.min_child_weight;
        let each = self.scores.iter_mut().zip(&self.grads).zip(&self.hesses);
        let sides = |grad: i64, hess: i64| {
            let value = |sums: Sums| (sums.grad as f64 * units.grad, sums.hess as f64 * units.hess);
            let left = Sums { grad, hess };
            (value(left), value(total - left))
        };
        let allowed = |left: f64, right: f64| (left >= least) & (right >= least) & (left > 0.0) & (right > 0.0);
        if restraint.is_none() {
            for ((score, &grad), &hess) in each {
                let (left, right) = sides(grad, hess);
                let sum = regularisation.score(left.0, left.1) + regularisation.score(right.0, right.1);
                *score = if allowed(left.1, right.1) { sum } else { FORBIDDEN };
            }
        } else {
            for ((score, &grad), &hess) in each {
                let (left, right) = sides(grad, hess);
                let left_weight = restraint.weight(&regularisation, left.0, left.1);
                let right_weight = restraint.weight(&regularisation, right.0, right.1);
                let sum =
                    regularisation.score_at(left_weight, left.0, left.1) + regularisation.score_at(right_weight, right.0, right.1);
                let allowed = allowed(left.1, right.1) & restraint.allows(left_weight, right_weight);
                *score = if allowed { sum } else { FORBIDDEN };
            }
        }
    }

    /// The number of the first of those with the highest score, if any is allowed.
    #[inline(always)]
    fn best(&self) -> Option<usize> {
        let mut best = (FORBIDDEN, None);
        for (at, &score) in self.scores.iter().enumerate() {
            if score > best.0 {
                best = (score, Some(at));
            }
        }
        best.1
    }
}

impl LevelScratch {
    /// A candidate as a set of levels. With nothing on the side of missing values yet, they go to the side with more hessian.
    fn split(&self, at: usize, feature: LevelScan<'_>) -> CategoricalSplit {
        let LevelScan { scan, levels: count, .. } = feature;
        let Self { levels, candidates } = self;
        let Set { from, count: of_set, rest_left } = candidates.sets[at];
        let left = Sums { grad: candidates.grads[at], hess: candidates.hesses[at] };
        let rest_is_zero = (scan.total - levels.total()).is_zero();
        let missing_left = if rest_is_zero { 2 * left.hess >= scan.total.hess } else { rest_left };
        let mut words = vec![0u64; count.div_ceil(64)];
        let mut set = |level: u32| words[level as usize / 64] |= 1 << (level % 64);
        levels.codes_at(from..from + of_set).for_each(&mut set);
        if missing_left {
            let mut candidate = vec![false; count];
            levels.codes().iter().for_each(|&code| candidate[code as usize] = true);
            (0..count as u32).filter(|&level| !candidate[level as usize]).for_each(set);
        }
        CategoricalSplit { words, missing_left, left }
    }
}
