//! What training promises, through the public API: the model is a function of data and parameters, and as good as the plainest
//! implementation's.

use crate::naive::Naive;
use ndarray::{Array2, Axis};
use sapwood::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Model, Objective, Params, ParamsBuilder, Trainer};
use sapwood_score::Node;

/// A deterministic stream of numbers in [0, 1).
pub fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

/// Features on a grid of `values` values with missing ones, and a target with interactions and noise.
fn regression(rows: usize, features: usize, values: u32, seed: u64) -> (Array2<f64>, Vec<f64>) {
    let mut draw = uniform(seed);
    let x = Array2::from_shape_fn((rows, features), |_| {
        if draw() < 0.05 { f64::NAN } else { (draw() * f64::from(values)).floor() / f64::from(values) }
    });
    let y = x.rows().into_iter().map(|row| {
        let [a, b, c] = [0, 1, 2].map(|i| if row[i].is_nan() { 0.3 } else { row[i] });
        3.0 * a + if b > 0.5 { 2.0 * c } else { -c } + 0.3 * (draw() - 0.5)
    });
    let y = y.collect();
    (x, y)
}

fn fit(x: &Array2<f64>, y: &[f64], params: ParamsBuilder) -> Model {
    let data = Dataset::from_array(x.view(), y.to_vec(), None).unwrap();
    Trainer::new(params.build().unwrap()).fit(&data).unwrap()
}

fn predict(model: &Model, x: &Array2<f64>) -> Vec<f64> {
    let scorer = sapwood_score::Scorer::new(model.clone()).unwrap();
    scorer.margins(x.view()).unwrap().column(0).to_vec()
}

fn rmse(predicted: &[f64], y: &[f64]) -> f64 {
    (predicted.iter().zip(y).map(|(p, y)| (p - y) * (p - y)).sum::<f64>() / y.len() as f64).sqrt()
}

fn naive_predict((base, trees): &(f64, Vec<crate::naive::Tree>), x: &Array2<f64>) -> Vec<f64> {
    x.rows().into_iter().map(|row| base + trees.iter().map(|tree| tree.predict(row)).sum::<f64>()).collect()
}

#[test]
fn predictions_equal_the_naive_trainers() {
    let (x, y) = regression(600, 4, 40, 1);
    let model = fit(&x, &y, Params::builder().num_round(10).eta(0.3).max_depth(4).min_child_weight(0.0));
    let naive = Naive { rounds: 10, eta: 0.3, depth: 4, lambda: 1.0 }.fit(x.view(), &y);
    let (ours, theirs) = (predict(&model, &x), naive_predict(&naive, &x));
    let same = ours.iter().zip(&theirs).filter(|(a, b)| (*a - *b).abs() < 1e-5).count();
    assert!(same * 100 >= 97 * y.len(), "{same} of {} rows agree", y.len());
    assert!(rmse(&ours, &y) <= 1.005 * rmse(&theirs, &y));
}

#[test]
fn heavy_tails_cost_no_quality() {
    let (x, mut y) = regression(8000, 4, 200, 2);
    let (x_valid, y_valid) = regression(4000, 4, 200, 3);
    for row in (0..y.len()).step_by(1000) {
        y[row] = 1.0e6 * y[row].abs().max(1.0);
    }
    let model = fit(&x, &y, Params::builder().num_round(20).eta(0.3).max_depth(4));
    let naive = Naive { rounds: 20, eta: 0.3, depth: 4, lambda: 1.0 }.fit(x.view(), &y);
    let mae = |predicted: Vec<f64>| predicted.iter().zip(&y_valid).map(|(p, y)| (p - y).abs()).sum::<f64>() / 4000.0;
    let (ours, theirs) = (mae(predict(&model, &x_valid)), mae(naive_predict(&naive, &x_valid)));
    assert!(ours <= 1.005 * theirs, "{ours} against {theirs}");
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (x, y) = regression(70_000, 5, 5000, 4);
    for policy in [GrowPolicy::Depthwise, GrowPolicy::Lossguide] {
        let bytes = |threads| {
            let params = Params::builder().num_round(5).max_leaves(40).max_depth(9).grow_policy(policy).subsample(0.7);
            let params = params.colsample_bytree(0.8).colsample_bylevel(0.8).colsample_bynode(0.8).nthread(threads);
            fit(&x, &y, params).to_bytes().unwrap()
        };
        let one = bytes(1);
        for threads in [2, 3, 7] {
            assert!(bytes(threads) == one, "{policy:?} with {threads} threads");
        }
    }
}

#[test]
fn shuffled_rows_give_the_same_model() {
    let (x, y) = regression(5000, 4, 100, 5);
    let mut order: Vec<usize> = (0..y.len()).collect();
    let mut draw = uniform(6);
    order.sort_by_cached_key(|_| (draw() * 1e9) as u64);
    let shuffled: Vec<f64> = order.iter().map(|&row| y[row]).collect();
    let params = || Params::builder().num_round(10).grow_policy(GrowPolicy::Lossguide).max_leaves(31);
    let models = [fit(&x, &y, params()), fit(&x.select(Axis(0), &order), &shuffled, params())];
    assert!(models[0].to_bytes().unwrap() == models[1].to_bytes().unwrap());
}

