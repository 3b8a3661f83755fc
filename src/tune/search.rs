//! [`search`]: draws trials, and has them judged.

use super::halving;
use super::judges::{Judgement, Judges};
use super::space::Space;
use crate::{Error, Params, Result, metric};
use std::collections::HashMap;

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Parameters of all trials, by name: what trial 0 has, and nothing else.
    pub given: &'a [(String, String)],
    /// Which others are searched, and where.
    pub space: &'a Space,
    /// The number of trials, trial 0 included.
    pub trials: usize,
}

/// A trial that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number: 0 has the given parameters alone.
    pub number: usize,
    /// How far it came: 0 and 1 with a ninth and a third of the rounds that trial 0 took, 2 to the end.
    pub rung: usize,
    /// The parameters that were searched, and their values.
    pub parameters: Vec<(String, String)>,
    /// How good it is.
    pub judgement: Judgement,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The best of the trials that trained to their end; of equal ones the first.
    pub best: Trial,
    /// The number of trials that were judged.
    pub trials: usize,
    /// Whether all of them were: nothing stopped the search.
    pub is_complete: bool,
}

impl Trial {
    /// Whether it trained to its end.
    pub fn is_finished(&self) -> bool {
        self.rung + 1 == halving::RUNGS
    }
}

/// Searches. Trial 0 trains to its end first; its rounds are those that shorter trainings are measured by. Then nine trials at a time have a
/// ninth of the rounds, the best three of them a third, and the best one trains to its end. `known` trials of an earlier search of the same are
/// not judged again. `tell` hears of each judged trial; when `stop` says so, the search ends with what it has.
///
/// ```
/// use sapwood::tune::{Judges, Search, search};
/// use sapwood::{Dataset, Params};
/// # use ndarray::Array2;
/// # let x = Array2::from_shape_fn((300, 3), |(row, column)| ((row * (column + 3)) % 17) as f64);
/// # let y = x.rows().into_iter().map(|row| row[0] + 2.0 * row[1] * row[2]).collect();
/// let data = Dataset::from_array(x.view(), y, None)?;
/// let given = [("num_round", "50"), ("early_stopping_rounds", "5"), ("nfold", "3")].map(|(name, value)| (name.into(), value.into()));
/// let (params, _) = Params::from_pairs(given.clone())?;
/// let folds = data.folds(&params)?;
/// let judges = Judges::folds(&data, &folds, &params)?;
/// let what = Search { given: &given, space: &"eta=0.05..0.3:log, max_leaves=4..32:log".parse()?, trials: 10 };
/// let found = search(&what, &judges, &[], &mut |_| (), &|| false)?;
/// println!("{:?}: {}", found.best.parameters, found.best.judgement.value);
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// Parameters that are given and searched; what training has to say; nothing that was judged before the search was stopped.
pub fn search(
    search: &Search<'_>,
    judges: &Judges<'_>,
    known: &[Trial],
    tell: &mut dyn FnMut(&Trial),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Found> {
    search.space.check(search.given)?;
    let params = search.params(&[])?;
    let higher =
        metric::metrics(&params.eval_metric, params.objective_spec())?.last().is_some_and(|metric| metric.higher_is_better());
    let mut running = Running {
        search,
        judges,
        known: known.iter().map(|trial| ((trial.number, trial.rung), trial)).collect(),
        tell,
        stop,
        nthread: params.nthread,
        seed: params.seed,
    };
    let last = halving::RUNGS - 1;
    let stopped = || Error::data("the search was stopped before the given parameters were judged");
    let Some(first) = running.judge(&[0], last, None)?.and_then(|mut judged| judged.pop()) else { return Err(stopped()) };
    let whole = first.judgement.best_round + 1;
    let badness = |trial: &Trial| if higher { -trial.judgement.value } else { trial.judgement.value };
    let (mut best, mut next) = (first, 1);
    while next < search.trials {
        let mut numbers: Vec<usize> = (next..search.trials.min(next + halving::BRACKET)).collect();
        let end = next + numbers.len();
        for rung in 0..halving::RUNGS {
            let Some(judged) = running.judge(&numbers, rung, halving::rounds(rung, whole))? else {
                return Ok(Found { best, trials: next, is_complete: false });
            };
            numbers = halving::promoted(&judged.iter().map(|trial| (badness(trial), trial.number)).collect::<Vec<_>>());
            let finished = judged.into_iter().filter(Trial::is_finished);
            best = finished.fold(best, |best, trial| if badness(&trial).total_cmp(&badness(&best)).is_lt() { trial } else { best });
        }
        next = end;
    }
    Ok(Found { best, trials: next, is_complete: true })
}

impl Search<'_> {
    fn params(&self, sampled: &[(String, String)]) -> Result<Params> {
        Params::from_pairs(self.given.iter().chain(sampled).map(|(name, value)| (name, value))).map(|(params, _)| params)
    }
}

/// Trials that are judged where neither their number nor a time is given.
pub const TRIALS: usize = 100;

struct Running<'s> {
    search: &'s Search<'s>,
    judges: &'s Judges<'s>,
    known: HashMap<(usize, usize), &'s Trial>,
    tell: &'s mut dyn FnMut(&Trial),
    stop: &'s (dyn Fn() -> bool + Sync),
    nthread: u32,
    seed: i64,
}

impl Running<'_> {
    /// The trials with these numbers, judged with so many rounds, or to their end. `None`: the search is to stop.
    fn judge(&mut self, numbers: &[usize], rung: usize, rounds: Option<usize>) -> Result<Option<Vec<Trial>>> {
        let mut judged: HashMap<usize, Trial> =
            numbers.iter().filter_map(|number| Some((*number, (*self.known.get(&(*number, rung))?).clone()))).collect();
        let new: Vec<usize> = numbers.iter().copied().filter(|number| !judged.contains_key(number)).collect();
        let drawn: Vec<_> = new.iter().map(|&number| self.parameters(number)).collect();
        let params = drawn.iter().map(|drawn| self.search.params(drawn).map(|params| with_rounds(params, rounds)));
        let params = params.collect::<Result<Vec<_>>>()?;
        if !params.is_empty() {
            let Some(judgements) = self.judges.judge(&params, self.nthread, self.stop)? else { return Ok(None) };
            for ((number, parameters), judgement) in new.into_iter().zip(drawn).zip(judgements) {
                let trial = Trial { number, rung, parameters, judgement };
                (self.tell)(&trial);
                judged.insert(number, trial);
            }
        }
        Ok(Some(numbers.iter().filter_map(|number| judged.remove(number)).collect()))
    }

    fn parameters(&self, number: usize) -> Vec<(String, String)> {
        if number == 0 { Vec::new() } else { self.search.space.sample(self.seed, number) }
    }
}

fn with_rounds(params: Params, rounds: Option<usize>) -> Params {
    match rounds {
        None => params,
        Some(rounds) => {
            let rounds = u32::try_from(rounds).unwrap_or(u32::MAX).min(params.num_round);
            Params { num_round: rounds, early_stopping_rounds: None, ..params }
        }
    }
}
