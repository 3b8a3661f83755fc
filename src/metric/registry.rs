//! Metrics by name: which there are, which objectives they fit, and which is an objective's default.

use super::Metric;
use super::auc::{Auc, Curve};
use super::confusion::{Confusion, Share, Verdict};
use super::levels::{LevelLoss, Power};
use super::median::MedianError;
use super::multiclass::{Multiclass, RowVerdict};
use super::r2::R2;
use super::row_mean::{RowLoss, RowMean};
use crate::names::nearest;
use crate::simd::Simd;
use crate::{Error, Objective, Result};
use sapwood_score::ObjectiveSpec;

/// What a metric needs of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    OneOutput,
    Probability,
    Binary,
    Counts,
    Positive,
    Classes,
    Quantiles,
    Expectiles,
    Classification,
    ProbabilityOrBinary,
    ProbabilityOrClasses,
}

impl Needs {
    fn met_by(self, objective: Objective) -> bool {
        let classes = objective.is_multiclass();
        let binary = objective.is_classification() && !classes;
        let probability = (binary && objective != Objective::BinaryHinge) || objective == Objective::Logistic;
        let positive = matches!(objective, Objective::Poisson | Objective::Gamma | Objective::Tweedie);
        match self {
            Self::OneOutput => !classes && !objective.has_levels(),
            Self::Quantiles => objective == Objective::Quantile,
            Self::Expectiles => objective == Objective::Expectile,
            Self::Probability => probability,
            Self::Binary => binary,
            Self::Counts => objective == Objective::Poisson,
            Self::Positive => positive,
            Self::Classes => classes,
            Self::Classification => objective.is_classification(),
            Self::ProbabilityOrBinary => probability || binary,
            Self::ProbabilityOrClasses => probability || binary || classes,
        }
    }

    /// What follows "it needs" in a message.
    fn phrase(self) -> &'static str {
        match self {
            Self::OneOutput => "one prediction per row, not one per class or level",
            Self::Quantiles => "quantiles (reg:quantileerror)",
            Self::Expectiles => "expectiles (reg:expectileerror)",
            Self::Probability => "probabilities (reg:logistic, binary:logistic, binary:logitraw)",
            Self::ProbabilityOrBinary => {
                "probabilities or a binary classification (reg:logistic, binary:logistic, binary:hinge, …)"
            }
            Self::Binary => "a binary classification (binary:logistic, binary:logitraw, binary:hinge)",
            Self::Counts => "counts (count:poisson)",
            Self::Positive => "means above 0 (reg:gamma, reg:tweedie, count:poisson)",
            Self::Classes => "one probability per class (multi:softmax, multi:softprob)",
            Self::Classification | Self::ProbabilityOrClasses => "a classification (binary:logistic, multi:softprob, …)",
        }
    }
}

/// What computes a metric.
#[derive(Clone, Copy, Debug)]
enum MetricKind {
    Mean(RowLoss),
    RootMean(RowLoss),
    R2,
    MedianError,
    /// The pseudo-Huber loss with the objective's slope.
    PseudoHuber,
    /// Takes a variance power after `@`; otherwise the objective's.
    Tweedie,
    /// Takes a threshold after `@`.
    Error,
    /// Of one output or of several.
    Accuracy,
    Area(Curve),
    Classes(RowVerdict),
    Confusion(Verdict),
    /// Of each of the objective's levels.
    Levels(Power),
}

/// Predictions above this are taken for label 1.
const THRESHOLD: f64 = 0.5;

/// The variance power of `tweedie-nloglik` where neither it nor the objective says another.
const DEFAULT_POWER: f64 = 1.5;

/// The level of `quantile` and `expectile` where the objective does not say others.
const MEDIAN: f64 = 0.5;

/// The slope of `mphe` where the objective does not say another.
const DEFAULT_SLOPE: f64 = 1.0;

