//! polars columns → our columns, for Parquet files and data frames alike.

use super::cells::{Cell, MissingTexts, make_missing};
use super::column::{ColumnPlan, WITHOUT_BOUND, bound_fault, is_bound};
use super::labels::{Attributes, RawAttributes};
use super::levels::{LevelSet, Raw, TextBuilder, compact};
use super::piece::ColumnEncoder;
use super::ranks::Ranks;
use super::roles::{ColumnLayout, ColumnRole};
use crate::{Column, Columns, Dataset, Error, Feature, FeatureKind, FeatureSchema, Result, WEIGHT_RULE, is_weight};
use polars::prelude::{
    Categories, ChunkedArray, DataFrame, DataType, Float64Type, PolarsError, PolarsNumericType, PolarsResult, Series,
    StringChunked, TimeUnit, UnknownKind,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs polars code; its panics become errors, because it panics on some damaged files and on types it was built without.
pub(super) fn guarded<T>(run: impl FnOnce() -> PolarsResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error: PolarsError| error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(text.unwrap_or("polars gave up").to_string())
        }
    }
}

/// The values as `f64`; a null slot is NaN whatever its bytes hold.
pub(super) fn floats(values: &ChunkedArray<Float64Type>) -> Vec<f64> {
    map(values, f64::NAN, |x| x)
}

/// The converted values; `null` stands for a null slot.
fn map<T: PolarsNumericType, X: Copy>(values: &ChunkedArray<T>, null: X, convert: impl Fn(T::Native) -> X) -> Vec<X> {
    let mut out = Vec::with_capacity(values.len());
    for chunk in values.downcast_iter() {
        let slice = chunk.values().as_slice();
        match chunk.validity().filter(|validity| validity.unset_bits() > 0) {
            None => out.extend(slice.iter().map(|&x| convert(x))),
            Some(validity) => {
                out.extend(slice.iter().zip(validity.iter()).map(|(&x, valid)| if valid { convert(x) } else { null }));
            }
        }
    }
    out
}

/// How a type is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Numeric,
    Boolean,
    Date,
    Datetime,
    Text,
    /// Nulls only.
    Nothing,
}

impl Physical {
    /// The way to read a type, if there is one.
    pub fn of(dtype: &DataType) -> Option<Self> {
        Some(match dtype {
            DataType::Boolean => Self::Boolean,
            DataType::Date => Self::Date,
            DataType::Datetime(..) => Self::Datetime,
            DataType::String | DataType::Categorical(..) | DataType::Enum(..) => Self::Text,
            DataType::Null => Self::Nothing,
            DataType::Decimal(..) => Self::Numeric,
            other if other.is_primitive_numeric() => Self::Numeric,
            _ => return None,
        })
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::Nothing => "empty",
        }
    }

    /// The feature kind of a column that is not categorical.
    pub fn kind(self) -> FeatureKind {
        match self {
            Self::Boolean => FeatureKind::Boolean,
            Self::Date => FeatureKind::Date,
            Self::Datetime => FeatureKind::Datetime,
            Self::Numeric | Self::Text | Self::Nothing => FeatureKind::Numeric,
        }
    }
}

/// What is wrong with a value of a column.
#[derive(Debug)]
pub(super) struct CellFault {
    pub row: usize,
    pub what: &'static str,
    pub value: String,
    pub remedy: &'static str,
}

/// Reads a column, as texts under a dictionary or as numbers. Integers beyond 2^53 are faults.
pub(super) fn convert(series: &Series, texts: bool, missing: &MissingTexts) -> Result<Result<Raw, CellFault>, String> {
    guarded(|| if texts { as_texts(series, missing).map(Ok) } else { as_numbers(series, missing.numbers()) })
}

