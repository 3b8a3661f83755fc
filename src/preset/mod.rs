//! Presets: parameters that are not given get values that follow from the data, and the model is the mean of several that hold out different rows
//! ([why](../../docs/decisions/preset.md)).
//!
//! `rules.rs` is the one place where it is said what follows from what. The models are trained in `boost`.

mod facts;
mod rules;

pub use facts::Facts;

use crate::params::ParamsBuilder;
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
    /// What the first folds decide, if anything.
    pub race: Option<Race>,
}

/// A parameter whose value is that of the models which predict best what the first folds hold out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// Its name in the table of parameters.
    pub parameter: &'static str,
    /// The values that race, as texts; the first wins where none is better.
    pub values: Vec<&'static str>,
    /// The number of folds that decide.
    pub folds: usize,
    /// Whether the mean of models of all values takes part as well.
    pub mixes: bool,
}

impl Plan {
    /// What the preset of `params` makes of the data: a function of these two alone.
    ///
    /// # Errors
    /// Parameters that are given and exclude what the preset chooses.
    pub fn new(params: &Params, data: &Dataset) -> Result<Self> {
        let facts = Facts::of(params, data);
        let choices = rules::choices(&facts, params).into_iter().filter(|choice| !params.given.has(choice.parameter));
        let choices: Vec<Choice> = choices.collect();
        let params = ParamsBuilder::chosen(params, choices.iter().map(|choice| (choice.parameter, choice.value.clone())))?;
        let quality = params.quality.unwrap_or_default();
        let (folds, repeats) = rules::folds(quality);
        let folds = folds.min(facts.units).max(2);
        let race = rules::race(quality, &facts, &params).filter(|race| !params.given.has(race.parameter));
        Ok(Self { race, params, choices, folds, repeats })
    }

    /// The parameters of the models of a candidate: a value that races, by its number.
    ///
    /// # Errors
    /// None that data could cause.
    pub(crate) fn candidate(&self, number: usize) -> Result<Params> {
        match &self.race {
            Some(race) => ParamsBuilder::chosen(&self.params, [(race.parameter, race.values[number].to_string())]),
            None => Ok(self.params.clone()),
        }
    }

    /// What a member is called in checkpoints.
    pub(crate) fn name(&self, fold: usize, candidate: usize) -> String {
        let value = self.race.as_ref().map(|race| format!("-{}-{}", race.parameter, race.values[candidate]));
        format!("fold-{fold}{}", value.unwrap_or_default())
    }

    /// The number of candidates.
    pub(crate) fn candidates(&self) -> usize {
        self.race.as_ref().map_or(1, |race| race.values.len())
    }
}
