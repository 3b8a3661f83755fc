//! Reports about models of every kind.

use crate::facts::{Reproduction, Task};
use crate::{Judged, Report, Subject, monitor, pipelines};
use ndarray::Array2;
use sapwood::data::Sample;
use sapwood::{Dataset, FeatureKind, FeatureSchema, Objective, Params, Trainer, objective};

/// A number in [0, 1) that a row and a column decide.
fn value(row: usize, column: usize) -> f64 {
    let mixed = (row as u64 * 31 + column as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1u64 << 53) as f64
}

fn matrix(rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(row, column)| value(row, column))
}

/// Rows whose second column is a category, some values missing.
fn data(rows: usize, columns: usize, label: impl Fn(usize) -> f64) -> Dataset {
    let mut x = matrix(rows, columns);
    x.column_mut(1).mapv_inplace(|x| (x * 5.0).floor());
    x.column_mut(2).iter_mut().step_by(9).for_each(|x| *x = f64::NAN);
    let mut schema = FeatureSchema::numeric(columns);
    schema.features[1].kind = FeatureKind::Categorical { levels: ["a", "b<i>", "c", "d", "e"].map(String::from).into() };
    Dataset::from_array(x.view(), (0..rows).map(label).collect(), Some(schema)).unwrap()
}

fn sample(data: Dataset) -> (Dataset, Sample) {
    let (data, sampler) = data.sampled();
    let sample = sampler.finish(&data).unwrap();
    (data, sample)
}

/// The report of a model that is trained on three quarters of the rows and judged by all.
fn report(params: Params, train: Dataset, judged: Dataset) -> (Report, Sample) {
    let (train, train_sample) = sample(train);
    let (judged, judged_sample) = sample(judged);
    let model = Trainer::new(params.clone()).validation("validation", &judged).fit(&train).unwrap();
    let judged = Judged {
        name: "validation".into(),
        sample: &judged_sample,
        is_training_set: Some(false),
        held_out: None,
        metrics: params.eval_metric.clone(),
        measured: Vec::new(),
    };
    let subject = Subject {
        model: &model,
        train: Some(&train_sample),
        judged: Some(judged),
        constant: objective::constant_margins(&params, &train).ok(),
        training: None,
        preset: None,
        warnings: &[],
        reproduction: Reproduction::default(),
    };
    (Report::of(subject).unwrap(), train_sample)
}

fn params(objective: Objective) -> sapwood::ParamsBuilder {
    Params::builder().objective(objective).num_round(8)
}

/// The page is whole and small, and says what the facts say.
fn check(report: &Report, charts: usize) -> String {
    let page = report.html();
    assert!(page.matches("<figure>").count() >= charts, "{} charts", page.matches("<figure>").count());
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    for broken in ["NaN", "inf\"", "<i>", "<script"] {
        assert!(!page.contains(broken), "{broken}");
    }
    serde_json::from_str::<serde_json::Value>(&report.json().unwrap()).unwrap();
    page
}

#[test]
fn two_classes_with_weights() {
    let label = |row: usize| f64::from(u8::from(value(row, 0) + 0.3 * value(row, 99) > 0.7));
    let weighted = |rows| data(rows, 5, label).with_weights((0..rows).map(|row| 1.0 + value(row, 7)).collect()).unwrap();
    let (report, sample) = report(params(Objective::BinaryLogistic).build().unwrap(), weighted(900), weighted(1_200));
    check(&report, 16);
    assert_eq!(report.task, Task::Binary);
    let quality = report.quality.as_ref().unwrap();
    let auc = quality.metrics.iter().find(|metric| metric.name == "auc").unwrap();
    let binary = quality.binary.as_ref().unwrap();
    assert!(auc.low < auc.value && auc.value < auc.high && auc.constant == Some(0.5), "{auc:?}");
    assert!((binary.auc.unwrap() - auc.value).abs() < 0.01, "{:?} {auc:?}", binary.auc);
    let counts: f64 = binary.thresholds[0].counts.iter().sum();
    let weights: f64 = (0..1_200).map(|row| 1.0 + value(row, 7)).sum();
    assert!((counts - weights).abs() < 1e-6);
    assert!(report.data.as_ref().unwrap().findings.shared_rows == Some(900));
    assert!(pipelines::evaluation(&report)["binary_classification_metrics"]["auc"]["value"].as_f64() == Some(auc.value));
    let statistics = monitor::statistics(&sample).unwrap();
    assert_eq!(statistics["features"][1]["inferred_type"], "String");
    assert_eq!(statistics["features"][2]["numerical_statistics"]["common"]["num_missing"], 100);
}

