//! Where a row begins behind some place in the middle of a file.
//!
//! In CSV a line end may lie in quotes, and from the middle of a file nobody can tell. But a quote opens a cell only where a cell begins, so
//! that the states which are possible at some place soon become one: whatever the place was in, behind the end of the next cell in quotes
//! it is known. Where there are no quotes for long, the place is taken to be in none; whoever reads the rows before it finds out whether it
//! was (`division.rs`).

use super::recordio::{is_record_chain, is_recordio};
use super::row_end::{CellState, RowEnd};
use super::source::{DataFile, Opened};
use crate::{Error, Result};
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are looked at for a quote: at least, and at most.
const LEAST: u64 = 1 << 10;
const MOST: u64 = 64 << 10;

/// The first row that begins at or behind `at` in a file of `size` bytes whose first row begins at `first`. A blank line never ends in front
/// of it: whether blank lines are rows depends on what follows them.
pub(super) fn row_begin(file: &DataFile, ends: RowEnd, first: u64, at: u64, size: u64) -> Result<u64> {
    if at <= first {
        return Ok(first);
    }
    let mut opened = file.open()?;
    let found = match ends {
        RowEnd::Record => record_begin(&mut opened, first, at, size),
        RowEnd::Line => line_begin(&mut opened, Search::lines(), at, size),
        RowEnd::LineOutsideQuotes(delimiter) => line_begin(&mut opened, Search::outside_quotes(delimiter), at, size),
    };
    found.map_err(|error| Error::io(file, error))
}

/// Looks for the end of a row, byte by byte, under every state that the first byte may be in.
struct Search {
    states: Vec<CellState>,
    /// None where quotes mean nothing.
    delimiter: Option<u8>,
    /// Whether the present line has anything but blanks, as far as it was seen.
    has_content: bool,
    /// Where a row ends if the first byte is not in quotes.
    likely: Option<u64>,
}

impl Search {
    fn lines() -> Self {
        Self { states: vec![CellState::Plain], delimiter: None, has_content: false, likely: None }
    }

    fn outside_quotes(delimiter: u8) -> Self {
        // The first is the likely one.
        let states = vec![CellState::Plain, CellState::CellStart, CellState::Quoted, CellState::QuoteInQuotes];
        Self { states, delimiter: Some(delimiter), ..Self::lines() }
    }

    /// Whether a row ends with this byte, whatever the first one was in, and not with a blank line; `end` is the place behind the byte.
    fn ends_with(&mut self, byte: u8, end: u64) -> bool {
        self.has_content |= !byte.is_ascii_whitespace();
        let ends = |state: &CellState| byte == b'\n' && (self.delimiter.is_none() || *state != CellState::Quoted);
        let (likely, certain) = (ends(&self.states[0]), self.states.iter().all(ends));
        if let Some(delimiter) = self.delimiter {
            self.states.iter_mut().for_each(|state| *state = state.after(byte, delimiter));
        }
        if likely && self.has_content {
            self.likely.get_or_insert(end);
            if certain {
                return true;
            }
        }
        self.has_content &= byte != b'\n';
        false
    }
}

fn line_begin(opened: &mut Opened, mut search: Search, at: u64, size: u64) -> io::Result<u64> {
    // The byte before may end a row.
    let mut place = opened.seek(SeekFrom::Start(at - 1))?;
    let window = (size / 512).clamp(LEAST, MOST);
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        if opened.by_ref().take(window).read_to_end(&mut chunk)? == 0 {
            return Ok(search.likely.unwrap_or(size));
        }
        for &byte in &chunk {
            place += 1;
            if search.ends_with(byte, place) {
                return Ok(place);
            }
        }
        if let Some(likely) = search.likely {
            return Ok(likely);
        }
    }
}

fn record_begin(opened: &mut Opened, first: u64, at: u64, size: u64) -> io::Result<u64> {
    // Frames have multiples of four bytes.
    let mut place = first + (at - first).next_multiple_of(4);
    while place < size {
        let mut chunk = Vec::new();
        opened.seek(SeekFrom::Start(place))?;
        opened.by_ref().take(MOST).read_to_end(&mut chunk)?;
        for (word, bytes) in chunk.as_chunks::<4>().0.iter().enumerate() {
            let begin = place + 4 * word as u64;
            if is_recordio(bytes) && is_record_chain(opened, begin, size)? {
                return Ok(begin);
            }
        }
        place += MOST;
    }
    Ok(size)
}
