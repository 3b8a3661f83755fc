//! Gradient-boosted decision trees on histograms.
#![deny(missing_docs)]

pub mod boost;
pub mod data;
mod error;
pub mod metric;
pub mod numeric;
pub mod objective;
pub mod params;
pub mod predict;

pub use boost::{Observer, RoundReport, Trained, Trainer};
pub use data::Dataset;
pub use error::{Error, ErrorKind, Result};
pub use params::{GrowPolicy, Params, ParamsBuilder};
pub use sapwood_score::{Feature, FeatureKind, FeatureSchema, Model, Objective, Tree};
