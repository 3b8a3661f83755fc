//! Data sets that share files: the metrics of what was learned from say nothing about new data.

use crate::identity::Identity;
use crate::params::SameData;
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

/// The files that are learned from, to compare others with.
pub struct LearnedFiles {
    origin: String,
    files: BTreeSet<OsString>,
    identities: BTreeSet<Identity>,
}

impl LearnedFiles {
    /// Files under their true names; `origin` is what the user calls them.
    pub fn new(origin: &str, files: BTreeSet<OsString>) -> Self {
        let identities = files.iter().filter_map(|file| Identity::of(Path::new(file))).collect();
        Self { origin: origin.to_string(), files, identities }
    }

    /// A warning if the data set called `name`, which comes from `origin`, has some of these files.
    ///
    /// # Errors
    /// It does, and `same_data` forbids it.
    pub fn shared_with(&self, origin: &str, name: &str, files: &BTreeSet<OsString>, same_data: SameData) -> Result<Option<String>> {
        let is_learned = |file: &&OsString| {
            self.files.contains(*file) || Identity::of(Path::new(file)).is_some_and(|file| self.identities.contains(&file))
        };
        let shared: Vec<_> = files.iter().filter(is_learned).collect();
        let Some(first) = shared.first() else { return Ok(None) };
        let what = if shared.len() == files.len() && files.len() == self.files.len() {
            format!("{} and {origin} are the same data", self.origin)
        } else {
            format!("{} and {origin} share {} of {} files", self.origin, shared.len(), files.len())
        };
        let place = format!("{}{}", first.display(), if shared.len() > 1 { ", …" } else { "" });
        judge(&format!("{what} ({place})"), name, same_data).map(Some)
    }
}

/// The warning that the set called `name` says nothing about new data, because of `what`.
///
/// # Errors
/// `same_data` forbids it.
pub fn judge(what: &str, name: &str, same_data: SameData) -> Result<String> {
    let message = format!("{what}: {name} metrics and early stopping say nothing about new data; hold some data out of training");
    match same_data {
        SameData::Warn => Ok(message),
        SameData::Error => Err(Error::data(format!("{message} (same_data=error forbids it)")).with_parameter("same_data")),
    }
}
