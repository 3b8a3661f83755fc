//! A look at the page headers of a Parquet column before polars reads it, and at what its values unpack to.
//!
//! polars takes the counts and sizes in page headers on trust. A damaged count makes it ask for an absurd amount of memory, and a failed
//! request for memory ends the process without a message; so the headers (Thrift's compact protocol) are checked first.

use std::io::{self, Read, Seek, SeekFrom};

/// What the metadata say about one column of one row group.
pub(super) struct ChunkClaims {
    /// Where its first page begins.
    pub start: u64,
    /// The number of values, nulls counted.
    pub values: u64,
    /// The size after decompression.
    pub bytes: u64,
    /// Whether a client sent them. Then pages must not unpack to more than this size together, and values must not take over the
    /// beginning of the one before: every row of a long text would take no more bytes than a small number.
    pub of_client: bool,
}

/// What the page headers say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pages {
    /// The size after decompression.
    pub unpacked: u64,
    /// Whether values take over the beginning of the one before, so that they are longer than what stands in the pages.
    pub have_prefixes: bool,
}

/// `Encoding::DELTA_BYTE_ARRAY` of parquet.thrift.
const DELTA_BYTE_ARRAY: i64 = 7;

/// The numbers in a page header; those that are absent are 0.
#[derive(Debug, Default, PartialEq)]
struct PageHeader {
    unpacked: i64,
    packed: i64,
    /// Values of a data page.
    values: i64,
    /// Values of a dictionary page.
    entries: i64,
    /// Nulls, rows and level bytes of a version 2 page.
    others: [i64; 4],
    /// How the values of a data page are encoded.
    encoding: i64,
    is_data: bool,
}

/// Walks over the pages of a column; the inner error is what is wrong with them.
pub(super) fn check(file: &mut (impl Read + Seek), length: u64, claims: &ChunkClaims) -> io::Result<Result<Pages, &'static str>> {
    let (mut at, mut seen, mut pages) = (claims.start, 0, Pages::default());
    while seen < claims.values {
        let Some((page, header_bytes)) = read_header(file, at, length)? else {
            return Ok(Err("a page header cannot be read"));
        };
        let counts = [page.unpacked, page.packed, page.values, page.entries].into_iter().chain(page.others);
        if counts.min().unwrap_or(0) < 0 {
            return Ok(Err("a page header holds a negative count"));
        }
        let [unpacked, packed, values, entries] = [page.unpacked, page.packed, page.values, page.entries].map(i64::unsigned_abs);
        at += header_bytes + packed;
        seen += if page.is_data { values } else { 0 };
        pages.unpacked = pages.unpacked.saturating_add(unpacked);
        pages.have_prefixes |= page.encoding == DELTA_BYTE_ARRAY;
        let all = if claims.of_client { pages.unpacked } else { unpacked };
        if at > length {
            return Ok(Err("a page lies beyond the end of the file"));
        }
        let others_fit = page.others.iter().all(|&n| n.unsigned_abs() <= values.max(unpacked));
        if seen > claims.values || all > claims.bytes || entries > unpacked || !others_fit {
            return Ok(Err("a page header contradicts the file's metadata"));
        }
        if pages.have_prefixes && claims.of_client {
            return Ok(Err("it is encoded as DELTA_BYTE_ARRAY, which requests must not use; use PLAIN or a dictionary"));
        }
    }
    Ok(Ok(pages))
}

