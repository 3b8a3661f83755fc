//! Sketches: with many outputs, a tree's splits are found by a few random combinations of their gradients, its leaves have the values of all.
//!
//! A combination adds up all outputs' gradients, each with a sign that is drawn anew for every tree: the sum of the squares of some combinations
//! is, in the mean, that of all outputs (Iosipoi & Vakhrushev 2022, "random projection"). Combinations have the mean hessian of the row's outputs,
//! which count by their hessians themselves: that of each output where all are alike, and of a class that is all but certain nothing.

use crate::objective::GradientPair;
use crate::sampling::mix;
use crate::simd::{Simd, dispatch};
use rayon::prelude::*;

/// Rows that are combined at a time: their gradients stay in the second-level cache.
const CHUNK: usize = 512;

/// Combinations of the gradients of rows, output by output, drawn by a key.
#[derive(Clone, Copy)]
struct Sketch<'a> {
    gradients: &'a [GradientPair],
    rows: usize,
    key: u64,
    /// What each gradient is multiplied by, but for its sign.
    factor: f32,
}

/// Fills `out` with as many combinations of each row as fit, combination by combination.
pub(super) fn sketch(simd: Simd, gradients: &[GradientPair], rows: usize, key: u64, out: &mut [GradientPair]) {
    if rows == 0 {
        return;
    }
    let combinations = out.len() / rows;
    let sketch = Sketch { gradients, rows, key, factor: 1.0 / (combinations as f32).sqrt() };
    let mut places: Vec<Vec<&mut [GradientPair]>> = (0..rows.div_ceil(CHUNK)).map(|_| Vec::with_capacity(combinations)).collect();
    for out in out.chunks_mut(rows) {
        places.iter_mut().zip(out.chunks_mut(CHUNK)).for_each(|(places, out)| places.push(out));
    }
    places.into_par_iter().enumerate().for_each(|(chunk, mut places)| combine(simd, sketch, chunk * CHUNK, &mut places));
}

#[inline(always)]
fn combine_body(sketch: Sketch<'_>, first: usize, places: &mut [&mut [GradientPair]]) {
    let Sketch { gradients, rows, key, factor } = sketch;
    let count = places.first().map_or(0, |place| place.len());
    let (mut hesses, mut squares) = ([0f64; CHUNK], [0f64; CHUNK]);
    for gradients in gradients.chunks_exact(rows) {
        for ((sum, square), pair) in hesses.iter_mut().zip(&mut squares).zip(&gradients[first..first + count]) {
            let hess = f64::from(pair.hess);
            *sum += hess;
            *square += hess * hess;
        }
    }
    for (combination, place) in places.iter_mut().enumerate() {
        let mut grads = [0f32; CHUNK];
        for (output, gradients) in gradients.chunks_exact(rows).enumerate() {
            let sign = (mix(key ^ (output as u64) << 32 ^ combination as u64) & 1) as f32 * 2.0 - 1.0;
            for (sum, pair) in grads.iter_mut().zip(&gradients[first..first + count]) {
                *sum += sign * pair.grad;
            }
        }
        for (((pair, grad), hess), square) in place.iter_mut().zip(grads).zip(hesses).zip(squares) {
            let hess = if hess > 0.0 { square / hess } else { 0.0 };
            *pair = GradientPair { grad: grad * factor, hess: hess as f32 };
        }
    }
}
dispatch! { fn combine(sketch: Sketch<'_>, first: usize, places: &mut [&mut [GradientPair]]) = combine_body }

#[cfg(test)]
mod tests {
    use super::*;

    fn gradients(rows: usize, outputs: usize) -> Vec<GradientPair> {
        let number = |at: usize| (mix(at as u64) % 2001) as f32 * 1e-3 - 1.0;
        (0..rows * outputs).map(|at| GradientPair { grad: number(at), hess: number(at + 7).abs() }).collect()
    }

    #[test]
    fn combinations_are_signed_sums_at_every_level() {
        let (rows, outputs, combinations, key) = (1300, 11, 3, 99);
        let gradients = gradients(rows, outputs);
        for simd in Simd::all() {
            let mut out = vec![GradientPair::default(); rows * combinations];
            sketch(simd, &gradients, rows, key, &mut out);
            for (at, pair) in out.iter().enumerate() {
                let (combination, row) = (at / rows, at % rows);
                let (mut grad, mut hess, mut square) = (0f32, 0f64, 0f64);
                for output in 0..outputs {
                    let one = gradients[output * rows + row];
                    let sign = if mix(key ^ (output as u64) << 32 ^ combination as u64) & 1 == 1 { 1.0 } else { -1.0 };
                    let own = f64::from(one.hess);
                    (grad, hess, square) = (grad + sign * one.grad, hess + own, square + own * own);
                }
                let grad = grad * (1.0 / (combinations as f32).sqrt());
                let expected = (grad.to_bits(), ((square / hess) as f32).to_bits());
                assert_eq!((pair.grad.to_bits(), pair.hess.to_bits()), expected, "{simd:?} {at}");
            }
        }
    }

    #[test]
    fn squares_are_kept_in_the_mean() {
        let (outputs, combinations, keys) = (40, 4, 4000);
        let gradients = gradients(1, outputs);
        let square = |pairs: &[GradientPair]| pairs.iter().map(|pair| f64::from(pair.grad).powi(2)).sum::<f64>();
        let mut out = vec![GradientPair::default(); combinations];
        let of_key = |key: u64| {
            sketch(Simd::scalar(), &gradients, 1, mix(key), &mut out);
            square(&out)
        };
        let mean = (0..keys).map(of_key).sum::<f64>() / keys as f64;
        assert!((mean / square(&gradients) - 1.0).abs() < 0.05, "{mean}");
    }
}
