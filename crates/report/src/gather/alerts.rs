//! What deserves attention before a model is used.

use crate::facts::{Alert, DataFacts, MetricFacts, Quality, Report, Severity, TrainingFacts};
use crate::text;

/// Warnings of reading and training that are repeated.
const MOST_WARNINGS: usize = 10;

/// A model is wrong about its probabilities from this mean distance on.
const MISCALIBRATED: f64 = 0.05;

/// The gravest first.
pub fn alerts(report: &Report, warnings: &[String]) -> Vec<Alert> {
    let mut alerts = Vec::new();
    if let Some(data) = &report.data {
        of_data(data, &mut alerts);
    }
    if let Some(quality) = &report.quality {
        of_quality(quality, &mut alerts);
        if let Some(training) = &report.training {
            of_training(training, quality, &mut alerts);
        }
    }
    let told =
        warnings.iter().take(MOST_WARNINGS).map(|warning| Alert { severity: Severity::Low, text: text::shortened(warning, 400) });
    alerts.extend(told);
    // Stable: of equals the first found comes first.
    alerts.sort_by_key(|alert| alert.severity);
    alerts
}

fn of_data(data: &DataFacts, alerts: &mut Vec<Alert>) {
    let found = &data.findings;
    let mut add = |severity, text: String| alerts.push(Alert { severity, text });
    if data.are_bins {
        let text = "The data came from the cache, which holds bins of values and no values. The middle of its bin stands for each: predictions and metrics are \
                    exact, distributions and values as coarse as bins. Means, equal rows, statistics.json and constraints.json are left out. A job without \
                    the cache has them.";
        add(Severity::Low, text.to_string());
    }
    if !found.leaky.is_empty() {
        let names: Vec<_> = found.leaky.iter().map(|(name, alone)| format!("{} ({alone:.4})", text::name(name))).collect();
        let text = format!(
            "These columns tell the label almost by themselves: {}. Make sure that they are known before the label is; else the model will not work on new data.",
            names.join(", ")
        );
        add(Severity::High, text);
    }
    if let Some(shared) = found.shared_rows.filter(|shared| *shared > 0) {
        let text = format!(
            "{} of the rows that judge the model are also among its training rows, label included; metrics are too good.",
            text::count(shared)
        );
        add(if shared * 20 > found.sampled_rows { Severity::High } else { Severity::Low }, text);
    }
    if !found.drifting.is_empty() {
        let names: Vec<_> =
            found.drifting.iter().map(|(name, drift)| format!("{} ({})", text::name(name), text::number(*drift))).collect();
        let text = format!(
            "{} distributed differently in the data that judge the model: {}. Above 0.1, distances between distributions deserve a look.",
            if found.num_drifting == 1 {
                "1 column is".to_string()
            } else {
                format!("{} columns are", text::count(found.num_drifting))
            },
            listed(&names, found.num_drifting)
        );
        add(Severity::Medium, text);
    }
    if !found.rare_classes.is_empty() {
        let names: Vec<_> = found
            .rare_classes
            .iter()
            .map(|(name, rows)| format!("{} ({})", text::name(name), text::counted(*rows, "row")))
            .collect();
        add(
            Severity::Medium,
            format!(
                "Rare classes, of which little can be learnt: {}. Look at their precision and recall, not at accuracy.",
                names.join(", ")
            ),
        );
    }
    if let Some(share) = found.effective_share.filter(|share| *share < 0.1) {
        let text = format!(
            "Weights are uneven: the rows say as much as {} of them would with equal weights. A few rows decide the model.",
            text::percent(share)
        );
        add(Severity::Medium, text);
    }
    if found.duplicate_rows * 100 > found.sampled_rows {
        let text = format!(
            "{} of {} rows are equal to an earlier one, label included.",
            text::count(found.duplicate_rows),
            text::count(found.sampled_rows)
        );
        add(Severity::Low, text);
    }
    for (names, count, what) in [
        (&found.constant, found.num_constant, "have one value alone, from which nothing can be learnt"),
        (&found.mostly_missing, found.num_mostly_missing, "have no value in more than 95 % of the rows"),
    ] {
        if count > 0 {
            let names: Vec<_> = names.iter().map(|name| text::name(name)).collect();
            add(Severity::Low, format!("Columns that {what}: {}.", listed(&names, count)));
        }
    }
}

/// Names, of which there are so many.
fn listed(names: &[String], count: usize) -> String {
    match count - names.len() {
        0 => names.join(", "),
        more => format!("{} and {} more", names.join(", "), text::count(more)),
    }
}

fn of_quality(quality: &Quality, alerts: &mut Vec<Alert>) {
    if quality.is_training_set == Some(true) {
        let text = "The model is judged by the rows that it learnt from, because there are no others: expect it to be worse on new data. Give --validation, \
                    or validation_fraction=0.2.";
        alerts.push(Alert { severity: Severity::High, text: text.to_string() });
    }
    if let Some((metric, constant)) = quality.metrics.last().and_then(|metric| Some((metric, metric.constant?)))
        && !beats(metric, constant)
    {
        let text = format!("By {} the model is not clearly better than predicting the same for every row.", metric.name);
        alerts.push(Alert { severity: Severity::High, text });
    }
    let calibration = quality.binary.as_ref().map(|binary| &binary.calibration);
    let calibration = calibration.or(quality.classes.as_ref().map(|classes| &classes.calibration));
    let error = calibration.map(|bins| {
        let whole: f64 = bins.iter().map(|bin| bin.2).sum();
        bins.iter().map(|(expected, observed, weight)| weight * (expected - observed).abs()).sum::<f64>()
            / whole.max(f64::MIN_POSITIVE)
    });
    if let Some(error) = error.filter(|error| *error > MISCALIBRATED) {
        let text = format!(
            "Probabilities are off by {} on average. Orders and classes may be right all the same, but do not take them for probabilities.",
            text::percent(error)
        );
        alerts.push(Alert { severity: Severity::Medium, text });
    }
}

/// Whether the whole interval is better than what needs no model.
fn beats(metric: &MetricFacts, constant: f64) -> bool {
    if metric.higher_is_better { metric.low > constant } else { metric.high < constant }
}

fn of_training(training: &TrainingFacts, quality: &Quality, alerts: &mut Vec<Alert>) {
    let mut add = |severity, text: String| alerts.push(Alert { severity, text });
    if training.rounds > 1 && training.last_round + 1 < training.rounds && training.last_round < 5 {
        let text = format!(
            "The best round is number {}, one of the first: lower eta, or look for a leak or for drift.",
            training.last_round
        );
        add(Severity::Medium, text);
    }
    let Some(metric) = quality.metrics.last().filter(|_| quality.is_training_set == Some(false)) else { return };
    let last = |set: &str| {
        let curve = training.curves.iter().find(|curve| curve.set == set && curve.metric == metric.name)?;
        curve.points.iter().find(|(round, _)| *round == training.last_round).map(|(_, value)| *value)
    };
    if let (Some(learnt), Some(constant)) = (last("train"), metric.constant)
        // Less than half of what the model gains on its training rows is left.
        && (learnt - constant).abs() > 2.0 * (metric.value - constant).abs()
    {
        let text = format!(
            "{} is {} on the training rows and {} on {}: the model fits its training rows far better than others. Fewer or smaller trees, a larger \
             min_child_weight or subsample below 1 may help.",
            metric.name,
            text::number(learnt),
            text::number(metric.value),
            quality.set
        );
        add(Severity::Medium, text);
    }
}
