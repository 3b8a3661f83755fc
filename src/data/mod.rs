//! Data in: a [`Dataset`] has features, handed over in blocks by whoever has them, and what goes with every row.

mod base_margins;
mod block;
mod cancellation;
mod dataset;
mod derived;
mod folds;
mod groups;
mod hold_out;
mod memory;
mod raw;
mod sample;
mod splitter;
mod subset;
mod targets;

pub(crate) use base_margins::BaseMargins;
pub use block::{Block, BlockSource, Chunk, FeatureSource, MISSING_CODE};
pub use cancellation::CancellationToken;
pub use dataset::{Dataset, LabelColumn, WEIGHT_RULE, is_weight};
pub use folds::{Fold, describe_folds};
pub use groups::Groups;
pub use hold_out::HeldOut;
pub use memory::{Column, Columns};
pub(crate) use raw::RawValues;
pub use sample::{ColumnSummary, Moments, Sample, Sampler};
pub use targets::TargetsView;
pub(crate) use targets::{LabelBounds, Targets};
