//! [`NodeContext`]: what is known of a node, for all that decide about it.

use crate::histogram::Sums;
use std::sync::Arc;

/// A node before it is split. Split finding and leaf values read it; what constrains a node is handed down in it.
#[derive(Clone, Debug)]
pub(crate) struct NodeContext {
    /// Its number in the tree.
    pub id: usize,
    /// Identifies the node by the way from the root, whatever order nodes are made in.
    pub path: u64,
    pub depth: u32,
    /// The values that its leaves may have.
    pub bounds: Bounds,
    /// The weight of the node above, where there is one.
    pub parent_weight: Option<f64>,
    /// The features that the nodes above it are split on, where these say which may follow.
    pub used: Option<Arc<[u32]>>,
    /// The features that it may be split on, where they are known to be fewer than the tree's.
    pub features: Option<Arc<[u32]>>,
    /// Those of all outputs together.
    pub sums: Sums,
    /// Those of each output, where the tree has several; padded as slots of histograms are.
    pub outputs: Vec<Sums>,
    /// Its rows on all ranks.
    pub rows: u64,
}

/// An interval of leaf values, before shrinkage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub lower: f64,
    pub upper: f64,
}

impl Default for Bounds {
    /// All numbers.
    fn default() -> Self {
        Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY }
    }
}

impl Bounds {
    /// The number in the interval that is nearest to `weight`.
    #[inline(always)]
    pub fn clamp(self, weight: f64) -> f64 {
        weight.max(self.lower).min(self.upper)
    }
}

impl Bounds {
    /// The interval in another unit.
    pub fn times(self, factor: f64) -> Self {
        let scaled = |end: f64| if end.is_infinite() { end } else { end * factor };
        Self { lower: scaled(self.lower), upper: scaled(self.upper) }
    }

    /// Those of the children whose weights are these: on either side of the middle, where the right one must be larger (`direction` 1)
    /// or smaller (-1). Of weights that are not known, the middle is 0.
    pub fn split(self, direction: f64, left: f64, right: f64) -> [Self; 2] {
        let middle = f64::midpoint(left, right);
        let middle = self.clamp(if middle.is_nan() { 0.0 } else { middle });
        let (below, above) = (Self { upper: middle, ..self }, Self { lower: middle, ..self });
        if direction > 0.0 {
            [below, above]
        } else if direction < 0.0 {
            [above, below]
        } else {
            [self; 2]
        }
    }
}

impl Bounds {
    /// Those of the children whose weights are these: each is bounded by the weight of the other.
    pub fn between(self, direction: f64, left: f64, right: f64) -> [Self; 2] {
        if direction > 0.0 {
            [Self { upper: right.min(self.upper), ..self }, Self { lower: left.max(self.lower), ..self }]
        } else if direction < 0.0 {
            [Self { lower: right.max(self.lower), ..self }, Self { upper: left.min(self.upper), ..self }]
        } else {
            [self; 2]
        }
    }
}

impl NodeContext {
    /// The node above all others.
    pub fn root(sums: Sums, outputs: Vec<Sums>, rows: u64) -> Self {
        Self {
            id: 0,
            path: 1,
            depth: 0,
            bounds: Bounds::default(),
            parent_weight: None,
            used: None,
            features: None,
            sums,
            outputs,
            rows,
        }
    }

    /// A child, whose number and rows are still to be found. `path` tells it from its sibling.
    pub fn child(&self, path: u64, sums: Sums, outputs: Vec<Sums>) -> Self {
        let Self { depth, bounds, parent_weight, .. } = *self;
        let (used, features) = (self.used.clone(), self.features.clone());
        Self { id: 0, path, depth: depth + 1, bounds, parent_weight, used, features, sums, outputs, rows: 0 }
    }
}
