//! Bins in a file give the bytes that bins in memory give.

use super::preparation::Beginnings;
use super::training::Training;
use crate::collective::{Collective, Threads};
use crate::execution::Execution;
use crate::memory::TrainingSize;
use crate::params::{Booster, MonotoneMethod, MultiStrategy, ParamsBuilder, PerFeature, SamplingMethod};
use crate::sampling::mix;
use crate::simd::Simd;
use crate::{
    Checkpoint, Dataset, ErrorKind, Feature, FeatureKind, FeatureSchema, GrowPolicy, Objective, Observer, Params, Trained, Trainer,
};
use ndarray::Array2;
use std::ops::Range;

const ROWS: usize = 80_000;
const FEATURES: usize = 40;

fn hash(row: usize, column: usize) -> u64 {
    mix((row * 1024 + column) as u64)
}

/// Two tiles of narrow features, some with missing values, one of levels; and a tile of wide ones, one of levels.
fn data(rows: usize, labels: impl Fn(usize, &[f64]) -> f64) -> Dataset {
    part(0..rows, labels)
}

fn part(rows: Range<usize>, labels: impl Fn(usize, &[f64]) -> f64) -> Dataset {
    let levels = |count: usize| FeatureKind::Categorical { levels: (0..count).map(|level| format!("{level:04}")).collect() };
    let kind = |feature: usize| match feature {
        7 => levels(12),
        FEATURES.. => levels(400),
        _ => FeatureKind::Numeric,
    };
    let features = (0..=FEATURES).map(|feature| Feature { name: format!("x{feature}"), kind: kind(feature) }).collect();
    let x = Array2::from_shape_fn((rows.len(), FEATURES + 1), |(row, feature)| match hash(rows.start + row, feature) {
        hash if feature % 5 == 1 && hash % 11 == 0 => f64::NAN,
        hash if feature == 7 => (hash % 12) as f64,
        hash if feature == FEATURES => (hash % 400) as f64,
        hash if feature % 3 == 0 => (hash % 20) as f64,
        hash => (hash % 200) as f64,
    });
    let y = x.rows().into_iter().enumerate().map(|(row, x)| labels(rows.start + row, &x.to_vec())).collect();
    Dataset::from_array(x.view(), y, Some(FeatureSchema { features, named: true, index_base: None })).unwrap()
}

fn number(row: usize, x: &[f64]) -> f64 {
    let missing = if x[1].is_nan() { 40.0 } else { x[1] * 0.3 };
    x[0] * 2.0 + missing + (x[7] % 5.0) * 9.0 + (x[FEATURES] % 7.0) * 5.0 + x[13] * x[19] * 0.01 + (hash(row, 900) % 16) as f64
}

fn params() -> ParamsBuilder {
    Params::builder().num_round(4).max_depth(5).eta(0.4)
}

/// Memory for so many KiB besides what is no bins.
fn limit(data: &Dataset, params: &ParamsBuilder, kib: u64) -> u64 {
    let params = params.clone().build().unwrap();
    let outputs = u64::from(params.num_class.max(1));
    TrainingSize::of(&params, data.schema(), data.rows() as u64, outputs).beside_bins() + (kib << 10)
}

fn train(threads: usize, params: &ParamsBuilder, limit: Option<u64>, data: &Dataset, validation: Option<&Dataset>) -> Trained {
    let params = match limit {
        Some(limit) => params.clone().memory_limit(limit),
        None => params.clone(),
    };
    let trainer = Trainer::new(params.build().unwrap());
    let trainer = validation.into_iter().fold(trainer, |trainer, set| trainer.validation("validation", set));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| trainer.fit_observed(data, &mut ())).unwrap()
}

