//! `multi:softmax` and `multi:softprob`: −ln of the softmax probability of the row's class.

use super::{CHUNK, GradientPair, Loss};
use crate::numeric::{Grid, log_sum_exp, reorder};
use crate::simd::{Simd, dispatch};
use crate::{Params, Result};
use rayon::prelude::*;
use sapwood_score::math::{exp, ln};

/// The smallest estimated share of a class: keeps the margins of absent classes finite; XGBoost's value.
const SMALLEST_SHARE: f64 = 1e-6;

/// Softmax over one margin per class.
pub(super) struct SoftmaxLoss {
    simd: Simd,
    classes: Vec<u32>,
    weights: Option<Vec<f64>>,
    base: Vec<f64>,
    /// The logarithm of the sum of e^margin over the outputs, row by row, as of the start of the round.
    normalisers: Vec<f64>,
}

impl SoftmaxLoss {
    /// The loss over rows whose labels are class numbers below `outputs`.
    ///
    /// Boosting starts with the margin `base_score` for every class, by default with the logarithms of the classes' shares.
    pub(super) fn new(simd: Simd, params: &Params, outputs: usize, labels: &[f64], weights: Option<&[f64]>) -> Self {
        let classes: Vec<u32> = labels.iter().map(|&y| y as u32).collect();
        let base = params.base_score.map_or_else(|| log_shares(outputs, &classes, weights), |margin| vec![margin; outputs]);
        Self { simd, normalisers: vec![0.0; classes.len()], classes, weights: weights.map(<[f64]>::to_vec), base }
    }
}

/// Rows of one output: their margins, classes and normalisers.
#[derive(Clone, Copy)]
struct Rows<'a> {
    output: usize,
    margins: &'a [f64],
    classes: &'a [u32],
    normalisers: &'a [f64],
    weights: Option<&'a [f64]>,
}

/// Fills `out` for some rows.
#[inline(always)]
fn fill_body(rows: Rows<'_>, out: &mut [GradientPair]) {
    let derivatives = |margin: f64, class: u32, normaliser: f64| {
        let p = exp(margin - normaliser);
        let hit = if class as usize == rows.output { 1.0 } else { 0.0 };
        // Twice the true second derivative, as XGBoost has it.
        (p - hit, (2.0 * p * (1.0 - p)).max(1e-16))
    };
    let each = out.iter_mut().zip(rows.margins).zip(rows.classes).zip(rows.normalisers);
    match rows.weights {
        None => {
            for (((out, &margin), &class), &normaliser) in each {
                let (grad, hess) = derivatives(margin, class, normaliser);
                *out = GradientPair::new(grad, hess);
            }
        }
        Some(weights) => {
            for ((((out, &margin), &class), &normaliser), &weight) in each.zip(weights) {
                let (grad, hess) = derivatives(margin, class, normaliser);
                *out = GradientPair::new(grad * weight, hess * weight);
            }
        }
    }
}
dispatch! { fn fill(rows: Rows<'_>, out: &mut [GradientPair]) = fill_body }

/// The logarithm of each class's share of the weight, shifted to a mean of zero.
fn log_shares(outputs: usize, classes: &[u32], weights: Option<&[f64]>) -> Vec<f64> {
    let weight = |row| weights.map_or(1.0, |w: &[f64]| w[row]);
    let grid = Grid::new((0..classes.len()).map(weight).fold(0.0, f64::max));
    let mut units = vec![0_i128; outputs];
    for (row, &class) in classes.iter().enumerate() {
        units[class as usize] += i128::from(grid.units(weight(row)));
    }
    let total = grid.value(units.iter().sum());
    let logs: Vec<f64> = units.iter().map(|&class| ln((grid.value(class) / total).max(SMALLEST_SHARE))).collect();
    let mean = logs.iter().sum::<f64>() / outputs as f64;
    logs.iter().map(|log| log - mean).collect()
}

impl Loss for SoftmaxLoss {
    fn base_score(&self) -> Result<Vec<f64>> {
        Ok(self.base.clone())
    }

    fn start_round(&mut self, margins: &[f64]) {
        let rows = self.classes.len();
        let simd = self.simd;
        let chunks = self.normalisers.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, out)| log_sum_exp(simd, margins, rows, chunk * CHUNK, out));
    }

    fn reorder(&mut self, order: &[u32]) {
        reorder(&mut self.classes, order);
        if let Some(weights) = &mut self.weights {
            reorder(weights, order);
        }
    }

    fn gradients(&self, output: usize, margins: &[f64], out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(margins.par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| {
            let range = chunk * CHUNK..chunk * CHUNK + out.len();
            let weights = self.weights.as_ref().map(|weights| &weights[range.clone()]);
            let (classes, normalisers) = (&self.classes[range.clone()], &self.normalisers[range]);
            fill(self.simd, Rows { output, margins, classes, normalisers, weights }, out);
        });
    }
}
