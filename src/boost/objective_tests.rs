//! Every objective with every booster: the same bytes on any number of threads, and after an interruption in any round.

use super::constraint_tests::{data_for, objectives, with_objective};
use super::dart_tests::Keeper;
use crate::params::{Booster, MonotoneMethod, MultiStrategy, ParamsBuilder, PerFeature};
use crate::{Dataset, GrowPolicy, Objective, Trainer};

/// Boosters and ways to grow, with samples of rows and of features.
fn boosters(objective: Objective) -> Vec<(&'static str, ParamsBuilder)> {
    let base = || with_objective(crate::Params::builder(), objective).num_round(5).eta(0.4).min_child_weight(0.01).max_depth(4);
    let sampled = || base().subsample(0.8).colsample_bynode(0.7).seed(3);
    let dart = || sampled().booster(Booster::Dart).rate_drop(0.5).one_drop(true);
    let leafwise = |params: ParamsBuilder| params.grow_policy(GrowPolicy::Lossguide).max_leaves(9).max_depth(0);
    let mut boosters = vec![
        ("gbtree", base()),
        ("gbtree, leaf by leaf, of samples", leafwise(sampled()).num_parallel_tree(2)),
        ("dart", dart()),
        ("dart, leaf by leaf", leafwise(dart())),
    ];
    let directions = PerFeature::List(vec![1.0, -1.0, 0.0, 0.0, 0.0, 0.0]);
    for method in [MonotoneMethod::Basic, MonotoneMethod::Intermediate] {
        let params = leafwise(sampled()).monotone_constraints(directions.clone());
        boosters.push(("constrained", params.monotone_constraints_method(method)));
    }
    if objective.is_multiclass() || objective == Objective::Expectile {
        let of_all = |params: ParamsBuilder| params.multi_strategy(MultiStrategy::MultiOutputTree);
        boosters.extend([("trees of all outputs", of_all(leafwise(base()))), ("dart, trees of all outputs", of_all(dart()))]);
    }
    boosters
}

fn fit(trainer: Trainer<'_>, data: &Dataset, threads: usize, keeper: &mut Keeper) -> (Vec<u8>, String) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let trained = pool.install(|| trainer.fit_observed(data, keeper).unwrap());
    (trained.model.to_bytes().unwrap(), format!("{:?}", trained.history))
}

#[test]
fn neither_threads_nor_interruptions_change_a_model() {
    for objective in objectives() {
        let (data, valid) = (data_for(objective, 21, 1200), data_for(objective, 22, 240));
        for (name, params) in boosters(objective) {
            let params = params.build().unwrap();
            let trainer = || Trainer::new(params.clone()).validation("validation", &valid);
            let mut keeper = Keeper::default();
            let whole = fit(trainer(), &data, 1, &mut keeper);
            for threads in [2, 3, 7] {
                let found = fit(trainer(), &data, threads, &mut Keeper::default());
                assert!(found == whole, "{name} of {}: {threads} threads", objective.name());
            }
            assert_eq!(keeper.0.len(), 5);
            for checkpoint in keeper.0 {
                let rounds = checkpoint.rounds();
                let found = fit(trainer().resume(checkpoint), &data, 2, &mut Keeper::default());
                assert!(found == whole, "{name} of {}: resumed after {rounds} rounds", objective.name());
            }
        }
    }
}
