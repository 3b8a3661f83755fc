//! Presets: parameters that are not given get values that follow from the data, and the model is the mean of several that hold out different rows
//! ([why](../../docs/decisions/preset.md)).
//!
//! `rules.rs` is the one place where it is said what follows from what. The models are trained in `boost`.

mod facts;
mod in_time;
mod rules;

pub use facts::Facts;
pub(crate) use in_time::{Pace, in_time};

use crate::params::{ParamsBuilder, known};
use crate::{Dataset, Params, Result};

/// A parameter that a preset chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in the table of parameters.
    pub parameter: &'static str,
    /// Its value, as text.
    pub value: String,
    /// Why it is this one.
    pub because: String,
}

impl Choice {
    /// One that an earlier run of the same job made.
    ///
    /// # Errors
    /// A parameter that is none.
    pub(crate) fn kept(parameter: &str, value: &str) -> Result<Self> {
        let because = "the job chose it before it was interrupted".to_string();
        Ok(Self { parameter: known(parameter)?.name, value: value.to_string(), because })
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={} because {}", self.parameter, self.value, self.because)
    }
}

/// What a preset makes of parameters and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The parameters, with those that the preset chose.
    pub params: Params,
    /// What it chose, in the order of its rules.
    pub choices: Vec<Choice>,
    /// The number of folds, each of which holds out other rows.
    pub folds: usize,
    /// How often rows are cut into folds.
    pub repeats: u32,
    /// How many of all these folds are learnt from.
    pub models: usize,
    /// How features that are made of pairs of numeric features are tried, if they are.
    pub crosses: Option<Crosses>,
    /// What the first folds decide, if anything.
    pub race: Option<Race>,
    /// What the time that there was decided, with the reasons: the only part that does not follow from the data. Without a time budget, and with
    /// these parameters, the same data make the same model.
    pub of_time: Vec<Choice>,
}

/// Candidates of which those stay that predict best what the first folds hold out, alone or together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// The candidates; where none is better, the first wins.
    pub candidates: Vec<Candidate>,
    /// The number of folds that decide.
    pub folds: usize,
    /// Whether means of several candidates take part as well.
    pub mixes: bool,
}

/// Models that differ from the plan's by some parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What it is called.
    pub name: &'static str,
    /// Names in the table of parameters, and the values as texts.
    pub values: Vec<(&'static str, &'static str)>,
    /// Whether it has features that are made of pairs of features as well.
    pub crossed: bool,
}

impl Race {
    /// The race of the candidates whose parameters nobody gave, if several are left.
    fn among(self, params: &Params) -> Option<Self> {
        let is_free = |candidate: &Candidate| !candidate.values.iter().any(|(parameter, _)| params.given.has(parameter));
        let race = Self { candidates: self.candidates.into_iter().filter(is_free).collect(), ..self };
        (race.candidates.len() > 1).then_some(race)
    }
}

/// How features that are made of pairs of numeric features are tried: short models of the first folds with them and without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crosses {
    /// How many numeric features are paired with each other: those that short models gain most by.
    pub features: usize,
    /// Rounds of the short models.
    pub rounds: u32,
    /// The number of folds that decide.
    pub folds: usize,
    /// Whether models without the further features race on, where these help short models.
    pub race: bool,
}

impl Plan {
    /// What the preset of `params` makes of the data: a function of these two alone. The time budget is none of its concerns.
    ///
    /// # Errors
    /// Parameters that are given and exclude what the preset chooses.
    pub fn new(params: &Params, data: &Dataset) -> Result<Self> {
        Self::of(&Facts::of(params, data), params)
    }

    fn of(facts: &Facts, params: &Params) -> Result<Self> {
        let choices = rules::choices(facts, params).into_iter().filter(|choice| !params.given.has(choice.parameter));
        let choices: Vec<Choice> = choices.collect();
        let params = ParamsBuilder::chosen(params, choices.iter().map(|choice| (choice.parameter, choice.value.clone())))?;
        let quality = params.quality.unwrap_or_default();
        let (folds, repeats) = rules::folds(quality, facts, &params);
        let folds = folds.min(facts.units).max(2);
        let models = params.num_models.map_or(folds * repeats as usize, |models| models as usize);
        let race = rules::race(quality, facts, &params).and_then(|race| race.among(&params));
        let race_folds = |race: &Race| params.race_folds.map_or(race.folds, |folds| folds as usize);
        let race = race.map(|race| Race { folds: race_folds(&race), ..race }).filter(|race| race.folds > 0);
        let crosses = rules::crosses(quality, facts, &params);
        let mut plan = Self { race, params, choices, folds, repeats, models, crosses, of_time: Vec::new() };
        plan.train(models);
        Ok(plan)
    }

    /// Has another number of folds learnt from.
    fn train(&mut self, models: usize) {
        self.models = models;
        self.repeats = models.div_ceil(self.folds) as u32;
        self.race.iter_mut().for_each(|race| race.folds = race.folds.min(models));
    }

    /// Takes up what the time decided in the end.
    ///
    /// # Errors
    /// None that data could cause.
    pub(crate) fn decided(&mut self, choice: Choice) -> Result<()> {
        self.params = ParamsBuilder::chosen(&self.params, [(choice.parameter, choice.value.clone())])?;
        self.of_time.retain(|earlier| earlier.parameter != choice.parameter);
        self.of_time.push(choice);
        Ok(())
    }

    /// The parameters of the models of a candidate, by its number.
    ///
    /// # Errors
    /// None that data could cause.
    pub(crate) fn candidate(&self, number: usize) -> Result<Params> {
        let values = self.race.iter().flat_map(|race| &race.candidates[number].values);
        ParamsBuilder::chosen(&self.params, values.map(|(parameter, value)| (*parameter, value.to_string())))
    }

    /// Lets candidates race that have features made of pairs of features.
    pub(crate) fn race_crossed(&mut self) {
        if let Some(race) = &mut self.race {
            race.candidates.extend(rules::crossed(&race.candidates));
        }
    }

    /// Whether a candidate has features made of pairs of features besides.
    pub(crate) fn is_crossed(&self, candidate: usize) -> bool {
        self.race.as_ref().is_some_and(|race| race.candidates[candidate].crossed)
    }

    /// What a member is called in checkpoints.
    pub(crate) fn name(&self, fold: usize, candidate: usize) -> String {
        let name = self.race.as_ref().map(|race| format!("-{}", race.candidates[candidate].name));
        format!("fold-{fold}{}", name.unwrap_or_default())
    }

    /// The number of candidates, with those that race if features made of pairs of features help.
    pub(crate) fn most_candidates(&self) -> usize {
        let candidates = self.race.as_ref().map_or(&[][..], |race| &race.candidates);
        let is_wider = self.crosses.as_ref().is_some_and(|rule| rule.race);
        self.candidates() + if is_wider { rules::crossed(candidates).len() } else { 0 }
    }

    /// The number of candidates.
    pub(crate) fn candidates(&self) -> usize {
        self.race.as_ref().map_or(1, |race| race.candidates.len())
    }
}