fn as_texts(series: &Series, missing: &MissingTexts) -> PolarsResult<Raw> {
    let mut builder = TextBuilder::with_capacity(series.len());
    if matches!(series.dtype(), DataType::String | DataType::Categorical(..) | DataType::Enum(..)) {
        builder = builder.typed();
    }
    match series.dtype() {
        DataType::String => push_strings(&mut builder, series.str()?, missing),
        DataType::Categorical(_, mapping) | DataType::Enum(_, mapping) => {
            let mut seen = HashMap::new();
            let categories = series.to_physical_repr().cast(&DataType::UInt32)?;
            for category in categories.u32()?.iter() {
                let text = category.and_then(|category| mapping.cat_to_str(category)).unwrap_or("");
                push_once(&mut builder, &mut seen, category, text, missing);
            }
        }
        DataType::Boolean => {
            for value in series.bool()?.iter() {
                let text = value.map_or("", |value| if value { "true" } else { "false" });
                builder.push(missing.cell(text), text);
            }
        }
        dtype if dtype.is_integer() => {
            let strings = series.cast(&DataType::String)?;
            for text in strings.str()?.iter() {
                let text = text.unwrap_or("");
                builder.push(missing.cell(text), text);
            }
        }
        _ => {
            for x in floats(series.cast(&DataType::Float64)?.f64()?) {
                let cell = if x.is_nan() || missing.is_missing(x) { Cell::Missing } else { Cell::Number(x) };
                builder.push(cell, &x.to_string());
            }
        }
    }
    Ok(Raw::Texts(builder.finish()))
}

/// Texts from this length on are told apart by where they are before they are read: all rows that have an entry of a Parquet
/// dictionary share its bytes, and a small file may hold millions of rows of a megabyte each. What is remembered of an entry takes less
/// memory than its text.
const SHARED_FROM: usize = 64;

fn push_strings(builder: &mut TextBuilder, strings: &StringChunked, missing: &MissingTexts) {
    let mut seen = HashMap::new();
    for chunk in strings.downcast_iter() {
        let mut recent = RecentTexts::new(chunk.len());
        for (text, view) in chunk.iter().zip(chunk.views().iter()) {
            let Some(text) = text else {
                builder.push(Cell::Missing, "");
                continue;
            };
            let view = view.as_u128();
            let place = recent.place(view);
            if let Some((known, code)) = *place
                && known == view
            {
                builder.repeat(code);
                continue;
            }
            let code = match text.len() < SHARED_FROM {
                true => builder.push(missing.cell(text), text),
                false => push_once(builder, &mut seen, (text.as_ptr(), text.len()), text, missing),
            };
            *place = Some((view, code));
        }
    }
}

/// The codes of some texts of a chunk, by the words that stand for them in it: a short text's hold the text, others' say where it is. A text
/// that has the place of another one goes over it.
struct RecentTexts(Vec<Option<(u128, u32)>>);

impl RecentTexts {
    /// So many places are filled before they pay.
    const MOST: usize = 1 << 14;

    fn new(rows: usize) -> Self {
        Self(vec![None; rows.clamp(1, Self::MOST).next_power_of_two()])
    }

