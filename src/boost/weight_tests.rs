//! A row of weight 0 is the same as no row, and a row of weight k the same as k equal rows, from binning on.

use super::preparation::Beginnings;
use super::row_order::RowOrder;
use super::training::Training;
use crate::binning::{self, BinMapper};
use crate::collective::Solo;
use crate::execution::Execution;
use crate::metric::{Evaluation, metrics};
use crate::params::{ClassWeight, MultiStrategy, ParamsBuilder, SamplingMethod};
use crate::simd::Simd;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, Model, Objective, Params, Trainer, objective};
use ndarray::Array2;
use proptest::prelude::*;

/// A level that only rows of weight 0 have.
const IDLE_LEVEL: u32 = 5;

#[derive(Clone, Debug)]
struct Row {
    x: [f64; 3],
    label: u32,
    weight: u32,
}

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![1 => Just(f64::NAN), 5 => (-20..20).prop_map(f64::from)];
    let row = (number, -1e3..1e3, 0..=IDLE_LEVEL, 0_u32..6, prop_oneof![1 => Just(0), 3 => 1_u32..5]);
    row.prop_map(|(a, b, level, label, weight)| {
        let weight = if level == IDLE_LEVEL { 0 } else { weight };
        Row { x: [a, b, f64::from(level)], label, weight }
    })
}

/// Rows of which at least a few have weight.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 20..150).prop_filter("too little weight", |rows| with_weight(rows).len() >= 8)
}

fn with_weight(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| row.weight > 0).cloned().collect()
}

/// Each row as often as its weight says.
fn repeated(rows: &[Row]) -> Vec<Row> {
    rows.iter().flat_map(|row| std::iter::repeat_n(row.clone(), row.weight as usize)).collect()
}

/// Labels are classes below `classes`; those of rows without weight would be errors elsewhere.
fn labels(rows: &[Row], classes: u32) -> Vec<f64> {
    rows.iter().map(|row| f64::from(if row.weight == 0 { 77 } else { row.label % classes })).collect()
}

fn weights(rows: &[Row]) -> Vec<f64> {
    rows.iter().map(|row| f64::from(row.weight)).collect()
}

fn unweighted(rows: &[Row], classes: u32) -> Dataset {
    let levels = (0..=IDLE_LEVEL).map(|level| level.to_string()).collect();
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical { levels }];
    let features = kinds.into_iter().zip(["a", "b", "c"]).map(|(kind, name)| Feature { name: name.into(), kind }).collect();
    let schema = FeatureSchema { features, named: true, index_base: None };
    let x = Array2::from_shape_fn((rows.len(), 3), |(row, column)| rows[row].x[column]);
    Dataset::from_array(x.view(), labels(rows, classes), Some(schema)).unwrap()
}

fn weighted(rows: &[Row], classes: u32) -> Dataset {
    unweighted(rows, classes).with_weights(weights(rows)).unwrap()
}

/// The data with bounds above labels, if the objective takes them.
fn bounded(objective: Objective, data: &Dataset) -> Dataset {
    let labels = data.labels().unwrap().to_vec();
    let upper = labels.iter().map(|label| label + 0.5).collect();
    if objective == Objective::Aft { data.clone().with_label_bounds(labels, upper).unwrap() } else { data.clone() }
}

fn mappers(data: &Dataset) -> [BinMapper; 2] {
    let params = Params::builder().num_round(1).max_bin(9).build().unwrap();
    [BinMapper::fit(data, &params, &Solo).unwrap(), binning::bin(data, &params, Execution::solo(Simd::scalar())).unwrap().0]
}

fn base_score(objective: Objective, data: &Dataset) -> Vec<u64> {
    let params = Params::builder().num_round(1).objective(objective).num_class(3).build().unwrap();
    let data = &bounded(objective, data);
    let outputs = objective::num_outputs(&params, data).unwrap();
    let targets = objective::check_labels(objective, outputs, data).unwrap();
    objective::loss(&params, outputs).unwrap().base_score(targets, &Solo).unwrap().into_iter().map(f64::to_bits).collect()
}

/// Labels that every objective accepts have so many classes.
fn classes(objective: Objective) -> u32 {
    if objective.is_multiclass() { 3 } else { 2 }
}

