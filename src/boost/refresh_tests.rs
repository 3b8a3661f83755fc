//! Leaves and statistics of finished trees on other data, against XGBoost and LightGBM.

use super::dart_tests::{amounts, classes, features};
use crate::collective::Threads;
use crate::params::{Booster, ParamsBuilder, ProcessType};
use crate::{Dataset, GrowPolicy, Model, Objective, Params, Trainer};
use ndarray::{Array2, Axis, Slice};
use sapwood_score::{Node, Scorer};

/// The features of [`features`] with other values, and labels that follow from them in another way.
fn others() -> (Array2<f64>, Vec<f64>) {
    let x = Array2::from_shape_fn((60, 3), |(row, column)| match column {
        0 => ((row * 7 + 3) % 11) as f64,
        1 if row.is_multiple_of(9) => f64::NAN,
        1 => ((row * 5 + 3) % 13) as f64,
        _ => ((row * 3 + 3) % 4) as f64,
    });
    let label = |row: ndarray::ArrayView1<'_, f64>| row[0] + if row[1].is_nan() { 3.0 } else { row[1] } * 0.25 * row[2] + 1.0;
    let labels = x.rows().into_iter().map(label).collect();
    (x, labels)
}

fn data(x: &Array2<f64>, labels: &[f64]) -> Dataset {
    Dataset::from_array(x.view(), labels.to_vec(), None).unwrap()
}

fn base(rounds: u32) -> ParamsBuilder {
    Params::builder().num_round(rounds).max_depth(3).base_score(0.5).eta(0.4)
}

fn refreshed(model: &Model, params: ParamsBuilder, data: &Dataset) -> Model {
    Trainer::new(params.process_type(ProcessType::Update).build().unwrap()).init_model(model.clone()).fit(data).unwrap()
}

fn margins(model: &Model, x: &Array2<f64>) -> Vec<f64> {
    let margins = Scorer::new(model.clone()).unwrap().margins(x.view()).unwrap();
    [0, 1, 2, 9, 17, 33].iter().flat_map(|&row| margins.row(row).to_vec()).collect()
}

fn are_near(name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-5 * (1.0 + b.abs())), "{name}: {found:?}");
}

/// Gain and cover of the root of the first tree and of its children.
fn statistics(model: &Model) -> Vec<f64> {
    let statistics = |node: &Node| match node {
        Node::Split(split) => [split.gain, split.cover],
        Node::Leaf(_) => panic!("a leaf"),
    };
    model.trees[0].nodes[..3].iter().flat_map(statistics).collect()
}

/// XGBoost 3.2: some rounds on one data set, then
/// `xgb.train(dict(p, process_type='update', updater='refresh'), xgb.DMatrix(z, w), rounds, xgb_model=b)` on the other.
#[test]
fn leaves_and_statistics_are_those_of_xgboost() {
    let (x, (z, w)) = (features(60), others());
    let y = amounts(&x);
    let then = |params: ParamsBuilder, labels: &[f64]| Trainer::new(params.build().unwrap()).fit(&data(&x, labels)).unwrap();
    let model = then(base(4), &y);
    let found = refreshed(&model, base(4), &data(&z, &w));
    are_near("squared", &margins(&found, &z), &[5.527935, 9.64389, 6.49641, 2.73547, 7.221716, 8.610431]);
    let expected = [89.68251, 60.0, 160.01854, 30.0, 153.49834, 30.0];
    are_near("statistics", &statistics(&found), &expected);
    let two = refreshed(&model, base(2), &data(&z, &w));
    are_near("two rounds", &margins(&two, &z), &[4.83011, 6.937667, 5.77719, 2.525143, 5.548953, 6.937667]);
    assert_eq!(two.num_rounds(), 2);
    let kept = refreshed(&model, base(4).refresh_leaf(false), &data(&z, &w));
    are_near("leaves as they were", &margins(&kept, &z), &[2.983636, 5.550208, 3.612561, 0.915202, 4.456155, 5.346063]);
    are_near("statistics alone", &statistics(&kept), &expected);
    assert_eq!(margins(&kept, &z), margins(&model, &z));
    let parallel = || base(4).num_parallel_tree(2).alpha(0.3);
    let found = refreshed(&then(parallel(), &y), parallel(), &data(&z, &w));
    are_near("parallel", &margins(&found, &z), &[5.322146, 8.62125, 7.06684, 2.717945, 7.038797, 8.614135]);
    // On the first feature alone: of several, some splits would be as good as others.
    let first = |x: &Array2<f64>| x.slice_axis(Axis(1), Slice::from(0..1)).to_owned();
    let softprob = || base(4).objective(Objective::Softprob).num_class(3);
    let class = |&amount: &f64| f64::from(u8::from(amount >= 4.0)) + f64::from(u8::from(amount >= 9.0));
    let labels: Vec<f64> = w.iter().map(class).collect();
    let model = Trainer::new(softprob().build().unwrap()).fit(&data(&first(&x), &classes(&y))).unwrap();
    let found = refreshed(&model, softprob(), &data(&first(&z), &labels));
    let expected = [
        0.000351, 1.351603, -0.267467, -0.443529, -0.336125, 1.666246, -0.443529, 0.969019, 0.338643, 1.236573, 0.289744, 0.289744,
        1.236573, 0.707298, -0.267467, 0.000351, 1.351603, -0.267467,
    ];
    are_near("classes", &margins(&found, &first(&z)), &expected);
}

