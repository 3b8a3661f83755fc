//! `cox-nloglik`: the negative partial log-likelihood of proportional hazards, per event.

use super::{Evaluation, Metric};
use crate::numeric::RiskSets;

/// The partial likelihood of hazards.
pub(super) struct CoxLikelihood {
    pub(super) name: String,
}

impl Metric for CoxLikelihood {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let targets = evaluation.targets;
        RiskSets::new(targets.labels(), evaluation.margins, targets.weights(), evaluation.ranks).negative_log_likelihood()
    }
}