/// All metrics of an objective, for margins that follow from each row.
fn metric_values(objective: Objective, data: &Dataset, rows: &[Row]) -> Vec<(String, u64)> {
    let outputs = if objective.is_multiclass() { 3 } else { 1 };
    let margin = |output: usize, row: &Row| row.x[1] * 1e-3 * (1.0 + output as f64) + row.x[2] * 0.3 - output as f64;
    let margins: Vec<f64> = (0..outputs).flat_map(|output| rows.iter().map(move |row| margin(output, row))).collect();
    // Each row is a query group of its own.
    let data = bounded(objective, data).with_groups((0..rows.len() as u64).collect()).unwrap();
    let evaluation = Evaluation::new(objective, &margins, data.targets()).unwrap();
    let names: Vec<String> = crate::metric::fitting(objective).map(str::to_string).collect();
    let values = metrics(&names, objective).unwrap();
    values.iter().map(|metric| (metric.name().to_string(), metric.evaluate(&evaluation).to_bits())).collect()
}

/// The model of rows that are laid out anew after the first round.
pub(super) fn fit_anew(params: &Params, data: &Dataset) -> Vec<u8> {
    let mut training = Training::prepare(Execution::solo(Simd::scalar()), params, data, &[], Beginnings::default()).unwrap();
    let bins = training.bin().unwrap();
    let mut binned = training.lay_out(bins).unwrap();
    training.order = RowOrder::new(true);
    training.grow_all(&mut binned, None, &mut ()).unwrap().0.to_bytes().unwrap()
}

fn methods() -> [ParamsBuilder; 6] {
    let base = || Params::builder().num_round(3).eta(0.5).max_depth(3).min_child_weight(0.0);
    [
        base().colsample_bynode(0.7),
        base().linear_tree(true),
        base().multi_strategy(MultiStrategy::MultiOutputTree),
        base().subsample(0.5),
        base().subsample(0.4).sampling_method(SamplingMethod::GradientBased),
        base().sampling_method(SamplingMethod::Goss).top_rate(0.3).other_rate(0.3),
    ]
}

