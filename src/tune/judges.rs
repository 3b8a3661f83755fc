//! [`Judges`]: the rows that trials are judged by, and the verdict.

use crate::boost::{HELD_OUT, Observer, RoundReport, SharedBins, side_by_side};
use crate::data::Fold;
use crate::memory::{self, TrainingSize};
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

    /// The model of a trial's parameters. With folds it learns all rows, in as many more rounds than the trial's best one as there are more rows
    /// than its folds learnt from; with a validation set it is the one that was judged.
    ///
    /// # Errors
    /// What training has to say.
    pub fn fit(&self, params: &Params, judged: &Judgement) -> Result<Trained> {
        let learned: usize = self.folds.iter().map(|fold| fold.learned.len()).sum();
        let Some(validation) = self.validation else {
            let rows = (self.data.rows() * self.folds.len()) as f64;
            let rounds = ((judged.best_round + 1) as f64 * rows / learned as f64).round() as u32;
            let params = Params { num_round: rounds, early_stopping_rounds: None, ..params.clone() };
            return Trainer::new(params).fit_binned(self.data, self.bins.of_all(), &mut ());
        };
        let trainer = Trainer::new(params.clone()).validation(HELD_OUT, validation);
        trainer.fit_binned(self.data, self.bins.of_all(), &mut ())
    }

    /// Judges trials by their parameters, side by side; `None` where `stop` ended it.
    ///
    /// # Errors
    /// Parameters that do not fit the data.
    pub(super) fn judge(
        &self,
        trials: &[Params],
        nthread: u32,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<Judgement>>> {
        let parts = self.folds.len().max(1);
        let most = self.most_at_once(&trials[0]);
        let histories = side_by_side(nthread, most, trials.len() * parts, |job| {
            let (params, fold) = (&trials[job / parts], self.folds.get(job % parts));
            self.history(params, fold, stop).map_err(|error| error.within(&format!("fold {}", job % parts)))
        })?;
        let Some(histories) = histories.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
        let judged = trials.iter().zip(histories.chunks(parts)).map(|(params, of_folds)| judgement(params, of_folds));
        judged.collect::<Result<Vec<_>>>().map(Some)
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

/// The mean over folds, round by round, of the rounds that all of them have.
fn judgement(params: &Params, histories: &[Vec<f64>]) -> Result<Judgement> {
    let metrics = metric::metrics(&params.eval_metric, params.objective_spec())?;
    let higher = metrics.last().is_some_and(|metric| metric.higher_is_better());
    let rounds = histories.iter().map(Vec::len).min().unwrap_or_default();
    let count = histories.len() as f64;
    let mean = |round: usize| histories.iter().map(|history| history[round]).sum::<f64>() / count;
    let badness = |round: usize| if higher { -mean(round) } else { mean(round) };
    let best_round = (0..rounds).min_by(|a, b| badness(*a).total_cmp(&badness(*b)).then(a.cmp(b))).unwrap_or_default();
    let value = mean(best_round);
    let variance = histories.iter().map(|history| (history[best_round] - value).powi(2)).sum::<f64>() / count;
    Ok(Judgement { value, deviation: variance.sqrt(), best_round, rounds })
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
