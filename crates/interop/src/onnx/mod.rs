//! Models in ONNX: the tree ensembles of `ai.onnx.ml`, read as onnxruntime 1.32 scores them with one thread, and written.
//!
//! ONNX's own specification leaves open what onnxruntime decides: in which order leaves are summed and when the base values are added, which
//! post-transforms one target has, what two classes with one weight mean. Its rules are those of this module; `scripts/check-interop` holds
//! them to it.

mod attributes;
mod column;
mod ensemble;
mod export;
mod flat;
mod graph;
mod import;
mod metadata;
mod operator;
mod proto;
#[cfg(test)]
mod tests;
mod trees;
mod v3;
mod v5;
mod write;
mod write_v3;
mod write_v5;

pub use export::Version;

use crate::{Error, Rounding};
use metadata::Metadata;
use prost::Message;
use prost::bytes::Bytes;
use proto::{FORMAT, ModelProto, OperatorSetId};
use sapwood_score::Model;

/// The latest version of `ai.onnx.ml` that is read.
const LATEST: i64 = 5;
/// The longest file, as protocol buffers have it.
const MAX_BYTES: usize = (1 << 31) - 1;

/// Whether bytes begin like an ONNX model: with the version of the format, then other fields of a model.
pub fn is_head(bytes: &[u8]) -> bool {
    let [0x08, version @ 1..=40, rest @ ..] = bytes else { return false };
    let _ = version;
    // Producer, its version, domain, text, graph, operators, metadata: texts or messages; the model's version.
    matches!(rest, [0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42 | 0x72, ..])
}

/// Reads a model from ONNX's bytes.
///
/// # Errors
/// Bytes that are no such model, graphs without a tree ensemble or with operators beside it whose effect is not known, and what Sapwood cannot
/// score as onnxruntime does.
pub fn from_bytes(bytes: &[u8]) -> Result<Model, Error> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::unsupported(format!("{FORMAT} is longer than 2 GiB"), "protocol buffers are shorter"));
    }
    let syntax = |what: String| Error::Syntax { format: FORMAT, place: "its messages".into(), what };
    let file = ModelProto::decode(Bytes::copy_from_slice(bytes)).map_err(|error| syntax(error.to_string()))?;
    check_operators(&file)?;
    let unsupported = |what: String| {
        Error::unsupported(
            format!("{FORMAT} has {what}"),
            "Sapwood reads one tree ensemble with what does not change its scores, as docs/INTEROP.md says",
        )
    };
    let graph = file.graph.ok_or_else(|| syntax("no graph".into()))?;
    let metadata = Metadata::new(file.metadata_props, file.producer_name.as_deref() == Some("sapwood"));
    let graph = graph::read(graph).map_err(unsupported)?;
    let mut model = import::model(graph, &metadata).map_err(unsupported)?;
    metadata.restore(&mut model);
    model.validate()?;
    Ok(model)
}

fn check_operators(file: &ModelProto) -> Result<(), Error> {
    if !file.functions.is_empty() {
        return Err(Error::unsupported(format!("{FORMAT} has functions of its own"), "save it with operators alone"));
    }
    let mut has_trees = false;
    for bytes in &file.opset_import {
        let Ok(set) = OperatorSetId::decode(bytes.clone()) else { continue };
        let (domain, version) = (set.domain.unwrap_or_default(), set.version.unwrap_or(0));
        has_trees |= domain == "ai.onnx.ml";
        if domain == "ai.onnx.ml" && version > LATEST {
            return Err(Error::unsupported(
                format!("{FORMAT} has version {version} of ai.onnx.ml"),
                format!("Sapwood reads versions up to {LATEST}; save it with target_opset={{\"ai.onnx.ml\": {LATEST}}}"),
            ));
        }
    }
    match has_trees {
        true => Ok(()),
        false => {
            Err(Error::unsupported(format!("{FORMAT} does not use ai.onnx.ml, where tree ensembles are"), "Sapwood scores trees"))
        }
    }
}

/// The bytes of a model in ONNX, and what is rounded there.
///
/// # Errors
/// What ONNX does not have, by name.
pub fn to_bytes(model: &Model, version: Version) -> Result<(Vec<u8>, Rounding), Error> {
    export::bytes(model, version)
}
