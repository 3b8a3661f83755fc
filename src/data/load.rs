//! Files → [`Dataset`].

use super::files::{Listing, no_data};
use super::sniff::{Probe, word};
use super::source::Source;
use super::{Dataset, Format, InputSchema, ReadOptions, csv, libsvm, parquet, recordio};
use crate::{Error, FeatureSchema, Result};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How much is in memory at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The size of a block of text.
    pub block_bytes: usize,
    /// The size of parsed features up to which they are kept, so that later passes need not parse again.
    pub cache_bytes: usize,
    /// Rows up to which Parquet row groups are read together.
    pub slice_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block_bytes: 8 << 20, cache_bytes: 256 << 20, slice_rows: 1 << 20 }
    }
}

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
    let data = match set.format {
        Format::Csv => csv::training(&set.probes, options, limits),
        Format::Libsvm => libsvm::training(&set.probes, options, limits),
        Format::Parquet => parquet::training(&set.probes, options, limits),
        Format::Recordio => recordio::training(&set.probes, options, limits),
    };
    Ok(set.noted(data?))
}

/// Reads data for a model or next to training data: columns are matched to `schema` (by name where both have names, else by position),
/// categories are coded by its levels, text labels by `classes`. Labels are read only where `options.label` is given or `need_label` is set.
///
/// # Errors
/// As [`read_training`], and columns that do not fit the schema: a wrong count, a missing column, a wrong type.
pub fn read_matching(
    sources: &[impl Clone + Into<Source>],
    options: &ReadOptions,
    schema: &FeatureSchema,
    classes: Option<&[String]>,
    need_label: bool,
) -> Result<Dataset> {
    read_matching_within(&to_sources(sources), options, schema, classes, need_label, Limits::default())
}

/// [`read_matching`] within other limits.
pub(super) fn read_matching_within(
    sources: &[Source],
    options: &ReadOptions,
    schema: &FeatureSchema,
    classes: Option<&[String]>,
    need_label: bool,
    limits: Limits,
) -> Result<Dataset> {
    let set = FileSet::open(sources, options)?;
    let schema = &InputSchema::new(schema.clone());
    let data = match set.format {
        Format::Csv => csv::matching(&set.probes, options, schema, classes, need_label, limits),
        Format::Libsvm => libsvm::matching(&set.probes, options, schema, classes, need_label, limits),
        Format::Parquet => parquet::matching(&set.probes, options, schema, classes, need_label, limits),
        Format::Recordio => recordio::matching(&set.probes, options, schema, classes, need_label, limits),
    };
    Ok(set.noted(data?))
}

/// Files of one format.
pub(super) struct FileSet {
    pub probes: Vec<Probe>,
    pub format: Format,
    pub note: Option<String>,
}

impl FileSet {
    /// Looks at all files. There is at least one.
    pub fn open(sources: &[Source], options: &ReadOptions) -> Result<Self> {
        let mut listing = Listing::new(sources)?;
        let files = std::mem::take(&mut listing.files);
        let found: Vec<_> = files.par_iter().map(|file| Probe::new(&file.clone().metered(&options.meter), options)).collect();
        let mut probes: Vec<Probe> = Vec::with_capacity(found.len());
        for (file, probe) in files.into_iter().zip(found) {
            match probe? {
                Some(probe) => probes.push(probe),
                None => listing.passed_over.push(file.to_path_buf()),
            }
        }
        let Some(first) = probes.first() else { return Err(no_data(sources, &listing.passed_over)) };
        if let Some(other) = probes.iter().find(|probe| probe.format != first.format) {
            return Err(Error::schema(format!(
                "files disagree: {} is {}, {} is {}; put files of one format in a data set, or say which format it is",
                display(&first.path),
                word(Some(first.format)),
                display(&other.path),
                word(Some(other.format))
            )));
        }
        Ok(Self { format: first.format, probes, note: listing.note() })
    }

    fn noted(self, mut data: Dataset) -> Dataset {
        data.notes.extend(self.note);
        data
    }
}

/// The path as it appears in messages.
pub(crate) fn display(path: &Path) -> String {
    path.display().to_string()
}
