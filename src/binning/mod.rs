//! Binning: raw values become small integers once, before the first round.

mod by_feature;
mod columns;
mod cuts;
mod fill;
mod lookup;
mod mapper;
mod matrix;
mod page;
mod sample;
mod select;
mod sparse;
mod transpose;

use crate::data::Dataset;
use crate::execution::Execution;
use crate::{Params, Result};
pub(crate) use columns::{BinColumn, BinColumns};
pub use mapper::{BinMapper, FeatureBins};
pub use matrix::BinnedMatrix;
pub(crate) use matrix::{Cells, FeatureLayout, Tile};
pub(crate) use page::Page;
pub(crate) use sparse::SparseRows;

/// Raw values that may be in memory at a time where data are read feature by feature.
const RAW_BYTES: usize = 256 << 20;

/// Learns the bins of the training data on all ranks and bins those of this one; reads every value once where that takes little memory,
/// else twice.
pub(crate) fn bin(data: &Dataset, params: &Params, execution: Execution<'_>) -> Result<(BinMapper, BinnedMatrix)> {
    let source = data.source().by_feature();
    let at_a_time = RAW_BYTES / (size_of::<f64>() * data.rows().max(1));
    let at_a_time = execution.ranks.min(if source.is_some() { at_a_time } else { 0 });
    match source {
        Some(source) if at_a_time > 0 => by_feature::bin(data, source, params, execution, at_a_time.min(matrix::NARROW_FEATURES)),
        _ => {
            let mapper = BinMapper::fit(data, params, execution.ranks)?;
            let matrix = execution.ranks.agree(BinnedMatrix::build(&mapper, data, execution.simd))?;
            Ok((mapper, matrix))
        }
    }
}

#[cfg(test)]
mod tests;