#[test]
fn weight_two_is_the_row_twice() {
    let (x, y) = regression(2000, 4, 50, 7);
    let twice: Vec<usize> = (0..2000).chain((0..2000).step_by(3)).collect();
    let params = || Params::builder().num_round(10).max_depth(3);
    let doubled = fit(&x.select(Axis(0), &twice), &twice.iter().map(|&r| y[r]).collect::<Vec<_>>(), params());
    let weights = (0..2000).map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect();
    let data = Dataset::from_array(x.view(), y.clone(), None).unwrap().with_weights(weights).unwrap();
    let weighted = Trainer::new(params().build().unwrap()).fit(&data).unwrap();
    let differences: Vec<f64> = predict(&doubled, &x).iter().zip(predict(&weighted, &x)).map(|(a, b)| (a - b).abs()).collect();
    // A weight doubles the largest gradient and so coarsens the quantised ones: splits whose gains are within 10^-5 of each other may
    // change places, which moves the few rows between their thresholds.
    let same = differences.iter().filter(|d| **d < 1e-4).count();
    assert!(same >= 1980, "{same} of 2000 rows agree");
}

/// Two features, the second of 12 categories, and a target in which both count.
fn with_categories(rows: usize) -> (Array2<f64>, Vec<f64>, FeatureSchema) {
    let mut draw = uniform(31);
    let x = Array2::from_shape_fn((rows, 2), |(_, column)| if column == 0 { draw() } else { (draw() * 12.0).floor() });
    let y = x.rows().into_iter().map(|row| row[0] + (row[1] * 7.0 % 12.0) * 0.2 + draw()).collect();
    let levels = (0..12).map(|level| format!("level{level:02}")).collect();
    let kinds = [("n", FeatureKind::Numeric), ("c", FeatureKind::Categorical { levels })];
    let features = kinds.map(|(name, kind)| Feature { name: name.into(), kind }).to_vec();
    (x, y, FeatureSchema { features, named: true, index_base: None })
}

#[test]
fn rows_of_weight_zero_are_as_good_as_absent() {
    let (x, y, schema) = with_categories(3000);
    let params = || Params::builder().num_round(10).max_depth(5).build().unwrap();
    let weights: Vec<f64> = (0..3000).map(|row| if row % 4 == 0 { 0.0 } else { 1.0 }).collect();
    let data = Dataset::from_array(x.view(), y.clone(), Some(schema.clone())).unwrap().with_weights(weights).unwrap();
    let kept: Vec<usize> = (0..3000).filter(|row| row % 4 != 0).collect();
    let kept_y = kept.iter().map(|&row| y[row]).collect();
    let absent = Dataset::from_array(x.select(Axis(0), &kept).view(), kept_y, Some(schema)).unwrap();
    let models = [data, absent].map(|data| Trainer::new(params()).fit(&data).unwrap());
    assert!(predict(&models[0], &x) == predict(&models[1], &x));
}

#[test]
fn a_common_factor_of_weights_changes_nothing_without_regularisation() {
    let (x, y, schema) = with_categories(2000);
    let params = || Params::builder().num_round(10).lambda(0.0).min_child_weight(0.0).cat_l2(0.0).cat_smooth(0.0).build().unwrap();
    let model = |factor: f64| {
        let data = Dataset::from_array(x.view(), y.clone(), Some(schema.clone())).unwrap();
        Trainer::new(params()).fit(&data.with_weights(vec![factor; 2000]).unwrap()).unwrap()
    };
    let reference = predict(&model(1.0), &x);
    for exponent in [-4, 10, 60] {
        assert!(predict(&model(2f64.powi(exponent)), &x) == reference, "weights of 2^{exponent}");
    }
}

#[test]
fn weights_without_room_for_gradients_are_errors() {
    let (x, y) = regression(50, 3, 10, 1);
    let data = || Dataset::from_array(x.view(), y.clone(), None).unwrap();
    let error = data().with_weights(vec![1e300; 50]).unwrap_err().to_string();
    assert!(error.contains("weight is 1") && error.contains("[0, 1e20]"), "{error}");
    let tiny = data().with_weights(vec![1e-50; 50]).unwrap();
    let error = Trainer::new(Params::builder().num_round(1).build().unwrap()).fit(&tiny).unwrap_err().to_string();
    assert!(error.contains("below 1e-20; multiply them"), "{error}");
}

#[test]
fn a_metric_that_is_undefined_cannot_decide_early_stopping() {
    let (x, _) = regression(100, 3, 10, 1);
    let labels = (0..100).map(|row| f64::from(row % 2)).collect();
    let train = Dataset::from_array(x.view(), labels, None).unwrap();
    let one_kind = Dataset::from_array(x.view(), vec![1.0; 100], None).unwrap();
    let params = Params::builder().num_round(50).objective(Objective::BinaryLogistic).eval_metric(vec!["auc".into()]);
    let params = params.early_stopping_rounds(5).build().unwrap();
    let error = Trainer::new(params).validation("validation", &one_kind).fit(&train).unwrap_err().to_string();
    assert!(error.starts_with("auc is undefined on validation"), "{error}");
}

