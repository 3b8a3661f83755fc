//! Reads and writes the models of other libraries: XGBoost's JSON and UBJSON, LightGBM's text and ONNX.
//!
//! What is read predicts as the library that wrote it does: margins are the same to the last bit.
#![deny(missing_docs)]

pub mod dump;
mod error;
mod format;
pub mod lightgbm;
mod node_order;
pub mod onnx;
mod rounding;
mod schema;
pub mod xgboost;

pub use error::Error;
pub use format::Format;
pub use rounding::Rounding;

use sapwood_score::Model;
use std::io::Read;

/// The longest model of another library that is read, bytes.
pub const MAX_FILE_BYTES: u64 = 4 << 30;

/// Reads a model of any format from wherever its bytes come. `name` is what errors of the reader call it.
///
/// # Errors
/// Those of the reader, and of [`read`].
pub fn read_from(name: &str, mut reader: impl Read) -> Result<Model, Error> {
    let io_error = |source| sapwood_score::Error::Io { path: name.to_string(), source };
    let mut bytes = Vec::new();
    reader.by_ref().take(Format::HEAD_BYTES).read_to_end(&mut bytes).map_err(io_error)?;
    // What is no model is not read to its end, and of Sapwood's own, which tell their length, no more than that.
    if Format::of(&bytes)? == Format::Sapwood {
        return Ok(Model::read(name, bytes.chain(reader))?);
    }
    reader.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(io_error)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::unsupported(
            format!("the file is longer than {} GiB", MAX_FILE_BYTES >> 30),
            "Sapwood reads shorter ones",
        ));
    }
    read(&bytes)
}

/// The model in a format, and what is rounded in it.
///
/// # Errors
/// What the format does not have, by name.
pub fn write(model: &Model, format: Format) -> Result<(Vec<u8>, Rounding), Error> {
    match format {
        Format::Sapwood => Ok((model.to_bytes()?, Rounding::default())),
        Format::XgboostJson => xgboost::to_json(model),
        Format::XgboostUbjson => xgboost::to_ubjson(model),
        Format::Onnx => onnx::to_bytes(model, onnx::Version::Three),
        Format::OnnxV5 => onnx::to_bytes(model, onnx::Version::Five),
        Format::LightgbmText => lightgbm::to_text(model),
    }
}

/// Reads a model of any format, which its bytes tell.
///
/// # Errors
/// Bytes that are no model, damaged ones, and models that Sapwood cannot score with.
pub fn read(bytes: &[u8]) -> Result<Model, Error> {
    match Format::of(bytes)? {
        Format::Sapwood => Ok(Model::from_bytes(bytes)?),
        Format::LightgbmText => lightgbm::from_text(bytes),
        Format::XgboostJson => xgboost::from_json(bytes),
        Format::XgboostUbjson => xgboost::from_ubjson(bytes),
        Format::Onnx | Format::OnnxV5 => onnx::from_bytes(bytes),
    }
}
