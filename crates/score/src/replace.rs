//! Replacing a file in one step: it is there whole and on disk, or what was there before still is.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How the names of unfinished files end, which begin with a dot and the name that they are to have. SageMaker does not copy them to S3.
pub const UNFINISHED: &str = ".sagemaker-ignore";

/// So much of that name, for there is a limit to names.
const NAME_BYTES: usize = 100;

/// Whether the file must survive that the machine dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The bytes and the name are on disk before [`replace`] returns.
    Durable,
    /// The file may be lost or damaged with the machine: for what can be made again and proves itself when it is read.
    Replaceable,
}

/// Puts what `fill` writes at `path`, by way of a hidden temporary file beside it that is synced and renamed; then its directory is
/// synced. Symbolic links stay, their target is replaced. On failure nothing is left behind.
///
/// # Errors
/// What `fill` returns, a path that is not a regular file's, or anything that keeps the file from being written.
pub fn replace(path: &Path, durability: Durability, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = target_of(path)?;
    let mut temporary = Temporary::beside(&target)?;
    let mut writer = BufWriter::new(&mut temporary.file);
    fill(&mut writer)?;
    writer.flush()?;
    drop(writer);
    if durability == Durability::Durable {
        // Delayed allocation may report a full disk only now.
        temporary.file.sync_all()?;
    }
    temporary.rename(&target)?;
    if durability == Durability::Durable {
        sync_directory(&target);
    }
    Ok(())
}

/// Checks that [`replace`] could write at `path`, without leaving a trace.
///
/// # Errors
/// As [`replace`].
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    target_of(path).and_then(|target| Temporary::beside(&target)).map(drop)
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

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Brings the name of a file to the disk. Some file systems refuse to sync a directory; they have their own ways.
fn sync_directory(path: &Path) {
    let _ = File::open(directory_of(path)).and_then(|directory| directory.sync_all());
}

/// A hidden file, removed when dropped.
struct Temporary {
    path: PathBuf,
    file: File,
    is_renamed: bool,
}

impl Temporary {
    /// A new file beside `path`.
    fn beside(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = &name[..name.floor_char_boundary(NAME_BYTES)];
        loop {
            // Random, because containers that share a directory share process numbers, too.
            let number = RandomState::new().build_hasher().finish();
            let path = directory_of(path).join(format!(".{name}-{number:016x}{UNFINISHED}"));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return opened.map(|file| Self { path, file, is_renamed: false }),
            }
        }
    }

    fn rename(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_renamed {
            // The failure to report is the first one; there is nothing to add when the removal fails too.
            let _ = fs::remove_file(&self.path);
        }
    }
}
