//! Curves of a probability over rows that are of a class, or not.

use super::statistics::{auc, ranks};
use sapwood::evaluation::{ThresholdCurve, ThresholdPoint};

/// The curves of all thresholds on a probability.
pub struct Curves {
    /// The area under the ROC curve; none where all rows are of one kind.
    pub auc: Option<f64>,
    /// False positive rate, true positive rate.
    pub roc: Vec<(f64, f64)>,
    /// Recall, precision.
    pub precision_recall: Vec<(f64, f64)>,
    /// The threshold with the highest F1 score.
    pub best_f1: Option<f64>,
}

/// Those of rows whose labels are 0 or 1, with about so many points each.
pub fn curves(probabilities: &[f64], labels: &[f64], weights: Option<&[f64]>, most: usize) -> Curves {
    let curve = ThresholdCurve::new(probabilities, labels, weights);
    let points: Vec<_> = curve.points(most).collect();
    let on = |x: fn(&ThresholdCurve, ThresholdPoint) -> Option<f64>, y: fn(&ThresholdCurve, ThresholdPoint) -> Option<f64>| {
        points.iter().filter_map(|&point| Some((x(&curve, point)?, y(&curve, point)?))).collect::<Vec<_>>()
    };
    let area = match weights {
        // The points stand for all of the curve.
        Some(_) => weighted_auc(&curve, &curve.points(usize::MAX).collect::<Vec<_>>()),
        None => auc(&ranks(probabilities), |row| labels[row] > 0.5),
    };
    Curves {
        auc: area,
        roc: std::iter::once((0.0, 0.0)).chain(on(ThresholdCurve::false_positive_rate, ThresholdCurve::recall)).collect(),
        precision_recall: on(ThresholdCurve::recall, ThresholdCurve::precision),
        best_f1: curve.best_f1().map(|point| point.threshold),
    }
}

/// The area under the points of a curve.
fn weighted_auc(curve: &ThresholdCurve, points: &[ThresholdPoint]) -> Option<f64> {
    let mut before = (0.0, 0.0);
    let mut area = 0.0;
    for &point in points {
        let next = (curve.false_positive_rate(point)?, curve.recall(point)?);
        area += (next.0 - before.0) * (next.1 + before.1) / 2.0;
        before = next;
    }
    (!points.is_empty()).then_some(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.7: `roc_auc_score(y, p)` is .75, with the weights 1, 2, 3, 4 it is 5/7.
    #[test]
    fn areas_are_scikit_learn_s() {
        let (probabilities, labels) = ([0.1, 0.4, 0.35, 0.8], [0.0, 0.0, 1.0, 1.0]);
        let plain = curves(&probabilities, &labels, None, 2);
        assert_eq!((plain.auc, plain.roc.last()), (Some(0.75), Some(&(1.0, 1.0))));
        let weighted = curves(&probabilities, &labels, Some(&[1.0, 2.0, 3.0, 4.0]), 2).auc.unwrap();
        assert!((weighted - 5.0 / 7.0).abs() < 1e-12, "{weighted}");
        assert!(curves(&probabilities, &[0.0; 4], None, 2).auc.is_none() && curves(&[], &[], Some(&[]), 2).auc.is_none());
    }
}
