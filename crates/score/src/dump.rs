//! A model as JSON for people and programs to look at. It cannot be loaded again: that is what the model file is for.

use crate::json_float::to_value;
use crate::{Condition, FORMAT_VERSION, FeatureKind, Model, Node, Split, Tree};
use serde_json::{Map, Value, json};

impl Model {
    /// The whole model as one JSON object: `format_version`, `objective`, `num_outputs`, `num_rounds`, `num_trees`, `num_nodes`,
    /// `parallel_trees`, `base_score`, `classes`, `best_iteration`, `best_score`, `params` (an object), `schema`, `importance`
    /// (a list in the schema's order) and `trees`.
    ///
    /// A tree has its `output` and its `nodes`. A split bears its feature's name, `threshold` or `levels` (those that go left),
    /// where missing values go, its children's positions in `nodes`, `gain` and `cover`. A leaf bears its number among the tree's
    /// leaves, `value` and `cover`. Numbers that JSON does not have are the texts `"inf"`, `"-inf"` and `"nan"`.
    pub fn to_json(&self) -> Value {
        let params: Map<_, _> = self.params.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let trees = self.trees.iter().enumerate().map(|(index, tree)| self.tree(index, tree));
        json!({
            "format_version": FORMAT_VERSION,
            "objective": self.objective.name(),
            "num_outputs": self.num_outputs(),
            "num_rounds": self.num_rounds(),
            "num_trees": self.trees.len(),
            "num_nodes": self.num_nodes(),
            "parallel_trees": self.parallel_trees,
            "base_score": self.base_score.iter().copied().map(to_value).collect::<Vec<_>>(),
            "classes": self.classes,
            "best_iteration": self.best_iteration,
            "best_score": self.best_score.map(to_value),
            "params": params,
            "schema": self.schema_json(),
            "importance": self.importance_json(),
            "trees": trees.collect::<Vec<_>>(),
        })
    }

    fn schema_json(&self) -> Value {
        let features = self.schema.features.iter().map(|feature| match &feature.kind {
            FeatureKind::Categorical { levels } => json!({ "name": feature.name, "type": feature.kind.word(), "levels": levels }),
            kind => json!({ "name": feature.name, "type": kind.word() }),
        });
        json!({
            "named": self.schema.named,
            "index_base": self.schema.index_base,
            "features": features.collect::<Vec<_>>(),
        })
    }

    fn importance_json(&self) -> Value {
        let row = |(feature, importance): (&crate::Feature, crate::Importance)| {
            json!({
                "feature": feature.name,
                "weight": importance.weight,
                "gain": to_value(importance.gain()),
                "cover": to_value(importance.cover()),
                "total_gain": to_value(importance.total_gain),
                "total_cover": to_value(importance.total_cover),
            })
        };
        self.schema.features.iter().zip(self.importance()).map(row).collect()
    }

    fn tree(&self, index: usize, tree: &Tree) -> Value {
        let mut leaves = 0;
        let nodes = tree.nodes.iter().map(|node| match node {
            Node::Split(split) => self.split(split),
            Node::Leaf { value, cover } => {
                leaves += 1;
                json!({ "leaf": leaves - 1, "value": to_value(*value), "cover": to_value(*cover) })
            }
        });
        let nodes: Vec<_> = nodes.collect();
        json!({ "output": self.output_of(index), "nodes": nodes })
    }

    fn split(&self, split: &Split) -> Value {
        let feature = self.schema.features.get(split.feature as usize);
        let (key, condition) = match &split.condition {
            Condition::Threshold(threshold) => ("threshold", to_value(*threshold)),
            Condition::Levels(words) => ("levels", set_levels(feature.map(|f| &f.kind), words)),
        };
        json!({
            "feature": feature.map(|f| f.name.as_str()),
            key: condition,
            "missing": if split.default_left { "left" } else { "right" },
            "left": split.left,
            "right": split.right,
            "gain": to_value(split.gain),
            "cover": to_value(split.cover),
        })
    }
}

/// The texts of the levels whose bit is set.
fn set_levels(kind: Option<&FeatureKind>, words: &[u64]) -> Value {
    let Some(FeatureKind::Categorical { levels }) = kind else { return Value::Null };
    let is_set = |code: usize| words.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1);
    levels.iter().enumerate().filter(|(code, _)| is_set(*code)).map(|(_, level)| level.as_str()).collect()
}
