//! Growth with `monotone_constraints_method=intermediate`: the bounds of a leaf are the weights of the leaves that it must not exceed, or fall
//! below, as they are when it is split, and not middles between weights of nodes far above (LightGBM's method; Auguste, Malory and Smirnov 2020).
//!
//! A split changes the bounds of leaves elsewhere in the tree. So leaves are split in their turn, none ahead of it. Bounds become only
//! narrower, and so gains only smaller: a split is looked for anew where it would come next, and its leaf's bounds have changed since.

use super::expand::TreeContext;
use super::growth::{GainRank, Growth, reserve};
use super::leaf_order::LeafOrder;
use super::node::{GrownNode, OpenNode};
use crate::Result;
use crate::params::GrowPolicy;

impl Growth<'_> {
    /// Splits the leaf whose turn it is until `max_leaves` are reached. Returns the nodes as [`Growth::depthwise`] does.
    ///
    /// # Errors
    /// As [`TreeContext::expand_batch`].
    pub fn in_turn(&self, root: OpenNode<'_>) -> Result<Vec<GrownNode>> {
        let (context, mut nodes) = (self.context, Vec::new());
        reserve(&mut nodes, 1);
        let mut order = LeafOrder::new(context.rules, context.mapper, root.context.id);
        let mut leaves = vec![root];
        while self.room(leaves.len()) > 0
            && let Some(next) = self.next(&leaves)
        {
            let leaf = &mut leaves[next];
            let bounds = order.bounds(leaf.context.id);
            if leaf.context.bounds != bounds {
                context.find_anew(leaf, bounds);
                continue;
            }
            let leaf = leaves.swap_remove(next);
            leaves.extend(self.split(&mut nodes, &mut order, leaf)?);
        }
        let bounds = order.final_bounds();
        for mut leaf in leaves {
            leaf.context.bounds = bounds.get(&leaf.context.id).copied().unwrap_or_default();
            self.close(&mut nodes, leaf);
        }
        Ok(nodes)
    }

    /// The place of the leaf that is split next: the one with the largest gain, or the leftmost of the level.
    fn next(&self, leaves: &[OpenNode<'_>]) -> Option<usize> {
        let splittable = (0..leaves.len()).filter(|&at| leaves[at].split.is_some());
        match self.context.params.grow_policy {
            GrowPolicy::Lossguide => splittable.min_by_key(|&at| GainRank::of(&leaves[at])),
            GrowPolicy::Depthwise => splittable.min_by_key(|&at| (leaves[at].context.depth, leaves[at].context.id)),
        }
    }

    /// Makes an inner node of a leaf. Returns its children.
    fn split<'r>(
        &self,
        nodes: &mut Vec<GrownNode>,
        order: &mut LeafOrder<'_>,
        mut leaf: OpenNode<'r>,
    ) -> Result<Vec<OpenNode<'r>>> {
        let TreeContext { finder, quantised, .. } = self.context;
        self.context.expand_batch(vec![&mut leaf])?;
        let (number, split) = (leaf.context.id, leaf.split.clone());
        let weights = split.as_ref().map(|split| finder.children_weights(&leaf.context, split, quantised.units));
        let children = self.settle(nodes, leaf);
        if let (Some(split), Some(weights), [left, right]) = (split, weights, &children[..]) {
            let child = |node: &OpenNode<'_>, weight| (node.context.id, weight, node.context.bounds);
            order.split(number, &split, [child(left, weights[0]), child(right, weights[1])]);
        }
        Ok(children)
    }
}
