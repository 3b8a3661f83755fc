//! A checksum of everything that the data contribute to a model: bins, thresholds, labels, weights, base margins.

use crate::Dataset;
use crate::binning::{BinMapper, BinnedMatrix, FeatureBins};
use std::hash::{Hash, Hasher};

/// Numbers that are handed to the checksum at once.
const BATCH: usize = 1024;

/// Collects the data sets of a training run.
pub(super) struct Fingerprint(crc32fast::Hasher);

impl Fingerprint {
    pub fn new(mapper: &BinMapper) -> Self {
        let mut this = Self(crc32fast::Hasher::new());
        for bins in mapper.features() {
            match bins {
                FeatureBins::Numeric { cuts } => this.add_numbers(Some(cuts)),
                FeatureBins::Categorical { levels } => levels.hash(&mut this.0),
            }
        }
        this
    }

    /// Adds a data set and its bins, with rows in the order of the data set.
    pub fn add(&mut self, name: &str, data: &Dataset, matrix: &BinnedMatrix) {
        name.hash(&mut self.0);
        matrix.hash(&mut self.0);
        self.add_numbers(data.labels());
        self.add_numbers(data.weights());
        self.add_numbers(data.base_margin());
    }

    pub fn finish(self) -> u32 {
        self.0.finalize()
    }

    fn add_numbers(&mut self, numbers: Option<&[f64]>) {
        numbers.map(<[f64]>::len).hash(&mut self.0);
        let mut bytes = Vec::with_capacity(8 * BATCH);
        for batch in numbers.unwrap_or_default().chunks(BATCH) {
            bytes.clear();
            batch.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
            self.0.write(&bytes);
        }
    }
}
