//! Why a job did not start, or ended: whose fault it is decides about the exit code.

use std::fmt;

/// Why a job on several hosts did not start, or ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The user can mend it: variables or configuration that contradict each other, hosts that were started differently.
    User(String),
    /// A host is missing or was lost. To start the job again may help.
    Host(String),
}

impl Error {
    /// The error of that cause.
    pub(crate) fn new(message: String, is_users: bool) -> Self {
        if is_users { Self::User(message) } else { Self::Host(message) }
    }

    /// Whether the user can mend it.
    pub(crate) fn is_users(&self) -> bool {
        matches!(self, Self::User(_))
    }

    /// The cause and the remedy.
    pub fn message(&self) -> &str {
        match self {
            Self::User(message) | Self::Host(message) => message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}
