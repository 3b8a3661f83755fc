//! [`Proposals`]: what the next trials have.

use super::judges::Direction;
use super::parzen;
use super::rungs::GENERATION;
use super::trial::{Search, Trial};
use crate::sampling::{self, Purpose};
use std::collections::HashMap;
use std::ops::Range;

/// One trial of so many is random, whatever was good before.
const RANDOM: usize = 4;

/// A lower learning rate is this part of the one before.
const LOWER: f64 = 0.5;

/// The learning rate is not lowered to less.
const LEAST_ETA: f64 = 0.02;

/// What the next trials have, after some that were judged.
pub(super) struct Proposals<'a> {
    search: &'a Search,
    /// The farthest result of each trial but the first, the best ones first.
    ranked: Vec<&'a Trial>,
    seed: i64,
}

impl<'a> Proposals<'a> {
    /// Trials that came to different rungs are compared by how much better they are than trial 0 by the same folds.
    pub fn new(search: &'a Search, trials: &'a [Trial], direction: Direction, seed: i64) -> Self {
        let first: HashMap<usize, f64> = trials
            .iter()
            .filter(|trial| trial.number == 0)
            .map(|trial| (trial.rung, direction.badness(trial.judgement.value)))
            .collect();
        let bad = |trial: &Trial| {
            let difference = direction.badness(trial.judgement.value) - first.get(&trial.rung).copied().unwrap_or_default();
            if difference.is_nan() { f64::INFINITY } else { difference }
        };
        let last: HashMap<usize, &Trial> = trials.iter().map(|trial| (trial.number, trial)).collect();
        let mut ranked: Vec<&Trial> = last.into_values().collect();
        ranked.sort_unstable_by(|a, b| bad(a).total_cmp(&bad(b)).then(a.number.cmp(&b.number)));
        Self { search, ranked, seed }
    }

    /// The parameters of the trials with these numbers.
    pub fn of(&self, numbers: Range<usize>) -> Vec<(usize, Vec<(String, String)>)> {
        let points: Vec<Vec<f64>> = self.ranked.iter().filter_map(|trial| self.search.point(trial)).collect();
        let points: Vec<&[f64]> = points.iter().map(|point| &point[..]).collect();
        let mut lowered = self.lowered();
        let has_enough = points.len() + 1 >= GENERATION;
        let drawn = numbers.map(|number| {
            let parameters = match lowered.take() {
                Some(lowered) => lowered,
                None if !has_enough || number % RANDOM == 0 => self.search.space.sample(self.seed, number),
                None => {
                    self.search.space.values(&parzen::propose(&points, sampling::key(self.seed, Purpose::Proposal, number as u64)))
                }
            };
            (number, parameters)
        });
        drawn.collect()
    }

    /// The best finished trial that was not tried with a lower learning rate yet, with a lower one.
    fn lowered(&self) -> Option<Vec<(String, String)>> {
        if !self.search.lowers_eta || self.ranked.len() < GENERATION {
            return None;
        }
        let finished = self.ranked.iter().filter(|trial| trial.finished);
        let lower = finished.filter_map(|trial| with_lower_eta(&trial.parameters, &self.search.given));
        lower.into_iter().find(|parameters| !self.ranked.iter().any(|trial| trial.parameters == *parameters))
    }
}

/// The same parameters with a lower learning rate, if it is not the lowest.
fn with_lower_eta(parameters: &[(String, String)], given: &[(String, String)]) -> Option<Vec<(String, String)>> {
    let (_, eta) = parameters.iter().chain(given).find(|(name, _)| name == "eta")?;
    let eta = eta.parse::<f64>().ok()? * LOWER;
    let others = parameters.iter().filter(|(name, _)| name != "eta").cloned();
    (eta >= LEAST_ETA).then(|| others.chain([("eta".to_string(), eta.to_string())]).collect())
}
