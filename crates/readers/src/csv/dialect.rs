//! The delimiter and the header of a CSV file, found out from its first rows.

use crate::cells::{Cell, MissingTexts, number};
use crate::row_end::row_ends;

/// Candidates, in the order in which they win a draw. The blank comes last by itself: texts are full of blanks.
const DELIMITERS: [u8; 5] = *b",\t;| ";

/// Rows that are looked at.
const ROWS: usize = 200;

/// The cells of the first rows that are complete; blank lines are skipped.
pub(super) fn rows(sample: &[u8], whole: bool, delimiter: u8) -> Vec<Vec<String>> {
    let end = if whole { sample.len() } else { row_ends(sample, delimiter).last().unwrap_or(0) };
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_string();
    let is_row = |row: &Vec<String>| row.len() > 1 || row.iter().any(|cell| !cell.is_empty());
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
    records.map(|record| record.iter().map(text).collect()).filter(is_row).take(ROWS).collect()
}

/// The delimiter under which most rows have the same number of cells, more than one; of several, the one that gives most cells.
/// One column: a comma.
pub(super) fn delimiter(sample: &[u8], whole: bool) -> u8 {
    let mut best = (b',', 0);
    for candidate in DELIMITERS {
        if candidate == b' ' && best.1 > 1 {
            break;
        }
        let widths: Vec<_> = rows(sample, whole, candidate).iter().map(Vec::len).collect();
        let common = most_common(&widths);
        let agreeing = widths.iter().filter(|&&w| w == common).count();
        if common > best.1.max(1) && agreeing * 10 >= widths.len() * 8 {
            best = (candidate, common);
        }
    }
    best.0
}

/// The delimiter under which the first row is a line of known names; else the one under which it is a row of values that fits. None such: a
/// comma.
pub(super) fn fitting(sample: &[u8], whole: bool, is_names: impl Fn(&[String]) -> bool, fits: impl Fn(&[String]) -> bool) -> u8 {
    let first = |candidate: &u8| rows(sample, whole, *candidate).into_iter().next().unwrap_or_default();
    let named = DELIMITERS.into_iter().find(|candidate| is_names(&first(candidate)));
    named.or_else(|| DELIMITERS.into_iter().find(|candidate| fits(&first(candidate)))).unwrap_or(b',')
}

/// The most frequent width; of several, the largest.
fn most_common(widths: &[usize]) -> usize {
    let frequency = |w: usize| widths.iter().filter(|&&x| x == w).count();
    widths.iter().copied().max_by_key(|&w| (frequency(w), w)).unwrap_or(0)
}

/// Whether the first row holds names: in more columns it is a text above numbers than a number above numbers. Where no column
/// holds numbers, the first row must have a different text in every column, and none that occurs again in its column.
pub(super) fn has_header(rows: &[Vec<String>], missing: &MissingTexts) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    let (mut names, mut values) = (0, 0);
    for (column, cell) in first.iter().enumerate() {
        let below = rest.iter().filter_map(|row| row.get(column)).map(|text| missing.cell(text));
        let (mut numbers, mut words) = (0, 0);
        below.for_each(|cell| match cell {
            Cell::Number(_) => numbers += 1,
            Cell::Text(_) => words += 1,
            Cell::Missing => {}
        });
        if numbers > words {
            match missing.cell(cell) {
                Cell::Text(_) => names += 1,
                Cell::Number(_) => values += 1,
                Cell::Missing => {}
            }
        }
    }
    if names + values > 0 {
        return names > values;
    }
    let is_name = |cell: &String| !cell.is_empty() && number(cell).is_none();
    let distinct = first.iter().enumerate().all(|(i, cell)| !first[..i].contains(cell));
    let again = |(column, cell): (usize, &String)| rest.iter().any(|row| row.get(column) == Some(cell));
    distinct && first.iter().all(is_name) && !first.iter().enumerate().any(again)
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
        let delimiter = delimiter(text.as_bytes(), true);
        let missing = MissingTexts::new(&["NA".into()]);
        (delimiter as char, has_header(&rows(text.as_bytes(), true, delimiter), &missing))
    }

    #[test]
    fn delimiters_and_headers_are_found() {
        assert_eq!(found("1,2\n3,4\n"), (',', false));
        assert_eq!(found("a,b\n3,4\n"), (',', true));
        assert_eq!(found("a;b c;d\n1,5;x y;2\n2,5;z;3\n"), (';', true));
        assert_eq!(found("y\tx\n1\t2\n"), ('\t', true));
        assert_eq!(found("1|2|3\n4|5|6\n"), ('|', false));
        assert_eq!(found("1 2 3\n4 5 6\n"), (' ', false));
        assert_eq!(found("a b,c d\ne f,g h\n"), (',', true));
        assert_eq!(found("\"a,b\",\"c\"\n1,2\n"), (',', true));
        assert_eq!(found("1\n2\n"), (',', false));
        assert_eq!(found("id,sum,2019\n1,3,5\n2,4,6\n"), (',', true));
        assert_eq!(found("NA,2\n3,4\n"), (',', false));
        assert_eq!(found("red,big\nred,small\nblue,big\n"), (',', false));
        assert_eq!(found("colour,size\nred,small\nblue,big\n"), (',', true));
        assert_eq!(found("colour,size\n"), (',', true));
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
        assert_eq!(rows(plain.as_bytes(), true, b','), rows(quoted.as_bytes(), true, b','));
        assert_eq!(rows(plain.as_bytes(), true, b',').len(), 4);
    }

    #[test]
    fn an_incomplete_last_row_is_left_out() {
        assert_eq!(rows(b"1,2\n3,\"4\n5", false, b','), [["1", "2"]]);
        assert_eq!(rows(b"1,2\r\n\r\n3,4", true, b','), [["1", "2"], ["3", "4"]]);
    }
}
