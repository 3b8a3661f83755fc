//! Values by hand and by brute force, undefined cases, threads, and every way a name can be wrong.

use super::*;
use crate::Dataset;
use approx::assert_relative_eq;
use ndarray::Array2;
use proptest::prelude::*;
use sapwood_score::ObjectiveSpec;

fn named(name: &str, objective: Objective) -> Box<dyn Metric> {
    metrics(&[name.to_string()], objective).unwrap().remove(0)
}

fn value(name: &str, objective: Objective, margins: &[f64], labels: &[f64], weights: Option<&[f64]>) -> f64 {
    let targets = TargetsView::new(labels, weights).unwrap();
    named(name, objective).evaluate(&Evaluation::new(objective, margins, targets).unwrap())
}

fn auc(margins: &[f64], labels: &[f64], weights: Option<&[f64]>) -> f64 {
    value("auc", Objective::BinaryLogistic, margins, labels, weights)
}

fn error(names: &[&str], objective: Objective) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let error = metrics(&names, objective).err().expect("an error");
    assert_eq!(error.kind(), crate::ErrorKind::Parameter);
    error.to_string()
}

#[test]
fn regression_metrics_by_hand() {
    let of = |name| value(name, Objective::SquaredError, &[1.0, 2.0, 5.0], &[1.0, 4.0, 4.0], Some(&[1.0, 2.0, 1.0]));
    assert_eq!(of("mse"), 9.0 / 4.0);
    assert_eq!(of("rmse"), 1.5);
    assert_eq!(of("mae"), 5.0 / 4.0);
    assert_eq!(of("mape"), (0.0 + 2.0 * 0.5 + 0.25) / 4.0);
    // The weighted mean of the labels is 13/4, their variance 27/16.
    assert_relative_eq!(of("r2"), 1.0 - (9.0 / 4.0) / (27.0 / 16.0), max_relative = 1e-15);
}

#[test]
fn classification_metrics_by_hand() {
    let of = |name| value(name, Objective::BinaryLogistic, &[-1.0, 1.0, 0.5, 3.0], &[0.0, 1.0, 0.0, 1.0], None);
    assert_eq!((of("error"), of("accuracy")), (0.25, 0.75));
    // The probabilities are .27, .73, .62, .95.
    assert_eq!((of("error@0.2"), of("error@0.7"), of("error@0.9")), (0.5, 0.0, 0.25));
    assert_eq!(of("auc"), 1.0);
    let margins = [2.0, 0.0, 0.0, 1.0, 0.0, 1.0];
    let multi = |name| value(name, Objective::Softmax, &margins, &[0.0, 2.0], None);
    assert_eq!((multi("merror"), multi("accuracy")), (0.5, 0.5));
    let sum = |a: f64, b: f64, c: f64| a.exp() + b.exp() + c.exp();
    let expected = ((sum(2.0, 0.0, 0.0).ln() - 2.0) + (sum(0.0, 1.0, 1.0).ln() - 1.0)) / 2.0;
    assert_relative_eq!(multi("mlogloss"), expected, max_relative = 1e-14);
}

#[test]
fn raw_margins_are_judged_as_probabilities() {
    let (margins, labels) = ([-1.0, 0.3, 0.8, 3.0], [0.0, 1.0, 0.0, 1.0]);
    for name in ["logloss", "error", "error@0.6", "rmse", "auc"] {
        let of = |objective| value(name, objective, &margins, &labels, None);
        assert_eq!(of(Objective::BinaryLogitraw), of(Objective::BinaryLogistic), "{name}");
    }
}

#[test]
fn losses_of_certain_but_wrong_predictions_are_finite() {
    let worst = -1e-16f64.ln();
    for (margin, label) in [(1e5, 0.0), (-1e5, 1.0)] {
        assert_relative_eq!(value("logloss", Objective::BinaryLogistic, &[margin], &[label], None), worst, max_relative = 1e-14);
        assert_eq!(value("logloss", Objective::BinaryLogistic, &[margin], &[1.0 - label], None), 0.0);
    }
    assert_relative_eq!(value("mlogloss", Objective::Softprob, &[1e5, 0.0], &[1.0], None), worst, max_relative = 1e-14);
    assert_eq!(value("mlogloss", Objective::Softprob, &[1e5, 0.0], &[0.0], None), 0.0);
    assert!(value("poisson-nloglik", Objective::Poisson, &[-1e5], &[3.0], None).is_finite());
}

