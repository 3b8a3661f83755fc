//! Which file it is, whatever it is called, and whether it is still as it was.

use crate::{Error, Result};
use rayon::prelude::*;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What tells a file from others under whatever name: a link, or another mount. No device, because each mount of a network file system
/// such as Lustre is one of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity {
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
}

impl Identity {
    pub fn of(file: &Path) -> Option<Self> {
        fs::metadata(file).ok().as_ref().map(Self::from)
    }

    /// The error of a file that is `now` another one.
    pub fn changed(&self, file: &Path, now: Option<&Self>) -> Error {
        let now = now.map_or_else(|| "gone".to_string(), |now| format!("{} bytes", now.bytes));
        let what = format!("file changed while it was read: {}: {} bytes before, {now} now", file.display(), self.bytes);
        Error::data(what).with_remedy("let whoever writes it finish, then start again")
    }
}

impl From<&Metadata> for Identity {
    fn from(facts: &Metadata) -> Self {
        Self { inode: facts.ino(), bytes: facts.size(), modified: (facts.mtime(), facts.mtime_nsec()) }
    }
}

/// Files as they were before they were read.
pub(crate) struct Unread(Vec<(PathBuf, Identity)>);

impl Unread {
    /// Remembers the files that there are under these paths.
    pub fn of<'p>(paths: impl IntoParallelIterator<Item = &'p Path>) -> Self {
        Self(paths.into_par_iter().filter_map(|path| Some((path.to_path_buf(), Identity::of(path)?))).collect())
    }

    /// Refuses files that were replaced or written to since.
    pub fn check(&self) -> Result<()> {
        match self.0.par_iter().find_first(|(path, before)| Identity::of(path).as_ref() != Some(before)) {
            None => Ok(()),
            Some((path, before)) => Err(before.changed(path, Identity::of(path).as_ref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_grow_or_are_replaced_are_found_out() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        fs::write(&path, "1,2\n").unwrap();
        let unread = Unread::of([path.as_path()]);
        unread.check().unwrap();
        fs::write(root.path().join("b"), "3,4\n").unwrap();
        fs::rename(root.path().join("b"), &path).unwrap();
        assert!(unread.check().unwrap_err().to_string().starts_with("file changed while it was read: "));
        let unread = Unread::of([path.as_path()]);
        fs::write(&path, "3,4\n5,6\n").unwrap();
        assert!(unread.check().unwrap_err().to_string().contains("4 bytes before, 8 bytes now"));
        let unread = Unread::of([path.as_path()]);
        fs::remove_file(&path).unwrap();
        assert!(unread.check().unwrap_err().to_string().contains("gone"));
    }
}
