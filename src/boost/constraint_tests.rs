//! What monotone and interaction constraints forbid is in no tree; how features are drawn by their weights; random thresholds, and smoothing.

use crate::params::{FeatureName, MonotoneMethod, ParamsBuilder, PerFeature, SamplingMethod};
use crate::predict::{Output, Scorer, predict};
use crate::sampling::mix;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Model, Objective, Params, Trainer};
use ndarray::Array2;
use proptest::prelude::*;
use sapwood_score::{Node, Tree};
use std::collections::BTreeSet;

const FEATURES: usize = 6;

const METHODS: [MonotoneMethod; 2] = [MonotoneMethod::Basic, MonotoneMethod::Intermediate];

/// Numeric features, but for one with levels at position 2.
fn schema() -> FeatureSchema {
    let levels = || FeatureKind::Categorical { levels: (0..7).map(|level| format!("level{level}")).collect() };
    let kind = |at| if at == 2 { levels() } else { FeatureKind::Numeric };
    let feature = |at| Feature { name: format!("x{at}"), kind: kind(at) };
    FeatureSchema { features: (0..FEATURES).map(feature).collect(), named: true, index_base: None }
}

fn value(seed: u64, row: usize, feature: usize) -> f64 {
    match mix(seed ^ (row * FEATURES + feature) as u64) {
        hash if hash % 11 == 0 => f64::NAN,
        hash if feature == 2 => (hash % 7) as f64,
        hash => ((hash >> 8) % 60) as f64 - 20.0,
    }
}

/// Rows whose label depends on all features, on those with directions now this way and now that.
fn data(seed: u64, rows: usize, label: impl Fn(f64, u64) -> f64) -> Dataset {
    let x = Array2::from_shape_fn((rows, FEATURES), |(row, feature)| value(seed, row, feature));
    let labels = x.rows().into_iter().enumerate().map(|(row, x)| {
        let of = |feature: usize| if x[feature].is_nan() { 3.0 } else { x[feature] };
        let waves = 6.0 * (of(0) / 9.0).sin() + of(0) * 0.1 - 5.0 * (of(1) / 7.0).cos() + (of(2) * 1.7).sin() * of(3) * 0.2;
        label(waves + of(4) * 0.05 + 4.0 * (of(5) / 11.0).cos(), mix(seed ^ row as u64 ^ 0x5555))
    });
    let labels = labels.collect();
    let weights = (0..rows).map(|row| (1 + mix(row as u64) % 3) as f64 * 0.5).collect();
    Dataset::from_array(x.view(), labels, Some(schema())).unwrap().with_weights(weights).unwrap()
}

/// Labels that an objective takes.
pub(super) fn data_for(objective: Objective, seed: u64, rows: usize) -> Dataset {
    let noise = |hash: u64| (hash % 1000) as f64 * 0.004;
    match objective {
        Objective::Softmax | Objective::Softprob => {
            data(seed, rows, |x, hash| ((x + noise(hash) + 20.0) / 14.0).clamp(0.0, 2.0).floor())
        }
        Objective::BinaryLogistic | Objective::BinaryLogitraw | Objective::BinaryHinge | Objective::Logistic => {
            data(seed, rows, |x, hash| f64::from(u8::from(x + 2.0 * noise(hash) > 4.0)))
        }
        Objective::Poisson | Objective::Gamma | Objective::Tweedie | Objective::SquaredLogError => {
            data(seed, rows, |x, hash| (x / 6.0).exp() + noise(hash) + 0.01)
        }
        Objective::Aft => {
            let times = data(seed, rows, |x, hash| (x / 6.0).exp() + noise(hash) + 0.01);
            let labels = times.labels().unwrap().to_vec();
            let upper = labels.iter().enumerate().map(|(row, time)| if row % 3 == 0 { f64::INFINITY } else { *time }).collect();
            times.with_label_bounds(labels, upper).unwrap()
        }
        _ if objective.is_ranking() => {
            let graded = data(seed, rows, |x, hash| f64::from(u8::from(x + 2.0 * noise(hash) > 4.0)));
            let groups = (0..rows as u64).map(|row| row / 12).collect();
            // One weight a group.
            let weights = (0..rows).map(|row| (1 + row / 12 % 3) as f64 * 0.5).collect();
            graded.with_groups(groups).unwrap().with_weights(weights).unwrap()
        }
        _ => data(seed, rows, |x, hash| x + noise(hash)),
    }
}

