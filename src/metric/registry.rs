//! Metrics by name: which there are, which objectives they fit, and which is an objective's default.

use super::Metric;
use super::auc::{Auc, Curve};
use super::multiclass::{Multiclass, RowVerdict};
use super::r2::R2;
use super::row_mean::{RowLoss, RowMean};
use crate::names::nearest;
use crate::simd::Simd;
use crate::{Error, Objective, Result};

/// What a metric needs of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    OneOutput,
    Probability,
    Binary,
    Counts,
    Classes,
    ProbabilityOrClasses,
}

impl Needs {
    fn met_by(self, objective: Objective) -> bool {
        let classes = objective.is_multiclass();
        let binary = objective.is_classification() && !classes;
        let probability = binary || objective == Objective::Logistic;
        match self {
            Self::OneOutput => !classes,
            Self::Probability => probability,
            Self::Binary => binary,
            Self::Counts => objective == Objective::Poisson,
            Self::Classes => classes,
            Self::ProbabilityOrClasses => probability || classes,
        }
    }

    /// What follows "it needs" in a message.
    fn phrase(self) -> &'static str {
        match self {
            Self::OneOutput => "one prediction per row, not one per class",
            Self::Probability => "probabilities (reg:logistic, binary:logistic, binary:logitraw)",
            Self::Binary => "a binary classification (binary:logistic, binary:logitraw)",
            Self::Counts => "counts (count:poisson)",
            Self::Classes => "one probability per class (multi:softmax, multi:softprob)",
            Self::ProbabilityOrClasses => "a classification (binary:logistic, multi:softprob, …)",
        }
    }
}

/// What computes a metric.
#[derive(Clone, Copy, Debug)]
enum MetricKind {
    Mean(RowLoss),
    RootMean(RowLoss),
    R2,
    /// Takes a threshold after `@`.
    Error,
    /// Of one output or of several.
    Accuracy,
    Area(Curve),
    Classes(RowVerdict),
}

/// Predictions above this are taken for label 1.
const THRESHOLD: f64 = 0.5;

/// The metrics, in the order in which messages list them.
const METRICS: [(&str, Needs, MetricKind); 13] = [
    ("rmse", Needs::OneOutput, MetricKind::RootMean(RowLoss::Squared)),
    ("mse", Needs::OneOutput, MetricKind::Mean(RowLoss::Squared)),
    ("mae", Needs::OneOutput, MetricKind::Mean(RowLoss::Absolute)),
    ("mape", Needs::OneOutput, MetricKind::Mean(RowLoss::Percentage)),
    ("r2", Needs::OneOutput, MetricKind::R2),
    ("logloss", Needs::Probability, MetricKind::Mean(RowLoss::LogLoss)),
    ("error", Needs::Probability, MetricKind::Error),
    ("accuracy", Needs::ProbabilityOrClasses, MetricKind::Accuracy),
    ("auc", Needs::Binary, MetricKind::Area(Curve::Roc)),
    ("aucpr", Needs::Binary, MetricKind::Area(Curve::PrecisionRecall)),
    ("poisson-nloglik", Needs::Counts, MetricKind::Mean(RowLoss::Poisson)),
    ("mlogloss", Needs::Classes, MetricKind::Classes(RowVerdict::LogLoss)),
    ("merror", Needs::Classes, MetricKind::Classes(RowVerdict::Error)),
];

const RANKING: &str = "it measures the order within groups; auc and aucpr measure that of all rows";
const LOG_ERROR: &str = "rmse on ln(1 + label) is the same";
const ROBUST: &str = "mae comes nearest";
const DEVIANCE: &str = "poisson-nloglik, with count:poisson, comes nearest";
const CENSORED: &str = "Sapwood does not support censored labels";
const SHARES: &str = "error@t, accuracy and aucpr come nearest";

