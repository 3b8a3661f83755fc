//! `multi:softmax` and `multi:softprob`: −ln of the softmax probability of the row's class.

use super::class_weights::class_units;
use super::loss::{CHUNK, GradientPair, Loss, PICKED, Round, SETTLED_CLASS, picked};
use crate::collective::Collective;
use crate::data::TargetsView;
use crate::numeric::log_sum_exp;
use crate::simd::{Simd, dispatch};
use crate::{Params, Result};
use rayon::prelude::*;
use sapwood_score::math::{exp, ln};

/// The smallest estimated share of a class: keeps the margins of absent classes finite; XGBoost's value.
const SMALLEST_SHARE: f64 = 1e-6;

/// Softmax over one margin per class.
pub(super) struct SoftmaxLoss {
    simd: Simd,
    outputs: usize,
    base_score: Option<f64>,
    /// Of each row, as of the start of the round: the largest margin, and what the logarithm of the sum of e^margin exceeds it by.
    largest: Vec<f64>,
    excess: Vec<f64>,
}

impl SoftmaxLoss {
    /// The loss over rows whose labels are class numbers below `outputs`.
    pub(super) fn new(simd: Simd, params: &Params, outputs: usize) -> Self {
        Self { simd, outputs, base_score: params.base_score, largest: Vec::new(), excess: Vec::new() }
    }
}

/// Rows of one output.
#[derive(Clone, Copy)]
struct Rows<'a> {
    output: usize,
    margins: &'a [f64],
    largest: &'a [f64],
    excess: &'a [f64],
    labels: &'a [f64],
    weights: Option<&'a [f64]>,
}

/// Fills `out` for some rows.
#[inline(always)]
fn fill_body(rows: Rows<'_>, out: &mut [GradientPair]) {
    let class = rows.output as f64;
    let derivatives = |margin: f64, label: f64, largest: f64, excess: f64| {
        let p = exp(margin - largest - excess);
        let hit = if label == class { 1.0 } else { 0.0 };
        // Twice the true second derivative, as XGBoost has it.
        (p - hit, (2.0 * p * (1.0 - p)).max(1e-16))
    };
    let each = out.iter_mut().zip(rows.margins).zip(rows.labels).zip(rows.largest).zip(rows.excess);
    match rows.weights {
        None => {
            for ((((out, &margin), &label), &largest), &excess) in each {
                let (grad, hess) = derivatives(margin, label, largest, excess);
                *out = GradientPair::new(grad, hess);
            }
        }
        Some(weights) => {
            for (((((out, &margin), &label), &largest), &excess), &weight) in each.zip(weights) {
                let (grad, hess) = derivatives(margin, label, largest, excess);
                *out = GradientPair::new(grad * weight, hess * weight);
            }
        }
    }
}
dispatch! { fn fill(rows: Rows<'_>, out: &mut [GradientPair]) = fill_body }

/// The logarithm of each class's share of the weight, shifted to a mean of zero.
fn log_shares(outputs: usize, targets: TargetsView<'_>, ranks: &dyn Collective) -> Vec<f64> {
    let (grid, units) = class_units(outputs, targets, ranks);
    let total = grid.value(units.iter().sum());
    let logs: Vec<f64> = units.iter().map(|&class| ln((grid.value(class) / total).max(SMALLEST_SHARE))).collect();
    let mean = logs.iter().sum::<f64>() / outputs as f64;
    logs.iter().map(|log| log - mean).collect()
}

impl Loss for SoftmaxLoss {
    /// The margin `base_score` for every class, by default the logarithms of the classes' shares.
    fn base_score(&self, targets: TargetsView<'_>, ranks: &dyn Collective) -> Result<Vec<f64>> {
        Ok(self.base_score.map_or_else(|| log_shares(self.outputs, targets, ranks), |margin| vec![margin; self.outputs]))
    }

    /// Differences of probabilities, times weights.
    fn magnitude(&self, round: &Round<'_>, ranks: &dyn Collective) -> Result<f64> {
        let heaviest = round.targets.weights().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
        Ok(ranks.max_magnitudes([heaviest])[0])
    }

    fn settled(&self) -> f32 {
        SETTLED_CLASS
    }

    fn start_round(&mut self, _: usize, round: &Round<'_>, _: &dyn Collective) {
        let rows = round.targets.rows();
        let simd = self.simd;
        self.largest.resize(rows, 0.0);
        self.excess.resize(rows, 0.0);
        let chunks = self.largest.par_chunks_mut(CHUNK).zip(self.excess.par_chunks_mut(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (largest, excess))| log_sum_exp(simd, round.margins, rows, chunk * CHUNK, largest, excess));
    }

    fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(round.margins_of(output).par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let range = chunk * CHUNK..chunk * CHUNK + out.len();
            let (targets, largest, excess) =
                (round.targets.slice(range.clone()), &self.largest[range.clone()], &self.excess[range]);
            let (labels, weights) = (targets.labels(), targets.weights());
            fill(self.simd, Rows { output, margins, largest, excess, labels, weights }, out);
        });
    }

    fn gradients_of(&self, output: usize, round: &Round<'_>, rows: &[u32], out: &mut [GradientPair]) {
        let (margins, targets) = (round.margins_of(output), round.targets);
        out.par_chunks_mut(PICKED).zip(rows.par_chunks(PICKED)).for_each(|(out, rows)| {
            let weights = targets.weights().map(|weights| picked(weights, rows));
            let [margins, labels, largest, excess] =
                [margins, targets.labels(), &self.largest, &self.excess].map(|values| picked(values, rows));
            let (margins, labels, largest, excess) = (&margins, &labels, &largest, &excess);
            let weights = weights.as_ref().map(|weights| &weights[..]);
            fill(self.simd, Rows { output, margins, labels, largest, excess, weights }, out);
        });
    }
}
