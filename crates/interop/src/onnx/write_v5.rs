//! The attributes of TreeEnsemble for trees.

use super::flat::{FlatNode, FlatTest, Nodes};
use super::v5::is_small_set;
use super::write::{AttributeList, Width};

/// Modes, by number.
const AT_MOST: u8 = 0;
const BELOW: u8 = 1;
const EQUAL: u8 = 4;
const MEMBER: u8 = 6;

/// Lists with an entry for each inner node, and others with one for each leaf.
#[derive(Default)]
struct Lists {
    roots: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<u8>,
    splits: Vec<f64>,
    members: Vec<f64>,
    nan: Vec<i64>,
    children: [Vec<i64>; 2],
    are_leaves: [Vec<i64>; 2],
    targets: Vec<i64>,
    weights: Vec<f64>,
    /// Tests that fractions pass in another way.
    of_whole: usize,
}

/// The attributes but for what is said once, and how many tests are the model's of whole numbers alone. A tree whose leaves have several numbers becomes one for each target.
///
/// # Errors
/// A test that onnxruntime has not, or answers in another way.
pub fn attributes(trees: &[Nodes], width: Width) -> Result<(AttributeList, usize), String> {
    let mut lists = Lists::default();
    for nodes in trees {
        let votes = nodes.iter().find_map(|node| match node {
            FlatNode::Leaf(votes) => Some(votes.len()),
            FlatNode::Split { .. } => None,
        });
        for vote in 0..votes.unwrap_or(0) {
            lists.add(nodes, vote)?;
        }
    }
    let [yes, no] = lists.children;
    let [yes_leaves, no_leaves] = lists.are_leaves;
    let attributes = AttributeList::default()
        .ints("tree_roots", lists.roots)
        .ints("nodes_featureids", lists.features)
        .byte_tensor("nodes_modes", lists.modes)
        .tensor("nodes_splits", width, &lists.splits)
        .ints("nodes_truenodeids", yes)
        .ints("nodes_trueleafs", yes_leaves)
        .ints("nodes_falsenodeids", no)
        .ints("nodes_falseleafs", no_leaves)
        .ints("nodes_missing_value_tracks_true", lists.nan)
        .ints("leaf_targetids", lists.targets)
        .tensor("leaf_weights", width, &lists.weights);
    let attributes = match lists.members.is_empty() {
        true => attributes,
        false => attributes.tensor("membership_values", width, &lists.members),
    };
    Ok((attributes, lists.of_whole))
}

impl Lists {
    /// Adds a tree with the number `vote` of each leaf.
    fn add(&mut self, nodes: &Nodes, vote: usize) -> Result<(), String> {
        // Where each node comes among the inner nodes, or among the leaves.
        let (mut splits, mut leaves) = (self.modes.len() as i64, self.weights.len() as i64);
        let place = |node: &FlatNode| {
            let (is_leaf, count) = match node {
                FlatNode::Leaf(_) => (1, &mut leaves),
                FlatNode::Split { .. } => (0, &mut splits),
            };
            *count += 1;
            (*count - 1, is_leaf)
        };
        let places: Vec<(i64, i64)> = nodes.iter().map(place).collect();
        self.roots.push(self.modes.len() as i64);
        for node in nodes {
            match node {
                FlatNode::Leaf(votes) => {
                    self.targets.push(votes[vote].0 as i64);
                    self.weights.push(votes[vote].1);
                }
                FlatNode::Split { feature, test, is_nan_true, yes, no } => {
                    let (mode, split) = self.mode(test)?;
                    self.push(*feature, mode, split, *is_nan_true, [places[*yes], places[*no]]);
                }
            }
        }
        if let [FlatNode::Leaf(_)] = &nodes[..] {
            // A root both of whose children are one leaf stands for it.
            self.push(0, AT_MOST, 0.0, false, [places[0]; 2]);
        }
        Ok(())
    }

    fn push(&mut self, feature: u32, mode: u8, split: f64, is_nan_true: bool, children: [(i64, i64); 2]) {
        self.features.push(feature.into());
        self.modes.push(mode);
        self.splits.push(split);
        self.nan.push(is_nan_true.into());
        for (side, (place, is_leaf)) in children.into_iter().enumerate() {
            self.children[side].push(place);
            self.are_leaves[side].push(is_leaf);
        }
    }

    fn mode(&mut self, test: &FlatTest) -> Result<(u8, f64), String> {
        match test {
            FlatTest::AtMost(value) => Ok((AT_MOST, *value)),
            FlatTest::Never => Ok((BELOW, f64::NEG_INFINITY)),
            FlatTest::Exactly(members) if members.len() == 1 => Ok((EQUAL, members[0])),
            FlatTest::Exactly(members) if !is_small_set(members) => {
                Err("a set of numbers that onnxruntime compares after it cut values to whole ones".into())
            }
            FlatTest::Codes(members) | FlatTest::Exactly(members) | FlatTest::Whole(members) | FlatTest::NotNegative(members) => {
                // Of large sets onnxruntime cuts values, too.
                let is_exact = match test {
                    FlatTest::Whole(_) => !is_small_set(members),
                    FlatTest::NotNegative(_) => false,
                    _ => true,
                };
                self.of_whole += usize::from(!is_exact);
                self.members.extend(members);
                self.members.push(f64::NAN);
                Ok((MEMBER, 0.0))
            }
        }
    }
}
