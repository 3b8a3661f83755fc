//! Models that the engine does not make yet, by hand: each kind of leaf, rule, sum and derived feature scored by the letter of
//! `docs/MODEL_FORMAT.md`, and each model through its file.

use super::models::{categorical, leaf, levels, model, numeric, threshold};
use ndarray::{Array2, ArrayView2, array};
use sapwood_score::{
    Aggregation, Calibration, Condition, Derivation, DerivedFeature, Ensemble, Error, Layout, Leaf, LeafValue, LinearLeaf,
    LinearTerm, Link, MeanOf, Member, MissingRule, Model, Node, Objective, ObjectiveSpec, Output, Outputs, Precision, Prediction,
    Role, Scorer, Split, TargetStatistic, Tree,
};

const INFINITE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// The scorer of a model that has been through its file.
fn scorer(model: &Model) -> Scorer {
    let read = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(&read, model);
    Scorer::new(read).unwrap()
}

fn output(model: &Model, output: Output, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    scorer(model).output(output, rows).unwrap().into_values()
}

fn values(model: &Model, rows: ArrayView2<'_, f64>) -> Vec<f64> {
    output(model, Output::Value, rows)
}

fn regression(features: usize, trees: Vec<Tree>) -> Model {
    let features = (0..features).map(|feature| numeric(&format!("x{feature}"))).collect();
    model(Objective::SquaredError, features, vec![10.0], trees)
}

/// One split at 0 of feature 0 between two leaves.
fn stump(left: Leaf, right: Leaf) -> Tree {
    Tree::new(vec![threshold(0, 0.0, true, (1, 2)), Node::Leaf(left), Node::Leaf(right)])
}

pub fn vectors() -> Model {
    let vector = |values: [f64; 2]| Leaf::of(LeafValue::Vector(values.into()), 1.0);
    let tree = stump(vector([1.0, -1.0]), vector([2.0, 5.0]));
    let mut model = regression(1, vec![tree.clone(), tree]);
    model.base_score = vec![10.0, 20.0];
    model.outputs = Outputs::Targets(vec!["height".into(), "weight".into()]);
    model.trees[1].weight = 0.5;
    model
}