/// LightGBM 4, on the first feature alone: `lgb.train(dict(objective='regression', learning_rate=0.4, num_leaves=4, min_data_in_leaf=1,
/// min_sum_hessian_in_leaf=0, boost_from_average=False, lambda_l2=1, min_data_in_bin=1), lgb.Dataset(x, y), 3).refit(z, w,
/// decay_rate=0.9).predict(z)`
#[test]
fn leaves_decay_as_those_of_lightgbm() {
    let first = |x: Array2<f64>| x.slice_axis(Axis(1), Slice::from(0..1)).to_owned();
    let (z, w) = others();
    let (y, x, z) = (amounts(&features(60)), first(features(60)), first(z));
    let params = || {
        let params = base(3).base_score(0.0).max_leaves(4).max_depth(0).grow_policy(GrowPolicy::Lossguide);
        params.min_child_weight(0.0)
    };
    let model = Trainer::new(params().build().unwrap()).fit(&data(&x, &y)).unwrap();
    are_near("before", &margins(&model, &z), &[3.557805, 4.821459, 3.331963, 1.408694, 2.285634, 3.557805]);
    let refit = |decay: f64| margins(&refreshed(&model, params().refit_decay_rate(decay), &data(&z, &w)), &z);
    are_near("0.9", &refit(0.9), &[3.756064, 5.527789, 3.65599, 1.612137, 2.378766, 3.756064]);
    are_near("0", &refit(0.0), &[4.777392, 9.805148, 5.637112, 2.935859, 2.635172, 4.777392]);
    are_near("1", &refit(1.0), &margins(&model, &z));
}

/// Values without ties.
fn many(rows: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, 4), |(row, column)| (crate::sampling::mix((row * 4 + column) as u64) % 997) as f64 / 10.0)
}

/// On the rows that trees were grown on, everything comes out as it was.
#[test]
fn on_the_same_data_nothing_changes() {
    let x = many(3000);
    type Change = fn(ParamsBuilder) -> ParamsBuilder;
    let cases: [(&str, f64, Change); 5] = [
        ("squared", 60.0, |p| p),
        ("logistic", 2.0, |p| p.objective(Objective::BinaryLogistic).lambda(3.0).alpha(0.1)),
        ("softprob", 3.0, |p| p.objective(Objective::Softprob).num_class(3).num_parallel_tree(2)),
        ("quantile", 60.0, |p| p.objective(Objective::Quantile).quantile_alpha(vec![0.1, 0.7])),
        ("poisson", 9.0, |p| p.objective(Objective::Poisson).max_delta_step(0.3)),
    ];
    for (name, most, change) in cases {
        let labels: Vec<f64> =
            x.rows().into_iter().map(|row| ((row[0] + row[1] * row[2] / 100.0) * most / 200.0).floor()).collect();
        let plain = data(&x, &labels);
        let weighted = plain.clone().with_weights((0..3000).map(|row| f64::from(row % 4)).collect()).unwrap();
        for data in [plain, weighted] {
            let params = || change(Params::builder().num_round(5).max_depth(4).eta(0.3));
            let model = Trainer::new(params().build().unwrap()).fit(&data).unwrap();
            let found = refreshed(&model, params(), &data);
            for (now, then) in found.trees.iter().zip(&model.trees) {
                for (now, then) in now.nodes.iter().zip(&then.nodes) {
                    match (now, then) {
                        (Node::Leaf(now), Node::Leaf(then)) => assert_eq!(now, then, "{name}"),
                        (Node::Split(now), Node::Split(then)) => {
                            approx::assert_relative_eq!(now.cover, then.cover, max_relative = 1e-9);
                            approx::assert_relative_eq!(now.gain, then.gain, max_relative = 0.05, epsilon = 0.05);
                        }
                        _ => panic!("{name}: another node"),
                    }
                }
            }
        }
    }
}

