//! How files are to be read: which format, which columns play which part.

use crate::params::{Decimal, Header, ParamValue};
use crate::{CancellationToken, DataParams, Dataset, Error, FeatureSchema, Meter, Reading, Result};
use serde::{Deserialize, Serialize};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Comma-, tab-, semicolon-, pipe- or space-separated values.
    Csv,
    /// `label[:weight] [qid:n] index:value …`.
    Libsvm,
    /// Apache Parquet.
    Parquet,
    /// SageMaker's protobuf records in RecordIO frames.
    Recordio,
    /// One JSON document that holds all rows.
    Json,
    /// One JSON value a line, each a row.
    JsonLines,
}

/// What becomes of columns that a model does not have, where data must have its columns and no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraColumns {
    /// They are an error.
    #[default]
    Refused,
    /// They are passed over.
    Ignored,
}

/// What becomes of a key that a row of a request lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKeys {
    /// It is an error.
    #[default]
    Refused,
    /// Its value is missing, as that of a null.
    Null,
}

/// How files are to be read. Columns are given by name or by 0-based index.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The format; found out by looking at the data where absent.
    pub format: Option<Format>,
    /// Whether text may come in RecordIO frames, each of which ends a line. Text that does not is read as well.
    pub unwrap_records: bool,
    /// Whether CSV files begin with a line of column names.
    pub header: Header,
    /// The CSV delimiter; detected where absent.
    pub delimiter: Option<u8>,
    /// The decimal mark of numbers in CSV; a point where absent.
    pub decimal: Option<Decimal>,
    /// The label's column. Training defaults to the first column.
    pub label: Option<String>,
    /// The column of the labels' lower bounds, in the place of a label.
    pub label_lower_bound: Option<String>,
    /// The column of the labels' upper bounds.
    pub label_upper_bound: Option<String>,
    /// The weights' column.
    pub weight: Option<String>,
    /// The query groups' column.
    pub group: Option<String>,
    /// The base margins' column.
    pub base_margin: Option<String>,
    /// Columns to leave out.
    pub ignore: Vec<String>,
    /// Columns to treat as categorical although their values are numbers.
    pub categorical: Vec<String>,
    /// Texts that stand for a missing value.
    pub missing: Vec<String>,
    /// Whether the column after the label holds the weights.
    pub csv_weights: bool,
    /// Whether data for a model must have its columns and no others, as requests must: a CSV header is what holds the model's names, a
    /// column that the model does not know is an error.
    pub strict: bool,
    /// What becomes of other columns there.
    pub extra_columns: ExtraColumns,
    /// What becomes of keys that a JSON row there lacks.
    pub missing_keys: MissingKeys,
    /// How the training data of the model were read, if the data are to fit one. Its columns play the same parts again, unless the options
    /// give the parts to others.
    pub trained: Reading,
    /// Counts what is read.
    pub meter: Meter,
    /// Ends the reading of a request, and the scoring of what was read.
    pub cancellation: CancellationToken,
}

impl ReadOptions {
    /// What the parameters say about reading. `delimiter` has been checked by then.
    ///
    /// # Errors
    /// A delimiter that is not one ASCII character.
    pub fn new(params: &DataParams) -> Result<Self> {
        Ok(Self {
            format: None,
            unwrap_records: false,
            header: params.header,
            delimiter: params.delimiter.as_deref().map(delimiter).transpose()?,
            decimal: params.decimal,
            label: params.label_column.clone(),
            label_lower_bound: params.label_lower_bound_column.clone(),
            label_upper_bound: params.label_upper_bound_column.clone(),
            weight: params.weight_column.clone(),
            group: params.group_column.clone(),
            base_margin: params.base_margin_column.clone(),
            ignore: params.ignore_columns.clone(),
            categorical: params.categorical_features.clone(),
            missing: params.missing_values.clone(),
            csv_weights: params.csv_weights,
            strict: false,
            extra_columns: ExtraColumns::default(),
            missing_keys: MissingKeys::default(),
            trained: Reading::default(),
            meter: Meter::default(),
            cancellation: CancellationToken::default(),
        })
    }