#[test]
fn vector_leaves_add_to_every_output_and_trees_count_by_their_weight() {
    let model = vectors();
    assert_eq!((model.num_rounds(), model.num_outputs()), (2, 2));
    let rows = array![[-1.0], [1.0], [f64::NAN]];
    assert_eq!(values(&model, rows.view()), [11.5, 18.5, 13.0, 27.5, 11.5, 18.5]);
    assert_eq!(output(&model, Output::Leaf, rows.view()), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
}

pub fn linear() -> Model {
    let terms = vec![
        LinearTerm { feature: 1, coefficient: 2.0, range: (0.0, 3.0) },
        LinearTerm { feature: 0, coefficient: -1.0, range: INFINITE },
    ];
    let linear = LinearLeaf { constant: 0.5, terms, if_missing: 7.0, range: (-5.0, 6.0) };
    regression(2, vec![stump(Leaf::new(1.0, 1.0), Leaf::of(LeafValue::Linear(Box::new(linear)), 1.0))])
}

#[test]
fn linear_leaves_clamp_what_they_are_given_and_what_they_give() {
    let rows = array![[-1.0, 9.0], [1.0, 1.0], [1.0, 9.0], [1.0, -9.0], [0.25, 4.0], [100.0, 0.0], [1.0, f64::NAN]];
    let expected = [11.0, 11.5, 15.5, 9.5, 16.0, 5.0, 17.0];
    assert_eq!(values(&linear(), rows.view()), expected);
}

fn with_rule(condition: Condition, default_left: bool, rule: MissingRule) -> Tree {
    let mut split = Split::new(0, condition, default_left, (1, 2), 1.0, 2.0);
    split.missing = rule;
    Tree::new(vec![Node::Split(split), leaf(-1.0), leaf(1.0)])
}

#[test]
fn thresholds_take_nan_and_zero_as_their_rule_says() {
    let tiny = f64::from(1e-35f32);
    let rows = array![[f64::NAN], [0.0], [-tiny], [2.0 * tiny], [-3.0]];
    for (rule, default_left, at, expected) in [
        (MissingRule::Nan, true, -1.0, [9.0, 11.0, 11.0, 11.0, 9.0]),
        (MissingRule::NanOrZero, true, -1.0, [9.0, 9.0, 9.0, 11.0, 9.0]),
        (MissingRule::NanOrZero, false, 1.0, [11.0, 11.0, 11.0, 9.0, 9.0]),
        (MissingRule::NanIsZero, true, -1.0, [11.0, 11.0, 11.0, 11.0, 9.0]),
        (MissingRule::NanIsZero, false, 0.0, [9.0, 9.0, 9.0, 11.0, 9.0]),
    ] {
        let model = regression(1, vec![with_rule(Condition::Threshold(at), default_left, rule)]);
        assert_eq!(values(&model, rows.view()), expected, "{rule:?}");
    }
}

#[test]
fn unseen_levels_go_where_their_rule_says() {
    let rows = array![[f64::NAN], [0.0], [1.0], [1.9], [2.0], [3.0], [-1.0], [1e300]];
    for (rule, expected) in [
        (MissingRule::Nan, [9.0, 11.0, 9.0, 9.0, 11.0, 9.0, 9.0, 9.0]),
        (MissingRule::UnseenLeft, [9.0, 11.0, 9.0, 9.0, 11.0, 9.0, 9.0, 9.0]),
        (MissingRule::UnseenRight, [9.0, 11.0, 9.0, 9.0, 11.0, 11.0, 11.0, 11.0]),
    ] {
        let tree = with_rule(Condition::Levels(vec![0b010]), true, rule);
        // A tree of weight 1/2 twice, so that the scorer does not take it for a plain one under any rule.
        let mut model =
            model(Objective::SquaredError, vec![categorical("c", &["a", "b", "c"])], vec![10.0], vec![tree.clone(), tree]);
        model.trees.iter_mut().for_each(|tree| tree.weight = 0.5);
        assert_eq!(values(&model, rows.view()), expected, "{rule:?}");
        let Node::Split(split) = &mut model.trees[0].nodes[0] else { panic!("the root is a split") };
        split.default_left = false;
        model.trees.truncate(1);
        model.trees[0].weight = 2.0;
        let missing = values(&model, rows.view())[0];
        assert_eq!(missing, 12.0);
    }
}

pub fn single() -> Model {
    let mut model = regression(1, [0.1, 0.2, 0.3].map(|value| stump(Leaf::new(-value, 1.0), Leaf::new(value, 1.0))).into());
    model.precision = Precision::Single;
    model.trees[2].weight = 0.7;
    model.base_score = vec![f64::from(0.5f32)];
    model
}

#[test]
fn sums_in_single_precision_are_rounded_after_each_addition() {
    let expected = ((0.5f32 + 0.1) + 0.2) + 0.7 * 0.3f32;
    assert_eq!(values(&single(), array![[1.0]].view()), [f64::from(expected)]);
    let mut double = single();
    double.precision = Precision::Double;
    assert_ne!(values(&double, array![[1.0]].view()), [f64::from(expected)]);
}

#[test]
fn values_are_compared_in_single_precision_where_sums_are() {
    let at = f64::from(0.1f32);
    let mut model = regression(1, vec![Tree::new(vec![threshold(0, at, true, (1, 2)), leaf(-1.0), leaf(1.0)])]);
    let above = at + 1e-12;
    assert_eq!(values(&model, array![[above]].view()), [11.0]);
    model.precision = Precision::Single;
    assert_eq!(values(&model, array![[above]].view()), [9.0]);
}

pub fn forest() -> Model {
    let mut model = regression(1, [1.0, 2.0, 6.0].map(|value| stump(Leaf::new(value, 1.0), Leaf::new(-value, 1.0))).into());
    model.aggregation = Aggregation::Mean;
    model
}

#[test]
fn a_mean_of_trees_is_added_to_the_base_score() {
    assert_eq!(values(&forest(), array![[-1.0], [1.0]].view()), [13.0, 7.0]);
}

#[test]
fn an_irregular_layout_says_which_tree_adds_to_which_output() {
    let trees = [1.0, 2.0, 4.0].map(|value| Tree::leaf(value, 1.0)).into();
    let mut model = model(Objective::Softprob, vec![numeric("x")], vec![0.0, 0.0], trees);
    model.layout = Some(Layout { rounds: vec![1, 2], outputs: vec![1, 0, 1] });
    model.best_iteration = Some(1);
    assert_eq!(model.num_rounds(), 2);
    assert_eq!(output(&model, Output::Margin, array![[0.0]].view()), [2.0, 5.0]);
}

/// A model over the columns `n`, `town`, `shop`, whose trees see everything that can be derived from them.
pub fn derived() -> Model {
    let features = vec![numeric("n"), categorical("town", &["a", "b"]), categorical("shop", &["p", "q", "r"])];
    let add = |feature: u32| LinearTerm { feature, coefficient: [1.0, 10.0, 100.0][feature as usize - 3], range: INFINITE };
    let linear = LinearLeaf { constant: 0.0, terms: [3, 4, 5].map(add).into(), if_missing: -1.0, range: INFINITE };
    let pair = levels(6, vec![0b101], false, (1, 2));
    let first = Tree::new(vec![pair, leaf(1000.0), leaf(0.0)]);
    let mut model = model(Objective::SquaredError, features, vec![0.0], vec![first]);
    model.trees.push(Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Linear(Box::new(linear)), 1.0))]));
    let statistic = TargetStatistic {
        source: 1,
        target: 0,
        prior: 0.5,
        prior_weight: 2.0,
        sums: vec![3.0, 0.0, 1.0],
        counts: vec![6.0, 0.0, 2.0],
    };
    let named = |name: &str, derivation| DerivedFeature { name: name.to_string(), derivation };
    model.derived = vec![
        named("mean(town)", Derivation::TargetStatistic(statistic)),
        named("count(shop)", Derivation::Count { source: 2, counts: vec![5.0, 6.0, 7.0, 8.0] }),
        named("n - mean(town)", Derivation::Difference { first: 0, second: 3 }),
        named("town × shop", Derivation::Pair { first: 1, second: 2, levels: vec![(0, 1), (1, 0), (1, Derivation::MISSING)] }),
    ];
    model
}

