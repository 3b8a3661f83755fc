//! Metrics: numbers that say how good predictions are.

use crate::{Objective, Result};

/// What a metric is computed from. Margins are stored output by output: `margins[output * rows + row]`.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// What was minimised; its link turns margins into predictions.
    pub objective: Objective,
    /// The margins, `outputs × rows`.
    pub margins: &'a [f64],
    /// One label a row.
    pub labels: &'a [f64],
    /// One weight a row; all 1 where absent.
    pub weights: Option<&'a [f64]>,
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

/// The metrics called `names`, in order; the objective's default where there are none.
///
/// # Errors
/// An unknown name, a wrong threshold, or a metric that does not fit the objective.
pub fn metrics(names: &[String], objective: Objective) -> Result<Vec<Box<dyn Metric>>> {
    let _ = (names, objective);
    Err(crate::Error::internal("not written yet"))
}
