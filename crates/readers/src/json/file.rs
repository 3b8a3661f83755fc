//! Files of JSON rows → data sets. A key that a row lacks is a missing value.

use super::column::Survey;
use super::table::JsonTable;
use crate::column::{ColumnPlan, Types};
use crate::decided::{Decided, identifiers, leading_zeros, numbers_among_levels, packed_dates};
use crate::hive::without_lost_columns;
use crate::kinds::{Doubt, Dressed, Kind, doubtful, remedy_for};
use crate::labels::{Attributes, with_label};
use crate::number_text::dress_under;
use crate::piece::ColumnEncoder;
use crate::reader::{Fit, Input, Reader};
use crate::roles::{ColumnRole, feature_columns};
use crate::{Dataset, Error, FeatureKind, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Reads files of JSON.
pub(crate) struct JsonReader;

impl Reader for JsonReader {
    fn training(&self, input: Input<'_>) -> Result<Dataset> {
        training(input)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>) -> Result<Dataset> {
        matching(input, fit)
    }
}

fn training(input: Input<'_>) -> Result<Dataset> {
    let table = JsonTable::read(input)?;
    let paths: Vec<_> = input.files.iter().map(|file| &file.path).collect();
    let options = &without_lost_columns(&paths, table.names(), input.options)?;
    let layout = table.layout();
    if let (None, Some(row), true) = (&options.label, table.disordered, layout.width > 0) {
        let what = "rows whose first values have different names, so that none of them is known to be the label";
        return Err(table.error(0, what, "say which column is the label (label_column)", row, ""));
    }
    let roles = layout.training_roles(options)?;
    let categorical = layout.categorical(options, &roles)?;
    let decided = Decisions::of(&table, &roles, &categorical)?;
    let by_index = layout.index_warnings(options);
    let reading = layout.reading(options, &roles);
    let (label, label_warning) = layout.label(options, &roles);
    let plans = decided.plans;
    let (features, attributes, _) = table.split(&plans, Types::Settled, &HashMap::new())?;
    let schema = decided.found.schema;
    let encoders = ColumnEncoder::of(&schema);
    let attributes = Attributes::join(vec![attributes], None, |_, _| Error::internal("a label is not among the labels"))?;
    let data = table.finish(Arc::new(schema), &plans, features, encoders, attributes, Types::Settled)?;
    let columns = feature_columns(&roles);
    let identifiers = identifiers(data.schema(), data.rows(), |position| categorical[columns[position]]);
    let data = data
        .with_notes(decided.found.note)
        .with_warnings(by_index)
        .with_warnings(decided.warnings)
        .with_warnings(decided.found.warnings);
    Ok(with_label(data.with_warnings(identifiers).with_warnings(label_warning).with_reading(reading), label))
}

fn matching(input: Input<'_>, Fit { schema, classes, needs_labels }: Fit<'_>) -> Result<Dataset> {
    let table = JsonTable::read(input)?;
    let layout = table.layout();
    let (roles, notes) = layout.matching_roles(input.options, schema, needs_labels)?;
    let plan = |&role: &ColumnRole| {
        let texts = match role {
            ColumnRole::Feature(position) => schema.features[position].kind != FeatureKind::Numeric,
            ColumnRole::Label => classes.is_some(),
            _ => false,
        };
        ColumnPlan { role, texts }
    };
    let plans: Vec<_> = roles.iter().map(plan).collect();
    let encoders = schema.encoders();
    let exception = |(at, &role): (usize, &ColumnRole)| match role {
        ColumnRole::Feature(position) => Some((at, encoders[position].exception(&table.missing)?)),
        _ => None,
    };
    let exceptions = roles.iter().enumerate().filter_map(exception).collect();
    let (features, attributes, counts) = table.split(&plans, Types::Given, &exceptions)?;
    let warnings = numbers_among_levels(&plans, &counts, schema, &layout.file);
    let attributes = Attributes::join(vec![attributes], classes, |row, text| {
        let label = plans.iter().position(|plan| plan.role == ColumnRole::Label).unwrap_or(0);
        table.error(label, "unknown class", "training had no such label; correct it", row, text)
    })?;
    let data = table.finish(schema.shared(), &plans, features, encoders, attributes, Types::Given)?;
    Ok(data.with_notes(notes).with_warnings(warnings))
}

/// Reads all rows, and gives some columns as they stand.
pub(crate) fn texts(input: Input<'_>, columns: &[String]) -> Result<Vec<(String, Vec<Option<String>>)>> {
    let table = JsonTable::read(input)?;
    let layout = table.layout();
    let kept = |column: &String| {
        let at = layout.find(column, "kept")?;
        let name = table.names().map_or(column, |names| &names[at]).clone();
        Ok((name, table.columns[at].texts().map(|text| text.map(Cow::into_owned)).collect()))
    };
    columns.iter().map(kept).collect()
}

/// What training decides about the columns.
struct Decisions {
    plans: Vec<ColumnPlan>,
    found: Decided,
    warnings: Vec<String>,
}

impl Decisions {
    /// What every column of training data holds.
    fn of(table: &JsonTable, roles: &[ColumnRole], categorical: &[bool]) -> Result<Self> {
        let (mut plans, mut kinds, mut levels, mut warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (at, (column, &role)) in table.columns.iter().zip(roles).enumerate() {
            let may_be_texts = match role {
                ColumnRole::Feature(_) => categorical[at] || column.has_words(&table.missing),
                ColumnRole::Label | ColumnRole::Group => column.has_texts(&table.missing),
                _ => false,
            };
            let mut plan = ColumnPlan { role, texts: may_be_texts };
            let survey = if may_be_texts { column.survey(&table.missing) } else { Survey::default() };
            let kind = survey.census.decide(plan, &survey.counts, categorical[at]);
            plan.texts &= kind != Kind::Numbers;
            plans.push(plan);
            kinds.push(kind);
            levels.push(survey.levels);
        }
        let strays = doubtful(&kinds).into_iter().filter_map(|(at, doubt)| {
            let (row, text, cells) = table.columns[at].first_stray(doubt, plans[at], &table.missing)?;
            Some((row, at, doubt, text, cells))
        });
        if let Some((row, at, doubt, text, cells)) = strays.min_by_key(|&(row, at, ..)| (row, at)) {
            let (what, remedy) = doubt.fault();
            let dress = dress_under(&text, table.decimal()).filter(|_| doubt == Doubt::AmongNumbers);
            let remedy = dress.map_or(remedy, |dress| dress.remedy(table.decimal()));
            return Err(table.error(at, what, &remedy_for(cells, remedy), row, &text));
        }
        for (at, levels) in levels.iter().enumerate() {
            let dressed = Dressed::of(plans[at], categorical[at], levels, table.decimal());
            let Some((dressed, (row, text, dress))) = dressed.zip(table.columns[at].first_dressed(table.decimal())) else {
                continue;
            };
            let (what, remedy) = dressed.fault(plans[at].role, dress, table.decimal());
            let error = table.error(at, &what, &remedy, row, &text);
            if dressed.is_refused {
                return Err(error);
            }
            warnings.push(error.to_string());
        }
        let found = Decided::new(&plans, table.names(), levels, &kinds, categorical);
        for (at, column) in table.columns.iter().enumerate().filter(|(at, _)| kinds[*at] == Kind::Numbers) {
            let (ColumnRole::Feature(position), Some(text)) = (plans[at].role, column.first_with_leading_zeros()) else { continue };
            warnings.push(leading_zeros(&found.schema.features[position].name, text));
        }
        for (at, column) in table.columns.iter().enumerate().filter(|(at, _)| kinds[*at] == Kind::Numbers) {
            if let ColumnRole::Feature(position) = plans[at].role
                && column.are_packed_dates(&table.missing)
            {
                warnings.push(packed_dates(&found.schema.features[position].name));
            }
        }
        Ok(Self { plans, found, warnings })
    }
}
