//! Metrics of objectives with one output per class: `mlogloss`, `merror`, and `accuracy` of such.

use super::reduce::mean_of_chunks;
use super::row_mean::LARGEST_LOSS;
use super::{Evaluation, Metric};
use crate::numeric::log_sum_exp;
use crate::simd::Simd;
use std::ops::Range;

/// What is said about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowVerdict {
    /// The negative logarithm of the probability of its class.
    LogLoss,
    /// 1 if another class is the most probable, else 0. Of equally probable classes the first counts.
    Error,
    /// 1 if its class is not among the so many most probable ones, else 0. As in LightGBM, equally probable classes come before it.
    ErrorAt(usize),
    /// 1 if its class is the most probable, else 0.
    Accuracy,
}

/// The weighted mean of a [`RowVerdict`]. A label that is no class of the model is as wrong as can be.
pub(super) struct Multiclass {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) verdict: RowVerdict,
}

impl Metric for Multiclass {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        self.verdict == RowVerdict::Accuracy
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        mean_of_chunks(self.simd, evaluation, |rows, values| match self.verdict {
            RowVerdict::LogLoss => log_losses(self.simd, evaluation, rows, values),
            RowVerdict::Error => hits(evaluation, rows, values, 0.0),
            RowVerdict::ErrorAt(classes) => misses(evaluation, rows, values, classes),
            RowVerdict::Accuracy => hits(evaluation, rows, values, 1.0),
        })
    }
}

fn log_losses(simd: Simd, evaluation: &Evaluation<'_>, rows: Range<usize>, out: &mut [f64]) {
    let (total, labels) = (evaluation.targets.rows(), evaluation.targets.labels());
    let mut largest = vec![0.0; rows.len()];
    log_sum_exp(simd, evaluation.margins, total, rows.start, &mut largest, out);
    for ((row, excess), largest) in rows.zip(out).zip(largest) {
        let margin = class(labels[row]).and_then(|class| evaluation.margins.get(class * total + row));
        *excess = margin.map_or(LARGEST_LOSS, |margin| (largest - margin + *excess).min(LARGEST_LOSS));
    }
}

/// Puts `value` where the most probable class is the label, and 1 − `value` where it is not.
fn hits(evaluation: &Evaluation<'_>, rows: Range<usize>, out: &mut [f64], value: f64) {
    let (total, labels) = (evaluation.targets.rows(), evaluation.targets.labels());
    let mut best = vec![(f64::NEG_INFINITY, 0); rows.len()];
    for (output, margins) in evaluation.margins.chunks_exact(total).enumerate() {
        for (best, &margin) in best.iter_mut().zip(&margins[rows.clone()]) {
            *best = if margin > best.0 { (margin, output) } else { *best };
        }
    }
    for ((row, out), (_, output)) in rows.zip(out).zip(best) {
        *out = if class(labels[row]) == Some(output) { value } else { 1.0 - value };
    }
}

/// Puts 0 where the label is one of so many classes that are as probable or more, and 1 where there are more of them.
fn misses(evaluation: &Evaluation<'_>, rows: Range<usize>, out: &mut [f64], classes: usize) {
    let (total, labels) = (evaluation.targets.rows(), evaluation.targets.labels());
    for (row, out) in rows.zip(out) {
        let margin_of = |class: usize| evaluation.margins.get(class * total + row).copied();
        let own = class(labels[row]).and_then(margin_of);
        // Its own class is one of them.
        let ahead = |own: f64| evaluation.margins.iter().skip(row).step_by(total).filter(|&&margin| margin >= own).count();
        *out = if own.is_some_and(|own| ahead(own) <= classes) { 0.0 } else { 1.0 };
    }
}

/// The class that a label stands for.
fn class(label: f64) -> Option<usize> {
    (label >= 0.0 && label.fract() == 0.0).then_some(label as usize)
}
