//! [`SplitFinder`]: the best split of a node over all its features.

use super::categorical::LevelSearch;
use super::gain::Regularisation;
use super::numeric::{Scan, best_threshold};
use crate::Params;
use crate::binning::{BinMapper, BinnedMatrix, FeatureBins};
use crate::histogram::{Histogram, Sums, Units};
use crate::simd::Simd;
use rayon::prelude::*;

/// Features that one task scans. Nodes with fewer are scanned on the spot.
const FEATURES_PER_TASK: usize = 64;

/// Which rows of a node go left, in terms of bins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
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
    pub decision: Decision,
    pub missing_left: bool,
    pub left: Sums,
    pub right: Sums,
}

/// Finds splits.
#[derive(Clone, Copy)]
pub(crate) struct SplitFinder<'a> {
    mapper: &'a BinMapper,
    matrix: &'a BinnedMatrix,
    pub regularisation: Regularisation,
    levels: LevelSearch,
    simd: Simd,
}

impl<'a> SplitFinder<'a> {
    pub fn new(params: &Params, mapper: &'a BinMapper, matrix: &'a BinnedMatrix, simd: Simd) -> Self {
        Self { mapper, matrix, regularisation: Regularisation::new(params), levels: LevelSearch::new(params), simd }
    }

    /// The split with the largest gain among `features` (ascending); the lowest feature, then the lowest bin, wins a tie.
    pub fn best(&self, histogram: &Histogram, total: Sums, units: Units, features: &[u32]) -> Option<SplitInfo> {
        let scan = Scan { histogram, total, units, regularisation: self.regularisation };
        let parent = self.regularisation.score(total.grad as f64 * units.grad, total.hess as f64 * units.hess);
        let of = |features: &[u32]| features.iter().filter_map(|&f| self.best_of(&scan, f)).reduce(better);
        let best = if features.len() > FEATURES_PER_TASK {
            features.par_chunks(FEATURES_PER_TASK).filter_map(of).reduce_with(better)
        } else {
            of(features)
        };
        let best = best.map(|split| SplitInfo { gain: split.gain - parent, ..split })?;
        self.regularisation.is_worthwhile(best.gain).then_some(best)
    }

    /// The best split of one feature; its `gain` is still the sum of the children's scores.
    fn best_of(&self, scan: &Scan<'_>, feature: u32) -> Option<SplitInfo> {
        let place = self.matrix.place(feature);
        let (score, decision, missing_left, left) = match &self.mapper.features()[feature as usize] {
            FeatureBins::Numeric { .. } => {
                let best = best_threshold(self.simd, scan, place.slot, place.value_bins)?;
                (best.score, Decision::Bin(best.bin), best.missing_left, best.left)
            }
            FeatureBins::Categorical { levels } => {
                let best = self.levels.best_set(scan, place.slot, *levels)?;
                (best.score, Decision::Levels(best.words), best.missing_left, best.left)
            }
        };
        Some(SplitInfo { gain: score, feature, decision, missing_left, left, right: scan.total - left })
    }
}

/// The better of two splits of different features.
fn better(a: SplitInfo, b: SplitInfo) -> SplitInfo {
    let b_wins = b.gain > a.gain || (b.gain == a.gain && b.feature < a.feature);
    if b_wins { b } else { a }
}
