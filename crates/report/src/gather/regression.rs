//! How close predicted numbers are: residuals, errors where labels are small and large, whether predictions are right on average.

use super::scored::Scored;
use super::statistics::{cuts, mean, part_of, quantile, sorted};
use crate::facts::{Bar, LabelBin, RegressionFacts};
use crate::text;
use sapwood::Objective;
use sapwood_score::Outputs;

/// Points of the scatter plot, bars of the histogram, bins of labels and of predictions.
const POINTS: usize = 1_500;
const BARS: usize = 31;
const BINS: usize = 10;

/// Everything about numbers. Of several outputs it is about one, the middle level or the first target.
pub fn facts(scored: &Scored<'_>) -> RegressionFacts {
    let (predicted, labels) = scored.one_number();
    let rows = labels.len();
    let residuals: Vec<f64> = predicted.iter().zip(&labels).map(|(prediction, label)| label - prediction).collect();
    let ordered = sorted(residuals.iter().copied());
    let target = match &scored.model.outputs {
        Outputs::Targets(names) => names.first().cloned(),
        _ => None,
    };
    // Rows are drawn by hash, and the first of them as good as any.
    let step = rows.div_ceil(POINTS).max(1);
    RegressionFacts {
        target,
        r2: explained(&labels, &residuals, scored.weights),
        scatter: predicted.iter().copied().zip(labels.iter().copied()).step_by(step).collect(),
        residuals: histogram(&ordered),
        residual_quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| quantile(&ordered, share)),
        by_label: by_label(&labels, &residuals),
        calibration: calibration(&predicted, &labels),
        coverage: coverage(scored),
    }
}

/// The share of the labels' variance that residuals do not have.
fn explained(labels: &[f64], residuals: &[f64], weights: Option<&[f64]>) -> Option<f64> {
    let center = mean(labels, weights);
    let squares = |values: &mut dyn Iterator<Item = f64>| mean(&values.map(|x| x * x).collect::<Vec<_>>(), weights);
    let whole = squares(&mut labels.iter().map(|label| label - center));
    (whole > 0.0).then(|| 1.0 - squares(&mut residuals.iter().copied()) / whole)
}

/// Bars of equal width over all but the outermost hundredths, which the first and the last bar hold.
fn histogram(ordered: &[f64]) -> Vec<Bar> {
    let (low, high) = (quantile(ordered, 0.005), quantile(ordered, 0.995));
    if low.is_nan() || low >= high {
        return Vec::new();
    }
    let width = (high - low) / BARS as f64;
    let mut counts = [0.0; BARS];
    ordered.iter().for_each(|x| counts[(((x - low) / width).max(0.0) as usize).min(BARS - 1)] += 1.0);
    let label = |at: usize| text::number(low + (at as f64 + 0.5) * width);
    counts.iter().enumerate().map(|(at, count)| Bar { label: label(at), value: count / ordered.len() as f64 }).collect()
}

fn by_label(labels: &[f64], residuals: &[f64]) -> Vec<LabelBin> {
    let ordered = sorted(labels.iter().copied());
    if ordered.is_empty() {
        return Vec::new();
    }
    let cuts = cuts(&ordered, BINS);
    let mut bins = vec![LabelBin { from: f64::INFINITY, to: f64::NEG_INFINITY, rows: 0, bias: 0.0, error: 0.0 }; cuts.len()];
    for (label, residual) in labels.iter().zip(residuals) {
        let bin = &mut bins[part_of(&cuts, *label)];
        *bin = LabelBin {
            from: bin.from.min(*label),
            to: bin.to.max(*label),
            rows: bin.rows + 1,
            bias: bin.bias - residual,
            error: bin.error + residual.abs(),
        };
    }
    bins.retain(|bin| bin.rows > 0);
    bins.iter_mut().for_each(|bin| (bin.bias, bin.error) = (bin.bias / bin.rows as f64, bin.error / bin.rows as f64));
    bins
}

/// By prediction: mean prediction, mean label, rows.
fn calibration(predicted: &[f64], labels: &[f64]) -> Vec<(f64, f64, f64)> {
    let ordered = sorted(predicted.iter().copied());
    if ordered.is_empty() {
        return Vec::new();
    }
    let cuts = cuts(&ordered, BINS);
    let mut sums = vec![(0.0, 0.0, 0.0); cuts.len()];
    for (prediction, label) in predicted.iter().zip(labels) {
        let bin = &mut sums[part_of(&cuts, *prediction)];
        *bin = (bin.0 + prediction, bin.1 + label, bin.2 + 1.0);
    }
    sums.iter().filter(|bin| bin.2 > 0.0).map(|(prediction, label, rows)| (prediction / rows, label / rows, *rows)).collect()
}

/// Of predicted quantiles: the level of each, and the share of labels that are not above it.
fn coverage(scored: &Scored<'_>) -> Vec<(f64, f64)> {
    if scored.model.objective.known() != Some(Objective::Quantile) {
        return Vec::new();
    }
    let outputs = scored.model.num_outputs();
    let levels = scored.model.objective.numbers("quantile_alpha");
    let covered = |output: usize| {
        let rows = scored.labels.iter().enumerate();
        let below: Vec<f64> =
            rows.map(|(row, label)| f64::from(u8::from(*label <= scored.predicted[row * outputs + output]))).collect();
        mean(&below, scored.weights)
    };
    levels.iter().take(outputs).enumerate().map(|(output, level)| (*level, covered(output))).collect()
}
