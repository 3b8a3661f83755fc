//! Reads the models of other libraries: XGBoost's JSON and UBJSON.
//!
//! What is read predicts as the library that wrote it does: margins are the same to the last bit.
#![deny(missing_docs)]

mod error;
mod format;
mod node_order;
mod schema;
pub mod xgboost;

pub use error::Error;
pub use format::Format;

use sapwood_score::Model;

/// Reads a model of any format, which its bytes tell.
///
/// # Errors
/// Bytes that are no model, damaged ones, and models that Sapwood cannot score with.
pub fn read(bytes: &[u8]) -> Result<Model, Error> {
    match Format::of(bytes)? {
        Format::Sapwood => Ok(Model::from_bytes(bytes)?),
        Format::XgboostJson => xgboost::from_json(bytes),
        Format::XgboostUbjson => xgboost::from_ubjson(bytes),
    }
}
