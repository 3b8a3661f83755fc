//! One column of JSON rows while they are read: what it holds is only known at the end.

use super::value::{Body, Value};
use crate::cells::{Cell, EXACT, MissingTexts, number};
use crate::column::{Builder, ColumnPlan, Types};
use crate::levels::Raw;
use crate::{Error, Result};
use std::collections::HashMap;

/// The cells of a column so far.
#[derive(Default)]
pub(super) struct JsonColumn {
    cells: Vec<Kept>,
    /// Texts, each once.
    texts: Vec<String>,
    codes: HashMap<String, u32>,
    pub numbers: usize,
    pub words: usize,
    pub truths: usize,
}

/// A cell. Texts, and numbers too large to be sure of, are kept once each.
#[derive(Clone, Copy)]
enum Kept {
    Missing,
    Truth(bool),
    Number(f64),
    Text(u32),
    LongNumber(u32),
}

/// A fault, the row, and the text.
pub(super) struct ColumnFault {
    pub what: &'static str,
    pub remedy: &'static str,
    pub row: usize,
    pub text: String,
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

    /// Adds a value. Strings mean what they mean in CSV.
    pub fn push(&mut self, body: &Body<'_>, value: Value<'_>, missing: &MissingTexts) -> Result<()> {
        let kept = match value.as_bytes().first() {
            Some(b'n') => Kept::Missing,
            Some(b't' | b'f') => self.truth(value == "true"),
            Some(b'{' | b'[') => return Err(nested(body, value)),
            Some(b'"') => {
                let text = body.string(value)?;
                self.cell(missing.cell(&text), &text)
            }
            _ => self.cell(missing.cell(value), value),
        };
        self.cells.push(kept);
        Ok(())
    }

    fn truth(&mut self, value: bool) -> Kept {
        self.truths += 1;
        Kept::Truth(value)
    }

    fn cell(&mut self, cell: Cell<'_>, text: &str) -> Kept {
        match cell {
            Cell::Missing => Kept::Missing,
            Cell::Number(x) => {
                self.numbers += 1;
                if x.abs() < EXACT { Kept::Number(x) } else { Kept::LongNumber(self.code(text)) }
            }
            Cell::Text(text) => {
                self.words += 1;
                Kept::Text(self.code(text))
            }
        }
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

    /// The column as `plan` reads it.
    pub fn finish(&self, plan: ColumnPlan, types: Types) -> Result<Option<Raw>, ColumnFault> {
        let mut builder = Builder::new(plan);
        for (row, &kept) in self.cells.iter().enumerate() {
            let text = match kept {
                Kept::Text(code) | Kept::LongNumber(code) => &self.texts[code as usize],
                Kept::Truth(true) => "true",
                Kept::Truth(false) => "false",
                Kept::Number(x) if plan.texts => &x.to_string(),
                Kept::Missing | Kept::Number(_) => "",
            };
            let cell = match kept {
                Kept::Missing => Cell::Missing,
                Kept::Number(x) => Cell::Number(x),
                Kept::Truth(value) if !plan.texts => Cell::Number(f64::from(u8::from(value))),
                Kept::Text(_) => plan.cell(types, &MissingTexts::default(), text),
                Kept::Truth(_) => Cell::Text(text),
                Kept::LongNumber(_) => number(text).map_or(Cell::Text(text), Cell::Number),
            };
            if let Some((what, remedy)) = plan.fault(types, cell, text) {
                let text = if let Kept::Number(x) = kept { x.to_string() } else { text.to_string() };
                return Err(ColumnFault { what, remedy, row, text });
            }
            builder.push(cell, text);
        }
        Ok(builder.finish().0)
    }
}

fn nested(body: &Body<'_>, value: Value<'_>) -> Error {
    let remedy = "give a number, a text or null; pandas writes rows with orient=\"records\"";
    body.error("an array or object where one value is expected", value, remedy)
}
