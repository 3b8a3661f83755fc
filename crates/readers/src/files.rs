//! Which files make up a data set: directories searched to any depth, in sorted order.

use super::identity::Identity;
use super::source::display;
use super::source::{DataFile, Source};
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The files of a data set and what was passed over.
pub(super) struct Listing {
    /// Files in reading order. Some may turn out to be empty when they are opened.
    pub files: Vec<DataFile>,
    /// The names that links lead to, of those that are files of this machine.
    pub true_names: Vec<PathBuf>,
    /// What the files are under whatever name, to find out which are there twice.
    known: KnownFiles,
    /// Hidden, `_`-prefixed and empty files and those that accompany others, in the order met.
    pub passed_over: Vec<PathBuf>,
}

impl Listing {
    /// The files behind `sources`: the sources in the order given, a directory's files in the order of their paths.
    /// A path that names a file directly is taken whatever its name; links are followed.
    ///
    /// # Errors
    /// A path that cannot be read, or no file at all.
    pub fn new(sources: &[Source]) -> Result<Self> {
        let listing = Self::any(sources)?;
        if listing.files.is_empty() { Err(no_data(sources, &listing.passed_over)) } else { Ok(listing) }
    }

    /// The same where there need not be a file.
    pub fn any(sources: &[Source]) -> Result<Self> {
        let known = KnownFiles::default();
        let mut listing = Self { files: Vec::new(), true_names: Vec::new(), known, passed_over: Vec::new() };
        for source in sources {
            match source {
                Source::Path(path) => listing.add(path, &mut Vec::new())?,
                Source::Spool(spool) if spool.bytes == 0 => listing.passed_over.push(spool.file.to_path_buf()),
                Source::Spool(spool) => listing.files.push(spool.file.clone()),
                Source::Fetched(object) if object.bytes() == 0 => listing.passed_over.push(object.name().to_path_buf()),
                Source::Fetched(object) => {
                    listing.known.add_object(object.name())?;
                    listing.files.push(object.clone().into());
                }
            }
        }
        Ok(listing)
    }

    fn add(&mut self, path: &Path, above: &mut Vec<PathBuf>) -> Result<()> {
        let metadata = fs::metadata(path).map_err(|e| Error::unreadable(path, &e))?;
        if metadata.is_file() {
            if metadata.len() == 0 {
                self.passed_over.push(path.to_path_buf());
            } else {
                self.known.add(metadata.ino(), path)?;
                self.true_names.push(fs::canonicalize(path).map_err(|e| Error::io(path, e))?);
                self.files.push(path.to_path_buf().into());
            }
            return Ok(());
        }
        if !metadata.is_dir() {
            return Err(Error::io(path, "this is a pipe or a device, but data are read more than once; save them to a file first"));
        }
        let real = fs::canonicalize(path).map_err(|e| Error::io(path, e))?;
        if above.contains(&real) {
            return Err(Error::io(path, "this link leads back to a directory above it; remove the link"));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| Error::io(path, e))? {
            let entry = entry.map_err(|e| Error::io(path, e))?;
            // The directory knows what its entries are: asking each would cost a journey to the server of metadata, and on Lustre one to each
            // server that has a stripe of the file.
            names.push((entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_file()), entry.ino()));
        }
        names.sort_unstable();
        above.push(real.clone());
        for (name, is_file, inode) in names {
            let entry = path.join(&name);
            if is_no_data(&name.to_string_lossy()) {
                self.passed_over.push(entry);
            } else if is_file {
                self.known.add(inode, &entry)?;
                self.true_names.push(real.join(&name));
                self.files.push(entry.into());
            } else {
                self.add(&entry, above)?;
            }
        }
        above.pop();
        Ok(())
    }

    /// One sentence about what was passed over, if anything was.
    pub fn note(&self) -> Option<String> {
        let first = self.passed_over.first()?;
        let others = match self.passed_over.len() - 1 {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        Some(format!("skipped hidden, _-prefixed, checksum, manifest or empty files: {}{others}", display(first)))
    }
}

/// Files that were met so far.
#[derive(Default)]
struct KnownFiles {
    inodes: HashMap<u64, PathBuf>,
    /// Those whose inode number another one has, on another file system for instance.
    identities: HashMap<Identity, PathBuf>,
    objects: HashSet<PathBuf>,
}

impl KnownFiles {
    /// Adds a file of this machine. Its inode number is known for nothing; only where two are the same it is looked at.
    fn add(&mut self, inode: u64, path: &Path) -> Result<()> {
        let Some(other) = self.inodes.get(&inode) else {
            self.inodes.insert(inode, path.to_path_buf());
            return Ok(());
        };
        if let Some(identity) = Identity::of(other) {
            self.identities.entry(identity).or_insert_with(|| other.clone());
        }
        let known = Identity::of(path).and_then(|identity| self.identities.insert(identity, path.to_path_buf()));
        known.map_or(Ok(()), |known| Err(twice(&known, path)))
    }

