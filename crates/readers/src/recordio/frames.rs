//! RecordIO frames: magic number, length, payload, padding to four bytes.
//!
//! The upper three bits of the length say whether the frame is a whole record. A writer that finds the magic number, aligned, inside a
//! record may cut the record there and leave the magic number out (MXNet does, so that readers can find a frame from anywhere; SageMaker
//! does not); a reader puts it back.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};

/// What every frame begins with.
pub(crate) const MAGIC: [u8; 4] = 0xCED7_230A_u32.to_le_bytes();

/// The longest payload that a length can tell.
pub(super) const LONGEST: usize = (1 << 29) - 1;

const HEADER: usize = 8;

/// Why bytes are no frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadFrame {
    pub what: &'static str,
    pub remedy: &'static str,
}

const NO_MAGIC: BadFrame = BadFrame {
    what: "not a RecordIO frame",
    remedy: "a frame begins with the magic number 0xCED7230A, and records without frames cannot be told apart; write each record in a frame",
};
const TRUNCATED: BadFrame = BadFrame { what: "truncated record", remedy: "the data end within it; write the file again" };
const BAD_PARTS: BadFrame =
    BadFrame { what: "parts of records in the wrong order", remedy: "the data are damaged; write the file again" };

/// One frame at the beginning of some bytes.
struct Frame {
    /// 0: a whole record; 1: the first part of one, 2: a middle part, 3: the last part.
    part: u32,
    payload_end: usize,
    end: usize,
}

/// The length of a payload that is a whole record, from the second word of a frame.
pub(crate) fn frame_length(word: [u8; 4]) -> Option<usize> {
    let word = u32::from_le_bytes(word) as usize;
    (word <= LONGEST).then_some(word)
}

/// The frame that `bytes` begin with; `None` if they end before it does.
fn frame(bytes: &[u8]) -> Result<Option<Frame>, BadFrame> {
    let magic = bytes.len().min(MAGIC.len());
    if bytes[..magic] != MAGIC[..magic] {
        return Err(NO_MAGIC);
    }
    let Some(&[a, b, c, d]) = bytes.get(4..HEADER) else { return Ok(None) };
    let word = u32::from_le_bytes([a, b, c, d]);
    let payload_end = HEADER + (word as usize & LONGEST);
    let end = payload_end.next_multiple_of(4);
    Ok((end <= bytes.len()).then_some(Frame { part: word >> 29, payload_end, end }))
}

/// A record and where it ends.
struct Whole<'a> {
    payload: Cow<'a, [u8]>,
    end: usize,
}

/// The record that `bytes` begin with, its parts joined; `None` if they end before it does.
fn record(bytes: &[u8]) -> Result<Option<Whole<'_>>, BadFrame> {
    let Some(first) = frame(bytes)? else { return Ok(None) };
    let payload = &bytes[HEADER..first.payload_end];
    match first.part {
        0 => return Ok(Some(Whole { payload: Cow::Borrowed(payload), end: first.end })),
        1 => {}
        _ => return Err(BAD_PARTS),
    }
    let mut joined = payload.to_vec();
    let mut at = first.end;
    loop {
        let Some(next) = frame(&bytes[at..])? else { return Ok(None) };
        if next.part != 2 && next.part != 3 {
            return Err(BAD_PARTS);
        }
        joined.extend_from_slice(&MAGIC);
        joined.extend_from_slice(&bytes[at + HEADER..at + next.payload_end]);
        at += next.end;
        if next.part == 3 {
            return Ok(Some(Whole { payload: Cow::Owned(joined), end: at }));
        }
    }
}

/// The records of some bytes, each with the position of its first frame. After a fault there is nothing more.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Frames<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (usize, Result<Cow<'a, [u8]>, BadFrame>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return None;
        }
        let at = self.at;
        Some(match record(rest).and_then(|whole| whole.ok_or(TRUNCATED)) {
            Ok(whole) => {
                self.at += whole.end;
                (at, Ok(whole.payload))
            }
            Err(fault) => {
                self.at = self.bytes.len();
                (at, Err(fault))
            }
        })
    }
}

/// The end of the last whole record. Where something is wrong, all bytes belong together, so that whoever reads them finds the fault.
pub(crate) fn last_record_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match record(&bytes[at..]) {
            Ok(Some(whole)) => at += whole.end,
            Ok(None) => return (at > 0).then_some(at),
            Err(_) => return Some(bytes.len()),
        }
    }
}

