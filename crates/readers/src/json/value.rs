//! JSON text, taken apart one level at a time; every value is a slice of the body, which tells where it stands.

use crate::cells::{Cell, MissingTexts, number};
use crate::names::list;
use crate::{Error, Result};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A JSON value as it stands in the body, without blanks around it.
pub(super) type Value<'a> = &'a str;

/// The body of a request, or a piece of a file.
pub(super) struct Body<'a> {
    pub text: &'a str,
    /// What messages call it.
    pub name: &'a str,
    /// The line that it begins with.
    pub first_line: u64,
}

/// A member's name.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object, in order; names may repeat.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'a> Body<'a> {
    /// The body as text.
    pub fn new(bytes: &'a [u8], name: &'a str, first_line: u64) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let lines = bytes[..error.valid_up_to()].split(|&b| b == b'\n');
            let (line, last) = lines.enumerate().last().unwrap_or((0, &[]));
            let (line, column) = (first_line + line as u64, last.len() + 1);
            let error = Error::data(format!("invalid UTF-8: {name}:{line}:{column}")).with_remedy("write the text as UTF-8");
            error.with_line(line).with_column(column as u64)
        })?;
        Ok(Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), name, first_line })
    }

    /// Checks that `text` is one JSON value, and takes the blanks off it.
    pub fn value(&self, text: &'a str) -> Result<Value<'a>> {
        self.parse::<&RawValue>(text).map(RawValue::get)
    }

    /// The elements of an array.
    pub fn elements(&self, value: Value<'a>) -> Result<Vec<Value<'a>>> {
        Ok(self.parse::<Vec<&RawValue>>(value)?.into_iter().map(RawValue::get).collect())
    }

    /// The members of an object.
    pub fn members(&self, value: Value<'a>) -> Result<Vec<(Cow<'a, str>, Value<'a>)>> {
        Ok(self.parse::<Members<'a>>(value)?.0.into_iter().map(|(name, value)| (name, value.get())).collect())
    }

    /// The text that a JSON string stands for.
    pub fn string(&self, value: Value<'a>) -> Result<Cow<'a, str>> {
        self.parse::<Text<'a>>(value).map(|text| text.0)
    }

    /// `request:3:17`: line and column of a value, both counted from 1.
    pub fn place(&self, value: Value<'a>) -> String {
        let (line, column) = self.line_and_column(value, 0);
        format!("{}:{line}:{column}", self.name)
    }

    /// Where a value begins in the body, in bytes.
    pub fn offset(&self, value: Value<'a>) -> usize {
        (value.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// An error about a value: the fault, the place, the text, the remedy.
    pub fn error(&self, what: &str, value: Value<'a>, remedy: &str) -> Error {
        let shown = list(&[value.chars().take(60).collect()]);
        let (line, column) = self.line_and_column(value, 0);
        let error = Error::data(format!("{what}: {}: {shown}", self.place(value))).with_remedy(remedy);
        error.with_line(line).with_column(column as u64)
    }

    fn parse<T: Deserialize<'a>>(&self, text: &'a str) -> Result<T> {
        serde_json::from_str(text).map_err(|error| {
            let cause = error.to_string();
            let cause = cause.split(" at line ").next().unwrap_or(&cause);
            let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let (line, column) = self.line_and_column(text, line_start + error.column().saturating_sub(1));
            let at = text.len().min(line_start + error.column());
            let remedy = if is_no_number(text, at) { NO_NUMBER } else { "correct the JSON" };
            let error = Error::data(format!("{cause}: {}:{line}:{column}", self.name)).with_remedy(remedy);
            error.with_line(line).with_column(column as u64)
        })
    }

    /// Line and column, from 1, of what stands `offset` bytes behind the beginning of `part`, a slice of the body.
    fn line_and_column(&self, part: &str, offset: usize) -> (u64, usize) {
        let begin = self.offset(part) + offset;
        let before = &self.text.as_bytes()[..begin.min(self.text.len())];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        (self.first_line + crate::row_end::count(before, b'\n') as u64, before.len() - line_start + 1)
    }
}

const NO_NUMBER: &str = "JSON has neither NaN nor infinity: write null for a missing value";

/// Whether JSON ends at `at` because of one of the words that Python and JavaScript write for what is no number.
fn is_no_number(text: &str, at: usize) -> bool {
    let around = &text.as_bytes()[at.saturating_sub(9)..text.len().min(at + 9)];
    [&b"NaN"[..], b"nan", b"Infinity"].into_iter().any(|word| around.windows(word.len()).any(|window| window == word))
}

/// The error about an array or object where one value is expected.
pub(super) fn nested(body: &Body<'_>, value: Value<'_>, column: &str) -> Error {
    let remedy = "give a number, a text or null; pandas writes rows with orient=\"records\"";
    body.error(&format!("an array or object where one value is expected (column {column})"), value, remedy)
}

/// What a number means that stands without quotes: its decimal mark is the point, whatever that of texts is.
pub(super) fn plain_cell<'t>(missing: &MissingTexts, text: &'t str) -> Cell<'t> {
    match number(text) {
        Some(x) if missing.is_missing(x) => Cell::Missing,
        Some(x) => Cell::Number(x),
        None => Cell::Text(text),
    }
}
