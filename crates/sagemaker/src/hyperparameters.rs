//! `hyperparameters.json`, in every shape in which it arrives, as `name=value` texts.

use crate::config::{self, UniqueNames};
use sapwood::params::{ParamValue, spec};
use sapwood::{Error, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// The metric by which a tuning job compares training jobs; the tuner adds this key by itself.
pub const TUNING_OBJECTIVE: &str = "_tuning_objective_metric";
/// What the SageMaker SDK adds for itself begins so.
const SDK_PREFIX: &str = "sagemaker_";

/// What a job is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameters {
    /// Names and values.
    pub pairs: Vec<(String, String)>,
    /// The data set whose metric a tuning job compares training jobs by, if that is said.
    pub tuned_set: Option<String>,
}

impl Hyperparameters {
    /// Makes sure that the tuner will see its metric.
    ///
    /// # Errors
    /// It is of none of these sets.
    pub fn check_tuned_set<'a>(&self, sets: impl IntoIterator<Item = &'a str>) -> Result<()> {
        self.tuned_set.as_deref().map_or(Ok(()), |set| check_set(set, sets))
    }
}

/// Makes sure that the tuner will see a metric, which it calls `validation:auc`.
///
/// # Errors
/// It is of none of these sets.
pub fn check_tuned_metric<'a>(objective: &str, sets: impl IntoIterator<Item = &'a str>) -> Result<()> {
    set_name(objective).map_or(Ok(()), |set| check_set(set, sets))
}

fn check_set<'a>(set: &str, sets: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let sets: Vec<&str> = sets.into_iter().collect();
    if sets.contains(&set) {
        return Ok(());
    }
    let cause = format!("{TUNING_OBJECTIVE} is a metric of {set}, and there is no channel {set}: the tuner would never see it");
    let error = Error::parameter(cause).with_parameter(TUNING_OBJECTIVE);
    Err(error.with_remedy(format!("add the channel, or tune by a metric of {}", sets.join(" or "))))
}

/// The hyperparameters of the file, if there is one, and `extra`, those of the command line.
///
/// # Errors
/// The file is damaged or has a name twice, a value is neither text, number, truth value, list nor a map where one may stand, or the command line says otherwise.
pub fn read(path: &Path, extra: Vec<(String, String)>) -> Result<Hyperparameters> {
    let UniqueNames(object) = config::read(path)?.unwrap_or_default();
    let (given, objective) = texts(&object).map_err(|(name, cause)| refused(&name, format!("{cause} ({})", path.display())))?;
    refuse_twice(&given, &extra, path)?;
    let tuned_set = objective.as_deref().and_then(set_name).map(str::to_string);
    Ok(Hyperparameters { pairs: decided(given, extra, objective), tuned_set })
}

/// The same from the file's content.
///
/// # Errors
/// A value is neither text, number, truth value nor list.
pub fn pairs(object: &Map<String, Value>) -> Result<Vec<(String, String)>> {
    let (given, objective) = texts(object).map_err(|(name, cause)| refused(&name, cause))?;
    Ok(decided(given, Vec::new(), objective))
}

fn refused(name: &str, cause: String) -> Error {
    Error::parameter(cause).with_parameter(name)
}

/// Hyperparameters as texts, and the tuner's metric.
type Texts = (Vec<(String, String)>, Option<String>);

/// The values as texts; else the name of one that is none, and what is wrong with it.
fn texts(object: &Map<String, Value>) -> Result<Texts, (String, String)> {
    let mut pairs = Vec::with_capacity(object.len());
    let mut objective = None;
    for (name, value) in object.iter().filter(|(name, _)| !name.starts_with(SDK_PREFIX)) {
        match text(name, value)
            .map_err(|what| (name.clone(), format!("{name} is {what}, which is not a valid hyperparameter value")))?
        {
            None => {}
            Some(value) if name == TUNING_OBJECTIVE => objective = Some(value),
            Some(value) => pairs.push((name.clone(), value)),
        }
    }
    Ok((pairs, objective))
}

fn decided(mut pairs: Vec<(String, String)>, extra: Vec<(String, String)>, objective: Option<String>) -> Vec<(String, String)> {
    pairs.extend(extra);
    if let Some(objective) = objective {
        decide_by(&objective, &mut pairs);
    }
    pairs
}

