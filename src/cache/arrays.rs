//! Arrays of numbers as they lie in memory, under a running checksum.

use bytemuck::{NoUninit, Pod, cast_slice, cast_slice_mut};
use std::io::{self, Read, Write};

/// Bytes that are read and summed at a time.
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
pub(super) struct ArrayReader<R> {
    input: R,
    /// Bytes that are left.
    left: u64,
    checksum: crc32fast::Hasher,
}

impl<R: Read> ArrayReader<R> {
    pub fn new(input: R, length: u64) -> Self {
        Self { input, left: length, checksum: crc32fast::Hasher::new() }
    }

    /// Reads so many numbers, if the file has them.
    pub fn read<T: Pod>(&mut self, count: usize) -> io::Result<Vec<T>> {
        let wanted = (count as u64).checked_mul(size_of::<T>() as u64).filter(|&bytes| bytes <= self.left);
        self.left -= wanted.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut numbers = vec![T::zeroed(); count];
        for batch in cast_slice_mut::<T, u8>(&mut numbers).chunks_mut(BATCH) {
            self.input.read_exact(batch)?;
            self.checksum.update(batch);
        }
        Ok(numbers)
    }

    /// Reads one number.
    pub fn one<T: Pod>(&mut self) -> io::Result<T> {
        self.read(1)?.pop().ok_or(io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether the checksum comes next, is that of everything before it, and nothing comes after it.
    pub fn finish(mut self) -> io::Result<bool> {
        let expected = self.checksum.clone().finalize();
        Ok(self.left == 4 && self.one::<u32>()? == expected)
    }
}
