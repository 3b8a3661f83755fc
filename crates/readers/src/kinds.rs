//! What a column of untyped training data holds, decided by all of its distinct texts, never by the first rows or by how often a text
//! occurs.

use super::cells::{Cell, is_missing_among_numbers, truth};
use super::column::{ColumnPlan, Counts, MISPLACED, TEXT_AMONG_NUMBERS};
use super::dates::{Moment, is_date_like, moment};
use super::number_text::{Dress, dress_under, is_number_like};
use super::roles::ColumnRole;
use crate::params::Decimal;

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
pub(super) struct Census {
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
    /// Counts one of the distinct texts, and what it means where numbers are wanted.
    pub fn add(&mut self, cell: Cell<'_>, text: &str) {
        if let Cell::Number(x) = cell {
            self.numbers += 1;
            self.others += usize::from(x != 0.0 && x != 1.0);
            return;
        }
        match moment(text) {
            Some(Moment::Date(_)) => self.dates += 1,
            Some(Moment::Datetime { offset, .. }) => {
                self.datetimes += 1;
                self.offsets += usize::from(offset);
            }
            None if truth(text).is_some() => self.truths += 1,
            None if is_missing_among_numbers(text) => self.missing += 1,
            None if is_date_like(text) => self.date_like += 1,
            None => self.words += 1,
        }
    }

    /// What the column holds whose texts were counted.
    pub fn decide(&self, column: ColumnPlan, cells: &Counts, is_categorical: bool) -> Kind {
        if !column.texts {
            return Kind::Numbers;
        }
        if is_categorical {
            return Kind::Texts;
        }
        match (self.kind(cells), column.role) {
            (kind, ColumnRole::Feature(_)) => kind,
            // A label is never missing.
            (Kind::Numbers | Kind::Doubtful(Doubt::AmongNumbers), ColumnRole::Label) if cells.numbers > 0 => {
                Kind::Doubtful(Doubt::AmongNumbers)
            }
            (Kind::Doubtful(_), ColumnRole::Group) if cells.numbers >= cells.words => Kind::Doubtful(Doubt::AmongNumbers),
            _ => Kind::Texts,
        }
    }

    pub fn kind(&self, cells: &Counts) -> Kind {
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
    pub fn is_stray(self, role: ColumnRole, cell: Cell<'_>, text: &str) -> bool {
        if matches!(role, ColumnRole::Feature(_)) && is_missing_among_numbers(text.trim()) {
            return false;
        }
        let Cell::Text(text) = cell else { return self != Self::AmongNumbers && cell != Cell::Missing };
        match self {
            Self::AmongNumbers => true,
            Self::AmongDates => moment(text).is_none(),
            Self::Form => is_date_like(text),
            Self::Offsets => matches!(moment(text), Some(Moment::Datetime { offset: false, .. })),
        }
    }

    /// What is wrong with a stray cell, and what to do about it.
    pub fn fault(self) -> (&'static str, &'static str) {
        const UNREAD: &str = "write dates as 2024-01-05, times as 2024-01-05 10:30:00 and durations as numbers, leave the column out with ignore_columns, or name it \
                              in categorical_features";
        match self {
            Self::AmongNumbers => TEXT_AMONG_NUMBERS,
            Self::AmongDates => ("text in a column of dates", MISPLACED),
            Self::Form => ("date or time in a form that is not read", UNREAD),
            Self::Offsets => (
                "time without a distance from UTC in a column of times that have one",
                "write all of them alike, or leave the column out with ignore_columns",
            ),
        }
    }
}

/// The columns that nobody can read without a guess, and why.
pub(super) fn doubtful(kinds: &[Kind]) -> Vec<(usize, Doubt)> {
    let doubt = |(at, kind): (usize, &Kind)| if let Kind::Doubtful(doubt) = kind { Some((at, *doubt)) } else { None };
    kinds.iter().enumerate().filter_map(doubt).collect()
}

/// What to do about texts that do not go with the others, of which there are so many.
pub(super) fn remedy_for(cells: u64, remedy: &str) -> String {
    if cells > 1 { format!("{cells} cells hold it; {remedy}") } else { remedy.to_string() }
}

/// The different texts of a column that would be text, if some of them look like numbers.
pub(super) struct Dressed {
    dressed: usize,
    levels: usize,
    /// Whether at least half of them are numbers or look like numbers: that is no column of text.
    pub is_refused: bool,
}

impl Dressed {
    /// Looks at the texts of a column.
    pub fn of(column: ColumnPlan, is_categorical: bool, levels: &[String], decimal: Decimal) -> Option<Self> {
        let is_guessed = column.texts && !is_categorical && matches!(column.role, ColumnRole::Feature(_) | ColumnRole::Label);
        let dressed = if is_guessed { levels.iter().filter(|level| dress_under(level, decimal).is_some()).count() } else { 0 };
        let numbers = || levels.iter().filter(|level| is_number_like(level) && dress_under(level, decimal).is_none()).count();
        (dressed > 0).then(|| Self { dressed, levels: levels.len(), is_refused: (dressed + numbers()) * 2 >= levels.len() })
    }

    /// What is wrong with the column, at its first text that looks like a number, and what to do about it.
    pub fn fault(&self, role: ColumnRole, dress: Dress, decimal: Decimal) -> (String, String) {
        let Self { dressed, levels, .. } = self;
        let what =
            format!("{} in a column that would be text ({dressed} of {levels} different texts look like numbers)", dress.word());
        let remedy = match role {
            ColumnRole::Label => dress.remedy(decimal).to_string(),
            _ => format!("{}; or name the column in categorical_features", dress.remedy(decimal)),
        };
        (what, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::{MissingTexts, number};
    use super::*;
    use std::collections::BTreeSet;

    fn kind(texts: &[&str]) -> Kind {
        let mut census = Census::default();
        texts.iter().collect::<BTreeSet<_>>().into_iter().for_each(|text| census.add(MissingTexts::default().cell(text), text));
        let numbers = texts.iter().filter(|text| number(text).is_some()).count() as u64;
        let cells = Counts { numbers, words: texts.len() as u64 - numbers };
        census.kind(&cells)
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
