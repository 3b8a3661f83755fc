//! Files → [`Dataset`].

use super::files::{Listing, no_data};
use super::sniff::{Probe, word};
use super::source::{Source, display};
use super::whole_groups;
use crate::blocks::Packing;
use crate::division::Division;
use crate::formats::reader;
use crate::identity::Unread;
use crate::levels::in_code_order;
use crate::manifest::Manifest;
use crate::options::check_margins;
use crate::ranks::{RankFiles, Ranks};
use crate::reader::{Fit, Input, Limits};
use crate::shares::Shares;
use crate::{Dataset, Error, FeatureKind, FeatureSchema, Format, InputSchema, ReadOptions, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

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

/// Reads training data on several ranks, each a part of the rows. What is said of columns and classes is said of the rows of all ranks, and
/// the same on all.
///
/// # Errors
/// As [`read_training`], and files that ranks do not share, or share, against what `ranks` says. All ranks have the same error: the first in
/// the order of rows.
pub fn read_training_on(
    sources: &[impl Clone + Into<Source>],
    options: &ReadOptions,
    ranks: Ranks<'_>,
) -> Result<(Dataset, Shares)> {
    training_on(&to_sources(sources), options, ranks, Limits::default())
}

pub(super) fn to_sources(sources: &[impl Clone + Into<Source>]) -> Vec<Source> {
    sources.iter().cloned().map(Into::into).collect()
}

/// [`read_training`] within other limits.
pub(super) fn read_training_within(sources: &[Source], options: &ReadOptions, limits: Limits) -> Result<Dataset> {
    training_on(sources, options, Ranks::alone(), limits).map(|(data, _)| data)
}

/// [`read_training_on`] within other limits.
pub(super) fn training_on(
    sources: &[Source],
    options: &ReadOptions,
    ranks: Ranks<'_>,
    limits: Limits,
) -> Result<(Dataset, Shares)> {
    let set = FileSet::open_on(sources, options, ranks)?;
    let mut division = Division::of(ranks, &set.probes, &set.first_files);
    let data = reader(set.format).training(Input { files: &set.probes, options, limits }, &mut division)?;
    set.noted(data, &division)
}

/// What data to read for a model, or beside training data, must be like.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Columns are matched to its features: by name where both have names, else by position. Categories are coded by its levels.
    pub schema: &'a FeatureSchema,
    /// The texts of the labels in class order; `None` where labels are numbers.
    pub classes: Option<&'a [String]>,
    /// Whether there must be labels. Otherwise they, and whatever else predictions do not depend on, are passed over.
    pub needs_labels: bool,
}

/// Reads data for a model or beside training data.
///
/// # Errors
/// As [`read_training`], and columns that do not fit the schema: a wrong count, a missing column, a wrong type.
pub fn read_matching(sources: &[impl Clone + Into<Source>], options: &ReadOptions, expected: Expected<'_>) -> Result<Dataset> {
    read_matching_within(&to_sources(sources), options, expected, Limits::default())
}

/// Reads data for a model or beside training data on several ranks, each a part of the rows.
///
/// # Errors
/// As [`read_matching`] and [`read_training_on`].
pub fn read_matching_on(
    sources: &[impl Clone + Into<Source>],
    options: &ReadOptions,
    expected: Expected<'_>,
    ranks: Ranks<'_>,
) -> Result<(Dataset, Shares)> {
    matching_on(&to_sources(sources), options, expected, ranks, Limits::default())
}

/// [`read_matching`] within other limits.
pub(super) fn read_matching_within(
    sources: &[Source],
    options: &ReadOptions,
    expected: Expected<'_>,
    limits: Limits,
) -> Result<Dataset> {
    matching_on(sources, options, expected, Ranks::alone(), limits).map(|(data, _)| data)
}

