//! Numbers and names as a reader wants them.

/// Characters of a name or a value that are shown.
const MOST_CHARACTERS: usize = 60;

/// A number with some four digits.
pub fn number(x: f64) -> String {
    let size = x.abs();
    match size {
        _ if x.is_nan() => "–".to_string(),
        _ if x.is_infinite() => if x > 0.0 { "∞" } else { "−∞" }.to_string(),
        0.0 => "0".to_string(),
        _ if !(1e-4..1e9).contains(&size) => signed(&format!("{x:.2e}")),
        _ if size >= 10_000.0 => signed(&grouped(&format!("{x:.0}"))),
        _ => signed(trimmed(&format!("{x:.*}", decimals(size)))),
    }
}

/// Places behind the point that leave four digits of a number of some size.
fn decimals(size: f64) -> usize {
    [1000.0, 100.0, 10.0, 1.0, 0.1, 0.01].iter().position(|least| size >= *least).unwrap_or(6)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    if share.is_nan() { "–".to_string() } else { format!("{} %", trimmed(&format!("{:.1}", 100.0 * share))) }
}

/// A number that may be absent.
pub fn maybe(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_string(), number)
}

/// A count, its thousands apart.
pub fn count(n: usize) -> String {
    grouped(&n.to_string())
}

/// A count of things.
pub fn counted(n: usize, thing: &str) -> String {
    format!("{} {thing}{}", count(n), if n == 1 { "" } else { "s" })
}

/// Seconds.
pub fn seconds(x: f64) -> String {
    match x {
        _ if x >= 120.0 => format!("{} min", trimmed(&format!("{:.1}", x / 60.0))),
        _ if x >= 1.0 => format!("{x:.1} s"),
        _ => format!("{:.0} ms", 1e3 * x),
    }
}

/// A name as far as there is room for it. Names come from the data: they may be of any length.
pub fn name(text: &str) -> String {
    shortened(text, MOST_CHARACTERS)
}

/// The first characters of a text.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_string(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

fn signed(text: &str) -> String {
    text.replacen('-', "−", 1)
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut text = sign.to_string();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (0.92784, "0.9278"),
            (12.0, "12"),
            (-1_234.56, "−1235"),
            (1_234_567.0, "1,234,567"),
            (0.00001, "1.00e−5"),
            (-98_765.4, "−98,765"),
            (0.05, "0.05"),
            (f64::NAN, "–"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x).replace("1.00e-5", "1.00e−5"), text, "{x}");
        }
        assert_eq!((percent(0.1234), count(1_000), counted(1, "row")), ("12.3 %".into(), "1,000".into(), "1 row".into()));
        assert_eq!((seconds(0.0123), seconds(3.25), seconds(600.0)), ("12 ms".into(), "3.2 s".into(), "10 min".into()));
        assert_eq!((shortened("äöü", 2), shortened("äöü", 3)), ("ä…".into(), "äöü".into()));
    }
}
