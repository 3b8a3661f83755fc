//! Training with a preset: what it chooses, its members, and the one model that they become.

use super::averaged::{averaged, out_of_fold};
use super::bins::{Bins, InFile};
use super::budget::Budget;
use super::checkpoint::Checkpoint;
use super::clock::Clock;
use super::crosses;
use super::events::Observer;
use super::members::{self, Ground, Listener, Member, MemberReport, Members};
use super::phases::Phases;
use super::preparation::Beginnings;
use super::report::RoundReport;
use super::stage::{Stage, Team};
use super::temperature;
use super::training::Training;
use crate::collective::Solo;
use crate::execution::Execution;
use crate::memory;
use crate::metric;
use crate::params::{MemorySize, Seconds};
use crate::preset::{Choice, Plan, in_time};
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Model, Params, Result};
use std::time::{Duration, Instant};

/// What a preset chose, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PresetReport {
    /// What was chosen, the outcome of the race included.
    pub plan: Plan,
    /// The models whose mean the model is.
    pub members: Vec<MemberReport>,
    /// What all margins are multiplied by, so that probabilities are neither too sure nor too unsure; 1 where that gains nothing.
    pub factor: f64,
    /// What members predict of training rows that they did not learn from: margins of all rows output by output, NaN for rows that none holds out.
    pub held_out: Vec<f64>,
    /// What metric lines call these rows.
    pub held_out_name: &'static str,
}

/// What came of training with a preset.
pub(super) struct Preset {
    pub model: Model,
    /// The mean of the members' metrics in each round, of which the last are the model's own.
    pub history: Vec<RoundReport>,
    pub report: PresetReport,
    pub seconds: Phases,
    pub in_file: Option<InFile>,
    pub warnings: Vec<String>,
}

/// What a preset is trained from.
pub(super) struct Request<'a> {
    pub params: &'a Params,
    pub train: &'a Dataset,
    pub validation: &'a [(String, &'a Dataset)],
    /// Bins of an earlier run, if they are known.
    pub bins: Option<Bins>,
    /// Checkpoints of members, by name.
    pub checkpoints: &'a [(String, Checkpoint)],
    /// What the time of a `time_budget` is measured by, what the caller needs of it, and what it has decided already.
    pub clock: &'a dyn Clock,
    pub reserved: Duration,
    pub of_time: &'a [Choice],
}

