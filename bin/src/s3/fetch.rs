//! Reading: the objects of data sets, which come while they are read, and single ones from their beginning.

use super::list;
use super::object::Object;
use super::uri::Uri;
use crate::open_files;
use crate::report::Failure;
use sapwood_readers::{self as readers, Meter, Remote, RemoteObject, Source};
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

/// Requests at a time. One connection brings some 90 MB/s.
fn requests() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).saturating_mul(2).clamp(16, 64)
}

/// Bytes that are asked for at a time where one reader wants them in turn.
const RANGE_BYTES: u64 = 4 << 20;

/// Files and connections that a process has open besides the data, at least and at ease.
const OTHER_FILES: u64 = 100;
const WISHED_FILES: u64 = 256;

/// Begins to fetch objects into temporary files, from which they may be read at once.
///
/// # Errors
/// Not enough space for them, or too many for the limit of open files.
pub fn fetch<'o>(objects: impl Iterator<Item = &'o Object>, meter: &Meter) -> Result<Vec<Source>, Failure> {
    let remote = |object: &Object| RemoteObject {
        name: object.uri.to_string().into(),
        bytes: object.bytes,
        remote: Arc::new(object.clone()),
    };
    let objects: Vec<_> = objects.map(remote).collect();
    check_space(objects.iter().map(|object| object.bytes).sum())?;
    allow_open_files(objects.iter().filter(|object| object.bytes > 0).count())?;
    Ok(readers::fetch(objects, requests(), meter)?.into_iter().map(Source::from).collect())
}

/// An object's bytes from its beginning, of which no more are fetched than are read, but for some megabytes.
///
/// # Errors
/// There is no such object, or S3 refuses it.
pub fn open(uri: &Uri) -> Result<impl Read, Failure> {
    Ok(Reader { object: list::object(uri)?, next: 0, range: Vec::new(), position: 0 })
}

struct Reader {
    object: Object,
    /// The first byte that has not been fetched.
    next: u64,
    range: Vec<u8>,
    position: usize,
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.position == self.range.len() && self.next < self.object.bytes {
            let end = (self.next + RANGE_BYTES).min(self.object.bytes);
            (self.range, self.position) = (Vec::new(), 0);
            let (range, length) = (&mut self.range, end - self.next);
            self.object.read(self.next..end, &mut |bytes| {
                range.extend_from_slice(bytes);
                if range.len() as u64 > length { Err(io::Error::other("more bytes arrived than were requested")) } else { Ok(()) }
            })?;
            self.next = end;
        }
        let read = (&self.range[self.position..]).read(bytes)?;
        self.position += read;
        Ok(read)
    }
}

/// Better known before hours of fetching than after.
fn check_space(bytes: u64) -> Result<(), Failure> {
    let directory = std::env::temp_dir();
    // Where it cannot be told, writing will tell.
    let Ok(system) = rustix::fs::statvfs(&directory) else { return Ok(()) };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if bytes > free && system.f_blocks > 0 {
        return Err(Failure::user(format!(
            "{}: the data from S3 need {} MiB, and {} MiB are free; give TMPDIR a directory with more space",
            directory.display(),
            bytes.div_ceil(1 << 20),
            free >> 20
        )));
    }
    Ok(())
}

/// Raises the limit of open files, as far as that is allowed: every object has a file.
fn allow_open_files(count: usize) -> Result<(), Failure> {
    let count = count as u64;
    match open_files::raise(count + WISHED_FILES) {
        Some(limit) if count > 0 && limit < count + OTHER_FILES => Err(Failure::user(format!(
            "the data are {count} objects of S3, each of which becomes an open file, but only {limit} files may be open at a time; raise \
             the limit (ulimit -n), or use fewer, larger objects"
        ))),
        _ => Ok(()),
    }
}
