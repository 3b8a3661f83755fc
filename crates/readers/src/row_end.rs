//! Where rows end: at the ends of lines, but not inside quotes, or at the ends of RecordIO records.

use super::recordio::{count_records, last_record_end, record_end_from};

/// A row longer than this is taken for a quote that nobody closed.
pub(super) const MAX_ROW: usize = 64 << 20;

/// What ends a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowEnd {
    /// A line end.
    Line,
    /// A line end outside quotes; the delimiter says where cells, and so quotes, begin.
    LineOutsideQuotes(u8),
    /// The end of a RecordIO record.
    Record,
}

impl RowEnd {
    /// The end of the last complete row that is not blank: whether blank lines are rows depends on what follows them.
    pub fn last(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Line => last_row_end(bytes, None).and_then(|end| without_blank_lines(&bytes[..end])),
            Self::LineOutsideQuotes(delimiter) => {
                last_row_end(bytes, Some(delimiter)).and_then(|end| without_blank_lines(&bytes[..end]))
            }
            Self::Record => last_record_end(bytes),
        }
    }

    /// The end of the first row at `at` or behind it, of bytes that begin with a row. As [`RowEnd::last`], it is not that of a blank one.
    pub fn first_from(self, bytes: &[u8], at: usize) -> Option<usize> {
        let lines = |delimiter| {
            let mut begin = 0;
            row_ends(bytes, delimiter).find(|&end| {
                let line = bytes[std::mem::replace(&mut begin, end)..end].trim_ascii_end();
                end >= at && !line.is_empty()
            })
        };
        match self {
            _ if at == 0 => Some(0),
            Self::Line => line_end_from(bytes, at),
            Self::LineOutsideQuotes(_) if !bytes.contains(&b'"') => line_end_from(bytes, at),
            Self::LineOutsideQuotes(delimiter) => lines(delimiter),
            Self::Record => record_end_from(bytes, at),
        }
    }

    /// Where the rows end of bytes that begin with a row.
    pub fn ends(self, bytes: &[u8]) -> Vec<usize> {
        match self {
            Self::Line => bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect(),
            Self::LineOutsideQuotes(delimiter) => row_ends(bytes, delimiter).collect(),
            Self::Record => Vec::new(),
        }
    }

    /// How many lines or records there are.
    pub fn count(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Line | Self::LineOutsideQuotes(_) => count(bytes, b'\n') as u64,
            Self::Record => count_records(bytes) as u64,
        }
    }

    /// A row that is longer is none: a quote that nobody closed, a length that is no length.
    pub fn longest(self) -> usize {
        match self {
            Self::Line | Self::LineOutsideQuotes(_) => MAX_ROW,
            // As many features as there may be, in double precision, and room for keys.
            Self::Record => 5 * MAX_ROW,
        }
    }

    /// What a row is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line | Self::LineOutsideQuotes(_) => "a row",
            Self::Record => "a record",
        }
    }

    /// What may be wrong with a row that is longer.
    pub fn too_long(self) -> &'static str {
        match self {
            Self::Line => "write one row a line",
            Self::LineOutsideQuotes(_) => "a quote is opened and never closed, or this is not a text file",
            Self::Record => "its length is damaged, or this is not a recordio file",
        }
    }
}

/// How often `byte` occurs.
pub(super) fn count(bytes: &[u8], byte: u8) -> usize {
    // Short runs let the compiler keep the counters in bytes, many to a register.
    bytes.chunks(192).map(|run| run.iter().map(|&b| u8::from(b == byte)).sum::<u8>() as usize).sum()
}

/// The end of the last complete row; with `quoting`, a line end inside quotes ends no row.
pub(super) fn last_row_end(bytes: &[u8], quoting: Option<u8>) -> Option<usize> {
    match quoting {
        Some(delimiter) if bytes.contains(&b'"') => row_ends(bytes, delimiter).last(),
        _ => bytes.iter().rposition(|&b| b == b'\n').map(|at| at + 1),
    }
}

/// How many rows text holds, found without reading cells: whoever reads it must come to the same number. Blank lines are rows where there
/// is `one_column`, up to the last row that is not blank.
pub(super) fn count_rows(bytes: &[u8], delimiter: u8, one_column: bool) -> usize {
    let (mut rows, mut blank, mut begin) = (0, 0, 0);
    let ends = row_ends(bytes, delimiter).chain((!bytes.ends_with(b"\n")).then_some(bytes.len()));
    for end in ends {
        let row = &bytes[std::mem::replace(&mut begin, end)..end];
        if row.iter().all(|&byte| byte.is_ascii_whitespace() && byte != delimiter) {
            blank += usize::from(one_column);
        } else {
            rows += 1 + std::mem::take(&mut blank);
        }
    }
    rows
}

