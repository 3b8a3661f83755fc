//! `medae`: the weighted median of the absolute errors.

use super::{Evaluation, Metric};
use crate::numeric::weighted_quantile;

/// The median absolute error.
pub(super) struct MedianError {
    pub(super) name: String,
}

impl Metric for MedianError {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let mut values = evaluation.margins.to_vec();
        evaluation.objective.link().apply(&mut values);
        values.iter_mut().zip(evaluation.targets.labels()).for_each(|(value, label)| *value = (*value - label).abs());
        weighted_quantile(evaluation.ranks, &values, evaluation.targets.weights(), 0.5)
    }
}
