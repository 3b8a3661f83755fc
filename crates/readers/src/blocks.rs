//! Files as a stream of blocks that end at the end of a row, decompressed on the way, several at once. A row is a line of text, or a
//! RecordIO record.

use super::row_end::RowEnd;
use super::source::display;
use super::source::{DataFile, Head};
use super::unwrap::Unwrapped;
use crate::{Error, Result};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::io::{BufReader, Read};
use std::iter::Enumerate;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How the bytes of a file are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// What the first bytes of a file say.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::None => "file",
            Self::Gzip => "gzip file",
            Self::Zstd => "zstd file",
        }
    }
}

/// What is around the rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packing {
    pub compression: Compression,
    /// Whether the decompressed bytes are text in RecordIO frames.
    pub framed_text: bool,
}

/// A file's bytes after decompression; `bytes` are those of `path`.
fn decompressed(bytes: Box<dyn Read + Send>, path: &DataFile, compression: Compression) -> Result<Box<dyn Read + Send>> {
    let file = bytes;
    Ok(match compression {
        Compression::None => file,
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file))),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(file).map_err(|e| Error::io(path, e))?),
    })
}

/// The beginning of a file without what is around it.
pub(super) fn open(path: &DataFile, packing: Packing) -> Result<Box<dyn Read + Send>> {
    unpacked(Box::new(path.open()?), path, packing)
}

fn unpacked(bytes: Box<dyn Read + Send>, path: &DataFile, packing: Packing) -> Result<Box<dyn Read + Send>> {
    let bytes = decompressed(bytes, path, packing.compression)?;
    Ok(if packing.framed_text { Box::new(Unwrapped::new(BufReader::with_capacity(1 << 18, bytes))) } else { bytes })
}

/// The error of a stream that ends or breaks before its time.
pub(super) fn unreadable(path: &Path, packing: Packing, error: &std::io::Error) -> Error {
    let word = match packing {
        Packing { framed_text: true, .. } => "file of text in RecordIO frames",
        Packing { compression: Compression::None, .. } => return Error::io(path, error),
        Packing { compression, .. } => compression.word(),
    };
    let path = display(path);
    Error::data(format!("truncated or damaged {word}: {path}: {error}; write the file again"))
}

/// A file of rows and where they begin.
#[derive(Clone, Debug)]
pub(super) struct TextFile {
    pub path: DataFile,
    pub packing: Packing,
    /// Bytes in front of the first row: byte order mark and header.
    pub skip_bytes: usize,
    /// Line ends among them.
    pub skip_lines: u64,
    pub ends: RowEnd,
    /// What is read of it, where that is not all.
    pub part: Option<Part>,
    /// Its first bytes, as long as they are kept.
    pub head: Option<Head>,
}

/// A part of a file that is read, of one that is packed in nothing. Rows begin where it begins.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub bytes: Range<u64>,
    /// Line ends, or records, between the file's first row and the part.
    pub lines_before: u64,
    /// What was found out when the part was last read to its end.
    pub found: Arc<Mutex<PartEnd>>,
}

/// How a part ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartEnd {
    /// Where its last row ends: behind the part, if the next one does not begin with a row.
    pub end: u64,
    /// Line ends, or records, in it.
    pub lines: u64,
}

impl Part {
    pub fn new(bytes: Range<u64>, lines_before: u64) -> Self {
        Self { found: Arc::new(Mutex::new(PartEnd { end: bytes.end, lines: 0 })), bytes, lines_before }
    }
}

/// Whatever reads files in blocks.
pub(super) trait InFiles {
    /// The files, in order.
    fn files(&self) -> &[TextFile];

    /// The same, to say which parts of them are read.
    fn files_mut(&mut self) -> &mut [TextFile];
}

/// Whole rows of a file.
pub(super) struct TextBlock {
    pub bytes: Vec<u8>,
    /// The line, or the record, (from 1) with which the block begins.
    pub first_line: u64,
    /// Unpacked bytes in front of the block.
    pub offset: u64,
}

impl TextFile {
    /// Whether anything of it is read.
    pub fn is_read(&self) -> bool {
        self.part.as_ref().is_none_or(|part| !part.bytes.is_empty())
    }

