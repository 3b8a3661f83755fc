//! The files of a directory of checkpoints: their names, and the newest that can be read.

use super::checkpoint::Checkpoint;
use crate::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// How the name of every checkpoint begins.
pub const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".sapwood-checkpoint";

/// Checkpoints that a job keeps: should the newest be damaged, an older one is there.
pub const KEPT: usize = 3;

/// What a directory of checkpoints has for a job that goes on.
#[derive(Debug, Default)]
pub struct Newest {
    /// The newest checkpoint that can be read, and its file.
    pub found: Option<(PathBuf, Checkpoint)>,
    /// Sentences about newer ones that cannot be read.
    pub warnings: Vec<String>,
}

/// The newest checkpoint of a directory that can be read.
///
/// # Errors
/// The directory cannot be read.
pub fn newest(directory: &Path) -> Result<Newest> {
    let mut newest = Newest::default();
    for (_, path) in list(directory)?.into_iter().rev() {
        let checkpoint = fs::read(&path).map_err(|error| error.to_string());
        match checkpoint.and_then(|bytes| Checkpoint::from_bytes(&bytes).map_err(|error| error.to_string())) {
            Ok(checkpoint) => {
                newest.found = Some((path, checkpoint));
                break;
            }
            Err(cause) => newest.warnings.push(format!("{}: skipped: {cause}", path.display())),
        }
    }
    Ok(newest)
}

/// All checkpoints with their rounds, from the first to the last. Whatever else is in the directory is none of them.
///
/// # Errors
/// The directory cannot be read.
pub fn list(directory: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let unreadable = |error: std::io::Error| Error::io(directory, format!("cannot be read: {error}"));
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // To open a pipe would be to wait for whoever writes to it.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            files.extend(entry.file_name().to_str().and_then(rounds).map(|rounds| (rounds, entry.path())));
        }
    }
    files.sort();
    Ok(files)
}

/// The name of the checkpoint after so many rounds.
pub fn name(rounds: usize) -> String {
    format!("{PREFIX}{rounds:07}{SUFFIX}")
}

/// The number of rounds in such a name.
fn rounds(name: &str) -> Option<usize> {
    let digits = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_are_not() {
        for number in [0, 1, 999, 10_000_000] {
            assert_eq!(rounds(&name(number)), Some(number));
        }
        for other in
            ["checkpoint-0000001.sapwood-checkpoint.sagemaker-uploaded", "checkpoint-+1.sapwood-checkpoint", "checkpoint-", "x"]
        {
            assert_eq!(rounds(other), None, "{other}");
        }
    }
}
