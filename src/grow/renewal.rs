//! Leaves that predict a quantile of their rows' residuals, for losses whose gradients do not say how far to go.

use super::node::{GrownNode, GrownTree};
use crate::collective::Collective;
use crate::numeric::{Weighted, quantile_of};
use rayon::prelude::*;

/// Gives every leaf the quantile at `level` of its rows' residuals, times `shrinkage`. `residual` gives a row's residual with its weight, if it
/// has any. A leaf without such rows keeps its value.
pub(crate) fn renew_leaves(
    tree: &mut GrownTree,
    level: f64,
    shrinkage: f64,
    ranks: &dyn Collective,
    residual: impl Fn(u32) -> Option<Weighted> + Sync,
) {
    let GrownTree { nodes, rows } = tree;
    for node in nodes {
        if let GrownNode::Leaf(leaf) = node {
            let residuals = leaf.rows(rows).par_iter().filter_map(|&row| residual(row)).collect();
            let quantile = quantile_of(ranks, residuals, level);
            if !quantile.is_nan() {
                leaf.value = shrinkage * leaf.bounds.clamp(quantile);
            }
        }
    }
}
