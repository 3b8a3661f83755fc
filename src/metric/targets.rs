//! Metrics of several targets: their means over targets. As in XGBoost, all rows and targets are one sum under a root.

use super::{Evaluation, Metric};

/// A metric of one target, and the mean of it over several.
pub(super) struct OverTargets {
    pub(super) metric: Box<dyn Metric>,
    /// Whether its value is the root of a mean.
    pub(super) is_root: bool,
}

impl Metric for OverTargets {
    fn name(&self) -> &str {
        self.metric.name()
    }

    fn higher_is_better(&self) -> bool {
        self.metric.higher_is_better()
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let count = evaluation.targets.num_targets();
        if count == 1 {
            return self.metric.evaluate(evaluation);
        }
        let values = (0..count).map(|target| self.metric.evaluate(&evaluation.of_target(target)));
        let mean = values.map(|value| if self.is_root { value * value } else { value }).sum::<f64>() / count as f64;
        if self.is_root { mean.sqrt() } else { mean }
    }
}
