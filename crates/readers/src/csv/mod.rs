//! CSV: a set of files with one delimiter, one header and one width, read in blocks through polars.

mod aligned;
mod dialect;
mod dressed;
mod escapes;
mod header;
mod kinds;
mod parse;
mod read;
mod texts;

pub(super) use read::CsvReader;
pub(super) use texts::texts;

use super::blocks::{TextBlock, TextFile};
use super::cells::{Cell, MissingTexts, has_leading_zeros};
use super::dates::is_packed_date;
use super::ranks::Ranks;
use super::roles::ColumnLayout;
use super::row_end::{RowEnd, count, open_quote, row_ends};
use super::sniff::Probe;
use super::source::display;
use crate::names::list;
use crate::params::Header;
use crate::{Error, FeatureSchema, ReadOptions, Reading, Result};
use dialect::Dialect;
use header::{FirstRow, Known};
use sapwood::text::counted;
use std::collections::HashSet;
use std::path::Path;

/// What all files of a set have in common, and where their rows begin.
pub(super) struct Table {
    pub files: Vec<TextFile>,
    pub names: Option<Vec<String>>,
    pub width: usize,
    pub dialect: Dialect,
    /// For every column, whether most cells in the first rows are text.
    pub mostly_text: Vec<bool>,
    /// For every column, a text in the first rows that is a number with leading zeros.
    pub zero_led: Vec<Option<String>>,
    /// For every column, whether all numbers in the first rows are dates such as 20240105, and there are some.
    pub packed_dates: Vec<bool>,
    /// How many columns at the beginning are the index of a data frame: they have no name.
    pub unnamed: usize,
    /// Whether the first line was judged, and nobody said what it is.
    pub judged: bool,
    /// What may have been read as something else than was meant.
    pub warnings: Vec<String>,
}

/// What ends the rows of a file.
pub(super) fn row_end(probe: &Probe, options: &ReadOptions) -> RowEnd {
    let sample = probe.sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&probe.sample);
    RowEnd::LineOutsideQuotes(options.delimiter.unwrap_or_else(|| Dialect::detect(sample, probe.whole).delimiter))
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The first rows of one file.
struct Opening {
    rows: Vec<Vec<String>>,
    /// Where the first row begins.
    first_begin: usize,
    /// Where the second row begins, byte order mark and blank lines counted.
    second_row: usize,
    mark: usize,
}

impl Opening {
    fn new(probe: &Probe, dialect: Dialect) -> Result<Self> {
        let mark = if probe.sample.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let body = &probe.sample[mark..];
        let is_blank = |&byte: &u8| byte.is_ascii_whitespace() && (byte != dialect.delimiter || dialect.aligned);
        let (mut begin, mut first_begin) = (0, 0);
        let first = row_ends(body, dialect.delimiter).find(|&end| {
            let blank = body[begin..end].iter().all(is_blank);
            first_begin = std::mem::replace(&mut begin, end);
            !blank
        });
        let first_begin = if first.is_some() { first_begin } else { begin };
        check_encoding(probe, dialect, &body[first_begin..first.unwrap_or(body.len())], first_begin)?;
        if first.is_none() {
            check_quotes(&probe.path, &body[first_begin..], count(&probe.sample[..mark + first_begin], b'\n') as u64 + 1, dialect)?;
        }
        let rows = dialect.rows(body, probe.whole);
        let second_row = match first {
            Some(end) => mark + end,
            None if probe.whole => probe.sample.len(),
            None => {
                return Err(Error::data(format!(
                    "a first row of more than {} KiB: {}:1: a quote is opened and never closed",
                    probe.sample.len() >> 10,
                    display(&probe.path)
                )));
            }
        };
        Ok(Self { rows, first_begin: mark + first_begin, second_row, mark })
    }

    fn first(&self) -> &[String] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }
}

