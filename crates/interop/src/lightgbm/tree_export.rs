//! From a model's trees to those of a LightGBM file.

use super::lines::{Number, line};
use super::tree::{CATEGORICAL, DEFAULT_LEFT, ZERO};
use crate::Rounding;
use sapwood_score::{Condition, LeafValue, LinearLeaf, MissingRule, Model, Node, Precision, Split, Tree};

/// A tree that is written for one output.
pub struct TreeWriter<'a> {
    pub model: &'a Model,
    pub tree: &'a Tree,
    pub output: usize,
    /// What each leaf bears besides its value.
    pub base: f64,
}

/// The lists of a tree under way.
#[derive(Default)]
struct Lists {
    features: Vec<u32>,
    gains: Vec<Number>,
    thresholds: Vec<Number>,
    decisions: Vec<u8>,
    children: [Vec<i64>; 2],
    /// The nodes of the model that splits and leaves come from.
    splits: Vec<usize>,
    leaves: Vec<usize>,
    bounds: Vec<usize>,
    words: Vec<u32>,
}

/// A tree of one leaf.
pub fn constant_tree(value: f64) -> String {
    let mut text = String::from("num_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\n");
    text.push_str("left_child=\nright_child=\n");
    line(&mut text, "leaf_value", [Number(value)]);
    text.push_str("leaf_weight=\nleaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\nis_linear=0\nshrinkage=1\n\n\n");
    text
}

