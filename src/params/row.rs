//! What one row of the table of parameters says.

/// Another word for a value, and the one that Sapwood takes.
pub type Synonym = (&'static str, &'static str);

/// What a parameter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Decides the model.
    Model,
    /// Says how the data are read.
    Data,
    /// Changes how the job runs, never the model.
    Runtime,
    /// Known from XGBoost; see [`Effect`].
    Compatibility,
}

/// What giving a parameter does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// It is acted upon.
    Active,
    /// It has no meaning here and cannot change the result: a value that it may have is accepted with one note.
    Accepted {
        /// What its value may be.
        kind: ParamKind,
        /// Why it has no effect.
        reason: &'static str,
    },
    /// Accepted with one note at these values, which change nothing; refused by name at any other.
    InertOnly {
        /// The harmless values.
        values: &'static [&'static str],
        /// What to do instead of giving another.
        remedy: &'static str,
    },
}

/// The type of a parameter that is accepted without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A whole number in the range.
    Integer,
    /// A number in the range.
    Number,
    /// True or false.
    Flag,
    /// One of the words.
    Word,
    /// A list of the words.
    Words,
}

/// The range of a numeric parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether the smallest value itself is excluded.
    pub min_open: bool,
    /// Whether the largest value itself is excluded.
    pub max_open: bool,
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self::closed(f64::NEG_INFINITY, f64::INFINITY);

    /// `min <= x <= max`.
    pub(super) const fn closed(min: f64, max: f64) -> Self {
        Self { min, max, min_open: false, max_open: false }
    }

    /// `min < x <= max`.
    pub(super) const fn open(min: f64, max: f64) -> Self {
        Self { min_open: true, ..Self::closed(min, max) }
    }

    /// `min < x < max`.
    pub(super) const fn inside(min: f64, max: f64) -> Self {
        Self { max_open: true, ..Self::open(min, max) }
    }

    /// `x >= min`.
    pub(super) const fn from(min: f64) -> Self {
        Self::closed(min, f64::INFINITY)
    }

    /// Whether `x` lies in the range. Infinity never does.
    pub fn contains(&self, x: f64) -> bool {
        let above = if self.min_open { x > self.min } else { x >= self.min };
        let below = if self.max_open { x < self.max } else { x <= self.max };
        above && below && x.is_finite()
    }
}

/// Mathematical interval notation.
impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = if self.min_open || self.min.is_infinite() { '(' } else { '[' };
        let close = if self.max_open || self.max.is_infinite() { ')' } else { ']' };
        let end = |x: f64| if x.is_infinite() { "∞".to_string() } else { number(x) };
        let sign = if self.min == f64::NEG_INFINITY { "−" } else { "" };
        write!(f, "{open}{sign}{}, {}{close}", end(self.min), end(self.max))
    }
}

/// A number as people write it: without thirty zeros.
pub(super) fn number(x: f64) -> String {
    const LONG: f64 = 1e15;
    if x.abs() >= LONG { format!("{x:e}") } else { x.to_string() }
}

/// The part of a parameter's range that a tuner should explore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tunable {
    /// Lower end.
    pub min: f64,
    /// Upper end.
    pub max: f64,
    /// Whether to search on a logarithmic scale.
    pub log: bool,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// Its name: XGBoost's.
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    /// Other words for some of its values.
    pub synonyms: &'static [Synonym],
    /// Values that it has in other libraries alone, and what to use instead.
    pub(super) elsewhere: &'static [Synonym],
    /// The type of its value, in a word or two.
    pub expected: &'static str,
    /// Whether a value may be a map or a list of lists.
    pub is_nested: bool,
    /// The words it may be, where it is a choice.
    pub words: &'static [&'static str],
    /// The default, as text; empty where there is none.
    pub default: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Where its value must lie.
    pub range: Range,
    /// What a tuner should explore.
    pub tunable: Option<Tunable>,
    /// What it is about.
    pub group: Group,
    /// Whether it is a list that grows when it is given again, instead of being given twice.
    pub(super) adds_up: bool,
    /// Names of ours whose column indices another library counts without the label's column.
    pub(super) counted_otherwise: &'static [&'static str],
    /// Whether it decides the bins of the data, where its group does not tell.
    pub(super) bins: Option<bool>,
    /// What giving it does.
    pub effect: Effect,
    /// What it means.
    pub doc: &'static str,
}

impl ParamSpec {
    /// Whether data that are read and binned with another value of it may have other bins, labels or weights. Of parameters about
    /// reading all but those that say otherwise do, of others those that say so.
    pub fn decides_bins(&self) -> bool {
        self.bins.unwrap_or(self.group == Group::Data)
    }

    /// Whether it is a list that grows when it is given again.
    pub fn adds_up(&self) -> bool {
        self.adds_up
    }
}

pub(super) const PLAIN: ParamSpec = ParamSpec {
    name: "",
    aliases: &[],
    synonyms: &[],
    elsewhere: &[],
    expected: "text",
    is_nested: false,
    words: &[],
    default: "",
    required: false,
    range: Range::ANY,
    tunable: None,
    group: Group::Model,
    adds_up: false,
    counted_otherwise: &[],
    bins: None,
    effect: Effect::Active,
    doc: "",
};

pub(super) const fn tunable(min: f64, max: f64) -> Option<Tunable> {
    Some(Tunable { min, max, log: false })
}

pub(super) const fn tunable_log(min: f64, max: f64) -> Option<Tunable> {
    Some(Tunable { min, max, log: true })
}
