//! Metrics: numbers that say how good predictions are.
//!
//! The definitions are XGBoost's where it has the metric, scikit-learn's for `r2`, `mse` and `accuracy`. Two things differ on purpose:
//! metrics always see what [`Objective::link`] makes of a margin, also under `binary:logitraw` (XGBoost compares its raw margins with
//! probabilities there), and rows of weight 0 count for nothing, whatever their loss.

mod auc;
mod multiclass;
mod r2;
mod reduce;
mod registry;
mod row_mean;

pub use registry::{default_metric, metrics};

use crate::Objective;

/// What a metric is computed from. Margins are stored output by output: `margins[output * rows + row]`.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// What was minimised; its link turns margins into predictions.
    pub objective: Objective,
    /// The margins, `outputs × rows`.
    pub margins: &'a [f64],
    /// One label a row, in the objective's domain ([`check_labels`](crate::objective::check_labels)).
    pub labels: &'a [f64],
    /// One weight a row; all 1 where absent.
    pub weights: Option<&'a [f64]>,
}

impl Evaluation<'_> {
    /// The number of rows.
    fn rows(&self) -> usize {
        self.labels.len()
    }

    /// The weight of a row.
    #[inline]
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// A metric.
pub trait Metric: Send + Sync {
    /// Its name as given (`rmse`, `error@0.7`).
    fn name(&self) -> &str;

    /// Whether larger is better.
    fn higher_is_better(&self) -> bool;

    /// Its value; the same bits for any number of threads. NaN where it is undefined (AUC of a single class).
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64;
}

#[cfg(test)]
mod tests;
