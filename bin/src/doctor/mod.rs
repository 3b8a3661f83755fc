//! `sapwood doctor`: what is wrong with a job, before it costs anything. Nothing here asks a network.
//!
//! Text → [`node`] (values with places) → [`document`] (what it is) → [`request`] (the API's names) → [`rules`] → [`finding`] → [`print`].

mod api;
mod config_map;
mod dialect;
mod document;
mod emit;
mod finding;
mod job_files;
mod json;
mod nearest;
mod node;
mod opt_ml;
mod pods;
mod print;
mod request;
mod rules;
mod scalar;
mod translate;
mod yaml;

use crate::cli::DoctorArgs;
use crate::report::Failure;
use crate::streams;
use finding::{Finding, Report, Severity};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A manifest is a few thousand bytes long. What is longer is something else, and would take long to be read as one.
const LONGEST: u64 = 4 << 20;

/// Checks what is asked for, or translates it.
///
/// # Errors
/// Errors were found, or there is nothing that could be checked.
pub fn run(args: &DoctorArgs) -> Result<(), Failure> {
    if let Some(file) = &args.translate {
        return translate::run(file);
    }
    let mut findings = Vec::new();
    for path in &args.paths {
        findings.extend(if path.is_dir() { opt_ml::check(path) } else { check(&path.display().to_string(), &read(path)?) });
    }
    streams::print_result(&if args.json { print::json(&findings) } else { print::text(&findings) })?;
    verdict(&findings)
}

/// All findings about a text, in the order of their places.
fn check(name: &str, text: &str) -> Vec<Finding> {
    let mut report = Report::new(name, text);
    match document::parse(text) {
        Ok(documents) if documents.is_empty() => report.error(None, "there is nothing in it", "give a request or a manifest"),
        Ok(documents) => documents.iter().for_each(|document| document::check(document, &mut report)),
        Err(malformed) => report.error(malformed.at, malformed.cause, "correct the text; nothing else was checked"),
    }
    let mut findings = report.findings();
    findings.sort_by_key(|finding| finding.at);
    findings
}

/// The text of a file.
fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: &std::io::Error| Failure::io(path, "cannot be read", error);
    let mut text = String::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    // Sizes of pipes and devices are not known beforehand.
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| failed(&error))?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::user(format!("{}: is no request or manifest: it has more than {LONGEST} bytes", path.display())));
    }
    // A mark of the encoding is no character of the first line.
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), String::from))
}

/// A failure if there are errors; else a word to people that the job may start.
fn verdict(findings: &[Finding]) -> Result<(), Failure> {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let summary = format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"));
    if errors > 0 {
        return Err(Failure::user(format!("{summary}; mend the errors before the job is started")));
    }
    streams::diagnostic(summary);
    Ok(())
}
