//! `multi:softmax` and `multi:softprob`: −ln of the softmax probability of the row's class.

use super::{CHUNK, GradientPair, Loss};
use crate::numeric::{Grid, log_sum_exp};
use crate::{Params, Result};
use rayon::prelude::*;
use sapwood_score::math::{exp, ln};

/// The smallest estimated share of a class: keeps the margins of absent classes finite; XGBoost's value.
const SMALLEST_SHARE: f64 = 1e-6;

/// Softmax over one margin per class.
pub(super) struct SoftmaxLoss {
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
    pub(super) fn new(params: &Params, outputs: usize, labels: &[f64], weights: Option<&[f64]>) -> Self {
        let classes: Vec<u32> = labels.iter().map(|&y| y as u32).collect();
        let base = params.base_score.map_or_else(|| log_shares(outputs, &classes, weights), |margin| vec![margin; outputs]);
        Self { normalisers: vec![0.0; classes.len()], classes, weights: weights.map(<[f64]>::to_vec), base }
    }

    /// Fills `out` for as many rows from `first` on.
    fn fill(&self, output: usize, first: usize, margins: &[f64], out: &mut [GradientPair]) {
        match &self.weights {
            None => self.fill_weighted(output, first, margins, |_| 1.0, out),
            Some(weights) => {
                let weights = &weights[first..][..out.len()];
                self.fill_weighted(output, first, margins, |row| weights[row], out);
            }
        }
    }

    #[inline]
    fn fill_weighted(&self, output: usize, first: usize, margins: &[f64], weight: impl Fn(usize) -> f64, out: &mut [GradientPair]) {
        let classes = &self.classes[first..][..out.len()];
        let normalisers = &self.normalisers[first..][..out.len()];
        for (row, (((out, &margin), &class), &normaliser)) in out.iter_mut().zip(margins).zip(classes).zip(normalisers).enumerate()
        {
            let p = exp(margin - normaliser);
            let hit = if class as usize == output { 1.0 } else { 0.0 };
            let weight = weight(row);
            // Twice the true second derivative, as XGBoost has it.
            *out = GradientPair::new((p - hit) * weight, (2.0 * p * (1.0 - p)).max(1e-16) * weight);
        }
    }
}

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
    fn num_outputs(&self) -> usize {
        self.base.len()
    }

    fn base_score(&self) -> Result<Vec<f64>> {
        Ok(self.base.clone())
    }

    fn start_round(&mut self, margins: &[f64]) {
        let rows = self.classes.len();
        let chunks = self.normalisers.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, out)| log_sum_exp(margins, rows, chunk * CHUNK, out));
    }

    fn gradients(&self, output: usize, margins: &[f64], out: &mut [GradientPair]) {
        let chunks = out.par_chunks_mut(CHUNK).zip(margins.par_chunks(CHUNK)).enumerate();
        chunks.for_each(|(chunk, (out, margins))| self.fill(output, chunk * CHUNK, margins, out));
    }
}
