//! Contributions are the Shapley values, on every shape of tree.

use super::oracle;
use super::random::{Random, Shape, model, row, tree};
use crate::row_view::RowView;
use crate::shap::simd::Simd;
use crate::{Condition, Explainer, FeatureSchema, Leaf, Model, Node, Objective, Scorer, Split, Tree, approximate_contributions};
use ndarray::{Array2, Axis};
use proptest::prelude::*;

/// Asserts that the contributions of some rows, exact and approximate ones, add up to their margins.
pub fn assert_additive(model: &Model, rows: &Array2<f64>) {
    let exact = Explainer::new(model).unwrap().contributions(rows.view()).unwrap();
    let margins = Scorer::new(model.clone()).unwrap().margins(rows.view()).unwrap();
    for contributions in [exact, approximate_contributions(model, rows.view()).unwrap()] {
        for ((index, &margin), sum) in margins.indexed_iter().zip(&contributions.sum_axis(Axis(2))) {
            assert!((sum - margin).abs() <= 1e-9 * margin.abs().max(1e-3), "row and output {index:?}: {sum} and {margin}");
        }
    }
}

fn matrix(random: &mut Random, shape: Shape, rows: usize) -> Array2<f64> {
    let values: Vec<f64> = (0..rows).flat_map(|_| row(random, shape)).collect();
    Array2::from_shape_vec((rows, shape.columns), values).unwrap()
}

fn shapes() -> impl Strategy<Value = Shape> {
    (1usize..=6, 1usize..=24, 1usize..=3, any::<bool>(), 0usize..=6).prop_map(
        |(columns, leaves, outputs, vectors, categorical_from)| Shape { columns, leaves, outputs, vectors, categorical_from },
    )
}

proptest! {
    #[test]
    fn contributions_are_shapley_values(seed in any::<u64>(), shape in shapes()) {
        let mut random = Random(seed);
        let model = model(&mut random, shape, shape.outputs);
        let rows = matrix(&mut random, shape, 11);
        let found = Explainer::new(&model).unwrap().contributions(rows.view()).unwrap();
        let mut seen = Vec::new();
        for (row, found) in rows.rows().into_iter().zip(found.outer_iter()) {
            RowView::new(&model).fill(row.as_slice().unwrap(), &mut seen);
            for (output, found) in found.outer_iter().enumerate() {
                for (expected, found) in oracle::contributions(&model, output, &seen).iter().zip(found) {
                    prop_assert!((expected - found).abs() < 1e-12, "{expected} and {found}");
                }
            }
        }
        assert_additive(&model, &rows);
    }

    #[test]
    fn interactions_are_shapley_interactions(seed in any::<u64>(), shape in shapes()) {
        let mut random = Random(seed);
        let model = model(&mut random, shape, shape.outputs);
        let rows = matrix(&mut random, shape, 9);
        let explainer = Explainer::new(&model).unwrap();
        let found = explainer.interactions(rows.view()).unwrap();
        let mut seen = Vec::new();
        for (row, found) in rows.rows().into_iter().zip(found.outer_iter()) {
            RowView::new(&model).fill(row.as_slice().unwrap(), &mut seen);
            for (output, found) in found.outer_iter().enumerate() {
                for (expected, found) in oracle::interactions(&model, output, &seen).iter().zip(found) {
                    prop_assert!((expected - found).abs() < 1e-12, "{expected} and {found}");
                }
            }
        }
        let contributions = explainer.contributions(rows.view()).unwrap();
        for (sum, contribution) in found.sum_axis(Axis(3)).iter().zip(&contributions) {
            prop_assert!((sum - contribution).abs() < 1e-12, "{sum} and {contribution}");
        }
    }

    #[test]
    fn groups_of_rows_and_instructions_change_no_bit(seed in any::<u64>(), shape in shapes()) {
        let mut random = Random(seed);
        let model = model(&mut random, shape, 2 * shape.outputs);
        let rows = matrix(&mut random, shape, 21);
        let mut explainer = Explainer::new(&model).unwrap();
        let expected = explainer.contributions(rows.view()).unwrap();
        let interactions = explainer.interactions(rows.view()).unwrap();
        for simd in Simd::all() {
            explainer.walks.simd = simd;
            prop_assert!(explainer.contributions(rows.view()).unwrap() == expected);
            let mut found = vec![f64::NAN; explainer.num_contributions()];
            for (row, expected) in rows.rows().into_iter().zip(expected.outer_iter()) {
                explainer.contributions_into(row.as_slice().unwrap(), &mut found).unwrap();
                prop_assert!(found.iter().eq(expected.iter()));
            }
            prop_assert!(explainer.interactions(rows.view()).unwrap() == interactions);
            let mut found = vec![f64::NAN; explainer.num_interactions()];
            explainer.interactions_of_tile(rows.row(20).as_slice().unwrap(), 1, None, &mut found).unwrap();
            prop_assert!(found.iter().eq(interactions.index_axis(Axis(0), 20).iter()));
        }
    }
}

#[test]
fn large_trees_are_additive() {
    for (columns, leaves) in [(1, 300), (5, 1_000), (60, 1_000), (700, 1_000)] {
        let shape = Shape { columns, leaves, outputs: 2, vectors: false, categorical_from: columns * 3 / 4 };
        let mut random = Random(leaves as u64);
        let model = model(&mut random, shape, 6);
        assert_additive(&model, &matrix(&mut random, shape, 9));
    }
}

