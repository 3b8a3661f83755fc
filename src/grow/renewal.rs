//! Leaves that predict a quantile of their rows' residuals, for losses whose gradients do not say how far to go.

use super::node::{GrownNode, GrownTree};
use crate::binning::BinMapper;
use crate::collective::Collective;
use crate::numeric::{Weighted, quantile_of};
use crate::split::{Bounds, FeatureRules};
use rayon::prelude::*;

/// Gives every leaf, in one output if it has several, the quantile at `level` of its rows' residuals, times `shrinkage`. `residual` gives a row's residual with its weight, if it
/// has any. A leaf without such rows keeps its value.
///
/// Where a split's feature has a direction, the middle between the quantiles of its sides bounds those of the leaves below. The bounds that
/// the tree was grown with are in the unit of gradients.
pub(crate) fn renew_leaves(
    tree: &mut GrownTree,
    (output, level): (usize, f64),
    shrinkage: f64,
    (rules, mapper): (&FeatureRules, &BinMapper),
    ranks: &dyn Collective,
    residual: impl Fn(u32) -> Option<Weighted> + Sync,
) {
    let quantile = |leaves: &[usize], tree: &GrownTree| {
        let rows = leaves.par_iter().flat_map_iter(|&leaf| tree.rows_of(leaf).iter());
        quantile_of(ranks, rows.filter_map(|&row| residual(row)).collect(), level)
    };
    let mut bounds = vec![Bounds::default(); tree.nodes.len()];
    for at in 0..tree.nodes.len() {
        if let GrownNode::Split { split, left, right } = &tree.nodes[at] {
            let (children, direction) = ([*left, *right], split.direction(rules, mapper));
            let [below, above] = match direction == 0.0 {
                true => [bounds[at]; 2],
                false => {
                    let [left, right] = children.map(|child| quantile(&tree.leaves_below(child), tree));
                    bounds[at].split(direction, left, right)
                }
            };
            (bounds[children[0]], bounds[children[1]]) = (below, above);
            continue;
        }
        let quantile = quantile(&[at], tree);
        if let GrownNode::Leaf(leaf) = &mut tree.nodes[at] {
            let place = leaf.outputs.get_mut(output).unwrap_or(&mut leaf.value);
            let value = if quantile.is_nan() { *place } else { shrinkage * quantile };
            *place = bounds[at].times(shrinkage).clamp(value);
        }
    }
}
