//! What training promises about scores, seen from inside.

use super::checkpoint::Checkpoint;
use super::events::Observer;
use super::preparation::Beginnings;
use super::row_order::RowOrder;
use super::training::{Binned, Training};
use crate::binning::{BinColumns, BinMapper, BinnedMatrix};
use crate::execution::Execution;
use crate::params::{MultiStrategy, SamplingMethod};
use crate::simd::Simd;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, Objective, Params};
use ndarray::Array2;
use sapwood_score::LeafValue;

/// Rows with two numeric features, one of them with missing values and neighbouring floats, and a categorical one.
fn mixed(rows: usize) -> (Array2<f64>, FeatureSchema) {
    let value = |(row, column): (usize, usize)| {
        let hash = crate::sampling::mix((row * 3 + column) as u64);
        match column {
            0 if hash.is_multiple_of(7) => f64::NAN,
            0 => 1.0 + (hash % 400) as f64 * f64::EPSILON,
            1 => (hash % 100_000) as f64 * 1e-3,
            _ => (hash % 30) as f64,
        }
    };
    let levels = (0..30).map(|i| format!("{i:02}")).collect();
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical { levels }];
    let features = kinds.into_iter().enumerate().map(|(i, kind)| Feature { name: format!("x{i}"), kind }).collect();
    (Array2::from_shape_fn((rows, 3), value), FeatureSchema { features, named: true, index_base: None })
}

fn labels(x: &Array2<f64>, classes: u64) -> Vec<f64> {
    let label = |row: ndarray::ArrayView1<'_, f64>| {
        let first = if row[0].is_nan() { 0.4 } else { (row[0] - 1.0) / (400.0 * f64::EPSILON) };
        ((first + row[1] * 0.01 + row[2] / 30.0) * classes as f64 / 3.0).floor().clamp(0.0, classes as f64 - 1.0)
    };
    x.rows().into_iter().map(label).collect()
}

fn dataset(rows: usize, classes: u64) -> (Array2<f64>, Dataset) {
    let (x, schema) = mixed(rows);
    let data = Dataset::from_array(x.view(), labels(&x, classes), Some(schema)).unwrap();
    (x, data)
}

fn bin(training: &mut Training<'_>) -> Binned {
    let bins = training.bin().unwrap();
    training.lay_out(bins).unwrap()
}

fn check_scores(params: &Params, classes: u64) {
    check_scores_of(params, classes, 3000);
}

fn check_scores_of(params: &Params, classes: u64, rows: usize) {
    let (x, data) = dataset(rows, classes);
    let (x_valid, valid) = dataset(500, classes);
    let validation = [("validation".to_string(), &valid)];
    let mut training =
        Training::prepare(Execution::solo(Simd::detect().unwrap()), params, &data, &validation, Beginnings::default()).unwrap();
    let mut binned = bin(&mut training);
    let model = training.grow_all(&mut binned, None, &mut ()).unwrap().0;
    for (watched, x) in training.watched.iter().zip([&x, &x_valid]) {
        for (row, values) in x.rows().into_iter().enumerate() {
            let values = values.to_vec();
            let mut margins = model.base_score.clone();
            for (index, tree) in model.trees.iter().enumerate() {
                let sapwood_score::Node::Leaf(leaf) = &tree.nodes[tree.leaf_index(&values)] else { panic!("no leaf") };
                match &leaf.value {
                    LeafValue::Vector(values) => margins.iter_mut().zip(values).for_each(|(margin, value)| *margin += value),
                    _ => margins[model.output_of(index)] += leaf.scalar().unwrap(),
                }
            }
            for (output, margin) in margins.iter().enumerate() {
                assert_eq!(
                    watched.scores.all()[output * x.nrows() + row].to_bits(),
                    margin.to_bits(),
                    "{} row {row}",
                    watched.name
                );
            }
        }
    }
}