#[test]
fn derived_features_are_computed_from_their_columns() {
    let model = derived();
    let nan = f64::NAN;
    let rows = array![[1.0, 0.0, 1.0], [2.0, 1.0, 0.0], [0.0, 1.0, nan], [1.0, 7.0, 2.0], [nan, 0.0, 0.0]];
    // Town a: (3 + 1) / (6 + 2); town b: nothing but the prior; no town: (1 + 1) / (2 + 2).
    let linear = [0.5 + 60.0 + 50.0, 0.5 + 50.0 + 150.0, 0.5 + 80.0 - 50.0, 0.5 + 70.0 + 50.0, -1.0];
    let pairs = [1000.0, 0.0, 1000.0, 0.0, 0.0];
    let expected: Vec<_> = linear.iter().zip(pairs).map(|(x, y)| y + x).collect();
    assert_eq!(values(&model, rows.view()), expected);
    assert_eq!(model.importance().len(), 7);
    assert_eq!(model.importance()[6].weight, 1);
    assert_eq!(model.feature_name(5), Some("n - mean(town)"));
    assert_eq!((model.source_columns(5), model.source_columns(6), model.source_columns(0)), (vec![0, 1], vec![1, 2], vec![0]));
    let json = model.to_json();
    assert_eq!(json["trees"][0]["nodes"][0]["missing_rule"], "nan");
    assert_eq!(json["derived"][2], serde_json::json!({ "name": "n - mean(town)", "sources": ["n", "town"] }));
    assert_eq!(json["trees"][0]["nodes"][0]["levels"], serde_json::json!([0, 2]));
    assert_eq!(json["trees"][1]["nodes"][0]["linear"]["terms"][0]["feature"], "mean(town)");
}

