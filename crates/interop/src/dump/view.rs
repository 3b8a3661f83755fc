//! What nodes say, in the words that all forms share.

use sapwood_score::text::shown;
use sapwood_score::{
    Condition, FeatureKind, Leaf, LeafValue, LinearLeaf, MissingRule, Model, Node, Precision, Split, Tree, write_number,
};

/// A tree of a model.
pub struct View<'a> {
    pub model: &'a Model,
    pub tree: &'a Tree,
}

/// The most levels by which lines are indented: a chain of nodes would make them longer and longer.
const MOST_INDENTS: usize = 100;

/// What a line at this depth begins with.
pub fn indents(text: &str, depth: usize) -> String {
    text.repeat(depth.min(MOST_INDENTS))
}

/// A node in words.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Described {
    /// The feature of a split.
    pub feature: Option<String>,
    /// The children of rows for which its condition holds, and for which it does not.
    pub sides: Option<(u32, u32)>,
    /// The categories for which the condition of a split holds.
    pub categories: Option<Vec<String>>,
    /// What a leaf adds: one number, or one for each output. Of a linear leaf what it adds to a row that misses a value.
    pub values: Vec<f64>,
    /// The function in a linear leaf.
    pub linear: Option<String>,
}

/// A node on the way through a tree, parents before their children.
pub enum Step {
    /// A node, and how deep it lies.
    Node(usize, usize),
    /// All nodes below this one were told.
    End(usize, usize),
}

impl View<'_> {
    /// All nodes from the root on, left ones first.
    pub fn walk(&self, mut take: impl FnMut(Step)) {
        let mut open = vec![Step::Node(0, 0)];
        while let Some(step) = open.pop() {
            if let Step::Node(node, depth) = step
                && let Node::Split(split) = &self.tree.nodes[node]
            {
                open.push(Step::End(node, depth));
                open.extend([split.right, split.left].map(|child| Step::Node(child as usize, depth + 1)));
            }
            take(step);
        }
    }

    /// The name of a feature, without what would break a line.
    pub fn feature(&self, feature: u32) -> String {
        shown(self.model.feature_name(feature as usize).unwrap_or_default()).into_owned()
    }

    /// A split's condition: `age<=35.5`, `colour:{red,green}`. Of many categories the first `most` are told.
    pub fn condition(&self, split: &Split, most: usize) -> String {
        let name = self.feature(split.feature);
        match &split.condition {
            Condition::Threshold(threshold) => match self.strict(*threshold) {
                Some(limit) => format!("{name}<{limit}"),
                None => format!("{name}<={}", number(*threshold)),
            },
            Condition::Levels(words) => {
                let levels = self.levels(split, words);
                let told: Vec<_> = levels.iter().take(most).map(|level| shown(level).into_owned()).collect();
                let more = if levels.len() > most { format!(",… ({} in all)", levels.len()) } else { String::new() };
                format!("{name}:{{{}{more}}}", told.join(","))
            }
            _ => name,
        }
    }

    /// The number of four bytes that XGBoost compares with, where rows are rounded to such first.
    pub fn strict(&self, threshold: f64) -> Option<f32> {
        (self.model.precision == Precision::Single && threshold < f64::INFINITY).then(|| crate::xgboost::limit_of(threshold))
    }

    /// The categories for which the condition of `split` holds: their texts, or their codes where they have none.
    pub fn levels(&self, split: &Split, words: &[u64]) -> Vec<String> {
        let feature = split.feature as usize;
        let named = u64::from(split.missing != MissingRule::UnseenLeft);
        let is_set = |code: &usize| words.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == named);
        let codes = (0..self.model.levels_of(feature).unwrap_or(64 * words.len())).filter(is_set);
        match self.model.schema.features.get(feature).map(|feature| &feature.kind) {
            Some(FeatureKind::Categorical { levels }) => codes.map(|code| levels[code].clone()).collect(),
            _ => codes.map(|code| code.to_string()).collect(),
        }
    }

    /// The children of rows for which the condition holds, and for which it does not. Of XGBoost's categories without texts those are named
    /// that go right, as XGBoost does: all others go left, also unknown ones.
    pub fn sides(split: &Split) -> (u32, u32) {
        if split.missing == MissingRule::UnseenLeft { (split.right, split.left) } else { (split.left, split.right) }
    }

    /// The child that missing values go to.
    pub fn missing(split: &Split) -> u32 {
        if split.default_left { split.left } else { split.right }
    }

    /// What else than NaN is missing, or that nothing is.
    pub fn rule(split: &Split) -> Option<&'static str> {
        match split.missing {
            MissingRule::NanOrZero | MissingRule::NanIsZero => Some(split.missing.name()),
            _ => None,
        }
    }

    /// A leaf's numbers.
    pub fn values(&self, leaf: &Leaf) -> Vec<f64> {
        let weighted = |value: f64| match self.model.precision {
            Precision::Single => f64::from(self.tree.weight as f32 * value as f32),
            _ => self.tree.weight * value,
        };
        match &leaf.value {
            LeafValue::Scalar(value) => vec![weighted(*value)],
            LeafValue::Vector(values) => values.iter().copied().map(weighted).collect(),
            LeafValue::Linear(linear) => vec![weighted(linear.if_missing)],
            _ => Vec::new(),
        }
    }

    /// A linear leaf's function: `0.5 + 0.3*age`. Limits of values are left out.
    pub fn function(&self, linear: &LinearLeaf) -> String {
        let weight = self.tree.weight;
        let term = |term: &sapwood_score::LinearTerm| {
            let factor = weight * term.coefficient;
            format!(" {} {}*{}", if factor < 0.0 { '-' } else { '+' }, number(factor.abs()), self.feature(term.feature))
        };
        number(weight * linear.constant) + &linear.terms.iter().map(term).collect::<String>()
    }

    /// What a leaf adds, in words.
    pub fn leaf(&self, leaf: &Leaf) -> String {
        if let LeafValue::Linear(linear) = &leaf.value {
            return format!("{},if_missing={}", self.function(linear), self.number(self.values(leaf)[0]));
        }
        match &self.values(leaf)[..] {
            [value] => self.number(*value),
            values => format!("[{}]", values.iter().map(|value| self.number(*value)).collect::<Vec<_>>().join(",")),
        }
    }

    /// A number with as many digits as tell it from others of its kind.
    pub fn number(&self, value: f64) -> String {
        match self.model.precision {
            Precision::Single if f64::from(value as f32) == value => (value as f32).to_string(),
            _ => number(value),
        }
    }

    pub fn describe(&self, node: &Node) -> Described {
        match node {
            Node::Split(split) => {
                let categories = match &split.condition {
                    Condition::Levels(words) => Some(self.levels(split, words)),
                    _ => None,
                };
                let feature = self.model.feature_name(split.feature as usize).unwrap_or_default().to_string();
                Described { feature: Some(feature), sides: Some(Self::sides(split)), categories, ..Described::default() }
            }
            Node::Leaf(leaf) => {
                let linear = match &leaf.value {
                    LeafValue::Linear(linear) => Some(self.function(linear)),
                    _ => None,
                };
                Described { values: self.values(leaf), linear, ..Described::default() }
            }
        }
    }
}

fn number(value: f64) -> String {
    let mut text = String::new();
    write_number(value, &mut text);
    text
}
