//! [`BinMapper`]: from raw values to bin numbers, learned from a sample of rows.

use super::cuts;
use crate::data::{Block, Chunk, Dataset};
use crate::sampling::{self, Purpose};
use crate::{Error, Feature, FeatureKind, Params, Result};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Rows that cuts are computed from; data sets with no more rows are used whole.
const SAMPLE_ROWS: usize = 200_000;

/// The largest number of levels of a categorical feature: level codes and the missing bin fit 16 bits.
const MAX_LEVELS: usize = 65_535;

/// The bins of one feature. Value bins come first; the bin after them holds missing values.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureBins {
    /// Bin `b` holds values in `(cuts[b - 1], cuts[b]]`; the last cut is infinity.
    Numeric {
        /// Upper ends of the bins, ascending.
        cuts: Vec<f64>,
    },
    /// Bin `b` holds level `b`.
    Categorical {
        /// The number of levels.
        levels: usize,
    },
}

impl FeatureBins {
    /// The number of bins for values; also the number of the bin for missing values.
    pub fn value_bins(&self) -> usize {
        match self {
            Self::Numeric { cuts } => cuts.len(),
            Self::Categorical { levels } => *levels,
        }
    }

    /// The bin of a value; NaN is missing. For categorical features `x` is the level's code.
    #[inline]
    pub fn bin(&self, x: f64) -> usize {
        if x.is_nan() {
            return self.value_bins();
        }
        match self {
            Self::Numeric { cuts } => cuts.partition_point(|&cut| cut < x).min(cuts.len() - 1),
            Self::Categorical { levels } => (x as usize).min(*levels),
        }
    }
}

/// The bins of every feature.
#[derive(Clone, Debug, PartialEq)]
pub struct BinMapper {
    features: Vec<FeatureBins>,
}

impl BinMapper {
    /// Learns at most `max_bin` bins per numeric feature (the missing bin counted) from the data, weighted by the row weights.
    ///
    /// # Errors
    /// Data that cannot be read, or a categorical feature with more than 65,535 levels.
    pub fn fit(data: &Dataset, params: &Params) -> Result<Self> {
        let features = &data.schema().features;
        let too_many = |f: &&Feature| matches!(&f.kind, FeatureKind::Categorical { levels } if levels.len() > MAX_LEVELS);
        if let Some(feature) = features.iter().find(too_many) {
            return Err(Error::data(format!(
                "column {} has more than {MAX_LEVELS} categories; group rare ones, or leave it out with ignore_columns={}",
                feature.name, feature.name
            )));
        }
        let samples = Samples::collect(data, params.seed)?;
        let max_bins = params.max_bin as usize - 1;
        let bins = features.par_iter().zip(samples.features).map(|(feature, sample)| match &feature.kind {
            FeatureKind::Categorical { levels } => FeatureBins::Categorical { levels: levels.len() },
            _ => FeatureBins::Numeric { cuts: cuts::cuts(&sample.into_sorted(), max_bins) },
        });
        Ok(Self { features: bins.collect() })
    }

    /// The bins of each feature.
    pub fn features(&self) -> &[FeatureBins] {
        &self.features
    }
}

/// Distinct values of every numeric feature in the sampled rows.
struct Samples {
    features: Vec<Sample>,
}

impl Samples {
    fn collect(data: &Dataset, seed: i64) -> Result<Self> {
        let weights = FixedWeights::new(data.weights());
        let rows = data.rows();
        let fraction = SAMPLE_ROWS as f64 / rows.max(1) as f64;
        let key = sampling::key(seed, Purpose::Cuts, 0);
        let features: Vec<Mutex<Sample>> = data.schema().features.iter().map(|_| Mutex::default()).collect();
        data.source().visit(&|block: &Block<'_>| {
            let chosen: Vec<usize> =
                (0..block.rows).filter(|i| sampling::drawn(key, (block.first_row + i) as u64, fraction)).collect();
            block.columns.par_iter().for_each(|(feature, chunk)| {
                if matches!(chunk, Chunk::Codes(_)) {
                    return;
                }
                let found = Sample::of(chunk, &chosen, |i| weights.of(block.first_row + i));
                features[*feature].lock().unwrap_or_else(PoisonError::into_inner).merge(found);
            });
            Ok(())
        })?;
        let features = features.into_iter().map(|s| s.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        Ok(Self { features })
    }
}

/// Values with weights. Weights are integers, so that equal values may be merged in any order.
#[derive(Default)]
struct Sample {
    values: Vec<cuts::Weighted>,
    /// Length after the last merge of equal values.
    compact: usize,
}

impl Sample {
    fn of(chunk: &Chunk<'_>, rows: &[usize], weight: impl Fn(usize) -> u64) -> Self {
        // Adding zero turns -0.0 into 0.0, which compares equal to it but has other bits.
        let values = rows.iter().map(|&i| (chunk.get(i) + 0.0, weight(i))).filter(|(x, w)| !x.is_nan() && *w > 0);
        let mut sample = Self { values: values.collect(), compact: 0 };
        sample.compact();
        sample
    }

    fn merge(&mut self, other: Self) {
        self.values.extend(other.values);
        if self.values.len() > 2 * self.compact + 4096 {
            self.compact();
        }
    }

    /// Sorts by value and adds up the weights of equal values.
    fn compact(&mut self) {
        self.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        self.compact = self.values.len();
    }

    fn into_sorted(mut self) -> Vec<cuts::Weighted> {
        self.compact();
        self.values
    }
}

/// Row weights as integers, the largest 2^24.
struct FixedWeights<'a> {
    weights: Option<&'a [f64]>,
    scale: f64,
}

impl<'a> FixedWeights<'a> {
    fn new(weights: Option<&'a [f64]>) -> Self {
        let max = weights.map_or(1.0, |w| w.iter().copied().fold(0.0, f64::max));
        Self { weights, scale: if max > 0.0 { 16_777_216.0 / max } else { 0.0 } }
    }

    /// Positive weights stay positive: a row that counts at all is worth a cut.
    fn of(&self, row: usize) -> u64 {
        match self.weights {
            None => 1,
            Some(w) if w[row] > 0.0 => ((w[row] * self.scale).round() as u64).max(1),
            Some(_) => 0,
        }
    }
}
