//! Objectives: first and second derivatives of the loss in margin space, and the base score.
//!
//! Derivatives are scaled as XGBoost's are (softmax has twice the second derivative, Poisson e^`max_delta_step` times), so that
//! parameters such as `min_child_weight` and `lambda` mean the same in both.

mod labels;
mod logistic;
mod loss;
mod pointwise;
mod poisson;
mod softmax;
mod squared;

pub(crate) use labels::check_labels_of_ranks;
pub use labels::{check_labels, num_outputs};
pub use loss::GradientPair;
pub(crate) use loss::{Loss, Round};

use crate::simd::Simd;
use crate::{Objective, Params, Result};
use logistic::{Logistic, ScaledLogistic};
use pointwise::PointwiseLoss;
use poisson::Poisson;
use softmax::SoftmaxLoss;
use squared::SquaredError;

/// The loss for the parameters' objective with so many outputs. It takes targets for granted that [`check_labels`] has passed.
///
/// # Errors
/// A `base_score` outside the domain of the objective.
pub(crate) fn loss(params: &Params, outputs: usize) -> Result<Box<dyn Loss>> {
    let simd = Simd::detect()?;
    Ok(match params.objective {
        Objective::SquaredError => Box::new(PointwiseLoss::new(simd, SquaredError::new(params))),
        Objective::Logistic | Objective::BinaryLogistic | Objective::BinaryLogitraw => match params.scale_pos_weight {
            1.0 => Box::new(PointwiseLoss::new(simd, Logistic::new(params)?)),
            _ => Box::new(PointwiseLoss::new(simd, ScaledLogistic::new(params)?)),
        },
        Objective::Poisson => Box::new(PointwiseLoss::new(simd, Poisson::new(params)?)),
        Objective::Softmax | Objective::Softprob => Box::new(SoftmaxLoss::new(simd, params, outputs)),
    })
}

#[cfg(test)]
mod tests;