/// [`read_matching_on`] within other limits.
pub(super) fn matching_on(
    sources: &[Source],
    options: &ReadOptions,
    expected: Expected<'_>,
    ranks: Ranks<'_>,
    limits: Limits,
) -> Result<(Dataset, Shares)> {
    let set = FileSet::open_on(sources, options, ranks)?;
    let Expected { schema, classes, needs_labels } = expected;
    let mut division = Division::of(ranks, &set.probes, &set.first_files);
    let data =
        set.matching(options, limits, Fit { schema: &InputSchema::new(schema.clone()), classes, needs_labels }, &mut division)?;
    set.noted(data, &division)
}

/// Reads training data for a model that is to learn more: as [`read_matching`], but the schema of the data has levels that the model does not
/// know, after those that it knows.
///
/// # Errors
/// As [`read_matching`].
pub fn read_extending(sources: &[impl Clone + Into<Source>], options: &ReadOptions, expected: Expected<'_>) -> Result<Dataset> {
    read_extending_on(sources, options, expected, Ranks::alone()).map(|(data, _)| data)
}

/// The same on several ranks, each of which reads a part of the rows.
///
/// # Errors
/// As [`read_matching_on`].
pub fn read_extending_on(
    sources: &[impl Clone + Into<Source>],
    options: &ReadOptions,
    expected: Expected<'_>,
    ranks: Ranks<'_>,
) -> Result<(Dataset, Shares)> {
    let Expected { schema, classes, needs_labels } = expected;
    let set = FileSet::open_on(&to_sources(sources), options, ranks)?;
    let read = |schema: &InputSchema| {
        let mut division = Division::of(ranks, &set.probes, &set.first_files);
        let data = set.matching(options, Limits::default(), Fit { schema, classes, needs_labels }, &mut division)?;
        Ok::<_, Error>((data, division))
    };
    let (data, division) = read(&InputSchema::collecting(schema.clone()))?;
    let mut extended = schema.clone();
    if schema.features.iter().any(|feature| feature.kind.is_categorical()) {
        // Texts are looked up when rows are visited.
        ranks.agree(data.source().visit(&|_| Ok(())))?;
    }
    for (feature, texts) in unknown_levels_on(&data, ranks)? {
        if let FeatureKind::Categorical { levels } = &mut extended.features[feature].kind {
            levels.extend(in_code_order(texts));
        }
    }
    let (data, division) = if extended == *schema { (data, division) } else { read(&InputSchema::new(extended))? };
    set.noted(data, &division)
}

/// What [`BlockSource::unknown_levels`](crate::BlockSource::unknown_levels) says of the rows of all ranks together.
///
/// # Errors
/// Ranks that do not understand each other.
pub fn unknown_levels_on(data: &Dataset, ranks: Ranks<'_>) -> Result<Vec<(usize, Vec<String>)>> {
    let mut all: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (feature, texts) in ranks.gather(data.source().unknown_levels())?.into_iter().flatten() {
        all.entry(feature).or_default().extend(texts);
    }
    Ok(all.into_iter().map(|(feature, texts)| (feature, texts.into_iter().collect())).collect())
}

/// Files of one format.
pub(super) struct FileSet {
    /// Those of all ranks, in reading order.
    pub probes: Vec<Probe>,
    pub format: Format,
    pub note: Option<String>,
    unread: Unread,
    /// The first file that each rank looked at, and the number of all.
    first_files: Vec<usize>,
}

/// What a look at a file found.
#[derive(Serialize, Deserialize)]
struct Look {
    packing: Packing,
    format: Format,
    whole: bool,
}

impl FileSet {
    /// Looks at all files. There is at least one.
    pub fn open(sources: &[Source], options: &ReadOptions) -> Result<Self> {
        Self::open_on(sources, options, Ranks::alone())
    }