#[test]
fn scores_while_training_are_those_of_the_model_on_raw_values() {
    let base = || Params::builder().num_round(8).eta(0.3);
    check_scores(&base().objective(Objective::BinaryLogistic).build().unwrap(), 2);
    check_scores(
        &base()
            .objective(Objective::Softprob)
            .num_class(3)
            .grow_policy(crate::GrowPolicy::Lossguide)
            .max_leaves(20)
            .build()
            .unwrap(),
        3,
    );
    let vectors = || base().objective(Objective::Softprob).num_class(6).multi_strategy(MultiStrategy::MultiOutputTree);
    check_scores(&vectors().build().unwrap(), 6);
    check_scores(&vectors().subsample(0.8).num_parallel_tree(2).build().unwrap(), 6);
    check_scores(&vectors().subsample(0.3).sketch_outputs(4).build().unwrap(), 6);
}

#[test]
fn rows_and_columns_that_were_not_drawn_are_scored_all_the_same() {
    let params = Params::builder().num_round(6).subsample(0.4).colsample_bytree(0.7).colsample_bynode(0.7).num_parallel_tree(3);
    check_scores(&params.objective(Objective::BinaryLogistic).build().unwrap(), 2);
}

#[test]
fn trees_side_by_side_are_grown_on_all_rows_each() {
    // More rows than one task scores, and leaves that are expanded in vain.
    let params = Params::builder().num_round(2).num_parallel_tree(3).colsample_bytree(0.7).objective(Objective::BinaryLogistic);
    let params = params.grow_policy(crate::GrowPolicy::Lossguide).max_depth(0).max_leaves(12).build().unwrap();
    let models = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| check_scores_of(&params, 2, 40_000));
        pool.install(|| crate::Trainer::new(params.clone()).fit(&dataset(40_000, 2).1).unwrap().to_bytes().unwrap())
    });
    assert!(models[0] == models[1]);
}

#[test]
fn trees_side_by_side_do_not_see_each_other() {
    let data = dataset(3000, 3).1;
    let forest = |trees| {
        let params =
            Params::builder().num_round(1).num_parallel_tree(trees).subsample(0.6).objective(Objective::Softprob).num_class(3);
        crate::Trainer::new(params.build().unwrap()).fit(&data).unwrap()
    };
    let splits = |tree: &crate::Tree| {
        let split = |node: &sapwood_score::Node| match node {
            sapwood_score::Node::Split(split) => Some((split.feature, split.condition.clone(), split.left)),
            sapwood_score::Node::Leaf(_) => None,
        };
        tree.nodes.iter().map(split).collect::<Vec<_>>()
    };
    // The first trees of the first class: only their number differs, and with it the shrinkage.
    let (two, four) = (forest(2), forest(4));
    assert!((0..2).all(|tree| splits(&two.trees[tree]) == splits(&four.trees[tree])));
}

#[test]
fn trees_of_a_round_that_are_grown_at_a_time_are_those_grown_in_turn() {
    let data = dataset(5000, 5).1;
    let (_, valid) = dataset(700, 5);
    let base = || Params::builder().num_round(6).objective(Objective::Softprob).num_class(5);
    let leafwise = || base().grow_policy(crate::GrowPolicy::Lossguide).max_depth(0).max_leaves(25);
    let of_samples = || leafwise().subsample(0.3).colsample_bytree(0.7);
    let goss = base().sampling_method(SamplingMethod::Goss).colsample_bynode(0.7);
    for params in [base(), leafwise(), of_samples(), of_samples().num_parallel_tree(2), goss] {
        let params = params.build().unwrap();
        let models = [1, 2, 3, 7].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let trained =
                    crate::Trainer::new(params.clone()).validation("validation", &valid).fit_observed(&data, &mut ()).unwrap();
                let model = trained.model.to_bytes().unwrap();
                (model, format!("{:?}", trained.history))
            })
        });
        assert!(models.iter().all(|model| *model == models[0]), "{params:?}");
    }
}

