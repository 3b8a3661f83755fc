//! Parquet files → data sets. Nothing is cached: a column of some row groups is cheap to read again, and takes little memory.

mod file;
mod joined;
mod pages;
mod source;

use super::blocks::FirstFailure;
use super::cells::{MissingTexts, number};
use super::frame::{Fault, Fields, Physical, attributes_fault, convert};
use super::labels::{Attributes, RawAttributes};
use super::levels::{LevelSet, Raw};
use super::piece::Encoder;
use super::reader::{Fit, Input, Limits, Reader};
use super::roles::{Layout, Role};
use super::sniff::Probe;
use super::source::display;
use crate::names::list;
use crate::{CancellationToken, Dataset, Error, Feature, FeatureKind, ReadOptions, Result};
use file::{ParquetFile, merge};
use rayon::prelude::*;
use source::ParquetSource;
use std::sync::Arc;

/// Reads Parquet files.
pub(super) struct ParquetReader;

impl Reader for ParquetReader {
    fn training(&self, input: Input<'_>) -> Result<Dataset> {
        training(input)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>) -> Result<Dataset> {
        matching(input, fit)
    }
}

fn training(Input { files, options, limits }: Input<'_>) -> Result<Dataset> {
    let set = ParquetSet::open(files, options, limits)?;
    let layout = set.layout();
    let index = pandas_index(&set.fields.names, options);
    let options = &ReadOptions { ignore: [&*options.ignore, &*index].concat(), ..options.clone() };
    let roles = layout.training_roles(options)?;
    let texts = set.fields.texts(&roles, &layout.categorical(options, &roles)?, &layout.file)?;
    let levels = set.levels(&roles, &texts)?;
    let schema = set.fields.schema(&roles, &texts, levels, &layout.file)?;
    let attributes = set.attributes(&roles, &texts, None)?;
    let encoders = Encoder::of(&schema);
    let data = attributes.into_dataset(schema, Arc::new(ParquetSource::new(set, &roles, encoders)))?;
    let note = (!index.is_empty()).then(|| format!("left out the index that pandas wrote: {}", list(&index)));
    Ok(data.with_notes(note))
}

/// Columns that are the row numbers of a pandas frame, unless the options give them a meaning. In sorted data they tell the label.
fn pandas_index(names: &[String], options: &ReadOptions) -> Vec<String> {
    let is_index = |name: &&String| name.starts_with("__index_level_") && name.ends_with("__");
    let attributes = [&options.label, &options.weight, &options.group, &options.base_margin];
    let is_named = |name: &String| {
        attributes.iter().any(|column| column.as_ref() == Some(name))
            || options.categorical.contains(name)
            || options.ignore.contains(name)
    };
    names.iter().filter(is_index).filter(|name| !is_named(name)).cloned().collect()
}

fn matching(Input { files, options, limits }: Input<'_>, fit: Fit<'_>) -> Result<Dataset> {
    let Fit { schema, classes, needs_labels } = fit;
    let set = ParquetSet::open(files, options, limits)?;
    let layout = set.layout();
    let mut index = if options.strict { pandas_index(&set.fields.names, options) } else { Vec::new() };
    index.retain(|name| schema.position(name).is_none());
    let options = &ReadOptions { ignore: [&*options.ignore, &*index].concat(), ..options.clone() };
    let (roles, notes) = layout.matching_roles(options, schema, needs_labels)?;
    let mut texts = set.fields.texts(&roles, &vec![false; roles.len()], &layout.file)?;
    for (at, role) in roles.iter().enumerate() {
        match role {
            Role::Feature(position) => texts[at] = set.fits(at, &schema.features[*position])?,
            Role::Label => texts[at] |= classes.is_some(),
            _ => {}
        }
    }
    let attributes = set.attributes(&roles, &texts, classes)?;
    let data = attributes.into_dataset(schema.shared(), Arc::new(ParquetSource::new(set, &roles, schema.encoders())))?;
    Ok(data.with_notes(notes))
}

/// Consecutive rows of one file: whole row groups, several where they are small.
#[derive(Clone, Copy, Debug)]
struct Slice {
    file: usize,
    offset: usize,
    rows: usize,
    first_row: usize,
}

/// Files with the same columns.
struct ParquetSet {
    files: Vec<ParquetFile>,
    fields: Fields,
    slices: Vec<Slice>,
    missing: MissingTexts,
    cancellation: CancellationToken,
}

impl ParquetSet {
    fn open(probes: &[Probe], options: &ReadOptions, limits: Limits) -> Result<Self> {
        let opened: Vec<_> = probes.par_iter().map(|probe| ParquetFile::open(probe.path.clone())).collect();
        let mut files = Vec::with_capacity(opened.len());
        let mut all_fields = Vec::with_capacity(opened.len());
        for opened in opened {
            let (file, fields) = opened?;
            files.push(file);
            all_fields.push(fields);
        }
        let mut slices = Vec::new();
        let mut first_row = 0;
        for (file, parquet) in files.iter().enumerate() {
            for (offset, rows) in parquet.slices(limits.slice_rows) {
                slices.push(Slice { file, offset, rows, first_row });
                first_row += rows;
            }
        }
        let paths: Vec<_> = files.iter().map(|file| display(&file.path)).collect();
        if slices.is_empty() {
            return Err(Error::data(format!("no rows: {}", list(&paths))));
        }
        let mut fields = all_fields.remove(0);
        for (other, path) in all_fields.iter().zip(&paths[1..]) {
            merge(&mut fields, &paths[0], other, path)?;
        }
        let (missing, cancellation) = (MissingTexts::new(&options.missing), options.cancellation.clone());
        Ok(Self { files, fields, slices, missing, cancellation })
    }

