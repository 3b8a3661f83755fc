//! The protobuf messages of SageMaker's records (package `aialgs.data`), as far as they are read or written.

use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// One row.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RecordMessage {
    #[prost(btree_map = "string, message", tag = "1")]
    pub features: BTreeMap<String, Value>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub label: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(oneof = "Tensor", tags = "2, 3, 7, 9")]
    pub tensor: Option<Tensor>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Tensor {
    #[prost(message, tag = "2")]
    Float32(Float32Tensor),
    #[prost(message, tag = "3")]
    Float64(Float64Tensor),
    #[prost(message, tag = "7")]
    Int32(Int32Tensor),
    #[prost(message, tag = "9")]
    Bytes(Bytes),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Float32Tensor {
    #[prost(float, repeated, tag = "1")]
    pub values: Vec<f32>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Float64Tensor {
    #[prost(double, repeated, tag = "1")]
    pub values: Vec<f64>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Int32Tensor {
    /// `int32` in the schema, which is the same on the wire: read like this, numbers beyond 32 bits are seen and not cut.
    #[prost(int64, repeated, tag = "1")]
    pub values: Vec<i64>,
    #[prost(uint64, repeated, tag = "2")]
    pub keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub shape: Vec<u64>,
}

/// Its content is of no use, so it is not read.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Bytes {}
