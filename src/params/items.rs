//! Texts such as `[["a", "b"], [3]]`, `{'a': 1, b: -1}` and `(1,0,-1)`, as JSON, Python or a person writes them, cut into their parts.

/// A part of such a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `[`, `(` or `{`.
    Open,
    /// `]`, `)` or `}`.
    Close,
    Comma,
    Colon,
    /// A name or a number.
    Item {
        text: String,
        quoted: bool,
    },
}

/// The parts of a text; `None` if a quote is not closed.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '[' | '(' | '{' => (Token::Open, 1),
            ']' | ')' | '}' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            ':' => (Token::Colon, 1),
            '"' | '\'' => {
                let end = 2 + closing(&rest[1..], first)?;
                (Token::Item { text: unquoted(&rest[..end]), quoted: true }, end)
            }
            _ => {
                let end = rest.find(['[', ']', '(', ')', '{', '}', ',', ':']).unwrap_or(rest.len());
                (Token::Item { text: rest[..end].trim_end().to_string(), quoted: false }, end)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

/// Where the quote closes that was opened before the text: a backslash keeps the next character from doing so.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let closes = |(_, c): &(usize, char)| {
        let closes = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    };
    text.char_indices().find(closes).map(|(at, _)| at)
}

/// What stands between quotes: a JSON string, or one in single quotes with backslashes before quotes and backslashes.
fn unquoted(item: &str) -> String {
    let inner = &item[1..item.len() - 1];
    serde_json::from_str(item).unwrap_or_else(|_| inner.replace("\\'", "'").replace("\\\"", "\"").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(text: &str, quoted: bool) -> Token {
        Token::Item { text: text.to_string(), quoted }
    }

    #[test]
    fn quotes_hide_marks_and_blanks_are_cut_off() {
        let found = tokens(" [ 'a, b' ,c d:\"e \\\" \\u00e9]\" , 'it\\'s'] ").unwrap();
        let expected = [
            Token::Open,
            item("a, b", true),
            Token::Comma,
            item("c d", false),
            Token::Colon,
            item("e \" é]", true),
            Token::Comma,
            item("it's", true),
            Token::Close,
        ];
        assert_eq!(found, expected);
        assert_eq!(tokens(""), Some(vec![]));
        assert_eq!(tokens("['a]"), None);
        assert_eq!(tokens("\"\\"), None);
    }
}