/// Trains with bins in memory and in a file, by so many threads with so many KiB: the models and the metrics must be the same.
fn check_with(rooms: [(usize, u64); 3], name: &str, params: &ParamsBuilder, data: &Dataset, validation: Option<&Dataset>) {
    let whole = train(2, params, None, data, validation);
    assert!(whole.in_file.is_none() && whole.model.trees.iter().all(|tree| tree.nodes.len() > 15), "{name}");
    for (threads, kib) in rooms {
        let outside = train(threads, params, Some(limit(data, params, kib)), data, validation);
        let file = outside.in_file.clone().unwrap_or_else(|| panic!("{name}: {kib} KiB are enough"));
        assert!(file.bytes > 1 << 18 && file.bytes_read > 4 * file.bytes, "{name}: {file:?}");
        assert!(outside.model.to_bytes().unwrap() == whole.model.to_bytes().unwrap(), "{name}: {threads} threads, {kib} KiB");
        assert_eq!(outside.history, whole.history, "{name}: {threads} threads, {kib} KiB");
    }
}

fn check(name: &str, params: ParamsBuilder, data: &Dataset, validation: Option<&Dataset>) {
    check_with([(1, 3000), (2, 3000), (7, 4000)], name, &params, data, validation);
}

#[test]
fn by_levels_and_by_leaves() {
    let (data, validation) = (data(ROWS, number), data(ROWS / 4, number));
    check("levels", params(), &data, Some(&validation));
    let by_leaves = || params().max_depth(0).max_leaves(70).grow_policy(GrowPolicy::Lossguide);
    check("leaves", by_leaves(), &data, None);
    check("levels with a limit of leaves", params().max_leaves(19), &data, None);
}

#[test]
fn with_wide_gradients_and_weights() {
    let data = data(ROWS, |row, x| if row == 77 { 1e7 } else { number(row, x) });
    check("wide gradients", params(), &data, None);
    let fractions = (0..ROWS).map(|row| (hash(row, 800) % 7) as f64 * 0.3).collect();
    let weighted = data.clone().with_weights(fractions).unwrap();
    check("weights, some of them zero", params(), &weighted, None);
}

#[test]
fn with_samples_of_rows_and_features() {
    let data = data(ROWS, number);
    check("few rows", params().subsample(0.2), &data, None);
    check("many rows", params().subsample(0.8), &data, None);
    check("goss", params().sampling_method(SamplingMethod::Goss), &data, None);
    check("few features", params().colsample_bytree(0.3), &data, None);
    check("few features of a level and a node", params().colsample_bylevel(0.5).colsample_bynode(0.5), &data, None);
    check("forest", params().num_parallel_tree(2).subsample(0.5), &data, None);
}

#[test]
fn with_other_boosters_and_objectives() {
    let data = data(ROWS, number);
    let validation = self::data(ROWS / 8, number);
    check("dart", params().booster(Booster::Dart).rate_drop(0.6), &data, Some(&validation));
    check("quantiles", params().objective(Objective::AbsoluteError), &data, None);
    check("linear leaves", params().linear_tree(true), &data, None);
    let directions = PerFeature::List((0..=FEATURES).map(|feature| if feature == 0 { 1.0 } else { 0.0 }).collect());
    let monotone = || params().max_leaves(12).monotone_constraints(directions.clone());
    check("directions", monotone(), &data, None);
    check("directions in turn", monotone().monotone_constraints_method(MonotoneMethod::Intermediate), &data, None);
    let classes = self::data(ROWS, |row, x| (number(row, x) / 60.0).clamp(0.0, 2.0).floor());
    check("classes", params().objective(Objective::Softprob).num_class(3), &classes, None);
}

/// Features that nearly always have the same value stay in memory, the others need not.
#[test]
fn with_sparse_features() {
    let x = Array2::from_shape_fn((ROWS, 40 + FEATURES), |(row, feature)| match hash(row, feature) {
        hash if feature < 40 => {
            if hash % 100 == 0 {
                (hash >> 8) as f64 % 5.0 + 1.0
            } else {
                0.0
            }
        }
        hash => (hash % 90) as f64,
    });
    let y = x.rows().into_iter().map(|x| x[3] * 9.0 + x[17] * 7.0 + x[45] * 0.1 + x[60] * 0.2).collect();
    check("sparse", params(), &Dataset::from_array(x.view(), y, None).unwrap(), None);
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
        self.0.push(checkpoint.clone());
    }
}

