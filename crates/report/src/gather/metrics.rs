//! Metrics with intervals, beside what needs no model.

use super::Judged;
use super::scored::Scored;
use super::statistics::{quantile, sorted};
use crate::facts::{MetricFacts, Task};
use sapwood::evaluation::bootstrap;
use sapwood::metric::{self, Evaluation};
use sapwood::{Result, objective};

/// Row evaluations of a bootstrap, which bound its time.
const WORK: usize = 1_000_000;

/// The sets that are drawn.
const REPEATS: std::ops::RangeInclusive<usize> = 60..=500;

/// The metrics that were asked for, the one that matters last, with intervals and the values of a constant prediction.
pub fn metrics(judged: &Judged<'_>, scored: &Scored<'_>, constant: Option<&[f64]>) -> Result<Vec<MetricFacts>> {
    let Ok(objective) = scored.model.trained_objective() else { return Ok(Vec::new()) };
    let mut names = judged.metrics.clone();
    if names.is_empty() {
        names.push(metric::default_metric(objective).to_string());
    }
    // In front: the last one decides.
    let fits = |name: &str| metric::metrics(&[name.to_string()], scored.model.objective.clone()).is_ok();
    let more = usual(scored.task).iter().filter(|usual| !names.iter().any(|name| name == *usual) && fits(usual));
    let names = more.map(ToString::to_string).chain(names.iter().cloned()).collect::<Vec<_>>();
    let metrics = metric::metrics(&names, scored.model.objective.clone())?;
    let targets = objective::check_labels(scored.model.objective.clone(), scored.model.num_outputs(), scored.data)?;
    let here = Evaluation::new(objective, &scored.margins, targets)?;
    let repeats = (WORK / scored.rows().max(1)).clamp(*REPEATS.start(), *REPEATS.end());
    let drawn = bootstrap(&metrics, objective, &scored.margins, scored.data, repeats)?;
    let flat = constant.filter(|constant| constant.len() == scored.model.num_outputs());
    let flat =
        flat.map(|constant| constant.iter().flat_map(|&margin| std::iter::repeat_n(margin, scored.rows())).collect::<Vec<_>>());
    // Of more rows there is less chance.
    let narrower = (judged.sample.rows.len() as f64 / judged.sample.of.max(1) as f64).sqrt();
    let facts = metrics.iter().enumerate().map(|(at, metric)| {
        let sampled = metric.evaluate(&here);
        let measured = judged.measured.iter().find(|(name, _)| name == metric.name()).map(|(_, value)| *value);
        let value = measured.unwrap_or(sampled);
        let values = sorted(drawn.iter().map(|values| values[at]));
        let end = |share: f64| value + (quantile(&values, share) - sampled) * narrower;
        let constant = flat.as_ref().map(|margins| {
            let evaluation = Evaluation::new(objective, margins, targets)?;
            Ok::<_, sapwood::Error>(metric.evaluate(&evaluation))
        });
        let higher_is_better = metric.higher_is_better();
        Ok(MetricFacts {
            name: metric.name().to_string(),
            value,
            low: end(0.025),
            high: end(0.975),
            constant: constant.transpose()?.filter(|x| x.is_finite()),
            higher_is_better,
        })
    });
    facts.collect()
}

/// What a reader expects to see of a task.
fn usual(task: Task) -> &'static [&'static str] {
    match task {
        Task::Binary => &["auc", "logloss", "error"],
        Task::Multiclass => &["mlogloss", "merror"],
        Task::Regression => &["mae", "rmse"],
        Task::Ranking | Task::Several | Task::Other => &[],
    }
}
