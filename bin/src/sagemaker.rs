//! SageMaker mode: a training job under `/opt/ml`, as the platform lays it out.

use crate::fold_job;
use crate::initial_model;
use crate::inputs::{DataPlace, Input, Inputs};
use crate::job::Job;
use crate::log::Log;
use crate::output;
use crate::ranks;
use crate::report::{Ending, Failure};
use crate::report_files::ReportFiles;
use crate::results::Results;
use crate::signal::{self, Signals};
use crate::tune::{self, Tuning};
use sapwood::Params;
use sapwood_sagemaker::channels::{self, MODEL, VALIDATION};
use sapwood_sagemaker::{Channel, InputMode, Paths, config, failure, hyperparameters};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs the training job under `root`. `extra` are hyperparameters from the command line; `cache` is where binned data are kept, if it is not
/// where SageMaker keeps what outlives a job of a warm pool. The job began at `started`.
///
/// # Errors
/// Anything that keeps the model from being trained or written.
pub fn run(
    root: &Path,
    extra: Vec<(String, String)>,
    cache: Option<PathBuf>,
    started: Instant,
    mut log: Log,
) -> Result<Ending, Failure> {
    let paths = Paths::new(root);
    failure::clear(&paths.failure());
    let signals = Signals::listen(Some(paths.failure()))?;
    let on_sigterm = OnSigterm::from_environment()?;
    if !paths.input().is_dir() {
        return Err(Failure::user(format!(
            "{} does not exist: give --train and --model-out, or run this as a SageMaker training job",
            paths.input().display()
        )));
    }
    let hyperparameters = hyperparameters::read(&paths.config("hyperparameters.json"), extra)?;
    let (params, notes) = Params::from_pairs(hyperparameters.pairs.iter().map(|(name, value)| (name, value)))?;
    notes.iter().for_each(|note| log.note(&note.to_string()));
    let inputs = inputs(&paths, &mut log)?;
    let held_out = params.holds_out().then_some(VALIDATION);
    hyperparameters.check_tuned_set(inputs.named().map(|(name, _)| name).chain(held_out))?;
    create_outputs(&paths)?;
    let checkpoints = config::checkpoints(&paths)?;
    let initial = initial_model::of_channel(&paths.data().join(MODEL))?;
    if params.nfold.is_some() && !params.is_searched() {
        if ranks::all().size() > 1 {
            return Err(Failure::user("_kfold: cross-validation runs on one host; set InstanceCount to 1, or leave _kfold out"));
        }
        if initial.is_some() {
            return Err(Failure::user(format!("channel {MODEL}: _kfold trains models anew; leave out one of them")));
        }
        if let Some(directory) = &checkpoints {
            log.warning(&format!("{}: jobs with folds keep no checkpoints; an interrupted job begins anew", directory.display()));
        }
        return Ok(ending(fold_job::run(&params, &hyperparameters.pairs, inputs, &paths, &signals, log)?, on_sigterm));
    }
    let initial = initial.map(|(path, model)| {
        log.note(&format!("channel {MODEL}: training goes on from {}", path.display()));
        model
    });
    let cache = cache.or_else(warm_pool_cache);
    let files = tune::Files {
        trials: checkpoints.as_ref().map(|directory| directory.join(tune::TRIALS)),
        copy: Some(paths.summary().with_file_name(tune::TRIALS)),
        page: Some(paths.summary().with_file_name(tune::PAGE)),
        for_platform: true,
    };
    let tuning = Tuning::of(&params, &hyperparameters.pairs, !inputs.validation.is_empty(), files)?;
    let params = tuning.as_ref().map_or(params, |tuning| tuning.params().clone());
    let results = Results {
        model: paths.model(),
        summary: Some(paths.summary()),
        history: None,
        report: Some(ReportFiles::beside(&paths.report())?),
        keep_earlier: false,
    };
    let job = Job { params, inputs, initial, results, checkpoints, cache, given: hyperparameters.pairs, tuning, started };
    Ok(ending(job.run(&signals, log)?, on_sigterm))
}

/// How a job ends that a signal may have cut short. One that was stopped has a good model: SageMaker collects it.
fn ending(signal: Option<u8>, on_sigterm: OnSigterm) -> Ending {
    match signal {
        Some(signal) if !(signal::is_terminate(signal) && on_sigterm == OnSigterm::Succeed) => Ending::Interrupted { signal },
        _ => Ending::Completed,
    }
}

/// The job's data sets: `train` is learned from, `validation` decides early stopping, all others are only evaluated.
fn inputs(paths: &Paths, log: &mut Log) -> Result<Inputs, Failure> {
    let channels = channels::read(paths)?;
    channels.notes.iter().for_each(|note| log.note(note));
    let named = channels.evaluated.into_iter().map(|channel| (channel.name.clone(), input(channel)));
    let (validation, evaluated) = named.partition(|(name, _)| name == VALIDATION);
    Ok(Inputs { train: input(channels.train), evaluated, validation })
}

fn input(channel: Channel) -> Input {
    let Channel { name, mode, path, format, unwrap_records, is_sharded } = channel;
    let place = if mode == InputMode::Pipe { DataPlace::Pipe(path) } else { DataPlace::Files(vec![path]) };
    Input { origin: format!("channel {name}"), place, format, unwrap_records, is_sharded }
}

/// Creates the directories of outputs, which the platform does, but not everything that plays the platform; removes what a killed job left
/// unfinished there.
fn create_outputs(paths: &Paths) -> Result<(), Failure> {
    let report = ReportFiles::beside(&paths.report())?;
    for file in [&paths.model(), &paths.summary()].into_iter().chain(report.paths()) {
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, "cannot be created", &error))?;
            output::remove_unfinished(directory, "", Duration::ZERO);
        }
        output::refuse_special(file)?;
    }
    Ok(())
}

/// The directory that outlives the jobs of a warm pool, where the job has one.
fn warm_pool_cache() -> Option<PathBuf> {
    let directory = std::env::var_os("SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY").filter(|directory| !directory.is_empty())?;
    Some(Path::new(&directory).join("sapwood"))
}

/// What SIGTERM makes of a job whose model was saved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnSigterm {
    /// A stopped job is a good job.
    Succeed,
    /// A stopped job must be run again, as a Kubernetes Job does by its exit code.
    Fail,
}

impl OnSigterm {
    fn from_environment() -> Result<Self, Failure> {
        match std::env::var("SAPWOOD_ON_SIGTERM").as_deref() {
            Ok("fail") => Ok(Self::Fail),
            Ok("") | Err(_) => Ok(Self::Succeed),
            Ok(other) => Err(Failure::user(format!("SAPWOOD_ON_SIGTERM={other:?} is unknown; set it to fail, or leave it out"))),
        }
    }
}
