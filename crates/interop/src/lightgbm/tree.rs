//! From the trees of a LightGBM file to a model's.

use super::sections::Section;
use crate::node_order;
use sapwood_score::{
    Condition, FeatureKind, FeatureSchema, Leaf, LeafValue, LinearLeaf, LinearTerm, MissingRule, Node, Split, Tree,
};

/// Bits of `decision_type`.
pub const CATEGORICAL: u8 = 1;
pub const DEFAULT_LEFT: u8 = 2;

/// How far from 0 a number is taken for 0.
pub const ZERO: f64 = 1e-35f32 as f64;

/// The inner nodes of a tree.
struct Splits {
    features: Vec<u32>,
    thresholds: Vec<f64>,
    decisions: Vec<u8>,
    children: [Vec<i64>; 2],
    gains: Vec<f64>,
    covers: Vec<f64>,
    /// Where the set of each categorical split begins and ends among the words.
    bounds: Vec<usize>,
    words: Vec<u32>,
}

/// Reads a tree over these features. Inner nodes keep their numbers, leaves come after them in their order.
///
/// # Errors
/// Lists that do not fit each other, nodes that are no tree, features that do not exist.
pub fn read(section: &Section<'_>, schema: &FeatureSchema) -> Result<Tree, String> {
    let leaves: usize = section.number("num_leaves")?;
    let values: Vec<f64> = section.exactly("leaf_value", leaves)?;
    let inner = leaves.checked_sub(1).ok_or("a tree without leaves")?;
    let splits = splits(section, inner)?;
    let linear = linear_leaves(section, &values, schema.len())?;
    let covers = of_leaves(section, leaves)?;
    let children = |node: usize| (node < inner).then(|| splits.children.each_ref().map(|side| number_of(side[node], inner)));
    let order = node_order::reachable(inner + leaves, children)?;
    if order.len() != inner + leaves {
        return Err(format!("{} of its {} nodes are not reached", inner + leaves - order.len(), inner + leaves));
    }
    let numbers = node_order::numbers(inner + leaves, &order);
    let node = |&old: &usize| match children(old) {
        None => {
            let leaf = old - inner;
            let value = linear.as_ref().map_or(LeafValue::Scalar(values[leaf]), |linear| linear[leaf].clone());
            Ok(Node::Leaf(Leaf::of(value, covers[leaf])))
        }
        Some(children) => splits
            .node(old, children.map(|child| numbers[child]), schema)
            .map(Node::Split)
            .map_err(|what| format!("node {old}: {what}")),
    };
    let mut tree = Tree::new(order.iter().map(node).collect::<Result<_, _>>()?);
    tree.counts = counts(section, inner, leaves, &order)?;
    Ok(tree)
}

/// The number of a child among all nodes; of what is none, a number beyond them.
fn number_of(child: i64, inner: usize) -> usize {
    match child {
        0.. => usize::try_from(child).ok().filter(|&child| child < inner).unwrap_or(usize::MAX),
        _ => usize::try_from(!child).ok().and_then(|leaf| leaf.checked_add(inner)).unwrap_or(usize::MAX),
    }
}

fn splits(section: &Section<'_>, inner: usize) -> Result<Splits, String> {
    let categorical: usize = section.number("num_cat")?;
    let (bounds, words) = match categorical {
        0 => (Vec::new(), Vec::new()),
        _ => (section.exactly("cat_boundaries", categorical.saturating_add(1))?, section.numbers("cat_threshold")?),
    };
    Ok(Splits {
        features: section.exactly("split_feature", inner)?,
        thresholds: section.exactly("threshold", inner)?,
        decisions: section.exactly("decision_type", inner)?,
        children: [section.exactly("left_child", inner)?, section.exactly("right_child", inner)?],
        gains: optional(section, "split_gain", inner)?,
        covers: optional(
            section,
            if section.get("internal_weight").is_some() { "internal_weight" } else { "internal_count" },
            inner,
        )?,
        bounds,
        words,
    })
}

/// So many numbers for people, 0 where they are missing or none.
fn optional(section: &Section<'_>, key: &str, count: usize) -> Result<Vec<f64>, String> {
    let numbers: Vec<f64> = section.numbers(key)?;
    match numbers.len() {
        0 => Ok(vec![0.0; count]),
        found if found == count => Ok(numbers.into_iter().map(|x| if x.is_finite() { x } else { 0.0 }).collect()),
        found => Err(format!("{key} has {found} numbers in place of {count}")),
    }
}