/// Two members of one tree each, the second three times as heavy.
pub fn ensemble(mean_of: MeanOf) -> Model {
    let mut model =
        model(Objective::BinaryLogistic, vec![numeric("x")], Vec::new(), vec![Tree::leaf(1.0, 1.0), Tree::leaf(-1.0, 1.0)]);
    let member = |base: f64, weight: f64| Member {
        trees: 1,
        base_score: vec![base],
        weight,
        best_iteration: Some(0),
        best_score: Some(0.25),
    };
    model.ensemble = Some(Ensemble { mean_of, members: vec![member(1.0, 1.0), member(-1.0, 3.0)] });
    model
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + sapwood_score::math::exp(-x))
}

#[test]
fn members_are_averaged_by_their_weights() {
    let row = array![[0.0]];
    let [margins, means] = [MeanOf::Margins, MeanOf::Means].map(ensemble);
    for model in [&margins, &means] {
        assert_eq!(output(model, Output::Margin, row.view()), [-1.0]);
        assert_eq!(output(model, Output::Class, row.view()), [0.0]);
        assert_eq!(output(model, Output::Leaf, row.view()), [0.0, 0.0]);
    }
    assert_eq!(values(&margins, row.view()), [sigmoid(-1.0)]);
    assert_eq!(values(&means, row.view()), [0.25 * sigmoid(2.0) + 0.75 * sigmoid(-2.0)]);
    // A base margin takes the place of every member's base score.
    let scored = scorer(&margins).score_tile(Output::Margin, &[0.0], 1, Some(vec![10.0])).unwrap();
    assert_eq!(scored, [0.25 * 11.0 + 0.75 * 9.0]);
}

#[test]
fn calibration_corrects_predictions_and_leaves_margins() {
    let mut model = model(Objective::BinaryLogistic, vec![numeric("x")], vec![0.0], vec![Tree::leaf(1.0, 1.0)]);
    model.calibration = Some(Calibration::Linear { slopes: vec![-2.0], intercepts: vec![0.5] });
    let row = array![[0.0]];
    assert_eq!(output(&model, Output::Margin, row.view()), [1.0]);
    assert_eq!(values(&model, row.view()), [sigmoid(-1.5)]);
    assert_eq!(output(&model, Output::Class, row.view()), [0.0]);
    model.calibration = Some(Calibration::Isotonic { outputs: vec![vec![(0.5, 0.1), (sigmoid(1.0), 0.4), (1.0, 0.9)]] });
    assert_eq!(values(&model, row.view()), [0.4]);
    assert_eq!(output(&model, Output::Class, row.view()), [0.0]);
    for (base, expected) in [(-9.0, 0.1), (99.0, 0.9)] {
        model.base_score = vec![base];
        assert_eq!(values(&model, row.view()), [expected]);
    }
}

#[test]
fn calibrated_classes_sum_to_one() {
    let mut model = model(Objective::Softprob, vec![numeric("x")], vec![0.0, 0.0], Vec::new());
    let constant = |value| vec![(0.0, value)];
    model.calibration = Some(Calibration::Isotonic { outputs: vec![constant(0.2), constant(0.6)] });
    let row = array![[0.0]];
    assert_eq!(values(&model, row.view()), [0.2 / 0.8, 0.6 / 0.8]);
    assert_eq!(output(&model, Output::Class, row.view()), [1.0]);
}

pub fn quantiles() -> Model {
    let trees = [3.0, 2.0, 1.0].map(|value| Tree::leaf(value, 1.0)).into();
    let mut model = regression(1, trees);
    model.objective = ObjectiveSpec::new("reg:quantileerror", vec![("quantile_alpha".into(), "[0.1, 0.5, 0.9]".into())]);
    model.base_score = vec![0.0; 3];
    model.outputs = Outputs::Quantiles(vec![0.1, 0.5, 0.9]);
    model.link = Link::Sorted;
    model
}

