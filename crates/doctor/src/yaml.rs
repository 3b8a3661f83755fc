//! A document as a tree in which every value knows where it stands.

use crate::finding::Position;

/// A value.
#[derive(Clone, Debug)]
pub struct Yaml {
    /// Where the key that leads to it stands; its own place where no key does.
    pub at: Position,
    /// What it is.
    pub value: YamlValue,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum YamlValue {
    /// Nothing.
    Null,
    /// A truth value, as it is written.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(YamlText),
    /// Values in order.
    List(Vec<Yaml>),
    /// Values by name, in order.
    Map(Vec<YamlEntry>),
}

/// A text.
#[derive(Clone, Debug)]
pub struct YamlText {
    /// Its content.
    pub content: String,
    /// Where its first character stands, if it is a YAML block in which lines are what they are in the file.
    pub block: Option<Position>,
}

/// A value and its name.
#[derive(Clone, Debug)]
pub struct YamlEntry {
    /// The name.
    pub key: String,
    /// The value.
    pub value: Yaml,
}

impl YamlValue {
    /// A text that is no block.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text(YamlText { content: content.into(), block: None })
    }

    /// The sort of value, for messages.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

impl Yaml {
    /// The value called `key`.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value at the end of a way through mappings.
    pub fn find(&self, keys: &[&str]) -> Option<&Yaml> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The values of a mapping; none of anything else.
    pub fn entries(&self) -> &[YamlEntry] {
        if let YamlValue::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The values of a list; none of anything else.
    pub fn items(&self) -> &[Yaml] {
        if let YamlValue::List(items) = &self.value { items } else { &[] }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let YamlValue::Text(text) = &self.value { Some(&text.content) } else { None }
    }

    /// The text called `key`.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The whole number, if it is one.
    pub fn integer(&self) -> Option<i64> {
        if let YamlValue::Number(text) = &self.value { text.parse().ok() } else { None }
    }

    /// The whole number called `key`.
    pub fn integer_of(&self, key: &str) -> Option<i64> {
        self.get(key)?.integer()
    }

    /// Whether the value called `key` is true.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| matches!(node.value, YamlValue::Bool(true)))
    }

    /// The same with other places: `place` says where each is that was there.
    pub fn placed(mut self, place: &impl Fn(Position) -> Position) -> Self {
        self.at = place(self.at);
        self.value = match self.value {
            YamlValue::List(items) => YamlValue::List(items.into_iter().map(|item| item.placed(place)).collect()),
            YamlValue::Map(entries) => YamlValue::Map(
                entries.into_iter().map(|YamlEntry { key, value }| YamlEntry { key, value: value.placed(place) }).collect(),
            ),
            value => value,
        };
        self
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            YamlValue::Null => Json::Null,
            YamlValue::Bool(value) => Json::Bool(*value),
            YamlValue::Number(text) => {
                serde_json::from_str(text).ok().filter(Json::is_number).unwrap_or_else(|| Json::String(text.clone()))
            }
            YamlValue::Text(text) => Json::String(text.content.clone()),
            YamlValue::List(items) => Json::Array(items.iter().map(Yaml::json).collect()),
            YamlValue::Map(entries) => Json::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect()),
        }
    }
}
