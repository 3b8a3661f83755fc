//! The scorer against the plain walk over the trees of a model, its outputs, and what its crate may depend on.

pub mod models;
pub mod special;

use models::{Random, any_model, categorical, leaf, levels, model, numeric, random_model, random_rows, small, threshold};
use ndarray::{Array2, ArrayView2, ShapeBuilder, array};
use proptest::prelude::*;
use sapwood_score::{Error, FeatureKind, FeatureSchema, LevelIndex, Model, Node, Objective, Output, Scorer, Tree};

/// The row as `Tree::leaf_index` wants it: what is no code of a level is missing.
fn cleaned(schema: &FeatureSchema, row: &[f64]) -> Vec<f64> {
    let clean = |(feature, &x): (&sapwood_score::Feature, &f64)| match &feature.kind {
        FeatureKind::Categorical { levels } if !(0..levels.len()).any(|code| code as f64 == x) => f64::NAN,
        _ => x,
    };
    schema.features.iter().zip(row).map(clean).collect()
}

/// Margins by the definition: base score plus leaf values in tree order.
fn naive_margins(model: &Model, row: &[f64]) -> Vec<f64> {
    let row = cleaned(&model.schema, row);
    let mut margins = model.base_score.clone();
    for (index, tree) in model.trees.iter().enumerate() {
        let Node::Leaf(leaf) = &tree.nodes[tree.leaf_index(&row)] else { panic!("a walk ended at a split") };
        margins[model.output_of(index)] += leaf.scalar().unwrap();
    }
    margins
}

/// Leaf numbers by the definition: the leaf's position among its tree's leaves.
fn naive_leaves(model: &Model, row: &[f64]) -> Vec<u32> {
    let row = cleaned(&model.schema, row);
    let ordinal = |tree: &Tree| {
        let at = tree.leaf_index(&row);
        tree.nodes[..at].iter().filter(|node| matches!(node, Node::Leaf(_))).count() as u32
    };
    model.trees.iter().map(ordinal).collect()
}

fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(f64::to_bits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn scorer_equals_the_plain_walk_bit_for_bit(model in any_model(), seed in any::<u64>(), count in 0..70usize) {
        let rows = random_rows(&mut Random(seed), &model.schema, count);
        let scorer = Scorer::new(model.clone()).unwrap();
        let margins = scorer.margins(rows.view()).unwrap();
        let leaves = scorer.leaves(rows.view()).unwrap();
        prop_assert_eq!(margins.dim(), (count, model.num_outputs()));
        prop_assert_eq!(leaves.dim(), (count, model.trees.len()));
        for (r, row) in rows.outer_iter().enumerate() {
            let row = row.to_vec();
            let expected = bits(naive_margins(&model, &row));
            prop_assert_eq!(&bits(margins.row(r).to_vec()), &expected);
            prop_assert_eq!(leaves.row(r).to_vec(), naive_leaves(&model, &row));
            let mut single = vec![f64::NAN; model.num_outputs()];
            scorer.margins_into(&row, &mut single).unwrap();
            prop_assert_eq!(&bits(single), &expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Enough rows and trees for sets; trees and features among them that have too many leaves, thresholds or levels for them.
    #[test]
    fn many_rows_and_trees_give_what_the_plain_walk_gives(
        seed: u64,
        objective in 0..Objective::ALL.len(),
        (features, rounds, leaves, count) in (1..5usize, 1..9u32, 2..300usize, 192..1100usize),
    ) {
        let mut random = Random(seed);
        let model = random_model(&mut random, Objective::ALL[objective], features, rounds, 2, leaves);
        let rows = random_rows(&mut random, &model.schema, count);
        let scorer = Scorer::new(model.clone()).unwrap();
        let (margins, leaves) = (scorer.margins(rows.view()).unwrap(), scorer.leaves(rows.view()).unwrap());
        for (r, row) in rows.outer_iter().enumerate() {
            let row = row.to_vec();
            prop_assert_eq!(bits(margins.row(r).to_vec()), bits(naive_margins(&model, &row)));
            prop_assert_eq!(leaves.row(r).to_vec(), naive_leaves(&model, &row));
        }
    }
}

#[test]
fn many_tiles_columns_first_and_strided_rows_give_the_same_bits() {
    let mut random = Random(7);
    let model = random_model(&mut random, Objective::Softprob, 40, 3, 1, 30);
    let scorer = Scorer::new(model.clone()).unwrap();
    let rows = random_rows(&mut random, &model.schema, 3 * scorer.tile_rows() + 5);
    let expected: Vec<_> = rows.outer_iter().flat_map(|row| naive_margins(&model, &row.to_vec())).collect();
    let mut columns_first = Array2::zeros(rows.dim().f());
    columns_first.assign(&rows);
    let mut wide = Array2::from_elem((rows.nrows(), 2 * rows.ncols()), f64::NAN);
    wide.slice_mut(ndarray::s![.., ..;2]).assign(&rows);
    for view in [rows.view(), columns_first.view(), wide.slice(ndarray::s![.., ..;2])] {
        assert_eq!(bits(scorer.margins(view).unwrap()), bits(expected.clone()));
    }
}

fn value_of(model: &Model, output: Output, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    Scorer::new(model.clone()).unwrap().output(output, rows).unwrap().into_values()
}

fn single_leaf(objective: Objective, margins: &[f64]) -> Model {
    let trees = margins.iter().map(|&margin| Tree::leaf(margin, 1.0)).collect();
    model(objective, vec![numeric("x")], vec![0.0; margins.len()], trees)
}

#[test]
fn values_are_what_the_objective_predicts() {
    let row = array![[1.0]];
    let near = |found: Vec<f64>, expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(x, y)| approx::assert_relative_eq!(*x, *y, max_relative = 1e-14));
    };
    let sigmoid = 1.0 / (1.0 + (-0.75f64).exp());
    for (objective, expected) in [
        (Objective::SquaredError, 0.75),
        (Objective::Logistic, sigmoid),
        (Objective::BinaryLogistic, sigmoid),
        (Objective::BinaryLogitraw, 0.75),
        (Objective::Poisson, 0.75f64.exp()),
    ] {
        near(value_of(&single_leaf(objective, &[0.75]), Output::Value, row.view()), &[expected]);
    }
    let margins = [0.5f64, 1.5, 1.0];
    let sum: f64 = margins.iter().map(|m| m.exp()).sum();
    let shares = margins.map(|m| m.exp() / sum);
    near(value_of(&single_leaf(Objective::Softprob, &margins), Output::Value, row.view()), &shares);
    near(value_of(&single_leaf(Objective::Softmax, &margins), Output::Value, row.view()), &[1.0]);
    near(value_of(&single_leaf(Objective::Softmax, &margins), Output::Probability, row.view()), &shares);
    near(value_of(&single_leaf(Objective::Softmax, &margins), Output::Margin, row.view()), &margins);
    near(value_of(&single_leaf(Objective::BinaryLogitraw, &[0.75]), Output::Probability, row.view()), &[sigmoid]);
}

#[test]
fn predict_has_one_column_or_one_per_class() {
    let rows = array![[1.0], [2.0]];
    let shape =
        |objective, margins: &[f64]| Scorer::new(single_leaf(objective, margins)).unwrap().predict(rows.view()).unwrap().dim();
    assert_eq!(shape(Objective::SquaredError, &[1.0]), (2, 1));
    assert_eq!(shape(Objective::Softmax, &[1.0, 2.0, 3.0]), (2, 1));
    assert_eq!(shape(Objective::Softprob, &[1.0, 2.0, 3.0]), (2, 3));
}

#[test]
fn two_classes_part_at_one_half_and_many_at_the_first_largest_margin() {
    let row = array![[1.0]];
    let class = |objective, margins: &[f64]| value_of(&single_leaf(objective, margins), Output::Class, row.view())[0];
    assert_eq!(class(Objective::BinaryLogistic, &[1e-9]), 1.0);
    assert_eq!(class(Objective::BinaryLogistic, &[0.0]), 0.0);
    assert_eq!(class(Objective::BinaryLogitraw, &[2.0]), 1.0);
    assert_eq!(class(Objective::Softprob, &[1.0, 2.0, 2.0]), 1.0);
    assert_eq!(class(Objective::Softmax, &[3.0, 2.0, 2.0]), 0.0);
}

#[test]
fn classes_print_as_the_labels_were_and_numbers_read_back() {
    let rows = array![[3.0, 0.0], [1.0, f64::NAN]];
    let scorer = Scorer::new(small()).unwrap();
    let lines = |output| {
        let predictions = scorer.output(output, rows.view()).unwrap();
        let line = |row| {
            let mut line = String::new();
            predictions.write_row(row, &mut line);
            line
        };
        (0..predictions.rows()).map(line).collect::<Vec<_>>()
    };
    assert_eq!(lines(Output::Class), ["yes", "no"]);
    assert_eq!(lines(Output::Margin), ["0.25", "-1.25"]);
    assert_eq!(lines(Output::Leaf), ["1,0", "0,0"]);
    let read: Vec<f64> = lines(Output::Probability).iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(read, scorer.predict(rows.view()).unwrap().into_raw_vec_and_offset().0);
}

#[test]
fn regressions_have_no_classes_and_no_probabilities() {
    for objective in [Objective::SquaredError, Objective::Logistic, Objective::Poisson] {
        let scorer = Scorer::new(single_leaf(objective, &[1.0])).unwrap();
        for output in [Output::Class, Output::Probability] {
            let error = scorer.output(output, array![[1.0]].view()).unwrap_err();
            assert!(matches!(error, Error::Output(_)) && error.to_string().contains(objective.name()), "{error}");
        }
    }
}

#[test]
fn what_is_no_level_goes_where_missing_goes() {
    let tree = |default_left| Tree::new(vec![levels(0, vec![0b10], default_left, (1, 2)), leaf(1.0), leaf(2.0)]);
    for (default_left, missing) in [(true, 1.0), (false, 2.0)] {
        let colour = vec![categorical("colour", &["blue", "green", "red"])];
        let scorer = Scorer::new(model(Objective::SquaredError, colour, vec![0.0], vec![tree(default_left)])).unwrap();
        for unseen in [3.0, 63.0, 64.0, 1e300, -1.0, 0.5, f64::INFINITY, f64::NAN] {
            assert_eq!(scorer.predict(array![[unseen]].view()).unwrap(), array![[missing]], "{unseen}");
        }
        assert_eq!(scorer.predict(array![[0.0], [-0.0], [1.0], [2.0]].view()).unwrap(), array![[2.0], [2.0], [1.0], [2.0]]);
    }
}

#[test]
fn an_infinite_threshold_parts_missing_from_all_else() {
    let tree = Tree::new(vec![threshold(0, f64::INFINITY, false, (1, 2)), leaf(1.0), leaf(2.0)]);
    let scorer = Scorer::new(model(Objective::SquaredError, vec![numeric("x")], vec![0.0], vec![tree])).unwrap();
    let rows = array![[f64::NEG_INFINITY], [f64::MAX], [f64::INFINITY], [f64::NAN]];
    assert_eq!(scorer.predict(rows.view()).unwrap(), array![[1.0], [1.0], [1.0], [2.0]]);
}

#[test]
fn rows_of_another_width_are_refused() {
    let scorer = Scorer::new(small()).unwrap();
    let narrow = Array2::zeros((2, 1));
    for error in [
        scorer.predict(narrow.view()).unwrap_err(),
        scorer.leaves(narrow.view()).unwrap_err(),
        scorer.margins_into(&[1.0], &mut [0.0]).unwrap_err(),
        scorer.score_tile(Output::Value, &[1.0; 5], 2, Some(vec![0.0; 2])).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Schema(_)), "{error}");
    }
    let error = scorer.margins_into(&[1.0, 1.0], &mut [0.0; 2]).unwrap_err();
    assert!(matches!(error, Error::Output(_)), "{error}");
}

