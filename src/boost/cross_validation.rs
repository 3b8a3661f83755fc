//! Cross-validation: a model a fold, all of them a round at a time, so that the mean over folds can end training for all.

use super::dart::Dart;
use super::early_stopping::{Decision, EarlyStopping};
use super::events::Observer;
use super::merged::merged;
use super::outcome;
use super::report::RoundReport;
use super::trainer::{Trained, Trainer};
use crate::data::Fold;
use crate::memory;
use crate::params::MemorySize;
use crate::predict::{Output, Scorer, predict};
use crate::{Dataset, Error, Model, Params, Result, metric};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle};

/// The name that metric lines give to the rows that folds hold out.
pub const HELD_OUT: &str = "validation";

/// Mean and spread over folds of every metric after a round.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldsReport {
    /// The means.
    pub mean: RoundReport,
    /// The standard deviations (of so many folds, not of a sample of them), as XGBoost's and LightGBM's `cv` tell them; in the same order.
    pub deviation: Vec<f64>,
}

/// The models of a cross-validation and how good they are.
#[derive(Clone, Debug)]
pub struct CrossValidated {
    /// A model a fold, up to the round that is the best over all folds.
    pub models: Vec<Model>,
    /// All rounds, those included that early stopping dropped.
    pub history: Vec<FoldsReport>,
    /// The round that the models end with.
    pub last: FoldsReport,
    /// What deserves the user's attention.
    pub warnings: Vec<String>,
}

impl FoldsReport {
    /// A report of the same round of several folds.
    fn of(reports: &[RoundReport]) -> Self {
        let count = reports.len() as f64;
        let statistics = |index: usize| {
            let values = || reports.iter().map(|report| report.values[index].2);
            let mean = values().sum::<f64>() / count;
            let square = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
            (mean, square.sqrt())
        };
        let (mut mean, mut deviation) = (reports[0].clone(), Vec::new());
        for (index, (_, _, value)) in mean.values.iter_mut().enumerate() {
            let (of_folds, spread) = statistics(index);
            *value = of_folds;
            deviation.push(spread);
        }
        Self { mean, deviation }
    }

    /// XGBoost's line: `[12]\ttrain-rmse:0.12345+0.00123\tvalidation-rmse:0.23456+0.00345`.
    pub fn line(&self) -> String {
        let values = self.mean.values.iter().zip(&self.deviation);
        let values = values.map(|((set, metric, value), spread)| format!("\t{set}-{metric}:{value:.5}+{spread:.5}"));
        format!("[{}]{}", self.mean.round, values.collect::<String>())
    }

    fn decisive(&self) -> f64 {
        self.mean.values.last().map_or(f64::NAN, |(_, _, value)| *value)
    }
}

/// Trains a model for each fold on what the fold learns from, judges it by what the fold holds out (last) and by `evaluated` sets, and tells `round`
/// the means; that ends training by `false`. `early_stopping_rounds` go by the mean of the last metric of the rows held out.
///
/// Folds take turns, a round each, so that the memory of all of them is needed at once.
///
/// ```
/// use sapwood::boost::cross_validate;
/// use sapwood::{Dataset, Params};
/// # use ndarray::Array2;
/// # let x = Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
/// # let y = x.rows().into_iter().map(|row| row[0] + 2.0 * row[1]).collect();
/// let data = Dataset::from_array(x.view(), y, None)?;
/// let params = Params::builder().num_round(50).nfold(4).early_stopping_rounds(5).build()?;
/// let folds = data.folds(&params)?;
/// let result = cross_validate(&params, &folds, &[], &mut |report| { println!("{}", report.line()); true })?;
/// assert_eq!(result.models.len(), 4);
/// # Ok::<(), sapwood::Error>(())
/// ```
///
/// # Errors
/// What training has to say, with the number of the fold; no folds.
pub fn cross_validate(
    params: &Params,
    folds: &[Fold],
    evaluated: &[(String, &Dataset)],
    round: &mut dyn FnMut(&FoldsReport) -> bool,
) -> Result<CrossValidated> {
    if folds.is_empty() {
        return Err(Error::data("there are no folds"));
    }
    params.refuse_search()?;
    if params.has_preset() {
        let error = Error::parameter("a preset cuts folds of its own, and cannot be cross-validated").with_parameter("preset");
        return Err(error.with_remedy("train with it: it tells how good its models are on rows that they hold out"));
    }
    let metrics = metric::metrics(&params.eval_metric, params.objective_spec())?;
    let decisive = params.early_stopping_rounds.zip(metrics.last());
    let mut stopping = decisive.map(|(patience, metric)| EarlyStopping::new(patience as usize, metric.higher_is_better()));
    let mut history: Vec<FoldsReport> = Vec::new();
    // Folds stop together, and share the memory.
    let memory_limit = memory::allowed(params.memory_limit.map(|limit| limit.0));
    let memory_limit = memory_limit.map(|limit| MemorySize(memory::share(limit, folds.len() as u64)));
    let of_fold = &Params { early_stopping_rounds: None, memory_limit, ..params.clone() };
    let trained = std::thread::scope(|scope| {
        let runners: Vec<_> = folds.iter().map(|fold| Runner::start(scope, of_fold, fold, evaluated)).collect();
        let mut decided = Ok(());
        if runners.iter().all(|runner| matches!(runner.take_turn(), Some(Told::Prepared))) {
            while let Some(reports) = runners.iter().map(Runner::round).collect::<Option<Vec<_>>>() {
                let report = FoldsReport::of(&reports);
                if stopping.is_some() && history.is_empty() {
                    decided = outcome::check_decisive(&report.mean);
                }
                let decision = stopping.as_mut().map(|stopping| stopping.observe(report.mean.round, report.decisive()));
                let goes_on = round(&report) && decided.is_ok();
                history.push(report);
                if !goes_on || decision == Some(Decision::Stop) {
                    break;
                }
            }
        }
        let trained = runners.into_iter().enumerate().map(|(fold, runner)| runner.end().map_err(|error| within(error, fold)));
        // All of them are to end, even if one failed.
        let trained = trained.collect::<Vec<_>>();
        decided.and_then(|()| trained.into_iter().collect::<Result<Vec<_>>>())
    })?;
    let best = stopping.and_then(|stopping| stopping.best());
    let last = best.map_or(history.len(), |(round, _)| round + 1);
    let last = history.get(last.wrapping_sub(1)).cloned().ok_or_else(|| Error::internal("cross-validation without a round"))?;
    let warnings = merged(&trained.iter().map(|trained| &trained.warnings[..]).collect::<Vec<_>>());
    let models = trained.into_iter().map(|trained| ended(trained.model, params, &last, best)).collect();
    Ok(CrossValidated { models, history, last, warnings })
}

