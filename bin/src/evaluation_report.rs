//! What `sapwood evaluate` tells: metrics, and of a classifier how it goes wrong; as JSON and as tables for a person.

use crate::report::Failure;
use sapwood::Model;
use sapwood::evaluation::{CalibrationBin, ConfusionMatrix, ThresholdCurve, calibration_curve};
use sapwood::text::counted;
use sapwood::text::shown;
use sapwood_score::write_number;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Bins of the calibration curve.
const CALIBRATION_BINS: usize = 10;
/// Points of a curve that are told at most.
const CURVE_POINTS: usize = 200;

/// The results of an evaluation.
pub struct EvaluationReport {
    /// The number of rows.
    pub rows: usize,
    /// Metrics by their names.
    pub metrics: Map<String, Value>,
    /// The same of each of several targets.
    pub each_target: Vec<(String, Map<String, Value>)>,
    /// Of classifiers whose labels are classes.
    pub classification: Option<Classification>,
}

/// How a classifier does.
pub struct Classification {
    names: Vec<String>,
    matrix: ConfusionMatrix,
    binary: Option<Binary>,
}

/// What two classes have beyond that.
struct Binary {
    curve: ThresholdCurve,
    calibration: Vec<CalibrationBin>,
}

impl Classification {
    /// From labels and predicted classes by index, and the probabilities, one a row for two classes.
    ///
    /// # Errors
    /// Labels that are no classes of the model.
    pub fn new(
        model: &Model,
        labels: &[f64],
        predicted: &[f64],
        probabilities: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<Self, Failure> {
        let classes = model.num_classes().unwrap_or(0);
        let name =
            |class: usize| model.classes.as_ref().and_then(|names| names.get(class)).cloned().unwrap_or_else(|| class.to_string());
        let matrix = ConfusionMatrix::new(classes, labels, predicted, weights)?;
        let binary = (classes == 2 && probabilities.len() == labels.len()).then(|| Binary {
            curve: ThresholdCurve::new(probabilities, labels, weights),
            calibration: calibration_curve(probabilities, labels, weights, CALIBRATION_BINS),
        });
        Ok(Self { names: (0..classes).map(name).collect(), matrix, binary })
    }

    fn json(&self, report: &mut Value) {
        let scores = self.names.iter().zip(self.matrix.scores()).map(|(name, scores)| {
            json!({ "class": name, "precision": scores.precision, "recall": scores.recall, "f1": scores.f1, "support": scores.support })
        });
        report["accuracy"] = json!(self.matrix.accuracy());
        report["classes"] = json!(self.names);
        report["confusion_matrix"] = self.matrix.rows().map(|row| json!(row)).collect();
        report["per_class"] = scores.collect();
        let Some(Binary { curve, calibration }) = &self.binary else { return };
        let points: Vec<_> = curve.points(CURVE_POINTS).collect();
        report["best_f1"] = curve.best_f1().map_or(Value::Null, |point| {
            json!({ "threshold": point.threshold, "f1": curve.f1(point), "precision": curve.precision(point), "recall": curve.recall(point) })
        });
        let roc = points.iter().map(|&point| {
            json!({
                "threshold": point.threshold,
                "false_positive_rate": curve.false_positive_rate(point),
                "true_positive_rate": curve.recall(point),
            })
        });
        report["roc_curve"] = roc.collect();
        let precision_recall = points.iter().map(
            |&point| json!({ "threshold": point.threshold, "precision": curve.precision(point), "recall": curve.recall(point) }),
        );
        report["precision_recall_curve"] = precision_recall.collect();
        let bins = calibration.iter().map(|bin| {
            json!({
                "from": bin.from,
                "to": bin.to,
                "rows": bin.weight,
                "mean_probability": bin.mean_probability,
                "observed": bin.observed,
            })
        });
        report["calibration"] = bins.collect();
    }

    fn table(&self, text: &mut String) {
        let scores = self.names.iter().zip(self.matrix.scores());
        let row = |(name, scores): (&String, sapwood::evaluation::ClassScores)| {
            vec![name.clone(), share(scores.precision), share(scores.recall), share(scores.f1), number(scores.support)]
        };
        let header = ["class", "precision", "recall", "F1", "rows"].map(String::from).to_vec();
        table(text, std::iter::once(header).chain(scores.map(row)).collect());
        let corner = "true \\ predicted".to_string();
        let header = std::iter::once(corner).chain(self.names.iter().cloned()).collect();
        let counts = self.names.iter().zip(self.matrix.rows());
        let row =
            |(name, counts): (&String, &[f64])| std::iter::once(name.clone()).chain(counts.iter().copied().map(number)).collect();
        table(text, std::iter::once(header).chain(counts.map(row)).collect());
        let Some(Binary { curve, calibration }) = &self.binary else { return };
        let header = ["probability", "rows", "mean", "observed"].map(String::from).to_vec();
        let row = |bin: &CalibrationBin| {
            vec![format!("{:.1}–{:.1}", bin.from, bin.to), number(bin.weight), share(bin.mean_probability), share(bin.observed)]
        };
        table(text, std::iter::once(header).chain(calibration.iter().map(row)).collect());
        if let Some(point) = curve.best_f1() {
            let _ = writeln!(
                text,
                "\nThe threshold {} gives the highest F1, {} (precision {}, recall {}).",
                number(point.threshold),
                share(curve.f1(point)),
                share(curve.precision(point)),
                share(curve.recall(point))
            );
        }
    }
}

impl EvaluationReport {
    /// All of it as one JSON object.
    pub fn json(&self) -> Value {
        let mut report = json!({ "rows": self.rows, "metrics": self.metrics });
        if let Some(targets) = self.targets() {
            report["targets"] = targets;
        }
        if let Some(classification) = &self.classification {
            classification.json(&mut report);
        }
        report
    }

