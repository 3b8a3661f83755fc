//! [`Restraint`]: what the weights of a node's children must keep to besides regularisation.
//!
//! Under monotone constraints the children of a split on a feature with a direction must differ in this direction, and gains are those of
//! weights within bounds. By XGBoost's and LightGBM's "basic" method, the middle of their weights bounds those of all leaves below, on either
//! side; for the other method see [`in_turn`](crate::grow). `path_smooth` is LightGBM's: a weight is drawn to that of the node above, the more so the fewer rows it has.

use super::gain::Regularisation;
use super::node::{Bounds, NodeContext};
use crate::histogram::Units;

/// What the weights of a node's children must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restraint {
    bounds: Bounds,
    /// How the children's weights must differ: 1, the right one is the larger; -1, the smaller; 0, either.
    direction: f64,
    smoothing: Smoothing,
    /// Rows for each unit of the hessian's sum.
    rows_per_hess: f64,
}

/// How weights are drawn to the weight of the node above.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Smoothing {
    /// With so many rows, half the way.
    pub rows: f64,
    /// The weight of the node above.
    pub centre: f64,
}

impl Smoothing {
    /// A weight that so many rows have, smoothed.
    #[inline(always)]
    pub fn apply(self, weight: f64, rows: f64) -> f64 {
        (weight * rows + self.centre * self.rows) / (rows + self.rows)
    }
}

impl Restraint {
    /// That of a node's children, where the node itself has the weight `weight`; of those of splits on features without a direction.
    pub fn of(node: &NodeContext, path_smooth: f64, weight: f64, units: Units) -> Self {
        let smoothing = Smoothing { rows: path_smooth, centre: weight };
        let rows_per_hess = node.rows as f64 / (node.sums.hess as f64 * units.hess);
        Self { bounds: node.bounds, direction: 0.0, smoothing, rows_per_hess }
    }

    /// The same for splits on a feature with a direction.
    #[must_use]
    pub fn with_direction(self, direction: f64) -> Self {
        Self { direction, ..self }
    }

    /// Whether any weights of children will do.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        self.direction == 0.0 && self.smoothing.rows == 0.0 && self.bounds == Bounds::default()
    }

    /// The weight of a child.
    #[inline(always)]
    pub fn weight(&self, regularisation: &Regularisation, grad: f64, hess: f64) -> f64 {
        let weight = regularisation.weight_of(grad, hess);
        let smooth = match self.smoothing.rows > 0.0 {
            true => self.smoothing.apply(weight, hess * self.rows_per_hess),
            false => weight,
        };
        self.bounds.clamp(smooth)
    }

    /// Whether children may have these weights. Those of equal weights gain nothing.
    #[inline(always)]
    pub fn allows(&self, left: f64, right: f64) -> bool {
        ((right - left) * self.direction > 0.0) | ((self.direction == 0.0) & (left != right))
    }
}
