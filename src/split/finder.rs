//! [`SplitFinder`]: the best split of a node over all its features.

use super::categorical::{LevelScan, LevelScratch, LevelSearch, best_set_score};
use super::gain::Regularisation;
use super::node::{Bounds, NodeContext};
use super::numeric::{NumericSplit, Scan, Scratch, best_score, best_threshold, threshold_at};
use super::restraint::{Restraint, Smoothing};
use super::rules::FeatureRules;
use crate::Params;
use crate::binning::{BinMapper, BinnedMatrix, FeatureBins};
use crate::execution::Execution;
use crate::histogram::{Histogram, Sums, Units};
use crate::params::MonotoneMethod;
use crate::profile::Phase;
use crate::sampling;
use rayon::prelude::*;

/// Features that one task scans. Nodes with fewer are scanned on the spot.
pub(super) const FEATURES_PER_TASK: usize = 64;

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
    /// The sums of the sides, of all outputs together.
    pub left: Sums,
    pub right: Sums,
    /// Those of the left side in each output, where the tree has several.
    pub left_outputs: Vec<Sums>,
}

impl SplitInfo {
    /// How the weights of the children must differ: values may differ from missing ones in any direction.
    pub fn direction(&self, rules: &FeatureRules, mapper: &BinMapper) -> f64 {
        let is_of_missing = match &self.condition {
            BinCondition::Bin(bin) => !self.missing_left && bin + 1 == mapper.features()[self.feature as usize].value_bins(),
            BinCondition::Levels(_) => false,
        };
        if is_of_missing { 0.0 } else { rules.direction(self.feature) }
    }
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
    pub(super) mapper: &'a BinMapper,
    pub(super) matrix: &'a BinnedMatrix,
    pub regularisation: Regularisation,
    pub(super) levels: LevelSearch,
    rules: &'a FeatureRules,
    /// Whether bounds of leaves follow the weights of other leaves.
    is_intermediate: bool,
    path_smooth: f64,
    /// Where only one random candidate of each feature is tried: what those of this tree are drawn by.
    pub(super) random: Option<u64>,
    pub(super) execution: Execution<'a>,
}

impl<'a> SplitFinder<'a> {
    pub fn new(
        params: &Params,
        rules: &'a FeatureRules,
        mapper: &'a BinMapper,
        matrix: &'a BinnedMatrix,
        execution: Execution<'a>,
    ) -> Self {
        Self {
            mapper,
            matrix,
            regularisation: Regularisation::new(params),
            levels: LevelSearch::new(params),
            rules,
            is_intermediate: params.monotone_constraints_method == MonotoneMethod::Intermediate && rules.are_monotone(),
            path_smooth: params.path_smooth,
            random: None,
            execution,
        }
    }

    /// The same for one random candidate of each feature and node, drawn by `key`.
    #[must_use]
    pub fn at_random(self, key: u64) -> Self {
        Self { random: Some(key), ..self }
    }

    /// The weight of a node, as its children and those that are compared with them see it.
    pub fn weight(&self, node: &NodeContext, units: Units) -> f64 {
        let (grad, hess) = (node.sums.grad as f64 * units.grad, node.sums.hess as f64 * units.hess);
        let weight = self.regularisation.weight(grad, hess);
        let smooth = match node.parent_weight {
            Some(centre) if self.path_smooth > 0.0 => Smoothing { rows: self.path_smooth, centre }.apply(weight, node.rows as f64),
            _ => weight,
        };
        node.bounds.clamp(smooth)
    }

    /// The weights that leaves below the children of a node may have.
    pub fn children_bounds(&self, node: &NodeContext, split: &SplitInfo, units: Units) -> [Bounds; 2] {
        let direction = split.direction(self.rules, self.mapper);
        if direction == 0.0 {
            return [node.bounds; 2];
        }
        let [left, right] = self.children_weights(node, split, units);
        match self.is_intermediate {
            true => node.bounds.between(direction, left, right),
            false => node.bounds.split(direction, left, right),
        }
    }

    /// The weights of the children of a node, within its bounds.
    pub fn children_weights(&self, node: &NodeContext, split: &SplitInfo, units: Units) -> [f64; 2] {
        let restraint = Restraint::of(node, self.path_smooth, self.weight(node, units), units);
        let weight =
            |sums: Sums| restraint.weight(&self.regularisation, sums.grad as f64 * units.grad, sums.hess as f64 * units.hess);
        [weight(split.left), weight(split.right)]
    }

    /// Whether bounds of leaves follow the weights of other leaves, and some feature has a direction.
    pub fn is_intermediate(&self) -> bool {
        self.is_intermediate
    }

    /// Whether a node with so many features is worth a list of those that may be split on.
    pub fn lists(features: usize) -> bool {
        features > FEATURES_PER_TASK
    }

