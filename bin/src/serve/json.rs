//! Numbers and lists as JSON, row by row: an answer is too long to be built as one value.

use sapwood_score::write_number;

/// Appends a number as JSON, which has no infinities.
pub fn write_json_number(value: f64, out: &mut String) {
    if value.is_finite() { write_number(value, out) } else { out.push_str("null") }
}

/// Appends a JSON list of `count` elements.
pub fn write_json_list(count: usize, out: &mut String, element: impl Fn(usize, &mut String)) {
    out.push('[');
    for at in 0..count {
        if at > 0 {
            out.push_str(", ");
        }
        element(at, out);
    }
    out.push(']');
}
