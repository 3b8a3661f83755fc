//! [`ThresholdCurve`]: what each threshold on a probability gives, from which ROC, precision and recall, and the best F1 follow.

use super::{ratio, weight};

/// Rows that a threshold takes for the second of two classes: those whose probability is at least so high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThresholdPoint {
    /// The threshold.
    pub threshold: f64,
    /// The weight of those that belong to it.
    pub true_positives: f64,
    /// The weight of those that do not.
    pub false_positives: f64,
}

/// The points of all thresholds, from the highest on.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdCurve {
    points: Vec<ThresholdPoint>,
    positives: f64,
    negatives: f64,
}

impl ThresholdCurve {
    /// The curve of rows whose labels are 0 or 1.
    pub fn new(probabilities: &[f64], labels: &[f64], weights: Option<&[f64]>) -> Self {
        let mut order: Vec<_> = (0..probabilities.len()).filter(|&row| weight(weights, row) > 0.0).collect();
        order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
        let mut points: Vec<ThresholdPoint> = Vec::new();
        let (mut positives, mut negatives) = (0.0, 0.0);
        for row in order {
            let part = if labels[row] > 0.5 { &mut positives } else { &mut negatives };
            *part += weight(weights, row);
            let point = ThresholdPoint { threshold: probabilities[row], true_positives: positives, false_positives: negatives };
            match points.last_mut() {
                Some(last) if last.threshold == point.threshold => *last = point,
                _ => points.push(point),
            }
        }
        Self { points, positives, negatives }
    }

    /// The points, by falling threshold: one for each different probability, thinned evenly to at most `most`, of which the last stays.
    pub fn points(&self, most: usize) -> impl Iterator<Item = ThresholdPoint> {
        let step = self.points.len().div_ceil(most.max(1)).max(1);
        self.points.iter().rev().step_by(step).copied().collect::<Vec<_>>().into_iter().rev()
    }

    /// The share of the second class that a point recognises: recall, or the true positive rate.
    pub fn recall(&self, point: ThresholdPoint) -> Option<f64> {
        ratio(point.true_positives, self.positives)
    }

    /// The share of the first class that a point takes for the second.
    pub fn false_positive_rate(&self, point: ThresholdPoint) -> Option<f64> {
        ratio(point.false_positives, self.negatives)
    }

    /// The share of the second class among the rows that a point takes for it.
    pub fn precision(&self, point: ThresholdPoint) -> Option<f64> {
        ratio(point.true_positives, point.true_positives + point.false_positives)
    }

    /// The F1 score at a point.
    pub fn f1(&self, point: ThresholdPoint) -> Option<f64> {
        ratio(2.0 * point.true_positives, self.positives + point.true_positives + point.false_positives)
    }

    /// The point with the highest F1 score; of several, the one with the highest threshold. None without rows of the second class.
    pub fn best_f1(&self) -> Option<ThresholdPoint> {
        let mut best = None;
        for &point in self.points.iter().filter(|_| self.positives > 0.0) {
            if best.is_none_or(|best| self.f1(point) > self.f1(best)) {
                best = Some(point);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.7, the example of `precision_recall_curve` and `roc_curve`.
    #[test]
    fn points_are_scikit_learn_s() {
        let curve = ThresholdCurve::new(&[0.1, 0.4, 0.35, 0.8], &[0.0, 0.0, 1.0, 1.0], None);
        let points: Vec<_> = curve.points(100).collect();
        let of = |value: fn(&ThresholdCurve, ThresholdPoint) -> Option<f64>| {
            points.iter().map(|&point| value(&curve, point).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(points.iter().map(|point| point.threshold).collect::<Vec<_>>(), [0.8, 0.4, 0.35, 0.1]);
        assert_eq!(of(ThresholdCurve::precision), [1.0, 0.5, 2.0 / 3.0, 0.5]);
        assert_eq!(of(ThresholdCurve::recall), [0.5, 0.5, 1.0, 1.0]);
        assert_eq!(of(ThresholdCurve::false_positive_rate), [0.0, 0.5, 0.5, 1.0]);
        let best = curve.best_f1().unwrap();
        assert_eq!((best.threshold, curve.f1(best)), (0.35, Some(0.8)));
    }

    #[test]
    fn equal_probabilities_are_one_point_and_weights_are_rows() {
        let curve = ThresholdCurve::new(&[0.5, 0.5, 0.9], &[1.0, 0.0, 0.0], Some(&[3.0, 1.0, 0.0]));
        let points: Vec<_> = curve.points(100).collect();
        assert_eq!(points, [ThresholdPoint { threshold: 0.5, true_positives: 3.0, false_positives: 1.0 }]);
        let thinned = ThresholdCurve::new(&(0..1000).map(f64::from).collect::<Vec<_>>(), &[0.0; 1000], None);
        let points: Vec<_> = thinned.points(200).collect();
        assert_eq!((points.len(), points[199].threshold, thinned.best_f1()), (200, 0.0, None));
    }
}
