//! Text for a terminal: lines that fit it.

/// The narrowest lines that words are still put into.
const NARROWEST: usize = 20;

/// The words of `text` in lines of at most `width` characters, each behind `indent` and with a line break; one line without a width.
pub fn wrapped(text: &str, indent: &str, width: Option<usize>) -> String {
    let width = width.map_or(usize::MAX, |width| width.max(NARROWEST));
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length == 0 || length + 1 + letters > width {
            if length > 0 {
                lines.push('\n');
            }
            lines.push_str(indent);
            length = indent.chars().count();
        } else {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += letters;
    }
    lines + "\n"
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_fit_and_keep_every_word() {
        let text = "Shrinkage: each tree's leaf values are multiplied by it.";
        assert_eq!(wrapped(text, "  ", None), format!("  {text}\n"));
        for width in 20..80 {
            let lines = wrapped(text, "  ", Some(width));
            assert!(lines.lines().all(|line| line.chars().count() <= width && line.starts_with("  ")), "{lines}");
            assert!(lines.split_whitespace().eq(text.split_whitespace()));
        }
        assert_eq!(wrapped("a_word_that_is_longer_than_the_line b", "", Some(20)), "a_word_that_is_longer_than_the_line\nb\n");
    }
}
