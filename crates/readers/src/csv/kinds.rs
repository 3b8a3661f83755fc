//! What the columns of training data hold, decided by all of their distinct texts, never by the first rows or by how often a text occurs.

use super::parse::Plan;
use crate::blocks::for_each_block;
use crate::cells::{Cell, MissingTexts, is_missing_among_numbers, number, truth};
use crate::column::{Counts, MISPLACED, TEXT_AMONG_NUMBERS};
use crate::dates::{Moment, is_date_like, moment};
use crate::levels::LevelSet;
use crate::reader::Limits;
use crate::roles::ColumnRole;
use crate::{Error, FeatureKind, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Numbers,
    Booleans,
    Dates,
    Datetimes,
    Texts,
    /// Texts, and among them some that look like numbers or dates.
    MixedTexts,
    /// Nothing that could be read without a guess.
    Doubtful(Doubt),
}

/// Why nobody can say what a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Most texts are numbers.
    AmongNumbers,
    /// Most texts are dates.
    AmongDates,
    /// Most texts are dates in a form that is not read.
    Form,
    /// Some times are of a place, others of the world.
    Offsets,
}

/// How many distinct texts of a column look like what.
#[derive(Clone, Debug, Default)]
struct Census {
    numbers: usize,
    /// Numbers that are neither 0 nor 1.
    others: usize,
    dates: usize,
    datetimes: usize,
    /// Of these, the ones that tell their distance from UTC.
    offsets: usize,
    date_like: usize,
    truths: usize,
    /// Texts that are missing values among numbers.
    missing: usize,
    words: usize,
}

impl Census {
    /// `missing` knows what a number is here.
    fn of(levels: &LevelSet, missing: &MissingTexts) -> Self {
        let mut census = Self::default();
        levels.visit(|level| census.add(level, missing));
        census
    }

    fn add(&mut self, level: &str, missing: &MissingTexts) {
        if let Cell::Number(x) = missing.cell(level) {
            self.numbers += 1;
            self.others += usize::from(x != 0.0 && x != 1.0);
            return;
        }
        match moment(level) {
            Some(Moment::Date(_)) => self.dates += 1,
            Some(Moment::Datetime { offset, .. }) => {
                self.datetimes += 1;
                self.offsets += usize::from(offset);
            }
            None if truth(level).is_some() => self.truths += 1,
            None if is_missing_among_numbers(level) => self.missing += 1,
            None if is_date_like(level) => self.date_like += 1,
            None => self.words += 1,
        }
    }

    fn kind(&self, cells: &Counts) -> Kind {
        let moments = self.dates + self.datetimes;
        let texts = self.words + self.truths + self.missing;
        if moments + self.date_like + self.words + self.truths == 0 {
            return Kind::Numbers;
        }
        if self.numbers + self.date_like + self.words + self.truths == 0 {
            return match (self.datetimes, self.offsets) {
                (0, _) => Kind::Dates,
                (all, some) if some == 0 || some == all => Kind::Datetimes,
                _ => Kind::Doubtful(Doubt::Offsets),
            };
        }
        if moments + self.date_like + self.words + self.others == 0 {
            return Kind::Booleans;
        }
        // One text that occurs among others stands for something else, most likely a missing value.
        let most = |some: usize, others: usize| some > others || (some > 0 && others == 1);
        if most(moments + self.date_like, self.numbers + texts) {
            return Kind::Doubtful(if self.date_like > moments { Doubt::Form } else { Doubt::AmongDates });
        }
        if most(self.numbers, texts) || (self.numbers > 0 && cells.numbers >= cells.words) {
            return Kind::Doubtful(Doubt::AmongNumbers);
        }
        if self.numbers + moments + self.date_like > 0 { Kind::MixedTexts } else { Kind::Texts }
    }
}

impl Doubt {
    /// Whether a cell does not go with the others.
    fn is_stray(self, cell: Cell<'_>) -> bool {
        let Cell::Text(text) = cell else { return self != Self::AmongNumbers && cell != Cell::Missing };
        match self {
            Self::AmongNumbers => true,
            Self::AmongDates => moment(text).is_none(),
            Self::Form => is_date_like(text),
            Self::Offsets => matches!(moment(text), Some(Moment::Datetime { offset: false, .. })),
        }
    }

