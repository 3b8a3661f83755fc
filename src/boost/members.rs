//! The members of a preset's model: each learns from the rows of a fold and stops by those that the fold holds out. All have the bins of one data
//! set. Small ones are trained side by side; what they are does not depend on it.

use super::bins::{Bins, InFile};
use super::budget::Budget;
use super::checkpoint::Checkpoint;
use super::events::Observer;
use super::merged::merged;
use super::preparation::Beginnings;
use super::report::RoundReport;
use super::side_by_side::side_by_side;
use super::training::Training;
use crate::binning::BinnedMatrix;
use crate::collective::Solo;
use crate::data::Fold;
use crate::execution::Execution;
use crate::preset::Plan;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Model, Params, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names of the rows that a member holds out, of which the first is taken that no data set has.
const HELD_OUT: [&str; 3] = ["validation", "held-out", "rows-held-out"];

/// The most bytes of bins that members side by side may have between them: beyond, the threads of one member are busy enough, and memory counts.
const SIDE_BY_SIDE_BYTES: usize = 64 << 20;

/// A member of the model of a preset.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberReport {
    /// The fold that it learnt from, counted from 0.
    pub fold: usize,
    /// Its value of the parameter that raced, if one did.
    pub value: Option<&'static str>,
    /// The rounds that it keeps.
    pub rounds: usize,
    /// The metrics of the last of them.
    pub report: RoundReport,
}

/// A member that is to be trained, or is: the fold that it learns from, and which of the plan's candidates it is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub fold: usize,
    pub candidate: usize,
}

impl Task {
    pub const FIRST: Self = Self { fold: 0, candidate: 0 };
}

/// A trained member.
pub(super) struct Member {
    pub task: Task,
    pub model: Model,
    /// The metrics of every round that it keeps.
    pub history: Vec<RoundReport>,
    /// What it predicts for the validation sets, and behind them for the rows that it holds out: margins of each set output by output.
    pub margins: Vec<Vec<f64>>,
    /// The rounds after which the time was over, if it was.
    pub cut: Option<usize>,
    warnings: Vec<String>,
    in_file: Option<InFile>,
}

/// What members have in common.
pub(super) struct Members<'a> {
    pub plan: &'a Plan,
    pub simd: Simd,
    pub ground: Ground<'a>,
    /// The same with further features, for candidates that have them.
    pub crossed: Option<Ground<'a>>,
    /// Where members of an earlier run had come to, by name.
    pub checkpoints: &'a [(String, Checkpoint)],
    /// The time that there is, where it is limited.
    pub budget: Option<&'a Budget<'a>>,
}

/// The data that members learn from and are judged by.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub folds: &'a [Fold],
    pub validation: &'a [(String, &'a Dataset)],
    pub bins: &'a Bins,
}

impl<'a> Members<'a> {
    fn ground_of(&self, task: Task) -> Ground<'a> {
        self.crossed.filter(|_| self.plan.is_crossed(task.candidate)).unwrap_or(self.ground)
    }

    /// Trains members. Where `listener` ends training, those that had begun end with the rounds that they have, and others are left out, but never
    /// the first. Where there is no time for a member it is left out, too, however far it has come; of the first the rounds so far stay.
    ///
    /// # Errors
    /// What training has to say, with the number of the fold.
    pub fn train(&self, tasks: &[Task], listener: &Listener<'_>) -> Result<Vec<Member>> {
        let members = side_by_side(rayon::current_num_threads() as u32, self.at_a_time(), tasks.len(), |number| {
            let task = tasks[number];
            let has_time = self.budget.is_none_or(|budget| budget.has_room(rayon::current_num_threads()));
            if task != Task::FIRST && (listener.is_stopped() || !has_time) {
                return Ok(None);
            }
            self.fit_in_time(task, listener).map_err(|error| error.within(&format!("fold {}", task.fold)))
        })?;
        Ok(members.into_iter().flatten().collect())
    }

    fn fit_in_time(&self, task: Task, listener: &Listener<'_>) -> Result<Option<Member>> {
        let (begun, threads) = (self.budget.map(Budget::now), rayon::current_num_threads());
        let mut told = Told { task, name: self.name(task), listener, budget: self.budget, rounds: 0, cut: None };
        let mut member = self.fit(task, &mut told)?;
        if told.cut.is_some() && task != Task::FIRST {
            return Ok(None);
        }
        member.cut = told.cut;
        if let (Some(budget), Some(begun)) = (self.budget, begun) {
            budget.end(begun, member.history.len(), threads);
        }
        Ok(Some(member))
    }

    fn name(&self, task: Task) -> String {
        self.plan.name(task.fold, task.candidate)
    }

    /// How many members are trained at a time.
    fn at_a_time(&self) -> usize {
        let bytes = self.crossed.unwrap_or(self.ground).bins.matrices().map(BinnedMatrix::bytes).sum::<usize>().max(1);
        if self.ground.bins.in_file().is_some() { 1 } else { (SIDE_BY_SIDE_BYTES / bytes).max(1) }
    }

    /// Trains a member, of which `observer` hears.
    ///
    /// # Errors
    /// What training has to say.
    pub fn fit(&self, task: Task, observer: &mut dyn Observer) -> Result<Member> {
        let Ground { folds, validation, bins } = self.ground_of(task);
        let (fold, params) = (&folds[task.fold], self.params_of(task)?);
        let mut sets = validation.to_vec();
        sets.push((held_out_name(validation).to_string(), &fold.held_out));
        let profiler = Profiler::new(rayon::current_num_threads());
        let execution = Execution { simd: self.simd, profiler: &profiler, ranks: &Solo };
        let mut training = Training::prepare(execution, &params, &fold.train, &sets, Beginnings::default())?;
        let mut binned = training.lay_out(bins.of_fold(&fold.learned, &fold.rows)?)?;
        let name = self.name(task);
        let checkpoint = self.checkpoints.iter().find(|(known, _)| *known == name).map(|(_, checkpoint)| checkpoint);
        let (model, mut history, _) = training.grow_all(&mut binned, checkpoint, observer)?;
        history.truncate(model.num_rounds());
        let margins = training.margins_of(&model.trees, &binned)?;
        let Training { warnings, in_file, .. } = training;
        Ok(Member { task, model, history, margins, cut: None, warnings, in_file })
    }

    /// Members draw other rows and features each.
    fn params_of(&self, task: Task) -> Result<Params> {
        let params = self.plan.candidate(task.candidate)?;
        Ok(Params { seed: params.seed.wrapping_add(task.fold as i64), ..params })
    }
}

