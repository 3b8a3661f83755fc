//! Tuning jobs: ranges that the trainer takes from end to end, and an objective that it prints.

use super::channels::RequestChannel;
use super::context::RuleContext;
use super::hyperparameters;
use super::metrics::{self, Printed, Scraped};
use crate::yaml::{Yaml, YamlEntry, YamlValue};
use regex::Regex;
use sapwood::Params;
use sapwood::params::spec::{self, Effect};
use sapwood_sagemaker::channels::TRAIN;
use sapwood_sagemaker::hyperparameters::TUNING_OBJECTIVE;

/// Checks ranges, then the hyperparameters with all ranges at their beginning: as the first training job would have them.
pub fn ranges(job: &Yaml, ranges: Option<&Yaml>, objective: Option<&Yaml>, context: &mut RuleContext<'_>) -> Option<Params> {
    let given = job.get("StaticHyperParameters");
    let mut all: Vec<YamlEntry> = given.map_or(&[][..], Yaml::entries).to_vec();
    if let Some(name) = objective.and_then(|objective| objective.get("MetricName")) {
        all.push(YamlEntry { key: TUNING_OBJECTIVE.to_string(), value: name.clone() });
    }
    let own = all.len();
    let mut ends = Vec::new();
    for kind in ["ContinuousParameterRanges", "IntegerParameterRanges", "CategoricalParameterRanges", "AutoParameters"] {
        for range in ranges.and_then(|ranges| ranges.get(kind)).map_or(&[][..], Yaml::items) {
            let Some(name) = range.get("Name") else { continue };
            let key = name.text().unwrap_or_default();
            if known(key, kind, name, &all[..own], &all[own..], context) {
                let values = values(range, kind, context);
                all.extend(values.first().map(|first| YamlEntry { key: key.to_string(), value: (*first).clone() }));
                ends.push((key, values));
            }
        }
    }
    for (key, values) in ends {
        for value in values {
            end(key, value, &all, context);
        }
    }
    let at = given.map_or(job.at, |given| given.at);
    hyperparameters::check(Some(&Yaml { at, value: YamlValue::Map(all) }), at, context.report)
}

/// Whether the trainer has a parameter of this name that makes sense in a range of this kind.
fn known(key: &str, kind: &str, name: &Yaml, fixed: &[YamlEntry], tuned: &[YamlEntry], context: &mut RuleContext<'_>) -> bool {
    let Some(row) = spec::find(key) else {
        if let Err(error) = hyperparameters::read(&[], Some((key, "1"))) {
            context.report.error(name.at, error.to_string(), "");
        }
        return false;
    };
    let is_it = |entry: &YamlEntry| hyperparameters::is_same(entry.key.trim(), key);
    if let Some(other) = fixed.iter().find(|entry| is_it(entry)) {
        context.report.error(
            name.at,
            format!("{key} is also set to a fixed value, at line {}", other.value.at.line),
            "remove one of them",
        );
        return false;
    }
    if tuned.iter().any(is_it) {
        context.report.error(name.at, format!("{key} has two ranges"), "remove one of them");
        return false;
    }
    if row.effect != Effect::Active {
        context.report.warning(name.at, format!("{key} has no effect, so all jobs would be the same"), "remove the range");
    }
    if row.expected == "integer" && kind == "ContinuousParameterRanges" {
        context.report.error(
            name.at,
            format!("{key} is an integer, and the tuner would try values between"),
            format!("move it to {}", context.spell("IntegerParameterRanges")),
        );
        return false;
    }
    true
}

/// The values of a range that are known beforehand.
fn values<'n>(range: &'n Yaml, kind: &str, context: &mut RuleContext<'_>) -> Vec<&'n Yaml> {
    if kind == "CategoricalParameterRanges" {
        return range.get("Values").map_or(Vec::new(), |values| values.items().iter().collect());
    }
    if kind == "AutoParameters" {
        return range.get("ValueHint").into_iter().collect();
    }
    let (Some(least), Some(most)) = (range.get("MinValue"), range.get("MaxValue")) else { return Vec::new() };
    let number = |node: &Yaml| node.text().and_then(|text| text.trim().parse::<f64>().ok());
    if let (Some(low), Some(high)) = (number(least), number(most)) {
        if low >= high {
            let (name, other) = (context.spell("MinValue"), context.spell("MaxValue"));
            context.report.error(
                least.at,
                format!("{name} {low} is not below {other} {high}"),
                "widen the range, or fix the parameter",
            );
        }
        if low <= 0.0
            && let Some(scale) = range.get("ScalingType").filter(|node| node.text() == Some("Logarithmic"))
        {
            let name = context.spell("MinValue");
            context.report.error(
                scale.at,
                format!("a logarithmic scale needs values above 0, and {name} is {low}"),
                "use Linear, or a higher value",
            );
        }
    }
    vec![least, most]
}

