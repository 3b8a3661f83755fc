//! Loads Sapwood models and scores rows with them, with few dependencies: no thread pool, no data frames, no async runtime.
//!
//! [`Scorer::load`] reads a model file and makes it ready; [`Scorer::predict`] scores a matrix, [`Scorer::margins_into`] one row
//! without allocating, [`Scorer::output`] tells margins, probabilities, classes or leaves. [`Explainer`] tells what each feature contributes
//! to a prediction.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests compare with std's functions"))]

mod average;
pub mod container;
mod derived;
mod dump;
mod error;
mod format;
mod importance;
mod json_float;
mod levels;
pub mod math;
mod meaning;
mod model;
mod named_row;
mod objective;
mod onnx_transform;
mod parts;
mod prediction;
mod reading;
pub mod replace;
mod row_view;
mod schema;
mod scorer;
mod shap;
pub mod text;
mod tree;
mod validate;

pub use derived::{Derivation, DerivedFeature, TargetStatistic};
pub use error::Error;
pub use format::{FORMAT_VERSION, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES};
pub use importance::Importance;
pub use levels::LevelIndex;
pub use model::{Aggregation, Ensemble, Layout, MeanOf, Member, Model, Precision};
pub use named_row::RowValue;
/// The arrays that [`Scorer`] takes and gives.
pub use ndarray;
pub use objective::{Objective, ObjectiveSpec};
pub use onnx_transform::OnnxTransform;
pub use prediction::{Calibration, Link, Outputs, Prediction};
pub use reading::{Reading, Role};
pub use schema::{Feature, FeatureKind, FeatureSchema};
pub use scorer::{Output, Predictions, Scorer, push_text, write_number};
pub use shap::{BackgroundExplainer, Explainer, approximate_contributions};
pub use tree::{Condition, Leaf, LeafValue, LinearLeaf, LinearTerm, MissingRule, Node, Split, Tree};
pub use validate::{MAX_FEATURES, MAX_LEVELS, MAX_NODES, MAX_OUTPUTS};
