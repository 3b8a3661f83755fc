//! Columns of the data that are kept beside predictions, so that whoever reads these knows which row is which.

use crate::csv;
use crate::frame::guarded;
use crate::json;
use crate::load::{FileSet, to_sources};
use crate::parquet;
use crate::reader::{Input, Limits};
use crate::source::display;
use crate::{Error, FeatureSchema, Format, ReadOptions, Result, Source};
use polars::prelude::{DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, Series};
use std::io::{self, Write};

/// Columns as they stand in the data: texts of text files, the values of Parquet files in their types.
#[derive(Clone, Debug, Default)]
pub struct KeptColumns {
    columns: Vec<Series>,
}

/// A cell of a kept column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptCell {
    /// There is no value.
    Null,
    /// A number or truth value, as JSON has it.
    Plain(String),
    /// Any other text.
    Text(String),
}

/// Values to write beside kept columns.
#[derive(Clone, Debug)]
pub enum Values {
    /// Numbers.
    Numbers(Vec<f64>),
    /// Indices.
    Indices(Vec<u32>),
    /// Texts.
    Texts(Vec<String>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Indices(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }
}

/// Reads columns, given by name or 0-based index, of data that are scored by a model with `schema`.
///
/// # Errors
/// No such column, a format without columns, or data that cannot be read.
pub fn keep(
    sources: &[impl Clone + Into<Source>],
    options: &ReadOptions,
    schema: &FeatureSchema,
    columns: &[String],
) -> Result<KeptColumns> {
    if columns.is_empty() {
        return Ok(KeptColumns::default());
    }
    let set = FileSet::open(&to_sources(sources), options)?;
    let input = Input { files: &set.probes, options, limits: Limits::default() };
    let columns = match set.format {
        Format::Csv => {
            let texts = csv::texts(input, schema, columns)?;
            texts.into_iter().map(|(name, cells)| Series::new(name.into(), cells)).collect()
        }
        Format::Parquet => parquet::columns(input, columns)?,
        Format::Json | Format::JsonLines => {
            let texts = json::texts(input, columns)?;
            texts.into_iter().map(|(name, cells)| Series::new(name.into(), cells)).collect()
        }
        Format::Libsvm | Format::Recordio => {
            let file = display(&set.probes[0].path);
            return Err(Error::schema(format!(
                "columns can be kept of CSV, JSON and Parquet alone: {file}; give the data as one of these"
            )));
        }
    };
    Ok(KeptColumns { columns })
}

impl KeptColumns {
    /// The columns' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name().as_str())
    }

    /// The number of rows; none where no column is kept.
    pub fn rows(&self) -> Option<usize> {
        self.columns.first().map(|column| column.len())
    }

    /// The cells of each column.
    ///
    /// # Errors
    /// A type that has no text.
    pub fn cells(&self) -> Result<Vec<Vec<KeptCell>>> {
        self.columns.iter().map(cells).collect()
    }

    /// Writes the columns, and behind them others of as many rows, as one Parquet file.
    ///
    /// # Errors
    /// Columns that do not fit each other, or `out` cannot be written.
    pub fn write_parquet(&self, others: Vec<(String, Values)>, out: &mut dyn Write) -> io::Result<()> {
        let height = others.first().map_or(0, |(_, values)| values.len());
        let series = |(name, values): (String, Values)| match values {
            Values::Numbers(values) => Series::new(name.into(), values),
            Values::Indices(values) => Series::new(name.into(), values),
            Values::Texts(values) => Series::new(name.into(), values),
        };
        let columns = self.columns.iter().cloned().chain(others.into_iter().map(series)).map(Series::into_column).collect();
        guarded(|| {
            let mut frame = DataFrame::new(height, columns)?;
            ParquetWriter::new(out).finish(&mut frame)
        })
        .map(drop)
        .map_err(io::Error::other)
    }
}

fn cells(column: &Series) -> Result<Vec<KeptCell>> {
    let is_plain = column.dtype().is_primitive_numeric() || *column.dtype() == DataType::Boolean;
    let texts = guarded(|| column.cast(&DataType::String))
        .map_err(|error| Error::schema(format!("column {} cannot be kept as text: {error}", column.name())))?;
    let texts = texts.str().map_err(|error| Error::internal(error.to_string()))?;
    let cell = |text: Option<&str>| match text {
        None => KeptCell::Null,
        // JSON has neither.
        Some(text) if is_plain && !text.starts_with(['N', 'i']) && !text.starts_with("-i") => KeptCell::Plain(text.to_string()),
        Some(text) => KeptCell::Text(text.to_string()),
    };
    Ok(texts.iter().map(cell).collect())
}
