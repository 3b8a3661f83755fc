//! Models in ONNX: the tree ensembles of `ai.onnx.ml`, read as onnxruntime 1.32 scores them with one thread, and written.
//!
//! ONNX's own specification leaves open what onnxruntime decides: in which order leaves are summed and when the base values are added, which
//! post-transforms one target has, what two classes with one weight mean. Its rules are those of this module; `scripts/check-interop` holds
//! them to it.

mod attributes;
mod column;
mod ensemble;
mod graph;
mod import;
mod operator;
mod proto;
mod trees;
mod v3;
mod v5;

use crate::Error;
use prost::Message;
use prost::bytes::Bytes;
use proto::{ModelProto, OperatorSetId, StringStringEntry};
use sapwood_score::Model;

/// What messages call such a file.
const FORMAT: &str = "the ONNX model";
/// The latest version of `ai.onnx.ml` that is read.
const LATEST: i64 = 5;
/// The entry of the metadata that holds the names of the columns, a list in JSON.
const FEATURE_NAMES: &str = "feature_names";
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
    let mut model = import::model(graph::read(graph).map_err(unsupported)?).map_err(unsupported)?;
    add_names(&mut model, file.metadata_props);
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

/// Names the columns as the metadata say, if they do and the names fit.
fn add_names(model: &mut Model, metadata: Vec<Bytes>) {
    let entry = |bytes| StringStringEntry::decode(bytes).ok().filter(|entry| entry.key.as_deref() == Some(FEATURE_NAMES));
    let Some(text) = metadata.into_iter().find_map(entry).and_then(|entry| entry.value) else { return };
    let Ok(names) = serde_json::from_str::<Vec<String>>(&text) else { return };
    let mut schema = model.schema.clone();
    if model.schema.named || names.len() != schema.len() {
        return;
    }
    schema.named = true;
    schema.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name = name);
    if crate::schema::check_names(&schema, FORMAT).is_ok() {
        model.schema = schema;
    }
}
