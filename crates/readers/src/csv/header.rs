//! Whether the first row of a CSV file holds names, by its cells and those below.
//!
//! Names above numbers are easy. Names that are numbers themselves, as pandas gives columns that nobody named, are taken for names only
//! where something else says that the row is none of the data; where it could be either, the user is asked.

use crate::cells::{Cell, MissingTexts, number};
use crate::number_text::is_number_like;
use crate::{FeatureSchema, ReadOptions};
use std::collections::{HashMap, HashSet};

/// What the first row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstRow {
    Names,
    Values,
    /// Either.
    Doubtful,
}

/// Texts that a column must have below the first row before they say anything about it.
const ENOUGH: usize = 10;

/// What the cells below the first row of a column are.
#[derive(Default)]
struct Below<'a> {
    numbers: usize,
    words: usize,
    /// How often each text occurs.
    texts: HashMap<&'a str, usize>,
    /// Whether the numbers are those of the rows: each one more than the one before.
    counts_up: bool,
}

impl<'a> Below<'a> {
    fn of(cells: impl Iterator<Item = &'a str>, missing: &MissingTexts) -> Self {
        let mut below = Self { counts_up: true, ..Self::default() };
        let mut last = None;
        for text in cells {
            match missing.cell(text) {
                Cell::Missing => below.counts_up = false,
                Cell::Number(x) => {
                    below.numbers += 1;
                    below.counts_up &= last.is_none_or(|last| x == last + 1.0);
                    last = Some(x);
                }
                Cell::Text(text) => {
                    below.words += 1;
                    *below.texts.entry(text).or_default() += 1;
                }
            }
        }
        below.counts_up &= below.numbers > 1 && below.words == 0;
        below
    }

    /// Whether the column repeats its few texts, so that one that does not occur stands out.
    fn repeats(&self) -> bool {
        self.words >= ENOUGH && self.texts.len() * 2 <= self.words
    }
}

/// What stands above the columns.
#[derive(Default)]
struct Signs<'a> {
    /// Texts above numbers.
    names: usize,
    /// Numbers above numbers.
    values: usize,
    /// Numbers above columns that otherwise hold nothing but text.
    strangers: usize,
    /// A text that does not occur below, in a column that repeats its texts.
    new_text: bool,
    /// A text that occurs below.
    seen_text: bool,
    /// The cells that are numbers.
    digits: Vec<&'a str>,
}

/// What the first row is.
pub(super) fn first_row(rows: &[Vec<String>], missing: &MissingTexts) -> FirstRow {
    let Some((first, rest)) = rows.split_first() else { return FirstRow::Values };
    let mut signs = Signs::default();
    for (column, cell) in first.iter().enumerate() {
        let below = Below::of(rest.iter().filter_map(|row| row.get(column)).map(String::as_str), missing);
        signs.add(column, cell, &below, missing);
    }
    signs.judge(first, rest)
}

impl<'a> Signs<'a> {
    fn add(&mut self, column: usize, cell: &'a str, below: &Below<'_>, missing: &MissingTexts) {
        let numeric = below.numbers > below.words;
        match missing.cell(cell) {
            // Row numbers under a cell without a name are the index of a data frame.
            Cell::Missing => self.names += usize::from(column == 0 && cell.is_empty() && below.counts_up),
            Cell::Number(_) => {
                self.values += usize::from(numeric);
                self.strangers += usize::from(!numeric && below.numbers == 0 && below.words > 0);
                self.digits.push(cell);
            }
            Cell::Text(text) if is_number_like(text) => self.digits.push(cell),
            Cell::Text(_) if numeric => self.names += 1,
            Cell::Text(text) => {
                let seen = below.texts.contains_key(text);
                self.seen_text |= seen;
                self.new_text |= !seen && below.repeats();
            }
        }
    }

    fn judge(&self, first: &[String], rest: &[Vec<String>]) -> FirstRow {
        if self.names > self.values {
            return FirstRow::Names;
        }
        if self.values + self.strangers == 0 {
            return if all_are_names(first, rest) { FirstRow::Names } else { FirstRow::Values };
        }
        let Some(digits) = indices(&self.digits) else { return FirstRow::Values };
        let counts_up = digits.len() > 1 && digits.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let from_zero = counts_up && digits[0] == 0;
        let strange = !self.seen_text && (self.strangers > 0 || self.new_text);
        match (self.names > 0, strange) {
            (true, _) if counts_up => FirstRow::Names,
            (false, true) if from_zero => FirstRow::Names,
            (false, false) if from_zero && digits.len() == first.len() && digits.len() > 2 => FirstRow::Doubtful,
            (false, false) => FirstRow::Values,
            _ => FirstRow::Doubtful,
        }
    }
}

/// The numbers that could be names of columns: different whole numbers, written plainly.
fn indices(cells: &[&str]) -> Option<Vec<u64>> {
    let index = |cell: &&str| cell.parse::<u64>().ok().filter(|index| index.to_string() == **cell);
    let indices: Vec<u64> = cells.iter().map(index).collect::<Option<_>>()?;
    let distinct: HashSet<&u64> = indices.iter().collect();
    (distinct.len() == indices.len()).then_some(indices)
}

