//! Parquet files with the same columns: which rows are read together, and what is in a column.

use super::file::{ParquetFile, merge};
use crate::blocks::FirstFailure;
use crate::cells::{MissingTexts, number};
use crate::column::Types;
use crate::dates::{DAY, PACKED_DATES, are_packed_dates};
use crate::frame::{CellFault, FrameFields, Physical, attributes_fault, convert, finite, guarded};
use crate::hive::HiveColumn;
use crate::labels::{Attributes, RawAttributes, widen};
use crate::levels::{LevelSet, Raw};
use crate::names::list;
use crate::piece::ColumnEncoder;
use crate::reader::Limits;
use crate::roles::{ColumnLayout, ColumnRole};
use crate::sniff::Probe;
use crate::source::display;
use crate::{CancellationToken, Error, Feature, FeatureKind, FeatureSchema, ReadOptions, Result};
use polars::prelude::Series;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Consecutive rows of one file: whole row groups, several where they are small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub file: usize,
    pub offset: usize,
    pub rows: usize,
    pub first_row: usize,
}

/// Files with the same columns.
pub(super) struct ParquetSet {
    pub files: Vec<ParquetFile>,
    /// Columns behind those of the files.
    hive: Vec<HiveColumn>,
    pub fields: FrameFields,
    pub slices: Vec<Slice>,
    pub types: Types,
    missing: MissingTexts,
    cancellation: CancellationToken,
}

impl ParquetSet {
    /// Opens files. `known` is the schema that their columns are to fit.
    pub fn open(probes: &[Probe], options: &ReadOptions, limits: Limits, known: Option<&FeatureSchema>) -> Result<Self> {
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
        let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
        let mut hive = HiveColumn::of(&paths)?;
        hive.retain(|column| !fields.names.contains(&column.name) && is_wanted(column, options, known));
        fields.names.extend(hive.iter().map(|column| column.name.clone()));
        fields.types.extend(hive.iter().map(|column| column.dtype.clone()));
        fields.type_names.extend(hive.iter().map(|column| column.dtype.to_string()));
        fields.categories.extend(hive.iter().map(|_| false));
        let missing = MissingTexts::new(&options.missing).in_typed_columns();
        let types = if options.strict { Types::Requested } else { Types::Given };
        Ok(Self { files, hive, fields, slices, types, missing, cancellation: options.cancellation.clone() })
    }

    pub fn rows(&self) -> usize {
        self.slices.last().map_or(0, |slice| slice.first_row + slice.rows)
    }