#[test]
fn models_without_features_or_trees_score_their_base() {
    let trees = vec![Tree::leaf(0.5, 1.0), Tree::leaf(0.25, 1.0)];
    for (trees, margin) in [(trees, 1.75), (Vec::new(), 1.0)] {
        let leaves = trees.len();
        let scorer = Scorer::new(model(Objective::SquaredError, Vec::new(), vec![1.0], trees)).unwrap();
        for rows in [0, 1, 3, 50] {
            let data = Array2::zeros((rows, 0));
            assert_eq!(scorer.predict(data.view()).unwrap(), Array2::from_elem((rows, 1), margin));
            assert_eq!(scorer.leaves(data.view()).unwrap(), Array2::<u32>::zeros((rows, leaves)));
        }
    }
}

#[test]
fn levels_are_found_by_text_whatever_their_order() {
    let features = vec![numeric("n"), categorical("size", &["9", "10", "2", "none"])];
    let index = LevelIndex::new(&FeatureSchema { features, named: true, index_base: None });
    for (code, text) in ["9", "10", "2", "none"].iter().enumerate() {
        assert_eq!(index.code(1, text), Some(code as u32));
    }
    assert_eq!((index.code(1, "1"), index.code(0, "9"), index.code(2, "9")), (None, None, None));
    let scorer = Scorer::new(small()).unwrap();
    assert_eq!(scorer.code(1, "red").unwrap(), 2.0);
    assert!(scorer.code(1, "mauve").unwrap_err().to_string().contains("has no level \"mauve\"; its levels are"));
}

#[test]
fn importance_counts_splits_and_averages_their_gain_and_cover() {
    let mut model = small();
    let Node::Split(split) = &mut model.trees[1].nodes[0] else { panic!("the root is a split") };
    (split.gain, split.cover) = (4.5, 2.0);
    let [age, colour] = model.importance()[..] else { panic!("two features") };
    assert_eq!((age.weight, age.total_gain, age.gain(), age.total_cover, age.cover()), (2, 7.0, 3.5, 10.0, 5.0));
    assert_eq!((colour.weight, colour.gain(), colour.cover()), (1, 2.5, 8.0));
    model.trees.clear();
    assert!(model.importance().iter().all(|feature| feature.weight == 0 && feature.gain() == 0.0));
}

#[test]
fn json_shows_names_levels_and_infinities() {
    let json = small().to_json();
    assert_eq!(json["objective"], "binary:logistic");
    assert_eq!(json["classes"][1], "yes");
    assert_eq!(json["params"]["eta"], "0.3");
    assert_eq!(json["schema"]["features"][1]["levels"][2], "red");
    assert_eq!(json["importance"][0]["weight"], 2);
    let nodes = &json["trees"][0]["nodes"];
    assert_eq!((&nodes[0]["feature"], &nodes[0]["threshold"], &nodes[0]["missing"]), (&"age".into(), &2.5.into(), &"right".into()));
    assert_eq!(nodes[2]["levels"], serde_json::json!(["blue", "red"]));
    assert_eq!((&nodes[4]["leaf"], &nodes[4]["value"]), (&2.into(), &1.0.into()));
    assert_eq!(json["trees"][1]["nodes"][0]["threshold"], "inf");
}
