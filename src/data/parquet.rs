//! Parquet files → data sets. Nothing is cached: a column of some row groups is cheap to read again, and takes little memory.

use super::block::{Block, BlockSource, Chunk};
use super::blocks::FirstFailure;
use super::cells::MissingTexts;
use super::frame::{Fault, Fields, Physical, attributes_fault, convert, guarded};
use super::labels::{Attributes, RawAttributes};
use super::levels::{LevelSet, Raw};
use super::load::{Limits, display};
use super::piece::Encoder;
use super::roles::{Layout, Role};
use super::sniff::Probe;
use super::{Column, Dataset, ReadOptions};
use crate::{Error, Feature, FeatureKind, FeatureSchema, Result};
use polars::prelude::{DataType, FileMetadata, ParallelStrategy, ParquetReader, SerReader};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// Reads Parquet files as training data.
pub(super) fn training(probes: &[Probe], options: &ReadOptions, limits: Limits) -> Result<Dataset> {
    let set = ParquetSet::open(probes, options, limits)?;
    let layout = set.layout();
    let roles = layout.training_roles(options)?;
    let texts = set.fields.texts(&roles, &layout.categorical(options, &roles)?, &layout.file)?;
    let levels = set.levels(&roles, &texts)?;
    let schema = set.fields.schema(&roles, &texts, levels, &layout.file)?;
    let attributes = set.attributes(&roles, &texts, None)?;
    Ok(attributes.into_dataset(schema.clone(), Arc::new(ParquetSource::new(set, &roles, &schema))))
}

/// Reads Parquet files whose columns are to fit `schema`.
pub(super) fn matching(
    probes: &[Probe],
    options: &ReadOptions,
    schema: &FeatureSchema,
    classes: Option<&[String]>,
    need_label: bool,
    limits: Limits,
) -> Result<Dataset> {
    let set = ParquetSet::open(probes, options, limits)?;
    let layout = set.layout();
    let (roles, notes) = layout.matching_roles(options, schema, need_label)?;
    let mut texts = set.fields.texts(&roles, &vec![false; roles.len()], &layout.file)?;
    for (at, role) in roles.iter().enumerate() {
        match role {
            Role::Feature(position) => texts[at] = set.fits(at, &schema.features[*position])?,
            Role::Label => texts[at] |= classes.is_some(),
            _ => {}
        }
    }
    let attributes = set.attributes(&roles, &texts, classes)?;
    let mut data = attributes.into_dataset(schema.clone(), Arc::new(ParquetSource::new(set, &roles, schema)));
    data.notes.extend(notes);
    Ok(data)
}

/// One file, its metadata read.
struct ParquetFile {
    path: PathBuf,
    metadata: Arc<FileMetadata>,
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
}

impl ParquetFile {
    fn open(path: PathBuf) -> Result<(Self, Fields)> {
        let file = File::open(&path).map_err(|e| Error::io(&path, e))?;
        let read = guarded(|| {
            let mut reader = ParquetReader::new(file);
            let schema = reader.schema()?;
            let (names, types) = schema.iter_values().map(|f| (f.name.to_string(), DataType::from_arrow_field(f))).unzip();
            Ok((reader.get_metadata()?.clone(), Fields { names, types }))
        });
        let (metadata, fields) = read.map_err(|error| damaged(&path, &error))?;
        Ok((Self { path, metadata }, fields))
    }

    /// Rows of row groups, neighbours joined as long as they have at most `most` rows.
    fn slices(&self, most: usize) -> Vec<(usize, usize)> {
        let mut slices: Vec<(usize, usize)> = Vec::new();
        let mut offset = 0;
        for rows in self.metadata.row_groups.iter().map(|group| group.num_rows()).filter(|&rows| rows > 0) {
            match slices.last_mut() {
                Some((_, last)) if *last + rows <= most => *last += rows,
                _ => slices.push((offset, rows)),
            }
            offset += rows;
        }
        slices
    }
}

