//! Linear leaves, against normal equations that are solved densely, and against what everything in training promises.

use super::dart_tests::Keeper;
use super::weight_tests::fit_anew;
use crate::collective::Threads;
use crate::params::{Booster, FeatureName, MultiStrategy, ParamsBuilder, PerFeature, ProcessType, SamplingMethod};
use crate::sampling::mix;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Model, Objective, Params, Trainer, Tree};
use ndarray::{Array2, ArrayView1};
use sapwood_score::{LeafValue, LinearLeaf, Node, Scorer};

/// Three numeric features, one with missing values, one far from 0, and a categorical one.
fn features(rows: usize) -> (Array2<f64>, FeatureSchema) {
    let x = Array2::from_shape_fn((rows, 4), |(row, column)| {
        let hash = mix((row * 4 + column) as u64);
        match column {
            0 => (hash % 1_000_003) as f64 * 1e-5,
            1 if hash.is_multiple_of(11) => f64::NAN,
            1 => (hash % 5000) as f64 * 0.25 - 600.0,
            2 => 1.7e9 + (hash % 100_000) as f64,
            _ => (hash % 4) as f64,
        }
    });
    let levels = ["a", "b", "c", "d"].map(String::from).into();
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical { levels }];
    let features = kinds.into_iter().zip(["u", "v", "w", "c"]).map(|(kind, name)| Feature { name: name.into(), kind });
    (x, FeatureSchema { features: features.collect(), named: true, index_base: None })
}

fn smooth(row: ArrayView1<'_, f64>) -> f64 {
    let v = if row[1].is_nan() { 300.0 } else { row[1] };
    (row[0] - 4.0).powi(2) * 0.3 + v * 0.01 * row[0] + (row[2] - 1.7e9) * 1e-5 * (row[3] + 1.0)
}

fn weights(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| 0.25 + (row % 5) as f64).collect()
}

/// Smooth numbers, or so many classes by them.
fn data(rows: usize, classes: Option<u64>) -> (Array2<f64>, Dataset) {
    let (x, schema) = features(rows);
    let label = |row: ArrayView1<'_, f64>| match classes {
        Some(classes) => (smooth(row) * 0.12 * classes as f64).floor().clamp(0.0, classes as f64 - 1.0),
        None => smooth(row),
    };
    let labels = x.rows().into_iter().map(label).collect();
    let data = Dataset::from_array(x.view(), labels, Some(schema)).unwrap().with_weights(weights(rows)).unwrap();
    (x, data)
}

fn linear(rounds: u32) -> ParamsBuilder {
    Params::builder().num_round(rounds).linear_tree(true).eta(0.3).max_depth(4).min_child_weight(20.0).lambda(0.0)
}

fn fit(params: ParamsBuilder, data: &Dataset) -> Model {
    Trainer::new(params.build().unwrap()).fit(data).unwrap()
}

fn functions(tree: &Tree) -> impl Iterator<Item = &LinearLeaf> {
    tree.leaves().filter_map(|leaf| match &leaf.value {
        LeafValue::Linear(function) => Some(&**function),
        _ => None,
    })
}

/// The solution of a system of equations, whose right side is the last column, by Gauss's elimination with pivots.
fn solved(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for at in 0..count {
        let pivot = (at..count).max_by(|&a, &b| rows[a][at].abs().total_cmp(&rows[b][at].abs())).unwrap();
        rows.swap(at, pivot);
        let own = rows[at].clone();
        for other in (0..count).filter(|&other| other != at) {
            let factor = rows[other][at] / own[at];
            rows[other].iter_mut().zip(&own).for_each(|(cell, own)| *cell -= factor * own);
        }
    }
    (0..count).map(|at| rows[at][count] / rows[at][at]).collect()
}

