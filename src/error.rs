//! The one error type of the training library. Its kind says whose fault it is.

use std::fmt;

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The content of a data set: a cell, a row, a label.
    Data,
    /// Columns that do not fit: missing, of the wrong type, in the wrong number.
    Schema,
    /// A parameter: unknown, out of range, in conflict with another.
    Parameter,
    /// A path that cannot be read or written.
    Io,
    /// A model file that cannot be read, or a request it cannot serve.
    Model,
    /// A checkpoint that cannot be read, or one of another training run.
    Checkpoint,
    /// Cached data that cannot be used.
    Cache,
    /// Work that nobody waits for any longer.
    Cancelled,
    /// A defect of Sapwood itself.
    Internal,
}

/// A failure, with a message that names the cause first, then the place, then the remedy.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The content of the data is wrong.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// The columns do not fit.
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    /// A parameter is wrong.
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Parameter, message)
    }

    /// A path cannot be read or written.
    pub fn io(path: impl AsRef<std::path::Path>, source: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Io, format!("{}: {source}", path.as_ref().display()))
    }

    /// Sapwood contradicts itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// What the failure is about.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the user can mend it (exit code 2), as opposed to us (exit code 1).
    pub fn is_user_error(&self) -> bool {
        self.kind != ErrorKind::Internal
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<sapwood_score::Error> for Error {
    fn from(error: sapwood_score::Error) -> Self {
        let kind = match error {
            sapwood_score::Error::Io { .. } => ErrorKind::Io,
            sapwood_score::Error::Schema(_) => ErrorKind::Schema,
            _ => ErrorKind::Model,
        };
        Self::new(kind, error.to_string())
    }
}
