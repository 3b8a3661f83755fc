//! One column while its cells are read one by one, whatever the format: what is wrong with a cell, and what it becomes.

use super::cells::{Cell, MissingTexts, inexact_integer, is_missing_among_numbers, truth};
use super::levels::{Raw, TextBuilder};
use super::roles::ColumnRole;
use crate::{WEIGHT_RULE, is_weight};
use serde::{Deserialize, Serialize};

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ColumnPlan {
    pub role: ColumnRole,
    /// As texts; otherwise as numbers.
    pub texts: bool,
    /// Whether infinities are numbers like others in it.
    pub infinite: bool,
}

/// Who says which columns are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Types {
    /// Nobody yet: texts among numbers are counted.
    Guessed,
    /// The training data, as they were read.
    Settled,
    /// The schema that the data are to fit.
    Given,
    /// The schema that a request is to fit. Whoever sends it decides nothing about how it is read.
    Requested,
}

impl Types {
    /// Whether a schema is given.
    pub fn are_given(self) -> bool {
        matches!(self, Self::Given | Self::Requested)
    }

    /// What to do about a cell where the column cannot be another.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Requested => "correct it, or send no value where it is missing (an empty cell, in JSON null)",
            _ => "correct it, or list it in missing_values",
        }
    }
}

impl ColumnPlan {
    /// A column that has no infinities unless this part of rows may.
    pub fn new(role: ColumnRole, texts: bool) -> Self {
        Self { role, texts, infinite: role == ColumnRole::UpperBound }
    }

    /// The same in data for a model; `infinite` says whether its features may be infinite.
    pub fn of_model(role: ColumnRole, texts: bool, infinite: bool) -> Self {
        let plan = Self::new(role, texts);
        Self { infinite: plan.infinite || (infinite && matches!(role, ColumnRole::Feature(_))), ..plan }
    }

    /// What a cell of this column means. Among numbers, some texts are missing values that are none elsewhere, and truth values are 0 and
    /// 1 as soon as it is known that numbers are wanted.
    pub fn cell<'a>(self, types: Types, missing: &MissingTexts, text: &'a str) -> Cell<'a> {
        match missing.cell(text) {
            Cell::Text(word) if matches!(self.role, ColumnRole::OtherLabel(_)) => {
                truth(word).map_or(Cell::Text(word), |truth| Cell::Number(f64::from(u8::from(truth))))
            }
            Cell::Text(word) if !self.texts && matches!(self.role, ColumnRole::Feature(_) | ColumnRole::Label) => match truth(word)
            {
                _ if is_missing_among_numbers(word) && self.role != ColumnRole::Label => Cell::Missing,
                Some(truth) if types.are_given() => Cell::Number(f64::from(u8::from(truth))),
                _ => Cell::Text(word),
            },
            cell => cell,
        }
    }

    /// What is wrong with a cell of this column, and what to do about it.
    pub fn fault(self, types: Types, cell: Cell<'_>, text: &str) -> Option<(&'static str, &'static str)> {
        let attribute = !matches!(self.role, ColumnRole::Feature(_));
        match (self.role, cell) {
            (ColumnRole::Unused, _) => None,
            (ColumnRole::Label | ColumnRole::OtherLabel(_), Cell::Missing) if !text.trim().is_empty() => Some((
                "missing label",
                "give the row a label, or remove it; if the text is a class, give missing_values without it",
            )),
            (ColumnRole::Label | ColumnRole::OtherLabel(_), Cell::Missing) => {
                Some(("missing label", "give the row a label, or remove it"))
            }
            (ColumnRole::UpperBound, Cell::Missing) => Some(("missing upper label bound", WITHOUT_BOUND)),
            (_, Cell::Missing) if attribute => Some(("missing value where a number is expected", "fill it in, or remove the row")),
            (ColumnRole::Weight, Cell::Number(x)) if !is_weight(x) => Some(("bad weight", WEIGHT_RULE)),
            (role, Cell::Number(x)) if is_bound(role, x) == Some(false) => Some(bound_fault(role)),
            (_, Cell::Number(x)) if x.is_infinite() && self.infinite => None,
            (ColumnRole::Group, Cell::Number(x)) if !self.texts && !is_group(&x) => {
                Some(("bad query group", "groups must be integers from 0, or texts"))
            }
            (_, Cell::Number(x)) if x.is_infinite() && !self.texts => Some(("infinite value", types.remedy())),
            (_, Cell::Number(x)) if !self.texts && inexact_integer(text, x) => Some((
                "integer beyond 2^53, which a 64-bit float cannot hold",
                match types {
                    _ if types.are_given() => types.remedy(),
                    _ => "ignore the column, or name it in categorical_features if it is an identifier",
                },
            )),
            (ColumnRole::Label, Cell::Text(_)) if !self.texts && types.are_given() => Some(TEXT_AMONG_LABELS),
            (role, Cell::Text(_)) if role.is_number() => Some(("text where a number is expected", "correct it")),
            (_, Cell::Text(_)) if !self.texts => match types {
                Types::Guessed => None,
                Types::Settled => Some(TEXT_AMONG_NUMBERS),
                Types::Given | Types::Requested => Some((TEXT_AMONG_NUMBERS.0, types.remedy())),
            },
            _ => None,
        }
    }
}

