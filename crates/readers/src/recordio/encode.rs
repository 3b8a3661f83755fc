//! Rows turned into records, and results into answers.

use super::frames::{LONGEST, push_frame};
use super::message::{
    ENTRY_NAME, ENTRY_VALUE, FEATURES, FLOAT32, FLOAT64, LABEL, TENSOR_KEYS, TENSOR_SHAPE, TENSOR_VALUES, VALUES,
};
use super::record::{Features, Record};
use super::wire::{push_bytes, push_varint};
use crate::{Error, Result};

/// Appends a record as one frame: in single precision where that loses nothing, else in double.
///
/// # Errors
/// The record is larger than a frame can be (512 MiB).
pub fn encode(record: &Record, out: &mut Vec<u8>) -> Result<()> {
    let mut message = Vec::new();
    match &record.features {
        Features::Dense(values) => push_entry(FEATURES, VALUES, values, &[], None, &mut message),
        Features::Sparse { keys, values, width } => push_entry(FEATURES, VALUES, values, keys, *width, &mut message),
    }
    if let Some(label) = record.label {
        push_entry(LABEL, VALUES, &[label], &[], None, &mut message);
    }
    push_message(&message, out)
}

/// Appends the answer to one row as one frame: a record without features whose labels are named results, such as `score`, in single
/// precision, as SageMaker's algorithms answer.
///
/// # Errors
/// The answer is larger than a frame can be (512 MiB).
pub fn encode_answer(results: &[(&str, &[f64])], out: &mut Vec<u8>) -> Result<()> {
    let mut message = Vec::new();
    for (name, values) in results {
        let rounded: Vec<_> = values.iter().map(|&value| f64::from(value as f32)).collect();
        push_entry(LABEL, name, &rounded, &[], None, &mut message);
    }
    push_message(&message, out)
}

fn push_message(message: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if message.len() > LONGEST {
        return Err(Error::data("a record of more than 512 MiB does not fit into a RecordIO frame; give it fewer features"));
    }
    push_frame(message, out);
    Ok(())
}

/// Appends an entry of a map whose value is a tensor.
fn push_entry(map: u32, name: &str, values: &[f64], keys: &[u32], width: Option<usize>, out: &mut Vec<u8>) {
    let exact = |&value: &f64| f64::from(value as f32) == value || value.is_nan();
    let (kind, bytes): (_, Vec<u8>) = if values.iter().all(exact) {
        (FLOAT32, values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect())
    } else {
        (FLOAT64, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    };
    let mut tensor = Vec::with_capacity(bytes.len() + 16);
    push_list(TENSOR_VALUES, &bytes, &mut tensor);
    push_list(TENSOR_KEYS, &packed(keys.iter().map(|&key| u64::from(key))), &mut tensor);
    push_list(TENSOR_SHAPE, &packed(width.map(|width| width as u64)), &mut tensor);
    let (mut value, mut entry) = (Vec::new(), Vec::new());
    push_bytes(kind, &tensor, &mut value);
    push_bytes(ENTRY_NAME, name.as_bytes(), &mut entry);
    push_bytes(ENTRY_VALUE, &value, &mut entry);
    push_bytes(map, &entry, out);
}

/// Appends a packed list, which is left out where it is empty.
fn push_list(field: u32, packed: &[u8], out: &mut Vec<u8>) {
    if !packed.is_empty() {
        push_bytes(field, packed, out);
    }
}

fn packed(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut out = Vec::new();
    numbers.into_iter().for_each(|number| push_varint(number, &mut out));
    out
}
