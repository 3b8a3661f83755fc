//! The attributes of TreeEnsembleRegressor and TreeEnsembleClassifier for trees.

use super::flat::{FlatNode, FlatTest, Nodes};
use super::v3::Names;
use super::write::{AttributeList, Width};

/// Lists with an entry for each node, and others with one for each weight.
#[derive(Default)]
struct Lists {
    trees: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    values: Vec<f64>,
    nan: Vec<i64>,
    yes: Vec<i64>,
    no: Vec<i64>,
    weight_trees: Vec<i64>,
    weight_nodes: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f64>,
    /// Tests that fractions pass in another way.
    of_whole: usize,
}

/// The attributes, by the names that the operator has for what leaves add, and how many tests are the model's of whole numbers alone.
pub fn attributes(trees: &[Nodes], names: &Names, width: Width) -> (AttributeList, usize) {
    let mut lists = Lists::default();
    for (number, nodes) in trees.iter().enumerate() {
        lists.add(number as i64, nodes);
    }
    let attributes = AttributeList::default()
        .ints("nodes_treeids", lists.trees)
        .ints("nodes_nodeids", lists.ids)
        .ints("nodes_featureids", lists.features)
        .texts("nodes_modes", lists.modes)
        .numbers("nodes_values", width, &lists.values)
        .ints("nodes_truenodeids", lists.yes)
        .ints("nodes_falsenodeids", lists.no)
        .ints("nodes_missing_value_tracks_true", lists.nan)
        .ints(names.trees, lists.weight_trees)
        .ints(names.nodes, lists.weight_nodes)
        .ints(names.ids, lists.targets)
        .numbers(names.weights, width, &lists.weights);
    (attributes, lists.of_whole)
}

impl Lists {
    fn add(&mut self, tree: i64, nodes: &Nodes) {
        // Sets become chains of tests for equality, whose further nodes follow the others.
        let mut next = nodes.len() as i64;
        let mut chains = Vec::new();
        for (id, node) in (0..).zip(nodes) {
            match node {
                FlatNode::Leaf(votes) => {
                    self.push(tree, id, 0, "LEAF", 0.0, (0, 0, 0));
                    for &(target, weight) in votes {
                        self.weight_trees.push(tree);
                        self.weight_nodes.push(id);
                        self.targets.push(target as i64);
                        self.weights.push(weight);
                    }
                }
                FlatNode::Split { feature, test, is_nan_true, yes, no } => {
                    let (feature, nan) = (i64::from(*feature), i64::from(*is_nan_true));
                    let (yes, no) = (*yes as i64, *no as i64);
                    match test {
                        FlatTest::AtMost(value) => self.push(tree, id, feature, "BRANCH_LEQ", *value, (nan, yes, no)),
                        FlatTest::Never => self.push(tree, id, feature, "BRANCH_LT", f64::NEG_INFINITY, (nan, yes, no)),
                        FlatTest::Codes(members)
                        | FlatTest::Exactly(members)
                        | FlatTest::Whole(members)
                        | FlatTest::NotNegative(members) => {
                            self.of_whole += usize::from(matches!(test, FlatTest::Whole(_) | FlatTest::NotNegative(_)));
                            let others = members.len() as i64 - 1;
                            let after_first = if others > 0 { next } else { no };
                            self.push(tree, id, feature, "BRANCH_EQ", members[0], (nan, yes, after_first));
                            chains.extend(members[1..].iter().enumerate().map(|(at, &member)| {
                                let id = next + at as i64;
                                let onward = if at as i64 + 1 < others { id + 1 } else { no };
                                (id, feature, member, (nan, yes, onward))
                            }));
                            next += others;
                        }
                    }
                }
            }
        }
        for (id, feature, member, rest) in chains {
            self.push(tree, id, feature, "BRANCH_EQ", member, rest);
        }
    }

    fn push(&mut self, tree: i64, id: i64, feature: i64, mode: &'static str, value: f64, (nan, yes, no): (i64, i64, i64)) {
        self.trees.push(tree);
        self.ids.push(id);
        self.features.push(feature);
        self.modes.push(mode);
        self.values.push(value);
        self.nan.push(nan);
        self.yes.push(yes);
        self.no.push(no);
    }
}
