//! JSON → [`Yaml`]. `serde_json` says whether it is JSON; as all JSON is YAML, too, the places come from there.

use crate::finding::Position;
use crate::yaml::{Yaml, YamlValue};
use crate::yaml_parser::{self, YamlError};

/// The value of a JSON text.
///
/// # Errors
/// What is no JSON, or has a key twice.
pub fn document(text: &str) -> Result<Yaml, YamlError> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let cause = error.to_string();
        let cause = cause.split(" at line ").next().unwrap_or(&cause).to_string();
        return Err(YamlError { at: Position { line: error.line(), column: error.column().max(1) }, cause });
    }
    let mut documents = yaml_parser::documents(&without_surrogates(text))?;
    // The document that is null is none.
    Ok(documents.pop().unwrap_or(Yaml { at: Position { line: 1, column: 1 }, value: YamlValue::Null }))
}

/// YAML knows no pairs of escapes for one character. Each half becomes the replacement character, so that what follows stays in its
/// place; nothing that is looked at has such characters.
fn without_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let is_half = escape
            .get(1..4)
            .is_some_and(|start| matches!(start.as_bytes(), [b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']));
        if is_half && escape.is_char_boundary(6) {
            out.push_str("\\uFFFD");
            rest = &escape[6..];
        } else {
            let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&escape[..length]);
            rest = &escape[length..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_keys() {
        let tree = document("{\n\t\"a\":\t[1,{\"b\":\"\\ud83d\\ude00 \\/ \\\\ud83d\", \"c\": null}]}").unwrap();
        let item = &tree.get("a").unwrap().items()[1];
        assert_eq!(item.get("b").unwrap().at, Position { line: 2, column: 11 });
        assert_eq!(item.text_of("b"), Some("\u{fffd}\u{fffd} / \\ud83d"));
        assert_eq!(item.get("c").unwrap().at, Position { line: 2, column: 42 });
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        assert_eq!(document("{\"a\": 1,\n \"b\": }").unwrap_err().at, Position { line: 2, column: 7 });
        assert!(document("a: 1").is_err());
        assert!(document("{\"a\": 1, \"a\": 2}").unwrap_err().cause.contains("twice"));
        assert!(document("").is_err());
    }
}
