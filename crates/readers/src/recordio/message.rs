//! The protobuf messages of SageMaker's records (package `aialgs.data`), as far as they are read or written:
//!
//! ```protobuf
//! message Record { map<string, Value> features = 1; map<string, Value> label = 2; … }
//! message Value { oneof value { Float32Tensor float32_tensor = 2; Float64Tensor float64_tensor = 3; Int32Tensor int32_tensor = 7; Bytes bytes = 9; } }
//! message Float32Tensor { repeated float values = 1; repeated uint64 keys = 2; repeated uint64 shape = 3; }
//! ```
//!
//! and the other tensors likewise. An entry of a map is a message with the name as field 1 and the value as field 2. As everywhere in
//! protobuf, fields come in any order, unknown ones are passed over, the last of several values counts, and messages that come in
//! several parts are joined.

use super::wire::{Fields, Malformed};

pub(super) const FEATURES: u32 = 1;
pub(super) const LABEL: u32 = 2;
pub(super) const ENTRY_NAME: u32 = 1;
pub(super) const ENTRY_VALUE: u32 = 2;
pub(super) const FLOAT32: u32 = 2;
pub(super) const FLOAT64: u32 = 3;
const INT32: u32 = 7;
const BYTES: u32 = 9;
pub(super) const TENSOR_VALUES: u32 = 1;
pub(super) const TENSOR_KEYS: u32 = 2;
pub(super) const TENSOR_SHAPE: u32 = 3;

/// The one name under which features and labels are read and written.
pub(super) const VALUES: &str = "values";

/// One row.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RecordMessage<'a> {
    pub features: Named<'a>,
    pub label: Named<'a>,
}

/// A map from names to values, of which only that called `values` is kept.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named<'a> {
    pub values: Option<Value>,
    /// The first other name.
    pub other: Option<&'a str>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) enum Value {
    #[default]
    Nothing,
    Tensor(Tensor),
    /// Their content is of no use, so it is not read.
    Bytes,
}

#[derive(Debug, PartialEq)]
pub(super) struct Tensor {
    pub kind: TensorType,
    pub values: Vec<f64>,
    pub keys: Vec<u64>,
    pub shape: Vec<u64>,
}

/// What the values of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TensorType {
    Float32,
    Float64,
    Int32,
}

impl<'a> RecordMessage<'a> {
    /// Reads a message; labels only where they are wanted.
    pub fn read(bytes: &'a [u8], labels: bool) -> Result<Self, Malformed> {
        let mut message = Self::default();
        for field in Fields::new(bytes) {
            match field? {
                (FEATURES, entry) => message.features.add(entry.bytes()?)?,
                (LABEL, entry) if labels => message.label.add(entry.bytes()?)?,
                _ => {}
            }
        }
        Ok(message)
    }
}

impl<'a> Named<'a> {
    fn add(&mut self, entry: &'a [u8]) -> Result<(), Malformed> {
        let (mut name, mut value) = ("", Value::Nothing);
        for field in Fields::new(entry) {
            match field? {
                (ENTRY_NAME, content) => name = content.text()?,
                (ENTRY_VALUE, content) => value.add(content.bytes()?)?,
                _ => {}
            }
        }
        match name {
            VALUES => self.values = Some(value),
            _ => self.other = self.other.or(Some(name)),
        }
        Ok(())
    }
}

impl Value {
    fn add(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Fields::new(message) {
            let (number, content) = field?;
            let kind = match number {
                FLOAT32 => TensorType::Float32,
                FLOAT64 => TensorType::Float64,
                INT32 => TensorType::Int32,
                BYTES => {
                    content.bytes()?;
                    *self = Self::Bytes;
                    continue;
                }
                _ => continue,
            };
            self.tensor(kind).add(content.bytes()?)?;
        }
        Ok(())
    }

    /// The tensor, emptied if it was of another kind.
    fn tensor(&mut self, kind: TensorType) -> &mut Tensor {
        if !matches!(self, Self::Tensor(tensor) if tensor.kind == kind) {
            *self = Self::Tensor(Tensor { kind, values: Vec::new(), keys: Vec::new(), shape: Vec::new() });
        }
        match self {
            Self::Tensor(tensor) => tensor,
            _ => unreachable!("it was made one"),
        }
    }
}

