//! [`SplitFinder`]: the best split of a node over all its features.

use super::categorical::{CategoricalSplit, LevelSearch};
use super::gain::Regularisation;
use super::node::NodeContext;
use super::numeric::{Scan, Scratch, best_score, best_threshold};
use crate::Params;
use crate::binning::{BinMapper, BinnedMatrix, FeatureBins};
use crate::execution::Execution;
use crate::histogram::{Histogram, Sums, Units};
use crate::profile::Phase;
use rayon::prelude::*;

/// Features that one task scans. Nodes with fewer are scanned on the spot.
const FEATURES_PER_TASK: usize = 64;

/// Which rows of a node go left, in terms of bins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BinCondition {
    /// Values in bins up to this one.
    Bin(usize),
    /// Levels whose bit is set.
    Levels(Vec<u64>),
}

/// A split that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SplitInfo {
    pub gain: f64,
    pub feature: u32,
    pub condition: BinCondition,
    pub missing_left: bool,
    pub left: Sums,
    pub right: Sums,
}

/// A split, and what it is compared by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The sum of the children's scores.
    pub score: f64,
    pub split: SplitInfo,
}

impl Candidate {
    /// The better of two candidates of different features.
    pub fn better(self, other: Self) -> Self {
        if is_better((other.score, other.split.feature), (self.score, self.split.feature)) { other } else { self }
    }
}

/// What some features of a node have to offer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Candidates {
    pub best: Option<Candidate>,
    /// The features that this node or a part of it may be split on, if they were to be listed.
    pub splittable: Vec<u32>,
}

/// Finds splits.
#[derive(Clone, Copy)]
pub(crate) struct SplitFinder<'a> {
    mapper: &'a BinMapper,
    matrix: &'a BinnedMatrix,
    pub regularisation: Regularisation,
    levels: LevelSearch,
    execution: Execution<'a>,
}

impl<'a> SplitFinder<'a> {
    pub fn new(params: &Params, mapper: &'a BinMapper, matrix: &'a BinnedMatrix, execution: Execution<'a>) -> Self {
        Self { mapper, matrix, regularisation: Regularisation::new(params), levels: LevelSearch::new(params), execution }
    }

    /// Whether a node with so many features is worth a list of those that may be split on.
    pub fn lists(features: usize) -> bool {
        features > FEATURES_PER_TASK
    }

    /// The split with the largest gain among `features` (ascending); the lowest feature, then the lowest bin, wins a tie.
    ///
    /// A numeric feature whose every threshold leaves too little hessian on one side does so in every part of the node: where features
    /// are listed, such are not.
    pub fn best(&self, node: &NodeContext, histogram: &Histogram, units: Units, features: &[u32], list: bool) -> Candidates {
        let total = node.sums;
        let scan = Scan { histogram, total, rows: node.rows, units, regularisation: self.regularisation };
        let (best, splittable) = if list {
            let found: Vec<_> = features.par_chunks(FEATURES_PER_TASK).map(|features| self.scan(&scan, features)).collect();
            let splittable = found.iter().flat_map(|(_, splittable)| splittable).copied().collect();
            (found.into_iter().filter_map(|(best, _)| best).reduce(better), splittable)
        } else {
            (self.scan(&scan, features).0, Vec::new())
        };
        let parent = self.regularisation.score(total.grad as f64 * units.grad, total.hess as f64 * units.hess);
        let worthwhile = |best: &Found| self.regularisation.is_worthwhile(best.score, parent);
        let split = |found| self.execution.profiler.task(Phase::Scan, || self.candidate(&scan, found, parent));
        Candidates { best: best.filter(worthwhile).and_then(split), splittable }
    }

    /// The best that some features have to offer, and those that have anything.
    fn scan(&self, scan: &Scan<'_>, features: &[u32]) -> (Option<Found>, Vec<u32>) {
        self.execution.profiler.task(Phase::Scan, || self.scan_now(scan, features))
    }

    fn scan_now(&self, scan: &Scan<'_>, features: &[u32]) -> (Option<Found>, Vec<u32>) {
        let mut scratch = Scratch::new();
        let mut splittable = Vec::with_capacity(features.len());
        let mut best: Option<Found> = None;
        for &feature in features {
            let found = self.best_of(scan, feature, &mut scratch);
            if found.is_some() || matches!(self.mapper.features()[feature as usize], FeatureBins::Categorical { .. }) {
                splittable.push(feature);
            }
            best = match (best, found) {
                (Some(best), Some(found)) => Some(better(best, found)),
                (best, found) => best.or(found),
            };
        }
        (best, splittable)
    }

    /// The best split of one feature.
    fn best_of(&self, scan: &Scan<'_>, feature: u32, scratch: &mut Scratch) -> Option<Found> {
        let layout = self.matrix.layout(feature);
        if layout.most_frequent.is_some_and(|slot| scan.histogram.get(slot) == scan.total) {
            // All rows, or all that count, are in one bin.
            return None;
        }
        let (score, levels) = match &self.mapper.features()[feature as usize] {
            FeatureBins::Numeric { .. } => (best_score(self.execution.simd, scan, layout.slot, layout.value_bins, scratch)?, None),
            FeatureBins::Categorical { levels } => {
                let best = self.levels.best_set(self.execution.simd, scan, layout.slot, *levels)?;
                (best.score, Some(best))
            }
        };
        Some(Found { score, feature, levels })
    }

    /// What was found, in full; `parent` is the node's own score.
    fn candidate(&self, scan: &Scan<'_>, found: Found, parent: f64) -> Option<Candidate> {
        let Found { feature, levels, score } = found;
        let gain = score - parent;
        let (condition, missing_left, left) = match levels {
            None => {
                let layout = self.matrix.layout(feature);
                let best = best_threshold(self.execution.simd, scan, layout.slot, layout.value_bins)?;
                (BinCondition::Bin(best.bin), best.missing_left, best.left)
            }
            Some(best) => (BinCondition::Levels(best.words), best.missing_left, best.left),
        };
        let split = SplitInfo { gain, feature, condition, missing_left, left, right: scan.total - left };
        Some(Candidate { score, split })
    }
}

/// The best that one feature has to offer.
struct Found {
    /// The sum of the children's scores.
    score: f64,
    feature: u32,
    /// Of a categorical feature; a numeric one's threshold is looked for once it is known to win.
    levels: Option<CategoricalSplit>,
}

/// The better of what two features have to offer.
fn better(a: Found, b: Found) -> Found {
    if is_better((b.score, b.feature), (a.score, a.feature)) { b } else { a }
}

/// Whether a score of a feature wins over that of another one.
fn is_better((score, feature): (f64, u32), other: (f64, u32)) -> bool {
    score > other.0 || (score == other.0 && feature < other.1)
}