#[test]
fn many_classes_are_told_of_by_their_mistakes() {
    let label = |row: usize| ((value(row, 0) + 0.1 * value(row, 99)) / 1.1 * 40.0).floor();
    let params = params(Objective::Softprob).num_class(40).num_round(4).build().unwrap();
    let (report, _) = report(params, data(900, 4, label), data(1_200, 4, label));
    check(&report, 12);
    let classes = report.quality.as_ref().unwrap().classes.as_ref().unwrap();
    assert_eq!(
        (report.task, classes.num_classes, classes.classes.len(), classes.confusion[0].len()),
        (Task::Multiclass, 40, 20, 21)
    );
    assert!(pipelines::evaluation(&report)["multiclass_classification_metrics"]["accuracy"]["value"].as_f64() == classes.accuracy);
    // Of so many classes, the largest and the rarest have curves, whose areas are those of the table.
    let supports: Vec<f64> = classes.curves.iter().map(|curves| curves.share).collect();
    assert!(supports.len() == 10 && supports.iter().sum::<f64>() < 0.5, "{supports:?}");
    for curves in &classes.curves {
        assert!(curves.roc.len() > 50 && curves.roc.last() == Some(&(1.0, 1.0)) && curves.auc.unwrap() > 0.8, "{curves:?}");
        let of_table = classes.classes.iter().find(|class| class.name == curves.name);
        assert!(of_table.is_none_or(|class| class.auc == curves.auc), "{}", curves.name);
    }
}

#[test]
fn numbers_of_every_objective() {
    let label = |row: usize| 1.0 + 3.0 * value(row, 0) + value(row, 3) * value(row, 4) + 0.1 * value(row, 99);
    for objective in [
        Objective::SquaredError,
        Objective::AbsoluteError,
        Objective::PseudoHuber,
        Objective::Poisson,
        Objective::Gamma,
        Objective::Tweedie,
        Objective::SquaredLogError,
        Objective::Expectile,
    ] {
        let (report, _) = report(params(objective).num_round(20).build().unwrap(), data(600, 6, label), data(800, 6, label));
        check(&report, 12);
        let regression = report.quality.as_ref().unwrap().regression.as_ref().unwrap();
        assert!(regression.r2.unwrap() > 0.1, "{objective:?}: {:?}", regression.r2);
        assert_eq!(regression.by_label.iter().map(|bin| bin.rows).sum::<usize>(), 800);
        let last = report.quality.as_ref().unwrap().metrics.last().unwrap();
        assert!(last.constant.is_none_or(|constant| last.value < constant), "{objective:?}: {last:?}");
    }
}