    pub fn layout(&self) -> ColumnLayout<'_> {
        ColumnLayout { names: Some(&self.fields.names), width: self.fields.names.len(), file: display(&self.files[0].path) }
    }

    /// Rows of one column.
    pub fn read(&self, slice: Slice, column: usize, texts: bool) -> Result<Raw> {
        self.read_role(slice, column, texts, ColumnRole::Unused)
    }

    /// The same for what may have values that others may not.
    fn read_role(&self, slice: Slice, column: usize, texts: bool, role: ColumnRole) -> Result<Raw> {
        self.cancellation.check()?;
        let series = self.series(slice, column)?;
        let damaged = |error: String| self.files[slice.file].damaged_column(&self.fields.names[column], &error);
        let raw = convert(&series, texts, &self.missing).map_err(damaged)?;
        raw.and_then(|raw| finite(role, raw)).map_err(|fault| self.fault(slice, column, &fault))
    }

    /// Rows of one column as they stand in the files, or in the names of their directories.
    fn series(&self, slice: Slice, column: usize) -> Result<Series> {
        let file = &self.files[slice.file];
        match column.checked_sub(file.width()) {
            None => file.read(slice.offset, slice.rows, column),
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
            appended.map_err(|error| self.files[slice.file].damaged_column(name, &error))?;
        }
        Ok(whole)
    }

    pub fn fault(&self, slice: Slice, column: usize, fault: &CellFault) -> Error {
        let (path, row) = (display(&self.files[slice.file].path), slice.offset + fault.row);
        let CellFault { what, value, remedy, .. } = fault;
        let name = &self.fields.names[column];
        let error = Error::data(format!("{what}: {path}: row {row} (counted from 0), column {name}: {value:?}"));
        error.with_path(&*self.files[slice.file].path).with_row(row as u64).with_column_name(name).with_remedy(*remedy)
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
    pub fn levels(&self, roles: &[ColumnRole], texts: &[bool]) -> Result<Vec<LevelSet>> {
        let sets: Vec<_> = roles.iter().map(|_| LevelSet::default()).collect();
        let wanted = (0..roles.len()).filter(|&at| texts[at] && matches!(roles[at], ColumnRole::Feature(_)));
        let wanted: Vec<_> = wanted.collect();
        self.each(&wanted, &|slice, at| {
            if let Raw::Texts(texts) = self.read(self.slices[slice], at, true)? {
                sets[at].add(&texts.levels);
            }
            Ok(())
        })?;
        Ok(sets)
    }

    /// The features all of whose numbers are dates such as 20240105. Values are read only where the files say that they lie so.
    pub fn packed_dates(&self, roles: &[ColumnRole], texts: &[bool]) -> Result<Vec<usize>> {
        let is_candidate = |&at: &usize| {
            let is_feature = matches!(roles[at], ColumnRole::Feature(_)) && !texts[at];
            let is_number = Physical::of(&self.fields.types[at]) == Some(Physical::Numeric);
            is_feature && is_number && self.files.iter().all(|file| at < file.width() && file.lies_within(at, &PACKED_DATES))
        };
        let candidates: Vec<_> = (0..roles.len()).filter(is_candidate).collect();
        let are_dates: Vec<_> = candidates.iter().map(|_| AtomicBool::new(true)).collect();
        self.each(&candidates, &|slice, at| {
            let Ok(candidate) = candidates.binary_search(&at) else { return Ok(()) };
            let is_so = &are_dates[candidate];
            if is_so.load(Ordering::Relaxed)
                && let Raw::Numbers(column) = self.read(self.slices[slice], at, false)?
                && !are_packed_dates(&column)
            {
                is_so.store(false, Ordering::Relaxed);
            }
            Ok(())
        })?;
        Ok(candidates.into_iter().zip(are_dates).filter(|(_, is_so)| is_so.load(Ordering::Relaxed)).map(|(at, _)| at).collect())
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

    pub fn attributes(&self, roles: &[ColumnRole], texts: &[bool], classes: Option<&[String]>) -> Result<Attributes> {
        let wanted: Vec<_> =
            (0..roles.len()).filter(|&at| !matches!(roles[at], ColumnRole::Feature(_) | ColumnRole::Unused)).collect();
        let mut pieces = Vec::with_capacity(self.slices.len());
        for &slice in &self.slices {
            let mut attributes = RawAttributes::default();
            for &at in &wanted {
                let raw = self.read_role(slice, at, texts[at], roles[at])?;
                if let Some(fault) = attributes_fault(roles[at], &raw) {
                    return Err(self.fault(slice, at, &fault));
                }
                attributes.set(roles[at], Some(raw));
            }
            pieces.push(attributes);
        }
        Attributes::join(pieces, classes, |row, text| {
            let slice = self.slice_of(row);
            let column = roles.iter().position(|&role| role == ColumnRole::Label).unwrap_or(0);
            let remedy = "training had no such label; correct it";
            self.fault(slice, column, &CellFault { row: row - slice.first_row, what: "unknown class", value: text.into(), remedy })
        })
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

/// Whether a column that directories name is read: its values vary, or it is asked for.
fn is_wanted(column: &HiveColumn, options: &ReadOptions, known: Option<&FeatureSchema>) -> bool {
    let is_named = options.attributes().iter().chain(&options.categorical).chain(&options.ignore).any(|name| *name == column.name);
    is_named || known.map_or(column.varies(), |schema| schema.named && schema.position(&column.name).is_some())
}
