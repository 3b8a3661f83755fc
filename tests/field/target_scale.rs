//! A common factor of the target, or of all weights, changes nothing but the scale of predictions.

use crate::train::uniform;
use ndarray::Array2;
use sapwood::params::SamplingMethod;
use sapwood::{Dataset, Feature, FeatureKind, FeatureSchema, GrowPolicy, Objective, Params, ParamsBuilder, Trainer};

const ROWS: usize = 1500;

/// Numbers, some of them missing, and categories; a target that depends on both.
fn data(factor: f64) -> (Array2<f64>, Dataset) {
    let mut draw = uniform(14838);
    let x = Array2::from_shape_fn((ROWS, 3), |(_, column)| match column {
        0 => (draw() * 200.0).floor(),
        1 if draw() < 0.1 => f64::NAN,
        1 => draw(),
        _ => (draw() * 12.0).floor(),
    });
    let y = x.rows().into_iter().map(|row| {
        let second = if row[1].is_nan() { 0.3 } else { row[1] };
        factor * (row[0] / 50.0 + 3.0 * second + (row[2] * 7.0 % 5.0) + 0.1 * draw())
    });
    let y = y.collect();
    let levels = (0..12).map(|level| level.to_string()).collect();
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical { levels }];
    let features = kinds.into_iter().zip(["a", "b", "c"]).map(|(kind, name)| Feature { name: name.into(), kind }).collect();
    let schema = FeatureSchema { features, named: true, index_base: None };
    let data = Dataset::from_array(x.view(), y, Some(schema)).unwrap();
    (x, data)
}

fn predict(params: &Params, x: &Array2<f64>, data: &Dataset) -> Vec<f64> {
    let model = Trainer::new(params.clone()).fit(data).unwrap();
    sapwood_score::Scorer::new(model).unwrap().predict(x.view()).unwrap().into_raw_vec_and_offset().0
}

fn r2(predictions: &[f64], labels: &[f64]) -> f64 {
    let mean = labels.iter().sum::<f64>() / labels.len() as f64;
    let squares = |other: &dyn Fn(usize) -> f64| (0..labels.len()).map(|row| (labels[row] - other(row)).powi(2)).sum::<f64>();
    1.0 - squares(&|row| predictions[row]) / squares(&|_| mean)
}

fn ways() -> [ParamsBuilder; 4] {
    let base = || Params::builder().num_round(30);
    [
        base(),
        base().grow_policy(GrowPolicy::Lossguide).max_depth(0).max_leaves(31).min_child_weight(0.0),
        base().subsample(0.5).colsample_bynode(0.7),
        base().sampling_method(SamplingMethod::Goss),
    ]
}

#[test]
fn scikit_learn_14838_a_power_of_two_scales_predictions_to_the_last_bit() {
    let (x, plain) = data(1.0);
    for params in ways() {
        let params = params.build().unwrap();
        let expected = predict(&params, &x, &plain);
        for exponent in [-80, -27, -14, -1, 20, 100] {
            let factor = 2f64.powi(exponent);
            let found = predict(&params, &x, &data(factor).1);
            assert!(found.iter().zip(&expected).all(|(found, expected)| *found == factor * expected), "2^{exponent}");
        }
    }
}

#[test]
fn shap_876_targets_of_any_size_are_learnt_alike() {
    let (x, plain) = data(1.0);
    let params = Params::builder().num_round(50).build().unwrap();
    let expected = r2(&predict(&params, &x, &plain), plain.labels().unwrap());
    assert!(expected > 0.98, "{expected}");
    for factor in [1e-30, 1e-15, 1e-8, 1e-6, 1e-4, 1e5, 1e12, 1e30] {
        let (_, scaled) = data(factor);
        let found = r2(&predict(&params, &x, &scaled), scaled.labels().unwrap());
        assert!((found - expected).abs() < 1e-3, "{factor:e}: {found} against {expected}");
    }
}

/// The margin is a logarithm: a factor moves it.
#[test]
fn poisson_means_of_any_size_are_learnt_alike() {
    let (x, plain) = data(1.0);
    let params = Params::builder().num_round(30).objective(Objective::Poisson).lambda(0.0).min_child_weight(0.0).cat_l2(0.0);
    let params = params.cat_smooth(0.0).build().unwrap();
    let expected = predict(&params, &x, &plain);
    for factor in [1e-20, 1e-8, 1e10] {
        let found = predict(&params, &x, &data(factor).1);
        let deviation = |(found, expected): (&f64, &f64)| (found / (factor * expected) - 1.0).abs();
        let mean = found.iter().zip(&expected).map(deviation).sum::<f64>() / ROWS as f64;
        assert!(mean < 0.01, "{factor:e}: {mean}");
    }
}

