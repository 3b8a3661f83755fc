//! Going on from a model.

use super::checkpoint::Checkpoint;
use super::dart_tests::Keeper;
use crate::collective::Threads;
use crate::params::{Booster, MultiStrategy, ParamsBuilder, ProcessType, SamplingMethod};
use crate::sampling::mix;
use crate::{Dataset, Feature, FeatureKind, FeatureSchema, Model, Objective, Params, Trainer};
use ndarray::{Array2, Axis, Slice};
use sapwood_score::Scorer;

fn schema(levels: usize) -> FeatureSchema {
    let levels = (0..levels).map(|level| format!("{level:02}")).collect();
    let kinds = [FeatureKind::Numeric, FeatureKind::Categorical { levels }, FeatureKind::Numeric];
    let features = kinds.into_iter().zip(["a", "b", "c"]).map(|(kind, name)| Feature { name: name.into(), kind }).collect();
    FeatureSchema { features, named: true, index_base: None }
}

fn values(rows: usize, levels: usize, shift: u64) -> Array2<f64> {
    Array2::from_shape_fn((rows, 3), |(row, column)| match (mix((row * 4 + column) as u64 + shift), column) {
        (hash, 0) if hash % 11 == 0 => f64::NAN,
        (hash, 1) if hash % 17 == 0 => f64::NAN,
        (hash, 1) => (hash % levels as u64) as f64,
        (hash, _) => (hash % 300) as f64,
    })
}

fn data(x: &Array2<f64>, levels: usize, classes: u64) -> Dataset {
    let label = |row: ndarray::ArrayView1<'_, f64>| {
        let sum = [row[0] / 300.0, row[1] % 3.0 / 2.0, row[2] / 300.0].iter().filter(|x| !x.is_nan()).sum::<f64>();
        (sum * classes as f64 / 3.0).floor().min(classes as f64 - 1.0)
    };
    let labels = x.rows().into_iter().map(label).collect();
    Dataset::from_array(x.view(), labels, Some(schema(levels))).unwrap()
}

fn base(rounds: u32) -> ParamsBuilder {
    Params::builder().num_round(rounds).max_depth(4).eta(0.4).cat_smooth(1.0).min_data_per_group(2.0)
}

fn vectors(params: ParamsBuilder) -> ParamsBuilder {
    params.objective(Objective::Softprob).num_class(3).multi_strategy(MultiStrategy::MultiOutputTree)
}

fn trainer(params: ParamsBuilder) -> Trainer<'static> {
    Trainer::new(params.build().unwrap())
}

fn with_rounds(mut model: Model, rounds: u32) -> Vec<u8> {
    model.params.iter_mut().filter(|(name, _)| name == "num_round").for_each(|(_, value)| *value = rounds.to_string());
    model.to_bytes().unwrap()
}

#[test]
fn on_the_same_data_it_is_as_if_all_rounds_had_been_trained_at_once() {
    let x = values(3000, 12, 0);
    type Change = fn(ParamsBuilder) -> ParamsBuilder;
    let cases: [(&str, u64, Change); 7] = [
        ("squared", 9, |p| p),
        ("logistic", 2, |p| p.objective(Objective::BinaryLogistic).subsample(0.6).colsample_bynode(0.7)),
        ("softprob", 3, |p| p.objective(Objective::Softprob).num_class(3).num_parallel_tree(2).subsample(0.9)),
        ("vectors", 3, |p| vectors(p).num_parallel_tree(2).subsample(0.8)),
        ("goss", 2, |p| p.objective(Objective::BinaryLogistic).sampling_method(SamplingMethod::Goss)),
        ("quantile", 9, |p| p.objective(Objective::Quantile).quantile_alpha(vec![0.2, 0.8])),
        ("poisson", 9, |p| p.objective(Objective::Poisson).num_parallel_tree(3).colsample_bytree(0.7)),
    ];
    for (name, classes, change) in cases {
        let plain = data(&x, 12, classes);
        let weighted = plain.clone().with_weights((0..3000).map(|row| f64::from(row % 4)).collect()).unwrap();
        let margins = plain.clone().with_base_margin((0..3000).map(|row| f64::from(row % 7) * 0.1).collect()).unwrap();
        for data in [plain, weighted, margins] {
            let whole = trainer(change(base(7))).validation("validation", &data).fit_observed(&data, &mut ()).unwrap();
            let first = trainer(change(base(3))).fit(&data).unwrap();
            let more = trainer(change(base(4))).init_model(first).validation("validation", &data);
            let more = more.fit_observed(&data, &mut ()).unwrap();
            assert!(with_rounds(more.model, 7) == whole.model.to_bytes().unwrap(), "{name}");
            assert_eq!(more.history, whole.history[3..], "{name}");
        }
    }
}