/// The features on the way to each leaf that are numeric, by the leaf's node.
fn paths(tree: &Tree) -> Vec<Vec<usize>> {
    let mut paths = vec![Vec::new(); tree.nodes.len()];
    for at in 0..tree.nodes.len() {
        if let Node::Split(split) = &tree.nodes[at] {
            let mut path = paths[at].clone();
            if split.feature < 3 && !path.contains(&(split.feature as usize)) {
                path.push(split.feature as usize);
            }
            path.sort_unstable();
            paths[split.left as usize] = path.clone();
            paths[split.right as usize] = path;
        }
    }
    paths
}

/// Checks every leaf of a model against the minimum of its rows' loss to second order, `step` of the way to which it goes; `pair` gives gradient and
/// hessian by margin and label. Returns how many leaves are linear.
fn check_leaves(
    model: &Model,
    (x, data): &(Array2<f64>, Dataset),
    (step, ridge): (f64, f64),
    pair: fn(f64, f64) -> [f64; 2],
) -> usize {
    let (labels, weights) = (data.labels().unwrap(), data.weights().unwrap());
    let mut margins = vec![model.base_score[0]; x.nrows()];
    let mut linear_leaves = 0;
    for tree in &model.trees {
        let paths = paths(tree);
        let leaf_of: Vec<usize> = x.rows().into_iter().map(|row| tree.leaf_index(row.to_slice().unwrap())).collect();
        for (node, path) in paths.iter().enumerate() {
            let Node::Leaf(leaf) = &tree.nodes[node] else { continue };
            let LeafValue::Linear(function) = &leaf.value else { continue };
            linear_leaves += 1;
            let used: Vec<usize> = function.terms.iter().map(|term| term.feature as usize).collect();
            assert!(used.iter().all(|feature| path.contains(feature)));
            let own: Vec<usize> = (0..x.nrows()).filter(|&row| leaf_of[row] == node).collect();
            let complete: Vec<usize> = own.iter().copied().filter(|&row| used.iter().all(|&f| !x[[row, f]].is_nan())).collect();
            // The last of the functions of a row is the constant; others are taken about some row, lest they cancel.
            let cell = |row: usize, term: usize| used.get(term).map_or(1.0, |&f| x[[row, f]] - x[[complete[0], f]]);
            let size = used.len() + 1;
            let mut system = vec![vec![0.0; size + 1]; size];
            for &row in &complete {
                let [grad, hess] = pair(margins[row], labels[row]).map(|part| part * weights[row]);
                for (i, equation) in system.iter_mut().enumerate() {
                    (0..size).for_each(|j| equation[j] += hess * cell(row, i) * cell(row, j));
                    equation[size] -= grad * cell(row, i);
                }
            }
            (0..size - 1).for_each(|at| system[at][at] += ridge);
            let solution = solved(system);
            let value = |row: usize| step * (0..size).map(|term| solution[term] * cell(row, term)).sum::<f64>();
            let scale = complete.iter().map(|&row| value(row).abs()).fold(0.0, f64::max);
            for &row in &complete {
                let found = function.value(|feature| x[[row, feature as usize]]);
                assert!((found - value(row)).abs() <= 2e-5 * scale, "{found} {}", value(row));
            }
            let missing = own.iter().find(|&&row| used.iter().any(|&f| x[[row, f]].is_nan()));
            if let Some(&row) = missing {
                let sums = own.iter().fold([0.0; 2], |sums, &row| {
                    let parts = pair(margins[row], labels[row]).map(|part| part * weights[row]);
                    [sums[0] + parts[0], sums[1] + parts[1]]
                });
                let found = function.value(|feature| x[[row, feature as usize]]);
                assert!((found + step * sums[0] / sums[1]).abs() <= 2e-5 * found.abs().max(scale));
            }
            for term in &function.terms {
                let range = complete.iter().map(|&row| x[[row, term.feature as usize]]);
                assert_eq!(term.range.0, range.clone().fold(f64::INFINITY, f64::min));
                assert_eq!(term.range.1, range.fold(f64::NEG_INFINITY, f64::max));
            }
            let values = complete.iter().map(|&row| function.value(|feature| x[[row, feature as usize]]));
            assert_eq!(function.range.0, values.clone().fold(f64::INFINITY, f64::min));
            assert_eq!(function.range.1, values.fold(f64::NEG_INFINITY, f64::max));
        }
        for (margin, (row, &node)) in margins.iter_mut().zip(x.rows().into_iter().zip(&leaf_of)) {
            let Node::Leaf(leaf) = &tree.nodes[node] else { continue };
            *margin += match &leaf.value {
                LeafValue::Linear(function) => function.value(|feature| row[feature as usize]),
                _ => leaf.scalar().unwrap(),
            };
        }
    }
    linear_leaves
}

