//! Parquet files with the same columns: which rows are read together, and what is in a column.

use super::file::{ParquetFile, merge};
use crate::blocks::FirstFailure;
use crate::cells::{MissingTexts, number};
use crate::column::{ColumnPlan, TEXT_AMONG_LABELS, Types};
use crate::dates::{DAY, PACKED_DATES, are_packed_dates};
use crate::division::Division;
use crate::frame::{CellFault, FieldsOnTheWay, FrameFields, Physical, attributes_fault, convert, finite, guarded};
use crate::hive::HiveColumn;
use crate::labels::{Attributes, RawAttributes, widen};
use crate::levels::{LevelSet, Raw};
use crate::memory;
use crate::names::list;
use crate::piece::ColumnEncoder;
use crate::ranks::{RankFiles, Ranks};
use crate::reader::Limits;
use crate::roles::{ColumnLayout, ColumnRole};
use crate::sniff::Probe;
use crate::source::{DataFile, display};
use crate::{CancellationToken, Error, Feature, FeatureKind, FeatureSchema, ReadOptions, Result};
use polars::prelude::Series;
use rayon::prelude::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Consecutive rows of one file: whole row groups, several where they are small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub file: usize,
    pub offset: usize,
    pub rows: usize,
    pub first_row: usize,
}

/// Files of up to this part of memory are taken to stay in the page cache between two passes.
const CACHED_SHARE: u64 = 8;

/// Rows that are looked at for another query group at a time.
const GROUP_ROWS: usize = 4096;

/// Files with the same columns.
pub(super) struct ParquetSet {
    /// All files, of which some are read by other ranks alone.
    pub paths: Vec<DataFile>,
    files: Vec<Option<ParquetFile>>,
    /// Columns behind those of the files.
    hive: Vec<HiveColumn>,
    /// Columns of the files.
    width: usize,
    pub fields: FrameFields,
    /// What this rank reads.
    pub slices: Vec<Slice>,
    /// The rows of all ranks.
    pub all_rows: usize,
    pub types: Types,
    missing: MissingTexts,
    /// Whether features may be infinite.
    infinite: bool,
    cancellation: CancellationToken,
}

impl ParquetSet {
    /// Opens files. `known` is the schema that their columns are to fit.
    pub fn open(
        probes: &[Probe],
        options: &ReadOptions,
        limits: Limits,
        known: Option<&FeatureSchema>,
        division: &mut Division<'_>,
    ) -> Result<Self> {
        let ranks = division.ranks;
        let is_there = |probe: &Probe| probe.is_own || ranks.files() == RankFiles::Shared;
        let open = |probe| is_there(probe).then(|| ParquetFile::open(probe.path.clone())).transpose();
        let opened: Vec<_> = probes.par_iter().map(open).collect();
        let opened = ranks.agree(opened.into_iter().collect::<Result<Vec<_>>>())?;
        let paths: Vec<_> = probes.iter().map(|probe| probe.path.clone()).collect();
        let own_fields: Vec<_> = opened.iter().map(|opened| opened.as_ref().map(|(_, fields)| fields)).collect();
        let mut fields = merged(&own_fields, &paths, ranks)?;
        let mut files: Vec<_> = opened.into_iter().map(|opened| opened.map(|(file, _)| file)).collect();
        let groups = |file: usize| files[file].as_ref().map_or_else(Vec::new, |parquet| parquet.groups(probes[file].bytes));
        let whole = |file: usize| {
            format!("{} has one row group and goes whole to one host: write row groups of fewer rows", display(&paths[file]))
        };
        division.cut_at(groups, whole);
        let slices = slices(&files, limits, division);
        let is_read: HashSet<usize> = slices.iter().map(|slice| slice.file).collect();
        let bytes: u64 = is_read.iter().filter_map(|&at| files[at].as_ref()).map(|file| file.length).sum();
        let fits = memory::limit().is_some_and(|limit| bytes <= limit / CACHED_SHARE);
        let read = files.par_iter_mut().enumerate().filter(|(at, _)| is_read.contains(at));
        let held: Vec<_> = read.map(|(_, file)| file.as_mut().map_or(Ok(()), |file| file.hold(fits))).collect();
        ranks.agree(held.into_iter().collect::<Result<()>>())?;
        let rows: usize = slices.iter().map(|slice| slice.rows).sum();
        let all_rows = ranks.sum(rows as u64) as usize;
        if all_rows == 0 {
            let paths: Vec<_> = paths.iter().map(|path| display(path)).collect();
            return Err(Error::data(format!("no rows: {}", list(&paths))));
        }
        let mut hive = HiveColumn::of(&paths.iter().collect::<Vec<_>>())?;
        let width = fields.names.len();
        hive.retain(|column| !fields.names.contains(&column.name) && is_wanted(column, options, known));
        fields.names.extend(hive.iter().map(|column| column.name.clone()));
        fields.types.extend(hive.iter().map(|column| column.dtype.clone()));
        fields.type_names.extend(hive.iter().map(|column| column.dtype.to_string()));
        fields.categories.extend(hive.iter().map(|_| false));
        let missing = MissingTexts::new(&options.missing).in_typed_columns();
        let types = if options.strict { Types::Requested } else { Types::Given };
        let (infinite, cancellation) = (options.trained.infinite_values, options.cancellation.clone());
        Ok(Self { paths, files, hive, width, fields, slices, all_rows, types, missing, infinite, cancellation })
    }

