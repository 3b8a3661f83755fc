//! [`Shares`]: what each rank read of a data set.

use serde::Serialize;
use std::fmt;

/// What one rank read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Files of which it read a part at least.
    pub files: u64,
    /// Bytes of the files, as they are stored.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

/// What each rank read of a data set: every byte of it was in one share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// By rank.
    pub hosts: Vec<Share>,
    /// The files of the data set.
    pub files: u64,
    /// Their sizes together, bytes.
    pub bytes: u64,
    /// What kept shares from being equal, with what to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Shares {
    /// The rows of all ranks.
    pub fn rows(&self) -> u64 {
        self.hosts.iter().map(|share| share.rows).sum()
    }
}

/// `rows read once: 120 + 130 = 250; bytes: 4,000 + 4,100 = 8,100 in 3 files (2 + 2)`.
impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |part: fn(&Share) -> u64| {
            let parts: Vec<_> = self.hosts.iter().map(|share| part(share).to_string()).collect();
            parts.join(" + ")
        };
        let (rows, bytes, files) = (sum(|share| share.rows), sum(|share| share.bytes), sum(|share| share.files));
        let word = if self.files == 1 { "file" } else { "files" };
        write!(
            f,
            "rows read once: {rows} = {}; bytes: {bytes} = {} in {} {word} (by host: {files})",
            self.rows(),
            self.bytes,
            self.files
        )
    }
}