impl Table {
    /// Finds out delimiter, header and width, and checks that all files agree. `known` is the schema that the columns are to fit. Of several
    /// ranks each looks at its own files, and at the first one.
    pub fn open(
        probes: &[Probe],
        options: &ReadOptions,
        missing: &MissingTexts,
        known: Option<&FeatureSchema>,
        ranks: Ranks<'_>,
    ) -> Result<Self> {
        let mut table = ranks.agree(Self::of_own(probes, options, missing, known))?;
        let skips = |(file, probe): (&TextFile, &Probe)| probe.is_own.then_some((file.skip_bytes, file.skip_lines));
        let skips: Vec<Option<(usize, u64)>> = table.files.iter().zip(probes).map(skips).collect();
        for skips in ranks.gather(skips)? {
            for (file, (bytes, lines)) in table.files.iter_mut().zip(skips).filter_map(|(file, skips)| Some((file, skips?))) {
                (file.skip_bytes, file.skip_lines) = (bytes, lines);
            }
        }
        Ok(table)
    }

    fn of_own(probes: &[Probe], options: &ReadOptions, missing: &MissingTexts, known: Option<&FeatureSchema>) -> Result<Self> {
        let (sample, whole) = (probes[0].sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&probes[0].sample), probes[0].whole);
        let dialect = match (options.delimiter, known.filter(|_| options.strict)) {
            (Some(delimiter), _) => Dialect::given(delimiter, sample, whole),
            (None, Some(schema)) => {
                let fits = |row: &[String]| row.len() == options.request_width(schema);
                Dialect::fitting(sample, whole, |row| header::known(row, Some(schema)) != Known::No, fits)
            }
            (None, None) => Dialect::detect(sample, whole),
        };
        let judged = options.header == Header::Auto;
        let (files, warnings) = (Vec::new(), Vec::new());
        let (mostly_text, zero_led, packed_dates) = (Vec::new(), Vec::new(), Vec::new());
        let mut table =
            Self { files, names: None, width: 0, dialect, mostly_text, zero_led, packed_dates, unnamed: 0, judged, warnings };
        let file = |probe: &Probe, skip_bytes: usize| TextFile {
            path: probe.path.clone(),
            packing: probe.packing,
            skip_bytes,
            skip_lines: count(&probe.sample[..skip_bytes], b'\n') as u64,
            ends: RowEnd::LineOutsideQuotes(dialect.delimiter),
            part: None,
            head: probe.head(),
        };
        for (position, probe) in probes.iter().enumerate() {
            if position > 0 && !probe.is_own {
                table.files.push(file(probe, 0));
                continue;
            }
            let opening = Opening::new(probe, dialect)?;
            let header = match options.header {
                Header::Yes => true,
                Header::No => false,
                Header::Auto if position > 0 => table.agrees(&opening, missing),
                Header::Auto => table.judge(probe, &opening, options, missing, known)?,
            };
            if position == 0 {
                table.begin(probe, &opening, header, missing)?;
            } else {
                table.compare(probe, &opening, header)?;
            }
            table.files.push(file(probe, if header { opening.second_row } else { opening.mark }));
        }
        Ok(table)
    }

    /// Whether the first row of the first file holds names.
    fn judge(
        &mut self,
        probe: &Probe,
        opening: &Opening,
        options: &ReadOptions,
        missing: &MissingTexts,
        schema: Option<&FeatureSchema>,
    ) -> Result<bool> {
        let first = opening.first();
        let known = header::known(first, schema);
        if known == Known::Names || header::is_asked_for(first, options) {
            return Ok(true);
        }
        // A request may be a single row of texts, which looks like names.
        let by_content = if options.strict { FirstRow::Values } else { header::first_row(&opening.rows, missing) };
        match by_content {
            FirstRow::Names => Ok(true),
            _ if known == Known::Digits => {
                self.warnings.push(format!(
                    "the first line of {} is taken for column names, because it holds each of the model's names, which are numbers, \
                     once: {}; say header=false if it is data",
                    display(&probe.path),
                    list(first)
                ));
                Ok(true)
            }
            FirstRow::Values => Ok(false),
            FirstRow::Doubtful => Err(Error::data(format!(
                "the first line could be column names or data: {}:{}: {:?}",
                display(&probe.path),
                count(&probe.sample[..opening.first_begin], b'\n') + 1,
                list(first)
            ))
            .with_remedy("say header=true or header=false")),
        }
    }

    /// Whether a later file has a header, as far as can be told.
    fn agrees(&self, opening: &Opening, missing: &MissingTexts) -> bool {
        let same = self.names.as_deref().is_some_and(|names| names == named(opening.first()));
        same || (opening.rows.len() > 1 && header::first_row(&opening.rows, missing) == FirstRow::Names)
    }

    fn begin(&mut self, probe: &Probe, opening: &Opening, header: bool, missing: &MissingTexts) -> Result<()> {
        self.width = opening.first().len();
        if self.width == 0 {
            return Err(Error::data(format!(
                "no row: {}: there is nothing but quotes and blanks at its beginning",
                display(&probe.path)
            )));
        }
        let rows = &opening.rows[usize::from(header)..];
        self.mostly_text = dialect::mostly_text(rows, self.width, missing);
        let zero_led = |at: usize| rows.iter().filter_map(|row| row.get(at)).find(|text| has_leading_zeros(text)).cloned();
        self.zero_led = (0..self.width).map(zero_led).collect();
        let packed_dates = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|text| missing.cell(text));
            let mut present = cells.filter(|cell| *cell != Cell::Missing).peekable();
            present.peek().is_some() && present.all(|cell| matches!(cell, Cell::Number(x) if is_packed_date(x)))
        };
        self.packed_dates = (0..self.width).map(packed_dates).collect();
        if header {
            let names = named(opening.first());
            let mut seen = HashSet::with_capacity(names.len());
            if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
                return Err(Error::schema(format!(
                    "two columns are called {twice:?}: {}; rename one, or say header=false if the first line is data",
                    display(&probe.path)
                )));
            }
            self.names = Some(names);
            self.unnamed = opening.first().iter().take_while(|name| is_index_name(name)).count();
        }
        Ok(())
    }

    fn compare(&self, probe: &Probe, opening: &Opening, header: bool) -> Result<()> {
        let (first, this) = (display(&self.files[0].path), display(&probe.path));
        let width = opening.first().len();
        if width != self.width {
            return Err(Error::schema(format!(
                "files disagree: {first} has {}, {this} has {width} (delimiter {:?})",
                counted(self.width, "column"),
                self.dialect.delimiter as char
            )));
        }
        match (&self.names, header) {
            (None, false) => Ok(()),
            (Some(names), true) if *names == named(opening.first()) => Ok(()),
            (Some(names), true) => Err(Error::schema(format!(
                "files disagree about column names: {first} has {}, {this} has {}; if the first lines are data, say header=false",
                list(names),
                list(&named(opening.first()))
            ))),
            (Some(_), false) => Err(Error::schema(format!(
                "files disagree: {first} begins with column names, {this} does not; give both a header, or say header=true or false"
            ))),
            (None, true) => Err(Error::schema(format!(
                "files disagree: {this} begins with column names, {first} does not; give both a header, or say header=true or false"
            ))),
        }
    }

    /// Checks that rows without names have as many cells as the model needs.
    pub fn check_width(&self, probe: &Probe, options: &ReadOptions, schema: &FeatureSchema) -> Result<()> {
        let expected = options.request_width(schema);
        if self.names.is_some() || self.width == expected {
            return Ok(());
        }
        let margin = if expected > schema.len() { "and behind them the base margin, " } else { "" };
        let blank = probe.sample.iter().take_while(|byte| byte.is_ascii_whitespace()).filter(|&&byte| byte == b'\n').count();
        Err(Error::schema(format!(
            "wrong number of columns: {}:{}: expected {}, found {} (delimiter {:?}); give the model's features in the order of training, \
             {margin}or a first line with their names",
            display(&probe.path),
            blank + 1,
            expected,
            self.width,
            self.dialect.delimiter as char
        )))
    }

    /// The options under which the index of a data frame is left out, and a warning about it. It is read where the options name it, or
    /// the schema that the columns are to fit has it.
    pub fn without_index(
        &self,
        options: &ReadOptions,
        known: Option<&FeatureSchema>,
        labelled: bool,
    ) -> (ReadOptions, Option<String>) {
        let mut options = options.clone();
        let Some(names) = &self.names else { return (options, None) };
        let asked: HashSet<String> = options.attributes().into_iter().chain(options.categorical.iter().cloned()).collect();
        let is_asked = |at: usize| {
            asked.contains(&names[at]) || asked.contains(&at.to_string()) || known.is_some_and(|k| k.position(&names[at]).is_some())
        };
        let index: Vec<usize> = (0..self.unnamed).filter(|&at| !is_asked(at)).collect();
        let left: Vec<String> = index.iter().map(|&at| names[at].clone()).filter(|name| !options.ignore.contains(name)).collect();
        if index.is_empty() {
            return (options, None);
        }
        let Reading { label_column, label_lower_bound_column, .. } = &options.trained;
        let labels = [label_column, label_lower_bound_column].into_iter().flatten().flat_map(|label| crate::options::named(label));
        let trained = labels.into_iter().any(|label| names.contains(&label));
        if labelled && options.label.is_none() && !options.names_bounds() && !trained {
            options.label = (0..names.len()).find(|at| !index.contains(at)).map(|at| names[at].clone());
        }
        let warning = (!left.is_empty() && !options.strict).then(|| {
            format!(
                "left out the first column of {}, which has no name, as the index of a data frame ({}); name it in the header if it is \
                 a feature",
                display(&self.files[0].path),
                list(&left)
            )
        });
        options.ignore.extend(left);
        (options, warning)
    }

    /// Checks that all quotes of a block are closed.
    pub fn check_quotes(&self, file: usize, block: &TextBlock) -> Result<()> {
        check_quotes(&self.files[file].path, &block.bytes, block.first_line, self.dialect)
    }

    /// The columns, for finding roles.
    pub fn layout(&self) -> ColumnLayout<'_> {
        ColumnLayout { names: self.names.as_deref(), width: self.width, file: display(&self.files[0].path) }
    }
}

