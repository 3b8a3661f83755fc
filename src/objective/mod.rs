//! Objectives: first and second derivatives of the loss in margin space, and the base score.

use crate::{Dataset, Params, Result};

/// First and second derivative of a row's loss by its margin, times the row's weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GradientPair {
    /// First derivative.
    pub grad: f32,
    /// Second derivative, not negative.
    pub hess: f32,
}

/// A loss. Margins are stored output by output: `margins[output * rows + row]`.
pub trait Loss: Send + Sync {
    /// The number of margins per row.
    fn num_outputs(&self) -> usize;

    /// The margins to start from, one per output, estimated from the data unless `base_score` is given.
    ///
    /// # Errors
    /// A `base_score` outside the domain of the objective.
    fn base_score(&self) -> Result<Vec<f64>>;

    /// Called once at the start of each round, with the margins that all its trees are grown on (softmax keeps its normalisers here).
    fn start_round(&mut self, margins: &[f64]);

    /// Gradients for one output, into `out` (one a row). `margins` are that output's alone, as at the start of the round.
    fn gradients(&self, output: usize, margins: &[f64], out: &mut [GradientPair]);
}

/// The loss for the parameters' objective over a data set; checks that the labels are in its domain.
///
/// # Errors
/// A data set without labels, or a label outside the objective's domain: the message names the row's place and the remedy.
pub fn loss(params: &Params, data: &Dataset) -> Result<Box<dyn Loss>> {
    let _ = (params, data);
    Err(crate::Error::internal("not written yet"))
}
