//! All rows of JSON files, in memory column by column.

use super::column::{ColumnFault, JsonColumn};
use super::rows::{JsonRows, Row};
use super::source::JsonSource;
use super::value::{Body, Value};
use crate::blocks::{InFiles, TextFile, open, unreadable};
use crate::cells::{MissingTexts, number};
use crate::column::{ColumnPlan, Counts, Types};
use crate::division::Division;
use crate::json_form::Form;
use crate::labels::{Attributes, RawAttributes};
use crate::levels::Raw;
use crate::memory;
use crate::params::Decimal;
use crate::piece::ColumnEncoder;
use crate::reader::Input;
use crate::roles::{ColumnLayout, ColumnRole};
use crate::row_end::{RowEnd, count};
use crate::sniff::Probe;
use crate::source::display;
use crate::{Columns, Dataset, Error, FeatureSchema, Format, ReadOptions, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

/// The largest document, which must be in memory as a whole.
const LARGEST_DOCUMENT: u64 = 1 << 30;

/// All rows of the files, column by column.
pub(super) struct JsonTable {
    names: Vec<String>,
    pub columns: Vec<JsonColumn>,
    positions: HashMap<String, usize>,
    /// Whether values are given by name; nothing before the first row.
    named: Option<bool>,
    /// File and line of each row.
    places: Vec<(usize, u64)>,
    /// How many rows all ranks have.
    pub rows_of_all: usize,
    files: Vec<String>,
    /// The first row that does not begin with the first column.
    pub disordered: Option<usize>,
    /// What stands for a missing value.
    pub missing: MissingTexts,
}

/// Files of JSON, of each of which a part is read.
struct JsonFiles<'a> {
    input: Input<'a>,
    files: Vec<TextFile>,
}

impl InFiles for JsonFiles<'_> {
    fn files(&self) -> &[TextFile] {
        &self.files
    }

    fn files_mut(&mut self) -> &mut [TextFile] {
        &mut self.files
    }
}

/// What the rows of one rank are like.
#[derive(Clone, Serialize, Deserialize)]
struct Shape {
    rows: usize,
    /// Whether values are given by name; nothing without rows.
    named: Option<bool>,
    names: Vec<String>,
    width: usize,
}

impl JsonTable {
    /// Reads the rows of this rank, and agrees with the others about the columns.
    pub fn read(input: Input<'_>, division: &mut Division<'_>) -> Result<Self> {
        let file = |probe: &Probe| {
            let (path, packing) = (probe.path.clone(), probe.packing);
            TextFile { path, packing, skip_bytes: 0, skip_lines: 0, ends: RowEnd::Line, part: None, head: probe.head() }
        };
        let mut files = JsonFiles { input, files: input.files.iter().map(file).collect() };
        division.align(&files.files, None)?;
        let mut table = division.first_pass(&mut files, |files| Self::of(files, None, 0))?;
        let shapes = division.ranks.gather(table.shape())?;
        let Some(first) = shapes.iter().find(|shape| shape.rows > 0).cloned() else {
            return Err(Error::data(format!("no rows: {}", table.files.join(", "))));
        };
        let expected = if first.named == Some(false) { first.width } else { 0 };
        let is_like_first =
            |shape: &Shape| shape.rows == 0 || (shape.named == first.named && (expected == 0 || shape.width == expected));
        if !shapes.iter().all(is_like_first) {
            // The first row that differs is an error; its place is known where it is read.
            table = division.first_pass(&mut files, |files| Self::of(files, first.named, expected))?;
        }
        let lines = |file: usize| files.files[file].part.as_ref().map_or(0, |part| part.lines_before);
        table.places.iter_mut().for_each(|(file, line)| *line += lines(*file));
        table.rows_of_all = shapes.iter().map(|shape| shape.rows).sum();
        table.take_columns(&first, shapes.iter().flat_map(|shape| &shape.names));
        Ok(table)
    }

    /// Reads the rows of files; where rows come before them, it is known whether these are named and how wide lists are.
    fn of(JsonFiles { input, files }: &JsonFiles<'_>, named: Option<bool>, width: usize) -> Result<Self> {
        let Input { files: probes, options, limits } = *input;
        let missing = MissingTexts::new(&options.missing).with_decimal(options.decimal_mark());
        let mut table = Self {
            names: Vec::new(),
            columns: (0..width).map(|_| JsonColumn::default()).collect(),
            positions: HashMap::new(),
            named,
            places: Vec::new(),
            rows_of_all: 0,
            files: files.iter().map(|file| display(&file.path)).collect(),
            disordered: None,
            missing,
        };
        for (file, text) in files.iter().enumerate().filter(|(_, text)| text.is_read()) {
            let name = table.files[file].clone();
            if probes[file].format == Format::Json {
                let bytes = document(&probes[file])?;
                table.add(&Body::new(&bytes, &name, 1)?, Form::Document, file, options)?;
                continue;
            }
            for block in text.blocks(limits.block_bytes)? {
                let block = block?;
                table.add(&Body::new(&block.bytes, &name, block.first_line)?, Form::Lines, file, options)?;
                memory::check_rows(table.places.len() as u64)?;
            }
        }
        Ok(table)
    }