    fn place(&mut self, view: u128) -> &mut Option<(u128, u32)> {
        // The upper bits of a product depend on all bits of a factor.
        let hash = (view as u64 ^ (view >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mask = self.0.len() - 1;
        &mut self.0[hash as usize & mask]
    }
}

/// Adds a text; where its key was `seen`, without another look at it.
fn push_once<K: Eq + Hash>(
    builder: &mut TextBuilder,
    seen: &mut HashMap<K, u32>,
    key: K,
    text: &str,
    missing: &MissingTexts,
) -> u32 {
    match seen.entry(key) {
        Entry::Occupied(code) => builder.repeat(*code.get()),
        Entry::Vacant(place) => *place.insert(builder.push(missing.cell(text), text)),
    }
}

fn as_numbers(series: &Series, missing: &[f64]) -> PolarsResult<Result<Raw, CellFault>> {
    let values = match series.dtype() {
        DataType::Float32 => {
            let is_missing = |x: f32| missing.iter().any(|&missing| missing as f32 == x);
            let values = map(series.f32()?, f32::NAN, |x| if is_missing(x) { f32::NAN } else { x });
            return Ok(Ok(Raw::Numbers(Column::F32(values))));
        }
        DataType::Boolean => series.bool()?.iter().map(|b| b.map_or(f64::NAN, |b| f64::from(u8::from(b)))).collect(),
        DataType::Date => map(series.date()?.physical(), f64::NAN, f64::from),
        DataType::Datetime(unit, _) => {
            let unit = *unit;
            map(series.datetime()?.physical(), f64::NAN, |x| match unit {
                TimeUnit::Nanoseconds => x.div_euclid(1000) as f64,
                TimeUnit::Microseconds => x as f64,
                TimeUnit::Milliseconds => x as f64 * 1000.0,
            })
        }
        DataType::Int64 | DataType::UInt64 => {
            if let Some(row) = inexact_row(series, missing)? {
                let value = series.get(row)?.to_string();
                let remedy = "ignore the column, or name it in categorical_features if it is an identifier";
                return Ok(Err(CellFault { row, what: "integer beyond 2^53, which a 64-bit float cannot hold", value, remedy }));
            }
            numbers(series, missing)?
        }
        // A cast of text would turn what is no number into null.
        DataType::String => polars::prelude::polars_bail!(SchemaMismatch: "it holds text where numbers are expected"),
        _ => numbers(series, missing)?,
    };
    Ok(Ok(Raw::Numbers(compact(values))))
}

/// The values as they are, without those that stand for a missing one.
fn numbers(series: &Series, missing: &[f64]) -> PolarsResult<Vec<f64>> {
    let mut values = floats(series.cast(&DataType::Float64)?.f64()?);
    make_missing(&mut values, missing);
    Ok(values)
}

/// The column, if no value is infinite, or upper bounds may be, or features (`infinite`).
pub(super) fn finite(role: ColumnRole, infinite: bool, raw: Raw) -> Result<Raw, CellFault> {
    match &raw {
        Raw::Numbers(column) if !ColumnPlan::of_model(role, false, infinite).infinite => match column.infinite() {
            Some(row) => {
                let value = column.slice(row..row + 1).get(0).to_string();
                Err(CellFault { row, what: "infinite value", value, remedy: "replace it, or make it null" })
            }
            None => Ok(raw),
        },
        _ => Ok(raw),
    }
}

/// The first row with an integer beyond ±2^53 that does not stand for a missing value.
fn inexact_row(series: &Series, missing: &[f64]) -> PolarsResult<Option<usize>> {
    const LIMIT: u64 = 1 << 53;
    Ok(match series.dtype() {
        DataType::UInt64 => series.u64()?.iter().position(|x| x.is_some_and(|x| x > LIMIT && !missing.contains(&(x as f64)))),
        _ => series.i64()?.iter().position(|x| x.is_some_and(|x| x.unsigned_abs() > LIMIT && !missing.contains(&(x as f64)))),
    })
}

/// Names and types of the columns of files or of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FrameFields {
    pub names: Vec<String>,
    pub types: Vec<DataType>,
    /// What the types are called.
    pub type_names: Vec<String>,
    /// Whether a column is of categories although these are no texts: a dictionary of numbers.
    pub categories: Vec<bool>,
}

/// The same on the way to other ranks.
#[derive(Serialize, Deserialize)]
pub(super) struct FieldsOnTheWay {
    names: Vec<String>,
    types: Vec<TypeOnTheWay>,
    type_names: Vec<String>,
    categories: Vec<bool>,
}

/// The types that are read in different ways.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum TypeOnTheWay {
    Numeric,
    Boolean,
    Date,
    Datetime,
    Text,
    Category,
    Nothing,
    Unread,
}

impl FieldsOnTheWay {
    pub fn of(fields: &FrameFields) -> Self {
        let FrameFields { names, types, type_names, categories } = fields.clone();
        let types = types.iter().map(|dtype| match Physical::of(dtype) {
            Some(Physical::Numeric) => TypeOnTheWay::Numeric,
            Some(Physical::Boolean) => TypeOnTheWay::Boolean,
            Some(Physical::Date) => TypeOnTheWay::Date,
            Some(Physical::Datetime) => TypeOnTheWay::Datetime,
            Some(Physical::Text) if *dtype == DataType::String => TypeOnTheWay::Text,
            Some(Physical::Text) => TypeOnTheWay::Category,
            Some(Physical::Nothing) => TypeOnTheWay::Nothing,
            None => TypeOnTheWay::Unread,
        });
        Self { names, types: types.collect(), type_names, categories }
    }

    /// The fields, each of a type that is read as its own.
    pub fn arrived(self) -> FrameFields {
        let Self { names, types, type_names, categories } = self;
        let types = types.into_iter().map(|dtype| match dtype {
            TypeOnTheWay::Numeric => DataType::Float64,
            TypeOnTheWay::Boolean => DataType::Boolean,
            TypeOnTheWay::Date => DataType::Date,
            TypeOnTheWay::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
            TypeOnTheWay::Text => DataType::String,
            TypeOnTheWay::Category => DataType::from_categories(Categories::global()),
            TypeOnTheWay::Nothing => DataType::Null,
            TypeOnTheWay::Unread => DataType::Unknown(UnknownKind::Any),
        });
        FrameFields { names, types: types.collect(), type_names, categories }
    }
}