    /// The metrics alone, as one line of JSON.
    pub fn line(&self) -> String {
        let mut line = self.metrics.clone();
        line.extend(self.targets().map(|targets| ("targets".to_string(), targets)));
        format!("{}\n", Value::Object(line))
    }

    fn targets(&self) -> Option<Value> {
        let targets = self.each_target.iter().map(|(name, metrics)| (name.clone(), Value::Object(metrics.clone())));
        (!self.each_target.is_empty()).then(|| Value::Object(targets.collect()))
    }

    /// Tables for a person; curves are left to JSON.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n", counted(self.rows, "row"));
        let metrics = self.metrics.iter().map(|(name, value)| vec![name.clone(), value.to_string()]);
        table(&mut text, metrics.collect());
        for (name, metrics) in &self.each_target {
            let header = vec![name.clone(), String::new()];
            let rows = metrics.iter().map(|(metric, value)| vec![metric.clone(), value.to_string()]);
            table(&mut text, std::iter::once(header).chain(rows).collect());
        }
        if let Some(classification) = &self.classification {
            classification.table(&mut text);
        }
        text
    }
}

/// Appends a blank line and rows of cells, the first column flush left, the others flush right.
fn table(text: &mut String, rows: Vec<Vec<String>>) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    text.push('\n');
    for row in &rows {
        for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            // Classes are called whatever the data call them.
            let cell = shown(cell);
            // Writing to a string cannot fail.
            let _ = if at == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_string(), |value| format!("{value:.3}"))
}

fn number(value: f64) -> String {
    let mut text = String::new();
    write_number(value, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use sapwood::{FeatureSchema, Objective};

    #[test]
    fn tables_and_json_tell_the_same() {
        let mut model = Model::new(FeatureSchema::numeric(1), Objective::BinaryLogistic, vec![0.0], Vec::new());
        model.classes = Some(["no", "yes"].map(String::from).into());
        let (labels, predicted) = ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0]);
        let classification = Classification::new(&model, &labels, &predicted, &[0.1, 0.4, 0.35, 0.8], None).ok();
        let metrics = Map::from_iter([("auc".to_string(), json!(0.75))]);
        let report = EvaluationReport { rows: 4, metrics, each_target: Vec::new(), classification };
        let json = report.json();
        assert_eq!(json["confusion_matrix"], json!([[2.0, 0.0], [1.0, 1.0]]));
        assert_eq!((&json["accuracy"], &json["best_f1"]["threshold"]), (&json!(0.75), &json!(0.35)));
        assert_eq!(json["per_class"][1], json!({"class": "yes", "precision": 1.0, "recall": 0.5, "f1": 2.0 / 3.0, "support": 2.0}));
        assert_eq!(json["calibration"].as_array().map(Vec::len), Some(10));
        let table = report.table();
        for line in ["auc  0.75", "yes        1.000   0.500  0.667     2", "yes                1    1", "The threshold 0.35 gives"]
        {
            assert!(table.contains(line), "no {line:?} in\n{table}");
        }
        assert_eq!(report.line(), "{\"auc\":0.75}\n");
    }
}
