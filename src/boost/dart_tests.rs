//! Dropping trees, against XGBoost, and against what the model of every round predicts.

use super::checkpoint::Checkpoint;
use super::events::Observer;
use crate::params::{Booster, MultiStrategy, NormalizeType, ParamsBuilder, SampleType};
use crate::{Dataset, GrowPolicy, Model, Objective, Params, Trainer};
use ndarray::Array2;
use sapwood_score::Scorer;

/// Three features of few values, some of which are missing, as the script below has them.
pub(super) fn features(rows: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, 3), |(row, column)| match column {
        0 => (row * 7 % 11) as f64,
        1 if row.is_multiple_of(9) => f64::NAN,
        1 => (row * 5 % 13) as f64,
        _ => (row * 3 % 4) as f64,
    })
}

pub(super) fn amounts(x: &Array2<f64>) -> Vec<f64> {
    let amount = |row: ndarray::ArrayView1<'_, f64>| row[0] * 0.5 + if row[1].is_nan() { 3.0 } else { row[1] } * 0.25 * row[2];
    x.rows().into_iter().map(amount).collect()
}

pub(super) fn classes(amounts: &[f64]) -> Vec<f64> {
    amounts.iter().map(|&amount| f64::from(u8::from(amount >= 3.0)) + f64::from(u8::from(amount >= 7.0))).collect()
}

fn dart(rounds: u32) -> ParamsBuilder {
    Params::builder().booster(Booster::Dart).num_round(rounds).max_depth(3).base_score(0.5).eta(0.4)
}

/// The margins of XGBoost 3.2, where what is dropped is no matter of chance:
///
/// ```python
/// x = np.array([[(r*7)%11, (r*5)%13, (r*3)%4] for r in range(60)], dtype=float); x[::9, 1] = np.nan
/// y = x[:,0]*0.5 + np.where(np.isnan(x[:,1]), 3, x[:,1])*0.25*x[:,2]
/// b = xgb.train(dict(booster='dart', tree_method='hist', max_depth=3, base_score=0.5, eta=0.4, **p), xgb.DMatrix(x, y), rounds)
/// b.predict(d, output_margin=True)[[0, 1, 2, 9, 17, 33]]               # classes: np.digitize(y, [3, 7])
/// ```
#[test]
fn margins_are_those_of_xgboost() {
    let x = features(60);
    let y = amounts(&x);
    let check = |name: &str, params: ParamsBuilder, labels: &[f64], expected: &[f64]| {
        let data = Dataset::from_array(x.view(), labels.to_vec(), None).unwrap();
        let model = Trainer::new(params.build().unwrap()).fit(&data).unwrap();
        let margins = Scorer::new(model).unwrap().margins(x.view()).unwrap();
        let found: Vec<f64> = [0, 1, 2, 9, 17, 33].iter().flat_map(|&row| margins.row(row).to_vec()).collect();
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5),
            "{name}: {found:?}"
        );
    };
    check("tree", dart(6).rate_drop(1.0), &y, &[0.522961, 5.205849, 5.205849, 2.979755, 5.205849, 5.205849]);
    check(
        "forest",
        dart(6).rate_drop(1.0).normalize_type(NormalizeType::Forest),
        &y,
        &[0.527764, 6.190243, 6.190243, 3.498483, 6.190243, 6.190243],
    );
    check("one", dart(2).one_drop(true), &y, &[0.517857, 4.159864, 4.159864, 2.428571, 4.159864, 4.159864]);
    check("skip", dart(4).rate_drop(1.0).skip_drop(1.0), &y, &[0.420196, 6.490193, 5.346063, 5.278288, 7.207979, 5.782978]);
    check(
        "parallel",
        dart(6).rate_drop(1.0).num_parallel_tree(2),
        &y,
        &[0.52243, 5.097003, 5.097003, 2.922398, 5.097003, 5.097003],
    );
    let softprob = dart(4).rate_drop(1.0).objective(Objective::Softprob).num_class(3);
    let expected = [
        1.179035, 0.352986, 0.076255, 0.083259, 0.305306, 1.100306, 0.126225, 0.352986, 0.076255, 0.083259, 1.267604, 0.17256,
        0.083259, 0.305306, 1.100306, 0.5, 1.181428, 1.100306,
    ];
    check("classes", softprob, &classes(&y), &expected);
}

/// Keeps the checkpoint after every round.
#[derive(Default)]
pub(super) struct Keeper(pub(super) Vec<Checkpoint>);

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

/// Labels with noise, so that a validation set tells when to stop.
fn noisy(rows: usize, shift: u64) -> (Array2<f64>, Dataset) {
    let x = Array2::from_shape_fn((rows, 4), |(row, column)| {
        (crate::sampling::mix(row as u64 * 8 + column as u64 + shift) % 50) as f64
    });
    let noise = |row: usize| (crate::sampling::mix(row as u64 * 8 + 7 + shift) % 90) as f64;
    let labels = x.rows().into_iter().enumerate().map(|(row, x)| x[0] + x[1] * x[2] / 25.0 + noise(row)).collect();
    let data = Dataset::from_array(x.view(), labels, None).unwrap();
    (x, data)
}

