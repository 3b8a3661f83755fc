//! The codec of the model file: [`Model`] ↔ bytes. `docs/MODEL_FORMAT.md` writes the layout down.
//!
//! Nothing in a file is believed before the checksum has matched, and no length is used for an allocation before it has been
//! compared with the number of bytes at hand.

use crate::{Error, FeatureSchema, Model, Objective, Tree, json_float};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The format version that this release writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// The longest header a file may state, bytes.
pub const MAX_HEADER_BYTES: u64 = 1 << 29;
/// The longest payload a file may state, bytes.
pub const MAX_PAYLOAD_BYTES: u64 = 1 << 31;

/// How every model file begins.
const MAGIC: [u8; 8] = *b"SAPWOOD\0";
/// Magic, version (u32), header length (u32), payload length (u64).
pub(crate) const PREFIX_BYTES: usize = 24;
const CHECKSUM_BYTES: usize = 4;
const LEAST_BYTES: usize = PREFIX_BYTES + CHECKSUM_BYTES;

/// The JSON part of a file: everything but the trees. Readers pass over keys they do not know.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    schema: Cow<'a, FeatureSchema>,
    objective: Objective,
    classes: Option<Cow<'a, [String]>>,
    base_score: Cow<'a, [f64]>,
    parallel_trees: u32,
    /// The number of trees in the payload.
    trees: u64,
    /// The number of nodes over all trees.
    nodes: u64,
    best_iteration: Option<u32>,
    #[serde(with = "json_float", default)]
    best_score: Option<f64>,
    params: Cow<'a, [(String, String)]>,
}

/// The lengths that a file's first bytes state, both within their caps.
struct Prefix {
    header: u32,
    payload: u64,
}

impl Prefix {
    /// Reads magic, version and lengths from the first bytes of a file.
    fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) || (bytes.is_empty()) {
            return Err(Error::NotAModel);
        }
        let mut rest = Fields(&bytes[magic.len()..]);
        let (Some(version), Some(header), Some(payload)) = (rest.u32(), rest.u32(), rest.u64()) else {
            return Err(Error::TooShort { actual: bytes.len() as u64, least: LEAST_BYTES as u64 });
        };
        match version {
            FORMAT_VERSION => {}
            0 => return Err(Error::Malformed("it states format version 0, which never was".into())),
            found => return Err(Error::UnsupportedVersion { found, supported: FORMAT_VERSION }),
        }
        for (what, found, cap) in [("a header", header.into(), MAX_HEADER_BYTES), ("a payload", payload, MAX_PAYLOAD_BYTES)] {
            if found > cap {
                return Err(Error::TooLarge { what, found, cap });
            }
        }
        Ok(Self { header, payload })
    }

    fn to_bytes(&self) -> [u8; PREFIX_BYTES] {
        let mut bytes = [0; PREFIX_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.header.to_le_bytes());
        bytes[16..].copy_from_slice(&self.payload.to_le_bytes());
        bytes
    }

    /// The length of the whole file.
    fn file_bytes(&self) -> u64 {
        LEAST_BYTES as u64 + u64::from(self.header) + self.payload
    }
}

/// Takes little-endian numbers from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// The length that a file's first [`PREFIX_BYTES`] state for the whole of it.
pub(crate) fn stated_length(prefix: &[u8]) -> Result<u64, Error> {
    Prefix::parse(prefix).map(|p| p.file_bytes())
}

