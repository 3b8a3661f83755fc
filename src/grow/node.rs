//! The tree while it grows: nodes in terms of bins, and where their rows are.

use super::partition::NodeRows;
use crate::binning::{BinMapper, FeatureBins};
use crate::histogram::{Histogram, Sums};
use crate::split::{BinCondition, Bounds, NodeContext, SplitInfo};
use sapwood_score::{Condition, LeafValue, LinearLeaf, Node, Split, Tree};
use std::ops::Range;

/// A node that may still be split.
#[derive(Debug)]
pub(crate) struct OpenNode<'r> {
    pub context: NodeContext,
    /// Its rows, until its children have them.
    pub rows: Option<NodeRows<'r>>,
    /// In which of the tree's buffers they are.
    pub buffer: usize,
    /// Its rows' positions in the partition.
    pub range: Range<usize>,
    /// As long as the node may be split: what its rows sum to. Of several ranks, each knows the bins of its own features alone.
    pub histogram: Option<Histogram>,
    pub split: Option<SplitInfo>,
    /// The children, where the split has been carried out ahead of its turn.
    pub children: Option<Box<[OpenNode<'r>; 2]>>,
}

impl<'r> OpenNode<'r> {
    /// A node of which no more is known than its rows, the first of which is at `begin` in the partition.
    pub fn new(context: NodeContext, begin: usize, rows: NodeRows<'r>) -> Self {
        let (range, buffer) = (begin..begin + rows.rows.len(), rows.buffer);
        Self { context, rows: Some(rows), buffer, range, histogram: None, split: None, children: None }
    }

    /// Its rows, as long as its children have not got them.
    pub fn rows(&self) -> &[u32] {
        self.rows.as_ref().map_or(&[], |rows| rows.rows)
    }
}

/// A node of a grown tree.
#[derive(Clone, Debug)]
pub(crate) enum GrownNode {
    Leaf(Leaf),
    Split { split: SplitInfo, left: usize, right: usize },
}

/// A leaf of a grown tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaf {
    /// Its rows' positions in the partition, and in which of the tree's buffers.
    pub range: Range<usize>,
    pub buffer: usize,
    /// Its rows on all ranks.
    pub row_count: u64,
    /// What its value must keep to.
    pub bounds: Bounds,
    pub value: f64,
    /// The values of a tree of several outputs, in the place of `value`.
    pub outputs: Vec<f64>,
    /// Of all outputs together.
    pub cover: f64,
    /// What rows get that have all values of its terms, in the place of `value`.
    pub linear: Option<Box<Linear>>,
}

/// A linear function in a leaf.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub function: LinearLeaf,
    /// What its values are multiplied by.
    pub weight: f64,
}

impl GrownNode {
    /// The leaf, if it is one.
    pub fn leaf(&self) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Split { .. } => None,
        }
    }

    /// The split, if it is an inner node.
    pub fn split(&self) -> Option<&SplitInfo> {
        match self {
            Self::Leaf(_) => None,
            Self::Split { split, .. } => Some(split),
        }
    }

    /// The same, to be changed.
    pub fn leaf_mut(&mut self) -> Option<&mut Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Split { .. } => None,
        }
    }
}

impl Leaf {
    /// Its rows, of those in the tree's buffers.
    pub fn rows<'b>(&self, buffers: &'b [Vec<u32>; 2]) -> &'b [u32] {
        &buffers[self.buffer][self.range.clone()]
    }

    /// The leaf of a tree on raw values that was grown on no rows.
    fn of(leaf: &sapwood_score::Leaf) -> Option<Self> {
        let cover = leaf.cover;
        Some(match &leaf.value {
            LeafValue::Scalar(value) => Self { value: *value, cover, ..Self::default() },
            LeafValue::Vector(outputs) => Self { outputs: outputs.clone(), cover, ..Self::default() },
            LeafValue::Linear(function) => {
                let linear = Some(Box::new(Linear { function: (**function).clone(), weight: 1.0 }));
                Self { value: function.if_missing, linear, cover, ..Self::default() }
            }
            _ => return None,
        })
    }

    /// What it adds to a row whose features have the values `x(feature)`, if it has one output.
    #[inline]
    pub fn value_at(&self, x: impl Fn(u32) -> f64) -> f64 {
        self.linear.as_ref().map_or(self.value, |linear| linear.weight * linear.function.value(x))
    }

    /// The same leaf on raw values.
    fn to_leaf(&self, cover: f64) -> sapwood_score::Leaf {
        let value = match &self.linear {
            Some(linear) => LeafValue::Linear(Box::new(linear.function.clone())),
            None if self.outputs.is_empty() => LeafValue::Scalar(self.value),
            None => LeafValue::Vector(self.outputs.clone()),
        };
        sapwood_score::Leaf::of(value, cover)
    }
}

/// A grown tree, with its rows. Parents come before their children.
#[derive(Debug)]
pub(crate) struct GrownTree {
    pub nodes: Vec<GrownNode>,
    /// Row numbers; every leaf's rows are consecutive and ascending, in the buffer that it names.
    pub rows: [Vec<u32>; 2],
}

