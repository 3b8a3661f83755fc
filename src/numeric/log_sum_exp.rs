//! The normaliser of the softmax, over margins that are stored output by output.
//!
//! It has two parts: the largest margin of a row, and what the logarithm of the sum exceeds it by. Their sum would lose the second beside
//! a large first one.

use crate::simd::dispatch;
use sapwood_score::math::{exp, ln};

/// Rows for which sums are kept on the stack at a time.
const LANES: usize = 512;

#[inline(always)]
fn log_sum_exp_body(margins: &[f64], rows: usize, first: usize, largest: &mut [f64], excess: &mut [f64]) {
    let pieces = largest.chunks_mut(LANES).zip(excess.chunks_mut(LANES));
    for (piece, (largest, excess)) in pieces.enumerate() {
        let (start, count) = (first + piece * LANES, largest.len());
        let outputs = || margins.chunks_exact(rows).map(|output| &output[start..][..count]);
        largest.fill(f64::NEG_INFINITY);
        for output in outputs() {
            for (largest, &m) in largest.iter_mut().zip(output) {
                *largest = if m > *largest { m } else { *largest };
            }
        }
        let mut total = [0.0; LANES];
        for output in outputs() {
            for ((total, largest), m) in total.iter_mut().zip(&*largest).zip(output) {
                *total += exp(m - largest);
            }
        }
        excess.iter_mut().zip(&total).for_each(|(excess, total)| *excess = ln(*total));
    }
}
dispatch! {
    /// The largest margin of each row over all outputs, and what the logarithm of the sum of `e^margin` exceeds it by, for the rows from
    /// `first` on, one into each place.
    ///
    /// `margins[output * rows + row]` holds as many outputs as fit; `first + largest.len()` is at most `rows`, and `excess` is as long. A
    /// margin minus the largest minus the excess is the logarithm of the class's probability.
    pub(crate) fn log_sum_exp(margins: &[f64], rows: usize, first: usize, largest: &mut [f64], excess: &mut [f64]) = log_sum_exp_body
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
        let (mut largest, mut excess) = (vec![0.0; 1000], vec![0.0; 1000]);
        log_sum_exp(Simd::scalar(), &margins, rows, 50, &mut largest, &mut excess);
        for (i, (largest, excess)) in largest.iter().zip(&excess).enumerate() {
            let of_row = (0..outputs).map(|k| margins[k * rows + 50 + i]);
            assert_eq!(*largest, of_row.clone().fold(f64::MIN, f64::max));
            let expected = of_row.map(f64::exp).sum::<f64>().ln();
            assert_relative_eq!(largest + excess, expected, max_relative = 1e-13, epsilon = 1e-13);
        }
    }

    #[test]
    fn extreme_margins_neither_overflow_nor_vanish() {
        let (mut largest, mut excess) = ([0.0; 3], [0.0; 3]);
        log_sum_exp(Simd::scalar(), &[1e5, -1e5, 1e300, 0.0, -1e5, 1e300], 3, 0, &mut largest, &mut excess);
        assert_eq!(largest, [1e5, -1e5, 1e300]);
        assert_eq!(excess[0], 0.0);
        assert_relative_eq!(excess[1], 2f64.ln());
        assert_relative_eq!(excess[2], 2f64.ln());
    }
}
