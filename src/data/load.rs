//! Files → [`Dataset`].

use super::{Dataset, ReadOptions};
use crate::{FeatureSchema, Result};
use std::path::{Path, PathBuf};

/// The data files behind `paths`, in reading order: directories are searched to any depth, hidden, `_`-prefixed and empty files passed over.
///
/// # Errors
/// A path that does not exist or cannot be read, or no file at all.
pub fn list_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let _: &[PathBuf] = paths;
    Err(crate::Error::internal("not written yet"))
}

/// Reads training data: finds out the schema, the labels and what else goes with a row.
///
/// # Errors
/// Anything wrong with the files: the message names file, line, column, the offending text and the remedy.
pub fn read_training(paths: &[PathBuf], options: &ReadOptions) -> Result<Dataset> {
    let _ = (paths, options);
    Err(crate::Error::internal("not written yet"))
}

/// Reads data for a model or next to training data: columns are matched to `schema` (by name where both have names, else by position),
/// categories are coded by its levels, text labels by `classes`. Labels are read only where `options.label` is given or `need_label` is set.
///
/// # Errors
/// As [`read_training`], and columns that do not fit the schema: a wrong count, a missing column, a wrong type.
pub fn read_matching(
    paths: &[PathBuf],
    options: &ReadOptions,
    schema: &FeatureSchema,
    classes: Option<&[String]>,
    need_label: bool,
) -> Result<Dataset> {
    let _ = (paths, options, schema, classes, need_label);
    Err(crate::Error::internal("not written yet"))
}

/// The path as it appears in messages.
pub(crate) fn display(path: &Path) -> String {
    path.display().to_string()
}