#[test]
fn any_number_of_ranks_and_threads_gives_the_same_model() {
    let x = many(4000);
    let labels: Vec<f64> = x.rows().into_iter().map(|row| row[0] * 2.0 + row[1]).collect();
    let model = Trainer::new(base(6).build().unwrap()).fit(&data(&x, &labels)).unwrap();
    let moved: Vec<f64> = labels.iter().map(|label| label * 3.0 + 5.0).collect();
    for objective in [Objective::SquaredError, Objective::AbsoluteError] {
        let mut model = model.clone();
        model.objective = objective.into();
        let params = || base(6).objective(objective).refit_decay_rate(0.25).process_type(ProcessType::Update).build().unwrap();
        let part = |begin: usize, end: usize| data(&x.slice_axis(Axis(0), Slice::from(begin..end)).to_owned(), &moved[begin..end]);
        let expected = Trainer::new(params()).init_model(model.clone()).fit(&part(0, 4000)).unwrap().to_bytes().unwrap();
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| Trainer::new(params()).init_model(model.clone()).fit(&part(0, 4000)).unwrap());
            assert!(found.to_bytes().unwrap() == expected, "{threads} threads");
        }
        for cuts in [vec![0, 4000], vec![0, 1300, 4000], vec![0, 700, 700, 4000]] {
            let models = Threads::run(cuts.len() - 1, |ranks| {
                let data = part(cuts[ranks.rank()], cuts[ranks.rank() + 1]);
                let trainer = Trainer::new(params()).init_model(model.clone()).collective(ranks);
                trainer.fit(&data).unwrap().to_bytes().unwrap()
            });
            assert!(models.iter().all(|model| *model == expected), "{cuts:?}");
        }
    }
}

#[test]
fn what_cannot_be_updated_is_refused() {
    let x = features(60);
    let train = data(&x, &amounts(&x));
    let model = Trainer::new(base(3).build().unwrap()).fit(&train).unwrap();
    let dropped = Trainer::new(base(3).booster(Booster::Dart).rate_drop(1.0).build().unwrap()).fit(&train).unwrap();
    let refusal = |params: ParamsBuilder, model: Option<&Model>| {
        let trainer = Trainer::new(params.process_type(ProcessType::Update).build().unwrap());
        let trainer = model.into_iter().fold(trainer, |trainer, model| trainer.init_model(model.clone()));
        trainer.fit(&train).unwrap_err().to_string()
    };
    for (message, expected) in [
        (
            refusal(base(4), Some(&model)),
            "num_round=4, and the model has 3 rounds: process_type=update adds none; give num_round=3",
        ),
        (refusal(base(3), Some(&dropped)), "the model dropped trees (booster=dart)"),
        (refusal(base(3), None), "process_type=update needs a model; give it with --model-in"),
    ] {
        assert!(message.contains(expected), "{message}");
    }
    let refused = |pairs: &[(&str, &str)]| {
        let base = [("num_round", "1"), ("process_type", "update")];
        Params::from_pairs(base.iter().chain(pairs).copied()).map(|(_, notes)| notes.len()).map_err(|error| error.to_string())
    };
    assert!(refused(&[("updater", "grow_colmaker")]).unwrap_err().contains("cannot be combined with process_type=update"));
    assert!(refused(&[("updater", "refresh,prune")]).unwrap_err().contains("use updater=refresh"));
    assert!(refused(&[("booster", "dart")]).unwrap_err().contains("booster cannot be combined with process_type=update"));
    assert!(refused(&[("monotone_constraints", "(1)")]).unwrap_err().contains("may go either way"));
    assert_eq!(refused(&[("updater", "refresh"), ("refresh_leaf", "1"), ("refit_decay_rate", "0.9")]), Ok(0));
}
