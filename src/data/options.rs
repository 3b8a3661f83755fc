//! How files are to be read: which format, which columns play which part.

use crate::Params;
use crate::params::Header;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-, tab-, semicolon-, pipe- or space-separated values.
    Csv,
    /// `label[:weight] [qid:n] index:value …`.
    Libsvm,
    /// Apache Parquet.
    Parquet,
}

/// How files are to be read. Columns are given by name or by 0-based index.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The format; found out by looking at the data where absent.
    pub format: Option<Format>,
    /// Whether CSV files begin with a line of column names.
    pub header: Header,
    /// The CSV delimiter; detected where absent.
    pub delimiter: Option<u8>,
    /// The label's column. Training defaults to the first column.
    pub label: Option<String>,
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
}

impl ReadOptions {
    /// What the parameters say about reading. `delimiter` has been checked by then.
    ///
    /// # Errors
    /// A delimiter that is not one ASCII character.
    pub fn from_params(params: &Params) -> crate::Result<Self> {
        Ok(Self {
            format: None,
            header: params.header,
            delimiter: params.delimiter.as_deref().map(delimiter).transpose()?,
            label: params.label_column.clone(),
            weight: params.weight_column.clone(),
            group: params.group_column.clone(),
            base_margin: params.base_margin_column.clone(),
            ignore: params.ignore_columns.clone(),
            categorical: params.categorical_features.clone(),
            missing: params.missing_values.clone(),
            csv_weights: params.csv_weights,
        })
    }
}

fn delimiter(text: &str) -> crate::Result<u8> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        "space" => Ok(b' '),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Ok(*byte),
            _ => Err(crate::Error::parameter(format!("delimiter={text:?} is no delimiter; give one character, or tab"))),
        },
    }
}