#[test]
fn a_tree_without_splits_and_hessian_adds_nothing() {
    // XGBoost's: three rows of hessian 1/4 are less than min_child_weight.
    let x = Array2::from_shape_fn((3, 1), |(row, _)| row as f64);
    let params = Params::builder().num_round(3).objective(Objective::BinaryLogistic).base_score(0.5);
    let model = fit(&x, &[0.0, 1.0, 1.0], params);
    assert_eq!(predict(&model, &x), [0.0; 3]);
}

#[test]
fn the_cover_of_a_node_is_its_children_s() {
    let (x, y) = regression(3000, 4, 50, 3);
    let labels: Vec<f64> = y.iter().map(|&y| f64::from(u8::from(y > 1.5))).collect();
    let model = fit(&x, &labels, Params::builder().num_round(20).objective(Objective::BinaryLogistic));
    for tree in &model.trees {
        for node in &tree.nodes {
            if let Node::Split(split) = node {
                let cover = |at: u32| match &tree.nodes[at as usize] {
                    Node::Leaf(leaf) => leaf.cover,
                    Node::Split(split) => split.cover,
                };
                assert_eq!(split.cover, cover(split.left) + cover(split.right));
            }
        }
    }
}

#[test]
fn depth_leaves_weight_and_gain_limits_hold() {
    let (x, y) = regression(3000, 4, 300, 8);
    let depth_of = |model: &Model| {
        let mut deepest = 0;
        for tree in &model.trees {
            let mut depth = vec![0; tree.nodes.len()];
            for (n, node) in tree.nodes.iter().enumerate() {
                if let sapwood_score::Node::Split(split) = node {
                    depth[split.left as usize] = depth[n] + 1;
                    depth[split.right as usize] = depth[n] + 1;
                    deepest = deepest.max(depth[n] + 1);
                }
            }
        }
        deepest
    };
    let base = || Params::builder().num_round(3);
    assert_eq!(depth_of(&fit(&x, &y, base().max_depth(3))), 3);
    for policy in [GrowPolicy::Depthwise, GrowPolicy::Lossguide] {
        let model = fit(&x, &y, base().max_depth(0).max_leaves(13).grow_policy(policy));
        assert!(model.trees.iter().all(|tree| tree.num_leaves() == 13));
    }
    let model = fit(&x, &y, base().min_child_weight(200.0).gamma(5.0));
    let mut splits = 0;
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        match node {
            sapwood_score::Node::Leaf(leaf) => assert!(leaf.cover >= 200.0),
            sapwood_score::Node::Split(split) => {
                assert!(split.gain >= 5.0);
                splits += 1;
            }
        }
    }
    assert!(splits > 0);
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let (x, y) = regression(400, 4, 400, 9);
    let (x_valid, y_valid) = regression(400, 4, 400, 10);
    let train = Dataset::from_array(x.view(), y, None).unwrap();
    let valid = Dataset::from_array(x_valid.view(), y_valid.clone(), None).unwrap();
    let params = Params::builder().num_round(500).eta(0.5).early_stopping_rounds(5).build().unwrap();
    let trained = Trainer::new(params).validation("validation", &valid).fit_observed(&train, &mut ()).unwrap();
    let losses: Vec<f64> = trained.history.iter().map(|report| report.values[1].2).collect();
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    assert_eq!((trained.model.num_rounds(), trained.model.best_iteration), (best + 1, Some(best as u32)));
    assert_eq!((trained.history.len(), trained.report.round), (best + 6, best));
    let from_model = rmse(&predict(&trained.model, &x_valid), &y_valid);
    assert!((from_model - losses[best]).abs() < 1e-12);
}

#[test]
fn a_class_that_is_very_rare_does_not_diverge() {
    let (x, _) = regression(20_000, 4, 500, 11);
    let y: Vec<f64> = x
        .rows()
        .into_iter()
        .enumerate()
        .map(|(i, row)| if i % 4000 == 0 { 2.0 } else { f64::from(u8::from(row[0] > 0.5)) })
        .collect();
    let data = Dataset::from_array(x.view(), y, None).unwrap();
    let params = Params::builder().num_round(60).objective(Objective::Softprob).num_class(3).build().unwrap();
    let trained = Trainer::new(params).fit_observed(&data, &mut ()).unwrap();
    let losses: Vec<f64> = trained.history.iter().map(|report| report.values[0].2).collect();
    assert!(losses.windows(2).all(|pair| pair[1] <= pair[0] + 1e-4), "{losses:?}");
    assert!(losses[59] < 0.02, "{}", losses[59]);
}

#[test]
fn a_perfect_fit_stops_splitting() {
    let x = Array2::from_shape_fn((100, 1), |(row, _)| (row / 50) as f64);
    let y: Vec<f64> = (0..100).map(|row| (row / 50) as f64).collect();
    let model = fit(&x, &y, Params::builder().num_round(5).eta(1.0).lambda(0.0));
    assert!(model.trees[1..].iter().all(|tree| tree.num_leaves() == 1));
    assert_eq!(predict(&model, &x), y);
}
