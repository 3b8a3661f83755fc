//! The schema of training data that tell no types, and what is to be said about it.

use super::cells::{MissingTexts, number};
use super::column::{ColumnPlan, Counts};
use super::dates::{is_date_like, moment};
use super::kinds::{Census, Doubt, Kind};
use super::number_text::measure;
use super::roles::ColumnRole;
use crate::names::list;
use crate::{Feature, FeatureKind, FeatureSchema};
use sapwood::text::counted;
use std::collections::{HashMap, HashSet};

/// The schema of training data, and what was decided about it.
pub(super) struct Decided {
    pub schema: FeatureSchema,
    /// About columns that became categorical by themselves.
    pub note: Option<String>,
    pub warnings: Vec<String>,
}

impl Decided {
    /// `levels`, `kinds` and `categorical` have an entry for every column.
    pub fn new(
        columns: &[ColumnPlan],
        names: Option<&[String]>,
        levels: Vec<Vec<String>>,
        kinds: &[Kind],
        categorical: &[bool],
    ) -> Self {
        let mut features = Vec::new();
        let (mut guessed, mut warnings) = (Vec::new(), Vec::new());
        for (at, levels) in levels.into_iter().enumerate() {
            let ColumnRole::Feature(position) = columns[at].role else {
                let is_label = columns[at].role == ColumnRole::Label && columns[at].texts;
                warnings.extend(spellings("the label", &levels).filter(|_| is_label));
                continue;
            };
            let name = names.map_or_else(|| format!("f{position}"), |names| names[at].clone());
            let kind = feature_kind(kinds[at], levels);
            if let FeatureKind::Categorical { levels } = &kind
                && !categorical[at]
            {
                guessed.push(position);
                warnings.extend(warning(&name, levels).filter(|_| kinds[at] == Kind::MixedTexts));
                warnings.extend(units(&name, levels));
                warnings.extend(spellings(&format!("column {name}"), levels));
            }
            features.push(Feature { name, kind });
        }
        let note = by_content(guessed.into_iter().map(|position: usize| &features[position]));
        let schema = FeatureSchema { features, named: names.is_some(), index_base: None };
        Self { schema, note, warnings }
    }
}

/// Up to so many rows, every one may well have a category of its own.
const FEW_ROWS: usize = 20;

/// Warnings about columns with a category for nearly every row, of those that nobody named as categorical.
pub(super) fn identifiers(schema: &FeatureSchema, rows: usize, is_named: impl Fn(usize) -> bool) -> Vec<String> {
    let warning = |(position, feature): (usize, &Feature)| {
        let FeatureKind::Categorical { levels } = &feature.kind else { return None };
        let is_identifier = rows >= FEW_ROWS && levels.len() * 10 >= rows * 9 && !is_named(position);
        is_identifier.then(|| {
            format!(
                "column {} is taken as categorical and has {} categories in {rows} rows, as an identifier has, which says nothing about new \
                 rows; leave it out with ignore_columns, or name it in categorical_features",
                feature.name,
                levels.len()
            )
        })
    };
    schema.features.iter().enumerate().filter_map(warning).collect()
}

/// A note about columns that became categorical because they are text.
pub(super) fn by_content<'a>(features: impl Iterator<Item = &'a Feature>) -> Option<String> {
    let column = |feature: &Feature| match &feature.kind {
        FeatureKind::Categorical { levels } => Some(format!("{} ({})", feature.name, counted(levels.len(), "level"))),
        _ => None,
    };
    let columns: Vec<_> = features.filter_map(column).collect();
    (!columns.is_empty()).then(|| format!("columns of text taken as categorical: {}", list(&columns)))
}

/// A warning about a column of numbers all of which are dates without hyphens.
pub(super) fn packed_dates(name: &str) -> String {
    format!(
        "column {name} is read as numbers, and all of them are dates such as 20240105, so that from 20240131 to 20240201 it is 70 and not a \
         day; write dates as 2024-01-05"
    )
}