    fn layout(&self) -> Layout<'_> {
        Layout { names: Some(&self.fields.names), width: self.fields.names.len(), file: display(&self.files[0].path) }
    }

    /// Rows of one column.
    fn read(&self, slice: Slice, column: usize, texts: bool) -> Result<Raw> {
        self.cancellation.check()?;
        let file = &self.files[slice.file];
        let name = &self.fields.names[column];
        let series = file.read(slice.offset, slice.rows, column, name)?;
        match convert(&series, texts, &self.missing).map_err(|error| file.damaged_column(name, &error))? {
            Ok(raw) => Ok(raw),
            Err(fault) => Err(self.fault(slice, column, &fault)),
        }
    }

    fn fault(&self, slice: Slice, column: usize, fault: &Fault) -> Error {
        let (path, row) = (display(&self.files[slice.file].path), slice.offset + fault.row);
        let Fault { what, value, remedy, .. } = fault;
        let name = &self.fields.names[column];
        let error = Error::data(format!("{what}: {path}: row {row} (counted from 0), column {name}: {value:?}"));
        error.with_path(&*self.files[slice.file].path).with_row(row as u64).with_column_name(name).with_remedy(*remedy)
    }

    /// The levels of all features that are read as texts.
    fn levels(&self, roles: &[Role], texts: &[bool]) -> Result<Vec<LevelSet>> {
        let sets: Vec<_> = roles.iter().map(|_| LevelSet::default()).collect();
        let wanted = (0..roles.len()).filter(|&at| texts[at] && matches!(roles[at], Role::Feature(_)));
        let wanted: Vec<_> = wanted.collect();
        self.each(&wanted, &|slice, at| {
            if let Raw::Texts(texts) = self.read(self.slices[slice], at, true)? {
                sets[at].add(&texts.levels);
            }
            Ok(())
        })?;
        Ok(sets)
    }

    /// Runs `run` for every slice and each of `columns`, several at once; the first failure in this order is returned.
    fn each(&self, columns: &[usize], run: &(dyn Fn(usize, usize) -> Result<()> + Sync)) -> Result<()> {
        let failure = FirstFailure::default();
        (0..self.slices.len() * columns.len()).into_par_iter().for_each(|task| {
            let position = (task / columns.len(), task % columns.len());
            if !failure.is_before(position)
                && let Err(error) = run(position.0, columns[position.1])
            {
                failure.record(position, error);
            }
        });
        failure.into_result()
    }

    fn attributes(&self, roles: &[Role], texts: &[bool], classes: Option<&[String]>) -> Result<Attributes> {
        let wanted: Vec<_> = (0..roles.len()).filter(|&at| !matches!(roles[at], Role::Feature(_) | Role::Unused)).collect();
        let mut pieces = Vec::with_capacity(self.slices.len());
        for &slice in &self.slices {
            let mut attributes = RawAttributes::default();
            for &at in &wanted {
                let raw = self.read(slice, at, texts[at])?;
                if let Some(fault) = attributes_fault(roles[at], &raw) {
                    return Err(self.fault(slice, at, &fault));
                }
                attributes.set(roles[at], Some(raw));
            }
            pieces.push(attributes);
        }
        Attributes::join(pieces, classes, |row, text| {
            let slice = self.slice_of(row);
            let column = roles.iter().position(|&role| role == Role::Label).unwrap_or(0);
            let remedy = "training knew no such label; correct it";
            self.fault(slice, column, &Fault { row: row - slice.first_row, what: "unknown class", value: text.into(), remedy })
        })
    }

    fn slice_of(&self, row: usize) -> Slice {
        self.slices[self.slices.partition_point(|slice| slice.first_row <= row).saturating_sub(1)]
    }

    /// Whether a column is to be read as texts to fit a feature of the model.
    fn fits(&self, at: usize, feature: &Feature) -> Result<bool> {
        let found = self.fields.physical(at, &self.layout().file)?;
        let fits = match (&feature.kind, found) {
            (_, Physical::Nothing) => true,
            (FeatureKind::Categorical { levels }, Physical::Numeric) => levels.iter().any(|l| number(l).is_some()),
            (FeatureKind::Categorical { .. }, Physical::Text | Physical::Boolean) => true,
            (FeatureKind::Numeric | FeatureKind::Boolean, Physical::Numeric | Physical::Boolean) => true,
            (FeatureKind::Date, Physical::Date) | (FeatureKind::Datetime, Physical::Datetime) => true,
            _ => false,
        };
        if !fits {
            return Err(Error::schema(format!(
                "wrong type: feature {} of the model is {}, column {} of {} is {}; convert the column",
                feature.name,
                feature.kind.word(),
                self.fields.names[at],
                self.layout().file,
                found.word()
            )));
        }
        Ok(feature.kind.is_categorical())
    }
}