/// The end of the first record at `at` or behind it. Where something is wrong, all bytes belong together.
pub(crate) fn record_end_from(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = 0;
    while end < at {
        match record(&bytes[end..]) {
            Ok(Some(whole)) => end += whole.end,
            Ok(None) => return None,
            Err(_) => return Some(bytes.len()),
        }
    }
    Some(end)
}

/// Frames that follow each other before the first of them is taken for one: what looks like a frame may be a part of a record.
const CHAIN: usize = 4;

/// Whether a record begins at `begin` in a file of `size` bytes, as far as the next few frames tell.
pub(crate) fn is_record_chain(file: &mut (impl Read + Seek), begin: u64, size: u64) -> io::Result<bool> {
    let mut at = begin;
    for number in 0..CHAIN {
        if number > 0 && at == size {
            return Ok(true);
        }
        let mut header = [0; HEADER];
        file.seek(SeekFrom::Start(at))?;
        match file.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        let word = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        if header[..4] != MAGIC || (number == 0 && word >> 29 > 1) {
            return Ok(false);
        }
        at += (HEADER + (word as usize & LONGEST)).next_multiple_of(4) as u64;
    }
    Ok(at <= size)
}

/// The number of records.
pub(crate) fn count_records(bytes: &[u8]) -> usize {
    Frames::new(bytes).count()
}

/// Appends a payload, which is at most [`LONGEST`], as one frame.
pub(super) fn push_frame(payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(payload);
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(kind: u32, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push_frame(payload, &mut out);
        out[4..8].copy_from_slice(&(kind << 29 | payload.len() as u32).to_le_bytes());
        out
    }

    fn read(bytes: &[u8]) -> Vec<(usize, Result<Vec<u8>, &'static str>)> {
        Frames::new(bytes).map(|(at, payload)| (at, payload.map(Cow::into_owned).map_err(|fault| fault.what))).collect()
    }

    #[test]
    fn parts_are_joined_with_the_magic_number_that_was_left_out() {
        let bytes = [part(0, b"abc"), part(1, b"1234"), part(2, b""), part(3, b"56789"), part(0, b"")].concat();
        let joined = [b"1234", &MAGIC[..], &MAGIC, b"56789"].concat();
        assert_eq!(read(&bytes), [(0, Ok(b"abc".to_vec())), (12, Ok(joined)), (48, Ok(Vec::new()))]);
        assert_eq!(last_record_end(&bytes[..47]), Some(12));
        assert_eq!(last_record_end(&bytes[12..47]), None);
    }

    #[test]
    fn faults_say_where_they_are() {
        let good = part(0, b"abcd");
        for (bad, what) in [
            (part(2, b"x"), BAD_PARTS.what),
            (part(4, b"x"), BAD_PARTS.what),
            ([part(1, b"x"), part(0, b"x")].concat(), BAD_PARTS.what),
            (part(1, b"x"), TRUNCATED.what),
            (MAGIC[..3].to_vec(), TRUNCATED.what),
            (part(0, b"abcdefgh")[..11].to_vec(), TRUNCATED.what),
            (part(0, b"abcde")[..13].to_vec(), TRUNCATED.what),
            ([&MAGIC[..], &[0xff, 0xff, 0xff, 0x1f]].concat(), TRUNCATED.what),
            (b"no".to_vec(), NO_MAGIC.what),
        ] {
            let bytes = [good.clone(), bad].concat();
            assert_eq!(read(&bytes), [(0, Ok(b"abcd".to_vec())), (12, Err(what))]);
        }
    }

    proptest! {
        #[test]
        fn frames_come_back(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut bytes = Vec::new();
            payloads.iter().for_each(|payload| push_frame(payload, &mut bytes));
            prop_assert_eq!(count_records(&bytes), payloads.len());
            let found: Vec<_> = read(&bytes).into_iter().map(|(_, payload)| payload.unwrap()).collect();
            prop_assert_eq!(found, payloads);
        }

        #[test]
        fn no_bytes_make_it_panic(tail in prop::collection::vec(any::<u8>(), 0..64)) {
            let bytes = [&MAGIC[..], &tail].concat();
            let _ = (read(&bytes), last_record_end(&bytes), read(&tail));
        }
    }
}