/// The metrics, in the order in which messages list them.
const METRICS: [(&str, Needs, MetricKind); 36] = [
    ("rmse", Needs::OneOutput, MetricKind::RootMean(RowLoss::Squared)),
    ("mse", Needs::OneOutput, MetricKind::Mean(RowLoss::Squared)),
    ("mae", Needs::OneOutput, MetricKind::Mean(RowLoss::Absolute)),
    ("mape", Needs::OneOutput, MetricKind::Mean(RowLoss::Percentage)),
    ("smape", Needs::OneOutput, MetricKind::Mean(RowLoss::SymmetricPercentage)),
    ("medae", Needs::OneOutput, MetricKind::MedianError),
    ("r2", Needs::OneOutput, MetricKind::R2),
    ("rmsle", Needs::OneOutput, MetricKind::RootMean(RowLoss::SquaredLog)),
    ("mphe", Needs::OneOutput, MetricKind::PseudoHuber),
    ("gamma-nloglik", Needs::Positive, MetricKind::Mean(RowLoss::Gamma)),
    ("gamma-deviance", Needs::Positive, MetricKind::Mean(RowLoss::GammaDeviance)),
    ("tweedie-nloglik", Needs::Positive, MetricKind::Tweedie),
    ("quantile", Needs::Quantiles, MetricKind::Levels(Power::One)),
    ("expectile", Needs::Expectiles, MetricKind::Levels(Power::Two)),
    ("logloss", Needs::Probability, MetricKind::Mean(RowLoss::LogLoss)),
    ("brier", Needs::Probability, MetricKind::Mean(RowLoss::Squared)),
    ("error", Needs::ProbabilityOrBinary, MetricKind::Error),
    ("accuracy", Needs::ProbabilityOrClasses, MetricKind::Accuracy),
    ("auc", Needs::Binary, MetricKind::Area(Curve::Roc)),
    ("aucpr", Needs::Binary, MetricKind::Area(Curve::PrecisionRecall)),
    ("poisson-nloglik", Needs::Counts, MetricKind::Mean(RowLoss::Poisson)),
    ("mlogloss", Needs::Classes, MetricKind::Classes(RowVerdict::LogLoss)),
    ("merror", Needs::Classes, MetricKind::Classes(RowVerdict::Error)),
    ("balanced_accuracy", Needs::Classification, MetricKind::Confusion(Verdict::Balanced)),
    ("f1", Needs::Classification, MetricKind::Confusion(Verdict::Macro(Share::F1))),
    ("f1_macro", Needs::Classification, MetricKind::Confusion(Verdict::Macro(Share::F1))),
    ("f1_binary", Needs::Binary, MetricKind::Confusion(Verdict::Positive(Share::F1))),
    ("f1_micro", Needs::Classification, MetricKind::Confusion(Verdict::Micro)),
    ("precision", Needs::Binary, MetricKind::Confusion(Verdict::Positive(Share::Precision))),
    ("precision_macro", Needs::Classification, MetricKind::Confusion(Verdict::Macro(Share::Precision))),
    ("precision_micro", Needs::Classification, MetricKind::Confusion(Verdict::Micro)),
    ("recall", Needs::Binary, MetricKind::Confusion(Verdict::Positive(Share::Recall))),
    ("recall_macro", Needs::Classification, MetricKind::Confusion(Verdict::Macro(Share::Recall))),
    ("recall_micro", Needs::Classification, MetricKind::Confusion(Verdict::Micro)),
    ("mcc", Needs::Classification, MetricKind::Confusion(Verdict::Matthews)),
    ("kappa", Needs::Classification, MetricKind::Confusion(Verdict::Kappa)),
];

const RANKING: &str = "it measures the order within groups; auc and aucpr measure that of all rows";
const CENSORED: &str = "Sapwood does not support censored labels";

/// Metrics of XGBoost and of SageMaker's container for it that Sapwood does not have, and what it has instead.
const ELSEWHERE: [(&str, &str); 6] = [
    ("ndcg", RANKING),
    ("map", RANKING),
    ("pre", RANKING),
    ("cox-nloglik", CENSORED),
    ("aft-nloglik", CENSORED),
    ("interval-regression-accuracy", CENSORED),
];

/// The name of the metric that an objective is judged by unless others are asked for.
pub fn default_metric(objective: Objective) -> &'static str {
    match objective {
        Objective::SquaredError | Objective::Logistic => "rmse",
        Objective::BinaryLogistic | Objective::BinaryLogitraw => "logloss",
        Objective::Poisson => "poisson-nloglik",
        Objective::BinaryHinge => "error",
        Objective::Gamma => "gamma-nloglik",
        Objective::Tweedie => "tweedie-nloglik",
        Objective::PseudoHuber => "mphe",
        Objective::SquaredLogError => "rmsle",
        Objective::AbsoluteError => "mae",
        Objective::Quantile => "quantile",
        Objective::Expectile => "expectile",
        Objective::Softmax => "merror",
        Objective::Softprob => "mlogloss",
    }
}

/// The metrics called `names`, in order; the objective's default where there are none.
///
/// # Errors
/// An unknown name, a wrong threshold, a metric that does not fit the objective, or a name given twice.
///
/// ```
/// use sapwood::{Objective, metric::metrics};
/// let names = ["error@0.7".to_string(), "auc".to_string()];
/// let chosen = metrics(&names, Objective::BinaryLogistic)?;
/// assert_eq!(chosen[0].name(), "error@0.7");
/// assert!(chosen[1].higher_is_better());
/// # Ok::<(), sapwood::Error>(())
/// ```
pub fn metrics(names: &[String], objective: impl Into<ObjectiveSpec>) -> Result<Vec<Box<dyn Metric>>> {
    let simd = Simd::detect()?;
    let objective = objective.into();
    let known = objective.known().ok_or_else(|| Error::parameter(format!("no metric fits objective={}", objective.name)))?;
    if names.is_empty() {
        return Ok(vec![metric(simd, default_metric(known), known, &objective)?]);
    }
    if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        let error = Error::parameter(format!("eval_metric contains {name} twice")).with_parameter("eval_metric");
        return Err(error.with_remedy("name it once, where it belongs in the order"));
    }
    let chosen = names.iter().map(|name| metric(simd, name, known, &objective)).collect::<Result<_>>();
    chosen.map_err(|error| error.with_parameter("eval_metric"))
}

