//! Features made from features: columns that scoring computes before trees see a row, each traced to the columns it came from.

/// What a categorical feature has in place of a number that is no code of one of its levels; NaN stays NaN.
pub(crate) const UNSEEN: f64 = -1.0;

/// A feature that is computed from others, which come before it. Its position follows those of the schema's features.
#[derive(Clone, Debug, PartialEq)]
pub struct DerivedFeature {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub derivation: Derivation,
}

/// How a [`DerivedFeature`] is computed. Features are named by their positions.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Derivation {
    /// The smoothed mean of the target over the training rows of a level: `(sum + prior · weight) / (count + weight)`.
    TargetStatistic(TargetStatistic),
    /// How often a level occurs, or any other number that stands for it.
    Count {
        /// A categorical feature.
        source: u32,
        /// The number of each level; last the one of what is no level.
        counts: Vec<f64>,
    },
    /// Two categorical features as one, whose levels are pairs of levels. A pair that is not listed is missing.
    Pair {
        /// A categorical feature.
        first: u32,
        /// A categorical feature.
        second: u32,
        /// The codes of each level, ascending; [`Derivation::MISSING`] stands for what is no level.
        levels: Vec<(u32, u32)>,
    },
    /// One numeric feature minus another; missing if either is.
    Difference {
        /// What is subtracted from.
        first: u32,
        /// What is subtracted.
        second: u32,
    },
    /// One numeric feature plus another; missing if either is.
    Sum {
        /// A numeric feature.
        first: u32,
        /// A numeric feature.
        second: u32,
    },
    /// One numeric feature times another; missing if either is.
    Product {
        /// A numeric feature.
        first: u32,
        /// A numeric feature.
        second: u32,
    },
    /// A numeric feature as a category: the position of its value among some numbers. Other numbers are no level; missing values stay
    /// missing.
    Code {
        /// A numeric feature.
        source: u32,
        /// The numbers, ascending.
        values: Vec<f64>,
        /// Whether the feature's values are rounded to f32 before they are looked up.
        is_single: bool,
    },
}

/// The tables of [`Derivation::TargetStatistic`].
#[derive(Clone, Debug, PartialEq)]
pub struct TargetStatistic {
    /// A categorical feature.
    pub source: u32,
    /// Which target was averaged: an output, or the class whose indicator it was.
    pub target: u32,
    /// What a level without rows has.
    pub prior: f64,
    /// How many rows the prior counts for; more than 0.
    pub prior_weight: f64,
    /// The sum of the target over the rows of each level; last the one of what is no level.
    pub sums: Vec<f64>,
    /// The weights of those rows.
    pub counts: Vec<f64>,
}

impl Derivation {
    /// The code that stands for what is no level in the pairs of [`Derivation::Pair`].
    pub const MISSING: u32 = u32::MAX;

    /// The features that it is computed from.
    pub fn sources(&self) -> Vec<u32> {
        match self {
            Self::TargetStatistic(TargetStatistic { source, .. }) | Self::Count { source, .. } => vec![*source],
            Self::Pair { first, second, .. }
            | Self::Difference { first, second }
            | Self::Sum { first, second }
            | Self::Product { first, second } => vec![*first, *second],
            Self::Code { source, .. } => vec![*source],
        }
    }

    /// The number of levels, if it is categorical.
    pub fn levels(&self) -> Option<usize> {
        match self {
            Self::Pair { levels, .. } => Some(levels.len()),
            Self::Code { values, .. } => Some(values.len()),
            Self::TargetStatistic(_) | Self::Count { .. } => None,
            Self::Difference { .. } | Self::Sum { .. } | Self::Product { .. } => None,
        }
    }

    /// The value for a row, of which `at` gives the features before this one by their positions. No code is beyond the levels of its feature.
    #[inline]
    pub fn value(&self, at: impl Fn(u32) -> f64) -> f64 {
        let at = |feature: &u32| at(*feature);
        match self {
            Self::TargetStatistic(table) => table.value(at(&table.source)),
            Self::Count { source, counts } => of_level(counts, at(source)),
            Self::Pair { first, second, levels } => {
                levels.binary_search(&(code(at(first)), code(at(second)))).map_or(f64::NAN, |level| level as f64)
            }
            Self::Difference { first, second } => at(first) - at(second),
            Self::Sum { first, second } => at(first) + at(second),
            Self::Product { first, second } => at(first) * at(second),
            Self::Code { source, values, is_single: false } => position(values, at(source)),
            Self::Code { source, values, is_single: true } => position(values, f64::from(at(source) as f32)),
        }
    }
}

impl TargetStatistic {
    fn value(&self, level: f64) -> f64 {
        let (sum, count) = (of_level(&self.sums, level), of_level(&self.counts, level));
        (sum + self.prior * self.prior_weight) / (count + self.prior_weight)
    }
}

/// The position of a number among ascending ones; NaN of NaN.
fn position(values: &[f64], x: f64) -> f64 {
    // Zeros of both signs are one number.
    let at = values.partition_point(|value| *value < x);
    match values.get(at) {
        _ if x.is_nan() => x,
        Some(value) if *value == x => at as f64,
        _ => UNSEEN,
    }
}

/// The code that a number is, if it is one.
fn as_code(level: f64) -> Option<u32> {
    // The cast saturates; what it changes was no level's code.
    let code = level as u32;
    (f64::from(code) == level).then_some(code)
}

fn code(level: f64) -> u32 {
    as_code(level).unwrap_or(Derivation::MISSING)
}

/// The entry of a level in a table that ends with the one of what is no level.
fn of_level(table: &[f64], level: f64) -> f64 {
    let last = table.len() - 1;
    table[as_code(level).map_or(last, |code| last.min(code as usize))]
}
