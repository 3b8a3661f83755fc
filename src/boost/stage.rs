//! [`Stage`]: what the members of a preset have in common; which of them are trained, and how good they are together.

use super::averaged::{averaged, measured, measured_held_out};
use super::bins::Bins;
use super::budget::{Budget, Paces, Probe};
use super::members::{self, Ground, Listener, Member, Members, Task};
use super::race::{self, Outcome};
use super::report::RoundReport;
use super::temperature;
use crate::data::Fold;
use crate::metric::Metric;
use crate::preset::{Choice, Plan};
use crate::simd::Simd;
use crate::{Dataset, Result};

/// Writing trees to a file takes so many times as long as making their bytes.
const OF_WRITING: f64 = 3.0;

/// What members have in common, and the measuring of them.
pub(super) struct Stage<'a> {
    pub simd: Simd,
    /// The data that folds are cut from, and the same without a column that only says how.
    pub uncut: &'a Dataset,
    pub train: &'a Dataset,
    pub validation: &'a [(String, &'a Dataset)],
    pub bins: &'a Bins,
    pub metrics: &'a [Box<dyn Metric>],
}

/// The members whose mean is the model, the candidates that they are of, and what members decided.
pub(super) struct Team {
    pub members: Vec<Member>,
    pub candidates: Vec<usize>,
    /// What the race chose.
    pub choice: Option<Choice>,
    /// What the time decided.
    pub of_time: Vec<Choice>,
}

impl Stage<'_> {
    /// The folds that members learn from, and what is left of the last cut.
    ///
    /// # Errors
    /// Data that give no such folds.
    pub fn cut(&self, plan: &Plan) -> Result<Vec<Fold>> {
        self.uncut.cut(&plan.params, plan.folds, plan.repeats)
    }

    /// Times a few rounds of a member, and what comes behind them.
    ///
    /// # Errors
    /// What training has to say.
    pub fn probe(&self, plan: &Plan, folds: &[Fold], budget: &Budget<'_>) -> Result<Paces> {
        let ground = Ground { folds, validation: self.validation, bins: self.bins };
        let field = Members { plan, simd: self.simd, ground, crossed: None, checkpoints: &[], budget: None };
        let (begun, mut probe) = (budget.now(), Probe::new(budget));
        let member = field.fit(Task::FIRST, &mut probe)?;
        let ended = budget.now();
        let all = [&member];
        let factor = temperature::factor(&all, folds, self.train, &plan.params)?;
        self.history(&all, folds, plan, factor);
        let measured = budget.now();
        averaged(&all, &plan.params, factor)?.to_bytes()?;
        let written = budget.now();
        let first = probe.marks.first().copied().unwrap_or(begun);
        let last = probe.marks.last().copied().unwrap_or(ended);
        let rounds = member.history.len() as f64;
        Ok(Paces {
            beginning: first - begun,
            round: probe.round(),
            scoring: (ended - last) / rounds,
            ending: measured - ended,
            writing: OF_WRITING * (written - measured) / rounds,
        })
    }

    /// Trains the members: those that race, then those of the other folds.
    ///
    /// # Errors
    /// What training has to say, with the number of the fold.
    pub fn members(&self, field: &Members<'_>, listener: &Listener<'_>) -> Result<Team> {
        let (plan, folds, budget) = (field.plan, field.ground.folds, field.budget);
        let auditions = plan.race.as_ref().map_or(0, |race| race.folds);
        let (first, mut later) = (0..plan.models).partition::<Vec<_>, _>(|fold| *fold < auditions);
        let every: Vec<usize> = (0..plan.candidates()).collect();
        let mut racing = field.train(&tasks(&first, &every), listener)?;
        let in_time = |members: &mut Vec<Member>, folds: &[usize], candidates: &[usize]| match budget {
            Some(_) if !listener.is_stopped() => keep_whole(members, folds, candidates),
            _ => folds.len(),
        };
        let raced = in_time(&mut racing, &first, &every);
        let Outcome { mut members, candidates, choice } = race::decide(racing, folds, plan, self.metrics)?;
        choice.iter().for_each(|choice| listener.observer().chosen(choice));
        if raced < first.len() {
            later.clear();
        }
        let mut others = Vec::new();
        // How long a member takes is known when the first has ended.
        let alone = usize::from(budget.is_some() && auditions == 0);
        for folds in [&later[..alone.min(later.len())], &later[alone.min(later.len())..]] {
            others.extend(field.train(&tasks(folds, &candidates), listener)?);
        }
        let models = raced + in_time(&mut others, &later, &candidates);
        let cut = others.iter().chain(&members).find_map(|member| member.cut);
        members.extend(others);
        let is_in_time = budget.is_some() && !listener.is_stopped();
        let of_time = if is_in_time { decided(plan, models, raced, cut) } else { Vec::new() };
        Ok(Team { members, candidates, choice, of_time })
    }

    /// The mean of the members' metrics in each round, of which the last are those of their mean.
    pub fn history(&self, members: &[&Member], folds: &[Fold], plan: &Plan, factor: f64) -> Vec<RoundReport> {
        let mut history = members::mean_history(members);
        if let Some(last) = history.last_mut() {
            let of_set = |(set, (name, data)): (usize, &(String, &Dataset))| {
                (name.clone(), measured(members, set, data, &plan.params, factor, self.metrics))
            };
            let of_sets = self.validation.iter().enumerate().map(of_set);
            let name = members::held_out_name(self.validation).to_string();
            let held_out = (name, measured_held_out(members, folds, &plan.params, factor, self.metrics));
            for (name, values) in of_sets.chain([held_out]) {
                let places = last.values.iter_mut().filter(|(known, ..)| *known == name);
                places.zip(values).for_each(|((.., place), value)| *place = value);
            }
        }
        history
    }
}

