//! A directory laid out as `/opt/ml`: its files by the rules for them, its data by the trainer's own readers, and whether there is room.
//! Nothing is written there.

mod checkpoints;
mod data;
mod files;
mod memory;
mod space;

use super::finding::{Finding, Report};
use super::job_files::{self, NAMES};
use super::json;
use crate::log::Log;
use crate::sagemaker::{Paths, channels};
use sapwood::Params;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// All findings about the tree under `root`.
pub fn check(root: &Path) -> Vec<Finding> {
    let paths = Paths::new(root);
    if !paths.input().is_dir() {
        let mut report = Report::new(root.display(), "");
        report.error(
            None,
            "there is no directory input, so this is not laid out as /opt/ml",
            "name the directory that holds input/config and input/data; requests and manifests are named one by one",
        );
        return report.findings();
    }
    let mut findings = Vec::new();
    let mut params = None;
    for name in NAMES {
        let (found, read) = configuration(&paths, name);
        findings.extend(found);
        params = params.or(read);
    }
    let mut report = Report::new(root.display(), "");
    inputs(&paths, params.as_ref(), findings.iter().any(is_about_channels), &mut report);
    if let Some(params) = &params {
        checkpoints::check(&paths, params, &mut report);
        space::check(&paths, params, &mut report);
    }
    findings.extend(report.findings());
    findings
}

/// Whether the trainer's own complaint about channels would repeat it.
fn is_about_channels(finding: &Finding) -> bool {
    finding.severity == super::finding::Severity::Error && finding.file.ends_with("inputdataconfig.json")
}

/// The findings about one configuration file, and the parameters, if it holds them.
fn configuration(paths: &Paths, name: &str) -> (Vec<Finding>, Option<Params>) {
    let path = paths.config(name);
    let shown = path.display().to_string();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // The trainer does without, and the command line may bring hyperparameters.
        Err(error) if error.kind() == ErrorKind::NotFound && name != "hyperparameters.json" => return (Vec::new(), None),
        Err(error) => {
            let mut report = Report::new(shown, "");
            report.error(None, format!("cannot be read: {error}"), "give the file");
            return (report.findings(), None);
        }
    };
    let mut report = Report::new(shown, &text);
    let params = match json::document(&text) {
        Ok(node) => job_files::check(name, &node, &mut report),
        Err(malformed) => {
            report.error(malformed.at, format!("no JSON: {}", malformed.cause), "write the JSON that SageMaker writes");
            None
        }
    };
    (report.findings(), params)
}

/// Channels and their data, found and read by the trainer's own code.
fn inputs(paths: &Paths, params: Option<&Params>, is_known: bool, report: &mut Report) {
    let mut log = Log::silent();
    let inputs = match channels::inputs(paths, &mut log) {
        Ok(inputs) => inputs,
        Err(_) if is_known => return,
        Err(failure) => return report.error(None, failure.message(), ""),
    };
    log.remarks().iter().for_each(|remark| report.note(None, remark, ""));
    if let Some(params) = params {
        let mut log = Log::silent();
        if params.early_stopping_rounds.is_some() && inputs.validation.is_empty() {
            let fix = "add the channel validation, or remove the parameter";
            report.error(None, "early_stopping_rounds needs a channel called validation", fix);
        }
        // Missing directories are reported channel by channel.
        if let Err(failure) = inputs.check(params.data.same_data, &mut log)
            && failure.message().contains("same_data=error")
        {
            report.error(None, failure.message(), "");
        }
        log.remarks().iter().for_each(|remark| report.warning(None, remark, ""));
    }
    let sets = std::iter::once(("train", &inputs.train));
    let others = inputs.evaluated.iter().chain(&inputs.validation).map(|(name, input)| (name.as_str(), input));
    let mut readable = Vec::new();
    for (name, input) in sets.chain(others) {
        if files::check(input, report) {
            readable.push((name, input));
        }
    }
    if let Some(params) = params {
        data::check(&readable, params, report);
    }
}
