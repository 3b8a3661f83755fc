//! Gauss–Legendre quadrature on [0, 1]: with n nodes exact for polynomials up to degree 2n − 1.

use std::f64::consts::PI;

/// Nodes in ascending order, and the weight of each; the weights add up to 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub nodes: Vec<f64>,
    pub weights: Vec<f64>,
}

impl Rule {
    /// The rule of `n` nodes, at least 1.
    ///
    /// Half of the nodes are found by Newton's method, each near enough to 0 for it to have full relative precision; the others are
    /// their mirror images.
    pub fn new(n: usize) -> Self {
        let mut rule = Self { nodes: vec![0.5; n], weights: vec![0.0; n] };
        for i in 0..n.div_ceil(2) {
            let (node, weight) = root(n, first_guess(n, i));
            rule.nodes[n - 1 - i] = 1.0 - node;
            rule.nodes[i] = node;
            rule.weights[i] = weight;
            rule.weights[n - 1 - i] = weight;
        }
        rule
    }
}

/// About where root number `i` is: `(1 − cos θ) / 2` with Tricomi's angle `θ = π (i + ¾) / (n + ½)`.
fn first_guess(n: usize, i: usize) -> f64 {
    let half = 0.5 * PI * (i as f64 + 0.75) / (n as f64 + 0.5);
    // The sine to seven digits on [0, π/4], without the C library.
    let square = half * half;
    let sine = half * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))));
    sine * sine
}

/// The root of the Legendre polynomial of degree `n` on [0, 1] that Newton's method reaches from `t`, and its weight.
fn root(n: usize, mut t: f64) -> (f64, f64) {
    // Steps shrink quadratically; a few suffice, and the bound is only for what rounding could do.
    for _ in 0..20 {
        let (value, slope) = legendre(n, t);
        let step = value / slope;
        t -= step;
        if step.abs() <= f64::EPSILON * t {
            break;
        }
    }
    let (_, slope) = legendre(n, t);
    (t, 1.0 / (t * (1.0 - t) * slope * slope))
}

/// `P(1 − 2t)` of degree `n` and its derivative with respect to `t`.
///
/// The recurrence runs over differences of neighbours, which keeps the precision of `t` where `1 − 2t` would lose it.
fn legendre(n: usize, t: f64) -> (f64, f64) {
    let (mut value, mut difference) = (1.0, 0.0);
    for k in 0..n {
        let k = k as f64;
        difference = (k * difference - (2.0 * k + 1.0) * 2.0 * t * value) / (k + 1.0);
        value += difference;
    }
    let n = n as f64;
    (value, n * (difference - 2.0 * t * value) / (2.0 * t * (1.0 - t)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(rule: &Rule, degree: i32) -> f64 {
        rule.nodes.iter().zip(&rule.weights).map(|(t, weight)| weight * t.powi(degree)).sum()
    }

    #[test]
    fn polynomials_up_to_degree_2n_minus_1_are_integrated_exactly() {
        for n in (1..=40).chain([64, 100, 257, 500]) {
            let rule = Rule::new(n);
            for degree in 0..2 * n as i32 {
                let error = moment(&rule, degree) * f64::from(degree + 1) - 1.0;
                assert!(error.abs() < 1e-12, "{n} nodes, degree {degree}: {error:e}");
            }
            assert!(n > 8 || (moment(&rule, 2 * n as i32) * (2 * n + 1) as f64 - 1.0).abs() > 1e-12, "{n} nodes");
        }
    }

    #[test]
    fn nodes_are_those_of_the_tables() {
        // Abramowitz and Stegun, table 25.4, moved to [0, 1].
        let rule = Rule::new(4);
        let nodes = [0.861_136_311_594_052_6, 0.339_981_043_584_856_3];
        let weights = [0.347_854_845_137_453_85, 0.652_145_154_862_546_1];
        for i in 0..2 {
            assert!((rule.nodes[i] - 0.5 * (1.0 - nodes[i])).abs() < 1e-16);
            assert!((rule.nodes[3 - i] - 0.5 * (1.0 + nodes[i])).abs() < 1e-15);
            assert!((rule.weights[i] - 0.5 * weights[i]).abs() < 1e-15);
        }
        assert_eq!(Rule::new(1), Rule { nodes: vec![0.5], weights: vec![1.0] });
    }

    #[test]
    fn nodes_ascend_and_lie_within() {
        for n in [2, 3, 31, 1_000] {
            let rule = Rule::new(n);
            assert!(rule.nodes.is_sorted_by(|a, b| a < b) && rule.nodes[0] > 0.0 && rule.nodes[n - 1] < 1.0);
            assert!(rule.weights.iter().all(|&weight| weight > 0.0));
        }
    }
}
