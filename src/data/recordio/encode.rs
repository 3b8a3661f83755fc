//! Rows turned into records, and results into answers.

use super::frames::{LONGEST, push_frame};
use super::message::{Float32Tensor, Float64Tensor, RecordMessage, Tensor, Value};
use super::record::{Features, Record, VALUES};
use crate::{Error, Result};
use prost::Message;
use std::collections::BTreeMap;

/// Appends a record as one frame: in single precision where that loses nothing, else in double.
///
/// # Errors
/// The record is larger than a frame can be (512 MiB).
pub fn encode(record: &Record, out: &mut Vec<u8>) -> Result<()> {
    let (values, keys, shape) = match &record.features {
        Features::Dense(values) => (values, Vec::new(), Vec::new()),
        Features::Sparse { keys, values, width } => {
            (values, keys.iter().map(|&key| u64::from(key)).collect(), width.map(|width| width as u64).into_iter().collect())
        }
    };
    let label = record.label.map(|label| (VALUES.to_string(), tensor(&[label], Vec::new(), Vec::new())));
    push_message(
        &RecordMessage {
            features: BTreeMap::from([(VALUES.to_string(), tensor(values, keys, shape))]),
            label: label.into_iter().collect(),
        },
        out,
    )
}

/// Appends the answer to one row as one frame: a record without features whose labels are named results, such as `score`, in single
/// precision, as SageMaker's algorithms answer.
///
/// # Errors
/// The answer is larger than a frame can be (512 MiB).
pub fn encode_answer(results: &[(&str, &[f64])], out: &mut Vec<u8>) -> Result<()> {
    let value = |values: &[f64]| {
        let values = values.iter().map(|&value| value as f32).collect();
        Value { tensor: Some(Tensor::Float32(Float32Tensor { values, keys: Vec::new(), shape: Vec::new() })) }
    };
    let label = results.iter().map(|(name, values)| ((*name).to_string(), value(values))).collect();
    push_message(&RecordMessage { features: BTreeMap::new(), label }, out)
}

fn push_message(message: &RecordMessage, out: &mut Vec<u8>) -> Result<()> {
    if message.encoded_len() > LONGEST {
        return Err(Error::data("a record of more than 512 MiB does not fit into a RecordIO frame; give it fewer features"));
    }
    push_frame(&message.encode_to_vec(), out);
    Ok(())
}

fn tensor(values: &[f64], keys: Vec<u64>, shape: Vec<u64>) -> Value {
    let exact = |&value: &f64| f64::from(value as f32) == value || value.is_nan();
    let tensor = if values.iter().all(exact) {
        Tensor::Float32(Float32Tensor { values: values.iter().map(|&value| value as f32).collect(), keys, shape })
    } else {
        Tensor::Float64(Float64Tensor { values: values.to_vec(), keys, shape })
    };
    Value { tensor: Some(tensor) }
}
