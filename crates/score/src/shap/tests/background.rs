//! Contributions against background rows are the Shapley values of mixtures of rows.

use super::oracle::shapley;
use super::random::{Random, Shape, model, row};
use crate::{BackgroundExplainer, Derivation, DerivedFeature, Error, Model, Node, Role, Scorer};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

fn matrix(random: &mut Random, shape: Shape, rows: usize) -> Array2<f64> {
    let values: Vec<f64> = (0..rows).flat_map(|_| row(random, shape)).collect();
    Array2::from_shape_vec((rows, shape.columns), values).unwrap()
}

/// The mean margin of mixtures: the row's values in the columns of the coalition, those of each background row in the others.
fn margin(scorer: &Scorer, output: usize, row: &[f64], background: &Array2<f64>, coalition: u32) -> f64 {
    let mixed =
        Array2::from_shape_fn(
            background.dim(),
            |(at, column)| {
                if coalition >> column & 1 == 1 { row[column] } else { background[(at, column)] }
            },
        );
    scorer.margins(mixed.view()).unwrap().column(output).mean().unwrap()
}

proptest! {
    #[test]
    fn contributions_are_shapley_values(
        seed in any::<u64>(),
        columns in 1usize..=6,
        leaves in 1usize..=24,
        outputs in 1usize..=2,
        vectors in any::<bool>(),
        categorical_from in 0usize..=6,
    ) {
        let shape = Shape { columns, leaves, outputs, vectors, categorical_from };
        let mut random = Random(seed);
        let model = model(&mut random, shape, shape.outputs);
        let (rows, background) = (matrix(&mut random, shape, 4), matrix(&mut random, shape, 5));
        let scorer = Scorer::new(model.clone()).unwrap();
        let found = BackgroundExplainer::new(&model, background.view()).unwrap().contributions(rows.view()).unwrap();
        for (row, found) in rows.rows().into_iter().zip(found.outer_iter()) {
            for (output, found) in found.outer_iter().enumerate() {
                let of = |coalition| margin(&scorer, output, row.as_slice().unwrap(), &background, coalition);
                for (expected, found) in shapley(columns as u32, of).iter().zip(found) {
                    prop_assert!((expected - found).abs() < 1e-12, "{expected} and {found}");
                }
            }
        }
    }
}

const SHAPE: Shape = Shape { columns: 40, leaves: 1_000, outputs: 2, vectors: false, categorical_from: 30 };

fn assert_additive(model: &Model, rows: &Array2<f64>, background: &Array2<f64>) {
    let found = BackgroundExplainer::new(model, background.view()).unwrap().contributions(rows.view()).unwrap();
    let margins = Scorer::new(model.clone()).unwrap().margins(rows.view()).unwrap();
    for (sum, margin) in found.sum_axis(Axis(2)).iter().zip(&margins) {
        assert!((sum - margin).abs() <= 1e-9 * margin.abs().max(1e-3), "{sum} and {margin}");
    }
}

#[test]
fn large_trees_and_derived_features_are_additive() {
    let mut random = Random(3);
    let mut model = model(&mut random, SHAPE, 4);
    let (rows, background) = (matrix(&mut random, SHAPE, 5), matrix(&mut random, SHAPE, 7));
    assert_additive(&model, &rows, &background);
    let derivation = Derivation::Difference { first: 1, second: 2 };
    model.derived = vec![DerivedFeature { name: "difference".into(), derivation }];
    for node in model.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        match node {
            Node::Split(split) if split.feature == 0 => split.feature = 40,
            _ => {}
        }
    }
    assert_additive(&model, &rows, &background);
}

#[test]
fn wrong_sizes_and_absent_base_margins_are_refused() {
    let shape = Shape { columns: 2, leaves: 3, outputs: 1, vectors: false, categorical_from: 2 };
    let mut model = model(&mut Random(1), shape, 2);
    let new = |model: &Model, rows: Array2<f64>| BackgroundExplainer::new(model, rows.view());
    assert!(matches!(new(&model, array![[1.0]]), Err(Error::Schema(_))));
    assert!(new(&model, Array2::zeros((0, 2))).unwrap_err().to_string().contains("at least one row"));
    let explainer = new(&model, array![[1.0, 2.0]]).unwrap();
    assert!(explainer.contributions_into(&[1.0], None, &mut [0.0; 3]).is_err());
    assert!(explainer.contributions_into(&[1.0, 1.0], None, &mut [0.0; 4]).is_err());
    model.required_roles = vec![Role::BaseMargin];
    let explainer = new(&model, array![[1.0, 2.0]]).unwrap();
    assert!(matches!(explainer.contributions(array![[1.0, 1.0]].view()), Err(Error::BaseMarginRequired)));
    let mut found = [0.0; 3];
    explainer.contributions_into(&[1.0, 2.0], Some(&[7.0]), &mut found).unwrap();
    assert_eq!(found[..2], [0.0; 2]);
    model.required_roles.clear();
    let margin = Scorer::new(model.clone()).unwrap().margins(array![[1.0, 2.0]].view()).unwrap()[(0, 0)];
    assert!((found[2] - (margin - model.base_score[0] + 7.0)).abs() < 1e-12);
}
