//! Metrics from names: those of the table and other libraries' words for them, and which is an objective's default.

use super::Metric;
use super::auc::Auc;
use super::calibration_error::CalibrationError;
use super::confusion::Confusion;
use super::cox::CoxLikelihood;
use super::group_area::GroupArea;
use super::intervals::{IntervalVerdict, Intervals};
use super::levels::{LevelLoss, Power};
use super::median::MedianError;
use super::multiclass::{Multiclass, RowVerdict};
use super::r2::R2;
use super::ranking::{Measure, Ranking};
use super::row_mean::{RowLoss, RowMean};
use super::spec::{METRICS, MetricKind, MetricSpec};
use super::targets::OverTargets;
use crate::names::nearest;
use crate::numeric::Noise;
use crate::objective;
use crate::params::habits::{METRIC_WORDS, METRICS_ELSEWHERE};
use crate::params::{AftDistribution, PairMethod, ParamValue};
use crate::simd::Simd;
use crate::{Error, Objective, Result};
use sapwood_score::ObjectiveSpec;

/// Predictions above this are taken for label 1.
const THRESHOLD: f64 = 0.5;

/// The variance power of `tweedie-nloglik` where neither it nor the objective says another.
const DEFAULT_POWER: f64 = 1.5;

/// The level of `quantile` and `expectile` where the objective does not say others.
const MEDIAN: f64 = 0.5;

/// The first rows of each group that ranking metrics look at where they do not say how many: as in XGBoost, whatever the objective's.
const DEFAULT_DEPTH: usize = 32;

/// The bins of `ece` where it does not say how many, as in Guo et al. (2017).
const DEFAULT_BINS: usize = 15;

/// The most bins, or classes, that an argument may ask for.
const MOST: usize = 10_000;

/// The scale of `aft-nloglik` where the objective does not say another.
const DEFAULT_SCALE: f64 = 1.0;

/// The slope of `mphe` where the objective does not say another.
const DEFAULT_SLOPE: f64 = 1.0;

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
        Objective::Cox => "cox-nloglik",
        Objective::Aft => "aft-nloglik",
        Objective::RankNdcg | Objective::RankPairwise | Objective::RankXendcg => "ndcg",
        Objective::RankMap => "map",
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
    metrics_above(names, objective, THRESHOLD)
}

/// The same, for which rows are of class 1 of two from this probability on; a threshold in a metric's name goes first.
///
/// # Errors
/// As [`metrics`].
pub fn metrics_from(names: &[String], objective: impl Into<ObjectiveSpec>, threshold: f64) -> Result<Vec<Box<dyn Metric>>> {
    metrics_above(names, objective, threshold.next_down())
}

fn metrics_above(names: &[String], objective: impl Into<ObjectiveSpec>, threshold: f64) -> Result<Vec<Box<dyn Metric>>> {
    let simd = Simd::detect()?;
    let objective = objective.into();
    let known = objective.known().ok_or_else(|| Error::parameter(format!("no metric fits objective={}", objective.name)))?;
    if names.is_empty() {
        let depth =
            ranking_depth(&objective).filter(|_| known.compares_pairs()).map_or_else(String::new, |depth| format!("@{depth}"));
        return Ok(vec![metric(simd, &format!("{}{depth}", default_metric(known)), known, &objective, threshold)?]);
    }
    let names: Vec<String> = names.iter().map(|name| with_our_base(name)).collect();
    if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
        let error = Error::parameter(format!("eval_metric contains {name} twice")).with_parameter("eval_metric");
        return Err(error.with_remedy("name it once, where it belongs in the order"));
    }
    let chosen = names.iter().map(|name| metric(simd, name, known, &objective, threshold)).collect::<Result<_>>();
    chosen.map_err(|error| error.with_parameter("eval_metric"))
}

/// The table's name for a metric that another library calls otherwise.
fn ours(name: &str) -> &str {
    METRIC_WORDS.iter().find(|(other, _)| *other == name).map_or(name, |(_, ours)| ours)
}

/// The same with what is behind an `@`.
fn with_our_base(name: &str) -> String {
    match name.split_once('@') {
        Some((base, argument)) => format!("{}@{argument}", ours(base)),
        None => ours(name).to_string(),
    }
}

/// The row for a name, or for another library's word for it.
///
/// # Errors
/// There is none; the nearest name is suggested.
pub fn known(name: &str) -> Result<&'static MetricSpec> {
    find(ours(name)).ok_or_else(|| unknown(name, name, ""))
}

