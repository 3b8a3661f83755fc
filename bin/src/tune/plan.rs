//! What a search is about, before any data are read.

use crate::cli::{TrainArgs, TuneArgs};
use crate::log::Log;
use crate::report::Failure;
use crate::train;
use sapwood::params::spec;
use sapwood::tune::Space;
use sapwood::{Params, metric};

/// What holds where nothing else is said: rounds enough for early stopping to end them, at a rate at which a few of them tell good parameters
/// from poor ones.
const DEFAULTS: [(&str, &str); 3] = [("num_round", "1000"), ("early_stopping_rounds", "30"), ("eta", "0.1")];

/// Folds where there are no validation data, as in LightGBM's and scikit-learn's cross-validation.
const FOLDS: (&str, &str) = ("nfold", "5");

/// Trials where neither their number nor a time is given.
const TRIALS: usize = 100;

/// A search.
pub struct Plan {
    /// Parameters of all trials.
    pub given: Vec<(String, String)>,
    /// The same, checked.
    pub params: Params,
    /// What is searched.
    pub space: Space,
    /// The number of trials.
    pub trials: usize,
    /// The metric that decides.
    pub metric: String,
}

impl Plan {
    /// What the command line asks for.
    ///
    /// # Errors
    /// Parameters that are wrong, or that a search does not have.
    pub fn new(args: &TuneArgs, training: &TrainArgs, log: &mut Log) -> Result<Self, Failure> {
        let others = [
            ("model-in", training.model_in.is_some()),
            ("history", training.history.is_some()),
            ("checkpoints", training.checkpoints.is_some()),
            ("cache", training.cache.is_some()),
            ("eval-set", !training.eval_set.is_empty()),
        ];
        if let Some((setting, _)) = others.iter().find(|(_, is_given)| *is_given) {
            return Err(Failure::user(format!("{setting} is a setting of `sapwood train`; leave it out of the configuration")));
        }
        if training.validation.len() > 1 {
            return Err(Failure::user("--validation: one set judges the trials; give one"));
        }
        let mut given = train::pairs(training)?;
        let space = args.search.as_deref().map(str::parse::<Space>).transpose()?;
        let is_searched = |name: &str| space.iter().flat_map(Space::parameters).any(|searched| searched == name);
        let defaults = DEFAULTS.into_iter().filter(|(name, _)| !is_searched(name)).collect::<Vec<_>>();
        add_defaults(&mut given, &defaults);
        let (params, notes) = Params::from_pairs(given.clone())?;
        notes.iter().for_each(|note| log.note(&note.to_string()));
        let has_validation = !training.validation.is_empty() || params.validation_fraction.is_some();
        if has_validation && params.nfold.is_some() {
            return Err(Failure::user("nfold: trials are judged by the validation data; leave out one of the two"));
        }
        if !has_validation {
            add_defaults(&mut given, &[FOLDS]);
        }
        let space = match space {
            Some(space) => space,
            None => Space::usual(&given)?,
        };
        space.check(&given)?;
        let (params, _) = Params::from_pairs(given.clone())?;
        let metrics = metric::metrics(&params.eval_metric, params.objective_spec())?;
        let metric = metrics.last().map(|metric| metric.name().to_string()).unwrap_or_default();
        let trials = match (args.trials, args.time_budget) {
            (Some(trials), _) => trials as usize,
            (None, None) => TRIALS,
            (None, Some(_)) => usize::MAX,
        };
        Ok(Self { given, params, space, trials, metric })
    }
}

/// Adds what is not given under any of its names.
fn add_defaults(given: &mut Vec<(String, String)>, defaults: &[(&str, &str)]) {
    for (name, value) in defaults {
        let is_given = |(given, _): &(String, String)| spec::find(given.trim()).is_some_and(|row| row.name == *name);
        if !given.iter().any(is_given) {
            given.push((name.to_string(), value.to_string()));
        }
    }
}
