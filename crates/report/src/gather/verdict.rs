//! The result in three sentences.

use crate::facts::{Features, MetricFacts, Quality, Report, Severity};
use crate::text;
use sapwood::Model;

/// How good the model is, how training went, what to look at.
pub fn sentences(report: &Report, model: &Model) -> Vec<String> {
    let quality = report.quality.as_ref().and_then(|quality| Some(of_metric(quality, quality.metrics.last()?)));
    let training = report.training.as_ref().map_or_else(|| about(model), |training| training.ended.clone());
    let of_features = of_features(&report.features);
    let grave = report.alerts.iter().filter(|alert| alert.severity < Severity::Low).count();
    let look = match grave {
        0 => of_features,
        1 => Some(format!("Look at the alert below first. {}", of_features.unwrap_or_default())),
        count => Some(format!("Look at the {count} alerts below first. {}", of_features.unwrap_or_default())),
    };
    [quality, Some(training), look].into_iter().flatten().map(|sentence| sentence.trim().to_string()).collect()
}

fn about(model: &Model) -> String {
    let (trees, leaves) = (model.trees.len(), model.trees.iter().map(|tree| tree.leaves().count()).max().unwrap_or(0));
    format!(
        "The model has {} of at most {}, trained with objective {}.",
        text::counted(trees, "tree"),
        leaves_of(leaves),
        model.objective.name
    )
}

fn leaves_of(count: usize) -> String {
    if count == 1 { "1 leaf".to_string() } else { format!("{} leaves", text::count(count)) }
}

fn of_metric(quality: &Quality, metric: &MetricFacts) -> String {
    let MetricFacts { name, value, low, high, constant, higher_is_better } = metric;
    let place = match quality.is_training_set {
        Some(true) => format!("the {} themselves", text::counted(quality.rows, "training row")),
        _ if quality.is_out_of_fold => {
            format!("the {}, each predicted by models that did not learn from it", text::counted(quality.rows, "training row"))
        }
        _ => format!("the {} of {}", text::counted(quality.rows, "row"), text::name(&quality.set)),
    };
    let better = if *higher_is_better { "higher" } else { "lower" };
    let baseline = constant.map_or_else(String::new, |constant| {
        format!(" Predicting the same for every row would give {}; {better} is better.", text::number(constant))
    });
    format!(
        "On {place}, {name} is {} (95 % interval {} to {}).{baseline}",
        text::number(*value),
        text::number(*low),
        text::number(*high)
    )
}

fn of_features(features: &Features) -> Option<String> {
    let whole: f64 = features.importance.iter().filter_map(|importance| importance.shap).sum();
    let share = |at: usize| {
        let importance = features.importance.get(at)?;
        let share = importance.shap.filter(|_| whole > 0.0).map_or(importance.gain, |shap| shap / whole);
        (share > 0.005).then(|| format!("{} ({})", text::name(&importance.name), text::percent(share)))
    };
    let first: Vec<_> = (0..3).filter_map(share).collect();
    let unused = match features.unused {
        0 => String::new(),
        1 => " 1 column is not used at all.".to_string(),
        unused => format!(" {} columns are not used at all.", text::count(unused)),
    };
    (!first.is_empty()).then(|| format!("It relies most on {}.{unused}", first.join(", ")))
}
