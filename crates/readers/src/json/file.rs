//! Files of JSON rows → data sets. All rows are in memory, column by column; a key that a row lacks is a missing value.

use super::column::{ColumnFault, JsonColumn};
use super::rows::{JsonRows, Row};
use super::source::JsonSource;
use super::value::{Body, Value};
use crate::blocks::{TextFile, open, unreadable};
use crate::cells::MissingTexts;
use crate::column::{ColumnPlan, Types};
use crate::json_form::Form;
use crate::labels::{Attributes, RawAttributes};
use crate::levels::{LevelSet, Raw};
use crate::piece::ColumnEncoder;
use crate::reader::{Fit, Input, Reader};
use crate::roles::{ColumnLayout, ColumnRole};
use crate::row_end::{RowEnd, count};
use crate::sniff::Probe;
use crate::source::display;
use crate::{Columns, Dataset, Error, Feature, FeatureKind, FeatureSchema, Format, ReadOptions, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

/// Reads files of JSON.
pub(crate) struct JsonReader;

impl Reader for JsonReader {
    fn training(&self, input: Input<'_>) -> Result<Dataset> {
        training(input)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>) -> Result<Dataset> {
        matching(input, fit)
    }
}

/// The largest document, which must be in memory as a whole.
const LARGEST_DOCUMENT: u64 = 1 << 30;

fn training(input: Input<'_>) -> Result<Dataset> {
    let rows = JsonTable::read(input)?;
    let layout = rows.layout();
    let roles = layout.training_roles(input.options)?;
    let categorical = layout.categorical(input.options, &roles)?;
    let plan = |(at, &role): (usize, &ColumnRole)| {
        let column = &rows.columns[at];
        let is_text = column.words > column.numbers + column.truths;
        let texts = match role {
            ColumnRole::Feature(_) => categorical[at] || is_text,
            ColumnRole::Label | ColumnRole::Group => is_text,
            _ => false,
        };
        ColumnPlan { role, texts }
    };
    let plans: Vec<_> = roles.iter().enumerate().map(plan).collect();
    let (features, attributes) = rows.split(&plans, Types::Settled)?;
    let schema = rows.schema(&plans, &features);
    let reading = layout.reading(input.options, &roles);
    let encoders = ColumnEncoder::of(&schema);
    let attributes = Attributes::join(vec![attributes], None, |_, _| Error::internal("a label is not among the labels"))?;
    rows.finish(Arc::new(schema), &plans, features, encoders, attributes).map(|data| data.with_reading(reading))
}

fn matching(input: Input<'_>, Fit { schema, classes, needs_labels }: Fit<'_>) -> Result<Dataset> {
    let rows = JsonTable::read(input)?;
    let layout = rows.layout();
    let (roles, notes) = layout.matching_roles(input.options, schema, needs_labels)?;
    let plan = |&role: &ColumnRole| {
        let texts = match role {
            ColumnRole::Feature(position) => schema.features[position].kind != FeatureKind::Numeric,
            ColumnRole::Label => classes.is_some(),
            _ => false,
        };
        ColumnPlan { role, texts }
    };
    let plans: Vec<_> = roles.iter().map(plan).collect();
    let (features, attributes) = rows.split(&plans, Types::Given)?;
    let attributes = Attributes::join(vec![attributes], classes, |row, text| {
        let label = plans.iter().position(|plan| plan.role == ColumnRole::Label).unwrap_or(0);
        let (what, remedy) = ("unknown class", "training had no such label; correct it");
        rows.error(label, &ColumnFault { what, remedy, row, text: text.to_string() })
    })?;
    rows.finish(schema.shared(), &plans, features, schema.encoders(), attributes).map(|data| data.with_notes(notes))
}

/// All rows of the files, column by column.
struct JsonTable {
    names: Vec<String>,
    columns: Vec<JsonColumn>,
    positions: HashMap<String, usize>,
    /// Whether values are given by name; nothing before the first row.
    named: Option<bool>,
    /// File and line of each row.
    places: Vec<(usize, u64)>,
    files: Vec<String>,
}

impl JsonTable {
    fn read(Input { files, options, limits }: Input<'_>) -> Result<Self> {
        let missing = MissingTexts::new(&options.missing);
        let names = files.iter().map(|file| display(&file.path)).collect();
        let (columns, positions) = (Vec::new(), HashMap::new());
        let mut table = Self { names: Vec::new(), columns, positions, named: None, places: Vec::new(), files: names };
        for (file, probe) in files.iter().enumerate() {
            let name = table.files[file].clone();
            if probe.format == Format::Json {
                let bytes = document(probe)?;
                table.add(&Body::new(&bytes, &name, 1)?, Form::Document, file, &missing, options)?;
                continue;
            }
            let (path, packing) = (probe.path.clone(), probe.packing);
            let lines = TextFile { path, packing, skip_bytes: 0, skip_lines: 0, ends: RowEnd::Line };
            for block in lines.blocks(limits.block_bytes)? {
                let block = block?;
                table.add(&Body::new(&block.bytes, &name, block.first_line)?, Form::Lines, file, &missing, options)?;
            }
        }
        let rows = table.places.len();
        if rows == 0 {
            return Err(Error::data(format!("no rows: {}", table.files.join(", "))));
        }
        table.columns.iter_mut().for_each(|column| column.fill(rows));
        Ok(table)
    }

    fn add(&mut self, body: &Body<'_>, form: Form, file: usize, missing: &MissingTexts, options: &ReadOptions) -> Result<()> {
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
                (Row::Named(cells), None) => self.add_named(body, row, cells, missing)?,
                (Row::Listed(cells), Some(order)) if cells.len() == order.len() => {
                    self.add_named(body, row, order.iter().cloned().zip(cells).collect(), missing)?;
                }
                (Row::Listed(cells), None) => self.add_listed(body, row, &cells, missing)?,
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

    fn add_named(
        &mut self,
        body: &Body<'_>,
        row: Value<'_>,
        cells: Vec<(Cow<'_, str>, Value<'_>)>,
        missing: &MissingTexts,
    ) -> Result<()> {
        self.be_named(true, body, row)?;
        let rows = self.places.len();
        for (guess, (name, value)) in cells.into_iter().enumerate() {
            let name = name.trim();
            let at = if self.names.get(guess).is_some_and(|known| known == name) { guess } else { self.position(name) };
            let column = &mut self.columns[at];
            if column.len() > rows {
                return Err(Error::schema(format!("column {name:?} is given twice: {}; give it once", body.place(value))));
            }
            column.fill(rows);
            column.push(body, value, missing)?;
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

    fn add_listed(&mut self, body: &Body<'_>, row: Value<'_>, cells: &[Value<'_>], missing: &MissingTexts) -> Result<()> {
        self.be_named(false, body, row)?;
        if self.places.is_empty() {
            self.columns = cells.iter().map(|_| JsonColumn::default()).collect();
        }
        if cells.len() != self.columns.len() {
            return Err(ragged(body, row, self.columns.len(), cells.len()));
        }
        self.columns.iter_mut().zip(cells).try_for_each(|(column, value)| column.push(body, value, missing))
    }

    fn layout(&self) -> ColumnLayout<'_> {
        let names = (self.named == Some(true)).then_some(&*self.names);
        ColumnLayout { names, width: self.columns.len(), file: self.files[0].clone() }
    }

    fn error(&self, column: usize, fault: &ColumnFault) -> Error {
        let (file, line) = self.places.get(fault.row).copied().unwrap_or((0, 0));
        let text: String = fault.text.chars().take(60).collect();
        let place = format!("{}:{line} ({})", self.files[file], self.layout().describe(column));
        Error::data(format!("{}: {place}: {text:?}", fault.what)).with_line(line).with_remedy(fault.remedy)
    }

    /// The features in schema order, and the attributes.
    fn split(&self, plans: &[ColumnPlan], types: Types) -> Result<(Vec<Raw>, RawAttributes)> {
        let width = plans.iter().filter(|plan| matches!(plan.role, ColumnRole::Feature(_))).count();
        let mut features: Vec<_> = (0..width).map(|_| Raw::numbers(Vec::new())).collect();
        let mut attributes = RawAttributes::default();
        for (at, (column, plan)) in self.columns.iter().zip(plans).enumerate() {
            let raw = column.finish(*plan, types).map_err(|fault| self.error(at, &fault))?;
            match (plan.role, raw) {
                (ColumnRole::Feature(position), Some(raw)) => features[position] = raw,
                (role, raw) => attributes.set(role, raw),
            }
        }
        Ok((features, attributes))
    }

    fn schema(&self, plans: &[ColumnPlan], features: &[Raw]) -> FeatureSchema {
        let mut found = Vec::with_capacity(features.len());
        for (at, plan) in plans.iter().enumerate() {
            let ColumnRole::Feature(position) = plan.role else { continue };
            let column = &self.columns[at];
            let kind = match &features[position] {
                Raw::Texts(texts) => {
                    let levels = LevelSet::default();
                    levels.add(&texts.levels);
                    FeatureKind::Categorical { levels: levels.sorted() }
                }
                Raw::Numbers(_) if column.truths > 0 && column.numbers == 0 => FeatureKind::Boolean,
                Raw::Numbers(_) => FeatureKind::Numeric,
            };
            let name = if self.named == Some(true) { self.names[at].clone() } else { format!("f{position}") };
            found.push(Feature { name, kind });
        }
        FeatureSchema { features: found, named: self.named == Some(true), index_base: None }
    }

    fn finish(
        self,
        schema: Arc<FeatureSchema>,
        plans: &[ColumnPlan],
        features: Vec<Raw>,
        encoders: Vec<ColumnEncoder>,
        attributes: Attributes,
    ) -> Result<Dataset> {
        let mut columns = Vec::with_capacity(features.len());
        for (position, (raw, encoder)) in features.into_iter().zip(&encoders).enumerate() {
            columns.push(encoder.encode(raw).map_err(|(row, text)| {
                let at = plans.iter().position(|plan| plan.role == ColumnRole::Feature(position)).unwrap_or(0);
                let (what, remedy) = (encoder.fault(), "correct it, or list it in missing_values");
                self.error(at, &ColumnFault { what, remedy, row, text })
            })?);
        }
        let columns = Columns::new(&schema, columns)?;
        let unknown = ColumnEncoder::unknown_levels(&encoders);
        attributes.into_dataset(schema, Arc::new(JsonSource { columns, unknown, places: self.places, files: self.files }))
    }
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