    /// The file's blocks, of about `block_bytes` each.
    pub fn blocks(&self, block_bytes: usize) -> Result<Blocks<'_>> {
        let (first, carry) = (1 + self.skip_lines, Vec::new());
        let Some(part) = &self.part else {
            let mut reader = unpacked(self.path.stream(0..u64::MAX, self.head.as_ref())?, &self.path, self.packing)?;
            let skipped = std::io::copy(&mut reader.by_ref().take(self.skip_bytes as u64), &mut std::io::sink());
            let offset = skipped.map_err(|e| unreadable(&self.path, self.packing, &e))?;
            return Ok(Blocks { file: self, reader, block_bytes, carry, line: first, offset, done: false });
        };
        let (offset, end) = (part.bytes.start.max(self.skip_bytes as u64), part.bytes.end);
        let done = offset >= end;
        let reader = if done { Box::new(std::io::empty()) } else { self.path.stream(offset..end, self.head.as_ref())? };
        Ok(Blocks { file: self, reader, block_bytes, carry, line: first + part.lines_before, offset, done })
    }
}

/// The blocks of one file, in order.
pub(super) struct Blocks<'a> {
    file: &'a TextFile,
    reader: Box<dyn Read + Send>,
    block_bytes: usize,
    carry: Vec<u8>,
    line: u64,
    offset: u64,
    done: bool,
}

/// Bytes that are read at a time to complete a row.
const COMPLETED_BYTES: usize = 16 << 10;

impl Blocks<'_> {
    fn read(&mut self) -> Result<Option<TextBlock>> {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut wanted = self.block_bytes;
        loop {
            bytes.reserve(wanted.saturating_sub(bytes.len()));
            let missing = wanted.saturating_sub(bytes.len()) as u64;
            let read = self.reader.by_ref().take(missing).read_to_end(&mut bytes);
            let read = read.map_err(|e| unreadable(&self.file.path, self.file.packing, &e))?;
            if (read as u64) < missing {
                self.done = true;
                break;
            }
            if let Some(end) = self.file.ends.last(&bytes) {
                self.carry = bytes.split_off(end);
                break;
            }
            self.check_length(&bytes)?;
            wanted += self.block_bytes;
        }
        let part = self.file.part.as_ref().filter(|_| self.done);
        if let Some(part) = part {
            self.complete(&mut bytes, part.bytes.end)?;
        }
        let (first_line, offset) = (self.line, self.offset);
        self.line += self.file.ends.count(&bytes);
        self.offset += bytes.len() as u64;
        if let Some(part) = part {
            let lines = self.line - 1 - self.file.skip_lines - part.lines_before;
            *part.found.lock().unwrap_or_else(PoisonError::into_inner) = PartEnd { end: self.offset.max(part.bytes.end), lines };
        }
        Ok((!bytes.is_empty()).then_some(TextBlock { bytes, first_line, offset }))
    }

    /// Reads the last row of a part to its end, which may lie behind that of the part, at `end`.
    fn complete(&self, bytes: &mut Vec<u8>, end: u64) -> Result<()> {
        let in_part = end.saturating_sub(self.offset) as usize;
        for begin in (end..).step_by(COMPLETED_BYTES) {
            if let Some(row_end) = self.file.ends.first_from(bytes, in_part) {
                bytes.truncate(row_end);
                return Ok(());
            }
            self.check_length(bytes)?;
            let mut behind = self.file.path.stream(begin..begin + COMPLETED_BYTES as u64, None)?;
            if behind.read_to_end(bytes).map_err(|e| Error::io(&self.file.path, e))? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Refuses a row that takes all of `bytes` and does not end, if these are many.
    fn check_length(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() <= self.file.ends.longest() {
            return Ok(());
        }
        Err(Error::data(format!(
            "{} of more than {} MiB: {}:{}: {}",
            self.file.ends.word(),
            self.file.ends.longest() >> 20,
            display(&self.file.path),
            self.line,
            self.file.ends.too_long()
        )))
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<TextBlock>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let block = self.read();
        self.done |= block.is_err();
        block.transpose()
    }
}

/// Hands every block of every file to `visit`, as (file, position of the block in the file, block), several files and blocks at
/// once on the current thread pool; no thread holds more than one block of its own. Where several blocks fail, the error of the
/// first in file order is returned, whatever the timing.
///
/// Not by parallel iterators, one within the other: a thread that waited for the inner one would take up the next file meanwhile, and
/// thousands of files would lie on its stack.
pub(super) fn for_each_block(
    files: &[TextFile],
    block_bytes: usize,
    visit: &(dyn Fn(usize, usize, &TextBlock) -> Result<()> + Sync),
) -> Result<()> {
    let streams = Streams::new(files, block_bytes);
    let (next, threads) = (AtomicUsize::new(0), rayon::current_num_threads());
    let visit_one = |file| {
        let Some((index, block)) = streams.pull(file) else { return false };
        if let Err(error) = block.and_then(|block| visit(file, index, &block)) {
            streams.failure.record((file, index), error);
        }
        true
    };
    let work = |thread: usize| {
        // Files of one's own as long as there are any, then a hand with those of others.
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            if file >= files.len() {
                break;
            }
            while visit_one(file) {}
        }
        let first = thread * files.len() / threads;
        while (0..files.len()).filter(|at| visit_one((first + at) % files.len())).count() > 0 {}
    };
    rayon::scope(|scope| (0..threads).for_each(|thread| scope.spawn(move |_| work(thread))));
    streams.failure.into_result()
}

