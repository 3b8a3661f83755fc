//! The best split of a node in trees of several outputs. Thresholds are scored in `vector_scores.rs`, sets of levels in `vector_levels.rs`.

use super::finder::{BinCondition, Candidate, Candidates, FEATURES_PER_TASK, SplitFinder, SplitInfo, is_better};
use super::node::NodeContext;
use super::vector_levels::VectorSet;
use super::vector_scores::{BinScore, VectorScan, VectorScorer};
use crate::binning::{FeatureBins, FeatureLayout};
use crate::histogram::{Histogram, Sums, Units};
use crate::profile::Phase;
use crate::sampling;
use rayon::prelude::*;

/// Sums that one task scans.
const SUMS_PER_TASK: usize = 16_384;

/// The best that one feature has to offer.
struct Found {
    /// The sum of the children's scores.
    score: f64,
    feature: u32,
    place: Place,
}

enum Place {
    Threshold { bin: usize, missing_left: bool },
    Levels(VectorSet),
}

impl SplitFinder<'_> {
    /// What [`SplitFinder::best`] says of a node of several outputs.
    pub(super) fn best_of_outputs(
        &self,
        node: &NodeContext,
        histogram: &Histogram,
        units: Units,
        features: &[u32],
        list: bool,
    ) -> Candidates {
        let scorer = VectorScorer::new(self.regularisation, units);
        let scan = VectorScan { histogram, totals: &node.outputs, total: node.sums, rows: node.rows, units, scorer };
        let random = self.random.map(|key| sampling::mix(key ^ node.path));
        let slots: usize = features.iter().map(|&feature| self.matrix.layout(feature).value_bins + 1).sum();
        let tasks = (slots * node.outputs.len()).div_ceil(SUMS_PER_TASK).max(1);
        let per_task = features.len().div_ceil(tasks).clamp(1, FEATURES_PER_TASK);
        let found: Vec<_> = features.par_chunks(per_task).map(|features| self.scan_outputs(&scan, random, features)).collect();
        let splittable = found.iter().flat_map(|(_, splittable)| splittable).copied().collect();
        let best = found.into_iter().filter_map(|(best, _)| best).reduce(better);
        let parent = scorer.node(scan.totals);
        let outputs = node.outputs.len() as f64;
        let best = best.filter(|best| self.regularisation.is_worthwhile_of(best.score, parent, outputs));
        let best = best.map(|found| self.vector_candidate(&scan, found, parent));
        Candidates { best, splittable: if list { splittable } else { Vec::new() } }
    }

    fn scan_outputs(&self, scan: &VectorScan<'_>, random: Option<u64>, features: &[u32]) -> (Option<Found>, Vec<u32>) {
        self.execution.profiler.task(Phase::Scan, || {
            let mut scratch = Vec::new();
            let mut splittable = Vec::with_capacity(features.len());
            let mut best: Option<Found> = None;
            for &feature in features {
                let found = self.best_of_feature(scan, random, feature, &mut scratch);
                let is_certain =
                    random.is_none() && matches!(self.mapper.features()[feature as usize], FeatureBins::Numeric { .. });
                if found.is_some() || !is_certain {
                    splittable.push(feature);
                }
                best = match (best, found) {
                    (Some(best), Some(found)) => Some(better(best, found)),
                    (best, found) => best.or(found),
                };
            }
            (best, splittable)
        })
    }

    fn best_of_feature(
        &self,
        scan: &VectorScan<'_>,
        random: Option<u64>,
        feature: u32,
        scratch: &mut Vec<BinScore>,
    ) -> Option<Found> {
        let layout = self.matrix.layout(feature);
        if layout.most_frequent.is_some_and(|slot| scan.slot(slot).eq(scan.totals.iter().copied())) {
            // All rows, or all that count, are in one bin.
            return None;
        }
        let number = random.map(|key| sampling::number(key, u64::from(feature)));
        match &self.mapper.features()[feature as usize] {
            FeatureBins::Numeric { .. } => self.best_threshold_of(scan, feature, layout, number, scratch),
            FeatureBins::Categorical { levels } => {
                let set = self.levels.best_vector_set(scan, layout.slot, *levels, number)?;
                Some(Found { score: set.score, feature, place: Place::Levels(set) })
            }
        }
    }

    /// The best threshold of a feature: the lowest bin of several, and missing values go left only if they would not do as well on the right.
    fn best_threshold_of(
        &self,
        scan: &VectorScan<'_>,
        feature: u32,
        layout: FeatureLayout,
        number: Option<f64>,
        scratch: &mut Vec<BinScore>,
    ) -> Option<Found> {
        let missing = layout.slot + layout.value_bins;
        let has_missing = !scan.is_empty(missing);
        scratch.resize(layout.value_bins, BinScore::default());
        let mut best: Option<(f64, usize, bool)> = None;
        for missing_left in [false, true].into_iter().take(1 + usize::from(has_missing)) {
            scan.score(self.execution.simd, layout.slot, missing_left.then_some(missing), scratch);
            let only = match number {
                None => None,
                Some(number) => Some(drawn(scratch, has_missing, number)?),
            };
            for (bin, threshold) in scratch.iter().enumerate() {
                let is_tried = scan.scorer.allows(threshold) && only.is_none_or(|only| only == bin);
                if is_tried && best.is_none_or(|(score, ..)| threshold.score > score) {
                    best = Some((threshold.score, bin, missing_left));
                }
            }
        }
        let (score, bin, tried_left) = best?;
        let missing_left = if has_missing { tried_left } else { self.heavier_left(scan, layout.slot, bin) };
        Some(Found { score: scan.scorer.worth(score), feature, place: Place::Threshold { bin, missing_left } })
    }

    /// Whether the left side has at least as much hessian as the right one.
    fn heavier_left(&self, scan: &VectorScan<'_>, slot: usize, bin: usize) -> bool {
        let left: i64 = (slot..=slot + bin).flat_map(|slot| scan.slot(slot)).map(|sums| sums.hess).sum();
        2 * left >= scan.total.hess
    }

    /// What was found, in full.
    fn vector_candidate(&self, scan: &VectorScan<'_>, found: Found, parent: f64) -> Candidate {
        let Found { score, feature, place } = found;
        let (condition, missing_left, outputs) = match place {
            Place::Threshold { bin, missing_left } => {
                let layout = self.matrix.layout(feature);
                let mut left = vec![Sums::default(); scan.totals.len()];
                (layout.slot..=layout.slot + bin).for_each(|slot| scan.add(slot, &mut left));
                if missing_left {
                    scan.add(layout.slot + layout.value_bins, &mut left);
                }
                (BinCondition::Bin(bin), missing_left, left)
            }
            Place::Levels(set) => (BinCondition::Levels(set.words), set.missing_left, set.left),
        };
        let left = outputs.iter().fold(Sums::default(), |sum, &output| sum + output);
        let gain = score - parent;
        let split = SplitInfo { gain, feature, condition, missing_left, left, right: scan.total - left, left_outputs: outputs };
        Candidate { score, split }
    }
}

/// The bin between the least and the greatest value, or between all of them and missing ones, that a number from 0 to 1 stands for.
fn drawn(bins: &[BinScore], has_missing: bool, number: f64) -> Option<usize> {
    let first = bins.iter().position(|bin| bin.is_filled)?;
    let last = bins.iter().rposition(|bin| bin.is_filled)?;
    let thresholds = last - first + usize::from(has_missing);
    let bin = first + (number * thresholds as f64) as usize;
    (thresholds > 0).then_some(if bin == last { bins.len() - 1 } else { bin })
}

/// The better of what two features have to offer.
fn better(a: Found, b: Found) -> Found {
    if is_better((b.score, b.feature), (a.score, a.feature)) { b } else { a }
}
