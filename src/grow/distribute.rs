//! Copying the rows of a node to the two sides of its split, in order. Unchecked memory accesses here are those of [`avx512`] alone.

use crate::simd::Simd;

/// Rows that the plain code puts in order before it writes them to where they belong.
const BATCH: usize = 1024;

/// Copies rows whose side is 1 to `left` and those whose side is 0 to `right`, which have room for just them.
///
/// # Panics
/// Where they have not.
pub(super) fn distribute(simd: Simd, rows: &[u32], sides: &[u8], left: &mut [u32], right: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if simd.level() == crate::simd::Level::Avx512 {
        return avx512::distribute(simd, rows, sides, left, right);
    }
    let _ = simd;
    plain(rows, sides, left, right);
}

/// No branch depends on the data: whatever goes where, a row is written once and one of two places moves on.
fn plain(rows: &[u32], sides: &[u8], mut left: &mut [u32], mut right: &mut [u32]) {
    let mut batch = [0; BATCH];
    for (rows, sides) in rows.chunks(BATCH).zip(sides.chunks(BATCH)) {
        let lefts: usize = sides.iter().map(|&side| usize::from(side)).sum();
        let mut to_left = 0;
        for (i, (&row, &side)) in rows.iter().zip(sides).enumerate() {
            let (side, to_right) = (usize::from(side), lefts + i - to_left);
            // All ones for the left side. Written as a choice, this becomes a branch that is mispredicted half the time.
            let place = to_right ^ ((to_left ^ to_right) & side.wrapping_neg());
            // It stays below the batch's length; the remainder says so to the compiler.
            batch[place % BATCH] = row;
            to_left += side;
        }
        let (here, after) = left.split_at_mut(lefts);
        here.copy_from_slice(&batch[..lefts]);
        left = after;
        let (here, after) = right.split_at_mut(rows.len() - lefts);
        here.copy_from_slice(&batch[lefts..rows.len()]);
        right = after;
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "vector instructions that move the rows of one side together, and stores of a part of a vector")]
mod avx512 {
    use crate::simd::{Level, Simd};
    use std::arch::x86_64::{
        __m512i, _mm_loadu_si128, _mm_test_epi8_mask, _mm512_loadu_si512, _mm512_mask_storeu_epi32, _mm512_maskz_compress_epi32,
    };

    /// Rows of a vector.
    const LANES: usize = 16;

    pub(super) fn distribute(simd: Simd, rows: &[u32], sides: &[u8], left: &mut [u32], right: &mut [u32]) {
        assert_eq!(simd.level(), Level::Avx512);
        // SAFETY: a `Simd` of this level is only made after the CPU was asked for these features.
        unsafe { body(rows, sides, left, right) }
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,bmi1,bmi2,popcnt")]
    fn body(rows: &[u32], sides: &[u8], left: &mut [u32], right: &mut [u32]) {
        let (vectors, rest) = rows.as_chunks::<LANES>();
        let (vector_sides, rest_sides) = sides.as_chunks::<LANES>();
        let (mut lefts, mut rights) = (0, 0);
        for (vector, sides) in vectors.iter().zip(vector_sides) {
            // SAFETY: sixteen bytes.
            let sides = unsafe { _mm_loadu_si128(sides.as_ptr().cast()) };
            let to_left = _mm_test_epi8_mask(sides, sides);
            // SAFETY: sixteen numbers of 32 bits.
            let vector = unsafe { _mm512_loadu_si512(vector.as_ptr().cast()) };
            lefts += store(_mm512_maskz_compress_epi32(to_left, vector), to_left.count_ones() as usize, &mut left[lefts..]);
            rights += store(_mm512_maskz_compress_epi32(!to_left, vector), to_left.count_zeros() as usize, &mut right[rights..]);
        }
        super::plain(rest, rest_sides, &mut left[lefts..], &mut right[rights..]);
    }

    /// Writes the first `count` numbers of a vector; returns how many these are.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,bmi1,bmi2,popcnt")]
    fn store(vector: __m512i, count: usize, to: &mut [u32]) -> usize {
        let to = &mut to[..count];
        // SAFETY: numbers whose bit is not set are not written, and those whose bit is have just been found to lie within `to`.
        unsafe { _mm512_mask_storeu_epi32(to.as_mut_ptr().cast(), ((1u32 << count) - 1) as u16, vector) };
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_keep_their_order_on_both_sides_at_every_level(sides in prop::collection::vec(0u8..2, 0..5000)) {
            let rows: Vec<u32> = (0..sides.len() as u32).map(|row| row * 3).collect();
            let side = |wanted| rows.iter().zip(&sides).filter(move |(_, side)| **side == wanted).map(|(row, _)| *row).collect::<Vec<_>>();
            for simd in Simd::all() {
                let (mut left, mut right) = (vec![0; side(1).len()], vec![0; side(0).len()]);
                distribute(simd, &rows, &sides, &mut left, &mut right);
                prop_assert_eq!(&left, &side(1));
                prop_assert_eq!(&right, &side(0));
            }
        }
    }
}
