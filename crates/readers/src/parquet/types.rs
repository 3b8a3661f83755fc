//! What the columns of a Parquet file hold: its own types, and what the writer's notes (an Arrow schema, pandas' metadata) add.

use crate::frame::guarded;
use polars::prelude::{
    ArrowDataType, ArrowField, ArrowSchema, ArrowTimeUnit, DataType, FileMetadata, Float32Chunked, IntoSeries, NewChunkedArray,
    PolarsResult, Series, UnknownKind,
};
use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet::read::infer_schema;
use serde::Deserialize;
use std::collections::HashSet;

/// The types of a file's columns, and what polars is to be told so that it reads each as such.
pub(super) struct ColumnTypes {
    pub names: Vec<String>,
    pub types: Vec<DataType>,
    pub type_names: Vec<String>,
    /// For every column, its type as polars must be told it, where the metadata without the writer's notes do not say it. (The notes are
    /// often an Arrow schema, all of which polars would decode for every column that it reads.)
    pub noted: Vec<Option<ArrowField>>,
    /// Whether its numbers have 16 bits.
    pub is_half: Vec<bool>,
    /// Whether the column is of categories, whatever the type of these.
    pub categories: Vec<bool>,
}

impl ColumnTypes {
    /// `noted` are the columns with the writer's notes, `bare` are the metadata without them.
    pub fn new(metadata: &FileMetadata, bare: &FileMetadata, noted: &ArrowSchema) -> Self {
        let old_times = old_times(metadata);
        let fields = infer_schema(bare).unwrap_or_default();
        let pandas = pandas_categories(metadata);
        let width = noted.len();
        let mut types = Self {
            names: Vec::with_capacity(width),
            types: Vec::with_capacity(width),
            type_names: Vec::with_capacity(width),
            noted: Vec::with_capacity(width),
            is_half: Vec::with_capacity(width),
            categories: Vec::with_capacity(width),
        };
        for (at, noted) in noted.iter_values().enumerate() {
            let found = fields.get_at_index(at).map(|(_, field)| field).filter(|field| field.name == noted.name);
            types.push(noted, found, old_times.contains(noted.name.as_str()), pandas.contains(noted.name.as_str()));
        }
        types
    }

    fn push(&mut self, noted: &ArrowField, found: Option<&ArrowField>, is_old_time: bool, is_pandas_category: bool) {
        // polars makes categories of a text that the notes call a dictionary's, and so hashes every row's text; as a string, a row is no more
        // than a reference to its text.
        let is_dictionary = matches!(noted.dtype(), ArrowDataType::Dictionary(..));
        let is_half = matches!(
            (noted.dtype(), found.map(ArrowField::dtype)),
            (ArrowDataType::Float16, Some(ArrowDataType::FixedSizeBinary(2)))
        );
        // Times of 96 bits reach further than nanoseconds of 64 bits do: polars turns what does not fit into the last moment that does.
        let told = match found {
            Some(found) if is_old_time => {
                Some(ArrowField { dtype: ArrowDataType::Timestamp(ArrowTimeUnit::Microsecond, None), ..found.clone() })
            }
            Some(found) if is_half || is_dictionary || found == noted => None,
            _ => Some(noted.clone()),
        };
        let dtype = match (&told, found) {
            _ if is_half => DataType::Float32,
            (None, Some(found)) => known(found),
            (told, _) => known(told.as_ref().unwrap_or(noted)),
        };
        self.names.push(noted.name.to_string());
        self.type_names.push(match &dtype {
            DataType::Unknown(_) => format!("{:?}", noted.dtype()).to_lowercase(),
            known => known.to_string(),
        });
        self.types.push(dtype);
        self.noted.push(told);
        self.is_half.push(is_half);
        self.categories.push(is_dictionary || is_pandas_category);
    }
}

/// The type as polars has it. polars panics on types that it was built without; a column of such a type may still be left out.
fn known(field: &ArrowField) -> DataType {
    guarded(|| Ok(DataType::from_arrow_field(field))).unwrap_or(DataType::Unknown(UnknownKind::Any))
}

/// The columns of times of 96 bits, as Spark and Hive write them.
fn old_times(metadata: &FileMetadata) -> HashSet<String> {
    let columns = metadata.schema_descr.columns().iter();
    let old = columns.filter(|column| column.descriptor.primitive_type.physical_type == PhysicalType::Int96);
    old.filter_map(|column| match &column.path_in_schema[..] {
        [name] => Some(name.to_string()),
        _ => None,
    })
    .collect()
}

/// What pandas notes about a frame.
#[derive(Deserialize)]
struct PandasNotes {
    columns: Vec<PandasColumn>,
}

#[derive(Deserialize)]
struct PandasColumn {
    name: Option<String>,
    pandas_type: String,
}

/// The columns that were categorical in pandas. An Arrow schema says the same of them where there is one.
fn pandas_categories(metadata: &FileMetadata) -> HashSet<String> {
    let notes = metadata.key_value_metadata.iter().flatten().find(|note| note.key == "pandas");
    let Some(notes) = notes.and_then(|note| note.value.as_deref()) else { return HashSet::new() };
    let notes = serde_json::from_str(notes).unwrap_or(PandasNotes { columns: Vec::new() });
    notes.columns.into_iter().filter(|column| column.pandas_type == "categorical").filter_map(|column| column.name).collect()
}

/// Numbers of 16 bits, which polars read as bytes, with 32.
pub(super) fn widened(series: &Series) -> PolarsResult<Series> {
    let number = |bytes: Option<&[u8]>| bytes.and_then(|bytes| Some(half(u16::from_le_bytes(bytes.try_into().ok()?))));
    Ok(Float32Chunked::from_iter_options(series.name().clone(), series.binary()?.iter().map(number)).into_series())
}

/// The number that 16 bits stand for: sign, 5 bits of exponent, 10 bits of fraction.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f32::from(bits & 0x3ff) / 1024.0);
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2f32.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_widened() {
        for (bits, number) in [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), f32::to_bits(number), "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