#[test]
fn losses_keep_their_digits_at_large_margins() {
    // What one probability loses beside another: 1 - p would have lost all but three digits.
    let of = |margin, label| value("logloss", Objective::BinaryLogistic, &[margin], &[label], None);
    assert_relative_eq!(of(30.0, 0.0), 30.0, max_relative = 1e-13);
    assert_relative_eq!(of(-35.0, 1.0), 35.0, max_relative = 1e-15);
    assert_relative_eq!(of(-20.0, 0.0), (-20f64).exp(), max_relative = 1e-7);
    for base in [0.0, 1e16, -1e16, 1e300] {
        let mlogloss = |label| value("mlogloss", Objective::Softprob, &[base, base, base], &[label], None);
        assert_relative_eq!(mlogloss(1.0), 3f64.ln(), max_relative = 1e-15);
    }
    let count = |margin, label| value("poisson-nloglik", Objective::Poisson, &[margin], &[label], None);
    assert_eq!(count(1e16, 3.0), f64::INFINITY);
    assert_eq!(count(1e16, 0.0), f64::INFINITY);
}

#[test]
fn a_label_that_is_no_class_is_simply_wrong() {
    let of = |name, label| value(name, Objective::Softmax, &[0.0, 1.0], &[label], None);
    for label in [2.0, -1.0, 0.5, 1e300] {
        assert_eq!(of("merror", label), 1.0);
        assert_relative_eq!(of("mlogloss", label), 36.841_361_487_904_73);
    }
}

#[test]
fn undefined_values_are_nan() {
    for weights in [None, Some(&[1.0, 2.0][..])] {
        assert!(auc(&[1.0, 2.0], &[1.0, 1.0], weights).is_nan());
        assert!(value("aucpr", Objective::BinaryLogistic, &[1.0, 2.0], &[0.0, 0.0], weights).is_nan());
    }
    assert!(auc(&[1.0, 2.0], &[1.0, 0.0], Some(&[1.0, 0.0])).is_nan());
    for constant in [3.0, 0.1, 1e-30, -1e30] {
        let labels = [constant; 7];
        assert!(value("r2", Objective::SquaredError, &[1.0; 7], &labels, None).is_nan());
        assert!(value("r2", Objective::SquaredError, &[1.0; 7], &labels, Some(&[0.3; 7])).is_nan());
    }
    assert!(value("r2", Objective::SquaredError, &[1e-30, 2e-30], &[1e-30, 2e-30], None) == 1.0);
    for name in ["rmse", "mae", "r2"] {
        assert!(value(name, Objective::SquaredError, &[], &[], None).is_nan(), "{name}");
        assert!(value(name, Objective::SquaredError, &[1.0], &[2.0], Some(&[0.0])).is_nan(), "{name}");
    }
    assert!(value("merror", Objective::Softmax, &[], &[], None).is_nan());
    assert!(auc(&[], &[], None).is_nan());
}

#[test]
fn rows_of_weight_zero_count_for_nothing() {
    assert_eq!(value("mape", Objective::SquaredError, &[1.0, 3.0], &[0.0, 2.0], Some(&[0.0, 1.0])), 0.5);
    assert_eq!(value("mape", Objective::SquaredError, &[1.0, 3.0], &[0.0, 2.0], None), f64::INFINITY);
    assert_eq!(value("mape", Objective::SquaredError, &[0.0, 3.0], &[0.0, 2.0], None), 0.25);
}

