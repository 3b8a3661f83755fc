//! The payload of version 1: derived features and trees in bincode.

use crate::Error;
use crate::format::MAX_PAYLOAD_BYTES;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    pub derived: Vec<Derived>,
    pub trees: Vec<Tree>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Derived {
    pub name: String,
    pub derivation: Derivation,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Derivation {
    TargetStatistic { source: u32, target: u32, prior: f64, prior_weight: f64, sums: Vec<f64>, counts: Vec<f64> },
    Count { source: u32, counts: Vec<f64> },
    Pair { first: u32, second: u32, levels: Vec<(u32, u32)> },
    Difference { first: u32, second: u32 },
    Sum { first: u32, second: u32 },
    Product { first: u32, second: u32 },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Tree {
    pub weight: f64,
    pub counts: Vec<u64>,
    pub nodes: Vec<Node>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Node {
    Leaf {
        value: f64,
        cover: f64,
    },
    Split(Split),
    VectorLeaf {
        values: Vec<f64>,
        cover: f64,
    },
    /// Behind a pointer, which bincode does not write: the largest kind of node is the rarest.
    LinearLeaf(Box<LinearLeaf>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct LinearLeaf {
    pub constant: f64,
    pub terms: Vec<Term>,
    pub if_missing: f64,
    pub range: (f64, f64),
    pub cover: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Term {
    pub feature: u32,
    pub coefficient: f64,
    pub range: (f64, f64),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Split {
    pub feature: u32,
    pub condition: Condition,
    pub default_left: bool,
    pub missing: MissingRule,
    pub left: u32,
    pub right: u32,
    pub gain: f64,
    pub cover: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Condition {
    Threshold(f64),
    Levels(Vec<u64>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum MissingRule {
    Nan,
    NanOrZero,
    NanIsZero,
    UnseenLeft,
    UnseenRight,
}

impl Payload {
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        bincode::serde::encode_to_vec(self, config()).map_err(|error| Error::Inconsistent(format!("payload: {error}")))
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |what: String| Error::Malformed(format!("payload: {what}"));
        let (payload, read) = bincode::serde::decode_from_slice(bytes, config()).map_err(|error| malformed(error.to_string()))?;
        match bytes.len() - read {
            0 => Ok(payload),
            left => Err(malformed(format!("{left} bytes after the last tree"))),
        }
    }
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ MAX_PAYLOAD_BYTES as usize }>()
}
