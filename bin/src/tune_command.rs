//! `sapwood tune`: a training job that begins with a search.

use crate::cli::TuneArgs;
use crate::config;
use crate::report::{Ending, Failure};
use crate::signal::Signals;
use crate::train;
use crate::tune::Files;
use sapwood::Params;
use sapwood::params::{ParamValue, spec};
use std::time::Instant;

/// Searches, and trains with what was found.
///
/// # Errors
/// Parameters or data that are wrong, or a place that cannot be written.
pub fn run(args: &TuneArgs) -> Result<Ending, Failure> {
    let training = config::complete(&args.of_training())?;
    train::refuse_standard_output(&training)?;
    let others = [
        ("model-in", training.model_in.is_some()),
        ("checkpoints", training.checkpoints.is_some()),
        ("cache", training.cache.is_some()),
    ];
    if let Some((setting, _)) = others.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::user(format!("{setting} is a setting of `sapwood train`; leave it out of the configuration")));
    }
    if training.validation.len() > 1 {
        return Err(Failure::user("--validation: one set judges the trials; give one"));
    }
    let pairs = pairs(args, train::pairs(&training)?);
    let signals = Signals::listen(None)?;
    let (params, notes) = Params::from_pairs(pairs.clone())?;
    if !params.is_searched() {
        return Err(Failure::user("tune=false: `sapwood tune` searches; leave it out, or use `sapwood train`"));
    }
    let mut log = train::log(&training)?;
    notes.iter().for_each(|note| log.note(&note.to_string()));
    let files = Files { trials: args.trials_out.clone(), ..Files::default() };
    let job = train::job(&training, pairs, params, files, Instant::now())?;
    Ok(match job.run(&signals, log)? {
        Some(signal) => Ending::Interrupted { signal },
        None => Ending::Completed,
    })
}

/// The hyperparameters, those included that have a flag of their own here.
fn pairs(args: &TuneArgs, mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_given = pairs.iter().any(|(name, _)| spec::find(name.trim()).is_some_and(|row| row.name == "tune"));
    let trials = args.trials.map(|trials| trials.to_string()).or_else(|| (!is_given).then(|| "true".to_string()));
    let flags =
        [("tune", trials), ("tune_search", args.search.clone()), ("tune_time_budget", args.time_budget.map(|time| time.render()))];
    pairs.extend(flags.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))));
    pairs
}