#[test]
fn a_common_factor_of_weights_and_of_what_is_added_to_them_changes_nothing() {
    let (x, plain) = data(1.0);
    let labels = plain.labels().unwrap().to_vec();
    for objective in [Objective::SquaredError, Objective::BinaryLogistic, Objective::Poisson, Objective::Softprob] {
        let labels = labels.iter().map(|y| match objective {
            Objective::BinaryLogistic => f64::from(u8::from(*y > 5.0)),
            Objective::Softprob => (y / 4.0).floor().min(2.0),
            _ => *y,
        });
        let labels: Vec<f64> = labels.collect();
        let outcome = |exponent: i32| {
            let factor = 2f64.powi(exponent);
            let weights = (0..ROWS).map(|row| factor * [0.7, 1.3, 2.1][row % 3]).collect();
            let schema = Some(plain.schema().clone());
            let data = Dataset::from_array(x.view(), labels.clone(), schema).unwrap().with_weights(weights).unwrap();
            let params = Params::builder().num_round(10).objective(objective).num_class(3).lambda(factor).min_child_weight(factor);
            let params = params.alpha(0.5 * factor).gamma(0.25 * factor).cat_l2(10.0 * factor).cat_smooth(0.0).build().unwrap();
            predict(&params, &x, &data)
        };
        let expected = outcome(0);
        for exponent in [-40, -10, 3, 40] {
            assert!(outcome(exponent) == expected, "{}, 2^{exponent}", objective.name());
        }
    }
}

#[test]
fn what_single_precision_cannot_hold_is_an_error() {
    let error = |factor: f64, weight: f64| {
        let (_, data) = data(factor);
        let data = data.with_weights(vec![weight; ROWS]).unwrap();
        Trainer::new(Params::builder().num_round(1).build().unwrap()).fit(&data).unwrap_err().to_string()
    };
    for (factor, weight) in [(1e30, 1e10), (1e-40, 1.0), (1e-20, 1e-15)] {
        let message = error(factor, weight);
        let remedy = if factor > 1.0 { "divide" } else { "multiply" };
        assert!(message.contains("labels or weights are too") && message.contains(remedy), "{message}");
    }
}

#[test]
fn what_is_learnt_exactly_needs_no_more_splits() {
    let x = Array2::from_shape_fn((1000, 1), |(row, _)| (row % 10) as f64);
    for factor in [1e-8, 1.0, 1e20] {
        let data = Dataset::from_array(x.view(), x.column(0).iter().map(|x| factor * x).collect(), None).unwrap();
        let model = Trainer::new(Params::builder().num_round(200).build().unwrap()).fit(&data).unwrap();
        let splits = |round: usize| model.trees[round].num_leaves() - 1;
        assert_eq!((splits(0), splits(40), splits(199)), (9, 9, 0), "{factor:e}");
    }
}

#[test]
fn constants_of_any_size_have_no_split() {
    let (x, plain) = data(1.0);
    for constant in [0.1, 1e-30, 1e30, -7.0, 0.0] {
        for lambda in [0.0, 1.0] {
            let data = Dataset::from_array(x.view(), vec![constant; ROWS], Some(plain.schema().clone())).unwrap();
            let params = Params::builder().num_round(5).lambda(lambda).build().unwrap();
            let model = Trainer::new(params).fit(&data).unwrap();
            assert!(model.trees.iter().all(|tree| tree.num_leaves() == 1), "{constant} {lambda}");
        }
    }
}

/// A side without hessian is no child: rows with small means must keep theirs beside rows with large ones.
#[test]
fn poisson_means_far_apart_are_all_learnt() {
    let mut draw = uniform(7);
    let x = Array2::from_shape_fn((2000, 1), |_| (draw() * 20.0).floor());
    let mean = |x: f64| if x < 10.0 { 1e8 + x } else { x - 8.0 };
    let y = x.column(0).iter().map(|x| mean(*x)).collect();
    let data = Dataset::from_array(x.view(), y, None).unwrap();
    let params = Params::builder().num_round(200).objective(Objective::Poisson).max_delta_step(0.0).build().unwrap();
    for (found, x) in predict(&params, &x, &data).iter().zip(x.column(0)) {
        assert!((found / mean(*x) - 1.0).abs() < 0.02, "{found} at {x}");
    }
}

/// The base score counts the factor with one Newton step only, as XGBoost's: the best constant would leave negative rows no hessian.
#[test]
fn xgboost_s_scale_pos_weight_of_a_million_still_separates() {
    let mut draw = uniform(12);
    let x = Array2::from_shape_fn((2000, 3), |_| draw());
    for share in [0.44, 0.1] {
        let y: Vec<f64> = x.column(0).iter().map(|x| f64::from(u8::from(*x < share))).collect();
        let data = Dataset::from_array(x.view(), y.clone(), None).unwrap();
        for factor in [10.0, 1e3, 1e6] {
            let params =
                Params::builder().num_round(20).objective(Objective::BinaryLogistic).scale_pos_weight(factor).build().unwrap();
            let wrong = predict(&params, &x, &data).iter().zip(&y).filter(|(p, y)| (**p > 0.5) != (**y == 1.0)).count();
            assert!(wrong <= 8, "{wrong} of 2000 with share {share} and factor {factor}");
        }
    }
}
