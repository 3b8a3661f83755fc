//! `name=value` texts → [`Params`]: aliases, types, "did you mean", and the notes on parameters without effect.

use super::habits::{OBJECTIVE_ARGUMENTS, OBJECTIVES_ELSEWHERE, QUANTILE};
use super::spec::{self, Effect, Group, ParamKind, ParamSpec, Range};
use super::{DataParams, ParamValue, Params, ParamsBuilder, ProcessType};
use crate::names::nearest;
use crate::{Error, Objective, Result};
use std::borrow::Cow;
use std::fmt;

/// A sentence about a parameter that was accepted without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The parameter, by the name it was given under.
    pub parameter: String,
    /// Its value, and why it has no effect.
    message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Params {
    /// Checked parameters from names (or aliases) and texts, with notes on those that were accepted without effect.
    ///
    /// # Errors
    /// An unknown name (the nearest known one is suggested), a value of the wrong type or out of range, a parameter of XGBoost
    /// that is not supported at this value, or one parameter given twice with different values.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<(Self, Vec<Note>)> {
        let (builder, notes) = ParamsBuilder::from_pairs(pairs)?;
        Ok((builder.build()?, notes))
    }
}

impl DataParams {
    /// Checked parameters from names (or aliases) and texts.
    ///
    /// # Errors
    /// As [`Params::from_pairs`], and a parameter that does not say how data are read.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self> {
        let pairs: Vec<_> = pairs.into_iter().collect();
        let is_other = |(name, _): &&(N, V)| spec::find(name.as_ref().trim()).is_some_and(|row| row.group != Group::Data);
        if let Some((name, _)) = pairs.iter().find(is_other) {
            let name = name.as_ref().trim();
            let error = Error::parameter(format!("{name} is a training parameter")).with_parameter(name);
            return Err(error.with_remedy("only parameters about reading data, such as header or delimiter, apply here"));
        }
        Ok(ParamsBuilder::from_pairs(pairs)?.0.params.data)
    }
}

impl ParamsBuilder {
    /// What names and texts say, and notes on those without effect.
    fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<(Self, Vec<Note>)> {
        let mut builder = Params::builder();
        let mut notes = Vec::new();
        let mut seen: Vec<Seen> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref().trim(), value.as_ref().trim());
            let row = known(name)?;
            let (value, arguments) = if row.name == "objective" { objective_arguments(value)? } else { (value, Vec::new()) };
            for (row, name, value) in std::iter::once((row, name, value)).chain(arguments) {
                let value = &*columns(row, name, value)?;
                if row.adds_up {
                    builder.add(row, value)?;
                } else if is_new(&seen, row, name, value)? {
                    seen.push(Seen { row, name: name.to_string(), value: value.to_string() });
                    builder.accept(row, name, value, &mut notes)?;
                }
            }
        }
        check_quantile(&seen)?;
        if builder.params.process_type == ProcessType::Update {
            check_updater(&seen)?;
            notes.retain(|note| note.parameter != "updater");
        }
        Ok((builder, notes))
    }

    /// Appends to a list that may be given in several places.
    fn add(&mut self, row: &'static ParamSpec, value: &str) -> Result<()> {
        let before = self.params.data.render(row.name).unwrap_or_default();
        let list = |text: &str| <Vec<String> as ParamValue>::parse(text).ok_or_else(|| not_a_value(row, row.name, text));
        let mut all = list(&before)?;
        for item in list(value)? {
            if !all.contains(&item) {
                all.push(item);
            }
        }
        self.params.assign(row.name, &all.render()).ok_or_else(|| not_a_value(row, row.name, value))?;
        self.given.push(row.name);
        Ok(())
    }

    fn accept(&mut self, row: &'static ParamSpec, name: &str, value: &str, notes: &mut Vec<Note>) -> Result<()> {
        let note = |reason: &str| Note { parameter: name.to_string(), message: format!("{name}={value} has no effect: {reason}") };
        match row.effect {
            Effect::Active => {
                let value = &*translated(row, value);
                self.params.assign(row.name, value).ok_or_else(|| not_a_value(row, name, value))?;
                // An empty text leaves a parameter at "not given", also a required one.
                if !value.is_empty() {
                    self.given.push(row.name);
                }
            }
            Effect::Accepted { kind, reason } if kind.allows(value, &row.range, row.words) => {
                notes.push(note(reason));
            }
            Effect::Accepted { .. } => return Err(not_a_value(row, name, value)),
            Effect::InertOnly { values, .. } if values.contains(&value) => {
                notes.push(note("it asks for what Sapwood does anyway"));
            }
            Effect::InertOnly { remedy, .. } => {
                let error = Error::parameter(format!("{name}={value:?} is not supported"));
                return Err(error.with_parameter(name).with_remedy(remedy));
            }
        }
        Ok(())
    }
}

