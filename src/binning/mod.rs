//! Binning: raw values become small integers once, before the first round.

mod by_feature;
mod cells;
mod columns;
mod cuts;
mod fill;
mod lookup;
mod mapper;
mod matrix;
mod room;
mod sample;
mod select;
mod sparse;
mod spill;
mod spill_fill;
mod spilled;
mod transpose;

use crate::data::Dataset;
use crate::execution::Execution;
use crate::{Params, Result};
pub(crate) use cells::Cells;
pub(crate) use columns::{BinColumn, BinColumns};
pub use mapper::{BinMapper, FeatureBins};
pub use matrix::BinnedMatrix;
pub(crate) use matrix::{FeatureLayout, Tile};
pub(crate) use room::{Room, in_memory};
pub(crate) use sparse::SparseRows;
pub(crate) use spilled::{Spilled, within};

/// Raw values that may be in memory at a time where data are read feature by feature.
const RAW_BYTES: usize = 256 << 20;

/// Learns the bins of the training data on all ranks and bins those of this one, in memory.
pub(crate) fn bin(data: &Dataset, params: &Params, execution: Execution<'_>) -> Result<(BinMapper, BinnedMatrix)> {
    bin_within(data, params, execution, None)
}

/// The same; reads every value once where that takes little memory, else twice. `room` is given if memory may not hold all bins of this rank.
pub(crate) fn bin_within(
    data: &Dataset,
    params: &Params,
    execution: Execution<'_>,
    room: Option<&Room>,
) -> Result<(BinMapper, BinnedMatrix)> {
    let Execution { simd, ranks, .. } = execution;
    let source = data.source().by_feature();
    let at_a_time = RAW_BYTES / (size_of::<f64>() * data.rows().max(1));
    let at_a_time = ranks.min(if source.is_some() && room.is_none() { at_a_time } else { 0 });
    match source {
        Some(source) if at_a_time > 0 => by_feature::bin(data, source, params, execution, at_a_time.min(cells::NARROW_FEATURES)),
        _ => {
            // What bins need later is free now.
            let bytes = room.map_or(mapper::SAMPLE_BYTES, |room| mapper::SAMPLE_BYTES.min(room.bytes as usize / 2));
            let mapper = BinMapper::fit_within(data, params, ranks, bytes)?;
            let matrix = match room {
                Some(room) => BinnedMatrix::build_within(&mapper, data, simd, room),
                None => BinnedMatrix::build(&mapper, data, simd),
            };
            Ok((mapper, ranks.agree(matrix)?))
        }
    }
}

#[cfg(test)]
mod tests;
