//! The regularised objective of Chen & Guestrin (2016): leaf weights and what a node contributes to the loss.

use crate::Params;

/// Gains up to this share of the children's score are rounding noise: a dozen operations in double precision stay below it. A share and no
/// number (XGBoost has 10⁻⁶), because gains have the unit of the target squared, and grow with the weights.
const NOISE: f64 = 1.0 / (1u64 << 46) as f64;

/// How leaves are regularised and which splits are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Regularisation {
    lambda: f64,
    alpha: f64,
    max_delta_step: f64,
    pub min_child_weight: f64,
    gamma: f64,
}

impl Regularisation {
    pub fn new(params: &Params) -> Self {
        Self {
            lambda: params.lambda,
            alpha: params.alpha,
            max_delta_step: params.max_delta_step(),
            min_child_weight: params.min_child_weight,
            gamma: params.gamma,
        }
    }

    /// The same with more L2 regularisation.
    pub fn with_more_lambda(self, more: f64) -> Self {
        Self { lambda: self.lambda + more, ..self }
    }

    /// The leaf weight that minimises the loss, before shrinkage. Zero where there is no hessian to divide by.
    pub fn weight(&self, grad: f64, hess: f64) -> f64 {
        if hess <= 0.0 || hess + self.lambda <= 0.0 {
            return 0.0;
        }
        self.weight_of(grad, hess)
    }

    /// The same where there is hessian.
    #[inline(always)]
    pub fn weight_of(&self, grad: f64, hess: f64) -> f64 {
        let weight = -soft_threshold(grad, self.alpha) / (hess + self.lambda);
        if self.max_delta_step > 0.0 { weight.max(-self.max_delta_step).min(self.max_delta_step) } else { weight }
    }

    /// The largest magnitude that a leaf's weight may have; infinite if there is no limit.
    pub fn most(&self) -> f64 {
        if self.max_delta_step > 0.0 { self.max_delta_step } else { f64::INFINITY }
    }

    /// The L2 regularisation.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Twice the loss that the best weight takes away. A split's gain is what its children's scores exceed the parent's by.
    #[inline(always)]
    pub fn score(&self, grad: f64, hess: f64) -> f64 {
        if self.is_plain() {
            return grad * grad / (hess + self.lambda);
        }
        self.score_at(self.weight(grad, hess), grad, hess)
    }

    /// Twice the loss that a weight takes away.
    #[inline(always)]
    pub fn score_at(&self, weight: f64, grad: f64, hess: f64) -> f64 {
        -(2.0 * grad * weight + (hess + self.lambda) * weight * weight + 2.0 * self.alpha * weight.abs())
    }

    /// Whether there is neither L1 regularisation nor a step limit: then the score is grad² / (hess + lambda), which is not a number
    /// where there is no hessian and no `lambda`.
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        self.alpha == 0.0 && self.max_delta_step == 0.0
    }

    /// Whether children whose scores sum to `score` are worth splitting a node that scores `parent`.
    pub fn is_worthwhile(&self, score: f64, parent: f64) -> bool {
        self.is_worthwhile_of(score, parent, 1.0)
    }

    /// The same where scores are sums of so many outputs', which round as often.
    pub fn is_worthwhile_of(&self, score: f64, parent: f64, outputs: f64) -> bool {
        let gain = score - parent;
        gain > outputs * NOISE * score.abs() && gain >= self.gamma
    }
}

#[inline(always)]
fn soft_threshold(grad: f64, alpha: f64) -> f64 {
    grad - grad.max(-alpha).min(alpha)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn regularisation(lambda: f64, alpha: f64, max_delta_step: f64) -> Regularisation {
        Regularisation { lambda, alpha, max_delta_step, min_child_weight: 0.0, gamma: 0.0 }
    }

    #[test]
    fn weights_and_scores_by_hand() {
        let plain = regularisation(1.0, 0.0, 0.0);
        assert_relative_eq!(plain.weight(-6.0, 2.0), 2.0);
        assert_relative_eq!(plain.score(-6.0, 2.0), 12.0);
        let l1 = regularisation(1.0, 3.0, 0.0);
        assert_relative_eq!(l1.weight(-6.0, 2.0), 1.0);
        assert_relative_eq!(l1.score(-6.0, 2.0), 3.0);
        assert_eq!(l1.weight(2.0, 2.0), 0.0);
        let limited = regularisation(1.0, 0.0, 0.5);
        assert_relative_eq!(limited.weight(-6.0, 2.0), 0.5);
        assert_relative_eq!(limited.score(-6.0, 2.0), 6.0 - 0.75);
    }

    #[test]
    fn a_gain_is_measured_by_the_score_whatever_its_unit() {
        let plain = regularisation(1.0, 0.0, 0.0);
        for unit in [1e-60, 1e-12, 1.0, 1e60] {
            assert!(plain.is_worthwhile(1.001 * unit, unit));
            assert!(!plain.is_worthwhile(unit * (1.0 + 4.0 * f64::EPSILON), unit));
            assert!(!plain.is_worthwhile(0.9 * unit, unit));
        }
        assert!(!plain.is_worthwhile(0.0, 0.0));
        let demanding = Regularisation { gamma: 2.0, ..plain };
        assert!(demanding.is_worthwhile(5.0, 3.0) && !demanding.is_worthwhile(4.9, 3.0));
    }

    #[test]
    fn no_hessian_no_weight() {
        assert_eq!(regularisation(0.0, 0.0, 0.0).weight(1.0, 0.0), 0.0);
    }
}
