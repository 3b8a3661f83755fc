//! From a model's trees to nodes with a test and two children, as both operators have them.

use sapwood_score::{Aggregation, Condition, Derivation, LeafValue, MissingRule, Model, Node, Precision, Split, Tree};

/// The nodes of a tree; the first is the root.
pub type Nodes = Vec<FlatNode>;

/// A node.
pub enum FlatNode {
    /// What a leaf adds to which targets.
    Leaf(Vec<(usize, f64)>),
    /// A test of a column.
    Split { feature: u32, test: FlatTest, is_nan_true: bool, yes: usize, no: usize },
}

/// A test.
pub enum FlatTest {
    AtMost(f64),
    /// None passes it.
    Never,
    /// Codes of a feature whose values are codes.
    Codes(Vec<f64>),
    /// Some numbers, to the last bit.
    Exactly(Vec<f64>),
    /// Some numbers, after the value was cut to a whole one.
    Whole(Vec<f64>),
    /// As `Whole`, but no negative number passes, however it is cut.
    NotNegative(Vec<f64>),
}

/// A tree of one leaf.
pub fn constant(target: usize, value: f64) -> Nodes {
    vec![FlatNode::Leaf(vec![(target, value)])]
}

/// All trees of a model, before them what its sums begin with.
///
/// # Errors
/// What ONNX does not have, by name.
pub fn trees(model: &Model) -> Result<Vec<Nodes>, String> {
    let mut trees = Vec::with_capacity(model.trees.len() + model.num_outputs());
    for (target, &base) in model.base_score.iter().enumerate() {
        let has_tree = || model.has_vector_leaves() || (0..model.trees.len()).any(|tree| model.output_of(tree) == target);
        if model.aggregation == Aggregation::Sum && (base != 0.0 || !has_tree()) {
            trees.push(constant(target, base));
        }
    }
    for (number, tree) in model.trees.iter().enumerate() {
        trees.push(flat(model, number, tree).map_err(|what| format!("tree {number}: {what}"))?);
    }
    Ok(trees)
}

fn flat(model: &Model, number: usize, tree: &Tree) -> Result<Nodes, String> {
    let is_single = model.precision == Precision::Single;
    let weighted = |value: f64| match is_single {
        false => tree.weight * value,
        true => f64::from(tree.weight as f32 * value as f32),
    };
    let node = |node: &Node| match node {
        Node::Split(split) => self::split(model, split),
        Node::Leaf(leaf) => match &leaf.value {
            LeafValue::Scalar(value) => Ok(FlatNode::Leaf(vec![(model.output_of(number), weighted(*value))])),
            LeafValue::Vector(values) => Ok(FlatNode::Leaf(values.iter().copied().map(weighted).enumerate().collect())),
            _ => Err("a leaf with a linear function".into()),
        },
    };
    let nodes = tree.nodes.iter().enumerate();
    nodes.map(|(at, found)| node(found).map_err(|what| format!("node {at}: {what}"))).collect()
}

fn split(model: &Model, split: &Split) -> Result<FlatNode, String> {
    let threshold = match &split.condition {
        Condition::Threshold(threshold) => *threshold,
        Condition::Levels(words) => return levels(model, split, words),
        _ => return Err("a condition that is neither a threshold nor a set".into()),
    };
    let is_nan_true = match split.missing {
        MissingRule::Nan => split.default_left,
        MissingRule::NanIsZero => 0.0 <= threshold,
        rule => return Err(format!("the rule {:?} for missing values", rule.name())),
    };
    if split.feature as usize >= model.schema.len() {
        return Err("a feature that is computed from others".into());
    }
    let test = FlatTest::AtMost(at_most(model.precision, threshold));
    Ok(FlatNode::Split { feature: split.feature, test, is_nan_true, yes: split.left as usize, no: split.right as usize })
}

/// The greatest number of the model's precision that is not greater.
fn at_most(precision: Precision, threshold: f64) -> f64 {
    let near = threshold as f32;
    match precision == Precision::Single {
        false => threshold,
        true if f64::from(near) > threshold => near.next_down().into(),
        true => near.into(),
    }
}

fn levels(model: &Model, split: &Split, words: &[u64]) -> Result<FlatNode, String> {
    let (left, right, default_left) = (split.left as usize, split.right as usize, split.default_left);
    let codes = || (0..64 * words.len()).filter(|code| words[code / 64] >> (code % 64) & 1 == 1);
    let derived = (split.feature as usize).checked_sub(model.schema.len()).and_then(|at| model.derived.get(at));
    if let Some(derived) = derived {
        let Derivation::Code { source, values, is_single } = &derived.derivation else {
            return Err("a feature that is computed from others".into());
        };
        if *is_single != (model.precision == Precision::Single) || split.missing != MissingRule::UnseenRight {
            return Err("numbers that are compared in another precision than they are summed in".into());
        }
        let test = member(codes().map(|code| values[code]).collect(), FlatTest::Exactly);
        return Ok(FlatNode::Split { feature: *source, test, is_nan_true: default_left, yes: left, no: right });
    }
    match (model.levels_of(split.feature as usize), split.missing) {
        (None, MissingRule::UnseenRight) => Ok(FlatNode::Split {
            feature: split.feature,
            test: member(codes().map(|code| code as f64).collect(), FlatTest::Whole),
            is_nan_true: default_left,
            yes: left,
            no: right,
        }),
        (None, MissingRule::UnseenLeft) => {
            let others = (0..64 * words.len()).filter(|code| words[code / 64] >> (code % 64) & 1 == 0);
            let test = member(others.map(|code| code as f64).collect(), FlatTest::NotNegative);
            Ok(FlatNode::Split { feature: split.feature, test, is_nan_true: !default_left, yes: right, no: left })
        }
        (None, rule) => Err(format!("the rule {:?} for categories that are numbers", rule.name())),
        (Some(count), rule) => {
            let is_unseen_left = match rule {
                MissingRule::UnseenLeft => true,
                MissingRule::UnseenRight => false,
                _ => default_left,
            };
            // Those of one side are listed; the other is that of levels that training did not see.
            let is_listed = |code: &usize| {
                let is_left = words.get(code / 64).map_or(is_unseen_left, |word| word >> (code % 64) & 1 == 1);
                is_left != is_unseen_left
            };
            let test = member((0..count).filter(is_listed).map(|code| code as f64).collect(), FlatTest::Codes);
            let (yes, no) = if is_unseen_left { (right, left) } else { (left, right) };
            Ok(FlatNode::Split { feature: split.feature, test, is_nan_true: default_left != is_unseen_left, yes, no })
        }
    }
}

/// A test for membership; no value passes that of an empty set.
fn member(members: Vec<f64>, test: fn(Vec<f64>) -> FlatTest) -> FlatTest {
    if members.is_empty() { FlatTest::Never } else { test(members) }
}
