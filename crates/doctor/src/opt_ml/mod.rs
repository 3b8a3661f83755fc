//! A directory laid out as `/opt/ml`: its files by the rules for them, its data by the trainer's own readers, and whether there is room.
//! Nothing is written there.

mod checkpoints;
mod data;
mod files;
mod memory;
mod space;

use crate::finding::{Finding, Report, Severity};
use crate::job_files::{self, NAMES};
use crate::json;
use sapwood::Params;
use sapwood::params::SameData;
use sapwood_readers::overlap::LearnedFiles;
use sapwood_readers::true_files;
use sapwood_sagemaker::channels::{self, VALIDATION};
use sapwood_sagemaker::{Channel, Channels, InputMode, Paths, hyperparameters};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is known of a tree.
#[derive(Debug)]
pub struct Checked {
    /// What was found.
    pub findings: Vec<Finding>,
    /// The bytes of memory that training takes, if that can be told.
    pub need: Option<u64>,
}

/// All findings about the tree under `root`.
pub fn check(root: &Path) -> Checked {
    let paths = Paths::new(root);
    if !paths.input().is_dir() {
        let mut report = Report::new(root.display(), "");
        report.error(
            None,
            "there is no directory input, so this is not laid out as /opt/ml",
            "name the directory that holds input/config and input/data, or one that holds requests and manifests",
        );
        return Checked { findings: report.findings(), need: None };
    }
    let mut findings = Vec::new();
    let mut params = None;
    for name in NAMES {
        let (found, read) = configuration(&paths, name);
        findings.extend(found);
        params = params.or(read);
    }
    let mut report = Report::new(root.display(), "");
    let need = data_sets(&paths, params.as_ref(), findings.iter().any(is_about_channels), &mut report);
    if let Some(params) = &params {
        checkpoints::check(&paths, params, &mut report);
        space::check(&paths, params, &mut report);
    }
    findings.extend(report.findings());
    Checked { findings, need }
}

/// Whether the trainer's own complaint about channels would repeat it.
fn is_about_channels(finding: &Finding) -> bool {
    finding.severity == Severity::Error && finding.file.ends_with("inputdataconfig.json")
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
            report.error(malformed.at, format!("not JSON: {}", malformed.cause), "write the JSON that SageMaker writes");
            None
        }
    };
    (report.findings(), params)
}

/// Channels and their data, found and read by the trainer's own code.
fn data_sets(paths: &Paths, params: Option<&Params>, is_known: bool, report: &mut Report) -> Option<u64> {
    let channels = match channels::read(paths) {
        Ok(channels) => channels,
        Err(error) => {
            if !is_known {
                report.error(None, error.to_string(), "");
            }
            return None;
        }
    };
    channels.notes.iter().for_each(|note| report.note(None, note, ""));
    let has_validation = channels.evaluated.iter().any(|channel| channel.name == VALIDATION);
    if params.is_some_and(|params| params.early_stopping_rounds.is_some() && !params.holds_out()) && !has_validation {
        let fix = "add the channel validation or validation_fraction, or remove the parameter";
        report.error(None, "early_stopping_rounds needs a channel called validation", fix);
    }
    if let Some(params) = params {
        overlaps(&channels, params.data.same_data, report);
    }
    let hyperparameters = hyperparameters::read(&paths.config("hyperparameters.json"), Vec::new());
    if let (Ok(hyperparameters), Some(params)) = (hyperparameters, params) {
        let held_out = params.holds_out().then_some(VALIDATION);
        let sets =
            std::iter::once(channels.train.name.as_str()).chain(channels.evaluated.iter().map(|channel| channel.name.as_str()));
        if let Err(error) = hyperparameters.check_tuned_set(sets.chain(held_out)) {
            report.error(None, error.to_string(), "");
        }
    }
    let mut readable = Vec::new();
    for channel in std::iter::once(&channels.train).chain(&channels.evaluated) {
        if files::check(channel, report) {
            readable.push(channel);
        }
    }
    data::check(&readable, params?, report)
}

/// Compares the files of every channel with those of `train`. Missing directories are reported channel by channel.
fn overlaps(channels: &Channels, same_data: SameData, report: &mut Report) {
    let origin = |channel: &Channel| format!("channel {}", channel.name);
    let files = |channel: &Channel| {
        let is_read = channel.mode != InputMode::Pipe;
        let files = is_read.then(|| true_files(std::slice::from_ref(&channel.path)).ok()).flatten()?;
        Some(files.into_iter().map(PathBuf::into_os_string).collect::<BTreeSet<_>>())
    };
    let Some(learned) = files(&channels.train) else { return };
    let learned = LearnedFiles::new(&origin(&channels.train), learned);
    for channel in &channels.evaluated {
        let Some(files) = files(channel) else { continue };
        match learned.shared_with(&origin(channel), &channel.name, &files, same_data) {
            Ok(None) => {}
            Ok(Some(warning)) => report.warning(None, warning, ""),
            Err(error) => report.error(None, error.to_string(), ""),
        }
    }
}
