//! Trials are functions of the seed; a search finds what is planted, whatever the threads, and goes on where it was stopped.

use super::{Found, Judges, Search, Space, Trial, search};
use crate::sampling::mix;
use crate::{Dataset, Params};
use ndarray::Array2;
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Labels with much noise: large leaves are better than small ones.
fn noisy(rows: usize) -> Dataset {
    let x = Array2::from_shape_fn((rows, 4), |(row, column)| (mix((row * 4 + column) as u64) % 1000) as f64 / 1000.0);
    let noise = |row: usize| (mix(row as u64 ^ 0xabc) % 1000) as f64 / 100.0;
    let y = x.rows().into_iter().enumerate().map(|(row, x)| 3.0 * x[0] + x[1] * x[2] + noise(row)).collect();
    Dataset::from_array(x.view(), y, None).unwrap()
}

fn given(threads: usize) -> Vec<(String, String)> {
    let threads = threads.to_string();
    let pairs = [("num_round", "40"), ("early_stopping_rounds", "5"), ("nfold", "3"), ("nthread", &threads), ("seed", "7")];
    pairs.map(|(name, value)| (name.to_string(), value.to_string())).to_vec()
}

fn searched(
    threads: usize,
    known: &[Trial],
    trials: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> (crate::Result<Found>, Vec<Trial>) {
    let (data, given) = (noisy(600), given(threads));
    let (params, _) = Params::from_pairs(given.clone()).unwrap();
    let folds = data.folds(&params).unwrap();
    let judges = Judges::folds(&data, &folds, &params).unwrap();
    let space: Space = "min_child_weight=1..200:log, max_leaves=4..64:log".parse().unwrap();
    let mut told = Vec::new();
    let what = Search { given, space, lowers_eta: false, trials, time_budget: None };
    let found = search(&what, &judges, known, &mut |trial| told.push(trial.clone()), stop);
    (found, told)
}

#[test]
fn any_number_of_threads_finds_the_same() {
    let (found, told) = searched(1, &[], 19, &|| false);
    let found = found.unwrap();
    assert!(found.is_complete && found.trials == 19);
    // Trial 0 on two rungs; twelve and four; six and two.
    assert_eq!(told.len(), 2 + 16 + 8);
    let first = &told[0].judgement;
    assert!(found.best.judgement.value < first.value, "{} {}", found.best.judgement.value, first.value);
    for threads in [2, 7] {
        let (again, told_again) = searched(threads, &[], 19, &|| false);
        assert_eq!(again.unwrap().best, found.best);
        assert_eq!(told_again, told);
    }
}

#[test]
fn good_trials_are_tried_at_lower_rates() {
    let data = noisy(300);
    let pairs = [
        ("tune", "38"),
        ("tune_search", "lambda=0.1..100:log"),
        ("num_round", "40"),
        ("early_stopping_rounds", "5"),
        ("nfold", "2"),
    ];
    let what = Search::new(pairs.map(|(name, value)| (name.to_string(), value.to_string())).to_vec(), false).unwrap();
    assert!(what.lowers_eta && what.trials == 38 && what.given.iter().all(|(name, _)| !name.starts_with("tune")));
    let (params, _) = Params::from_pairs(what.given.clone()).unwrap();
    let folds = data.folds(&params).unwrap();
    let judges = Judges::folds(&data, &folds, &params).unwrap();
    let mut told = Vec::new();
    let found = search(&what, &judges, &[], &mut |trial: &Trial| told.push(trial.clone()), &|| false).unwrap();
    let eta = |trial: &Trial| what.params_of(trial).unwrap().eta;
    // The second generation has one trial with half the rate of the best of the first; the third another one.
    let lowered: Vec<_> = told.iter().filter(|trial| trial.rung == 0 && eta(trial) < 0.1).collect();
    assert_eq!(lowered.iter().map(|trial| trial.number).collect::<Vec<_>>(), [13, 25, 37]);
    let first = told.iter().filter(|trial| trial.finished && trial.number < 13);
    let best = first.min_by(|a, b| a.judgement.value.total_cmp(&b.judgement.value)).unwrap();
    let lambda = |trial: &Trial| what.params_of(trial).unwrap().lambda;
    assert_eq!((eta(lowered[0]), lambda(lowered[0])), (0.05, lambda(best)));
    assert!(told.iter().filter(|trial| trial.finished).all(|trial| trial.judgement.value >= found.best.judgement.value));
}

#[test]
fn a_search_goes_on_where_it_was_stopped() {
    let rounds = AtomicUsize::new(0);
    let count = || rounds.fetch_add(1, Ordering::Relaxed);
    let (whole, all) = searched(1, &[], 12, &|| count() == usize::MAX);
    let half = rounds.swap(0, Ordering::Relaxed) / 2;
    let (partial, told) = searched(1, &[], 12, &|| count() > half);
    assert!(!partial.unwrap().is_complete);
    assert!(!told.is_empty() && told.len() < all.len() && told == all[..told.len()]);
    let (resumed, more) = searched(2, &told, 12, &|| false);
    assert_eq!(resumed.unwrap().best, whole.unwrap().best);
    assert_eq!(more, all[told.len()..]);
    let (stopped, _) = searched(1, &[], 12, &|| true);
    assert!(stopped.unwrap_err().to_string().contains("stopped before the given parameters were judged"));
}

#[test]
fn a_validation_set_judges_as_training_with_it_would() {
    let (train, validation, given) = (noisy(400), noisy(150), given(1));
    let (params, _) = Params::from_pairs(given.clone()).unwrap();
    let judges = Judges::validation(&train, &validation, &params).unwrap();
    let what = Search { given, space: "max_leaves=4..64".parse().unwrap(), lowers_eta: false, trials: 1, time_budget: None };
    let best = search(&what, &judges, &[], &mut |_| (), &|| false).unwrap().best.judgement;
    let trained = crate::Trainer::new(params).validation("validation", &validation).fit_observed(&train, &mut ()).unwrap();
    assert_eq!(Some(best.value), trained.model.best_score);
    assert_eq!(Some(best.best_round as u32), trained.model.best_iteration);
    assert_eq!((best.deviation, best.rounds), (0.0, trained.history.len()));
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let cases = [
        ("max_leavs=1..3", "max_leaves"),
        ("", "is empty"),
        ("eta=0.1..0.3,", "is empty"),
        ("eta=0.3..0.1", "its first value is not below its last"),
        ("eta=0..0.1:log", "a logarithmic scale begins above 0"),
        ("eta=0.1..0.3:ln", "is no range"),
        ("eta=a..b", "is no range"),
        ("eta=0.1..7", "eta"),
        ("grow_policy=depthwise|sideways", "sideways"),
        ("eta=0.1..0.3, learning_rate=0.1..0.2", "eta is named twice"),
        ("num_round=1..9", "early stopping finds the number of rounds"),
        ("max_bin=16..256", "share the data and their bins"),
        ("objective=reg:squarederror|reg:gamma", "not judged alike"),
        ("nthread=1..4", "does not decide the model"),
        ("grow_policy", "no range of its own"),
        ("seed=1..9", "share the data"),
    ];
    for (text, expected) in cases {
        let error = text.parse::<Space>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    let twice = given(1).into_iter().chain([("learning_rate".into(), "0.1".into())]).collect::<Vec<_>>();
    let error = "eta".parse::<Space>().unwrap().check(&twice).unwrap_err();
    assert!(error.to_string().contains("eta has a value, and is searched"));
    let usual = Space::usual(&[("num_leaves".into(), "31".into())]).unwrap();
    assert!(usual.parameters().all(|parameter| parameter != "max_depth") && usual.parameters().count() == 5);
    assert_eq!(usual.to_string().parse::<Space>().unwrap(), usual);
}

#[test]
fn values_have_places() {
    let space: Space = "eta=0.01..1:log, max_depth=3..5, lambda=0.1..10:log, grow_policy=depthwise|lossguide".parse().unwrap();
    let pairs = [("num_round", "1"), ("eta", "0.1"), ("max_depth", "4"), ("lambda", "0"), ("grow_policy", "lossguide")];
    let placed = space.placed(&Params::from_pairs(pairs).unwrap().0);
    let expected = [("0.1", 0.5), ("4", 0.5), ("0", 0.0), ("lossguide", 0.75)];
    for ((value, place), (text, at)) in placed.iter().zip(expected) {
        assert!(value == text && (place - at).abs() < 1e-12, "{value} {place}");
    }
    let axes = space.axes();
    assert_eq!(axes[1].1.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["3", "4", "5"]);
    assert_eq!(axes[3].1, [(0.25, "depthwise".to_string()), (0.75, "lossguide".to_string())]);
    assert!(axes.iter().flat_map(|(_, marks)| marks).all(|(place, _)| (0.0..=1.0).contains(place)));
}

proptest! {
    #[test]
    fn values_lie_in_their_ranges(seed in any::<i64>(), trial in 1..10_000usize) {
        let space: Space = "eta=0.01..0.3:log, max_leaves=8..256:log, max_depth=3..5, grow_policy=depthwise|lossguide".parse().unwrap();
        let values = space.sample(seed, trial);
        let number = |index: usize| values[index].1.parse::<f64>().unwrap();
        prop_assert!((0.01..=0.3).contains(&number(0)));
        prop_assert!((8.0..=256.0).contains(&number(1)) && number(1).fract() == 0.0);
        prop_assert!([3.0, 4.0, 5.0].contains(&number(2)));
        prop_assert!(["depthwise", "lossguide"].contains(&&*values[3].1));
        prop_assert_eq!(&values, &space.sample(seed, trial));
        prop_assert!(values != space.sample(seed, trial + 1));
    }
}
