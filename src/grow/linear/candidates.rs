//! [`Candidate`]: a leaf that may become linear, and what ranks tell each other of all of them.

use crate::grow::node::{GrownNode, GrownTree};
use crate::split::BinCondition;
use rayon::prelude::*;

/// A leaf that may become linear: its node, and features whose values its rows have.
pub(super) struct Candidate {
    pub node: usize,
    pub features: Vec<u32>,
}

/// The leaves that have numeric features on the way to them.
pub(super) fn candidates(tree: &GrownTree) -> Vec<Candidate> {
    let mut paths = vec![Vec::new(); tree.nodes.len()];
    let mut candidates = Vec::new();
    for (node, grown) in tree.nodes.iter().enumerate() {
        let mut features: Vec<u32> = std::mem::take(&mut paths[node]);
        match grown {
            GrownNode::Leaf(_) if features.is_empty() => {}
            GrownNode::Leaf(_) => candidates.push(Candidate { node, features }),
            GrownNode::Split { split, left, right } => {
                if let (BinCondition::Bin(_), Err(place)) = (&split.condition, features.binary_search(&split.feature)) {
                    features.insert(place, split.feature);
                }
                paths[*left].clone_from(&features);
                paths[*right] = features;
            }
        }
    }
    candidates
}

/// A result for each candidate, from all of its rows.
pub(super) fn each<T: Send>(tree: &GrownTree, candidates: &[Candidate], of_rows: impl Fn(usize, &[u32]) -> T + Sync) -> Vec<T> {
    candidates.par_iter().enumerate().map(|(at, candidate)| of_rows(at, tree.rows_of(candidate.node))).collect()
}

/// Replaces the numbers of lists by what an exchange with the other ranks makes of all of them.
pub(super) fn exchange<'a, T: Copy + 'a>(lists: impl Iterator<Item = &'a mut Vec<T>>, with_ranks: impl FnOnce(&mut [T])) {
    let lists: Vec<_> = lists.collect();
    let mut all: Vec<T> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    with_ranks(&mut all);
    let mut rest = &all[..];
    for list in lists {
        let (own, others) = rest.split_at(list.len());
        list.copy_from_slice(own);
        rest = others;
    }
}
