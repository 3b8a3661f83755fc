//! Objectives: first and second derivatives of the loss in margin space, and the base score.
//!
//! Derivatives are scaled as XGBoost's are (softmax has twice the second derivative, Poisson e^`max_delta_step` times), so that
//! parameters such as `min_child_weight` and `lambda` mean the same in both. Only pseudo-Huber's second derivative is another.

mod aft;
mod class_weights;
mod cox;
mod custom;
mod expectile;
mod gamma;
mod hinge;
mod labels;
mod lambdarank;
mod log_link;
mod logistic;
mod loss;
mod pointwise;
mod poisson;
mod pseudo_huber;
mod quantile;
mod query_groups;
mod softmax;
mod squared;
mod squared_log;
mod table;
mod tweedie;
mod xendcg;

pub(crate) use class_weights::{absent_classes, weights_by_class};
pub use custom::CustomObjective;
pub(crate) use labels::check_labels_of_ranks;
pub use labels::{check_bound_columns, check_labels, num_outputs};
pub(crate) use lambdarank::{depth, gain};
pub use loss::{GradientPair, Loss, Round};
pub(crate) use query_groups::{normalised_weights, nothing_to_rank};
pub use table::{Description, describe};

use crate::collective::Solo;
use crate::simd::Simd;
use crate::{Dataset, Objective, Params, Result};
use aft::Aft;
use cox::Cox;
use expectile::Expectile;
use gamma::Gamma;
use hinge::Hinge;
use logistic::{Logistic, ScaledLogistic};
use pointwise::PointwiseLoss;
use poisson::Poisson;
use pseudo_huber::PseudoHuber;
use quantile::Quantile;
use softmax::SoftmaxLoss;
use squared::SquaredError;
use squared_log::SquaredLogError;
use tweedie::Tweedie;
use xendcg::Xendcg;

/// The loss for the parameters' objective with so many outputs. It takes targets for granted that [`check_labels`] has passed.
///
/// # Errors
/// A `base_score` outside the domain of the objective.
pub(crate) fn loss(params: &Params, outputs: usize) -> Result<Box<dyn Loss>> {
    let simd = Simd::detect()?;
    Ok(match params.objective {
        Objective::SquaredError => Box::new(PointwiseLoss::new(simd, SquaredError::new(params), outputs)),
        Objective::Logistic | Objective::BinaryLogistic | Objective::BinaryLogitraw => match params.scale_pos_weight {
            1.0 => Box::new(PointwiseLoss::new(simd, Logistic::new(params)?, outputs)),
            _ => Box::new(PointwiseLoss::new(simd, ScaledLogistic::new(params)?, outputs)),
        },
        Objective::Poisson => Box::new(PointwiseLoss::new(simd, Poisson::new(params)?, outputs)),
        Objective::BinaryHinge => Box::new(PointwiseLoss::new(simd, Hinge::new(params), outputs)),
        Objective::Gamma => Box::new(PointwiseLoss::new(simd, Gamma::new(params)?, outputs)),
        Objective::Tweedie => Box::new(PointwiseLoss::new(simd, Tweedie::new(params)?, outputs)),
        Objective::PseudoHuber => Box::new(PointwiseLoss::new(simd, PseudoHuber::new(params), outputs)),
        Objective::SquaredLogError => Box::new(PointwiseLoss::new(simd, SquaredLogError::new(params)?, outputs)),
        Objective::AbsoluteError => Box::new(PointwiseLoss::new(simd, Quantile::median(params), outputs)),
        Objective::Quantile => Box::new(PointwiseLoss::of_outputs(simd, Quantile::of_levels(params))),
        Objective::Expectile => Box::new(PointwiseLoss::of_outputs(simd, Expectile::of_levels(params))),
        Objective::Cox => Box::new(Cox::new(params)?),
        Objective::Aft => Box::new(Aft::new(params)?),
        Objective::RankNdcg | Objective::RankMap | Objective::RankPairwise => lambdarank::lambdarank(simd, params),
        Objective::RankXendcg => Box::new(Xendcg::new(params)),
        Objective::Softmax | Objective::Softprob => Box::new(SoftmaxLoss::new(simd, params, outputs)),
    })
}

/// The margins of the best prediction that is the same for all rows, which need weights and labels alone: what a model must beat.
///
/// # Errors
/// Labels that do not fit the objective, which [`check_labels`] tells.
pub fn constant_margins(params: &Params, data: &Dataset) -> Result<Vec<f64>> {
    let params = Params { base_score: None, ..params.clone() };
    loss(&params, num_outputs(&params, data)?)?.base_score(data.targets(), &Solo)
}

#[cfg(test)]
mod tests;
