//! Gradients against numerical derivatives, base scores, and every way labels can be wrong.

use super::loss::CHUNK;
use super::*;
use crate::collective::Solo;
use crate::data::TargetsView;
use crate::numeric::{RiskSets, log_sum_exp};
use crate::{Dataset, ErrorKind, ParamsBuilder};
use approx::assert_relative_eq;
use ndarray::Array2;
use proptest::prelude::*;

fn params(objective: Objective) -> ParamsBuilder {
    Params::builder().num_round(1).objective(objective)
}

fn data(labels: &[f64]) -> Dataset {
    Dataset::from_array(Array2::zeros((labels.len(), 1)).view(), labels.to_vec(), None).unwrap()
}

/// The data with query groups of ten rows if the objective ranks, with bounds above labels if it takes them.
fn grouped(objective: Objective, data: Dataset) -> Dataset {
    if objective == Objective::Aft {
        let labels = data.labels().unwrap().to_vec();
        return data.with_label_bounds(labels.clone(), labels.iter().map(|label| label + 0.5).collect()).unwrap();
    }
    let groups = (0..data.rows() as u64).map(|row| row / 10).collect();
    if objective.is_ranking() { data.with_groups(groups).unwrap() } else { data }
}

fn classes(labels: &[f64], classes: &[&str]) -> Dataset {
    Dataset { classes: Some(classes.iter().map(ToString::to_string).collect()), ..data(labels) }
}

/// The loss for the parameters, and the targets it is given.
fn prepared<'d>(params: &Params, data: &'d Dataset) -> Result<(Box<dyn Loss>, TargetsView<'d>)> {
    let outputs = num_outputs(params, data)?;
    let targets = check_labels(params.objective, outputs, data)?;
    Ok((loss(params, outputs)?, targets))
}

fn base(builder: ParamsBuilder, data: &Dataset) -> Vec<f64> {
    let (loss, targets) = prepared(&builder.build().unwrap(), data).unwrap();
    loss.base_score(targets, &Solo).unwrap()
}

fn error(builder: ParamsBuilder, data: &Dataset) -> (ErrorKind, String) {
    let error = prepared(&builder.build().unwrap(), data).err().expect("an error");
    (error.kind(), error.to_string())
}