/// As an importer would make it: every rule for missing values, an irregular layout, counts, and what is kept besides.
pub fn imported() -> Model {
    let at = |at: f64| Condition::Threshold(at);
    let on_level = |rule| {
        let mut tree = with_rule(Condition::Levels(vec![0b010]), false, rule);
        let Node::Split(split) = &mut tree.nodes[0] else { unreachable!("the root is a split") };
        split.feature = 1;
        tree
    };
    let trees = vec![
        with_rule(at(0.0), true, MissingRule::Nan),
        with_rule(at(0.5), false, MissingRule::NanOrZero),
        with_rule(at(0.0), false, MissingRule::NanIsZero),
        on_level(MissingRule::UnseenLeft),
        on_level(MissingRule::UnseenRight),
    ];
    let features = vec![numeric("x"), categorical("c", &["a", "b", "c"])];
    let mut model = model(Objective::Softprob, features, vec![0.5, -0.5], trees);
    model.trees.iter_mut().for_each(|tree| tree.counts = vec![7, 4, 3]);
    model.trees[4].weight = 0.25;
    model.precision = Precision::Single;
    model.aggregation = Aggregation::Mean;
    model.layout = Some(Layout { rounds: vec![3, 2], outputs: vec![0, 1, 0, 1, 1] });
    model.calibration = Some(Calibration::Linear { slopes: vec![0.5; 2], intercepts: vec![0.0; 2] });
    model.objective = ObjectiveSpec::new("multi:custom", vec![("num_class".into(), "2".into())]);
    model.attributes = vec![("made by".into(), "hand".into())];
    model.reading.missing_values = Some(vec!["-".into()]);
    model.reading.decimal_mark = Some(',');
    model.reading.ignored_columns = vec!["id".into()];
    model
}

/// Of rows (NaN, a), (0, 1.9), (1, 7), (−1, NaN), from −1 for left and 1 for right in each tree.
pub fn imported_margins() -> Array2<f64> {
    let single = |base: f32, sum: f32, trees: f32| f64::from(base + sum / trees);
    let row = |first: [f32; 2], second: [f32; 3]| {
        let first = single(0.5, first[0] + first[1], 2.0);
        [first, single(-0.5, second[0] + second[1] + 0.25 * second[2], 3.0)]
    };
    array![
        row([-1.0, -1.0], [1.0, 1.0, 1.0]),
        row([-1.0, -1.0], [1.0, -1.0, -1.0]),
        row([1.0, 1.0], [1.0, -1.0, 1.0]),
        row([-1.0, -1.0], [-1.0, 1.0, 1.0]),
    ]
}

#[test]
fn imported_models_are_scored_by_their_own_rules() {
    let model = imported();
    let rows = array![[f64::NAN, 0.0], [0.0, 1.9], [1.0, 7.0], [-1.0, f64::NAN]];
    let margins = scorer(&model).margins(rows.view()).unwrap();
    assert_eq!(margins, imported_margins());
    let probabilities = scorer(&model).predict(rows.view()).unwrap();
    for (probabilities, margins) in probabilities.outer_iter().zip(margins.outer_iter()) {
        approx::assert_relative_eq!(probabilities[1], sigmoid(0.5 * (margins[1] - margins[0])), max_relative = 3e-7);
    }
}

#[test]
fn quantiles_do_not_cross_and_margins_are_what_they_are() {
    let row = array![[0.0]];
    assert_eq!(values(&quantiles(), row.view()), [1.0, 2.0, 3.0]);
    assert_eq!(output(&quantiles(), Output::Margin, row.view()), [3.0, 2.0, 1.0]);
    assert!(matches!(scorer(&quantiles()).output(Output::Class, row.view()), Err(Error::Output(_))));
}