impl TreeWriter<'_> {
    /// The tree as text, without its number.
    ///
    /// # Errors
    /// A leaf or a rule that LightGBM does not have.
    pub fn write(&self, rounding: &mut Rounding) -> Result<String, String> {
        let values = self.values(rounding)?;
        if let [value] = values[..]
            && !self.is_linear()
        {
            return Ok(constant_tree(value));
        }
        let lists = self.lists(rounding)?;
        let covers: Vec<_> = self.tree.nodes.iter().map(Node::cover).collect();
        let counts = self.counts(&covers);
        let means = self.means(&values, &covers);
        let of = |nodes: &[usize], numbers: &[f64]| nodes.iter().map(|&node| Number(numbers[node])).collect::<Vec<_>>();
        let whole = |nodes: &[usize]| nodes.iter().map(|&node| counts[node]).collect::<Vec<_>>();

        let mut text = String::new();
        line(&mut text, "num_leaves", [lists.leaves.len()]);
        line(&mut text, "num_cat", [lists.bounds.len().saturating_sub(1)]);
        line(&mut text, "split_feature", &lists.features);
        line(&mut text, "split_gain", &lists.gains);
        line(&mut text, "threshold", &lists.thresholds);
        line(&mut text, "decision_type", &lists.decisions);
        line(&mut text, "left_child", &lists.children[0]);
        line(&mut text, "right_child", &lists.children[1]);
        line(&mut text, "leaf_value", values.iter().copied().map(Number));
        line(&mut text, "leaf_weight", of(&lists.leaves, &covers));
        line(&mut text, "leaf_count", whole(&lists.leaves));
        line(&mut text, "internal_value", of(&lists.splits, &means));
        line(&mut text, "internal_weight", of(&lists.splits, &covers));
        line(&mut text, "internal_count", whole(&lists.splits));
        if !lists.bounds.is_empty() {
            line(&mut text, "cat_boundaries", &lists.bounds);
            line(&mut text, "cat_threshold", &lists.words);
        }
        line(&mut text, "is_linear", [u8::from(self.is_linear())]);
        self.linear(rounding, &mut text)?;
        text.push_str("shrinkage=1\n\n\n");
        Ok(text)
    }

    fn is_linear(&self) -> bool {
        self.tree.leaves().any(|leaf| matches!(leaf.value, LeafValue::Linear(_)))
    }

    /// What the leaves add, in their order; of linear ones what a row gets that misses a value.
    fn values(&self, rounding: &mut Rounding) -> Result<Vec<f64>, String> {
        let weighted = |value: f64| match self.model.precision {
            Precision::Single => f64::from(self.tree.weight as f32 * value as f32),
            _ => self.tree.weight * value,
        };
        let value = |value: &LeafValue| match value {
            LeafValue::Scalar(value) => Ok(weighted(*value)),
            LeafValue::Vector(values) => Ok(weighted(values[self.output])),
            LeafValue::Linear(linear) => Ok(weighted(linear.if_missing)),
            _ => Err("a leaf that is neither a number, a vector nor linear".to_string()),
        };
        let values: Vec<f64> = self.tree.leaves().map(|leaf| value(&leaf.value)).collect::<Result<_, _>>()?;
        let values: Vec<f64> = values.into_iter().map(|value| value + self.base).collect();
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(format!("the leaf value {value}")),
            None => {
                rounding.leaves += usize::from(self.is_linear() && self.tree.weight != 1.0) * values.len();
                Ok(values)
            }
        }
    }

    fn lists(&self, rounding: &mut Rounding) -> Result<Lists, String> {
        let mut lists = Lists::default();
        let mut numbers = Vec::with_capacity(self.tree.nodes.len());
        for (node, content) in self.tree.nodes.iter().enumerate() {
            let list = if matches!(content, Node::Leaf(_)) { &mut lists.leaves } else { &mut lists.splits };
            let number = list.len() as i64;
            numbers.push(if matches!(content, Node::Leaf(_)) { !number } else { number });
            list.push(node);
        }
        for (node, content) in self.tree.nodes.iter().enumerate() {
            let Node::Split(split) = content else { continue };
            let is_swapped = lists.push(split, self.model, rounding).map_err(|what| format!("node {node}: {what}"))?;
            let (left, right) = if is_swapped { (split.right, split.left) } else { (split.left, split.right) };
            lists.children[0].push(numbers[left as usize]);
            lists.children[1].push(numbers[right as usize]);
        }
        Ok(lists)
    }

    /// The number of training rows of each node. Where they are not known, numbers in the proportion of covers: LightGBM's contributions
    /// need them.
    fn counts(&self, covers: &[f64]) -> Vec<u64> {
        if !self.tree.counts.is_empty() {
            return self.tree.counts.clone();
        }
        let are_counts = covers.iter().all(|cover| cover.fract() == 0.0 && *cover < f64::from(1 << 30));
        let factor = if are_counts || covers[0] <= 0.0 { 1.0 } else { f64::from(1 << 30) / covers[0] };
        let mut counts: Vec<u64> = covers.iter().map(|cover| ((cover * factor).round() as u64).clamp(1, 1 << 30)).collect();
        for (node, content) in self.tree.nodes.iter().enumerate().rev() {
            if let Node::Split(split) = content {
                counts[node] = counts[split.left as usize] + counts[split.right as usize];
            }
        }
        counts
    }

    /// The mean of the leaves below each node, by their covers.
    fn means(&self, values: &[f64], covers: &[f64]) -> Vec<f64> {
        let mut means = vec![0.0; covers.len()];
        let mut values = values.iter().rev();
        for (node, content) in self.tree.nodes.iter().enumerate().rev() {
            means[node] = match content {
                Node::Leaf(_) => values.next().copied().unwrap_or(0.0),
                Node::Split(split) => {
                    let (left, right) = (split.left as usize, split.right as usize);
                    let sum = covers[left] + covers[right];
                    let share = if sum > 0.0 { covers[left] / sum } else { 0.5 };
                    share * means[left] + (1.0 - share) * means[right]
                }
            };
        }
        means
    }

    /// The functions in the leaves, if there are any.
    fn linear(&self, rounding: &mut Rounding, text: &mut String) -> Result<(), String> {
        if !self.is_linear() {
            return Ok(());
        }
        if self.base != 0.0 {
            return Err("linear leaves with a base score".into());
        }
        let none = LinearLeaf { constant: 0.0, terms: Vec::new(), if_missing: 0.0, range: (f64::NEG_INFINITY, f64::INFINITY) };
        let function = |value: &LeafValue| match value {
            LeafValue::Linear(linear) => (**linear).clone(),
            LeafValue::Scalar(value) => LinearLeaf { constant: *value, ..none.clone() },
            _ => none.clone(),
        };
        let functions: Vec<_> = self.tree.leaves().map(|leaf| function(&leaf.value)).collect();
        let weight = self.tree.weight;
        let is_limited = |range: (f64, f64)| range.0.is_finite() || range.1.is_finite();
        rounding.limits += functions
            .iter()
            .filter(|function| is_limited(function.range) || function.terms.iter().any(|term| is_limited(term.range)))
            .count();
        line(text, "leaf_const", functions.iter().map(|function| Number(weight * function.constant)));
        line(text, "num_features", functions.iter().map(|function| function.terms.len()));
        // Two spaces follow the terms of a leaf, one stands for a leaf without.
        let lists = |of: &dyn Fn(&sapwood_score::LinearTerm) -> String| -> String {
            let terms = |function: &LinearLeaf| function.terms.iter().map(|term| of(term) + " ").collect::<String>() + " ";
            functions.iter().map(terms).collect()
        };
        line(text, "leaf_features", [lists(&|term| term.feature.to_string())]);
        line(text, "leaf_coeff", [lists(&|term| Number(weight * term.coefficient).to_string())]);
        Ok(())
    }
}

