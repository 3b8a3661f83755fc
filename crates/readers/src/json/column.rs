//! One column of JSON rows while they are read: what it holds is only known at the end.

use super::value::{Body, Value, nested, plain_cell};
use crate::Result;
use crate::cells::{Cell, EXACT, MissingTexts, canonical, has_leading_zeros, level, number};
use crate::column::{Builder, ColumnPlan, Counts, Types};
use crate::dates::is_packed_date;
use crate::kinds::{Census, Doubt};
use crate::levels::{Raw, in_code_order};
use crate::number_text::{Dress, dress_under};
use crate::params::Decimal;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The cells of a column so far.
#[derive(Default)]
pub(super) struct JsonColumn {
    cells: Vec<Kept>,
    /// Texts, each once.
    texts: Vec<String>,
    codes: HashMap<String, u32>,
    has_truths: bool,
}

/// A cell. What a text means is only known when the column is.
#[derive(Clone, Copy)]
enum Kept {
    Missing,
    Truth(bool),
    Number(f64),
    /// What stood in quotes.
    Text(u32),
    /// A number too large to be sure of.
    LongNumber(u32),
}

/// A fault, the row, and the text.
pub(super) struct ColumnFault {
    pub what: &'static str,
    pub remedy: &'static str,
    pub row: usize,
    pub text: String,
}

/// What a column holds besides numbers.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Survey {
    pub counts: Counts,
    /// The texts that it has as a column of text, each once, with the bits of those that are numbers.
    levels: Vec<(String, Option<u64>)>,
}

impl Survey {
    /// What columns of several ranks hold together.
    pub fn joined(surveys: impl Iterator<Item = Self>) -> Self {
        let (mut joined, mut seen) = (Self::default(), HashSet::new());
        for survey in surveys {
            joined.counts.add(&survey.counts);
            for (level, number) in survey.levels {
                if seen.insert(level.clone()) {
                    joined.levels.push((level, number));
                }
            }
        }
        joined
    }

    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for (level, number) in &self.levels {
            census.add(number.map_or(Cell::Text(level), |bits| Cell::Number(f64::from_bits(bits))), level);
        }
        census
    }

    /// The texts in code order.
    pub fn sorted_levels(self) -> Vec<String> {
        in_code_order(self.levels.into_iter().map(|(level, _)| level).collect())
    }
}

impl JsonColumn {
    /// How many rows have been filled.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Rows that do not have the column miss its value.
    pub fn fill(&mut self, rows: usize) {
        self.cells.resize(rows, Kept::Missing);
    }

    /// Adds a value; `name` is what the column is called.
    pub fn push(&mut self, body: &Body<'_>, value: Value<'_>, name: &dyn Fn() -> String) -> Result<()> {
        let kept = match value.as_bytes().first() {
            Some(b'n') => Kept::Missing,
            Some(b't' | b'f') => {
                self.has_truths = true;
                Kept::Truth(value == "true")
            }
            Some(b'{' | b'[') => return Err(nested(body, value, &name())),
            Some(b'"') => self.quoted(&body.string(value)?),
            _ => match number(value) {
                Some(x) if x.abs() < EXACT => Kept::Number(x),
                _ => Kept::LongNumber(self.code(value)),
            },
        };
        self.cells.push(kept);
        Ok(())
    }

