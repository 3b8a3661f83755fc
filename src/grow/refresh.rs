//! What the nodes of a finished tree sum to on other rows than those that it was grown on.

use super::leaves::FixedPoint;
use crate::Tree;
use crate::collective::Collective;
use crate::objective::GradientPair;
use rayon::prelude::*;
use sapwood_score::Node;

/// Rows that one task adds up.
const ROWS_PER_TASK: usize = 65_536;

/// Gradient and hessian of the rows of each node, on all ranks. `leaves` says which leaf of the tree each row falls into, by its number among
/// the leaves.
pub(crate) fn node_sums(tree: &Tree, leaves: &[u32], gradients: &[GradientPair], ranks: &dyn Collective) -> Vec<(f64, f64)> {
    let magnitudes = gradients.par_iter().map(|pair| (pair.grad.abs(), pair.hess));
    let (grad, hess) = magnitudes.reduce(|| (0.0, 0.0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let scales = ranks.max_magnitudes([grad, hess].map(f64::from)).map(|largest| FixedPoint::new(largest as f32));
    let none = || vec![[0i128; 2]; tree.num_leaves()];
    let tasks = leaves.par_chunks(ROWS_PER_TASK).zip(gradients.par_chunks(ROWS_PER_TASK)).map(|(leaves, gradients)| {
        let mut sums = none();
        for (&leaf, pair) in leaves.iter().zip(gradients) {
            let sum = &mut sums[leaf as usize];
            sum[0] += i128::from(scales[0].units(pair.grad));
            sum[1] += i128::from(scales[1].units(pair.hess));
        }
        sums
    });
    let mut sums = tasks.reduce(none, |mut all, sums| {
        all.iter_mut().zip(sums).for_each(|(all, sum)| (all[0], all[1]) = (all[0] + sum[0], all[1] + sum[1]));
        all
    });
    ranks.sum_wide(sums.as_flattened_mut());
    let mut nodes = vec![[0i128; 2]; tree.nodes.len()];
    let mut of_leaves = sums.into_iter().rev();
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        nodes[at] = match node {
            Node::Leaf(_) => of_leaves.next().unwrap_or_default(),
            Node::Split(split) => {
                let [left, right] = [split.left, split.right].map(|child| nodes[child as usize]);
                [left[0] + right[0], left[1] + right[1]]
            }
        };
    }
    nodes.into_iter().map(|[grad, hess]| (scales[0].value(grad), scales[1].value(hess))).collect()
}
