//! Binning: raw values become small integers once, before the first round.

mod by_feature;
mod columns;
mod cuts;
mod lookup;
mod mapper;
mod matrix;
mod sample;
mod select;
mod sparse;
mod transpose;

use crate::data::Dataset;
use crate::simd::Simd;
use crate::{Params, Result};
pub(crate) use columns::{BinColumn, BinColumns};
pub use mapper::{BinMapper, FeatureBins};
pub use matrix::BinnedMatrix;
pub(crate) use matrix::{Cells, FeatureLayout, Tile};
pub(crate) use sparse::SparseRows;

/// Raw values that may be in memory at a time where data are read feature by feature.
const RAW_BYTES: usize = 256 << 20;

/// Learns the bins of the training data and bins them; reads every value once where that takes little memory, else twice.
pub(crate) fn bin(data: &Dataset, params: &Params, simd: Simd) -> Result<(BinMapper, BinnedMatrix)> {
    let at_a_time = RAW_BYTES / (size_of::<f64>() * data.rows().max(1));
    match data.source().by_feature() {
        Some(source) if at_a_time > 0 => by_feature::bin(data, source, params, simd, at_a_time.min(matrix::NARROW_FEATURES)),
        _ => {
            let mapper = BinMapper::fit(data, params)?;
            let matrix = BinnedMatrix::build(&mapper, data, simd)?;
            Ok((mapper, matrix))
        }
    }
}

#[cfg(test)]
mod tests;
