//! Graphviz's language.

use super::view::{Step, View};
use sapwood_score::Node;
use std::fmt::Write;

/// The most categories that a node lists.
pub const MOST_CATEGORIES: usize = 12;

/// Blue: the way that missing values go, too. Red: the other.
const COLOURS: [&str; 2] = ["#0000FF", "#FF0000"];

/// A directed graph from the root down.
pub fn write(view: &View<'_>) -> String {
    let mut text = String::from("digraph {\n    graph [ rankdir=TB ]\n");
    view.walk(|step| {
        let Step::Node(number, _) = step else { return };
        // Writing to a string cannot fail.
        let _ = match &view.tree.nodes[number] {
            Node::Leaf(leaf) => {
                let words = quoted(&format!("leaf={}", view.leaf(leaf)));
                writeln!(text, "\n    {number} [ label=\"{words}\\ncover={}\" ]", view.number(leaf.cover))
            }
            Node::Split(split) => {
                let words = quoted(&view.condition(split, MOST_CATEGORIES));
                let (gain, cover) = (view.number(split.gain), view.number(split.cover));
                let edge = |word: &str, child: u32| {
                    let (missing, colour) =
                        if child == View::missing(split) { (", missing", COLOURS[0]) } else { ("", COLOURS[1]) };
                    format!("    {number} -> {child} [label=\"{word}{missing}\" color=\"{colour}\"]\n")
                };
                let (yes, no) = View::sides(split);
                let edges = edge("yes", yes) + &edge("no", no);
                write!(text, "\n    {number} [ label=\"{words}\\ngain={gain}\\ncover={cover}\" ]\n{edges}")
            }
        };
    });
    text + "}\n"
}

/// For within quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
