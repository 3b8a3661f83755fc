//! How parameter values are read from text and written back.

use sapwood_score::Objective;

/// A type that a parameter may have.
pub trait ParamValue: Sized {
    /// What the builder's method takes.
    type Arg;

    /// What a correct value looks like, for messages and documentation.
    const EXPECTED: &'static str;

    /// Whether a value may be a map or a list of lists.
    const IS_NESTED: bool = false;

    /// The value that `text` (trimmed) stands for, or `None`.
    fn parse(text: &str) -> Option<Self>;

    /// The text that [`ParamValue::parse`] reads back as the same value.
    fn render(&self) -> String;

    /// The builder's argument as a value.
    fn from_arg(arg: Self::Arg) -> Self;

    /// The value as a number, where it is one, for the range check.
    fn as_number(&self) -> Option<f64> {
        None
    }
}

macro_rules! number {
    ($type:ty, $expected:literal, $parse:expr) => {
        impl ParamValue for $type {
            type Arg = Self;
            const EXPECTED: &'static str = $expected;
            fn parse(text: &str) -> Option<Self> {
                $parse(text)
            }
            fn render(&self) -> String {
                self.to_string()
            }
            fn from_arg(arg: Self) -> Self {
                arg
            }
            fn as_number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    };
}

/// Integers may be written `10`, `10.0` or `1e1`: tuners and JSON encoders do all three.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

number!(u32, "integer", |text| integer(text).and_then(|i| u32::try_from(i).ok()));
number!(i64, "integer", integer);
number!(f64, "number", |text: &str| text.parse().ok().filter(|x: &f64| !x.is_nan()));

/// A number of bytes, with a unit as Kubernetes writes them (`8G` is 8·10⁹, `8Gi` is 8·2³⁰), a `B` behind it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySize(pub u64);

impl MemorySize {
    const UNITS: [(&'static str, u64); 9] = [
        ("", 1),
        ("k", 1000),
        ("m", 1_000_000),
        ("g", 1_000_000_000),
        ("t", 1_000_000_000_000),
        ("ki", 1 << 10),
        ("mi", 1 << 20),
        ("gi", 1 << 30),
        ("ti", 1 << 40),
    ];
}

impl ParamValue for MemorySize {
    type Arg = u64;
    const EXPECTED: &'static str = "size such as 8GB or 8GiB";
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
        let unit = unit.to_ascii_lowercase();
        let unit = unit.strip_suffix('b').unwrap_or(&unit);
        let (_, bytes) = Self::UNITS.iter().find(|(name, _)| *name == unit)?;
        let number: f64 = number.trim().parse().ok().filter(|number| (0.0..1e15).contains(number))?;
        let size = number * *bytes as f64;
        (1.0..9e18).contains(&size).then_some(Self(size as u64))
    }
    fn render(&self) -> String {
        let unit = Self::UNITS.iter().rev().find(|(_, bytes)| self.0.is_multiple_of(*bytes)).unwrap_or(&Self::UNITS[0]);
        let of_ten = Self::UNITS[..5].iter().rev().find(|(_, bytes)| self.0.is_multiple_of(*bytes)).unwrap_or(unit);
        let (name, bytes) = if of_ten.1 >= unit.1 { of_ten } else { unit };
        format!(
            "{}{}",
            self.0 / bytes,
            match *name {
                "" => String::new(),
                name => format!("{}{}B", name[..1].to_ascii_uppercase(), &name[1..]),
            }
        )
    }
    fn from_arg(arg: u64) -> Self {
        Self(arg)
    }
}

/// Every so many rounds; 0 stands for never. As in XGBoost, true and false stand for 1 and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub u32);

impl ParamValue for Every {
    type Arg = u32;
    const EXPECTED: &'static str = "integer";
    fn parse(text: &str) -> Option<Self> {
        u32::parse(text).or_else(|| bool::parse(text).map(u32::from)).map(Self)
    }
    fn render(&self) -> String {
        self.0.to_string()
    }
    fn from_arg(arg: u32) -> Self {
        Self(arg)
    }
    fn as_number(&self) -> Option<f64> {
        Some(self.0.into())
    }
}

impl ParamValue for bool {
    type Arg = Self;
    const EXPECTED: &'static str = "true or false";
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Some(true),
            "0" | "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }
    fn render(&self) -> String {
        self.to_string()
    }
    fn from_arg(arg: Self) -> Self {
        arg
    }
}

/// A list is written with commas, or as JSON. An item that holds a comma stands in quotes; empty items are dropped, so that the empty
/// text is the empty list.
impl ParamValue for Vec<String> {
    type Arg = Self;
    const EXPECTED: &'static str = "comma-separated list";
    fn parse(text: &str) -> Option<Self> {
        if let Ok(items) = serde_json::from_str::<Vec<serde_json::Value>>(text) {
            return items.into_iter().map(json_item).collect();
        }
        let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let items = split_outside_quotes(text).into_iter().map(unquoted);
        Some(items.filter(|item| !item.is_empty()).collect())
    }
    fn render(&self) -> String {
        self.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(",")
    }
    fn from_arg(arg: Self) -> Self {
        arg
    }
}

/// A list of numbers, with or without brackets.
impl ParamValue for Vec<f64> {
    type Arg = Self;
    const EXPECTED: &'static str = "comma-separated numbers";
    fn parse(text: &str) -> Option<Self> {
        Vec::<String>::parse(text)?.iter().map(|item| f64::parse(item)).collect()
    }
    fn render(&self) -> String {
        self.iter().map(f64::to_string).collect::<Vec<_>>().join(",")
    }
    fn from_arg(arg: Self) -> Self {
        arg
    }
}

fn json_item(item: serde_json::Value) -> Option<String> {
    match item {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The items between commas. A quote counts only where an item begins, and only if it is closed where the item ends.
fn split_outside_quotes(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let end = quoted_end(rest).or_else(|| rest.find(',')).unwrap_or(rest.len());
        items.push(&rest[..end]);
        match rest.get(end + 1..) {
            Some(next) => rest = next,
            None => return items,
        }
    }
}

/// Where a quoted item ends: at the comma behind its closing quote, or at the end of the text.
fn quoted_end(text: &str) -> Option<usize> {
    let begin = text.len() - text.trim_start().len();
    let quote = text[begin..].chars().next().filter(|&c| c == '"' || c == '\'')?;
    let closes = text[begin + 1..].match_indices(quote).map(|(at, _)| begin + 1 + at + 1);
    closes.into_iter().find_map(|close| {
        let blanks = text[close..].len() - text[close..].trim_start().len();
        let end = close + blanks;
        (end == text.len() || text[end..].starts_with(',')).then_some(end)
    })
}

/// The item without the quotes around it; a quote inside them is written twice.
fn unquoted(item: &str) -> String {
    let item = item.trim();
    for quote in ["\"", "'"] {
        if let Some(inner) = item.strip_prefix(quote).and_then(|item| item.strip_suffix(quote)) {
            return inner.replace(&quote.repeat(2), quote);
        }
    }
    item.trim_matches(['"', '\'']).to_string()
}

/// The item with quotes around it, where it could not be read back without.
fn quoted(item: &str) -> String {
    let plain = !item.contains([',', '"', '\'']) && item.trim() == item && !item.starts_with('[');
    if plain { item.to_string() } else { format!("\"{}\"", item.replace('"', "\"\"")) }
}

impl ParamValue for String {
    type Arg = Self;
    const EXPECTED: &'static str = "text";
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_string())
    }
    fn render(&self) -> String {
        self.clone()
    }
    fn from_arg(arg: Self) -> Self {
        arg
    }
}

