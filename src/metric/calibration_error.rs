//! `ece`: the expected calibration error (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017). Rows are put into bins of equal width by the
//! probability that was predicted; each bin's mean probability is compared with the share of rows that it came true for.
//!
//! Of two classes it is the probability of class 1, of more that of the most probable class. A bin holds its lower bound, the last one also 1.

use super::{Evaluation, Metric};
use crate::numeric::{Total, log_sum_exp};
use crate::simd::Simd;
use rayon::prelude::*;
use sapwood_score::math::exp;
use std::ops::Range;

/// Rows that are put into bins at a time.
const CHUNK: usize = 4_096;

/// The expected calibration error.
pub(super) struct CalibrationError {
    pub(super) simd: Simd,
    pub(super) name: String,
    pub(super) bins: usize,
}

impl Metric for CalibrationError {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    /// NaN where no row has weight.
    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        let rows = evaluation.targets.rows();
        let chunks = (0..rows.div_ceil(CHUNK)).into_par_iter().map(|chunk| chunk * CHUNK..rows.min((chunk + 1) * CHUNK));
        let chunks = chunks.map(|rows| self.sums(evaluation, rows));
        let zero = || vec![[Total::zero(); 2]; self.bins];
        let sums = chunks.reduce(zero, |a, b| a.into_iter().zip(b).map(|(a, b)| [a[0].plus(b[0]), a[1].plus(b[1])]).collect());
        let of_all = |part: usize| sums.iter().map(move |bin| bin[part].on_all(evaluation.ranks));
        let gaps: f64 = of_all(0).map(|gap| gap.value().abs()).sum();
        gaps / of_all(1).fold(Total::zero(), Total::plus).value()
    }
}

impl CalibrationError {
    /// Of each bin, the sums of what came true less its probability, and of weights.
    fn sums(&self, evaluation: &Evaluation<'_>, rows: Range<usize>) -> Vec<[Total; 2]> {
        let (probabilities, came_true) = outcomes(self.simd, evaluation, rows.clone());
        let bin = |row: usize| ((probabilities[row] * self.bins as f64) as usize).min(self.bins - 1);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| bin(row));
        let mut sums = vec![[Total::zero(); 2]; self.bins];
        for of_bin in order.chunk_by(|&a, &b| bin(a) == bin(b)) {
            let mut gaps: Vec<f64> = of_bin.iter().map(|&row| came_true[row] - probabilities[row]).collect();
            let mut weights: Vec<f64> = of_bin.iter().map(|&row| evaluation.targets.weight(rows.start + row)).collect();
            let gap = Total::of(self.simd, &mut gaps, Some(&weights));
            sums[bin(of_bin[0])] = [gap, Total::of(self.simd, &mut weights, None)];
        }
        sums
    }
}

/// The probability that is judged of each row, and how far it came true: 1 or 0, or the label where that is a share.
fn outcomes(simd: Simd, evaluation: &Evaluation<'_>, rows: Range<usize>) -> (Vec<f64>, Vec<f64>) {
    let (total, labels) = (evaluation.targets.rows(), &evaluation.targets.labels()[rows.clone()]);
    if evaluation.margins.len() == total {
        let mut probabilities = evaluation.margins[rows].to_vec();
        evaluation.objective.link().apply(&mut probabilities);
        return (probabilities, labels.to_vec());
    }
    let (mut largest, mut excess) = (vec![0.0; rows.len()], vec![0.0; rows.len()]);
    log_sum_exp(simd, evaluation.margins, total, rows.start, &mut largest, &mut excess);
    let first = |row: usize| evaluation.margins.iter().skip(rows.start + row).step_by(total).position(|&m| m == largest[row]);
    let hits = (0..rows.len()).map(|row| if first(row).is_some_and(|class| class as f64 == labels[row]) { 1.0 } else { 0.0 });
    (excess.iter().map(|excess| exp(-excess)).collect(), hits.collect())
}