#[test]
fn curves_by_hand() {
    let labels = [1.0, 0.0, 1.0, 0.0];
    assert_eq!(auc(&[4.0, 3.0, 2.0, 1.0], &labels, None), 0.75);
    assert_eq!(auc(&[1.0, 1.0, 1.0, 1.0], &labels, None), 0.5);
    assert_eq!(auc(&[0.0, -0.0, 0.0, -0.0], &labels, None), 0.5);
    assert_eq!(auc(&[-4.0, -3.0, -2.0, -1.0], &labels, None), 0.25);
    let aucpr = |margins: &[f64], weights| value("aucpr", Objective::BinaryLogistic, margins, &labels, weights);
    assert_eq!(aucpr(&[4.0, 1.0, 3.0, 2.0], None), 1.0);
    // All rows in one step: precision is the share of positives all along.
    assert_eq!(aucpr(&[1.0; 4], None), 0.5);
    assert_eq!(aucpr(&[1.0; 4], Some(&[1.0, 3.0, 1.0, 3.0])), 0.25);
    // Precision is 1 up to recall 1/2; beyond, with one negative behind, r / (r + 1/2), whose integral from 1/2 to 1 is 1/2 - ln(3/2)/2.
    assert_relative_eq!(aucpr(&[4.0, 3.0, 2.0, 1.0], None), 0.5 + 0.5 - 0.5 * 1.5f64.ln(), max_relative = 1e-15);
}

/// The share of weighted pairs that are in the right order, ties counting half.
fn naive_auc(margins: &[f64], labels: &[f64], weights: &[f64]) -> f64 {
    let (mut won, mut all) = (0.0, 0.0);
    for i in (0..labels.len()).filter(|&i| labels[i] == 1.0) {
        for j in (0..labels.len()).filter(|&j| labels[j] == 0.0) {
            let pair = weights[i] * weights[j];
            all += pair;
            won += pair
                * if margins[i] > margins[j] {
                    1.0
                } else if margins[i] == margins[j] {
                    0.5
                } else {
                    0.0
                };
        }
    }
    won / all
}

proptest! {
    #[test]
    fn auc_is_the_share_of_pairs_in_the_right_order(
        rows in prop::collection::vec((-5_i32..5, any::<bool>(), 0.0..3.0), 0..60), weighted in any::<bool>()
    ) {
        let margins: Vec<f64> = rows.iter().map(|row| f64::from(row.0) * 0.3).collect();
        let labels: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row.1))).collect();
        let weights: Vec<f64> = rows.iter().map(|row| if weighted { row.2 } else { 1.0 }).collect();
        let ours = auc(&margins, &labels, weighted.then_some(&weights));
        let expected = naive_auc(&margins, &labels, &weights);
        prop_assert!((ours - expected).abs() < 1e-12 || ours.is_nan() && expected.is_nan(), "{} is not {}", ours, expected);
        let reversed = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
        let backwards = auc(&reversed(&margins), &reversed(&labels), weighted.then_some(&reversed(&weights)));
        prop_assert_eq!(backwards.to_bits(), ours.to_bits());
    }

    #[test]
    fn weight_two_is_the_row_twice(rows in prop::collection::vec((-3.0..3.0, any::<bool>(), 1_usize..3), 2..40)) {
        let margins: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let labels: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row.1))).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.2 as f64).collect();
        let repeat = |v: &[f64]| v.iter().zip(&rows).flat_map(|(x, row)| vec![*x; row.2]).collect::<Vec<_>>();
        for name in registry::fitting(Objective::BinaryLogistic) {
            let weighted = value(name, Objective::BinaryLogistic, &margins, &labels, Some(&weights));
            let repeated = value(name, Objective::BinaryLogistic, &repeat(&margins), &repeat(&labels), None);
            let same = weighted == repeated || weighted.is_nan() && repeated.is_nan();
            prop_assert!(same || (weighted - repeated).abs() < 1e-12, "{}", name);
        }
    }
}

