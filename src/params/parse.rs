//! `name=value` texts → [`Params`]: aliases, types, "did you mean", and the notes on parameters without effect.

use super::spec::{self, Effect, Group, ParamSpec};
use super::{Params, ParamsBuilder};
use crate::{Error, Result};

impl Params {
    /// Checked parameters from names (or aliases) and texts, with notes on those that were accepted without effect.
    ///
    /// # Errors
    /// An unknown name (the nearest known one is suggested), a value of the wrong type or out of range, a parameter of XGBoost
    /// that is not supported at this value, or one parameter given twice with different values.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<(Self, Vec<String>)> {
        let mut builder = Self::builder();
        let mut notes = Vec::new();
        let mut seen: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref().trim(), value.as_ref().trim());
            let row = spec::find(name).ok_or_else(|| unknown(name))?;
            if let Some((_, before)) = seen.iter().find(|(seen, _)| *seen == row.name) {
                if before == value {
                    continue;
                }
                return Err(Error::parameter(format!(
                    "{} is given twice, as {before:?} and as {value:?}; give it once{}",
                    row.name,
                    if name == row.name { String::new() } else { format!(" ({name} is another name for it)") }
                )));
            }
            seen.push((row.name, value.to_string()));
            builder.accept(row, name, value, &mut notes)?;
        }
        Ok((builder.build()?, notes))
    }
}

impl ParamsBuilder {
    fn accept(&mut self, row: &'static ParamSpec, name: &str, value: &str, notes: &mut Vec<String>) -> Result<()> {
        match row.effect {
            Effect::Active => {
                self.params.assign(row.name, value).ok_or_else(|| not_a_value(row, name, value))?;
                // An empty text leaves a parameter at "not given", also a required one.
                if !value.is_empty() {
                    self.given.push(row.name);
                }
            }
            Effect::Accepted { reason } => notes.push(format!("{name}={value} has no effect: {reason}")),
            Effect::InertOnly { values } if values.contains(&value) || all_zero(value) => {
                notes.push(format!("{name}={value} has no effect: it asks for what Sapwood does anyway"));
            }
            Effect::InertOnly { .. } => {
                return Err(Error::parameter(format!(
                    "{name}={value} is not supported yet, and leaving it out would change the model; remove it, or train this job with XGBoost"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a constraint list such as `(0,0,0)` constrains nothing.
fn all_zero(value: &str) -> bool {
    let list = value.strip_prefix(['(', '[']).and_then(|v| v.strip_suffix([')', ']']));
    list.is_some_and(|list| list.split(',').all(|item| item.trim() == "0"))
}

fn not_a_value(row: &ParamSpec, name: &str, value: &str) -> Error {
    if row.name == "objective" {
        return Error::parameter(format!("{name}={value:?} is not supported; choose one of {}", row.words.join(", ")));
    }
    let expected = if row.words.is_empty() { format!("{} in {}", row.expected, row.range) } else { row.words.join(" or ") };
    let hint = match value.parse::<f64>() {
        Ok(number) if !row.range.contains(number) => "is out of range",
        _ => "is no value for it",
    };
    Error::parameter(format!("{name}={value:?} {hint}: expected {expected}"))
}

/// The error for a name that is in no row, with the nearest one that is.
fn unknown(name: &str) -> Error {
    let known = spec::all().flat_map(|row| std::iter::once(&row.name).chain(row.aliases));
    let lower = name.to_ascii_lowercase();
    let nearest = known
        .map(|known| (strsim::damerau_levenshtein(&lower, known), *known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len().max(name.len()) / 3);
    let hint = nearest.map_or_else(
        || "; `sapwood params` lists all".to_string(),
        |(_, nearest)| format!("; did you mean {nearest}? (`sapwood params` lists all)"),
    );
    Error::parameter(format!("unknown parameter {name}{hint}"))
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
mod tests {
    use super::*;

    fn error(pairs: &[(&str, &str)]) -> String {
        Params::from_pairs(pairs.iter().copied()).unwrap_err().to_string()
    }

    #[test]
    fn defaults_in_the_table_are_values_in_their_ranges() {
        let (params, notes) = Params::from_pairs([("num_round", "1")]).unwrap();
        assert!(notes.is_empty());
        assert_eq!((params.eta, params.max_depth, params.max_bin), (0.3, 6, 256));
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<_> = spec::all().flat_map(|r| std::iter::once(r.name).chain(r.aliases.iter().copied())).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn aliases_numbers_and_json_integers_are_understood() {
        let pairs = [("n_estimators", "10.0"), ("learning_rate", "0.30000000000000004"), ("num_leaves", " 7 ")];
        let (params, _) = Params::from_pairs(pairs).unwrap();
        assert_eq!((params.num_round, params.max_leaves), (10, 7));
        assert_eq!(params.eta, 0.300_000_000_000_000_04);
    }

    #[test]
    fn wrong_values_name_parameter_and_range() {
        assert_eq!(error(&[("num_round", "5"), ("eta", "-1")]), "eta=-1 is out of range: it must lie in [0, 1]");
        assert!(error(&[("num_round", "-5")]).contains("out of range"));
        assert!(
            error(&[("num_round", "1"), ("eta", "fast")]).starts_with("eta=\"fast\" is no value for it: expected number in [0, 1]")
        );
        assert!(error(&[("num_round", "1"), ("lambda", "inf")]).contains("out of range"));
        assert!(error(&[("eta", "0.1")]).starts_with("missing required parameter num_round"));
        assert!(error(&[("num_round", "1"), ("eta", "0.1"), ("learning_rate", "0.2")]).contains("given twice"));
    }

    #[test]
    fn unknown_names_suggest_the_nearest() {
        assert!(error(&[("learning_ratte", "1")]).contains("did you mean learning_rate?"));
        assert!(error(&[("zzzzzzzzzzzz", "1")]).contains("`sapwood params` lists all"));
    }

    #[test]
    fn unsupported_parameters_are_refused_only_where_they_matter() {
        let base = ("num_round", "1");
        assert!(error(&[base, ("booster", "dart")]).contains("not supported yet"));
        assert!(error(&[base, ("monotone_constraints", "(1,0)")]).contains("not supported yet"));
        let (_, notes) =
            Params::from_pairs([base, ("booster", "gbtree"), ("monotone_constraints", "(0,0)"), ("silent", "0")]).unwrap();
        assert_eq!(notes.len(), 3);
    }
}
