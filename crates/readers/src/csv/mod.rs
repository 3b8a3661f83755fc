//! CSV: a set of files with one delimiter, one header and one width, read in blocks through polars.

mod dialect;
mod parse;
mod read;
mod texts;

pub(super) use read::{CsvReader, untold};
pub(super) use texts::texts;

use super::blocks::TextFile;
use super::cells::MissingTexts;
use super::roles::ColumnLayout;
use super::row_end::{RowEnd, count, row_ends};
use super::sniff::Probe;
use super::source::display;
use crate::names::list;
use crate::params::Header;
use crate::{Error, FeatureSchema, ReadOptions, Result};
use std::collections::HashSet;

/// What all files of a set have in common, and where their rows begin.
pub(super) struct Table {
    pub files: Vec<TextFile>,
    pub names: Option<Vec<String>>,
    pub width: usize,
    pub delimiter: u8,
    /// For every column, whether most cells in the first rows are text.
    pub mostly_text: Vec<bool>,
}

/// What ends the rows of a file.
pub(super) fn row_end(probe: &Probe, options: &ReadOptions) -> RowEnd {
    let sample = probe.sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&probe.sample);
    RowEnd::LineOutsideQuotes(options.delimiter.unwrap_or_else(|| dialect::delimiter(sample, probe.whole)))
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The first rows of one file.
struct Opening {
    rows: Vec<Vec<String>>,
    /// Where the second row begins, byte order mark and blank lines counted.
    second_row: usize,
    mark: usize,
}

impl Opening {
    fn new(probe: &Probe, delimiter: u8) -> Result<Self> {
        let mark = if probe.sample.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let body = &probe.sample[mark..];
        let rows = dialect::rows(body, probe.whole, delimiter);
        let mut begin = 0;
        let first = row_ends(body, delimiter).find(|&end| {
            let blank = body[begin..end].iter().all(u8::is_ascii_whitespace);
            begin = end;
            !blank
        });
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
        Ok(Self { rows, second_row, mark })
    }

    fn first(&self) -> &[String] {
        self.rows.first().map_or(&[], Vec::as_slice)
    }
}

impl Table {
    /// Finds out delimiter, header and width, and checks that all files agree. `known` is the schema that the columns are to fit.
    pub fn open(probes: &[Probe], options: &ReadOptions, missing: &MissingTexts, known: Option<&FeatureSchema>) -> Result<Self> {
        let delimiter = options.delimiter.unwrap_or_else(|| {
            let sample = probes[0].sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&probes[0].sample);
            match known.filter(|_| options.strict) {
                Some(schema) => {
                    let fits = |row: &[String]| row.len() == options.request_width(schema);
                    let names = |row: &[String]| is_known(row, Some(schema));
                    dialect::fitting(sample, probes[0].whole, names, fits)
                }
                None => dialect::delimiter(sample, probes[0].whole),
            }
        });
        let mut table = Self { files: Vec::new(), names: None, width: 0, delimiter, mostly_text: Vec::new() };
        for (position, probe) in probes.iter().enumerate() {
            let opening = Opening::new(probe, delimiter)?;
            let header = match options.header {
                Header::Yes => true,
                Header::No => false,
                Header::Auto if position > 0 => table.agrees(&opening, missing),
                // A request may be a single row of texts, which looks like names.
                Header::Auto if options.strict => is_known(opening.first(), known),
                Header::Auto => is_known(opening.first(), known) || dialect::has_header(&opening.rows, missing),
            };
            if position == 0 {
                table.begin(probe, &opening, header, missing)?;
            } else {
                table.compare(probe, &opening, header)?;
            }
            let skip_bytes = if header { opening.second_row } else { opening.mark };
            table.files.push(TextFile {
                path: probe.path.clone(),
                packing: probe.packing,
                skip_bytes,
                skip_lines: count(&probe.sample[..skip_bytes], b'\n') as u64,
                ends: RowEnd::LineOutsideQuotes(delimiter),
            });
        }
        Ok(table)
    }

    /// Whether a later file has a header, as far as can be told.
    fn agrees(&self, opening: &Opening, missing: &MissingTexts) -> bool {
        let same = self.names.as_deref().is_some_and(|names| names == named(opening.first()));
        same || (opening.rows.len() > 1 && dialect::has_header(&opening.rows, missing))
    }

    fn begin(&mut self, probe: &Probe, opening: &Opening, header: bool, missing: &MissingTexts) -> Result<()> {
        self.width = opening.first().len();
        if self.width == 0 {
            return Err(Error::data(format!(
                "no row: {}: there is nothing but quotes and blanks at its beginning",
                display(&probe.path)
            )));
        }
        self.mostly_text = dialect::mostly_text(&opening.rows[usize::from(header)..], self.width, missing);
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
        }
        Ok(())
    }

    fn compare(&self, probe: &Probe, opening: &Opening, header: bool) -> Result<()> {
        let (first, this) = (display(&self.files[0].path), display(&probe.path));
        let width = opening.first().len();
        if width != self.width {
            return Err(Error::schema(format!(
                "files disagree: {first} has {} columns, {this} has {width} (delimiter {:?})",
                self.width, self.delimiter as char
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
            self.delimiter as char
        )))
    }

    /// The columns, for finding roles.
    pub fn layout(&self) -> ColumnLayout<'_> {
        ColumnLayout { names: self.names.as_deref(), width: self.width, file: display(&self.files[0].path) }
    }
}

/// Whether at least half of the schema's names are in the row.
fn is_known(row: &[String], schema: Option<&FeatureSchema>) -> bool {
    let Some(schema) = schema.filter(|schema| schema.named && !schema.is_empty()) else { return false };
    let row: HashSet<&str> = row.iter().map(String::as_str).collect();
    schema.features.iter().filter(|feature| row.contains(feature.name.as_str())).count() * 2 >= schema.len()
}

/// The header's names; columns without one are called after their position.
fn named(header: &[String]) -> Vec<String> {
    let name = |(i, cell): (usize, &String)| if cell.is_empty() { format!("column_{i}") } else { cell.clone() };
    header.iter().enumerate().map(name).collect()
}