    /// Moves cuts to where query groups begin, if there are any.
    pub fn align_groups(
        &mut self,
        roles: &[ColumnRole],
        texts: &[bool],
        limits: Limits,
        division: &mut Division<'_>,
    ) -> Result<()> {
        let Some(column) = roles.iter().position(|&role| role == ColumnRole::Group).filter(|_| !division.ranks.is_alone()) else {
            return Ok(());
        };
        let begin = division.first_row().map_or(Ok(0), |(file, row)| self.group_begin(file, row, column, texts[column]));
        let begin = division.ranks.agree(begin)?;
        let all: Vec<_> = self.files.iter().map(|file| file.as_ref().map_or(0, ParquetFile::rows)).collect();
        division.move_rows(begin, &all)?;
        self.slices = slices(&self.files, limits, division);
        Ok(())
    }

    /// The first row of a file behind `begin` whose group is not that of the row there.
    fn group_begin(&self, file: usize, begin: usize, column: usize, texts: bool) -> Result<usize> {
        let end = self.file(file)?.rows();
        let mut first = None;
        for offset in (begin..end).step_by(GROUP_ROWS) {
            let rows = GROUP_ROWS.min(end - offset);
            let groups = self.read(Slice { file, offset, rows, first_row: 0 }, column, texts)?;
            let numbers = widen(&groups);
            let group = |row: usize| match &groups {
                Raw::Texts(texts) => texts.get(row).unwrap_or_default().to_string(),
                Raw::Numbers(_) => numbers[row].to_string(),
            };
            let first = first.get_or_insert_with(|| group(0));
            if let Some(row) = (0..rows).find(|&row| group(row) != *first) {
                return Ok(offset + row);
            }
        }
        Ok(end)
    }

    /// A file that this rank reads.
    fn file(&self, at: usize) -> Result<&ParquetFile> {
        self.files[at].as_ref().ok_or_else(|| Error::internal(format!("{} is another host's file", display(&self.paths[at]))))
    }

    pub fn rows(&self) -> usize {
        self.slices.last().map_or(0, |slice| slice.first_row + slice.rows)
    }

