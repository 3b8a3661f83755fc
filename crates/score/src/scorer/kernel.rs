//! The innermost loops of scoring by sets, in AVX-512 instructions.
//!
//! Unsafe code lives here alone. Every function asks for an [`Avx512`], which makes it safe to call.
#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "code for an instruction set that was detected, vector loads, words that must be read one by one"
    )
)]

use super::set_layout::{BLOCK, Column, LevelBits, Rule, Set, SetSplit};

/// Proof that this CPU has AVX-512 with words and bytes.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The proof, unless the CPU has no such instructions or `SAPWOOD_SIMD` asks for lesser ones.
    pub fn detect() -> Option<Self> {
        let lesser = std::env::var("SAPWOOD_SIMD").is_ok_and(|level| ["scalar", "avx2"].contains(&level.as_str()));
        (!lesser && arch::is_detected()).then_some(Self(()))
    }
}

/// Parts the sets of all splits of a tree.
pub(super) fn part(_: Avx512, splits: &[SetSplit], levels: &[LevelBits], columns: &[Column], sets: &mut [Set]) {
    // SAFETY: an `Avx512` is only made after the CPU was asked for these features.
    unsafe { arch::part(splits, levels, columns, sets) }
}

/// Writes the number of the set that each row is in. Every row is in one.
pub(super) fn number(_: Avx512, sets: &[Set], numbers: &mut Column) {
    // SAFETY: as above.
    unsafe { arch::number(sets, numbers) }
}

/// Writes for each value how many numbers are less than it: whole blocks by the `last` of each, and those of the block that comes then.
/// The last block must not be less than anything.
pub(super) fn count_less<'a>(
    _: Avx512,
    blocks: &[[f64; BLOCK]],
    last: &[f64; BLOCK],
    values: impl Iterator<Item = &'a f64>,
    counts: &mut Column,
) {
    // SAFETY: as above.
    unsafe { arch::count_less(blocks, last, values, counts) }
}

#[cfg(target_arch = "x86_64")]
mod arch {
    use super::{BLOCK, Column, LevelBits, Rule, Set, SetSplit};
    use std::arch::x86_64::{
        __m512d, __m512i, _CMP_LT_OQ, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmp_pd_mask,
        _mm512_cmple_epu8_mask, _mm512_loadu_pd, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_movepi8_mask, _mm512_set1_epi8,
        _mm512_set1_epi64, _mm512_set1_pd, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_storeu_si512,
        _mm512_test_epi8_mask,
    };

