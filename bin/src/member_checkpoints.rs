//! The checkpoints of a preset's members: a directory for each, inside the job's.

use crate::checkpoints::Checkpoints;
use crate::log::Log;
use crate::report::Failure;
use sapwood::Checkpoint;
use sapwood::boost::checkpoint_files;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the names of members begin with.
const MEMBER: &str = "fold-";

/// The checkpoints of all members.
pub struct MemberCheckpoints {
    directory: PathBuf,
    interval: Duration,
    of_member: HashMap<String, Checkpoints>,
}

impl MemberCheckpoints {
    /// Those inside a directory that is this job's alone.
    pub fn new(directory: &Path, interval: Duration) -> Self {
        Self { directory: directory.to_path_buf(), interval, of_member: HashMap::new() }
    }

    /// The newest of each member that has any, by the member's name.
    ///
    /// # Errors
    /// A directory that cannot be read; checkpoints of a job without a preset.
    pub fn newest(&self, log: &mut Log) -> Result<Vec<(String, Checkpoint)>, Failure> {
        if let Some((path, _)) = checkpoint_files::newest(&self.directory)?.found {
            return Err(
                Failure::user("a checkpoint of a job without a preset; choose an empty directory").at(&path.display().to_string())
            );
        }
        let entries = fs::read_dir(&self.directory).map_err(|error| Failure::io(&self.directory, "cannot be read", &error))?;
        let mut found = Vec::new();
        for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(MEMBER) {
                let newest = checkpoint_files::newest(&entry.path())?;
                newest.warnings.iter().for_each(|text| log.warning(text));
                found.extend(newest.found.map(|(_, checkpoint)| (name, checkpoint)));
            }
        }
        Ok(found)
    }

    /// Whether it is time for another one of a member.
    ///
    /// # Errors
    /// Its directory cannot be created or written to.
    pub fn is_due(&mut self, member: &str, log: &mut Log) -> Result<bool, Failure> {
        if !self.of_member.contains_key(member) {
            let checkpoints = Checkpoints::open(&self.directory.join(member), self.interval, log)?;
            self.of_member.insert(member.to_string(), checkpoints);
        }
        Ok(self.of_member.get(member).is_some_and(Checkpoints::is_due))
    }

    /// Writes one of a member.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, member: &str, checkpoint: &Checkpoint, log: &mut Log) -> Result<(), Failure> {
        self.is_due(member, log)?;
        self.of_member.get_mut(member).map_or(Ok(()), |checkpoints| checkpoints.write(checkpoint))
    }
}
