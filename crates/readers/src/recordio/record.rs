//! Records: messages checked and turned into rows.

use super::frames::{BadFrame, Frames};
use super::message::{Named, RecordMessage, Tensor, TensorType, Value};
use crate::feature_count::MOST_FEATURES;
use crate::{Error, Result};

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The features.
    pub features: Features,
    /// The label, if it was asked for.
    pub label: Option<f64>,
}

/// The features of a row. NaN is missing; infinities are refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Features {
    /// A value for every feature.
    Dense(Vec<f64>),
    /// Some values; what is absent is missing, as in libsvm data.
    Sparse {
        /// The positions of features, counted from 0, each at most once and in any order.
        keys: Vec<u32>,
        /// Their values.
        values: Vec<f64>,
        /// The number of features, where the record tells it.
        width: Option<usize>,
    },
}

/// What is wanted of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// They are passed over, whatever they are.
    Ignored,
    /// Every record must have one finite number.
    Required,
}

/// What is wrong with a record, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecordFault {
    what: String,
    remedy: &'static str,
}

impl RecordFault {
    pub fn new(what: impl Into<String>, remedy: &'static str) -> Self {
        Self { what: what.into(), remedy }
    }

    /// The error; `source` is the file with a colon, or nothing.
    pub fn error(&self, source: &str, place: RecordPlace) -> Error {
        let RecordPlace { number, offset } = place;
        Error::data(format!("{}: {source}record {number} (byte {offset}); {}", self.what, self.remedy))
    }
}

impl From<BadFrame> for RecordFault {
    fn from(bad: BadFrame) -> Self {
        Self::new(bad.what, bad.remedy)
    }
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordPlace {
    /// Counted from 1.
    pub number: u64,
    /// Of its first frame, counted from 0, after decompression.
    pub offset: u64,
}

/// The records of bytes in memory; after a fault there is nothing more.
pub(super) struct Placed<'a> {
    frames: Frames<'a>,
    labels: Labels,
    number: u64,
    offset: u64,
    failed: bool,
}

impl<'a> Placed<'a> {
    /// `first` is the place of the first record.
    pub fn new(bytes: &'a [u8], labels: Labels, first: RecordPlace) -> Self {
        Self { frames: Frames::new(bytes), labels, number: first.number, offset: first.offset, failed: false }
    }
}

impl Iterator for Placed<'_> {
    type Item = (RecordPlace, Result<Record, RecordFault>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let (at, payload) = self.frames.next()?;
        let place = RecordPlace { number: self.number, offset: self.offset + at as u64 };
        self.number += 1;
        let record = payload.map_err(RecordFault::from).and_then(|payload| parse(&payload, self.labels));
        self.failed = record.is_err();
        Some((place, record))
    }
}

/// Reads records out of bytes in memory, such as the body of a request. Memory stays in proportion to the bytes that are there.
///
/// Errors name the record's number, counted from 1, and the position of its first byte; after one there is nothing more.
///
/// ```
/// use sapwood_readers::recordio::{Features, Labels, Record, encode, records};
/// let mut bytes = Vec::new();
/// encode(&Record { features: Features::Dense(vec![0.5, f64::NAN]), label: Some(1.0) }, &mut bytes)?;
/// for record in records(&bytes, Labels::Ignored) {
///     let mut row = [0.0; 2];
///     record?.fill(&mut row)?;
///     assert!(row[0] == 0.5 && row[1].is_nan());
/// }
/// # Ok::<(), sapwood::Error>(())
/// ```
pub fn records(bytes: &[u8], labels: Labels) -> impl Iterator<Item = Result<Record>> + '_ {
    let placed = Placed::new(bytes, labels, RecordPlace { number: 1, offset: 0 });
    placed.map(|(place, record)| record.and_then(Record::finite).map_err(|fault| fault.error("", place)))
}

/// Whether bytes begin like RecordIO.
pub fn is_recordio(bytes: &[u8]) -> bool {
    bytes.starts_with(&super::frames::MAGIC)
}

impl Record {
    /// Writes the features as a row of a model's width; NaN is missing.
    ///
    /// # Errors
    /// The record has another number of features. A sparse one may have fewer.
    pub fn fill(&self, row: &mut [f64]) -> Result<()> {
        self.features.check_width(row.len()).map_err(|fault| Error::schema(format!("{}; {}", fault.what, fault.remedy)))?;
        match &self.features {
            Features::Dense(values) => row.copy_from_slice(values),
            Features::Sparse { keys, values, .. } => {
                row.fill(f64::NAN);
                keys.iter().zip(values).for_each(|(&key, &value)| row[key as usize] = value);
            }
        }
        Ok(())
    }

    /// The record, if no value is infinite.
    pub(super) fn finite(self) -> Result<Self, RecordFault> {
        match self.features.values().iter().find(|value| value.is_infinite()) {
            Some(value) => Err(RecordFault::new(format!("infinite value {value}"), "correct it, or give NaN if it is missing")),
            None => Ok(self),
        }
    }
}

impl Features {
    fn values(&self) -> &[f64] {
        match self {
            Self::Dense(values) | Self::Sparse { values, .. } => values,
        }
    }