fn assert_same_trees(a: &Model, b: &Model) {
    assert_eq!(a.trees.len(), b.trees.len());
    assert_eq!(a.base_score, b.base_score);
    for (a, b) in a.trees.iter().zip(&b.trees) {
        assert_eq!(a.nodes, b.nodes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bins_do_not_know_rows_of_weight_0(rows in rows()) {
        prop_assert_eq!(mappers(&weighted(&rows, 2)), mappers(&weighted(&with_weight(&rows), 2)));
    }

    #[test]
    fn bins_count_a_weight_as_so_many_rows(rows in rows()) {
        prop_assert_eq!(mappers(&weighted(&rows, 2)), mappers(&unweighted(&repeated(&rows), 2)));
    }

    #[test]
    fn base_scores_count_a_weight_as_so_many_rows(rows in rows()) {
        // Gamma has no labels of 0, and ranking no best constant.
        let others = |objective: &Objective| *objective != Objective::Gamma && !objective.is_ranking();
        for objective in Objective::ALL.into_iter().filter(others) {
            let classes = classes(objective);
            let one_by_one = base_score(objective, &unweighted(&repeated(&rows), classes));
            prop_assert_eq!(base_score(objective, &weighted(&with_weight(&rows), classes)), one_by_one);
        }
    }

    #[test]
    fn metrics_count_a_weight_as_so_many_rows(rows in rows()) {
        for objective in Objective::ALL {
            let classes = classes(objective);
            let repeated = repeated(&rows);
            let one_by_one = metric_values(objective, &unweighted(&repeated, classes), &repeated);
            prop_assert_eq!(metric_values(objective, &weighted(&rows, classes), &rows), one_by_one);
        }
    }

    /// Also where rows are drawn or laid out anew, and where early stopping looks at rows that have no weight.
    #[test]
    fn models_do_not_know_rows_of_weight_0(rows in rows(), validation in rows()) {
        for method in methods() {
            for (objective, classes) in [(Objective::BinaryLogistic, 2), (Objective::Softprob, 3)] {
                let params = method.clone().objective(objective).num_class(classes).build().unwrap();
                let model = |select: fn(&[Row]) -> Vec<Row>| fit_anew(&params, &weighted(&select(&rows), classes));
                prop_assert!(model(<[Row]>::to_vec) == model(with_weight));
            }
        }
        let params = Params::builder().num_round(6).objective(Objective::BinaryLogistic).early_stopping_rounds(2).build().unwrap();
        let model = |select: fn(&[Row]) -> Vec<Row>| {
            let validation = weighted(&select(&validation), 2);
            Trainer::new(params.clone()).validation("v", &validation).fit(&weighted(&select(&rows), 2)).unwrap()
        };
        prop_assert!(model(<[Row]>::to_vec).to_bytes().unwrap() == model(with_weight).to_bytes().unwrap());
    }

    /// With gradients that quantisation leaves as they are: it is coarser where a weight makes a row's gradient larger. Thresholds on
    /// numbers of rows are off.
    #[test]
    fn trees_count_a_weight_as_so_many_rows(rows in rows()) {
        let params = Params::builder().num_round(1).base_score(2.0).max_depth(4).cat_smooth(0.0).min_data_per_group(0.0);
        let params = params.num_parallel_tree(2).build().unwrap();
        let fit = |data: &Dataset| Trainer::new(params.clone()).fit(data).unwrap();
        assert_same_trees(&fit(&weighted(&rows, 6)), &fit(&unweighted(&repeated(&rows), 6)));
    }

    /// Few rows of whole weights are so many rows: whatever is drawn or counted, and whatever gradients are rounded to.
    #[test]
    fn models_of_few_rows_count_a_weight_as_so_many_rows(rows in rows()) {
        for method in methods() {
            for (objective, classes) in [(Objective::BinaryLogistic, 2), (Objective::Softprob, 3), (Objective::SquaredError, 6)] {
                let params = method.clone().objective(objective).num_class(if classes == 3 { 3 } else { 0 }).build().unwrap();
                let fit = |data: &Dataset| Trainer::new(params.clone()).fit(data).unwrap().to_bytes().unwrap();
                prop_assert!(fit(&weighted(&rows, classes)) == fit(&unweighted(&repeated(&rows), classes)));
            }
        }
    }
}

/// A loss or a metric of the caller's sees rows one by one, so that their weights stay weights.
#[test]
fn functions_of_the_callers_see_weights() {
    struct Weighty;
    impl crate::metric::Metric for Weighty {
        fn name(&self) -> &str {
            "weighty"
        }
        fn higher_is_better(&self) -> bool {
            true
        }
        fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
            evaluation.targets.weights().map_or(0.0, |weights| weights.iter().sum())
        }
    }
    let rows: Vec<_> = (0..30).map(|row| Row { x: [f64::from(row), 1.0, 0.0], label: row, weight: row % 4 }).collect();
    let params = Params::builder().num_round(1).build().unwrap();
    let trained = Trainer::new(params).metric(std::sync::Arc::new(Weighty)).fit_observed(&weighted(&rows, 2), &mut ()).unwrap();
    assert_eq!(trained.report.values.last().unwrap().2, rows.iter().map(|row| f64::from(row.weight)).sum::<f64>());
}

/// The trees of a model.
fn trees_of(params: ParamsBuilder, data: &Dataset) -> Vec<crate::Tree> {
    Trainer::new(params.build().unwrap()).fit(data).unwrap().trees
}

#[test]
fn weights_of_classes_are_weights_of_their_rows() {
    let x = Array2::from_shape_fn((60, 2), |(row, column)| ((row * (7 + column * 4)) % 23) as f64);
    let own: Vec<f64> = (0..60).map(|row| 1.0 + (row % 3) as f64).collect();
    for (objective, classes) in [(Objective::BinaryLogistic, 2), (Objective::BinaryHinge, 2), (Objective::Softprob, 4)] {
        // Rarer and rarer classes.
        let class = |row: u32| (0..classes).rev().find(|&class| row.is_multiple_of(3_u32.pow(class))).unwrap_or(0);
        let labels: Vec<f64> = (0..60).map(|row| f64::from(class(row))).collect();
        let base =
            || Params::builder().num_round(3).max_depth(3).objective(objective).num_class(if classes > 2 { classes } else { 0 });
        let sums: Vec<f64> = (0..classes)
            .map(|class| labels.iter().zip(&own).filter(|(label, _)| **label == f64::from(class)).map(|(_, weight)| weight).sum())
            .collect();
        let total: f64 = sums.iter().sum();
        let weighted = |factor: &dyn Fn(usize) -> f64| {
            let weights = labels.iter().zip(&own).map(|(&label, &weight)| weight * factor(label as usize)).collect::<Vec<_>>();
            Dataset::from_array(x.view(), labels.clone(), None).unwrap().with_weights(weights).unwrap()
        };
        let plain = weighted(&|_| 1.0);
        let balanced = weighted(&|class| total / (f64::from(classes) * sums[class]));
        assert_eq!(trees_of(base().class_weight(ClassWeight::Balanced), &plain), trees_of(base(), &balanced));
        let given = ClassWeight::Given(vec![("1".to_string(), 5.0)]);
        assert_eq!(
            trees_of(base().class_weight(given), &plain),
            trees_of(base(), &weighted(&|class| if class == 1 { 5.0 } else { 1.0 }))
        );
        if classes == 2 {
            let evened = weighted(&|class| sums[0].max(sums[1]) / sums[class]);
            assert_eq!(trees_of(base().is_unbalance(true), &plain), trees_of(base(), &evened));
        }
        assert_ne!(trees_of(base(), &plain), trees_of(base(), &balanced));
    }
}