#[test]
fn values_do_not_depend_on_the_number_of_threads() {
    let rows = 50_021;
    let noise = |i: usize| ((i * 2_654_435_761) % 4_294_967_296) as f64 / 4_294_967_296.0;
    let weights: Vec<f64> = (0..rows).map(|row| noise(row + 7)).collect();
    for objective in Objective::ALL {
        let outputs = if objective.is_multiclass() { 3 } else { 1 };
        let margins: Vec<f64> = (0..rows * outputs).map(|i| (noise(i * 3) * 500.0).round() * 0.01 - 2.0).collect();
        let labels: Vec<f64> = (0..rows).map(|row| (noise(row * 5 + 1) * 2.0).floor()).collect();
        let data =
            Dataset::from_array(Array2::zeros((rows, 1)).view(), labels, None).unwrap().with_weights(weights.clone()).unwrap();
        let data = data.with_groups((0..rows as u64).map(|row| row * row % 1013).collect()).unwrap();
        for (name, metric) in registry::fitting(objective).map(|name| (name, named(name, objective))) {
            let bits = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let evaluation = Evaluation::new(objective, &margins, data.targets()).unwrap();
                pool.install(|| metric.evaluate(&evaluation)).to_bits()
            };
            let expected = bits(1);
            assert!([2, 3, 7].into_iter().all(|threads| bits(threads) == expected), "{name} of {}", objective.name());
        }
    }
}

#[test]
fn every_objective_has_a_default_and_the_order_given_is_kept() {
    let expected = [
        "rmse",
        "rmse",
        "logloss",
        "logloss",
        "poisson-nloglik",
        "error",
        "gamma-nloglik",
        "tweedie-nloglik@1.5",
        "mphe",
        "rmsle",
        "mae",
        "quantile",
        "expectile",
        "cox-nloglik",
        "aft-nloglik",
        "ndcg@32",
        "map@32",
        "ndcg@32",
        "ndcg",
        "merror",
        "mlogloss",
    ];
    for (objective, name) in Objective::ALL.into_iter().zip(expected) {
        let chosen = metrics(&[], objective).unwrap();
        assert_eq!(chosen.iter().map(|m| m.name()).collect::<Vec<_>>(), [name]);
    }
    let names = ["auc", "logloss", "error@0.25", "error", "accuracy"].map(str::to_string);
    let chosen = metrics(&names, Objective::BinaryLogistic).unwrap();
    assert_eq!(chosen.iter().map(|m| m.name()).collect::<Vec<_>>(), names);
    assert_eq!(chosen.iter().map(|m| m.higher_is_better()).collect::<Vec<_>>(), [true, false, false, false, true]);
}

#[test]
fn wrong_names_are_errors_with_a_remedy() {
    let regression = Objective::SquaredError;
    assert!(error(&["rmsee"], regression).starts_with("unknown metric \"rmsee\"; did you mean rmse?"));
    assert!(error(&["rmse", "invalid"], regression).starts_with("unknown metric \"invalid\"; reg:squarederror has rmse, mse, mae"));
    assert!(error(&["<function"], regression).contains("unknown metric"));
    assert!(error(&["auc@0.5"], Objective::BinaryLogistic).contains("auc takes no argument, only error (error@0.7)"));
    for text in ["error@abc", "error@", "error@nan", "error@1.5", "error@-0.1", "error@0.5@0.5"] {
        let message = error(&[text], Objective::BinaryLogistic);
        assert!(message.starts_with(&format!("metric {text}: threshold")) && message.contains("[0, 1]"), "{message}");
    }
    for text in ["tweedie-nloglik@2", "tweedie-nloglik@1", "tweedie-nloglik@", "tweedie-nloglik@nan"] {
        assert!(error(&[text], Objective::Tweedie).contains("is not a number between 1 and 2"), "{text}");
    }
    assert!(error(&["rmse", "mae", "rmse"], regression).contains("contains rmse twice"));
}