#[test]
fn runs_are_taken_up_with_another_limit() {
    let data = data(ROWS, number);
    for params in [params(), params().booster(Booster::Dart).rate_drop(0.5).subsample(0.5)] {
        let within = params.clone().memory_limit(limit(&data, &params, 4000)).build().unwrap();
        let (mut inside, mut outside) = (Keeper::default(), Keeper::default());
        let whole = Trainer::new(params.build().unwrap()).fit_observed(&data, &mut inside).unwrap().model.to_bytes().unwrap();
        Trainer::new(within.clone()).fit_observed(&data, &mut outside).unwrap();
        assert_eq!(inside.0[1].to_bytes().unwrap(), outside.0[1].to_bytes().unwrap());
        let resumed = Trainer::new(within).resume(inside.0.swap_remove(1)).fit_observed(&data, &mut ()).unwrap();
        assert!(resumed.in_file.is_some() && resumed.model.to_bytes().unwrap() == whole);
    }
}

/// Of three ranks, some have their bins in a file.
#[test]
fn on_several_ranks() {
    let whole = data(ROWS, number);
    let by_leaves = params().max_depth(0).max_leaves(40).grow_policy(GrowPolicy::Lossguide);
    for (name, params) in [("levels", params()), ("leaves", by_leaves), ("sample", params().subsample(0.5))] {
        let model = train(2, &params, None, &whole, None).model.to_bytes().unwrap();
        let outcomes = Threads::run(3, |ranks: &dyn Collective| {
            let ends = [0, ROWS / 8, ROWS / 8, ROWS];
            let part = part(ends[ranks.rank()]..ends[ranks.rank() + 1], number);
            let params = params.clone().nthread(2).memory_limit(limit(&part, &params, 3000)).build().unwrap();
            let trained = Trainer::new(params).collective(ranks).fit_observed(&part, &mut ()).unwrap();
            (trained.in_file.is_some(), trained.model.to_bytes().unwrap())
        });
        assert_eq!(outcomes.iter().map(|(in_file, _)| *in_file).collect::<Vec<_>>(), [false, false, true], "{name}");
        assert!(outcomes.iter().all(|(_, bytes)| *bytes == model), "{name}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_numbers() {
    let data = data(ROWS, number);
    let error = |params: ParamsBuilder| Trainer::new(params.build().unwrap()).fit(&data).unwrap_err();
    let small = error(params().memory_limit(limit(&data, &params(), 0)));
    assert_eq!(small.kind(), ErrorKind::Data);
    assert!(small.to_string().contains("and this process may use 68 MiB; raise memory_limit"), "{small}");
    let rows = error(params().memory_limit(1 << 20)).to_string();
    assert!(rows.contains("80000 rows of 41 features takes at least 4 MiB, and this process may use 1 MiB"), "{rows}");
}

#[test]
fn a_failing_disk_ends_training_with_its_place() {
    let data = data(ROWS, number);
    let params = params().memory_limit(limit(&data, &params(), 3000)).build().unwrap();
    let execution = Execution::solo(Simd::detect().unwrap());
    let mut training = Training::prepare(execution, &params, &data, &[], Beginnings::default()).unwrap();
    let bins = training.bin().unwrap();
    bins.train.spilled().unwrap().damage(1000);
    let mut binned = training.lay_out(bins).unwrap();
    let error = training.grow_all(&mut binned, None, &mut ()).map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), error.details().path.as_deref()), (ErrorKind::Io, Some(&*std::env::temp_dir())));
    assert!(error.to_string().contains("cannot be read back"), "{error}");
}

#[test]
fn trees_of_all_outputs_need_all_bins_in_memory() {
    let classes = data(ROWS, |row, x| (number(row, x) / 60.0).clamp(0.0, 2.0).floor());
    let params = params().objective(Objective::Softprob).num_class(3).multi_strategy(MultiStrategy::MultiOutputTree);
    let params = params.clone().memory_limit(limit(&classes, &params, 4000)).build().unwrap();
    let error = Trainer::new(params).fit(&classes).unwrap_err();
    assert_eq!(error.details().parameter.as_deref(), Some("multi_strategy"));
}
