//! Features, and pairs of them, with numbers that say how much they count: for people, and as CSV, JSON, JSON lines or Parquet.

use crate::prediction_form::{Form, Packed};
use flate2::Compression;
use flate2::write::GzEncoder;
use sapwood::text::shown;
use sapwood_readers::{KeptColumns, Values};
use sapwood_score::{push_text, write_number};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, Write};

/// A feature, or two of them.
pub struct ImportanceRow {
    /// The feature's name.
    pub feature: String,
    /// The other one's.
    pub with: Option<String>,
    /// One number for each column of the table; the first decides the order.
    pub values: Vec<f64>,
}

/// How much features count, the most important first.
pub struct ImportanceTable {
    what: String,
    names: Vec<String>,
    features: Vec<ImportanceRow>,
    pairs: Vec<ImportanceRow>,
}

impl ImportanceTable {
    /// A table of numbers called `names`, which say `what`.
    pub fn new(what: String, names: Vec<String>, mut features: Vec<ImportanceRow>, mut pairs: Vec<ImportanceRow>) -> Self {
        // Stable: of equals the first in the model comes first.
        for rows in [&mut features, &mut pairs] {
            rows.sort_by(|a, b| b.values[0].total_cmp(&a.values[0]));
        }
        Self { what, names, features, pairs }
    }

    /// The first `top` features and pairs, for people.
    pub fn text(&self, top: usize) -> String {
        let mut text = format!("{}:\n", self.what);
        self.push_rows(&mut text, &self.features, top);
        if !self.pairs.is_empty() {
            text.push_str("\nthe same of what pairs contribute together, beyond each alone:\n");
            self.push_rows(&mut text, &self.pairs, top);
        }
        text
    }

    fn push_rows(&self, text: &mut String, rows: &[ImportanceRow], top: usize) {
        let whole: f64 = rows.iter().map(|row| row.values[0].max(0.0)).sum();
        for ImportanceRow { feature, with, values } in rows.iter().take(top) {
            let share = if whole > 0.0 { 100.0 * values[0].max(0.0) / whole } else { 0.0 };
            let with = with.as_ref().map_or(String::new(), |other| format!(" * {}", shown(other)));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:14.6}{share:7.1} %  {}{with}", values[0], shown(feature));
        }
        if rows.len() > top {
            let _ = writeln!(text, "… and {} more (--top N prints them, --out FILE has all)", rows.len() - top);
        }
    }

    /// Writes all rows; CSV begins with a line of names.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, packed: Packed, out: &mut dyn Write) -> io::Result<()> {
        if packed.gzip {
            let mut packer = GzEncoder::new(out, Compression::default());
            self.write_form(packed.form, &mut packer)?;
            return packer.finish().map(drop);
        }
        self.write_form(packed.form, out)
    }

    fn write_form(&self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        let lines = |out: &mut dyn Write, text: &dyn Fn(&ImportanceRow) -> String| {
            self.rows().try_for_each(|row| writeln!(out, "{}", text(row)))
        };
        match form {
            Form::Csv => {
                writeln!(out, "{}", self.header())?;
                lines(out, &|row| self.csv(row))
            }
            Form::Json => writeln!(out, "{:#}", Value::Array(self.rows().map(|row| self.json(row)).collect())),
            Form::JsonLines => lines(out, &|row| self.json(row).to_string()),
            Form::Parquet => KeptColumns::default().write_parquet(self.columns(), out),
        }
    }

    /// The features, then the pairs.
    fn rows(&self) -> impl Iterator<Item = &ImportanceRow> {
        self.features.iter().chain(&self.pairs)
    }

    fn header(&self) -> String {
        let mut line = "feature".to_string();
        line.push_str(if self.pairs.is_empty() { "" } else { ",with" });
        for name in &self.names {
            line.push(',');
            push_text(&mut line, name);
        }
        line
    }

    fn csv(&self, row: &ImportanceRow) -> String {
        let mut line = String::new();
        push_text(&mut line, &row.feature);
        if !self.pairs.is_empty() {
            line.push(',');
            row.with.iter().for_each(|other| push_text(&mut line, other));
        }
        for value in &row.values {
            line.push(',');
            write_number(*value, &mut line);
        }
        line
    }

    fn json(&self, row: &ImportanceRow) -> Value {
        let mut object = Map::new();
        object.insert("feature".to_string(), json!(row.feature));
        if !self.pairs.is_empty() {
            object.insert("with".to_string(), json!(row.with));
        }
        object.extend(self.names.iter().zip(&row.values).map(|(name, value)| (name.clone(), json!(value))));
        Value::Object(object)
    }

    fn columns(&self) -> Vec<(String, Values)> {
        let texts = |text: fn(&ImportanceRow) -> String| Values::Texts(self.rows().map(text).collect());
        let mut columns = vec![("feature".to_string(), texts(|row| row.feature.clone()))];
        if !self.pairs.is_empty() {
            columns.push(("with".to_string(), texts(|row| row.with.clone().unwrap_or_default())));
        }
        let numbers = |at: usize| Values::Numbers(self.rows().map(|row| row.values[at]).collect());
        columns.extend(self.names.iter().enumerate().map(|(at, name)| (name.clone(), numbers(at))));
        columns
    }
}