    /// Adds an object of a store.
    fn add_object(&mut self, name: &Path) -> Result<()> {
        if self.objects.insert(name.to_path_buf()) { Ok(()) } else { Err(twice(name, name)) }
    }
}

/// The error of a file whose rows would count twice.
fn twice(one: &Path, other: &Path) -> Error {
    let what = format!("the same file is given twice: {} and {}", display(one), display(other));
    Error::data(what).with_remedy("name it once, or remove the link: its rows would count double")
}

/// Whether files and directories of this name are passed over where a directory is searched for data: hidden ones, those that begin with
/// `_`, and files that say something about others (a checksum, a list, what a store knows of them).
pub fn is_no_data(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let accompanies = name == "manifest" || [".crc", ".manifest", "-manifest", ".metadata"].iter().any(|end| name.ends_with(end));
    name.starts_with(['.', '_']) || accompanies
}

/// The error of a data set without a single row's bytes.
pub(super) fn no_data(sources: &[Source], passed_over: &[PathBuf]) -> Error {
    let name = |source: &Source| match source {
        Source::Path(path) => display(path),
        Source::Spool(spool) => display(&spool.file),
        Source::Fetched(object) => display(object.name()),
    };
    let paths: Vec<_> = sources.iter().map(name).collect();
    let hint = match passed_over.len() {
        0 => "there is no file".to_string(),
        n => format!("there are only hidden, _-prefixed, checksum, manifest or empty files ({n})"),
    };
    Error::data(format!("no data in {}: {hint}", paths.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn directories_are_searched_in_sorted_order() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "b/2.csv",
            "b/10.csv",
            "a.csv",
            "c/d/e/f.csv",
            ".hidden/x.csv",
            "_SUCCESS",
            "b/_metadata",
            "b/2.csv.crc",
            "train-manifest",
            "x.manifest",
            ".ipynb_checkpoints/a.csv",
        ] {
            write(root.path(), name, "1,2\n");
        }
        let listing = Listing::new(&[root.path().to_path_buf().into()]).unwrap();
        let names: Vec<_> = listing.files.iter().map(|f| f.strip_prefix(root.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.csv", "b/10.csv", "b/2.csv", "c/d/e/f.csv"]);
        assert_eq!(listing.passed_over.len(), 7);
        assert!(listing.note().unwrap().contains("and 6 more"));
    }

    #[test]
    fn links_are_followed_and_loops_refused() {
        let (root, links) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(root.path(), "real/x.csv", "1\n");
        write(root.path(), "y.csv", "2\n");
        std::os::unix::fs::symlink(root.path().join("real"), links.path().join("linked")).unwrap();
        std::os::unix::fs::symlink(root.path().join("y.csv"), links.path().join("y.csv")).unwrap();
        let listing = Listing::new(&[links.path().to_path_buf().into()]).unwrap();
        let names = [root.path().join("real/x.csv"), root.path().join("y.csv")].map(|name| fs::canonicalize(name).unwrap());
        assert_eq!(listing.true_names, names);
        std::os::unix::fs::symlink(root.path(), root.path().join("real/up")).unwrap();
        assert!(Listing::new(&[root.path().to_path_buf().into()]).err().unwrap().to_string().contains("leads back"));
    }

    #[test]
    fn a_file_that_is_there_twice_is_refused() {
        let error = |paths: &[PathBuf]| {
            Listing::new(&paths.iter().cloned().map(Source::from).collect::<Vec<_>>()).err().map(|error| error.to_string())
        };
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "x.csv", "1\n");
        write(root.path(), "z.csv", "1\n");
        let (whole, x) = (root.path().to_path_buf(), root.path().join("x.csv"));
        assert_eq!(error(std::slice::from_ref(&whole)), None);
        assert!(error(&[x.clone(), x.clone()]).unwrap().starts_with("the same file is given twice: "));
        assert!(error(&[whole.clone(), x.clone()]).is_some());
        fs::hard_link(&x, root.path().join("y.csv")).unwrap();
        assert!(error(std::slice::from_ref(&whole)).unwrap().contains("y.csv"));
        fs::remove_file(root.path().join("y.csv")).unwrap();
        std::os::unix::fs::symlink(&x, root.path().join("y.csv")).unwrap();
        assert!(error(&[whole]).unwrap().contains("y.csv"));
    }

    #[test]
    fn nothing_to_read_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let error = |path: &Path| Listing::new(&[path.to_path_buf().into()]).err().unwrap().to_string();
        assert!(error(root.path()).starts_with("no data in "));
        write(root.path(), "_SUCCESS", "");
        assert!(error(root.path()).contains("only hidden, _-prefixed, checksum, manifest or empty files (1)"));
        write(root.path(), "empty.csv", "");
        assert!(error(&root.path().join("empty.csv")).contains("only hidden, _-prefixed, checksum, manifest or empty files (1)"));
        assert!(error(&root.path().join("absent")).contains("No such file"));
    }
}
