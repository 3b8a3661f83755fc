//! `sapwood train`: flags → a [`Job`], or SageMaker mode where no data flag is given.

use crate::cli::{self, TrainArgs};
use crate::config;
use crate::hosts;
use crate::inputs::{DataPlace, Input, Inputs};
use crate::job::Job;
use crate::log::Log;
use crate::model_files;
use crate::ranks;
use crate::report::{Ending, Failure};
use crate::report_files::ReportFiles;
use crate::results::Results;
use crate::s3;
use crate::sagemaker;
use crate::signal::Signals;
use crate::tune::{self, Tuning};
use sapwood::Params;
use sapwood::boost::is_set_name;
use sapwood::params::ParamValue;
use sapwood_sagemaker::channels::VALIDATION;
use sapwood_sagemaker::{Paths, default_root};
use std::path::PathBuf;
use std::time::Instant;

/// Trains a model.
///
/// # Errors
/// Anything that keeps the model from being trained or written.
pub fn run(args: &TrainArgs) -> Result<Ending, Failure> {
    let started = Instant::now();
    let args = &config::complete(args)?;
    let pairs = pairs(args)?;
    let directories = [("--checkpoints", args.checkpoints.clone()), ("--cache", cache(args)), ("--opt-ml", args.opt_ml.clone())];
    directories.iter().try_for_each(|(flag, path)| path.as_ref().map_or(Ok(()), |path| s3::refuse(flag, path)))?;
    refuse_standard_output(args)?;
    let root = is_sagemaker(args).then(|| sagemaker_root(args));
    if let Some(group) = hosts::group(root.as_deref())? {
        return hosts::start(&group, failure_file(args), &log(args)?);
    }
    ranks::join(failure_file(args))?;
    if is_sagemaker(args) {
        return sagemaker::run(&sagemaker_root(args), pairs, cache(args), started, log(args)?);
    }
    let signals = Signals::listen(None)?;
    let (params, notes) = Params::from_pairs(pairs.clone())?;
    let mut log = log(args)?;
    notes.iter().for_each(|note| log.note(&note.to_string()));
    if params.nfold.is_some() && !params.is_searched() {
        return Err(Failure::user(
            "nfold: `sapwood train` trains one model; cross-validate with `sapwood cv`, or leave nfold out (_kfold acts in SageMaker jobs)",
        ));
    }
    let files =
        tune::Files { trials: args.checkpoints.as_ref().map(|directory| directory.join(tune::TRIALS)), ..tune::Files::default() };
    Ok(match job(args, pairs, params, files, started)?.run(&signals, log)? {
        Some(signal) => Ending::Interrupted { signal },
        None => Ending::Completed,
    })
}

/// The job that a command line asks for.
///
/// # Errors
/// Flags that are missing or do not fit together.
pub fn job(
    args: &TrainArgs,
    pairs: Vec<(String, String)>,
    params: Params,
    files: tune::Files,
    started: Instant,
) -> Result<Job, Failure> {
    let files = tune::Files { page: args.report.as_ref().map(|page| page.with_file_name(tune::PAGE)), ..files };
    let tuning = Tuning::of(&params, &pairs, !args.validation.is_empty(), files)?;
    Ok(Job {
        params: tuning.as_ref().map_or(params, |tuning| tuning.params().clone()),
        inputs: inputs(args)?,
        initial: args.model_in.as_deref().map(model_files::load).transpose()?,
        results: Results {
            model: model_out(args)?,
            summary: args.summary.clone(),
            history: args.history.clone(),
            report: args.report.as_deref().map(ReportFiles::beside).transpose()?,
            keep_earlier: true,
        },
        checkpoints: args.checkpoints.clone(),
        cache: cache(args),
        given: pairs,
        tuning,
        started,
    })
}

/// Refuses `-` where a file is to be written: metrics are printed to standard output.
pub fn refuse_standard_output(args: &TrainArgs) -> Result<(), Failure> {
    let cache = cache(args);
    let flags = [
        ("--model-out", &args.model_out),
        ("--summary", &args.summary),
        ("--history", &args.history),
        ("--report", &args.report),
        ("--checkpoints", &args.checkpoints),
        ("--cache", &cache),
    ];
    match flags.iter().find(|(_, path)| path.as_ref().is_some_and(|path| path.as_os_str() == "-")) {
        None => Ok(()),
        Some((flag, _)) => {
            Err(Failure::user(format!("{flag} -: standard output is for metrics; give a name (./- for a file that is called so)")))
        }
    }
}