fn find(name: &str) -> Option<&'static MetricSpec> {
    METRICS.iter().find(|row| row.name == name)
}

/// The metric called `name`, of one target or of several.
fn metric(simd: Simd, name: &str, objective: Objective, spec: &ObjectiveSpec, threshold: f64) -> Result<Box<dyn Metric>> {
    let metric = of_one_target(simd, name, objective, spec, threshold)?;
    let is_root = find(name).is_some_and(|row| matches!(row.kind, MetricKind::RootMean(_)));
    Ok(Box::new(OverTargets { metric, is_root }))
}

fn of_one_target(simd: Simd, name: &str, objective: Objective, spec: &ObjectiveSpec, threshold: f64) -> Result<Box<dyn Metric>> {
    // Of a ranking metric, a minus sign is no part of the name.
    let (base, argument) = match (name.split_once('@'), name.strip_suffix('-')) {
        (Some((base, argument)), _) => (base, Some(argument)),
        (None, Some(base)) => (base, Some("-")),
        (None, None) => (name, None),
    };
    let fitting = || format!("{} has {}; ", objective.name(), fitting(objective).collect::<Vec<_>>().join(", "));
    let MetricSpec { needs, kind, .. } = *find(base).ok_or_else(|| unknown(name, base, &fitting()))?;
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
        (MetricKind::CalibrationError, Some(text)) => {
            let bins = parse_count(name, text, "bins", "ece@10")?;
            Ok(Box::new(CalibrationError { simd, name: name.to_string(), bins }))
        }
        (MetricKind::ErrorOfClasses, Some(text)) => {
            let verdict = RowVerdict::ErrorAt(parse_count(name, text, "classes", "merror@3")?);
            Ok(Box::new(Multiclass { simd, name: name.to_string(), verdict }))
        }
        (MetricKind::Ranking(measure), Some(text)) => ranking(simd, name, measure, text, spec),
        (_, None) => build(simd, kind, name.to_string(), objective, spec, threshold),
        (_, Some(_)) => Err(Error::parameter(format!(
            "metric {name}: {base} takes no argument, only error (error@0.7), tweedie-nloglik (tweedie-nloglik@1.5), ece (ece@10), merror (merror@3) and those of \
             ranking (ndcg@5) do; use {base}"
        ))),
    }
}

fn ranking(simd: Simd, name: &str, measure: Measure, argument: &str, spec: &ObjectiveSpec) -> Result<Box<dyn Metric>> {
    let (depth, without_relevant) = parse_depth(name, argument, measure)?;
    let depth = depth.unwrap_or(DEFAULT_DEPTH);
    let exp_gain = spec.flag("ndcg_exp_gain").unwrap_or(true);
    Ok(Box::new(Ranking { simd, name: name.to_string(), measure, depth, without_relevant, exp_gain }))
}

fn build(
    simd: Simd,
    kind: MetricKind,
    name: String,
    objective: Objective,
    spec: &ObjectiveSpec,
    threshold: f64,
) -> Result<Box<dyn Metric>> {
    let mean = |name, loss| Box::new(RowMean { simd, name, loss, root: false });
    let multiclass = objective.is_multiclass();
    Ok(match kind {
        MetricKind::Ranking(measure) => return ranking(simd, &name, measure, "", spec),
        MetricKind::Mean(loss) => mean(name, loss),
        MetricKind::RootMean(loss) => Box::new(RowMean { simd, name, loss, root: true }),
        MetricKind::R2 => Box::new(R2 { simd, name }),
        MetricKind::Cox => Box::new(CoxLikelihood { name }),
        MetricKind::IntervalLikelihood => {
            let distribution =
                spec.text("aft_loss_distribution").and_then(AftDistribution::parse).unwrap_or(AftDistribution::Normal);
            let scale = spec.number("aft_loss_distribution_scale").unwrap_or(DEFAULT_SCALE);
            Box::new(Intervals { simd, name, verdict: IntervalVerdict::LogLoss(Noise { distribution, scale }) })
        }
        MetricKind::InsideInterval => Box::new(Intervals { simd, name, verdict: IntervalVerdict::Inside }),
        MetricKind::MedianError => Box::new(MedianError { name }),
        MetricKind::Error => mean(name, RowLoss::Error(threshold)),
        MetricKind::Accuracy if multiclass => Box::new(Multiclass { simd, name, verdict: RowVerdict::Accuracy }),
        MetricKind::Accuracy => mean(name, RowLoss::Accuracy(threshold)),
        MetricKind::Area(curve) if objective.is_ranking() => Box::new(GroupArea { simd, name, curve }),
        MetricKind::Area(curve) => Box::new(Auc { name, curve }),
        MetricKind::CalibrationError => Box::new(CalibrationError { simd, name, bins: DEFAULT_BINS }),
        MetricKind::LogLossOfClasses => Box::new(Multiclass { simd, name, verdict: RowVerdict::LogLoss }),
        MetricKind::ErrorOfClasses => Box::new(Multiclass { simd, name, verdict: RowVerdict::Error }),
        MetricKind::Confusion(verdict) => Box::new(Confusion { name, verdict, threshold }),
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
    })
}