/// Files whose blocks are taken by whoever has time.
struct Streams<'a> {
    files: &'a [TextFile],
    block_bytes: usize,
    streams: Vec<Mutex<Stream<'a>>>,
    failure: FirstFailure,
}

enum Stream<'a> {
    Closed,
    Open(Enumerate<Blocks<'a>>),
    Ended,
}

impl<'a> Streams<'a> {
    fn new(files: &'a [TextFile], block_bytes: usize) -> Self {
        let streams = files.iter().map(|_| Mutex::new(Stream::Closed)).collect();
        Self { files, block_bytes, streams, failure: FirstFailure::default() }
    }

    /// The next block of a file and its position; none where there is no more, or where something failed before it.
    fn pull(&self, file: usize) -> Option<(usize, Result<TextBlock>)> {
        let mut stream = self.streams[file].lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*stream, Stream::Closed) && !self.failure.is_before((file, 0)) {
            match self.files[file].blocks(self.block_bytes) {
                Ok(blocks) => *stream = Stream::Open(blocks.enumerate()),
                Err(error) => {
                    *stream = Stream::Ended;
                    return Some((0, Err(error)));
                }
            }
        }
        let next = if let Stream::Open(blocks) = &mut *stream { blocks.next() } else { None };
        let next = next.filter(|(index, _)| !self.failure.is_before((file, *index)));
        if next.is_none() {
            *stream = Stream::Ended;
        }
        next
    }
}

/// Keeps the failure with the lowest position.
#[derive(Default)]
pub(super) struct FirstFailure(Mutex<Option<((usize, usize), Error)>>);

impl FirstFailure {
    /// Whether something failed before `position`.
    pub fn is_before(&self, position: (usize, usize)) -> bool {
        let failure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().is_some_and(|(first, _)| *first < position)
    }

    pub fn record(&self, position: (usize, usize), error: Error) {
        let mut failure = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| position < *first) {
            *failure = Some((position, error));
        }
    }

    pub fn into_result(self) -> Result<()> {
        let failure = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::row_end::{MAX_ROW, count, last_row_end};
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn text_file(bytes: &[u8]) -> (tempfile::NamedTempFile, TextFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let path = file.path().to_path_buf().into();
        let packing = Packing { compression: Compression::None, framed_text: false };
        (
            file,
            TextFile { path, packing, skip_bytes: 0, skip_lines: 0, ends: RowEnd::LineOutsideQuotes(b','), part: None, head: None },
        )
    }

    #[test]
    fn an_open_quote_is_an_error_and_not_a_file_in_memory() {
        let mut bytes = b"1,\"".to_vec();
        bytes.resize(MAX_ROW + (40 << 20), b'x');
        let (_keep, file) = text_file(&bytes);
        let error = file.blocks(16 << 20).unwrap().find_map(Result::err).unwrap().to_string();
        assert!(error.contains("a quote is opened and never closed") && error.contains(":1:"), "{error}");
    }

    proptest! {
        #[test]
        fn blocks_are_whole_rows_and_lose_nothing(
            rows in prop::collection::vec(prop_oneof!["[a-z,]{0,9}", Just("\"q\n\n,\"\"z\",1".to_string())], 0..40),
            block in 1usize..64,
        ) {
            let text = rows.iter().map(|r| format!("{r}\n")).collect::<String>();
            let (_keep, file) = text_file(text.as_bytes());
            let mut joined = Vec::new();
            for part in file.blocks(block).unwrap() {
                let part = part.unwrap();
                prop_assert_eq!(part.first_line, 1 + count(&joined, b'\n') as u64);
                prop_assert_eq!(last_row_end(&part.bytes, Some(b',')), Some(part.bytes.len()));
                joined.extend_from_slice(&part.bytes);
            }
            prop_assert_eq!(joined, text.into_bytes());
        }

        #[test]
        fn counting_counts(bytes in prop::collection::vec(0u8..3, 0..2000)) {
            prop_assert_eq!(count(&bytes, 1), bytes.iter().filter(|&&b| b == 1).count());
        }
    }
}
