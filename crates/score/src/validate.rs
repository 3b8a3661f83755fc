//! What must hold inside a [`Model`] before anything walks its trees.

use crate::{Condition, Error, Feature, FeatureKind, FeatureSchema, Model, Node, Split, Tree};
use std::collections::HashSet;

/// The most features a model may have.
pub const MAX_FEATURES: usize = 1 << 24;
/// The most levels a feature may have.
pub const MAX_LEVELS: usize = 1 << 30;
/// The most nodes that the trees of a model may have together.
pub const MAX_NODES: usize = 1 << 30;

/// What is wrong, without the words around it.
type Check = Result<(), String>;

impl Model {
    /// Checks that the model is one that scoring can rely on: outputs, classes and rounds agree with each other, every index
    /// points where it may, every node is reached from its root by one path, conditions fit their features, numbers are numbers.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the first contradiction.
    pub fn validate(&self) -> Result<(), Error> {
        check_outputs(self).and_then(|()| check_schema(&self.schema)).and_then(|()| check_trees(self)).map_err(Error::Inconsistent)
    }
}

fn check_outputs(model: &Model) -> Check {
    let (outputs, objective) = (model.base_score.len(), model.objective);
    if outputs == 0 || model.parallel_trees == 0 {
        return Err("it has no output".into());
    }
    if objective.is_multiclass() != (outputs > 1) {
        return Err(format!("objective {} with {outputs} outputs", objective.name()));
    }
    if let Some(bad) = model.base_score.iter().find(|b| !b.is_finite()) {
        return Err(format!("base score {bad}"));
    }
    let Some(classes) = &model.classes else { return Ok(()) };
    if !objective.is_classification() {
        return Err(format!("objective {} with classes", objective.name()));
    }
    let expected = outputs.max(2);
    if classes.len() != expected {
        return Err(format!("{} class texts for {expected} classes", classes.len()));
    }
    match repeated(classes) {
        Some(text) => Err(format!("class {text:?} occurs twice")),
        None => Ok(()),
    }
}

fn check_schema(schema: &FeatureSchema) -> Check {
    if schema.len() > MAX_FEATURES {
        return Err(format!("{} features, more than {MAX_FEATURES}", schema.len()));
    }
    if let Some(base) = schema.index_base.filter(|&base| base > 1) {
        return Err(format!("feature indices count from {base}"));
    }
    for feature in &schema.features {
        let FeatureKind::Categorical { levels } = &feature.kind else { continue };
        if levels.len() > MAX_LEVELS {
            return Err(format!("feature {:?} has {} levels, more than {MAX_LEVELS}", feature.name, levels.len()));
        }
        if let Some(text) = repeated(levels) {
            return Err(format!("feature {:?} has level {text:?} twice", feature.name));
        }
    }
    Ok(())
}

fn repeated(texts: &[String]) -> Option<&str> {
    let mut seen = HashSet::with_capacity(texts.len());
    texts.iter().map(String::as_str).find(|text| !seen.insert(*text))
}

fn check_trees(model: &Model) -> Check {
    let per_round = model.num_outputs() as u128 * u128::from(model.parallel_trees);
    if !(model.trees.len() as u128).is_multiple_of(per_round) {
        return Err(format!("{} trees are no whole number of rounds of {per_round}", model.trees.len()));
    }
    if let Some(best) = model.best_iteration.filter(|&best| best as usize >= model.num_rounds()) {
        return Err(format!("best iteration {best} of {} rounds", model.num_rounds()));
    }
    if model.num_nodes() > MAX_NODES {
        return Err(format!("{} nodes, more than {MAX_NODES}", model.num_nodes()));
    }
    model
        .trees
        .iter()
        .enumerate()
        .try_for_each(|(index, tree)| check_tree(&model.schema, tree).map_err(|what| format!("tree {index}: {what}")))
}

/// As children come after their parents, "every node but the root has one parent" means: one path from the root to each.
fn check_tree(schema: &FeatureSchema, tree: &Tree) -> Check {
    if tree.nodes.is_empty() {
        return Err("no nodes".into());
    }
    let mut parents = vec![0u32; tree.nodes.len()];
    for (n, node) in tree.nodes.iter().enumerate() {
        check_node(schema, node).map_err(|what| format!("node {n}: {what}"))?;
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

fn check_node(schema: &FeatureSchema, node: &Node) -> Check {
    let cover = match node {
        Node::Leaf { value, .. } if !value.is_finite() => return Err(format!("leaf value {value}")),
        Node::Leaf { cover, .. } => *cover,
        Node::Split(split) => {
            check_split(schema, split)?;
            split.cover
        }
    };
    if cover.is_finite() && cover >= 0.0 { Ok(()) } else { Err(format!("cover {cover}")) }
}

fn check_split(schema: &FeatureSchema, split: &Split) -> Check {
    let Some(feature) = schema.features.get(split.feature as usize) else {
        return Err(format!("split on feature {} of {}", split.feature, schema.len()));
    };
    if !split.gain.is_finite() {
        return Err(format!("gain {}", split.gain));
    }
    check_condition(feature, &split.condition)
}

fn check_condition(feature: &Feature, condition: &Condition) -> Check {
    match (condition, &feature.kind) {
        (Condition::Threshold(_), FeatureKind::Categorical { .. }) => {
            Err(format!("a threshold on feature {:?}, which is categorical", feature.name))
        }
        (Condition::Threshold(threshold), _) if threshold.is_nan() => Err("threshold NaN".into()),
        (Condition::Threshold(_), _) => Ok(()),
        (Condition::Levels(words), FeatureKind::Categorical { levels }) => check_levels(words, levels.len()),
        (Condition::Levels(_), kind) => Err(format!("a set of levels on feature {:?}, which is {}", feature.name, kind.word())),
    }
}

fn check_levels(words: &[u64], levels: usize) -> Check {
    if words.len() > levels.div_ceil(64) {
        return Err(format!("{} words of levels for {levels} levels", words.len()));
    }
    let last = words.get(levels / 64).copied().unwrap_or(0);
    if last >> (levels % 64) != 0 { Err(format!("a bit beyond the {levels} levels")) } else { Ok(()) }
}