    /// What is wrong with a stray cell, and what to do about it.
    fn fault(self) -> (&'static str, &'static str) {
        const UNREAD: &str = "write dates as 2024-01-05 and times as 2024-01-05 10:30:00, leave the column out with ignore_columns, or name it \
                              in categorical_features";
        match self {
            Self::AmongNumbers => TEXT_AMONG_NUMBERS,
            Self::AmongDates => ("text in a column of dates", MISPLACED),
            Self::Form => ("date or time in a form that can be misread", UNREAD),
            Self::Offsets => (
                "time without a distance from UTC in a column of times that have one",
                "write all of them alike, or leave the column out with ignore_columns",
            ),
        }
    }
}

/// Which columns are to be read anew, as texts where they were read as numbers and the other way round. `true`: some are.
pub(super) fn reconsider(plan: &mut Plan, counts: &[Counts], levels: &[LevelSet], categorical: &[bool]) -> bool {
    let mut again = false;
    let Plan { columns, missing, .. } = plan;
    for (at, column) in columns.iter_mut().enumerate().filter(|(at, _)| !categorical[*at]) {
        let cells = &counts[at];
        let texts = match (column.texts, column.role) {
            (true, ColumnRole::Feature(_)) => cells.numbers == 0 || Census::of(&levels[at], missing).kind(cells) != Kind::Numbers,
            (true, _) => cells.numbers == 0 || cells.words > 0,
            (false, _) => cells.words > 0,
        };
        again |= texts != column.texts;
        column.texts = texts;
    }
    again
}

/// What every column holds. A column that cannot be told is an error that names the first cell that does not go with the others.
pub(super) fn settle(
    plan: &Plan,
    counts: &[Counts],
    levels: &[LevelSet],
    categorical: &[bool],
    limits: Limits,
) -> Result<Vec<Kind>> {
    let kind = |(at, cells): (usize, &Counts)| match plan.columns[at] {
        column if !column.texts => Kind::Numbers,
        _ if categorical[at] => Kind::Texts,
        column => match (Census::of(&levels[at], &plan.missing).kind(cells), column.role) {
            (kind, ColumnRole::Feature(_)) => kind,
            // A label is never missing.
            (Kind::Numbers | Kind::Doubtful(Doubt::AmongNumbers), ColumnRole::Label) if cells.numbers > 0 => {
                Kind::Doubtful(Doubt::AmongNumbers)
            }
            (Kind::Doubtful(_), ColumnRole::Group) if cells.numbers >= cells.words => Kind::Doubtful(Doubt::AmongNumbers),
            _ => Kind::Texts,
        },
    };
    let kinds: Vec<_> = counts.iter().enumerate().map(kind).collect();
    let doubt = |(at, kind): (usize, &Kind)| if let Kind::Doubtful(doubt) = kind { Some((at, *doubt)) } else { None };
    let doubtful: Vec<_> = kinds.iter().enumerate().filter_map(doubt).collect();
    if doubtful.is_empty() { Ok(kinds) } else { Err(first_stray(plan, &doubtful, limits)?) }
}

/// A text that does not go with others of its column: how many cells have it, and the first of them.
struct Stray {
    cells: u64,
    place: (usize, u64),
}

/// The error for the first cell that does not go with the others of its column. Reads everything again: only here places count.
fn first_stray(plan: &Plan, doubtful: &[(usize, Doubt)], limits: Limits) -> Result<Error> {
    let found: Mutex<HashMap<(usize, String), Stray>> = Mutex::default();
    for_each_block(&plan.table.files, limits.block_bytes, &|file, _, block| {
        plan.for_each_cell(block, |line, at, text| {
            let Some((_, doubt)) = doubtful.iter().find(|(column, _)| *column == at) else { return };
            let is_feature = matches!(plan.columns[at].role, ColumnRole::Feature(_));
            let is_missing = is_feature && is_missing_among_numbers(text.trim());
            if !is_missing && doubt.is_stray(plan.missing.cell(text)) {
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                let stray = found.entry((at, text.trim().to_string())).or_insert(Stray { cells: 0, place: (file, line) });
                stray.cells += 1;
                stray.place = stray.place.min((file, line));
            }
        })
    })?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let first = found.iter().min_by_key(|((at, _), stray)| (stray.place, *at));
    let Some(((at, text), Stray { cells, place: (file, line) })) = first else {
        return Ok(Error::internal("a column has no cell that does not go with the others"));
    };
    let doubt = doubtful.iter().find(|(column, _)| column == at).map_or(Doubt::AmongNumbers, |(_, doubt)| *doubt);
    let (what, remedy) = doubt.fault();
    let remedy = if doubt == Doubt::AmongNumbers { plan.remedy(*file, *line, text, remedy) } else { remedy };
    let remedy = if *cells > 1 { format!("{cells} cells hold it; {remedy}") } else { remedy.to_string() };
    Ok(plan.error((what, &remedy), *file, *line, *at, text))
}

