//! Numbers as people write them: with a decimal comma, separators between thousands, a currency or a percent sign.

use crate::cells::number;
use crate::params::Decimal;

/// What keeps a text from being a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    /// `1,5`
    DecimalComma,
    /// `1,234.5`, `1.234,5`, `1 234`, `1'234`
    Thousands,
    /// `$1.50`, `1,50 €`
    Currency,
    /// `12%`
    Percent,
}

impl Dress {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::DecimalComma => "decimal comma",
            Self::Thousands => "number with separators between thousands",
            Self::Currency => "amount with a currency sign",
            Self::Percent => "percentage",
        }
    }

    /// What to do about it.
    pub fn remedy(self, decimal: Decimal) -> &'static str {
        match (self, decimal) {
            (Self::DecimalComma, _) => "say decimal=, if the comma is the decimal mark, or write plain numbers",
            (Self::Thousands, Decimal::Comma) => "write plain numbers, without separators and with a decimal comma",
            (Self::Thousands, Decimal::Point) => "write plain numbers such as 1234.5",
            (Self::Currency, _) => "write plain numbers, without the currency sign",
            (Self::Percent, _) => "write plain numbers, without the percent sign",
        }
    }
}

/// Whether a text is a number, if an unusual one.
pub(super) fn is_number_like(text: &str) -> bool {
    number(text).is_some() || dress(text).is_some()
}

/// What keeps a text that is meant as a number from being one. None for plain numbers, and for what is no number.
pub(crate) fn dress(text: &str) -> Option<Dress> {
    let text = text.trim();
    // Nobody writes longer numbers, and what is longer need not be looked at.
    if text.len() > 64 || !text.bytes().any(|byte| byte.is_ascii_digit()) || number(text).is_some() {
        return None;
    }
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let unsigned = bracketed.unwrap_or(text).trim_start_matches(['+', '-', '\u{2212}']).trim();
    let (core, sign) = without_unit(unsigned);
    let core = core.trim_start_matches(['+', '-', '\u{2212}']).trim();
    let plain = core.starts_with(|c: char| c.is_ascii_digit() || c == '.') && number(core).is_some();
    let dress = if plain { None } else { Some(separated(core)?) };
    // An accountant's negative number.
    sign.or(dress).or(bracketed.map(|_| Dress::Thousands))
}

/// A number without what says of what it is.
fn without_unit(text: &str) -> (&str, Option<Dress>) {
    const CURRENCIES: [char; 7] = ['$', '€', '£', '¥', '₹', '₩', '₽'];
    const CODES: [&str; 6] = ["USD", "EUR", "GBP", "CHF", "JPY", "US$"];
    if let Some(rest) = text.strip_suffix(['%', '‰']).or_else(|| text.strip_prefix('%')) {
        return (rest.trim(), Some(Dress::Percent));
    }
    let code = CODES.iter().find_map(|code| text.strip_prefix(code).or_else(|| text.strip_suffix(code)));
    match code.or_else(|| text.strip_prefix(CURRENCIES)).or_else(|| text.strip_suffix(CURRENCIES)) {
        Some(rest) => (rest.trim(), Some(Dress::Currency)),
        None => (text, None),
    }
}

/// Digits with commas, points, blanks, apostrophes or underscores among them, as a number has them.
fn separated(core: &str) -> Option<Dress> {
    let is_separator = |c: char| matches!(c, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '_');
    let (digits, exponent) = core.split_once(['e', 'E']).map_or((core, None), |(digits, exponent)| (digits, Some(exponent)));
    if exponent.is_some_and(|exponent| exponent.parse::<i32>().is_err()) {
        return None;
    }
    if !digits.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
        return None;
    }
    let separators: Vec<char> = digits.chars().filter(|&c| is_separator(c)).collect();
    let groups: Vec<&str> = digits.split(is_separator).collect();
    if separators == [','] {
        return (groups.iter().any(|group| !group.is_empty())).then_some(Dress::DecimalComma);
    }
    // The last separator may be a decimal mark, if it is not one of those before.
    let (last, others) = separators.split_last()?;
    let decimal = matches!(last, ',' | '.') && !others.contains(last);
    let whole = if decimal { &groups[..groups.len() - 1] } else { &groups[..] };
    let alike = others.windows(2).all(|pair| pair[0] == pair[1]) && (decimal || others.iter().all(|other| other == last));
    let (first, rest) = whole.split_first()?;
    let thousands = (1..=3).contains(&first.len()) && !rest.is_empty() && rest.iter().all(|group| (2..=3).contains(&group.len()));
    (alike && thousands && rest.last()?.len() == 3).then_some(Dress::Thousands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dressed_numbers_are_told_from_texts() {
        use Dress::*;
        for (text, expected) in [
            ("0,5", Some(DecimalComma)),
            ("-1,25", Some(DecimalComma)),
            ("1,5e-3", Some(DecimalComma)),
            ("1,234.5", Some(Thousands)),
            ("1.234,5", Some(Thousands)),
            ("1,234,567", Some(Thousands)),
            ("12,34,567.8", Some(Thousands)),
            ("1 234", Some(Thousands)),
            ("1\u{a0}234,5", Some(Thousands)),
            ("1'234.50", Some(Thousands)),
            ("$1.50", Some(Currency)),
            ("-$1,234.50", Some(Currency)),
            ("$-5", Some(Currency)),
            ("1,50 €", Some(Currency)),
            ("€3", Some(Currency)),
            ("12%", Some(Percent)),
            ("-0,5 %", Some(Percent)),
            ("(12.50)", Some(Thousands)),
            ("1.5", None),
            ("-3e5", None),
            ("2024-01-05", None),
            ("10:30", None),
            ("192.168.1.10", None),
            ("1.2.3", None),
            ("a5", None),
            ("5 kg", None),
            ("3,a", None),
            ("1,2,3", None),
            ("$", None),
            ("10-20%", None),
            ("", None),
        ] {
            assert_eq!(dress(text), expected, "{text}");
        }
    }
}
