//! One regression tree: splits on raw feature values and leaves with values in margin space.

use serde::{Deserialize, Serialize};

/// A regression tree. Node 0 is the root; children always come after their parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The nodes; at least one.
    pub nodes: Vec<Node>,
}

/// A node of a [`Tree`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// A terminal node.
    Leaf {
        /// What the tree adds to the margin, shrinkage included.
        value: f64,
        /// The sum of the hessians of its training rows.
        cover: f64,
    },
    /// An inner node.
    Split(Split),
}

/// The decision of an inner node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// The feature's position in the schema.
    pub feature: u32,
    /// Which values go left.
    pub condition: Condition,
    /// Whether missing values and levels that training never saw go left.
    pub default_left: bool,
    /// Index of the left child.
    pub left: u32,
    /// Index of the right child.
    pub right: u32,
    /// Reduction of the regularised loss (XGBoost's `loss_chg`).
    pub gain: f64,
    /// The sum of the hessians of its training rows.
    pub cover: f64,
}

/// Which non-missing values of a feature go left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// `x <= threshold`; infinity stands for "every value that is not missing".
    Threshold(f64),
    /// The levels whose bit is set; level `c` is bit `c % 64` of word `c / 64`. Levels beyond the last word are unseen.
    Levels(Vec<u64>),
}

impl Split {
    /// Whether a row whose value of [`Split::feature`] is `x` goes left. For categorical features `x` is the level's code; NaN is
    /// missing, and so is what cannot be a code (a fraction, a negative number). A code must be less than the number of levels:
    /// only the schema knows that number, so that [`Scorer`](crate::Scorer) checks it.
    #[inline]
    pub fn goes_left(&self, x: f64) -> bool {
        if x.is_nan() {
            return self.default_left;
        }
        match &self.condition {
            Condition::Threshold(t) => x <= *t,
            Condition::Levels(words) => {
                // The cast saturates; what it changes was no level's code.
                let code = x as u32;
                if f64::from(code) != x {
                    return self.default_left;
                }
                let code = code as usize;
                match words.get(code / 64) {
                    Some(word) => word >> (code % 64) & 1 == 1,
                    None => self.default_left,
                }
            }
        }
    }
}

impl Tree {
    /// A tree of a single leaf.
    pub fn leaf(value: f64, cover: f64) -> Self {
        Self { nodes: vec![Node::Leaf { value, cover }] }
    }

    /// The number of leaves.
    pub fn num_leaves(&self) -> usize {
        self.nodes.iter().filter(|n| matches!(n, Node::Leaf { .. })).count()
    }

    /// The index of the leaf that a row of raw values falls into.
    #[inline]
    pub fn leaf_index(&self, row: &[f64]) -> usize {
        let mut at = 0;
        while let Node::Split(split) = &self.nodes[at] {
            at = if split.goes_left(row[split.feature as usize]) { split.left } else { split.right } as usize;
        }
        at
    }
}
