//! Every kind of model: members, means, derived features, singles, base margins; and what is refused.

use super::exact::assert_additive;
use super::oracle;
use super::random::{Random, Shape, model, row};
use crate::row_view::RowView;
use crate::{
    Aggregation, Calibration, Derivation, DerivedFeature, Error, Explainer, LeafValue, LinearLeaf, Model, Node, Precision, Role,
    Scorer,
};
use ndarray::{Array2, array};

const SHAPE: Shape = Shape { columns: 4, leaves: 12, outputs: 2, vectors: false, categorical_from: 2 };

fn rows(random: &mut Random, count: usize) -> Array2<f64> {
    let values: Vec<f64> = (0..count).flat_map(|_| row(random, SHAPE)).collect();
    Array2::from_shape_vec((count, SHAPE.columns), values).unwrap()
}

fn assert_shapley(model: &Model, rows: &Array2<f64>) {
    let found = Explainer::new(model).unwrap().contributions(rows.view()).unwrap();
    let mut seen = Vec::new();
    for (row, found) in rows.rows().into_iter().zip(found.outer_iter()) {
        RowView::new(model).fill(row.as_slice().unwrap(), &mut seen);
        for (output, found) in found.outer_iter().enumerate() {
            for (expected, found) in oracle::contributions(model, output, &seen).iter().zip(found) {
                assert!((expected - found).abs() < 1e-12, "{expected} and {found}");
            }
        }
    }
    assert_additive(model, rows);
}

#[test]
fn means_of_trees_are_explained_as_means() {
    let mut random = Random(1);
    let mut model = model(&mut random, SHAPE, 6);
    model.aggregation = Aggregation::Mean;
    assert_shapley(&model, &rows(&mut random, 9));
}

#[test]
fn members_are_averaged() {
    let mut random = Random(2);
    let first = model(&mut random, SHAPE, 4);
    let mut second = model(&mut random, SHAPE, 8);
    second.schema = first.schema.clone();
    let rows = rows(&mut random, 9);
    let of = |model: &Model| Explainer::new(model).unwrap().contributions(rows.view()).unwrap();
    let mut both = Model::average(vec![first.clone(), second.clone()]).unwrap();
    both.ensemble.as_mut().unwrap().members[1].weight = 3.0;
    let (found, parts) = (of(&both), [of(&first), of(&second)]);
    for (at, found) in found.indexed_iter() {
        approx(*found, 0.25 * parts[0][at] + 0.75 * parts[1][at]);
    }
    assert_additive(&both, &rows);
}

fn approx(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-12, "{a} and {b}");
}

#[test]
fn derived_features_play_for_their_columns() {
    let mut random = Random(3);
    let mut model = model(&mut random, SHAPE, 6);
    let counts = vec![0.5, -1.0, 1.5, 0.1, -0.2, 0.0];
    let derivations = [
        Derivation::Count { source: 2, counts },
        Derivation::Difference { first: 0, second: 1 },
        Derivation::Difference { first: 5, second: 1 },
    ];
    model.derived = derivations.map(|derivation| DerivedFeature { name: format!("{derivation:?}"), derivation }).into();
    let rows = rows(&mut random, 9);
    // One that comes from a column belongs to it.
    let mut single = model.clone();
    for split in splits(&mut single).filter(|split| split.feature == 0) {
        split.feature = 4;
    }
    assert_shapley(&single, &rows);
    // Those that come from the same two columns play for both, which share what they contribute.
    let mut shared = model.clone();
    for split in splits(&mut shared).filter(|split| split.feature < 2) {
        split.feature += 5;
    }
    assert_additive(&shared, &rows);
    let explainer = Explainer::new(&shared).unwrap();
    let found = explainer.contributions(rows.view()).unwrap();
    let sums = explainer.interactions(rows.view()).unwrap().sum_axis(ndarray::Axis(3));
    sums.iter().zip(&found).for_each(|(sum, found)| approx(*sum, *found));
    for of_output in found.outer_iter().flat_map(|row| [row.row(0).to_vec(), row.row(1).to_vec()]) {
        assert_eq!(of_output[0], of_output[1]);
        assert!(of_output[0] != 0.0 || of_output[2] != 0.0);
    }
}

