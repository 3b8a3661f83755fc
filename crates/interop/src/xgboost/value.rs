//! Values to be written as JSON or UBJSON.

use std::fmt::Write;

/// A value. Objects keep their order. XGBoost takes lists of numbers in UBJSON in the one form that it writes itself: of one type, or each
/// number with its own (then a [`Value::List`]).
pub enum Value {
    Text(String),
    /// Numbers of four bytes.
    Floats(Vec<f32>),
    /// Whole numbers of four bytes.
    Ints(Vec<i32>),
    /// Whole numbers of eight bytes.
    Longs(Vec<i64>),
    /// Whole numbers of one byte.
    Bytes(Vec<u8>),
    /// Bytes of texts, with a sign.
    Chars(Vec<i8>),
    List(Vec<Value>),
    Object(Vec<(&'static str, Value)>),
    Whole(i64),
    /// An object whose keys are not known beforehand.
    Texts(Vec<(String, String)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Value {
    /// The value as JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.push_json(&mut out);
        out
    }

    fn push_json(&self, out: &mut String) {
        match self {
            Self::Text(text) => push_quoted(out, text),
            Self::Whole(number) => push(out, number),
            Self::Floats(numbers) => push_list(out, '[', ']', numbers, |out, x| push_float(out, *x)),
            Self::Ints(numbers) => push_list(out, '[', ']', numbers, |out, x| push(out, x)),
            Self::Longs(numbers) => push_list(out, '[', ']', numbers, |out, x| push(out, x)),
            Self::Bytes(numbers) => push_list(out, '[', ']', numbers, |out, x| push(out, x)),
            Self::Chars(numbers) => push_list(out, '[', ']', numbers, |out, x| push(out, x)),
            Self::List(values) => push_list(out, '[', ']', values, |out, value| value.push_json(out)),
            Self::Object(items) => push_list(out, '{', '}', items, |out, (key, value)| {
                push_quoted(out, key);
                out.push(':');
                value.push_json(out);
            }),
            Self::Texts(items) => push_list(out, '{', '}', items, |out, (key, value)| {
                push_quoted(out, key);
                out.push(':');
                push_quoted(out, value);
            }),
        }
    }

    /// The value as UBJSON.
    pub fn to_ubjson(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.push_ubjson(&mut out);
        out
    }

    fn push_ubjson(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                out.push(b'S');
                push_sized(out, text);
            }
            Self::Whole(number) => {
                out.push(b'L');
                out.extend(number.to_be_bytes());
            }
            Self::Floats(numbers) => push_typed(out, b'd', numbers, |x| x.to_be_bytes()),
            Self::Ints(numbers) => push_typed(out, b'l', numbers, |x| x.to_be_bytes()),
            Self::Longs(numbers) => push_typed(out, b'L', numbers, |x| x.to_be_bytes()),
            Self::Bytes(numbers) => push_typed(out, b'U', numbers, |x| [*x]),
            Self::Chars(numbers) => push_typed(out, b'i', numbers, |x| x.to_be_bytes()),
            Self::List(values) => {
                out.extend(b"[#");
                push_length(out, values.len());
                values.iter().for_each(|value| value.push_ubjson(out));
            }
            Self::Object(items) => {
                out.push(b'{');
                for (key, value) in items {
                    push_sized(out, key);
                    value.push_ubjson(out);
                }
                out.push(b'}');
            }
            Self::Texts(items) => {
                out.push(b'{');
                for (key, value) in items {
                    push_sized(out, key);
                    out.push(b'S');
                    push_sized(out, value);
                }
                out.push(b'}');
            }
        }
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

fn push_float(out: &mut String, x: f32) {
    match x.is_infinite() {
        true => out.push_str(if x > 0.0 { "Infinity" } else { "-Infinity" }),
        false => push(out, format_args!("{x:E}")),
    }
}

fn push_quoted(out: &mut String, text: &str) {
    push(out, serde_json::Value::from(text));
}

fn push_list<T>(out: &mut String, open: char, close: char, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push(open);
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(close);
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    out.push(b'L');
    out.extend((length as i64).to_be_bytes());
}

fn push_sized(out: &mut Vec<u8>, text: &str) {
    push_length(out, text.len());
    out.extend(text.as_bytes());
}

fn push_typed<T, const N: usize>(out: &mut Vec<u8>, marker: u8, numbers: &[T], bytes: impl Fn(&T) -> [u8; N]) {
    out.extend([b'[', b'$', marker, b'#']);
    push_length(out, numbers.len());
    numbers.iter().for_each(|number| out.extend(bytes(number)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_xgboost_s() {
        let value = Value::Object(vec![
            ("floats", Value::Floats(vec![0.1, f32::INFINITY, f32::from_bits(1)])),
            ("list", Value::List(vec![Value::Whole(-1), "a\"b".into()])),
            ("texts", Value::Texts(vec![("k".into(), "v".into())])),
        ]);
        assert_eq!(value.to_json(), r#"{"floats":[1E-1,Infinity,1E-45],"list":[-1,"a\"b"],"texts":{"k":"v"}}"#);
        let start = b"{L\0\0\0\0\0\0\0\x06floats[$d#L\0\0\0\0\0\0\0\x03\x3d\xcc\xcc\xcd\x7f\x80\0\0\0\0\0\x01";
        assert!(value.to_ubjson().starts_with(start));
        assert!(value.to_ubjson().ends_with(b"texts{L\0\0\0\0\0\0\0\x01kSL\0\0\0\0\0\0\0\x01v}}"));
    }
}
