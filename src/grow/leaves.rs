//! Leaf values: from the rows' own gradients, not from the quantised ones that chose the splits.
//!
//! Like histograms they are sums of integers, so that the order of rows changes nothing; these have 51 bits.

use super::node::{GrownNode, Leaf};
use crate::collective::Collective;
use crate::objective::GradientPair;
use crate::split::{Regularisation, Smoothing};
use rayon::prelude::*;

/// Rows that one task adds up.
const ROWS_PER_TASK: usize = 65_536;

/// Rows whose integers fit 64 bits together.
const ROWS_PER_SUM: usize = 4_096;

/// What leaf values follow from.
#[derive(Clone, Copy)]
pub(crate) struct LeafInput<'a> {
    /// Of all outputs, output by output.
    pub gradients: &'a [GradientPair],
    pub outputs: usize,
    /// The largest magnitudes of gradient and hessian among all rows of all ranks.
    pub largest: (f32, f32),
}

/// How the value of a leaf follows from its sums.
#[derive(Clone, Copy)]
pub(crate) struct LeafRule {
    pub regularisation: Regularisation,
    /// Rows that a weight needs to be drawn no more than half the way to the one above; 0: none is drawn.
    pub path_smooth: f64,
    pub shrinkage: f64,
}

/// Gives every leaf its value, or one for each of several outputs, and its cover.
///
/// As in XGBoost, a tree that is but a leaf stays at zero where it has less hessian than `min_child_weight`. Of several outputs, each does so in
/// any leaf.
pub(crate) fn set_leaf_values(
    nodes: &mut [GrownNode],
    buffers: &[Vec<u32>; 2],
    input: LeafInput<'_>,
    rule: LeafRule,
    ranks: &dyn Collective,
) {
    if input.outputs > 1 {
        return set_leaf_vectors(nodes, buffers, input, rule, ranks);
    }
    let LeafInput { gradients, largest, .. } = input;
    let scales = (FixedPoint::new(largest.0), FixedPoint::new(largest.1));
    let is_stump = nodes.len() == 1;
    let sums_of = |node: &GrownNode| match node {
        GrownNode::Leaf(leaf) => {
            let tasks = leaf.rows(buffers).par_chunks(ROWS_PER_TASK).map(|rows| sum(rows, gradients, scales));
            tasks.reduce(|| [0, 0], |a, b| [a[0] + b[0], a[1] + b[1]])
        }
        GrownNode::Split { .. } => [0, 0],
    };
    let mut sums: Vec<[i128; 2]> = nodes.par_iter().map(sums_of).collect();
    ranks.sum_wide(sums.as_flattened_mut());
    let values = |[grad, hess]: [i128; 2]| (scales.0.value(grad), scales.1.value(hess));
    let weights = match rule.path_smooth > 0.0 {
        true => smoothed(nodes, &mut sums, |sums| weight(rule, values(sums)), rule.path_smooth),
        false => sums.iter().map(|&sums| weight(rule, values(sums))).collect(),
    };
    for ((node, sums), weight) in nodes.iter_mut().zip(sums).zip(weights) {
        if let GrownNode::Leaf(leaf) = node {
            leaf.cover = values(sums).1;
            let counts = !is_stump || leaf.cover >= rule.regularisation.min_child_weight;
            leaf.value = if counts { rule.shrinkage * leaf.bounds.clamp(weight) } else { 0.0 };
        }
    }
}

/// The same for several outputs.
fn set_leaf_vectors(
    nodes: &mut [GrownNode],
    buffers: &[Vec<u32>; 2],
    LeafInput { gradients, outputs, largest }: LeafInput<'_>,
    rule: LeafRule,
    ranks: &dyn Collective,
) {
    let scales = (FixedPoint::new(largest.0), FixedPoint::new(largest.1));
    let mut leaves: Vec<&mut Leaf> = nodes.iter_mut().filter_map(GrownNode::leaf_mut).collect();
    let rows = gradients.len() / outputs;
    let sums_of = |leaf: &&mut Leaf| {
        let of_output = |output| sum(leaf.rows(buffers), &gradients[output * rows..(output + 1) * rows], scales);
        (0..outputs).into_par_iter().map(of_output).collect()
    };
    let sums: Vec<Vec<[i128; 2]>> = leaves.par_iter().map(sums_of).collect();
    let mut sums = sums.concat();
    ranks.sum_wide(sums.as_flattened_mut());
    for (leaf, sums) in leaves.iter_mut().zip(sums.chunks_exact(outputs)) {
        let values = sums.iter().map(|&[grad, hess]| (scales.0.value(grad), scales.1.value(hess)));
        leaf.cover = values.clone().map(|(_, hess)| hess).sum();
        let counts = |hess: f64| hess >= rule.regularisation.min_child_weight;
        let value = |(grad, hess)| if counts(hess) { rule.shrinkage * weight(rule, (grad, hess)) } else { 0.0 };
        leaf.outputs = values.map(value).collect();
    }
}