#[test]
fn metrics_must_fit_the_objective() {
    let misfits = [
        ("auc", Objective::SquaredError),
        ("auc", Objective::Logistic),
        ("aucpr", Objective::Softprob),
        ("logloss", Objective::Poisson),
        ("error", Objective::SquaredError),
        ("accuracy", Objective::Poisson),
        ("poisson-nloglik", Objective::SquaredError),
        ("mlogloss", Objective::BinaryLogistic),
        ("merror", Objective::SquaredError),
        ("rmse", Objective::Softmax),
        ("r2", Objective::Softprob),
        ("ndcg@5", Objective::SquaredError),
        ("map-", Objective::BinaryLogistic),
    ];
    for (name, objective) in misfits {
        let message = error(&[name], objective);
        let expected = format!("metric {name} does not fit objective={}: it needs", objective.name());
        assert!(message.starts_with(&expected) && message.contains(&format!("use {}", default_metric(objective))), "{message}");
    }
}

#[test]
fn the_table_says_which_values_are_good_and_where_they_lie() {
    for objective in Objective::ALL {
        for row in METRICS.iter().filter(|row| row.fits(objective)) {
            let metric = named(row.name, objective);
            assert_eq!(metric.higher_is_better(), row.better == Better::Higher, "{}", row.name);
        }
    }
    for row in METRICS {
        assert!(Objective::ALL.into_iter().any(|objective| row.fits(objective)), "{}", row.name);
        assert!(row.range.starts_with(['[', '(']) && row.range.ends_with([']', ')']) && row.doc.ends_with('.'), "{}", row.name);
    }
}

#[test]
fn words_of_other_libraries_are_metrics_of_the_table_or_told() {
    use crate::params::habits::{METRIC_WORDS, METRICS_ELSEWHERE};
    for (other, ours) in METRIC_WORDS {
        assert!(METRICS.iter().any(|row| row.name == *ours) && METRICS.iter().all(|row| row.name != *other), "{other}");
        assert_eq!(known(other).unwrap().name, *ours);
    }
    for (other, instead) in METRICS_ELSEWHERE {
        let message = known(other).err().unwrap().to_string();
        assert!(message.starts_with(&format!("metric {other:?} is not supported: {instead}")), "{message}");
    }
    let chosen = metrics(&["l1".into(), "RMSE".into()], Objective::SquaredError).unwrap();
    assert_eq!(chosen.iter().map(|metric| metric.name()).collect::<Vec<_>>(), ["mae", "rmse"]);
    let error = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        metrics(&names, Objective::SquaredError).err().unwrap().to_string()
    };
    assert!(error(&["l1", "mae"]).starts_with("eval_metric contains mae twice"));
    assert!(error(&["Quantile:alpha=0.9"]).contains("Quantile takes no argument here"));
    assert!(error(&["neg_mean_squared_error"]).contains("use mse, which is better the lower it is"));
    assert!(error(&["neg_log_loss"]).contains("metrics keep their sign here"));
    assert!(error(&["rmsee"]).contains("did you mean rmse? reg:squarederror has rmse, "));
    assert!(error(&["rmsee"]).ends_with("`sapwood metrics` lists all"));
}

/// A query group of each row, its score, grade and weight: groups of one row to 67, with ties, one without a relevant row.
fn ranked(row: u64) -> (u64, f64, f64, f64) {
    let group = match row {
        17 => 99,
        _ if row.is_multiple_of(3) => 0,
        _ => 1 + row % 8,
    };
    let grade = if group == 5 { 0.0 } else { (row * row * 7 % 11 % 4) as f64 };
    (group, (row * 37 % 23) as f64 / 4.0, grade, 1.0 + (group % 4) as f64 * 0.5)
}