/// A chain: split `i` on column `i % columns` has leaf `i` on the left; the last one has two.
fn chain(random: &mut Random, leaves: usize, columns: usize) -> Tree {
    let mut nodes = Vec::new();
    let mut cover = 1e6;
    for i in 0..leaves - 1 {
        let children = (nodes.len() as u32 + 1, nodes.len() as u32 + 2);
        nodes.push(Node::Split(Split::new((i % columns) as u32, Condition::Threshold(0.0), true, children, 1.0, cover)));
        let part = cover * random.unit() * 0.1;
        nodes.push(Node::Leaf(Leaf::new(random.unit() - 0.5, part)));
        cover -= part;
    }
    nodes.push(Node::Leaf(Leaf::new(random.unit(), cover)));
    Tree::new(nodes)
}

/// The contribution of each column to a tree with the default rule, leaf by leaf, by sums over sizes of coalitions, in which nothing cancels.
fn by_sizes(tree: &Tree, row: &[f64]) -> Vec<f64> {
    let mut found = vec![0.0; row.len()];
    let mut todo = vec![(0, Vec::<(usize, f64, f64)>::new())];
    while let Some((at, path)) = todo.pop() {
        match &tree.nodes[at] {
            Node::Split(split) => {
                let children = [split.left, split.right].map(|child| child as usize);
                let covers = children.map(|child| tree.nodes[child].cover());
                let goes_left = split.goes_left(row[split.feature as usize]);
                for (side, child) in children.into_iter().enumerate() {
                    let mut path = path.clone();
                    let feature = split.feature as usize;
                    let (ratio, on) = (covers[side] / (covers[0] + covers[1]), f64::from(u8::from(goes_left == (side == 0))));
                    match path.iter_mut().find(|known| known.0 == feature) {
                        Some((_, share, known)) => (*share, *known) = (*share * ratio, *known * on),
                        None => path.push((feature, ratio, on)),
                    }
                    todo.push((child, path));
                }
            }
            Node::Leaf(leaf) => {
                for (i, &(feature, share, on)) in path.iter().enumerate() {
                    let mut by_size = vec![1.0];
                    for (_, &(_, share, on)) in path.iter().enumerate().filter(|(j, _)| *j != i) {
                        by_size.push(0.0);
                        for size in (0..by_size.len()).rev() {
                            let less = if size > 0 { by_size[size - 1] } else { 0.0 };
                            by_size[size] = by_size[size] * share + less * on;
                        }
                    }
                    let (mut weight, all) = (1.0 / path.len() as f64, path.len());
                    for (size, sum) in by_size.iter().enumerate() {
                        found[feature] += leaf.scalar().unwrap() * (on - share) * weight * sum;
                        weight *= (size + 1) as f64 / (all - 1 - size).max(1) as f64;
                    }
                }
            }
        }
    }
    found
}

#[test]
fn long_paths_take_as_many_nodes_as_they_need() {
    for (leaves, columns) in [(40, 39), (101, 100), (101, 30)] {
        let mut random = Random(columns as u64);
        let tree = chain(&mut random, leaves, columns);
        let shape = Shape { columns, leaves, outputs: 1, vectors: false, categorical_from: columns };
        let model = Model::new(FeatureSchema::numeric(columns), Objective::SquaredError, vec![0.5], vec![tree.clone()]);
        let rows = matrix(&mut random, shape, 3);
        let found = Explainer::new(&model).unwrap().contributions(rows.view()).unwrap();
        for (row, found) in rows.rows().into_iter().zip(found.outer_iter()) {
            for (expected, found) in by_sizes(&tree, row.as_slice().unwrap()).iter().zip(found) {
                assert!((expected - found).abs() < 1e-12, "{expected} and {found}");
            }
        }
        assert_additive(&model, &rows);
    }
}

#[test]
fn chains_of_a_thousand_leaves_are_additive() {
    for columns in [1, 999] {
        let mut random = Random(7);
        let tree = chain(&mut random, 1_000, columns);
        let shape = Shape { columns, leaves: 1_000, outputs: 1, vectors: false, categorical_from: columns };
        let model = Model::new(FeatureSchema::numeric(columns), Objective::SquaredError, vec![0.5], vec![tree]);
        assert_additive(&model, &matrix(&mut random, shape, 2));
    }
}

#[test]
fn interactions_of_many_features_sum_up_to_contributions() {
    for columns in [40, 600] {
        let mut random = Random(11);
        let tree = chain(&mut random, columns + 1, columns);
        let shape = Shape { columns, leaves: 0, outputs: 1, vectors: false, categorical_from: columns };
        let model = Model::new(FeatureSchema::numeric(columns), Objective::SquaredError, vec![0.5], vec![tree]);
        let rows = matrix(&mut random, shape, 2);
        let explainer = Explainer::new(&model).unwrap();
        let sums = explainer.interactions(rows.view()).unwrap().sum_axis(Axis(3));
        for (sum, contribution) in sums.iter().zip(&explainer.contributions(rows.view()).unwrap()) {
            assert!((sum - contribution).abs() < 1e-9, "{sum} and {contribution}");
        }
    }
}

#[test]
fn a_tree_of_one_leaf_is_all_bias() {
    let shape = Shape { columns: 2, leaves: 1, outputs: 1, vectors: false, categorical_from: 2 };
    let tree = tree(&mut Random(1), shape);
    let expected = tree.weight * tree.leaves().next().unwrap().scalar().unwrap() + 0.5;
    let model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![0.5], vec![tree]);
    let mut found = [f64::NAN; 3];
    Explainer::new(&model).unwrap().contributions_into(&[1.0, f64::NAN], &mut found).unwrap();
    assert_eq!(found, [0.0, 0.0, expected]);
}
