//! The body of a request → [`Dataset`], through the readers of files, so that a row means the same to both.

use super::blocks::Compression;
use super::json;
use super::json_form::Form;
use super::sniff::Probe;
use super::source::DataFile;
use super::source::display;
use crate::division::Division;
use crate::formats::reader;
use crate::options::check_margins;
use crate::ranks::Ranks;
use crate::reader::{Fit, Input, Limits};
use crate::{Dataset, Error, Format, InputSchema, ReadOptions, Result};
use std::path::Path;
use std::sync::Arc;

/// How the rows of a request are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Comma-separated values, with a line of the model's column names or without.
    Csv,
    /// `[label] index:value …`, without options for what is a label: it is passed over.
    Libsvm,
    /// recordio-protobuf, labels passed over.
    Recordio,
    /// One Apache Parquet file.
    Parquet,
    /// One JSON document that holds all rows.
    Json,
    /// One JSON value a line, each a row.
    JsonLines,
}

impl Encoding {
    /// The encoding as a word, for messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Libsvm => "libsvm",
            Self::Recordio => "recordio-protobuf",
            Self::Parquet => "parquet",
            Self::Json => "json",
            Self::JsonLines => "jsonlines",
        }
    }
}

/// What messages call the body.
const NAME: &str = "request";

/// Reads rows to predict from a request's body: its columns must be those of `schema`, by name or by position. Labels are passed over
/// where libsvm rows have them; CSV and Parquet must not have a column for them. `None` if there is nothing but white space.
///
/// ```
/// use sapwood::FeatureSchema;
/// use sapwood::params::DataParams;
/// use sapwood_readers::{Encoding, InputSchema, ReadOptions, read_request};
/// let options = ReadOptions::new(&DataParams::default())?;
/// let schema = InputSchema::new(FeatureSchema::numeric(2));
/// let data = read_request(b"1,2\n3,NA\n"[..].into(), Encoding::Csv, &options, &schema)?;
/// assert_eq!(data.map(|data| data.rows()), Some(2));
/// let error = read_request(b"1,2,3\n"[..].into(), Encoding::Csv, &options, &schema).map(drop).map_err(|e| e.to_string());
/// assert!(error.is_err_and(|text| text.starts_with("wrong number of columns: request:1: expected 2, found 3")));
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// Of kind [`Schema`](sapwood::ErrorKind::Schema) where columns do not fit, of kind [`Data`](sapwood::ErrorKind::Data) where the body cannot
/// be read as what it claims to be, of kind [`Cancelled`](sapwood::ErrorKind::Cancelled) where the options' token was.
pub fn read_request(body: Arc<[u8]>, encoding: Encoding, options: &ReadOptions, schema: &InputSchema) -> Result<Option<Dataset>> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let Some(data) = read(body, encoding, options, schema)? else { return Ok(None) };
    let data = check_margins(data, options, &format!("{NAME} ({})", encoding.word()))?;
    Ok(Some(data).map(|data| data.with_cancellation(options.cancellation.clone())))
}

fn read(body: Arc<[u8]>, encoding: Encoding, options: &ReadOptions, schema: &InputSchema) -> Result<Option<Dataset>> {
    let format = match encoding {
        Encoding::Csv => Format::Csv,
        Encoding::Libsvm => Format::Libsvm,
        Encoding::Recordio => Format::Recordio,
        Encoding::Parquet => Format::Parquet,
        Encoding::Json => return json::matching(&body, Form::Document, options, schema, NAME).map(Some),
        Encoding::JsonLines => return json::matching(&body, Form::Lines, options, schema, NAME).map(Some),
    };
    let path = Path::new(NAME);
    if Compression::of(&body) != Compression::None {
        return Err(Error::data(format!("the body is compressed: {}; send it as it is", display(path))));
    }
    let options = ReadOptions { format: Some(format), strict: true, ..options.clone() };
    let Some(probe) = Probe::new(&DataFile::in_memory(path, body), &options)? else { return Ok(None) };
    let probes = [probe];
    let input = Input { files: &probes, options: &options, limits: Limits::default() };
    let fit = Fit { schema, classes: None, needs_labels: false };
    reader(format).matching(input, fit, &mut Division::whole(Ranks::alone(), 1)).map(Some)
}