impl Tensor {
    fn add(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Fields::new(message) {
            let (number, content) = field?;
            match (number, self.kind) {
                (TENSOR_VALUES, TensorType::Float32) => content.floats(&mut self.values)?,
                (TENSOR_VALUES, TensorType::Float64) => content.doubles(&mut self.values)?,
                // Negative numbers have 64 bits on the wire; read like this, those beyond 32 bits are seen and not cut.
                (TENSOR_VALUES, TensorType::Int32) => content.integers(|number| number as i64 as f64, &mut self.values)?,
                (TENSOR_KEYS, _) => content.integers(|key| key, &mut self.keys)?,
                (TENSOR_SHAPE, _) => content.integers(|length| length, &mut self.shape)?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::push_bytes;
    use super::*;

    fn bytes(number: u32, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push_bytes(number, content, &mut out);
        out
    }

    fn entry(map: u32, name: &str, value: &[u8]) -> Vec<u8> {
        bytes(map, &[bytes(ENTRY_NAME, name.as_bytes()), bytes(ENTRY_VALUE, value)].concat())
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        bytes(FLOAT32, &bytes(TENSOR_VALUES, &packed))
    }

    fn tensor(kind: TensorType, values: &[f64]) -> Option<Value> {
        Some(Value::Tensor(Tensor { kind, values: values.to_vec(), keys: Vec::new(), shape: Vec::new() }))
    }

    fn features(message: &[Vec<u8>]) -> Result<Option<Value>, Malformed> {
        RecordMessage::read(&message.concat(), true).map(|message| message.features.values)
    }

    #[test]
    fn the_last_value_counts_and_parts_are_joined() {
        let again = [entry(FEATURES, VALUES, &floats(&[1.0])), entry(FEATURES, VALUES, &floats(&[2.0]))];
        assert_eq!(features(&again), Ok(tensor(TensorType::Float32, &[2.0])));
        let parts = [entry(FEATURES, VALUES, &[floats(&[1.0]), floats(&[2.0])].concat())];
        assert_eq!(features(&parts), Ok(tensor(TensorType::Float32, &[1.0, 2.0])));
        let double = bytes(FLOAT64, &bytes(TENSOR_VALUES, &0.1f64.to_le_bytes()));
        let kinds = [entry(FEATURES, VALUES, &[floats(&[1.0]), double.clone()].concat())];
        assert_eq!(features(&kinds), Ok(tensor(TensorType::Float64, &[0.1])));
        let no_numbers = [entry(FEATURES, VALUES, &[double, bytes(BYTES, b"jpeg")].concat())];
        assert_eq!(features(&no_numbers), Ok(Some(Value::Bytes)));
        let values = [bytes(ENTRY_VALUE, &floats(&[1.0])), bytes(ENTRY_NAME, b"values"), bytes(ENTRY_VALUE, &floats(&[2.0]))];
        assert_eq!(features(&[bytes(FEATURES, &values.concat())]), Ok(tensor(TensorType::Float32, &[1.0, 2.0])));
    }

    #[test]
    fn what_is_not_there_is_empty_and_what_is_unknown_is_passed_over() {
        assert_eq!(features(&[]), Ok(None));
        assert_eq!(features(&[bytes(3, b"uid"), bytes(77, b"\xff")]), Ok(None));
        assert_eq!(features(&[entry(FEATURES, VALUES, b"")]), Ok(Some(Value::Nothing)));
        assert_eq!(features(&[entry(FEATURES, VALUES, &bytes(5, b"half"))]), Ok(Some(Value::Nothing)));
        assert_eq!(features(&[entry(FEATURES, VALUES, &bytes(FLOAT32, b""))]), Ok(tensor(TensorType::Float32, &[])));
        let nameless = bytes(FEATURES, &bytes(ENTRY_VALUE, &floats(&[1.0])));
        assert_eq!(RecordMessage::read(&nameless, true).map(|message| message.features.other), Ok(Some("")));
    }

    #[test]
    fn a_message_is_wrong_at_any_depth() {
        let bad = [0xff];
        for message in [
            bad.to_vec(),
            bytes(FEATURES, &bad),
            entry(FEATURES, VALUES, &bad),
            entry(FEATURES, VALUES, &bytes(FLOAT32, &bad)),
            entry(FEATURES, VALUES, &bytes(FLOAT32, &bytes(TENSOR_VALUES, &bad))),
            entry(FEATURES, VALUES, &bytes(FLOAT32, &bytes(TENSOR_KEYS, &bad))),
            entry(FEATURES, VALUES, &bytes(FLOAT32, &bytes(TENSOR_SHAPE, &bad))),
            vec![8, 1],
            entry(FEATURES, VALUES, &[BYTES as u8 * 8, 1]),
        ] {
            assert!(RecordMessage::read(&message, true).is_err(), "{message:?}");
        }
        let bad_label = bytes(LABEL, &bad);
        assert!(RecordMessage::read(&bad_label, true).is_err() && RecordMessage::read(&bad_label, false).is_ok());
    }
}
