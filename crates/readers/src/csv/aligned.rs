//! Columns that are aligned for the eye: any number of blanks between cells, and around them.

/// The text with one blank in the place of several, and none at the ends of lines. Lines stay lines; what is in quotes stays as it is.
pub(super) fn squeezed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut quoted, mut blank) = (false, false);
    for &byte in bytes {
        match byte {
            b' ' | b'\t' | b'\r' if !quoted => blank = true,
            b'\n' if !quoted => {
                out.push(b'\n');
                blank = false;
            }
            _ => {
                if blank && out.last().is_some_and(|&last| last != b'\n') {
                    out.push(b' ');
                }
                blank = false;
                quoted ^= byte == b'"';
                out.push(byte);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_blanks_become_one() {
        let text = b"  a   b \r\n1\t  \"x  y\"\n\n  \n 3 4";
        assert_eq!(squeezed(text), b"a b\n1 \"x  y\"\n\n\n3 4");
    }
}
