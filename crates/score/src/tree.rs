//! One regression tree: splits on feature values, and leaves with values in margin space.

/// A regression tree. Node 0 is the root; children always come after their parent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tree {
    /// The nodes; at least one.
    pub nodes: Vec<Node>,
    /// The number of training rows of each node; empty where it is not known.
    pub counts: Vec<u64>,
    /// The factor on what the tree adds (DART); 1 for ordinary trees.
    pub weight: f64,
}

/// A node of a [`Tree`].
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A terminal node.
    Leaf(Leaf),
    /// An inner node.
    Split(Split),
}

/// What a terminal node adds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Leaf {
    /// What the tree adds to the margins, shrinkage included, the tree's weight not.
    pub value: LeafValue,
    /// The sum of the hessians of its training rows.
    pub cover: f64,
}

/// The value of a leaf.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LeafValue {
    /// A constant, added to the output of the tree.
    Scalar(f64),
    /// One constant for each output of the model.
    Vector(Vec<f64>),
    /// A linear function of some features, added to the output of the tree.
    Linear(Box<LinearLeaf>),
}

/// A linear function of some features: `constant + Σ coefficient · x`, each `x` clamped to its term's range, and the sum to `range`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearLeaf {
    /// What is added to the terms.
    pub constant: f64,
    /// The terms, added in this order.
    pub terms: Vec<LinearTerm>,
    /// The value of a row that misses a value of one of the terms.
    pub if_missing: f64,
    /// The least and the greatest sum; may be infinite.
    pub range: (f64, f64),
}

/// A term of a [`LinearLeaf`].
#[derive(Clone, Debug, PartialEq)]
pub struct LinearTerm {
    /// The feature's position among the schema's and the derived features; a numeric one.
    pub feature: u32,
    /// The factor.
    pub coefficient: f64,
    /// The least and the greatest value that the feature counts with; may be infinite.
    pub range: (f64, f64),
}

/// The decision of an inner node.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Split {
    /// The feature's position: first those of the schema, then the derived ones.
    pub feature: u32,
    /// Which values go left.
    pub condition: Condition,
    /// Whether missing values go left. What is missing, [`Split::missing`] says.
    pub default_left: bool,
    /// Which values are missing, and where levels go that training never saw.
    pub missing: MissingRule,
    /// Index of the left child.
    pub left: u32,
    /// Index of the right child.
    pub right: u32,
    /// Reduction of the regularised loss (XGBoost's `loss_chg`).
    pub gain: f64,
    /// The sum of the hessians of its training rows.
    pub cover: f64,
}

/// Which non-missing values of a feature go left.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// `x <= threshold`; infinity stands for "every value that is not missing".
    Threshold(f64),
    /// The levels whose bit is set; level `c` is bit `c % 64` of word `c / 64`. Levels beyond the last word are unseen.
    Levels(Vec<u64>),
}

/// Which values of a split's feature are missing. Sapwood's own splits have [`MissingRule::Nan`], the others are of imported models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingRule {
    /// NaN; of a categorical feature everything that is no code of a level that training saw.
    #[default]
    Nan,
    /// Thresholds only: NaN, and numbers no further from 0 than 10⁻³⁵ as an f32 (LightGBM's `zero_as_missing`).
    NanOrZero,
    /// Thresholds only: nothing is missing, NaN counts as 0 (LightGBM's `missing_type` None).
    NanIsZero,
    /// Levels only, also those of a numeric feature, whose numbers they are: NaN. Numbers are cut to whole ones; negative ones and what is
    /// no level go left (XGBoost).
    UnseenLeft,
    /// Levels only, also those of a numeric feature: NaN. Numbers are cut to whole ones; what is no level goes right (LightGBM).
    UnseenRight,
}

impl MissingRule {
    /// The rule's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::NanOrZero => "nan_or_zero",
            Self::NanIsZero => "nan_is_zero",
            Self::UnseenLeft => "unseen_left",
            Self::UnseenRight => "unseen_right",
        }
    }
}

impl Split {
    /// A split whose feature is missing where it is NaN.
    pub fn new(feature: u32, condition: Condition, default_left: bool, children: (u32, u32), gain: f64, cover: f64) -> Self {
        let (left, right) = children;
        Self { feature, condition, default_left, missing: MissingRule::Nan, left, right, gain, cover }
    }

