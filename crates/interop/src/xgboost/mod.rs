//! Models of XGBoost: JSON and UBJSON, as its versions from 1.0 on write them.

mod import;
mod json;
mod objective;
mod trees;
mod ubjson;
mod wire;

use crate::Error;
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
    import::model(file.map_err(|fault| syntax(json.place(), fault))?)
}

/// Reads a model from UBJSON.
///
/// # Errors
/// Bytes that are no such model, or one that Sapwood cannot score with.
pub fn from_ubjson(bytes: &[u8]) -> Result<Model, Error> {
    let mut ubjson = Ubjson::new(bytes);
    let file = wire::File::deserialize(&mut ubjson).and_then(|file| ubjson.end().map(|()| file));
    import::model(file.map_err(|fault| syntax(ubjson.place(), fault))?)
}

fn syntax(place: String, Fault(what): Fault) -> Error {
    Error::Syntax { format: FORMAT, place, what }
}