/// How many first rows of each group the objective compares with all others: so many count in its default metric.
fn ranking_depth(spec: &ObjectiveSpec) -> Option<usize> {
    let method = spec.text("lambdarank_pair_method").and_then(PairMethod::parse).unwrap_or(PairMethod::TopK);
    objective::depth(method, spec.number("lambdarank_num_pair_per_sample").map(|pairs| pairs as usize))
}

/// The number of first rows after `@`, and what a group without a relevant row counts as: with a minus sign 0, else 1.
fn parse_depth(name: &str, text: &str, measure: Measure) -> Result<(Option<usize>, f64)> {
    let may_have_sign = matches!(measure, Measure::Ndcg | Measure::AveragePrecision);
    let (digits, without_relevant) = match text.strip_suffix('-').filter(|_| may_have_sign) {
        Some(digits) => (digits, 0.0),
        None => (text, 1.0),
    };
    let depth = digits.parse().ok().filter(|depth: &usize| *depth > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    match (digits, depth) {
        ("", _) if !name.contains('@') => Ok((None, without_relevant)),
        (_, Some(depth)) => Ok((Some(depth), without_relevant)),
        _ => Err(Error::parameter(format!(
            "metric {name}: {text:?} is not a number of rows; write, for example, ndcg@5, or ndcg@5- where groups without a relevant row count as 0"
        ))),
    }
}

/// A number of things after `@`.
fn parse_count(name: &str, text: &str, things: &str, example: &str) -> Result<usize> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|count| is_number && (1..=MOST).contains(count)).ok_or_else(|| {
        Error::parameter(format!(
            "metric {name}: {text:?} is not a number of {things} from 1 to {MOST}; write, for example, {example}"
        ))
    })
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

/// The error for a name that is in no row: what to use instead of another library's metric, or the nearest name; then what else there is.
fn unknown(name: &str, base: &str, others: &str) -> Error {
    let rest = format!("{others}`sapwood metrics` lists all");
    if let Some((_, instead)) = METRICS_ELSEWHERE.iter().find(|(known, _)| *known == base) {
        return Error::parameter(format!("metric {name:?} is not supported: {instead}; {rest}"));
    }
    if let Some(row) = base.strip_prefix("neg_").and_then(|positive| find(ours(positive))) {
        let cause = format!(
            "metric {name:?} is not supported: metrics keep their sign here; use {}, which is better the lower it is",
            row.name
        );
        return Error::parameter(format!("{cause}; {rest}"));
    }
    if let Some((base, _)) = name.split_once(':').filter(|(base, _)| ours(base) != *base) {
        let cause = format!("metric {name:?}: {base} takes no argument here, but goes by the objective's parameters");
        return Error::parameter(cause).with_remedy(format!("write {}", ours(base)));
    }
    // Names that differ in case are equally near: ours come first.
    let words = METRIC_WORDS.iter().map(|(other, _)| *other).filter(|other| !other.starts_with(char::is_uppercase));
    let hint = nearest(base, METRICS.iter().map(|row| row.name).chain(words))
        .map_or_else(String::new, |known| format!("did you mean {known}? "));
    Error::parameter(format!("unknown metric {name:?}; {hint}{rest}"))
}

/// The names of the metrics that fit an objective.
pub(crate) fn fitting(objective: Objective) -> impl Iterator<Item = &'static str> {
    METRICS.iter().filter(move |row| row.fits(objective)).map(|row| row.name)
}
