//! The file that trials of a search are written to, a line of JSON each, and that a later search goes on with.

use crate::output;
use crate::report::Failure;
use sapwood::tune::{Judgement, Trial};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file, open for more.
pub struct TrialFile {
    path: PathBuf,
    file: File,
}

impl TrialFile {
    /// Opens a file, and gives the trials that it has. Its first line is `search`: what every trial has in common. A last line that an
    /// interrupted search left unfinished is dropped.
    ///
    /// # Errors
    /// The file is that of another search, or no file of trials, or cannot be written.
    pub fn open(path: &Path, search: &Value) -> Result<(Self, Vec<Trial>), Failure> {
        output::check_writable(path)?;
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::unreadable(path, &error)),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines().zip(1..);
        if let Some((line, _)) = lines.next() {
            check_same(path, line, search)?;
        }
        let trials = lines.map(|(line, number)| {
            trial(line).ok_or_else(|| Failure::user(format!("{}:{number}: is no trial: {line}; give another file", path.display())))
        });
        let trials = trials.collect::<Result<Vec<_>, _>>()?;
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(|error| Failure::io(path, "cannot be written", &error))?;
        let mut this = Self { path: path.to_path_buf(), file };
        this.file.set_len(whole as u64).map_err(|error| Failure::io(path, "cannot be written", &error))?;
        if whole == 0 {
            this.line(search)?;
        }
        Ok((this, trials))
    }

    /// Adds a trial.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, trial: &Trial, metric: &str) -> Result<(), Failure> {
        self.line(&json(trial, metric))
    }

    fn line(&mut self, value: &Value) -> Result<(), Failure> {
        // In one piece, so that a line is whole or the last one.
        self.file.write_all(format!("{value}\n").as_bytes()).map_err(|error| Failure::io(&self.path, "cannot be written", &error))
    }
}

/// A trial as JSON.
pub fn json(trial: &Trial, metric: &str) -> Value {
    let Judgement { value, deviation, best_round, rounds } = &trial.judgement;
    json!({
        "trial": trial.number,
        "rung": trial.rung,
        "finished": trial.finished,
        "parameters": trial.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>(),
        "metric": metric,
        "value": value,
        "std": deviation,
        "best_round": best_round,
        "rounds": rounds,
    })
}

fn trial(line: &str) -> Option<Trial> {
    let value: Value = serde_json::from_str(line).ok()?;
    let whole = |name: &str| value[name].as_u64().and_then(|number| usize::try_from(number).ok());
    // JSON has no word for a metric that is no number.
    let number = |name: &str| if value[name].is_null() { Some(f64::NAN) } else { value[name].as_f64() };
    let parameters = value["parameters"].as_object()?.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())));
    Some(Trial {
        number: whole("trial")?,
        rung: whole("rung")?,
        finished: value["finished"].as_bool()?,
        parameters: parameters.collect::<Option<_>>()?,
        judgement: Judgement {
            value: number("value")?,
            deviation: number("std")?,
            best_round: whole("best_round")?,
            rounds: whole("rounds")?,
        },
    })
}

fn check_same(path: &Path, line: &str, search: &Value) -> Result<(), Failure> {
    let remedy = "give another file for this search, or remove that one";
    let Some(known) = serde_json::from_str::<Value>(line).ok().filter(|known| known["search"].is_object()) else {
        return Err(Failure::user(format!("{}:1: is no file of trials; {remedy}", path.display())));
    };
    if known == *search {
        return Ok(());
    }
    let empty = Map::new();
    let (then, now) = (known["search"].as_object().unwrap_or(&empty), search["search"].as_object().unwrap_or(&empty));
    let differ = now.iter().find(|(name, value)| then.get(*name) != Some(*value));
    let what = differ.map_or_else(String::new, |(name, value)| {
        format!(": {name} was {} and is {value}", then.get(name).unwrap_or(&Value::Null))
    });
    Err(Failure::user(format!("{}: has the trials of another search{what}; {remedy}", path.display())))
}
