//! Hyperparameters, judged by the trainer's own reader, with the place of each.

use super::super::finding::{Position, Report};
use super::super::node::{Entry, Node, Value};
use crate::sagemaker::hyperparameters;
use sapwood::params::spec;
use sapwood::{Params, metric};
use serde_json::Map;

/// What the API takes: names in bytes, and how many.
const LONGEST: usize = 256;
const MOST: usize = 100;

/// Reports what the trainer would say of these hyperparameters. Returns them as the trainer would have them, if it would; what is wrong
/// is left out then, and a missing `num_round` made up, so that other rules have something to go by.
pub fn check(given: Option<&Node>, at: Position, report: &mut Report) -> Option<Params> {
    let at = given.map_or(at, |given| given.at);
    let (mut entries, long): (Vec<&Entry>, Vec<&Entry>) =
        given.map_or(&[][..], Node::entries).iter().partition(|entry| entry.key.len() <= LONGEST);
    for entry in long {
        report.error(entry.value.at, format!("a parameter's name of {} bytes", entry.key.len()), "remove it");
    }
    if entries.len() > MOST {
        report.error(
            at,
            format!("there are {} parameters, and a job has {MOST} at most", entries.len()),
            "remove those that are at their default",
        );
        return None;
    }
    loop {
        match read(&entries, &[]) {
            Ok((params, notes)) => {
                for note in notes {
                    let name = note.split(['=', ' ']).next().unwrap_or_default();
                    let place = entries.iter().find(|entry| entry.key.trim() == name).map_or(at, |entry| entry.value.at);
                    report.note(place, note, "");
                }
                metrics(&entries, at, &params, report);
                return Some(params);
            }
            Err(error) => match culprit(&entries, &error) {
                Some(index) => {
                    report.error(entries.remove(index).value.at, error, "");
                }
                // Nothing to take away helps: something is missing.
                None => {
                    let added = read(&entries, &[("num_round", "1")]);
                    report.error(at, error, "");
                    return added.ok().map(|(params, _)| params);
                }
            },
        }
    }
}

/// Metrics that the trainer does not know, or that do not go with the objective: it looks at them when all else is read.
fn metrics(entries: &[&Entry], at: Position, params: &Params, report: &mut Report) {
    let judge = |params: &Params| metric::metrics(&params.eval_metric, params.objective).err();
    let Some(error) = judge(params) else { return };
    let is_harmless_without = |index: usize| {
        let rest: Vec<_> = entries.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, entry)| *entry).collect();
        read(&rest, &[]).is_ok_and(|(params, _)| judge(&params).is_none())
    };
    let culprit = (0..entries.len()).rev().find(|&index| is_harmless_without(index));
    report.error(culprit.map_or(at, |index| entries[index].value.at), error.to_string(), "");
}

/// Where the parameter that goes by `name` or an alias of it stands.
pub fn place(given: &Node, name: &str) -> Option<Position> {
    let is_it = |entry: &&Entry| spec::find(entry.key.trim()).is_some_and(|row| row.name == name);
    given.entries().iter().find(is_it).map(|entry| entry.value.at)
}

/// What the trainer makes of hyperparameters and of others beside them.
pub fn read(entries: &[&Entry], others: &[(&str, &str)]) -> Result<(Params, Vec<String>), String> {
    let mut object: Map<_, _> = entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect();
    for (name, value) in others {
        object.insert((*name).to_string(), serde_json::Value::String((*value).to_string()));
    }
    let pairs = hyperparameters::pairs(&object, Vec::new())?;
    Params::from_pairs(pairs).map_err(|error| error.to_string())
}

/// The last entry without which the trainer would say something else.
fn culprit(entries: &[&Entry], error: &str) -> Option<usize> {
    (0..entries.len()).rev().find(|&index| {
        let mut rest = entries.to_vec();
        rest.remove(index);
        // Without num_round it would always say something else; that is no reason to blame num_round.
        let is_missing =
            |other: &str| other.starts_with("missing required parameter") && !error.starts_with("missing required parameter");
        match read(&rest, &[]) {
            Ok(_) => true,
            Err(other) if is_missing(&other) => blames(entries[index], error),
            Err(other) => other != error,
        }
    })
}

/// Whether the message is about this entry.
fn blames(entry: &Entry, error: &str) -> bool {
    let named = error.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == entry.key.trim());
    named || matches!(entry.value.value, Value::Map(_))
}