#[test]
fn cumulative_links_ascend() {
    let mut model = quantiles();
    model.link = Link::CumulativeSoftplus;
    let softplus = |x: f64| x + sapwood_score::math::ln(1.0 + sapwood_score::math::exp(-x));
    let second = 3.0 + softplus(2.0);
    assert_eq!(values(&model, array![[0.0]].view()), [3.0, second, second + softplus(1.0)]);
}

#[test]
fn hinges_decide_at_zero_and_forests_of_probabilities_need_no_link() {
    let mut hinge = model(Objective::BinaryLogistic, vec![numeric("x")], vec![1e-20], Vec::new());
    (hinge.objective, hinge.link) = (ObjectiveSpec::new("binary:hinge", Vec::new()), Link::Step);
    assert_eq!(output(&hinge, Output::Class, array![[0.0]].view()), [1.0]);
    let mut forest = model(Objective::Softprob, vec![numeric("x")], vec![0.0, 0.0], Vec::new());
    forest.trees =
        [[0.25, 0.75], [1.0, 0.0]].map(|p| Tree::new(vec![Node::Leaf(Leaf::of(LeafValue::Vector(p.into()), 1.0))])).into();
    (forest.link, forest.aggregation) = (Link::Identity, Aggregation::Mean);
    let row = array![[0.0]];
    assert_eq!(output(&forest, Output::Probability, row.view()), [0.625, 0.375]);
    assert_eq!(output(&forest, Output::Class, row.view()), [0.0]);
}

#[test]
fn links_are_functions_of_each_margin() {
    let row = array![[0.0]];
    for (link, expected) in [
        (Link::Identity, -2.0),
        (Link::Logit { scale: 0.5 }, sigmoid(-1.0)),
        (Link::Log, sapwood_score::math::exp(-2.0)),
        (Link::Softplus, (-2.0f64).exp().ln_1p()),
        (Link::SignedSquare, -4.0),
        (Link::Step, 0.0),
    ] {
        let mut model = regression(1, vec![Tree::leaf(-12.0, 1.0)]);
        model.link = link;
        approx::assert_relative_eq!(values(&model, row.view())[0], expected, max_relative = 4.0 * f64::EPSILON);
        model.prediction = Prediction::Margin;
        assert_eq!(values(&model, row.view()), [-2.0], "{link:?}");
    }
}

#[test]
fn rows_without_the_base_margin_that_training_had_are_refused() {
    let mut model = regression(1, vec![Tree::leaf(1.0, 1.0)]);
    model.required_roles = vec![Role::BaseMargin];
    let scorer = scorer(&model);
    let row = array![[0.0]];
    let error = scorer.predict(row.view()).unwrap_err();
    assert!(matches!(error, Error::BaseMarginRequired) && error.to_string().contains("base_margin_column"), "{error}");
    assert!(matches!(scorer.margins_into(&[0.0], &mut [0.0]), Err(Error::BaseMarginRequired)));
    assert!(matches!(scorer.score_tile(Output::Value, &[0.0], 1, None), Err(Error::BaseMarginRequired)));
    assert_eq!(scorer.score_tile(Output::Value, &[0.0], 1, Some(vec![-3.0])).unwrap(), [-2.0]);
    assert_eq!(scorer.leaves(row.view()).unwrap(), Array2::<u32>::zeros((1, 1)));
}

