//! A document in any dialect → the request it stands for, in the API's names and with the document's places. What the API would refuse
//! is reported on the way; what remains is of the right types, so that rules need not ask again.

use crate::api::{Field, Shape, Structure};
use crate::dialect::Dialect;
use crate::finding::{Position, Report};
use crate::nearest::remedy;
use crate::yaml::{Yaml, YamlEntry, YamlText, YamlValue};
use regex::Regex;
use sapwood::names::nearest;

/// The request that `node` stands for, as far as it is one.
pub fn read(structure: &Structure, dialect: Dialect, node: &Yaml, report: &mut Report) -> Yaml {
    let mut reader = RequestReader { dialect, report };
    let value = reader.structure(structure, node).unwrap_or_else(|| YamlValue::Map(Vec::new()));
    Yaml { at: node.at, value }
}

struct RequestReader<'r> {
    dialect: Dialect,
    report: &'r mut Report,
}

impl RequestReader<'_> {
    fn value(&mut self, shape: &Shape, name: &str, node: &Yaml) -> Option<YamlValue> {
        match shape {
            Shape::Any => Some(node.value.clone()),
            Shape::Structure(structure) => self.structure(structure, node),
            Shape::List { of, least, most } => self.list(of, (*least, *most), name, node),
            Shape::Map { most, key, value } => self.map((*most, *key, *value), name, node),
            Shape::Text { .. } => self.text(shape, name, node),
            Shape::Integer { least, most } => self.integer((*least, *most), name, node),
            Shape::Number if matches!(node.value, YamlValue::Number(_)) => Some(node.value.clone()),
            Shape::Boolean if matches!(node.value, YamlValue::Bool(_)) => Some(node.value.clone()),
            Shape::Number => self.wrong_sort(name, node, "a number"),
            Shape::Boolean => self.wrong_sort(name, node, "true or false, without quotes"),
        }
    }

    fn wrong_sort(&mut self, name: &str, node: &Yaml, wanted: &str) -> Option<YamlValue> {
        self.report.error(node.at, format!("{name} must be {wanted}, but is {}", node.value.sort()), format!("write {wanted}"));
        None
    }

    fn structure(&mut self, structure: &Structure, node: &Yaml) -> Option<YamlValue> {
        if !matches!(node.value, YamlValue::Map(_)) {
            return self.wrong_sort(structure.name, node, "a mapping");
        }
        let mut entries = Vec::new();
        for entry in node.entries() {
            let Some(field) = self.known(structure, node, entry) else { continue };
            if matches!(entry.value.value, YamlValue::Null) {
                self.report.error(entry.value.at, format!("{} has no value", entry.key), "give it one, or remove it");
            } else if let Some(value) = self.value(&field.shape, &entry.key, &entry.value) {
                entries.push(YamlEntry { key: field.name.to_string(), value: Yaml { at: entry.value.at, value } });
            }
        }
        for field in structure.fields.iter().filter(|field| field.required && field.is_in(self.dialect)) {
            let name = self.dialect.spell(field.name);
            let is_there = node.get(&name).is_some() || entries.iter().any(|entry: &YamlEntry| entry.key == field.name);
            if !is_there && !self.is_optional(structure, field) {
                self.report.error(node.at, format!("{name} is missing"), format!("add {name}"));
            }
        }
        Some(YamlValue::Map(entries))
    }

    /// The retired operator made names of jobs up.
    fn is_optional(&self, structure: &Structure, field: &Field) -> bool {
        self.dialect == Dialect::Operator && structure.name.starts_with("Create") && field.name.ends_with("JobName")
    }

    /// The field that an entry is. A misspelt one is reported, and taken for what it seems to be, or else it would also be missing.
    fn known<'s>(&mut self, structure: &'s Structure, node: &Yaml, entry: &YamlEntry) -> Option<&'s Field> {
        let here = || structure.fields.iter().filter(|field| field.is_in(self.dialect));
        if let Some(field) = here().find(|field| self.dialect.spell(field.name) == entry.key) {
            return Some(field);
        }
        let names: Vec<String> = here().map(|field| self.dialect.spell(field.name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let of_api = structure.fields.iter().find(|field| field.name.eq_ignore_ascii_case(&entry.key));
        if of_api.is_some_and(|field| !field.is_in(self.dialect)) {
            let message = format!("{} is a field of the API that this resource lacks", entry.key);
            self.report.error(entry.value.at, message, "remove it");
            return None;
        }
        self.report.error(entry.value.at, format!("unknown field {}", entry.key), remedy(&entry.key, &names));
        let meant = nearest(&entry.key, names.iter().copied()).filter(|name| node.get(name).is_none())?;
        here().find(|field| self.dialect.spell(field.name) == meant)
    }

    fn list(&mut self, of: &Shape, size: (usize, usize), name: &str, node: &Yaml) -> Option<YamlValue> {
        let YamlValue::List(items) = &node.value else { return self.wrong_sort(name, node, "a list") };
        self.size(name, node.at, items.len(), size, "items");
        let read = |item: &Yaml| Some(Yaml { at: item.at, value: self.value(of, name, item)? });
        Some(YamlValue::List(items.iter().filter_map(read).collect()))
    }

    fn size(&mut self, name: &str, at: Position, size: usize, (least, most): (usize, usize), unit: &str) {
        if size < least {
            self.report.error(
                at,
                format!("{name} has {size} {unit}; at least {least} must be given"),
                format!("give at least {least}"),
            );
        }
        if size > most {
            self.report.error(at, format!("{name} has {size} {unit}; at most {most} are allowed"), format!("leave at most {most}"));
        }
    }

    fn map(&mut self, (most, key, value): (usize, usize, usize), name: &str, node: &Yaml) -> Option<YamlValue> {
        let entries = match (&node.value, self.dialect) {
            (YamlValue::Map(entries), Dialect::Api | Dialect::Ack) => entries.clone(),
            (YamlValue::List(items), Dialect::Operator) => self.pairs(items),
            (YamlValue::List(_), Dialect::Ack) => {
                return self.wrong_sort(name, node, "a mapping (the retired operator had a list of name and value)");
            }
            (_, Dialect::Operator) => return self.wrong_sort(name, node, "a list of name and value"),
            _ => return self.wrong_sort(name, node, "a mapping"),
        };
        self.size(name, node.at, entries.len(), (0, most), "entries");
        for entry in &entries {
            self.size(&entry.key, entry.value.at, entry.key.chars().count(), (0, key), "characters in its name");
            match &entry.value.value {
                YamlValue::Text(text) => {
                    self.size(&entry.key, entry.value.at, text.content.chars().count(), (0, value), "characters");
                }
                YamlValue::Number(_) | YamlValue::Bool(_) => self.report.error(
                    entry.value.at,
                    format!("{name} may hold only strings, but {} is {}", entry.key, entry.value.value.sort()),
                    "put the value in double quotes",
                ),
                _ => drop(self.wrong_sort(&entry.key, &entry.value, "a string")),
            }
        }
        Some(YamlValue::Map(entries))
    }

    /// The retired operator's lists of `name` and `value` as what they stand for.
    fn pairs(&mut self, items: &[Yaml]) -> Vec<YamlEntry> {
        let mut entries: Vec<YamlEntry> = Vec::new();
        for item in items {
            for entry in item.entries().iter().filter(|entry| !["name", "value"].contains(&entry.key.as_str())) {
                self.report.error(entry.value.at, format!("unknown field {}", entry.key), remedy(&entry.key, &["name", "value"]));
            }
            match (item.text_of("name"), item.get("value")) {
                (Some(name), Some(value)) if !entries.iter().any(|entry| entry.key == name) => {
                    entries.push(YamlEntry { key: name.to_string(), value: Yaml { at: item.at, value: value.value.clone() } });
                }
                (Some(name), Some(_)) => self.report.error(item.at, format!("{name} is given twice"), "remove one"),
                _ => self.report.error(
                    item.at,
                    "an item must have a name (a string) and a value",
                    "write {name: eta, value: \"0.2\"}",
                ),
            }
        }
        entries
    }

    fn text(&mut self, shape: &Shape, name: &str, node: &Yaml) -> Option<YamlValue> {
        let Shape::Text { least, most, pattern, words } = shape else { return None };
        let YamlValue::Text(YamlText { content, .. }) = &node.value else {
            return self.wrong_sort(name, node, "a string (in double quotes, if it looks like something else)");
        };
        self.size(name, node.at, content.chars().count(), (*least, *most), "characters");
        let words = self.words(name, words);
        if !words.is_empty() && !words.contains(&content.as_str()) {
            self.report.error(node.at, format!("{name} {content:?} must be one of {}", words.join(", ")), remedy(content, &words));
        }
        if !pattern.is_empty() && Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| !regex.is_match(content)) {
            self.report.error(node.at, format!("{name} {content:?} does not match {pattern}"), "correct it");
        }
        Some(node.value.clone())
    }

    /// The retired operator knew fewer input modes.
    fn words(&self, name: &str, words: &[&'static str]) -> Vec<&'static str> {
        let is_old = self.dialect == Dialect::Operator && name.ends_with("nputMode");
        words.iter().copied().filter(|word| !(is_old && *word == "FastFile")).collect()
    }

    fn integer(&mut self, (least, most): (i64, i64), name: &str, node: &Yaml) -> Option<YamlValue> {
        let Some(number) = node.integer() else { return self.wrong_sort(name, node, "a whole number, without quotes") };
        if number < least || number > most {
            let limit = if number < least { format!("at least {least}") } else { format!("at most {most}") };
            self.report.error(node.at, format!("{name} is {number}, but must be {limit}"), format!("give {limit}"));
        }
        Some(node.value.clone())
    }
}
