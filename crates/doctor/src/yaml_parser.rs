//! YAML → [`Yaml`]s. `saphyr-parser` gives events with their places; the tree is made here, because a place is wanted for every key.

use crate::finding::Position;
use crate::scalar;
use crate::yaml::{Yaml, YamlEntry, YamlText, YamlValue};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::collections::{BTreeMap, BTreeSet};

/// Values of one file, aliases unfolded. A few lines of aliases of aliases could stand for billions.
const MOST_VALUES: usize = 200_000;
/// How deep values may lie.
const MOST_LEVELS: usize = 64;

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Where.
    pub at: Position,
    /// Why.
    pub cause: String,
}

/// The documents of a text, empty ones left out.
///
/// # Errors
/// What is no YAML, or has a key twice.
pub fn documents(text: &str) -> Result<Vec<Yaml>, YamlError> {
    documents_by(text, scalar::plain)
}

/// The same by another meaning of unquoted scalars.
///
/// # Errors
/// As [`documents`].
pub fn documents_by(text: &str, plain: fn(&str) -> YamlValue) -> Result<Vec<Yaml>, YamlError> {
    let mut builder = YamlBuilder { plain, documents: Vec::new(), open: Vec::new(), anchors: BTreeMap::new(), values: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError { at: position(error.marker()), cause: error.info().to_string() })?;
        builder.take(event, &span)?;
    }
    Ok(builder.documents)
}

fn position(marker: &saphyr_parser::Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// A list or mapping that is not closed yet.
struct Open {
    at: Position,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Yaml>),
    Map { entries: Vec<YamlEntry>, names: BTreeSet<String>, key: Option<(String, Position)> },
}

struct YamlBuilder {
    /// What an unquoted scalar means.
    plain: fn(&str) -> YamlValue,
    documents: Vec<Yaml>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Yaml>,
    values: usize,
}

impl YamlBuilder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let at = position(&span.start);
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node
                    .ok_or_else(|| YamlError { at, cause: "an alias to an unknown anchor, or to one that contains it".into() })?;
                self.count(size(&node), at)?;
                self.add(Yaml { at, ..node })?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = Yaml { at, value: scalar(&text, style, tag.as_deref(), at, self.plain) };
                self.keep(anchor, &node);
                self.count(1, at)?;
                self.add(node)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(at, anchor, Items::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => {
                self.begin(at, anchor, Items::Map { entries: Vec::new(), names: BTreeSet::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { at, anchor, items }) = self.open.pop() {
                    let value = match items {
                        Items::List(items) => YamlValue::List(items),
                        Items::Map { entries, .. } => YamlValue::Map(merged(entries)),
                    };
                    let node = Yaml { at, value };
                    self.keep(anchor, &node);
                    self.add(node)?;
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, at: Position, anchor: usize, items: Items) -> Result<(), YamlError> {
        if self.open.len() >= MOST_LEVELS {
            return Err(YamlError { at, cause: format!("values are nested more than {MOST_LEVELS} levels deep") });
        }
        self.open.push(Open { at, anchor, items });
        self.count(1, at)
    }

    fn count(&mut self, values: usize, at: Position) -> Result<(), YamlError> {
        self.values += values;
        if self.values > MOST_VALUES {
            return Err(YamlError { at, cause: format!("there are more than {MOST_VALUES} values after expanding aliases") });
        }
        Ok(())
    }

    fn keep(&mut self, anchor: usize, node: &Yaml) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    /// Puts a value where it belongs.
    fn add(&mut self, node: Yaml) -> Result<(), YamlError> {
        match self.open.last_mut().map(|open| &mut open.items) {
            None if matches!(node.value, YamlValue::Null) => {}
            None => self.documents.push(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map { entries, names, key }) => match key.take() {
                None => {
                    let name = name(&node)?;
                    if !names.insert(name.clone()) {
                        return Err(YamlError { at: node.at, cause: format!("{name} is given twice") });
                    }
                    *key = Some((name, node.at));
                }
                Some((key, at)) => entries.push(YamlEntry { key, value: Yaml { at, ..node } }),
            },
        }
        Ok(())
    }
}

/// How many values a value is.
fn size(node: &Yaml) -> usize {
    match &node.value {
        YamlValue::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        YamlValue::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.value)).sum::<usize>(),
        _ => 1,
    }
}

