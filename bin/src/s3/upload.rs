//! Writing: an object appears when all of its bytes have come, or not at all.

use super::failure::{self, WRITES};
use super::store::Bucket;
use super::uri::Uri;
use crate::report::Failure;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::{SpooledData, SpooledTempFile};

/// Objects up to this size are written by one request.
const PART_BYTES: u64 = 16 << 20;
/// S3's limit.
const MOST_PARTS: u64 = 10_000;
/// Bytes that are put together in memory; more go through a temporary file.
const MOST_MEMORY: usize = 256 << 20;
/// Parts that are written at a time.
const AT_ONCE: usize = 4;

/// Checks that an object could be written, without leaving a trace, so that hours of work are not lost at their end.
///
/// # Errors
/// No key, no such bucket, or no permission.
pub fn check_writable(uri: &Uri) -> Result<(), Failure> {
    if uri.is_directory() {
        return Err(Failure::user(format!("{uri}: is a directory; give the name of an object in it")));
    }
    let bucket = Bucket::of(uri)?;
    // An upload of nothing needs the permission to write, and shows nowhere.
    let upload = Upload::begin(&bucket, uri)?;
    upload.abort();
    Ok(())
}

/// Writes an object through `fill`. What cannot be brought to S3 stays on this machine, and the error says where.
///
/// # Errors
/// What `fill` returns, no space for a large object's bytes, or anything that keeps the object from being written.
pub fn write(uri: &Uri, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::user(format!(
            "{uri}: cannot assemble the object in {}: {error}; set TMPDIR to another directory",
            std::env::temp_dir().display()
        ))
    };
    let mut file = BufWriter::new(SpooledTempFile::new(MOST_MEMORY));
    fill(&mut file).map_err(failed)?;
    let content = file.into_inner().map_err(|error| failed(error.into_error()))?.into_inner();
    let length = length(&content).map_err(failed)?;
    Bucket::of(uri).and_then(|bucket| send(&bucket, uri, &content, length)).map_err(|failure| match keep(&content, length) {
        Ok(path) => Failure::user(format!("{}; the result is kept in {}", failure.message(), path.display())),
        Err(error) => {
            Failure::user(format!("{}; the result is lost, because it could not be saved locally: {error}", failure.message()))
        }
    })
}

fn length(content: &SpooledData) -> io::Result<u64> {
    match content {
        SpooledData::InMemory(bytes) => Ok(bytes.get_ref().len() as u64),
        SpooledData::OnDisk(file) => Ok(file.metadata()?.len()),
    }
}

/// Leaves the bytes in a file with a name, among temporary files or else where the process is.
fn keep(content: &SpooledData, length: u64) -> io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("sapwood-");
    let named = builder.tempfile().or_else(|_| builder.tempfile_in("."))?;
    let mut out = named.as_file();
    for start in (0..length).step_by(PART_BYTES as usize) {
        out.write_all(&part(content, start, PART_BYTES.min(length - start))?)?;
    }
    named.keep().map(|(_, path)| path).map_err(|error| error.error)
}

fn send(bucket: &Bucket, uri: &Uri, content: &SpooledData, length: u64) -> Result<(), Failure> {
    if length <= PART_BYTES {
        let bytes = part(content, 0, length).map_err(|error| Failure::user(format!("{uri}: {error}")))?;
        let request = bucket.client.put_object().bucket(&uri.bucket).key(&uri.key).body(bytes.into());
        return bucket.wait(request.send()).map(drop).map_err(|error| failure::failed(uri, WRITES, &error));
    }
    let upload = Upload::begin(bucket, uri)?;
    let sent = upload.send_parts(content, length).and_then(|parts| upload.complete(parts));
    if sent.is_err() {
        upload.abort();
    }
    sent
}

fn part(content: &SpooledData, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    match content {
        SpooledData::InMemory(all) => bytes.copy_from_slice(&all.get_ref()[start as usize..][..length as usize]),
        SpooledData::OnDisk(file) => file.read_exact_at(&mut bytes, start)?,
    }
    Ok(bytes)
}

/// An object that is written in parts.
struct Upload<'u> {
    bucket: &'u Bucket,
    uri: &'u Uri,
    id: String,
}

impl<'u> Upload<'u> {
    fn begin(bucket: &'u Bucket, uri: &'u Uri) -> Result<Self, Failure> {
        let request = bucket.client.create_multipart_upload().bucket(&uri.bucket).key(&uri.key);
        let answer = bucket.wait(request.checksum_algorithm(ChecksumAlgorithm::Crc32).send());
        let answer = answer.map_err(|error| failure::failed(uri, WRITES, &error))?;
        Ok(Self { bucket, uri, id: answer.upload_id().unwrap_or_default().to_string() })
    }

    /// Sends all parts, several at a time. The first failure ends it.
    fn send_parts(&self, content: &SpooledData, length: u64) -> Result<Vec<CompletedPart>, Failure> {
        let size = PART_BYTES.max(length.div_ceil(MOST_PARTS));
        let count = length.div_ceil(size);
        let (next, done) = (AtomicU64::new(0), Mutex::new(Ok(Vec::new())));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count || lock(&done).is_err() {
                            break;
                        }
                        let start = index * size;
                        let sent = self.send_part(content, index, start, size.min(length - start));
                        let mut done = lock(&done);
                        match (sent, done.as_mut()) {
                            (Ok(part), Ok(parts)) => parts.push(part),
                            (Err(failure), Ok(_)) => *done = Err(failure),
                            (_, Err(_)) => {}
                        }
                    }
                });
            }
        });
        let mut parts = std::mem::replace(&mut *lock(&done), Ok(Vec::new()))?;
        parts.sort_by_key(CompletedPart::part_number);
        Ok(parts)
    }

    fn send_part(&self, content: &SpooledData, index: u64, start: u64, length: u64) -> Result<CompletedPart, Failure> {
        let bytes = part(content, start, length).map_err(|error| Failure::user(format!("{}: {error}", self.uri)))?;
        let number = i32::try_from(index + 1).map_err(|error| Failure::algorithm(format!("part {index}: {error}")))?;
        let request = self.bucket.client.upload_part().bucket(&self.uri.bucket).key(&self.uri.key).upload_id(&self.id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32).body(bytes.into());
        let answer = self.bucket.wait(request.send()).map_err(|error| failure::failed(self.uri, WRITES, &error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag().map(str::to_string));
        Ok(part.set_checksum_crc32(answer.checksum_crc32().map(str::to_string)).build())
    }

    fn complete(&self, parts: Vec<CompletedPart>) -> Result<(), Failure> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.bucket.client.complete_multipart_upload().bucket(&self.uri.bucket).key(&self.uri.key);
        let answer = self.bucket.wait(request.upload_id(&self.id).multipart_upload(parts).send());
        answer.map(drop).map_err(|error| failure::failed(self.uri, WRITES, &error))
    }

    /// What cannot be taken back shows nowhere but in the bucket's list of unfinished uploads.
    fn abort(&self) {
        let request = self.bucket.client.abort_multipart_upload().bucket(&self.uri.bucket).key(&self.uri.key);
        let _ = self.bucket.wait(request.upload_id(&self.id).send());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
