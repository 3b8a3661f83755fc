//! `sapwood doctor`: what is wrong with a job, on standard output; with `--translate` the retired operator's manifests as ACK's.

use crate::cli::DoctorArgs;
use crate::report::Failure;
use crate::streams;
use sapwood_doctor::{Finding, Severity, check_opt_ml, check_text, to_json, to_text};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

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
    let findings = check(&args.paths)?;
    streams::print_result(&if args.json { to_json(&findings) } else { to_text(&findings) })?;
    verdict(&findings)
}

/// All findings, in the order of the paths. What a tree laid out as `/opt/ml` says of its data counts for the jobs that are checked with it.
fn check(paths: &[PathBuf]) -> Result<Vec<Finding>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(if is_of_manifests(path) { manifests(path)? } else { vec![path.clone()] });
    }
    let trees: Vec<_> = files.iter().map(|path| path.is_dir().then(|| check_opt_ml(path))).collect();
    let need = trees.iter().flatten().filter_map(|tree| tree.need).max();
    let mut findings = Vec::new();
    for (path, tree) in files.iter().zip(trees) {
        findings.extend(match tree {
            Some(tree) => tree.findings,
            None => check_text(&path.display().to_string(), &read(path)?, need),
        });
    }
    Ok(findings)
}

/// Whether a path is a directory of requests and manifests, and not one laid out as `/opt/ml`.
fn is_of_manifests(path: &Path) -> bool {
    path.is_dir() && !path.join("input").is_dir() && !manifests(path).unwrap_or_default().is_empty()
}

/// The YAML and JSON files below a directory, in order; hidden ones are left out.
fn manifests(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: &std::io::Error| Failure::unreadable(directory, error);
    let entries =
        std::fs::read_dir(directory).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(|error| failed(&error))?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let is_text = path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known));
        // Not through links, which may lead in circles.
        let is_directory = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        match (is_hidden, is_directory) {
            (true, _) => {}
            (false, true) => found.extend(manifests(&path)?),
            (false, false) if is_text => found.push(path),
            (false, false) => {}
        }
    }
    Ok(found)
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

/// The text of a file; `-` is standard input.
fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: &std::io::Error| Failure::unreadable(path, error);
    let mut text = String::new();
    let file: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(File::open(path).map_err(|error| failed(&error))?),
    };
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
