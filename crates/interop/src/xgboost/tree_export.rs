//! From a model's trees to those of an XGBoost file.

use super::trees::below;
use super::value::Value;
use sapwood_score::{Condition, LeafValue, MissingRule, Model, Node, Split, Tree};

/// The parent of a root whose leaves are numbers; of one whose leaves are vectors it is −1.
const NO_PARENT: i32 = i32::MAX;

/// What trees are written for.
pub struct TreeWriter<'a> {
    pub model: &'a Model,
}

/// A tree, and how many of its numbers are not what they were.
pub struct Written {
    pub value: Value,
    pub thresholds: usize,
    pub leaves: usize,
}

/// The lists of a tree under way.
#[derive(Default)]
struct Lists {
    left: Vec<i32>,
    right: Vec<i32>,
    parents: Vec<i32>,
    features: Vec<i32>,
    conditions: Vec<f32>,
    default_left: Vec<u8>,
    split_type: Vec<u8>,
    base_weights: Vec<f32>,
    leaf_weights: Vec<f32>,
    gains: Vec<f32>,
    covers: Vec<f32>,
    categories: Vec<i32>,
    category_nodes: Vec<i32>,
    category_starts: Vec<i64>,
    category_sizes: Vec<i64>,
    moved: usize,
    rounded: usize,
}

impl TreeWriter<'_> {
    /// The tree number `index`.
    ///
    /// # Errors
    /// A leaf or a rule that XGBoost does not have.
    pub fn write(&self, index: usize, tree: &Tree) -> Result<Written, String> {
        let outputs = self.model.num_outputs();
        // A vector of one is a number.
        let is_vector = tree.has_vector_leaves() && outputs > 1;
        let mut lists = Lists { parents: vec![if is_vector { -1 } else { NO_PARENT }; tree.nodes.len()], ..Lists::default() };
        for (number, node) in tree.nodes.iter().enumerate() {
            lists.gains.push(0.0);
            lists.covers.push(node.cover() as f32);
            match node {
                Node::Leaf(leaf) => lists.push_leaf(&leaf.value, tree.weight, is_vector.then_some(outputs))?,
                Node::Split(split) => {
                    lists.push_split(number, split, self.model).map_err(|what| format!("node {number}: {what}"))?;
                    lists.base_weights.extend(vec![0.0; if is_vector { outputs } else { 1 }]);
                    lists.gains[number] = split.gain as f32;
                }
            }
        }
        let count = |number: usize| number.to_string();
        let param = |(key, value): (&str, String)| (key.to_string(), value);
        let size = if is_vector { outputs } else { 1 };
        let params = [
            ("num_deleted", "0".to_string()),
            ("num_feature", count(self.model.schema.len())),
            ("num_nodes", count(tree.nodes.len())),
            ("size_leaf_vector", count(size)),
        ];
        let mut items = vec![
            ("base_weights", Value::Floats(lists.base_weights)),
            ("categories", Value::Ints(lists.categories)),
            ("categories_nodes", Value::Ints(lists.category_nodes)),
            ("categories_segments", Value::Longs(lists.category_starts)),
            ("categories_sizes", Value::Longs(lists.category_sizes)),
            ("default_left", Value::Bytes(lists.default_left)),
            ("id", Value::Whole(index as i64)),
        ];
        items.extend(is_vector.then_some(("leaf_weights", Value::Floats(lists.leaf_weights))));
        items.extend([
            ("left_children", Value::Ints(lists.left)),
            ("loss_changes", Value::Floats(lists.gains)),
            ("parents", Value::Ints(lists.parents)),
            ("right_children", Value::Ints(lists.right)),
            ("split_conditions", Value::Floats(lists.conditions)),
            ("split_indices", Value::Ints(lists.features)),
            ("split_type", Value::Bytes(lists.split_type)),
            ("sum_hessian", Value::Floats(lists.covers)),
            ("tree_param", Value::Texts(params.map(param).into())),
        ]);
        Ok(Written { value: Value::Object(items), thresholds: lists.moved, leaves: lists.rounded })
    }
}