#[test]
fn trees_of_some_features_may_have_larger_tiles_than_all() {
    let rows = 70_000;
    let x = Array2::from_shape_fn((rows, 40), |(row, feature)| {
        let hash = crate::sampling::mix((row * 64 + feature) as u64);
        if feature.is_multiple_of(2) { (hash % 5000) as f64 } else { (hash % 2) as f64 }
    });
    let data = Dataset::from_array(x.view(), x.column(0).to_vec(), None).unwrap();
    let params = Params::builder().num_round(6).max_depth(2).colsample_bytree(0.5).build().unwrap();
    let models = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| crate::Trainer::new(params.clone()).fit(&data).unwrap().to_bytes().unwrap())
    });
    assert!(models[0] == models[1]);
}

#[test]
fn samples_by_gradient_are_scored_all_the_same() {
    let base = || Params::builder().num_round(8).objective(Objective::BinaryLogistic);
    check_scores(&base().subsample(0.2).sampling_method(SamplingMethod::GradientBased).build().unwrap(), 2);
    check_scores(&base().sampling_method(SamplingMethod::Goss).build().unwrap(), 2);
}

/// Keeps the checkpoint after every round.
#[derive(Default)]
struct Keeper(Vec<Checkpoint>);

impl Observer for Keeper {
    fn keeps_checkpoints(&self) -> bool {
        true
    }

    fn wants_checkpoint(&mut self) -> bool {
        true
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        self.0.push(Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap()).unwrap());
    }
}

#[test]
fn runs_that_go_on_from_a_checkpoint_give_the_same_model() {
    let base = || Params::builder().num_round(12).eta(0.3);
    let cases = [
        (base().objective(Objective::BinaryLogistic).early_stopping_rounds(3), 2),
        (base().objective(Objective::Softprob).num_class(3).num_parallel_tree(2).subsample(0.6).colsample_bynode(0.7), 3),
        (base().objective(Objective::BinaryLogistic).sampling_method(SamplingMethod::Goss), 2),
        (
            base()
                .objective(Objective::Softprob)
                .num_class(7)
                .multi_strategy(MultiStrategy::MultiOutputTree)
                .sketch_outputs(3)
                .subsample(0.6),
            7,
        ),
        (base().objective(Objective::Cox).subsample(0.7), 5),
        (base().objective(Objective::AbsoluteError).subsample(0.7), 5),
        (base().objective(Objective::Aft).subsample(0.7), 5),
        (base().objective(Objective::SquaredError).subsample(0.2).max_leaves(20).grow_policy(crate::GrowPolicy::Lossguide), 5),
    ];
    for (params, classes) in cases {
        let params = params.build().unwrap();
        let of = |rows| {
            let data = dataset(rows, classes).1;
            let labels = data.labels().unwrap().to_vec();
            match params.objective {
                Objective::Aft => data.with_label_bounds(labels.clone(), labels.iter().map(|label| label + 0.5).collect()).unwrap(),
                Objective::AbsoluteError => data.with_another_target(labels.iter().rev().copied().collect()).unwrap(),
                _ => data,
            }
        };
        let (data, valid) = (of(3000), of(500));
        let trainer = || crate::Trainer::new(params.clone()).validation("validation", &valid);
        let mut keeper = Keeper::default();
        let whole = trainer().fit_observed(&data, &mut keeper).unwrap();
        for checkpoint in keeper.0.iter().step_by(3).chain(keeper.0.last()) {
            let rounds = checkpoint.rounds();
            let resumed = trainer().resume(checkpoint.clone()).fit_observed(&data, &mut ()).unwrap();
            assert!(resumed.model.to_bytes().unwrap() == whole.model.to_bytes().unwrap(), "after {rounds} rounds");
            assert_eq!(resumed.history, whole.history);
        }
    }
}

