//! The directory where binned data are kept for the next job on the same data.

use crate::inputs::{DataPlace, Inputs, Loaded};
use crate::log::Log;
use crate::output;
use crate::report::Failure;
use crate::s3;
use crate::summary::sha256;
use sapwood::Dataset;
use sapwood::boost::Bins;
use sapwood::{Params, cache};
use std::fs;
use std::os::unix::ffi::OsStrExt;
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
    /// The memory that training may use, in bytes.
    memory: Option<u64>,
}

impl Cache {
    /// The entry for these data read and binned so. `None` where they come through a pipe, which nothing identifies.
    ///
    /// # Errors
    /// A file that cannot be found, or a directory that is among the data.
    pub fn of(directory: &Path, inputs: &Inputs, params: &Params) -> Result<Option<Self>, Failure> {
        let Some(key) = key(inputs, params)? else { return Ok(None) };
        inputs.refuse_among_data(directory)?;
        let memory = sapwood::memory::allowed(params.memory_limit.map(|limit| limit.0));
        Ok(Some(Self { directory: directory.to_path_buf(), key, memory }))
    }

    fn path(&self) -> PathBuf {
        self.directory.join(format!("{}{SUFFIX}", self.key))
    }

    /// What an earlier job left, if anything; damaged entries are warned of and will be written anew.
    pub fn load(&self, log: &mut Log) -> Option<Loaded> {
        let path = self.path();
        match cache::read(&path, &self.key, self.memory) {
            Ok(cache::Cached { train, validation, bins }) => {
                log.note(&format!("{}: using binned data from an earlier job; the files are not read", path.display()));
                // The oldest entries go first; one that is in use is not old.
                let _ = fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                Some(Loaded { train, validation, bins: Some(bins), shares: Vec::new() })
            }
            Err(_) if !path.exists() => None,
            Err(error) => {
                log.warning(&format!("{error}; reading the files and writing the cache again"));
                None
            }
        }
    }

    /// Keeps the data for the next job, unless a file has changed since the job began. What cannot be kept is but a warning.
    pub fn store(&self, train: &Dataset, validation: &[(&str, &Dataset)], bins: &Bins, now: Option<String>, log: &mut Log) {
        if now.as_ref() != Some(&self.key) {
            log.warning("the data changed while they were read, so they are not cached");
            return;
        }
        let created =
            fs::create_dir_all(&self.directory).map_err(|error| Failure::io(&self.directory, "cannot be created", &error));
        let write = |()| {
            output::remove_other_than_file(&self.path())?;
            output::write_replaceable(&self.path(), |out| cache::write(out, &self.key, train, validation, bins))
        };
        if let Err(failure) = created.and_then(write).and_then(|()| self.remove_oldest()) {
            log.warning(&format!("cannot keep binned data for the next job: {failure}"));
        }
    }

    fn remove_oldest(&self) -> Result<(), Failure> {
        // Other jobs may be writing entries of theirs.
        output::remove_unfinished(&self.directory, "", ABANDONED);
        let unreadable = |error: std::io::Error| Failure::unreadable(&self.directory, &error);
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

/// What stands for the data and for everything that decides how they are read and binned: the parameters that do, files with sizes and
/// times of change, objects with their ETags. Nothing identifies what comes through a pipe.
///
/// # Errors
/// A file that cannot be found.
pub fn key(inputs: &Inputs, params: &Params) -> Result<Option<String>, Failure> {
    let mut key = Key::default();
    key.text(env!("CARGO_PKG_VERSION").as_bytes());
    let parameters = params.bin_deciding();
    key.number(parameters.len() as u64);
    for (name, value) in parameters {
        key.text(name.as_bytes());
        key.text(value.as_bytes());
    }
    for (name, input) in inputs.named() {
        key.text(name.as_bytes());
        key.number(input.format.map_or(0, |format| format as u64 + 1));
        key.number(input.unwrap_records.into());
        match &input.place {
            DataPlace::Pipe(_) => return Ok(None),
            DataPlace::Objects(objects) => {
                key.number(objects.len() as u64);
                objects.iter().for_each(|object| key.object(object));
            }
            DataPlace::Files(_) => {}
        }
        let files = input.listed()?;
        key.number(files.len() as u64);
        for file in files {
            key.file(&file).map_err(|error| Failure::unreadable(&file, &error))?;
        }
    }
    Ok(Some(sha256(&key.0)))
}

/// The bytes that a key is the SHA-256 of: numbers of 8 bytes, little-endian, and texts behind their lengths.
#[derive(Default)]
struct Key(Vec<u8>);

impl Key {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text);
    }

    fn object(&mut self, object: &s3::Object) {
        self.text(b"object");
        self.text(object.uri.to_string().as_bytes());
        self.number(object.bytes);
        // An ETag is never empty.
        self.text(object.etag.as_deref().unwrap_or_default().as_bytes());
        let modified = object.modified.map_or((i64::MIN, 0), |time| (time.secs(), time.subsec_nanos()));
        self.number(modified.0 as u64);
        self.number(modified.1.into());
    }

    fn file(&mut self, file: &Path) -> std::io::Result<()> {
        let metadata = fs::metadata(file)?;
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
        self.text(b"file");
        self.text(file.as_os_str().as_bytes());
        self.number(metadata.len());
        // Copying may keep the time when the content changed, but not the time when the file did.
        for time in [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()] {
            self.number(time as u64);
        }
        Ok(())
    }
}
