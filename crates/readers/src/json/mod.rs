//! JSON rows → a data set. A cell means what the same text means in a CSV file; `null` is missing.

mod column;
mod file;
mod rows;
mod source;
mod table;
mod value;

pub(super) use file::{JsonReader, texts};

use super::cells::{Cell, MissingTexts};
use super::column::{Builder, ColumnPlan, Types};
use super::json_form::Form;
use super::labels::{Attributes, RawAttributes};
use super::levels::Raw;
use super::matching_roles::{missing_names, unknown_name};
use super::piece::ColumnEncoder;
use super::ranks::Ranks;
use super::roles::ColumnRole;
use crate::{Columns, Dataset, Error, ExtraColumns, FeatureKind, InputSchema, MissingKeys, ReadOptions, Result};
use rows::{JsonRows, Row};
use source::JsonSource;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use table::shown;
use value::{Body, Value, nested, plain_cell};

/// Reads rows that are to fit `schema`; `name` is what messages call the body.
pub(super) fn matching(bytes: &[u8], form: Form, options: &ReadOptions, schema: &InputSchema, name: &str) -> Result<Dataset> {
    let body = Body::new(bytes, name, 1)?;
    let rows = JsonRows::of(&body, form)?;
    let mut table = Table::new(&body, schema, options)?;
    let order = rows.columns.as_ref().map(|columns| table.order(columns)).transpose()?;
    for &row in &rows.rows {
        options.cancellation.check()?;
        match (body.row(row)?, &order) {
            (Row::Listed(cells), Some(order)) => table.add_listed(row, &cells, order.iter().copied())?,
            (Row::Listed(cells), None) => table.add_listed(row, &cells, (0..options.request_width(schema)).map(Some))?,
            (Row::Named(_), Some(_)) => {
                return Err(body.error("a row that is not an array beside \"columns\"", row, "make it an array"));
            }
            (Row::Named(cells), None) => table.add_named(row, &cells)?,
        }
    }
    table.finish()
}

/// The columns as they grow row by row.
struct Table<'a> {
    body: &'a Body<'a>,
    schema: &'a InputSchema,
    missing: MissingTexts,
    /// The same for features whose levels are among them.
    exceptions: HashMap<usize, MissingTexts>,
    encoders: Vec<ColumnEncoder>,
    plans: Vec<ColumnPlan>,
    builders: Vec<Builder>,
    positions: HashMap<&'a str, usize>,
    /// What the base margin is called; its place is behind the features.
    margin: Option<&'a str>,
    /// What else a row may have.
    passed_over: &'a [String],
    extra_columns: ExtraColumns,
    missing_keys: MissingKeys,
    /// The cells of the present row, in schema order.
    cells: Vec<Option<Value<'a>>>,
    rows: usize,
    /// Where each row begins; for messages about what is only seen at the end.
    places: Vec<Value<'a>>,
}

impl<'a> Table<'a> {
    fn new(body: &'a Body<'a>, schema: &'a InputSchema, options: &'a ReadOptions) -> Result<Self> {
        let missing = MissingTexts::new(&options.missing).with_decimal(options.decimal_mark());
        let mut plans = Vec::with_capacity(schema.len() + 1);
        for (position, feature) in schema.features.iter().enumerate() {
            let texts = feature.kind != FeatureKind::Numeric;
            plans.push(ColumnPlan::of_model(ColumnRole::Feature(position), texts, options.trained.infinite_values));
        }
        let margin = options.margin_column().map(|column| if schema.named { column } else { ColumnRole::BaseMargin.word() });
        plans.extend(margin.map(|_| ColumnPlan::new(ColumnRole::BaseMargin, false)));
        let builders = plans.iter().map(|&plan| Builder::new(plan)).collect();
        let names = schema.features.iter().map(|feature| feature.name.trim()).chain(margin);
        let positions = names.enumerate().map(|(position, name)| (name, position)).collect();
        let encoders = schema.encoders();
        let exception = |(position, encoder): (usize, &ColumnEncoder)| Some((position, encoder.exception(&missing)?));
        let exceptions = encoders.iter().enumerate().filter_map(exception).collect();
        let cells = vec![None; plans.len()];
        let (passed_over, extra_columns) = (&options.trained.ignored_columns[..], options.extra_columns);
        let (missing_keys, rows, places) = (options.missing_keys, 0, Vec::new());
        Ok(Self {
            body,
            schema,
            missing,
            exceptions,
            encoders,
            plans,
            builders,
            positions,
            margin,
            passed_over,
            extra_columns,
            missing_keys,
            cells,
            rows,
            places,
        })
    }