#[track_caller]
fn assert_error(builder: ParamsBuilder, data: &Dataset, kind: ErrorKind, parts: &[&str]) {
    let (found, message) = error(builder, data);
    assert_eq!(found, kind, "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

/// All outputs' gradients, output by output.
fn gradients(params: &Params, data: &Dataset, margins: &[f64]) -> Vec<GradientPair> {
    let (mut loss, targets) = prepared(params, data).unwrap();
    let round = Round { targets, margins };
    loss.start_round(0, &round, &Solo);
    let mut pairs = vec![GradientPair::default(); margins.len()];
    for (output, out) in pairs.chunks_mut(data.rows()).enumerate() {
        loss.gradients(output, &round, out);
    }
    pairs
}

/// The loss of one row with one margin, as textbooks have it.
fn pointwise_loss(objective: Objective, margin: f64, label: f64) -> f64 {
    match objective {
        Objective::SquaredError => 0.5 * (margin - label).powi(2),
        Objective::Poisson => margin.exp() - label * margin,
        Objective::Gamma => margin + label * (-margin).exp(),
        Objective::Tweedie => (0.7 * margin).exp() / 0.7 + label * (-0.3 * margin).exp() / 0.3,
        Objective::PseudoHuber => 4.0 * ((1.0 + ((margin - label) / 2.0).powi(2)).sqrt() - 1.0),
        Objective::SquaredLogError => 0.5 * (margin.ln_1p() - label.ln_1p()).powi(2),
        _ => (1.0 + margin.exp()).ln() - label * margin,
    }
}

/// First and second derivative at `x` by central differences.
fn numerical(f: impl Fn(f64) -> f64, x: f64) -> (f64, f64) {
    let h = 1e-4;
    ((f(x + h) - f(x - h)) / (2.0 * h), (f(x + h) - 2.0 * f(x) + f(x - h)) / (h * h))
}

#[track_caller]
fn assert_pair(pair: GradientPair, (grad, hess): (f64, f64)) {
    assert_relative_eq!(f64::from(pair.grad), grad, max_relative = 1e-4, epsilon = 1e-5);
    assert_relative_eq!(f64::from(pair.hess), hess, max_relative = 1e-4, epsilon = 1e-5);
}

proptest! {
    #[test]
    fn pointwise_gradients_are_the_derivatives_of_the_loss(
        margin in -4.0..4.0, label in 0.0..=1.0_f64, weight in 0.1..3.0, scale in prop_oneof![Just(1.0), 0.5..4.0]
    ) {
        let cases = [
            (Objective::SquaredError, label * 7.0 - 3.0), (Objective::Logistic, label), (Objective::BinaryLogistic, label.round()),
            (Objective::BinaryLogitraw, label.round()), (Objective::Poisson, (label * 5.0).round()),
        ];
        for (objective, label) in cases {
            let params = params(objective).scale_pos_weight(scale).build().unwrap();
            let data = data(&[label]).with_weights(vec![weight]).unwrap();
            let pair = gradients(&params, &data, &[margin])[0];
            let (grad, mut hess) = numerical(|m| pointwise_loss(objective, m, label), margin);
            let logistic = !matches!(objective, Objective::SquaredError | Objective::Poisson);
            let weight = if logistic && label == 1.0 { weight * scale } else { weight };
            if objective == Objective::Poisson {
                hess *= 0.7f64.exp();
            }
            assert_pair(pair, (grad * weight, hess * weight));
        }
    }

    #[test]
    fn gradients_of_deviances_and_robust_losses_are_the_derivatives(margin in -3.0..3.0, label in 0.01..5.0, weight in 0.1..3.0) {
        let cases = [
            (Objective::Gamma, margin), (Objective::Tweedie, margin), (Objective::PseudoHuber, margin),
            // Below e times the label, where the second derivative is not cut.
            (Objective::SquaredLogError, (1.0 + label) * f64::exp(0.3 * margin - 0.1) - 1.0),
        ];
        for (objective, margin) in cases {
            let params = params(objective).tweedie_variance_power(1.3).huber_slope(2.0).build().unwrap();
            let data = data(&[label]).with_weights(vec![weight]).unwrap();
            let pair = gradients(&params, &data, &[margin])[0];
            let (grad, hess) = numerical(|m| pointwise_loss(objective, m, label), margin);
            // The parabola above the loss that has its slope here, and its vertex at the label.
            let hess = if objective == Objective::PseudoHuber { grad / (margin - label) } else { hess };
            assert_pair(pair, (grad * weight, hess * weight));
        }
    }

    #[test]
    fn softmax_gradients_are_the_derivatives_of_the_loss(
        margins in prop::collection::vec(-4.0..4.0, 3 * 4), labels in prop::collection::vec(0_u32..3, 4)
    ) {
        let (rows, outputs) = (4, 3);
        let data = data(&labels.iter().copied().map(f64::from).collect::<Vec<_>>()).with_weights(vec![1.0, 0.5, 2.0, 0.0]).unwrap();
        let params = params(Objective::Softprob).num_class(3).build().unwrap();
        let pairs = gradients(&params, &data, &margins);
        for output in 0..outputs {
            for row in 0..rows {
                let row_loss = |margin: f64| {
                    let mut own: Vec<f64> = (0..outputs).map(|k| margins[k * rows + row]).collect();
                    own[output] = margin;
                    let (mut largest, mut excess) = ([0.0], [0.0]);
                    log_sum_exp(Simd::scalar(), &own, 1, 0, &mut largest, &mut excess);
                    largest[0] + excess[0] - own[labels[row] as usize]
                };
                let (grad, hess) = numerical(row_loss, margins[output * rows + row]);
                let weight = data.weights().unwrap()[row];
                assert_pair(pairs[output * rows + row], (grad * weight, 2.0 * hess * weight));
            }
        }
    }
}

proptest! {
    #[test]
    fn gradients_of_hazards_are_the_derivatives_of_the_partial_likelihood(
        rows in prop::collection::vec((1i32..6, any::<bool>(), -3.0..3.0f64), 2..12)
    ) {
        let labels: Vec<f64> = rows.iter().map(|&(time, event, _)| f64::from(if event { time } else { -time })).chain([3.0]).collect();
        let margins: Vec<f64> = rows.iter().map(|&(.., margin)| margin).chain([0.5]).collect();
        let weights: Vec<f64> = (0..labels.len()).map(|row| [1.0, 0.5, 2.0][row % 3]).collect();
        let weighted = data(&labels).with_weights(weights.clone()).unwrap();
        let pairs = gradients(&params(Objective::Cox).build().unwrap(), &weighted, &margins);
        let events: f64 = (0..labels.len()).filter(|&row| labels[row] > 0.0).map(|row| weights[row]).sum();
        for row in 0..labels.len() {
            let total = |margin: f64| {
                let mut own = margins.clone();
                own[row] = margin;
                events * RiskSets::new(&labels, &own, Some(&weights), &Solo).negative_log_likelihood()
            };
            let (grad, _) = numerical(total, margins[row]);
            assert_relative_eq!(f64::from(pairs[row].grad), grad, max_relative = 1e-3, epsilon = 1e-4);
            prop_assert!(pairs[row].hess >= 0.0);
        }
        let equal = gradients(&params(Objective::Cox).build().unwrap(), &data(&labels), &margins);
        for row in 0..labels.len() {
            let total = |margin: f64| {
                let mut own = margins.clone();
                own[row] = margin;
                let events = labels.iter().filter(|label| **label > 0.0).count() as f64;
                events * RiskSets::new(&labels, &own, None, &Solo).negative_log_likelihood()
            };
            let (_, hess) = numerical(total, margins[row]);
            assert_relative_eq!(f64::from(equal[row].hess), hess, max_relative = 1e-3, epsilon = 1e-4);
        }
    }
}

#[test]
fn hinge_pulls_rows_within_its_margin_alone() {
    let of = |margins: &[f64]| {
        gradients(&params(Objective::BinaryHinge).scale_pos_weight(2.0).build().unwrap(), &data(&[0.0, 1.0]), margins)
    };
    assert_eq!(of(&[-0.5, 0.5]), [GradientPair { grad: 1.0, hess: 1.0 }, GradientPair { grad: -2.0, hess: 2.0 }]);
    let outside = GradientPair { grad: 0.0, hess: f32::MIN_POSITIVE };
    assert_eq!(of(&[-1.0, 1.5]), [outside, outside]);
}

#[test]
fn hessians_have_xgboost_s_floor_and_gradients_stay_finite() {
    let of = |objective, margins: &[f64]| gradients(&params(objective).num_class(2).build().unwrap(), &data(&[0.0, 1.0]), margins);
    let pairs = of(Objective::BinaryLogistic, &[900.0, -900.0]);
    assert_eq!(pairs, [GradientPair { grad: 1.0, hess: 1e-16 }, GradientPair { grad: -1.0, hess: 1e-16 }]);
    let pairs = of(Objective::Softmax, &[900.0, -900.0, 0.0, 0.0]);
    assert!(pairs.iter().all(|pair| pair.hess == 1e-16));
    let pairs = of(Objective::Poisson, &[1e4, -1e4]);
    assert_eq!(pairs[0], GradientPair { grad: f32::MAX, hess: f32::MAX });
    assert_eq!(pairs[1], GradientPair { grad: -1.0, hess: 0.0 });
}

#[test]
fn equal_margins_of_any_size_are_equal_probabilities() {
    for margin in [0.0, 1e16, -1e300] {
        let pairs = gradients(&params(Objective::Softmax).num_class(4).build().unwrap(), &data(&[2.0]), &[margin; 4]);
        assert!(pairs.iter().zip(0..).all(|(pair, class)| pair.grad == if class == 2 { -0.75 } else { 0.25 }), "{pairs:?}");
    }
}

#[test]
fn rows_of_weight_zero_have_no_gradient() {
    for objective in [Objective::SquaredError, Objective::BinaryLogistic, Objective::Poisson] {
        let data = data(&[1.0, 0.0]).with_weights(vec![0.0, 1.0]).unwrap();
        assert_eq!(gradients(&params(objective).build().unwrap(), &data, &[1e4, 0.0])[0], GradientPair::default());
    }
}

#[test]
fn chunks_see_their_own_rows() {
    let rows = 2 * CHUNK + 100;
    let labels: Vec<f64> = (0..rows).map(|row| (row % 3) as f64).collect();
    let weights: Vec<f64> = (0..rows).map(|row| (row % 5) as f64).collect();
    let data = data(&labels).with_weights(weights.clone()).unwrap();
    let pairs = gradients(&params(Objective::SquaredError).build().unwrap(), &data, &vec![10.0; rows]);
    let margins: Vec<f64> = (0..3 * rows).map(|i| if i / rows == (i % rows) % 2 { 40.0 } else { 0.0 }).collect();
    let classes = gradients(&params(Objective::Softmax).num_class(3).build().unwrap(), &data, &margins);
    for row in 0..rows {
        assert_eq!(f64::from(pairs[row].grad), (10.0 - labels[row]) * weights[row]);
        for output in 0..3 {
            let p = if output == row % 2 { 1.0 } else { 0.0 };
            let hit = if labels[row] == output as f64 { 1.0 } else { 0.0 };
            assert_relative_eq!(f64::from(classes[output * rows + row].grad), (p - hit) * weights[row], epsilon = 1e-6);
        }
    }
}

#[test]
fn some_rows_have_the_gradients_that_they_have_among_all() {
    let rows = 3000;
    let some: Vec<u32> = (0..rows as u32).filter(|row| row % 7 < 3).collect();
    for weighted in [false, true] {
        for objective in Objective::ALL {
            let smallest = if objective == Objective::Gamma { 0.5 } else { 0.0 };
            let data = data(&(0..rows).map(|row| smallest + (row % 2) as f64).collect::<Vec<_>>());
            let weights = || (0..rows).map(|row| 0.1 + (row % 5) as f64).collect();
            let data = if weighted && !objective.is_ranking() { data.with_weights(weights()).unwrap() } else { data };
            let data = grouped(objective, data);
            let params = params(objective).num_class(2).scale_pos_weight(3.0).build().unwrap();
            let (mut loss, targets) = prepared(&params, &data).unwrap();
            let outputs = if objective.is_multiclass() { 2 } else { 1 };
            let margins: Vec<f64> = (0..rows * outputs).map(|i| (i % 101) as f64 * 0.1 - 5.0).collect();
            let all = gradients(&params, &data, &margins);
            let round = Round { targets, margins: &margins };
            loss.start_round(0, &round, &Solo);
            for output in 0..outputs {
                let mut found = vec![GradientPair::default(); some.len()];
                loss.gradients_of(output, &round, &some, &mut found);
                assert!(
                    found.iter().zip(&some).all(|(pair, &row)| *pair == all[output * rows + row as usize]),
                    "{}",
                    objective.name()
                );
            }
        }
    }
}

#[test]
fn base_scores_are_the_best_constants() {
    let labels = [0.0, 0.0, 0.0, 1.0];
    let weighted = data(&labels).with_weights(vec![1.0, 1.0, 2.0, 4.0]).unwrap();
    assert_eq!(base(params(Objective::SquaredError), &data(&labels)), [0.25]);
    assert_eq!(base(params(Objective::SquaredError), &weighted), [0.5]);
    for objective in [Objective::Logistic, Objective::BinaryLogistic, Objective::BinaryLogitraw] {
        assert_relative_eq!(base(params(objective), &data(&labels))[0], (0.25f64 / 0.75).ln(), max_relative = 1e-15);
        assert_eq!(base(params(objective).scale_pos_weight(3.0), &data(&labels)), [0.0]);
        // XGBoost's, for a share of 107 in 1,000: its sigmoid is 0.877277.
        let rare: Vec<f64> = (0..1000).map(|row| f64::from(u8::from(row < 107))).collect();
        let scaled = base(params(objective).scale_pos_weight(1e3), &data(&rare))[0];
        assert_relative_eq!(1.0 / (1.0 + (-scaled).exp()), 0.877_277, max_relative = 1e-6);
        assert_eq!(base(params(objective), &weighted), [0.0]);
    }
    assert_relative_eq!(base(params(Objective::Poisson), &data(&labels))[0], 0.25f64.ln(), max_relative = 1e-15);
    assert_relative_eq!(base(params(Objective::Poisson), &data(&[0.0, 1e-20]))[0], 5e-21f64.ln(), max_relative = 1e-15);
    let shares = base(params(Objective::Softmax).num_class(2), &data(&labels));
    assert_relative_eq!(shares[0] - shares[1], 3f64.ln(), max_relative = 1e-15);
    assert_relative_eq!(shares[0], -shares[1], max_relative = 1e-15);
    assert_eq!(base(params(Objective::Softprob).num_class(2), &weighted), [0.0, 0.0]);
}

#[test]
fn squared_log_error_begins_as_in_xgboost() {
    let amounts = data(&[0.0, 3.0, 20.0, 150.0]).with_weights(vec![1.0, 2.0, 1.0, 3.0]).unwrap();
    // XGBoost 3.2's.
    assert_relative_eq!(base(params(Objective::SquaredLogError), &amounts)[0], 0.748_824_4, max_relative = 1e-7);
    // Its step would end at −10⁶.
    let low = base(params(Objective::SquaredLogError), &data(&[-0.9, -0.8]))[0];
    assert_relative_eq!(low, (0.1f64 * 0.2).sqrt() - 1.0, max_relative = 1e-12);
}

#[test]
fn base_scores_are_finite_on_constant_labels() {
    let ones = data(&[1.0, 1.0]);
    let zeros = data(&[0.0, 0.0]);
    assert_eq!(base(params(Objective::SquaredError), &ones), [1.0]);
    assert_relative_eq!(base(params(Objective::BinaryLogistic), &ones)[0], 13.815_509_557_935, max_relative = 1e-9);
    assert_relative_eq!(base(params(Objective::BinaryLogistic), &zeros)[0], -13.815_509_557_935, max_relative = 1e-9);
    assert_relative_eq!(base(params(Objective::Poisson), &zeros)[0], 1e-6f64.ln(), max_relative = 1e-12);
    let shares = base(params(Objective::Softmax).num_class(3), &ones);
    assert_eq!(shares[0], shares[2]);
    assert_relative_eq!(shares[1] - shares[0], 1e6f64.ln(), max_relative = 1e-12);
    assert_relative_eq!(shares.iter().sum::<f64>(), 0.0, epsilon = 1e-12);
}

#[test]
fn base_scores_do_not_depend_on_the_order_of_rows() {
    let rows = 50_000;
    let value = |row: usize| ((row * 7_919) % 10_007) as f64 / 10_007.0;
    for objective in Objective::ALL.into_iter().filter(|objective| !objective.is_ranking()) {
        let label = |row: usize| match objective {
            Objective::Gamma => 0.5 + value(row),
            _ if objective.is_classification() => value(row).round(),
            _ => value(row),
        };
        let of = |order: &dyn Fn(usize) -> usize| {
            let labels: Vec<f64> = (0..rows).map(|row| label(order(row))).collect();
            let weights = (0..rows).map(|row| 0.1 + value(order(row) + 3)).collect();
            base(params(objective).num_class(2), &grouped(objective, data(&labels).with_weights(weights).unwrap()))
        };
        let bits = |base: Vec<f64>| base.into_iter().map(f64::to_bits).collect::<Vec<_>>();
        let expected = bits(of(&|row| row));
        assert_eq!(bits(of(&|row| rows - 1 - row)), expected, "{}", objective.name());
        assert_eq!(bits(of(&|row| (row * 7 + 11) % rows)), expected, "{}", objective.name());
    }
}

#[test]
fn a_given_base_score_is_on_the_scale_of_predictions() {
    let labels = data(&[0.0, 1.0]);
    assert_eq!(base(params(Objective::SquaredError).base_score(-2.5), &labels), [-2.5]);
    assert_relative_eq!(base(params(Objective::BinaryLogistic).base_score(0.75), &labels)[0], 3f64.ln(), max_relative = 1e-15);
    assert_eq!(base(params(Objective::BinaryLogitraw).base_score(0.75), &labels), [0.75]);
    assert_relative_eq!(base(params(Objective::Poisson).base_score(2.0), &labels)[0], 2f64.ln(), max_relative = 1e-15);
    assert_eq!(base(params(Objective::Softmax).num_class(3).base_score(0.5), &labels), [0.5; 3]);
}

#[test]
fn a_base_score_outside_the_domain_is_an_error() {
    let labels = data(&[0.0, 1.0]);
    for (objective, value) in [(Objective::BinaryLogistic, 1.0), (Objective::Logistic, 0.0), (Objective::Logistic, -1.0)] {
        let parts = ["base_score=", "is out of range", objective.name(), "(0, 1)", "leave it out"];
        assert_error(params(objective).base_score(value), &labels, ErrorKind::Parameter, &parts);
    }
    assert_error(params(Objective::Poisson).base_score(0.0), &labels, ErrorKind::Parameter, &["base_score=0", "above 0"]);
}

#[test]
fn labels_outside_the_domain_are_errors_with_place_value_and_remedy() {
    let cases: [(Objective, &[f64], &[&str]); 8] = [
        (Objective::SquaredError, &[0.0, 1e39], &["3.4e38", "at row 1 (counted from 0)", "divide"]),
        (Objective::Logistic, &[0.0, 0.5, 1.5], &["in [0,1]", "but it is 1.5 at row 2", "reg:squarederror"]),
        (Objective::BinaryLogistic, &[0.0, 0.5], &["0 or 1", "binary:logistic", "0.5 at row 1", "reg:logistic"]),
        (Objective::BinaryLogitraw, &[2.0, 0.0], &["0 or 1", "2 at row 0", "multi:softprob"]),
        (Objective::Poisson, &[3.0, -1.0], &["0 or more", "-1 at row 1", "reg:squarederror"]),
        (Objective::Softmax, &[0.0, 2.0, 3.0], &["an integer in [0, 3)", "3 at row 2", "counted from 0"]),
        (Objective::Softprob, &[0.0, 0.5], &["an integer in [0, 3)", "0.5 at row 1"]),
        (Objective::Softprob, &[-1.0], &["an integer in [0, 3)", "-1 at row 0"]),
    ];
    for (objective, labels, parts) in cases {
        assert_error(params(objective).num_class(3), &data(labels), ErrorKind::Data, parts);
    }
}

#[test]
fn nothing_to_learn_from_is_an_error() {
    let mut unlabelled = data(&[0.0]);
    unlabelled.targets.labels = None;
    assert_error(params(Objective::SquaredError), &unlabelled, ErrorKind::Data, &["no labels", "label_column"]);
    assert_error(params(Objective::SquaredError), &data(&[]), ErrorKind::Data, &["no rows"]);
    let weightless = data(&[0.0, 1.0]).with_weights(vec![0.0, 0.0]).unwrap();
    assert_error(params(Objective::SquaredError), &weightless, ErrorKind::Data, &["weights of all rows are zero", "weight_column"]);
}

#[test]
fn targets_that_would_be_passed_over_are_errors() {
    let grouped = data(&[0.0, 1.0]).with_groups(vec![3, 3]).unwrap();
    let parts = ["query groups", "reg:squarederror would ignore", "objective=rank:ndcg", "remove them (qid, group_column)"];
    assert_error(params(Objective::SquaredError), &grouped, ErrorKind::Data, &parts);
    let bounded = data(&[0.0, 1.0]).with_label_bounds(vec![0.0, 1.0], vec![0.5, f64::INFINITY]).unwrap();
    assert_error(params(Objective::SquaredError), &bounded, ErrorKind::Data, &["label bounds", "without bounds", "survival:aft"]);
}

#[test]
fn bounds_of_times_are_asked_for_and_looked_at() {
    let bounded = |lower: [f64; 3], upper: [f64; 3]| data(&[0.0; 3]).with_label_bounds(lower.to_vec(), upper.to_vec()).unwrap();
    let aft = || params(Objective::Aft);
    assert_error(
        aft(),
        &data(&[1.0, 2.0]),
        ErrorKind::Data,
        &["needs two bounds", "label_upper_bound_column", "libsvm and recordio"],
    );
    let infinity = f64::INFINITY;
    for (wrong, parts) in [
        (bounded([1.0, -1.0, 0.0], [1.0, 2.0, 2.0]), ["-1 and 2 at row 1", "0 or more"]),
        (bounded([1.0, 0.0, 0.0], [1.0, 2.0, 0.0]), ["0 and 0 at row 2", "above 0"]),
        (bounded([infinity, 0.0, 0.0], [infinity, 2.0, 1.0]), ["inf and inf at row 0", "finite"]),
    ] {
        assert_error(aft(), &wrong, ErrorKind::Data, &parts);
        assert!(prepared(&aft().build().unwrap(), &wrong.with_weights(vec![0.0; 3]).unwrap()).is_err());
    }
    let unknown = |data: &Dataset| {
        let (loss, targets) = prepared(&aft().build().unwrap(), data).unwrap();
        loss.base_score(targets, &Solo).unwrap_err().to_string()
    };
    assert!(unknown(&bounded([1.0; 3], [infinity; 3])).starts_with("no row has an event"));
    assert!(unknown(&bounded([0.0; 3], [1.0; 3])).starts_with("all lower bounds are 0"));
    // A row of weight 0 tells nothing.
    let weightless = bounded([1.0; 3], [1.0, infinity, infinity]).with_weights(vec![0.0, 1.0, 1.0]).unwrap();
    assert!(unknown(&weightless).starts_with("no row has an event"));
    let data = bounded([2.0, 4.0, 0.0], [2.0, infinity, 0.5]).with_weights(vec![1.0, 2.0, 1.0]).unwrap();
    assert_relative_eq!(base(aft(), &data)[0], 2f64.ln(), max_relative = 1e-14);
    assert_relative_eq!(base(aft().base_score(0.5), &data)[0], 0.5f64.ln());
}

#[test]
fn labels_of_rows_without_weight_may_be_anything() {
    let weighted = |weights| data(&[7.0, 1.0, 0.0]).with_weights(weights).unwrap();
    assert!(prepared(&params(Objective::BinaryLogistic).build().unwrap(), &weighted(vec![0.0, 1.0, 1.0])).is_ok());
    assert_error(params(Objective::BinaryLogistic), &weighted(vec![1.0, 0.0, 1.0]), ErrorKind::Data, &["7 at row 0"]);
}

#[test]
fn text_labels_must_fit_the_objective() {
    let two = classes(&[0.0, 1.0], &["no", "yes"]);
    assert!(prepared(&params(Objective::BinaryLogistic).build().unwrap(), &two).is_ok());
    for objective in [Objective::SquaredError, Objective::Logistic, Objective::Poisson] {
        let parts = ["texts (\"no\", \"yes\")", objective.name(), "label_column"];
        assert_error(params(objective), &two, ErrorKind::Data, &parts);
    }
    let three = classes(&[0.0, 1.0, 2.0], &["a", "b", "c"]);
    assert_error(
        params(Objective::BinaryLogistic),
        &three,
        ErrorKind::Data,
        &["3 classes (\"a\", \"b\", \"c\")", "multi:softprob"],
    );
    let one = classes(&[0.0, 0.0], &["a"]);
    for objective in [Objective::BinaryLogistic, Objective::Softmax] {
        assert_error(params(objective), &one, ErrorKind::Data, &["all the same class (\"a\")", "label_column"]);
    }
}

#[test]
fn the_number_of_classes_comes_from_num_class_or_from_texts() {
    let three = classes(&[0.0, 1.0, 2.0], &["a", "b", "c"]);
    assert_eq!(base(params(Objective::Softmax), &three).len(), 3);
    assert_eq!(base(params(Objective::Softmax).num_class(3), &three).len(), 3);
    assert_error(params(Objective::Softmax).num_class(10), &three, ErrorKind::Parameter, &["num_class=10", "3 classes", "leave"]);
    let numbers = data(&[0.0, 9.0, 4.0]);
    assert_eq!(base(params(Objective::Softmax).num_class(12), &numbers).len(), 12);
    assert_error(params(Objective::Softmax), &numbers, ErrorKind::Parameter, &["missing", "num_class", "num_class=10 would fit"]);
    let (_, message) = error(params(Objective::Softmax), &data(&[0.5, 1.0]));
    assert!(message.contains("missing required parameter num_class") && !message.contains("would fit"), "{message}");
}

#[test]
fn gradients_do_not_depend_on_the_number_of_threads() {
    let rows = 3 * CHUNK + 17;
    for objective in Objective::ALL {
        let smallest = if objective == Objective::Gamma { 0.5 } else { 0.0 };
        let labels: Vec<f64> = (0..rows).map(|row| smallest + (row % 2) as f64).collect();
        let data = grouped(objective, data(&labels));
        let in_pool = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let params = params(objective).num_class(2).build().unwrap();
                let outputs = num_outputs(&params, &data).unwrap();
                let margins: Vec<f64> = (0..rows * outputs).map(|i| (i % 1_001) as f64 * 0.01 - 5.0).collect();
                gradients(&params, &data, &margins)
            })
        };
        let expected = in_pool(1);
        assert!([2, 3, 7].into_iter().all(|threads| in_pool(threads) == expected), "{}", objective.name());
    }
}
