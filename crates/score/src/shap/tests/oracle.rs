//! Shapley values by their definition: over all coalitions, from the trees alone.

use crate::shap::program::ratios;
use crate::{Aggregation, LeafValue, Model, Node, Precision, Tree};

/// What a tree gives where the columns of `known` (a set of bits) have the row's values, and the others are averaged over.
fn value(tree: &Tree, at: usize, output: usize, row: &[f64], knows: &dyn Fn(u32) -> bool) -> f64 {
    let split = match &tree.nodes[at] {
        Node::Split(split) => split,
        Node::Leaf(leaf) => match &leaf.value {
            LeafValue::Scalar(value) => return *value,
            LeafValue::Vector(values) => return values[output],
            LeafValue::Linear(_) => panic!("a linear leaf"),
        },
    };
    let children = [split.left as usize, split.right as usize];
    let of = |child: usize| value(tree, child, output, row, knows);
    if knows(split.feature) {
        return of(children[usize::from(!split.goes_left(row[split.feature as usize]))]);
    }
    let ratios = ratios(children.map(|child| tree.nodes[child].cover()));
    ratios[0] * of(children[0]) + ratios[1] * of(children[1])
}

/// The margin of an ordinary model for a coalition of columns; `row` is as trees see it.
fn margin(model: &Model, output: usize, row: &[f64], coalition: u32) -> f64 {
    let knows = |feature: u32| model.source_columns(feature as usize).iter().all(|column| coalition >> column & 1 == 1);
    let trees =
        model.trees.iter().enumerate().filter(|(index, tree)| tree.has_vector_leaves() || model.output_of(*index) == output);
    let values: Vec<f64> = trees.map(|(_, tree)| tree.weight * value(tree, 0, output, row, &knows)).collect();
    let count = if model.aggregation == Aggregation::Mean { values.len().max(1) } else { 1 };
    assert_eq!(model.precision, Precision::Double);
    model.base_score[output] + values.iter().sum::<f64>() / count as f64
}

/// `size! (all − 1 − size)! / all!`.
fn weight(size: u32, all: u32) -> f64 {
    (1..=size).fold(1.0 / f64::from(all), |weight, k| weight * f64::from(k) / f64::from(all - k))
}

/// The Shapley values of a game, and last what no player gets.
pub fn shapley(players: u32, value: impl Fn(u32) -> f64) -> Vec<f64> {
    let values: Vec<f64> = (0..1u32 << players).map(value).collect();
    let of = |player: u32| {
        let others = (0..1u32 << players).filter(|coalition| coalition >> player & 1 == 0);
        let gain = |set: u32| values[(set | 1 << player) as usize] - values[set as usize];
        others.map(|set| weight(set.count_ones(), players) * gain(set)).sum::<f64>()
    };
    (0..players).map(of).chain([values[0]]).collect()
}

/// The contributions of a row to an output, the bias last; the row is as trees see it.
pub fn contributions(model: &Model, output: usize, row: &[f64]) -> Vec<f64> {
    shapley(model.schema.len() as u32, |coalition| margin(model, output, row, coalition))
}

/// The interactions of a row for an output, as a matrix row by row, the bias in the last corner.
pub fn interactions(model: &Model, output: usize, row: &[f64]) -> Vec<f64> {
    let columns = model.schema.len() as u32;
    let values: Vec<f64> = (0..1u32 << columns).map(|coalition| margin(model, output, row, coalition)).collect();
    let contributions = contributions(model, output, row);
    let pair = |i: u32, j: u32| {
        let (i, j) = (1 << i, 1 << j);
        let others = (0..1u32 << columns).filter(|set| set & (i | j) == 0);
        let gain = |set: u32| {
            values[(set | i | j) as usize] - values[(set | i) as usize] - values[(set | j) as usize] + values[set as usize]
        };
        others.map(|set| 0.5 * weight(set.count_ones(), columns - 1) * gain(set)).sum::<f64>()
    };
    let width = columns as usize + 1;
    let mut matrix = vec![0.0; width * width];
    for i in 0..columns {
        let others: Vec<u32> = (0..columns).filter(|j| *j != i).collect();
        others.iter().for_each(|&j| matrix[i as usize * width + j as usize] = pair(i, j));
        let rest: f64 = others.iter().map(|&j| pair(i, j)).sum();
        matrix[i as usize * width + i as usize] = contributions[i as usize] - rest;
    }
    matrix[width * width - 1] = contributions[width - 1];
    matrix
}
