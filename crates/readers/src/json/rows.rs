//! The shapes in which rows arrive: bare arrays, `instances`, pandas' `columns` and `data`, one value a line.

use super::value::{Body, Value};
use crate::json_form::Form;
use crate::{Error, Result};
use std::borrow::Cow;

/// The rows of a body, each still one value.
pub(super) struct JsonRows<'a> {
    pub rows: Vec<Value<'a>>,
    /// The names of the columns, where they are given once for all rows.
    pub columns: Option<Vec<Value<'a>>>,
}

/// One row's values.
pub(super) enum Row<'a> {
    /// In the order of the columns.
    Listed(Vec<Value<'a>>),
    /// By name.
    Named(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// What a row is to look like, for messages.
const REMEDY: &str = "a row is an object of values by name, or an array of values in the order of training";

impl<'a> JsonRows<'a> {
    /// Finds the rows.
    pub fn of(body: &Body<'a>, form: Form) -> Result<Self> {
        if form == Form::Lines {
            let lines = body.text.lines().filter(|line| !line.trim_ascii().is_empty());
            return Ok(Self { rows: lines.map(|line| body.value(line)).collect::<Result<_>>()?, columns: None });
        }
        let document = body.value(body.text)?;
        match document.as_bytes().first() {
            Some(b'[') => Self::listed(body, document),
            Some(b'{') => Self::in_object(body, document),
            _ => Err(body.error("a document that is neither array nor object", document, REMEDY)),
        }
    }

    /// An array of rows, or of the values of one row.
    fn listed(body: &Body<'a>, array: Value<'a>) -> Result<Self> {
        let elements = body.elements(array)?;
        let one_row = elements.first().is_some_and(|first| !first.starts_with(['[', '{']));
        Ok(Self { rows: if one_row { vec![array] } else { elements }, columns: None })
    }

    fn in_object(body: &Body<'a>, object: Value<'a>) -> Result<Self> {
        let members = body.members(object)?;
        let array = |name: &str| members.iter().find(|(key, value)| key == name && value.starts_with('[')).map(|&(_, value)| value);
        let known: &[&str] = match (array("instances"), array("columns"), array("data")) {
            (Some(_), None, None) => &["instances"],
            // The row numbers of a pandas frame say nothing about the rows.
            (None, Some(_), Some(_)) => &["columns", "data", "index"],
            _ => return Ok(Self { rows: vec![object], columns: None }),
        };
        for (at, (name, value)) in members.iter().enumerate() {
            if !known.contains(&&**name) || members[..at].iter().any(|(other, _)| other == name) {
                return Err(Error::schema(format!("unexpected {name:?} beside {}: {}; remove it", known[0], body.place(value))));
            }
        }
        let rows = body.elements(array("instances").or_else(|| array("data")).unwrap_or("[]"))?;
        Ok(Self { rows, columns: array("columns").map(|columns| body.elements(columns)).transpose()? })
    }
}

impl<'a> Body<'a> {
    /// Takes a row apart, and out of the wrappings that SageMaker's common formats put around it.
    pub fn row(&self, row: Value<'a>) -> Result<Row<'a>> {
        match row.as_bytes().first() {
            Some(b'[') => self.elements(row).map(Row::Listed),
            Some(b'{') => {
                let members = self.members(row)?;
                match &members[..] {
                    [(name, inner)] if name == "features" && inner.starts_with(['[', '{']) => self.features(inner),
                    [(name, inner)] if name == "data" && inner.starts_with('{') => {
                        self.features(self.only_member(inner, "features")?)
                    }
                    _ => Ok(Row::Named(members)),
                }
            }
            _ => Err(self.error("a row that is neither object nor array", row, REMEDY)),
        }
    }

    /// `[…]`, or `{"values": […]}`.
    fn features(&self, features: Value<'a>) -> Result<Row<'a>> {
        let values = if features.starts_with('{') { self.only_member(features, "values")? } else { features };
        match values.starts_with('[') {
            true => self.elements(values).map(Row::Listed),
            false => Err(self.error(
                "features that are not an array",
                values,
                "give all values in the order of training, null where missing",
            )),
        }
    }

    fn only_member(&self, object: Value<'a>, name: &str) -> Result<Value<'a>> {
        match &self.members(object)?[..] {
            [(found, value)] if found == name => Ok(value),
            _ => Err(self.error(&format!("an object that must hold {name:?} and nothing else"), object, REMEDY)),
        }
    }
}