    /// The split with the largest gain among `features` (ascending); the lowest feature, then the lowest bin, wins a tie.
    ///
    /// A numeric feature whose every threshold leaves too little hessian on one side does so in every part of the node: where features
    /// are listed, such are not. Where weights are not free, or candidates are random, there are other reasons not to find any.
    pub fn best(&self, node: &NodeContext, histogram: &Histogram, units: Units, features: &[u32], list: bool) -> Candidates {
        if !node.outputs.is_empty() {
            return self.best_of_outputs(node, histogram, units, features, list);
        }
        let total = node.sums;
        let weight = self.weight(node, units);
        let restraint = Restraint::of(node, self.path_smooth, weight, units);
        let random = self.random.map(|key| sampling::mix(key ^ node.path));
        let scan = Scan { histogram, total, rows: node.rows, units, regularisation: self.regularisation, restraint, random };
        let (best, splittable) = if list {
            let found: Vec<_> = features.par_chunks(FEATURES_PER_TASK).map(|features| self.scan(&scan, features)).collect();
            let splittable = found.iter().flat_map(|(_, splittable)| splittable).copied().collect();
            (found.into_iter().filter_map(|(best, _)| best).reduce(better), splittable)
        } else {
            (self.scan(&scan, features).0, Vec::new())
        };
        let (grad, hess) = (total.grad as f64 * units.grad, total.hess as f64 * units.hess);
        let parent = match restraint.is_none() {
            true => self.regularisation.score(grad, hess),
            // As if the node were its own child.
            false => self.regularisation.score_at(restraint.weight(&self.regularisation, grad, hess), grad, hess),
        };
        let worthwhile = |best: &Found| self.regularisation.is_worthwhile(best.score, parent);
        let split = |found| self.execution.profiler.task(Phase::Scan, || self.candidate(&scan, found, parent));
        Candidates { best: best.filter(worthwhile).and_then(split), splittable }
    }

    /// The best that some features have to offer, and those that have anything.
    fn scan(&self, scan: &Scan<'_>, features: &[u32]) -> (Option<Found>, Vec<u32>) {
        self.execution.profiler.task(Phase::Scan, || self.scan_now(scan, features))
    }

    fn scan_now(&self, scan: &Scan<'_>, features: &[u32]) -> (Option<Found>, Vec<u32>) {
        let mut scratch = (Scratch::new(), LevelScratch::default());
        let mut splittable = Vec::with_capacity(features.len());
        let mut best: Option<Found> = None;
        for &feature in features {
            let directed;
            let scan = match self.rules.direction(feature) {
                0.0 => scan,
                direction => {
                    directed = Scan { restraint: scan.restraint.with_direction(direction), ..*scan };
                    &directed
                }
            };
            let found = self.best_of(scan, feature, &mut scratch);
            let is_certain = scan.restraint.is_none() && scan.random.is_none();
            if found.is_some() || !is_certain || matches!(self.mapper.features()[feature as usize], FeatureBins::Categorical { .. })
            {
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
    fn best_of(&self, scan: &Scan<'_>, feature: u32, scratch: &mut (Scratch, LevelScratch)) -> Option<Found> {
        let layout = self.matrix.layout(feature);
        if layout.most_frequent.is_some_and(|slot| scan.histogram.get(slot) == scan.total) {
            // All rows, or all that count, are in one bin.
            return None;
        }
        let simd = self.execution.simd;
        let number = scan.random.map(|key| sampling::number(key, u64::from(feature)));
        let (score, place) = match (&self.mapper.features()[feature as usize], number) {
            (FeatureBins::Numeric { .. }, None) => {
                (best_score(simd, scan, layout.slot, layout.value_bins, &mut scratch.0)?, Place::OfScore)
            }
            (FeatureBins::Numeric { .. }, Some(number)) => {
                let (score, split) = threshold_at(scan, layout.slot, layout.value_bins, number)?;
                (score, Place::Threshold(split))
            }
            (FeatureBins::Categorical { levels }, number) => {
                let feature = LevelScan { scan, slot: layout.slot, levels: *levels, number };
                (best_set_score(simd, &self.levels, feature, &mut scratch.1)?, Place::OfScore)
            }
        };
        Some(Found { score, feature, place })
    }

    /// What was found, in full; `parent` is the node's own score.
    fn candidate(&self, scan: &Scan<'_>, found: Found, parent: f64) -> Option<Candidate> {
        let Found { feature, place, score } = found;
        let scan = &Scan { restraint: scan.restraint.with_direction(self.rules.direction(feature)), ..*scan };
        let gain = score - parent;
        let of_threshold = |split: NumericSplit| (BinCondition::Bin(split.bin), split.missing_left, split.left);
        let (simd, layout) = (self.execution.simd, self.matrix.layout(feature));
        let (condition, missing_left, left) = match (place, &self.mapper.features()[feature as usize]) {
            (Place::Threshold(split), _) => of_threshold(split),
            (Place::OfScore, FeatureBins::Numeric { .. }) => {
                of_threshold(best_threshold(simd, scan, layout.slot, layout.value_bins)?)
            }
            (Place::OfScore, FeatureBins::Categorical { levels }) => {
                let number = scan.random.map(|key| sampling::number(key, u64::from(feature)));
                let best = self.levels.best_set(simd, LevelScan { scan, slot: layout.slot, levels: *levels, number })?;
                (BinCondition::Levels(best.words), best.missing_left, best.left)
            }
        };
        let split = SplitInfo { gain, feature, condition, missing_left, left, right: scan.total - left, left_outputs: Vec::new() };
        Some(Candidate { score, split })
    }
}

/// The best that one feature has to offer.
struct Found {
    /// The sum of the children's scores.
    score: f64,
    feature: u32,
    place: Place,
}

/// Where the split of a feature is.
enum Place {
    /// Where this score is, which is looked for once it is known to win.
    OfScore,
    Threshold(NumericSplit),
}

/// The better of what two features have to offer.
fn better(a: Found, b: Found) -> Found {
    if is_better((b.score, b.feature), (a.score, a.feature)) { b } else { a }
}

/// Whether a score of a feature wins over that of another one.
pub(super) fn is_better((score, feature): (f64, u32), other: (f64, u32)) -> bool {
    score > other.0 || (score == other.0 && feature < other.1)
}