/// A parameter as it was given.
struct Seen {
    row: &'static ParamSpec,
    name: String,
    value: String,
}

/// Whether a parameter is given for the first time; with the same value it may be given again.
fn is_new(seen: &[Seen], row: &ParamSpec, name: &str, value: &str) -> Result<bool> {
    let Some(before) = seen.iter().find(|seen| seen.row.name == row.name) else { return Ok(true) };
    if before.value == value {
        return Ok(false);
    }
    let other = if name == row.name { String::new() } else { format!(" ({name} is another name for it)") };
    let error = Error::parameter(format!("{} is given twice, as {:?} and as {value:?}", row.name, before.value));
    Err(error.with_parameter(name).with_remedy(format!("give it once{other}")))
}

/// What LightGBM writes in front of columns that are given by their names.
const BY_NAME: &str = "name:";

/// A value that names columns, as Sapwood reads it: without LightGBM's `name:`, and without indices where the parameter's name is another
/// library's, which counts columns differently.
fn columns<'a>(row: &ParamSpec, name: &str, value: &'a str) -> Result<Cow<'a, str>> {
    if !row.name.ends_with("_column") && row.counted_otherwise.is_empty() {
        return Ok(Cow::Borrowed(value));
    }
    if let Some(names) = value.strip_prefix(BY_NAME) {
        return Ok(Cow::Borrowed(names));
    }
    let items = <Vec<String> as ParamValue>::parse(value).unwrap_or_default();
    let index = items.iter().find(|item| item.parse::<i64>().is_ok());
    match index.filter(|_| row.counted_otherwise.contains(&name)) {
        None => Ok(Cow::Borrowed(value)),
        Some(index) => Err(Error::parameter(format!(
            "{name}={value:?} has the column index {index}, which LightGBM and CatBoost count without the label and Sapwood counts with it"
        ))
        .with_parameter(name)
        .with_remedy(format!(
            "give the column's name, or {}=N, where N counts all columns of the file from 0, the label included",
            row.name
        ))),
    }
}

/// An objective as CatBoost writes it, `Quantile:alpha=0.9`: its name, and its arguments as parameters of ours.
#[expect(clippy::type_complexity, reason = "a name and what it stands for, used once")]
fn objective_arguments(value: &str) -> Result<(&str, Vec<(&'static ParamSpec, &'static str, &str)>)> {
    let Some((objective, arguments)) = value.split_once(':').filter(|(objective, _)| takes_arguments(objective)) else {
        return Ok((value, Vec::new()));
    };
    let parameter = |argument| {
        let (name, text) = str::split_once(argument, '=')?;
        let is_it = |(of, other, _): &&(&str, &str, &str)| *of == objective && *other == name.trim();
        let (_, _, ours) = OBJECTIVE_ARGUMENTS.iter().find(is_it)?;
        Some((spec::find(ours)?, *ours, text.trim()))
    };
    let parameters = arguments.split(';').map(|argument| {
        parameter(argument).ok_or_else(|| {
            let known = OBJECTIVE_ARGUMENTS.iter().filter(|(of, ..)| *of == objective).map(|(_, other, _)| *other);
            let error = Error::parameter(format!("objective={value:?} has an argument {argument:?}")).with_parameter("objective");
            error.with_remedy(format!("{objective} takes {}=…", known.collect::<Vec<_>>().join(" and ")))
        })
    });
    Ok((objective, parameters.collect::<Result<_>>()?))
}

fn takes_arguments(objective: &str) -> bool {
    OBJECTIVE_ARGUMENTS.iter().any(|(of, ..)| *of == objective)
}

/// Refuses ways of changing a model that are not known.
fn check_updater(seen: &[Seen]) -> Result<()> {
    let updater = seen.iter().find(|seen| seen.row.name == "updater" && seen.value != "refresh");
    updater.map_or(Ok(()), |Seen { value, .. }| {
        let error = Error::parameter(format!("updater={value:?} cannot be combined with process_type=update"));
        Err(error.with_parameter("updater").with_remedy("use updater=refresh, which computes leaves and statistics anew"))
    })
}

