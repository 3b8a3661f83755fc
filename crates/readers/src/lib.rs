//! Files, pipes, remote objects, request bodies and polars frames → [`Dataset`]: CSV, Parquet, libsvm,
//! recordio-protobuf and JSON.
//!
//! [`read_training`] finds out the schema of a data set, [`read_matching`] reads data that are to fit a model, [`read_request`] reads rows
//! to predict from the body of a request, and [`from_dataframe`] takes a polars frame.
#![deny(missing_docs)]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests compare with std's functions"))]

mod ahead;
mod blocks;
mod cells;
mod column;
mod csv;
mod dates;
mod decided;
mod division;
mod feature_count;
mod fetch;
mod files;
mod foreign;
mod formats;
mod frame;
mod hive;
mod identity;
mod input_schema;
mod json;
mod json_form;
mod kept;
mod kinds;
mod labels;
mod levels;
mod libsvm;
mod load;
mod manifest;
mod matching_roles;
mod meter;
mod number_text;
mod options;
pub mod overlap;
mod parquet;
mod piece;
#[cfg(test)]
mod rank_tests;
mod ranks;
mod reader;
pub mod recordio;
mod request;
mod roles;
mod row_begin;
mod row_end;
mod sample;
mod shares;
mod sniff;
mod source;
mod temporary;
#[cfg(test)]
mod tests;
mod text_source;
mod touch;
mod unwrap;
mod whole_groups;

pub use division::consecutive;
pub use fetch::{Fetched, Remote, RemoteObject, fetch};
pub use files::is_no_data;
pub use frame::from_dataframe;
pub use input_schema::InputSchema;
pub use kept::{KeptCell, KeptColumns, Values, keep};
pub use load::{
    Expected, list_files, read_extending, read_extending_on, read_matching, read_matching_on, read_training, read_training_on,
    true_files, unknown_levels_on,
};
pub use meter::{IoStats, Meter};
pub use options::{ExtraColumns, Format, MissingKeys, ReadOptions};
pub use ranks::{RankFiles, Ranks};
pub use request::{Encoding, read_request};
pub use sample::{Sample, sample};
pub use shares::{Share, Shares};
pub use source::{Source, Spool};
pub use touch::FirstTouch;

use sapwood::data::{
    Block, BlockSource, CancellationToken, Chunk, Column, Columns, FeatureSource, LabelColumn, MISSING_CODE, WEIGHT_RULE, is_weight,
};
use sapwood::params::DataParams;
use sapwood::{Dataset, Error, Feature, FeatureKind, FeatureSchema, Reading, Result, memory, names, params};