impl GrownTree {
    /// The nodes of a tree on raw values as if it had been grown on no rows, if its thresholds are cuts of `mapper`.
    pub fn of(tree: &Tree, mapper: &BinMapper) -> Option<Self> {
        let grown = |node: &Node| match node {
            Node::Leaf(leaf) => Leaf::of(leaf).map(GrownNode::Leaf),
            Node::Split(split) => {
                let condition = bin_condition(&split.condition, mapper.features().get(split.feature as usize)?)?;
                let (left, right) = (split.left as usize, split.right as usize);
                let none = Sums::default();
                let split = SplitInfo {
                    gain: split.gain,
                    feature: split.feature,
                    condition,
                    missing_left: split.default_left,
                    left: none,
                    right: none,
                    left_outputs: Vec::new(),
                };
                Some(GrownNode::Split { split, left, right })
            }
        };
        Some(Self { nodes: tree.nodes.iter().map(grown).collect::<Option<_>>()?, rows: Default::default() })
    }

    /// Multiplies what its leaves add by the weight of the tree.
    pub fn weigh(&mut self, weight: f64) {
        for leaf in self.nodes.iter_mut().filter_map(GrownNode::leaf_mut) {
            leaf.value *= weight;
            leaf.outputs.iter_mut().for_each(|value| *value *= weight);
            leaf.linear.iter_mut().for_each(|linear| linear.weight *= weight);
        }
    }

    /// Whether each leaf has one value for all of its rows.
    pub fn is_constant(&self) -> bool {
        self.leaves().all(|leaf| leaf.outputs.is_empty() && leaf.linear.is_none())
    }

    /// The leaves, in the order of the nodes.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.nodes.iter().filter_map(GrownNode::leaf)
    }

    /// The number of outputs that its leaves have values for.
    pub fn outputs(&self) -> usize {
        self.leaves().next().map_or(1, |leaf| leaf.outputs.len().max(1))
    }

    /// The rows of a leaf; none of another node.
    pub fn rows_of(&self, node: usize) -> &[u32] {
        match &self.nodes[node] {
            GrownNode::Leaf(leaf) => leaf.rows(&self.rows),
            GrownNode::Split { .. } => &[],
        }
    }

    /// The leaves below a node, or the node itself if it is one.
    pub fn leaves_below(&self, node: usize) -> Vec<usize> {
        let (mut open, mut leaves) = (vec![node], Vec::new());
        while let Some(at) = open.pop() {
            match &self.nodes[at] {
                GrownNode::Leaf(_) => leaves.push(at),
                GrownNode::Split { left, right, .. } => open.extend([*left, *right]),
            }
        }
        leaves
    }

    /// The number of rows that the tree was grown on.
    pub fn num_rows(&self) -> usize {
        self.rows[0].len()
    }

    /// All rows in the order of the partition: those of neighbouring leaves lie side by side.
    pub fn leaf_order(&self) -> Vec<u32> {
        let mut order = self.rows[0].clone();
        for node in &self.nodes {
            if let GrownNode::Leaf(leaf) = node {
                order[leaf.range.clone()].copy_from_slice(leaf.rows(&self.rows));
            }
        }
        order
    }

    /// The tree on raw values.
    pub fn to_tree(&self, mapper: &BinMapper) -> Tree {
        let covers = self.covers();
        let nodes = self.nodes.iter().zip(covers).map(|(node, cover)| match node {
            GrownNode::Leaf(leaf) => Node::Leaf(leaf.to_leaf(cover)),
            GrownNode::Split { split, left, right } => {
                let condition = condition(split, &mapper.features()[split.feature as usize]);
                let children = (*left as u32, *right as u32);
                Node::Split(Split::new(split.feature, condition, split.missing_left, children, split.gain, cover))
            }
        });
        Tree::new(nodes.collect())
    }

    /// The hessian of each node: an inner node's is its children's together.
    fn covers(&self) -> Vec<f64> {
        let mut covers = vec![0.0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            covers[at] = match node {
                GrownNode::Leaf(leaf) => leaf.cover,
                GrownNode::Split { left, right, .. } => covers[*left] + covers[*right],
            };
        }
        covers
    }
}

/// The other way round.
fn bin_condition(condition: &Condition, bins: &FeatureBins) -> Option<BinCondition> {
    match (condition, bins) {
        (Condition::Threshold(threshold), FeatureBins::Numeric { cuts }) => {
            let bin = cuts.partition_point(|cut| cut < threshold);
            (cuts.get(bin) == Some(threshold)).then_some(BinCondition::Bin(bin))
        }
        (Condition::Levels(words), FeatureBins::Categorical { .. }) => Some(BinCondition::Levels(words.clone())),
        _ => None,
    }
}

fn condition(split: &SplitInfo, bins: &FeatureBins) -> Condition {
    match (&split.condition, bins) {
        (BinCondition::Bin(bin), FeatureBins::Numeric { cuts }) => Condition::Threshold(cuts[*bin]),
        (BinCondition::Levels(words), _) => Condition::Levels(words.clone()),
        (BinCondition::Bin(bin), FeatureBins::Categorical { .. }) => {
            unreachable!("a threshold at bin {bin} of a categorical feature")
        }
    }
}
