//! From the trees of an XGBoost file to a model's.

use super::wire;
use crate::node_order;
use sapwood_score::{Condition, Leaf, LeafValue, MissingRule, Node, Split, Tree};
use std::collections::HashMap;

/// The most 64-bit words that all sets of categories may take together: half a gigabyte. A set takes one bit for every category up to its
/// greatest, however few it holds, so that a short file could ask for very much.
pub const MAX_WORDS: usize = 1 << 26;

/// XGBoost's own limit for categories.
const MAX_CATEGORY: u32 = 1 << 24;

/// What all trees of a model have in common.
pub struct TreeReader<'a> {
    /// The number of categories of each feature that has a dictionary.
    pub levels: &'a [Option<usize>],
    pub features: usize,
    /// The number of values of a leaf.
    pub outputs: usize,
    /// The words that sets of categories may still take.
    pub words_left: usize,
}

impl TreeReader<'_> {
    /// A tree with this weight.
    ///
    /// # Errors
    /// Arrays that do not fit each other, nodes that are no tree, features or categories that do not exist.
    pub fn read(&mut self, tree: &wire::Tree, weight: f32) -> Result<Tree, String> {
        let count = tree.left_children.len();
        check_lengths(tree, count)?;
        let vector = is_vector(tree)?;
        let children = |node: usize| match tree.left_children[node] {
            -1 => None,
            // A negative number becomes one that is no node.
            left => Some([left as usize, tree.right_children[node] as usize]),
        };
        let order = node_order::reachable(count, children)?;
        let numbers = node_order::numbers(count, &order);
        let sets = sets_of(tree)?;
        let mut nodes = Vec::with_capacity(order.len());
        for &node in &order {
            nodes.push(match children(node) {
                None => Node::Leaf(Leaf::of(self.leaf(tree, node, vector)?, cover(tree, node))),
                Some(children) => {
                    let split = self.split(tree, node, sets.get(&node).copied(), children.map(|child| numbers[child]));
                    Node::Split(split.map_err(|what| format!("node {node}: {what}"))?)
                }
            });
        }
        let mut tree = Tree::new(nodes);
        tree.weight = f64::from(weight);
        Ok(tree)
    }

    fn leaf(&self, tree: &wire::Tree, node: usize, is_vector: bool) -> Result<LeafValue, String> {
        if !is_vector {
            return Ok(LeafValue::Scalar(f64::from(tree.split_conditions[node])));
        }
        // Until 2.1, all nodes have weights; since, leaves alone, in the order that `right_children` tells.
        let (weights, at) = match tree.leaf_weights.is_empty() {
            true => (&tree.base_weights, node),
            false => {
                (&tree.leaf_weights, usize::try_from(tree.right_children[node]).map_err(|_| format!("leaf {node}: no place"))?)
            }
        };
        let start = at.saturating_mul(self.outputs);
        let values = weights.get(start..start.saturating_add(self.outputs));
        let values = values.ok_or_else(|| format!("leaf {node}: its {} values are not there", self.outputs))?;
        Ok(LeafValue::Vector(values.iter().map(|&value| f64::from(value)).collect()))
    }

    fn split(&mut self, tree: &wire::Tree, node: usize, set: Option<&[u32]>, children: [u32; 2]) -> Result<Split, String> {
        let feature = tree.split_indices[node] as usize;
        if feature >= self.features {
            return Err(format!("feature {feature}, and there are {}", self.features));
        }
        let is_categorical = tree.split_type.get(node) == Some(&1);
        let condition = match (is_categorical, set) {
            (true, Some(set)) => Condition::Levels(self.left_of(set, self.levels[feature])?),
            (true, None) => return Err("a split on categories without any".into()),
            (false, _) if tree.split_conditions[node].is_nan() => return Err("it splits at NaN".into()),
            (false, _) => Condition::Threshold(below(tree.split_conditions[node])),
        };
        let gain = tree.loss_changes.get(node).copied().filter(|gain| gain.is_finite()).unwrap_or(0.0);
        let default_left = tree.default_left[node].0;
        let mut split =
            Split::new(feature as u32, condition, default_left, (children[0], children[1]), f64::from(gain), cover(tree, node));
        if is_categorical && self.levels[feature].is_none() {
            split.missing = MissingRule::UnseenLeft;
        }
        Ok(split)
    }

    /// The categories that go left where those of `set` go right. Those of a dictionary are told one by one; others that are not among the
    /// words go left by the rule.
    fn left_of(&mut self, set: &[u32], levels: Option<usize>) -> Result<Vec<u64>, String> {
        let greatest = set.iter().copied().max().unwrap_or(0);
        if let Some(levels) = levels.filter(|&levels| greatest as usize >= levels) {
            return Err(format!("category {greatest} of a feature of {levels}"));
        }
        if greatest >= MAX_CATEGORY {
            return Err(format!("category {greatest}, and XGBoost's are less than {MAX_CATEGORY}"));
        }
        let words = levels.unwrap_or(greatest as usize + 1).div_ceil(64);
        self.words_left = self.words_left.checked_sub(words).ok_or_else(|| {
            format!("sets of categories take more than {} MiB; number the categories from 0, without gaps", MAX_WORDS >> 17)
        })?;
        let mut left = vec![u64::MAX; words];
        if let (Some(levels), Some(last)) = (levels, left.last_mut())
            && !levels.is_multiple_of(64)
        {
            *last = (1 << (levels % 64)) - 1;
        }
        for &category in set {
            left[category as usize / 64] &= !(1 << (category % 64));
        }
        Ok(left)
    }
}

