//! A model as JSON for people and programs to look at. It cannot be loaded again: that is what the model file is for.

use crate::json_float::to_value;
use crate::{Condition, FORMAT_VERSION, FeatureKind, Leaf, LeafValue, LinearLeaf, Model, Node, Split, Tree, format};
use serde_json::{Map, Value, json};

/// What is told as it stands in the header of the model file.
const HEADER_KEYS: [&str; 10] = [
    "reading",
    "required_roles",
    "link",
    "outputs",
    "prediction",
    "calibration",
    "aggregation",
    "precision",
    "ensemble",
    "attributes",
];

impl Model {
    /// The whole model as one JSON object: `format_version`, `objective`, `num_outputs`, `num_rounds`, `num_trees`, `num_nodes`,
    /// `parallel_trees`, `base_score`, `classes`, `best_iteration`, `best_score`, `params` (an object), `schema`, `derived` (a list
    /// of names with the columns that they come from), `importance` (a list in the schema's order, then the derived features) and
    /// `trees`; further `reading`, `required_roles`, `link`, `outputs`, `prediction`, `calibration`, `aggregation`, `precision`,
    /// `ensemble` and `attributes` as they are in the header of the model file.
    ///
    /// A tree has its `output` (null where its leaves are vectors), `weight` and `nodes`. A split bears its feature's name,
    /// `threshold` or `levels` (those that go left; of derived and numeric features the codes), where missing values go and by which rule they
    /// are missing, its children's positions in `nodes`, `gain` and `cover`. A leaf bears its number among the tree's leaves, `value`
    /// (a list if it is a vector) or `linear`, and `cover`. Numbers that JSON does not have are the texts `"inf"`, `"-inf"` and
    /// `"nan"`.
    pub fn to_json(&self) -> Value {
        let params: Map<_, _> = self.params.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let trees = self.trees.iter().enumerate().map(|(index, tree)| self.tree(index, tree));
        let mut json = json!({
            "format_version": FORMAT_VERSION,
            "objective": self.objective.name,
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
            "derived": self.derived_json(),
            "importance": self.importance_json(),
        });
        let mut header = format::header(self);
        for key in HEADER_KEYS {
            json[key] = header[key].take();
        }
        json["trees"] = trees.collect();
        json
    }

    fn derived_json(&self) -> Value {
        let sources = |feature| {
            let columns = self.source_columns(feature).into_iter();
            columns.filter_map(|column| self.feature_name(column)).collect::<Vec<_>>()
        };
        let features = self.schema.len()..self.num_features();
        features.map(|feature| json!({ "name": self.feature_name(feature), "sources": sources(feature) })).collect()
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
        let row = |(feature, importance): (usize, crate::Importance)| {
            json!({
                "feature": self.feature_name(feature),
                "weight": importance.weight,
                "gain": to_value(importance.gain()),
                "cover": to_value(importance.cover()),
                "total_gain": to_value(importance.total_gain),
                "total_cover": to_value(importance.total_cover),
            })
        };
        self.importance().into_iter().enumerate().map(row).collect()
    }

    fn tree(&self, index: usize, tree: &Tree) -> Value {
        let mut leaves = 0;
        let nodes = tree.nodes.iter().enumerate().map(|(n, node)| {
            let mut json = match node {
                Node::Split(split) => self.split(split),
                Node::Leaf(leaf) => {
                    leaves += 1;
                    self.leaf(leaves - 1, leaf)
                }
            };
            if let Some(count) = tree.counts.get(n) {
                json["count"] = (*count).into();
            }
            json
        });
        let nodes: Vec<_> = nodes.collect();
        let output = (!tree.has_vector_leaves()).then(|| self.output_of(index));
        json!({ "output": output, "weight": to_value(tree.weight), "nodes": nodes })
    }

    fn leaf(&self, number: u32, leaf: &Leaf) -> Value {
        let (key, value) = match &leaf.value {
            LeafValue::Scalar(value) => ("value", to_value(*value)),
            LeafValue::Vector(values) => ("value", values.iter().copied().map(to_value).collect()),
            LeafValue::Linear(linear) => ("linear", self.linear(linear)),
        };
        json!({ "leaf": number, key: value, "cover": to_value(leaf.cover) })
    }

    fn linear(&self, linear: &LinearLeaf) -> Value {
        let range = |range: (f64, f64)| [to_value(range.0), to_value(range.1)];
        let terms = linear.terms.iter().map(|term| {
            json!({
                "feature": self.feature_name(term.feature as usize),
                "coefficient": to_value(term.coefficient),
                "range": range(term.range),
            })
        });
        json!({
            "constant": to_value(linear.constant),
            "terms": terms.collect::<Vec<_>>(),
            "if_missing": to_value(linear.if_missing),
            "range": range(linear.range),
        })
    }

    fn split(&self, split: &Split) -> Value {
        let feature = split.feature as usize;
        let (key, condition) = match &split.condition {
            Condition::Threshold(threshold) => ("threshold", to_value(*threshold)),
            Condition::Levels(words) => ("levels", self.set_levels(feature, words)),
        };
        json!({
            "feature": self.feature_name(feature),
            key: condition,
            "missing": if split.default_left { "left" } else { "right" },
            "missing_rule": split.missing.name(),
            "left": split.left,
            "right": split.right,
            "gain": to_value(split.gain),
            "cover": to_value(split.cover),
        })
    }

    /// The texts of the levels whose bit is set; their codes where they have none.
    fn set_levels(&self, feature: usize, words: &[u64]) -> Value {
        let is_set = |code: &usize| words.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1);
        let codes = (0..self.levels_of(feature).unwrap_or(64 * words.len())).filter(is_set);
        match self.schema.features.get(feature).map(|feature| &feature.kind) {
            Some(FeatureKind::Categorical { levels }) => codes.map(|code| levels[code].as_str()).collect(),
            _ => codes.collect(),
        }
    }
}
