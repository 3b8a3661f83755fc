//! `sapwood evaluate`: metrics of a model on labelled data, as one JSON object.

use crate::cli::EvaluateArgs;
use crate::reading::ReadingChoices;
use crate::report::Failure;
use crate::{reading, streams, threads};
use sapwood::metric::{self, Evaluation, Metric};
use sapwood::params::ParamValue;
use sapwood::predict::{Output, Scorer, predict};
use sapwood::{Dataset, Model, objective};
use sapwood_readers::ReadOptions;
use sapwood_readers::{self as readers};
use serde_json::{Map, Value, json};

/// Prints the metrics.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or metrics that do not fit the model.
pub fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let mut model = reading::load_model(&args.model)?;
    let flags = [("label_column", args.label.as_deref()), ("weight_column", args.weight.as_deref())];
    let options = ReadingChoices::of(&args.reading, &flags)?.for_model(&mut model)?;
    let scorer = Scorer::new(model)?;
    let names = if args.metric.is_empty() { metrics_of(scorer.model()) } else { args.metric.clone() };
    let metrics = metric::metrics(&names, scorer.model().objective.clone())?;
    note_weights(scorer.model(), &options);
    let (sources, _) = reading::sources(&args.data, &options.meter)?;
    let values = threads::pool(args.reading.threads)?.install(|| {
        let model = scorer.model();
        let data = readers::read_matching(
            &sources,
            &options,
            readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels: true },
        )?;
        reading::print_notes(&data);
        let values = evaluate(&scorer, &data, &metrics)?;
        reading::print_unknown_levels(&data);
        Ok::<_, Failure>(values)
    })?;
    streams::print_result(&format!("{values}\n"))
}

/// The metrics that were named in training; none stands for the objective's default.
fn metrics_of(model: &Model) -> Vec<String> {
    trained_with(model, "eval_metric").and_then(<Vec<String> as ParamValue>::parse).unwrap_or_default()
}

/// The value that a parameter had in training.
fn trained_with<'m>(model: &'m Model, name: &str) -> Option<&'m str> {
    model.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Says that training had weights and this evaluation has none. The data may do without, so they are not taken unasked.
fn note_weights(model: &Model, options: &ReadOptions) {
    if let (Some(column), None) = (trained_with(model, "weight_column"), &options.weight) {
        streams::diagnostic(format_args!(
            "note: the model was trained with weight_column={column}; give it here as well if the data have that column"
        ));
    }
}

fn evaluate(scorer: &Scorer, data: &Dataset, metrics: &[Box<dyn Metric>]) -> Result<Value, Failure> {
    let (model, objective) = (scorer.model(), scorer.model().trained_objective()?);
    // Metrics take labels for granted: a class that the model does not have would be read from nowhere.
    let targets = objective::check_labels(objective, model.num_outputs(), data)?;
    let margins = by_output(predict(scorer, data, Output::Margin)?.values(), model.num_outputs());
    let evaluation = Evaluation::new(objective, &margins, targets)?;
    let values = metrics.iter().map(|metric| (metric.name().to_string(), json!(metric.evaluate(&evaluation))));
    Ok(Value::Object(values.collect::<Map<_, _>>()))
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