/// The values of XGBoost 3.2.0, for rows sorted by group: without weights, and with them but without group 5, which it does not weigh.
///
/// d = xgb.DMatrix(np.zeros((len(y), 1)), label=y, qid=group, weight=weight_of_groups, base_margin=score)
/// xgb.train({"objective": "rank:ndcg", "eta": 0, "eval_metric": [name]}, d, 1, evals=[(d, "d")])
#[test]
fn ranking_metrics_are_those_of_xgboost() {
    let expected = [
        ("ndcg", 0.761_400_928, 0.752_820_155),
        ("ndcg@5", 0.516_964_649, 0.478_515_959),
        ("ndcg-", 0.661_400_928, 0.752_820_155),
        ("ndcg@5-", 0.416_964_649, 0.478_515_959),
        ("map", 0.757_599_545, 0.743_024_661),
        ("map@5", 0.578_666_667, 0.525_312_500),
        ("map-", 0.657_599_545, 0.743_024_661),
        ("map@5-", 0.478_666_667, 0.525_312_500),
        ("pre", 0.688_786_765, 0.776_539_522),
        ("pre@5", 0.600_000_000, 0.650_000_000),
    ];
    let evaluated = |metric: &dyn Metric, rows: &[u64], is_weighted: bool| {
        let of = |pick: fn((u64, f64, f64, f64)) -> f64| rows.iter().map(|&row| pick(ranked(row))).collect::<Vec<_>>();
        let is_binary = !metric.name().starts_with("ndcg");
        let grades = if is_binary { of(|(.., grade, _)| f64::from(u8::from(grade > 1.0))) } else { of(|(.., grade, _)| grade) };
        let data = Dataset::from_array(Array2::zeros((rows.len(), 1)).view(), grades, None).unwrap();
        let data = data.with_groups(rows.iter().map(|&row| ranked(row).0).collect()).unwrap();
        let data = if is_weighted { data.with_weights(of(|(.., weight)| weight)).unwrap() } else { data };
        let scores = of(|(_, score, ..)| score);
        metric.evaluate(&Evaluation::new(Objective::RankNdcg, &scores, data.targets()).unwrap())
    };
    let all: Vec<u64> = (0..200).collect();
    let weighable: Vec<u64> = all.iter().copied().filter(|&row| ranked(row).0 != 5).collect();
    for (name, plain, weighted) in expected {
        let metric = named(name, Objective::RankNdcg);
        assert_relative_eq!(evaluated(&*metric, &all, false), plain, epsilon = 2e-8);
        assert_relative_eq!(evaluated(&*metric, &weighable, true), weighted, epsilon = 2e-8);
    }
    let linear = ObjectiveSpec::new("rank:ndcg", vec![("ndcg_exp_gain".into(), "false".into())]);
    let linear = metrics(&["ndcg@5".into()], linear).unwrap().remove(0);
    assert_relative_eq!(evaluated(&*linear, &all, false), 0.595_431_072, epsilon = 2e-8);
    // A group without a relevant row counts by its weight, too.
    let (with, without) = (evaluated(&*named("ndcg", Objective::RankNdcg), &all, true), 0.752_820_155);
    let others: f64 = [0_u64, 1, 2, 3, 4, 6, 7, 8, 99].map(|group| 1.0 + (group % 4) as f64 * 0.5).iter().sum();
    assert_relative_eq!(with, (without * others + 1.5) / (others + 1.5), epsilon = 2e-8);
}

/// Scores and grades of groups, as a data set.
fn grouped(rows: &[(u64, f64, f64, f64)]) -> (Vec<f64>, Dataset) {
    let grades = rows.iter().map(|row| row.2).collect();
    let data = Dataset::from_array(Array2::zeros((rows.len(), 1)).view(), grades, None).unwrap();
    let data = data.with_groups(rows.iter().map(|row| row.0).collect()).unwrap();
    let data = data.with_weights(rows.iter().map(|row| row.3).collect()).unwrap();
    (rows.iter().map(|row| row.1).collect(), data)
}

fn of_groups(name: &str, rows: &[(u64, f64, f64, f64)]) -> f64 {
    let (scores, data) = grouped(rows);
    named(name, Objective::RankXendcg).evaluate(&Evaluation::new(Objective::RankXendcg, &scores, data.targets()).unwrap())
}

/// The values of XGBoost 3.2.0, as above: `aucpr` of grades 0 and 1, and `auc` of 9 groups in each of which all grades differ.
#[test]
fn areas_within_groups_are_those_of_xgboost() {
    let relevant = |row| {
        let (group, score, grade, _) = ranked(row);
        (group, score, f64::from(u8::from(grade > 1.0)), 1.0)
    };
    assert_relative_eq!(of_groups("aucpr", &(0..200).map(relevant).collect::<Vec<_>>()), 0.682_893_813, epsilon = 2e-8);
    let distinct = |row: u64| (row % 9, (row * 37 % 23) as f64 / 4.0, (row / 9 * 5 % 23) as f64, 1.0);
    assert_relative_eq!(of_groups("auc", &(0..207).map(distinct).collect::<Vec<_>>()), 0.515_151_515, epsilon = 2e-8);
}

