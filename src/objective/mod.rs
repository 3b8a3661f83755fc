//! Objectives: first and second derivatives of the loss in margin space, and the base score.
//!
//! Derivatives are scaled as XGBoost's are (softmax has twice the second derivative, Poisson e^`max_delta_step` times), so that
//! parameters such as `min_child_weight` and `lambda` mean the same in both.

mod labels;
mod logistic;
mod pointwise;
mod poisson;
mod softmax;
mod squared;

pub use labels::{check_labels, num_outputs};

use crate::simd::Simd;
use crate::{Dataset, Objective, Params, Result};

/// Rows for which one task computes gradients.
const CHUNK: usize = 8_192;

/// First and second derivative of a row's loss by its margin, times the row's weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GradientPair {
    /// First derivative.
    pub grad: f32,
    /// Second derivative, not negative.
    pub hess: f32,
}

impl GradientPair {
    /// A pair in single precision; what exceeds its range becomes its largest number.
    #[inline(always)]
    fn new(grad: f64, hess: f64) -> Self {
        const LARGEST: f64 = f32::MAX as f64;
        Self { grad: grad.clamp(-LARGEST, LARGEST) as f32, hess: hess.min(LARGEST) as f32 }
    }

    /// The pair of a row that stands for `factor` rows.
    #[inline(always)]
    pub(crate) fn times(self, factor: f32) -> Self {
        // A product of singles is exact in double precision: it is rounded once, and bounded as every pair is.
        Self::new(f64::from(self.grad) * f64::from(factor), f64::from(self.hess) * f64::from(factor))
    }
}

/// A loss. Margins are stored output by output: `margins[output * rows + row]`.
pub(crate) trait Loss: Send + Sync {
    /// The margins to start from, one per output, estimated from the data unless `base_score` is given.
    ///
    /// # Errors
    /// A `base_score` outside the domain of the objective.
    fn base_score(&self) -> Result<Vec<f64>>;

    /// Called once at the start of each round, with the margins that all its trees are grown on (softmax keeps its normalisers here).
    fn start_round(&mut self, margins: &[f64]);

    /// Moves rows: at each place then is the row that was at `order[place]`. Between rounds only.
    fn reorder(&mut self, order: &[u32]);

    /// Gradients for one output, into `out` (one a row). `margins` are that output's alone, as at the start of the round.
    fn gradients(&self, output: usize, margins: &[f64], out: &mut [GradientPair]);
}

/// The loss for the parameters' objective over a data set; checks that the labels are in its domain.
///
/// # Errors
/// What [`check_labels`] finds: no rows, no labels, a label outside the objective's domain (the message names the row's place and the
/// remedy), no row with a positive weight. Also a `base_score` outside the domain, and `multi:*` without a number of classes.
pub(crate) fn loss(params: &Params, data: &Dataset) -> Result<Box<dyn Loss>> {
    let outputs = num_outputs(params, data)?;
    let labels = check_labels(params.objective, outputs, data)?;
    let (simd, weights) = (Simd::detect()?, data.weights());
    Ok(match params.objective {
        Objective::SquaredError => Box::new(squared::loss(simd, params, labels, weights)),
        Objective::Logistic | Objective::BinaryLogistic | Objective::BinaryLogitraw => {
            Box::new(logistic::loss(simd, params, labels, weights)?)
        }
        Objective::Poisson => Box::new(poisson::loss(simd, params, labels, weights)?),
        Objective::Softmax | Objective::Softprob => Box::new(softmax::SoftmaxLoss::new(simd, params, outputs, labels, weights)),
    })
}

/// The error for a `base_score` outside its domain.
fn base_score_error(params: &Params, value: f64, rule: &str) -> crate::Error {
    crate::Error::parameter(format!(
        "base_score={value} is out of range: with objective={} it {rule}; or leave it out, and it is estimated from the data",
        params.objective.name()
    ))
}

#[cfg(test)]
mod tests;
