//! The delimiter of a CSV file, found out from its first rows, and the cells of these.

use super::aligned::squeezed;
use crate::cells::{Cell, MissingTexts, number};
use crate::number_text::{Dress, dress};
use crate::row_end::row_ends;
use std::borrow::Cow;

/// Candidates, in the order in which they win a draw. The blank comes last by itself: texts are full of blanks.
const DELIMITERS: [u8; 5] = *b",\t;| ";

/// Rows that are looked at.
const ROWS: usize = 200;

/// What stands between the cells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub delimiter: u8,
    /// Whether any number of blanks stand for one delimiter, as in columns that are aligned for the eye.
    pub aligned: bool,
}

/// The first rows of a file as a delimiter cuts them.
struct Cut {
    dialect: Dialect,
    rows: Vec<Vec<String>>,
}

impl Cut {
    fn of(sample: &[u8], whole: bool, delimiter: u8) -> Self {
        let plain = Dialect { delimiter, aligned: false };
        let rows = plain.rows(sample, whole);
        let padded = |row: &Vec<String>| row.iter().any(String::is_empty);
        if delimiter != b' ' || !rows.iter().any(padded) {
            return Self { dialect: plain, rows };
        }
        let aligned = Dialect { delimiter, aligned: true };
        let cut = Self { dialect: aligned, rows: aligned.rows(sample, whole) };
        // Among rows of different widths, two blanks in a row are a cell without content.
        if cut.agreeing() == cut.rows.len() { cut } else { Self { dialect: plain, rows } }
    }

    fn width(&self) -> usize {
        most_common(&self.rows.iter().map(Vec::len).collect::<Vec<_>>())
    }

    fn agreeing(&self) -> usize {
        let width = self.width();
        self.rows.iter().filter(|row| row.len() == width).count()
    }

    /// Whether most rows have the same number of cells, more than one.
    fn is_table(&self) -> bool {
        self.width() > 1 && self.agreeing() * 10 >= self.rows.len() * 8
    }

    /// Whether all commas are in numbers, as decimal marks or between thousands.
    fn has_commas_in_numbers(&self) -> bool {
        let Some((first, rest)) = self.rows.split_first() else { return false };
        let in_number = |cell: &String| match self.dialect.delimiter {
            // Blanks are everywhere: in dates, between words, between a number and its unit.
            b' ' => number(cell).is_some() || dress(cell) == Some(Dress::DecimalComma),
            _ => !cell.contains(',') || dress(cell).is_some(),
        };
        // The first row may hold names.
        first.len() == self.width() && rest.iter().flatten().all(in_number)
    }
}

impl Dialect {
    /// The delimiter under which most rows have the same number of cells, more than one; of several, the one that gives most cells.
    /// A comma that only stands in numbers is none. One column: a comma.
    pub fn detect(sample: &[u8], whole: bool) -> Self {
        let mut best: Option<Cut> = None;
        for candidate in DELIMITERS {
            if candidate == b' ' && best.as_ref().is_some_and(|best| best.dialect.delimiter != b',') {
                break;
            }
            let cut = Cut::of(sample, whole, candidate);
            let better = match &best {
                Some(best) if best.dialect.delimiter == b',' && cut.is_table() && cut.has_commas_in_numbers() => {
                    best.rows.len() > 1
                }
                Some(best) => candidate != b' ' && cut.width() > best.width(),
                None => true,
            };
            if better && cut.is_table() {
                best = Some(cut);
            }
        }
        best.map_or(Self { delimiter: b',', aligned: false }, |best| best.dialect)
    }

    /// This delimiter, in the way in which the file uses it.
    pub fn given(delimiter: u8, sample: &[u8], whole: bool) -> Self {
        Cut::of(sample, whole, delimiter).dialect
    }

    /// The delimiter under which the first row is a line of known names; else the one under which it is a row of values that fits. None
    /// such: a comma.
    pub fn fitting(sample: &[u8], whole: bool, is_names: impl Fn(&[String]) -> bool, fits: impl Fn(&[String]) -> bool) -> Self {
        let first = |cut: &Cut, is: &dyn Fn(&[String]) -> bool| cut.rows.first().is_some_and(|row| is(row));
        let cut = |candidate| Cut::of(sample, whole, candidate);
        let named = DELIMITERS.into_iter().map(cut).find(|cut| first(cut, &is_names));
        let found = named.or_else(|| DELIMITERS.into_iter().map(cut).find(|cut| first(cut, &fits)));
        found.map_or(Self { delimiter: b',', aligned: false }, |cut| cut.dialect)
    }

    /// The text with one delimiter between cells.
    pub fn text(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if self.aligned { Cow::Owned(squeezed(bytes)) } else { Cow::Borrowed(bytes) }
    }

    /// The cells of the first rows that are complete; blank lines are skipped.
    pub fn rows(self, sample: &[u8], whole: bool) -> Vec<Vec<String>> {
        rows(&self.text(sample), whole, self.delimiter)
    }
}

