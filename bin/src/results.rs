//! What a training job leaves behind, and where: the model, its summary, its history and its report.

use crate::claim::claim;
use crate::output;
use crate::report::Failure;
use crate::report_files::ReportFiles;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// What the names of an unfinished job's results end with.
const PARTIAL: &str = ".partial";

/// The places of a job's results.
#[derive(Clone, Debug)]
pub struct Results {
    /// Where the model goes.
    pub model: PathBuf,
    /// Where the summary goes, if anywhere.
    pub summary: Option<PathBuf>,
    /// Where the metrics of every round go, if anywhere.
    pub history: Option<PathBuf>,
    /// Where the report goes, if anywhere.
    pub report: Option<ReportFiles>,
    /// Whether a job that was cut short leaves an earlier model in its place. SageMaker collects what is there, so it must be this job's.
    pub keep_earlier: bool,
}

impl Results {
    /// Everything that can be known to keep results from being written. The model's place is this job's for as long as what is returned
    /// lives.
    ///
    /// # Errors
    /// A place that cannot be written, or is another job's, or two results in one place.
    pub fn check(&self) -> Result<Option<UnixListener>, Failure> {
        self.places().try_for_each(output::check_writable)?;
        let names: Vec<_> = self.places().map(|place| (place, output::true_name(place))).collect();
        if let Some((_, (place, _))) =
            names.iter().enumerate().find(|(i, (_, name))| names[..*i].iter().any(|(_, other)| other == name))
        {
            let all = match self.report {
                Some(_) => "the model, the summary, the history and the files of the report",
                None => "the model, the summary and the history",
            };
            return Err(Failure::user(format!("{}: {all} cannot be the same file", place.display())));
        }
        claim(&self.model)
    }

    /// Makes sure that no input is overwritten.
    ///
    /// # Errors
    /// One of the places is that of an input.
    pub fn refuse_inputs(&self, inputs: &BTreeSet<OsString>) -> Result<(), Failure> {
        self.places().try_for_each(|place| output::refuse_input(place, inputs))
    }

    /// Makes sure that something else is not written to the place of a result.
    ///
    /// # Errors
    /// It is.
    pub fn refuse_twice(&self, other: &Path) -> Result<(), Failure> {
        let name = output::true_name(other);
        match self.places().find(|place| output::true_name(place) == name) {
            None => Ok(()),
            Some(place) => Err(Failure::user(format!("{}: results need a file each", place.display()))),
        }
    }

    /// Where the results of a job go that was cut short: beside those of an earlier job, if there is a model.
    pub fn of_partial_job(&self) -> Self {
        if !(self.keep_earlier && output::replaces(&self.model)) {
            return self.clone();
        }
        let beside = |path: &PathBuf| {
            let mut name = path.clone().into_os_string();
            name.push(PARTIAL);
            PathBuf::from(name)
        };
        let [summary, history] = [&self.summary, &self.history].map(|path| path.as_ref().map(beside));
        let report = self.report.as_ref().map(|files| files.map(beside));
        Self { model: beside(&self.model), summary, history, report, ..*self }
    }

    fn places(&self) -> impl Iterator<Item = &Path> {
        let report = self.report.iter().flat_map(ReportFiles::paths);
        std::iter::once(&self.model).chain(&self.summary).chain(&self.history).chain(report).map(PathBuf::as_path)
    }
}