#[test]
fn leaves_are_the_solutions_of_normal_equations() {
    let numbers = data(3000, None);
    let squared = |margin: f64, label: f64| [margin - label, 1.0];
    let model = fit(linear(6), &numbers.1);
    assert!(functions(&model.trees[0]).next().is_none());
    assert!(check_leaves(&model, &numbers, (0.3, 0.0), squared) > 40);
    let model = fit(linear(6).linear_lambda(500.0), &numbers.1);
    assert!(check_leaves(&model, &numbers, (0.3, 500.0), squared) > 40);
    let classes = data(3000, Some(2));
    let logistic = |margin: f64, label: f64| {
        let p = 1.0 / (1.0 + (-margin).exp());
        [p - label, p * (1.0 - p)]
    };
    let model = fit(linear(6).min_child_weight(5.0).objective(Objective::BinaryLogistic), &classes.1);
    assert!(check_leaves(&model, &classes, (0.3, 0.0), logistic) > 30);
}

/// LightGBM 4.7 keeps values in single precision:
///
/// ```python
/// r = np.arange(240); x = np.stack([r * 7 % 41 * 1.0, r * 5 % 37 * 0.5, r * 11 % 29 * 2.0 - 20], 1)
/// y = 0.02 * (x[:, 0] - 15)**2 + 0.3 * x[:, 1] * np.where(x[:, 2] > 3, 1, -0.5) + 0.05 * x[:, 2]
/// x[::9, 1] = np.nan                                                                           # in the second and the last case
/// p = dict(objective='regression', learning_rate=0.4, num_leaves=6, min_data_in_leaf=15, min_sum_hessian_in_leaf=0, min_data_in_bin=1,
///          linear_tree=True, linear_lambda=ridge, boost_from_average=False)
/// lgb.train(p, lgb.Dataset(x, y, params=p), 4).predict(x)[[0, 1, 2, 9, 18, 33, 100, 239]]
/// ```
#[test]
fn predictions_are_those_of_lightgbm() {
    let rows = [0, 1, 2, 9, 18, 33, 100, 239];
    let cases = [
        (0.0, false, [1.8309, 0.546397, 2.885402, 2.52237, 6.140699, 5.008802, 6.507305, 9.649672]),
        (0.0, true, [1.783054, 0.37754, 3.011745, 3.598999, 5.690135, 4.424567, 6.294623, 9.749779]),
        (20.0, false, [1.718482, 0.551303, 2.885494, 2.518095, 6.191419, 5.020806, 6.544435, 9.529944]),
        (20.0, true, [1.672972, 0.375333, 3.012368, 3.597418, 5.740314, 4.402724, 6.32325, 9.741007]),
    ];
    for (ridge, has_missing, expected) in cases {
        let number = |(row, column): (usize, usize)| match column {
            0 => (row * 7 % 41) as f64,
            1 => (row * 5 % 37) as f64 * 0.5,
            _ => (row * 11 % 29) as f64 * 2.0 - 20.0,
        };
        let mut x = Array2::from_shape_fn((240, 3), number);
        let label = |row: ArrayView1<'_, f64>| {
            0.02 * (row[0] - 15.0).powi(2) + 0.3 * row[1] * if row[2] > 3.0 { 1.0 } else { -0.5 } + 0.05 * row[2]
        };
        let labels = x.rows().into_iter().map(label).collect();
        if has_missing {
            (0..240).step_by(9).for_each(|row| x[[row, 1]] = f64::NAN);
        }
        let params = Params::builder().num_round(4).eta(0.4).max_leaves(6).max_depth(0).grow_policy(GrowPolicy::Lossguide);
        let params = params.min_child_weight(15.0).lambda(0.0).base_score(0.0).linear_tree(true).linear_lambda(ridge);
        let model = fit(params, &Dataset::from_array(x.view(), labels, None).unwrap());
        let margins = Scorer::new(model).unwrap().margins(x.view()).unwrap();
        for (row, expected) in rows.into_iter().zip(expected) {
            assert!((margins[[row, 0]] - expected).abs() < 2e-6, "row {row}: {} {expected}", margins[[row, 0]]);
        }
    }
}