#[test]
fn other_data_may_have_other_cuts_and_more_levels() {
    let (x, new) = (values(2000, 12, 0), values(1500, 30, 1 << 40));
    let first = trainer(base(5)).fit(&data(&x, 12, 9)).unwrap();
    let (old, wide) = (Scorer::new(first.clone()).unwrap(), data(&new, 30, 9));
    let more = trainer(base(5)).init_model(first.clone()).fit_observed(&wide, &mut ()).unwrap();
    assert_eq!((more.model.schema.clone(), more.model.num_rounds(), &more.model.base_score), (schema(30), 10, &first.base_score));
    assert!(more.history[0].round == 5 && more.report.round == 9);
    // The trees that were there predict what they did: of levels that they do not know, what they predicted for missing values.
    let mut old_trees = more.model.clone();
    old_trees.trees.truncate(first.trees.len());
    let mut unknown = new.clone();
    unknown.column_mut(1).iter_mut().filter(|level| **level >= 12.0).for_each(|level| *level = f64::NAN);
    let expected = old.margins(unknown.view()).unwrap();
    assert_eq!(Scorer::new(old_trees).unwrap().margins(new.view()).unwrap(), expected);
    assert_eq!(old.margins(new.view()).unwrap(), expected);
    // The metric is that of the whole model.
    let predicted = Scorer::new(more.model).unwrap().predict(new.view()).unwrap();
    let squares: f64 = predicted.iter().zip(wide.labels().unwrap()).map(|(p, y)| (p - y).powi(2)).sum();
    approx::assert_relative_eq!((squares / 1500.0).sqrt(), more.report.values[0].2, max_relative = 1e-9);
}

#[test]
fn early_stopping_and_dart_see_new_rounds_only() {
    let (x, valid) = (values(1500, 12, 0), values(700, 12, 1 << 41));
    let (train, valid) = (data(&x, 12, 9), data(&valid, 12, 5));
    let first = trainer(base(4)).fit(&train).unwrap();
    for params in [base(60).early_stopping_rounds(3), base(60).early_stopping_rounds(3).booster(Booster::Dart).rate_drop(0.3)] {
        let more = trainer(params).init_model(first.clone()).validation("validation", &valid);
        let more = more.fit_observed(&train, &mut ()).unwrap();
        let best = more.model.best_iteration.unwrap() as usize;
        assert!(best >= 4 && best + 1 == more.model.num_rounds() && more.report.round == best && more.history.len() < 60);
        assert_eq!(more.model.trees[..4], first.trees);
    }
}