/// The kind of a feature.
pub(super) fn feature_kind(kind: Kind, levels: Vec<String>) -> FeatureKind {
    match kind {
        Kind::Numbers => FeatureKind::Numeric,
        Kind::Booleans => FeatureKind::Boolean,
        Kind::Dates => FeatureKind::Date,
        Kind::Datetimes => FeatureKind::Datetime,
        Kind::Texts | Kind::MixedTexts | Kind::Doubtful(_) => FeatureKind::Categorical { levels },
    }
}

/// A warning about levels that look like numbers or dates.
pub(super) fn warning(name: &str, levels: &[String]) -> Option<String> {
    let is_strange = |level: &&String| number(level).is_some() || moment(level).is_some() || is_date_like(level);
    let first = levels.iter().find(is_strange)?;
    let count = levels.iter().filter(is_strange).count();
    Some(format!(
        "column {name} is taken as categorical, although {count} of its {} texts look like numbers or dates, such as {first:?}; \
         name it in categorical_features if that is right",
        levels.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(texts: &[&str]) -> Kind {
        let set = LevelSet::default();
        let levels: Vec<_> = texts.iter().map(ToString::to_string).collect();
        set.add(&levels);
        let numbers = texts.iter().filter(|text| number(text).is_some()).count() as u64;
        let cells = Counts { numbers, words: texts.len() as u64 - numbers };
        Census::of(&set, &MissingTexts::default()).kind(&cells)
    }

    #[test]
    fn distinct_texts_decide() {
        use Kind::*;
        for (texts, expected) in [
            (&["1", "2"][..], Numbers),
            (&["1", "\\N", "."], Numbers),
            (&["\\N"], Numbers),
            (&["a", "\\N"], Texts),
            (&["a", "b"], Texts),
            (&["a", "b", "1"], MixedTexts),
            (&["a", "b", "1", "2"], Doubtful(Doubt::AmongNumbers)),
            (&["a", "1"], Doubtful(Doubt::AmongNumbers)),
            (&["-", "1", "2", "3"], Doubtful(Doubt::AmongNumbers)),
            (&["1", "1", "1", "a", "b"], Doubtful(Doubt::AmongNumbers)),
            (&["True", "False"], Booleans),
            (&["true", "0", "1", "."], Booleans),
            (&["True", "2"], Doubtful(Doubt::AmongNumbers)),
            (&["True", "maybe"], Texts),
            (&["yes", "no"], Texts),
            (&["2024-01-05", "\\N"], Dates),
            (&["2024-01-05", "2024-01-05 10:30"], Datetimes),
            (&["2024-01-05 10:30Z", "2024-01-05 10:30"], Doubtful(Doubt::Offsets)),
            (&["2024-01-05", "unknown"], Doubtful(Doubt::AmongDates)),
            (&["2024-01-05", "05/01/2024"], Doubtful(Doubt::AmongDates)),
            (&["2024-01-05", "2024-01-06", "spring", "summer", "autumn"], MixedTexts),
            (&["2024-01-05", "5"], Doubtful(Doubt::AmongDates)),
            (&["05/01/2024", "06/01/2024", "x"], Doubtful(Doubt::Form)),
            (&["10:30", "11:30"], Doubtful(Doubt::Form)),
            (&["10:30", "a", "b"], MixedTexts),
        ] {
            assert_eq!(kind(texts), expected, "{texts:?}");
        }
    }
}
