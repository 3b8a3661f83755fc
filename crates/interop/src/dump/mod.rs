//! Trees for people and programs to look at: XGBoost's text and JSON, Graphviz, a picture. What is written here cannot be loaded again.

mod dot;
mod json;
mod svg;
mod text;
mod view;

pub use view::Described;

use sapwood_score::{Model, Tree};
use view::View;

/// How a tree is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeForm {
    /// XGBoost's text: a line for each node, indented by its depth.
    Text,
    /// XGBoost's JSON: an object for each node, children within. A split sends left what is *less than* its `split_condition`; where rows
    /// are compared as doubles, this is the number next to the threshold, for here thresholds go left themselves.
    Json,
    /// Graphviz's language, as XGBoost's `to_graphviz` writes it.
    Dot,
    /// A picture.
    Svg,
}

/// Shows tree number `index`. Gains and covers are told, leaves tell what the tree adds, its weight included. Conditions name features and
/// categories; rows for which one holds go the way that is called `yes`.
///
/// `None` where there is no such tree.
pub fn tree(model: &Model, index: usize, form: TreeForm) -> Option<String> {
    let view = View { model, tree: model.trees.get(index)? };
    Some(match form {
        TreeForm::Text => text::write(&view),
        TreeForm::Json => json::write(&view) + "\n",
        TreeForm::Dot => dot::write(&view),
        TreeForm::Svg => svg::write(&view),
    })
}

/// Shows all trees, as XGBoost's `dump_model` does: in text each below a line `booster[N]:`, in JSON as one list. `None` for forms that
/// hold a single tree.
pub fn all_trees(model: &Model, form: TreeForm) -> Option<String> {
    let view = |tree| View { model, tree };
    let trees = model.trees.iter().map(view);
    match form {
        TreeForm::Text => Some(trees.enumerate().map(|(n, view)| format!("booster[{n}]:\n{}", text::write(&view))).collect()),
        TreeForm::Json => {
            let trees: Vec<_> = trees.map(|view| json::write(&view)).collect();
            Some(format!("[\n{}\n]\n", trees.join(",\n")))
        }
        TreeForm::Dot | TreeForm::Svg => None,
    }
}

/// What a node of a tree says, for tables of nodes. `None` where there is no such node.
pub fn describe(model: &Model, tree: &Tree, node: usize) -> Option<Described> {
    Some(View { model, tree }.describe(tree.nodes.get(node)?))
}
