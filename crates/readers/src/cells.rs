//! What the text of a cell means: missing, a number, or text.

use crate::DataParams;
use crate::params::Decimal;
use std::sync::LazyLock;

/// The meaning of a cell, surrounding blanks removed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// Empty, or one of the texts that stand for a missing value.
    Missing,
    /// A number; infinite where the text says so or overflows.
    Number(f64),
    /// Anything else.
    Text(&'a str),
}

/// The largest magnitude up to which every integer is an `f64`.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// The texts that stand for a missing value in columns of numbers, truth values and dates, whatever `missing_values` says: what MySQL
/// and Hive, and SAS write. Among other texts they are texts like others.
pub(super) const AMONG_NUMBERS: [&str; 2] = ["\\N", "."];

/// Whether a text that is no number may stand among numbers, and is missing there.
pub(super) fn is_missing_among_numbers(text: &str) -> bool {
    AMONG_NUMBERS.contains(&text)
}

/// Whether a number is written with zeros that it does not need: it may be a code.
pub(super) fn has_leading_zeros(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The truth value that a text says. Other pairs of words, such as yes and no, are categories.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// What `missing_values` is where nobody gives it.
static DEFAULT: LazyLock<Vec<String>> = LazyLock::new(|| DataParams::default().missing_values);

/// The texts that stand for a missing value. Those that are numbers stand for every way to write them.
#[derive(Clone, Debug, Default)]
pub(super) struct MissingTexts {
    texts: Vec<String>,
    numbers: Vec<f64>,
    /// Whether numbers have a decimal comma.
    decimal_comma: bool,
    /// Whether nobody gave them.
    is_default: bool,
}

impl MissingTexts {
    pub fn new(texts: &[String]) -> Self {
        let texts: Vec<_> = texts.iter().map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect();
        let numbers = texts.iter().filter_map(|t| number(t)).collect();
        Self { is_default: texts == *DEFAULT, texts, numbers, decimal_comma: false }
    }

    /// The same where numbers are written with this decimal mark.
    pub fn with_decimal(self, decimal: Decimal) -> Self {
        Self { decimal_comma: decimal == Decimal::Comma, ..self }
    }

    /// Whether numbers have a decimal comma.
    pub fn decimal_comma(&self) -> bool {
        self.decimal_comma
    }

    /// What stands for a missing value in columns whose type the data tell. They have nulls, and a text that is often used for missing
    /// values may be a value there: `NA` is Namibia.
    pub fn in_typed_columns(&self) -> Self {
        if self.is_default { Self::default() } else { self.clone() }
    }

    /// The numbers among the texts.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The texts, trimmed; the empty text is not among them although it is always missing.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The same without what is a level, if anything is: nobody gave these texts, and the model knows better.
    pub fn beside_levels(&self, is_level: impl Fn(&str) -> bool) -> Option<Self> {
        if !self.is_default || !self.texts.iter().any(|text| is_level(text)) {
            return None;
        }
        let mut kept = self.clone();
        kept.texts.retain(|text| !is_level(text));
        Some(kept)
    }

    /// Whether `x` stands for a missing value.
    pub fn is_missing(&self, x: f64) -> bool {
        self.numbers.contains(&x)
    }

    /// What `text` means.
    pub fn cell<'a>(&self, text: &'a str) -> Cell<'a> {
        let text = text.trim();
        if text.is_empty() || self.texts.iter().any(|t| t == text) {
            return Cell::Missing;
        }
        let number = if self.decimal_comma { number_with_comma(text) } else { number(text) };
        match number {
            Some(x) if self.is_missing(x) => Cell::Missing,
            Some(x) => Cell::Number(x),
            None => Cell::Text(text),
        }
    }
}

/// The number that a text with a decimal comma stands for. A point makes it none: `1.234` may be a thousand or a fraction.
fn number_with_comma(text: &str) -> Option<f64> {
    if text.contains('.') { None } else { number(&text.replacen(',', ".", 1)) }
}

/// Makes values that stand for a missing one missing.
pub(super) fn make_missing(values: &mut [f64], missing: &[f64]) {
    if !missing.is_empty() {
        values.iter_mut().filter(|x| missing.contains(x)).for_each(|x| *x = f64::NAN);
    }
}