    /// Digits in quotes are kept as a number, which takes less memory, where no other text gives the same.
    fn quoted(&mut self, text: &str) -> Kept {
        let whole = number(text).filter(|&x| x.fract() == 0.0 && canonical(x).as_deref() == Some(text));
        whole.map_or_else(|| Kept::Text(self.code(text)), Kept::Number)
    }

    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_string());
        self.codes.insert(text.to_string(), code);
        code
    }

    /// Whether the column holds texts that are neither numbers nor missing values.
    pub fn has_texts(&self, missing: &MissingTexts) -> bool {
        self.texts.iter().any(|text| matches!(missing.cell(text), Cell::Text(_)))
    }

    /// Whether the column holds texts or truth values.
    pub fn has_words(&self, missing: &MissingTexts) -> bool {
        self.has_truths || self.has_texts(missing)
    }

    /// What the column holds, each text once.
    pub fn survey(&self, missing: &MissingTexts) -> Survey {
        let (mut survey, mut seen) = (Survey::default(), HashSet::new());
        for &kept in &self.cells {
            let text = self.text(kept);
            let (level, number) = match self.untyped_cell(kept, missing, &text) {
                Cell::Missing => continue,
                Cell::Number(x) => {
                    survey.counts.numbers += 1;
                    (level(text.trim(), x), Some(x.to_bits()))
                }
                Cell::Text(word) => {
                    survey.counts.words += 1;
                    (word, None)
                }
            };
            if !seen.contains(level) {
                survey.levels.push((level.to_string(), number));
                seen.insert(level.to_string());
            }
        }
        survey
    }

    /// Whether all numbers are dates such as 20240105; nothing where there are none.
    pub fn are_packed_dates(&self, missing: &MissingTexts) -> Option<bool> {
        let mut numbers = self.cells.iter().filter(|&&kept| !matches!(kept, Kept::Missing)).peekable();
        let is_date = |&kept: &Kept| matches!(kept, Kept::Number(x) if missing.is_missing(x) || is_packed_date(x));
        numbers.peek().is_some().then(|| numbers.all(is_date))
    }

    /// The first cell that does not go with the others, and its text.
    pub fn first_stray(&self, doubt: Doubt, plan: ColumnPlan, missing: &MissingTexts) -> Option<(usize, String)> {
        let is_stray = |&kept: &Kept| {
            let text = self.text(kept);
            doubt.is_stray(plan.role, self.untyped_cell(kept, missing, &text), &text)
        };
        let row = self.cells.iter().position(is_stray)?;
        Some((row, self.text(self.cells[row]).into_owned()))
    }

    /// How many cells hold a text.
    pub fn count(&self, text: &str) -> u64 {
        self.cells.iter().filter(|&&kept| self.text(kept) == text).count() as u64
    }

    /// The first text that is meant as a number.
    pub fn first_dressed(&self, decimal: Decimal) -> Option<(usize, String, Dress)> {
        let dressed = |(row, &kept): (usize, &Kept)| {
            let Kept::Text(code) = kept else { return None };
            let text = &self.texts[code as usize];
            dress_under(text, decimal).map(|dress| (row, text.clone(), dress))
        };
        self.cells.iter().enumerate().find_map(dressed)
    }

    /// The first text that is a number with leading zeros. JSON has no such numbers, so that it was in quotes.
    pub fn first_with_leading_zeros(&self) -> Option<&str> {
        self.texts.iter().map(String::as_str).find(|text| has_leading_zeros(text))
    }

    /// The column as `plan` reads it, and what its cells are.
    pub fn finish(&self, plan: ColumnPlan, types: Types, missing: &MissingTexts) -> Result<(Option<Raw>, Counts), ColumnFault> {
        let mut builder = Builder::new(plan);
        for (row, &kept) in self.cells.iter().enumerate() {
            let text = if plan.texts { self.text(kept) } else { self.quick_text(kept) };
            let cell = match kept {
                Kept::Truth(value) if !plan.texts => Cell::Number(f64::from(u8::from(value))),
                Kept::Text(_) => plan.cell(types, missing, &text),
                _ => self.untyped_cell(kept, missing, &text),
            };
            if let Some((what, remedy)) = plan.fault(types, cell, &text) {
                return Err(ColumnFault { what, remedy, row, text: self.text(kept).into_owned() });
            }
            builder.push(cell, &text);
        }
        Ok(builder.finish())
    }

    /// What a cell means by itself.
    fn untyped_cell<'t>(&self, kept: Kept, missing: &MissingTexts, text: &'t str) -> Cell<'t> {
        match kept {
            Kept::Missing => Cell::Missing,
            Kept::Number(x) if missing.is_missing(x) => Cell::Missing,
            Kept::Number(x) => Cell::Number(x),
            Kept::Truth(_) => Cell::Text(text),
            Kept::Text(_) => missing.cell(text),
            Kept::LongNumber(_) => plain_cell(missing, text),
        }
    }

    /// The text of a cell: as it stands, or the shortest that gives the number.
    fn text(&self, kept: Kept) -> Cow<'_, str> {
        match kept {
            Kept::Number(x) => Cow::Owned((x + 0.0).to_string()),
            _ => self.quick_text(kept),
        }
    }

    /// The same, but nothing for numbers.
    fn quick_text(&self, kept: Kept) -> Cow<'_, str> {
        Cow::Borrowed(match kept {
            Kept::Missing | Kept::Number(_) => "",
            Kept::Truth(true) => "true",
            Kept::Truth(false) => "false",
            Kept::Text(code) | Kept::LongNumber(code) => &self.texts[code as usize],
        })
    }

    /// The cells as they stand, for whoever keeps them beside predictions; none for null.
    pub fn texts(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        self.cells.iter().map(|&kept| (!matches!(kept, Kept::Missing)).then(|| self.text(kept)))
    }
}
