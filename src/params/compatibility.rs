//! The table's other rows: parameters of XGBoost that Sapwood knows but does not act on. Types and ranges are those of SageMaker's
//! XGBoost container where it has the parameter, else XGBoost's own: a job that was wrong there is wrong here, and is told so.

use super::row::{Effect, Group, PLAIN, ParamKind, ParamSpec, Range};
use super::value::ParamValue;

/// A parameter without an effect here.
const fn accepted(name: &'static str, kind: ParamKind, reason: &'static str) -> ParamSpec {
    let (effect, doc) = (Effect::Accepted { kind, reason }, "Accepted without effect.");
    ParamSpec { name, expected: kind.expected(), group: Group::Compatibility, effect, doc, ..PLAIN }
}

const fn flag(name: &'static str, reason: &'static str) -> ParamSpec {
    accepted(name, ParamKind::Flag, reason)
}

const fn integer(name: &'static str, range: Range, reason: &'static str) -> ParamSpec {
    ParamSpec { range, ..accepted(name, ParamKind::Integer, reason) }
}

const fn number(name: &'static str, range: Range, reason: &'static str) -> ParamSpec {
    ParamSpec { range, ..accepted(name, ParamKind::Number, reason) }
}

const fn word(name: &'static str, words: &'static [&'static str], reason: &'static str) -> ParamSpec {
    ParamSpec { words, ..accepted(name, ParamKind::Word, reason) }
}

const fn words(name: &'static str, words: &'static [&'static str], reason: &'static str) -> ParamSpec {
    ParamSpec { words, ..accepted(name, ParamKind::Words, reason) }
}

/// A parameter that XGBoost acts on and Sapwood does not: only harmless values are accepted.
const fn inert_only(name: &'static str, values: &'static [&'static str], remedy: &'static str) -> ParamSpec {
    let effect = Effect::InertOnly { values, remedy };
    ParamSpec { name, group: Group::Compatibility, effect, doc: "Not supported yet.", ..PLAIN }
}

const HISTOGRAMS: &str = "Sapwood always trains on histograms";
const LOGGING: &str = "verbose_eval says how many rounds are printed";
const BOOSTER: &str = "it applies to linear models";
/// Ways of growing trees; XGBoost's others are for linear models and GPUs.
const UPDATERS: &[&str] = &[
    "grow_colmaker",
    "grow_histmaker",
    "grow_local_histmaker",
    "grow_quantile_histmaker",
    "grow_skmaker",
    "distcol",
    "prune",
    "refresh",
    "sync",
];
const SHARE: Range = Range::closed(0.0, 1.0);

/// XGBoost's parameters that Sapwood knows but does not act on.
pub const COMPATIBILITY: &[ParamSpec] = &[
    inert_only("tree_method", &["auto", "hist", "approx", "exact"], "use hist: Sapwood trains on histograms and on CPUs"),
    inert_only("device", &["cpu"], "use cpu, or leave it out: Sapwood trains on CPUs"),
    inert_only("use_dask_gpu_training", &["false", "0", "False"], "use false, or leave it out: Sapwood trains on CPUs"),
    word("predictor", &["auto", "cpu_predictor", "gpu_predictor"], "there is one predictor"),
    number("sketch_eps", Range::inside(0.0, 1.0), HISTOGRAMS),
    words("updater", UPDATERS, HISTOGRAMS),
    word("dsplit", &["auto", "row", "col"], HISTOGRAMS),
    flag("deterministic_histogram", "models are always deterministic"),
    flag("single_precision_histogram", "histograms are exact"),
    integer("max_cached_hist_node", Range::from(1.0), HISTOGRAMS),
    number("prob_buffer_row", Range::from(1.0), HISTOGRAMS),
    flag("enable_categorical", "categorical columns are always split natively"),
    flag("validate_parameters", "parameters are always validated"),
    flag("save_model_on_termination", "a terminated job always saves its model"),
    integer("verbosity", Range::closed(0.0, 3.0), LOGGING),
    flag("silent", LOGGING),
    number("lambda_bias", SHARE, BOOSTER),
    word("feature_selector", &["cyclic", "shuffle", "random", "greedy", "thrifty"], BOOSTER),
    integer("top_k", Range::from(0.0), BOOSTER),
];

impl ParamKind {
    const fn expected(self) -> &'static str {
        match self {
            Self::Integer => i64::EXPECTED,
            Self::Number => f64::EXPECTED,
            Self::Flag => bool::EXPECTED,
            Self::Word => "word",
            Self::Words => Vec::<String>::EXPECTED,
        }
    }

    /// Whether a text is a value of this type, in this range or of these words.
    pub(super) fn allows(self, text: &str, range: &Range, words: &[&str]) -> bool {
        let number = |text: &str| f64::parse(text).is_some_and(|number| range.contains(number));
        match self {
            Self::Integer => i64::parse(text).is_some() && number(text),
            Self::Number => number(text),
            Self::Flag => bool::parse(text).is_some(),
            Self::Word => words.contains(&text),
            Self::Words => items(text).is_some_and(|items| items.iter().all(|item| words.contains(&item.as_str()))),
        }
    }
}

fn items(text: &str) -> Option<Vec<String>> {
    Vec::<String>::parse(text)
}
