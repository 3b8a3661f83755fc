//! What a `time_budget` decided, kept beside the checkpoints of a job: a job that is started again keeps to it.

use crate::output;
use crate::report::Failure;
use sapwood::Params;
use sapwood::boost::{Clock, Since};
use sapwood::params::known;
use sapwood::preset::Choice;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = "time-budget.json";

/// The plan of a job, in a directory that is this job's alone.
pub struct StoredPlan {
    path: PathBuf,
    content: Content,
}

/// What is in the file.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Content {
    /// Whether the job has ended: these parameters then make its model without a clock.
    is_complete: bool,
    /// What the job had spent when it wrote a checkpoint for the last time: what came later is lost with what it did.
    spent_seconds: f64,
    parameters: BTreeMap<String, String>,
}

impl StoredPlan {
    /// The one that an earlier run left, or an empty one.
    ///
    /// # Errors
    /// A file that cannot be read or is no plan.
    pub fn open(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(NAME);
        let content = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Failure::user(format!("{}: is no plan of a time budget: {error}; choose an empty directory", path.display()))
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Content::default(),
            Err(error) => return Err(Failure::io(&path, "cannot be read", &error)),
        };
        Ok(Self { path, content })
    }

    /// What the time has decided, by the names of parameters; nothing where this is the first run.
    pub fn parameters(&self) -> Vec<(String, String)> {
        self.content.parameters.clone().into_iter().collect()
    }

    /// The clock of this run, which goes on where that of an earlier one stood.
    pub fn clock(&self, since: Since) -> Since {
        since.after(Duration::try_from_secs_f64(self.content.spent_seconds).unwrap_or_default())
    }

    /// Where an earlier run has ended: the parameters that make its model, from those that were given.
    ///
    /// # Errors
    /// Parameters that do not go together.
    pub fn complete(&self, given: &[(String, String)]) -> Result<Option<Params>, Failure> {
        if !self.content.is_complete {
            return Ok(None);
        }
        let decided = |name: &str| self.content.parameters.contains_key(name) || name == "time_budget";
        let others = given.iter().filter(|(name, _)| !known(name.trim()).is_ok_and(|row| decided(row.name)));
        let pairs: Vec<_> = others.cloned().chain(self.parameters()).collect();
        Ok(Some(Params::from_pairs(pairs)?.0))
    }

    /// Keeps what the time decided.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&mut self, of_time: &[Choice], is_complete: bool) -> Result<(), Failure> {
        let parameters = of_time.iter().map(|choice| (choice.parameter.to_string(), choice.value.clone()));
        self.content = Content { parameters: parameters.collect(), is_complete, ..self.content };
        self.write()
    }

    /// A checkpoint was written.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn spend(&mut self, clock: &dyn Clock) -> Result<(), Failure> {
        self.content.spent_seconds = clock.elapsed().as_secs_f64();
        self.write()
    }

    fn write(&self) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.content).map_err(|error| Failure::algorithm(error.to_string()))?;
        output::write_whole(&self.path, |out| writeln!(out, "{text}"))
    }
}