/// One change that makes a special model contradict itself, and a word of the complaint.
type Contradiction = (fn() -> Model, fn(&mut Model), &'static str);

fn linear_of(model: &mut Model) -> &mut LinearLeaf {
    match &mut model.trees[0].nodes[2] {
        Node::Leaf(Leaf { value: LeafValue::Linear(linear), .. }) => linear,
        node => panic!("{node:?} is no linear leaf"),
    }
}

fn members_of(model: &mut Model) -> &mut Vec<Member> {
    &mut model.ensemble.as_mut().unwrap().members
}

fn statistic_of(model: &mut Model) -> &mut TargetStatistic {
    match &mut model.derived[0].derivation {
        Derivation::TargetStatistic(statistic) => statistic,
        other => panic!("{other:?} is no target statistic"),
    }
}

#[test]
fn special_models_that_contradict_themselves_are_neither_written_nor_scored() {
    let contradictions: [Contradiction; 30] = [
        (vectors, |m| m.trees[0].nodes[1] = leaf(1.0), "not a vector"),
        (vectors, |m| m.trees[0] = Tree::leaf(1.0, 1.0), "vectors as leaves in some trees only"),
        (vectors, |m| m.base_score.push(0.0), "3 outputs"),
        (vectors, |m| m.outputs = Outputs::Targets(vec!["a".into(), "a".into()]), "2 outputs"),
        (vectors, |m| m.trees[0].weight = f64::NAN, "weight NaN"),
        (vectors, |m| m.trees[0].counts = vec![1], "1 counts of 3 nodes"),
        (linear, |m| linear_of(m).constant = f64::NAN, "leaf value NaN"),
        (linear, |m| linear_of(m).range = (1.0, 0.0), "the range from 1 to 0"),
        (linear, |m| linear_of(m).terms[0].range = (f64::NAN, 0.0), "the range from NaN"),
        (linear, |m| linear_of(m).terms[0].feature = 2, "feature 2 of 2"),
        (linear, |m| linear_of(m).terms[0].coefficient = f64::INFINITY, "coefficient inf"),
        (linear, |m| m.schema.features[1] = categorical("c", &["a"]), "feature 1 is categorical"),
        (forest, |m| m.layout = Some(Layout { rounds: vec![2], outputs: vec![0; 3] }), "3 trees in a layout of 2"),
        (forest, |m| m.layout = Some(Layout { rounds: vec![3], outputs: vec![1; 3] }), "output 1 of 1"),
        (derived, |m| m.derived.swap(0, 2), "does not come before it"),
        (derived, |m| statistic_of(m).sums.truncate(2), "2 sums for 2 levels"),
        (derived, |m| statistic_of(m).counts[0] = -1.0, "a negative count"),
        (derived, |m| statistic_of(m).prior_weight = 0.0, "of weight 0"),
        (derived, |m| statistic_of(m).source = 0, "feature 0 is not categorical"),
        (derived, |m| m.derived.truncate(3), "feature 6 of 6"),
        (derived, |m| m.derived[3].derivation = Derivation::Difference { first: 0, second: 0 }, "not categorical"),
        (derived, |m| m.derived[3].derivation = Derivation::Pair { first: 1, second: 2, levels: vec![(0, 3)] }, "(0, 3)"),
        (derived, |m| m.derived[3].derivation = Derivation::Pair { first: 1, second: 2, levels: vec![(0, 0); 3] }, "not ascending"),
        (|| ensemble(MeanOf::Means), |m| m.base_score = vec![0.0], "left to its members"),
        (|| ensemble(MeanOf::Means), |m| members_of(m).clear(), "no output"),
        (|| ensemble(MeanOf::Means), |m| members_of(m)[0].trees = 2, "members of 3 trees"),
        (|| ensemble(MeanOf::Means), |m| members_of(m)[1].weight = -1.0, "weight -1"),
        (|| ensemble(MeanOf::Means), |m| members_of(m)[1].base_score.push(0.0), "2 base scores"),
        (quantiles, |m| m.outputs = Outputs::Quantiles(vec![0.1, 0.5, 1.0]), "3 outputs"),
        (
            quantiles,
            |m| m.calibration = Some(Calibration::Isotonic { outputs: vec![vec![(0.0, 1.0), (1.0, 0.0)]; 3] }),
            "calibration",
        ),
    ];
    for (make, change, word) in contradictions {
        let mut model = make();
        model.validate().unwrap();
        change(&mut model);
        for error in [model.to_bytes().map(drop), Scorer::new(model.clone()).map(drop)].map(Result::unwrap_err) {
            assert!(matches!(error, Error::Inconsistent(_)) && error.to_string().contains(word), "{word}: {error}");
        }
    }
}
