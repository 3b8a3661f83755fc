//! Writing: an object appears when all of its bytes have come, or not at all.

use super::failure;
use super::store::Bucket;
use super::uri::Uri;
use crate::report::Failure;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::NamedTempFile;

/// Objects up to this size are written by one request.
const PART_BYTES: u64 = 16 << 20;
/// S3's limit.
const MOST_PARTS: u64 = 10_000;
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
/// What `fill` returns, no space for a temporary file, or anything that keeps the object from being written.
pub fn write(uri: &Uri, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let failed = |error: &io::Error| {
        Failure::user(format!(
            "{uri}: cannot be put together in {}: {error}; give TMPDIR another directory",
            std::env::temp_dir().display()
        ))
    };
    let mut file = NamedTempFile::new().map_err(|error| failed(&error))?;
    let mut writer = BufWriter::new(file.as_file_mut());
    fill(&mut writer).and_then(|()| writer.flush()).map_err(|error| failed(&error))?;
    drop(writer);
    let length = file.as_file().metadata().map_err(|error| failed(&error))?.len();
    Bucket::of(uri).and_then(|bucket| send(&bucket, uri, file.as_file(), length)).map_err(|failure| match file.keep() {
        Ok((_, path)) => Failure::user(format!("{}; what was to be written is kept in {}", failure.message(), path.display())),
        Err(_) => failure,
    })
}

fn send(bucket: &Bucket, uri: &Uri, file: &File, length: u64) -> Result<(), Failure> {
    if length <= PART_BYTES {
        let bytes = part(file, 0, length).map_err(|error| Failure::user(format!("{uri}: {error}")))?;
        let request = bucket.client.put_object().bucket(&uri.bucket).key(&uri.key).body(bytes.into());
        return bucket.wait(request.send()).map(drop).map_err(|error| failure::failed(uri, "s3:PutObject", &error));
    }
    let upload = Upload::begin(bucket, uri)?;
    let sent = upload.send_parts(file, length).and_then(|parts| upload.complete(parts));
    if sent.is_err() {
        upload.abort();
    }
    sent
}

fn part(file: &File, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, start)?;
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
        let answer = answer.map_err(|error| failure::failed(uri, "s3:PutObject", &error))?;
        Ok(Self { bucket, uri, id: answer.upload_id().unwrap_or_default().to_string() })
    }

    /// Sends all parts, several at a time. The first failure ends it.
    fn send_parts(&self, file: &File, length: u64) -> Result<Vec<CompletedPart>, Failure> {
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
                        let sent = self.send_part(file, index, start, size.min(length - start));
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

    fn send_part(&self, file: &File, index: u64, start: u64, length: u64) -> Result<CompletedPart, Failure> {
        let bytes = part(file, start, length).map_err(|error| Failure::user(format!("{}: {error}", self.uri)))?;
        let number = i32::try_from(index + 1).map_err(|error| Failure::algorithm(format!("part {index}: {error}")))?;
        let request = self.bucket.client.upload_part().bucket(&self.uri.bucket).key(&self.uri.key).upload_id(&self.id);
        let request = request.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32).body(bytes.into());
        let answer = self.bucket.wait(request.send()).map_err(|error| failure::failed(self.uri, "s3:PutObject", &error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag().map(str::to_string));
        Ok(part.set_checksum_crc32(answer.checksum_crc32().map(str::to_string)).build())
    }

    fn complete(&self, parts: Vec<CompletedPart>) -> Result<(), Failure> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.bucket.client.complete_multipart_upload().bucket(&self.uri.bucket).key(&self.uri.key);
        let answer = self.bucket.wait(request.upload_id(&self.id).multipart_upload(parts).send());
        answer.map(drop).map_err(|error| failure::failed(self.uri, "s3:PutObject", &error))
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