/// The greatest double that, rounded to four bytes, is less than `limit`: it divides doubles as `limit` divides the numbers of four bytes
/// that XGBoost makes of them. (Below minus infinity there is nothing; no split is there.)
pub fn below(limit: f32) -> f64 {
    let (limit, next) = (f64::from(limit), f64::from(limit.next_down()));
    if next == f64::NEG_INFINITY {
        // What overflows is infinite: the first double that does is half a step beyond the greatest number.
        return if limit == f64::NEG_INFINITY { limit } else { -OVERFLOW };
    }
    let middle = if limit == f64::INFINITY { OVERFLOW } else { f64::midpoint(next, limit) };
    if middle as f32 == next as f32 { middle } else { middle.next_down() }
}

/// The least double that is infinite in four bytes.
const OVERFLOW: f64 = f32::MAX as f64 + (1u128 << 103) as f64;

fn cover(tree: &wire::Tree, node: usize) -> f64 {
    f64::from(tree.sum_hessian.get(node).copied().unwrap_or(0.0))
}

/// Arrays that are there have an element for every node.
fn check_lengths(tree: &wire::Tree, count: usize) -> Result<(), String> {
    let lengths = [
        ("right_children", tree.right_children.len(), false),
        ("split_indices", tree.split_indices.len(), false),
        ("split_conditions", tree.split_conditions.len(), false),
        ("default_left", tree.default_left.len(), false),
        ("split_type", tree.split_type.len(), true),
        ("loss_changes", tree.loss_changes.len(), true),
        ("sum_hessian", tree.sum_hessian.len(), true),
    ];
    match lengths.iter().find(|(_, length, optional)| *length != count && !(*optional && *length == 0)) {
        Some((name, length, _)) => Err(format!("{length} {name} for {count} nodes")),
        None => Ok(()),
    }
}

fn is_vector(tree: &wire::Tree) -> Result<bool, String> {
    match tree.tree_param.get("size_leaf_vector").map(|text| text.parse::<u32>()) {
        None => Ok(false),
        Some(Ok(size)) => Ok(size > 1),
        Some(Err(_)) => Err(format!("size_leaf_vector {:?}", tree.tree_param["size_leaf_vector"])),
    }
}

/// The categories that go right at each node that splits on some.
fn sets_of(tree: &wire::Tree) -> Result<HashMap<usize, &[u32]>, String> {
    let (nodes, segments, sizes) = (&tree.categories_nodes, &tree.categories_segments, &tree.categories_sizes);
    if nodes.len() != segments.len() || nodes.len() != sizes.len() {
        return Err(format!("{} categories_nodes, {} segments, {} sizes", nodes.len(), segments.len(), sizes.len()));
    }
    let set = |((&node, &start), &size): ((&u32, &u64), &u64)| {
        let (start, size) = (start as usize, size as usize);
        let set = tree.categories.get(start..start.saturating_add(size));
        let set = set.ok_or_else(|| format!("node {node}: {size} categories from {start} on of {}", tree.categories.len()))?;
        Ok((node as usize, set))
    };
    nodes.iter().zip(segments).zip(sizes).map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of a limit and a value, near each other and far.
    #[test]
    fn doubles_are_divided_as_their_roundings_are() {
        let limits = [0.0f32, -0.0, 1.0, -1.0, 1.5e-45, -1.5e-45, 1e-45, 3.7, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e30, -1e-40];
        for limit in limits.into_iter().chain([f32::INFINITY]) {
            let near = |x: f32| {
                let x = f64::from(x);
                [x, x.next_up(), x.next_down(), x * (1.0 + 1e-8), x * (1.0 - 1e-8)]
            };
            let neighbours = [limit, limit.next_down(), limit.next_up()].into_iter().flat_map(near);
            let middles =
                [f64::midpoint(limit.into(), limit.next_down().into()), f64::midpoint(limit.into(), limit.next_up().into())];
            let edges = [OVERFLOW, OVERFLOW.next_down(), -OVERFLOW, (-OVERFLOW).next_up(), f64::MAX, f64::INFINITY, 5e-324, 0.0];
            let all = neighbours.chain(middles.into_iter().flat_map(|x| [x, x.next_up(), x.next_down()])).chain(edges);
            for x in all.flat_map(|x| [x, -x]).filter(|x| !x.is_nan()) {
                assert_eq!(x <= below(limit), (x as f32) < limit, "{x:e} and {limit:e}");
            }
        }
    }
}
