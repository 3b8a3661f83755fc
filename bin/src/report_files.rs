//! The files of a report: a page, and beside it what programs read.

use crate::output;
use crate::report::Failure;
use sapwood::data::Sample;
use sapwood_report::{Report, monitor, pipelines};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the files of a report go.
#[derive(Clone, Debug)]
pub struct ReportFiles {
    /// The page.
    pub page: PathBuf,
    /// The same as JSON.
    json: PathBuf,
    /// The baseline of SageMaker Model Monitor.
    statistics: PathBuf,
    constraints: PathBuf,
    /// What SageMaker Pipelines reads.
    evaluation: PathBuf,
}

impl ReportFiles {
    /// The files beside a page.
    ///
    /// # Errors
    /// A name that is no page's, so that the JSON file would take its place.
    pub fn beside(page: &Path) -> Result<Self, Failure> {
        let is_page =
            page.extension().is_some_and(|extension| ["html", "htm"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if !is_page {
            return Err(Failure::user(format!(
                "{}: a report is a page; give it a name that ends with .html (report.json and others go beside it)",
                page.display()
            )));
        }
        Ok(Self {
            page: page.to_path_buf(),
            json: page.with_extension("json"),
            statistics: page.with_file_name("statistics.json"),
            constraints: page.with_file_name("constraints.json"),
            evaluation: page.with_file_name("evaluation.json"),
        })
    }

    /// All of them.
    pub fn paths(&self) -> [&PathBuf; 5] {
        [&self.page, &self.json, &self.statistics, &self.constraints, &self.evaluation]
    }

    /// The same files under other names.
    #[must_use]
    pub fn map(&self, name: impl Fn(&PathBuf) -> PathBuf) -> Self {
        let [page, json, statistics, constraints, evaluation] = self.paths().map(name);
        Self { page, json, statistics, constraints, evaluation }
    }

    /// Writes a report, and the baseline that `sample` is. Of bins there is none, and one of other data does not stay beside the report.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, report: &Report, sample: Option<&Sample>) -> Result<(), Failure> {
        let json = report.json().map_err(|error| Failure::algorithm(format!("the report is not JSON: {error}")))?;
        write(&self.page, &report.html())?;
        write(&self.json, &json)?;
        write_json(&self.evaluation, &pipelines::evaluation(report))?;
        if let Some(sample) = sample.filter(|sample| !sample.is_of_bins) {
            write_json(&self.statistics, &monitor::statistics(sample)?)?;
            write_json(&self.constraints, &monitor::constraints(sample))?;
        } else {
            [&self.statistics, &self.constraints].into_iter().try_for_each(|path| remove(path))?;
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io(path, "cannot be removed", &error)),
        _ => Ok(()),
    }
}

fn write_json(path: &Path, value: &Value) -> Result<(), Failure> {
    write(path, &format!("{value:#}\n"))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    output::write_whole(path, |out| out.write_all(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_beside_the_page() {
        let files = ReportFiles::beside(Path::new("s3://bucket/run/adult.html")).unwrap();
        let names = ["adult.html", "adult.json", "statistics.json", "constraints.json", "evaluation.json"];
        assert_eq!(files.paths().map(|path| path.display().to_string()), names.map(|name| format!("s3://bucket/run/{name}")));
        for name in ["report", "report.json", "report.pdf", "html"] {
            assert!(ReportFiles::beside(Path::new(name)).unwrap_err().to_string().contains("ends with .html"), "{name}");
        }
    }
}
