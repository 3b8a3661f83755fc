//! Quotes that a backslash is to escape, as MySQL and Spark write them. In CSV a quote inside quotes is written twice, and a backslash is a
//! character like others: such a cell would end too early, and cells and rows would be others than were meant.

use crate::row_end::count;

/// The line, from 0, of the first quote in quotes that only a backslash makes part of the cell.
pub(super) fn escaped_quote(bytes: &[u8], delimiter: u8) -> Option<usize> {
    if !bytes.windows(2).any(|pair| pair == b"\\\"") {
        return None;
    }
    let (mut quoted, mut cell_begins) = (false, true);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match byte {
            b'"' if quoted && next == Some(b'"') => at += 1,
            b'"' if quoted => {
                let ends_cell = next.is_none_or(|next| next == delimiter || next.is_ascii_whitespace());
                if !ends_cell && bytes[at - 1] == b'\\' {
                    return Some(count(&bytes[..at], b'\n'));
                }
                quoted = false;
            }
            b'"' if cell_begins => quoted = true,
            _ => {}
        }
        cell_begins = !quoted && (byte == delimiter || byte == b'\n');
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quotes_that_a_backslash_escapes_are_found() {
        let found = |text: &str| escaped_quote(text.as_bytes(), b',');
        assert_eq!(found("1,\"a\"\n2,\"say \\\"hi\\\" to\"\n"), Some(1));
        assert_eq!(found("1,\"C:\\dir\\\",2\n"), None);
        assert_eq!(found("1,\"C:\\dir\\\"\r\n"), None);
        assert_eq!(found("1,\"say \"\"hi\"\"\",5\\\"x\n"), None);
        assert_eq!(found("1,2\n"), None);
    }
}
