//! Text from outside (names in models and data, paths, headers) as it is shown to people.

use std::borrow::Cow;

/// The text with what would break its line, move a terminal's cursor or turn the direction of writing replaced by escapes such as `\n` and
/// `\u{1b}`: nobody who names a feature or a file can write lines of his own into a log. Tabs stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if misleads(character) { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    Cow::Owned(shown)
}

/// A number of things in words: `1 row`, `2 rows`, `3 classes`.
pub fn counted(count: usize, thing: &str) -> String {
    let ending = match thing {
        _ if count == 1 => "",
        thing if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {thing}{ending}")
}

fn misleads(character: char) -> bool {
    let is_format = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    character.is_control() && character != '\t' || is_format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular() {
        let texts = [(0, "row"), (1, "row"), (2, "row"), (1, "class"), (3, "class")].map(|(count, thing)| counted(count, thing));
        assert_eq!(texts, ["0 rows", "1 row", "2 rows", "1 class", "3 classes"]);
    }

    #[test]
    fn what_forges_lines_is_escaped_and_all_else_stays() {
        assert_eq!(shown("a\nwarning: b\r\u{1b}[2J\u{9b}\u{202e}c"), "a\\nwarning: b\\r\\u{1b}[2J\\u{9b}\\u{202e}c");
        let plain = "Größe (m²)\t日本語 \"x\" \\n 🌲";
        assert!(matches!(shown(plain), Cow::Borrowed(text) if text == plain));
    }
}