/// Reads the header at `at`, with its length; `None` if there is none.
fn read_header(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Option<(PageHeader, u64)>> {
    const LONGEST: u64 = 16 << 20;
    let mut size = 512;
    loop {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(size).read_to_end(&mut bytes)?;
        let mut input = Input { bytes: &bytes, at: 0 };
        if let Some(header) = input.page_header() {
            return Ok(Some((header, input.at as u64)));
        }
        if at.saturating_add(size) >= length || size >= LONGEST {
            return Ok(None);
        }
        size *= 8;
    }
}

/// Bytes in Thrift's compact protocol. Every method gives `None` where the bytes end or make no sense.
pub(super) struct Input<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

/// Types of the compact protocol.
mod kind {
    pub const TRUE: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const STRUCT: u8 = 12;
}

/// Structs in structs beyond this depth are damage.
const DEPTH: usize = 8;

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub fn integer(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn skip_bytes(&mut self, count: u64) -> Option<()> {
        let end = self.at.checked_add(usize::try_from(count).ok()?)?;
        self.at = (end <= self.bytes.len()).then_some(end)?;
        Some(())
    }

    /// Reads a struct: `field` gets number and type of every field, and says whether it has read it.
    fn fields(&mut self, depth: usize, field: &mut dyn FnMut(&mut Self, i64, u8) -> Option<bool>) -> Option<()> {
        let mut number = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            let (step, kind) = (head >> 4, head & 0x0f);
            number = if step == 0 { self.integer()? } else { number + i64::from(step) };
            if !field(self, number, kind)? {
                self.skip(kind, depth)?;
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            kind::TRUE | kind::FALSE => Some(()),
            kind::BYTE => self.skip_bytes(1),
            kind::I16..=kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.skip_bytes(8),
            kind::BINARY => {
                let count = self.varint()?;
                self.skip_bytes(count)
            }
            kind::LIST | kind::SET => self.skip_list(depth.checked_sub(1)?),
            kind::STRUCT => self.fields(depth.checked_sub(1)?, &mut |_, _, _| Some(false)),
            _ => None,
        }
    }

    fn skip_list(&mut self, depth: usize) -> Option<()> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        for _ in 0..count {
            match head & 0x0f {
                kind::TRUE | kind::FALSE => self.skip_bytes(1)?,
                kind => self.skip(kind, depth)?,
            }
        }
        Some(())
    }

    /// Reads the integers that `targets` name by field number, and skips everything else.
    fn integers(&mut self, depth: usize, targets: &mut [(i64, &mut i64)]) -> Option<()> {
        self.fields(depth, &mut |input, number, kind| {
            let target = targets.iter_mut().find(|(wanted, _)| *wanted == number && (kind::I16..=kind::I64).contains(&kind));
            let Some((_, target)) = target else { return Some(false) };
            **target = input.integer()?;
            Some(true)
        })
    }

    /// `PageHeader` of parquet.thrift.
    fn page_header(&mut self) -> Option<PageHeader> {
        let mut page = PageHeader::default();
        let PageHeader { unpacked, packed, values, entries, others, encoding, is_data } = &mut page;
        let [nulls, rows, definitions, repetitions] = others;
        self.fields(DEPTH, &mut |input, number, kind| {
            match (number, kind) {
                (2, kind::I16..=kind::I64) => *unpacked = input.integer()?,
                (3, kind::I16..=kind::I64) => *packed = input.integer()?,
                (5, kind::STRUCT) => {
                    *is_data = true;
                    input.integers(DEPTH, &mut [(1, values), (2, encoding)])?;
                }
                (7, kind::STRUCT) => input.integers(DEPTH, &mut [(1, entries)])?,
                (8, kind::STRUCT) => {
                    *is_data = true;
                    input.integers(
                        DEPTH,
                        &mut [(1, values), (2, nulls), (3, rows), (4, encoding), (5, definitions), (6, repetitions)],
                    )?;
                }
                _ => return Some(false),
            }
            Some(true)
        })?;
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_is_read_field_by_field() {
        // type 0, unpacked 100, packed 60, data page of 7 values with encodings and statistics (one binary field), end.
        let bytes = [0x15, 0, 0x15, 200, 1, 0x15, 120, 0x2c, 0x15, 14, 0x15, 0, 0x15, 6, 0x15, 6, 0x1c, 0x18, 2, 9, 9, 0, 0, 0, 77];
        let mut input = Input { bytes: &bytes, at: 0 };
        let expected = PageHeader { unpacked: 100, packed: 60, values: 7, is_data: true, ..PageHeader::default() };
        assert_eq!(input.page_header(), Some(expected));
        assert_eq!(input.at, bytes.len() - 1);
        for end in 0..bytes.len() - 1 {
            assert_eq!(Input { bytes: &bytes[..end], at: 0 }.page_header(), None);
        }
    }

    #[test]
    fn clients_must_not_send_values_that_take_over_others() {
        for (encoding, of_client, refused) in [(0, true, false), (14, false, false), (14, true, true)] {
            // As above, and a body of 60 bytes.
            let mut bytes = vec![0x15, 0, 0x15, 200, 1, 0x15, 120, 0x2c, 0x15, 14, 0x15, encoding, 0x15, 6, 0x15, 6, 0, 0];
            bytes.resize(bytes.len() + 60, 0);
            let claims = ChunkClaims { start: 0, values: 7, bytes: 100, of_client };
            let fault = check(&mut io::Cursor::new(&bytes), bytes.len() as u64, &claims).unwrap();
            let expected = Pages { unpacked: 100, have_prefixes: encoding == 14 };
            match refused {
                true => assert!(fault.unwrap_err().contains("DELTA_BYTE_ARRAY")),
                false => assert_eq!(fault, Ok(expected)),
            }
        }
    }

    #[test]
    fn pages_of_clients_must_not_unpack_to_more_than_the_metadata_say() {
        // Two pages of 7 values and 100 bytes each.
        let header = [0x15, 0, 0x15, 200, 1, 0x15, 120, 0x2c, 0x15, 14, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];
        let bytes = [&header[..], &[0; 60], &header, &[0; 60]].concat();
        for (size, of_client, fits) in [(200, true, true), (199, true, false), (199, false, true)] {
            let claims = ChunkClaims { start: 0, values: 14, bytes: size, of_client };
            let fault = check(&mut io::Cursor::new(&bytes), bytes.len() as u64, &claims).unwrap();
            assert_eq!(fault.is_ok(), fits, "{size} {of_client}: {fault:?}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut input = Input { bytes: &bytes, at: 0 };
            input.page_header();
            prop_assert!(input.at <= bytes.len());
        }
    }
}
