//! What an unquoted YAML scalar means to `kubectl`, which reads YAML as version 1.1 has it: `yes` and `off` are truth values.

use crate::yaml::YamlValue;

/// The value of an unquoted scalar.
pub fn plain(text: &str) -> YamlValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => YamlValue::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => YamlValue::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => YamlValue::Bool(false),
        _ if is_number(text) => YamlValue::Number(text.to_string()),
        _ => YamlValue::text(text),
    }
}

/// The same as YAML 1.2 has it, for files that no cluster reads: `y` and `on` are texts.
pub fn core(text: &str) -> YamlValue {
    match plain(text) {
        YamlValue::Bool(_) if !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false") => YamlValue::text(text),
        value => value,
    }
}

/// Whether an unquoted scalar is a number. Underscores between digits are passed over, as YAML 1.1 has them.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let digits = unsigned.replace('_', "");
    if digits.is_empty() || unsigned.starts_with('_') {
        return false;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            return !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix));
        }
    }
    // Rust's own "inf", "nan" and "infinity" are words here.
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_takes_for_something_else_than_text() {
        for text in ["1", "-1", "+1.5", ".5", "1e3", "0x1F", "0o17", "1_000", "-.inf", ".nan", "10.", "017"] {
            assert!(matches!(plain(text), YamlValue::Number(_)), "{text}");
        }
        for text in ["yes", "Off", "y", "TRUE"] {
            assert!(matches!(plain(text), YamlValue::Bool(_)), "{text}");
        }
        for text in ["inf", "nan", "1.2.3", "0x", "_1", "-", ".", "multi:softmax", "1a", "yES", "2001-01-01"] {
            assert!(matches!(plain(text), YamlValue::Text(_)), "{text}");
        }
        assert!(matches!(plain("~"), YamlValue::Null));
        assert!(matches!((core("y"), core("on"), core("True")), (YamlValue::Text(_), YamlValue::Text(_), YamlValue::Bool(true))));
    }
}
