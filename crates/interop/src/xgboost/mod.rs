//! Models of XGBoost: JSON and UBJSON, as its versions from 1.0 on write them.

mod export;
mod import;
mod json;
mod objective;
mod tree_export;
mod trees;
mod ubjson;
mod value;
mod wire;

use crate::{Error, Rounding};
use json::{Fault, Json};
use sapwood_score::Model;
use serde::Deserialize;
use ubjson::Ubjson;

/// What messages call such a file.
const FORMAT: &str = "the XGBoost model";

/// Reads a model from JSON.
///
/// # Errors
/// A text that is no such model, or one that Sapwood cannot score with.
pub fn from_json(bytes: &[u8]) -> Result<Model, Error> {
    let mut json = Json::new(bytes);
    let file = wire::File::deserialize(&mut json).and_then(|file| json.end().map(|()| file));
    import::model(file.map_err(|fault| syntax(json.place(), fault))?, bytes.len())
}

/// Reads a model from UBJSON.
///
/// # Errors
/// Bytes that are no such model, or one that Sapwood cannot score with.
pub fn from_ubjson(bytes: &[u8]) -> Result<Model, Error> {
    let mut ubjson = Ubjson::new(bytes);
    let file = wire::File::deserialize(&mut ubjson).and_then(|file| ubjson.end().map(|()| file));
    import::model(file.map_err(|fault| syntax(ubjson.place(), fault))?, bytes.len())
}

/// The model as JSON for XGBoost 3.1 and later, and what is rounded in it.
///
/// # Errors
/// What XGBoost does not have, by name.
pub fn to_json(model: &Model) -> Result<(Vec<u8>, Rounding), Error> {
    export::value(model).map(|(value, rounding)| (value.to_json().into_bytes(), rounding))
}

/// The model as UBJSON for XGBoost 3.1 and later, and what is rounded in it.
///
/// # Errors
/// What XGBoost does not have, by name.
pub fn to_ubjson(model: &Model) -> Result<(Vec<u8>, Rounding), Error> {
    export::value(model).map(|(value, rounding)| (value.to_ubjson(), rounding))
}

/// The number of four bytes of which XGBoost sends left what is less, where `threshold` sends left what is at most as great.
pub(crate) fn limit_of(threshold: f64) -> f32 {
    tree_export::above(threshold)
}

/// The threshold that divides doubles as `threshold` divides them after they were rounded to four bytes.
pub(crate) fn threshold_of_doubles(threshold: f64) -> f64 {
    trees::below(tree_export::above(threshold))
}

fn syntax(place: String, Fault(what): Fault) -> Error {
    Error::Syntax { format: FORMAT, place, what }
}