/// Refuses what LightGBM and scikit-learn read as another level than Sapwood would.
fn check_quantile(seen: &[Seen]) -> Result<()> {
    let given = |name: &str| seen.iter().find(|seen| seen.row.name == name);
    if given("objective").is_none_or(|objective| objective.value != QUANTILE) {
        return Ok(());
    }
    let error = |cause: String, name: &str, remedy: String| Err(Error::parameter(cause).with_parameter(name).with_remedy(remedy));
    match given("alpha").filter(|alpha| alpha.name == "alpha") {
        Some(Seen { value, .. }) => error(
            format!(
                "objective=quantile with alpha={value} can be read in two ways: alpha is the level in LightGBM and scikit-learn, and L1 \
                     regularisation here"
            ),
            "alpha",
            format!("for the level give quantile_alpha={value}, for L1 regularisation reg_alpha={value}"),
        ),
        None if given("quantile_alpha").is_none() => error(
            "objective=quantile needs a level: without one it is 0.9 in LightGBM and scikit-learn, and 0.5 here".to_string(),
            "objective",
            "give it, for example quantile_alpha=0.9".to_string(),
        ),
        None => Ok(()),
    }
}

/// A value with other libraries' words replaced by ours.
fn translated<'a>(row: &ParamSpec, value: &'a str) -> Cow<'a, str> {
    let ours = |word: &'a str| row.synonyms.iter().find(|(other, _)| *other == word.trim()).map_or(word, |(_, ours)| ours);
    if row.synonyms.is_empty() {
        Cow::Borrowed(value)
    } else if row.expected == Vec::<String>::EXPECTED {
        Cow::Owned(value.split(',').map(ours).collect::<Vec<_>>().join(","))
    } else {
        Cow::Borrowed(ours(value))
    }
}

fn not_a_value(row: &ParamSpec, name: &str, value: &str) -> Error {
    if row.name == "objective" {
        return unknown_objective(row, name, value);
    }
    if let Some((_, instead)) = row.elsewhere.iter().find(|(word, _)| *word == value) {
        return Error::parameter(format!("{name}={value:?} is not supported")).with_parameter(name).with_remedy(*instead);
    }
    let hint = match value.parse::<f64>() {
        Ok(number) if !row.range.contains(number) => "is out of range",
        _ => "is not a valid value",
    };
    Error::parameter(format!("{name}={value:?} {hint}: expected {}", expected(row))).with_parameter(name)
}

/// What a value of the parameter looks like.
fn expected(row: &ParamSpec) -> String {
    match row.effect {
        Effect::Accepted { kind: ParamKind::Words, .. } => format!("{} of {}", row.expected, row.words.join(", ")),
        _ if !row.words.is_empty() => row.words.join(" or "),
        _ if row.range == Range::ANY => row.expected.to_string(),
        _ => format!("{} in {}", row.expected, row.range),
    }
}

fn unknown_objective(row: &ParamSpec, name: &str, value: &str) -> Error {
    let base = value.split_once(':').map_or(value, |(base, _)| base);
    let instead =
        OBJECTIVES_ELSEWHERE.iter().find(|(known, _)| *known == value || *known == base).map(|(_, instead)| instead.to_string());
    // Names that differ in case are equally near: ours come first.
    let words = || {
        let others = row.synonyms.iter().map(|(other, _)| *other).filter(|other| !other.starts_with(char::is_uppercase));
        row.words.iter().copied().chain(others)
    };
    let hint = instead.or_else(|| nearest(value, words()).map(|known| format!("did you mean {known}?")));
    let remedy = format!("`sapwood objectives` lists all: {}", row.words.join(", "));
    let error = Error::parameter(format!("{name}={value:?} is not supported")).with_parameter(name);
    error.with_remedy(
        hint.map_or_else(|| remedy.clone(), |hint| format!("{hint}{}{remedy}", if hint.ends_with('?') { " " } else { "; " })),
    )
}

/// The objective of a name, or of another library's word for it.
///
/// # Errors
/// There is none; the message says what there is instead, or suggests the nearest name.
pub fn objective_named(name: &str) -> Result<Objective> {
    let row = known("objective")?;
    Objective::parse(&translated(row, name)).ok_or_else(|| unknown_objective(row, "objective", name))
}

/// The row for a name or an alias.
///
/// # Errors
/// There is none; the nearest name is suggested.
pub fn known(name: &str) -> Result<&'static ParamSpec> {
    spec::find(name).ok_or_else(|| unknown(name))
}

/// The error for a name that is in no row, with the nearest one that is.
fn unknown(name: &str) -> Error {
    let known = spec::all().flat_map(|row| std::iter::once(&row.name).chain(row.aliases));
    let remedy = nearest(name, known.copied()).map_or_else(
        || "`sapwood params` lists all".to_string(),
        |nearest| format!("did you mean {nearest}? (`sapwood params` lists all)"),
    );
    Error::parameter(format!("unknown parameter {name}")).with_parameter(name).with_remedy(remedy)
}

/// A parameter's group as a word.
pub(super) fn group_word(group: Group) -> &'static str {
    match group {
        Group::Model => "model",
        Group::Data => "data",
        Group::Runtime => "runtime",
        Group::Compatibility => "compatibility",
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