    /// Whether a row whose value of [`Split::feature`] is `x` goes left. For categorical features `x` is the level's code; NaN is
    /// missing, and what cannot be a code (a negative number, a fraction) is no level that training saw. A code must be less than the
    /// number of levels: only the schema knows that number, so that [`Scorer`](crate::Scorer) checks it.
    #[inline]
    pub fn goes_left(&self, x: f64) -> bool {
        match (&self.condition, self.missing) {
            (Condition::Threshold(threshold), MissingRule::NanIsZero) => (if x.is_nan() { 0.0 } else { x }) <= *threshold,
            (Condition::Threshold(_), MissingRule::NanOrZero) if is_near_zero(x) => self.default_left,
            _ if x.is_nan() => self.default_left,
            (Condition::Threshold(threshold), _) => x <= *threshold,
            (Condition::Levels(words), MissingRule::UnseenLeft) => x < 0.0 || has_level(words, x.trunc()).unwrap_or(true),
            (Condition::Levels(words), MissingRule::UnseenRight) => has_level(words, x.trunc()).unwrap_or(false),
            (Condition::Levels(words), _) => has_level(words, x).unwrap_or(self.default_left),
        }
    }
}

/// Whether LightGBM's `zero_as_missing` takes a number for missing.
#[inline]
pub(crate) fn is_near_zero(x: f64) -> bool {
    // How far from 0 LightGBM takes a number for 0.
    const ZERO: f64 = 1e-35f32 as f64;
    x.abs() <= ZERO
}

/// Whether the level with code `x` is in the set; `None` if it is unseen.
#[inline]
fn has_level(words: &[u64], x: f64) -> Option<bool> {
    // The cast saturates; what it changes was no level's code.
    let code = x as u32;
    let word = words.get(code as usize / 64).filter(|_| f64::from(code) == x)?;
    Some(word >> (code % 64) & 1 == 1)
}

impl LinearLeaf {
    /// Its value for a row whose features have the values `x(feature)`; NaN is missing.
    #[inline]
    pub fn value(&self, x: impl Fn(u32) -> f64) -> f64 {
        let mut sum = self.constant;
        for term in &self.terms {
            let x = x(term.feature);
            if x.is_nan() {
                return self.if_missing;
            }
            sum += term.coefficient * x.clamp(term.range.0, term.range.1);
        }
        sum.clamp(self.range.0, self.range.1)
    }
}

impl Leaf {
    /// A leaf that adds a constant.
    pub fn new(value: f64, cover: f64) -> Self {
        Self::of(LeafValue::Scalar(value), cover)
    }

    /// A leaf of any kind.
    pub fn of(value: LeafValue, cover: f64) -> Self {
        Self { value, cover }
    }

    /// The constant that it adds, if it is one.
    #[inline]
    pub fn scalar(&self) -> Option<f64> {
        match self.value {
            LeafValue::Scalar(value) => Some(value),
            _ => None,
        }
    }
}

impl Node {
    /// The sum of the hessians of its training rows.
    pub fn cover(&self) -> f64 {
        match self {
            Self::Leaf(leaf) => leaf.cover,
            Self::Split(split) => split.cover,
        }
    }
}

impl Tree {
    /// An ordinary tree of these nodes.
    pub fn new(nodes: Vec<Node>) -> Self {
        Self { nodes, counts: Vec::new(), weight: 1.0 }
    }

    /// A tree of a single leaf.
    pub fn leaf(value: f64, cover: f64) -> Self {
        Self::new(vec![Node::Leaf(Leaf::new(value, cover))])
    }

    /// The number of leaves.
    pub fn num_leaves(&self) -> usize {
        self.leaves().count()
    }

    /// The leaves, in the order of the nodes.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(leaf) => Some(leaf),
            Node::Split(_) => None,
        })
    }

    /// Whether its leaves hold one value for each output.
    pub fn has_vector_leaves(&self) -> bool {
        self.leaves().any(|leaf| matches!(leaf.value, LeafValue::Vector(_)))
    }

    /// The index of the leaf that a row of feature values falls into.
    #[inline]
    pub fn leaf_index(&self, row: &[f64]) -> usize {
        let mut at = 0;
        while let Node::Split(split) = &self.nodes[at] {
            at = if split.goes_left(row[split.feature as usize]) { split.left } else { split.right } as usize;
        }
        at
    }
}
