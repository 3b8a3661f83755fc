//! What goes with every row besides its features: gathered piece by piece, joined into one list each, texts coded.

use super::column::{Builder, ColumnPlan};
use super::levels::{LevelCodes, LevelSet, Raw, Texts};
use super::piece::truth_value;
use super::ranks::Ranks;
use super::roles::ColumnRole;
use crate::{BlockSource, Column, Dataset, Error, FeatureSchema, LabelColumn, MISSING_CODE, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The data with what is known of the column of their labels.
pub(super) fn with_label(data: Dataset, label: Option<LabelColumn>) -> Dataset {
    match label {
        Some(label) => data.with_label_column(label),
        None => data,
    }
}

/// The attributes of one piece as they were read.
#[derive(Clone, Debug, Default)]
pub(super) struct RawAttributes {
    pub label: Option<Raw>,
    /// Those of other targets, with their numbers, from 1.
    pub more_labels: Vec<(usize, Raw)>,
    pub lower_bound: Option<Raw>,
    pub upper_bound: Option<Raw>,
    pub weight: Option<Raw>,
    pub group: Option<Raw>,
    pub base_margin: Option<Raw>,
}

impl RawAttributes {
    /// Takes a column if it is an attribute.
    pub fn set(&mut self, role: ColumnRole, raw: Option<Raw>) {
        match role {
            ColumnRole::Label => self.label = raw,
            ColumnRole::OtherLabel(target) => self.more_labels.extend(raw.map(|raw| (target, raw))),
            ColumnRole::LowerBound => self.lower_bound = raw,
            ColumnRole::UpperBound => self.upper_bound = raw,
            ColumnRole::Weight => self.weight = raw,
            ColumnRole::Group => self.group = raw,
            ColumnRole::BaseMargin => self.base_margin = raw,
            ColumnRole::Feature(_) | ColumnRole::Unused => {}
        }
    }

    /// Pieces of columns, one at least: a rank without rows has no labels, and not none.
    pub fn of_plans(plans: &[ColumnPlan], pieces: Vec<Self>) -> Vec<Self> {
        if !pieces.is_empty() {
            return pieces;
        }
        let mut empty = Self::default();
        plans.iter().for_each(|&plan| empty.set(plan.role, Builder::new(plan).finish().0));
        vec![empty]
    }
}

/// The attributes of all rows, checked by the readers.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub labels: Option<Vec<f64>>,
    /// Of the targets behind the first.
    pub more_labels: Vec<Vec<f64>>,
    /// Lower and upper ones.
    pub label_bounds: Option<(Vec<f64>, Vec<f64>)>,
    pub weights: Option<Vec<f64>>,
    pub groups: Option<Vec<u64>>,
    pub base_margin: Option<Vec<f64>>,
    pub classes: Option<Vec<String>>,
}

impl Attributes {
    /// Joins pieces in row order, of which there is one at least. Labels that are truth values become 0 and 1, those that are other texts
    /// positions in `classes`, or in the sorted list of those of all ranks where there is none; `unknown` makes the error about a row's
    /// text that is no class.
    pub fn join(
        pieces: Vec<RawAttributes>,
        classes: Option<&[String]>,
        ranks: Ranks<'_>,
        unknown: impl Fn(usize, &str) -> Error,
    ) -> Result<Self> {
        let mut columns: [Vec<Raw>; 6] = Default::default();
        let mut more_labels: BTreeMap<usize, Vec<Raw>> = BTreeMap::new();
        for piece in pieces {
            for (target, raw) in piece.more_labels {
                more_labels.entry(target).or_default().push(raw);
            }
            let RawAttributes { label, lower_bound, upper_bound, weight, group, base_margin, .. } = piece;
            for (column, raw) in columns.iter_mut().zip([label, lower_bound, upper_bound, weight, group, base_margin]) {
                column.extend(raw);
            }
        }
        let [labels, lower, upper, weights, groups, base_margin] = columns;
        let (labels, classes) = coded(labels, classes, ranks, unknown)?;
        let groups = (!groups.is_empty()).then(|| group_ids(&groups)).transpose();
        Ok(Self {
            labels,
            more_labels: more_labels.into_values().filter_map(numbers).collect(),
            label_bounds: numbers(lower).zip(numbers(upper)),
            weights: numbers(weights),
            groups: ranks.agree(groups)?,
            base_margin: numbers(base_margin),
            classes,
        })
    }

