//! The one error type of this crate: every way a model file or a scoring request can be wrong.

/// What can go wrong while a model is read, written or used for scoring.
///
/// Every variant is caused by an input (a file or a request); none stands for a bug of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with the magic bytes of a Sapwood model.
    #[error("not a Sapwood model: the file does not begin with the model magic; was it made by `sapwood train`?")]
    NotAModel,
    /// The file has the magic of a model but is shorter than the shortest one.
    #[error(
        "model file is only {actual} bytes long, less than the {least} of its fixed parts: the file is incomplete; copy it again"
    )]
    TooShort {
        /// The length found, bytes.
        actual: u64,
        /// The least length of a model file, bytes.
        least: u64,
    },
    /// The file was written by a later release, in a layout this one cannot read.
    #[error("model format version {found} is newer than {supported}, the newest this release reads; upgrade Sapwood")]
    UnsupportedVersion {
        /// The version the file states.
        found: u32,
        /// The newest version this release reads.
        supported: u32,
    },
    /// The file ends before, or goes on after, the length its own prefix states.
    #[error(
        "model file is {actual} bytes long, its prefix says {expected}: the file is incomplete or was appended to; copy it again"
    )]
    WrongLength {
        /// The length the prefix states, bytes.
        expected: u64,
        /// The length found, bytes.
        actual: u64,
    },
    /// A size in the file exceeds the cap written down in `docs/MODEL_FORMAT.md`.
    #[error("model file states {what} of {found} bytes, more than the cap of {cap}: the file is damaged")]
    TooLarge {
        /// Which part is too large.
        what: &'static str,
        /// The size stated, bytes.
        found: u64,
        /// The largest size allowed, bytes.
        cap: u64,
    },
    /// A model to be written exceeds a cap of the format.
    #[error("the model's {what} takes {found} bytes, more than the {cap} that a model file may hold; {remedy}")]
    CapExceeded {
        /// Which part is too large.
        what: &'static str,
        /// Its size, bytes.
        found: u64,
        /// The largest size allowed, bytes.
        cap: u64,
        /// What makes it smaller.
        remedy: &'static str,
    },
    /// The checksum does not match the bytes.
    #[error("model file is damaged: checksum {found:08x}, expected {expected:08x}; copy it again from where it was made")]
    Checksum {
        /// The checksum stored in the file.
        expected: u32,
        /// The checksum of the bytes read.
        found: u32,
    },
    /// Header or payload cannot be decoded.
    #[error("model file is damaged: {0}")]
    Malformed(String),
    /// The decoded model contradicts itself (a child index out of range, say).
    #[error("model is inconsistent: {0}")]
    Inconsistent(String),
    /// The data to score do not fit the model's schema.
    #[error("{0}")]
    Schema(String),
    /// The kind of output asked for does not exist for this model's objective.
    #[error("{0}")]
    Output(String),
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}
