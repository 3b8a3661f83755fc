//! Features that a preset makes of pairs of features: the model scores rows of the columns alone, and is kept only where it predicts better.

use crate::metric::{Evaluation, metrics};
use crate::params::{ParamsBuilder, PerFeature, Preset};
use crate::predict::{Scorer, predict_margins};
use crate::sampling::mix;
use crate::{Dataset, Objective, Params, Trained, Trainer};
use ndarray::Array2;
use sapwood_score::{Derivation, DerivedFeature, Explainer, Model};

const ROWS: usize = 600;

/// Three numeric features, of which the label is a function.
fn data(label: impl Fn(&[f64]) -> f64) -> Dataset {
    let x = Array2::from_shape_fn((ROWS, 3), |(row, column)| (mix((row * 3 + column) as u64) % 1000) as f64 / 500.0 - 1.0);
    let labels = x.rows().into_iter().map(|row| label(row.as_slice().unwrap())).collect();
    Dataset::from_array(x.view(), labels, None).unwrap()
}

fn of_product(row: &[f64]) -> f64 {
    f64::from(row[0] * row[1] > 0.05)
}

/// Of one feature, and of noise.
fn of_one(row: &[f64]) -> f64 {
    let noise = (mix(row[2].to_bits()) % 1000) as f64 / 500.0 - 1.0;
    f64::from(row[0] + noise > 0.0)
}

fn preset() -> ParamsBuilder {
    Params::builder().preset(Preset::Best).objective(Objective::BinaryLogistic)
}

fn fit(params: ParamsBuilder, data: &Dataset) -> Trained {
    Trainer::new(params.build().unwrap()).fit_observed(data, &mut ()).unwrap()
}

fn chosen<'a>(trained: &'a Trained, parameter: &str) -> Option<&'a str> {
    trained
        .preset
        .as_ref()
        .unwrap()
        .plan
        .choices
        .iter()
        .find(|choice| choice.parameter == parameter)
        .map(|choice| &choice.value[..])
}

fn log_loss(model: &Model, data: &Dataset) -> f64 {
    let margins = predict_margins(model, data).unwrap();
    let evaluation = Evaluation::new(Objective::BinaryLogistic, &margins, data.targets()).unwrap();
    metrics(&["logloss".to_string()], Objective::BinaryLogistic).unwrap()[0].evaluate(&evaluation)
}

#[test]
fn what_depends_on_a_product_is_found_by_it() {
    let all = data(of_product);
    let fold = all.fold(&(0..400).collect::<Vec<_>>(), &(400..ROWS).collect::<Vec<_>>()).unwrap();
    let with = fit(preset(), &fold.train);
    assert_eq!(chosen(&with, "cross_features"), Some("true"));
    assert!(chosen(&with, "race").unwrap().contains("cross_features"), "{:?}", chosen(&with, "race"));
    let model = &with.model;
    assert_eq!((model.schema.len(), model.derived.len()), (3, 9));
    let is_product = |feature: &DerivedFeature| {
        matches!(feature.derivation, Derivation::Product { first: 0, second: 1 } | Derivation::Product { first: 1, second: 0 })
    };
    assert!(model.derived.iter().any(is_product));
    let without = fit(preset().cross_features(false), &fold.train);
    assert!(without.model.derived.is_empty() && chosen(&without, "cross_features").is_none());
    let losses = (log_loss(model, &fold.held_out), log_loss(&without.model, &fold.held_out));
    assert!(losses.0 < 0.8 * losses.1, "{losses:?}");
}

#[test]
fn the_model_needs_the_columns_alone() {
    let data = data(of_product);
    let model = Model::from_bytes(&fit(preset(), &data).model.to_bytes().unwrap()).unwrap();
    let margins = predict_margins(&model, &data).unwrap();
    let rows = Array2::from_shape_fn((ROWS, 3), |(row, column)| (mix((row * 3 + column) as u64) % 1000) as f64 / 500.0 - 1.0);
    let scorer = Scorer::new(model.clone()).unwrap();
    let contributions = Explainer::new(&model).unwrap().contributions(rows.view()).unwrap();
    assert_eq!(contributions.len(), ROWS * 4);
    let scored = scorer.margins(rows.view()).unwrap();
    for row in 0..ROWS {
        assert_eq!(scored[[row, 0]], margins[row]);
        let sum: f64 = contributions.iter().skip(row * 4).take(4).sum();
        assert!((sum - margins[row]).abs() < 1e-9, "{row}: {sum} and {}", margins[row]);
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads() {
    for data in [data(of_product), data(of_one)] {
        let bytes = |threads| fit(preset().nthread(threads), &data).model.to_bytes().unwrap();
        let one = bytes(1);
        assert!([2, 3, 7].into_iter().all(|threads| bytes(threads) == one));
    }
}

#[test]
fn features_that_tell_nothing_new_are_left_out() {
    let trained = fit(preset(), &data(of_one));
    assert_eq!(chosen(&trained, "cross_features"), Some("false"));
    assert!(trained.model.derived.is_empty());
}

#[test]
fn rules_about_features_leave_no_room_for_others() {
    let rules = [
        preset().monotone_constraints(PerFeature::List(vec![1.0, 0.0, 0.0])),
        preset().feature_weights(PerFeature::List(vec![1.0, 2.0, 1.0])),
        preset().quality(1),
    ];
    for params in rules {
        let trained = fit(params, &data(of_product));
        assert!(chosen(&trained, "cross_features").is_none() && trained.model.derived.is_empty());
    }
}
