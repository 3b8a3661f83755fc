//! [`Judges`]: the rows that trials are judged by, and the verdict.

use super::rungs::rungs;
use crate::boost::{HELD_OUT, Observer, RoundReport, SharedBins, side_by_side};
use crate::data::Fold;
use crate::memory::{self, TrainingSize};
use crate::params::SplitMethod;
use crate::{Dataset, Params, Result, Trained, Trainer, metric};
use std::ops::ControlFlow;

/// The rows that trials are judged by: those that folds hold out, or a validation set. Bins are made once, for all trials.
#[derive(Debug)]
pub struct Judges<'a> {
    data: &'a Dataset,
    folds: &'a [Fold],
    validation: Option<&'a Dataset>,
    bins: SharedBins,
}

/// How good some parameters are.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The metric after the best round: over folds the mean.
    pub value: f64,
    /// The standard deviation over folds.
    pub deviation: f64,
    /// The best round, counted from 0.
    pub best_round: usize,
    /// Rounds that all folds trained.
    pub rounds: usize,
}

impl<'a> Judges<'a> {
    /// Folds of the data, which have no `split_column`.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub fn folds(data: &'a Dataset, folds: &'a [Fold], params: &Params) -> Result<Self> {
        Ok(Self { data, folds, validation: None, bins: SharedBins::new(data, params)? })
    }

    /// A validation set of its own.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub fn validation(data: &'a Dataset, validation: &'a Dataset, params: &Params) -> Result<Self> {
        let bins = SharedBins::new(data, params)?.with_validation(validation)?;
        Ok(Self { data, folds: &[], validation: Some(validation), bins })
    }

    /// The parameters of a trial's model. With folds it learns all rows, in as many more rounds than the trial's best one as there are more rows than
    /// its folds learnt from; with a validation set it is the one that was judged.
    pub fn refit(&self, params: &Params, judged: &Judgement) -> Params {
        if self.validation.is_some() {
            return params.clone();
        }
        let learned: usize = self.folds.iter().map(|fold| fold.learned.len()).sum();
        let rows = (self.data.rows() * self.folds.len()) as f64;
        let rounds = ((judged.best_round + 1) as f64 * rows / learned as f64).round() as u32;
        // Those about folds have done what they were for.
        let about_folds =
            Params { nfold: None, num_cv_round: 1, purge: 0.0, split: SplitMethod::Auto, split_column: None, ..params.clone() };
        Params { num_round: rounds, early_stopping_rounds: None, ..about_folds }
    }

    /// The model of a trial's parameters.
    ///
    /// # Errors
    /// What training has to say.
    pub fn fit(&self, params: &Params, judged: &Judgement) -> Result<Trained> {
        let trainer = Trainer::new(self.refit(params, judged));
        let trainer = self.validation.into_iter().fold(trainer, |trainer, data| trainer.validation(HELD_OUT, data));
        trainer.fit_binned(self.data, self.bins.of_all(), &mut ())
    }

    /// By how many folds trials of each rung are judged.
    pub(super) fn rungs(&self) -> Vec<usize> {
        rungs(self.folds.len())
    }

    /// Has each contender judged by the first `folds` folds, side by side: those that it has no history of are trained. `false` where `stop` ended it.
    ///
    /// # Errors
    /// Parameters that do not fit the data.
    pub(super) fn train(
        &self,
        contenders: &mut [&mut Contender],
        folds: usize,
        nthread: u32,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<bool> {
        let missing = |(at, contender): (usize, &&mut Contender)| (contender.histories.len()..folds).map(move |fold| (at, fold));
        let jobs: Vec<(usize, usize)> = contenders.iter().enumerate().flat_map(missing).collect();
        let Some(&(first, _)) = jobs.first() else { return Ok(true) };
        let most = self.most_at_once(&contenders[first].params);
        let histories = side_by_side(nthread, most, jobs.len(), |job| {
            let (at, number) = jobs[job];
            // The last folds first: with windows of time they learn from the most rows.
            let fold = self.folds.iter().rev().nth(number);
            let history = self.history(&contenders[at].params, fold, stop);
            history.map_err(
                |error| if fold.is_some() { error.within(&format!("fold {}", self.folds.len() - 1 - number)) } else { error },
            )
        })?;
        for ((at, _), history) in jobs.into_iter().zip(histories) {
            let Some(history) = history else { return Ok(false) };
            contenders[at].histories.push(history);
        }
        Ok(true)
    }

    /// The deciding metric of each round.
    fn history(&self, params: &Params, fold: Option<&Fold>, stop: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<f64>>> {
        let (train, judge, bins) = match fold {
            Some(fold) => (&fold.train, Some(&fold.held_out), self.bins.of_fold(fold)?),
            None => (self.data, self.validation, self.bins.of_all()),
        };
        let trainer = judge.into_iter().fold(Trainer::new(params.clone()), |trainer, data| trainer.validation(HELD_OUT, data));
        let mut watch = Watch { stop, state: ControlFlow::Continue(()) };
        let trained = trainer.fit_binned(train, bins, &mut watch)?;
        let values = trained.history.iter().map(|report| report.values.last().map_or(f64::NAN, |(_, _, value)| *value));
        Ok(watch.state.is_continue().then(|| values.collect()))
    }

    /// How many trainings memory has room for.
    fn most_at_once(&self, params: &Params) -> usize {
        let Some(limit) = memory::allowed(params.memory_limit.map(|limit| limit.0)) else { return usize::MAX };
        let outputs = self.data.classes().map_or(1, <[String]>::len) as u64;
        let size = TrainingSize::of(params, self.data.schema(), self.data.rows() as u64, outputs);
        let one = size.beside_bins().saturating_add(self.bins.bytes().saturating_mul(2)).max(1);
        usize::try_from(limit / one).unwrap_or(usize::MAX).max(1)
    }
}

/// A trial on its way through the rungs.
#[derive(Debug)]
pub(super) struct Contender {
    pub number: usize,
    /// The parameters that were searched, and their values.
    pub drawn: Vec<(String, String)>,
    /// All of them.
    pub params: Params,
    /// The deciding metric of each round, for each fold that was trained.
    pub histories: Vec<Vec<f64>>,
}

impl Contender {
    /// The mean over the first folds, round by round, of the rounds that all of them have.
    pub fn judgement(&self, folds: usize, direction: Direction) -> Judgement {
        let histories = &self.histories[..folds.min(self.histories.len())];
        let rounds = histories.iter().map(Vec::len).min().unwrap_or_default();
        let count = histories.len() as f64;
        let mean = |round: usize| histories.iter().map(|history| history[round]).sum::<f64>() / count;
        let badness = |round: usize| direction.badness(mean(round));
        let best_round = (0..rounds).min_by(|a, b| badness(*a).total_cmp(&badness(*b)).then(a.cmp(b))).unwrap_or_default();
        let value = mean(best_round);
        let variance = histories.iter().map(|history| (history[best_round] - value).powi(2)).sum::<f64>() / count;
        Judgement { value, deviation: variance.sqrt(), best_round, rounds }
    }
}

/// Which values of the metric are good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Direction {
    higher_is_better: bool,
}

impl Direction {
    /// That of the metric which decides.
    pub fn of(params: &Params) -> Result<Self> {
        let metrics = metric::metrics(&params.eval_metric, params.objective_spec())?;
        Ok(Self { higher_is_better: metrics.last().is_some_and(|metric| metric.higher_is_better()) })
    }

    /// How bad a value is. What is no number is worse than any.
    pub fn badness(self, value: f64) -> f64 {
        match self.higher_is_better {
            _ if value.is_nan() => f64::INFINITY,
            true => -value,
            false => value,
        }
    }
}

/// Ends training when the search is to stop.
struct Watch<'s> {
    stop: &'s (dyn Fn() -> bool + Sync),
    state: ControlFlow<()>,
}

impl Observer for Watch<'_> {
    fn round(&mut self, _: &RoundReport) -> bool {
        if (self.stop)() {
            self.state = ControlFlow::Break(());
        }
        self.state.is_continue()
    }
}