/// The number that `text` (trimmed) stands for. Words for infinity are numbers here, so that they are refused as infinite and not
/// as text; `nan` is text, because only `missing_values` decides what is missing.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|x: &f64| !x.is_nan())
}

/// Whether `text` is an integer that `f64` cannot be trusted to hold: beyond ±2^53, where neighbours share one value.
pub(super) fn inexact_integer(text: &str, x: f64) -> bool {
    let digits = text.trim().trim_start_matches(['+', '-']);
    // 2^53 + 1 parses to 2^53, so that the number alone cannot decide.
    x.abs() >= EXACT && digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u64>().ok().is_none_or(|n| n > EXACT as u64)
}

/// The text of a number that was written as `text` when it is a level: `1` and `1.0` are one, because pandas writes integers in both
/// ways. Other ways to write the same number are levels of their own, as in identifiers: `01234` and `1234`, `1.1` and `1.10`.
pub(super) fn level(text: &str, x: f64) -> &str {
    let whole =
        text.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|byte| byte == b'0')).map_or(text, |(whole, _)| whole);
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    match is_plain {
        true if x == 0.0 => "0",
        true if x.abs() < EXACT => whole,
        _ => text,
    }
}

/// The text of a number when it is a level and no text says how it is written. `None` where different texts give the same `f64`.
pub(super) fn canonical(x: f64) -> Option<String> {
    // Adding 0 turns −0 into 0.
    (x.abs() < EXACT).then(|| (x + 0.0).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_trimmed_and_told_apart() {
        let missing = MissingTexts::new(&["NA".into(), " ? ".into(), "-999".into()]);
        for text in ["", "  ", "NA", " NA\t", "?", "-999", "-999.0", " -9.99e2"] {
            assert_eq!(missing.cell(text), Cell::Missing, "{text:?}");
        }
        assert_eq!(missing.cell(" 1.5 "), Cell::Number(1.5));
        assert_eq!(missing.cell("+1e3"), Cell::Number(1000.0));
        assert_eq!(missing.cell("1e999"), Cell::Number(f64::INFINITY));
        assert_eq!(missing.cell("-inf"), Cell::Number(f64::NEG_INFINITY));
        assert_eq!(missing.cell("nan"), Cell::Text("nan"));
        assert_eq!(missing.cell(" a b "), Cell::Text("a b"));
        assert!(missing.is_missing(-999.0) && !missing.is_missing(999.0));
    }

    #[test]
    fn default_texts_are_values_in_typed_columns() {
        let default = MissingTexts::new(&DataParams::default().missing_values);
        assert_eq!(default.cell("NA"), Cell::Missing);
        assert_eq!(default.in_typed_columns().cell("NA"), Cell::Text("NA"));
        let given = MissingTexts::new(&["NA".into(), "-1".into()]).in_typed_columns();
        assert_eq!((given.cell("NA"), given.cell("-1.0"), given.cell("?")), (Cell::Missing, Cell::Missing, Cell::Text("?")));
        assert_eq!(default.beside_levels(|text| text == "NA").unwrap().cell("NA"), Cell::Text("NA"));
        assert!(default.beside_levels(|_| false).is_none() && given.beside_levels(|_| true).is_none());
    }

    #[test]
    fn levels_of_numbers_are_their_texts() {
        for (text, expected) in [
            ("1", "1"),
            ("1.0", "1"),
            ("1.", "1"),
            ("-1.00", "-1"),
            ("0", "0"),
            ("-0.0", "0"),
            ("01234", "01234"),
            ("00", "00"),
            ("1.10", "1.10"),
            ("1.5", "1.5"),
            ("+1", "+1"),
            ("1e3", "1e3"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!(level(text, text.parse().unwrap()), expected, "{text}");
        }
        assert_eq!(canonical(1.0).as_deref(), Some("1"));
        assert_eq!(canonical(-0.0).as_deref(), Some("0"));
        assert_eq!(canonical(0.1).as_deref(), Some("0.1"));
        assert_eq!(canonical(1e17), None);
        for (text, inexact) in [("-9007199254740993", true), ("9007199254740992", false), ("1e17", false), ("12", false)] {
            assert_eq!(inexact_integer(text, text.parse().unwrap()), inexact, "{text}");
        }
    }
}