/// The empty text stands for "not given".
impl<T: ParamValue> ParamValue for Option<T> {
    type Arg = T::Arg;
    const EXPECTED: &'static str = T::EXPECTED;
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
    fn render(&self) -> String {
        self.as_ref().map_or_else(String::new, T::render)
    }
    fn from_arg(arg: Self::Arg) -> Self {
        Some(T::from_arg(arg))
    }
    fn as_number(&self) -> Option<f64> {
        self.as_ref().and_then(T::as_number)
    }
}

impl ParamValue for Objective {
    type Arg = Self;
    const EXPECTED: &'static str = "objective";
    fn parse(text: &str) -> Option<Self> {
        Self::from_name(text)
    }
    fn render(&self) -> String {
        self.name().to_string()
    }
    fn from_arg(arg: Self) -> Self {
        arg
    }
}

/// Declares a parameter whose values are a few words.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl ParamValue for $name {
            type Arg = Self;
            const EXPECTED: &'static str = "one of its words";
            fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
            fn render(&self) -> String {
                match self { $(Self::$variant => $text.to_string()),+ }
            }
            fn from_arg(arg: Self) -> Self {
                arg
            }
        }
    };
}

choice! {
    /// In which order a tree's leaves are split.
    GrowPolicy {
        /// Level by level.
        Depthwise = "depthwise",
        /// The leaf with the largest gain first.
        Lossguide = "lossguide",
    }
}

choice! {
    /// How the rows of a tree are drawn.
    SamplingMethod {
        /// All with the same chance.
        Uniform = "uniform",
        /// In proportion to the magnitude of their gradients.
        GradientBased = "gradient_based",
        /// Those with the largest gradients, and some others.
        Goss = "goss",
    }
}