/// What the trainer says of a job at this end of a range.
fn end(key: &str, value: &Yaml, all: &[YamlEntry], context: &mut RuleContext<'_>) {
    let others: Vec<&YamlEntry> = all.iter().filter(|entry| entry.key != key).collect();
    let Some(text) = value.text() else { return };
    if let Err(error) = hyperparameters::read(&others, Some((key, text)))
        && error.details().parameter.as_deref().is_some_and(|name| hyperparameters::is_same(name, key.trim()))
    {
        context.report.error(value.at, error.to_string(), "keep the range within what the trainer accepts");
    }
}

/// Checks that the trainer prints the objective, that a definition finds it, and the direction.
pub fn objective(
    job: &Yaml,
    objective: Option<&Yaml>,
    params: Option<&Params>,
    channels: &[RequestChannel<'_>],
    context: &mut RuleContext<'_>,
) {
    let Some(objective) = objective else {
        let name = context.spell("HyperParameterTuningJobObjective");
        return context.report.error(
            job.at,
            format!("{name} is missing: there is no metric to compare jobs by"),
            format!("add {name}"),
        );
    };
    let Some(metric_name) = objective.get("MetricName") else { return };
    let name = metric_name.text().unwrap_or_default();
    let printed = params.and_then(|params| Printed::new(params, channels));
    let definitions = job.find(&["AlgorithmSpecification", "MetricDefinitions"]).map_or(&[][..], Yaml::items);
    let field = context.spell("MetricDefinitions");
    let Some(definition) = definitions.iter().find(|definition| definition.text_of("Name") == Some(name)) else {
        let wanted = metrics::pattern(name);
        return context.report.error(
            metric_name.at,
            format!("nothing in {field} is called {name}, the objective, so every job would end without a score"),
            format!("add a definition of that name, with the pattern {wanted}"),
        );
    };
    let Some(printed) = printed else { return };
    let Some(pattern) = definition.text_of("Regex").and_then(|text| Regex::new(text).ok()) else { return };
    let found = match printed.scrape(&pattern, &printed.kept()) {
        Scraped::Nothing => printed.scrape(&pattern, &printed.line()),
        found => found,
    };
    match found {
        Scraped::Metric(set, metric) => {
            direction(objective, &metric, params, context);
            if set == TRAIN {
                context.report.warning(
                    metric_name.at,
                    "the objective is a metric of the training data: the tuner would look for the job that fits them closest",
                    "use one of validation",
                );
            }
        }
        Scraped::Nothing | Scraped::Text(_) => {
            let names = printed.names().join(", ");
            context.report.error(
                metric_name.at,
                format!("the trainer prints nothing that the pattern of {name} finds, so every job would end without a score; it prints {names}"),
                "correct the pattern, or name the metric in eval_metric",
            );
        }
    }
}

fn direction(objective: &Yaml, metric: &str, params: Option<&Params>, context: &mut RuleContext<'_>) {
    let Some(direction) = objective.get("Type") else { return };
    let metrics = params.and_then(metrics::evaluated).unwrap_or_default();
    let Some(metric) = metrics.iter().find(|known| known.name() == metric) else { return };
    let (right, word) = if metric.higher_is_better() { ("Maximize", "higher") } else { ("Minimize", "lower") };
    if direction.text().is_some_and(|text| text != right && ["Maximize", "Minimize"].contains(&text)) {
        let name = metric.name();
        context.report.error(
            direction.at,
            format!("{name} is better the {word} it is, and the tuner would look for the worst job"),
            format!("write {right}"),
        );
    }
}
