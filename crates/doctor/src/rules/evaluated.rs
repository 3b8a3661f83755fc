//! Metrics that something waits for, early stopping or a tuner, and the sets that they are of.

use super::hyperparameters;
use crate::finding::{Position, Report};
use crate::yaml::Yaml;
use sapwood::Params;
use sapwood_sagemaker::channels::{NO_DATA, VALIDATION};
use sapwood_sagemaker::hyperparameters::{TUNING_OBJECTIVE, check_tuned_metric};

/// Checks that the sets are there. `given` are hyperparameters, `channels` the names of a job's channels; what has no place of its own is
/// said of `at`.
pub fn check(given: Option<&Yaml>, params: &Params, channels: &[&str], at: Position, report: &mut Report) {
    let place = |name| given.and_then(|given| hyperparameters::place(given, name)).unwrap_or(at);
    let held_out = params.holds_out().then_some(VALIDATION);
    let sets: Vec<&str> = channels.iter().copied().filter(|name| !NO_DATA.contains(name)).chain(held_out).collect();
    if params.early_stopping_rounds.is_some() && !sets.contains(&VALIDATION) {
        report.error(
            place("early_stopping_rounds"),
            "early_stopping_rounds needs a channel called validation: the trainer refuses to stop early by training or test data",
            "add the channel validation or validation_fraction, or remove the parameter",
        );
    }
    let tuned = given.and_then(|given| given.get(TUNING_OBJECTIVE));
    if let Some(node) = tuned
        && let Some(Err(error)) = node.text().map(|metric| check_tuned_metric(metric, sets))
    {
        report.error(node.at, error.to_string(), "");
    }
}
