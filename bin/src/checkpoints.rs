//! The directory where a job keeps checkpoints: the newest few, each written whole or not at all.

use crate::lock;
use crate::log::Log;
use crate::output;
use crate::report::Failure;
use sapwood::Checkpoint;
use sapwood::boost::checkpoint_files::{self, KEPT, PREFIX};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
        output::check_writable(&directory.join(checkpoint_files::name(0)))?;
        let lock = lock::lock(directory, log)?;
        output::remove_unfinished(directory, PREFIX, Duration::ZERO);
        Ok(Self { directory: directory.to_path_buf(), interval, last: Instant::now(), took: Duration::ZERO, _lock: lock })
    }

    /// The newest checkpoint that can be read. Others that are newer are warned of.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn newest(&self, log: &mut Log) -> Result<Option<(PathBuf, Checkpoint)>, Failure> {
        let newest = checkpoint_files::newest(&self.directory)?;
        newest.warnings.iter().for_each(|text| log.warning(text));
        Ok(newest.found)
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
        let path = self.directory.join(checkpoint_files::name(checkpoint.rounds()));
        let written = output::remove_other_than_file(&path).and_then(|()| output::write_whole(&path, |out| out.write_all(&bytes)));
        // A disk that is full is not asked again after every round.
        (self.last, self.took) = (Instant::now(), started.elapsed());
        written?;
        self.remove_oldest(checkpoint.rounds())
    }

    /// Leaves the newest of those after at most so many rounds. Later ones are of a run that this one could not go on from.
    fn remove_oldest(&self, rounds: usize) -> Result<(), Failure> {
        let files = checkpoint_files::list(&self.directory)?;
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
