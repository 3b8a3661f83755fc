//! Files of JSON rows → data sets. A key that a row lacks is a missing value.

use super::column::{JsonColumn, Survey};
use super::table::JsonTable;
use crate::column::{ColumnPlan, Types};
use crate::decided::{Decided, identifiers, leading_zeros, numbers_among_levels, packed_dates};
use crate::division::Division;
use crate::hive::without_lost_columns;
use crate::kinds::{Doubt, Dressed, Kind, doubtful, remedy_for};
use crate::labels::{Attributes, with_label};
use crate::number_text::dress_under;
use crate::piece::ColumnEncoder;
use crate::ranks::Ranks;
use crate::reader::{Fit, Input, Reader};
use crate::roles::{ColumnRole, feature_columns};
use crate::{Dataset, Error, FeatureKind, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Reads files of JSON.
pub(crate) struct JsonReader;

impl Reader for JsonReader {
    fn training(&self, input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        training(input, division)
    }

    fn matching(&self, input: Input<'_>, fit: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
        matching(input, fit, division)
    }
}

fn training(input: Input<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let (ranks, table) = (division.ranks, JsonTable::read(input, division)?);
    let paths: Vec<_> = input.files.iter().map(|file| &file.path).collect();
    let options = &without_lost_columns(&paths, table.names(), input.options)?;
    let layout = table.layout();
    let disordered = table.disordered.filter(|_| options.label.is_none() && layout.width > 0);
    let ordered = disordered.map_or(Ok(()), |row| {
        let what = "rows whose first values have different names, so that none of them is known to be the label";
        Err(table.error(0, what, "say which column is the label (label_column)", row, ""))
    });
    ranks.agree(ordered)?;
    let roles = ranks.agree(layout.training_roles(options))?;
    let categorical = layout.categorical(options, &roles)?;
    let decided = Decisions::of(&table, &roles, &categorical, ranks)?;
    let by_index = layout.index_warnings(options);
    let reading = layout.reading(options, &roles);
    let (label, label_warning) = layout.label(options, &roles);
    let plans = decided.plans;
    let (features, attributes, _) = ranks.agree(table.split(&plans, Types::Settled, &HashMap::new()))?;
    let schema = decided.found.schema;
    let encoders = ColumnEncoder::of(&schema);
    let attributes = Attributes::join(vec![attributes], None, ranks, |_, _| Error::internal("a label is not among the labels"))?;
    let rows = table.rows_of_all;
    let data = table.finish(Arc::new(schema), &plans, features, encoders, attributes, Types::Settled);
    let data = ranks.agree(data)?;
    let columns = feature_columns(&roles);
    let identifiers = identifiers(data.schema(), rows, |position| categorical[columns[position]]);
    let data = data
        .with_notes(decided.found.note)
        .with_warnings(by_index)
        .with_warnings(decided.warnings)
        .with_warnings(decided.found.warnings);
    Ok(with_label(data.with_warnings(identifiers).with_warnings(label_warning).with_reading(reading), label))
}

fn matching(input: Input<'_>, Fit { schema, classes, needs_labels }: Fit<'_>, division: &mut Division<'_>) -> Result<Dataset> {
    let (ranks, table) = (division.ranks, JsonTable::read(input, division)?);
    let layout = table.layout();
    let (roles, notes) = layout.matching_roles(input.options, schema, needs_labels)?;
    let plan = |&role: &ColumnRole| {
        let texts = match role {
            ColumnRole::Feature(position) => schema.features[position].kind != FeatureKind::Numeric,
            ColumnRole::Label => classes.is_some(),
            _ => false,
        };
        ColumnPlan::of_model(role, texts, input.options.trained.infinite_values)
    };
    let plans: Vec<_> = roles.iter().map(plan).collect();
    let encoders = schema.encoders();
    let exception = |(at, &role): (usize, &ColumnRole)| match role {
        ColumnRole::Feature(position) => Some((at, encoders[position].exception(&table.missing)?)),
        _ => None,
    };
    let exceptions = roles.iter().enumerate().filter_map(exception).collect();
    let (features, attributes, mut counts) = ranks.agree(table.split(&plans, Types::Given, &exceptions))?;
    let all = ranks.gather(counts.clone())?;
    for others in all.iter().enumerate().filter(|(rank, _)| *rank != ranks.rank()).map(|(_, others)| others) {
        counts.iter_mut().zip(others).for_each(|(counts, others)| counts.add(others));
    }
    let warnings = numbers_among_levels(&plans, &counts, schema, &layout.file);
    let attributes = Attributes::join(vec![attributes], classes, ranks, |row, text| {
        let label = plans.iter().position(|plan| plan.role == ColumnRole::Label).unwrap_or(0);
        table.error(label, "unknown class", "training had no such label; correct it", row, text)
    })?;
    let data = table.finish(schema.shared(), &plans, features, encoders, attributes, Types::Given);
    Ok(ranks.agree(data)?.with_notes(notes).with_warnings(warnings))
}

/// Reads all rows, and gives some columns as they stand.
pub(crate) fn texts(input: Input<'_>, columns: &[String]) -> Result<Vec<(String, Vec<Option<String>>)>> {
    let table = JsonTable::read(input, &mut Division::whole(Ranks::alone(), input.files.len()))?;
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
    /// What every column of training data holds, in the rows of all ranks.
    fn of(table: &JsonTable, roles: &[ColumnRole], categorical: &[bool], ranks: Ranks<'_>) -> Result<Self> {
        let may_be_texts = |(at, (column, &role)): (usize, (&JsonColumn, &ColumnRole))| match role {
            ColumnRole::Feature(_) => categorical[at] || column.has_words(&table.missing),
            ColumnRole::Label | ColumnRole::Group => column.has_texts(&table.missing),
            _ => false,
        };
        let may_be_texts: Vec<bool> = table.columns.iter().zip(roles).enumerate().map(may_be_texts).collect();
        let all = ranks.gather(may_be_texts)?;
        let may_be_texts: Vec<bool> = (0..roles.len()).map(|at| all.iter().any(|texts| texts[at])).collect();
        let (mut plans, mut kinds, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        for (at, survey) in surveys(table, &may_be_texts, ranks)?.into_iter().enumerate() {
            let mut plan = ColumnPlan::new(roles[at], may_be_texts[at]);
            let kind = survey.census().decide(plan, &survey.counts, categorical[at]);
            plan.texts &= kind != Kind::Numbers;
            plans.push(plan);
            kinds.push(kind);
            levels.push(survey.sorted_levels());
        }
        refuse_strays(table, &plans, &kinds, ranks)?;
        let mut warnings = Vec::new();
        for (at, levels) in levels.iter().enumerate() {
            let Some(dressed) = Dressed::of(plans[at], categorical[at], levels, table.decimal()) else { continue };
            let error = |(row, text, dress): (usize, String, _)| {
                let (what, remedy) = dressed.fault(plans[at].role, dress, table.decimal());
                table.error(at, &what, &remedy, row, &text)
            };
            let first = table.columns[at].first_dressed(table.decimal()).map(error);
            if dressed.is_refused {
                ranks.agree(first.map_or(Ok(()), Err))?;
                continue;
            }
            warnings.extend(ranks.first(first.map(|error| error.to_string()))?);
        }
        let found = Decided::new(&plans, table.names(), levels, &kinds, categorical);
        let numbers = plans.iter().enumerate().filter_map(|(at, plan)| match plan.role {
            ColumnRole::Feature(position) if kinds[at] == Kind::Numbers => {
                Some((&table.columns[at], &found.schema.features[position].name))
            }
            _ => None,
        });
        let numbers: Vec<_> = numbers.collect();
        let own: Vec<_> = numbers
            .iter()
            .map(|(column, _)| (column.first_with_leading_zeros().map(str::to_string), column.are_packed_dates(&table.missing)))
            .collect();
        let all = ranks.gather(own)?;
        let zeros = numbers
            .iter()
            .enumerate()
            .filter_map(|(at, (_, name))| all.iter().find_map(|own| own[at].0.as_ref()).map(|text| leading_zeros(name, text)));
        warnings.extend(zeros);
        let packed = numbers.iter().enumerate().filter(|(at, _)| {
            let mut ranks = all.iter().filter_map(|own| own[*at].1).peekable();
            ranks.peek().is_some() && ranks.all(|is| is)
        });
        warnings.extend(packed.map(|(_, (_, name))| packed_dates(name)));
        Ok(Self { plans, found, warnings })
    }
}

/// What the columns hold that may be text, in the rows of all ranks; of others nothing.
fn surveys(table: &JsonTable, may_be_texts: &[bool], ranks: Ranks<'_>) -> Result<Vec<Survey>> {
    let own = |(column, &texts): (&JsonColumn, &bool)| if texts { column.survey(&table.missing) } else { Survey::default() };
    let all = ranks.gather(table.columns.iter().zip(may_be_texts).map(own).collect::<Vec<_>>())?;
    let mut all: Vec<_> = all.into_iter().map(Vec::into_iter).collect();
    Ok((0..may_be_texts.len()).map(|_| Survey::joined(all.iter_mut().filter_map(Iterator::next))).collect())
}

/// Refuses the first cell that does not go with the others of its column.
fn refuse_strays(table: &JsonTable, plans: &[ColumnPlan], kinds: &[Kind], ranks: Ranks<'_>) -> Result<()> {
    let doubtful = doubtful(kinds);
    if doubtful.is_empty() {
        return Ok(());
    }
    let strays = doubtful.iter().filter_map(|&(at, doubt)| {
        let (row, text) = table.columns[at].first_stray(doubt, plans[at], &table.missing)?;
        Some((row, at, text))
    });
    let first = strays.min_by_key(|&(row, at, _)| (row, at));
    let Some((at, text)) = ranks.first(first.as_ref().map(|(_, at, text)| (*at, text.clone())))? else { return Ok(()) };
    let cells = ranks.sum(table.columns[at].count(&text));
    ranks.agree(first.map_or(Ok(()), |(row, at, text)| {
        let doubt = doubtful.iter().find(|(column, _)| *column == at).map_or(Doubt::AmongNumbers, |(_, doubt)| *doubt);
        let (what, remedy) = doubt.fault();
        let dress = dress_under(&text, table.decimal()).filter(|_| doubt == Doubt::AmongNumbers);
        let remedy = dress.map_or(remedy, |dress| dress.remedy(table.decimal()));
        Err(table.error(at, what, &remedy_for(cells, remedy), row, &text))
    }))
}