    /// What a cell is called, by its position.
    fn name(&self, position: usize) -> &str {
        self.schema.features.get(position).map_or(self.margin.unwrap_or_default(), |feature| &feature.name)
    }

    /// Checks that all cells are there that must be. There is no missing base margin.
    fn check_complete(&self, is_there: impl Fn(usize) -> bool, names: &[String], place: &str) -> Result<()> {
        let may_lack = |position: usize| self.missing_keys == MissingKeys::Null && position < self.schema.len();
        let absent = (0..self.plans.len()).filter(|&position| !is_there(position) && !may_lack(position));
        let absent: Vec<_> = absent.map(|position| self.name(position).to_string()).collect();
        if absent.is_empty() {
            return Ok(());
        }
        Err(missing_names(&absent, names, place).with_remedy(
            "send null where a value is missing; a server that is started with --missing-keys=null takes absent keys for that",
        ))
    }

    /// The positions in the schema of columns that are named once for all rows; none for those that are passed over.
    fn order(&self, columns: &[Value<'a>]) -> Result<Vec<Option<usize>>> {
        let mut order = Vec::with_capacity(columns.len());
        let mut names = Vec::with_capacity(columns.len());
        let mut is_there = vec![false; self.plans.len()];
        for &column in columns {
            let name = self.body.string(column)?;
            let position = self.position(&name, order.len(), column)?;
            if let Some(position) = position
                && std::mem::replace(&mut is_there[position], true)
            {
                return Err(self.twice(&name, column));
            }
            order.push(position);
            names.push(name.into_owned());
        }
        self.check_complete(|position| is_there[position], &names, self.body.name)?;
        Ok(order)
    }

    /// The position of a feature or base margin; `guess` is where it is if the sender keeps to the order of training. None for what is
    /// passed over.
    fn position(&self, name: &str, guess: usize, place: Value<'a>) -> Result<Option<usize>> {
        if self.schema.features.get(guess).is_some_and(|feature| feature.name == name) {
            return Ok(Some(guess));
        }
        match self.positions.get(name.trim()) {
            Some(position) => Ok(Some(*position)),
            None if self.extra_columns == ExtraColumns::Ignored || self.passed_over.iter().any(|other| other == name) => Ok(None),
            None => Err(unknown_name(name, &self.body.place(place), self.schema)),
        }
    }

    fn twice(&self, name: &str, place: Value<'a>) -> Error {
        Error::schema(format!("column {name:?} is given twice: {}; give it once", self.body.place(place)))
    }

    fn add_listed(
        &mut self,
        row: Value<'a>,
        cells: &[Value<'a>],
        order: impl ExactSizeIterator<Item = Option<usize>>,
    ) -> Result<()> {
        if cells.len() != order.len() {
            return Err(Error::schema(format!(
                "wrong number of columns: {}: expected {}, found {}; give one value per column, null where it is missing",
                self.body.place(row),
                order.len(),
                cells.len()
            )));
        }
        for (&cell, position) in cells.iter().zip(order) {
            if let Some(position) = position {
                self.cells[position] = Some(cell);
            }
        }
        self.push(row)
    }

    fn add_named(&mut self, row: Value<'a>, cells: &[(Cow<'a, str>, Value<'a>)]) -> Result<()> {
        for (guess, (name, cell)) in cells.iter().enumerate() {
            let Some(position) = self.position(name, guess, cell)? else { continue };
            if self.cells[position].replace(*cell).is_some() {
                return Err(self.twice(name, cell));
            }
        }
        if self.cells.contains(&None) {
            let names: Vec<_> = cells.iter().map(|(name, _)| name.to_string()).collect();
            self.check_complete(|position| self.cells[position].is_some(), &names, &self.body.place(row))?;
        }
        self.push(row)
    }

    /// Adds the present row's cells to the columns.
    fn push(&mut self, row: Value<'a>) -> Result<()> {
        for (position, cell) in self.cells.iter_mut().enumerate() {
            // A key that a row may lack is a missing value.
            let (value, place) = cell.take().map_or(("null", row), |value| (value, value));
            let plan = self.plans[position];
            let missing = self.exceptions.get(&position).unwrap_or(&self.missing);
            let name = self.schema.features.get(position).map_or(self.margin.unwrap_or_default(), |feature| &feature.name);
            let text = cell_text(self.body, value, plan.texts, name)?;
            let text = text.as_deref().unwrap_or("");
            let meaning = match value.as_bytes().first() {
                Some(b'n') => Cell::Missing,
                Some(b'"' | b't' | b'f') => plan.cell(Types::Requested, missing, text),
                _ => plain_cell(missing, text),
            };
            if let Some((what, remedy)) = plan.fault(Types::Requested, meaning, text) {
                return Err(self.body.error(&format!("{what} (column {name})"), place, remedy));
            }
            self.builders[position].push(meaning, text);
        }
        self.rows += 1;
        self.places.push(row);
        Ok(())
    }

    fn finish(mut self) -> Result<Dataset> {
        if self.rows == 0 {
            return Err(Error::data(format!("no rows: {}", self.body.name)));
        }
        let mut attributes = RawAttributes::default();
        if self.margin.is_some() {
            attributes.base_margin = self.builders.pop().and_then(|builder| builder.finish().0);
        }
        let attributes =
            Attributes::join(vec![attributes], None, Ranks::alone(), |_, _| Error::internal("JSON rows have no label"))?;
        let encoders = self.encoders;
        let mut columns = Vec::with_capacity(encoders.len());
        for ((builder, encoder), feature) in self.builders.into_iter().zip(&encoders).zip(&self.schema.features) {
            let raw = builder.finish().0.unwrap_or_else(|| Raw::numbers(Vec::new()));
            columns.push(encoder.encode(raw).map_err(|(row, text)| {
                let (what, remedy) = encoder.fault(&text, Types::Requested);
                self.body.error(&format!("{what} (column {}, {})", feature.name, shown(&text)), self.places[row], remedy)
            })?);
        }
        let (columns, unknown) = (Columns::with_infinite(self.schema, columns)?, ColumnEncoder::unknown_levels(&encoders));
        let source = JsonSource { columns, unknown, places: Vec::new(), files: Vec::new() };
        attributes.into_dataset(self.schema.shared(), Arc::new(source))
    }
}

/// The text that a CSV file would have in the place of a value; none for null. Truth values are 0 and 1 among numbers, as they are in
/// Parquet files.
fn cell_text<'a>(body: &Body<'a>, value: Value<'a>, texts: bool, column: &str) -> Result<Option<Cow<'a, str>>> {
    Ok(match (value.as_bytes().first(), texts) {
        (Some(b'"'), _) => Some(body.string(value)?),
        (Some(b'n'), _) => None,
        (Some(b't'), false) => Some(Cow::Borrowed("1")),
        (Some(b'f'), false) => Some(Cow::Borrowed("0")),
        (Some(b'{' | b'['), _) => return Err(nested(body, value, column)),
        _ => Some(Cow::Borrowed(value)),
    })
}