/// The end of the first line at `at` or behind it that is not blank.
fn line_end_from(bytes: &[u8], at: usize) -> Option<usize> {
    let mut begin = bytes[..at.saturating_sub(1)].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    loop {
        let end = begin + bytes[begin..].iter().position(|&byte| byte == b'\n')? + 1;
        if end >= at && !bytes[begin..end].trim_ascii().is_empty() {
            return Some(end);
        }
        begin = end;
    }
}

/// The end of the last line that is not blank.
fn without_blank_lines(lines: &[u8]) -> Option<usize> {
    let last = lines.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    lines[last..].iter().position(|&byte| byte == b'\n').map(|end| last + end + 1)
}

/// What a byte of CSV text follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellState {
    /// The end of a cell, so that a quote opens the next one.
    CellStart,
    /// Something outside quotes.
    Plain,
    /// An open quote.
    Quoted,
    /// A quote that closes the open one, unless another one follows.
    QuoteInQuotes,
}

impl CellState {
    /// What the byte behind `byte` follows. A quote counts only where a cell begins (RFC 4180).
    pub fn after(self, byte: u8, delimiter: u8) -> Self {
        match byte {
            b'"' if matches!(self, Self::CellStart | Self::QuoteInQuotes) => Self::Quoted,
            b'"' if self == Self::Quoted => Self::QuoteInQuotes,
            _ if self == Self::Quoted => Self::Quoted,
            _ if byte == b'\n' || byte == delimiter => Self::CellStart,
            _ => Self::Plain,
        }
    }
}

/// The positions behind the line ends that end rows.
pub(super) fn row_ends(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = usize> + '_ {
    let mut at = CellState::CellStart;
    bytes.iter().enumerate().filter_map(move |(i, &byte)| {
        at = at.after(byte, delimiter);
        (byte == b'\n' && at == CellState::CellStart).then_some(i + 1)
    })
}

/// A quote at the beginning of a cell, which it should end with a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenQuote {
    pub at: usize,
    /// The cell of its row, from 0.
    pub column: usize,
    /// Whether a quote further down closes it, in the middle of another cell.
    pub is_closed: bool,
}

/// The first quote that nobody closes in its cell: it takes what follows for the cell's text, up to the next quote or the end.
pub(super) fn open_quote(bytes: &[u8], delimiter: u8) -> Option<OpenQuote> {
    let (mut at, mut column, mut cell_begins) = (0, 0, true);
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' && cell_begins {
            let Some(end) = closing_quote(bytes, at) else { return Some(OpenQuote { at, column, is_closed: false }) };
            let ends_cell = bytes.get(end).is_none_or(|&next| next == delimiter || next.is_ascii_whitespace());
            if !ends_cell && bytes[at..end].contains(&b'\n') {
                return Some(OpenQuote { at, column, is_closed: true });
            }
            (at, cell_begins) = (end, false);
            continue;
        }
        cell_begins = byte == delimiter || byte == b'\n';
        column = if byte == b'\n' { 0 } else { column + usize::from(byte == delimiter) };
        at += 1;
    }
    None
}

/// The position behind the quote that closes the one at `begin`; two quotes are one of the text.
fn closing_quote(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == b'"')? + 1;
        match bytes.get(at) {
            Some(b'"') => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_nobody_closes_are_found() {
        let found = |text: &str| open_quote(text.as_bytes(), b',').map(|quote| (quote.at, quote.column, quote.is_closed));
        for text in ["1,\"a\"\n\"b\nc\",2\n", "no\"quote,3\n", "\"a\"\"b\",1\n", "\"a\"b,1\n", "\"\"\n", "", "\"a\nb\"\r\n"] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found("1,2\n0,\"3\n"), Some((6, 1, false)));
        assert_eq!(found("1,2\n0,\"3"), Some((6, 1, false)));
        assert_eq!(found("\"a,b\",\"c\"\"\n"), Some((6, 1, false)));
        assert_eq!(found("3,\"y\n4,\"z\"\n"), Some((2, 1, true)));
    }

    #[test]
    fn quoted_line_ends_do_not_end_rows() {
        let text = b"a,\"x\ny\"\n\"p\"\"\n\"\"q\",2\nno\"quote,3\n4";
        assert_eq!(row_ends(text, b',').collect::<Vec<_>>(), [8, 20, 31]);
        assert_eq!(last_row_end(b"\"a\nb", Some(b',')), None);
        assert_eq!(last_row_end(b"\"a\nb", None), Some(3));
        assert_eq!((count_rows(text, b',', false), count_rows(text, b',', true)), (4, 4));
        assert_eq!((count_rows(b"1\n\n \n2\r\n\n", b',', false), count_rows(b"1\n\n \n2\r\n\n", b',', true)), (2, 4));
        assert_eq!((count_rows(b"", b',', true), count_rows(b"\n,\n", b',', false)), (0, 1));
    }
}