choice! {
    /// What becomes of earlier trees when the next is grown.
    Booster {
        /// They stay as they are.
        Gbtree = "gbtree",
        /// Some are dropped.
        Dart = "dart",
    }
}

choice! {
    /// What becomes of the trees of a model that training goes on from.
    ProcessType {
        /// New ones are added to them.
        Default = "default",
        /// Their leaves and statistics are computed anew.
        Update = "update",
    }
}

choice! {
    /// How trees are drawn that are dropped.
    SampleType {
        /// All with the same chance.
        Uniform = "uniform",
        /// In proportion to their weights.
        Weighted = "weighted",
    }
}

choice! {
    /// How trees share what they add after some were dropped.
    NormalizeType {
        /// The new trees weigh as much as each that was dropped.
        Tree = "tree",
        /// The new trees weigh as much as all that were dropped.
        Forest = "forest",
    }
}

choice! {
    /// What bounds the leaves of a tree with monotone constraints.
    MonotoneMethod {
        /// The middle between the weights of the sides of each split above them.
        Basic = "basic",
        /// The weights of the leaves beside them.
        Intermediate = "intermediate",
    }
}

choice! {
    /// Of what the logarithm of a time is more than a prediction, in accelerated failure times.
    AftDistribution {
        /// Normal.
        Normal = "normal",
        /// Logistic.
        Logistic = "logistic",
        /// Gumbel's distribution of least values.
        Extreme = "extreme",
    }
}

choice! {
    /// How many outputs a tree has.
    MultiStrategy {
        /// One.
        OneOutputPerTree = "one_output_per_tree",
        /// All: its leaves are vectors.
        MultiOutputTree = "multi_output_tree",
    }
}

choice! {
    /// Which pairs of rows of a query group are compared.
    PairMethod {
        /// Those of which one is among the first.
        TopK = "topk",
        /// Each row with some that are drawn.
        Mean = "mean",
    }
}

choice! {
    /// Whose values parameters have that are not given.
    Preset {
        /// Those of the table.
        Default = "default",
        /// Those that rules derive from the data, for a good model soon.
        Fast = "fast",
        /// Those that rules derive from the data, for the best model that can be had without tuning.
        Best = "best",
    }
}

choice! {
    /// Which training rows are kept back as validation data, or are a fold.
    SplitMethod {
        /// `Random`; in cross-validation of classes `Stratified`.
        Auto = "auto",
        /// Any.
        Random = "random",
        /// The same share of every class.
        Stratified = "stratified",
        /// Whole groups.
        Group = "group",
        /// The last ones.
        Time = "time",
    }
}

choice! {
    /// Whether CSV files begin with a line of column names.
    Header {
        /// Decided by looking at the first lines.
        Auto = "auto",
        /// They do.
        Yes = "true",
        /// They do not.
        No = "false",
    }
}

choice! {
    /// The decimal mark of numbers in text.
    Decimal {
        /// As in 1.5.
        Point = ".",
        /// As in 1,5.
        Comma = ",",
    }
}

impl Decimal {
    /// The character.
    pub fn mark(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// What is written with this character, if it is a decimal mark.
    pub fn of(mark: char) -> Option<Self> {
        [Self::Point, Self::Comma].into_iter().find(|decimal| decimal.mark() == mark)
    }
}

choice! {
    /// What to do when training and validation data are the same files.
    SameData {
        /// Train, and warn loudly.
        Warn = "warn",
        /// Refuse.
        Error = "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        Vec::parse(text).unwrap()
    }

    #[test]
    fn lists_hold_items_with_commas_in_quotes_or_as_json() {
        assert_eq!(list("a, b,,c"), ["a", "b", "c"]);
        assert_eq!(list(""), [""; 0]);
        assert_eq!(list("[a, 'b', \"c\"]"), ["a", "b", "c"]);
        assert_eq!(list("\"Gender, 1st\",age"), ["Gender, 1st", "age"]);
        assert_eq!(list("age, 'Gender, 1st' "), ["age", "Gender, 1st"]);
        assert_eq!(list("[\"Gender, 1st\", \"age\", 3]"), ["Gender, 1st", "age", "3"]);
        assert_eq!(list("\"say \"\"a, b\"\"\""), ["say \"a, b\""]);
        assert_eq!(list("it's,that's"), ["it's", "that's"]);
        assert_eq!(list("\"open,b"), ["open", "b"]);
    }

    #[test]
    fn lists_are_read_back_as_they_were_written() {
        for items in [&["a", "b"][..], &["Gender, 1st"], &["say \"a, b\"", "it's"], &["[x]", " y "], &[]] {
            let items: Vec<_> = items.iter().map(ToString::to_string).collect();
            assert_eq!(list(&items.render()), items);
        }
    }
}
