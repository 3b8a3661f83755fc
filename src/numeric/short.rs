//! [`Short`]: numbers in messages.

use std::fmt;

/// A number with four digits.
pub(crate) struct Short(pub f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded: f64 = format!("{:.3e}", self.0).parse().map_err(|_| fmt::Error)?;
        match rounded.abs() {
            0.0 | 1e-4..1e9 => write!(f, "{rounded}"),
            _ => write!(f, "{rounded:e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 0.025_000_3, 20.0, 123_456.7, 1e-20, 2.5e12].map(|number| Short(number).to_string());
        assert_eq!(texts, ["0", "0.025", "20", "123500", "1e-20", "2.5e12"]);
    }
}