#[test]
fn fewer_rounds_and_more_are_those_of_a_run_that_asked_for_them() {
    let data = dataset(2000, 2).1;
    let trainer = |rounds| {
        let params = Params::builder().num_round(rounds).objective(Objective::BinaryLogistic).build().unwrap();
        crate::Trainer::new(params)
    };
    let mut keeper = Keeper::default();
    trainer(8).fit_observed(&data, &mut keeper).unwrap();
    let last = keeper.0.pop().unwrap();
    for rounds in [3, 8, 11] {
        let resumed = trainer(rounds).resume(last.clone()).fit(&data).unwrap();
        assert!(resumed.to_bytes().unwrap() == trainer(rounds).fit(&data).unwrap().to_bytes().unwrap(), "{rounds}");
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let (data, other) = (dataset(2000, 2).1, dataset(2001, 2).1);
    let params = |eta| Params::builder().num_round(4).eta(eta).objective(Objective::BinaryLogistic).build().unwrap();
    let mut keeper = Keeper::default();
    crate::Trainer::new(params(0.3)).fit_observed(&data, &mut keeper).unwrap();
    let checkpoint = keeper.0.pop().unwrap();
    let refusal = |params, data: &Dataset, validation: Option<&Dataset>| {
        let trainer = crate::Trainer::new(params).resume(checkpoint.clone());
        let trainer = validation.into_iter().fold(trainer, |trainer, data| trainer.validation("validation", data));
        let error = trainer.fit(data).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Checkpoint);
        error.to_string()
    };
    let message = refusal(params(0.2), &data, None);
    assert!(message.contains("eta is \"0.2\", it was \"0.3\""), "{message}");
    let other_data = |data: &Dataset, validation: Option<&Dataset>| {
        let message = refusal(params(0.3), data, validation);
        let differences = message.strip_prefix("the checkpoint was made with other data: ").map(str::to_string);
        differences.unwrap_or(message).split("; train with the data").next().unwrap().to_string()
    };
    assert_eq!(other_data(&other, None), "the training set has 2001 rows, it had 2000");
    assert_eq!(other_data(&data, Some(&data)), "the sets that are evaluated are validation, they were none");
    let weighted = dataset(2000, 2).1.with_weights(vec![1.5; 2000]).unwrap();
    assert_eq!(other_data(&weighted, None), "the training set has different weights");
    let (x, schema) = mixed(2000);
    let of = |x: &Array2<f64>, labels: &[f64], schema: &FeatureSchema| {
        Dataset::from_array(x.view(), labels.to_vec(), Some(schema.clone())).unwrap()
    };
    let (mut moved, mut relabelled, mut renamed, mut extended) = (x.clone(), labels(&x, 2), schema.clone(), schema.clone());
    moved[[7, 1]] += 1000.0;
    // As many of each class as there were: the base score is what it was.
    let first = |label: f64| relabelled.iter().position(|&y| y == label).unwrap();
    let (zero, one) = (first(0.0), first(1.0));
    relabelled.swap(zero, one);
    renamed.features[1].name = "y".into();
    let FeatureKind::Categorical { levels } = &mut extended.features[2].kind else { panic!("not categorical") };
    levels.push("30".into());
    let labels = labels(&x, 2);
    assert_eq!(other_data(&of(&moved, &labels, &schema), None), "the training set has different features");
    assert_eq!(other_data(&of(&x, &relabelled, &schema), None), "the training set has different labels");
    assert_eq!(
        other_data(&of(&x, &labels, &renamed), None),
        "feature 1 of the training set is \"y\" (numeric), it was \"x1\" (numeric)"
    );
    assert_eq!(
        other_data(&of(&x, &labels, &extended), None),
        "feature 2 of the training set, \"x2\" (categorical), has different levels"
    );
}

#[test]
fn the_order_of_rows_in_memory_changes_no_bit_of_the_model() {
    for (objective, classes) in [(Objective::SquaredError, 5), (Objective::BinaryLogistic, 2), (Objective::Softprob, 3)] {
        let (_, data) = dataset(4000, classes);
        let weights = (0..4000).map(|row| f64::from(row % 5)).collect();
        let data = data.with_weights(weights).unwrap();
        for subsample in [1.0, 0.7] {
            let params = Params::builder().num_round(25).objective(objective).num_class(classes as u32).subsample(subsample);
            let params = params.max_leaves(20).max_depth(0).build().unwrap();
            let models = [RowOrder::new(false), RowOrder::new(true)].map(|order| {
                let mut training =
                    Training::prepare(Execution::solo(Simd::detect().unwrap()), &params, &data, &[], Beginnings::default())
                        .unwrap();
                let mut binned = bin(&mut training);
                training.order = order;
                training.grow_all(&mut binned, None, &mut ()).unwrap().0
            });
            assert!(models[0].to_bytes().unwrap() == models[1].to_bytes().unwrap(), "{objective:?}, subsample {subsample}");
        }
    }
}

