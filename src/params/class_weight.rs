//! How much the rows of each class count: the value of `class_weight`.

use super::ParamValue;

/// Factors of the weights of rows, by class.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeight {
    /// All classes alike.
    Equal,
    /// Each class as much as every other.
    Balanced,
    /// Classes, by name or number, with their factors; others have 1.
    Given(Vec<(String, f64)>),
}

impl ParamValue for ClassWeight {
    type Arg = Self;
    const IS_NESTED: bool = true;
    const EXPECTED: &'static str = "balanced, or a factor above 0 for each class such as {\"0\": 1, \"1\": 5}";

    /// A map as JSON or Python writes it, with or without braces; or a list of the factors of classes 0, 1, ….
    fn parse(text: &str) -> Option<Self> {
        match text {
            "" => return Some(Self::Equal),
            "balanced" => return Some(Self::Balanced),
            _ => {}
        }
        let factors = from_json(text).or_else(|| from_words(text))?;
        let is_factor = |(_, factor): &(String, f64)| *factor > 0.0 && factor.is_finite();
        let is_new = |index: usize| factors[..index].iter().all(|(class, _)| *class != factors[index].0);
        let are_factors = !factors.is_empty() && factors.iter().all(is_factor) && (0..factors.len()).all(is_new);
        are_factors.then_some(Self::Given(factors))
    }

    fn render(&self) -> String {
        let pair = |(class, factor): &(String, f64)| format!("{}: {factor}", serde_json::Value::from(class.as_str()));
        match self {
            Self::Equal => String::new(),
            Self::Balanced => "balanced".to_string(),
            Self::Given(factors) => format!("{{{}}}", factors.iter().map(pair).collect::<Vec<_>>().join(", ")),
        }
    }

    fn from_arg(arg: Self) -> Self {
        arg
    }
}

fn from_json(text: &str) -> Option<Vec<(String, f64)>> {
    match serde_json::from_str(text).ok()? {
        serde_json::Value::Object(map) => map.into_iter().map(|(class, factor)| Some((class, factor.as_f64()?))).collect(),
        serde_json::Value::Array(list) => {
            list.iter().enumerate().map(|(class, factor)| Some((class.to_string(), factor.as_f64()?))).collect()
        }
        _ => None,
    }
}

fn from_words(text: &str) -> Option<Vec<(String, f64)>> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let items: Vec<_> = inner.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let is_list = items.len() > 1 && items.iter().all(|item| !item.contains(':'));
    let pair = |(index, item): (usize, &&str)| {
        let (class, factor) = if is_list { (index.to_string(), *item) } else { owned(item.rsplit_once(':')?) };
        Some((class, factor.trim().parse().ok()?))
    };
    items.iter().enumerate().map(pair).collect()
}

/// A class without the quotes around it, and the text of its factor.
fn owned<'a>((class, factor): (&str, &'a str)) -> (String, &'a str) {
    let class = class.trim();
    let bare = ["'", "\""].iter().find_map(|quote| class.strip_prefix(quote)?.strip_suffix(quote));
    (bare.unwrap_or(class).to_string(), factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, f64)]) -> Option<ClassWeight> {
        Some(ClassWeight::Given(pairs.iter().map(|(class, factor)| (class.to_string(), *factor)).collect()))
    }

    #[test]
    fn maps_are_read_as_python_and_json_write_them() {
        for text in ["{\"0\": 1, \"1\": 5}", "{0: 1, 1: 5}", "{'0': 1.0, '1': 5e0}", "0:1,1:5", "[1, 5]", "1,5", "1, 5.0"] {
            assert_eq!(ClassWeight::parse(text), given(&[("0", 1.0), ("1", 5.0)]), "{text}");
        }
        assert_eq!(ClassWeight::parse("{'a: b': 2, \"it's\": 3}"), given(&[("a: b", 2.0), ("it's", 3.0)]));
        assert_eq!(ClassWeight::parse("{\"x, y\": 2}"), given(&[("x, y", 2.0)]));
        for text in ["5", "{}", "{0: 0}", "{0: -1}", "0:1,0:2", "{0: many}", "heavy", "[1, null]", "{0: inf}", "{\"a\": \"1\"}"] {
            assert_eq!(ClassWeight::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["", "balanced", "{'say \"x, y\"': 0.1, b: 3}"] {
            let weight =
                ClassWeight::parse(text).unwrap_or(ClassWeight::Given(vec![("say \"x, y\"".into(), 0.1), ("b".into(), 3.0)]));
            assert_eq!(ClassWeight::parse(&weight.render()), Some(weight));
        }
    }
}
