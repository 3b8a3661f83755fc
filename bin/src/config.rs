//! `sapwood train --config FILE`: flags and parameters from a file of JSON, TOML or YAML. What the command line says wins.

use crate::cli::{FormatArg, TrainArgs};
use crate::report::Failure;
use clap::ValueEnum;
use sapwood::params::{ParamValue, spec};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// Adds to the command line what the file says and it does not.
///
/// # Errors
/// The file cannot be read, or a value is none that its flag or parameter could have.
pub fn complete(args: &TrainArgs) -> Result<TrainArgs, Failure> {
    let mut complete = args.clone();
    let Some(path) = &args.config else { return Ok(complete) };
    let at = |name: &str, cause: &str| Failure::user(format!("{}: {name}: {cause}", path.display()));
    for (name, value) in read(path)? {
        let setting = Setting { value: &value };
        let set = if is_flag(&name) { setting.flag(&name, &mut complete, args) } else { setting.parameter(&name, &mut complete) };
        set.map_err(|cause| at(&name, &cause))?;
    }
    Ok(complete)
}

fn read(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    let value = match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml::from_str(&text).map_err(|error| placed(&error, &text)),
        Some("json") => sapwood_doctor::json_value(&text),
        Some("yaml" | "yml") => sapwood_doctor::yaml_value(&text),
        _ => Err("the name must end with .json, .toml, .yaml or .yml, which says how it is read".to_string()),
    };
    let placed = |cause: String| {
        // A place belongs to the file's name.
        let blank = if cause.starts_with(|first: char| first.is_ascii_digit()) { "" } else { " " };
        Failure::user(format!("{}:{blank}{}", path.display(), cause.trim_end()))
    };
    match value.map_err(placed)? {
        Value::Object(settings) => Ok(settings),
        _ => Err(Failure::user(format!("{}: is no list of names and values; write, for example, eta: 0.1", path.display()))),
    }
}

/// A mistake in TOML as in the other languages: line, column and cause.
fn placed(error: &toml::de::Error, text: &str) -> String {
    let cause = error.message().lines().collect::<Vec<_>>().join(", ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return cause };
    let line_begin = before.rfind('\n').map_or(0, |end| end + 1);
    format!("{}:{}: {cause}", before.matches('\n').count() + 1, before[line_begin..].chars().count() + 1)
}

/// A name as the flag is called, with hyphens or underscores.
fn is_flag(name: &str) -> bool {
    let name = name.replace('_', "-");
    const FLAGS: [&str; 19] = [
        "train",
        "validation",
        "eval-set",
        "model-in",
        "model-out",
        "summary",
        "history",
        "report",
        "checkpoints",
        "cache",
        "format",
        "label",
        "weight",
        "group",
        "base-margin",
        "ignore",
        "threads",
        "quiet",
        "verbose",
    ];
    FLAGS.contains(&&*name)
}

/// A value of the file.
struct Setting<'a> {
    value: &'a Value,
}

impl Setting<'_> {
    fn flag(&self, name: &str, to: &mut TrainArgs, given: &TrainArgs) -> Result<(), String> {
        let paths = || Ok::<_, String>(self.texts()?.into_iter().map(PathBuf::from).collect::<Vec<_>>());
        let path = || Ok::<_, String>(Some(PathBuf::from(self.text()?)));
        match &*name.replace('_', "-") {
            "train" if given.train.is_empty() => to.train = paths()?,
            "validation" if given.validation.is_empty() => to.validation = paths()?,
            "eval-set" if given.eval_set.is_empty() => to.eval_set = self.named()?,
            "ignore" => to.ignore.extend(self.texts()?),
            "model-in" if given.model_in.is_none() => to.model_in = path()?,
            "model-out" if given.model_out.is_none() => to.model_out = path()?,
            "summary" if given.summary.is_none() => to.summary = path()?,
            "history" if given.history.is_none() => to.history = path()?,
            "report" if given.report.is_none() => to.report = path()?,
            "checkpoints" if given.checkpoints.is_none() => to.checkpoints = path()?,
            "cache" if given.cache.is_none() => to.cache = path()?,
            "format" if given.format.is_none() => to.format = Some(FormatArg::from_str(&self.text()?, true)?),
            "label" if given.label.is_none() => to.label = Some(self.columns()?),
            "weight" if given.weight.is_none() => to.weight = Some(self.text()?),
            "group" if given.group.is_none() => to.group = Some(self.text()?),
            "base-margin" if given.base_margin.is_none() => to.base_margin = Some(self.text()?),
            "threads" if given.threads.is_none() => to.threads = Some(self.text()?),
            "quiet" if !given.verbose => to.quiet = self.truth()?,
            "verbose" if !given.quiet => to.verbose = self.truth()?,
            _ => {}
        }
        Ok(())
    }

    /// A parameter that neither a word nor a flag of the command line gives, under whatever name.
    fn parameter(&self, name: &str, to: &mut TrainArgs) -> Result<(), String> {
        let row = |name: &str| spec::find(name.trim()).map(|row| row.name);
        let given = |word: &String| {
            word.split_once('=')
                .is_some_and(|(other, _)| other.trim() == name || row(other).is_some_and(|other| row(name) == Some(other)))
        };
        let by_flag = match row(name) {
            Some("label_column") => to.label.is_some(),
            Some("weight_column") => to.weight.is_some(),
            Some("group_column") => to.group.is_some(),
            Some("base_margin_column") => to.base_margin.is_some(),
            Some("nthread") => to.threads.is_some(),
            _ => false,
        };
        let adds_up = spec::find(name.trim()).is_some_and(|row| row.adds_up());
        if *self.value != Value::Null && !by_flag && (adds_up || !to.hyperparameters.iter().any(given)) {
            let text = match self.value {
                Value::Array(_) | Value::Object(_) if spec::find(name.trim()).is_some_and(|row| row.is_nested) => {
                    self.value.to_string()
                }
                Value::Array(_) => self.texts()?.render(),
                _ => self.text()?,
            };
            to.hyperparameters.push(format!("{name}={text}"));
        }
        Ok(())
    }

    fn text(&self) -> Result<String, String> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(self.value.to_string()),
            _ => Err("must be one value: a text, a number, true or false".to_string()),
        }
    }

    /// The name of a column, or a list of them.
    fn columns(&self) -> Result<String, String> {
        if self.value.is_array() { Ok(self.texts()?.render()) } else { self.text() }
    }

    /// One value or a list of them.
    fn texts(&self) -> Result<Vec<String>, String> {
        match self.value {
            Value::Array(items) => items.iter().map(|value| Setting { value }.text()).collect(),
            _ => Ok(vec![self.text()?]),
        }
    }

    /// Paths by name, or texts as on the command line.
    fn named(&self) -> Result<Vec<String>, String> {
        match self.value {
            Value::Object(sets) => sets.iter().map(|(name, value)| Ok(format!("{name}={}", Setting { value }.text()?))).collect(),
            _ => self.texts(),
        }
    }

    fn truth(&self) -> Result<bool, String> {
        self.value.as_bool().ok_or_else(|| "must be true or false".to_string())
    }
}