    pub fn layout(&self) -> ColumnLayout<'_> {
        ColumnLayout { names: Some(&self.fields.names), width: self.fields.names.len(), file: display(&self.paths[0]) }
    }

    /// Rows of one column of features.
    pub fn read(&self, slice: Slice, column: usize, texts: bool) -> Result<Raw> {
        self.read_role(slice, column, texts, ColumnRole::Feature(column))
    }

    /// The same for what may have values that others may not.
    fn read_role(&self, slice: Slice, column: usize, texts: bool, role: ColumnRole) -> Result<Raw> {
        self.cancellation.check()?;
        let series = self.series(slice, column)?;
        let file = self.file(slice.file)?;
        let damaged = |error: String| file.damaged_column(&self.fields.names[column], &error);
        let raw = convert(&series, texts, &self.missing).map_err(damaged)?;
        raw.and_then(|raw| finite(role, self.infinite, raw)).map_err(|fault| self.fault(slice, column, &fault))
    }

    /// Rows of one column as they stand in the files, or in the names of their directories.
    fn series(&self, slice: Slice, column: usize) -> Result<Series> {
        match column.checked_sub(self.width) {
            None => self.file(slice.file)?.read(slice.offset, slice.rows, column),
            Some(at) => self.hive[at].series(slice.file, slice.rows).map_err(|error| Error::internal(error.to_string())),
        }
    }

    /// All rows of one column as they stand in the files.
    pub fn whole(&self, column: usize) -> Result<Series> {
        let name = &self.fields.names[column];
        let mut whole = Series::new_empty(name.as_str().into(), &self.fields.types[column]);
        for slice in &self.slices {
            let part = self.series(*slice, column)?;
            let appended = guarded(|| part.cast(whole.dtype()).and_then(|part| whole.append(&part).map(drop)));
            let file = self.file(slice.file)?;
            appended.map_err(|error| file.damaged_column(name, &error))?;
        }
        Ok(whole)
    }

    pub fn fault(&self, slice: Slice, column: usize, fault: &CellFault) -> Error {
        let (path, row) = (display(&self.paths[slice.file]), slice.offset + fault.row);
        let CellFault { what, value, remedy, .. } = fault;
        let name = &self.fields.names[column];
        let error = Error::data(format!("{what}: {path}: row {row} (counted from 0), column {name}: {value:?}"));
        error.with_path(&*self.paths[slice.file]).with_row(row as u64).with_column_name(name).with_remedy(*remedy)
    }

    /// The values of a column of dates where the feature is one of times, and the other way round. A time of day does not fit a date.
    pub fn in_units(&self, raw: Raw, column: usize, encoder: &ColumnEncoder) -> Result<Raw, CellFault> {
        const MICROS: f64 = DAY as f64;
        let factor = match (encoder, Physical::of(&self.fields.types[column])) {
            (ColumnEncoder::Date, Some(Physical::Datetime)) => 1.0 / MICROS,
            (ColumnEncoder::Datetime, Some(Physical::Date)) => MICROS,
            (ColumnEncoder::Boolean, Some(Physical::Numeric)) => {
                let values = widen(&raw);
                let other = values.iter().position(|&x| x != 0.0 && x != 1.0 && !x.is_nan());
                return other.map_or(Ok(raw), |row| {
                    let (what, remedy) = ("number that is neither 0 nor 1 in a column of truth values", "correct it");
                    Err(CellFault { row, what, value: values[row].to_string(), remedy })
                });
            }
            _ => return Ok(raw),
        };
        let mut values = widen(&raw);
        if factor < 1.0
            && let Some(row) = values.iter().position(|micros| micros % MICROS != 0.0 && !micros.is_nan())
        {
            let remedy = "the model has dates here; leave the time out";
            return Err(CellFault { row, what: "time of day in a column of dates", value: values[row].to_string(), remedy });
        }
        values.iter_mut().for_each(|value| *value = if factor < 1.0 { *value / MICROS } else { *value * factor });
        Ok(Raw::numbers(values))
    }

    /// The levels of all features that are read as texts.
    pub fn levels(&self, roles: &[ColumnRole], texts: &[bool], ranks: Ranks<'_>) -> Result<Vec<LevelSet>> {
        let sets: Vec<_> = roles.iter().map(|_| LevelSet::default()).collect();
        let wanted = (0..roles.len()).filter(|&at| texts[at] && matches!(roles[at], ColumnRole::Feature(_)));
        let wanted: Vec<_> = wanted.collect();
        ranks.agree(self.each(&wanted, &|slice, at| {
            if let Raw::Texts(texts) = self.read(self.slices[slice], at, true)? {
                sets[at].add(&texts.levels);
            }
            Ok(())
        }))?;
        sets.into_iter().map(|set| set.on_all(ranks)).collect()
    }

    /// The features all of whose numbers are dates such as 20240105. Values are read only where the files say that they lie so.
    pub fn packed_dates(&self, roles: &[ColumnRole], texts: &[bool], ranks: Ranks<'_>) -> Result<Vec<usize>> {
        let is_candidate = |&at: &usize| {
            let is_feature = matches!(roles[at], ColumnRole::Feature(_)) && !texts[at];
            let is_number = Physical::of(&self.fields.types[at]) == Some(Physical::Numeric);
            is_feature
                && is_number
                && at < self.width
                && self.files.iter().flatten().all(|file| file.lies_within(at, &PACKED_DATES))
        };
        let candidates = ranks.common((0..roles.len()).filter(is_candidate).collect())?;
        let are_dates: Vec<_> = candidates.iter().map(|_| AtomicBool::new(true)).collect();
        ranks.agree(self.each(&candidates, &|slice, at| {
            let Ok(candidate) = candidates.binary_search(&at) else { return Ok(()) };
            let is_so = &are_dates[candidate];
            if is_so.load(Ordering::Relaxed)
                && let Raw::Numbers(column) = self.read(self.slices[slice], at, false)?
                && !are_packed_dates(&column)
            {
                is_so.store(false, Ordering::Relaxed);
            }
            Ok(())
        }))?;
        let found = candidates.into_iter().zip(are_dates).filter(|(_, is_so)| is_so.load(Ordering::Relaxed));
        ranks.common(found.map(|(at, _)| at).collect())
    }

    /// Runs `run` for every slice and each of `columns`, several at once; the first failure in this order is returned.
    pub fn each(&self, columns: &[usize], run: &(dyn Fn(usize, usize) -> Result<()> + Sync)) -> Result<()> {
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

    pub fn attributes(
        &self,
        roles: &[ColumnRole],
        texts: &[bool],
        classes: Option<&[String]>,
        ranks: Ranks<'_>,
    ) -> Result<Attributes> {
        let plans: Vec<_> = roles.iter().zip(texts).map(|(&role, &texts)| ColumnPlan::new(role, texts)).collect();
        let pieces: Result<Vec<_>> = self.slices.iter().map(|&slice| self.slice_attributes(slice, &plans)).collect();
        let pieces = RawAttributes::of_plans(&plans, ranks.agree(pieces)?);
        Attributes::join(pieces, classes, ranks, |row, text| {
            let slice = self.slice_of(row);
            let column = roles.iter().position(|&role| role == ColumnRole::Label).unwrap_or(0);
            let remedy = "training had no such label; correct it";
            self.fault(slice, column, &CellFault { row: row - slice.first_row, what: "unknown class", value: text.into(), remedy })
        })
    }

    /// Checks that labels are numbers, or texts for truth values.
    pub fn check_numeric_labels(&self, roles: &[ColumnRole], attributes: &Attributes) -> Result<()> {
        let (Some(texts), Some(&[first, ..])) = (&attributes.classes, attributes.labels.as_deref()) else { return Ok(()) };
        let column = roles.iter().position(|&role| role == ColumnRole::Label).unwrap_or(0);
        let value = texts.get(first as usize).cloned().unwrap_or_default();
        let (what, remedy) = TEXT_AMONG_LABELS;
        Err(self.fault(self.slice_of(0), column, &CellFault { row: 0, what, value, remedy }))
    }

    fn slice_attributes(&self, slice: Slice, plans: &[ColumnPlan]) -> Result<RawAttributes> {
        let mut attributes = RawAttributes::default();
        for (at, plan) in plans.iter().enumerate() {
            if matches!(plan.role, ColumnRole::Feature(_) | ColumnRole::Unused) {
                continue;
            }
            let raw = self.read_role(slice, at, plan.texts, plan.role)?;
            if let Some(fault) = attributes_fault(plan.role, &raw) {
                return Err(self.fault(slice, at, &fault));
            }
            attributes.set(plan.role, Some(raw));
        }
        Ok(attributes)
    }

    pub fn slice_of(&self, row: usize) -> Slice {
        self.slices[self.slices.partition_point(|slice| slice.first_row <= row).saturating_sub(1)]
    }

    /// Whether a column is to be read as texts to fit a feature of the model.
    pub fn fits(&self, at: usize, feature: &Feature) -> Result<bool> {
        let found = self.fields.physical(at, &self.layout().file)?;
        let fits = match (&feature.kind, found) {
            (_, Physical::Nothing) => true,
            (FeatureKind::Categorical { levels }, Physical::Numeric) => levels.iter().any(|l| number(l).is_some()),
            (FeatureKind::Categorical { .. }, Physical::Text | Physical::Boolean) => true,
            (FeatureKind::Numeric | FeatureKind::Boolean, Physical::Numeric | Physical::Boolean) => true,
            (FeatureKind::Boolean, Physical::Text) => true,
            (FeatureKind::Date | FeatureKind::Datetime, Physical::Date | Physical::Datetime | Physical::Text) => true,
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
        Ok(feature.kind.is_categorical() || found == Physical::Text)
    }
}

/// The columns of all files of all ranks. Of `own`, none are those that other ranks read alone.
fn merged(own: &[Option<&FrameFields>], paths: &[DataFile], ranks: Ranks<'_>) -> Result<FrameFields> {
    let merge_own = || {
        let mut there = own.iter().zip(paths).filter_map(|(fields, path)| Some(((*fields)?, path)));
        let Some((first, first_path)) = there.next() else { return Ok(None) };
        let mut fields = first.clone();
        for (other, path) in there {
            merge(&mut fields, &display(first_path), other, &display(path))?;
        }
        Ok(Some((display(first_path), fields)))
    };
    let fields = ranks.agree(merge_own())?;
    if ranks.files() == RankFiles::Shared {
        return fields.map(|(_, fields)| fields).ok_or_else(|| Error::internal("a data set without a file"));
    }
    let all = ranks.gather(fields.as_ref().map(|(path, fields)| (path.clone(), FieldsOnTheWay::of(fields))))?;
    let mut others = all.into_iter().flatten().map(|(path, fields)| (path, fields.arrived()));
    let Some((path, mut first)) = others.next() else { return Err(Error::internal("a data set without a file")) };
    for (other_path, other) in others {
        merge(&mut first, &path, &other, &other_path)?;
    }
    Ok(first)
}

/// The rows that this rank reads.
fn slices(files: &[Option<ParquetFile>], limits: Limits, division: &Division<'_>) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut first_row = 0;
    for (file, parquet) in files.iter().enumerate().filter_map(|(at, file)| Some((at, file.as_ref()?))) {
        for (offset, rows) in parquet.slices(limits.slice_rows, division.rows(file, parquet.rows())) {
            slices.push(Slice { file, offset, rows, first_row });
            first_row += rows;
        }
    }
    slices
}

/// Whether a column that directories name is read: its values vary, or it is asked for.
fn is_wanted(column: &HiveColumn, options: &ReadOptions, known: Option<&FeatureSchema>) -> bool {
    let is_named = options.attributes().iter().chain(&options.categorical).chain(&options.ignore).any(|name| *name == column.name);
    is_named || known.map_or(column.varies(), |schema| schema.named && schema.position(&column.name).is_some())
}
