//! In the place of `files.rs` where the package was built without what reads files.

use crate::like::Like;
use sapwood::{Dataset, Error, ErrorKind, Model, Result};
use std::path::PathBuf;

/// Files cannot be read.
pub enum Files {}

fn unreadable() -> Error {
    let error = Error::new(ErrorKind::Configuration, "this build of the Python package reads no files");
    error.with_remedy(
        "read them with pandas, polars or pyarrow and give the frame, or install the larger build from a checkout: \
         pip install ./python --config-settings build-args='--features files'",
    )
}

impl Files {
    /// # Errors
    /// Always.
    pub fn read(_: Vec<PathBuf>, _: Vec<(String, String)>) -> Result<Self> {
        Err(unreadable())
    }

    pub fn data(&self) -> &Dataset {
        match *self {}
    }

    pub fn matching(&self, _: Like<'_>) -> Result<Dataset> {
        match *self {}
    }

    pub fn extending(&self, _: &Model) -> Result<Dataset> {
        match *self {}
    }
}

/// # Errors
/// Always.
pub fn to_predict(_: &[PathBuf], _: Like<'_>) -> Result<Dataset> {
    Err(unreadable())
}
