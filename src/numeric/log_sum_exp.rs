//! The normaliser of the softmax, over margins that are stored output by output.

use crate::simd::dispatch;
use sapwood_score::math::{exp, ln};

/// Rows for which sums are kept on the stack at a time.
const LANES: usize = 512;

#[inline(always)]
fn log_sum_exp_body(margins: &[f64], rows: usize, first: usize, out: &mut [f64]) {
    for (piece, out) in out.chunks_mut(LANES).enumerate() {
        let start = first + piece * LANES;
        let outputs = || margins.chunks_exact(rows).map(|output| &output[start..][..out.len()]);
        let mut largest = [f64::NEG_INFINITY; LANES];
        for output in outputs() {
            for (largest, &m) in largest.iter_mut().zip(output) {
                *largest = if m > *largest { m } else { *largest };
            }
        }
        let mut total = [0.0; LANES];
        for output in outputs() {
            for ((total, largest), m) in total.iter_mut().zip(&largest).zip(output) {
                *total += exp(m - largest);
            }
        }
        for ((out, largest), total) in out.iter_mut().zip(&largest).zip(&total) {
            *out = largest + ln(*total);
        }
    }
}
dispatch! {
    /// The logarithm of the sum over outputs of `e^margin`, for the rows from `first` on, one into each place of `out`.
    ///
    /// `margins[output * rows + row]` holds as many outputs as fit; `first + out.len()` is at most `rows`. A margin minus its row's
    /// normaliser is the logarithm of the class's probability.
    pub(crate) fn log_sum_exp(margins: &[f64], rows: usize, first: usize, out: &mut [f64]) = log_sum_exp_body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Simd;
    use approx::assert_relative_eq;

    #[test]
    fn every_row_gets_its_own_normaliser() {
        let (rows, outputs) = (1100, 3);
        let margins: Vec<f64> = (0..rows * outputs).map(|i| f64::from((i * 37 % 101) as u32) * 0.1 - 5.0).collect();
        let mut out = vec![0.0; 1000];
        log_sum_exp(Simd::scalar(), &margins, rows, 50, &mut out);
        for (i, value) in out.iter().enumerate() {
            let row = 50 + i;
            let expected = (0..outputs).map(|k| margins[k * rows + row].exp()).sum::<f64>().ln();
            assert_relative_eq!(*value, expected, max_relative = 1e-13, epsilon = 1e-13);
        }
    }

    #[test]
    fn extreme_margins_neither_overflow_nor_vanish() {
        let mut out = [0.0; 2];
        log_sum_exp(Simd::scalar(), &[1e5, -1e5, 0.0, -1e5], 2, 0, &mut out);
        assert_eq!(out[0], 1e5);
        assert_relative_eq!(out[1], -1e5 + 2f64.ln());
    }
}
