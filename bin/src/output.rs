//! Writing results to files, or objects of S3, that appear whole or not at all.

use crate::report::Failure;
use crate::s3;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::{Builder, NamedTempFile};

/// How the names of unfinished files end, which begin with a dot and the name that they are to have. SageMaker does not copy them to S3.
const UNFINISHED: &str = ".sagemaker-ignore";

/// So much of that name, for there is a limit to names.
const NAME_BYTES: usize = 100;

/// Checks that a file could be written at `path`, without leaving a trace, so that hours of work are not lost at their end.
///
/// # Errors
/// No such directory or bucket, no permission, a read-only or full file system, or a directory in the file's place.
pub fn check_writable(path: &Path) -> Result<(), Failure> {
    if let Some(uri) = s3::Uri::of(path)? {
        return s3::check_writable(&uri);
    }
    let path = true_name(path);
    if path.is_dir() {
        return Err(Failure::user(format!("{}: is a directory; give the name of a file in it", path.display())));
    }
    if is_special(&path) { Ok(()) } else { temporary(&path).map(drop) }
}

/// Makes sure that writing to `path` overwrites none of `inputs`, which are named as links lead to them.
///
/// # Errors
/// `path` is one of them.
pub fn refuse_input(path: &Path, inputs: &BTreeSet<OsString>) -> Result<(), Failure> {
    match inputs.contains(true_name(path).as_os_str()) {
        true => Err(Failure::user(format!("{}: is read by this command and would be lost; choose another name", path.display()))),
        false => Ok(()),
    }
}

/// Writes a file through `fill`. It appears under its name when it is complete and on disk; on failure nothing is left behind.
///
/// # Errors
/// What `fill` returns, or anything that keeps the file from being written.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    match s3::Uri::of(path)? {
        Some(uri) => s3::write(&uri, fill),
        None => write(path, fill, true),
    }
}

/// As [`write_whole`], but the file may be lost or damaged if the machine dies: for what can be made again and proves itself when it is read.
///
/// # Errors
/// As [`write_whole`].
pub fn write_replaceable(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    write(path, fill, false)
}

fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>, durable: bool) -> Result<(), Failure> {
    let path = true_name(path);
    let failed = |error: &io::Error| Failure::io(&path, "cannot be written", error);
    if is_special(&path) {
        let mut file = BufWriter::new(File::options().write(true).open(&path).map_err(|error| failed(&error))?);
        return fill(&mut file).and_then(|()| file.flush()).map_err(|error| failed(&error));
    }
    let mut file = temporary(&path)?;
    let mut writer = BufWriter::new(file.as_file_mut());
    fill(&mut writer).and_then(|()| writer.flush()).map_err(|error| failed(&error))?;
    drop(writer);
    if durable {
        file.as_file().sync_all().map_err(|error| failed(&error))?;
    }
    file.persist(&path).map_err(|error| failed(&error.error))?;
    if durable {
        // The name must be on disk, too. Some file systems refuse to sync a directory; they have their own ways.
        let _ = File::open(directory_of(&path)).and_then(|directory| directory.sync_all());
    }
    Ok(())
}

/// Removes the unfinished files that a killed process left: those whose names were to begin with `name`, and that nobody has written to for
/// so long.
pub fn remove_unfinished(directory: &Path, name: &str, age: Duration) {
    let is_old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        age.is_zero() || modified.and_then(|modified| modified.elapsed().ok()).is_some_and(|elapsed| elapsed >= age)
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let found = found.to_str().and_then(|found| found.strip_prefix('.')?.strip_suffix(UNFINISHED));
        if found.is_some_and(|found| found.starts_with(name)) && is_old(&entry) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The path behind symbolic links, so that a link stays one when its target is replaced; a URI as all are written.
pub fn true_name(path: &Path) -> PathBuf {
    if let Ok(Some(uri)) = s3::Uri::of(path) {
        return uri.to_string().into();
    }
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// Whether something other than a file is at `path` (a pipe, `/dev/null`): it is written to, not replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A hidden file beside `path`, removed when dropped.
fn temporary(path: &Path) -> Result<NamedTempFile, Failure> {
    let directory = directory_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{}-", &name[..name.floor_char_boundary(NAME_BYTES)]);
    // The mode of a file that was simply created: the user's umask applies.
    let created =
        Builder::new().prefix(&prefix).suffix(UNFINISHED).permissions(Permissions::from_mode(0o666)).tempfile_in(directory);
    created.map_err(|error| {
        let remedy = if directory.is_dir() { "choose a directory that can be written" } else { "create the directory first" };
        // The name of the temporary file, which tempfile appends to what the system said, would only puzzle.
        let cause = error.to_string();
        let cause = cause.split(" at path ").next().unwrap_or(&cause);
        Failure::user(format!("{}: cannot be written: {cause}; {remedy}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model");
        write_whole(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no luck"))
        });
        assert!(failed.unwrap_err().to_string().contains("no luck"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_and_devices_stay_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        write_whole(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(!Path::new("/dev/null").is_file());
    }

    #[test]
    fn what_cannot_be_written_is_known_beforehand() {
        let dir = tempfile::tempdir().unwrap();
        check_writable(&dir.path().join("model")).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(check_writable(dir.path()).unwrap_err().to_string().contains("is a directory"));
        let missing = check_writable(&dir.path().join("no/model")).unwrap_err().to_string();
        assert!(missing.contains("No such file or directory") && missing.contains("create the directory"), "{missing}");
    }
}
