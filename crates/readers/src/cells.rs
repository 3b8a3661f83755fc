//! What the text of a cell means: missing, a number, or text.

use crate::params::Decimal;

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

/// The texts that stand for a missing value.
#[derive(Clone, Debug, Default)]
pub(super) struct MissingTexts {
    texts: Vec<String>,
    numbers: Vec<f64>,
    /// Whether numbers have a decimal comma.
    decimal_comma: bool,
}

impl MissingTexts {
    pub fn new(texts: &[String]) -> Self {
        let texts: Vec<_> = texts.iter().map(|t| t.trim().to_string()).filter(|t| !t.is_empty()).collect();
        let numbers = texts.iter().filter_map(|t| number(t)).collect();
        Self { texts, numbers, decimal_comma: false }
    }

    /// The same where numbers are written with this decimal mark.
    pub fn with_decimal(self, decimal: Decimal) -> Self {
        Self { decimal_comma: decimal == Decimal::Comma, ..self }
    }

    /// Whether numbers have a decimal comma.
    pub fn decimal_comma(&self) -> bool {
        self.decimal_comma
    }

    /// The texts, trimmed; the empty text is not among them although it is always missing.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether `x` could have been written as one of the texts.
    pub fn may_be(&self, x: f64) -> bool {
        self.numbers.contains(&x)
    }

    /// What `text` means.
    pub fn cell<'a>(&self, text: &'a str) -> Cell<'a> {
        let text = text.trim();
        if text.is_empty() || self.texts.iter().any(|t| t == text) {
            return Cell::Missing;
        }
        let number = if self.decimal_comma { number_with_comma(text) } else { number(text) };
        number.map_or(Cell::Text(text), Cell::Number)
    }
}

/// The number that a text with a decimal comma stands for. A point makes it none: `1.234` may be a thousand or a fraction.
fn number_with_comma(text: &str) -> Option<f64> {
    if text.contains('.') { None } else { number(&text.replacen(',', ".", 1)) }
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

/// The text of a number when it is a level: `1`, `1.0` and `01` are one level, whichever file they come from.
/// `None` for numbers whose text must be kept, because different texts may give the same `f64`.
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
        for text in ["", "  ", "NA", " NA\t", "?", "-999"] {
            assert_eq!(missing.cell(text), Cell::Missing, "{text:?}");
        }
        assert_eq!(missing.cell(" 1.5 "), Cell::Number(1.5));
        assert_eq!(missing.cell("+1e3"), Cell::Number(1000.0));
        assert_eq!(missing.cell("1e999"), Cell::Number(f64::INFINITY));
        assert_eq!(missing.cell("-inf"), Cell::Number(f64::NEG_INFINITY));
        assert_eq!(missing.cell("nan"), Cell::Text("nan"));
        assert_eq!(missing.cell(" a b "), Cell::Text("a b"));
        assert!(missing.may_be(-999.0) && !missing.may_be(999.0));
    }

    #[test]
    fn levels_of_numbers_have_one_text_each() {
        assert_eq!(canonical(1.0).as_deref(), Some("1"));
        assert_eq!(canonical(-0.0).as_deref(), Some("0"));
        assert_eq!(canonical(0.1).as_deref(), Some("0.1"));
        assert_eq!(canonical(1e17), None);
        for (text, inexact) in [("-9007199254740993", true), ("9007199254740992", false), ("1e17", false), ("12", false)] {
            assert_eq!(inexact_integer(text, text.parse().unwrap()), inexact, "{text}");
        }
    }
}
