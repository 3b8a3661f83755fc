//! Models scored by the letter: derived features, members, linear leaves, every rule for missing values. One row and one node
//! at a time; models without any of that have a [`Forest`](super::forest::Forest).

use crate::parts::{Part, parts};
use crate::row_view::RowView;
use crate::{Aggregation, LeafValue, Model, Node, Tree};
use std::ops::Range;

/// What walking the trees of a model needs to know besides the model.
pub(super) struct Interpreter {
    view: RowView,
    /// For each tree the number of each node among its leaves, where it is one.
    ordinals: Vec<Vec<u32>>,
    members: Vec<Part>,
}

/// Rows that lie one after the other, with the margins that each begins with, if it is not the base score.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub count: usize,
    pub values: &'a [f64],
    pub base_margins: Option<&'a [f64]>,
}

impl Interpreter {
    /// An interpreter of `model`, which must be valid.
    pub fn new(model: &Model) -> Self {
        Self { view: RowView::new(model), ordinals: model.trees.iter().map(ordinals).collect(), members: parts(model) }
    }

    /// What `then` makes of the margins of each row; of an ensemble the mean over its members.
    pub fn means(&self, model: &Model, rows: Rows<'_>, then: impl Fn(&mut [f64])) -> Vec<f64> {
        let outputs = model.num_outputs();
        let mut means = vec![0.0; rows.count * outputs];
        let mut margins = vec![0.0; outputs];
        self.each_row(rows, |index, row| {
            let mean = &mut means[index * outputs..][..outputs];
            for member in &self.members {
                let base = rows.base_margins.map_or(&member.base_score[..], |base| &base[index * outputs..][..outputs]);
                margins.copy_from_slice(base);
                add_trees(model, member.trees.clone(), row, &mut margins);
                then(&mut margins);
                match self.members.len() {
                    1 => mean.copy_from_slice(&margins),
                    _ => mean.iter_mut().zip(&margins).for_each(|(mean, margin)| *mean += member.share * margin),
                }
            }
        });
        means
    }

    /// Writes the ordinal of the leaf that each row falls into in each tree, row by row.
    pub fn leaves(&self, model: &Model, rows: Rows<'_>, leaves: &mut [u32]) {
        let trees = model.trees.len();
        self.each_row(rows, |index, row| {
            for (t, tree) in model.trees.iter().enumerate() {
                leaves[index * trees + t] = self.ordinals[t][tree.leaf_index(row)];
            }
        });
    }

    /// Calls `take` with every row as trees see it: derived features appended, unknown levels marked.
    fn each_row(&self, rows: Rows<'_>, mut take: impl FnMut(usize, &[f64])) {
        let columns = self.view.columns();
        let mut row = Vec::with_capacity(self.view.features());
        for index in 0..rows.count {
            self.view.fill(&rows.values[index * columns..][..columns], &mut row);
            take(index, &row);
        }
    }
}

fn ordinals(tree: &Tree) -> Vec<u32> {
    let mut leaves = 0;
    let ordinal = |node: &Node| {
        let ordinal = leaves;
        leaves += u32::from(matches!(node, Node::Leaf(_)));
        ordinal
    };
    tree.nodes.iter().map(ordinal).collect()
}

/// Adds the leaves that a row falls into, or their mean or extreme, to its margins.
fn add_trees(model: &Model, trees: Range<usize>, row: &[f64], margins: &mut [f64]) {
    match model.aggregation {
        Aggregation::Sum => trees.for_each(|tree| add_tree(model, tree, row, margins)),
        Aggregation::Mean => add_mean(model, trees, row, margins),
        Aggregation::Min => add_extreme(model, trees, row, margins, |value, least| value < least),
        Aggregation::Max => add_extreme(model, trees, row, margins, |value, greatest| value > greatest),
    }
}

fn add_mean(model: &Model, trees: Range<usize>, row: &[f64], margins: &mut [f64]) {
    let (mut sums, mut counts) = (vec![0.0; margins.len()], vec![0u32; margins.len()]);
    for tree in trees {
        add_tree(model, tree, row, &mut sums);
        match model.trees[tree].has_vector_leaves() {
            true => counts.iter_mut().for_each(|count| *count += 1),
            false => counts[model.output_of(tree)] += 1,
        }
    }
    for ((margin, sum), count) in margins.iter_mut().zip(sums).zip(counts) {
        *margin = model.precision.sum(*margin, sum / f64::from(count.max(1)));
    }
}

/// Adds the first leaf of each output that no other `beats`.
fn add_extreme(model: &Model, trees: Range<usize>, row: &[f64], margins: &mut [f64], beats: impl Fn(f64, f64) -> bool) {
    let mut extremes = vec![None; margins.len()];
    let mut values = vec![0.0; margins.len()];
    for tree in trees {
        values.fill(0.0);
        add_tree(model, tree, row, &mut values);
        let whole = 0..margins.len();
        let outputs = if model.trees[tree].has_vector_leaves() { whole } else { model.output_of(tree)..model.output_of(tree) + 1 };
        for output in outputs {
            let value = values[output];
            extremes[output] = extremes[output].filter(|extreme| !beats(value, *extreme)).or(Some(value));
        }
    }
    for (margin, extreme) in margins.iter_mut().zip(extremes) {
        *margin = model.precision.sum(*margin, extreme.unwrap_or(0.0));
    }
}

/// Adds the leaf of one tree that a row falls into.
fn add_tree(model: &Model, index: usize, row: &[f64], margins: &mut [f64]) {
    let tree = &model.trees[index];
    let Node::Leaf(leaf) = &tree.nodes[tree.leaf_index(row)] else { unreachable!("a walk ends at a leaf") };
    let precision = model.precision;
    let add = |margin: &mut f64, value| *margin = precision.sum(*margin, precision.weighted(tree.weight, value));
    match &leaf.value {
        LeafValue::Scalar(value) => add(&mut margins[model.output_of(index)], *value),
        LeafValue::Linear(linear) => add(&mut margins[model.output_of(index)], linear.value(|feature| row[feature as usize])),
        LeafValue::Vector(values) => margins.iter_mut().zip(values).for_each(|(margin, value)| add(margin, *value)),
    }
}
