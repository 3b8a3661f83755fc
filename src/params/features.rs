//! Values that speak of features: a number for each feature, and groups of features.

use super::ParamValue;
use super::items::{Token, tokens};
use std::fmt;

/// A feature as it is written: by name, or by its position counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeatureName {
    /// A name, or a number in quotes.
    Name(String),
    /// A number.
    Index(usize),
}

impl FeatureName {
    fn of(text: &str, quoted: bool) -> Option<Self> {
        match text.parse() {
            Ok(index) if !quoted => Some(Self::Index(index)),
            _ if text.is_empty() => None,
            _ => Some(Self::Name(text.to_string())),
        }
    }
}

/// As it is read back: names in quotes.
impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{}", serde_json::Value::from(name.as_str())),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// A number for every feature, or for some.
#[derive(Clone, Debug, PartialEq)]
pub enum PerFeature {
    /// For all, in their order; empty if none is given.
    List(Vec<f64>),
    /// For those that are named.
    Map(Vec<(FeatureName, f64)>),
}

impl PerFeature {
    /// Whether no number is given.
    pub fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    /// The numbers.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        let (list, map) = match self {
            Self::List(list) => (&list[..], &[][..]),
            Self::Map(map) => (&[][..], &map[..]),
        };
        list.iter().copied().chain(map.iter().map(|(_, value)| *value))
    }
}

impl ParamValue for PerFeature {
    type Arg = Self;
    const IS_NESTED: bool = true;
    const EXPECTED: &'static str = "a number for each feature such as (1,0,2), or a map such as {\"a\": 1, \"b\": 2}";

    fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let inner = match &tokens[..] {
            [Token::Open, inner @ .., Token::Close] => inner,
            inner => inner,
        };
        if inner.contains(&Token::Colon) { parse_map(inner) } else { parse_list(inner) }
    }

    fn render(&self) -> String {
        let list = |items: Vec<String>, [open, close]: [&str; 2], comma| format!("{open}{}{close}", items.join(comma));
        match self {
            _ if self.is_empty() => String::new(),
            Self::List(numbers) => list(numbers.iter().map(f64::to_string).collect(), ["(", ")"], ","),
            Self::Map(pairs) => list(pairs.iter().map(|(name, number)| format!("{name}: {number}")).collect(), ["{", "}"], ", "),
        }
    }

    fn from_arg(arg: Self) -> Self {
        arg
    }
}

fn parse_list(tokens: &[Token]) -> Option<PerFeature> {
    let number = |item: &[Token]| match item {
        [Token::Item { text, .. }] => f64::parse(text),
        _ => None,
    };
    items(tokens).map(number).collect::<Option<_>>().map(PerFeature::List)
}

fn parse_map(tokens: &[Token]) -> Option<PerFeature> {
    let pair = |item: &[Token]| match item {
        [Token::Item { text: name, quoted }, Token::Colon, Token::Item { text: number, .. }] => {
            Some((FeatureName::of(name, *quoted)?, f64::parse(number)?))
        }
        _ => None,
    };
    let pairs: Vec<_> = items(tokens).map(pair).collect::<Option<_>>()?;
    let is_new = |(at, (name, _)): (usize, &(FeatureName, f64))| pairs[..at].iter().all(|(other, _)| other != name);
    pairs.iter().enumerate().all(is_new).then_some(PerFeature::Map(pairs))
}

/// What stands between commas. The last one may be followed by a comma, as in a Python tuple of one.
fn items(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let tokens = tokens.strip_suffix(&[Token::Comma]).unwrap_or(tokens);
    let items = (!tokens.is_empty()).then(|| tokens.split(|token| *token == Token::Comma));
    items.into_iter().flatten()
}

/// The direction in which predictions may change with a feature: 1, up; -1, down; 0, both.
#[derive(Clone, Debug, PartialEq)]
pub struct MonotoneConstraints(pub PerFeature);

impl ParamValue for MonotoneConstraints {
    type Arg = PerFeature;
    const IS_NESTED: bool = true;
    const EXPECTED: &'static str = "-1, 0 or 1 for each feature such as (1,0,-1), or a map such as {\"a\": 1, \"b\": -1}";

    fn parse(text: &str) -> Option<Self> {
        PerFeature::parse(text).map(Self::from_arg)
    }

    fn render(&self) -> String {
        self.0.render()
    }

    /// Zeros alone are no constraints.
    fn from_arg(arg: PerFeature) -> Self {
        Self(if arg.values().all(|direction| direction == 0.0) { PerFeature::List(Vec::new()) } else { arg })
    }
}

/// Groups of features that may meet on the way from the root of a tree to a leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InteractionConstraints(pub Vec<Vec<FeatureName>>);

impl ParamValue for InteractionConstraints {
    type Arg = Vec<Vec<FeatureName>>;
    const IS_NESTED: bool = true;
    const EXPECTED: &'static str = "groups of features, names in quotes or 0-based indices, such as [[\"a\", \"b\"], [2, 3]]";