/// Whether every column has a text of its own, and none occurs again in its column.
fn all_are_names(first: &[String], rest: &[Vec<String>]) -> bool {
    let is_name = |cell: &String| !cell.is_empty() && !is_number_like(cell);
    let distinct: HashSet<&String> = first.iter().collect();
    let again = |(column, cell): (usize, &String)| rest.iter().any(|row| row.get(column) == Some(cell));
    distinct.len() == first.len() && first.iter().all(is_name) && !first.iter().enumerate().any(again)
}

/// Whether the row holds the names of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    No,
    /// At least half of them, and not all are numbers.
    Names,
    /// Every name once; but as they are numbers, the row might be data.
    Digits,
}

/// Whether a row holds the names of the schema.
pub(super) fn known(row: &[String], schema: Option<&FeatureSchema>) -> Known {
    let Some(schema) = schema.filter(|schema| schema.named && !schema.is_empty()) else { return Known::No };
    let mut times: HashMap<&str, usize> = HashMap::with_capacity(row.len());
    row.iter().for_each(|cell| *times.entry(cell).or_default() += 1);
    let times = |name: &str| times.get(name).copied().unwrap_or(0);
    let found: Vec<_> = schema.features.iter().map(|feature| feature.name.as_str()).filter(|name| times(name) > 0).collect();
    if found.iter().any(|name| number(name).is_none()) {
        return if found.len() * 2 >= schema.len() { Known::Names } else { Known::No };
    }
    let once = found.len() == schema.len() && found.iter().all(|name| times(name) == 1);
    if once { Known::Digits } else { Known::No }
}

/// Whether the options name a column by a text that is in the row.
pub(super) fn is_asked_for(row: &[String], options: &ReadOptions) -> bool {
    let is_there = |column: &String| number(column).is_none() && row.contains(column);
    options.attributes().iter().chain(&options.ignore).chain(&options.categorical).any(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::dialect::Dialect;

    fn judged(text: &str) -> FirstRow {
        let dialect = Dialect::detect(text.as_bytes(), true);
        first_row(&dialect.rows(text.as_bytes(), true), &MissingTexts::new(&["NA".into()]))
    }

    #[test]
    fn texts_above_numbers_are_names() {
        use FirstRow::*;
        for (text, expected) in [
            ("1,2\n3,4\n", Values),
            ("a,b\n3,4\n", Names),
            ("id,sum,2019\n1,3,5\n2,4,6\n", Names),
            ("NA,2\n3,4\n", Values),
            ("red,big\nred,small\nblue,big\n", Values),
            ("colour,size\nred,small\nblue,big\n", Names),
            ("colour,size\n", Names),
            ("5\n6\n", Values),
            ("x,0.5,1.5\n1,0.5,1.5\n2,2.5,3.5\n", Values),
        ] {
            assert_eq!(judged(text), expected, "{text}");
        }
    }

    #[test]
    fn digits_are_names_only_where_something_else_says_so() {
        use FirstRow::*;
        let below = |row: &str, first: &str| format!("{first}\n{}", row.repeat(6));
        for (row, first, expected) in [
            ("ant,1,3\nbee,0,2\n", "species,0,1", Names),
            ("1,3,ant\n0,2,bee\n", "0,1,species", Names),
            ("ant,1,3\nbee,0,2\n", "ant,0,1", Values),
            ("ant,1,3\nbee,0,2\n", "species,7,9", Doubtful),
            ("ant,1,3\nbee,0,2\n", "species,5.5,9", Values),
            ("ant,1,3\nbee,0,2\n", "0,1,2", Names),
            ("ant,bee\ncat,dog\n", "0,1", Names),
            ("1,5,6\n0,7,8\n", "y,0,1", Names),
            ("1,5,6\n0,7,8\n", "y,10,20", Doubtful),
            ("1,5,6\n0,7,8\n", "y,1,1", Values),
            ("1,5,6\n0,7,8\n", "0,1,2", Doubtful),
            ("1,5\n0,7\n", "0,1", Values),
            ("1,5,6\n0,7,8\n", "1,2,3", Values),
            ("0.5,12%\n0.7,13%\n", "0.1,12.5%", Values),
        ] {
            let text = below(row, first);
            assert_eq!(judged(&text), expected, "{text}");
        }
    }

    #[test]
    fn an_index_without_a_name_is_no_data() {
        assert_eq!(judged(",0,1\n0,5,6\n1,7,8\n2,9,9\n"), FirstRow::Names);
        assert_eq!(judged(",5,1\n1,5,6\n1,7,8\n2,9,9\n"), FirstRow::Values);
    }

    #[test]
    fn names_of_a_schema_are_known_again() {
        let schema = |names: &[&str]| {
            let mut schema = FeatureSchema::numeric(names.len());
            schema.named = true;
            schema.features.iter_mut().zip(names).for_each(|(feature, name)| feature.name = (*name).to_string());
            schema
        };
        let known = |row: &str, schema: &FeatureSchema| known(&row.split(',').map(String::from).collect::<Vec<_>>(), Some(schema));
        let digits = schema(&["0", "1", "2"]);
        assert_eq!(known("2,1,0", &digits), Known::Digits);
        assert_eq!(known("y,2,1,0", &digits), Known::Digits);
        assert_eq!(known("0,1,0", &digits), Known::No);
        assert_eq!(known("0,1", &digits), Known::No);
        let mixed = schema(&["age", "0", "1"]);
        assert_eq!(known("5,0,1", &mixed), Known::No);
        assert_eq!(known("age,0,2", &mixed), Known::Names);
        assert_eq!(known("age,5,2", &mixed), Known::No);
    }
}
