//! Arrays of numbers as they lie in memory, under a running checksum.

use bytemuck::{NoUninit, Pod, cast_slice, cast_slice_mut};
use rayon::prelude::*;
use sapwood_score::container::{CHECKSUM_BYTES, FileFormat, Writer};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Bytes that are written, or read by one thread, and summed at a time: they stay in the second-level cache meanwhile.
const BATCH: usize = 1 << 18;

const _: () = assert!(cfg!(target_endian = "little"), "files are little-endian");

/// Writes arrays as the payload of a file.
pub(super) struct ArrayWriter<'a>(Writer<'a>);

impl<'a> ArrayWriter<'a> {
    pub fn new(out: &'a mut dyn Write, format: &FileFormat, header: &[u8], payload_bytes: u64) -> io::Result<Self> {
        Writer::new(out, format, header, payload_bytes).map(Self)
    }

    pub fn write<T: NoUninit>(&mut self, numbers: &[T]) -> io::Result<()> {
        cast_slice::<T, u8>(numbers).chunks(BATCH).try_for_each(|batch| self.0.write(batch))
    }

    pub fn finish(self) -> io::Result<()> {
        self.0.finish()
    }
}

/// Reads arrays from the payload of a file.
pub(super) struct ArrayReader<'a> {
    file: &'a File,
    at: u64,
    /// Where the payload ends.
    end: u64,
    checksum: crc32fast::Hasher,
}

impl<'a> ArrayReader<'a> {
    /// A reader of `payload_bytes` that come after `read`, with which the file begins.
    pub fn new(file: &'a File, read: &[u8], payload_bytes: u64) -> Self {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(read);
        let at = read.len() as u64;
        Self { file, at, end: at + payload_bytes, checksum }
    }

    /// Reads so many numbers, if the file has them, on all threads.
    pub fn read<T: Pod + Send>(&mut self, count: usize) -> io::Result<Vec<T>> {
        let wanted = (count as u64).checked_mul(size_of::<T>() as u64).filter(|&bytes| bytes <= self.end - self.at);
        let wanted = wanted.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut numbers = vec![T::zeroed(); count];
        let read = |(index, batch): (usize, &mut [u8])| {
            self.file.read_exact_at(batch, self.at + (index * BATCH) as u64)?;
            let mut checksum = crc32fast::Hasher::new();
            checksum.update(batch);
            Ok(checksum)
        };
        let batches = cast_slice_mut::<T, u8>(&mut numbers).par_chunks_mut(BATCH).enumerate();
        let checksums = batches.map(read).collect::<io::Result<Vec<_>>>()?;
        checksums.iter().for_each(|checksum| self.checksum.combine(checksum));
        self.at += wanted;
        Ok(numbers)
    }

    /// Whether the checksum comes next and is that of everything before it.
    pub fn finish(self) -> io::Result<bool> {
        let mut checksum = [0; CHECKSUM_BYTES];
        self.file.read_exact_at(&mut checksum, self.at)?;
        Ok(self.at == self.end && u32::from_le_bytes(checksum) == self.checksum.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;
    use sapwood_score::container::{Limit, PREFIX_BYTES};

    /// An array of some batches and one of a few numbers.
    fn arrays() -> (Vec<u64>, Vec<u16>) {
        let long = 3 * BATCH as u64 / 8 + 5;
        ((0..long).map(mix).collect(), vec![1, 2, 3])
    }

    const FORMAT: FileFormat = FileFormat {
        what: "sample",
        magic: *b"SAMPLE\0\0",
        version: 1,
        other: "",
        damaged: "",
        header: Limit { bytes: 8, remedy: "" },
        payload: Limit { bytes: 1 << 30, remedy: "" },
    };

    /// What is read where these bytes are, if the checksum matches.
    fn read(bytes: &[u8]) -> io::Result<Option<(Vec<u64>, Vec<u16>)>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        let (long, short) = arrays();
        let mut reader = ArrayReader::new(&file, &bytes[..PREFIX_BYTES + 2], (8 * long.len() + 2 * short.len()) as u64);
        let read = (reader.read(long.len())?, reader.read(short.len())?);
        Ok(reader.finish()?.then_some(read))
    }

    #[test]
    fn arrays_of_many_batches_come_back_and_each_batch_counts_at_its_place() {
        let mut bytes = Vec::new();
        let (long, short) = arrays();
        let length = (8 * long.len() + 2 * short.len()) as u64;
        let mut writer = ArrayWriter::new(&mut bytes, &FORMAT, b"{}", length).unwrap();
        writer.write(&long).and_then(|()| writer.write(&short)).and_then(|()| writer.finish()).unwrap();
        assert_eq!(FORMAT.decode(&bytes).unwrap().1.len() as u64, length);
        assert!(read(&bytes).unwrap() == Some(arrays()));
        for batch in 0..4 {
            let mut damaged = bytes.clone();
            damaged[batch * BATCH + 30] ^= 16;
            assert!(read(&damaged).unwrap().is_none(), "batch {batch}");
        }
        let mut swapped = bytes.clone();
        let (first, second) = swapped[PREFIX_BYTES + 2..].split_at_mut(BATCH);
        first.swap_with_slice(&mut second[..BATCH]);
        assert!(read(&swapped).unwrap().is_none());
        for missing in [1, 4, 11] {
            assert_eq!(read(&bytes[..bytes.len() - missing]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