    pub(super) fn is_detected() -> bool {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx512f,avx512bw,bmi1")]
    pub(super) fn part(splits: &[SetSplit], levels: &[LevelBits], columns: &[Column], sets: &mut [Set]) {
        for split in splits {
            let ranks = &columns[usize::from(split.column)];
            match split.goes_left {
                Rule::UpTo(last) => {
                    let last = _mm512_set1_epi8(last as i8);
                    part_one(split, ranks, sets, |ranks| _mm512_cmple_epu8_mask(ranks, last));
                }
                Rule::Levels(set) => {
                    let levels = Levels::new(&levels[usize::from(set)]);
                    part_one(split, ranks, sets, |codes| levels.contain(codes));
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,bmi1")]
    fn part_one(split: &SetSplit, ranks: &Column, sets: &mut [Set], goes_left: impl Fn(__m512i) -> u64) {
        let [from, left, right] = [split.from, split.left, split.right].map(|set| (&raw mut sets[usize::from(set)]).cast::<u64>());
        for (word, ranks) in ranks.as_chunks::<64>().0.iter().enumerate() {
            // SAFETY: 64 bytes.
            let lefts = goes_left(unsafe { _mm512_loadu_si512(ranks.as_ptr().cast()) });
            // SAFETY: words of sets that are there. Volatile, lest words be gathered to vectors: these cannot be read from words that
            // were just written without waiting for them.
            unsafe {
                let set = from.add(word).read_volatile();
                left.add(word).write_volatile(set & lefts);
                right.add(word).write_volatile(set & !lefts);
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn number(sets: &[Set], numbers: &mut Column) {
        let mut vectors = [_mm512_setzero_si512(); size_of::<Column>() / 64];
        for (number, set) in sets.iter().enumerate() {
            let number = _mm512_set1_epi8(number as i8);
            for (vector, word) in vectors.iter_mut().zip(set) {
                // SAFETY: a reference is readable. Volatile as above.
                let word = unsafe { std::ptr::from_ref(word).read_volatile() };
                *vector = _mm512_mask_blend_epi8(word, *vector, number);
            }
        }
        for (numbers, vector) in numbers.as_chunks_mut::<64>().0.iter_mut().zip(vectors) {
            // SAFETY: 64 bytes.
            unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), vector) };
        }
    }

    #[target_feature(enable = "avx512f,popcnt")]
    pub(super) fn count_less<'a>(
        blocks: &[[f64; BLOCK]],
        last: &[f64; BLOCK],
        values: impl Iterator<Item = &'a f64>,
        counts: &mut Column,
    ) {
        let last = load(last);
        for (count, &x) in counts.iter_mut().zip(values) {
            let x = _mm512_set1_pd(x);
            let block = less(last, x);
            *count = (BLOCK * block + less(load(&blocks[block]), x)) as u8;
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(block: &[f64; BLOCK]) -> [__m512d; 2] {
        // SAFETY: the first and the second eight of 16 numbers.
        [0, 8].map(|first| unsafe { _mm512_loadu_pd(block.as_ptr().add(first)) })
    }

    /// How many of some numbers are less than `x`.
    #[inline]
    #[target_feature(enable = "avx512f,popcnt")]
    fn less([low, high]: [__m512d; 2], x: __m512d) -> usize {
        let (low, high) = (_mm512_cmp_pd_mask::<_CMP_LT_OQ>(low, x), _mm512_cmp_pd_mask::<_CMP_LT_OQ>(high, x));
        (u32::from(low) | u32::from(high) << 8).count_ones() as usize
    }

    /// A set of levels, ready to be asked.
    struct Levels {
        low: __m512i,
        high: __m512i,
    }

    impl Levels {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn new(bits: &LevelBits) -> Self {
            // SAFETY: the first and the second 16 of 32 bytes.
            let [low, high] =
                [0, 16].map(|first| _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bits.as_ptr().add(first).cast()) }));
            Self { low, high }
        }

        /// A bit for each code that is in the set.
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn contain(&self, codes: __m512i) -> u64 {
            let nibble = _mm512_set1_epi8(0x0f);
            let (low, high) = (_mm512_and_si512(codes, nibble), _mm512_and_si512(_mm512_srli_epi16::<4>(codes), nibble));
            let is_high = _mm512_movepi8_mask(codes);
            let bytes = _mm512_mask_blend_epi8(is_high, _mm512_shuffle_epi8(self.low, low), _mm512_shuffle_epi8(self.high, low));
            let powers = _mm512_set1_epi64(i64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]));
            _mm512_test_epi8_mask(bytes, _mm512_shuffle_epi8(powers, high))
        }
    }
}

/// No [`Avx512`] is ever made.
#[cfg(not(target_arch = "x86_64"))]
mod arch {
    use super::{BLOCK, Column, LevelBits, Set, SetSplit};

    pub(super) fn is_detected() -> bool {
        false
    }

    pub(super) unsafe fn part(_: &[SetSplit], _: &[LevelBits], _: &[Column], _: &mut [Set]) {}

    pub(super) unsafe fn number(_: &[Set], _: &mut Column) {}

    pub(super) unsafe fn count_less<'a>(_: &[[f64; BLOCK]], _: &[f64; BLOCK], _: impl Iterator<Item = &'a f64>, _: &mut Column) {}
}