/// A log as verbose as was asked for.
pub fn log(args: &TrainArgs) -> Result<Log, Failure> {
    let log = Log::from_env()?;
    Ok(match (args.quiet, args.verbose) {
        _ if !ranks::is_first() => log.silent(),
        (true, _) => log.quiet(),
        (_, true) => log.verbose(),
        _ => log,
    })
}

/// Where binned data are kept. An empty variable is none: that is how containers unset one.
fn cache(args: &TrainArgs) -> Option<PathBuf> {
    let variable = || std::env::var_os("SAPWOOD_CACHE").filter(|directory| !directory.is_empty()).map(PathBuf::from);
    args.cache.clone().or_else(variable)
}

/// Where SageMaker looks for the reason of a failure, if these arguments mean SageMaker mode.
pub fn failure_file(args: &TrainArgs) -> Option<PathBuf> {
    is_sagemaker(args).then(|| Paths::new(&sagemaker_root(args)).failure())
}

fn is_sagemaker(args: &TrainArgs) -> bool {
    args.train.is_empty()
        && args.validation.is_empty()
        && args.eval_set.is_empty()
        && args.model_in.is_none()
        && args.model_out.is_none()
        && args.summary.is_none()
        && args.history.is_none()
        && args.report.is_none()
        && args.checkpoints.is_none()
        && args.format.is_none()
        && args.config.is_none()
}

fn sagemaker_root(args: &TrainArgs) -> PathBuf {
    args.opt_ml.clone().unwrap_or_else(default_root)
}

/// The hyperparameters, those included that have a flag of their own.
pub fn pairs(args: &TrainArgs) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = cli::pairs(&args.hyperparameters)?;
    let flags = [
        ("label_column", &args.label),
        ("weight_column", &args.weight),
        ("group_column", &args.group),
        ("base_margin_column", &args.base_margin),
        ("nthread", &args.threads),
    ];
    pairs.extend(flags.into_iter().filter_map(|(name, value)| Some((name.to_string(), value.clone()?))));
    if !args.ignore.is_empty() {
        pairs.push(("ignore_columns".to_string(), args.ignore.render()));
    }
    Ok(pairs)
}

pub fn inputs(args: &TrainArgs) -> Result<Inputs, Failure> {
    if args.train.is_empty() {
        return Err(Failure::user(
            "no training data: give --train PATH (without data flags, `sapwood train` runs as a SageMaker job)",
        ));
    }
    let input = |origin: String, paths: &[PathBuf]| {
        let place = DataPlace::of(paths).map_err(|failure| failure.at(&origin))?;
        Ok::<_, Failure>(Input { origin, place, format: args.format.map(Into::into), unwrap_records: false, is_sharded: false })
    };
    let mut evaluated = Vec::new();
    for text in &args.eval_set {
        let (name, path) = eval_set(text)?;
        if evaluated.iter().any(|(known, _)| *known == name) {
            return Err(Failure::user(format!("--eval-set {text}: two sets are called {name}; give each its own name")));
        }
        evaluated.push((name, input(format!("--eval-set {text}"), &[path])?));
    }
    let validation = args.validation.iter().enumerate().map(|(index, path)| {
        let name = if index == 0 { VALIDATION.to_string() } else { format!("{VALIDATION}-{}", index + 1) };
        Ok((name, input(format!("--validation {}", path.display()), std::slice::from_ref(path))?))
    });
    let validation = validation.collect::<Result<_, Failure>>()?;
    Ok(Inputs { validation, train: input("--train".to_string(), &args.train)?, evaluated })
}

/// Name and path of a set that is only evaluated.
fn eval_set(text: &str) -> Result<(String, PathBuf), Failure> {
    match text.split_once('=') {
        Some((name, path)) if is_set_name(name) && !path.is_empty() && name != "train" && !name.starts_with(VALIDATION) => {
            Ok((name.to_string(), PathBuf::from(path)))
        }
        _ => Err(Failure::user(format!(
            "--eval-set {text}: write NAME=PATH, for example test=test.csv; a name may contain only letters, digits, \
             '.', '-' and '_', and must not be train or validation"
        ))),
    }
}

fn model_out(args: &TrainArgs) -> Result<PathBuf, Failure> {
    args.model_out.clone().ok_or_else(|| Failure::user("no output file: give --model-out FILE"))
}