    /// How data are read, as far as the options say it.
    pub(super) fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        reading.missing_values = Some(self.missing.clone());
        // Formats without a decimal mark of their own have the point.
        reading.decimal_mark = Some(self.decimal_mark()).filter(|&decimal| decimal != Decimal::Point).map(Decimal::mark);
        reading
    }

    /// The columns that the options name for anything but features.
    pub(super) fn attributes(&self) -> Vec<String> {
        let bounds = [&self.label_lower_bound, &self.label_upper_bound];
        let others = [&self.weight, &self.group, &self.base_margin];
        let labels = self.label.iter().flat_map(|label| named(label));
        labels.chain(bounds.into_iter().chain(others).flatten().cloned()).collect()
    }

    /// Takes columns for the bounds of labels.
    pub(super) fn take_bounds(&mut self, bounds: Option<(&String, &String)>) {
        if let Some((lower, upper)) = bounds {
            (self.label_lower_bound, self.label_upper_bound) = (Some(lower.clone()), Some(upper.clone()));
        }
    }

    /// Whether the options name bounds of labels.
    pub(super) fn names_bounds(&self) -> bool {
        self.label_lower_bound.is_some() || self.label_upper_bound.is_some()
    }

    /// The decimal mark of numbers in text: what the options say, else what training had.
    pub(super) fn decimal_mark(&self) -> Decimal {
        self.decimal.or_else(|| self.trained.decimal_mark.and_then(Decimal::of)).unwrap_or(Decimal::Point)
    }

    /// The column of base margins by its name, where rows have names: what the options say, else what training had.
    pub(super) fn margin_column(&self) -> Option<&str> {
        self.base_margin.as_deref().or(self.trained.base_margin_column.as_deref())
    }

    /// The cells of a request's row that has no names: the features, and behind them the base margin of a model that needs one.
    pub(super) fn request_width(&self, schema: &FeatureSchema) -> usize {
        schema.len() + usize::from(self.margin_column().is_some())
    }
}

/// The columns that a text may mean which names labels: the text as a whole, and the items of a list.
pub(super) fn named(label: &str) -> Vec<String> {
    let items = listed(label);
    let whole = label.to_string();
    if items == [whole.as_str()] { items } else { std::iter::once(whole).chain(items).collect() }
}

/// The items of a list of columns.
pub(super) fn listed(label: &str) -> Vec<String> {
    <Vec<String> as ParamValue>::parse(label).unwrap_or_default()
}

/// Refuses data of a format that has no place for the base margins that the model was trained with.
pub(super) fn check_margins(data: Dataset, options: &ReadOptions, place: &str) -> Result<Dataset> {
    match options.margin_column() {
        Some(column) if data.base_margin().is_none() => Err(Error::schema(format!(
            "missing base margins: {place} has none, and the model was trained with those of column {column}; give CSV, JSON or Parquet with \
             that column, or say base_margin_column=none to begin with the base score"
        ))),
        _ => Ok(data),
    }
}

fn delimiter(text: &str) -> Result<u8> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        "space" => Ok(b' '),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Ok(*byte),
            _ => Err(Error::parameter(format!("delimiter={text:?} is not a delimiter; give one character, or tab"))),
        },
    }
}

/// Refuses options that name columns, for a format without any: to ignore them would be to train another model than was asked for.
pub(super) fn refuse_column_options(options: &ReadOptions, format: &str) -> Result<()> {
    let bounds = [
        ("label_lower_bound_column", options.label_lower_bound.as_deref()),
        ("label_upper_bound_column", options.label_upper_bound.as_deref()),
    ];
    if let Some((name, column)) = bounds.into_iter().find_map(|(name, column)| Some((name, column?))) {
        let cause = format!("{name}={column} does not apply to {format}, whose rows have one label and no bounds of it");
        return Err(Error::parameter(cause).with_remedy("give the data as CSV, JSON or Parquet"));
    }
    let named = [
        ("label_column", options.label.as_deref().filter(|&label| label != "0")),
        ("weight_column", options.weight.as_deref()),
        ("group_column", options.group.as_deref()),
        ("base_margin_column", options.base_margin.as_deref()),
        ("ignore_columns", options.ignore.first().map(String::as_str)),
        ("categorical_features", options.categorical.first().map(String::as_str)),
    ];
    match named.iter().find_map(|(name, value)| value.map(|value| (name, value))) {
        Some((name, value)) => Err(Error::parameter(format!("{name}={value} does not apply to {format}; remove it"))),
        None => Ok(()),
    }
}
