//! Training with a preset: what it chooses, its members, and the one model that they become.

use super::averaged::{averaged, measured, measured_held_out, out_of_fold};
use super::bins::{Bins, InFile};
use super::checkpoint::Checkpoint;
use super::crosses;
use super::events::Observer;
use super::members::{self, Ground, Listener, Member, MemberReport, Members, Task};
use super::phases::Phases;
use super::preparation::Beginnings;
use super::race;
use super::report::RoundReport;
use super::temperature;
use super::training::Training;
use crate::collective::Solo;
use crate::execution::Execution;
use crate::memory;
use crate::params::MemorySize;
use crate::preset::Plan;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Model, Params, Result, metric};
use std::time::Instant;

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

/// Trains the members of a preset on the current thread pool.
///
/// # Errors
/// Data or parameters that do not fit each other.
pub(super) fn train(
    params: &Params,
    train: &Dataset,
    validation: &[(String, &Dataset)],
    (bins, checkpoints): (Option<Bins>, &[(String, Checkpoint)]),
    observer: &mut dyn Observer,
) -> Result<Preset> {
    let started = Instant::now();
    let mut plan = Plan::new(params, train)?;
    observer.planned(&plan);
    let folds = train.cut(&plan.params, plan.folds, plan.repeats)?;
    // The column that says how rows are split is no feature.
    let column = plan.params.split_column.as_deref();
    let train = &match column {
        Some(column) => train.without_column(column)?,
        None => train.clone(),
    };
    let of_validation = |(name, data): &(String, &Dataset)| {
        let data =
            column.map_or_else(|| Ok((*data).clone()), |column| data.without_column(column).map_err(|error| error.within(name)));
        data.map(|data| (name.clone(), data))
    };
    let validation = validation.iter().map(of_validation).collect::<Result<Vec<_>>>()?;
    let validation: Vec<_> = validation.iter().map(|(name, data)| (name.clone(), data)).collect();
    let (profiler, simd) = (Profiler::new(rayon::current_num_threads()), Simd::detect()?);
    let execution = Execution { simd, profiler: &profiler, ranks: &Solo };
    // All rows together are checked and binned as if they were learnt from.
    // The bins of all rows stay beside those of the member that is being trained.
    let memory_limit = memory::allowed(plan.params.memory_limit.map(|limit| limit.0));
    plan.params.memory_limit = memory_limit.map(|limit| MemorySize(memory::share(limit, 2)));
    let whole = Params { early_stopping_rounds: None, ..plan.params.clone() };
    let mut training = Training::prepare(execution, &whole, train, &validation, Beginnings::default())?;
    let bins = match bins.filter(|_| column.is_none()) {
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
    observer.started(&warnings);
    let metrics = metric::metrics(&plan.params.eval_metric, plan.params.objective_spec())?;
    let ground = Ground { folds: &folds, validation: &validation, bins: &bins };
    let field = Members { plan: &plan, simd, ground, crossed: None, checkpoints };
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
    let field = Members { plan: &plan, simd, ground, crossed: crossed_ground, checkpoints };
    let listener = Listener::new(observer);
    let auditions = plan.race.as_ref().map_or(0, |race| race.folds);
    let (first, later) = (0..folds.len()).partition::<Vec<_>, _>(|fold| *fold < auditions);
    let every: Vec<usize> = (0..plan.candidates()).collect();
    let race = race::decide(field.train(&tasks(&first, &every), &listener)?, &folds, &plan, &metrics)?;
    race.choice.iter().for_each(|choice| listener.observer().chosen(choice));
    let mut all = race.members;
    all.extend(field.train(&tasks(&later, &race.candidates), &listener)?);
    let all: Vec<&Member> = all.iter().collect();
    let factor = temperature::factor(&all, &folds, train, &plan.params)?;
    // Where models of several values stay, the parameter has the first, and an attribute all of them.
    let mut model = averaged(&all, &plan.candidate(race.candidates[0])?, factor)?;
    let is_crossed = !races || race.candidates.iter().any(|candidate| plan.is_crossed(*candidate));
    if let Some(crossed) = crossed.filter(|_| is_crossed) {
        model.derived = crossed.derived.to_vec();
        model.schema = train.schema().clone();
    }
    model.attributes.extend(race.choice.iter().map(|choice| (choice.parameter.to_string(), choice.value.clone())));
    let trained = started.elapsed().as_secs_f64() - bin;

    let measuring = Instant::now();
    let mut history = members::mean_history(&all);
    if let Some(last) = history.last_mut() {
        let of_sets = validation
            .iter()
            .enumerate()
            .map(|(set, (name, data))| (&name[..], measured(&all, set, data, &plan.params, factor, &metrics)));
        let held_out = (members::held_out_name(&validation), measured_held_out(&all, &folds, &plan.params, factor, &metrics));
        for (name, values) in of_sets.chain([held_out]) {
            let places = last.values.iter_mut().filter(|(known, ..)| known == name);
            places.zip(values).for_each(|((.., place), value)| *place = value);
        }
    }
    warnings.extend(members::warnings(&all).into_iter().filter(|warning| !warnings.contains(warning)).collect::<Vec<_>>());
    let seconds = Phases { bin, train: trained, evaluate: measuring.elapsed().as_secs_f64() };
    plan.choices.extend(crosses.into_iter().chain(race.choice));
    let report = PresetReport {
        members: all.iter().filter_map(|member| member.report(&plan)).collect(),
        factor,
        held_out: out_of_fold(&all, &folds, train.rows(), factor),
        held_out_name: members::held_out_name(&validation),
        plan,
    };
    Ok(Preset { model, history, report, seconds, in_file: members::in_file(&all), warnings })
}

/// The members of some folds, fold by fold.
fn tasks(folds: &[usize], candidates: &[usize]) -> Vec<Task> {
    folds.iter().flat_map(|&fold| candidates.iter().map(move |&candidate| Task { fold, candidate })).collect()
}