impl Lists {
    /// Adds a split, and tells whether its children are to change sides.
    fn push(&mut self, split: &Split, model: &Model, rounding: &mut Rounding) -> Result<bool, String> {
        self.features.push(split.feature);
        self.gains.push(Number(split.gain));
        match &split.condition {
            Condition::Threshold(threshold) => {
                self.decisions.push(decision(split)?);
                let (threshold, is_moved) = apart(alike(*threshold, model.precision), split.missing);
                rounding.thresholds += usize::from(is_moved);
                self.thresholds.push(Number(threshold));
                Ok(false)
            }
            Condition::Levels(words) => {
                let (words, is_swapped) = left_of(split, words, model)?;
                if self.bounds.is_empty() {
                    self.bounds.push(0);
                }
                self.decisions.push(CATEGORICAL);
                self.thresholds.push(Number((self.bounds.len() - 1) as f64));
                self.words.extend(halves(&words));
                self.bounds.push(self.words.len());
                Ok(is_swapped)
            }
            _ => Err("a condition that is neither a threshold nor a set".into()),
        }
    }
}

/// `decision_type` of a threshold.
fn decision(split: &Split) -> Result<u8, String> {
    let rule = match split.missing {
        MissingRule::NanIsZero => 0,
        MissingRule::NanOrZero => 1,
        MissingRule::Nan => 2,
        rule => return Err(format!("the rule {:?} for missing values", rule.name())),
    };
    Ok((rule << 2) | (u8::from(split.default_left) * DEFAULT_LEFT))
}

/// The threshold that divides doubles as they are divided after rounding to this precision.
fn alike(threshold: f64, precision: Precision) -> f64 {
    match precision {
        Precision::Single if threshold < f64::INFINITY => crate::xgboost::threshold_of_doubles(threshold),
        _ => threshold,
    }
}

/// The threshold that is nearest to dividing numbers as this one does, where those near 0 are taken for 0, and whether it divides any of
/// them otherwise.
fn apart(threshold: f64, rule: MissingRule) -> (f64, bool) {
    if !(-ZERO..ZERO).contains(&threshold) {
        return (threshold, false);
    }
    // Where zeros are missing, none of the numbers near 0 is compared.
    let is_moved = rule != MissingRule::NanOrZero;
    (if threshold >= 0.0 { ZERO } else { (-ZERO).next_down() }, is_moved)
}

/// The categories that go left there, and whether left and right change sides for it: what is no category goes right in LightGBM, and NaN.
fn left_of(split: &Split, words: &[u64], model: &Model) -> Result<(Vec<u64>, bool), String> {
    let levels = model.levels_of(split.feature as usize);
    let is_swapped = match (split.missing, split.default_left) {
        (MissingRule::Nan, default_left) if levels.is_some() => default_left,
        (MissingRule::UnseenRight, false) => false,
        (MissingRule::UnseenLeft, true) => true,
        (rule, left) => return Err(format!("the rule {:?} for categories, with default_left={left}", rule.name())),
    };
    let mut left: Vec<u64> = words.iter().map(|word| if is_swapped { !word } else { *word }).collect();
    if let Some(levels) = levels {
        left.truncate(levels.div_ceil(64));
        if let Some(last) = left.get_mut(levels / 64) {
            *last &= (1 << (levels % 64)) - 1;
        }
    }
    Ok((left, is_swapped))
}

/// Words of 32 bits, at least one, without those after the last that has a bit.
fn halves(words: &[u64]) -> Vec<u32> {
    let mut halves: Vec<_> = words.iter().flat_map(|word| [*word as u32, (word >> 32) as u32]).collect();
    while halves.len() > 1 && halves.last() == Some(&0) {
        halves.pop();
    }
    if halves.is_empty() { vec![0] } else { halves }
}