/// Refuses what file and command line say differently. The same said twice is no contradiction.
fn refuse_twice(given: &[(String, String)], extra: &[(String, String)], path: &Path) -> Result<()> {
    let parameter = |name: &str| spec::find(name.trim()).map(|row| row.name);
    for (name, value) in extra {
        let is_it = |(known, _): &&(String, String)| parameter(known).is_some_and(|row| parameter(name) == Some(row));
        match given.iter().find(is_it) {
            Some((known, before)) if before.trim() != value.trim() => {
                let cause = format!(
                    "{name} is given twice: {known}={before:?} in {} and {name}={value:?} on the command line",
                    path.display()
                );
                return Err(refused(name, cause).with_remedy("give it once"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A value as plain text; `None` for null. Texts may be quoted once more, as the SDK's framework estimators do.
fn text(name: &str, value: &Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(outer) => match serde_json::from_str(outer) {
            Ok(inner @ Value::String(_)) => text(name, &inner),
            _ => Ok(Some(outer.clone())),
        },
        Value::Number(_) | Value::Bool(_) | Value::Array(_) => Ok(Some(value.to_string())),
        Value::Object(_) if spec::find(name.trim()).is_some_and(|row| row.is_nested) => Ok(Some(value.to_string())),
        Value::Object(_) => Err("an object"),
    }
}

/// Makes the tuner's metric the last one, which decides early stopping.
fn decide_by(objective: &str, pairs: &mut Vec<(String, String)>) {
    let metric = metric_name(objective);
    if metric.is_empty() {
        return;
    }
    let is_metric = |name: &str| spec::find(name.trim()).is_some_and(|row| row.name == "eval_metric");
    for (_, value) in pairs.iter_mut().filter(|(name, _)| is_metric(name)) {
        let mut metrics = <Vec<String> as ParamValue>::parse(value).unwrap_or_default();
        metrics.retain(|given| given != metric);
        metrics.push(metric.to_string());
        *value = metrics.join(",");
    }
    if !pairs.iter().any(|(name, _)| is_metric(name)) {
        pairs.push(("eval_metric".to_string(), metric.to_string()));
    }
}

/// The data set in `validation:rmse`, or another channel's, and in `validation-rmse`; `rmse` names none.
pub fn set_name(objective: &str) -> Option<&str> {
    if let Some((set, _)) = objective.rsplit_once(':') {
        return Some(set.trim().trim_start_matches('"')).filter(|set| !set.is_empty());
    }
    ["validation", "train"].into_iter().find(|set| objective.strip_prefix(set).is_some_and(|rest| rest.starts_with('-')))
}

/// The metric in `validation:rmse` (or another channel's name), `validation-rmse` or `rmse`.
fn metric_name(objective: &str) -> &str {
    if let Some((_, metric)) = objective.rsplit_once(':') {
        return metric.trim();
    }
    let without_set = ["validation", "train"].iter().find_map(|set| objective.strip_prefix(set)?.strip_prefix('-'));
    without_set.unwrap_or(objective).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Vec<(String, String)>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hyperparameters.json");
        std::fs::write(&path, json).unwrap();
        read(&path, Vec::new()).map(|read| read.pairs).map_err(|error| error.to_string())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn all_shapes_of_values_give_the_same_text() {
        for json in [
            r#"{"num_round": "10", "eta": "0.2", "objective": "multi:softmax", "csv_weights": "true"}"#,
            r#"{"num_round": "\"10\"", "eta": "\"0.2\"", "objective": "\"multi:softmax\"", "csv_weights": "\"true\""}"#,
            r#"{"num_round": 10, "eta": 0.2, "objective": "multi:softmax", "csv_weights": true, "gamma": null}"#,
        ] {
            let expected = [("num_round", "10"), ("eta", "0.2"), ("objective", "multi:softmax"), ("csv_weights", "true")];
            assert_eq!(parse(json).unwrap(), pairs(&expected), "{json}");
        }
    }

    #[test]
    fn a_missing_file_leaves_what_the_command_line_says() {
        let read = read(Path::new("/nowhere/hyperparameters.json"), pairs(&[("eta", "0.1")])).unwrap();
        assert_eq!(read.pairs, pairs(&[("eta", "0.1")]));
    }

    #[test]
    fn the_sdk_s_own_keys_are_passed_over() {
        let json = r#"{"sagemaker_program": "\"train.py\"", "sagemaker_mpi": {"hosts": 1}, "eta": "1"}"#;
        assert_eq!(parse(json).unwrap(), pairs(&[("eta", "1")]));
        assert!(parse(r#"{"eta": {"a": 1}}"#).unwrap_err().starts_with("eta is an object"));
        let nested = [("monotone_constraints", "{\"a\":1}"), ("interaction_constraints", "[[1,2],[3]]")];
        let json = r#"{"monotone_constraints": {"a": 1}, "interaction_constraints": [[1, 2], [3]]}"#;
        assert_eq!(parse(json).unwrap(), pairs(&nested));
    }

    #[test]
    fn the_tuning_objective_is_evaluated_last() {
        for (json, expected) in [
            (r#"{"_tuning_objective_metric": "validation:rmse"}"#, "rmse"),
            (r#"{"_tuning_objective_metric": "\"validation-poisson-nloglik\""}"#, "poisson-nloglik"),
            (r#"{"_tuning_objective_metric": "holdout:error@0.7"}"#, "error@0.7"),
            (r#"{"_tuning_objective_metric": "auc", "metric": "auc,logloss"}"#, "logloss,auc"),
            (r#"{"_tuning_objective_metric": "train:mae", "eval_metric": ["rmse", "r2"]}"#, "rmse,r2,mae"),
            (r#"{"_tuning_objective_metric": "poisson-nloglik", "eval_metric": "rmse"}"#, "rmse,poisson-nloglik"),
        ] {
            let pairs = parse(json).unwrap();
            assert_eq!(pairs.len(), 1, "{json}");
            assert_eq!(pairs[0].1, expected, "{json}");
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_an_error_with_its_place() {
        let error = parse("{\"eta\": \"0.1\",\n  \"max_depth\": 3, \"eta\": \"0.1\"}").unwrap_err();
        assert!(error.ends_with("hyperparameters.json:2:23: eta is given twice; give it once"), "{error}");
        // Escapes do not hide it, and values are not looked into.
        assert!(parse(r#"{"eta": 1, "\u0065ta": 2}"#).unwrap_err().contains("eta is given twice"));
        assert!(parse(r#"{"sagemaker_x": {"a": 1, "a": 2}, "eta": 1}"#).is_ok());
    }

    #[test]
    fn what_file_and_command_line_say_differently_is_refused_with_both_places() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hyperparameters.json");
        std::fs::write(&path, r#"{"eta": "0.1", "eval_metric": "mae", "_tuning_objective_metric": "validation:rmse"}"#).unwrap();
        let read = |extra: &[(&str, &str)]| read(&path, pairs(extra)).map_err(|error| error.to_string());
        for (extra, name) in [("eta", "eta"), ("learning_rate", "learning_rate"), (" eta ", " eta ")] {
            let expected = format!(
                "{name} is given twice: eta=\"0.1\" in {} and {name}=\"0.2\" on the command line; give it once",
                path.display()
            );
            assert_eq!(read(&[("max_depth", "3"), (extra, "0.2")]).unwrap_err(), expected);
        }
        for same in [("eta", "0.1"), ("learning_rate", " 0.1 "), ("eval_metric", "mae")] {
            assert!(read(&[same]).is_ok(), "{same:?}");
        }
        // What no parameter is called is refused later, by name.
        assert!(read(&[("no_such_parameter", "1")]).is_ok());
    }

    #[test]
    fn damage_is_an_error_with_a_line() {
        let error = parse("{\"eta\": \"0.1\",\n \"gamma\": }").unwrap_err();
        assert!(error.contains("hyperparameters.json:2:11: "), "{error}");
        assert!(parse(r#"["eta"]"#).unwrap_err().contains("hyperparameters.json:1:"));
    }

    #[test]
    fn the_set_of_the_tuning_objective_must_be_there() {
        for (objective, set) in [
            ("validation:rmse", Some("validation")),
            ("validation-poisson-nloglik", Some("validation")),
            ("train-rmse", Some("train")),
            ("holdout:error@0.7", Some("holdout")),
            ("poisson-nloglik", None),
            ("auc", None),
        ] {
            assert_eq!(set_name(objective), set, "{objective}");
        }
        let job = |set: Option<&str>| Hyperparameters { pairs: Vec::new(), tuned_set: set.map(str::to_string) };
        assert!(job(None).check_tuned_set(["train"]).is_ok() && job(Some("train")).check_tuned_set(["train"]).is_ok());
        let error = job(Some("validation")).check_tuned_set(["train", "holdout"]).unwrap_err();
        assert_eq!(error.details().parameter.as_deref(), Some(TUNING_OBJECTIVE));
        assert!(error.to_string().ends_with("add the channel, or tune by a metric of train or holdout"), "{error}");
    }
}
