//! Files → [`Dataset`].

use super::files::{Listing, no_data};
use super::sniff::{Probe, word};
use super::source::{Source, display};
use crate::formats::reader;
use crate::identity::Unread;
use crate::levels::in_code_order;
use crate::options::check_margins;
use crate::reader::{Fit, Input, Limits};
use crate::{Dataset, Error, FeatureKind, FeatureSchema, Format, InputSchema, ReadOptions, Result};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The data files behind `paths`, in reading order: directories are searched to any depth, hidden and `_`-prefixed files, checksums and
/// manifests passed over. Files in directories are not looked at: some may be empty.
///
/// # Errors
/// A path that does not exist or cannot be read, or no file at all.
pub fn list_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(Listing::new(&to_sources(paths))?.files.iter().map(|file| file.to_path_buf()).collect())
}

/// The same files under the names that links lead to.
///
/// # Errors
/// As [`list_files`].
pub fn true_files(paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    Ok(Listing::new(&to_sources(paths))?.true_names.into_iter().collect())
}

/// Reads training data: finds out the schema, the labels and what else goes with a row.
///
/// # Errors
/// Anything wrong with the files: the message names file, line, column, the offending text and the remedy.
pub fn read_training(sources: &[impl Clone + Into<Source>], options: &ReadOptions) -> Result<Dataset> {
    read_training_within(&to_sources(sources), options, Limits::default())
}

pub(super) fn to_sources(sources: &[impl Clone + Into<Source>]) -> Vec<Source> {
    sources.iter().cloned().map(Into::into).collect()
}

/// [`read_training`] within other limits.
pub(super) fn read_training_within(sources: &[Source], options: &ReadOptions, limits: Limits) -> Result<Dataset> {
    let set = FileSet::open(sources, options)?;
    let data = reader(set.format).training(Input { files: &set.probes, options, limits })?;
    set.noted(data)
}

/// What data to read for a model, or beside training data, must be like.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Columns are matched to its features: by name where both have names, else by position. Categories are coded by its levels.
    pub schema: &'a FeatureSchema,
    /// The texts of the labels in class order; `None` where labels are numbers.
    pub classes: Option<&'a [String]>,
    /// Whether there must be labels. Otherwise they are read only if the options name their column.
    pub needs_labels: bool,
}

/// Reads data for a model or beside training data.
///
/// # Errors
/// As [`read_training`], and columns that do not fit the schema: a wrong count, a missing column, a wrong type.
pub fn read_matching(sources: &[impl Clone + Into<Source>], options: &ReadOptions, expected: Expected<'_>) -> Result<Dataset> {
    read_matching_within(&to_sources(sources), options, expected, Limits::default())
}

/// [`read_matching`] within other limits.
pub(super) fn read_matching_within(
    sources: &[Source],
    options: &ReadOptions,
    expected: Expected<'_>,
    limits: Limits,
) -> Result<Dataset> {
    let set = FileSet::open(sources, options)?;
    let Expected { schema, classes, needs_labels } = expected;
    let fit = Fit { schema: &InputSchema::new(schema.clone()), classes, needs_labels };
    let data = reader(set.format).matching(Input { files: &set.probes, options, limits }, fit)?;
    let data = check_margins(data, options, &display(&set.probes[0].path))?;
    set.noted(data)
}

/// Reads training data for a model that is to learn more: as [`read_matching`], but the schema of the data has levels that the model does not
/// know, after those that it knows.
///
/// # Errors
/// As [`read_matching`].
pub fn read_extending(sources: &[impl Clone + Into<Source>], options: &ReadOptions, expected: Expected<'_>) -> Result<Dataset> {
    let Expected { schema, classes, needs_labels } = expected;
    let set = FileSet::open(&to_sources(sources), options)?;
    let read = |schema: &InputSchema| {
        let input = Input { files: &set.probes, options, limits: Limits::default() };
        let data = reader(set.format).matching(input, Fit { schema, classes, needs_labels })?;
        check_margins(data, options, &display(&set.probes[0].path))
    };
    let data = read(&InputSchema::collecting(schema.clone()))?;
    let mut extended = schema.clone();
    if schema.features.iter().any(|feature| feature.kind.is_categorical()) {
        // Texts are looked up when rows are visited.
        data.source().visit(&|_| Ok(()))?;
    }
    for (feature, texts) in data.source().unknown_levels() {
        if let FeatureKind::Categorical { levels } = &mut extended.features[feature].kind {
            levels.extend(in_code_order(texts));
        }
    }
    let data = if extended == *schema { data } else { read(&InputSchema::new(extended))? };
    set.noted(data)
}

/// Files of one format.
pub(super) struct FileSet {
    pub probes: Vec<Probe>,
    pub format: Format,
    pub note: Option<String>,
    unread: Unread,
}

impl FileSet {
    /// Looks at all files. There is at least one.
    pub fn open(sources: &[Source], options: &ReadOptions) -> Result<Self> {
        let mut listing = Listing::new(sources)?;
        let files = std::mem::take(&mut listing.files);
        let unread = Unread::of(files.par_iter().map(|file| &**file));
        let found: Vec<_> = files.par_iter().map(|file| Probe::new(&file.clone().metered(&options.meter), options)).collect();
        let mut probes: Vec<Probe> = Vec::with_capacity(found.len());
        for (file, probe) in files.into_iter().zip(found) {
            match probe? {
                Some(probe) => probes.push(probe),
                None => listing.passed_over.push(file.to_path_buf()),
            }
        }
        let Some(first) = probes.first() else { return Err(no_data(sources, &listing.passed_over)) };
        if let Some(other) = probes.iter().find(|probe| !are_one_set(probe.format, first.format)) {
            return Err(Error::schema(format!(
                "files disagree: {} is {}, {} is {}; use one format per data set, or give the format",
                display(&first.path),
                word(Some(first.format)),
                display(&other.path),
                word(Some(other.format))
            )));
        }
        Ok(Self { format: first.format, probes, note: listing.note(), unread })
    }

    /// The data that were read from the files, unless these are others by now.
    fn noted(self, data: Dataset) -> Result<Dataset> {
        self.unread.check()?;
        Ok(data.with_notes(self.note))
    }
}

/// Whether files of two formats may be one data set. A single line of JSON may be a document, or the only line of its file.
fn are_one_set(one: Format, other: Format) -> bool {
    let is_json = |format| matches!(format, Format::Json | Format::JsonLines);
    one == other || (is_json(one) && is_json(other))
}
