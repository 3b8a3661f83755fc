//! The directory where binned data are kept for the next job on the same data.

use crate::inputs::{Inputs, Loaded, Place};
use crate::log::Log;
use crate::output;
use crate::report::Failure;
use crate::summary::sha256;
use sapwood::Dataset;
use sapwood::boost::Bins;
use sapwood::{Params, cache};
use sapwood_readers::ReadOptions;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const SUFFIX: &str = ".sapwood-bins";

/// Entries that stay: jobs on other data take their turns.
const KEPT: usize = 8;

/// What nobody has written to for so long was left by a job that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// The entry of one job's data.
pub struct Cache {
    directory: PathBuf,
    key: String,
}

impl Cache {
    /// The entry for these data read and binned so. `None` where they come through a pipe, which nothing identifies.
    ///
    /// # Errors
    /// A file that cannot be found, or a directory that is among the data.
    pub fn of(directory: &Path, inputs: &Inputs, options: &ReadOptions, params: &Params) -> Result<Option<Self>, Failure> {
        let Some(key) = key(inputs, options, params)? else { return Ok(None) };
        inputs.refuse_among_data(directory)?;
        Ok(Some(Self { directory: directory.to_path_buf(), key }))
    }

    fn path(&self) -> PathBuf {
        self.directory.join(format!("{}{SUFFIX}", self.key))
    }

    /// What an earlier job left, if anything; damaged entries are warned of and will be written anew.
    pub fn load(&self, log: &mut Log) -> Option<Loaded> {
        let path = self.path();
        match cache::read(&path, &self.key) {
            Ok(cache::Cached { train, validation, bins }) => {
                log.note(&format!("{}: binned data of an earlier job; the files are not read", path.display()));
                // The oldest entries go first; one that is in use is not old.
                let _ = fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                Some(Loaded { train, validation, bins: Some(bins) })
            }
            Err(_) if !path.exists() => None,
            Err(error) => {
                log.warning(&format!("{error}; the files are read and the cache is written anew"));
                None
            }
        }
    }

    /// Keeps the data for the next job, unless a file has changed since the job began. What cannot be kept is but a warning.
    pub fn store(&self, train: &Dataset, validation: &[(&str, &Dataset)], bins: &Bins, now: Option<String>, log: &mut Log) {
        if now.as_ref() != Some(&self.key) {
            log.warning("the data changed while they were read; they are not kept in the cache");
            return;
        }
        let created =
            fs::create_dir_all(&self.directory).map_err(|error| Failure::io(&self.directory, "cannot be created", &error));
        let write = |()| output::write_replaceable(&self.path(), |out| cache::write(out, &self.key, train, validation, bins));
        if let Err(failure) = created.and_then(write).and_then(|()| self.remove_oldest()) {
            log.warning(&format!("binned data are not kept for the next job: {failure}"));
        }
    }

    fn remove_oldest(&self) -> Result<(), Failure> {
        // Other jobs may be writing entries of theirs.
        output::remove_unfinished(&self.directory, "", ABANDONED);
        let unreadable = |error: std::io::Error| Failure::io(&self.directory, "cannot be read", &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
                let modified = entry.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push((modified, entry.path()));
            }
        }
        entries.sort();
        for (_, path) in &entries[..entries.len().saturating_sub(KEPT)] {
            // Another job may have been faster.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

/// What stands for the data and for everything that decides how they are read and binned: files with sizes and times of change, objects with
/// their ETags, options. Nothing identifies what comes through a pipe.
///
/// # Errors
/// A file that cannot be found.
pub fn key(inputs: &Inputs, options: &ReadOptions, params: &Params) -> Result<Option<String>, Failure> {
    let mut text = format!("{}\n{options:?}\nmax_bin {} seed {}\n", env!("CARGO_PKG_VERSION"), params.max_bin, params.seed);
    for (name, input) in inputs.named() {
        let _ = writeln!(text, "{name:?} {:?} {}", input.format, input.unwrap_records);
        match &input.place {
            Place::Pipe(_) => return Ok(None),
            Place::Objects(objects) => {
                for object in objects {
                    let _ = writeln!(text, "{:?} {} {:?} {:?}", object.uri, object.bytes, object.etag, object.modified);
                }
            }
            Place::Files(_) => {}
        }
        for file in input.listed()? {
            let metadata = fs::metadata(&file).map_err(|error| Failure::io(&file, "cannot be read", &error))?;
            let file = std::path::absolute(&file).unwrap_or(file);
            // Copying may keep the time when the content changed, but not the time when the file did.
            let [content, whole] = [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())];
            let _ = writeln!(text, "{file:?} {} {content:?} {whole:?}", metadata.len());
        }
    }
    Ok(Some(sha256(text.as_bytes())))
}
