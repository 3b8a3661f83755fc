//! [`Yaml`]s → YAML, in the style in which manifests are written. Texts that could be taken for something else are quoted as JSON does,
//! which is YAML, too.

use crate::scalar;
use crate::yaml::{Yaml, YamlEntry, YamlValue};

/// A document.
pub fn document(node: &Yaml) -> String {
    let mut out = String::new();
    match &node.value {
        YamlValue::Map(entries) if !entries.is_empty() => map(entries, 0, &mut out),
        _ => value(node, 0, &mut out),
    }
    out
}

fn map(entries: &[YamlEntry], indent: usize, out: &mut String) {
    for (index, entry) in entries.iter().enumerate() {
        // The first entry of an item stands behind its dash.
        if index > 0 || out.is_empty() || out.ends_with('\n') {
            *out += &" ".repeat(indent);
        }
        *out += &quoted(&entry.key);
        out.push(':');
        value(&entry.value, indent, out);
    }
}

/// What follows a key, to the end of the last line.
fn value(node: &Yaml, indent: usize, out: &mut String) {
    match &node.value {
        YamlValue::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            map(entries, indent + 2, out);
        }
        YamlValue::List(items) if !items.is_empty() => {
            out.push('\n');
            list(items, indent + 2, out);
        }
        _ => {
            *out += &format!(" {}\n", scalar(node));
        }
    }
}

fn list(items: &[Yaml], indent: usize, out: &mut String) {
    for item in items {
        *out += &format!("{}-", " ".repeat(indent));
        match &item.value {
            YamlValue::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                map(entries, indent + 2, out);
            }
            _ => value(item, indent, out),
        }
    }
}

fn scalar(node: &Yaml) -> String {
    match &node.value {
        YamlValue::Null => "null".to_string(),
        YamlValue::Bool(value) => value.to_string(),
        YamlValue::Number(text) => text.clone(),
        YamlValue::Text(text) => quoted(&text.content),
        YamlValue::List(_) => "[]".to_string(),
        YamlValue::Map(_) => "{}".to_string(),
    }
}

fn quoted(text: &str) -> String {
    // Behind a digit a word may be a time or a date in YAML 1.1, but not with a slash in it.
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || (c.is_ascii_digit() && text.contains('/')))
        && !text.ends_with(':')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:@=+".contains(&byte));
    if is_word && matches!(scalar::plain(text), YamlValue::Text(_)) {
        text.to_string()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