fn splits(model: &mut Model) -> impl Iterator<Item = &mut crate::Split> {
    model.trees.iter_mut().flat_map(|tree| &mut tree.nodes).filter_map(|node| match node {
        Node::Split(split) => Some(split),
        Node::Leaf(_) => None,
    })
}

#[test]
fn singles_are_explained_as_they_are_compared() {
    let mut random = Random(4);
    let mut model = model(&mut random, SHAPE, 6);
    // Rounded to a single, the value goes the other way.
    let edge = f64::from(0.3f32);
    let changed: Vec<_> = splits(&mut model)
        .filter(|split| split.feature == 0)
        .map(|split| {
            split.condition = crate::Condition::Threshold(edge);
            split.missing = crate::MissingRule::Nan;
        })
        .collect();
    assert!(!changed.is_empty());
    let row = |x: f64| array![[x, 0.1, 1.0, 2.0]];
    let contributions = |model: &Model, x| Explainer::new(model).unwrap().contributions(row(x).view()).unwrap();
    let above = f64::from_bits(edge.to_bits() + 1);
    assert_ne!(contributions(&model, above), contributions(&model, edge));
    model.precision = Precision::Single;
    assert_eq!(contributions(&model, above), contributions(&model, edge));
    let sum = contributions(&model, above).sum_axis(ndarray::Axis(2));
    let margins = Scorer::new(model).unwrap().margins(row(above).view()).unwrap();
    assert!(sum.iter().zip(&margins).all(|(sum, margin)| (sum - margin).abs() < 1e-5 * margin.abs().max(1.0)));
}

#[test]
fn base_margins_take_the_place_of_the_base_score_in_the_bias() {
    let mut random = Random(5);
    let mut model = model(&mut random, SHAPE, 4);
    let rows = rows(&mut random, 9);
    let explainer = Explainer::new(&model).unwrap();
    let plain = explainer.contributions(rows.view()).unwrap();
    model.required_roles = vec![Role::BaseMargin];
    let explainer = Explainer::new(&model).unwrap();
    assert!(matches!(explainer.contributions(rows.view()), Err(Error::BaseMarginRequired)));
    let base: Vec<f64> = (0..18).map(f64::from).collect();
    let mut found = vec![0.0; 9 * explainer.num_contributions()];
    explainer.contributions_of_tile(rows.as_slice().unwrap(), 9, Some(&base), &mut found).unwrap();
    for (at, (found, plain)) in found.chunks(5).zip(plain.as_slice().unwrap().chunks(5)).enumerate() {
        assert_eq!(found[..4], plain[..4]);
        approx(found[4], plain[4] - model.base_score[at % 2] + base[at]);
    }
    assert!(explainer.contributions_of_tile(rows.as_slice().unwrap(), 9, Some(&base[1..]), &mut found).is_err());
}

#[test]
fn calibration_is_beyond_what_is_explained() {
    let mut random = Random(6);
    let mut model = model(&mut random, SHAPE, 4);
    let rows = rows(&mut random, 3);
    let plain = Explainer::new(&model).unwrap().contributions(rows.view()).unwrap();
    model.calibration = Some(Calibration::Linear { slopes: vec![2.0; 2], intercepts: vec![1.0; 2] });
    assert_eq!(Explainer::new(&model).unwrap().contributions(rows.view()).unwrap(), plain);
}

#[test]
fn linear_leaves_and_wrong_sizes_are_refused() {
    let mut random = Random(7);
    let mut model = model(&mut random, SHAPE, 2);
    let explainer = Explainer::new(&model).unwrap();
    assert!(matches!(explainer.contributions(array![[1.0, 2.0]].view()), Err(Error::Schema(_))));
    assert!(matches!(explainer.contributions_into(&[0.0; 4], &mut [0.0; 9]), Err(Error::Output(_))));
    let Some(Node::Leaf(leaf)) = model.trees[0].nodes.last_mut() else { unreachable!() };
    let linear = LinearLeaf { constant: 1.0, terms: Vec::new(), if_missing: 0.0, range: (-1.0, 1.0) };
    leaf.value = LeafValue::Linear(Box::new(linear));
    assert!(Explainer::new(&model).unwrap_err().to_string().contains("linear functions"));
}
