//! What a search is about, before any data are read.

use crate::cli::{TrainArgs, TuneArgs};
use crate::log::Log;
use crate::report::Failure;
use crate::train;
use sapwood::tune::{Space, TRIALS, with_defaults};
use sapwood::{Params, metric};

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
        let given = train::pairs(training)?;
        let (given, space) = with_defaults(given, args.search.as_deref(), !training.validation.is_empty())?;
        let (params, notes) = Params::from_pairs(given.clone())?;
        notes.iter().for_each(|note| log.note(&note.to_string()));
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
