//! [`Files`]: what a search leaves behind, and where.

use std::path::{Path, PathBuf};

/// What the file of trials is called where a job has a directory for it.
pub const TRIALS: &str = "trials.jsonl";

/// What the page about a search is called.
pub const PAGE: &str = "trials.html";

/// Where the trials of a search go.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Each trial as it comes; a search goes on with what is there.
    pub trials: Option<PathBuf>,
    /// The same, written at the end.
    pub copy: Option<PathBuf>,
    /// A page about the search.
    pub page: Option<PathBuf>,
    /// Whether a platform runs the job: it collects what a stopped job has, and reads metrics from the log.
    pub for_platform: bool,
}

impl Files {
    /// All of them.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        [&self.trials, &self.copy, &self.page].into_iter().flatten().map(PathBuf::as_path)
    }
}
