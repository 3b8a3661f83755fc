//! Trees are trees, and fit the features and outputs of their model.

use super::{Check, MAX_LEVELS, MAX_NODES, check_numeric};
use crate::{Condition, Layout, Leaf, LeafValue, LinearLeaf, MissingRule, Model, Node, Split, Tree};

pub(super) fn check(model: &Model) -> Check {
    match &model.layout {
        None => check_rounds(model.trees.len(), model.trees_per_round(), model.best_iteration)?,
        Some(layout) => check_layout(model, layout)?,
    }
    if model.num_nodes() > MAX_NODES {
        return Err(format!("{} nodes, more than {MAX_NODES}", model.num_nodes()));
    }
    let has_vectors = model.has_vector_leaves();
    model.trees.iter().enumerate().try_for_each(|(index, tree)| {
        let checked =
            check_tree(model, tree).and_then(|()| match model.layout.is_none() && tree.has_vector_leaves() != has_vectors {
                true => Err("vectors as leaves in some trees only".into()),
                false => Ok(()),
            });
        checked.map_err(|what| format!("tree {index}: {what}"))
    })
}

/// Checks that `trees` are whole rounds, among them the best one.
pub(super) fn check_rounds(trees: usize, per_round: usize, best_iteration: Option<u32>) -> Check {
    if !trees.is_multiple_of(per_round) {
        return Err(format!("{trees} trees are not a whole number of rounds of {per_round}"));
    }
    check_best(best_iteration, trees / per_round.max(1))
}

fn check_best(best_iteration: Option<u32>, rounds: usize) -> Check {
    match best_iteration.filter(|&best| best as usize >= rounds) {
        Some(best) => Err(format!("best iteration {best} of {rounds} rounds")),
        None => Ok(()),
    }
}

fn check_layout(model: &Model, layout: &Layout) -> Check {
    let trees: u64 = layout.rounds.iter().map(|&trees| u64::from(trees)).sum();
    if trees != model.trees.len() as u64 || layout.outputs.len() != model.trees.len() {
        return Err(format!("{} trees in a layout of {trees} and {}", model.trees.len(), layout.outputs.len()));
    }
    if let Some(output) = layout.outputs.iter().find(|&&output| output as usize >= model.num_outputs()) {
        return Err(format!("a tree of output {output} of {}", model.num_outputs()));
    }
    check_best(model.best_iteration, layout.rounds.len())
}

/// As children come after their parents, "every node but the root has one parent" means: one path from the root to each.
fn check_tree(model: &Model, tree: &Tree) -> Check {
    if tree.nodes.is_empty() {
        return Err("no nodes".into());
    }
    if !tree.weight.is_finite() {
        return Err(format!("weight {}", tree.weight));
    }
    if !tree.counts.is_empty() && tree.counts.len() != tree.nodes.len() {
        return Err(format!("{} counts of {} nodes", tree.counts.len(), tree.nodes.len()));
    }
    let has_vectors = tree.has_vector_leaves();
    let mut parents = vec![0u32; tree.nodes.len()];
    for (n, node) in tree.nodes.iter().enumerate() {
        check_node(model, node, has_vectors).map_err(|what| format!("node {n}: {what}"))?;
        let Node::Split(split) = node else { continue };
        for child in [split.left as usize, split.right as usize] {
            if child <= n || child >= tree.nodes.len() {
                return Err(format!("node {n}: child {child}"));
            }
            parents[child] += 1;
        }
    }
    match parents.iter().enumerate().skip(1).find(|(_, parents)| **parents != 1) {
        Some((n, parents)) => Err(format!("node {n} has {parents} parents")),
        None => Ok(()),
    }
}

fn check_node(model: &Model, node: &Node, has_vectors: bool) -> Check {
    match node {
        Node::Leaf(leaf) => check_leaf(model, leaf, has_vectors)?,
        Node::Split(split) => check_split(model, split)?,
    }
    let cover = node.cover();
    if cover.is_finite() && cover >= 0.0 { Ok(()) } else { Err(format!("cover {cover}")) }
}

fn check_leaf(model: &Model, leaf: &Leaf, has_vectors: bool) -> Check {
    let check_value = |value: f64| if value.is_finite() { Ok(()) } else { Err(format!("leaf value {value}")) };
    match &leaf.value {
        LeafValue::Vector(values) if values.len() != model.num_outputs() => {
            Err(format!("a leaf of {} values for {} outputs", values.len(), model.num_outputs()))
        }
        LeafValue::Vector(values) => values.iter().copied().try_for_each(check_value),
        _ if has_vectors => Err("a leaf that is not a vector among others that are".into()),
        LeafValue::Scalar(value) => check_value(*value),
        LeafValue::Linear(linear) => check_linear(model, linear),
    }
}

fn check_linear(model: &Model, linear: &LinearLeaf) -> Check {
    if !linear.constant.is_finite() || !linear.if_missing.is_finite() {
        return Err(format!("leaf value {} or {}", linear.constant, linear.if_missing));
    }
    check_range(linear.range)?;
    for term in &linear.terms {
        check_feature(model, term.feature)?;
        check_numeric(model, term.feature)?;
        check_range(term.range)?;
        if !term.coefficient.is_finite() {
            return Err(format!("coefficient {}", term.coefficient));
        }
    }
    Ok(())
}

fn check_range((low, high): (f64, f64)) -> Check {
    if low <= high { Ok(()) } else { Err(format!("the range from {low} to {high}")) }
}

fn check_feature(model: &Model, feature: u32) -> Check {
    match (feature as usize) < model.num_features() {
        true => Ok(()),
        false => Err(format!("feature {feature} of {}", model.num_features())),
    }
}

fn check_split(model: &Model, split: &Split) -> Check {
    check_feature(model, split.feature)?;
    if !split.gain.is_finite() {
        return Err(format!("gain {}", split.gain));
    }
    let name = || model.feature_name(split.feature as usize).unwrap_or_default();
    match (&split.condition, model.levels_of(split.feature as usize), split.missing) {
        (Condition::Threshold(_), Some(_), _) => Err(format!("a threshold on feature {:?}, which is categorical", name())),
        (Condition::Threshold(threshold), ..) if threshold.is_nan() => Err("threshold NaN".into()),
        // Categories without names are numbers.
        (Condition::Levels(words), None, MissingRule::UnseenLeft | MissingRule::UnseenRight) => check_words(words, MAX_LEVELS),
        (Condition::Levels(_), None, _) => Err(format!("a set of levels on feature {:?}, which is not categorical", name())),
        (Condition::Threshold(_), None, MissingRule::UnseenLeft | MissingRule::UnseenRight)
        | (Condition::Levels(_), Some(_), MissingRule::NanOrZero | MissingRule::NanIsZero) => {
            Err(format!("the rule for missing values {:?} on feature {:?}", split.missing, name()))
        }
        (Condition::Threshold(_), None, _) => Ok(()),
        (Condition::Levels(words), Some(levels), _) => check_levels(words, levels),
    }
}

fn check_words(words: &[u64], levels: usize) -> Check {
    match words.len() > levels.div_ceil(64) {
        true => Err(format!("{} words of levels for {levels} levels", words.len())),
        false => Ok(()),
    }
}

fn check_levels(words: &[u64], levels: usize) -> Check {
    check_words(words, levels)?;
    let last = words.get(levels / 64).copied().unwrap_or(0);
    if last >> (levels % 64) != 0 { Err(format!("a bit beyond the {levels} levels")) } else { Ok(()) }
}
