//! Model files on disk: whole and checked, or not there at all.

use crate::format::{self, PREFIX_BYTES};
use crate::{Error, Model};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Attempts at a name for the temporary file that nobody has taken (a killed process leaves its own behind).
const NAME_ATTEMPTS: usize = 1000;

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// A file that cannot be read, and everything that [`Model::from_bytes`] refuses.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| Error::Io { path: name.clone(), source })?;
        Self::read(&name, file)
    }

    /// Reads a model from wherever its bytes come. `name` is what errors of the reader call it.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn read(name: &str, mut reader: impl Read) -> Result<Self, Error> {
        let io_error = |source| Error::Io { path: name.to_string(), source };
        let mut bytes = Vec::new();
        reader.by_ref().take(PREFIX_BYTES as u64).read_to_end(&mut bytes).map_err(io_error)?;
        // Whatever is behind the reader, no more is read than a model has, and one byte that would be too much.
        let rest = format::stated_length(&bytes)? - PREFIX_BYTES as u64;
        reader.take(rest + 1).read_to_end(&mut bytes).map_err(io_error)?;
        Self::from_bytes(&bytes)
    }

    /// Writes a model file. It appears under its name complete and on disk, or not at all; a file that was there before is
    /// replaced in one step. On failure nothing is left behind.
    ///
    /// # Errors
    /// A model that [`Model::to_bytes`] refuses, a path that is not a regular file's, or a failure to write.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        replace(path, &bytes).map_err(|source| Error::Io { path: path.display().to_string(), source })
    }
}

/// Puts `bytes` at `path` by way of a temporary file next to it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target_of(path)?;
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (temporary, file) = create_temporary(directory)?;
    let written = write_synced(file, bytes).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The failure to report is the first one; there is nothing to add when the removal fails too.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Where the rename is to go: behind symbolic links, never over a directory or a device.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file; give the path of a file")),
        Err(e) if e.kind() == io::ErrorKind::NotFound && path.file_name().is_some() => Ok(path.to_path_buf()),
        Err(e) => Err(e),
    }
}

/// A new file with a hidden name of its own.
fn create_temporary(directory: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut outcome = Err(io::ErrorKind::AlreadyExists.into());
    for _ in 0..NAME_ATTEMPTS {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!(".sapwood-{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => outcome = Err(e),
            other => return other.map(|file| (path, file)),
        }
    }
    outcome
}

/// Writes everything, down to the disk: delayed allocation may report a full disk only then.
fn write_synced(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}