pub(super) const TEXT_AMONG_NUMBERS: (&str, &str) = ("text in a column of numbers", MISPLACED);

/// A label that is a text, and what to do about it, where labels are numbers.
pub(super) const TEXT_AMONG_LABELS: (&str, &str) =
    ("text where labels are numbers", "correct it; where a model knows its classes by number only, --classes names them");

/// What to do about a text in a column of something else.
pub(super) const MISPLACED: &str =
    "correct it, list it in missing_values, leave the column out with ignore_columns, or name the column in categorical_features";

/// What to write where an upper bound is missing: it may be unknown, or there may be none.
pub(super) const WITHOUT_BOUND: &str = "write inf where the row was last seen without an event; else fill it in, or remove the row";

/// Whether a number may be a bound of a label; `None` for other parts of rows.
pub(super) fn is_bound(role: ColumnRole, x: f64) -> Option<bool> {
    match role {
        ColumnRole::LowerBound => Some((0.0..f64::INFINITY).contains(&x)),
        ColumnRole::UpperBound => Some(x > 0.0),
        _ => None,
    }
}

/// What is wrong with a bound that is none, and what would do.
pub(super) fn bound_fault(role: ColumnRole) -> (&'static str, &'static str) {
    match role {
        ColumnRole::UpperBound => ("bad upper label bound", "it must be above 0; inf where the row was last seen without an event"),
        _ => ("bad lower label bound", "it must be 0 or more, and finite; 0 where only the upper bound is known"),
    }
}

pub(super) fn is_group(x: &f64) -> bool {
    x.fract() == 0.0 && *x >= 0.0
}

/// What the cells of a column are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub numbers: u64,
    pub words: u64,
}

impl Counts {
    /// Counts the cells of another part of the column, too.
    pub fn add(&mut self, other: &Self) {
        self.numbers += other.numbers;
        self.words += other.words;
    }
}

pub(super) fn finish_texts(builder: TextBuilder) -> (Option<Raw>, Counts) {
    let counts = Counts { numbers: builder.numbers, words: builder.words };
    (Some(Raw::Texts(builder.finish())), counts)
}

/// Collects the cells of a column.
pub(super) enum Builder {
    Unused,
    Numbers(Vec<f64>, Counts),
    /// There may be millions of columns.
    Texts(Box<TextBuilder>),
}

impl Builder {
    pub fn new(plan: ColumnPlan) -> Self {
        match plan {
            ColumnPlan { role: ColumnRole::Unused, .. } => Self::Unused,
            ColumnPlan { texts: true, .. } => Self::Texts(Box::default()),
            ColumnPlan { texts: false, .. } => Self::Numbers(Vec::new(), Counts::default()),
        }
    }

    pub fn push(&mut self, cell: Cell<'_>, text: &str) {
        match self {
            Self::Unused => {}
            Self::Texts(builder) => drop(builder.push(cell, text)),
            Self::Numbers(values, counts) => {
                let value = match cell {
                    Cell::Missing => f64::NAN,
                    Cell::Number(x) => {
                        counts.numbers += 1;
                        x
                    }
                    Cell::Text(_) => {
                        counts.words += 1;
                        f64::NAN
                    }
                };
                values.push(value);
            }
        }
    }

    pub fn finish(self) -> (Option<Raw>, Counts) {
        match self {
            Self::Unused => (None, Counts::default()),
            Self::Texts(builder) => finish_texts(*builder),
            Self::Numbers(values, counts) => (Some(Raw::numbers(values)), counts),
        }
    }
}