/// A warning about categories most of which are numbers of a unit: their order counts for nothing.
fn units(name: &str, levels: &[String]) -> Option<String> {
    let measures: Vec<_> = levels.iter().filter_map(|level| measure(level)).collect();
    let numbers = measures.iter().map(|(number, _)| number).collect::<HashSet<_>>().len();
    let units = measures.iter().map(|(_, unit)| unit).collect::<HashSet<_>>().len();
    // Codes such as 12A and 12B have many letters behind few numbers.
    let is_measure = measures.len() >= 2
        && measures.len() * 2 >= levels.len()
        && units * 2 <= measures.len()
        && numbers * 4 >= measures.len() * 3;
    let first = levels.iter().find(|level| is_measure && measure(level).is_some())?;
    Some(format!(
        "column {name} is taken as categorical, although {} of its {} texts are numbers with something beside them, such as {first:?}; write \
         plain numbers, or name it in categorical_features",
        measures.len(),
        levels.len()
    ))
}

/// A warning about a feature whose type says that it is text, and whose texts say that it is something else.
pub(super) fn doubted(feature: &Feature, file: &str) -> Option<String> {
    let FeatureKind::Categorical { levels } = &feature.kind else { return None };
    let (mut census, missing) = (Census::default(), MissingTexts::default());
    levels.iter().for_each(|level| census.add(missing.cell(level), level));
    let numbers = levels.iter().filter(|level| number(level).is_some()).count() as u64;
    let what = match census.kind(&Counts { numbers, words: levels.len() as u64 - numbers }) {
        Kind::Texts | Kind::MixedTexts => return None,
        Kind::Numbers | Kind::Doubtful(Doubt::AmongNumbers) => "numbers",
        Kind::Booleans => "truth values",
        Kind::Dates | Kind::Datetimes | Kind::Doubtful(_) => "dates",
    };
    Some(format!(
        "column {} of {file} is text by its type and taken as categorical, although its texts look like {what}, such as {:?}; write {what}, or \
         name it in categorical_features if it is right",
        feature.name,
        levels.first()?
    ))
}

/// A warning about texts that are one apart from case.
fn spellings(column: &str, levels: &[String]) -> Option<String> {
    let mut known = HashMap::with_capacity(levels.len());
    let twice = levels.iter().find_map(|level| known.insert(level.to_lowercase(), level).map(|other| (other, level)));
    twice.map(|(one, other)| format!("{column} has texts that differ in case alone and count as different: {one:?}, {other:?}"))
}

/// A warning about a column of numbers one of which is written like this.
pub(super) fn leading_zeros(name: &str, text: &str) -> String {
    format!(
        "column {name} is read as numbers, although some begin with zeros, such as {text:?}: the zeros are lost; name it in \
         categorical_features if these are codes"
    )
}

/// Warnings about columns of numbers where the model has categories without a number: all of them are missing.
pub(super) fn numbers_among_levels(columns: &[ColumnPlan], counts: &[Counts], schema: &FeatureSchema, file: &str) -> Vec<String> {
    let warning = |(column, counts): (&ColumnPlan, &Counts)| {
        let ColumnRole::Feature(position) = column.role else { return None };
        let Feature { name, kind: FeatureKind::Categorical { levels } } = &schema.features[position] else { return None };
        let strange = counts.numbers > 0 && counts.words == 0 && !levels.iter().any(|level| number(level).is_some());
        strange.then(|| {
            format!("column {name} of {file} holds numbers, none of which is a category of the model; all are treated as missing")
        })
    };
    columns.iter().zip(counts).filter_map(warning).collect()
}

/// The kind of a feature.
fn feature_kind(kind: Kind, levels: Vec<String>) -> FeatureKind {
    match kind {
        Kind::Numbers => FeatureKind::Numeric,
        Kind::Booleans => FeatureKind::Boolean,
        Kind::Dates => FeatureKind::Date,
        Kind::Datetimes => FeatureKind::Datetime,
        Kind::Texts | Kind::MixedTexts | Kind::Doubtful(_) => FeatureKind::Categorical { levels },
    }
}

/// A warning about levels that look like numbers or dates.
fn warning(name: &str, levels: &[String]) -> Option<String> {
    let is_strange = |level: &&String| number(level).is_some() || moment(level).is_some() || is_date_like(level);
    let first = levels.iter().find(is_strange)?;
    let count = levels.iter().filter(is_strange).count();
    Some(format!(
        "column {name} is taken as categorical, although {count} of its {} texts look like numbers or dates, such as {first:?}; \
         name it in categorical_features if that is right",
        levels.len()
    ))
}
