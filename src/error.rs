//! The one error type of the training library. Its kind says whose fault it is.

use std::fmt;
use std::path::{Path, PathBuf};

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
    /// A job's configuration beside its parameters: channels, hosts, the platform's files.
    Configuration,
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
    /// Boxed, because results are returned by value everywhere.
    details: Option<Box<ErrorDetails>>,
}

/// The parts of a failure that are known, for programs. The message has them, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The parameter, by the name it was given under. Of several that exclude each other, the one that was given last.
    pub parameter: Option<String>,
    /// The file or directory.
    pub path: Option<PathBuf>,
    /// The line in the file, counted from 1.
    pub line: Option<u64>,
    /// The row in the file, counted from 0, where rows have no lines.
    pub row: Option<u64>,
    /// The column in the line, counted from 1: a cell of CSV, a character of JSON.
    pub column: Option<u64>,
    /// The name of the data's column.
    pub column_name: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

/// The remedy for a path that does not exist: up to which part it does.
pub fn absent(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = whole.ancestors().skip(1).find(|above| above.exists());
    let missing = there.and_then(|there| Some((there, whole.strip_prefix(there).ok()?.components().next()?)));
    missing.map_or_else(
        || "check the path".to_string(),
        |(there, missing)| format!("check the path: {} holds no {}", there.display(), Path::new(&missing).display()),
    )
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None }
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

    /// A job's configuration is wrong.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// A path cannot be read or written.
    pub fn io(path: impl AsRef<Path>, source: impl fmt::Display) -> Self {
        let path = path.as_ref();
        Self::new(ErrorKind::Io, format!("{}: {source}", path.display())).with_path(path)
    }

    /// A path that cannot be read; where it does not exist, up to which part it does.
    pub fn unreadable(path: impl AsRef<Path>, source: &std::io::Error) -> Self {
        let error = Self::io(path.as_ref(), source);
        if source.kind() == std::io::ErrorKind::NotFound { error.with_remedy(absent(path.as_ref())) } else { error }
    }

    /// Sapwood contradicts itself.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The same failure of this parameter.
    #[must_use]
    pub fn with_parameter(self, name: impl Into<String>) -> Self {
        self.with(|details| details.parameter = Some(name.into()))
    }

    /// The same failure in this file or directory, which the message names already.
    #[must_use]
    pub fn with_path(self, path: impl Into<PathBuf>) -> Self {
        self.with(|details| details.path = Some(path.into()))
    }

    /// The same failure in this line, counted from 1.
    #[must_use]
    pub fn with_line(self, line: u64) -> Self {
        self.with(|details| details.line = Some(line))
    }

    /// The same failure in this row, counted from 0.
    #[must_use]
    pub fn with_row(self, row: u64) -> Self {
        self.with(|details| details.row = Some(row))
    }

    /// The same failure in this column of its line, counted from 1.
    #[must_use]
    pub fn with_column(self, column: u64) -> Self {
        self.with(|details| details.column = Some(column))
    }

    /// The same failure in the data's column of this name.
    #[must_use]
    pub fn with_column_name(self, name: impl Into<String>) -> Self {
        self.with(|details| details.column_name = Some(name.into()))
    }

    /// The same failure with what to do about it, which the message ends with.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        self.with(|details| details.remedy = Some(remedy.into()))
    }

    /// The same failure, with what the user calls its place in front of the message.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    fn with(mut self, set: impl FnOnce(&mut ErrorDetails)) -> Self {
        set(self.details.get_or_insert_default());
        self
    }

    /// What the failure is about.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The parts that are known.
    pub fn details(&self) -> &ErrorDetails {
        static NONE: ErrorDetails = ErrorDetails::NONE;
        self.details.as_deref().unwrap_or(&NONE)
    }

    /// Whether the user can mend it (exit code 2), as opposed to us (exit code 1).
    pub fn is_user_error(&self) -> bool {
        self.kind != ErrorKind::Internal
    }
}

impl ErrorDetails {
    const NONE: Self = Self { parameter: None, path: None, line: None, row: None, column: None, column_name: None, remedy: None };
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.details().remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<sapwood_score::Error> for Error {
    fn from(error: sapwood_score::Error) -> Self {
        let cause = match &error {
            sapwood_score::Error::InFile { error, .. } => error,
            error => error,
        };
        let kind = match cause {
            sapwood_score::Error::Io { .. } => ErrorKind::Io,
            sapwood_score::Error::Schema(_) => ErrorKind::Schema,
            _ => ErrorKind::Model,
        };
        Self::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_data_and_the_remedy_ends_the_message() {
        let error =
            Error::parameter("eta=2 is out of range").with_parameter("eta").with_remedy("give less").within("channel train");
        assert_eq!(error.to_string(), "channel train: eta=2 is out of range; give less");
        assert_eq!(error.details().parameter.as_deref(), Some("eta"));
        let missing = Error::unreadable("/proc/nowhere/x.csv", &std::io::ErrorKind::NotFound.into());
        assert!(missing.to_string().ends_with("; check the path: /proc holds no nowhere"), "{missing}");
        let error = Error::io("/nowhere", "no such file");
        assert_eq!(
            (error.to_string().as_str(), error.details().path.as_deref()),
            ("/nowhere: no such file", Some(Path::new("/nowhere")))
        );
        assert_eq!(*Error::data("wrong").details(), ErrorDetails::default());
    }
}
