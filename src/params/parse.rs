//! `name=value` texts → [`Params`]: aliases, types, "did you mean", and the notes on parameters without effect.

use super::compatibility;
use super::habits::{OBJECTIVE_ARGUMENTS, OBJECTIVES_ELSEWHERE, QUANTILE};
use super::spec::{self, Effect, Group, ParamKind, ParamSpec, Range};
use super::{DataParams, ParamValue, Params, ParamsBuilder};
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
                if is_new(&seen, row, name, value)? {
                    seen.push(Seen { row, name: name.to_string(), value: value.to_string() });
                    builder.accept(row, name, value, &mut notes)?;
                }
            }
        }
        check_quantile(&seen)?;
        Ok((builder, notes))
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
            Effect::InertOnly { values, .. } if values.contains(&value) || all_zero(value) => {
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

/// Whether a constraint list such as `(0,0,0)` constrains nothing.
fn all_zero(value: &str) -> bool {
    let list = value.strip_prefix(['(', '[']).and_then(|v| v.strip_suffix([')', ']']));
    list.is_some_and(|list| list.split(',').all(|item| item.trim() == "0"))
}

fn not_a_value(row: &ParamSpec, name: &str, value: &str) -> Error {
    if row.name == "objective" {
        return unknown_objective(row, name, value);
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
    let elsewhere = compatibility::OBJECTIVES.iter().chain(OBJECTIVES_ELSEWHERE);
    let instead =
        elsewhere.into_iter().find(|(known, _)| *known == value || *known == base).map(|(_, instead)| instead.to_string());
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
            error(&[("num_round", "1"), ("eta", "fast")])
                .starts_with("eta=\"fast\" is not a valid value: expected number in [0, 1]")
        );
        assert!(error(&[("num_round", "1"), ("lambda", "inf")]).contains("out of range"));
        assert!(error(&[("eta", "0.1")]).starts_with("missing required parameter num_round"));
        assert!(error(&[("num_round", "1"), ("eta", "0.1"), ("learning_rate", "0.2")]).contains("given twice"));
    }

    #[test]
    fn errors_name_the_parameter_as_it_was_given() {
        let blamed = |pairs: &[(&str, &str)]| {
            Params::from_pairs(pairs.iter().copied()).unwrap_err().details().parameter.clone().expect("a parameter")
        };
        let base = ("num_round", "1");
        for (name, value) in [
            ("learning_rate", "fast"),
            ("eta", "-1"),
            ("booster", "dart"),
            ("objective", "survival:aft"),
            ("what", "1"),
            ("verbosity", "9"),
            ("num_round", "2"),
            ("max_leaves", "1"),
        ] {
            assert_eq!(blamed(&[base, (name, value)]), name);
        }
        assert_eq!(blamed(&[base, ("learning_rate", "2")]), "eta");
        assert_eq!(blamed(&[base, ("eta", "0.1"), ("learning_rate", "0.2")]), "learning_rate");
        assert_eq!(blamed(&[("eta", "0.1")]), "num_round");
        // Of those that exclude each other, the last one.
        assert_eq!(blamed(&[base, ("max_leaves", "0"), ("max_depth", "0")]), "max_depth");
        assert_eq!(blamed(&[base, ("max_depth", "0"), ("max_leaves", "0")]), "max_leaves");
        assert_eq!(blamed(&[base, ("subsample", "0.5"), ("sampling_method", "goss")]), "sampling_method");
        assert_eq!(blamed(&[base, ("sampling_method", "goss"), ("top_rate", "0.99")]), "top_rate");
        assert_eq!(blamed(&[base, ("objective", "multi:softmax"), ("num_class", "1")]), "num_class");
    }

    #[test]
    fn unknown_names_suggest_the_nearest() {
        assert!(error(&[("learning_ratte", "1")]).contains("did you mean learning_rate?"));
        assert!(error(&[("zzzzzzzzzzzz", "1")]).contains("`sapwood params` lists all"));
    }

    #[test]
    fn unsupported_parameters_are_refused_only_where_they_matter() {
        let base = ("num_round", "1");
        let message = error(&[base, ("booster", "dart")]);
        assert!(message.starts_with("booster=\"dart\" is not supported; use gbtree: "), "{message}");
        assert!(error(&[base, ("monotone_constraints", "(1,0)")]).contains("is not supported; leave it out"));
        let (_, notes) =
            Params::from_pairs([base, ("booster", "gbtree"), ("monotone_constraints", "(0,0)"), ("silent", "0")]).unwrap();
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn values_without_effect_must_be_values_all_the_same() {
        let refused = |name: &str, value: &str| error(&[("num_round", "1"), (name, value)]);
        assert_eq!(refused("verbosity", "4"), "verbosity=\"4\" is out of range: expected integer in [0, 3]");
        assert_eq!(refused("verbosity", "0.5"), "verbosity=\"0.5\" is not a valid value: expected integer in [0, 3]");
        assert_eq!(refused("sketch_eps", "1"), "sketch_eps=\"1\" is out of range: expected number in (0, 1)");
        assert_eq!(refused("refresh_leaf", "2"), "refresh_leaf=\"2\" is not a valid value: expected true or false");
        assert_eq!(refused("dsplit", "both"), "dsplit=\"both\" is not a valid value: expected auto or row or col");
        let message = refused("updater", "prune,shotgun");
        let start = "updater=\"prune,shotgun\" is not a valid value: expected comma-separated list of grow_colmaker, ";
        assert!(message.starts_with(start), "{message}");
        assert!(
            refused("quantile_alpha", "0.5,1.5").starts_with("quantile_alpha=0.5,1.5 are not levels; give numbers between 0 and 1")
        );
        assert!(refused("quantile_alpha", "0.9,0.1").contains("in ascending order"));
        assert!(refused("expectile_alpha", "[]").contains("are not levels"));
        for (name, value) in [
            ("verbosity", "-1"),
            ("verbosity", "NaN"),
            ("sketch_eps", "0"),
            ("sketch_eps", ""),
            ("silent", "loud"),
            ("lambdarank_num_pair_per_sample", "0"),
        ] {
            assert!(refused(name, value).starts_with(&format!("{name}={value:?} ")), "{name}");
        }
    }

    #[test]
    fn values_without_effect_are_read_like_all_others() {
        let pairs = [
            ("num_round", "1"),
            ("silent", "0"),
            ("verbosity", "2.0"),
            ("prob_buffer_row", "1.0"),
            ("updater", "grow_colmaker,prune"),
            ("save_model_on_termination", "True"),
            ("sketch_eps", "3e-2"),
        ];
        let (_, notes) = Params::from_pairs(pairs).unwrap();
        assert_eq!(notes.len(), pairs.len() - 1);
        assert_eq!(notes[0].to_string(), "silent=0 has no effect: verbose_eval says how many rounds are printed");
    }

    #[test]
    fn habits_of_other_libraries_mean_the_same() {
        let read = |pairs: &[(&str, &str)]| Params::from_pairs(pairs.iter().copied()).unwrap().0;
        let ours = [("num_round", "7"), ("max_leaves", "31")];
        for (others, pair) in [
            (&[("iterations", "7"), ("num_leaves", "31")], None),
            (&[("num_trees", "7"), ("max_leaf", "31")], Some((("depth", "5"), ("max_depth", "5")))),
            (&[("nrounds", "7"), ("num_leaves", "31")], Some((("max_depth", "-1"), ("max_depth", "0")))),
            (&[("n_iter", "7"), ("num_leaves", "31")], Some((("max_depth", "None"), ("max_depth", "0")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("n_jobs", "-1"), ("nthread", "0")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("nthread", "-1"), ("nthread", "0")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("objective", "binary"), ("objective", "binary:logistic")))),
            (
                &[("n_estimators", "7"), ("num_leaves", "31")],
                Some((("loss_function", "MultiClass"), ("objective", "multi:softprob"))),
            ),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("loss", "squared_error"), ("objective", "reg:squarederror")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("metric", "l1,rmse"), ("eval_metric", "mae,rmse")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("early_stopping_round", "0"), ("early_stopping_rounds", "")))),
            (&[("n_estimators", "7"), ("num_leaves", "31")], Some((("l2_leaf_reg", "3"), ("lambda", "3")))),
        ] {
            let (theirs, same) = pair.unzip();
            let given = others.iter().copied().chain(theirs).collect::<Vec<_>>();
            assert_eq!(read(&given), read(&ours.into_iter().chain(same).collect::<Vec<_>>()), "{given:?}");
        }
    }

    #[test]
    fn habits_without_a_counterpart_are_told_what_to_use() {
        for (name, value, remedy) in [
            ("min_child_samples", "20", "use min_child_weight"),
            ("min_data_in_leaf", "20", "use min_child_weight"),
            ("auto_class_weights", "Balanced", "class_weight=balanced"),
            ("subsample_freq", "5", "rows are drawn anew for every tree"),
            ("boosting_type", "dart", "use gbdt"),
            ("verbose", "-1", "verbose_eval"),
            ("rsm", "0.5", "colsample_bylevel"),
        ] {
            let message = error(&[("num_round", "1"), (name, value)]);
            assert!(message.starts_with(&format!("{name}={value:?} is not supported")) && message.contains(remedy), "{message}");
        }
        let inert =
            [("min_samples_leaf", "1"), ("auto_class_weights", "None"), ("criterion", "friedman_mse"), ("boosting_type", "gbdt")];
        let (_, notes) = Params::from_pairs([("num_round", "1")].into_iter().chain(inert)).unwrap();
        assert_eq!(notes.len(), inert.len());
    }

    #[test]
    fn classes_are_weighed_in_one_way_and_only_where_there_are_classes() {
        let pairs = |objective: &'static str, pairs: &[(&'static str, &'static str)]| {
            [&[("num_round", "1"), ("objective", objective)], pairs].concat()
        };
        for (parameter, value) in [("class_weight", "{0: 1, 1: 5}"), ("class_weight", "balanced"), ("is_unbalance", "true")] {
            assert!(Params::from_pairs(pairs("binary:logistic", &[(parameter, value)])).is_ok());
            assert!(
                error(&pairs("reg:squarederror", &[(parameter, value)]))
                    .contains("classes, which objective=reg:squarederror has not")
            );
            let message = error(&pairs("binary:logistic", &[(parameter, value), ("scale_pos_weight", "2")]));
            assert!(message.contains("all weigh classes; give one of them"), "{message}");
        }
        assert!(Params::from_pairs(pairs("multi:softprob", &[("class_weight", "balanced")])).is_ok());
        assert!(
            error(&pairs("multi:softprob", &[("is_unbalance", "true")]))
                .ends_with("for several classes give class_weight=balanced")
        );
        let message = error(&pairs("binary:logistic", &[("class_weight", "heavy")]));
        assert!(message.contains("expected balanced, or a factor above 0 for each class"), "{message}");
        let (params, _) =
            Params::from_pairs(pairs("reg:squarederror", &[("class_weight", "None"), ("is_unbalance", "False")])).unwrap();
        assert_eq!(params.class_weight, super::super::ClassWeight::Equal);
    }

    #[test]
    fn no_word_of_ours_is_another_one_s_synonym() {
        for row in spec::active() {
            for (other, ours) in row.synonyms {
                assert!(!row.words.contains(other) && (row.words.is_empty() || row.words.contains(ours)), "{other}");
            }
        }
        for (other, _) in OBJECTIVES_ELSEWHERE {
            assert!(
                crate::Objective::from_name(other).is_none()
                    && !super::super::habits::OBJECTIVES.iter().any(|(word, _)| word == other)
            );
        }
    }

    #[test]
    fn objectives_of_catboost_bring_their_parameters() {
        let read = |pairs: &[(&str, &str)]| Params::from_pairs([("num_round", "1")].iter().chain(pairs).copied()).unwrap().0;
        for (theirs, ours) in [
            ("Quantile:alpha=0.9", [("objective", "reg:quantileerror"), ("quantile_alpha", "0.9")]),
            ("MultiQuantile:alpha=0.1,0.9", [("objective", "reg:quantileerror"), ("quantile_alpha", "0.1,0.9")]),
            ("Expectile:alpha=0.2", [("objective", "reg:expectileerror"), ("expectile_alpha", "0.2")]),
            ("Tweedie:variance_power=1.3", [("objective", "reg:tweedie"), ("tweedie_variance_power", "1.3")]),
        ] {
            assert_eq!(read(&[("loss_function", theirs)]), read(&ours), "{theirs}");
        }
        let refused = |pairs: &[(&str, &str)]| error(&[&[("num_round", "1")], pairs].concat());
        assert!(refused(&[("loss_function", "Quantile:delta=1")]).contains("has an argument \"delta=1\"; Quantile takes alpha=…"));
        let twice = refused(&[("loss_function", "Quantile:alpha=0.9"), ("quantile_alpha", "0.5")]);
        assert!(twice.starts_with("quantile_alpha is given twice"), "{twice}");
        assert!(refused(&[("loss_function", "Huber:delta=1")]).contains("reg:pseudohubererror"));
    }

    #[test]
    fn a_quantile_of_lightgbm_says_its_level_in_words_that_are_read_one_way() {
        let refused = |pairs: &[(&str, &str)]| error(&[&[("num_round", "1"), ("objective", "quantile")], pairs].concat());
        let message = refused(&[("alpha", "0.9")]);
        assert!(message.contains("in two ways") && message.contains("quantile_alpha=0.9"), "{message}");
        assert!(refused(&[]).contains("needs a level"));
        for pairs in [[("quantile_alpha", "0.9"), ("reg_alpha", "1")], [("quantile", "0.9"), ("lambda_l1", "1")]] {
            let pairs = [("num_round", "1"), ("objective", "quantile")].into_iter().chain(pairs);
            assert_eq!(Params::from_pairs(pairs).unwrap().0.quantile_alpha, [0.9]);
        }
        let plain = [("num_round", "1"), ("objective", "reg:quantileerror"), ("alpha", "0.9")];
        assert_eq!(Params::from_pairs(plain).unwrap().0.alpha, 0.9);
    }

    #[test]
    fn objectives_of_xgboost_are_told_what_there_is_instead() {
        let message = error(&[("num_round", "1"), ("objective", "rank:ndcg")]);
        let start = "objective=\"rank:ndcg\" is not supported; for a score per row, whatever its group, use binary:logistic";
        assert!(message.starts_with(start) && message.ends_with("multi:softmax, multi:softprob"), "{message}");
        for (value, remedy) in [
            ("reg:squarederor", "not supported; did you mean reg:squarederror? `sapwood objectives` lists all: reg:squarederror, "),
            ("multiclas", "did you mean multiclass? `sapwood objectives` lists all"),
            ("huber", "reg:pseudohubererror with huber_slope"),
            ("log_loss", "binary:logistic is for two classes"),
            ("lambdarank", "for a score per row"),
            ("qqqqqqqqqq", "is not supported; `sapwood objectives` lists all"),
        ] {
            let message = error(&[("num_round", "1"), ("objective", value)]);
            assert!(message.contains(remedy), "{message}");
        }
    }
}