/// The cells of the first rows that are complete; blank lines are skipped.
fn rows(sample: &[u8], whole: bool, delimiter: u8) -> Vec<Vec<String>> {
    let end = if whole { sample.len() } else { row_ends(sample, delimiter).last().unwrap_or(0) };
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_string();
    let is_row = |row: &Vec<String>| row.len() > 1 || row.iter().any(|cell| !cell.is_empty());
    let cells = |record: ::csv::ByteRecord| {
        // Of rows of one cell only blank lines are none, which hold something, if only a carriage return: `""` is a row.
        let blank = record.len() == 1 && !record[0].is_empty() && record[0].trim_ascii().is_empty();
        (!blank).then(|| record.iter().map(text).collect())
    };
    // Setting up the csv crate's reader takes longer than a request's only row.
    if !sample[..end].contains(&b'"') {
        let lines = sample[..end].split(|&byte| byte == b'\n');
        let rows = lines.map(|line| line.split(|&byte| byte == delimiter).map(text).collect());
        return rows.filter(is_row).take(ROWS).collect();
    }
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(::csv::Terminator::Any(b'\n'))
        .from_reader(&sample[..end]);
    let records = reader.byte_records().filter_map(Result::ok);
    records.filter_map(cells).take(ROWS).collect()
}

/// The most frequent width; of several, the largest.
fn most_common(widths: &[usize]) -> usize {
    let frequency = |w: usize| widths.iter().filter(|&&x| x == w).count();
    widths.iter().copied().max_by_key(|&w| (frequency(w), w)).unwrap_or(0)
}

/// For every column, whether most of the cells below the header are text.
pub(super) fn mostly_text(rows: &[Vec<String>], width: usize, missing: &MissingTexts) -> Vec<bool> {
    let is_text = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|text| missing.cell(text));
        let balance: i64 = cells
            .map(|cell| match cell {
                Cell::Text(_) => 1,
                Cell::Number(_) => -1,
                Cell::Missing => 0,
            })
            .sum();
        balance > 0
    };
    (0..width).map(is_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, bool) {
        let Dialect { delimiter, aligned } = Dialect::detect(text.as_bytes(), true);
        (delimiter as char, aligned)
    }

    #[test]
    fn delimiters_are_found() {
        for (text, delimiter) in [
            ("1,2\n3,4\n", ','),
            ("a;b c;d\n1,5;x y;2\n2,5;z;3\n", ';'),
            ("y\tx\n1\t2\n", '\t'),
            ("1|2|3\n4|5|6\n", '|'),
            ("1 2 3\n4 5 6\n", ' '),
            ("a b,c d\ne f,g h\n", ','),
            ("\"a,b\",\"c\"\n1,2\n", ','),
            ("1\n2\n", ','),
        ] {
            assert_eq!(found(text), (delimiter, false), "{text}");
        }
    }

    #[test]
    fn commas_in_numbers_are_no_delimiters() {
        for (text, delimiter) in [
            ("0;0,5;1,25\n1;1,5;2,25\n", ';'),
            ("y;a;b\n0;0,5;1,25\n1;1,5;2,25\n", ';'),
            ("0,5;1,5;2,5\n1,5;2,5;3,5\n", ';'),
            ("0\t0,5\t1,25\n1\t1,5\t2,25\n", '\t'),
            ("0 0,5 1,25\n1 1,5 2,25\n", ' '),
            ("y;price\n0;1,234.50\n1;$2,000\n", ';'),
            ("2024-01-05 10:30,5,1\n2024-01-06 11:30,6,0\n", ','),
            ("a;b,1\nc;d,2\n", ','),
            ("y,m\n0 €,0\n1 €,1\n0 €,2\n1 €,3\n0 €,4\n", ','),
        ] {
            assert_eq!(found(text), (delimiter, false), "{text}");
        }
    }

    #[test]
    fn blanks_that_align_columns_are_one_delimiter() {
        assert_eq!(found("y    a    b\n1  0.5   10\n0 10.5    7\n"), (' ', true));
        assert_eq!(found("  1   2\n 10  20\n"), (' ', true));
        assert_eq!(found("  1   0,5\n 10  20,5\n"), (' ', true));
        // A cell without content, as the widths say.
        assert_eq!(found("1 2 3\n4  6\n7 8 9\n"), (' ', false));
        assert_eq!(Dialect::fitting(b" 1   2 ", true, |_| false, |row| row.len() == 2), Dialect { delimiter: b' ', aligned: true });
    }

    #[test]
    fn one_ragged_row_does_not_change_the_delimiter() {
        let text = format!("{}1 2,3\n", "1,2,3\n".repeat(9));
        assert_eq!(found(&text).0, ',');
    }

    #[test]
    fn rows_are_the_same_with_and_without_the_reader_for_quotes() {
        let plain = "1, 2 ,x\r\n\n \n,,\r\n3\n\r\n4,5,6";
        let quoted = format!("{plain}\n\"\"\n");
        let (plain, mut quoted) = (rows(plain.as_bytes(), true, b','), rows(quoted.as_bytes(), true, b','));
        assert_eq!(quoted.pop(), Some(vec![String::new()]));
        assert_eq!(plain, quoted);
        assert_eq!(plain.len(), 4);
    }

    #[test]
    fn an_incomplete_last_row_is_left_out() {
        assert_eq!(rows(b"1,2\n3,\"4\n5", false, b','), [["1", "2"]]);
        assert_eq!(rows(b"1,2\r\n\r\n3,4", true, b','), [["1", "2"], ["3", "4"]]);
    }
}
