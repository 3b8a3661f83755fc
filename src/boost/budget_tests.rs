//! A time budget is kept to whatever the clock does, and the plan that it ends with makes the same model without a clock.

use super::{Checkpoint, Clock, MemberReport, RoundReport};
use crate::params::{Booster, ParamsBuilder, Preset, spec};
use crate::preset::Plan;
use crate::sampling::mix;
use crate::{Dataset, ErrorKind, Objective, Observer, Params, Trained, Trainer};
use ndarray::Array2;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const ROWS: usize = 150;

fn data(classes: usize) -> Dataset {
    let x = Array2::from_shape_fn((ROWS, 4), |(row, column)| (mix((row * 4 + column) as u64) % 23) as f64);
    let signal = |row: usize| x[[row, 0]] + 2.0 * x[[row, 1]] + (mix(row as u64 + 999) % 9) as f64;
    let label = |row: usize| if classes > 0 { (signal(row) * classes as f64 / 75.0).floor() } else { signal(row) };
    Dataset::from_array(x.view(), (0..ROWS).map(label).collect(), None).unwrap()
}

/// Each time it is read, a millisecond has gone; after so many of them it stands still for long, once.
#[derive(Default)]
struct Ticks {
    read: AtomicU64,
    stalls_after: Option<u64>,
}

const STALL: u64 = 1_000_000;

impl Ticks {
    fn stalling_after(stalls_after: u64) -> Self {
        Self { read: AtomicU64::new(0), stalls_after: Some(stalls_after) }
    }

    fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Clock for Ticks {
    fn elapsed(&self) -> Duration {
        let read = self.read.fetch_add(1, Ordering::Relaxed);
        let stalled = self.stalls_after.filter(|after| read > *after).map_or(0, |_| STALL);
        Duration::from_millis(read + stalled)
    }
}

/// Few rounds and small trees, so that little time is much.
fn best() -> ParamsBuilder {
    Params::builder().preset(Preset::Best).num_round(30).max_depth(3)
}

fn within(params: ParamsBuilder, ticks: u64, clock: &Ticks, data: &Dataset) -> crate::Result<Trained> {
    let params = params.time_budget(Duration::from_millis(ticks)).build()?;
    Trainer::new(params).clock(clock, Duration::ZERO).fit_observed(data, &mut ())
}

fn parts(trained: &Trained) -> (&Plan, &[MemberReport]) {
    let report = trained.preset.as_ref().unwrap();
    (&report.plan, &report.members)
}

/// The parameters that the plan has in the place of the time.
fn given(params: &ParamsBuilder, trained: &Trained) -> Vec<(String, String)> {
    let (plan, _) = parts(trained);
    let built = params.clone().build().unwrap();
    let of_time: Vec<_> = plan.of_time.iter().map(|choice| (choice.parameter.to_string(), choice.value.clone())).collect();
    let given = spec::active().filter(|row| built.given.has(row.name) && of_time.iter().all(|(decided, _)| decided != row.name));
    let given = given.filter_map(|row| Some((row.name.to_string(), built.render(row.name)?)));
    given.chain(of_time.clone()).collect()
}

fn check(params: &ParamsBuilder, trained: &Trained, data: &Dataset, what: &str) {
    let bytes = trained.model.to_bytes().unwrap();
    for threads in ["1", "2", "3", "7"] {
        let mut pairs = given(params, trained);
        pairs.retain(|(name, _)| name != "nthread");
        pairs.push(("nthread".into(), threads.into()));
        let again = Trainer::new(Params::from_pairs(pairs.clone()).unwrap().0).fit(data).unwrap();
        assert!(again.to_bytes().unwrap() == bytes, "{what}, {threads} threads: {pairs:?}");
    }
}

#[test]
fn the_plan_makes_the_same_model_without_a_clock_and_the_time_is_kept() {
    let jobs = [
        (best(), data(0)),
        (best().objective(Objective::BinaryLogistic).eta(0.2), data(2)),
        (best().objective(Objective::Softprob).num_class(3).num_round(10), data(3)),
        (best().booster(Booster::Dart).rate_drop(0.1), data(0)),
    ];
    for (number, (params, data)) in jobs.iter().enumerate() {
        for ticks in [25, 45, 150, 400] {
            for threads in [1, 3] {
                let clock = Ticks::default();
                let trained = within(params.clone().nthread(threads), ticks, &clock, data).unwrap();
                let (plan, members) = parts(&trained);
                assert!(clock.read() <= ticks, "{number}: {} of {ticks}", clock.read());
                assert!(plan.of_time.iter().any(|choice| choice.parameter == "num_models"));
                assert!(!members.is_empty() && !plan.of_time.iter().any(|choice| choice.because.is_empty()));
                check(params, &trained, data, &format!("job {number}, {ticks} ticks"));
            }
        }
    }
}

#[test]
fn a_clock_that_stalls_leaves_whole_models() {
    let (params, data) = (best().objective(Objective::BinaryLogistic), data(2));
    // In the first member, while kinds race, in a later fold.
    for after in [60, 100, 200, 300, 500, 600] {
        let clock = Ticks::stalling_after(after);
        let trained = within(params.clone().nthread(2), 800, &clock, &data).unwrap();
        // Each thread reads the clock a few times before all have heard of it.
        assert!(clock.read() < after + 50, "{after}: {}", clock.read());
        check(&params, &trained, &data, &format!("a stall after {after}"));
    }
}

#[test]
fn more_time_is_used() {
    let data = data(2);
    let folds = |ticks| {
        let trained = within(best().objective(Objective::BinaryLogistic).nthread(1), ticks, &Ticks::default(), &data).unwrap();
        let (plan, _) = parts(&trained);
        let value = |name: &str| plan.of_time.iter().find(|choice| choice.parameter == name).map(|choice| choice.value.clone());
        (value("num_models").unwrap().parse::<usize>().unwrap(), value("quality").unwrap(), value("eta"), value("race_folds"))
    };
    let (few, quality, eta, race_folds) = folds(35);
    assert!(few <= 2 && quality == "2" && eta.is_some() && race_folds.as_deref() == Some("0"), "{few} {quality} {eta:?}");
    let (more, _, eta, _) = folds(500);
    assert!(more > few && eta.is_none(), "{more} {eta:?}");
    let (most, quality, ..) = folds(3_000);
    assert!(most > more && most <= 40 && quality == "5", "{most}");
}

#[test]
fn too_little_time_is_an_error_that_names_the_least() {
    let data = data(0);
    let error = within(best(), 2, &Ticks::default(), &data).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Parameter);
    let text = error.to_string();
    assert!(text.contains("time_budget=0.002s is too short"), "{text}");
    let least = text.split("give at least ").nth(1).unwrap().split('s').next().unwrap();
    let least = (1000.0 * least.parse::<f64>().unwrap()) as u64;
    within(best(), least, &Ticks::default(), &data).unwrap();
}