#[test]
fn areas_within_groups_by_hand() {
    let group = |id: u64, weight: f64, rows: &[(f64, f64)]| -> Vec<_> {
        rows.iter().map(|&(score, grade)| (id, score, grade, weight)).collect()
    };
    // 2 of 3 pairs in order, one of equal scores; a group of one grade; all in order; a row by itself.
    let first = group(1, 2.0, &[(1.0, 0.0), (1.0, 1.0), (3.0, 2.0)]);
    let rows = [first.clone(), group(2, 5.0, &[(1.0, 1.0), (2.0, 1.0)]), group(3, 1.0, &[(1.0, 0.0), (2.0, 3.0)])].concat();
    assert_relative_eq!(of_groups("auc", &rows), (2.0 * 2.5 / 3.0 + 1.0) / 3.0, max_relative = 1e-15);
    assert!(of_groups("auc", &group(2, 1.0, &[(1.0, 1.0), (2.0, 1.0)])).is_nan());
    assert!(of_groups("auc", &group(2, 1.0, &[(1.0, 1.0)])).is_nan() && of_groups("aucpr", &[]).is_nan());
    // All rows relevant, whatever their grades.
    assert!(of_groups("aucpr", &first[1..]).is_nan());
    let binary = [(4.0, 1.0), (3.0, 0.0), (2.0, 2.0), (1.0, 0.0)];
    assert_relative_eq!(of_groups("aucpr", &group(1, 1.0, &binary)), 1.0 - 0.5 * 1.5f64.ln(), max_relative = 1e-15);
}

proptest! {
    #[test]
    fn auc_within_groups_is_the_mean_share_of_pairs_in_the_right_order(
        rows in prop::collection::vec((0_u64..6, -5_i32..5, 0_u32..4), 0..120)
    ) {
        let rows: Vec<_> = rows.iter().map(|row| (row.0, f64::from(row.1) * 0.3, f64::from(row.2), 1.0 + row.0 as f64)).collect();
        let (mut sum, mut weights) = (0.0, 0.0);
        for id in 0..6 {
            let of_group: Vec<_> = rows.iter().filter(|row| row.0 == id).collect();
            let pairs = of_group.iter().flat_map(|a| of_group.iter().map(move |b| (a, b))).filter(|(a, b)| a.2 > b.2);
            let won = |a: f64, b: f64| if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
            let (count, total) = pairs.fold((0.0, 0.0), |(count, total), (a, b)| (count + 1.0, total + won(a.1, b.1)));
            if count > 0.0 {
                sum += total / count * (1.0 + id as f64);
                weights += 1.0 + id as f64;
            }
        }
        let (ours, expected) = (of_groups("auc", &rows), sum / weights);
        prop_assert!((ours - expected).abs() < 1e-12 || ours.is_nan() && expected.is_nan(), "{} is not {}", ours, expected);
    }
}

#[test]
fn groups_of_one_kind_are_told() {
    let (_, data) = grouped(&[(1, 0.0, 1.0, 1.0), (1, 0.0, 2.0, 1.0), (2, 0.0, 0.0, 1.0), (2, 0.0, 1.0, 1.0), (3, 0.0, 0.0, 0.0)]);
    let told = |metric| left_out(metric, "train", data.targets(), &Solo);
    assert_eq!(told("aucpr").unwrap(), "aucpr leaves out 1 of 2 query groups of train, whose rows are all relevant, or none is");
    assert_eq!((told("auc"), told("ndcg")), (None, None));
}