fn rmse(model: &Model, x: &Array2<f64>, labels: &[f64]) -> f64 {
    let predicted = Scorer::new(model.clone()).unwrap().predict(x.view()).unwrap();
    let squares = predicted.iter().zip(labels).map(|(predicted, label)| (predicted - label).powi(2));
    (squares.sum::<f64>() / labels.len() as f64).sqrt()
}

/// XGBoost has no such trees. Of targets that are all the same they are those of one target, gains times their number: so are the margins,
/// which are XGBoost's.
#[test]
fn trees_of_equal_targets_are_those_of_one() {
    let x = features(60);
    let y = amounts(&x);
    let one = Dataset::from_array(x.view(), y.clone(), None).unwrap();
    let three = one.clone().with_another_target(y.clone()).unwrap().with_another_target(y.clone()).unwrap();
    let dart = |change: fn(ParamsBuilder) -> ParamsBuilder| change(dart(6).rate_drop(0.6).min_child_weight(0.0));
    for change in [
        (|p| p) as fn(ParamsBuilder) -> ParamsBuilder,
        |p| p.normalize_type(NormalizeType::Forest).num_parallel_tree(2).subsample(0.8),
        |p| p.sample_type(SampleType::Weighted).one_drop(true).rate_drop(0.1).grow_policy(GrowPolicy::Lossguide),
    ] {
        let margins = |params: ParamsBuilder, data: &Dataset| {
            let model = Trainer::new(params.build().unwrap()).fit(data).unwrap();
            assert!(model.trees.iter().any(|tree| tree.weight != 1.0));
            Scorer::new(model).unwrap().margins(x.view()).unwrap()
        };
        let expected = margins(dart(change), &one);
        let found = margins(dart(change).multi_strategy(MultiStrategy::MultiOutputTree), &three);
        for (row, expected) in expected.rows().into_iter().enumerate() {
            assert!(found.row(row).iter().all(|margin| (margin - expected[0]).abs() < 1e-12), "{row}: {found} {expected}");
        }
    }
}

/// Weights change in later rounds: the model that is kept is that of the best round all the same.
#[test]
fn the_model_of_every_round_predicts_what_its_metrics_say() {
    let ((x, data), (x_valid, valid)) = (noisy(3000, 0), noisy(800, 1 << 40));
    for (name, params) in [
        ("uniform", Params::builder().rate_drop(0.2).skip_drop(0.2)),
        ("weighted", Params::builder().rate_drop(0.1).one_drop(true).sample_type(SampleType::Weighted)),
        ("forest", Params::builder().rate_drop(0.3).normalize_type(NormalizeType::Forest).num_parallel_tree(3).subsample(0.6)),
    ] {
        let params = params.booster(Booster::Dart).num_round(60).eta(0.3).early_stopping_rounds(8);
        let params = params.grow_policy(GrowPolicy::Lossguide).max_leaves(15).max_depth(0).build().unwrap();
        let mut keeper = Keeper::default();
        let trainer = || Trainer::new(params.clone()).validation("validation", &valid);
        let whole = trainer().fit_observed(&data, &mut keeper).unwrap();
        for checkpoint in &keeper.0 {
            let report = &checkpoint.history[checkpoint.rounds() - 1];
            for (of, x, data) in [(0, &x, &data), (1, &x_valid, &valid)] {
                let found = rmse(&checkpoint.model, x, data.labels().unwrap());
                assert!((found - report.values[of].2).abs() < 1e-10 * found, "{name}: round {}: {found}", report.round);
            }
        }
        let best = whole.model.best_iteration.unwrap() as usize;
        assert!(best + 1 < keeper.0.len(), "{name}: training did not stop early");
        assert_eq!(whole.model.trees, keeper.0[best].model.trees, "{name}");
        assert!(whole.model.trees.iter().any(|tree| tree.weight != 1.0), "{name}");
        for checkpoint in keeper.0.iter().step_by(3).chain(keeper.0.last()) {
            let resumed = trainer().resume(checkpoint.clone()).fit_observed(&data, &mut ()).unwrap();
            assert!(resumed.model.to_bytes().unwrap() == whole.model.to_bytes().unwrap(), "{name}: after {}", checkpoint.rounds());
            assert_eq!(resumed.history, whole.history, "{name}");
        }
    }
}

/// A run that is taken up again with fewer rounds gives the weights of those.
#[test]
fn fewer_rounds_are_those_of_a_run_that_asked_for_them() {
    let data = noisy(2000, 5).1;
    let trainer = |rounds| Trainer::new(dart(rounds).rate_drop(0.4).build().unwrap());
    let mut keeper = Keeper::default();
    trainer(9).fit_observed(&data, &mut keeper).unwrap();
    let last = keeper.0.pop().unwrap();
    for rounds in [4, 9, 12] {
        let resumed = trainer(rounds).resume(last.clone()).fit(&data).unwrap();
        assert!(resumed.to_bytes().unwrap() == trainer(rounds).fit(&data).unwrap().to_bytes().unwrap(), "{rounds}");
    }
}

#[test]
fn without_drops_it_is_gbtree() {
    let data = noisy(2000, 9).1;
    let gbtree = Trainer::new(dart(6).booster(Booster::Gbtree).build().unwrap()).fit(&data).unwrap();
    for params in [dart(6), dart(6).rate_drop(0.9).skip_drop(1.0)] {
        assert_eq!(Trainer::new(params.build().unwrap()).fit(&data).unwrap().trees, gbtree.trees);
    }
}
