//! Data in: files, arrays and frames become a [`Dataset`].

mod ahead;
mod base_margins;
mod block;
mod blocks;
mod cells;
mod column;
mod csv;
mod dataset;
mod files;
mod frame;
mod input_schema;
mod json;
mod labels;
mod levels;
mod libsvm;
mod load;
mod memory;
mod meter;
mod options;
mod parquet;
mod piece;
pub mod recordio;
mod request;
mod roles;
mod row_end;
mod sample;
mod sniff;
mod source;
#[cfg(test)]
mod tests;
mod text_source;
mod touch;
mod unwrap;

pub(crate) use base_margins::BaseMargins;
pub use block::{Block, BlockSource, Chunk, FeatureSource, MISSING_CODE};
pub use dataset::Dataset;
pub use input_schema::InputSchema;
pub use load::{list_files, read_matching, read_training, true_files};
pub use memory::{Column, Columns};
pub use meter::{IoStats, Meter};
pub use options::{Format, ReadOptions};
pub use request::{Encoding, read_request};
pub use sample::{Sample, sample};
pub use source::{Source, Spool};
pub use touch::FirstTouch;
