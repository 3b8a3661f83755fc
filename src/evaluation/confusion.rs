//! [`ConfusionMatrix`]: how often each class is taken for each other.

use super::{ratio, weight};
use crate::{Error, Result};

/// The weight of rows by their true class and the class that was predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// Row by row: the true class decides the row.
    counts: Vec<f64>,
}

/// How well one class is recognised. What would be 0 / 0 is absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The share of right ones among the rows that were taken for this class.
    pub precision: Option<f64>,
    /// The share of rows of this class that were recognised.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// The weight of rows of this class.
    pub support: f64,
}

impl ConfusionMatrix {
    /// Counts rows whose true and predicted classes are given by index.
    ///
    /// # Errors
    /// Lists of different lengths, or an index that is none of so many classes.
    pub fn new(classes: usize, truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<Self> {
        if truth.len() != predicted.len() || weights.is_some_and(|weights| weights.len() != truth.len()) {
            return Err(Error::data("labels, predictions and weights are not equally many"));
        }
        let mut counts = vec![0.0; classes * classes];
        for (row, pair) in truth.iter().zip(predicted).enumerate() {
            let [truth, predicted] =
                [pair.0, pair.1].map(|class| (*class >= 0.0 && class.fract() == 0.0).then_some(*class as usize));
            match (truth, predicted) {
                (Some(truth), Some(predicted)) if truth.max(predicted) < classes => {
                    counts[truth * classes + predicted] += weight(weights, row);
                }
                _ => return Err(Error::data(format!("row {row}: {} or {} is no class of {classes}", pair.0, pair.1))),
            }
        }
        Ok(Self { classes, counts })
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// For each true class, the weight of its rows by predicted class.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.counts.chunks(self.classes.max(1))
    }

    /// The share of rows whose class was predicted.
    pub fn accuracy(&self) -> Option<f64> {
        let right: f64 = (0..self.classes).map(|class| self.right(class)).sum();
        ratio(right, self.counts.iter().sum())
    }

    /// How well each class is recognised.
    pub fn scores(&self) -> Vec<ClassScores> {
        let scores = |class: usize| {
            let right = self.right(class);
            let support: f64 = self.counts[class * self.classes..][..self.classes].iter().sum();
            let taken: f64 = self.counts.iter().skip(class).step_by(self.classes).sum();
            let f1 = ratio(2.0 * right, support + taken);
            ClassScores { precision: ratio(right, taken), recall: ratio(right, support), f1, support }
        };
        (0..self.classes).map(scores).collect()
    }

    fn right(&self, class: usize) -> f64 {
        self.counts[class * self.classes + class]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.7: `confusion_matrix` and `precision_recall_fscore_support` of these lists.
    #[test]
    fn scores_are_scikit_learn_s() {
        let (truth, predicted) = ([0.0, 1.0, 2.0, 2.0, 0.0], [0.0, 0.0, 2.0, 2.0, 1.0]);
        let matrix = ConfusionMatrix::new(3, &truth, &predicted, None).unwrap();
        assert_eq!(matrix.rows().collect::<Vec<_>>(), [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]);
        let scores = matrix.scores();
        assert_eq!(scores[0], ClassScores { precision: Some(0.5), recall: Some(0.5), f1: Some(0.5), support: 2.0 });
        assert_eq!(scores[1], ClassScores { precision: Some(0.0), recall: Some(0.0), f1: Some(0.0), support: 1.0 });
        assert_eq!((scores[2].f1, matrix.accuracy()), (Some(1.0), Some(0.6)));
        let weighted = ConfusionMatrix::new(3, &truth, &predicted, Some(&[2.0, 0.0, 1.0, 1.0, 0.0])).unwrap();
        assert_eq!((weighted.accuracy(), weighted.scores()[1].f1), (Some(1.0), None));
    }

    #[test]
    fn what_is_no_class_is_an_error() {
        for bad in [-1.0, 0.5, 2.0, f64::NAN] {
            assert!(ConfusionMatrix::new(2, &[bad], &[0.0], None).is_err(), "{bad}");
        }
        assert!(ConfusionMatrix::new(2, &[0.0], &[0.0, 1.0], None).is_err());
    }
}
