//! The data of a training job: which files, whether validation is honest, and reading them.

use crate::log::Log;
use crate::report::Failure;
use sapwood::data::{self, Dataset, Format, ReadOptions};
use sapwood::params::SameData;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// One data set's place.
#[derive(Clone, Debug)]
pub struct Input {
    /// What the user calls it (`--train`, `channel train`), for messages.
    pub origin: String,
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// The format, where it is stated.
    pub format: Option<Format>,
}

/// The data sets of a training job.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// What to learn from.
    pub train: Input,
    /// What to evaluate every round on, with the sets' names.
    pub validation: Vec<(String, Input)>,
}

/// The data sets, read.
pub struct Loaded {
    /// What to learn from.
    pub train: Dataset,
    /// What to evaluate every round on.
    pub validation: Vec<(String, Dataset)>,
}

impl Input {
    /// The files behind the paths, each under its one true name.
    fn files(&self) -> Result<BTreeSet<PathBuf>, Failure> {
        let files = data::list_files(&self.paths).map_err(|error| Failure::from(error).at(&self.origin))?;
        Ok(files.into_iter().map(|file| fs::canonicalize(&file).unwrap_or(file)).collect())
    }

    fn options(&self, options: &ReadOptions) -> ReadOptions {
        ReadOptions { format: self.format, ..options.clone() }
    }
}

impl Inputs {
    /// Finds all files, and looks for validation data that are training data too: metrics on them say nothing about new data.
    ///
    /// # Errors
    /// Missing paths, data sets without files, and shared files where `same_data` says so.
    pub fn check(&self, same_data: SameData, log: &mut Log) -> Result<(), Failure> {
        let train = self.train.files()?;
        for (name, input) in &self.validation {
            let files = input.files()?;
            let shared: Vec<_> = files.intersection(&train).collect();
            let Some(first) = shared.first() else { continue };
            let what = if shared.len() == files.len() && files.len() == train.len() {
                format!("{} and {} are the same data", self.train.origin, input.origin)
            } else {
                format!("{} and {} share {} of {} files", self.train.origin, input.origin, shared.len(), files.len())
            };
            let message = format!(
                "{what} ({}{}): {name} metrics and early stopping say nothing about new data; keep some data out of training",
                first.display(),
                if shared.len() > 1 { ", …" } else { "" }
            );
            match same_data {
                SameData::Warn => log.warning(&message),
                SameData::Error => return Err(Failure::user(format!("{message} (same_data=error forbids it)"))),
            }
        }
        Ok(())
    }

    /// Reads everything, validation under the training data's schema.
    ///
    /// # Errors
    /// What is wrong with the data.
    pub fn load(&self, options: &ReadOptions, log: &mut Log) -> Result<Loaded, Failure> {
        let train = data::read_training(&self.train.paths, &self.train.options(options))?;
        describe("Train", &train, log);
        let mut validation = Vec::with_capacity(self.validation.len());
        for (name, input) in &self.validation {
            let set = data::read_matching(&input.paths, &input.options(options), train.schema(), train.classes(), true)?;
            describe("Validation", &set, log);
            validation.push((name.clone(), set));
        }
        Ok(Loaded { train, validation })
    }
}

/// Says what was read, in the words that XGBoost's container uses.
fn describe(what: &str, data: &Dataset, log: &mut Log) {
    eprintln!("{what} matrix has {} rows and {} columns", data.rows(), data.schema().len());
    data.notes().iter().for_each(|note| log.note(note));
}
