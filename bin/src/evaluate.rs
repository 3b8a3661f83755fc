//! `sapwood evaluate`: metrics of a model on labelled data, as one line of JSON, as tables on a terminal, or all in detail.

use crate::cli::EvaluateArgs;
use crate::evaluation_report::{Classification, EvaluationReport};
use crate::labelled;
use crate::report::Failure;
use crate::threshold::Threshold;
use crate::{output, reading, streams, threads};
use sapwood::metric::{self, Evaluation, Metric};
use sapwood::params::ParamValue;
use sapwood::predict::{Output, Scorer, predict};
use sapwood::{Dataset, Model, objective};
use sapwood_score::Outputs;
use serde_json::json;
use std::path::Path;

/// Prints the metrics.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or metrics that do not fit the model.
pub fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let (model, options) = labelled::model(&args.labelled, &args.reading)?;
    let scorer = Scorer::new(model)?;
    let names = if args.metric.is_empty() { metrics_of(scorer.model()) } else { args.metric.clone() };
    let objective = scorer.model().objective.clone();
    let metrics = match args.threshold {
        Some(threshold) => {
            threshold.check(scorer.model())?;
            metric::metrics_from(&names, objective, threshold.value())?
        }
        None => metric::metrics(&names, objective)?,
    };
    let to_stdout = args.json.as_deref() == Some(Path::new("-"));
    let file = args.json.as_deref().filter(|_| !to_stdout);
    if let Some(path) = file {
        output::check_writable(path)?;
    }
    let sources = labelled::sources(&args.labelled, &options, file)?;
    let is_shown = streams::prints_to_terminal();
    let report = threads::pool(args.reading.threads)?.install(|| {
        let data = labelled::read(scorer.model(), &sources, &options, args.reading.quiet)?;
        let report = evaluate(&scorer, &data, &metrics, args.threshold, is_shown || args.json.is_some())?;
        reading::print_unknown_levels(&data);
        Ok::<_, Failure>(report)
    })?;
    let json = || format!("{:#}\n", report.json());
    if let Some(path) = file {
        output::write_whole(path, |out| out.write_all(json().as_bytes()))?;
    }
    streams::print_result(&match (to_stdout, is_shown) {
        (true, _) => json(),
        (false, true) => report.table(),
        (false, false) => report.line(),
    })
}

/// The metrics that were named in training; none stands for the objective's default.
pub fn metrics_of(model: &Model) -> Vec<String> {
    trained_with(model, "eval_metric").and_then(<Vec<String> as ParamValue>::parse).unwrap_or_default()
}

/// The value that a parameter had in training.
fn trained_with<'m>(model: &'m Model, name: &str) -> Option<&'m str> {
    model.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn evaluate(
    scorer: &Scorer,
    data: &Dataset,
    metrics: &[Box<dyn Metric>],
    threshold: Option<Threshold>,
    in_detail: bool,
) -> Result<EvaluationReport, Failure> {
    let (model, objective) = (scorer.model(), scorer.model().trained_objective()?);
    // Metrics take labels for granted: a class that the model does not have would be read from nowhere.
    let targets = objective::check_labels(model.objective.clone(), model.num_outputs(), data)?;
    let margins = by_output(predict(scorer, data, Output::Margin)?.values(), model.num_outputs());
    let evaluation = Evaluation::new(objective, &margins, targets)?;
    let values: Vec<_> = metrics.iter().map(|metric| (metric.name(), metric.evaluate(&evaluation))).collect();
    let targets_of = |target: usize| {
        let evaluation = evaluation.of_target(target);
        metrics.iter().map(|metric| (metric.name().to_string(), json!(metric.evaluate(&evaluation)))).collect()
    };
    let each_target = match &model.outputs {
        Outputs::Targets(names) => names.iter().enumerate().map(|(target, name)| (name.clone(), targets_of(target))).collect(),
        _ => Vec::new(),
    };
    values.iter().filter_map(|(name, value)| without_value(name, *value)).for_each(streams::diagnostic);
    let metrics = values.into_iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    // Labels of logistic regression may lie between the classes.
    let are_classes = model.num_classes().is_some() && targets.labels().iter().all(|label| label.fract() == 0.0);
    let classification = (in_detail && are_classes).then(|| classify(scorer, data, threshold)).transpose()?;
    Ok(EvaluationReport { rows: data.rows(), metrics, each_target, classification })
}

/// The warning about a metric that JSON has no number for.
fn without_value(name: &str, value: f64) -> Option<String> {
    match value {
        _ if value.is_finite() => None,
        _ if value.is_nan() => {
            Some(format!("warning: {name} is undefined (labels of one kind only, or no weight), and null in the result"))
        }
        _ => Some(format!("warning: {name} is infinite for these labels and predictions, and null in the result")),
    }
}

fn classify(scorer: &Scorer, data: &Dataset, threshold: Option<Threshold>) -> Result<Classification, Failure> {
    let classes = match threshold {
        Some(threshold) => threshold.classes(scorer, data)?,
        None => predict(scorer, data, Output::Class)?,
    };
    let probabilities = predict(scorer, data, Output::Probability)?;
    let targets = data.targets();
    Classification::new(scorer.model(), targets.labels(), classes.values(), probabilities.values(), targets.weights())
}

/// Values row by row, output by output.
fn by_output(values: &[f64], outputs: usize) -> Vec<f64> {
    (0..outputs).flat_map(|output| values.iter().skip(output).step_by(outputs).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_turned_from_rows_to_outputs() {
        assert_eq!(by_output(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2), [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
        assert_eq!(by_output(&[1.0, 2.0], 1), [1.0, 2.0]);
    }
}