fn weight(rule: LeafRule, (grad, hess): (f64, f64)) -> f64 {
    rule.regularisation.weight(grad, hess)
}

/// The weights of all nodes, each drawn to that of the node above. `sums` are those of leaves, and become those of all nodes.
fn smoothed(nodes: &[GrownNode], sums: &mut [[i128; 2]], weight: impl Fn([i128; 2]) -> f64, path_smooth: f64) -> Vec<f64> {
    let mut rows = vec![0; nodes.len()];
    for (at, node) in nodes.iter().enumerate().rev() {
        match node {
            GrownNode::Leaf(leaf) => rows[at] = leaf.row_count,
            GrownNode::Split { left, right, .. } => {
                rows[at] = rows[*left] + rows[*right];
                sums[at] = std::array::from_fn(|part| sums[*left][part] + sums[*right][part]);
            }
        }
    }
    let mut weights: Vec<f64> = sums.iter().map(|&sums| weight(sums)).collect();
    for (at, node) in nodes.iter().enumerate() {
        if let GrownNode::Split { left, right, .. } = node {
            let smoothing = Smoothing { rows: path_smooth, centre: weights[at] };
            [*left, *right].into_iter().for_each(|child| weights[child] = smoothing.apply(weights[child], rows[child] as f64));
        }
    }
    weights
}

fn sum(rows: &[u32], gradients: &[GradientPair], scales: (FixedPoint, FixedPoint)) -> [i128; 2] {
    rows.chunks(ROWS_PER_SUM).fold([0, 0], |total, rows| {
        let (grad, hess) = rows
            .iter()
            .map(|&row| gradients[row as usize])
            .fold((0i64, 0i64), |(grad, hess), pair| (grad + scales.0.units(pair.grad), hess + scales.1.units(pair.hess)));
        [total[0] + i128::from(grad), total[1] + i128::from(hess)]
    })
}

/// Fixed point for single-precision numbers up to some magnitude: that one becomes 2^50 to 2^51 units.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedPoint(f64);

impl FixedPoint {
    pub fn new(largest: f32) -> Self {
        let exponent = (f64::from(largest).to_bits() >> 52) as i64 - 1023;
        // Of zeros only, anything is the scale.
        let shift = if largest > 0.0 { 50 - exponent } else { 0 };
        Self(f64::from_bits(((shift + 1023) as u64) << 52))
    }

    #[inline(always)]
    pub fn units(self, x: f32) -> i64 {
        self.units_of(f64::from(x))
    }

    /// The same for a number of double precision of no larger magnitude.
    #[inline(always)]
    pub fn units_of(self, x: f64) -> i64 {
        // Adding 1.5 × 2^52 rounds to the nearest integer, which then sits in the low bits.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        (x * self.0 + ROUND).to_bits() as i64 - ROUND.to_bits() as i64
    }

    pub fn value(self, units: i128) -> f64 {
        units as f64 / self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_any_order_and_nearly_exact() {
        let pair = |row: u64| {
            let hash = crate::sampling::mix(row);
            let magnitude = [1e-6f32, 1.0, 3e4][(hash % 3) as usize];
            GradientPair {
                grad: ((hash >> 8 & 0xffff) as f32 - 32_000.0) * magnitude,
                hess: (hash >> 30 & 0xfff) as f32 * magnitude,
            }
        };
        let gradients: Vec<_> = (0..20_000).map(pair).collect();
        let largest = gradients.iter().fold((0f32, 0f32), |max, p| (max.0.max(p.grad.abs()), max.1.max(p.hess)));
        let scales = (FixedPoint::new(largest.0), FixedPoint::new(largest.1));
        let rows: Vec<u32> = (0..20_000).collect();
        let backwards: Vec<u32> = rows.iter().rev().copied().collect();
        let found = sum(&rows, &gradients, scales);
        assert_eq!(found, sum(&backwards, &gradients, scales));
        let exact: f64 = gradients.iter().map(|p| f64::from(p.grad)).sum();
        let error = (scales.0.value(found[0]) - exact).abs();
        assert!(error <= 20_000.0 * f64::from(largest.0) * 2f64.powi(-50), "{error}");
    }

    #[test]
    fn every_magnitude_has_a_scale() {
        for largest in [f32::from_bits(1), f32::MIN_POSITIVE, 1.0, 1.999, f32::MAX] {
            let scale = FixedPoint::new(largest);
            assert_eq!(scale.value(i128::from(scale.units(largest))), f64::from(largest));
            assert_eq!(scale.units(-largest), -scale.units(largest));
            assert!(scale.units(largest) < 1 << 51);
        }
        assert_eq!(FixedPoint::new(0.0).units(0.0), 0);
    }
}