    /// Looks at the files of several ranks, each of which looks at some.
    pub fn open_on(sources: &[Source], options: &ReadOptions, ranks: Ranks<'_>) -> Result<Self> {
        let mut listing = ranks.agree(Listing::any(sources))?;
        let are_divided = !ranks.is_alone() && ranks.files() == RankFiles::Shared;
        let own: Vec<_> = std::mem::take(&mut listing.files).into_iter().map(|file| file.divided(are_divided)).collect();
        let unread = Unread::of(own.par_iter().map(|file| &**file));
        let Manifest { files, sizes, first_files } = Manifest::gather(own, sources, ranks)?;
        let mine = first_files[ranks.rank()]..first_files[ranks.rank() + 1];
        let found: Vec<_> =
            files[mine.clone()].par_iter().map(|file| Probe::new(&file.clone().metered(&options.meter), options)).collect();
        let mut own_probes = ranks.agree(found.into_iter().collect::<Result<Vec<_>>>())?;
        let look = |probe: &Probe| Look { packing: probe.packing, format: probe.format, whole: probe.whole };
        let looks: Vec<Option<Look>> = own_probes.iter().map(|probe| probe.as_ref().map(look)).collect();
        let looks: Vec<_> = ranks.gather(looks)?.into_iter().flatten().collect();
        let mut first_sample = first_sample(&looks, &first_files, &own_probes, ranks);
        let kept = |at: usize| looks[..at].iter().flatten().count();
        let first_files = first_files.iter().map(|&at| kept(at)).collect();
        let mut probes: Vec<Probe> = Vec::with_capacity(files.len());
        for (at, ((file, bytes), look)) in files.into_iter().zip(sizes).zip(looks).enumerate() {
            let Some(Look { packing, format, whole }) = look else {
                listing.passed_over.push(file.to_path_buf());
                continue;
            };
            let own = at.checked_sub(mine.start).and_then(|at| own_probes.get_mut(at)).and_then(Option::take);
            let sample = Arc::new(first_sample.take().unwrap_or_default());
            let path = file.metered(&options.meter);
            let other = Probe { path, packing, format, sample, whole, bytes, is_own: false };
            probes.push(own.map_or(other, |own| Probe { bytes, ..own }));
        }
        let Some(first) = probes.first() else {
            return ranks.agree(Err(no_data(sources, &listing.passed_over)));
        };
        if let Some(other) = probes.iter().find(|probe| !are_one_set(probe.format, first.format)) {
            return Err(Error::schema(format!(
                "files disagree: {} is {}, {} is {}; use one format per data set, or give the format",
                display(&first.path),
                word(Some(first.format)),
                display(&other.path),
                word(Some(other.format))
            )));
        }
        let note = ranks.first(listing.note())?;
        Ok(Self { format: first.format, probes, note, unread, first_files })
    }

    fn matching(&self, options: &ReadOptions, limits: Limits, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        let data = reader(self.format).matching(Input { files: &self.probes, options, limits }, fit, division)?;
        check_margins(data, options, &display(&self.probes[0].path))
    }

    /// The data that were read from the files, unless these are others by now, and what each rank read.
    fn noted(self, data: Dataset, division: &Division<'_>) -> Result<(Dataset, Shares)> {
        division.ranks.agree(self.unread.check())?;
        whole_groups::check(&data, division.ranks)?;
        let shares = division.shares(data.rows() as u64)?;
        Ok((data.with_notes(self.note), shares))
    }
}

/// The sample of the first file that is not empty, which one rank has, for all ranks but that one.
fn first_sample(looks: &[Option<Look>], first_files: &[usize], own: &[Option<Probe>], ranks: Ranks<'_>) -> Option<Vec<u8>> {
    let first = looks.iter().position(Option::is_some)?;
    let rank = first_files.partition_point(|&file| file <= first) - 1;
    let sample = own.iter().flatten().next().filter(|_| rank == ranks.rank()).map(|probe| probe.sample.to_vec());
    Some(ranks.broadcast(rank, sample.unwrap_or_default()))
}

/// Whether files of two formats may be one data set. A single line of JSON may be a document, or the only line of its file.
fn are_one_set(one: Format, other: Format) -> bool {
    let is_json = |format| matches!(format, Format::Json | Format::JsonLines);
    one == other || (is_json(one) && is_json(other))
}
