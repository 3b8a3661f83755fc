//! [`search`]: draws trials, and has them judged.

use super::judges::{Contender, Direction, Judgement, Judges};
use super::proposals::Proposals;
use super::rungs::{GENERATION, promoted};
use super::trial::{Search, Trial};
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The best of the trials that were judged by all folds; of equal ones the first.
    pub best: Trial,
    /// The number of trials that were judged.
    pub trials: usize,
    /// Whether all of them were: nothing stopped the search.
    pub is_complete: bool,
}

/// Searches. Trial 0 is judged by all folds first. Then come generations of twelve: all are judged by a ninth of the folds, their best third by a third, and of
/// these the best third by all. Each training ends by early stopping. Later generations are drawn near what was good, and at random now and then. `known`
/// trials of an earlier search of the same are not judged again. `tell` hears of each judged trial; when `stop` says so, the search ends with what
/// it has.
///
/// ```
/// use sapwood::tune::{Judges, Search, search};
/// use sapwood::{Dataset, Params};
/// # use ndarray::Array2;
/// # let x = Array2::from_shape_fn((300, 3), |(row, column)| ((row * (column + 3)) % 17) as f64);
/// # let y = x.rows().into_iter().map(|row| row[0] + 2.0 * row[1] * row[2]).collect();
/// let data = Dataset::from_array(x.view(), y, None)?;
/// let given = [("tune", "10"), ("tune_search", "eta=0.05..0.3:log, max_leaves=4..32:log"), ("num_round", "50"), ("nfold", "3")];
/// let what = Search::new(given.map(|(name, value)| (name.into(), value.into())).into(), false)?;
/// let (params, _) = Params::from_pairs(what.given.clone())?;
/// let folds = data.folds(&params)?;
/// let judges = Judges::folds(&data, &folds, &params)?;
/// let found = search(&what, &judges, &[], &mut |_| (), &|| false)?;
/// println!("{:?}: {}", found.best.parameters, found.best.judgement.value);
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// Parameters that are given and searched; what training has to say; nothing that was judged before the search was stopped.
pub fn search(
    search: &Search,
    judges: &Judges<'_>,
    known: &[Trial],
    tell: &mut dyn FnMut(&Trial),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Found> {
    search.space.check(&search.given)?;
    let params = search.params(&[])?;
    let judged = known.iter().map(|trial| ((trial.parameters.clone(), trial.rung), trial.judgement.clone()));
    let mut running = Running {
        search,
        judges,
        direction: Direction::of(&params)?,
        judged: judged.collect(),
        told: known.iter().map(|trial| (trial.number, trial.rung)).collect(),
        trials: Vec::new(),
        tell,
        stop,
        nthread: params.nthread,
    };
    if !running.generation(vec![(0, Vec::new())])? {
        return running.found(0, false);
    }
    let mut next = 1;
    while next < search.trials {
        let numbers = next..search.trials.min(next + GENERATION);
        let proposals = Proposals::new(search, &running.trials, running.direction, params.seed);
        let drawn = proposals.of(numbers.clone());
        if !running.generation(drawn)? {
            return running.found(next, false);
        }
        next = numbers.end;
    }
    running.found(next, true)
}

type Drawn = (usize, Vec<(String, String)>);

struct Running<'s> {
    search: &'s Search,
    judges: &'s Judges<'s>,
    direction: Direction,
    /// What is known of parameters at a rung.
    judged: HashMap<(Vec<(String, String)>, usize), Judgement>,
    /// Numbers and rungs of which an earlier search told.
    told: HashSet<(usize, usize)>,
    /// All results, in their order.
    trials: Vec<Trial>,
    tell: &'s mut dyn FnMut(&Trial),
    stop: &'s (dyn Fn() -> bool + Sync),
    nthread: u32,
}

impl Running<'_> {
    /// Takes trials through the rungs. `false`: the search is to stop.
    fn generation(&mut self, drawn: Vec<Drawn>) -> Result<bool> {
        let contender = |(number, drawn): Drawn| {
            let params = self.search.params(&drawn)?;
            Ok(Contender { number, drawn, params, histories: Vec::new() })
        };
        let mut contenders = drawn.into_iter().map(contender).collect::<Result<Vec<_>>>()?;
        for (rung, folds) in self.judges.rungs().into_iter().enumerate() {
            let Some(judged) = self.rung(&mut contenders, rung, folds)? else { return Ok(false) };
            let best = promoted(&judged);
            contenders.retain(|contender| best.contains(&contender.number));
        }
        Ok(true)
    }

    /// How bad trials are at a rung, and their numbers. `None`: the search is to stop.
    fn rung(&mut self, contenders: &mut [Contender], rung: usize, folds: usize) -> Result<Option<Vec<(f64, usize)>>> {
        let is_known = |contender: &Contender| self.judged.contains_key(&(contender.drawn.clone(), rung));
        let mut unknown: Vec<&mut Contender> = contenders.iter_mut().filter(|contender| !is_known(contender)).collect();
        if !self.judges.train(&mut unknown, folds, self.nthread, self.stop)? {
            return Ok(None);
        }
        let finished = folds == self.judges.rungs().last().copied().unwrap_or_default();
        let mut bad = Vec::new();
        for contender in contenders.iter() {
            let key = (contender.drawn.clone(), rung);
            let judgement = self.judged.entry(key).or_insert_with(|| contender.judgement(folds, self.direction)).clone();
            bad.push((self.direction.badness(judgement.value), contender.number));
            let trial = Trial { number: contender.number, rung, finished, parameters: contender.drawn.clone(), judgement };
            if !self.told.contains(&(trial.number, rung)) {
                (self.tell)(&trial);
            }
            self.trials.push(trial);
        }
        Ok(Some(bad))
    }

    /// What was found by so many trials.
    fn found(self, trials: usize, is_complete: bool) -> Result<Found> {
        let badness = |trial: &Trial| self.direction.badness(trial.judgement.value);
        let finished = self.trials.into_iter().filter(|trial| trial.finished);
        let best = finished.reduce(|best, trial| if badness(&trial).total_cmp(&badness(&best)).is_lt() { trial } else { best });
        let best = best.ok_or_else(|| Error::data("the search was stopped before the given parameters were judged"))?;
        Ok(Found { best, trials, is_complete })
    }
}