fn metric(simd: Simd, name: &str, objective: Objective, spec: &ObjectiveSpec) -> Result<Box<dyn Metric>> {
    let (base, argument) = name.split_once('@').map_or((name, None), |(base, argument)| (base, Some(argument)));
    let (_, needs, kind) = METRICS.into_iter().find(|(known, ..)| *known == base).ok_or_else(|| unknown(name, base, objective))?;
    if !needs.met_by(objective) {
        return Err(Error::parameter(format!(
            "metric {name} does not fit objective={}: it needs {}; use {}, or another objective",
            objective.name(),
            needs.phrase(),
            default_metric(objective)
        )));
    }
    let mean = |loss| Ok(Box::new(RowMean { simd, name: name.to_string(), loss, root: false }) as Box<dyn Metric>);
    match (kind, argument) {
        (MetricKind::Error, Some(text)) => mean(RowLoss::Error(parse_threshold(name, text)?)),
        (MetricKind::Tweedie, Some(text)) => mean(RowLoss::Tweedie(parse_power(name, text)?)),
        (_, None) => Ok(build(simd, kind, name.to_string(), objective, spec)),
        (_, Some(_)) => Err(Error::parameter(format!(
            "metric {name}: {base} takes no argument, only error does (error@0.7) and tweedie-nloglik (tweedie-nloglik@1.5); use {base}"
        ))),
    }
}

fn build(simd: Simd, kind: MetricKind, name: String, objective: Objective, spec: &ObjectiveSpec) -> Box<dyn Metric> {
    let mean = |name, loss| Box::new(RowMean { simd, name, loss, root: false });
    let multiclass = objective.is_multiclass();
    match kind {
        MetricKind::Mean(loss) => mean(name, loss),
        MetricKind::RootMean(loss) => Box::new(RowMean { simd, name, loss, root: true }),
        MetricKind::R2 => Box::new(R2 { simd, name }),
        MetricKind::MedianError => Box::new(MedianError { name }),
        MetricKind::Error => mean(name, RowLoss::Error(THRESHOLD)),
        MetricKind::Accuracy if multiclass => Box::new(Multiclass { simd, name, verdict: RowVerdict::Accuracy }),
        MetricKind::Accuracy => mean(name, RowLoss::Accuracy(THRESHOLD)),
        MetricKind::Area(curve) => Box::new(Auc { name, curve }),
        MetricKind::Classes(verdict) => Box::new(Multiclass { simd, name, verdict }),
        MetricKind::Confusion(verdict) => Box::new(Confusion { name, verdict }),
        MetricKind::PseudoHuber => mean(name, RowLoss::PseudoHuber(spec.number("huber_slope").unwrap_or(DEFAULT_SLOPE))),
        MetricKind::Levels(power) => {
            let parameter = if power == Power::One { "quantile_alpha" } else { "expectile_alpha" };
            let levels = Some(spec.numbers(parameter)).filter(|levels| !levels.is_empty()).unwrap_or_else(|| vec![MEDIAN]);
            Box::new(LevelLoss { simd, name, levels, power })
        }
        MetricKind::Tweedie => {
            let power = spec.number("tweedie_variance_power").unwrap_or(DEFAULT_POWER);
            mean(format!("{name}@{power}"), RowLoss::Tweedie(power))
        }
    }
}

fn parse_power(name: &str, text: &str) -> Result<f64> {
    let power = text.parse().ok().filter(|power: &f64| *power > 1.0 && *power < 2.0);
    power.ok_or_else(|| {
        Error::parameter(format!(
            "metric {name}: variance power {text:?} is not a number between 1 and 2; write, for example, tweedie-nloglik@1.5"
        ))
    })
}

fn parse_threshold(name: &str, text: &str) -> Result<f64> {
    text.parse().ok().filter(|threshold| (0.0..=1.0).contains(threshold)).ok_or_else(|| {
        Error::parameter(format!("metric {name}: threshold {text:?} is not a number in [0, 1]; write, for example, error@0.7"))
    })
}

/// The error for a name that is in no row, with the nearest one, and those that fit the objective.
fn unknown(name: &str, base: &str, objective: Objective) -> Error {
    let fitting = fitting(objective).collect::<Vec<_>>().join(", ");
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(known, _)| *known == base) {
        return Error::parameter(format!("metric {name:?} is not supported: {instead}; {} has {fitting}", objective.name()));
    }
    let hint =
        nearest(base, METRICS.iter().map(|(known, ..)| *known)).map_or_else(String::new, |known| format!("did you mean {known}? "));
    Error::parameter(format!("unknown metric {name:?}; {hint}{} has {fitting}", objective.name()))
}

/// The names of the metrics that fit an objective.
pub(crate) fn fitting(objective: Objective) -> impl Iterator<Item = &'static str> {
    METRICS.into_iter().filter(move |(_, needs, _)| needs.met_by(objective)).map(|(name, ..)| name)
}
