//! What SageMaker Pipelines reads of a model's quality: `evaluation.json`, for `ModelMetrics` and for the conditions of a step.

use crate::Report;
use crate::facts::{BinaryFacts, ClassFacts, MetricFacts, Quality};
use serde_json::{Map, Value, json};

/// Half the width of a 95 % interval in standard deviations.
const DEVIATIONS: f64 = 1.96;

/// `evaluation.json`: one object, named by the kind of problem, with the metrics by their names. The names that the model registry knows are there beside those of
/// training. Empty where nothing was judged.
pub fn evaluation(report: &Report) -> Value {
    let Some(quality) = &report.quality else { return json!({}) };
    let mut metrics = Map::new();
    for metric in quality.metrics.iter().filter(|metric| metric.value.is_finite()) {
        metrics.insert(metric.name.clone(), with_deviation(metric));
    }
    let kind = match (&quality.binary, &quality.classes) {
        (Some(binary), _) => of_two(binary, &mut metrics),
        (None, Some(classes)) => of_several(classes, &mut metrics),
        (None, None) if quality.ranking.is_some() => "ranking_metrics",
        (None, None) => of_numbers(quality, &mut metrics),
    };
    json!({ kind: metrics })
}

fn with_deviation(metric: &MetricFacts) -> Value {
    json!({ "value": metric.value, "standard_deviation": (metric.high - metric.low) / (2.0 * DEVIATIONS) })
}

fn add(metrics: &mut Map<String, Value>, name: &str, value: Option<f64>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        metrics.entry(name).or_insert_with(|| json!({ "value": value, "standard_deviation": "NaN" }));
    }
}

fn of_two(binary: &BinaryFacts, metrics: &mut Map<String, Value>) -> &'static str {
    add(metrics, "auc", binary.auc);
    if let Some(default) = binary.thresholds.first() {
        add(metrics, "accuracy", default.accuracy);
        add(metrics, "precision", default.precision);
        add(metrics, "recall", default.recall);
        add(metrics, "f1", default.f1);
        let [negatives, false_positives, missed, hits] = default.counts;
        let matrix = json!({ "0": { "0": negatives, "1": false_positives }, "1": { "0": missed, "1": hits } });
        metrics.insert("confusion_matrix".into(), matrix);
    }
    let (x, y): (Vec<_>, Vec<_>) = binary.roc.iter().copied().unzip();
    let curve = json!({ "false_positive_rates": x, "true_positive_rates": y });
    metrics.insert("receiver_operating_characteristic_curve".into(), curve);
    let (recalls, precisions): (Vec<_>, Vec<_>) = binary.precision_recall.iter().copied().unzip();
    metrics.insert("precision_recall_curve".into(), json!({ "precisions": precisions, "recalls": recalls }));
    "binary_classification_metrics"
}

fn of_several(classes: &ClassFacts, metrics: &mut Map<String, Value>) -> &'static str {
    add(metrics, "accuracy", classes.accuracy);
    let whole: f64 = classes.classes.iter().map(|class| class.support).sum();
    let mean = |value: fn(&crate::facts::OneClass) -> Option<f64>| {
        // Of some classes alone it would be another number.
        let is_whole = classes.classes.len() == classes.num_classes && whole > 0.0;
        is_whole.then(|| classes.classes.iter().map(|class| class.support * value(class).unwrap_or(0.0)).sum::<f64>() / whole)
    };
    add(metrics, "weighted_precision", mean(|class| class.precision));
    add(metrics, "weighted_recall", mean(|class| class.recall));
    add(metrics, "weighted_f1", mean(|class| class.f1));
    let names = || classes.classes.iter().map(|class| &class.name);
    let row = |counts: &Vec<f64>| names().zip(counts).map(|(name, count)| (name.clone(), json!(count))).collect::<Map<_, _>>();
    let matrix: Map<_, _> =
        names().zip(&classes.confusion).map(|(name, counts)| (name.clone(), Value::Object(row(counts)))).collect();
    metrics.insert("confusion_matrix".into(), Value::Object(matrix));
    "multiclass_classification_metrics"
}

fn of_numbers(quality: &Quality, metrics: &mut Map<String, Value>) -> &'static str {
    let rmse = quality.metrics.iter().find(|metric| metric.name == "rmse").map(|metric| metric.value);
    add(metrics, "mse", rmse.map(|rmse| rmse * rmse));
    add(metrics, "r2", quality.regression.as_ref().and_then(|regression| regression.r2));
    "regression_metrics"
}
