//! [`Bins`]: the data sets of a training run as bin numbers, before its first round.

use crate::binning::{BinMapper, BinnedMatrix};

/// Bins of the training data and of all validation sets.
#[derive(Debug)]
pub struct Bins {
    pub(super) mapper: BinMapper,
    pub(super) train: BinnedMatrix,
    pub(super) validation: Vec<BinnedMatrix>,
}

impl Bins {
    pub(crate) fn new(mapper: BinMapper, train: BinnedMatrix, validation: Vec<BinnedMatrix>) -> Self {
        Self { mapper, train, validation }
    }

    pub(crate) fn mapper(&self) -> &BinMapper {
        &self.mapper
    }

    /// The training data's first.
    pub(crate) fn matrices(&self) -> impl Iterator<Item = &BinnedMatrix> {
        std::iter::once(&self.train).chain(&self.validation)
    }
}