impl FrameFields {
    /// How a column is read; columns of other types can only be ignored.
    pub fn physical(&self, at: usize, place: &str) -> Result<Physical> {
        Physical::of(&self.types[at]).ok_or_else(|| {
            Error::schema(format!(
                "column {} is of type {}, which cannot be a feature: {place}; convert it, or leave it out with ignore_columns",
                self.names[at], self.type_names[at]
            ))
        })
    }

    /// For every column, whether it is read as texts: its type is text, or `categorical` says so.
    pub fn texts(&self, roles: &[ColumnRole], categorical: &[bool], place: &str) -> Result<Vec<bool>> {
        let texts = |(at, &role): (usize, &ColumnRole)| {
            let text = role != ColumnRole::Unused && self.physical(at, place)? == Physical::Text;
            if text && role.is_number() {
                let name = &self.names[at];
                return Err(Error::schema(format!(
                    "the {} column {name} holds text: {place}; it must contain numbers",
                    role.word()
                )));
            }
            let is_moment = role != ColumnRole::Unused && matches!(self.physical(at, place)?, Physical::Date | Physical::Datetime);
            if is_moment && (role == ColumnRole::Label || role.is_number()) {
                let name = &self.names[at];
                return Err(Error::schema(format!(
                    "the {} column {name} holds dates: {place}; it must contain numbers",
                    role.word()
                )));
            }
            let category = self.categories[at] && matches!(role, ColumnRole::Feature(_));
            Ok(text || category || categorical[at])
        };
        roles.iter().enumerate().map(texts).collect()
    }

    /// The schema of training data. `levels` are those of the columns that are read as texts.
    pub fn schema(&self, roles: &[ColumnRole], texts: &[bool], levels: Vec<LevelSet>, place: &str) -> Result<FeatureSchema> {
        let mut features = Vec::new();
        for (at, levels) in levels.into_iter().enumerate() {
            if matches!(roles[at], ColumnRole::Feature(_)) {
                let kind = match texts[at] {
                    true => FeatureKind::Categorical { levels: levels.sorted() },
                    false => self.physical(at, place)?.kind(),
                };
                features.push(Feature { name: self.names[at].clone(), kind });
            }
        }
        Ok(FeatureSchema { features, named: true, index_base: None })
    }
}

