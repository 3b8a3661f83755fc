//! Data in: files, arrays and frames become a [`Dataset`].

mod block;
mod dataset;
mod load;
mod memory;
mod options;

pub use block::{Block, BlockSource, Chunk, MISSING_CODE};
pub use dataset::Dataset;
pub use load::{list_files, read_matching, read_training};
pub use memory::{Column, Columns};
pub use options::{Format, ReadOptions};