    /// Lists in a list, or one after the other.
    fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        let groups = match &tokens[..] {
            [] | [Token::Open, Token::Close] => return Some(Self::default()),
            [Token::Open, groups @ .., Token::Close] if groups.first() == Some(&Token::Open) => groups,
            groups => groups,
        };
        let mut rest = groups;
        let mut found = Vec::new();
        while let [Token::Open, after @ ..] = rest {
            let end = after.iter().position(|token| *token == Token::Close)?;
            found.push(items(&after[..end]).map(member).collect::<Option<Vec<_>>>().filter(|group| !group.is_empty())?);
            rest = match &after[end + 1..] {
                [Token::Comma, rest @ ..] => rest,
                [] => &[],
                _ => return None,
            };
        }
        rest.is_empty().then_some(Self(found))
    }

    fn render(&self) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let group = |group: &Vec<FeatureName>| list(group.iter().map(ToString::to_string).collect());
        if self.0.is_empty() { String::new() } else { list(self.0.iter().map(group).collect()) }
    }

    fn from_arg(arg: Self::Arg) -> Self {
        Self(arg)
    }
}

fn member(item: &[Token]) -> Option<FeatureName> {
    match item {
        [Token::Item { text, quoted }] => FeatureName::of(text, *quoted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> FeatureName {
        FeatureName::Name(name.to_string())
    }

    #[test]
    fn lists_are_read_as_xgboost_lightgbm_and_python_write_them() {
        for text in ["(1,0,-1)", "[1, 0, -1]", "1,0,-1", "(1, 0.0, -1.0,)", "[\"1\", \"0\", \"-1\"]"] {
            assert_eq!(PerFeature::parse(text), Some(PerFeature::List(vec![1.0, 0.0, -1.0])), "{text}");
        }
        for text in ["", "()", "[]", "{}", "( )"] {
            assert!(PerFeature::parse(text).unwrap().is_empty(), "{text}");
        }
        assert_eq!(PerFeature::parse("(1,)"), Some(PerFeature::List(vec![1.0])));
        for text in ["(1,,0)", "(1,a)", "((1,0))", "(1", "1 0", "(1,0))", "nan", "(1,[0])"] {
            assert_eq!(PerFeature::parse(text), None, "{text}");
        }
    }

    #[test]
    fn maps_are_read_as_json_catboost_and_python_write_them() {
        let expected = PerFeature::Map(vec![(name("a"), 1.0), (name("b"), -1.0)]);
        for text in ["{\"a\": 1, \"b\": -1}", "{'a': 1, 'b': -1}", "a:1,b:-1", "{a: 1.0, b: -1,}"] {
            assert_eq!(PerFeature::parse(text).as_ref(), Some(&expected), "{text}");
        }
        let numbers = PerFeature::Map(vec![(FeatureName::Index(2), 1.0), (name("2"), 0.5)]);
        assert_eq!(PerFeature::parse("{2: 1, '2': 0.5}"), Some(numbers));
        assert_eq!(PerFeature::parse("{'x: y, z': 1}"), Some(PerFeature::Map(vec![(name("x: y, z"), 1.0)])));
        for text in ["{a: 1, a: 1}", "{a: up}", "{a: 1, b}", "{: 1}", "{a: {b: 1}}", "{\"a: 1}"] {
            assert_eq!(PerFeature::parse(text), None, "{text}");
        }
    }

    #[test]
    fn groups_are_read_as_xgboost_and_lightgbm_write_them() {
        let expected = vec![vec![name("a"), name("b")], vec![FeatureName::Index(3)]];
        for text in ["[[\"a\", \"b\"], [3]]", "[['a','b'],[3]]", "[a,b],[3]", "((a, b), (3,))", "[{a,b},{3}]", "[[a,b],[3],]"] {
            assert_eq!(InteractionConstraints::parse(text).map(|found| found.0).as_ref(), Some(&expected), "{text}");
        }
        assert_eq!(InteractionConstraints::parse("[0,1]").unwrap().0, [[FeatureName::Index(0), FeatureName::Index(1)]]);
        for text in ["", "[]", "()"] {
            assert!(InteractionConstraints::parse(text).unwrap().0.is_empty(), "{text}");
        }
        for text in ["[[]]", "[[a,b],c]", "a,b", "[[a,[b]]]", "[[a]", "[[a:1]]", "[[a] [b]]", "[['a]]"] {
            assert_eq!(InteractionConstraints::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["", "(1,0,-1)", "{2: 1, \"say \\\"x, y\\\"\": 0.1, \"3\": 0}"] {
            let value = PerFeature::parse(text).unwrap();
            assert_eq!((value.render().as_str(), PerFeature::parse(&value.render())), (text, Some(value)));
        }
        for text in ["", "[[\"a\", 2], [\"it's\"]]"] {
            let value = InteractionConstraints::parse(text).unwrap();
            assert_eq!((value.render().as_str(), InteractionConstraints::parse(&value.render())), (text, Some(value)));
        }
    }

    #[test]
    fn zeros_are_no_constraints() {
        for text in ["(0,0,0)", "0", "{a: 0, b: 0}", "[-0]"] {
            assert_eq!(MonotoneConstraints::parse(text).unwrap().render(), "", "{text}");
        }
    }
}
