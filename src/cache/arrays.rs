//! Arrays of numbers as they lie in memory, under a running checksum.

use bytemuck::{NoUninit, Pod, cast_slice, cast_slice_mut};
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Bytes that are written, or read by one thread, and summed at a time: they stay in the second-level cache meanwhile.
const BATCH: usize = 1 << 18;

const _: () = assert!(cfg!(target_endian = "little"), "files are little-endian");

/// Writes arrays.
pub(super) struct ArrayWriter<'a> {
    out: &'a mut dyn Write,
    checksum: crc32fast::Hasher,
}

impl<'a> ArrayWriter<'a> {
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, checksum: crc32fast::Hasher::new() }
    }

    pub fn write<T: NoUninit>(&mut self, numbers: &[T]) -> io::Result<()> {
        for batch in cast_slice::<T, u8>(numbers).chunks(BATCH) {
            self.checksum.update(batch);
            self.out.write_all(batch)?;
        }
        Ok(())
    }

    /// Writes the checksum of everything before it.
    pub fn finish(self) -> io::Result<()> {
        self.out.write_all(&self.checksum.finalize().to_le_bytes())
    }
}

/// Reads arrays from a file of known length.
pub(super) struct ArrayReader<'a> {
    file: &'a File,
    at: u64,
    length: u64,
    checksum: crc32fast::Hasher,
}

impl<'a> ArrayReader<'a> {
    pub fn new(file: &'a File, length: u64) -> Self {
        Self { file, at: 0, length, checksum: crc32fast::Hasher::new() }
    }

    /// Reads so many numbers, if the file has them, on all threads.
    pub fn read<T: Pod + Send>(&mut self, count: usize) -> io::Result<Vec<T>> {
        let wanted = (count as u64).checked_mul(size_of::<T>() as u64).filter(|&bytes| bytes <= self.length - self.at);
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

    /// Reads one number.
    pub fn one<T: Pod + Send>(&mut self) -> io::Result<T> {
        self.read(1)?.pop().ok_or(io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether the checksum comes next, is that of everything before it, and nothing comes after it.
    pub fn finish(mut self) -> io::Result<bool> {
        let expected = self.checksum.clone().finalize();
        Ok(self.length - self.at == 4 && self.one::<u32>()? == expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;
    use std::io::Seek;

    /// An array of some batches and one of a few numbers.
    fn arrays() -> (Vec<u64>, Vec<u16>) {
        let long = 3 * BATCH as u64 / 8 + 5;
        ((0..long).map(mix).collect(), vec![1, 2, 3])
    }

    /// What is read where these bytes are, if the checksum matches.
    fn read(bytes: &[u8]) -> io::Result<Option<(Vec<u64>, Vec<u16>)>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        file.rewind()?;
        let mut reader = ArrayReader::new(&file, bytes.len() as u64);
        let (long, short) = arrays();
        let read = (reader.read(long.len())?, reader.read(short.len())?);
        Ok(reader.finish()?.then_some(read))
    }

    #[test]
    fn arrays_of_many_batches_come_back_and_each_batch_counts_at_its_place() {
        let mut bytes = Vec::new();
        let mut writer = ArrayWriter::new(&mut bytes);
        let (long, short) = arrays();
        writer.write(&long).and_then(|()| writer.write(&short)).and_then(|()| writer.finish()).unwrap();
        let (body, checksum) = bytes.split_last_chunk().unwrap();
        assert_eq!(crc32fast::hash(body), u32::from_le_bytes(*checksum));
        assert!(read(&bytes).unwrap() == Some(arrays()));
        for batch in 0..4 {
            let mut damaged = bytes.clone();
            damaged[batch * BATCH + 7] ^= 16;
            assert!(read(&damaged).unwrap().is_none(), "batch {batch}");
        }
        let mut swapped = bytes.clone();
        let (first, second) = swapped.split_at_mut(BATCH);
        first.swap_with_slice(&mut second[..BATCH]);
        assert!(read(&swapped).unwrap().is_none());
        assert_eq!(read(&bytes[..bytes.len() - 11]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(read(&bytes[..bytes.len() - 1]).unwrap().is_none());
    }
}