/// All objectives there are.
pub(super) fn objectives() -> Vec<Objective> {
    let row = crate::params::spec::find("objective").unwrap();
    row.words.iter().map(|name| Objective::from_name(name).unwrap()).collect()
}

pub(super) fn with_objective(params: ParamsBuilder, objective: Objective) -> ParamsBuilder {
    let params = params.objective(objective);
    match objective {
        Objective::Softmax | Objective::Softprob => params.num_class(3),
        Objective::Quantile => params.quantile_alpha(vec![0.2, 0.5, 0.9]),
        Objective::Expectile => params.expectile_alpha(vec![0.3, 0.7]),
        _ => params,
    }
}

/// One direction up, one down.
fn directions() -> PerFeature {
    PerFeature::List(vec![1.0, -1.0, 0.0, 0.0, 0.0, 0.0])
}

/// How many of so many pairs of rows that differ in one feature, one with a direction, differ against it: in margins, and in predictions
/// where these follow each margin alone.
fn violations(model: &Model, seed: u64, pairs: usize) -> usize {
    let mut x = Array2::from_shape_fn((2 * pairs, FEATURES), |(row, feature)| value(seed, row / 2, feature));
    for pair in 0..pairs {
        let feature = pair % 2;
        let number = |place: u64| ((mix(seed ^ place ^ pair as u64) >> 5) % 700) as f64 / 10.0 - 25.0;
        let (low, high) = (number(1 << 40).min(number(1 << 41)), number(1 << 40).max(number(1 << 41)));
        // The larger value first where the direction is down.
        (x[[2 * pair, feature]], x[[2 * pair + 1, feature]]) = if feature == 0 { (low, high) } else { (high, low) };
    }
    let rows = Dataset::from_array(x.view(), vec![0.0; 2 * pairs], Some(schema())).unwrap();
    let outputs = model.num_outputs();
    let scorer = Scorer::new(model.clone()).unwrap();
    let kinds = if matches!(model.objective.name.as_str(), "multi:softmax" | "multi:softprob") { 1 } else { 2 };
    let against = |output: Output| {
        let found = predict(&scorer, &rows, output).unwrap().into_values();
        found.chunks(2 * outputs).filter(|pair| (0..outputs).any(|output| pair[output] > pair[outputs + output])).count()
    };
    [Output::Margin, Output::Value][..kinds].iter().map(|&output| against(output)).sum()
}

fn splits_on(trees: &[Tree], feature: u32) -> usize {
    let nodes = trees.iter().flat_map(|tree| &tree.nodes);
    nodes.filter(|node| matches!(node, Node::Split(split) if split.feature == feature)).count()
}

fn fit(params: ParamsBuilder, data: &Dataset) -> Model {
    Trainer::new(params.build().unwrap()).fit(data).unwrap()
}

