//! [`Kept`]: which rounds a model keeps, as they are found out.

use super::early_stopping::{Decision, EarlyStopping};
use super::report::RoundReport;
use crate::Tree;

/// Follows the rounds of a run.
#[derive(Debug, Default)]
pub(super) struct Kept {
    stopping: Option<EarlyStopping>,
    /// The weights that trees had in the best round, if later ones change them.
    weights: Option<Vec<f64>>,
    has_ended: bool,
}

impl Kept {
    /// All rounds are kept, or those up to the best. `reweighs` says whether rounds change the weights of earlier trees.
    pub fn new(stopping: Option<EarlyStopping>, reweighs: bool) -> Self {
        Self { stopping, weights: reweighs.then(Vec::new), has_ended: false }
    }

    /// Whether the metrics decide.
    pub fn is_decided_by_metrics(&self) -> bool {
        self.stopping.is_some()
    }

    /// Takes a round with the trees after it; whether training ends with it.
    pub fn observe(&mut self, report: &RoundReport, trees: &[Tree]) -> bool {
        let Some(stopping) = &mut self.stopping else { return false };
        // What early stopping looks at is the last metric of the last validation set.
        let value = report.values.last().map_or(f64::NAN, |(_, _, value)| *value);
        let decision = stopping.observe(report.round, value);
        if let Some(weights) = self.weights.as_mut().filter(|_| decision == Decision::Improved) {
            weights.clear();
            weights.extend(trees.iter().map(|tree| tree.weight));
        }
        self.has_ended = decision == Decision::Stop;
        self.has_ended
    }

    /// Whether training ended with the last round that was observed.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The best round and its value, if metrics decide and any was a number.
    pub fn best(&self) -> Option<(usize, f64)> {
        self.stopping.as_ref().and_then(EarlyStopping::best)
    }

    /// Leaves the trees of the rounds up to the best one, as they were then. `trees` are those from the round `first` on.
    pub fn cut(&self, trees: &mut Vec<Tree>, first: usize, trees_per_round: usize) {
        let Some((round, _)) = self.best() else { return };
        trees.truncate((round + 1 - first) * trees_per_round);
        let weights = self.weights.iter().flatten();
        trees.iter_mut().zip(weights).for_each(|(tree, weight)| tree.weight = *weight);
    }
}