fn damaged(path: &std::path::Path, error: &str) -> Error {
    let error = error.lines().next().unwrap_or("");
    Error::data(format!("damaged or unsupported Parquet file: {}: {error}; write the file anew", display(path)))
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
            return Err(Error::data(format!("no rows: {}", super::roles::list(&paths))));
        }
        for (fields, path) in all_fields.iter().zip(&paths).skip(1) {
            agree(&all_fields[0], &paths[0], fields, path)?;
        }
        Ok(Self { files, fields: all_fields.swap_remove(0), slices, missing: MissingTexts::new(&options.missing) })
    }

    fn layout(&self) -> Layout<'_> {
        Layout { names: Some(&self.fields.names), width: self.fields.names.len(), file: display(&self.files[0].path) }
    }

    /// Rows of one column.
    fn read(&self, slice: Slice, column: usize, texts: bool) -> Result<Raw> {
        let ParquetFile { path, metadata } = &self.files[slice.file];
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let frame = guarded(|| {
            let mut reader = ParquetReader::new(file);
            reader.set_metadata(metadata.clone());
            let reader = reader.with_projection(Some(vec![column])).with_slice(Some((slice.offset, slice.rows)));
            reader.read_parallel(ParallelStrategy::None).finish()
        });
        let name = &self.fields.names[column];
        let broken = |error: &str| damaged(path, &format!("column {name}: {error}"));
        let frame = frame.map_err(|error| broken(&error))?;
        if frame.height() != slice.rows || frame.width() != 1 {
            return Err(broken("it has not as many rows as the file says"));
        }
        let series = frame.columns()[0].as_materialized_series();
        match convert(series, texts, &self.missing).map_err(|error| broken(&error))? {
            Ok(raw) => Ok(raw),
            Err(fault) => Err(self.fault(slice, column, &fault)),
        }
    }

    fn fault(&self, slice: Slice, column: usize, fault: &Fault) -> Error {
        let (path, row) = (display(&self.files[slice.file].path), slice.offset + fault.row);
        let Fault { what, value, remedy, .. } = fault;
        Error::data(format!(
            "{what}: {path}: row {row} (counted from 0), column {}: {value:?}; {remedy}",
            self.fields.names[column]
        ))
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
            (FeatureKind::Categorical { levels }, Physical::Numeric) => levels.iter().any(|l| super::cells::number(l).is_some()),
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

fn agree(first: &Fields, first_path: &str, other: &Fields, path: &str) -> Result<()> {
    if first.names != other.names {
        return Err(Error::schema(format!(
            "files disagree about columns: {first_path} has {}, {path} has {}",
            super::roles::list(&first.names),
            super::roles::list(&other.names)
        )));
    }
    let differs = |at: &usize| {
        let (a, b) = (Physical::of(&first.types[*at]), Physical::of(&other.types[*at]));
        a != b && a != Some(Physical::Nothing) && b != Some(Physical::Nothing)
    };
    match (0..first.names.len()).find(differs) {
        None => Ok(()),
        Some(at) => Err(Error::schema(format!(
            "files disagree about column {}: it is {} in {first_path}, {} in {path}",
            first.names[at], first.types[at], other.types[at]
        ))),
    }
}

/// A [`BlockSource`] over Parquet files.
struct ParquetSource {
    set: ParquetSet,
    /// For every feature, its column in the files.
    columns: Vec<usize>,
    encoders: Vec<Encoder>,
}

/// The size of the numbers that one block of whole rows may hold.
const ROW_BLOCK_BYTES: usize = 64 << 20;

impl ParquetSource {
    fn new(set: ParquetSet, roles: &[Role], schema: &FeatureSchema) -> Self {
        let mut columns = vec![0; schema.len()];
        for (at, role) in roles.iter().enumerate() {
            if let Role::Feature(position) = role {
                columns[*position] = at;
            }
        }
        Self { set, columns, encoders: Encoder::of(schema) }
    }

    fn feature(&self, slice: Slice, feature: usize) -> Result<Chunk<'static>> {
        let encoder = &self.encoders[feature];
        let raw = self.set.read(slice, self.columns[feature], matches!(encoder, Encoder::Levels(_)))?;
        let column =
            encoder.encode(raw).map_err(|_| Error::internal("a column of text belongs to a feature that is not categorical"))?;
        Ok(match column {
            Column::F64(values) => Chunk::F64(Cow::Owned(values)),
            Column::F32(values) => Chunk::F32(Cow::Owned(values)),
            Column::Codes(codes) => Chunk::Codes(Cow::Owned(codes)),
        })
    }
}

impl BlockSource for ParquetSource {
    fn rows(&self) -> usize {
        self.set.slices.last().map_or(0, |slice| slice.first_row + slice.rows)
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let features: Vec<_> = (0..self.columns.len()).collect();
        self.set.each(&features, &|slice, feature| {
            let slice = self.set.slices[slice];
            let columns = vec![(feature, self.feature(slice, feature)?)];
            visit(&Block { first_row: slice.first_row, rows: slice.rows, columns })
        })
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let most = (ROW_BLOCK_BYTES / (8 * self.columns.len().max(1))).max(1);
        let parts = self.set.slices.iter().flat_map(|slice| {
            let rows = slice.rows.div_ceil(slice.rows.div_ceil(most));
            (0..slice.rows).step_by(rows).map(move |at| Slice {
                offset: slice.offset + at,
                first_row: slice.first_row + at,
                rows: rows.min(slice.rows - at),
                ..*slice
            })
        });
        let parts: Vec<_> = parts.collect();
        let failure = FirstFailure::default();
        parts.par_iter().enumerate().for_each(|(index, &part)| {
            if failure.is_before((index, 0)) {
                return;
            }
            let columns = (0..self.columns.len()).map(|feature| Ok((feature, self.feature(part, feature)?))).collect::<Result<_>>();
            let visited = columns.and_then(|columns| visit(&Block { first_row: part.first_row, rows: part.rows, columns }));
            if let Err(error) = visited {
                failure.record((index, 0), error);
            }
        });
        failure.into_result()
    }

    fn locate(&self, row: usize) -> String {
        let slice = self.set.slice_of(row);
        let path = display(&self.set.files[slice.file].path);
        format!("{path}: row {} (counted from 0)", slice.offset + row - slice.first_row)
    }
}
