//! `sapwood doctor`: what is wrong with a job, on standard output; with `--translate` the retired operator's manifests as ACK's.

use crate::cli::DoctorArgs;
use crate::report::Failure;
use crate::streams;
use sapwood_doctor::{Finding, Severity, check_opt_ml, check_text, to_json, to_text};
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
        return translate(file);
    }
    let mut findings = Vec::new();
    for path in &args.paths {
        findings.extend(if path.is_dir() { check_opt_ml(path) } else { check_text(&path.display().to_string(), &read(path)?) });
    }
    streams::print_result(&if args.json { to_json(&findings) } else { to_text(&findings) })?;
    verdict(&findings)
}

/// Prints the translation of a file; what the doctor says of it goes to standard error.
fn translate(file: &Path) -> Result<(), Failure> {
    let name = file.display().to_string();
    let translation = sapwood_doctor::translate(&name, &read(file)?)?;
    streams::diagnostics(&to_text(&translation.findings));
    let Some(yaml) = translation.yaml else {
        return Err(Failure::user(format!(
            "{name}: is not a manifest that the operator would have accepted; fix the errors first"
        )));
    };
    streams::print_result(&yaml)
}

/// The text of a file.
fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: &std::io::Error| Failure::io(path, "cannot be read", error);
    let mut text = String::new();
    let file = File::open(path).map_err(|error| failed(&error))?;
    // Sizes of pipes and devices are not known beforehand.
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| failed(&error))?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::user(format!("{}: is not a request or a manifest: it has more than {LONGEST} bytes", path.display())));
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
        return Err(Failure::user(format!("{summary}; fix the errors before you start the job")));
    }
    streams::diagnostic(summary);
    Ok(())
}