#[test]
fn the_value_at_the_mean_is_regularised_as_a_constant_is() {
    // Without missing values and with one leaf each, a linear leaf and a constant one differ by slopes about the mean.
    let x = Array2::from_shape_fn((400, 1), |(row, _)| (row % 40) as f64);
    let labels = x.column(0).mapv(|x| if x < 20.0 { x } else { 100.0 - x }).to_vec();
    let data = Dataset::from_array(x.view(), labels, None).unwrap();
    let params = |is_linear| linear(2).linear_tree(is_linear).max_depth(1).lambda(30.0).alpha(50.0).base_score(0.0);
    let [constant, function] = [false, true].map(|is_linear| fit(params(is_linear), &data));
    assert_eq!(constant.trees[0], function.trees[0]);
    for (leaf, (function, mean)) in constant.trees[1].leaves().zip(functions(&function.trees[1]).zip([9.5, 29.5])) {
        let difference = function.value(|_| mean) - leaf.scalar().unwrap();
        assert!(difference.abs() < 1e-9, "{difference}");
    }
    let capped = fit(params(true).max_delta_step(2.0), &data);
    let least =
        |tree: &Tree| functions(tree).map(|function| function.range.0.abs().max(function.range.1.abs())).fold(0.0, f64::max);
    assert!(least(&function.trees[1]) > 0.6 && least(&capped.trees[1]) <= 0.3 * 2.0);
}

/// Checks that the margins of training are those of the scorer: the metrics of its predictions are those of the last round.
fn check_scores(name: &str, params: ParamsBuilder, classes: Option<u64>) {
    let (rows, valid_rows) = (3000, 700);
    let ((x, data), (x_valid, valid)) = (self::data(rows, classes), self::data(valid_rows, classes));
    let params = params.build().unwrap();
    let trained = Trainer::new(params.clone()).validation("validation", &valid).fit_observed(&data, &mut ()).unwrap();
    assert!(trained.model.trees.iter().flat_map(functions).count() > 4, "{name}");
    let scorer = Scorer::new(trained.model.clone()).unwrap();
    let metrics = crate::metric::metrics(&params.eval_metric, params.objective_spec()).unwrap();
    let sets = [("train", &x, &data), ("validation", &x_valid, &valid)];
    for ((set, x, data), found) in sets.into_iter().zip(trained.report.values.chunks(metrics.len())) {
        let margins = scorer.margins(x.view()).unwrap();
        let margins: Vec<f64> = margins.columns().into_iter().flatten().copied().collect();
        for (metric, (.., found)) in metrics.iter().zip(found) {
            let evaluation = crate::metric::Evaluation::new(params.objective, &margins, data.targets()).unwrap();
            assert_eq!(metric.evaluate(&evaluation).to_bits(), found.to_bits(), "{name}: {set}");
        }
    }
}