    fn shape(&self) -> Shape {
        Shape { rows: self.places.len(), named: self.named, names: self.names.clone(), width: self.columns.len() }
    }

    /// Takes the columns that rows of all ranks have, in the order in which they come.
    fn take_columns<'n>(&mut self, first: &Shape, names: impl Iterator<Item = &'n String>) {
        let rows = self.places.len();
        self.named = first.named;
        if first.named == Some(true) {
            let mut seen = HashSet::new();
            let names: Vec<_> = names.filter(|name| seen.insert(name.as_str())).cloned().collect();
            if rows > 0 && self.names.first() != names.first() {
                self.disordered = Some(0);
            }
            let mut columns = std::mem::take(&mut self.columns);
            let own = |name: &String| self.positions.get(name).map(|&at| std::mem::take(&mut columns[at])).unwrap_or_default();
            self.columns = names.iter().map(own).collect();
            self.positions = names.iter().cloned().zip(0..).collect();
            self.names = names;
        } else {
            self.columns.resize_with(first.width, JsonColumn::default);
        }
        self.columns.iter_mut().for_each(|column| column.fill(rows));
    }

    fn add(&mut self, body: &Body<'_>, form: Form, file: usize, options: &ReadOptions) -> Result<()> {
        let rows = JsonRows::of(body, form)?;
        let order: Option<Vec<Cow<'_, str>>> =
            rows.columns.map(|names| names.into_iter().map(|name| body.string(name)).collect()).transpose()?;
        let (mut counted, mut line) = (0, body.first_line);
        for &row in &rows.rows {
            options.cancellation.check()?;
            let begin = body.offset(row);
            line += count(&body.text.as_bytes()[counted..begin], b'\n') as u64;
            counted = begin;
            match (body.row(row)?, &order) {
                (Row::Named(cells), None) => self.add_named(body, row, cells)?,
                (Row::Listed(cells), Some(order)) if cells.len() == order.len() => {
                    self.add_named(body, row, order.iter().cloned().zip(cells).collect())?;
                }
                (Row::Listed(cells), None) => self.add_listed(body, row, &cells)?,
                (Row::Named(_), Some(_)) => {
                    return Err(body.error("a row that is not an array beside \"columns\"", row, "make it an array"));
                }
                (Row::Listed(cells), Some(order)) => return Err(ragged(body, row, order.len(), cells.len())),
            }
            self.places.push((file, line));
        }
        Ok(())
    }

    fn be_named(&mut self, named: bool, body: &Body<'_>, row: Value<'_>) -> Result<()> {
        if *self.named.get_or_insert(named) == named {
            return Ok(());
        }
        Err(body.error("objects and arrays as rows of one data set", row, "give all rows the same form"))
    }

    fn add_named(&mut self, body: &Body<'_>, row: Value<'_>, cells: Vec<(Cow<'_, str>, Value<'_>)>) -> Result<()> {
        self.be_named(true, body, row)?;
        let rows = self.places.len();
        let leads =
            cells.first().is_some_and(|(first, _)| rows == 0 || self.names.first().is_some_and(|name| name == first.trim()));
        if !leads {
            self.disordered.get_or_insert(rows);
        }
        for (guess, (name, value)) in cells.into_iter().enumerate() {
            let name = name.trim();
            let at = if self.names.get(guess).is_some_and(|known| known == name) { guess } else { self.position(name) };
            let column = &mut self.columns[at];
            if column.len() > rows {
                return Err(Error::schema(format!("column {name:?} is given twice: {}; give it once", body.place(value))));
            }
            column.fill(rows);
            column.push(body, value, &|| name.to_string())?;
        }
        Ok(())
    }

    /// The position of a column, which may be new.
    fn position(&mut self, name: &str) -> usize {
        if let Some(&at) = self.positions.get(name) {
            return at;
        }
        self.positions.insert(name.to_string(), self.names.len());
        self.names.push(name.to_string());
        self.columns.push(JsonColumn::default());
        self.names.len() - 1
    }

    fn add_listed(&mut self, body: &Body<'_>, row: Value<'_>, cells: &[Value<'_>]) -> Result<()> {
        self.be_named(false, body, row)?;
        if self.places.is_empty() && self.columns.is_empty() {
            self.columns = cells.iter().map(|_| JsonColumn::default()).collect();
        }
        if cells.len() != self.columns.len() {
            return Err(ragged(body, row, self.columns.len(), cells.len()));
        }
        let mut columns = self.columns.iter_mut().zip(cells).enumerate();
        columns.try_for_each(|(at, (column, value))| column.push(body, value, &|| format!("{at}, counted from 0")))
    }

    pub fn names(&self) -> Option<&[String]> {
        (self.named == Some(true)).then_some(&*self.names)
    }

    pub fn layout(&self) -> ColumnLayout<'_> {
        ColumnLayout { names: self.names(), width: self.columns.len(), file: self.files[0].clone() }
    }

    pub fn error(&self, column: usize, what: &str, remedy: &str, row: usize, text: &str) -> Error {
        let (file, line) = self.places.get(row).copied().unwrap_or((0, 0));
        let text: String = text.chars().take(60).collect();
        let place = format!("{}:{line} ({})", self.files[file], self.layout().describe(column));
        let error = Error::data(format!("{what}: {place}: {}", shown(&text))).with_line(line).with_remedy(remedy);
        match self.names().and_then(|names| names.get(column)) {
            Some(name) => error.with_column_name(name),
            None => error,
        }
    }

    pub fn decimal(&self) -> Decimal {
        if self.missing.decimal_comma() { Decimal::Comma } else { Decimal::Point }
    }

    /// The features in schema order, the attributes, and what the cells of each column are. `exceptions` are what stands for a missing
    /// value in columns where that is not the same as elsewhere.
    pub fn split(
        &self,
        plans: &[ColumnPlan],
        types: Types,
        exceptions: &HashMap<usize, MissingTexts>,
    ) -> Result<(Vec<Raw>, RawAttributes, Vec<Counts>)> {
        let width = plans.iter().filter(|plan| matches!(plan.role, ColumnRole::Feature(_))).count();
        let mut features: Vec<_> = (0..width).map(|_| Raw::numbers(Vec::new())).collect();
        let (mut attributes, mut all_counts) = (RawAttributes::default(), Vec::with_capacity(plans.len()));
        for (at, (column, plan)) in self.columns.iter().zip(plans).enumerate() {
            let missing = exceptions.get(&at).unwrap_or(&self.missing);
            let fault = |fault: ColumnFault| self.error(at, fault.what, fault.remedy, fault.row, &fault.text);
            let (raw, counts) = column.finish(*plan, types, missing).map_err(fault)?;
            all_counts.push(counts);
            match (plan.role, raw) {
                (ColumnRole::Feature(position), Some(raw)) => features[position] = raw,
                (role, raw) => attributes.set(role, raw),
            }
        }
        Ok((features, attributes, all_counts))
    }

    pub fn finish(
        self,
        schema: Arc<FeatureSchema>,
        plans: &[ColumnPlan],
        features: Vec<Raw>,
        encoders: Vec<ColumnEncoder>,
        attributes: Attributes,
        types: Types,
    ) -> Result<Dataset> {
        let mut columns = Vec::with_capacity(features.len());
        for (position, (raw, encoder)) in features.into_iter().zip(&encoders).enumerate() {
            columns.push(encoder.encode(raw).map_err(|(row, text)| {
                let at = plans.iter().position(|plan| plan.role == ColumnRole::Feature(position)).unwrap_or(0);
                let (what, remedy) = encoder.fault(&text, types);
                self.error(at, what, remedy, row, &text)
            })?);
        }
        let columns = Columns::with_infinite(&schema, columns)?;
        let unknown = ColumnEncoder::unknown_levels(&encoders);
        attributes.into_dataset(schema, Arc::new(JsonSource { columns, unknown, places: self.places, files: self.files }))
    }
}

/// A value as messages show it: numbers without quotes.
pub(super) fn shown(text: &str) -> String {
    if number(text).is_some() { text.to_string() } else { format!("{text:?}") }
}

/// All of a file that is one document.
fn document(probe: &Probe) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = open(&probe.path, probe.packing)?;
    reader.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&probe.path, probe.packing, &error))?;
    if bytes.len() as u64 > LARGEST_DOCUMENT {
        let what = format!("a JSON document of more than {} MiB: {}", LARGEST_DOCUMENT >> 20, display(&probe.path));
        return Err(Error::data(what).with_remedy("write one object a line (JSON lines), or Parquet"));
    }
    Ok(bytes)
}

fn ragged(body: &Body<'_>, row: Value<'_>, expected: usize, found: usize) -> Error {
    Error::schema(format!(
        "wrong number of columns: {}: expected {expected}, found {found}; give one value per column, null where it is missing",
        body.place(row)
    ))
}
