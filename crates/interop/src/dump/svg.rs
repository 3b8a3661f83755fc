//! A picture of a tree: leaves side by side, splits above the middle of their children.

use super::dot::MOST_CATEGORIES;
use super::view::{Step, View};
use sapwood_score::Node;
use std::fmt::Write;

/// Pixels: of a character, a line, between boxes, between levels.
const CHARACTER: f64 = 7.3;
const LINE: f64 = 15.0;
const GAP: f64 = 18.0;
const LEVEL: f64 = 110.0;
/// The most characters of a line.
const MOST_CHARACTERS: usize = 44;

/// Light and dark, as the one who looks wants it.
const STYLE: &str = "svg{background:#fff;font:12px ui-monospace,Menlo,Consolas,monospace}text{fill:#1a1a1a;text-anchor:middle}\
    .split{fill:#eef4fb;stroke:#4a78b0}.leaf{fill:#eef8ee;stroke:#4f8f4f}.edge{fill:none;stroke:#9a9a9a}.missing{stroke:#2563c9;stroke-width:2}\
    @media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#e6e6e6}.split{fill:#1d2a3a}.leaf{fill:#1c2c1e}}";

/// The lines in a node's box.
struct Label {
    lines: Vec<String>,
    is_leaf: bool,
}

impl Label {
    fn width(&self) -> f64 {
        let longest = self.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        longest as f64 * CHARACTER + 14.0
    }

    fn height(&self) -> f64 {
        self.lines.len() as f64 * LINE + 10.0
    }
}

/// A whole SVG file.
pub fn write(view: &View<'_>) -> String {
    let labels: Vec<_> = view.tree.nodes.iter().map(|node| label(view, node)).collect();
    let places = places(view, &labels);
    let right = places.iter().zip(&labels).map(|(place, label)| place.0 + label.width() / 2.0).fold(0.0, f64::max) + GAP;
    let bottom = places.iter().zip(&labels).map(|(place, label)| place.1 + label.height()).fold(0.0, f64::max) + GAP;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{right:.0}\" height=\"{bottom:.0}\" viewBox=\"0 0 {right:.0} {bottom:.0}\" \
         role=\"img\"><title>Decision tree of {} leaves</title><style>{STYLE}</style>\n",
        view.tree.num_leaves()
    );
    for (number, node) in view.tree.nodes.iter().enumerate() {
        if let Node::Split(split) = node {
            let (yes, no) = View::sides(split);
            for (word, child) in [("yes", yes), ("no", no)] {
                let is_missing = child == View::missing(split);
                push_edge(&mut text, places[number], labels[number].height(), places[child as usize], word, is_missing);
            }
        }
    }
    labels.iter().zip(&places).for_each(|(label, place)| push_box(&mut text, label, *place));
    text + "</svg>\n"
}

fn label(view: &View<'_>, node: &Node) -> Label {
    let line = |text: String| match text.chars().count() > MOST_CHARACTERS {
        true => text.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect(),
        false => text,
    };
    let short = |value: f64| {
        let rounded = format!("{value:.5e}");
        view.number(rounded.parse().unwrap_or(value))
    };
    match node {
        Node::Leaf(leaf) => {
            let value = match (&view.values(leaf)[..], &leaf.value) {
                ([value], sapwood_score::LeafValue::Scalar(_)) => short(*value),
                _ => view.leaf(leaf),
            };
            Label { lines: vec![line(format!("leaf={value}")), format!("cover={}", short(leaf.cover))], is_leaf: true }
        }
        Node::Split(split) => {
            let lines = vec![
                line(view.condition(split, MOST_CATEGORIES)),
                format!("gain={}", short(split.gain)),
                format!("cover={}", short(split.cover)),
            ];
            Label { lines, is_leaf: false }
        }
    }
}

/// The middle of each box's upper edge. Leaves stand so far apart that no two boxes of a level touch: two splits have at least two steps
/// between them, a split and a leaf one and a half.
fn places(view: &View<'_>, labels: &[Label]) -> Vec<(f64, f64)> {
    let widest = |is_leaf: bool| labels.iter().filter(|label| label.is_leaf == is_leaf).map(Label::width).fold(0.0, f64::max);
    let (leaf, split) = (widest(true), widest(false));
    let step = (leaf + GAP).max((split + GAP) / 2.0).max(((split + leaf) / 2.0 + GAP) / 1.5);
    let left = GAP + leaf.max(split) / 2.0;
    let mut places = vec![(left, GAP); labels.len()];
    let mut leaves = 0.0;
    view.walk(|step_of_walk| match (step_of_walk, |node: usize| &view.tree.nodes[node]) {
        (Step::Node(node, depth), of) => {
            places[node].1 = GAP + depth as f64 * LEVEL;
            if matches!(of(node), Node::Leaf(_)) {
                places[node].0 = left + leaves * step;
                leaves += 1.0;
            }
        }
        (Step::End(node, _), of) => {
            if let Node::Split(split) = of(node) {
                places[node].0 = f64::midpoint(places[split.left as usize].0, places[split.right as usize].0);
            }
        }
    });
    places
}

fn push_edge(text: &mut String, from: (f64, f64), height: f64, to: (f64, f64), word: &str, is_missing: bool) {
    let (start, middle) = (from.1 + height, (from.1 + height + to.1) / 2.0);
    let (class, missing) = if is_missing { (" missing", ", missing") } else { ("", "") };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<path class=\"edge{class}\" d=\"M{:.1} {start:.1}C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}\"/><text x=\"{:.1}\" \
         y=\"{:.1}\">{word}{missing}</text>",
        from.0,
        from.0,
        to.0,
        to.0,
        to.1,
        f64::midpoint(from.0, to.0),
        middle + 4.0
    );
}

fn push_box(text: &mut String, label: &Label, (x, y): (f64, f64)) {
    let (width, class) = (label.width(), if label.is_leaf { "leaf" } else { "split" });
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"5\"/>",
        x - width / 2.0,
        label.height()
    );
    for (at, line) in label.lines.iter().enumerate() {
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(text, "<text x=\"{x:.1}\" y=\"{:.1}\">{line}</text>", y + 5.0 + (at as f64 + 0.8) * LINE);
    }
    text.push('\n');
}
