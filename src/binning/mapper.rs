//! [`BinMapper`]: from raw values to bin numbers, learned from a sample of rows.

use super::cuts::{WeightedValue, cuts};
use super::sample::{SampleRows, WeightedValues};
use crate::collective::Collective;
use crate::data::{Block, Dataset};
use crate::{Error, Feature, FeatureKind, Params, Result};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory that samples may take; features that do not fit are sampled in another pass over the data.
pub(super) const SAMPLE_BYTES: usize = 512 << 20;

/// The largest number of levels of a categorical feature: level codes and the missing bin fit 16 bits.
const MAX_LEVELS: usize = 65_535;

/// A feature has a most frequent bin if at most one in this many rows is in another.
const RARE: u64 = 8;

/// What is told of a feature without a most frequent bin.
const NONE: u64 = u64::MAX;

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
    /// The bins that a feature has by its kind alone; a numeric one's are still to be found.
    pub(super) fn by_kind(feature: &Feature) -> Result<Self> {
        match &feature.kind {
            FeatureKind::Categorical { levels } if levels.len() > MAX_LEVELS => Err(Error::data(format!(
                "column {} has more than {MAX_LEVELS} categories; merge rare ones, or leave it out with ignore_columns={}",
                feature.name, feature.name
            ))),
            FeatureKind::Categorical { levels } => Ok(Self::Categorical { levels: levels.len() }),
            _ => Ok(Self::Numeric { cuts: Vec::new() }),
        }
    }

    /// The bins of a numeric feature with such values (distinct, ascending), and the most frequent one if there is one. `weight` is that of the
    /// sample with missing values counted.
    pub(super) fn numeric(values: &[WeightedValue], weight: u64, params: &Params) -> (Self, Option<usize>) {
        let cuts = cuts(values, params.max_bin as usize - 1);
        let most_frequent = most_frequent_bin(&cuts, values, weight);
        (Self::Numeric { cuts }, most_frequent)
    }

    /// The same for several features on all ranks, from the values that this rank has.
    pub(super) fn all_numeric(
        rows: &SampleRows<'_>,
        values: Vec<Vec<WeightedValue>>,
        weight: u64,
        params: &Params,
    ) -> Vec<(Self, Option<usize>)> {
        let words = rows.of_all_ranks(values, |values| {
            let cuts = cuts(values, params.max_bin as usize - 1);
            let most_frequent = most_frequent_bin(&cuts, values, weight).map_or(NONE, |bin| bin as u64);
            std::iter::once(most_frequent).chain(cuts.into_iter().map(f64::to_bits)).collect()
        });
        let found = |words: Vec<u64>| {
            let most_frequent = words.first().filter(|&&bin| bin != NONE).map(|&bin| bin as usize);
            (Self::Numeric { cuts: words.into_iter().skip(1).map(f64::from_bits).collect() }, most_frequent)
        };
        words.into_iter().map(found).collect()
    }

    /// The number of bins for values; also the number of the bin for missing values.
    pub fn value_bins(&self) -> usize {
        match self {
            Self::Numeric { cuts } => cuts.len(),
            Self::Categorical { levels } => *levels,
        }
    }

    /// Whether the bins, the missing one counted, fit a byte.
    pub(crate) fn is_narrow(&self) -> bool {
        self.value_bins() < 256
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

impl FeatureBins {
    /// A value that stands for those of a bin: the middle of a numeric one; beyond the outermost cut, as far from it as its neighbour is wide to both
    /// sides, so that whole numbers in a row stand for themselves. A level's code; NaN for what is missing.
    pub(crate) fn stand_in(&self, bin: usize) -> f64 {
        match self {
            _ if bin >= self.value_bins() => f64::NAN,
            Self::Categorical { .. } => bin as f64,
            Self::Numeric { cuts } => {
                let (low, high) = (bin.checked_sub(1).map(|before| cuts[before]), cuts[bin]);
                let half = |cut: usize| match (cuts.get(cut), cuts.get(cut + 1)) {
                    (Some(from), Some(to)) if to.is_finite() => (to - from) / 2.0,
                    _ => 0.5,
                };
                let value = match low {
                    Some(low) if high.is_finite() => low / 2.0 + high / 2.0,
                    Some(low) => low + bin.checked_sub(2).map_or(0.5, half),
                    None if high.is_finite() => high - half(0),
                    None => 0.0,
                };
                // Where numbers lie closer than halves can tell, the ends stand for the bin: the upper one belongs to it.
                match () {
                    () if self.bin(value) == bin => value,
                    () if high.is_finite() => high,
                    () => low.map_or(value, f64::next_up),
                }
            }
        }
    }
}

/// The bin that all but a few of the rows are in.
fn most_frequent_bin(cuts: &[f64], mut values: &[WeightedValue], weight: u64) -> Option<usize> {
    let mut missing = weight;
    let mut heaviest = (0, 0);
    for (bin, &cut) in cuts.iter().enumerate() {
        let (inside, above) = values.split_at(values.partition_point(|value| value.0 <= cut));
        values = above;
        let here: u64 = inside.iter().map(|value| value.1).sum();
        missing -= here;
        heaviest = heaviest.max((here, bin));
    }
    let (heaviest, bin) = heaviest.max((missing, cuts.len()));
    (weight - heaviest <= weight / RARE).then_some(bin)
}

/// The bins of every feature.
#[derive(Clone, Debug, PartialEq)]
pub struct BinMapper {
    features: Vec<FeatureBins>,
    /// The bin that nearly all rows of a feature are in, where there is such a one.
    most_frequent: Vec<Option<usize>>,
}

impl BinMapper {
    /// Learns at most `max_bin` bins per numeric feature (the missing bin counted) from the data, weighted by the row weights.
    #[cfg(test)]
    pub(crate) fn fit(data: &Dataset, params: &Params, ranks: &dyn Collective) -> Result<Self> {
        Self::fit_within(data, params, ranks, SAMPLE_BYTES)
    }

    /// Learns at most `max_bin` bins per numeric feature (the missing bin counted) from the data, weighted by the row weights, with samples of so
    /// many bytes at a time.
    ///
    /// # Errors
    /// Data that cannot be read, or a categorical feature with more than 65,535 levels.
    pub(super) fn fit_within(data: &Dataset, params: &Params, ranks: &dyn Collective, sample_bytes: usize) -> Result<Self> {
        let features = &data.schema().features;
        let mut bins = ranks.agree(features.iter().map(FeatureBins::by_kind).collect::<Result<Vec<_>>>())?;
        let rows = SampleRows::new(data, params.seed, ranks);
        let mut most_frequent = vec![None; bins.len()];
        let weight = rows.weight();
        let mut pending: Vec<usize> = (0..features.len()).filter(|&f| matches!(bins[f], FeatureBins::Numeric { .. })).collect();
        while !pending.is_empty() {
            let mut samples = ranks.agree(SamplingPass::run(data, &rows, &pending, sample_bytes))?;
            // Memory may hold fewer features' values on another rank.
            samples.truncate(ranks.min(samples.len()));
            let postponed = pending.split_off(samples.len());
            let values = samples.into_par_iter().map(WeightedValues::into_sorted).collect();
            let found = FeatureBins::all_numeric(&rows, values, weight, params);
            pending.iter().zip(found).for_each(|(&feature, found)| (bins[feature], most_frequent[feature]) = found);
            pending = postponed;
        }
        Ok(Self { features: bins, most_frequent })
    }

    /// Bins that were found otherwise.
    pub(crate) fn of(features: Vec<FeatureBins>, most_frequent: Vec<Option<usize>>) -> Self {
        Self { features, most_frequent }
    }

    /// The most frequent bin of each feature that has one.
    pub(crate) fn most_frequent(&self) -> &[Option<usize>] {
        &self.most_frequent
    }

    /// The bins of each feature.
    pub fn features(&self) -> &[FeatureBins] {
        &self.features
    }
}

/// One pass over the data that samples as many features as memory allows. Which ones changes no result: the sample of a feature is
/// the same in every pass.
struct SamplingPass {
    /// By position among the features that were asked for.
    samples: Vec<Mutex<WeightedValues>>,
    /// Positions from here on are left to another pass.
    limit: AtomicUsize,
    bytes: AtomicUsize,
    budget: usize,
}

impl SamplingPass {
    /// Samples of the first few of `features` (ascending), at least of one: as many as `budget` bytes hold.
    fn run(data: &Dataset, rows: &SampleRows<'_>, features: &[usize], budget: usize) -> Result<Vec<WeightedValues>> {
        let pass = Self {
            samples: features.iter().map(|_| Mutex::default()).collect(),
            limit: AtomicUsize::new(features.len()),
            bytes: AtomicUsize::new(0),
            budget,
        };
        data.source().visit(&|block: &Block<'_>| {
            block.columns.par_iter().for_each(|(feature, chunk)| {
                if let Ok(position) = features.binary_search(feature)
                    && position < pass.limit.load(Ordering::Relaxed)
                {
                    pass.add(position, |sample| rows.take(block.first_row, chunk, sample));
                }
            });
            Ok(())
        })?;
        let done = pass.limit.into_inner();
        Ok(pass.samples.into_iter().take(done).map(|s| s.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
    }

    fn add(&self, position: usize, take: impl FnOnce(&mut WeightedValues)) {
        let mut sample = self.sample(position);
        // Looked at under the lock: whoever lowers the limit empties the samples beyond it afterwards.
        if position >= self.limit.load(Ordering::SeqCst) {
            return;
        }
        let before = sample.bytes();
        take(&mut sample);
        let more = sample.bytes().wrapping_sub(before);
        let bytes = self.bytes.fetch_add(more, Ordering::SeqCst).wrapping_add(more);
        drop(sample);
        if bytes > self.budget {
            self.postpone_some();
        }
    }

    /// Lets an eighth of the samples go, the last ones.
    fn postpone_some(&self) {
        let limit = self.limit.load(Ordering::SeqCst);
        let fewer = (limit - limit.div_ceil(8)).max(1);
        if fewer < limit && self.limit.compare_exchange(limit, fewer, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            for position in fewer..limit {
                let dropped = std::mem::take(&mut *self.sample(position));
                self.bytes.fetch_sub(dropped.bytes(), Ordering::SeqCst);
            }
        }
    }

    fn sample(&self, position: usize) -> MutexGuard<'_, WeightedValues> {
        self.samples[position].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collective::Solo;
    use crate::sampling;
    use ndarray::Array2;

    #[test]
    fn little_memory_for_samples_changes_nothing() {
        let x = Array2::from_shape_fn((70_000, 9), |(row, column)| (sampling::mix((row * 9 + column) as u64) >> 40) as f64);
        let weights = (0..70_000).map(|row| f64::from(row % 3)).collect();
        let data = Dataset::from_array(x.view(), vec![0.0; 70_000], None).unwrap().with_weights(weights).unwrap();
        let params = Params::builder().num_round(1).build().unwrap();
        let plenty = BinMapper::fit(&data, &params, &Solo).unwrap();
        for bytes in [0, 1 << 20, 3 << 20] {
            assert!(BinMapper::fit_within(&data, &params, &Solo, bytes).unwrap() == plenty, "{bytes} bytes");
        }
    }
}