/// Ways of training in which rows, trees or gradients take other turns.
fn ways() -> Vec<(&'static str, ParamsBuilder, Option<u64>)> {
    let lossguide = |params: ParamsBuilder| params.grow_policy(GrowPolicy::Lossguide).max_depth(0).max_leaves(12);
    let groups = vec![vec![FeatureName::Index(0), FeatureName::Index(3)], vec![FeatureName::Index(1), FeatureName::Index(2)]];
    vec![
        ("plain", linear(5), None),
        ("leaf-wise", lossguide(linear(5)).linear_lambda(1.0), None),
        ("copies of few rows", linear(5).subsample(0.3), None),
        ("samples in place", linear(5).subsample(0.8), None),
        ("goss", linear(5).sampling_method(SamplingMethod::Goss), None),
        ("by gradient", linear(5).subsample(0.4).sampling_method(SamplingMethod::GradientBased), None),
        ("forest", linear(1).num_parallel_tree(4).subsample(0.5).eta(1.0), None),
        ("columns", linear(5).colsample_bytree(0.7).colsample_bynode(0.7).extra_trees(true), None),
        ("groups of features", linear(5).interaction_constraints(groups), None),
        ("logistic", linear(5).min_child_weight(5.0).objective(Objective::BinaryLogistic), Some(2)),
        ("hinge", linear(5).objective(Objective::BinaryHinge), Some(2)),
        ("poisson", linear(5).objective(Objective::Poisson), Some(6)),
        ("classes", linear(4).min_child_weight(5.0).objective(Objective::Softprob).num_class(3), Some(3)),
        ("expectiles", linear(4).objective(Objective::Expectile).expectile_alpha(vec![0.2, 0.8]), None),
    ]
}

#[test]
fn scores_while_training_are_the_scorers_bit_for_bit() {
    ways().into_iter().for_each(|(name, params, classes)| check_scores(name, params, classes));
}

#[test]
fn any_number_of_threads_and_ranks_and_any_layout_of_rows_gives_the_same_model() {
    for (name, params, classes) in ways() {
        let params = params.build().unwrap();
        let (x, data) = data(2500, classes);
        let whole = Trainer::new(params.clone()).fit(&data).unwrap().to_bytes().unwrap();
        assert!(fit_anew(&params, &data) == whole, "{name}: rows laid out anew");
        for threads in [1, 3, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| Trainer::new(params.clone()).fit(&data).unwrap().to_bytes().unwrap());
            assert!(found == whole, "{name}: {threads} threads");
        }
        for ranks in [2, 3] {
            // The second of three has no row.
            let ends = if ranks == 2 { vec![0, 900, 2500] } else { vec![0, 1400, 1400, 2500] };
            let found = Threads::run(ranks, |ranks| {
                let part = ends[ranks.rank()]..ends[ranks.rank() + 1];
                let labels = data.labels().unwrap()[part.clone()].to_vec();
                let own = Dataset::from_array(x.slice(ndarray::s![part.clone(), ..]), labels, Some(data.schema().clone())).unwrap();
                let own = own.with_weights(data.weights().unwrap()[part].to_vec()).unwrap();
                Trainer::new(params.clone()).collective(ranks).fit(&own).unwrap().to_bytes().unwrap()
            });
            assert!(found.iter().all(|found| *found == whole), "{name}: {} ranks", found.len());
        }
    }
}

#[test]
fn a_run_that_goes_on_from_a_checkpoint_or_a_model_gives_the_same_model() {
    let dart = linear(6).booster(Booster::Dart).rate_drop(0.5);
    for (name, params, classes) in
        ways().into_iter().chain([("dart", dart, None), ("early", linear(9).early_stopping_rounds(2), None)])
    {
        let params = params.build().unwrap();
        let ((_, data), (_, valid)) = (data(1500, classes), self::data(400, classes));
        let trainer = || Trainer::new(params.clone()).validation("validation", &valid);
        let mut keeper = Keeper::default();
        let whole = trainer().fit_observed(&data, &mut keeper).unwrap();
        for checkpoint in keeper.0.iter().step_by(2).chain(keeper.0.last()) {
            let resumed = trainer().resume(checkpoint.clone()).fit_observed(&data, &mut ()).unwrap();
            assert!(resumed.model.to_bytes().unwrap() == whole.model.to_bytes().unwrap(), "{name}: after {}", checkpoint.rounds());
            assert_eq!(resumed.history, whole.history);
        }
        if params.booster == Booster::Dart || params.num_round == 1 || params.early_stopping_rounds.is_some() {
            continue;
        }
        let rounds = |num_round| Trainer::new(Params { num_round, ..params.clone() });
        let two = rounds(2).fit(&data).unwrap();
        let more = rounds(params.num_round - 2).init_model(two).fit(&data).unwrap();
        assert_eq!(more.trees, whole.model.trees, "{name}");
    }
}