impl Model {
    /// The model as the bytes of a model file. Equal models give equal bytes.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses, or that exceeds a cap of the format: nobody could load the file.
    ///
    /// ```
    /// # use sapwood_score::{Error, FeatureSchema, Model, Objective, Tree};
    /// # let model = Model {
    /// #     schema: FeatureSchema::numeric(1),
    /// #     objective: Objective::SquaredError,
    /// #     classes: None,
    /// #     base_score: vec![0.5],
    /// #     parallel_trees: 1,
    /// #     trees: vec![Tree::leaf(1.0, 10.0)],
    /// #     best_iteration: None,
    /// #     best_score: None,
    /// #     params: Vec::new(),
    /// # };
    /// let bytes = model.to_bytes()?;
    /// assert_eq!(Model::from_bytes(&bytes)?, model);
    ///
    /// let mut damaged = bytes.clone();
    /// damaged[30] ^= 1;
    /// assert!(matches!(Model::from_bytes(&damaged), Err(Error::Checksum { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.validate()?;
        let header = serde_json::to_vec(&self.header()).map_err(|e| Error::Inconsistent(format!("header: {e}")))?;
        let payload = bincode::serde::encode_to_vec(&self.trees, payload_config())
            .map_err(|e| Error::Inconsistent(format!("payload: {e}")))?;
        let header_length = within("header", header.len(), MAX_HEADER_BYTES, "drop columns with very many categories")?;
        let payload_length = within("payload", payload.len(), MAX_PAYLOAD_BYTES, "train fewer rounds or smaller trees")?;
        let prefix = Prefix { header: header_length as u32, payload: payload_length };
        let mut bytes = Vec::with_capacity(LEAST_BYTES + header.len() + payload.len());
        bytes.extend_from_slice(&prefix.to_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&payload);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads a model from the bytes of a model file, all of them.
    ///
    /// # Errors
    /// Bytes that are no model, damaged in any place, or of a later format version. Bytes that pass the checksum but contradict
    /// themselves are refused by [`Model::validate`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let prefix = Prefix::parse(bytes)?;
        let (expected, actual) = (prefix.file_bytes(), bytes.len() as u64);
        let Some((body, checksum)) = bytes.split_last_chunk().filter(|_| actual == expected) else {
            return Err(Error::WrongLength { expected, actual });
        };
        let (expected, found) = (u32::from_le_bytes(*checksum), crc32fast::hash(body));
        if expected != found {
            return Err(Error::Checksum { expected, found });
        }
        let (header, payload) = body[PREFIX_BYTES..].split_at(prefix.header as usize);
        let header: Header<'_> = serde_json::from_slice(header).map_err(|e| Error::Malformed(format!("header: {e}")))?;
        let model = header.with_trees(decode_trees(payload)?)?;
        model.validate()?;
        Ok(model)
    }

    fn header(&self) -> Header<'_> {
        Header {
            schema: Cow::Borrowed(&self.schema),
            objective: self.objective,
            classes: self.classes.as_deref().map(Cow::Borrowed),
            base_score: Cow::Borrowed(&self.base_score),
            parallel_trees: self.parallel_trees,
            trees: self.trees.len() as u64,
            nodes: self.num_nodes() as u64,
            best_iteration: self.best_iteration,
            best_score: self.best_score,
            params: Cow::Borrowed(&self.params),
        }
    }
}

impl Header<'_> {
    fn with_trees(self, trees: Vec<Tree>) -> Result<Model, Error> {
        let stated = (self.trees, self.nodes);
        let model = Model {
            schema: self.schema.into_owned(),
            objective: self.objective,
            classes: self.classes.map(Cow::into_owned),
            base_score: self.base_score.into_owned(),
            parallel_trees: self.parallel_trees,
            trees,
            best_iteration: self.best_iteration,
            best_score: self.best_score,
            params: self.params.into_owned(),
        };
        let held = (model.trees.len() as u64, model.num_nodes() as u64);
        if stated != held {
            let (trees, nodes) = stated;
            return Err(Error::Malformed(format!(
                "the header states {trees} trees of {nodes} nodes, the payload holds {} of {}",
                held.0, held.1
            )));
        }
        Ok(model)
    }
}

fn payload_config() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<{ MAX_PAYLOAD_BYTES as usize }>()
}

fn decode_trees(payload: &[u8]) -> Result<Vec<Tree>, Error> {
    let (trees, read) =
        bincode::serde::decode_from_slice(payload, payload_config()).map_err(|e| Error::Malformed(format!("payload: {e}")))?;
    match payload.len() - read {
        0 => Ok(trees),
        left => Err(Error::Malformed(format!("payload: {left} bytes after the last tree"))),
    }
}

fn within(what: &'static str, length: usize, cap: u64, remedy: &'static str) -> Result<u64, Error> {
    let found = length as u64;
    if found > cap { Err(Error::CapExceeded { what, found, cap, remedy }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_beyond_their_cap_are_not_written() {
        assert_eq!(within("header", 8, 8, "").unwrap(), 8);
        let error = within("payload", 9, 8, "train fewer rounds").unwrap_err();
        assert!(matches!(error, Error::CapExceeded { what: "payload", found: 9, cap: 8, .. }));
        assert!(error.to_string().ends_with("train fewer rounds"), "{error}");
    }

    #[test]
    fn caps_fit_the_fields_that_state_them() {
        assert!(u32::try_from(MAX_HEADER_BYTES).is_ok());
        assert!(MAX_HEADER_BYTES.checked_add(MAX_PAYLOAD_BYTES).is_some_and(|sum| sum < u64::MAX - LEAST_BYTES as u64));
    }

    #[test]
    fn a_prefix_reads_back() {
        let prefix = Prefix { header: 7, payload: 1 << 30 };
        assert_eq!(stated_length(&prefix.to_bytes()).unwrap(), 28 + 7 + (1 << 30));
    }
}
