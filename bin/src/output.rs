//! Writing results to files, or objects of S3, that appear whole or not at all.

use crate::report::Failure;
use crate::s3;
use sapwood_score::replace::{Durability, UNFINISHED, check_replaceable, replace};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    if is_special(&path) { Ok(()) } else { check_replaceable(&path).map_err(|error| unwritable(&path, &error)) }
}

/// Makes sure that writing to `path` overwrites none of `inputs`, which are named as links lead to them.
///
/// # Errors
/// `path` is one of them.
pub fn refuse_input(path: &Path, inputs: &BTreeSet<OsString>) -> Result<(), Failure> {
    match inputs.contains(true_name(path).as_os_str()) {
        true => Err(Failure::user(format!(
            "{}: is an input of this command and would be overwritten; choose another name",
            path.display()
        ))),
        false => Ok(()),
    }
}

/// Whether writing to `path` replaces a file or an object; also where nobody can tell.
pub fn replaces(path: &Path) -> bool {
    match s3::Uri::of(path) {
        Ok(Some(uri)) => s3::exists(&uri).unwrap_or(true),
        _ => fs::metadata(path).is_ok_and(|metadata| metadata.is_file()),
    }
}

/// Writes a file through `fill`. It appears under its name when it is complete and on disk; on failure nothing is left behind.
///
/// # Errors
/// What `fill` returns, or anything that keeps the file from being written.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    match s3::Uri::of(path)? {
        Some(uri) => s3::write(&uri, fill),
        None => write(path, fill, Durability::Durable),
    }
}

/// As [`write_whole`], but the file may be lost or damaged if the machine dies: for what can be made again and proves itself when it is read.
///
/// # Errors
/// As [`write_whole`].
pub fn write_replaceable(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    write(path, fill, Durability::Replaceable)
}

fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>, durability: Durability) -> Result<(), Failure> {
    if is_special(path) {
        let failed = |error: &io::Error| Failure::io(path, "cannot be written", error);
        let mut file = BufWriter::new(File::options().write(true).open(path).map_err(|error| failed(&error))?);
        return fill(&mut file).and_then(|()| file.flush()).map_err(|error| failed(&error));
    }
    replace(path, durability, fill).map_err(|error| unwritable(path, &error))
}

/// Makes sure that a file can be written at `path` without waiting for anybody: a pipe waits for whoever reads it.
///
/// # Errors
/// Something other than a file is there.
pub fn refuse_special(path: &Path) -> Result<(), Failure> {
    match other_than_file(path) {
        Some(what) => Err(Failure::user(format!("{}: is {what}, not a file; remove it", path.display()))),
        None => Ok(()),
    }
}

/// What is at `path`, where that is no regular file.
pub fn other_than_file(path: &Path) -> Option<&'static str> {
    let found = fs::metadata(path).ok()?.file_type();
    Some(match found {
        _ if found.is_file() => return None,
        _ if found.is_dir() => "a directory",
        _ if found.is_fifo() => "a pipe",
        _ if found.is_socket() => "a socket",
        _ => "a device",
    })
}

/// Clears the way for a file in a directory of this program's own: a link or a pipe at its place leads elsewhere, and is not followed.
///
/// # Errors
/// Something is there that cannot be removed.
pub fn remove_other_than_file(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            fs::remove_file(path).map_err(|error| Failure::io(path, "is no file and cannot be removed", &error))
        }
        _ => Ok(()),
    }
}

/// Says why a file cannot be written, and where the directory is at fault, what to do.
fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match (directory.is_dir(), error.kind()) {
        (false, _) => Failure::user(format!("{}: cannot be written: {error}; create the directory first", path.display())),
        (true, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            Failure::user(format!("{}: cannot be written: {error}; choose a writable directory", path.display()))
        }
        (true, _) => Failure::io(path, "cannot be written", error),
    }
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
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
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