#[test]
fn a_checkpoint_of_other_values_in_the_same_bins_is_refused() {
    let (x, first) = data(500, None);
    let mut keeper = Keeper::default();
    let trainer = || Trainer::new(linear(3).max_bin(8).build().unwrap());
    trainer().fit_observed(&first, &mut keeper).unwrap();
    // The greatest values are in a bin that no cut is above.
    let mut other = x.clone();
    let top = (0..500).max_by(|&a, &b| x[[a, 0]].total_cmp(&x[[b, 0]])).unwrap();
    other[[top, 0]] += 1e-3;
    let labels = first.labels().unwrap().to_vec();
    let second = Dataset::from_array(other.view(), labels, Some(first.schema().clone())).unwrap();
    let second = second.with_weights(weights(500)).unwrap();
    let error = trainer().resume(keeper.0.pop().unwrap()).fit(&second).unwrap_err().to_string();
    assert!(error.contains("the training set has different values of features"), "{error}");
}

/// To rounding: gradients are in single precision, weights included. That rows of weight 0 are none is among the tests of weights.
#[test]
fn weights_are_numbers_of_rows() {
    let (x, schema) = features(600);
    let labels: Vec<f64> = x.rows().into_iter().map(smooth).collect();
    let rows: Vec<usize> = (0..600).flat_map(|row| std::iter::repeat_n(row, row % 4)).collect();
    let weighted = Dataset::from_array(x.view(), labels.clone(), Some(schema.clone())).unwrap();
    let weighted = weighted.with_weights((0..600).map(|row| (row % 4) as f64).collect()).unwrap();
    let repeated = x.select(ndarray::Axis(0), &rows);
    let repeated = Dataset::from_array(repeated.view(), rows.iter().map(|&row| labels[row]).collect(), Some(schema)).unwrap();
    let [one, other] = [&weighted, &repeated].map(|data| fit(linear(5).min_child_weight(20.0), data));
    assert!(one.trees.iter().flat_map(functions).count() > 20);
    let [one, other] = [one, other].map(|model| Scorer::new(model).unwrap().margins(x.view()).unwrap());
    let largest = one.iter().fold(0.0, |largest: f64, margin| largest.max(margin.abs()));
    assert!(one.iter().zip(&other).all(|(one, other)| (one - other).abs() < 1e-5 * largest));
}

#[test]
fn beyond_the_data_predictions_stay_within_what_leaves_predict() {
    let (x, data) = data(2000, None);
    let model = fit(linear(30).min_child_weight(2.0), &data);
    let scorer = Scorer::new(model).unwrap();
    let reach = |rows: &Array2<f64>| {
        let margins = scorer.margins(rows.view()).unwrap();
        margins.iter().fold((f64::MAX, f64::MIN), |(low, high), &margin| (low.min(margin), high.max(margin)))
    };
    let inside = reach(&x);
    let far = Array2::from_shape_fn((4000, 4), |(row, column)| match (mix((row * 8 + column) as u64), column) {
        (hash, 3) => (hash % 4) as f64,
        (hash, _) => [-1e300, -1e9, 0.0, 5.0, 1e12, 1e300][(hash % 6) as usize],
    });
    let outside = reach(&far);
    let span = inside.1 - inside.0;
    assert!(outside.0 > inside.0 - span && outside.1 < inside.1 + span, "{inside:?} {outside:?}");
}