/// The members of some folds, fold by fold.
fn tasks(folds: &[usize], candidates: &[usize]) -> Vec<Task> {
    folds.iter().flat_map(|&fold| candidates.iter().map(move |&candidate| Task { fold, candidate })).collect()
}

/// Drops members from the first fold on that lacks one, and tells how many folds there are before it. The very first member stays.
fn keep_whole(members: &mut Vec<Member>, folds: &[usize], candidates: &[usize]) -> usize {
    let ended: Vec<Task> = members.iter().filter(|member| member.cut.is_none()).map(|member| member.task).collect();
    let is_whole = |fold: &&usize| candidates.iter().all(|&candidate| ended.contains(&Task { fold: **fold, candidate }));
    let whole = folds.iter().take_while(is_whole).count();
    members.retain(|member| member.task == Task::FIRST || folds[..whole].contains(&member.task.fold));
    whole
}

/// What the time decided that there was: of the folds that were to be learnt from, `models` were, `raced` of them by all candidates; the first member
/// was `cut` after so many rounds.
fn decided(plan: &Plan, models: usize, raced: usize, cut: Option<usize>) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut choose = |parameter: &'static str, value: usize, because: &str| {
        choices.push(Choice { parameter, value: value.to_string(), because: because.to_string() });
    };
    let over = "the time was over";
    if let Some(rounds) = cut {
        choose("num_round", rounds, over);
    }
    if plan.race.is_some() && raced == 0 {
        choose("race_folds", 0, over);
    }
    let models = models.max(1);
    match models == plan.models {
        false => choose("num_models", models, over),
        true => choose("num_models", models, "there was time for all that the plan has"),
    }
    // The first candidate has the features that there are.
    if plan.race.is_some() && raced == 0 && plan.crosses.as_ref().is_some_and(|rule| rule.race) {
        choices.push(Choice { parameter: "cross_features", value: "false".to_string(), because: over.to_string() });
    }
    choices
}
