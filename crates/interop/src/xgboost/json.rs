//! JSON as XGBoost writes it: with `NaN`, `Infinity` and `-Infinity` as numbers. A number is read as the type that is asked for, so that an
//! f32 is rounded once.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// How deep values may lie in each other.
pub const MAX_DEPTH: u32 = 64;

/// What is wrong with a text.
#[derive(Debug)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Result<T> = std::result::Result<T, Fault>;

/// A text that is read from the front.
pub struct Json<'de> {
    bytes: &'de [u8],
    at: usize,
    depth: u32,
}

impl<'de> Json<'de> {
    /// A reader of a text.
    pub fn new(bytes: &'de [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Where reading has come to: line and column, counted from 1.
    pub fn place(&self) -> String {
        let read = &self.bytes[..self.at.min(self.bytes.len())];
        let line_start = read.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        format!("line {}, column {}", read.iter().filter(|&&byte| byte == b'\n').count() + 1, self.at - line_start + 1)
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    /// Something is.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Fault("the value is followed by more".into())),
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, wanted: u8) -> Result<()> {
        match self.peek() {
            Some(found) if found == wanted => {
                self.at += 1;
                Ok(())
            }
            found => Err(unexpected(found, &format!("{:?}", char::from(wanted)))),
        }
    }

    /// A word or number, up to what ends it.
    fn token(&mut self) -> &'de str {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += self.bytes[start..].iter().take_while(|byte| is_part(byte)).count();
        std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default()
    }

    /// A text in quotes, with what it looks like between them.
    fn quoted(&mut self) -> Result<&'de [u8]> {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.bytes.get(end) {
                None => return Err(Fault("a text does not end".into())),
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        Ok(&self.bytes[start..=end])
    }

    fn text<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let quoted = self.quoted()?;
        let plain = &quoted[1..quoted.len() - 1];
        match std::str::from_utf8(plain) {
            Ok(text) if !plain.contains(&b'\\') => visitor.visit_borrowed_str(text),
            _ => {
                let text = serde_json::from_slice(quoted).map_err(|error| Fault(format!("a text that is none: {error}")))?;
                visitor.visit_string(text)
            }
        }
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let token = self.token();
        if let Some(x) = special(token) {
            return visitor.visit_f64(x);
        }
        check_number(token)?;
        match token.parse::<i64>() {
            Ok(whole) => visitor.visit_i64(whole),
            Err(_) => visitor.visit_f64(token.parse().map_err(|_| not_a_number(token))?),
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(Fault(format!("values lie more than {MAX_DEPTH} deep in each other")));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }
}

/// What is not a number in JSON proper.
fn special(token: &str) -> Option<f64> {
    match token {
        "NaN" | "-NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Words that Rust reads as numbers are none here.
fn check_number(token: &str) -> Result<()> {
    let starts_well = token.strip_prefix('-').unwrap_or(token).starts_with(|first: char| first.is_ascii_digit());
    if starts_well { Ok(()) } else { Err(not_a_number(token)) }
}

fn not_a_number(token: &str) -> Fault {
    let shown: String = token.chars().take(40).collect();
    Fault(format!("{shown:?} is neither a number nor any other value"))
}

fn unexpected(found: Option<u8>, wanted: &str) -> Fault {
    Fault(match found {
        None => "the text breaks off".to_string(),
        Some(found) => format!("{:?} in place of {wanted}", char::from(found)),
    })
}

impl<'de> Deserializer<'de> for &mut Json<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            None => Err(unexpected(None, "")),
            Some(b'"') => self.text(visitor),
            Some(b'{') => self.nested(|json| {
                let value = visitor.visit_map(Items { json, is_first: true })?;
                json.expect(b'}')?;
                Ok(value)
            }),
            Some(b'[') => self.nested(|json| {
                let value = visitor.visit_seq(Items { json, is_first: true })?;
                json.expect(b']')?;
                Ok(value)
            }),
            Some(b't' | b'f' | b'n') => match self.token() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                "null" => visitor.visit_unit(),
                other => Err(not_a_number(other)),
            },
            Some(_) => self.number(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => {
                let token = self.token();
                if let Some(x) = special(token) {
                    return visitor.visit_f32(x as f32);
                }
                check_number(token)?;
                visitor.visit_f32(token.parse().map_err(|_| not_a_number(token))?)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            Some(b'n') => {
                self.token();
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        enum identifier ignored_any
    }
}

/// The items of an array or object.
struct Items<'a, 'de> {
    json: &'a mut Json<'de>,
    is_first: bool,
}

impl Items<'_, '_> {
    /// Goes on to the next item, if there is one before `end`.
    fn advance(&mut self, end: u8) -> Result<bool> {
        if self.json.peek() == Some(end) {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.json.expect(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.advance(b']')? { seed.deserialize(&mut *self.json).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.advance(b'}')? {
            return Ok(None);
        }
        match self.json.peek() {
            Some(b'"') => {}
            found => return Err(unexpected(found, "a key")),
        }
        seed.deserialize(&mut *self.json).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.json.expect(b':')?;
        seed.deserialize(&mut *self.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
        let mut json = Json::new(text.as_bytes());
        let value = T::deserialize(&mut json)?;
        json.end()?;
        Ok(value)
    }

    #[test]
    fn values_are_read() {
        assert_eq!(read::<Vec<i32>>(" [1, -2 ,3]\n").unwrap(), [1, -2, 3]);
        assert_eq!(read::<Vec<bool>>("[true,false]").unwrap(), [true, false]);
        assert_eq!(read::<Vec<Option<u8>>>("[null,7]").unwrap(), [None, Some(7)]);
        assert_eq!(read::<Vec<String>>(r#"["a\"b\u00e9","é",""]"#).unwrap(), ["a\"bé", "é", ""]);
        let map: BTreeMap<String, Vec<f64>> = read(r#"{"x":[1E-1],"y":[]}"#).unwrap();
        assert_eq!(map, BTreeMap::from([("x".to_string(), vec![0.1]), ("y".to_string(), vec![])]));
    }

    #[test]
    fn numbers_of_four_bytes_are_rounded_once() {
        // The nearest double is half-way between two numbers of four bytes, the text is not.
        let text = "1.00000005960464477540";
        assert_eq!(read::<f32>(text).unwrap(), 1.0 + f32::EPSILON);
        assert_eq!(text.parse::<f64>().unwrap() as f32, 1.0);
        let numbers: Vec<f32> = read("[NaN,Infinity,-Infinity,1E-45,0E0,-0.0,5]").unwrap();
        assert!(numbers[0].is_nan());
        assert_eq!(numbers[1..], [f32::INFINITY, f32::NEG_INFINITY, f32::from_bits(1), 0.0, 0.0, 5.0]);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in ["", "[1", "[1,", "[,1]", "{\"a\" 1}", "{a:1}", "\"x", "inf", "nan", "[1] 2", "tru", "1e", "--1", "\"\\"] {
            assert!(read::<serde::de::IgnoredAny>(text).is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(read::<serde::de::IgnoredAny>(&deep).unwrap_err().0.contains("64 deep"));
    }

    #[test]
    fn places_count_from_one() {
        let mut json = Json::new(b"[1,\n  x]");
        assert!(Vec::<i32>::deserialize(&mut json).is_err());
        assert_eq!(json.place(), "line 2, column 4");
    }
}