#[test]
fn what_other_features_explain_is_no_term_and_what_misses_most_values_neither() {
    let x = Array2::from_shape_fn((1200, 4), |(row, column)| {
        let hash = mix(row as u64);
        let first = (hash % 997) as f64;
        match column {
            0 => first,
            1 => 5.0 - 3.0 * first,
            2 if row % 10 < 7 => f64::NAN,
            2 => (hash >> 20) as f64 % 31.0,
            _ => (hash >> 40) as f64 % 17.0,
        }
    });
    let label = |row: ArrayView1<'_, f64>| (row[0] * 0.01).powi(2) + row[3] + if row[2].is_nan() { 0.0 } else { row[2] };
    let data = Dataset::from_array(x.view(), x.rows().into_iter().map(label).collect(), None).unwrap();
    let model = fit(linear(8).feature_weights(PerFeature::List(vec![1.0; 4])).colsample_bynode(0.6), &data);
    let all: Vec<&LinearLeaf> = model.trees.iter().flat_map(functions).collect();
    let uses = |function: &LinearLeaf, feature| function.terms.iter().any(|term| term.feature == feature);
    assert!(all.len() > 40 && all.iter().all(|function| !(uses(function, 0) && uses(function, 1))));
    assert!(all.iter().any(|function| uses(function, 1)) && all.iter().any(|function| uses(function, 3)));
    // Where the side of missing values is known, nothing is linear in what is missing.
    for tree in &model.trees {
        for function in functions(tree).filter(|function| uses(function, 2)) {
            assert!(function.terms.iter().all(|term| term.coefficient.is_finite() && term.range.0 < term.range.1));
        }
    }
}

#[test]
fn what_linear_leaves_cannot_be_combined_with_is_refused_by_name() {
    let refused = |params: ParamsBuilder, what: &str| {
        let error = params.build().unwrap_err().to_string();
        assert!(error.contains("linear_tree cannot be combined with") && error.contains(what), "{error}");
    };
    refused(linear(2).monotone_constraints(PerFeature::List(vec![1.0, 0.0])), "monotone_constraints=(1,0)");
    refused(linear(2).path_smooth(1.0), "path_smooth=1");
    refused(linear(2).process_type(ProcessType::Update), "process_type=update");
    refused(linear(2).objective(Objective::AbsoluteError), "objective=reg:absoluteerror");
    refused(linear(2).objective(Objective::Quantile), "objective=reg:quantileerror");
    let vectors = linear(2).objective(Objective::Softprob).num_class(3).multi_strategy(MultiStrategy::MultiOutputTree);
    refused(vectors, "multi_strategy=multi_output_tree");
    assert!(linear(2).monotone_constraints(PerFeature::List(vec![0.0, 0.0])).build().is_ok());
    let (_, data) = data(300, None);
    let model = fit(linear(3), &data);
    let update = Params::builder().num_round(3).process_type(ProcessType::Update).build().unwrap();
    let error = Trainer::new(update).init_model(model).fit(&data).unwrap_err().to_string();
    assert!(error.contains("has linear leaves, and its leaves cannot be computed anew"), "{error}");
}

#[test]
fn what_has_no_effect_is_said() {
    let warnings =
        |params: ParamsBuilder, data: &Dataset| Trainer::new(params.build().unwrap()).fit_observed(data, &mut ()).unwrap().warnings;
    let (x, data) = data(300, None);
    let one = warnings(linear(1), &data);
    assert!(one.iter().any(|text| text.contains("no effect with num_round=1")), "{one:?}");
    assert!(warnings(linear(2), &data).is_empty() && warnings(linear(1).num_parallel_tree(2), &data).is_empty());
    let features = vec![data.schema().features[3].clone()];
    let schema = FeatureSchema { features, named: true, index_base: None };
    let levels = x.slice(ndarray::s![.., 3..]);
    let levels = Dataset::from_array(levels, data.labels().unwrap().to_vec(), Some(schema)).unwrap();
    let all = warnings(linear(2), &levels);
    assert!(all.iter().any(|text| text.contains("all features are categorical")), "{all:?}");
}