impl Lists {
    /// `outputs` is the length of vectors.
    fn push_leaf(&mut self, value: &LeafValue, weight: f64, outputs: Option<usize>) -> Result<(), String> {
        self.left.push(-1);
        self.features.push(0);
        self.default_left.push(0);
        self.split_type.push(0);
        match (value, outputs) {
            (LeafValue::Vector(values), Some(outputs)) => {
                self.right.push((self.leaf_weights.len() / outputs) as i32);
                self.conditions.push(0.0);
                for value in values {
                    let value = self.rounded(weight * value)?;
                    self.leaf_weights.push(value);
                    self.base_weights.push(value);
                }
            }
            (LeafValue::Scalar(value), None) => self.push_number(weight * value)?,
            (LeafValue::Vector(values), None) => self.push_number(weight * values[0])?,
            (LeafValue::Linear(_), _) => return Err("a leaf with a linear function".into()),
            _ => return Err("leaves that are numbers among others that are vectors".into()),
        }
        Ok(())
    }

    fn push_number(&mut self, value: f64) -> Result<(), String> {
        let value = self.rounded(value)?;
        self.right.push(-1);
        self.conditions.push(value);
        self.base_weights.push(value);
        Ok(())
    }

    fn rounded(&mut self, value: f64) -> Result<f32, String> {
        let rounded = value as f32;
        self.rounded += usize::from(f64::from(rounded) != value);
        if rounded.is_finite() { Ok(rounded) } else { Err(format!("the leaf value {value}, which overflows in four bytes")) }
    }

    fn push_split(&mut self, number: usize, split: &Split, model: &Model) -> Result<(), String> {
        let (left, right) = (split.left as i32, split.right as i32);
        self.left.push(left);
        self.right.push(right);
        self.parents[left as usize] = number as i32;
        self.parents[right as usize] = number as i32;
        self.features.push(split.feature as i32);
        self.default_left.push(split.default_left.into());
        let rule_of_levels = || match (split.missing, model.levels_of(split.feature as usize)) {
            (MissingRule::Nan, Some(_)) | (MissingRule::UnseenLeft, _) => Ok(()),
            (rule, _) => Err(format!("the rule {:?} for categories", rule.name())),
        };
        match &split.condition {
            Condition::Threshold(_) if split.missing != MissingRule::Nan => {
                Err(format!("the rule {:?} for missing values", split.missing.name()))
            }
            Condition::Threshold(threshold) => {
                let limit = above(*threshold);
                self.moved += usize::from(f64::from(*threshold as f32) != *threshold && below(limit) != *threshold);
                self.conditions.push(limit);
                self.split_type.push(0);
                Ok(())
            }
            Condition::Levels(words) => {
                rule_of_levels()?;
                let levels = model.levels_of(split.feature as usize);
                self.category_starts.push(self.categories.len() as i64);
                push_clear_bits(words, levels, split.default_left, &mut self.categories);
                let start = self.category_starts[self.category_starts.len() - 1];
                self.category_sizes.push(self.categories.len() as i64 - start);
                self.category_nodes.push(number as i32);
                self.conditions.push(f32::from_bits(1));
                self.split_type.push(1);
                Ok(())
            }
            _ => Err("a condition that is neither a threshold nor a set".into()),
        }
    }
}

/// Adds the categories that go right: those whose bit is clear, and of a dictionary those beyond the words, if missing values go right.
fn push_clear_bits(words: &[u64], levels: Option<usize>, default_left: bool, categories: &mut Vec<i32>) {
    let end = levels.unwrap_or(usize::MAX);
    for (at, word) in words.iter().enumerate() {
        let mut clear = !word;
        while clear != 0 {
            let code = 64 * at + clear.trailing_zeros() as usize;
            categories.extend((code < end).then_some(code as i32));
            clear &= clear - 1;
        }
    }
    if let Some(levels) = levels.filter(|_| !default_left) {
        categories.extend((64 * words.len()..levels).map(|code| code as i32));
    }
}

/// The number of four bytes of which those are less that are at most `threshold`.
pub fn above(threshold: f64) -> f32 {
    let near = threshold as f32;
    if f64::from(near) > threshold { near } else { near.next_up() }
}
