//! A cross-validation of data in files, wherever it was asked for: its data, its rounds, and what it leaves behind.

use crate::history;
use crate::inputs::Inputs;
use crate::log::Log;
use crate::memory;
use crate::progress::Progress;
use crate::report::Failure;
use crate::signal::Signals;
use crate::summary::sha256;
use crate::threads;
use sapwood::boost::{CrossValidated, FoldsReport, cross_validate, out_of_fold};
use sapwood::collective::Solo;
use sapwood::data::{Fold, Sample, Sampler, describe_folds};
use sapwood::predict::{Output, Predictions};
use sapwood::text::counted;
use sapwood::{Dataset, Model, Params, objective};
use sapwood_readers::ReadOptions;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

/// What came of a cross-validation.
pub struct Outcome {
    /// All rows.
    pub data: Dataset,
    /// How they were cut.
    pub folds: Vec<Fold>,
    /// The models, and how good they are.
    pub result: CrossValidated,
    /// The signal that ended it early, if one did.
    pub stopped: Option<u8>,
    /// Seconds that reading took.
    pub load: f64,
    /// Seconds that everything took.
    pub seconds: f64,
    sampler: Option<Arc<Sampler>>,
}

/// Reads the data, cuts them, and trains a model a fold. Metric lines are printed as `line` says. For a report, rows are sampled as they are read.
///
/// # Errors
/// Data that cannot be read, cut or learnt from.
pub fn run(
    params: &Params,
    inputs: &Inputs,
    signals: &Signals,
    log: &mut Log,
    line: fn(&FoldsReport) -> String,
    is_reported: bool,
) -> Result<Outcome, Failure> {
    let start = Instant::now();
    objective::check_bound_columns(params)?;
    let options = ReadOptions::new(&params.data)?;
    let mut loaded = threads::pool(params.nthread)?.install(|| inputs.load(&options, params, None, &Solo, log))?;
    loaded.describe(log);
    if let Some(column) = &params.split_column {
        for (name, set) in &mut loaded.validation {
            *set = set.without_column(column).map_err(|error| Failure::from(error).at(name))?;
        }
    }
    let load = start.elapsed().as_secs_f64();
    let sampler = is_reported.then(|| {
        let (train, sampler) = loaded.train.clone().sampled();
        loaded.train = train;
        sampler
    });
    let folds = loaded.train.folds(params)?;
    log.info(&format!("{}: {}", counted(folds.len(), "fold"), describe_folds(params)));
    let evaluated: Vec<_> = loaded.validation.iter().map(|(name, set)| (name.clone(), set)).collect();
    let (rounds, progress) = (params.num_round as usize, Progress::new(params.num_round, log));
    let period = if log.is_quiet() { 0 } else { params.verbose_eval.0 as usize };
    let (mut stopped, mut last_line) = (None, String::new());
    signals.defer();
    // What reading needed is free, and training is about to need as much.
    memory::give_back();
    let result = cross_validate(params, &folds, &evaluated, &mut |report| {
        let done = report.mean.round + 1;
        progress.advance_to(done);
        if period > 0 && report.mean.round.is_multiple_of(period) {
            last_line = line(report);
            progress.line(&last_line);
        }
        stopped = signals.received().filter(|_| done < rounds);
        stopped.is_none()
    });
    progress.finish();
    let result = result?;
    result.warnings.iter().for_each(|text| log.warning(text));
    // Whoever reads the log takes its last line for the models' quality, as SageMaker's tuner does.
    if line(&result.last) != last_line {
        progress.line(&line(&result.last));
    }
    if params.early_stopping_rounds.is_some() {
        let (kept, done) = (result.last.mean.round, result.history.len());
        log.info(&format!("early stopping: the mean over folds was best in round [{kept}] of {done}, with which all models end"));
    }
    Ok(Outcome { data: loaded.train, folds, result, stopped, load, seconds: start.elapsed().as_secs_f64(), sampler })
}

/// The kind of output that can be averaged: of objectives that predict a class the probabilities.
pub fn averaged(output: Output, model: &Model) -> Output {
    if output.is_class(model) { Output::Probability } else { output }
}

impl Outcome {
    /// What each row's folds predict of it, and NaN for rows that no fold held out.
    ///
    /// # Errors
    /// An output that the models do not have.
    pub fn out_of_fold(&self, params: &Params, output: Output) -> Result<Predictions, Failure> {
        let (models, rows) = (&self.result.models, self.data.rows());
        let values = threads::pool(params.nthread)?.install(|| out_of_fold(models, &self.folds, rows, output))?;
        Ok(Predictions::new(&models[0], output, rows, values)?)
    }

    /// Rows that were sampled as they were read, without the column that says how rows are split, which is no feature; none where no report was wanted.
    ///
    /// # Errors
    /// Data that cannot be read, or a sample that was taken already.
    pub fn sample(&self, params: &Params) -> Result<Option<Sample>, Failure> {
        let Some(sampler) = &self.sampler else { return Ok(None) };
        let sample = sampler.finish(&self.data)?;
        Ok(Some(match &params.split_column {
            Some(column) => sample.without_column(column)?,
            None => sample,
        }))
    }

    /// A line for each round: means, and standard deviations as `…-std`.
    pub fn history_csv(&self) -> String {
        history::csv(&self.result.history.iter().map(interleaved).collect::<Vec<_>>())
    }

    /// The summary as one JSON object; `files` are the bytes of model files by name.
    pub fn summary(&self, log: &Log, files: &[(String, Vec<u8>)]) -> Value {
        let means: Vec<_> = self.result.history.iter().map(|report| report.mean.clone()).collect();
        let deviations: Vec<_> = self.result.history.iter().map(deviations).collect();
        let mut metrics = Map::new();
        for ((set, metric, mean), deviation) in self.result.last.mean.values.iter().zip(&self.result.last.deviation) {
            metrics.entry(set.as_str()).or_insert_with(|| json!({}))[metric.as_str()] = json!({"mean": mean, "std": deviation});
        }
        let folds = self.folds.iter().map(|fold| json!({"train_rows": fold.train.rows(), "held_out_rows": fold.held_out.rows()}));
        json!({
            "rows": self.data.rows(),
            "features": self.data.schema().len(),
            "folds": folds.collect::<Vec<_>>(),
            "best_iteration": self.result.models[0].best_iteration,
            "rounds": self.result.last.mean.round + 1,
            "metrics": metrics,
            "history": {"mean": history::json(&means), "std": history::json(&deviations)},
            "seconds": self.seconds,
            "warnings": log.remarks(),
            "models": files.iter().map(|(name, bytes)| (name.clone(), json!(sha256(bytes)))).collect::<Map<_, _>>(),
        })
    }
}

fn deviations(report: &FoldsReport) -> sapwood::RoundReport {
    let mut deviations = report.mean.clone();
    deviations.values.iter_mut().zip(&report.deviation).for_each(|((_, _, value), deviation)| *value = *deviation);
    deviations
}

/// Each mean with the standard deviation behind it.
fn interleaved(report: &FoldsReport) -> sapwood::RoundReport {
    let pairs = report.mean.values.iter().zip(&report.deviation);
    let values = pairs.flat_map(|((set, metric, mean), deviation)| {
        [(set.clone(), metric.clone(), *mean), (set.clone(), format!("{metric}-std"), *deviation)]
    });
    sapwood::RoundReport { round: report.mean.round, values: values.collect() }
}
