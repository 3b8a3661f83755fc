//! How two classes are told apart: curves, calibration, thresholds, gain.

use super::curves::curves;
use super::scored::Scored;
use super::statistics::mean;
use crate::facts::{Bar, BinaryFacts, ThresholdFacts};
use crate::text;
use sapwood::evaluation::calibration_curve;

/// Points of a curve, and bins.
const POINTS: usize = 200;
const BINS: usize = 10;
const HISTOGRAM: usize = 20;

/// Everything about two classes.
pub fn facts(scored: &Scored<'_>) -> BinaryFacts {
    let (labels, weights, probabilities) = (scored.labels, scored.weights, &scored.predicted[..]);
    let curves = curves(probabilities, labels, weights, POINTS);
    let bins = calibration_curve(probabilities, labels, weights, BINS);
    let calibration = bins.iter().filter_map(|bin| Some((bin.mean_probability?, bin.observed?, bin.weight)));
    let best = curves.best_f1.map(|threshold| ("highest F1", threshold));
    let thresholds = [Some(("default", 0.5f64.next_up())), best].into_iter().flatten();
    BinaryFacts {
        positive: scored.class_name(1),
        auc: curves.auc,
        share: mean(labels, weights),
        roc: curves.roc,
        precision_recall: curves.precision_recall,
        calibration: calibration.collect(),
        probabilities: [0.0, 1.0].map(|class| histogram(scored, class)),
        gain: gain(scored),
        thresholds: thresholds.map(|(name, threshold)| at_threshold(scored, name, threshold)).collect(),
    }
}

/// The shares of a class's rows by probability.
fn histogram(scored: &Scored<'_>, class: f64) -> Vec<Bar> {
    let mut sums = [0.0; HISTOGRAM];
    for row in (0..scored.rows()).filter(|&row| scored.labels[row] == class) {
        sums[((scored.predicted[row] * HISTOGRAM as f64) as usize).min(HISTOGRAM - 1)] += scored.weight(row);
    }
    let whole = sums.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let label = |at: usize| format!("{:.2}", at as f64 / HISTOGRAM as f64);
    sums.iter().enumerate().map(|(at, sum)| Bar { label: label(at), value: sum / whole }).collect()
}

/// What share of class 1 the most probable rows hold.
fn gain(scored: &Scored<'_>) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..scored.rows()).collect();
    order.sort_by(|&a, &b| scored.predicted[b].total_cmp(&scored.predicted[a]));
    let (mut taken, mut found) = (0.0, 0.0);
    let sums: Vec<_> = order
        .iter()
        .map(|&row| {
            taken += scored.weight(row);
            found += scored.weight(row) * scored.labels[row];
            (taken, found)
        })
        .collect();
    if found <= 0.0 || taken <= 0.0 {
        return Vec::new();
    }
    let step = sums.len().div_ceil(POINTS).max(1);
    let last = sums.len() - 1;
    let points = sums.iter().enumerate().filter(|(at, _)| at % step == step - 1 || *at == last);
    std::iter::once((0.0, 0.0)).chain(points.map(|(_, (rows, hits))| (rows / taken, hits / found))).collect()
}

fn at_threshold(scored: &Scored<'_>, name: &str, threshold: f64) -> ThresholdFacts {
    let mut counts = [0.0; 4];
    for row in 0..scored.rows() {
        let (truth, taken) = (scored.labels[row] > 0.5, scored.predicted[row] >= threshold);
        counts[2 * usize::from(truth) + usize::from(taken)] += scored.weight(row);
    }
    let [negatives, false_positives, missed, hits] = counts;
    let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    ThresholdFacts {
        name: format!("{name}, {}", text::number((threshold * 1e4).round() / 1e4)),
        threshold,
        precision: ratio(hits, hits + false_positives),
        recall: ratio(hits, hits + missed),
        f1: ratio(2.0 * hits, 2.0 * hits + false_positives + missed),
        accuracy: ratio(hits + negatives, counts.iter().sum()),
        counts,
    }
}