#[test]
fn calibration_errors_by_hand() {
    let logit = |p: f64| (p / (1.0 - p)).ln();
    // Bins of a half: 0.25 and 0.45 with one hit of two, 0.75 with weight 2 and a hit.
    let margins = [logit(0.25), logit(0.45), logit(0.75)];
    let of = |name, weights| value(name, Objective::BinaryLogistic, &margins, &[1.0, 0.0, 1.0], weights);
    assert_relative_eq!(of("ece@2", Some(&[1.0, 1.0, 2.0])), ((1.0 - 0.7) + 2.0 * 0.25) / 4.0, max_relative = 1e-14);
    assert_relative_eq!(of("ece@1", None), ((2.0 - 1.45) / 3.0_f64).abs(), max_relative = 1e-14);
    // Probabilities of 1 are in the last bin; one half is in the upper of two.
    assert_eq!(value("ece@2", Objective::BinaryLogistic, &[1e5, 0.0], &[1.0, 0.0], None), 0.25);
    assert!(of("ece", Some(&[0.0; 3])).is_nan() && value("ece", Objective::BinaryLogistic, &[], &[], None).is_nan());
    // Of equally probable classes the first is judged.
    assert_eq!(value("ece", Objective::Softprob, &[0.0, 0.0], &[0.0], None), 0.5);
    for (name, text) in [("ece@0", "bins"), ("ece@x", "bins"), ("ece@", "bins"), ("ece@20000", "bins")] {
        assert!(error(&[name], Objective::BinaryLogistic).contains(&format!("is not a number of {text} from 1 to 10000")));
    }
    for name in ["merror@0", "multi_error@1.5", "merror@-1"] {
        assert!(error(&[name], Objective::Softprob).contains("is not a number of classes"), "{name}");
    }
    assert!(error(&["ece"], Objective::BinaryHinge).contains("it needs probabilities"));
    assert!(error(&["multi_error@2", "merror@2"], Objective::Softmax).contains("contains merror@2 twice"));
}

#[test]
fn ranking_metrics_by_hand() {
    let of = |name, scores: &[f64], grades: &[f64]| {
        let data = Dataset::from_array(Array2::zeros((grades.len(), 1)).view(), grades.to_vec(), None).unwrap();
        let data = data.with_groups(vec![7; grades.len()]).unwrap();
        named(name, Objective::RankMap).evaluate(&Evaluation::new(Objective::RankMap, scores, data.targets()).unwrap())
    };
    let scores = [0.5, 3.0, 2.0, 1.0];
    assert_eq!(of("mrr", &scores, &[0.0, 0.0, 0.0, 1.0]), 1.0 / 3.0);
    assert_eq!((of("mrr@2", &scores, &[0.0, 0.0, 0.0, 1.0]), of("mrr@3", &scores, &[0.0, 0.0, 0.0, 1.0])), (0.0, 1.0 / 3.0));
    assert_eq!(of("map", &scores, &[1.0, 1.0, 0.0, 0.0]), (1.0 + 2.0 / 4.0) / 2.0);
    assert_eq!((of("pre@2", &scores, &[0.0, 1.0, 0.0, 1.0]), of("pre@9", &scores, &[0.0, 1.0, 0.0, 1.0])), (0.5, 0.5));
    // Rows of equal scores keep their order, also 0 and −0.
    assert_eq!(of("mrr", &[-0.0, 0.0, 0.0], &[0.0, 1.0, 0.0]), 0.5);
    assert!(value("ndcg", Objective::RankNdcg, &[1.0], &[1.0], None).is_nan());
    for name in ["ndcg@", "ndcg@0", "map@-1", "map@x", "pre@5-", "mrr-", "ndcg@5@", "ndcg@1e3", "ndcg@+5"] {
        let message = error(&[name], Objective::RankNdcg);
        assert!(message.contains("is not a number of rows; write, for example, ndcg@5"), "{message}");
    }
    let depth = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        metrics(&[], ObjectiveSpec::new("rank:pairwise", pairs)).unwrap()[0].name().to_string()
    };
    assert_eq!(depth(&[("lambdarank_num_pair_per_sample", "8")]), "ndcg@8");
    assert_eq!(depth(&[("lambdarank_pair_method", "mean"), ("lambdarank_num_pair_per_sample", "8")]), "ndcg");
}