#[test]
fn several_levels_and_several_targets() {
    let label = |row: usize| 3.0 * value(row, 0) + value(row, 99);
    let quantiles = params(Objective::Quantile).quantile_alpha(vec![0.1, 0.5, 0.9]).build().unwrap();
    let (levels, _) = report(quantiles, data(600, 4, label), data(800, 4, label));
    check(&levels, 8);
    let regression = levels.quality.as_ref().unwrap().regression.as_ref().unwrap();
    assert_eq!((levels.task, regression.coverage.len()), (Task::Several, 3));
    assert!(regression.coverage.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{:?}", regression.coverage);
    let both = |rows| data(rows, 4, label).with_another_target((0..rows).map(|row| value(row, 3)).collect()).unwrap();
    let (targets, _) = report(params(Objective::SquaredError).build().unwrap(), both(600), both(800));
    check(&targets, 8);
    assert_eq!(targets.task, Task::Several);
}

#[test]
fn queries_are_ordered() {
    let grade = |row: usize| ((value(row, 0) + 0.3 * value(row, 99)) * 3.0).floor();
    let ranked = |rows: usize| data(rows, 4, grade).with_groups((0..rows as u64).map(|row| row / 10).collect()).unwrap();
    let (report, _) = report(params(Objective::RankNdcg).build().unwrap(), ranked(900), ranked(1_200));
    check(&report, 6);
    let ranking = report.quality.as_ref().unwrap().ranking.as_ref().unwrap();
    assert!(ranking.queries > 100 && ranking.worst_queries.len() == 10);
    assert!(ranking.grades_by_place[0] > ranking.grades_by_place[9] && ranking.best_by_place[0] >= ranking.grades_by_place[0]);
    assert!(report.worst_rows.is_empty() && pipelines::evaluation(&report)["ranking_metrics"].is_object());
}

#[test]
fn what_cannot_be_told_is_left_out() {
    let time = |row: usize| 1.0 + value(row, 0);
    let (cox, _) = report(params(Objective::Cox).build().unwrap(), data(600, 4, time), data(800, 4, time));
    check(&cox, 4);
    assert_eq!(cox.task, Task::Other);
    let bounds = |rows: usize| {
        let upper = (0..rows).map(|row| if row.is_multiple_of(3) { f64::INFINITY } else { time(row) }).collect();
        data(rows, 4, time).with_label_bounds((0..rows).map(time).collect(), upper).unwrap()
    };
    let (aft, _) = report(params(Objective::Aft).build().unwrap(), bounds(600), bounds(800));
    check(&aft, 4);
    let linear = params(Objective::SquaredError).linear_tree(true).build().unwrap();
    let (linear, _) = report(linear, data(600, 4, time), data(800, 4, time));
    check(&linear, 6);
    assert!(linear.features.shap.is_none() && linear.features.without_shap.is_some());
    let hinge = |row: usize| f64::from(u8::from(value(row, 0) > 0.5));
    let (hinge, _) = report(params(Objective::BinaryHinge).build().unwrap(), data(600, 4, hinge), data(800, 4, hinge));
    check(&hinge, 8);
    let margins = |rows: usize| data(rows, 4, time).with_base_margin(vec![0.5; rows]).unwrap();
    let (margins, _) = report(params(Objective::SquaredError).build().unwrap(), margins(600), margins(800));
    check(&margins, 8);
    assert!(margins.features.shap.is_some());
}

#[test]
fn leaks_constants_and_drift_are_found() {
    let label = |row: usize| f64::from(u8::from(value(row, 0) > 0.5));
    let changed = |rows: usize, shift: f64| {
        let mut x = matrix(rows, 6);
        x.column_mut(3).iter_mut().enumerate().for_each(|(row, x)| *x = label(row));
        x.column_mut(4).fill(7.0);
        x.column_mut(5).mapv_inplace(|x| x + shift);
        Dataset::from_array(x.view(), (0..rows).map(label).collect(), None).unwrap()
    };
    let (report, _) = report(params(Objective::BinaryLogistic).build().unwrap(), changed(1_500, 0.0), changed(2_000, 1.0));
    let findings = &report.data.as_ref().unwrap().findings;
    // The first one is what the label was made of.
    let leaky: Vec<_> = findings.leaky.iter().map(|(name, _)| &name[..]).collect();
    assert!(leaky.contains(&"f3") && leaky.contains(&"f0") && leaky.len() == 2, "{leaky:?}");
    assert_eq!(findings.constant, ["f4"]);
    assert!(
        findings.drifting.len() == 1 && findings.drifting[0].0 == "f5" && findings.drifting[0].1 > 2.0,
        "{:?}",
        findings.drifting
    );
    assert!(report.alerts[0].text.contains("f3"), "{:?}", report.alerts);
    assert_eq!(report.verdict.len(), 3);
}

#[test]
fn a_thousand_columns_stay_small() {
    let label = |row: usize| f64::from(u8::from(value(row, 0) > 0.5));
    let (report, sample) = report(
        params(Objective::BinaryLogistic).num_round(3).build().unwrap(),
        data(5_000, 1_000, label),
        data(5_000, 1_000, label),
    );
    let page = check(&report, 12);
    assert!(page.len() < 1 << 20 && report.json().unwrap().len() < 2 << 20, "{} {}", page.len(), report.json().unwrap().len());
    assert!((3_500..4_500).contains(&sample.rows.len()) && report.data.as_ref().unwrap().columns.len() == 60);
    assert!(page.contains("of 1,000"));
}
