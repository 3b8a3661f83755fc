//! Gradient-boosted decision trees on histograms, for CPUs.
//!
//! A model is a function of the data and the parameters and of nothing else: any number of threads, any vector instruction set and
//! any machine give the same bytes.
//!
//! Parameters are built and checked by [`Params::builder`]; data come from `ndarray` matrices ([`Dataset::from_array`]), from files and
//! frames (the package `sapwood-readers`), or from a [`BlockSource`](data::BlockSource) of one's own; [`Trainer::fit`] makes a [`Model`]; the
//! [`sapwood_score`] crate saves, loads and scores it, and [`predict`] scores whole data sets on all threads.
//!
//! ```
//! use ndarray::array;
//! use sapwood::{Dataset, Objective, Params, Trainer};
//! use sapwood_score::Scorer;
//!
//! let x = array![[0.0, 7.0], [1.0, 3.0], [2.0, 5.0], [3.0, 1.0]];
//! let train = Dataset::from_array(x.view(), vec![0.0, 0.0, 1.0, 1.0], None)?;
//! let params = Params::builder().objective(Objective::BinaryLogistic).num_round(10).min_child_weight(0.0).build()?;
//! let model = Trainer::new(params).fit(&train)?;
//!
//! let probabilities = Scorer::new(model)?.predict(x.view())?;
//! assert!(probabilities[[0, 0]] < 0.5 && probabilities[[3, 0]] > 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests compare with std's functions"))]

mod binning;
pub mod boost;
pub mod cache;
pub mod collective;
pub mod data;
mod error;
pub mod evaluation;
mod execution;
pub mod explain;
mod grow;
mod histogram;
pub mod memory;
pub mod metric;
pub mod names;
pub mod numeric;
pub mod objective;
pub mod params;
pub mod predict;
pub mod preset;
mod profile;
mod sampling;
mod simd;
mod split;
pub mod tune;
#[doc(hidden)]
pub mod workbench;

pub use boost::{Checkpoint, Observer, RoundReport, Trained, Trainer};
pub use data::Dataset;
pub use error::{Error, ErrorDetails, ErrorKind, Result, absent};
pub use params::{GrowPolicy, Params, ParamsBuilder};
pub use profile::Profile;
pub use sapwood_score::{Feature, FeatureKind, FeatureSchema, Model, Objective, Reading, Tree, text};
