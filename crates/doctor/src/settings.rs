//! Files of settings, read as manifests are, but that words such as `y` and `on` are texts, as in YAML 1.2.

use crate::yaml_parser::YamlError;
use crate::{json, scalar, yaml_parser};
use serde_json::Value;

/// The value of a JSON text, without its places.
///
/// # Errors
/// What is no JSON, or has a key twice: line, column and cause.
pub fn json_value(text: &str) -> Result<Value, String> {
    json::document(text).map(|value| value.json()).map_err(|error| placed(&error))
}

/// The one document of a YAML text, without its places.
///
/// # Errors
/// What is no YAML, has a key twice, or is more than one document: line, column and cause.
pub fn yaml_value(text: &str) -> Result<Value, String> {
    let mut documents = yaml_parser::documents_by(text, scalar::core).map_err(|error| placed(&error))?;
    match (documents.pop(), documents.len()) {
        (Some(one), 0) => Ok(one.json()),
        (None, _) => Ok(Value::Object(serde_json::Map::new())),
        (Some(_), others) => Err(format!("has {} documents; one is read", others + 1)),
    }
}

fn placed(error: &YamlError) -> String {
    format!("{}:{}: {}", error.at.line, error.at.column, error.cause)
}
