//! Splits on categories that send unknown ones left and missing ones right, as XGBoost's do, in LightGBM's words: its own splits on
//! categories send both right.

use sapwood_score::{Condition, MissingRule, Node, Split, Tree};
use std::borrow::Cow;

/// How many times as many nodes a tree may have for it.
const MAX_GROWTH: usize = 32;

/// The tree without such splits. In the place of each come two: one on the categories that go right, and below it on the other side one that
/// sends missing values right, too, to a copy of what is there.
///
/// # Errors
/// So many of them lie below each other that the tree would become much larger.
pub fn apart_from_missing(tree: &Tree) -> Result<Cow<'_, Tree>, String> {
    let needs_two =
        |node: &Node| matches!(node, Node::Split(split) if split.missing == MissingRule::UnseenLeft && !split.default_left);
    if !tree.nodes.iter().any(needs_two) {
        return Ok(Cow::Borrowed(tree));
    }
    let limit = MAX_GROWTH.saturating_mul(tree.nodes.len());
    let mut nodes: Vec<Node> = Vec::with_capacity(2 * tree.nodes.len());
    // Old nodes that are to come, and whose children they become: the new parent, and whether on its left.
    let mut open: Vec<(u32, Option<(usize, bool)>)> = vec![(0, None)];
    while let Some((old, place)) = open.pop() {
        let new = nodes.len();
        if new >= limit {
            return Err(format!(
                "unknown categories that go another way than missing ones, so often that it has more than {limit} nodes"
            ));
        }
        if let Some((parent, is_left)) = place
            && let Node::Split(split) = &mut nodes[parent]
        {
            *(if is_left { &mut split.left } else { &mut split.right }) = new as u32;
        }
        let node = &tree.nodes[old as usize];
        match node {
            Node::Split(split) if needs_two(node) => {
                nodes.extend(two_of(split, new as u32 + 1).map(Node::Split));
                open.extend([
                    (split.right, Some((new, true))),
                    (split.left, Some((new + 1, true))),
                    (split.right, Some((new + 1, false))),
                ]);
            }
            Node::Split(split) => {
                nodes.push(node.clone());
                open.extend([(split.right, Some((new, false))), (split.left, Some((new, true)))]);
            }
            Node::Leaf(_) => nodes.push(node.clone()),
        }
    }
    let mut apart = Tree::new(nodes);
    apart.weight = tree.weight;
    Ok(Cow::Owned(apart))
}

/// The split on the categories that go right, and the one on what is missing, which is its right child and has the number `second`.
fn two_of(split: &Split, second: u32) -> [Split; 2] {
    let right = match &split.condition {
        Condition::Levels(words) => Condition::Levels(words.iter().map(|word| !word).collect()),
        other => other.clone(),
    };
    let mut on_categories = Split::new(split.feature, right, false, (0, second), split.gain, split.cover);
    on_categories.missing = MissingRule::UnseenRight;
    let on_missing = Split::new(split.feature, Condition::Threshold(f64::INFINITY), false, (0, 0), 0.0, split.cover);
    [on_categories, on_missing]
}