    /// The data set with these attributes.
    pub fn into_dataset(self, schema: impl Into<Arc<FeatureSchema>>, source: Arc<dyn BlockSource>) -> Result<Dataset> {
        let mut data = Dataset::new(schema, source).with_classes(self.classes);
        if let Some(labels) = self.labels {
            data = data.with_labels(labels)?;
        }
        for labels in self.more_labels {
            data = data.with_another_target(labels)?;
        }
        if let Some((lower, upper)) = self.label_bounds {
            data = data.with_label_bounds(lower, upper)?;
        }
        if let Some(weights) = self.weights {
            data = data.with_weights(weights)?;
        }
        if let Some(groups) = self.groups {
            data = data.with_groups(groups)?;
        }
        match self.base_margin {
            Some(margins) => data.with_base_margin(margins),
            None => Ok(data),
        }
    }
}

/// The numbers of query groups: what they are, of texts their hashes, so that a text has the same number in all files.
fn group_ids(pieces: &[Raw]) -> Result<Vec<u64>> {
    let mut ids = Vec::new();
    for raw in pieces {
        let Raw::Texts(texts) = raw else {
            ids.extend(widen(raw).into_iter().map(|group| group as u64));
            continue;
        };
        let hashes: Vec<u64> = texts.levels.iter().map(|level| xxh3_64(level.as_bytes())).collect();
        for &code in &texts.codes {
            ids.push(*hashes.get(code as usize).ok_or_else(|| Error::internal("a row was read without its query group"))?);
        }
    }
    Ok(ids)
}

fn numbers(pieces: Vec<Raw>) -> Option<Vec<f64>> {
    (!pieces.is_empty()).then(|| pieces.iter().flat_map(widen).collect())
}

/// The values of a column.
pub(super) fn widen(raw: &Raw) -> Vec<f64> {
    match raw {
        Raw::Numbers(Column::F32(values)) => values.iter().map(|&x| f64::from(x)).collect(),
        Raw::Numbers(Column::F64(values)) => values.clone(),
        Raw::Numbers(Column::Codes(codes)) | Raw::Texts(Texts { codes, .. }) => codes.iter().map(|&code| f64::from(code)).collect(),
    }
}

type Coded = (Option<Vec<f64>>, Option<Vec<String>>);

/// Numbers as they are, truth values as 0 and 1, as features have them, where all labels are such, other texts as positions in the list of
/// classes, which is returned too.
fn coded(pieces: Vec<Raw>, classes: Option<&[String]>, ranks: Ranks<'_>, unknown: impl Fn(usize, &str) -> Error) -> Result<Coded> {
    if !pieces.iter().any(|raw| matches!(raw, Raw::Texts(_))) {
        return Ok((numbers(pieces), None));
    }
    let levels = match classes {
        Some(classes) => classes.to_vec(),
        None => all_levels(&pieces, ranks)?,
    };
    let is_truths = classes.is_none() && !levels.is_empty() && levels.iter().all(|level| truth_value(level).is_some());
    let labels = ranks.agree(if is_truths { truths(&pieces) } else { codes(&pieces, &levels, unknown) })?;
    Ok((Some(labels), (!is_truths).then_some(levels)))
}

fn texts(raw: &Raw) -> Result<&Texts> {
    match raw {
        Raw::Texts(texts) => Ok(texts),
        Raw::Numbers(_) => Err(Error::internal("a column was read as numbers in one piece and as text in another")),
    }
}

fn truths(pieces: &[Raw]) -> Result<Vec<f64>> {
    let mut labels = Vec::new();
    for raw in pieces {
        let texts = texts(raw)?;
        let values: Vec<_> = texts.levels.iter().map(|level| truth_value(level)).collect();
        for &code in &texts.codes {
            let value = values.get(code as usize).copied().flatten();
            labels.push(value.ok_or_else(|| Error::internal("a label is no truth value although all are"))?);
        }
    }
    Ok(labels)
}

fn codes(pieces: &[Raw], classes: &[String], unknown: impl Fn(usize, &str) -> Error) -> Result<Vec<f64>> {
    let index = LevelCodes::new(classes);
    let mut labels = Vec::new();
    for raw in pieces {
        let texts = texts(raw)?;
        let coded = texts.encode(&index);
        if let Some(row) = coded.iter().position(|&code| code == MISSING_CODE) {
            return Err(unknown(labels.len() + row, texts.get(row).unwrap_or("")));
        }
        labels.extend(coded.into_iter().map(f64::from));
    }
    Ok(labels)
}

/// The texts of all ranks in code order.
fn all_levels(pieces: &[Raw], ranks: Ranks<'_>) -> Result<Vec<String>> {
    let set = LevelSet::default();
    for raw in pieces {
        if let Raw::Texts(texts) = raw {
            set.add(&texts.levels);
        }
    }
    set.on_all(ranks).map(LevelSet::sorted)
}
