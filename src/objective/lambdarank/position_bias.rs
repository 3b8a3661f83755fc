//! How much likelier rows are clicked for where they were shown, estimated beside the ranking (Unbiased LambdaMART, Hu et al. 2019). Rows were
//! shown in the order in which they came.

use super::list::LEAST;
use crate::collective::Collective;
use crate::data::Groups;
use crate::numeric::Total;
use crate::simd::Simd;
use sapwood_score::math::{exp, ln};

/// The biases of the first positions, relative to that of the first.
#[derive(Clone, Debug)]
pub(super) struct PositionBias {
    /// Of rows that were clicked.
    clicked: Vec<f64>,
    /// Of those that were not.
    passed_over: Vec<f64>,
    /// What biases are raised to.
    power: f64,
}

/// What the pairs of a row cost where it is the better one, and where it is the other, with the bias of the other row taken out.
pub(super) type Costs = [f64; 2];

impl PositionBias {
    /// None yet, of so many positions.
    pub fn none(positions: usize, norm: f64) -> Self {
        Self { clicked: vec![1.0; positions], passed_over: vec![1.0; positions], power: 1.0 / (1.0 + norm) }
    }

    /// The biases of a pair by the positions of its better and its other row, where both are known well enough.
    fn of_pair(&self, better: usize, other: usize) -> Option<(f64, f64)> {
        Some((*self.clicked.get(better)?, *self.passed_over.get(other)?))
    }

    /// What the gradient of a pair is divided by.
    pub fn of(&self, better: usize, other: usize) -> f64 {
        let known = self.of_pair(better, other).filter(|(clicked, passed_over)| *clicked >= LEAST && *passed_over >= LEAST);
        known.map_or(1.0, |(clicked, passed_over)| clicked * passed_over)
    }

    /// Adds the cost of a pair to those of its rows.
    pub fn add(&self, better: usize, other: usize, cost: f64, costs: &mut [Costs]) {
        if let Some((clicked, passed_over)) = self.of_pair(better, other) {
            if passed_over >= LEAST {
                costs[better][0] += cost / passed_over;
            }
            if clicked >= LEAST {
                costs[other][1] += cost / clicked;
            }
        }
    }

    /// Estimates the biases from the costs of all rows, group by group.
    pub fn update(&mut self, simd: Simd, groups: Option<&Groups>, costs: &[Costs], ranks: &dyn Collective) {
        for (side, biases) in [&mut self.clicked, &mut self.passed_over].into_iter().enumerate() {
            let at = |position: usize| {
                let ranges = groups.into_iter().flat_map(|groups| (0..groups.count()).map(|group| groups.range(group)));
                let mut found: Vec<f64> =
                    ranges.filter(|range| range.len() > position).map(|range| costs[range.start + position][side]).collect();
                Total::of(simd, &mut found, None).on_all(ranks).value()
            };
            let first = at(0);
            for (position, bias) in biases.iter_mut().enumerate() {
                let cost = at(position);
                if first >= LEAST {
                    *bias = exp(self.power * ln(cost / first));
                }
            }
        }
    }
}