/// What metric lines call the rows that members hold out, beside these data sets.
pub(super) fn held_out_name(sets: &[(String, &Dataset)]) -> &'static str {
    let is_free = |name: &&&str| sets.iter().all(|(known, _)| known != **name);
    HELD_OUT.iter().find(is_free).copied().unwrap_or(HELD_OUT[0])
}

impl Member {
    /// What is told of it.
    pub fn report(&self, plan: &Plan) -> Option<MemberReport> {
        let report = self.history.last()?.clone();
        let value = plan.race.as_ref().map(|race| race.candidates[self.task.candidate].name);
        Some(MemberReport { fold: self.task.fold, value, rounds: self.history.len(), report })
    }
}

/// The warnings of all members, each once.
pub(super) fn warnings(members: &[&Member]) -> Vec<String> {
    merged(&members.iter().map(|member| &member.warnings[..]).collect::<Vec<_>>())
}

/// The bins of members that were in a file.
pub(super) fn in_file(members: &[&Member]) -> Option<InFile> {
    let read =
        |all: InFile, one: InFile| InFile { bytes_read: all.bytes_read + one.bytes_read, bytes: all.bytes.max(one.bytes), ..all };
    members.iter().filter_map(|member| member.in_file.clone()).reduce(read)
}

/// The mean over members of the metrics of each round. One that has ended counts with its last round.
pub(super) fn mean_history(members: &[&Member]) -> Vec<RoundReport> {
    let rounds = members.iter().map(|member| member.history.len()).max().unwrap_or(0);
    let at = |round: usize| {
        let reports: Vec<_> = members.iter().filter_map(|member| member.history.get(round.min(member.history.len() - 1))).collect();
        let mean = |index: usize| reports.iter().map(|report| report.values[index].2).sum::<f64>() / reports.len() as f64;
        let names = reports[0].values.iter().enumerate();
        let values = names.map(|(index, (set, metric, _))| (set.clone(), metric.clone(), mean(index)));
        RoundReport { round, values: values.collect() }
    };
    (0..rounds).map(at).collect()
}

/// Hears of the rounds of all members.
pub(super) struct Listener<'o> {
    observer: Mutex<&'o mut dyn Observer>,
    is_stopped: AtomicBool,
}

impl<'o> Listener<'o> {
    /// One that tells an observer.
    pub fn new(observer: &'o mut dyn Observer) -> Self {
        Self { observer: Mutex::new(observer), is_stopped: AtomicBool::new(false) }
    }

    /// Whether training is to end.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// The observer.
    pub fn observer(&self) -> MutexGuard<'_, &'o mut dyn Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of those of one member.
struct Told<'l, 'o> {
    task: Task,
    name: String,
    listener: &'l Listener<'o>,
    budget: Option<&'l Budget<'l>>,
    /// The rounds that are done.
    rounds: usize,
    /// Those after which the time was over.
    cut: Option<usize>,
}

impl Observer for Told<'_, '_> {
    fn round(&mut self, report: &RoundReport) -> bool {
        if !self.listener.observer().member_round(self.task.fold, report) {
            self.listener.is_stopped.store(true, Ordering::Relaxed);
        }
        self.rounds = report.round + 1;
        let is_over = |budget: &Budget<'_>| budget.is_over(self.rounds, rayon::current_num_threads());
        if self.budget.is_some_and(is_over) {
            self.cut = Some(self.rounds);
        }
        self.cut.is_none() && !self.listener.is_stopped()
    }

    fn keeps_checkpoints(&self) -> bool {
        self.listener.observer().keeps_checkpoints()
    }

    fn wants_checkpoint(&mut self) -> bool {
        self.listener.observer().wants_member_checkpoint(&self.name)
    }

    fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        self.listener.observer().member_checkpoint(&self.name, checkpoint);
    }

    fn ended(&mut self, checkpoint: &Checkpoint) {
        self.listener.observer().member_ended(&self.name, checkpoint);
    }
}
