//! The one error type of this crate: every way a model file or a scoring request can be wrong.

/// What can go wrong while a model is read, written or used for scoring.
///
/// Every variant is caused by an input (a file or a request); none stands for a bug of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with the magic bytes of its kind.
    #[error("not a Sapwood {what}: the file does not begin with the magic bytes{}", advice(.remedy))]
    WrongMagic {
        /// The kind of file that was expected.
        what: &'static str,
        /// What to do, if anything.
        remedy: &'static str,
    },
    /// The file has the right magic but is shorter than the shortest one of its kind.
    #[error("{what} file is only {actual} bytes long, less than the {least} of its fixed parts: it is incomplete{}", advice(.remedy))]
    TooShort {
        /// The kind of file.
        what: &'static str,
        /// The length found, bytes.
        actual: u64,
        /// The least length of such a file, bytes.
        least: u64,
        /// What to do, if anything.
        remedy: &'static str,
    },
    /// The file is of a format version that this release cannot read.
    #[error("{what} format version {found} is not the version that this release reads, {supported}; {}", remedy(*found, *supported))]
    UnsupportedVersion {
        /// The kind of file.
        what: &'static str,
        /// The version the file states.
        found: u32,
        /// The newest version this release reads.
        supported: u32,
    },
    /// The model needs something to be scored with that this release does not know.
    #[error("the model needs {0}, which this release does not know; upgrade Sapwood")]
    UnknownRequirements(String),
    /// The file ends before, or goes on after, the length its own prefix states.
    #[error("{what} file {}{}", difference(*.expected, *.actual), advice(.remedy))]
    WrongLength {
        /// The kind of file.
        what: &'static str,
        /// The length the prefix states, bytes.
        expected: u64,
        /// The length found, bytes; no more is read than one byte too many.
        actual: u64,
        /// What to do, if anything.
        remedy: &'static str,
    },
    /// A size in the file exceeds the cap of its kind.
    #[error("{what} file states {part} of {found} bytes, more than the cap of {cap}: the file is damaged{}", advice(.remedy))]
    TooLarge {
        /// The kind of file.
        what: &'static str,
        /// Which part is too large.
        part: &'static str,
        /// The size stated, bytes.
        found: u64,
        /// The largest size allowed, bytes.
        cap: u64,
        /// What to do, if anything.
        remedy: &'static str,
    },
    /// What is to be written exceeds a cap of its format.
    #[error("the {what}'s {part} takes {found} bytes, more than the {cap} that a {what} file may hold; {remedy}")]
    CapExceeded {
        /// The kind of file.
        what: &'static str,
        /// Which part is too large.
        part: &'static str,
        /// Its size, bytes.
        found: u64,
        /// The largest size allowed, bytes.
        cap: u64,
        /// What makes it smaller.
        remedy: &'static str,
    },
    /// The checksum does not match the bytes.
    #[error("{what} file is damaged: checksum {found:08x}, expected {expected:08x}{}", advice(.remedy))]
    Checksum {
        /// The kind of file.
        what: &'static str,
        /// The checksum stored in the file.
        expected: u32,
        /// The checksum of the bytes read.
        found: u32,
        /// What to do, if anything.
        remedy: &'static str,
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
    /// The model was trained with base margins, and a row has none.
    #[error("the model was trained with base margins, so every row needs one; name their column with base_margin_column")]
    BaseMarginRequired,
    /// The kind of output asked for does not exist for this model's objective.
    #[error("{0}")]
    Output(String),
    /// A file is not what it should be.
    #[error("{path}: {error}")]
    InFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: Box<Error>,
    },
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

fn advice(remedy: &str) -> String {
    if remedy.is_empty() { String::new() } else { format!("; {remedy}") }
}

fn difference(expected: u64, actual: u64) -> String {
    match actual > expected {
        true => format!("goes on after the {expected} bytes that its prefix states: something was appended to it"),
        false => format!("is {actual} bytes long, its prefix states {expected}: it is incomplete"),
    }
}

fn remedy(found: u32, supported: u32) -> &'static str {
    match found > supported {
        true => "upgrade Sapwood",
        false => "make the file again",
    }
}