#[test]
fn checkpoints_know_the_model_that_their_run_went_on_from() {
    let x = values(2000, 12, 0);
    let (data, other) = (data(&x, 12, 2), data(&values(500, 12, 7), 12, 2));
    let params = || base(6).objective(Objective::BinaryLogistic).subsample(0.7);
    let first = trainer(params()).fit(&other).unwrap();
    let going_on = || trainer(params()).init_model(first.clone());
    let mut keeper = Keeper::default();
    let whole = going_on().fit_observed(&data, &mut keeper).unwrap();
    for checkpoint in &keeper.0 {
        let resumed = going_on().resume(checkpoint.clone()).fit_observed(&data, &mut ()).unwrap();
        assert!(resumed.model.to_bytes().unwrap() == whole.model.to_bytes().unwrap());
        assert_eq!(resumed.history, whole.history);
    }
    let last: Checkpoint = keeper.0.pop().unwrap();
    let another = trainer(params().seed(5)).fit(&other).unwrap();
    for (trainer, what) in [
        (trainer(params()), "the model is none, it was one of 6 rounds"),
        (trainer(params()).init_model(another), "the model is another one of as many rounds"),
    ] {
        let message = trainer.resume(last.clone()).fit(&data).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn any_number_of_ranks_goes_on_to_the_same_model() {
    let x = values(4000, 12, 0);
    let first = trainer(base(4)).fit(&data(&values(900, 9, 3), 9, 9)).unwrap();
    let part = |begin: usize, end: usize| data(&x.slice_axis(Axis(0), Slice::from(begin..end)).to_owned(), 12, 9);
    let expected = trainer(base(5)).init_model(first.clone()).fit(&part(0, 4000)).unwrap().to_bytes().unwrap();
    for cuts in [vec![0, 4000], vec![0, 1300, 4000], vec![0, 700, 700, 4000]] {
        let models = Threads::run(cuts.len() - 1, |ranks| {
            let data = part(cuts[ranks.rank()], cuts[ranks.rank() + 1]);
            let params = base(5).build().unwrap();
            Trainer::new(params).init_model(first.clone()).collective(ranks).fit(&data).unwrap().to_bytes().unwrap()
        });
        assert!(models.iter().all(|model| *model == expected), "{cuts:?}");
    }
}

#[test]
fn trees_of_all_outputs_do_not_follow_trees_of_one() {
    let data = data(&values(600, 12, 0), 12, 3);
    let one = |rounds| base(rounds).objective(Objective::Softprob).num_class(3);
    for (first, then, message) in [
        (
            one(2),
            vectors(base(2)),
            "multi_strategy is multi_output_tree, and the model to go on from was trained with one_output_per_tree",
        ),
        (
            vectors(base(2)),
            one(2),
            "multi_strategy is one_output_per_tree, and the model to go on from was trained with multi_output_tree",
        ),
    ] {
        let first = trainer(first).fit(&data).unwrap();
        let error = trainer(then).init_model(first).fit(&data).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let updating = vectors(base(2)).process_type(ProcessType::Update).build().unwrap_err().to_string();
    assert!(updating.contains("multi_strategy cannot be combined with process_type=update"), "{updating}");
}

#[test]
fn a_model_of_something_else_is_refused_by_what_differs() {
    let x = values(600, 12, 0);
    let logistic = |rounds| base(rounds).objective(Objective::BinaryLogistic);
    let first = trainer(logistic(3)).fit(&data(&x, 12, 2)).unwrap();
    let refusal = |params: ParamsBuilder, data: &Dataset, change: fn(&mut Model)| {
        let mut model = first.clone();
        change(&mut model);
        let error = trainer(params).init_model(model).fit(data).unwrap_err();
        assert!(error.is_user_error(), "{error}");
        error.to_string()
    };
    let renamed = |change: fn(&mut FeatureSchema)| {
        let mut schema = schema(12);
        change(&mut schema);
        Dataset::from_array(x.view(), data(&x, 12, 2).labels().unwrap().to_vec(), Some(schema)).unwrap()
    };
    let same = data(&x, 12, 2);
    for (message, expected) in [
        (
            refusal(base(1), &same, |_| {}),
            "objective is reg:squarederror, and the model to go on from was trained with binary:logistic",
        ),
        (
            refusal(logistic(1).num_parallel_tree(2), &same, |_| {}),
            "num_parallel_tree is 2, and the model to go on from was trained with 1",
        ),
        (refusal(logistic(1), &same, |model| model.aggregation = sapwood_score::Aggregation::Mean), "averages its trees"),
        (
            refusal(logistic(1), &same, |model| model.classes = Some(vec!["no".into(), "yes".into()])),
            "the labels are numbers, those of",
        ),
        (
            refusal(logistic(1), &renamed(|schema| schema.features[2].name = "d".into()), |_| {}),
            "feature 2 is \"d\" in the data, \"c\" in the model",
        ),
        (
            refusal(logistic(1), &renamed(|schema| schema.features[2].kind = FeatureKind::Date), |_| {}),
            "(\"c\") is date in the data, numeric in",
        ),
        (
            refusal(
                logistic(1),
                &renamed(|schema| {
                    let FeatureKind::Categorical { levels } = &mut schema.features[1].kind else { panic!("no levels") };
                    levels.swap(0, 1);
                }),
                |_| {},
            ),
            "(\"b\") has other levels in the data",
        ),
    ] {
        assert!(message.contains(expected), "{message}");
    }
}
