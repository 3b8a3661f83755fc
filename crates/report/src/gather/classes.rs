//! How several classes are told apart: a table of each, who is taken for whom, and whether the model is as sure as it may be.

use super::curves::{Curves, curves};
use super::scored::Scored;
use crate::facts::{ClassCurves, ClassFacts, Confused, OneClass};
use rayon::prelude::*;
use sapwood::Result;
use sapwood::evaluation::ConfusionMatrix;

/// Classes that are told of one by one.
const MOST_CLASSES: usize = 20;

/// Pairs of classes.
const MOST_PAIRS: usize = 10;

/// Classes with curves, and points of a curve.
const MOST_CURVES: usize = 10;
const POINTS: usize = 100;

/// Bins of calibration.
const BINS: usize = 10;

/// Everything about several classes.
pub fn facts(scored: &Scored<'_>) -> Result<ClassFacts> {
    let num_classes = scored.model.num_classes().unwrap_or(0);
    let matrix = ConfusionMatrix::new(num_classes, scored.labels, &scored.classes, scored.weights)?;
    let (scores, rows) = (matrix.scores(), matrix.rows().collect::<Vec<_>>());
    let mistakes = |class: usize| rows[class].iter().sum::<f64>() - rows[class][class];
    let mut told: Vec<usize> = (0..num_classes).collect();
    if num_classes > MOST_CLASSES {
        told.sort_by(|&a, &b| mistakes(b).total_cmp(&mistakes(a)));
        told.truncate(MOST_CLASSES);
        told.sort_unstable();
    }
    let classes = told.par_iter().map(|&class| OneClass {
        name: scored.class_name(class),
        precision: scores[class].precision,
        recall: scores[class].recall,
        f1: scores[class].f1,
        auc: against_others(scored, class).and_then(|curves| curves.auc),
        support: scores[class].support,
    });
    let confusion = told.iter().map(|&truth| {
        let mut counts: Vec<f64> = told.iter().map(|&predicted| rows[truth][predicted]).collect();
        counts.push((rows[truth].iter().sum::<f64>() - counts.iter().sum::<f64>()).max(0.0));
        counts
    });
    let mut confused: Vec<(f64, usize, usize)> = Vec::new();
    for (truth, counts) in rows.iter().enumerate() {
        let pairs = counts.iter().enumerate().filter(|(predicted, count)| *predicted != truth && **count > 0.0);
        confused.extend(pairs.map(|(predicted, count)| (*count, truth, predicted)));
    }
    confused.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let confused = confused.into_iter().take(MOST_PAIRS);
    Ok(ClassFacts {
        num_classes,
        accuracy: matrix.accuracy(),
        confusion: confusion.collect(),
        calibration: calibration(scored),
        curves: all_curves(scored, &scores.iter().map(|score| score.support).collect::<Vec<_>>()),
        confused: confused
            .map(|(rows, truth, predicted)| Confused {
                truth: scored.class_name(truth),
                predicted: scored.class_name(predicted),
                rows,
            })
            .collect(),
        classes: classes.collect(),
    })
}

/// The curves of a class's probability against all other classes, where probabilities are known.
fn against_others(scored: &Scored<'_>, class: usize) -> Option<Curves> {
    let probabilities = (0..scored.rows()).map(|row| scored.probability(row, class)).collect::<Option<Vec<_>>>()?;
    let is_it: Vec<f64> = scored.labels.iter().map(|label| f64::from(u8::from(*label == class as f64))).collect();
    Some(curves(&probabilities, &is_it, scored.weights, POINTS))
}

/// The curves of all classes that have rows; of many, half of them are those of the largest classes, half of the rarest.
fn all_curves(scored: &Scored<'_>, support: &[f64]) -> Vec<ClassCurves> {
    let mut order: Vec<usize> = (0..support.len()).filter(|&class| support[class] > 0.0).collect();
    order.sort_by(|&a, &b| support[b].total_cmp(&support[a]).then(a.cmp(&b)));
    if order.len() > MOST_CURVES {
        order.drain(MOST_CURVES / 2..order.len() - MOST_CURVES / 2);
    }
    order.sort_unstable();
    let whole = support.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let of_class = |class: usize| {
        let Curves { auc, roc, precision_recall, .. } = against_others(scored, class)?;
        Some(ClassCurves { name: scored.class_name(class), share: support[class] / whole, auc, roc, precision_recall })
    };
    order.into_par_iter().filter_map(of_class).collect()
}

/// By the probability of the predicted class: its mean, the share of right ones, weight.
fn calibration(scored: &Scored<'_>) -> Vec<(f64, f64, f64)> {
    let mut sums = [(0.0, 0.0, 0.0); BINS];
    for row in 0..scored.rows() {
        let Some(sure) = scored.probability(row, scored.classes[row] as usize) else { return Vec::new() };
        let (weight, right) = (scored.weight(row), f64::from(u8::from(scored.classes[row] == scored.labels[row])));
        let bin = &mut sums[((sure * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + weight * sure, bin.1 + weight * right, bin.2 + weight);
    }
    sums.iter().filter(|bin| bin.2 > 0.0).map(|(sure, right, weight)| (sure / weight, right / weight, *weight)).collect()
}
