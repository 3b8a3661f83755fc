//! Linear functions in the leaves of a grown tree, of the numeric features on the way to each leaf (Shi, Li and Li 2019; LightGBM's
//! `linear_tree`).
//!
//! A leaf's function minimises the loss to second order: its value at the mean of its rows is regularised like that of a constant leaf, its
//! slopes by `linear_lambda`. Rows that miss a value of one of the features keep the constant.
//!
//! Rows are passed over three times: for the ranges of features; for sums of products of features that are scaled to them, so that they add
//! up as integers; for the ranges that predictions keep to.

mod batch;
mod candidates;
mod input;
mod moments;
mod ranges;
mod solve;

pub(crate) use input::{LinearInput, LinearRule};

use super::node::{GrownTree, Linear};
use crate::execution::Execution;
use crate::objective::GradientPair;
use candidates::candidates;
use moments::Moments;
use ranges::{Scan, fitted_ranges};
use sapwood_score::LinearLeaf;
use solve::solve;

/// Makes leaves linear that have numeric features on the way to them. The others keep their constants, as do those whose rows do not determine a
/// slope.
pub(crate) fn fit_linear_leaves<F>(tree: &mut GrownTree, input: &LinearInput<'_, F>, rule: LinearRule, execution: Execution<'_>)
where
    F: Fn(u32) -> (usize, GradientPair) + Sync,
{
    let ranks = execution.ranks;
    let mut candidates = candidates(tree);
    let scans = Scan::of_all(tree, &candidates, input, ranks);
    let mut spans = Vec::with_capacity(scans.len());
    for (candidate, scan) in candidates.iter_mut().zip(&scans) {
        let cover = tree.nodes[candidate.node].leaf().map_or(0.0, |leaf| leaf.cover);
        let (features, span) = scan.usable(&candidate.features, cover).into_iter().unzip();
        candidate.features = features;
        spans.push(span);
    }
    let moments = Moments::of_all(tree, &candidates, (&spans, &scans), input, execution);
    let solved = candidates.iter().zip(&spans).zip(moments).map(|((candidate, spans), moments)| {
        let if_missing = tree.nodes[candidate.node].leaf().map_or(0.0, |leaf| leaf.value);
        solve(&moments, &candidate.features, spans, rule).map(|linear| (candidate.node, LinearLeaf { if_missing, ..linear }))
    });
    let mut solved: Vec<(usize, LinearLeaf)> = solved.flatten().collect();
    fitted_ranges(tree, &mut solved, input, ranks);
    let most = rule.shrinkage * rule.regularisation.most();
    for (node, mut function) in solved {
        function.range = (function.range.0.max(-most), function.range.1.min(most));
        if let Some(leaf) = tree.nodes[node].leaf_mut().filter(|_| function.range.0 <= function.range.1) {
            leaf.linear = Some(Box::new(Linear { function, weight: 1.0 }));
        }
    }
}