/// A key's text. Whatever it looks like, JSON, which Kubernetes makes of it, has texts for keys.
fn name(node: &Yaml) -> Result<String, YamlError> {
    match &node.value {
        YamlValue::Text(text) => Ok(text.content.clone()),
        YamlValue::Number(text) => Ok(text.clone()),
        YamlValue::Bool(value) => Ok(value.to_string()),
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => {
            Err(YamlError { at: node.at, cause: format!("a key must be a string, but this is {}", node.value.sort()) })
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Position, plain: fn(&str) -> YamlValue) -> YamlValue {
    let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    match style {
        ScalarStyle::Plain if !is_text => plain(text),
        ScalarStyle::Literal => YamlValue::Text(YamlText { content: text.to_string(), block: Some(at) }),
        _ => YamlValue::text(text),
    }
}

/// The entries with those that `<<` brings, where they are not there themselves.
fn merged(entries: Vec<YamlEntry>) -> Vec<YamlEntry> {
    let (merge, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key == "<<");
    for YamlEntry { value: from, .. } in merge {
        let sources = if matches!(from.value, YamlValue::List(_)) { from.items() } else { std::slice::from_ref(&from) };
        for entry in sources.iter().flat_map(Yaml::entries) {
            if !entries.iter().any(|known| known.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn every_key_and_item_has_its_place() {
        let documents = documents("a: b\nc:\n  - x: 1\n  - 'q'\n---\n---\nd: {é: yes, f: \"1\"}\n").unwrap();
        assert_eq!(documents.len(), 2);
        let list = documents[0].get("c").unwrap();
        assert_eq!((list.at, list.items()[0].at, list.items()[1].at), (at(2, 1), at(3, 5), at(4, 5)));
        assert_eq!(list.items()[0].integer_of("x"), Some(1));
        let d = documents[1].get("d").unwrap();
        assert_eq!((d.get("é").unwrap().at, d.get("f").unwrap().at), (at(7, 5), at(7, 13)));
        assert!(d.is_true("é"));
        assert_eq!(d.text_of("f"), Some("1"));
    }

    #[test]
    fn aliases_and_merges_are_unfolded_and_bombs_are_not() {
        let text = "a: &x {d: 1, e: 2}\nb: *x\nc:\n  <<: *x\n  e: 3\n";
        let tree = documents(text).unwrap().remove(0);
        assert_eq!(tree.find(&["b", "d"]).unwrap().integer(), Some(1));
        assert_eq!((tree.find(&["c", "d"]).unwrap().integer(), tree.find(&["c", "e"]).unwrap().integer()), (Some(1), Some(3)));
        let mut bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_string();
        for level in 1..12 {
            let item = format!("*a{},", level - 1).repeat(10);
            bomb += &format!("a{level}: &a{level} [{item}]\n");
        }
        assert!(documents(&bomb).unwrap_err().cause.contains("values after expanding aliases"));
    }

    #[test]
    fn what_is_no_yaml_has_a_place() {
        assert_eq!(documents("a: 1\nb: 2\na: 3\n").unwrap_err(), YamlError { at: at(3, 1), cause: "a is given twice".into() });
        assert_eq!(documents("a: [1\nb: 2\n").unwrap_err().at.line, 2);
        assert!(documents(&"[".repeat(10_000)).is_err());
        assert!(documents(&"- ".repeat(10_000)).unwrap_err().cause.contains("levels"));
        assert!(documents("a: *b\n").is_err());
        assert!(documents("[a]: 1\n").unwrap_err().cause.contains("a key must be a string"));
        assert_eq!(documents("# nothing\n---\n").unwrap().len(), 0);
    }
}