/// A data set from a polars frame; `label` is the name of the label's column, every other column is a feature.
///
/// Numbers, booleans, dates (as days), datetimes (as microseconds) and decimals are numbers; nulls and NaN are missing. Columns
/// of strings, categoricals and enums are categorical; a label of texts is coded in sorted order (see [`Dataset::classes`]).
///
/// # Errors
/// No such column, a column of another type, an infinite value, an integer beyond 2^53, a missing or infinite label.
///
/// ```
/// use polars::prelude::df;
/// let frame = df!["price" => [1.5, 2.5], "colour" => ["red", "blue"], "size" => [Some(7), None]]?;
/// let data = sapwood_readers::from_dataframe(&frame, "price")?;
/// assert_eq!(data.labels(), Some(&[1.5, 2.5][..]));
/// assert!(data.schema().features[0].kind.is_categorical());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_dataframe(frame: &DataFrame, label: &str) -> Result<Dataset> {
    let place = "the data frame";
    let names = frame.get_column_names().iter().map(|name| name.trim().to_string()).collect();
    let types = frame.dtypes();
    let type_names = types.iter().map(ToString::to_string).collect();
    let fields = FrameFields { names, types, type_names, categories: vec![false; frame.width()] };
    let layout = ColumnLayout { names: Some(&fields.names), width: fields.names.len(), file: place.into() };
    let label = layout.find(label, "label")?;
    if fields.names.len() == 1 {
        return Err(Error::schema(format!("no feature column: {place} has only the label")));
    }
    let position = |at: usize| if at > label { at - 1 } else { at };
    let role = |at| if at == label { ColumnRole::Label } else { ColumnRole::Feature(position(at)) };
    let roles: Vec<_> = (0..fields.names.len()).map(role).collect();
    let texts = fields.texts(&roles, &vec![false; roles.len()], place)?;

    let levels: Vec<_> = roles.iter().map(|_| LevelSet::default()).collect();
    let mut features = Vec::new();
    let mut attributes = RawAttributes::default();
    for (at, column) in frame.columns().iter().enumerate() {
        let fault = |row, what: &str, value: &str, remedy: &str| {
            let name = &fields.names[at];
            let error = Error::data(format!("{what}: row {row} (counted from 0), column {name}: {value:?}"));
            error.with_row(row as u64).with_column_name(name).with_remedy(remedy)
        };
        let raw = convert(column.as_materialized_series(), texts[at], &MissingTexts::default())
            .map_err(|error| Error::data(format!("column {} cannot be read: {error}", fields.names[at])))?
            .and_then(|raw| finite(roles[at], false, raw))
            .map_err(|f| fault(f.row, f.what, &f.value, f.remedy))?;
        if let Some(f) = attributes_fault(roles[at], &raw) {
            return Err(fault(f.row, f.what, &f.value, f.remedy));
        }
        if let Raw::Texts(texts) = &raw {
            levels[at].add(&texts.levels);
        }
        match roles[at] {
            ColumnRole::Feature(_) => features.push(raw),
            role => attributes.set(role, Some(raw)),
        }
    }
    let schema = fields.schema(&roles, &texts, levels, place)?;
    let encode = |(raw, encoder): (Raw, ColumnEncoder)| {
        encoder.encode(raw).map_err(|_| Error::internal("a column was read as text and is not categorical"))
    };
    let columns = features.into_iter().zip(ColumnEncoder::of(&schema)).map(encode).collect::<Result<_>>()?;
    let columns = Columns::new(&schema, columns)?;
    let attributes =
        Attributes::join(vec![attributes], None, Ranks::alone(), |_, _| Error::internal("a label is not among the labels"))?;
    attributes.into_dataset(schema, Arc::new(columns))
}

/// The first value that cannot be a label, a weight, a group or a base margin.
pub(super) fn attributes_fault(role: ColumnRole, raw: &Raw) -> Option<CellFault> {
    let (rule, remedy): (fn(f64) -> bool, _) = match role {
        ColumnRole::Feature(_) | ColumnRole::Unused => return None,
        ColumnRole::Label | ColumnRole::OtherLabel(_) | ColumnRole::BaseMargin => {
            (|x| x.is_finite(), "it must be present and finite")
        }
        ColumnRole::Weight => (is_weight, WEIGHT_RULE),
        ColumnRole::LowerBound => (|x| is_bound(ColumnRole::LowerBound, x) == Some(true), bound_fault(role).1),
        ColumnRole::UpperBound => (|x| is_bound(ColumnRole::UpperBound, x) == Some(true), bound_fault(role).1),
        ColumnRole::Group => (|x| x >= 0.0 && x.fract() == 0.0, "groups must be integers from 0, or texts"),
    };
    let bad = |x: f64| (!rule(x)).then_some(x);
    let (row, value) = match raw {
        Raw::Texts(texts) => (0..texts.codes.len()).find(|&row| texts.get(row).is_none()).map(|row| (row, f64::NAN))?,
        Raw::Numbers(column) => (0..column.len()).find_map(|row| bad(column.slice(row..row + 1).get(0)).map(|x| (row, x)))?,
    };
    let what = match (role, value.is_nan()) {
        (ColumnRole::Label | ColumnRole::OtherLabel(_), true) => "missing label",
        (ColumnRole::Label | ColumnRole::OtherLabel(_), false) => "infinite label",
        (ColumnRole::Weight, _) => "bad weight",
        (ColumnRole::UpperBound, true) => "missing upper label bound",
        (ColumnRole::LowerBound, true) => "missing lower label bound",
        (ColumnRole::LowerBound | ColumnRole::UpperBound, false) => bound_fault(role).0,
        (ColumnRole::Group, _) => "bad query group",
        _ => "bad base margin",
    };
    let value = if value.is_nan() { String::new() } else { value.to_string() };
    let remedy = if role == ColumnRole::UpperBound && value.is_empty() { WITHOUT_BOUND } else { remedy };
    Some(CellFault { row, what, value, remedy })
}
