//! Text for a terminal: lines that fit it, words that a shell takes as they are meant.

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

/// A word as a POSIX shell reads it.
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%+,-./:=@_".contains(&byte);
    match word.bytes().all(is_plain) && !word.is_empty() {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, wrapped};

    #[test]
    fn a_shell_reads_words_as_they_are() {
        let words = [("eta=0.1", "eta=0.1"), ("", "''"), ("my file", "'my file'"), ("it's", r"'it'\''s'"), ("$HOME", "'$HOME'")];
        words.iter().for_each(|(word, expected)| assert_eq!(quoted(word), *expected));
    }

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
