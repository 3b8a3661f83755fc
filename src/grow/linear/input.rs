//! What linear leaves follow from, besides the tree.

use crate::data::RawValues;
use crate::split::Regularisation;

/// What linear leaves are fitted to.
pub(crate) struct LinearInput<'a, F> {
    pub raw: &'a RawValues,
    /// The largest hessian among all rows of all ranks.
    pub largest_hess: f32,
    /// The row of `raw` that a row of the tree is, and what it was grown on.
    pub grown_on: F,
}

/// How a linear leaf follows from its rows.
#[derive(Clone, Copy)]
pub(crate) struct LinearRule {
    pub regularisation: Regularisation,
    pub shrinkage: f64,
    /// What is added to the squares of features.
    pub ridge: f64,
}
