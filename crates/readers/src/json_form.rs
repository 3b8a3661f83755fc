//! Whether a file holds JSON, and in which form, by how it begins.

use crate::Format;
use serde_json::value::RawValue;

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One document holds them all.
    Document,
    /// Every line is one.
    Lines,
}

impl Form {
    /// The format of files of this form.
    pub fn format(self) -> Format {
        match self {
            Self::Document => Format::Json,
            Self::Lines => Format::JsonLines,
        }
    }
}

/// Whether a file that begins like this may hold JSON.
pub(crate) fn may_begin(sample: &[u8]) -> bool {
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    text.first().is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// Whether a sample tells the form of JSON: it holds a whole line, and something of what follows.
pub(crate) fn tells_form(sample: &[u8]) -> bool {
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii();
    text.contains(&b'\n')
}

/// The form of JSON that a file has which begins like this; none where it is something else.
pub(crate) fn form(sample: &[u8], whole: bool) -> Option<Form> {
    if !may_begin(sample) {
        return None;
    }
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let end = text.iter().position(|&byte| byte == b'\n');
    let (line, rest) = text.split_at(end.unwrap_or(text.len()));
    if serde_json::from_slice::<&RawValue>(line).is_ok() {
        // One object or array may be one row, or a document that holds all rows.
        return Some(if rest.trim_ascii().is_empty() && whole { Form::Document } else { Form::Lines });
    }
    let inner = text[1..].trim_ascii_start();
    let opens = match text[0] {
        b'{' => inner.starts_with(b"\"") || inner.is_empty(),
        _ => inner.is_empty() || matches!(inner[0], b'{' | b'['),
    };
    opens.then_some(Form::Document)
}
