//! Numbers as people write them: with a decimal comma, separators between thousands, a currency or a percent sign.

use super::cells::number;
use crate::params::Decimal;

/// What keeps a text from being a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    /// `1,5`
    DecimalComma,
    /// `1.5` where the comma is the decimal mark.
    DecimalPoint,
    /// `1,234.5`, `1.234,5`, `1 234`, `1'234`
    Thousands,
    /// `$1.50`, `1,50 €`
    Currency,
    /// `12%`
    Percent,
    /// `0x1F`, `1.5D+03`, `12-`, `'12`, `="12"`, `１２`: a number as other programs write it, or with characters that nobody sees.
    Form,
}

impl Dress {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::DecimalComma => "decimal comma",
            Self::DecimalPoint => "decimal point, where the comma is the decimal mark",
            Self::Thousands => "number with separators between thousands",
            Self::Currency => "amount with a currency sign",
            Self::Percent => "percentage",
            Self::Form => "number in a form that is not read",
        }
    }

    /// What to do about it.
    pub fn remedy(self, decimal: Decimal) -> &'static str {
        match (self, decimal) {
            (Self::DecimalComma, _) => "say decimal=, if the comma is the decimal mark, or write plain numbers",
            (Self::DecimalPoint, _) => "say decimal=. if the point is the decimal mark, or write numbers with a decimal comma",
            (Self::Thousands, Decimal::Comma) => "write plain numbers, without separators and with a decimal comma",
            (Self::Thousands, Decimal::Point) => "write plain numbers such as 1234.5",
            (Self::Currency, _) => "write plain numbers, without the currency sign",
            (Self::Form, _) => "write plain decimal numbers such as -1234.5",
            (Self::Percent, _) => "write plain numbers, without the percent sign",
        }
    }
}

impl Dress {
    /// What whoever sends a request can do about it.
    pub fn remedy_for_client(self, decimal: Decimal) -> &'static str {
        match self {
            Self::DecimalComma => "write the point as the decimal mark",
            Self::DecimalPoint => "write the comma as the decimal mark, as in the training data",
            other => other.remedy(decimal),
        }
    }
}

/// The same where numbers have this decimal mark.
pub(crate) fn dress_under(text: &str, decimal: Decimal) -> Option<Dress> {
    let has_point = || text.contains('.') && number(text.trim()).is_some();
    match decimal {
        Decimal::Comma if has_point() => Some(Dress::DecimalPoint),
        Decimal::Comma => dress(text).filter(|dress| *dress != Dress::DecimalComma),
        Decimal::Point => dress(text),
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
    if text.len() > 64 || !text.chars().any(char::is_numeric) || number(text).is_some() {
        return None;
    }
    if is_other_form(text) {
        return Some(Dress::Form);
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

/// Whether a text is a number as other programs write it.
fn is_other_form(text: &str) -> bool {
    let unseen = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    let plain = |c: char| match c {
        '\u{2212}' | '\u{2013}' => '-',
        // Digits of other scripts.
        c if !c.is_ascii() && c.is_numeric() => '0',
        c => c,
    };
    let text: String = text.chars().filter(|&c| !unseen(c)).map(plain).collect();
    let text = text.strip_prefix('=').unwrap_or(&text).trim_matches(['\'', '"', '`']).trim();
    let (sign, digits) = text.split_at(text.len() - text.trim_start_matches(['+', '-']).len());
    let radix = |prefix: &str, radix: u32| {
        let digits = digits.strip_prefix(prefix);
        digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '.') && number(text).is_some();
    let with_exponent = digits.split_once(['d', 'D']).or_else(|| digits.split_once("x10^")).or_else(|| digits.split_once("*10^"));
    sign.len() <= 1
        && (is_number(digits)
            || digits.strip_suffix(['-', '+']).is_some_and(is_number)
            || with_exponent.is_some_and(|(digits, power)| is_number(digits) && power.parse::<i32>().is_ok())
            || ["0x", "0X"].iter().any(|prefix| radix(prefix, 16))
            || radix("0o", 8)
            || radix("0b", 2))
}

/// The number and its unit of texts such as `5kg`, `5 kg` and `~5 kg`; the unit is empty where a sign alone stands before the number.
pub(crate) fn measure(text: &str) -> Option<(&str, &str)> {
    let number_begin = text.trim_start_matches(['~', '<', '>', '=', '\u{2264}', '\u{2265}', '\u{b1}', ' ', '-']);
    let end = number_begin.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number_begin.len());
    let (digits, unit) = number_begin.split_at(end);
    let unit = unit.trim_start_matches(['+', ' ']);
    let is_unit = unit.chars().all(|c| c.is_alphabetic() || matches!(c, '\u{b0}' | '/' | '\u{b2}' | '\u{b3}')) && unit.len() <= 12;
    (is_unit && number(digits).is_some() && number(text.trim()).is_none()).then_some((digits, unit))
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
        return groups.last().is_some_and(|group| !group.is_empty()).then_some(Dress::DecimalComma);
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
            ("0x1F", Some(Form)),
            ("-0b101", Some(Form)),
            ("1.5D+03", Some(Form)),
            ("1.5x10^3", Some(Form)),
            ("12-", Some(Form)),
            ("'12", Some(Form)),
            ("=\"1.5\"", Some(Form)),
            ("\u{ff11}\u{ff12}", Some(Form)),
            ("\u{2212}5", Some(Form)),
            ("1\u{200b}", Some(Form)),
            ("0xyz", None),
            ("5,", None),
            ("12-34", None),
            ("5d", None),
            ("--5", None),
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
    #[test]
    fn units_are_told_from_codes() {
        for (text, expected) in [
            ("5kg", Some("kg")),
            ("36 months", Some("months")),
            ("10+ years", Some("years")),
            ("<3", Some("")),
            ("~1.5 m", Some("m")),
            ("20 km/h", Some("km/h")),
            ("5", None),
            ("A5", None),
            ("5A7", None),
            ("10-20", None),
            ("1/2", None),
            ("kg", None),
        ] {
            assert_eq!(measure(text).map(|(_, unit)| unit), expected, "{text}");
        }
    }
}
