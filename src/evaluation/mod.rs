//! What to look at beside metrics: which classes are taken for which, what each threshold gives, whether probabilities come true, how
//! far all of it is due to chance.
//!
//! The terms are scikit-learn's. Rows count by their weights.

mod bootstrap;
mod calibration;
mod confusion;
mod curve;

pub use bootstrap::bootstrap;
pub use calibration::{CalibrationBin, calibration_curve};
pub use confusion::{ClassScores, ConfusionMatrix};
pub use curve::{ThresholdCurve, ThresholdPoint};

/// The weight of each row, 1 where there are none.
fn weight(weights: Option<&[f64]>, row: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[row])
}

/// `part / whole`, unless there is nothing of the whole.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