/// Metrics of XGBoost and of SageMaker's container for it that Sapwood does not have, and what it has instead.
const ELSEWHERE: [(&str, &str); 20] = [
    ("ndcg", RANKING),
    ("map", RANKING),
    ("pre", RANKING),
    ("rmsle", LOG_ERROR),
    ("mphe", ROBUST),
    ("quantile", ROBUST),
    ("gamma-nloglik", DEVIANCE),
    ("gamma-deviance", DEVIANCE),
    ("tweedie-nloglik", DEVIANCE),
    ("cox-nloglik", CENSORED),
    ("aft-nloglik", CENSORED),
    ("interval-regression-accuracy", CENSORED),
    ("balanced_accuracy", SHARES),
    ("f1", SHARES),
    ("f1_binary", SHARES),
    ("f1_macro", SHARES),
    ("precision", SHARES),
    ("precision_macro", SHARES),
    ("recall", SHARES),
    ("recall_macro", SHARES),
];

/// The name of the metric that an objective is judged by unless others are asked for.
pub fn default_metric(objective: Objective) -> &'static str {
    match objective {
        Objective::SquaredError | Objective::Logistic => "rmse",
        Objective::BinaryLogistic | Objective::BinaryLogitraw => "logloss",
        Objective::Poisson => "poisson-nloglik",
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
pub fn metrics(names: &[String], objective: Objective) -> Result<Vec<Box<dyn Metric>>> {
    let simd = Simd::detect()?;
    if names.is_empty() {
        return Ok(vec![metric(simd, default_metric(objective), objective)?]);
    }
    if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        let error = Error::parameter(format!("eval_metric contains {name} twice")).with_parameter("eval_metric");
        return Err(error.with_remedy("name it once, where it belongs in the order"));
    }
    let chosen = names.iter().map(|name| metric(simd, name, objective)).collect::<Result<_>>();
    chosen.map_err(|error| error.with_parameter("eval_metric"))
}

fn metric(simd: Simd, name: &str, objective: Objective) -> Result<Box<dyn Metric>> {
    let (base, threshold) = name.split_once('@').map_or((name, None), |(base, threshold)| (base, Some(threshold)));
    let (_, needs, kind) = METRICS.into_iter().find(|(known, ..)| *known == base).ok_or_else(|| unknown(name, base, objective))?;
    let threshold = match (threshold, kind) {
        (None, _) => THRESHOLD,
        (Some(text), MetricKind::Error) => parse_threshold(name, text)?,
        (Some(_), _) => {
            return Err(Error::parameter(format!(
                "metric {name}: {base} takes no threshold, only error does (error@0.7); use {base}"
            )));
        }
    };
    if !needs.met_by(objective) {
        return Err(Error::parameter(format!(
            "metric {name} does not fit objective={}: it needs {}; use {}, or another objective",
            objective.name(),
            needs.phrase(),
            default_metric(objective)
        )));
    }
    Ok(build(simd, kind, name.to_string(), threshold, objective))
}

fn build(simd: Simd, kind: MetricKind, name: String, threshold: f64, objective: Objective) -> Box<dyn Metric> {
    match kind {
        MetricKind::Mean(loss) => Box::new(RowMean { simd, name, loss, root: false }),
        MetricKind::RootMean(loss) => Box::new(RowMean { simd, name, loss, root: true }),
        MetricKind::R2 => Box::new(R2 { simd, name }),
        MetricKind::Error => Box::new(RowMean { simd, name, loss: RowLoss::Error(threshold), root: false }),
        MetricKind::Accuracy if objective.is_multiclass() => Box::new(Multiclass { simd, name, verdict: RowVerdict::Accuracy }),
        MetricKind::Accuracy => Box::new(RowMean { simd, name, loss: RowLoss::Accuracy(threshold), root: false }),
        MetricKind::Area(curve) => Box::new(Auc { name, curve }),
        MetricKind::Classes(verdict) => Box::new(Multiclass { simd, name, verdict }),
    }
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