    /// The values that are there.
    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        match self {
            Self::Dense(values) | Self::Sparse { values, .. } => values,
        }
    }

    /// Makes sure that the features are those of a model with `width` features.
    pub(super) fn check_width(&self, width: usize) -> Result<(), RecordFault> {
        let remedy = "give the features that training had, in their order";
        match self {
            Self::Dense(values) if values.len() != width => {
                Err(RecordFault::new(format!("{} features where the model has {width}", values.len()), remedy))
            }
            Self::Sparse { width: Some(shape), .. } if *shape > width => {
                Err(RecordFault::new(format!("shape of {shape} features where the model has {width}"), remedy))
            }
            Self::Sparse { keys, .. } => match keys.iter().find(|&&key| key as usize >= width) {
                Some(key) => {
                    Err(RecordFault::new(format!("key {key} where the model has {width} features, counted from 0"), remedy))
                }
                None => Ok(()),
            },
            Self::Dense(_) => Ok(()),
        }
    }
}

fn parse(payload: &[u8], labels: Labels) -> Result<Record, RecordFault> {
    if is_recordio(payload) {
        return Err(RecordFault::new("record that holds RecordIO", "the data are framed twice; set RecordWrapperType to None"));
    }
    let message = RecordMessage::read(payload, labels == Labels::Required)
        .map_err(|what| RecordFault::new(format!("not a protobuf Record ({what})"), "the data are damaged, or of another kind"))?;
    let features = tensor(message.features, "features")?
        .ok_or_else(|| RecordFault::new("record without features[\"values\"]", "give the features under the name values"))?;
    let features = features_of(features)?;
    let label = match labels {
        Labels::Ignored => None,
        Labels::Required => Some(label_of(message.label)?),
    };
    Ok(Record { features, label })
}

/// The tensor called `values`, which must be the only one: to pass over others would be to train on less than was given.
fn tensor(map: Named<'_>, what: &str) -> Result<Option<Tensor>, RecordFault> {
    if let Some(name) = map.other {
        let name: String = name.chars().take(60).collect();
        return Err(RecordFault::new(format!("{what} called {name:?}"), "give all under the one name values; no other is read"));
    }
    let remedy = "give them as float32_tensor, float64_tensor or int32_tensor";
    match map.values {
        None => Ok(None),
        Some(Value::Nothing) => Err(RecordFault::new(format!("{what} without a tensor of numbers"), remedy)),
        Some(Value::Bytes) => Err(RecordFault::new(format!("{what} that are bytes"), remedy)),
        Some(Value::Tensor(tensor)) => match beyond_32_bits(&tensor) {
            Some(value) => {
                Err(RecordFault::new(format!("{what} with an integer beyond 32 bits ({value})"), "give them as float64_tensor"))
            }
            None => Ok(Some(tensor)),
        },
    }
}

fn beyond_32_bits(tensor: &Tensor) -> Option<f64> {
    let beyond = |value: &f64| *value < f64::from(i32::MIN) || *value > f64::from(i32::MAX);
    tensor.values.iter().copied().filter(|_| tensor.kind == TensorType::Int32).find(beyond)
}

fn features_of(tensor: Tensor) -> Result<Features, RecordFault> {
    let Tensor { values, keys, shape, .. } = tensor;
    let width = width_of(&shape)?;
    // A shape and nothing else is a sparse row without values: that is how such rows are written.
    if keys.is_empty() && (!values.is_empty() || width.is_none()) {
        if let Some(width) = width.filter(|&width| width != values.len()) {
            return Err(RecordFault::new(format!("{} values for a shape of {width}", values.len()), "make them agree"));
        }
        return Ok(Features::Dense(values));
    }
    if keys.len() != values.len() {
        return Err(RecordFault::new(format!("{} keys for {} values", keys.len(), values.len()), "give one key a value"));
    }
    let limit = width.unwrap_or(MOST_FEATURES);
    if let Some(key) = keys.iter().find(|&&key| key >= limit as u64) {
        return Err(RecordFault::new(format!("key {key}, beyond {limit} features"), "keys count from 0; correct keys or shape"));
    }
    let keys: Vec<u32> = keys.into_iter().map(|key| key as u32).collect();
    match duplicate(&keys) {
        Some(key) => Err(RecordFault::new(format!("key {key} given twice"), "give each key once")),
        None => Ok(Features::Sparse { keys, values, width }),
    }
}

/// The number of features that a shape stands for: a row is a vector, whatever the number of dimensions.
fn width_of(shape: &[u64]) -> Result<Option<usize>, RecordFault> {
    let product = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length));
    match product.filter(|&width| (1..=MOST_FEATURES as u64).contains(&width)) {
        _ if shape.is_empty() => Ok(None),
        Some(width) => Ok(Some(width as usize)),
        None => {
            Err(RecordFault::new("bad shape", "a row has at least one feature, and at most 8,388,608: hash the features to fewer"))
        }
    }
}

fn duplicate(keys: &[u32]) -> Option<u32> {
    if keys.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn label_of(map: Named<'_>) -> Result<f64, RecordFault> {
    let remedy = "give every record one label, a finite number, as label[\"values\"]";
    let labels = tensor(map, "label")?.ok_or_else(|| RecordFault::new("record without a label", remedy))?.values;
    match labels[..] {
        [label] if label.is_finite() => Ok(label),
        [label] => Err(RecordFault::new(format!("label that is {label}"), remedy)),
        _ => Err(RecordFault::new(format!("{} labels", labels.len()), remedy)),
    }
}
