//! Metrics: numbers that say how good predictions are.
//!
//! The definitions are XGBoost's where it has the metric, scikit-learn's for `r2`, `mse` and `accuracy`. Two things differ on purpose:
//! metrics always see what [`Objective::link`] makes of a margin, also under `binary:logitraw` (XGBoost compares its raw margins with
//! probabilities there), and rows of weight 0 count for nothing, whatever their loss.

mod auc;
mod calibration_error;
mod confusion;
mod cox;
mod group_area;
mod intervals;
mod levels;
mod median;
mod multiclass;
mod r2;
mod ranking;
mod reduce;
mod registry;
mod row_mean;
mod spec;
mod targets;

pub(crate) use group_area::left_out;
#[cfg(test)]
pub(crate) use registry::fitting;
pub use registry::{default_metric, known, metrics, metrics_from};
pub use spec::{Better, METRICS, MetricSpec};

use crate::collective::{Collective, Solo};
use crate::data::TargetsView;
use crate::{Error, Objective, Result};

/// What a metric is computed from. Margins are stored output by output: `margins[output * rows + row]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Evaluation<'a> {
    /// What was minimised; its link turns margins into predictions.
    pub objective: Objective,
    /// The margins, `outputs × rows`.
    pub margins: &'a [f64],
    /// What the rows are in truth; labels are in the objective's domain ([`check_labels`](crate::objective::check_labels)).
    pub targets: TargetsView<'a>,
    /// The ranks that hold the rows; margins and targets are this one's.
    pub ranks: &'a dyn Collective,
}

impl<'a> Evaluation<'a> {
    /// The margins of an objective against what is true.
    ///
    /// # Errors
    /// A number of margins that is no multiple of the rows.
    pub fn new(objective: Objective, margins: &'a [f64], targets: TargetsView<'a>) -> Result<Self> {
        match targets.rows() {
            0 if margins.is_empty() => {}
            rows if rows > 0 && margins.len().is_multiple_of(rows) => {}
            rows => return Err(Error::data(format!("{} margins for {rows} rows", margins.len()))),
        }
        Ok(Self { objective, margins, targets, ranks: &Solo })
    }

    /// The same of one of several targets alone.
    #[must_use]
    pub fn of_target(&self, target: usize) -> Self {
        let rows = self.targets.rows();
        Self { margins: &self.margins[target * rows..(target + 1) * rows], targets: self.targets.of_target(target), ..*self }
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