#[test]
fn what_is_given_stays() {
    let data = data(0);
    let trained = within(best().num_models(3).race_folds(0).eta(0.2), 800, &Ticks::default(), &data).unwrap();
    let (plan, members) = parts(&trained);
    assert!(members.len() == 3 && plan.params.eta == 0.2 && plan.race.is_none());
    assert_eq!(plan.of_time.iter().filter(|choice| choice.parameter == "eta").count(), 0);
    // Without a time budget these count as well, and rows are cut anew where there are more models than folds.
    let fit = |params: ParamsBuilder| Trainer::new(params.quality(2).build().unwrap()).fit_observed(&data, &mut ()).unwrap();
    let trained = fit(best().num_models(7).race_folds(0));
    let (plan, members) = parts(&trained);
    assert!((plan.folds, plan.repeats, plan.models, members.len()) == (5, 2, 7, 7) && plan.race.is_none());
    let trained = fit(best().num_models(1));
    let (plan, members) = parts(&trained);
    let folds: std::collections::BTreeSet<_> = members.iter().map(|member| member.fold).collect();
    assert_eq!((plan.race.as_ref().map(|race| race.folds), folds.len()), (Some(1), 1));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |params: ParamsBuilder, cause: &str| {
        let error = params.build().unwrap_err().to_string();
        assert!(error.contains(cause), "{error}");
    };
    let minute = Duration::from_secs(60);
    refused(Params::builder().num_round(5).time_budget(minute), "time_budget=60s is about preset=best");
    refused(Params::builder().preset(Preset::Fast).time_budget(minute), "and preset is fast");
    refused(best().quality(3).time_budget(minute), "time_budget and quality both say how much time to spend");
    refused(Params::builder().num_round(5).num_models(3), "num_models is about the models of a preset");
    refused(Params::builder().num_round(5).race_folds(0), "race_folds is about the models of a preset");
    refused(best().num_models(0), "num_models=0 is out of range");
}

/// Keeps the checkpoints of members, and ends training after so many rounds.
struct Keeps {
    left: usize,
    kept: std::collections::BTreeMap<String, Checkpoint>,
    of_time: Vec<(String, String)>,
}

impl Observer for Keeps {
    fn planned(&mut self, plan: &Plan) {
        self.of_time = plan.of_time.iter().map(|choice| (choice.parameter.to_string(), choice.value.clone())).collect();
    }

    fn member_round(&mut self, _: usize, _: &RoundReport) -> bool {
        self.left -= 1;
        self.left > 0
    }

    fn keeps_checkpoints(&self) -> bool {
        true
    }

    fn wants_member_checkpoint(&mut self, _: &str) -> bool {
        true
    }

    fn member_checkpoint(&mut self, member: &str, checkpoint: &Checkpoint) {
        self.kept.insert(member.to_string(), checkpoint.clone());
    }
}

#[test]
fn a_resumed_job_keeps_its_plan_and_its_members() {
    let (params, data) = (best().objective(Objective::BinaryLogistic).nthread(1), data(2));
    let job = |ticks| params.clone().time_budget(Duration::from_millis(ticks)).build().unwrap();
    for (rounds, ticks) in [(5, 50), (60, 600), (200, 600)] {
        let mut keeps = Keeps { left: rounds, kept: Default::default(), of_time: Vec::new() };
        let clock = Ticks::default();
        Trainer::new(job(ticks)).clock(&clock, Duration::ZERO).fit_observed(&data, &mut keeps).unwrap();
        // The clock goes on, and is faster by far, so that another plan would be made.
        let kept: Vec<_> = keeps.kept.into_iter().collect();
        let trainer = Trainer::new(job(ticks)).clock(&clock, Duration::ZERO).resume_members(kept);
        let trained = trainer.resume_plan(&keeps.of_time).unwrap().fit_observed(&data, &mut ()).unwrap();
        let (plan, _) = parts(&trained);
        let decided = |(name, value): &(String, String)| {
            plan.of_time.iter().any(|choice| choice.parameter == name && (choice.value == *value || name == "num_round"))
        };
        assert!(keeps.of_time.iter().all(decided), "{:?} {:?}", keeps.of_time, plan.of_time);
        check(&params, &trained, &data, &format!("{rounds} rounds"));
    }
    assert!(Trainer::new(job(9)).resume_plan(&[("no_such".into(), "3".into())]).is_err());
}
