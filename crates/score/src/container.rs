//! The container of every binary file of Sapwood's own (model, checkpoint, cached bins): magic, version, lengths, a JSON header, a
//! payload, and a CRC-32 of all that. `docs/MODEL_FORMAT.md` writes the layout down.
//!
//! Nothing in a file is believed before the checksum has matched, and no length is used for an allocation before it has been
//! compared with the number of bytes at hand.

use crate::Error;
use std::io::{self, Write};

/// Magic (8 bytes), version (u32), header length (u32), payload length (u64).
pub const PREFIX_BYTES: usize = 24;
/// The CRC-32 at the end.
pub const CHECKSUM_BYTES: usize = 4;
const LEAST_BYTES: u64 = (PREFIX_BYTES + CHECKSUM_BYTES) as u64;

/// One kind of file.
#[derive(Debug)]
pub struct FileFormat {
    /// What it is called in messages: `model`, say.
    pub what: &'static str,
    /// How every file of the kind begins.
    pub magic: [u8; 8],
    /// The version that is written, and the only one that is read.
    pub version: u32,
    /// What to do with a file of another kind, if anything.
    pub other: &'static str,
    /// What to do with a damaged file, if anything.
    pub damaged: &'static str,
    /// The limit of the header, at most what a u32 holds.
    pub header: Limit,
    /// The limit of the payload.
    pub payload: Limit,
}

/// How long a part may be.
#[derive(Debug)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// What makes the part smaller.
    pub remedy: &'static str,
}

/// The lengths of a file's parts, both within their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The header's, bytes.
    pub header: u64,
    /// The payload's, bytes.
    pub payload: u64,
}

impl Lengths {
    /// The length of the whole file.
    pub fn file(self) -> u64 {
        LEAST_BYTES + self.header + self.payload
    }
}

impl FileFormat {
    /// Reads magic, version and lengths from the first bytes of a file.
    ///
    /// # Errors
    /// Another kind of file, another version, fewer than [`PREFIX_BYTES`] bytes, or a length beyond its limit.
    pub fn lengths(&self, bytes: &[u8]) -> Result<Lengths, Error> {
        let what = self.what;
        let magic = &bytes[..bytes.len().min(self.magic.len())];
        if !self.magic.starts_with(magic) || bytes.is_empty() {
            return Err(Error::WrongMagic { what, remedy: self.other });
        }
        let mut rest = Fields(&bytes[magic.len()..]);
        let (Some(version), Some(header), Some(payload)) = (rest.u32(), rest.u32(), rest.u64()) else {
            return Err(Error::TooShort { what, actual: bytes.len() as u64, least: LEAST_BYTES, remedy: self.damaged });
        };
        if version != self.version {
            return Err(Error::UnsupportedVersion { what, found: version, supported: self.version });
        }
        let lengths = Lengths { header: header.into(), payload };
        for (part, found, limit) in [("a header", lengths.header, &self.header), ("a payload", payload, &self.payload)] {
            if found > limit.bytes {
                return Err(Error::TooLarge { what, part, found, cap: limit.bytes, remedy: self.damaged });
            }
        }
        Ok(lengths)
    }

    fn prefix(&self, header: u64, payload: u64) -> Result<[u8; PREFIX_BYTES], Error> {
        for (part, found, limit) in [("header", header, &self.header), ("payload", payload, &self.payload)] {
            if found > limit.bytes {
                return Err(Error::CapExceeded { what: self.what, part, found, cap: limit.bytes, remedy: limit.remedy });
            }
        }
        let mut bytes = [0; PREFIX_BYTES];
        bytes[..8].copy_from_slice(&self.magic);
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        bytes[12..16].copy_from_slice(&(header as u32).to_le_bytes());
        bytes[16..].copy_from_slice(&payload.to_le_bytes());
        Ok(bytes)
    }

    /// A whole file of these parts.
    ///
    /// # Errors
    /// A part beyond its limit.
    pub fn encode(&self, header: &[u8], payload: &[u8]) -> Result<Vec<u8>, Error> {
        let prefix = self.prefix(header.len() as u64, payload.len() as u64)?;
        let mut bytes = [&prefix[..], header, payload].concat();
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// The error about a file of another length than its prefix states.
    pub fn wrong_length(&self, expected: u64, actual: u64) -> Error {
        Error::WrongLength { what: self.what, expected, actual, remedy: self.damaged }
    }

    /// Header and payload of a whole file.
    ///
    /// # Errors
    /// What [`FileFormat::lengths`] refuses, another length than the file states, or a wrong checksum.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Error> {
        let lengths = self.lengths(bytes)?;
        let (expected, actual) = (lengths.file(), bytes.len() as u64);
        let Some((body, checksum)) = bytes.split_last_chunk().filter(|_| actual == expected) else {
            return Err(self.wrong_length(expected, actual));
        };
        let what = self.what;
        let (expected, found) = (u32::from_le_bytes(*checksum), crc32fast::hash(body));
        if expected != found {
            return Err(Error::Checksum { what, expected, found, remedy: self.damaged });
        }
        Ok(body[PREFIX_BYTES..].split_at(lengths.header as usize))
    }
}