#[test]
fn no_pair_of_rows_is_against_its_direction_whatever_the_objective() {
    for (case, objective) in objectives().into_iter().enumerate() {
        let policies = [GrowPolicy::Depthwise, GrowPolicy::Lossguide];
        for (policy, method) in policies.into_iter().flat_map(|policy| METHODS.map(|method| (policy, method))) {
            let data = data_for(objective, case as u64, 1500);
            let base = || {
                let params = Params::builder().num_round(12).max_leaves(24).grow_policy(policy).min_child_weight(0.2);
                with_objective(params.monotone_constraints_method(method), objective)
            };
            let model = fit(base().monotone_constraints(directions()), &data);
            assert!(splits_on(&model.trees, 0) > 0 && splits_on(&model.trees, 1) > 0, "{objective:?}");
            assert_eq!(violations(&model, 1 << 50, 50_000), 0, "{objective:?} {policy:?} {method:?}");
            assert!(violations(&fit(base(), &data), 1 << 50, 2_000) > 0, "{objective:?}: the data ask for nothing else");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_pair_of_rows_is_against_its_direction_whatever_the_parameters(
        seed in 0u64..1 << 40, objective in prop::sample::select(objectives()), depth in 1u32..7, leaves in 2u32..40, parallel in 1u32..4,
        lossguide: bool, extra: bool, smooth in prop_oneof![Just(0.0), 0.5..50.0f64], alpha in prop_oneof![Just(0.0), 0.1..2.0f64],
        step in prop_oneof![Just(0.0), 0.05..1.0f64], share in prop_oneof![Just(1.0), 0.3..1.0f64], goss: bool, lambda in 0.0..3.0f64,
        onehot in 1u32..9, method in prop::sample::select(METHODS.to_vec()),
    ) {
        let policy = if lossguide { GrowPolicy::Lossguide } else { GrowPolicy::Depthwise };
        let renewed = matches!(objective, Objective::Quantile | Objective::AbsoluteError);
        let params = Params::builder().num_round(8).max_depth(depth).max_leaves(leaves).grow_policy(policy).num_parallel_tree(parallel)
            .extra_trees(extra).path_smooth(if renewed { 0.0 } else { smooth }).alpha(alpha).max_delta_step(step).lambda(lambda)
            .colsample_bynode(share).max_cat_to_onehot(onehot).min_child_weight(0.5).monotone_constraints(directions())
            .monotone_constraints_method(method);
        let params = if goss { params.sampling_method(SamplingMethod::Goss) } else { params.subsample(share) };
        let model = fit(with_objective(params, objective), &data_for(objective, seed, 700));
        prop_assert_eq!(violations(&model, seed ^ 1 << 50, 50_000), 0);
    }
}

/// Sums of squares on rows that were not trained on, of data that keep to the directions but for noise.
#[test]
fn intermediate_bounds_fit_more_closely_than_basic_ones() {
    let sample = |seed: u64, rows: usize| {
        let x = Array2::from_shape_fn((rows, 4), |(row, feature)| (mix(seed << 40 ^ (row * 4 + feature) as u64) % 200) as f64);
        let noise = |row: usize| (mix(seed << 41 ^ row as u64) % 100) as f64 * 0.3;
        let curve = |x: f64| if x > 100.0 { 40.0 + x / 10.0 } else { x * x / 300.0 };
        let label = |(row, x): (usize, ndarray::ArrayView1<'_, f64>)| curve(x[0]) * (1.0 + x[2] / 100.0) - curve(x[1]) + noise(row);
        let labels: Vec<f64> = x.rows().into_iter().enumerate().map(label).collect();
        (Dataset::from_array(x.view(), labels.clone(), None).unwrap(), x, labels)
    };
    for policy in [GrowPolicy::Depthwise, GrowPolicy::Lossguide] {
        let (mut losses, mut better) = ([0.0; 2], 0);
        for seed in 0..10 {
            let ((train, ..), (_, x, labels)) = (sample(seed, 2000), sample(seed + 100, 2000));
            let loss = METHODS.map(|method| {
                let params = Params::builder().num_round(20).max_leaves(31).max_depth(8).eta(0.3).grow_policy(policy);
                let constrained = params.monotone_constraints(PerFeature::List(vec![1.0, -1.0, 1.0, 0.0]));
                let model = fit(constrained.monotone_constraints_method(method), &train);
                let found = Scorer::new(model).unwrap().predict(x.view()).unwrap();
                found.iter().zip(&labels).map(|(found, label)| (found - label).powi(2)).sum::<f64>()
            });
            losses.iter_mut().zip(loss).for_each(|(sum, loss)| *sum += loss);
            better += usize::from(loss[1] < loss[0]);
        }
        assert!(losses[1] < losses[0] && better >= 7, "{policy:?}: {losses:?}, {better} of 10");
    }
}

#[test]
fn zeros_give_the_bytes_of_no_constraint() {
    let data = data_for(Objective::SquaredError, 3, 800);
    let bytes = |params: ParamsBuilder| fit(params, &data).to_bytes().unwrap();
    let base = || Params::builder().num_round(3);
    let plain = bytes(base());
    assert!(plain == bytes(base().monotone_constraints(PerFeature::List(vec![0.0; FEATURES]))));
    let trees = |policy, method| {
        let params =
            base().grow_policy(policy).max_leaves(20).path_smooth(1.0).colsample_bynode(0.7).monotone_constraints_method(method);
        fit(params.monotone_constraints(PerFeature::List(vec![0.0; FEATURES])), &data).trees
    };
    for policy in [GrowPolicy::Depthwise, GrowPolicy::Lossguide] {
        // Leaves that are split in their turn are those that are split ahead of it.
        assert_eq!(trees(policy, METHODS[0]), trees(policy, METHODS[1]));
    }
    let map = PerFeature::Map(vec![(FeatureName::Name("x2".into()), 0.0)]);
    assert!(plain == bytes(base().monotone_constraints(map)));
    // As long as no split is against the direction, that changes nothing but noise.
    assert!(plain != bytes(base().monotone_constraints(directions())));
}

#[test]
fn maps_and_lists_say_the_same() {
    let data = data_for(Objective::SquaredError, 4, 800);
    let trees = |constraints: PerFeature| fit(Params::builder().num_round(5).monotone_constraints(constraints), &data).trees;
    let list = trees(directions());
    let name = |name: &str| FeatureName::Name(name.to_string());
    assert_eq!(list, trees(PerFeature::Map(vec![(name("x1"), -1.0), (name("x0"), 1.0)])));
    assert_eq!(list, trees(PerFeature::Map(vec![(FeatureName::Index(0), 1.0), (FeatureName::Index(1), -1.0)])));
}

/// The features on each way from the root to a leaf.
fn ways(model: &Model) -> BTreeSet<BTreeSet<u32>> {
    let mut ways = BTreeSet::new();
    for tree in &model.trees {
        let mut open = vec![(0, BTreeSet::new())];
        while let Some((at, used)) = open.pop() {
            match &tree.nodes[at] {
                Node::Leaf(_) => drop(ways.insert(used)),
                Node::Split(split) => {
                    let mut used = used;
                    used.insert(split.feature);
                    open.extend([split.left, split.right].map(|child| (child as usize, used.clone())));
                }
            }
        }
    }
    ways
}

#[test]
fn only_features_of_a_group_meet_on_a_way_and_one_in_no_group_is_alone() {
    let names = |names: &[&str]| names.iter().map(|name| FeatureName::Name(name.to_string())).collect::<Vec<_>>();
    let groups = vec![names(&["x0", "x2"]), names(&["x2", "x3", "x4"]), vec![FeatureName::Index(1)]];
    let allowed: [&[u32]; 4] = [&[0, 2], &[2, 3, 4], &[1], &[5]];
    let data = data(9, 3000, |x, hash| x + (hash % 100) as f64 * 0.01);
    for (policy, share) in [(GrowPolicy::Depthwise, 1.0), (GrowPolicy::Lossguide, 1.0), (GrowPolicy::Lossguide, 0.6)] {
        let base =
            || Params::builder().num_round(20).max_leaves(30).grow_policy(policy).colsample_bynode(share).colsample_bylevel(share);
        let model = fit(base().interaction_constraints(groups.clone()), &data);
        let found = ways(&model);
        let is_allowed = |way: &BTreeSet<u32>| allowed.iter().any(|group| way.iter().all(|feature| group.contains(feature)));
        assert!(found.iter().all(is_allowed), "{found:?}");
        assert!(found.iter().any(|way| way.len() == 3) && found.contains(&BTreeSet::from([5])), "{found:?}");
        assert!(!ways(&fit(base(), &data)).iter().all(is_allowed));
    }
}

#[test]
fn features_are_drawn_in_proportion_to_their_weights() {
    let x = Array2::from_shape_fn((60, 5), |(row, feature)| (mix((row * 5 + feature) as u64) % 20) as f64);
    let labels = (0..60).map(|row| (mix(row as u64 + 1000) % 10) as f64).collect();
    let data = Dataset::from_array(x.view(), labels, None).unwrap();
    // One feature of five a tree: weights 0, 1, 1, 2 and 4.
    let base = Params::builder().num_round(4000).max_depth(1).eta(0.0001).colsample_bytree(0.2).min_child_weight(0.0);
    let model = fit(base.feature_weights(PerFeature::List(vec![0.0, 1.0, 1.0, 2.0, 4.0])), &data);
    for (feature, share) in [0.0, 0.125, 0.125, 0.25, 0.5].into_iter().enumerate() {
        let found = splits_on(&model.trees, feature as u32) as f64 / 4000.0;
        // Five standard errors of a share.
        assert!((found - share).abs() <= 5.0 * (share * (1.0 - share) / 4000.0_f64).sqrt(), "feature {feature}: {found}");
    }
}

#[test]
fn what_does_not_fit_the_features_is_an_error_that_names_it() {
    let data = data_for(Objective::SquaredError, 3, 100);
    let error = |params: ParamsBuilder| Trainer::new(params.build().unwrap()).fit(&data).unwrap_err().to_string();
    let base = || Params::builder().num_round(1);
    let name = |name: &str| FeatureName::Name(name.to_string());
    let list = |numbers: &[f64]| PerFeature::List(numbers.to_vec());
    for (params, cause) in [
        (base().monotone_constraints(list(&[1.0, 0.0])), "monotone_constraints has 2 entries for 6 features: x0, x1, x2"),
        (base().monotone_constraints(list(&[1.0; 7])), "monotone_constraints has 7 entries for 6 features"),
        (
            base().monotone_constraints(list(&[1.0; 6])),
            "monotone_constraints gives \"x2\" the direction 1, and the feature is categorical",
        ),
        (
            base().monotone_constraints(PerFeature::Map(vec![(name("x9"), 1.0)])),
            "names \"x9\", which is no feature; did you mean x",
        ),
        (
            base().monotone_constraints(PerFeature::Map(vec![(FeatureName::Index(6), 1.0)])),
            "names feature 6, and features are numbered from 0 to 5",
        ),
        (
            base().monotone_constraints(PerFeature::Map(vec![(name("x1"), 1.0), (FeatureName::Index(1), 1.0)])),
            "names the feature \"x1\" twice",
        ),
        (base().feature_weights(list(&[1.0; 5])), "feature_weights has 5 entries for 6 features"),
        (base().feature_weights(list(&[0.0; 6])), "feature_weights are 0 for all features"),
        (
            base().interaction_constraints(vec![vec![name("x1"), name("y")]]),
            "interaction_constraints names \"y\", which is no feature",
        ),
    ] {
        let message = error(params);
        assert!(message.contains(cause), "{message}");
    }
    let refused = |params: ParamsBuilder| params.build().unwrap_err().to_string();
    assert!(refused(base().monotone_constraints(list(&[2.0]))).contains("has the direction 2; each must be 1 (up), -1 (down)"));
    assert!(refused(base().feature_weights(list(&[-1.0]))).contains("has the weight -1; each must be a number from 0 on"));
    assert!(refused(base().path_smooth(1.0).objective(Objective::AbsoluteError)).contains("path_smooth cannot be combined"));
}

#[test]
fn random_thresholds_depend_on_seed_and_differ_by_tree() {
    let data = data_for(Objective::SquaredError, 5, 1000);
    let base = |seed| Params::builder().num_round(6).extra_trees(true).seed(seed).max_depth(4);
    let model = fit(base(1), &data);
    assert_eq!(model.trees, fit(base(1), &data).trees);
    assert_ne!(model.trees, fit(base(2), &data).trees);
    let conditions = |model: &Model| {
        let nodes = model.trees.iter().flat_map(|tree| tree.nodes.clone());
        nodes
            .filter_map(|node| if let Node::Split(split) = node { Some(format!("{:?}", split.condition)) } else { None })
            .collect::<BTreeSet<_>>()
            .len()
    };
    let greedy = fit(Params::builder().num_round(6).max_depth(4), &data);
    assert!(conditions(&model) > 20 && model.trees != greedy.trees);
}

/// The weights of a tree of depth 1, by LightGBM's formula.
#[test]
fn smoothing_draws_leaves_to_the_node_above() {
    let x = Array2::from_shape_fn((20, 1), |(row, _)| f64::from(u8::from(row >= 5)));
    let labels = (0..20).map(|row| if row >= 5 { 8.0 } else { 0.0 }).collect();
    let data = Dataset::from_array(x.view(), labels, None).unwrap();
    let base = Params::builder().num_round(1).max_depth(1).eta(1.0).lambda(0.0).base_score(0.0).path_smooth(10.0);
    let model = fit(base, &data);
    let root = 15.0 * 8.0 / 20.0;
    let smoothed = |own: f64, rows: f64| own * (rows / 10.0) / (rows / 10.0 + 1.0) + root / (rows / 10.0 + 1.0);
    let values: Vec<f64> =
        model.trees[0].nodes.iter().filter_map(|node| if let Node::Leaf(leaf) = node { leaf.scalar() } else { None }).collect();
    assert_eq!(values.len(), 2);
    assert!((values[0] - smoothed(0.0, 5.0)).abs() < 1e-12 && (values[1] - smoothed(8.0, 15.0)).abs() < 1e-12, "{values:?}");
}

/// Bounds in the unit of gradients would keep leaves near 0.
#[test]
fn leaves_of_quantile_losses_reach_their_quantiles_under_constraints() {
    let x = Array2::from_shape_fn((400, 1), |(row, _)| (row / 100) as f64);
    let labels = (0..400).map(|row| 1000.0 * (row / 100) as f64 + (row % 100) as f64).collect();
    let data = Dataset::from_array(x.view(), labels, None).unwrap();
    let base = || Params::builder().num_round(1).max_depth(2).eta(1.0).lambda(0.0).objective(Objective::AbsoluteError);
    let up = fit(base().monotone_constraints(PerFeature::List(vec![1.0])), &data);
    let values = |model: &Model| {
        model.trees[0]
            .nodes
            .iter()
            .filter_map(|node| if let Node::Leaf(leaf) = node { leaf.scalar() } else { None })
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&up), values(&fit(base(), &data)));
    let down = fit(base().monotone_constraints(PerFeature::List(vec![-1.0])), &data);
    assert_eq!(splits_on(&down.trees, 0), 0);
}

/// The rows of the oracles below.
fn oracle_rows(with_missing: bool) -> Dataset {
    let x = Array2::from_shape_fn((64, 3), |(i, feature)| match feature {
        0 => (i * 7 % 16) as f64,
        1 if with_missing && i % 9 == 4 => f64::NAN,
        1 => (i * 5 % 11) as f64,
        _ => (i * 3 % 13) as f64,
    });
    let label = |i: usize| {
        let [a, b, c] = [i * 7 % 16, i * 5 % 11, i * 3 % 13].map(|x| x as f64);
        (a - 8.0).powi(2) * 0.25 + b * (1.5 - c * 0.25)
    };
    Dataset::from_array(x.view(), (0..64).map(label).collect(), None).unwrap()
}

/// The root mean squared error on the training rows.
fn rmse(model: &Model, data: &Dataset) -> f64 {
    let found = predict(&Scorer::new(model.clone()).unwrap(), data, Output::Value).unwrap().into_values();
    let squares: f64 = found.iter().zip(data.labels().unwrap()).map(|(found, label)| (found - label).powi(2)).sum();
    (squares / found.len() as f64).sqrt()
}

/// What XGBoost 3.2.0 gives:
/// ```python
/// import numpy as np, xgboost as xgb
/// i = np.arange(64)
/// X = np.stack([i * 7 % 16, i * 5 % 11, i * 3 % 13], 1).astype(float)
/// y = (X[:, 0] - 8) ** 2 * .25 + X[:, 1] * (1.5 - X[:, 2] * .25)
/// for missing, mono in [(1, "(0,0,0)"), (1, "(1,-1,0)"), (1, "(-1,1,1)"), (0, "(1,1,-1)")]:
///     X[i % 9 == 4, 1] = np.nan if missing else i[i % 9 == 4] * 5 % 11
///     for rounds in (1, 3):
///         p = dict(tree_method="hist", max_depth=4, eta=.5, min_child_weight=2, base_score=0, monotone_constraints=mono)
///         b = xgb.train(p, xgb.DMatrix(X, y), rounds)
///         print(mono, rounds, np.sqrt(np.mean((b.predict(xgb.DMatrix(X)) - y) ** 2)))
/// ```
#[test]
fn trees_under_constraints_are_those_of_xgboost() {
    for (with_missing, directions, expected) in [
        (true, [0.0, 0.0, 0.0], [6.21418, 2.83153]),
        (true, [1.0, -1.0, 0.0], [6.60206, 4.40774]),
        (true, [-1.0, 1.0, 1.0], [7.46255, 6.21682]),
        (false, [1.0, 1.0, -1.0], [6.536674, 4.694125]),
    ] {
        let data = oracle_rows(with_missing);
        for (rounds, expected) in [1, 3].into_iter().zip(expected) {
            let params = Params::builder().num_round(rounds).max_depth(4).eta(0.5).min_child_weight(2.0).base_score(0.0);
            let found = rmse(&fit(params.monotone_constraints(PerFeature::List(directions.to_vec())), &data), &data);
            assert!((found - expected).abs() < 1e-4, "{directions:?}, {rounds} rounds: {found} is not {expected}");
        }
    }
}

/// What LightGBM 4.7.0 gives, on the same rows without missing values:
/// ```python
/// for smooth in (0, 6):
///     for rounds in (1, 3):
///         p = dict(num_leaves=6, learning_rate=.5, lambda_l2=1, min_data_in_leaf=2, min_sum_hessian_in_leaf=2, verbose=-1,
///                  boost_from_average=False, min_data_in_bin=1, path_smooth=smooth)
///         b = lightgbm.train(p, lightgbm.Dataset(X, y), rounds)
///         print(smooth, rounds, np.sqrt(np.mean((b.predict(X) - y) ** 2)))
/// ```
#[test]
fn smoothed_trees_are_those_of_lightgbm() {
    let data = oracle_rows(false);
    for (smooth, expected) in [(0.0, [6.317764, 3.226957]), (6.0, [6.784389, 4.141219])] {
        for (rounds, expected) in [1, 3].into_iter().zip(expected) {
            let params = Params::builder().num_round(rounds).max_depth(0).max_leaves(6).grow_policy(GrowPolicy::Lossguide).eta(0.5);
            let found = rmse(&fit(params.min_child_weight(2.0).base_score(0.0).path_smooth(smooth), &data), &data);
            assert!((found - expected).abs() < 2e-6, "{smooth}, {rounds} rounds: {found} is not {expected}");
        }
    }
}