/// Trains the members of a preset on the current thread pool.
///
/// # Errors
/// Data or parameters that do not fit each other; a time budget that is too small.
pub(super) fn train(request: Request<'_>, observer: &mut dyn Observer) -> Result<Preset> {
    let started = Instant::now();
    let Request { train: uncut, checkpoints, .. } = request;
    // The bins of all rows stay beside those of the member that is being trained.
    let memory_limit = memory::allowed(request.params.memory_limit.map(|limit| limit.0));
    let memory_limit = memory_limit.map(|limit| MemorySize(memory::share(limit, 2)));
    let params = Params { memory_limit, time_budget: None, ..request.params.clone() };
    let plan = Plan::new(&params, uncut)?;
    if request.params.time_budget.is_none() {
        observer.planned(&plan);
    }
    // The column that says how rows are split is no feature.
    let column = plan.params.split_column.as_deref();
    let train = &match column {
        Some(column) => uncut.without_column(column)?,
        None => uncut.clone(),
    };
    let of_validation = |(name, data): &(String, &Dataset)| {
        let data =
            column.map_or_else(|| Ok((*data).clone()), |column| data.without_column(column).map_err(|error| error.within(name)));
        data.map(|data| (name.clone(), data))
    };
    let validation = request.validation.iter().map(of_validation).collect::<Result<Vec<_>>>()?;
    let validation: Vec<_> = validation.iter().map(|(name, data)| (name.clone(), data)).collect();
    let (profiler, simd) = (Profiler::new(rayon::current_num_threads()), Simd::detect()?);
    let execution = Execution { simd, profiler: &profiler, ranks: &Solo };
    // All rows together are checked and binned as if they were learnt from.
    let whole = Params { early_stopping_rounds: None, ..plan.params.clone() };
    let mut training = Training::prepare(execution, &whole, train, &validation, Beginnings::default())?;
    let bins = match request.bins.filter(|_| column.is_none()) {
        Some(bins) => bins,
        None => {
            let bins = training.bin()?;
            if column.is_none() {
                observer.binned(&bins);
            }
            bins
        }
    };
    let mut warnings = std::mem::take(&mut training.warnings);
    let bin = training.seconds.bin;
    drop(training);
    let metrics = metric::metrics(&plan.params.eval_metric, plan.params.objective_spec())?;
    let stage = Stage { simd, uncut, train, validation: &validation, bins: &bins, metrics: &metrics };
    let (mut plan, folds, budget) = match request.params.time_budget {
        None => {
            let folds = stage.cut(&plan)?;
            (plan, folds, None)
        }
        Some(Seconds(time)) => {
            let mut budget = Budget::new(request.clock, time, request.reserved, rayon::current_num_threads());
            let probed = stage.cut(&plan)?;
            budget.learn(stage.probe(&plan, &probed, &budget)?);
            let planned = in_time(&params, uncut, budget.paces.pace(), budget.left(), request.of_time)?;
            let planned = planned.ok_or_else(|| budget.too_small(time))?;
            observer.planned(&planned);
            let are_alike = (planned.folds, planned.models) == (plan.folds, probed.len());
            let folds = if are_alike { probed } else { stage.cut(&planned)? };
            (planned, folds, Some(budget))
        }
    };
    observer.started(&warnings);
    let ground = Ground { folds: &folds, validation: &validation, bins: &bins };
    let field = Members { plan: &plan, simd, ground, crossed: None, checkpoints, budget: None };
    let tried = plan.crosses.as_ref().map(|rule| crosses::tried(rule, &field, train, execution, &metrics)).transpose()?.flatten();
    tried.iter().for_each(|tried| observer.chosen(&tried.choice));
    let (crossed, crosses) = tried.map_or((None, None), |tried| (tried.crossed, Some(tried.choice)));
    let wider: Vec<_> = crossed.iter().flat_map(|crossed| &crossed.validation).map(|(name, data)| (name.clone(), data)).collect();
    let further = crossed.as_ref().map(|crossed| crossed.ground(&wider));
    // Where all candidates have the further features, those without them are not needed any more.
    let races = plan.crosses.as_ref().is_some_and(|rule| rule.race) && plan.race.is_some();
    let (ground, crossed_ground) = if races { (ground, further) } else { (further.unwrap_or(ground), None) };
    if races && further.is_some() {
        plan.race_crossed();
    }
    let field = Members { plan: &plan, simd, ground, crossed: crossed_ground, checkpoints, budget: budget.as_ref() };
    let listener = Listener::new(observer);
    let Team { members, candidates, choice, of_time } = stage.members(&field, &listener)?;
    for choice in of_time {
        listener.observer().chosen(&choice);
        plan.decided(choice)?;
    }
    let all: Vec<&Member> = members.iter().collect();
    let factor = temperature::factor(&all, &folds, train, &plan.params)?;
    // Where models of several values stay, the parameter has the first, and an attribute all of them.
    let mut model = averaged(&all, &plan.candidate(candidates[0])?, factor)?;
    let is_crossed = !races || candidates.iter().any(|candidate| plan.is_crossed(*candidate));
    if let Some(crossed) = crossed.filter(|_| is_crossed) {
        model.derived = crossed.derived.to_vec();
        model.schema = train.schema().clone();
    }
    model.attributes.extend(choice.iter().map(|choice| (choice.parameter.to_string(), choice.value.clone())));
    let trained = started.elapsed().as_secs_f64() - bin;
    let measuring = Instant::now();
    let history = stage.history(&all, &folds, &plan, factor);
    warnings.extend(members::warnings(&all).into_iter().filter(|warning| !warnings.contains(warning)).collect::<Vec<_>>());
    let seconds = Phases { bin, train: trained, evaluate: measuring.elapsed().as_secs_f64() };
    plan.choices.extend(crosses.into_iter().chain(choice));
    let report = PresetReport {
        members: all.iter().filter_map(|member| member.report(&plan)).collect(),
        factor,
        held_out: out_of_fold(&all, &folds, train.rows(), factor),
        held_out_name: members::held_out_name(&validation),
        plan,
    };
    Ok(Preset { model, history, report, seconds, in_file: members::in_file(&all), warnings })
}