/// Whether a column at the beginning, called this, is the index of a data frame: pandas writes it without a name, and calls it so when
/// it reads it back.
fn is_index_name(name: &str) -> bool {
    let numbered = |rest: &str| rest.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    name.is_empty() || name.strip_prefix("Unnamed: ").is_some_and(numbered)
}

/// Checks that all quotes of some rows are closed in their cells.
fn check_quotes(path: &Path, rows: &[u8], first_line: u64, dialect: Dialect) -> Result<()> {
    let Some(quote) = open_quote(rows, dialect.delimiter) else { return Ok(()) };
    let (line, column) = (first_line + count(&rows[..quote.at], b'\n') as u64, quote.column as u64 + 1);
    let what = if quote.is_closed { "closed further down, in the middle of another cell" } else { "never closed" };
    let error = Error::schema(format!("quote opened at {}:{line}:{column} is {what}", display(path)));
    let error = error.with_remedy("close it where its cell ends; a quote that belongs to a text stands twice in a cell in quotes");
    Err(error.with_path(path).with_line(line).with_column(column))
}

/// Refuses a first row that is not UTF-8: names that differ only in such bytes would become one.
fn check_encoding(probe: &Probe, dialect: Dialect, row: &[u8], begin: usize) -> Result<()> {
    let Err(error) = std::str::from_utf8(row) else { return Ok(()) };
    // Of a row that is not complete the last character may be cut off.
    if error.error_len().is_none() && !row.ends_with(b"\n") && !probe.whole {
        return Ok(());
    }
    let cells = dialect.text(row);
    let cell = cells.split(|&byte| byte == dialect.delimiter).enumerate().find(|(_, cell)| std::str::from_utf8(cell).is_err());
    let (column, cell) = cell.unwrap_or((0, row));
    let line = count(&probe.sample[..begin], b'\n') + 1;
    let shown = cell.trim_ascii().escape_ascii().to_string();
    let place = format!("{}:{line}:{}", display(&probe.path), column + 1);
    Err(Error::data(format!("{}: {place}: {}", NOT_UTF8.0, list(&[shown.chars().take(60).collect()]))).with_remedy(NOT_UTF8.1))
}

/// What is wrong with bytes that are not UTF-8, and what to do.
const NOT_UTF8: (&str, &str) = (
    "text that is not UTF-8",
    "convert it, from Latin-1 for instance by iconv -f LATIN1 -t UTF-8 (cp1252 if it comes from Windows)",
);

/// The header's names; columns without one are called after their position.
fn named(header: &[String]) -> Vec<String> {
    let name = |(i, cell): (usize, &String)| if cell.is_empty() { format!("column_{i}") } else { cell.clone() };
    header.iter().enumerate().map(name).collect()
}
