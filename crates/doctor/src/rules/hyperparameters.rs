//! Hyperparameters, judged by the trainer's own reader, with the place of each.

use super::channels::RequestChannel;
use crate::finding::{Position, Report};
use crate::yaml::{Yaml, YamlEntry};
use sapwood::params::{Note, spec};
use sapwood::tune::Search;
use sapwood::{Objective, Params, Result, metric};
use sapwood_readers::Format;
use sapwood_sagemaker::hyperparameters::{self, TUNING_OBJECTIVE};
use serde_json::Map;

/// What the API takes: names in bytes, and how many.
const LONGEST: usize = 256;
const MOST: usize = 100;
/// The one parameter that has no default, with a value to go on with.
pub const REQUIRED: (&str, &str) = ("num_round", "1");

const OBJECTIVE: &str = "objective";

/// Whether an error is about the objective that takes the place of one that there is not.
fn is_of_default(error: &sapwood::Error) -> bool {
    spec::find(OBJECTIVE).is_some_and(|row| error.to_string().contains(row.default))
}

/// Reports what the trainer would say of these hyperparameters. Returns them as the trainer would have them, if it would; what is wrong
/// is left out then, and a missing `num_round` made up, so that other rules have something to go by.
pub fn check(given: Option<&Yaml>, at: Position, report: &mut Report) -> Option<Params> {
    let at = given.map_or(at, |given| given.at);
    let (mut entries, long): (Vec<&YamlEntry>, Vec<&YamlEntry>) =
        given.map_or(&[][..], Yaml::entries).iter().partition(|entry| entry.key.len() <= LONGEST);
    for entry in long {
        report.error(entry.value.at, format!("a parameter's name of {} bytes", entry.key.len()), "remove it");
    }
    if entries.len() > MOST {
        report.error(
            at,
            format!("there are {} parameters; a job may have at most {MOST}", entries.len()),
            "remove those that have their default value",
        );
        return None;
    }
    let (mut added, mut wrong): (Option<(&str, &str)>, Vec<String>) = (None, Vec::new());
    loop {
        let error = match read(&entries, added) {
            Ok((params, notes)) => {
                for note in notes {
                    report.note(
                        position(&entries, &note.parameter).map_or(at, |index| entries[index].value.at),
                        note.to_string(),
                        "",
                    );
                }
                if !wrong.iter().any(|name| name == OBJECTIVE) {
                    metrics(&entries, added, (at, &params), report);
                }
                search(&entries, (at, &params), report);
                return Some(params);
            }
            Err(error) => error,
        };
        let name = error.details().parameter.as_deref();
        match name.and_then(|name| position(&entries, name)) {
            Some(index) => {
                let entry = entries.remove(index);
                // Where the objective is wrong, that was said, and not all else is wrong because of the default.
                if !(wrong.iter().any(|name| name == OBJECTIVE) && is_of_default(&error)) {
                    report.error(entry.value.at, error.to_string(), "");
                }
                wrong.extend(spec::find(entry.key.trim()).map(|row| row.name.to_string()));
            }
            None if name == Some(REQUIRED.0) && added.is_none() => {
                // Where its value is wrong, that was said.
                if !wrong.iter().any(|name| name == REQUIRED.0) {
                    report.error(at, error.to_string(), "");
                }
                added = Some(REQUIRED);
            }
            None => {
                report.error(at, error.to_string(), "");
                return None;
            }
        }
    }
}

/// The entry that an error calls so: by this very name, else by another one of the same parameter.
fn position(entries: &[&YamlEntry], name: &str) -> Option<usize> {
    let is_called = |entry: &&YamlEntry| entry.key.trim() == name;
    entries.iter().rposition(is_called).or_else(|| entries.iter().rposition(|entry| is_same(entry.key.trim(), name)))
}

/// Whether two names are of one parameter.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || spec::find(one).is_some_and(|row| spec::find(other).is_some_and(|other| other.name == row.name))
}

/// Metrics that the trainer does not know, or that do not go with the objective: it looks at them when all else is read.
fn metrics(entries: &[&YamlEntry], added: Option<(&str, &str)>, (at, params): (Position, &Params), report: &mut Report) {
    let judge = |params: &Params| metric::metrics(&params.eval_metric, params.objective_spec()).err();
    let Some(error) = judge(params) else { return };
    // The tuner's metric becomes one of eval_metric, and may alone be wrong.
    let own: Vec<&YamlEntry> = entries.iter().copied().filter(|entry| entry.key != TUNING_OBJECTIVE).collect();
    let is_tuners = read(&own, added).is_ok_and(|(params, _)| judge(&params).is_none());
    let name = if is_tuners { Some(TUNING_OBJECTIVE) } else { error.details().parameter.as_deref() };
    let index = name.and_then(|name| position(entries, name));
    report.error(index.map_or(at, |index| entries[index].value.at), error.to_string(), "");
}

