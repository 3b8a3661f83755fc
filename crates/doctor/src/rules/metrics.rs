//! Metric definitions: whether each finds its number in the lines that the trainer prints.

use super::channels::RequestChannel;
use super::context::RuleContext;
use crate::finding::Position;
use crate::yaml::Yaml;
use regex::Regex;
use sapwood::metric::{self, Metric};
use sapwood::{Params, RoundReport};
use sapwood_sagemaker::channels::TRAIN;

/// A line as this job would print it, with a number of its own for every set and metric.
pub struct Printed {
    report: RoundReport,
}

/// What a pattern finds.
pub enum Scraped {
    /// The number of this set and metric.
    Metric(String, String),
    /// Something that is no number.
    Text(String),
    /// Nothing.
    Nothing,
}

impl Printed {
    /// The line of a job with these parameters and channels.
    pub fn new(params: &Params, channels: &[RequestChannel<'_>]) -> Option<Self> {
        let metrics = names(params)?;
        let others = channels.iter().map(|channel| channel.name).filter(|name| *name != TRAIN);
        let sets: Vec<&str> = std::iter::once(TRAIN).chain(others).collect();
        let values = sets.iter().flat_map(|set| metrics.iter().map(move |metric| (set.to_string(), metric.clone())));
        // Numbers that are themselves after printing, and none of which begins another.
        let values = values.enumerate().map(|(index, (set, metric))| (set, metric, 0.25 + index as f64 / 1024.0));
        Some(Self { report: RoundReport { round: 9, values: values.collect() } })
    }

    /// The line as the trainer prints it.
    pub fn line(&self) -> String {
        self.report.line()
    }

    /// The same as CloudWatch keeps it.
    pub fn kept(&self) -> String {
        self.line().replace('\t', "#011")
    }

    /// The sets and metrics, as `validation-rmse`.
    pub fn names(&self) -> Vec<String> {
        self.report.values.iter().map(|(set, metric, _)| format!("{set}-{metric}")).collect()
    }

    /// What the pattern's group finds in a text.
    pub fn scrape(&self, pattern: &Regex, text: &str) -> Scraped {
        let Some(group) = pattern.captures(text).and_then(|captures| captures.get(1)) else { return Scraped::Nothing };
        let shown = |value: &f64| format!("{value:.5}");
        let found = self.report.values.iter().find(|(_, _, value)| shown(value) == group.as_str());
        match found {
            Some((set, metric, _)) => Scraped::Metric(set.clone(), metric.clone()),
            None => Scraped::Text(group.as_str().to_string()),
        }
    }
}

/// The metrics that the trainer evaluates.
pub fn evaluated(params: &Params) -> Option<Vec<Box<dyn Metric>>> {
    metric::metrics(&params.eval_metric, params.objective_spec()).ok()
}

fn names(params: &Params) -> Option<Vec<String>> {
    Some(evaluated(params)?.iter().map(|metric| metric.name().to_string()).collect())
}

/// Checks every definition.
pub fn check(job: &Yaml, params: Option<&Params>, channels: &[RequestChannel<'_>], context: &mut RuleContext<'_>) {
    let Some(params) = params else { return };
    let Some(printed) = Printed::new(params, channels) else { return };
    let definitions = job.find(&["AlgorithmSpecification", "MetricDefinitions"]).map_or(&[][..], Yaml::items);
    for definition in definitions {
        if let (Some(name), Some(regex)) = (definition.text_of("Name"), definition.get("Regex"))
            && let Some(pattern) = regex.text()
        {
            one(name, pattern, regex.at, &printed, context);
        }
    }
}

/// A pattern for a set and metric that finds its number in both forms of a line.
pub fn pattern(name: &str) -> String {
    format!(r".*\[[0-9]+\].*{}:([-+0-9.e]+)", name.replacen(':', "-", 1))
}

fn one(name: &str, pattern_text: &str, at: Position, printed: &Printed, context: &mut RuleContext<'_>) {
    let field = context.spell("Regex");
    let remedy = format!("for example {}", pattern(&meant(name, printed)));
    let pattern = match Regex::new(pattern_text) {
        Ok(pattern) => pattern,
        // Other engines look around, and build patterns that are larger.
        Err(error)
            if matches!(error, regex::Error::CompiledTooBig(_))
                || ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|group| pattern_text.contains(group)) =>
        {
            let cause = error.to_string();
            let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
            return context.report.note(at, format!("{field} cannot be checked here: {cause}"), remedy);
        }
        Err(error) => {
            let cause = error.to_string();
            let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
            return context.report.error(at, format!("{field} is not a regular expression: {cause}"), remedy);
        }
    };
    if pattern.captures_len() < 2 {
        return context.report.error(
            at,
            format!("{field} has no capture group: the metric is what its first pair of parentheses matches"),
            remedy,
        );
    }
    let (line, kept) = (printed.line(), printed.kept());
    match (printed.scrape(&pattern, &line), printed.scrape(&pattern, &kept)) {
        (_, Scraped::Text(text)) => context.report.error(
            at,
            format!(
                "{field} finds {text:?} in a line as CloudWatch keeps it, which is not a number that the trainer printed: {kept}"
            ),
            remedy,
        ),
        (Scraped::Nothing, Scraped::Nothing) => {
            context.report.warning(at, format!("{field} finds nothing in the lines of this job: {line}"), remedy);
        }
        (Scraped::Metric(..), Scraped::Nothing) => context.report.warning(
            at,
            format!("{field} finds nothing where tabs are written #011, as in CloudWatch: {kept}"),
            remedy,
        ),
        (Scraped::Text(_) | Scraped::Nothing | Scraped::Metric(..), Scraped::Metric(set, metric)) => {
            let says_other = name.split_once(':').is_some_and(|wanted| wanted != (set.as_str(), metric.as_str()));
            if says_other {
                context.report.warning(at, format!("the metric is called {name}, and {field} finds {set}-{metric}"), remedy);
            }
        }
        (Scraped::Text(text), Scraped::Nothing) => {
            context.report.error(at, format!("{field} finds {text:?}, which is not a number of the line: {line}"), remedy);
        }
    }
}

/// The name as it is, if the line has such a metric; else one that the line has.
fn meant(name: &str, printed: &Printed) -> String {
    let names = printed.names();
    let dashed = name.replacen(':', "-", 1);
    if names.contains(&dashed) { dashed } else { names.last().cloned().unwrap_or(dashed) }
}
