//! XGBoost's text.

use super::view::{Step, View, indents};
use sapwood_score::Node;
use std::fmt::Write;

/// A line for each node.
pub fn write(view: &View<'_>) -> String {
    let mut text = String::new();
    view.walk(|step| {
        let Step::Node(number, depth) = step else { return };
        text.push_str(&indents("\t", depth));
        // Writing to a string cannot fail.
        let _ = match &view.tree.nodes[number] {
            Node::Leaf(leaf) => writeln!(text, "{number}:leaf={},cover={}", view.leaf(leaf), view.number(leaf.cover)),
            Node::Split(split) => writeln!(
                text,
                "{number}:[{}] yes={},no={},missing={},gain={},cover={}{}",
                view.condition(split, usize::MAX),
                View::sides(split).0,
                View::sides(split).1,
                View::missing(split),
                view.number(split.gain),
                view.number(split.cover),
                View::rule(split).map_or(String::new(), |rule| format!(",missing_rule={rule}")),
            ),
        };
    });
    text
}