/// What is searched and cannot be. Whether there are validation data is not known here.
fn search(entries: &[&YamlEntry], (at, params): (Position, &Params), report: &mut Report) {
    let object = entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect();
    if params.is_searched()
        && let Ok(pairs) = hyperparameters::pairs(&object)
        && let Err(error) = Search::new(pairs, params.nfold.is_none())
    {
        let named = error.details().parameter.as_deref().into_iter().chain(["tune_search", "tune"]);
        let index = named.filter_map(|name| position(entries, name)).next();
        report.error(index.map_or(at, |index| entries[index].value.at), error.to_string(), "");
    }
}

/// Reports what runs on one host alone, in a job that has several.
pub fn check_hosts(given: Option<&Yaml>, params: &Params, hosts: i64, at: Position, report: &mut Report) {
    let alone = [("tune", params.is_searched()), ("nfold", params.nfold.is_some()), ("preset", params.has_preset())];
    if let Some((name, _)) = alone.iter().find(|(_, is_given)| *is_given && hosts > 1) {
        let at = given.and_then(|given| place(given, name)).unwrap_or(at);
        report.error(
            at,
            format!("{name} runs on one host, and the job has {hosts}"),
            format!("set the count of instances to 1, or leave {name} out"),
        );
    }
}

/// Warns of classes that are not counted: of texts the trainer counts them itself, and what labels are the data alone say.
pub fn check_classes(given: Option<&Yaml>, params: &Params, at: Position, report: &mut Report) {
    if params.objective.is_multiclass() && params.num_class == 0 {
        let name = params.objective.name();
        report.warning(
            given.and_then(|given| place(given, "objective")).unwrap_or(at),
            format!("{name} without num_class works only where labels are texts; with numbers the trainer refuses it"),
            "add num_class, the number of classes",
        );
    }
}

/// Reports groups that nobody names: libsvm data alone have a place for them.
pub fn check_groups(given: Option<&Yaml>, params: &Params, channels: &[RequestChannel<'_>], at: Position, report: &mut Report) {
    if !params.objective.is_ranking() || params.data.group_column.is_some() {
        return;
    }
    let name = params.objective.name();
    let at = given.and_then(|given| place(given, "objective")).unwrap_or(at);
    let formats: Vec<Option<Format>> = channels.iter().map(RequestChannel::format).collect();
    match formats.iter().flatten().find(|format| **format != Format::Libsvm) {
        Some(Format::Recordio) => report.error(
            at,
            format!("{name} needs query groups, for which recordio data have no place"),
            "give the data as libsvm, CSV, Parquet or JSON",
        ),
        Some(_) => report.error(
            at,
            format!("{name} without group_column: the data have their query groups in a column, and nothing says in which"),
            "add group_column, the name of the column or its number, counted from 0",
        ),
        None if formats.contains(&None) => report.warning(
            at,
            format!("{name} without group_column works only with libsvm data whose rows have a qid; the trainer refuses others"),
            "add group_column, or say libsvm as the channel's content type",
        ),
        None => {}
    }
}

/// Reports times whose bounds nobody names, or for which the data have no place.
pub fn check_bounds(given: Option<&Yaml>, params: &Params, channels: &[RequestChannel<'_>], at: Position, report: &mut Report) {
    if params.objective != Objective::Aft {
        return;
    }
    let name = params.objective.name();
    let at = given.and_then(|given| place(given, "objective")).unwrap_or(at);
    let without = |channel: &RequestChannel<'_>| match channel.format() {
        Some(Format::Libsvm) => Some("libsvm"),
        Some(Format::Recordio) => Some("recordio"),
        _ => None,
    };
    if let Some(format) = channels.iter().find_map(without) {
        report.error(
            at,
            format!("{name} needs two bounds of each row's time, for which {format} data have no place"),
            "give the data as CSV, Parquet or JSON",
        );
    } else if params.data.label_lower_bound_column.is_none() {
        report.error(
            at,
            format!("{name} needs two bounds of each row's time, and nothing says in which columns they are"),
            "add label_lower_bound_column and label_upper_bound_column, names of columns or their numbers, counted from 0",
        );
    }
}

/// Where the parameter that goes by `name` or an alias of it stands.
pub fn place(given: &Yaml, name: &str) -> Option<Position> {
    given.entries().iter().find(|entry| is_same(entry.key.trim(), name)).map(|entry| entry.value.at)
}

/// What the trainer makes of hyperparameters and of another one, which takes the place of one by its name.
pub fn read(entries: &[&YamlEntry], other: Option<(&str, &str)>) -> Result<(Params, Vec<Note>)> {
    let mut object: Map<_, _> = entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect();
    if let Some((name, value)) = other {
        object.insert(name.to_string(), serde_json::Value::from(value));
    }
    Params::from_pairs(hyperparameters::pairs(&object)?)
}
