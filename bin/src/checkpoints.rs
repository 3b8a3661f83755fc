//! The directory where a job keeps checkpoints: the newest few, each written whole or not at all.

use crate::lock;
use crate::log::Log;
use crate::output;
use crate::report::Failure;
use sapwood::Checkpoint;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".sapwood-checkpoint";

/// Checkpoints that stay: should the newest be damaged, an older one is there.
pub const KEPT: usize = 3;

/// Writing takes no more than one part in so many of the time.
const LEAST_SHARE: u32 = 20;

/// Writes checkpoints, and finds those of an earlier run.
pub struct Checkpoints {
    directory: PathBuf,
    interval: Duration,
    /// When the last one was written, or the job began, and how long writing it took.
    last: Instant,
    took: Duration,
    /// Keeps other jobs out, where the file system can.
    _lock: Option<File>,
}

impl Checkpoints {
    /// The checkpoints of `directory`, which is created if it does not exist, and which is this job's alone from now on. Unfinished files of
    /// a job that was killed are removed.
    ///
    /// # Errors
    /// The directory cannot be created or written to, or another job writes to it.
    pub fn open(directory: &Path, interval: Duration, log: &mut Log) -> Result<Self, Failure> {
        fs::create_dir_all(directory).map_err(|error| Failure::io(directory, "cannot be created", &error))?;
        output::check_writable(&directory.join(name(0)))?;
        let lock = lock::lock(directory, log)?;
        output::remove_unfinished(directory, PREFIX, Duration::ZERO);
        Ok(Self { directory: directory.to_path_buf(), interval, last: Instant::now(), took: Duration::ZERO, _lock: lock })
    }

    /// The newest checkpoint that can be read. Others that are newer are warned of.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn newest(&self, log: &mut Log) -> Result<Option<(PathBuf, Checkpoint)>, Failure> {
        newest(&self.directory, log)
    }

    /// Whether it is time for another one.
    pub fn is_due(&self) -> bool {
        self.interval.is_zero() || self.last.elapsed() >= self.interval.max(LEAST_SHARE * self.took)
    }

    /// Writes a checkpoint, then removes the oldest ones.
    ///
    /// # Errors
    /// It cannot be written. Those that were there still are.
    pub fn write(&mut self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let started = Instant::now();
        let bytes = checkpoint.to_bytes()?;
        let written = output::write_whole(&self.directory.join(name(checkpoint.rounds())), |out| out.write_all(&bytes));
        // A disk that is full is not asked again after every round.
        (self.last, self.took) = (Instant::now(), started.elapsed());
        written?;
        self.remove_oldest(checkpoint.rounds())
    }

    /// Leaves the newest of those after at most so many rounds. Later ones are of a run that this one could not go on from.
    fn remove_oldest(&self, rounds: usize) -> Result<(), Failure> {
        let files = files(&self.directory)?;
        let files: Vec<_> = files.iter().filter(|(after, _)| *after <= rounds).collect();
        for (_, path) in &files[..files.len().saturating_sub(KEPT)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Failure::io(path, "cannot be removed", &error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The newest checkpoint of a directory that can be read. Others that are newer are warned of.
///
/// # Errors
/// The directory cannot be read.
pub fn newest(directory: &Path, log: &mut Log) -> Result<Option<(PathBuf, Checkpoint)>, Failure> {
    for (_, path) in files(directory)?.into_iter().rev() {
        let checkpoint = fs::read(&path).map_err(|error| error.to_string());
        match checkpoint.and_then(|bytes| Checkpoint::from_bytes(&bytes).map_err(|error| error.to_string())) {
            Ok(checkpoint) => return Ok(Some((path, checkpoint))),
            Err(cause) => log.warning(&format!("{}: passed over: {cause}", path.display())),
        }
    }
    Ok(None)
}

/// All checkpoints with their rounds, from the first to the last. Whatever else is in the directory is none of them.
fn files(directory: &Path) -> Result<Vec<(usize, PathBuf)>, Failure> {
    let unreadable = |error: std::io::Error| Failure::io(directory, "cannot be read", &error);
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
fn name(rounds: usize) -> String {
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
