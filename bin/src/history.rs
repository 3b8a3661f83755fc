//! The metrics of every round: as CSV, as JSON, and in words what early stopping made of them.

use sapwood::text::counted;
use sapwood::{RoundReport, Trained};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A line for each round, under the names that metric lines have.
pub fn csv(history: &[RoundReport]) -> String {
    let names = history.first().map(|report| &report.values[..]).unwrap_or_default();
    let mut text = names.iter().fold("round".to_string(), |text, (set, metric, _)| text + "," + set + "-" + metric) + "\n";
    for report in history {
        let _ = write!(text, "{}", report.round);
        for (_, _, value) in &report.values {
            let _ = write!(text, ",{value}");
        }
        text.push('\n');
    }
    text
}

/// Data set → metric → values, round by round.
pub fn json(history: &[RoundReport]) -> Value {
    let names = history.first().map(|report| &report.values[..]).unwrap_or_default();
    let mut sets = Map::new();
    for (index, (set, metric, _)) in names.iter().enumerate() {
        let values: Vec<_> = history.iter().map(|report| report.values[index].2).collect();
        sets.entry(set.as_str()).or_insert_with(|| json!({}))[metric.as_str()] = json!(values);
    }
    Value::Object(sets)
}

/// The metrics of a round: data set → metric → value.
pub fn of_round(report: &RoundReport) -> Value {
    let mut sets = Map::new();
    for (set, metric, value) in &report.values {
        let set = sets.entry(set.as_str()).or_insert_with(|| json!({}));
        set[metric.as_str()] = json!(value);
    }
    Value::Object(sets)
}

/// Which round early stopping keeps as the model's last, and why. `None` where nothing was measured.
pub fn best_round(trained: &Trained, patience: u32) -> Option<String> {
    let (set, metric, value) = trained.report.values.last()?;
    let (best, done) = (trained.report.round, trained.history.len());
    let later = trained.history.last()?.round - best;
    let best = format!("{set}-{metric} was best in round [{best}] ({value:.5}), the last that the model keeps");
    Some(match later {
        0 => format!("early stopping: {best}; it was still improving, so more rounds may be better"),
        later if later >= patience as usize => {
            format!(
                "early stopping: {best}; training ended after {}, because none of the next {later} was better",
                counted(done, "round")
            )
        }
        1 => format!("early stopping: {best}; the round after it was not better"),
        later => format!("early stopping: {best}; none of the {later} rounds after it was better"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> Vec<RoundReport> {
        let report = |round: usize, a: f64, b: f64| {
            let value = |set: &str, metric: &str, value| (set.to_string(), metric.to_string(), value);
            RoundReport {
                round,
                values: vec![value("train", "rmse", a), value("train", "mae", b), value("validation", "rmse", a + b)],
            }
        };
        vec![report(0, 1.0, 0.1), report(1, 0.5, f64::NAN)]
    }

    #[test]
    fn csv_has_a_line_a_round() {
        assert_eq!(csv(&history()), "round,train-rmse,train-mae,validation-rmse\n0,1,0.1,1.1\n1,0.5,NaN,NaN\n");
        assert_eq!(csv(&[]), "round\n");
    }

    #[test]
    fn json_has_a_list_a_metric() {
        let expected = json!({"train": {"rmse": [1.0, 0.5], "mae": [0.1, null]}, "validation": {"rmse": [1.1, null]}});
        assert_eq!(json(&history()), expected);
    }

    #[test]
    fn metrics_are_grouped_by_data_set_in_order() {
        let value = |set: &str, metric: &str, x| (set.to_string(), metric.to_string(), x);
        let values = vec![value("train", "rmse", 1.0), value("train", "mae", f64::NAN), value("validation-2", "rmse", 2.5)];
        let text = of_round(&RoundReport { round: 3, values }).to_string();
        assert_eq!(text, r#"{"train":{"rmse":1.0,"mae":null},"validation-2":{"rmse":2.5}}"#);
    }
}
