//! Lines of a LightGBM file, as they are written.

use sapwood_score::write_number;
use std::fmt::{Display, Formatter, Result as Formatted, Write};

/// A number with as many digits as tell it from all others.
pub struct Number(pub f64);

impl Display for Number {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Formatted {
        let mut text = String::new();
        write_number(self.0, &mut text);
        formatter.write_str(&text)
    }
}

/// Adds `key=values`, values with spaces between.
pub fn line(text: &mut String, key: &str, values: impl IntoIterator<Item = impl Display>) {
    text.push_str(key);
    let mut before = '=';
    for value in values {
        // Writing to a string cannot fail.
        let _ = write!(text, "{before}{value}");
        before = ' ';
    }
    if before == '=' {
        text.push('=');
    }
    text.push('\n');
}
