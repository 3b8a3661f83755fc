//! A search for the parameters that learn a job's data best, before its model is trained with them: `sapwood tune`, and jobs with `tune`.

mod files;
mod outcome;
mod trial_file;

use crate::inputs::Loaded;
use crate::log::Log;
use crate::memory;
use crate::report::Failure;
use crate::signal::{self, Signals};
use crate::summary::sha256;
use crate::threads;
pub use files::{Files, PAGE, TRIALS};
pub use outcome::Tuned;
use sapwood::data::{Fold, describe_folds};
use sapwood::text::counted;
use sapwood::tune::{Deadline, Judges, Search, Trial, search};
use sapwood::{Dataset, Params, metric};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use trial_file::TrialFile;

/// How long a model may still be trained after a signal has ended the search for its parameters. SageMaker kills a job two minutes after it.
const GRACE: Duration = Duration::from_secs(60);

/// A search that a job begins with.
pub struct Tuning {
    search: Search,
    params: Params,
    /// The metric that decides.
    metric: String,
    has_validation: bool,
    files: Files,
}

/// How a search ended.
pub enum Ending {
    /// With parameters to train with.
    Found(Box<Tuned>),
    /// By a signal, with nothing to save.
    Stopped(u8),
}

impl Tuning {
    /// The search that parameters ask for, if they ask for one. With validation data these judge the trials.
    ///
    /// # Errors
    /// Parameters that are wrong, or that a search does not have.
    pub fn of(params: &Params, pairs: &[(String, String)], has_validation: bool, files: Files) -> Result<Option<Self>, Failure> {
        if !params.is_searched() {
            return Ok(None);
        }
        let search = Search::new(pairs.to_vec(), has_validation)?;
        let (params, _) = Params::from_pairs(search.given.clone())?;
        let metrics = metric::metrics(&params.eval_metric, params.objective_spec())?;
        let metric = metrics.last().map(|metric| metric.name().to_string()).unwrap_or_default();
        let has_validation = has_validation || params.validation_fraction.is_some();
        Ok(Some(Self { search, params, metric, has_validation, files }))
    }

    /// The parameters of all trials.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The files that are written, to be checked before they are.
    pub fn places(&self) -> impl Iterator<Item = &Path> {
        self.files.places()
    }

    /// Searches. The data lose the column that folds are cut by.
    ///
    /// # Errors
    /// Data that cannot be cut or learnt from; a file of trials that cannot be written, or is another search's.
    pub fn run(&self, data: &mut Loaded, started: Instant, signals: &Signals, log: &mut Log) -> Result<Ending, Failure> {
        let folds = if self.has_validation { Vec::new() } else { data.train.folds(&self.params)? };
        if let Some(column) = self.params.split_column.as_ref().filter(|_| !self.has_validation) {
            data.leave_out(column)?;
        }
        let judges = threads::pool(self.params.nthread)?.install(|| self.judges(data, &folds))?;
        let common = self.in_common(data);
        let (mut file, known) = match &self.files.trials {
            Some(path) => TrialFile::open(path, &common).map(|(file, known)| (Some(file), known))?,
            None => (None, Vec::new()),
        };
        log.info(&format!("searching {}; {}", self.search.space, self.judged_by(data, &folds)));
        if !known.is_empty() {
            log.info(&format!("going on with {} of an earlier search", counted(known.len(), "result")));
        }
        signals.defer();
        memory::give_back();
        let deadline = self.search.time_budget.map(|budget| Deadline::new(started, budget));
        let stop = || signals.received().is_some() || deadline.as_ref().is_some_and(Deadline::is_near);
        let (begun, mut written, mut results) = (Instant::now(), Ok(()), known.clone());
        let mut tell = |trial: &Trial| {
            deadline.iter().for_each(|deadline| deadline.judged(trial));
            log.info(&outcome::told(trial, &self.metric));
            if let (Some(file), Ok(())) = (&mut file, &written) {
                written = file.add(trial, &self.metric);
            }
            results.push(trial.clone());
        };
        let found = search(&self.search, &judges, &known, &mut tell, &stop);
        written?;
        let stopped = signals.received();
        if let Some(signal) = stopped.filter(|_| found.is_err() || !self.files.for_platform) {
            log.warning(&format!("{} ended the search early; no model was written", signal::name(signal)));
            return Ok(Ending::Stopped(signal));
        }
        let found = found.map_err(|error| if stop() { error.with_remedy("give more time, or fewer rounds") } else { error })?;
        if stopped.is_some() {
            signals.grant(GRACE);
        }
        let params = judges.refit(&self.search.params_of(&found.best)?, &found.best.judgement);
        let seconds = begun.elapsed().as_secs_f64();
        let tuned = Tuned {
            search: self.search.clone(),
            files: self.files.clone(),
            metric: self.metric.clone(),
            params,
            found,
            results,
            common,
            seconds,
            known: known.len(),
            stopped,
            has_folds: !folds.is_empty(),
        };
        tuned.tell(log);
        Ok(Ending::Found(Box::new(tuned)))
    }

    fn judges<'a>(&self, data: &'a Loaded, folds: &'a [Fold]) -> Result<Judges<'a>, Failure> {
        Ok(match data.validation.last().filter(|_| self.has_validation) {
            Some((_, set)) => Judges::validation(&data.train, set, &self.params)?,
            None => Judges::folds(&data.train, folds, &self.params)?,
        })
    }

    /// What trials are judged by, in words.
    fn judged_by(&self, data: &Loaded, folds: &[Fold]) -> String {
        match data.validation.last().filter(|_| self.has_validation) {
            Some((_, set)) => format!("judged by {} of validation data", counted(set.rows(), "row")),
            None => format!("judged by {}, {}", counted(folds.len(), "fold"), describe_folds(&self.params)),
        }
    }

    /// What all trials of a search have in common; another search must not go on with them.
    fn in_common(&self, data: &Loaded) -> Value {
        let mut parameters = self.params.model_affecting();
        let deciding = self.params.bin_deciding().into_iter().map(|(name, value)| (name.to_string(), value));
        parameters.extend(deciding);
        parameters.sort_unstable();
        parameters.dedup();
        let parameters = parameters.into_iter().map(|(name, value)| (name, json!(value)));
        let judge = data.validation.last().filter(|_| self.has_validation).map(|(_, set)| set);
        json!({"search": {
            "version": env!("CARGO_PKG_VERSION"),
            "space": self.search.space.to_string(),
            "parameters": Value::Object(parameters.collect()),
            "early_stopping_rounds": self.params.early_stopping_rounds,
            "metric": self.metric,
            "data": std::iter::once(&data.train).chain(judge).map(identity).collect::<Vec<_>>(),
        }})
    }
}

/// What tells a data set from others: its form, and a hash of labels and weights.
fn identity(set: &Dataset) -> Value {
    let numbers = [set.labels(), set.weights()].map(Option::unwrap_or_default).concat();
    let features = set.schema().features.iter().map(|feature| &feature.name).collect::<Vec<_>>();
    json!({"rows": set.rows(), "features": features, "labels_sha256": sha256(bytemuck::cast_slice(&numbers))})
}