fn within(error: Error, fold: usize) -> Error {
    error.within(&format!("fold {fold}"))
}

/// A fold's model up to the last round that all keep.
fn ended(mut model: Model, params: &Params, last: &FoldsReport, best: Option<(usize, f64)>) -> Model {
    let trees_per_round = model.trees_per_round();
    model.trees.truncate((last.mean.round + 1) * trees_per_round);
    if let Some(dart) = Dart::new(params, trees_per_round) {
        dart.rewind(&mut model.trees, trees_per_round);
    }
    model.best_iteration = best.map(|(round, _)| round as u32);
    model.best_score = best.map(|(_, score)| score);
    model.params = params.model_affecting();
    model
}

/// A fold's trainer, on a thread of its own. It waits for its turn before it begins and before every round.
struct Runner<'scope> {
    turn: Sender<()>,
    told: Receiver<Told>,
    thread: ScopedJoinHandle<'scope, Result<Trained>>,
}

/// What a trainer tells when its turn is over.
enum Told {
    /// Its data are binned.
    Prepared,
    /// It has done a round.
    Round(RoundReport),
}

impl<'scope> Runner<'scope> {
    fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        params: &'env Params,
        fold: &'env Fold,
        evaluated: &'env [(String, &'env Dataset)],
    ) -> Self {
        let (turn, turns) = channel();
        let (tell, told) = channel();
        let thread = scope.spawn(move || {
            let mut turns = Turns { turns, tell };
            // Where there is no first turn, another fold failed; nobody asks for this one's outcome.
            let _ = turns.turns.recv();
            let trainer = Trainer::new(params.clone());
            let trainer = evaluated.iter().fold(trainer, |trainer, (name, data)| trainer.validation(name, data));
            trainer.validation(HELD_OUT, &fold.held_out).fit_observed(&fold.train, &mut turns)
        });
        Self { turn, told, thread }
    }

    /// What it tells at the end of its next turn. `None`: it has ended.
    fn take_turn(&self) -> Option<Told> {
        self.turn.send(()).ok()?;
        self.told.recv().ok()
    }

    fn round(&self) -> Option<RoundReport> {
        match self.take_turn()? {
            Told::Round(report) => Some(report),
            Told::Prepared => None,
        }
    }

    /// Its outcome; without further turns it ends.
    fn end(self) -> Result<Trained> {
        drop(self.turn);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// What a trainer waits for, and tells.
struct Turns {
    turns: Receiver<()>,
    tell: Sender<Told>,
}

impl Turns {
    /// Ends a turn, and waits for the next; `false` if there is none.
    fn end_turn(&self, told: Told) -> bool {
        self.tell.send(told).is_ok() && self.turns.recv().is_ok()
    }
}

impl Observer for Turns {
    fn started(&mut self, _: &[String]) {
        self.end_turn(Told::Prepared);
    }

    fn round(&mut self, report: &RoundReport) -> bool {
        self.end_turn(Told::Round(report.clone()))
    }
}

/// What each row's fold predicts of it, by a model that did not learn from it: the mean over repeats. NaN for rows that no fold held out.
///
/// # Errors
/// A kind of output that is no number of the objective's own (`leaf`), or that the models do not have.
pub fn out_of_fold(models: &[Model], folds: &[Fold], rows: usize, output: Output) -> Result<Vec<f64>> {
    let columns = models.first().map_or(0, |model| output.columns(model));
    let (mut sums, mut counts) = (vec![0.0; rows * columns], vec![0u32; rows]);
    for (model, fold) in models.iter().zip(folds) {
        let predictions = predict(&Scorer::new(model.clone())?, &fold.held_out, output)?;
        for (values, &row) in predictions.values().chunks(columns).zip(&fold.rows) {
            let row = row as usize;
            counts[row] += 1;
            sums[row * columns..][..columns].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
    let mean = |(index, sum): (usize, f64)| sum / f64::from(counts[index / columns]);
    Ok(sums.into_iter().enumerate().map(mean).collect())
}