/// What covers the leaves.
fn of_leaves(section: &Section<'_>, leaves: usize) -> Result<Vec<f64>, String> {
    let key = if section.get("leaf_weight").is_some_and(|text| !text.is_empty()) { "leaf_weight" } else { "leaf_count" };
    Ok(optional(section, key, leaves)?.into_iter().map(|cover| cover.max(0.0)).collect())
}

/// The number of training rows of each node, if the file has them.
fn counts(section: &Section<'_>, inner: usize, leaves: usize, order: &[usize]) -> Result<Vec<u64>, String> {
    let mut counts: Vec<u64> = section.numbers("internal_count")?;
    counts.extend(section.numbers::<u64>("leaf_count")?);
    match counts.len() == inner + leaves {
        true => Ok(order.iter().map(|&node| counts[node]).collect()),
        false => Ok(Vec::new()),
    }
}

impl Splits {
    fn node(&self, node: usize, children: [u32; 2], schema: &FeatureSchema) -> Result<Split, String> {
        let (feature, decision) = (self.features[node], self.decisions[node]);
        let kind = schema.features.get(feature as usize).map(|feature| &feature.kind);
        let kind = kind.ok_or_else(|| format!("feature {feature}, and there are {}", schema.len()))?;
        let children = (children[0], children[1]);
        let (gain, cover) = (self.gains[node], self.covers[node].max(0.0));
        if decision & CATEGORICAL != 0 {
            // What is missing goes right, whatever the other bits say.
            let mut split = Split::new(feature, Condition::Levels(self.set(node)?), false, children, gain, cover);
            if !matches!(kind, FeatureKind::Categorical { .. }) {
                split.missing = MissingRule::UnseenRight;
            }
            return Ok(split);
        }
        let (threshold, is_left) = (apart_from_zero(self.thresholds[node]), decision & DEFAULT_LEFT != 0);
        let mut split = Split::new(feature, Condition::Threshold(threshold), is_left, children, gain, cover);
        match decision >> 2 & 3 {
            // Nothing is missing, NaN counts as 0: it goes where 0 goes.
            0 => split.default_left = 0.0 <= threshold,
            1 => split.missing = MissingRule::NanOrZero,
            2 => {}
            _ => return Err(format!("decision_type {decision}")),
        }
        Ok(split)
    }

    /// The categories that go left.
    fn set(&self, node: usize) -> Result<Vec<u64>, String> {
        let number = self.thresholds[node];
        let at = number as usize;
        let range = (at as f64 == number).then(|| Some((*self.bounds.get(at)?, *self.bounds.get(at.checked_add(1)?)?))).flatten();
        let words = range.and_then(|(start, end)| self.words.get(start..end));
        let words = words.ok_or_else(|| format!("set of categories {number}, and there are {}", self.bounds.len().max(1) - 1))?;
        let word = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32;
        Ok(words.chunks(2).map(word).collect())
    }
}

/// The threshold that divides all numbers as LightGBM does, which takes those near 0 for 0 before it compares.
fn apart_from_zero(threshold: f64) -> f64 {
    match threshold {
        t if t.abs() >= ZERO && t != -ZERO => t,
        t if t >= 0.0 => ZERO,
        _ => (-ZERO).next_down(),
    }
}

/// The functions in the leaves of a linear tree.
fn linear_leaves(section: &Section<'_>, values: &[f64], features: usize) -> Result<Option<Vec<LeafValue>>, String> {
    if section.get("is_linear").is_none_or(|flag| flag.trim() == "0") {
        return Ok(None);
    }
    let constants: Vec<f64> = section.exactly("leaf_const", values.len())?;
    let counts: Vec<usize> = section.exactly("num_features", values.len())?;
    let terms = counts.iter().fold(0usize, |sum, &count| sum.saturating_add(count));
    let (indices, factors): (Vec<u32>, Vec<f64>) =
        (section.exactly("leaf_features", terms)?, section.exactly("leaf_coeff", terms)?);
    if let Some(feature) = indices.iter().find(|&&feature| feature as usize >= features) {
        return Err(format!("a leaf uses feature {feature}, and there are {features}"));
    }
    let always = (f64::NEG_INFINITY, f64::INFINITY);
    let mut terms =
        indices.into_iter().zip(factors).map(|(feature, coefficient)| LinearTerm { feature, coefficient, range: always });
    let leaf = |((&constant, &count), &if_missing): ((&f64, &usize), &f64)| {
        let terms = terms.by_ref().take(count).collect();
        LeafValue::Linear(Box::new(LinearLeaf { constant, terms, if_missing, range: always }))
    };
    Ok(Some(constants.iter().zip(&counts).zip(values).map(leaf).collect()))
}
