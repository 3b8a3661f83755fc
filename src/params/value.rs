//! How parameter values are read from text and written back.

use sapwood_score::Objective;

/// A type that a parameter may have.
pub trait ParamValue: Sized {
    /// What the builder's method takes.
    type Arg;

    /// What a correct value looks like, for messages and documentation.
    const EXPECTED: &'static str;

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

/// A list is written with commas; empty items are dropped, so that the empty text is the empty list.
impl ParamValue for Vec<String> {
    type Arg = Self;
    const EXPECTED: &'static str = "comma-separated list";
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let items = text.split(',').map(|item| item.trim().trim_matches(['"', '\'']).to_string());
        Some(items.filter(|item| !item.is_empty()).collect())
    }
    fn render(&self) -> String {
        self.join(",")
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
        // XGBoost's old name for squared error, which SageMaker jobs still carry.
        if text == "reg:linear" { Some(Self::SquaredError) } else { Self::from_name(text) }
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
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal $(| $other:literal)*),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl ParamValue for $name {
            type Arg = Self;
            const EXPECTED: &'static str = "one of its words";
            fn parse(text: &str) -> Option<Self> {
                match text { $($text $(| $other)* => Some(Self::$variant),)+ _ => None }
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
        Depthwise = "depthwise" | "Depthwise",
        /// The leaf with the largest gain first.
        Lossguide = "lossguide" | "leafwise" | "Lossguide",
    }
}

choice! {
    /// How the rows of a tree are drawn.
    SamplingMethod {
        /// All with the same chance.
        Uniform = "uniform" | "bagging",
        /// In proportion to the magnitude of their gradients.
        GradientBased = "gradient_based",
        /// Those with the largest gradients, and some others.
        Goss = "goss",
    }
}

choice! {
    /// Which training rows are kept back as validation data.
    SplitMethod {
        /// Any.
        Random = "random" | "shuffle",
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
        Yes = "true" | "1" | "yes",
        /// They do not.
        No = "false" | "0" | "no",
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
