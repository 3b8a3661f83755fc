//! Loads Sapwood models and scores rows with them, with few dependencies: no thread pool, no data frames, no async runtime.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod error;
pub mod math;
mod model;
mod objective;
mod schema;
mod tree;

pub use error::Error;
pub use model::Model;
pub use objective::Objective;
pub use schema::{Feature, FeatureKind, FeatureSchema};
pub use tree::{Condition, Node, Split, Tree};
