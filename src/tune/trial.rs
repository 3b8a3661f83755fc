//! What a search is about, and what comes of each of its trials.

use super::judges::Judgement;
use super::space::Space;
use crate::{Params, Result};
use std::time::Duration;

/// What is searched.
#[derive(Clone, Debug)]
pub struct Search {
    /// Parameters of all trials, by name: what trial 0 has, and nothing else.
    pub given: Vec<(String, String)>,
    /// Which others are searched, and where.
    pub space: Space,
    /// Whether good trials are tried with a lower learning rate as well.
    pub lowers_eta: bool,
    /// The number of trials, trial 0 included.
    pub trials: usize,
    /// What everything may take.
    pub time_budget: Option<Duration>,
}

/// A trial that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number: 0 has the given parameters alone.
    pub number: usize,
    /// How far it came, counted from 0.
    pub rung: usize,
    /// Whether it was judged by all folds, or by the validation set.
    pub finished: bool,
    /// The parameters that were searched, and their values.
    pub parameters: Vec<(String, String)>,
    /// How good it is.
    pub judgement: Judgement,
}

impl Search {
    pub(super) fn params(&self, drawn: &[(String, String)]) -> Result<Params> {
        let given = self.given.iter().filter(|(name, _)| !drawn.iter().any(|(other, _)| other == name));
        Params::from_pairs(given.chain(drawn).map(|(name, value)| (name, value))).map(|(params, _)| params)
    }

    /// All parameters of a trial.
    ///
    /// # Errors
    /// None that the trial's judgement did not have.
    pub fn params_of(&self, trial: &Trial) -> Result<Params> {
        self.params(&trial.parameters)
    }

    /// Where a trial is in the unit cube; `None` if it differs from others in what is not searched. Trial 0 is where the values are that it has anyway.
    pub(super) fn point(&self, trial: &Trial) -> Option<Vec<f64>> {
        let is_apart = trial.parameters.iter().any(|(name, _)| !self.space.parameters().any(|searched| searched == name));
        let placed = self.space.placed(&self.params_of(trial).ok().filter(|_| !is_apart)?);
        Some(placed.into_iter().map(|(_, place)| place).collect())
    }
}
