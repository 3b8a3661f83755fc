//! Parquet files → data sets. Nothing is cached: a column of some row groups is cheap to read again, and takes little memory.

mod file;
mod joined;
mod one_column;
mod pages;
mod prefixes;
mod set;
mod source;
mod types;

use super::labels::with_label;
use super::piece::ColumnEncoder;
use super::ranks::Ranks;
use super::reader::{Fit, Input, Reader};
use super::roles::{ColumnRole, feature_columns};
use crate::decided;
use crate::division::Division;
use crate::memory::{self, TrainingSize};
use crate::names::list;
use crate::{Dataset, ReadOptions, Result};
use polars::prelude::{DataType, Series};
use set::ParquetSet;
use source::ParquetSource;
use std::sync::Arc;

/// Reads Parquet files.
pub(super) struct ParquetReader;

impl Reader for ParquetReader {
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        training(input, division)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        matching(input, fit, division)
    }
}

fn training(Input { files, options, limits }: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let (ranks, mut set) = (division.ranks, ParquetSet::open(files, options, limits, None, division)?);
    let size = TrainingSize { rows: set.rows() as u64, features: set.fields.names.len() as u64, outputs: 1, raw_features: 0 };
    ranks.agree(size.check())?;
    let layout = set.layout();
    let index = pandas_index(&set.fields.names, options);
    let options = &ReadOptions { ignore: [&*options.ignore, &*index].concat(), ..options.clone() };
    let roles = ranks.agree(layout.training_roles(options))?;
    let categorical = layout.categorical(options, &roles)?;
    let texts = set.fields.texts(&roles, &categorical, &layout.file)?;
    set.align_groups(&roles, &texts, limits, division)?;
    let layout = set.layout();
    let levels = set.levels(&roles, &texts, ranks)?;
    let schema = set.fields.schema(&roles, &texts, levels, &layout.file)?;
    let doubted = |(at, role): (usize, &ColumnRole)| match role {
        ColumnRole::Feature(position) if !categorical[at] && set.fields.types[at] == DataType::String => {
            decided::doubted(&schema.features[*position], &layout.file)
        }
        _ => None,
    };
    let mut warnings: Vec<_> = roles.iter().enumerate().filter_map(doubted).chain(layout.index_warnings(options)).collect();
    let columns = feature_columns(&roles);
    warnings.extend(decided::identifiers(&schema, set.all_rows, |position| categorical[columns[position]]));
    warnings.extend(set.packed_dates(&roles, &texts, ranks)?.into_iter().map(|at| decided::packed_dates(&set.fields.names[at])));
    let by_content = |(at, role): (usize, &ColumnRole)| match role {
        ColumnRole::Feature(position) if !categorical[at] && set.fields.types[at] == DataType::String => {
            Some(&schema.features[*position])
        }
        _ => None,
    };
    let text_note = decided::by_content(roles.iter().enumerate().filter_map(by_content));
    let (label, label_warning) = layout.label(options, &roles);
    warnings.extend(label_warning);
    let attributes = set.attributes(&roles, &texts, None, ranks)?;
    let encoders = ColumnEncoder::of(&schema);
    let reading = layout.reading(options, &roles);
    let data = attributes.into_dataset(schema, Arc::new(ParquetSource::new(set, &roles, &texts, encoders)));
    let data = ranks.agree(data)?.with_reading(reading);
    let note = (!index.is_empty()).then(|| format!("left out the index that pandas wrote: {}", list(&index)));
    Ok(with_label(data.with_notes(note).with_notes(text_note).with_warnings(warnings), label))
}

/// Some columns as they stand in the files.
pub(super) fn columns(Input { files, options, limits }: Input<'_>, columns: &[String]) -> Result<Vec<Series>> {
    let mut division = Division::whole(Ranks::alone(), files.len());
    let set = ParquetSet::open(files, options, limits, None, &mut division)?;
    let layout = set.layout();
    let read = |column: &String| set.whole(layout.find(column, "kept")?);
    columns.iter().map(read).collect()
}

/// Columns that are the row numbers of a pandas frame, unless the options give them a meaning. In sorted data they tell the label.
fn pandas_index(names: &[String], options: &ReadOptions) -> Vec<String> {
    let attributes = options.attributes();
    let is_index = |name: &&String| name.starts_with("__index_level_") && name.ends_with("__");
    let is_named = |name: &String| attributes.contains(name) || options.categorical.contains(name) || options.ignore.contains(name);
    names.iter().filter(is_index).filter(|name| !is_named(name)).cloned().collect()
}

fn matching(Input { files, options, limits }: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let (ranks, Fit { schema, classes, needs_labels }) = (division.ranks, fit);
    let mut set = ParquetSet::open(files, options, limits, Some(schema), division)?;
    ranks.agree(memory::check_rows(set.rows() as u64))?;
    let layout = set.layout();
    let mut index = if options.strict { pandas_index(&set.fields.names, options) } else { Vec::new() };
    index.retain(|name| schema.position(name).is_none());
    let options = &ReadOptions { ignore: [&*options.ignore, &*index].concat(), ..options.clone() };
    let (roles, notes) = layout.matching_roles(options, schema, needs_labels)?;
    let mut texts = set.fields.texts(&roles, &vec![false; roles.len()], &layout.file)?;
    for (at, role) in roles.iter().enumerate() {
        match role {
            ColumnRole::Feature(position) => texts[at] = set.fits(at, &schema.features[*position])?,
            ColumnRole::Label => texts[at] |= classes.is_some(),
            _ => {}
        }
    }
    set.align_groups(&roles, &texts, limits, division)?;
    let attributes = set.attributes(&roles, &texts, classes, ranks)?;
    if classes.is_none() {
        ranks.agree(set.check_numeric_labels(&roles, &attributes))?;
    }
    let data = attributes.into_dataset(schema.shared(), Arc::new(ParquetSource::new(set, &roles, &texts, schema.encoders())));
    Ok(ranks.agree(data)?.with_notes(notes))
}
