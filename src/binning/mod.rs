//! Binning: raw values become small integers once, before the first round.

mod cuts;
mod mapper;
mod matrix;

pub use mapper::{BinMapper, FeatureBins};
pub use matrix::BinnedMatrix;
pub(crate) use matrix::{Cells, Place, Tile};