/// Writes a file whose payload is too large to be held, piece by piece.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
    checksum: crc32fast::Hasher,
    /// Bytes of the payload that are still to come.
    left: u64,
}

impl<'a> Writer<'a> {
    /// Begins a file with its prefix and header.
    ///
    /// # Errors
    /// A part beyond its limit, or `out` cannot be written.
    pub fn new(out: &'a mut dyn Write, format: &FileFormat, header: &[u8], payload_bytes: u64) -> io::Result<Self> {
        let prefix = format.prefix(header.len() as u64, payload_bytes).map_err(io::Error::other)?;
        let mut writer = Self { out, checksum: crc32fast::Hasher::new(), left: (prefix.len() + header.len()) as u64 };
        writer.write(&prefix)?;
        writer.write(header)?;
        writer.left = payload_bytes;
        Ok(writer)
    }

    /// Writes the next bytes of the payload.
    ///
    /// # Errors
    /// More bytes than were announced, or `out` cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| io::Error::other("the payload is longer than announced"))?;
        self.checksum.update(bytes);
        self.out.write_all(bytes)
    }

    /// Writes the checksum of everything before it.
    ///
    /// # Errors
    /// Fewer bytes than were announced, or `out` cannot be written.
    pub fn finish(self) -> io::Result<()> {
        if self.left > 0 {
            return Err(io::Error::other("the payload is shorter than announced"));
        }
        self.out.write_all(&self.checksum.finalize().to_le_bytes())
    }
}

/// Takes little-endian numbers from the front of a slice.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (front, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*front)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: FileFormat = FileFormat {
        what: "sample",
        magic: *b"SAMPLE\0\0",
        version: 3,
        other: "look elsewhere",
        damaged: "make it again",
        header: Limit { bytes: 8, remedy: "say less" },
        payload: Limit { bytes: 1 << 20, remedy: "hold less" },
    };

    #[test]
    fn what_is_encoded_is_decoded() {
        for (header, payload) in [(&b"{}"[..], &b"payload"[..]), (b"", b""), (b"{\"a\":1}", &[7; 100_000])] {
            let bytes = FORMAT.encode(header, payload).unwrap();
            assert_eq!(FORMAT.decode(&bytes).unwrap(), (header, payload));
            assert_eq!(FORMAT.lengths(&bytes[..PREFIX_BYTES]).unwrap().file(), bytes.len() as u64);
        }
    }

    #[test]
    fn a_file_written_piece_by_piece_is_the_same() {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, &FORMAT, b"{}", 7).unwrap();
        writer.write(b"pay").and_then(|()| writer.write(b"load")).unwrap();
        writer.finish().unwrap();
        assert_eq!(bytes, FORMAT.encode(b"{}", b"payload").unwrap());
    }

    #[test]
    fn a_payload_of_another_length_than_announced_is_an_error() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, &FORMAT, b"{}", 3).unwrap();
        assert!(writer.write(b"four").unwrap_err().to_string().contains("longer"));
        let mut out = Vec::new();
        assert!(Writer::new(&mut out, &FORMAT, b"{}", 3).unwrap().finish().unwrap_err().to_string().contains("shorter"));
    }

    #[test]
    fn parts_beyond_their_limit_are_neither_written_nor_read() {
        let error = FORMAT.encode(b"123456789", b"").unwrap_err();
        assert!(matches!(error, Error::CapExceeded { part: "header", found: 9, cap: 8, .. }), "{error}");
        assert!(error.to_string().ends_with("say less"), "{error}");
        let mut bytes = FORMAT.encode(b"", b"").unwrap();
        bytes[12] = 9;
        assert!(matches!(FORMAT.decode(&bytes), Err(Error::TooLarge { part: "a header", found: 9, cap: 8, .. })));
    }

    #[test]
    fn any_damage_is_an_error() {
        let bytes = FORMAT.encode(b"{}", b"payload").unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                assert!(FORMAT.decode(&damaged).is_err(), "byte {at}, bit {bit}");
            }
            assert!(FORMAT.decode(&bytes[..at]).is_err(), "cut off at {at}");
        }
        let appended = FORMAT.decode(&[&bytes[..], b"tail"].concat()).unwrap_err().to_string();
        assert_eq!(
            appended,
            "sample file goes on after the 37 bytes that its prefix states: something was appended to it; make it again"
        );
        let cut = FORMAT.decode(&bytes[..30]).unwrap_err().to_string();
        assert_eq!(cut, "sample file is 30 bytes long, its prefix states 37: it is incomplete; make it again");
        assert!(FORMAT.decode(b"other").unwrap_err().to_string().ends_with("magic bytes; look elsewhere"));
    }
}