/// Ten features and others that hardly any row has: `rare(row, feature)` says what they are, `effect` what the first of them does.
fn with_rare_features(rows: usize, others: usize, effect: f64, rare: impl Fn(usize, usize) -> f64) -> Dataset {
    let x = Array2::from_shape_fn((rows, 10 + others), |(row, feature)| match feature {
        0..10 => (crate::sampling::mix((row * 16 + feature) as u64) % 60) as f64,
        _ => rare(row, feature - 10),
    });
    let score =
        |row: ndarray::ArrayView1<'_, f64>| row[0] + 0.5 * row[3] - row[7] + row.get(10).map_or(0.0, |x| effect * x.max(0.0));
    let labels = x.rows().into_iter().map(|row| f64::from(u8::from(score(row) > 10.0))).collect();
    Dataset::from_array(x.view(), labels, None).unwrap()
}

/// The same data with no feature stored sparsely.
fn with_dense_tiles(binned: &Binned, data: &Dataset) -> Binned {
    let features = binned.mapper.features();
    let mapper = BinMapper::of(features.to_vec(), vec![None; features.len()]);
    let matrix = BinnedMatrix::build(&mapper, data, Simd::scalar()).unwrap();
    Binned { mapper, columns: BinColumns::none(), matrix }
}

fn train_on(params: &Params, data: &Dataset, dense: bool, order: RowOrder) -> crate::Model {
    let mut training =
        Training::prepare(Execution::solo(Simd::detect().unwrap()), params, data, &[], Beginnings::default()).unwrap();
    let mut binned = bin(&mut training);
    if dense {
        binned = with_dense_tiles(&binned, data);
    }
    training.order = order;
    training.grow_all(&mut binned, None, &mut ()).unwrap().0
}

#[test]
fn how_features_are_stored_changes_no_bit_of_the_model() {
    let rare = |row: usize, feature: usize| match crate::sampling::mix((row * 512 + feature) as u64) % 12 {
        0 => ((row + feature) % 4) as f64,
        _ if feature.is_multiple_of(3) => f64::NAN,
        _ => 0.0,
    };
    let data = with_rare_features(3000, 90, 20.0, rare);
    for (bytree, bynode, subsample) in [(1.0, 1.0, 1.0), (0.3, 1.0, 0.6), (1.0, 0.5, 1.0)] {
        let params = Params::builder().num_round(12).objective(Objective::BinaryLogistic).max_leaves(12).max_depth(0);
        let params = params.colsample_bytree(bytree).colsample_bynode(bynode).subsample(subsample).build().unwrap();
        let sparse = train_on(&params, &data, false, RowOrder::new(true));
        let dense = train_on(&params, &data, true, RowOrder::new(false));
        assert!(sparse.to_bytes().unwrap() == dense.to_bytes().unwrap(), "{bytree} {bynode} {subsample}");
    }
}

#[test]
fn features_that_no_split_may_use_change_no_tree() {
    let params = Params::builder().num_round(12).objective(Objective::BinaryLogistic).max_leaves(12).max_depth(0).build().unwrap();
    let alone = with_rare_features(2000, 0, 0.0, |_, _| 0.0);
    // One row each: not enough hessian for a leaf.
    let among = with_rare_features(2000, 200, 0.0, |row, feature| if row == 7 * feature { 1.0 } else { f64::NAN });
    let [alone, among] = [alone, among].map(|data| train_on(&params, &data, false, RowOrder::new(false)));
    assert!(alone.trees == among.trees);
}
