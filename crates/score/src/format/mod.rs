//! The model file: [`Model`] ↔ bytes ↔ disk. `docs/MODEL_FORMAT.md` writes the layout down; each version has a module with types of
//! its own, which never change once they are published.

mod v1;

use crate::container::{FileFormat, Limit, PREFIX_BYTES};
use crate::replace::{Durability, replace};
use crate::{Error, Model};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The format version that this release writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// The longest header a file may state, bytes.
pub const MAX_HEADER_BYTES: u64 = 1 << 29;
/// The longest payload a file may state, bytes.
pub const MAX_PAYLOAD_BYTES: u64 = 1 << 31;

const FORMAT: FileFormat = FileFormat {
    what: "model",
    magic: *b"SAPWOOD\0",
    version: FORMAT_VERSION,
    other: "was it made by `sapwood train`?",
    damaged: "copy it again from where it was made",
    header: Limit { bytes: MAX_HEADER_BYTES, remedy: "drop columns with very many categories" },
    payload: Limit { bytes: MAX_PAYLOAD_BYTES, remedy: "train fewer rounds or smaller trees" },
};

/// The header of a model's file, for people to look at.
pub(crate) fn header(model: &Model) -> serde_json::Value {
    v1::header(model)
}

/// Room that is made for a file because it states its length, before its bytes are there.
const BELIEVED_BYTES: u64 = 64 << 20;

impl Model {
    /// The model as the bytes of a model file. Equal models give equal bytes.
    ///
    /// # Errors
    /// A model that [`Model::validate`] refuses, or one beyond a cap of the format.
    ///
    /// ```
    /// use sapwood_score::{Error, Model};
    /// # use sapwood_score::{FeatureSchema, Objective, Tree};
    /// # let trees = vec![Tree::leaf(1.0, 10.0)];
    /// # let model = Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![0.5], trees);
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
        let (header, payload) = v1::encode(self)?;
        FORMAT.encode(&header, &payload)
    }

    /// Reads a model from the bytes of a model file, all of them.
    ///
    /// # Errors
    /// Bytes that are no model, damaged in any place, or of a later format version. Bytes that pass the checksum but contradict
    /// themselves are refused by [`Model::validate`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (header, payload) = FORMAT.decode(bytes)?;
        let model = v1::decode(header, payload)?;
        model.validate()?;
        Ok(model)
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// A file that cannot be read, and everything that [`Model::from_bytes`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| Error::Io { path: name.clone(), source })?;
        Self::read(&name, file).map_err(|error| match error {
            // It names the file already.
            Error::Io { .. } => error,
            error => Error::InFile { path: name, error: error.into() },
        })
    }

    /// Reads a model from wherever its bytes come. `name` is what errors of the reader call it.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn read(name: &str, mut reader: impl Read) -> Result<Self, Error> {
        let io_error = |source| Error::Io { path: name.to_string(), source };
        let mut bytes = Vec::new();
        reader.by_ref().take(PREFIX_BYTES as u64).read_to_end(&mut bytes).map_err(io_error)?;
        // Whatever is behind the reader, no more is read than a model has, and one byte that would be too much.
        let rest = FORMAT.lengths(&bytes)?.file() - PREFIX_BYTES as u64;
        // A buffer that grows leaves holes behind, which the C library keeps.
        bytes.reserve_exact((rest + 1).min(BELIEVED_BYTES) as usize);
        reader.take(rest + 1).read_to_end(&mut bytes).map_err(io_error)?;
        Self::from_bytes(&bytes)
    }

    /// Writes a model file. It appears under its name complete and on disk, or not at all; a file that was there before is
    /// replaced in one step. On failure nothing is left behind.
    ///
    /// # Errors
    /// A model that [`Model::to_bytes`] refuses, a path that is not a regular file's, or a failure to write.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        replace(path, Durability::Durable, |out| out.write_all(&bytes))
            .map_err(|source| Error::Io { path: path.display().to_string(), source })
    }
}
