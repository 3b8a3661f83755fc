//! Where the bytes of a data set are: in files, in what was spooled from a pipe, or on their way from a store elsewhere.

use super::ahead::{self, Ahead};
use super::fetch::{Arriving, Fetched};
use super::identity::Identity;
use super::meter::{Meter, read_no_further};
use super::temporary::cannot_keep;
use crate::{Error, Result};
use std::fs::{self, File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::{Deref, Range};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The path as it appears in messages.
pub(crate) fn display(path: &Path) -> String {
    path.display().to_string()
}

/// A part of a data set.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, or a directory of files.
    Path(PathBuf),
    /// What came through a pipe.
    Spool(Spool),
    /// What comes from a store elsewhere.
    Fetched(Fetched),
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<Spool> for Source {
    fn from(spool: Spool) -> Self {
        Self::Spool(spool)
    }
}

impl From<Fetched> for Source {
    fn from(object: Fetched) -> Self {
        Self::Fetched(object)
    }
}

/// The bytes of a pipe, in a temporary file without a name: data are read more than once, and a pipe can be read only once. The
/// file's space is free again when the last clone is dropped, however the process ends.
#[derive(Clone, Debug)]
pub struct Spool {
    pub(super) file: DataFile,
    pub(super) bytes: u64,
}

const CHUNK_BYTES: usize = 1 << 20;

impl Spool {
    /// Reads `pipe` to its end, into a file under `TMPDIR` (or `/tmp`). `name` is what messages call the data.
    ///
    /// # Errors
    /// The pipe breaks, or there is no space for its data.
    pub fn read(name: &Path, mut pipe: impl Read) -> Result<Self> {
        let mut file = tempfile::tempfile().map_err(|error| cannot_keep(name, 0, &error))?;
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut bytes = 0;
        loop {
            let read = match pipe.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io(name, error)),
            };
            file.write_all(&chunk[..read]).map_err(|error| cannot_keep(name, bytes, &error))?;
            bytes += read as u64;
        }
        Ok(Self { file: DataFile::of(name.to_path_buf(), Content::Spooled(Arc::new(file))), bytes })
    }

    /// The number of bytes that came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the same bytes came through both pipes.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn is_same(&self, other: &Self) -> Result<bool> {
        if self.bytes != other.bytes {
            return Ok(false);
        }
        let (mut one, mut two) = (self.file.open()?, other.file.open()?);
        let (mut left, mut right) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        let mut rest = self.bytes;
        while rest > 0 {
            let length = rest.min(CHUNK_BYTES as u64) as usize;
            one.read_exact(&mut left[..length]).map_err(|error| Error::io(&self.file, error))?;
            two.read_exact(&mut right[..length]).map_err(|error| Error::io(&other.file, error))?;
            if left[..length] != right[..length] {
                return Ok(false);
            }
            rest -= length as u64;
        }
        Ok(true)
    }
}

/// One file of a data set: what it is called, and how it is opened.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    path: PathBuf,
    content: Content,
    meter: Meter,
    /// Whether other hosts read the other parts of it.
    is_divided: bool,
}

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
enum Content {
    /// Under its path. The identity is that of the file when it was opened first: it must be the same one whenever it is read again.
    Named(Arc<OnceLock<Identity>>),
    /// In a file without a name.
    Spooled(Arc<File>),
    /// In a file that is still being filled.
    Fetched(Fetched),
    /// In memory: the body of a request.
    Memory(Arc<[u8]>),
}

/// The first bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct Head(pub Arc<Vec<u8>>);

