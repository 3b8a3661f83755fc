//! Metrics of which class was predicted for which: precision, recall, and what is made of them. Definitions are scikit-learn's.

use super::{Evaluation, Metric};
use crate::numeric::Grid;
use rayon::prelude::*;
use std::ops::Range;

/// Rows whose predictions are on the stack at a time.
const CHUNK: usize = 4_096;

/// What is made of the counts of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Of the rows for which the class was predicted, those that are of it.
    Precision,
    /// Of the rows of the class, those for which it was predicted.
    Recall,
    /// The harmonic mean of precision and recall.
    F1,
}

/// How the classes make one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The share of class 1.
    Positive(Share),
    /// The mean share of all classes that occur among labels or predictions.
    Macro(Share),
    /// The share of all rows together; precision, recall and F1 are then one number, the accuracy.
    Micro,
    /// The mean recall of all classes that occur among the labels.
    Balanced,
    /// Matthews' correlation coefficient: of labels and predictions; of several classes Gorodkin's generalisation.
    Matthews,
    /// Cohen's kappa: how far labels and predictions agree beyond chance.
    Kappa,
}

/// A metric of the predicted classes.
pub(super) struct Confusion {
    pub(super) name: String,
    pub(super) verdict: Verdict,
    /// A probability above this predicts class 1 of two.
    pub(super) threshold: f64,
}

impl Metric for Confusion {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let counts = Counts::of(evaluation, self.threshold);
        match self.verdict {
            Verdict::Positive(share) => counts.share(1, share),
            Verdict::Macro(share) => {
                let occurring = (0..counts.hits.len()).filter(|&class| counts.labels[class] + counts.predictions[class] > 0.0);
                mean(occurring.map(|class| counts.share(class, share)))
            }
            Verdict::Micro => counts.hits.iter().sum::<f64>() / counts.labels.iter().sum::<f64>(),
            Verdict::Balanced => {
                let occurring = (0..counts.hits.len()).filter(|&class| counts.labels[class] > 0.0);
                mean(occurring.map(|class| counts.share(class, Share::Recall)))
            }
            Verdict::Matthews => counts.matthews(),
            Verdict::Kappa => counts.kappa(),
        }
    }
}

/// The mean; NaN of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// The weight of rows, by class.
struct Counts {
    /// Rows of the class for which it was predicted.
    hits: Vec<f64>,
    /// Rows of the class.
    labels: Vec<f64>,
    /// Rows for which the class was predicted.
    predictions: Vec<f64>,
}

impl Counts {
    /// Sums over the rows of all ranks, by integers, so that their order changes nothing.
    fn of(evaluation: &Evaluation<'_>, threshold: f64) -> Self {
        let targets = evaluation.targets;
        let (rows, classes) = (targets.rows(), (evaluation.margins.len() / targets.rows().max(1)).max(2));
        let [classes] = evaluation.ranks.max_magnitudes([classes as f64]);
        let classes = classes as usize;
        let heaviest = targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        let [heaviest] = evaluation.ranks.max_magnitudes([heaviest]);
        let grid = Grid::new(heaviest);
        let chunk = |chunk: usize| {
            let rows = chunk * CHUNK..rows.min((chunk + 1) * CHUNK);
            let mut sums = vec![0i128; 3 * classes];
            let mut predicted = [0; CHUNK];
            predict(evaluation, rows.clone(), threshold, &mut predicted);
            for (row, predicted) in rows.zip(predicted) {
                let weight = i128::from(grid.units(targets.weight(row)));
                let label = targets.labels()[row] as usize;
                sums[2 * classes + predicted] += weight;
                if label < classes {
                    sums[classes + label] += weight;
                }
                if label == predicted {
                    sums[label] += weight;
                }
            }
            sums
        };
        let zero = || vec![0i128; 3 * classes];
        let add = |mut a: Vec<i128>, b: Vec<i128>| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        let mut sums = (0..rows.div_ceil(CHUNK)).into_par_iter().map(chunk).reduce(zero, add);
        evaluation.ranks.sum_wide(&mut sums);
        let weights = |part: usize| sums[part * classes..(part + 1) * classes].iter().map(|&units| grid.value(units)).collect();
        Self { hits: weights(0), labels: weights(1), predictions: weights(2) }
    }

    /// A class's share; 0 where there is nothing to take a share of.
    fn share(&self, class: usize, share: Share) -> f64 {
        let whole = match share {
            Share::Precision => self.predictions[class],
            Share::Recall => self.labels[class],
            Share::F1 => 0.5 * (self.predictions[class] + self.labels[class]),
        };
        if whole > 0.0 { self.hits[class] / whole } else { 0.0 }
    }

    fn sums(&self) -> (f64, f64, f64) {
        let product = self.labels.iter().zip(&self.predictions).map(|(a, b)| a * b).sum();
        (self.labels.iter().sum(), self.hits.iter().sum(), product)
    }

    /// 0 where all labels or all predictions are of one class.
    fn matthews(&self) -> f64 {
        let (all, hits, product) = self.sums();
        let spread = |counts: &[f64]| all * all - counts.iter().map(|count| count * count).sum::<f64>();
        let spreads = spread(&self.labels) * spread(&self.predictions);
        if spreads > 0.0 { (hits * all - product) / spreads.sqrt() } else { 0.0 }
    }

    /// NaN where labels and predictions are all of one and the same class.
    fn kappa(&self) -> f64 {
        let (all, hits, product) = self.sums();
        let (agreement, chance) = (hits / all, product / (all * all));
        (agreement - chance) / (1.0 - chance)
    }
}

/// The predicted classes of some rows: of equally probable ones the first.
fn predict(evaluation: &Evaluation<'_>, rows: Range<usize>, threshold: f64, out: &mut [usize; CHUNK]) {
    let total = evaluation.targets.rows();
    if evaluation.margins.len() == total {
        for (row, out) in rows.zip(out) {
            let mut value = [evaluation.margins[row]];
            evaluation.objective.link().apply(&mut value);
            *out = usize::from(value[0] > threshold);
        }
        return;
    }
    let mut best = [f64::NEG_INFINITY; CHUNK];
    for (class, margins) in evaluation.margins.chunks_exact(total).enumerate() {
        for ((best, out), &margin) in best.iter_mut().zip(out.iter_mut()).zip(&margins[rows.clone()]) {
            if margin > *best {
                (*best, *out) = (margin, class);
            }
        }
    }
}
