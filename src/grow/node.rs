//! The tree while it grows: nodes in terms of bins, and where their rows are.

use crate::binning::{BinMapper, FeatureBins};
use crate::histogram::{Histogram, Sums};
use crate::split::{Decision, SplitInfo};
use sapwood_score::{Condition, Node, Split, Tree};
use std::ops::Range;
use std::sync::Arc;

/// A node that may still be split.
#[derive(Debug)]
pub(crate) struct OpenNode {
    /// Its number in the tree.
    pub id: usize,
    /// Its rows' positions in the partition.
    pub range: Range<usize>,
    pub depth: u32,
    /// Identifies the node by the way from the root, whatever order nodes are made in.
    pub path: u64,
    pub sums: Sums,
    /// The features that it may be split on, where they are known to be fewer than the tree's.
    pub features: Option<Arc<[u32]>>,
    pub histogram: Option<Histogram>,
    pub split: Option<SplitInfo>,
    /// The children, where the split has been carried out ahead of its turn.
    pub children: Option<Box<[OpenNode; 2]>>,
}

/// A node of a grown tree.
#[derive(Debug)]
pub(crate) enum GrownNode {
    Leaf { range: Range<usize>, value: f64, cover: f64 },
    Split { split: SplitInfo, left: usize, right: usize },
}

/// A grown tree, with its rows in leaf order. Parents come before their children.
#[derive(Debug)]
pub(crate) struct GrownTree {
    pub nodes: Vec<GrownNode>,
    /// Row numbers; every leaf's rows are consecutive and ascending.
    pub rows: Vec<u32>,
}

impl GrownTree {
    /// Leaves: their rows and values.
    pub fn leaves(&self) -> impl Iterator<Item = (&[u32], f64)> {
        self.nodes.iter().filter_map(|node| match node {
            GrownNode::Leaf { range, value, .. } => Some((&self.rows[range.clone()], *value)),
            GrownNode::Split { .. } => None,
        })
    }

    /// The tree on raw values.
    pub fn to_tree(&self, mapper: &BinMapper) -> Tree {
        let covers = self.covers();
        let nodes = self.nodes.iter().zip(covers).map(|(node, cover)| match node {
            GrownNode::Leaf { value, .. } => Node::Leaf { value: *value, cover },
            GrownNode::Split { split, left, right } => Node::Split(Split {
                feature: split.feature,
                condition: condition(split, &mapper.features()[split.feature as usize]),
                default_left: split.missing_left,
                left: *left as u32,
                right: *right as u32,
                gain: split.gain,
                cover,
            }),
        });
        Tree { nodes: nodes.collect() }
    }

    /// The hessian of each node: an inner node's is its children's together.
    fn covers(&self) -> Vec<f64> {
        let mut covers = vec![0.0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            covers[at] = match node {
                GrownNode::Leaf { cover, .. } => *cover,
                GrownNode::Split { left, right, .. } => covers[*left] + covers[*right],
            };
        }
        covers
    }
}

fn condition(split: &SplitInfo, bins: &FeatureBins) -> Condition {
    match (&split.decision, bins) {
        (Decision::Bin(bin), FeatureBins::Numeric { cuts }) => Condition::Threshold(cuts[*bin]),
        (Decision::Levels(words), _) => Condition::Levels(words.clone()),
        (Decision::Bin(bin), FeatureBins::Categorical { .. }) => unreachable!("a threshold at bin {bin} of a categorical feature"),
    }
}