impl AsRef<[u8]> for Head {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A file that is open.
pub(super) enum Opened {
    File(File, Meter),
    Arriving(Arriving),
    Memory(Cursor<Arc<[u8]>>),
}

/// A file that is open and will not grow.
pub(super) enum Whole {
    File(File),
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for Opened {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file, meter) => meter.read(true, || file.read(bytes)),
            Self::Arriving(file) => file.read(bytes),
            Self::Memory(bytes_in_memory) => bytes_in_memory.read(bytes),
        }
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file, _) => file.seek(to),
            Self::Arriving(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

impl DataFile {
    /// What is in memory, under a name for messages.
    pub fn in_memory(name: &Path, bytes: Arc<[u8]>) -> Self {
        Self::of(name.to_path_buf(), Content::Memory(bytes))
    }

    fn of(path: PathBuf, content: Content) -> Self {
        Self { path, content, meter: Meter::default(), is_divided: false }
    }

    /// Opens the file at its beginning, independently of all others that have it open.
    pub fn open(&self) -> Result<Opened> {
        let started = Instant::now();
        let file = match &self.content {
            Content::Named(_) => File::open(&self.path),
            // The one way to a file without a name; a mere clone would share the position with all others.
            Content::Spooled(file) => File::open(format!("/proc/self/fd/{}", file.as_raw_fd())),
            Content::Fetched(fetched) => return Ok(Opened::Arriving(fetched.open(&self.meter))),
            Content::Memory(bytes) => return Ok(Opened::Memory(Cursor::new(bytes.clone()))),
        };
        // A file that is still elsewhere is fetched when it is opened.
        self.meter.waited(started.elapsed());
        let file = file.map_err(|error| Error::io(&self.path, error))?;
        if let Content::Named(first) = &self.content {
            let now = Identity::from(&file.metadata().map_err(|error| Error::io(&self.path, error))?);
            let first = first.get_or_init(|| now.clone());
            if *first != now {
                return Err(first.changed(&self.path, Some(&now)));
            }
        }
        if self.is_divided {
            read_no_further(&file);
        }
        Ok(Opened::File(file, self.meter.clone()))
    }

    /// Refuses a file that was replaced or written to since it was opened first.
    pub fn check_unchanged(&self) -> Result<()> {
        let Content::Named(first) = &self.content else { return Ok(()) };
        let (first, now) = (first.get(), Identity::of(&self.path));
        first.filter(|first| now.as_ref() != Some(first)).map_or(Ok(()), |first| Err(first.changed(&self.path, now.as_ref())))
    }

    /// Opens the file at its beginning when all of it is there.
    pub fn open_whole(&self) -> Result<Whole> {
        Ok(match self.open()? {
            Opened::File(file, _) => Whole::File(file),
            Opened::Arriving(file) => Whole::File(file.whole().map_err(|error| Error::io(&self.path, error))?),
            Opened::Memory(bytes) => Whole::Memory(bytes),
        })
    }

    /// The same file, whose reads are counted.
    pub fn metered(self, meter: &Meter) -> Self {
        Self { meter: meter.clone(), ..self }
    }

    /// The same file, of which this host reads parts only, if that `is_divided` among several.
    pub fn divided(self, is_divided: bool) -> Self {
        Self { is_divided, ..self }
    }

    /// The bytes of a part of the file, which may end before the part does; those of large files are read ahead, and those of small ones
    /// not at all as far as they are known.
    pub fn stream(&self, part: Range<u64>, head: Option<&Head>) -> Result<Box<dyn Read + Send>> {
        let mut opened = self.open()?;
        if let Opened::File(file, meter) = &opened
            && file.metadata().is_ok_and(|metadata| metadata.len().min(part.end).saturating_sub(part.start) >= ahead::FROM_BYTES)
            // Where the system refuses more threads, whoever parses reads.
            && let Ok(ahead) = file.try_clone().and_then(|file| Ahead::new(file, part.clone(), meter))
        {
            return Ok(Box::new(ahead));
        }
        let known = head.map_or(0, |head| head.0.len() as u64).min(part.end);
        let begin = part.start.max(known);
        if begin > 0 {
            opened.seek(SeekFrom::Start(begin)).map_err(|error| Error::io(&self.path, error))?;
        }
        let rest = opened.take(part.end.saturating_sub(begin));
        let Some(head) = head.filter(|_| part.start < known) else { return Ok(Box::new(rest)) };
        self.meter.known(known - part.start);
        let mut head = Cursor::new(head.clone());
        head.set_position(part.start);
        Ok(Box::new(head.take(known - part.start).chain(rest)))
    }

    /// The number of bytes.
    pub fn bytes(&self) -> Result<u64> {
        let length = |metadata: io::Result<Metadata>| metadata.map(|metadata| metadata.len()).map_err(|e| Error::io(&self.path, e));
        match &self.content {
            Content::Named(_) => length(fs::metadata(&self.path)),
            Content::Spooled(file) => length(file.metadata()),
            Content::Fetched(fetched) => Ok(fetched.bytes()),
            Content::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Whether the bytes came from a client: they must not cost more than they are worth.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.content, Content::Memory(_))
    }

    /// Whether it is fetched from a store elsewhere.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.content, Content::Fetched(_))
    }

    /// Whether it came through a pipe.
    pub fn is_spooled(&self) -> bool {
        matches!(self.content, Content::Spooled(_))
    }
}

impl From<PathBuf> for DataFile {
    fn from(path: PathBuf) -> Self {
        Self::of(path, Content::Named(Arc::default()))
    }
}

impl From<Fetched> for DataFile {
    fn from(fetched: Fetched) -> Self {
        Self::of(fetched.name().to_path_buf(), Content::Fetched(fetched))
    }
}

/// The name for messages.
impl Deref for DataFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for DataFile {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_can_be_read_again_and_again() {
        let spool = Spool::read(Path::new("train_0"), &b"1,2\n3,4\n"[..]).unwrap();
        assert_eq!(spool.bytes(), 8);
        let mut readers = [spool.file.open().unwrap(), spool.file.open().unwrap()];
        for _ in 0..2 {
            for reader in &mut readers {
                let mut four = [0; 4];
                reader.read_exact(&mut four).unwrap();
            }
        }
        assert!(readers.iter_mut().all(|reader| reader.read(&mut [0]).unwrap() == 0));
        assert_eq!(spool.file.display().to_string(), "train_0");
    }

    #[test]
    fn equal_bytes_are_found_out() {
        let spool = |bytes: &[u8]| Spool::read(Path::new("x"), bytes).unwrap();
        let long = vec![7; CHUNK_BYTES + 1];
        assert!(spool(&long).is_same(&spool(&long)).unwrap());
        let mut other = long.clone();
        other[CHUNK_BYTES] = 8;
        assert!(!spool(&long).is_same(&spool(&other)).unwrap());
        assert!(!spool(&long).is_same(&spool(b"1")).unwrap());
    }

    #[test]
    fn a_pipe_that_breaks_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let error = Spool::read(Path::new("train_0"), (&b"1,2\n"[..]).chain(Broken)).unwrap_err();
        assert_eq!(error.to_string(), "train_0: broken");
    }
}
