//! Version 1 of the model file. Its types are frozen: what they cannot hold goes into a later version, or into the header under a name
//! in `requires`.

mod from_model;
mod header;
mod onnx;
mod payload;
mod to_model;

use crate::{Error, Model};
use header::{Header, Requirements};
use payload::Payload;

/// Header and payload of a valid model.
pub(super) fn encode(model: &Model) -> Result<(Vec<u8>, Vec<u8>), Error> {
    onnx::check(model)?;
    let header = Header::of(model);
    let header = serde_json::to_vec(&header).map_err(|error| Error::Inconsistent(format!("header: {error}")))?;
    Ok((header, Payload::of(model).to_bytes()?))
}

/// The header alone.
pub(super) fn header(model: &Model) -> serde_json::Value {
    serde_json::to_value(Header::of(model)).unwrap_or_default()
}

/// The model of a header and a payload. It is not validated.
pub(super) fn decode(header: &[u8], payload: &[u8]) -> Result<Model, Error> {
    let malformed = |error| Error::Malformed(format!("header: {error}"));
    let Requirements { requires } = serde_json::from_slice(header).map_err(malformed)?;
    let Some(requires) = requires else {
        // Every file of a release has it.
        return Err(Error::Malformed("header: no `requires`, as in files of development versions; train the model again".into()));
    };
    let unknown: Vec<_> = requires.into_iter().filter(|name| name != onnx::REQUIREMENT).collect();
    if !unknown.is_empty() {
        return Err(Error::UnknownRequirements(unknown.join(", ")));
    }
    let header: Header = serde_json::from_slice(header).map_err(malformed)?;
    header.into_model(Payload::from_bytes(payload)?)
}
