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

use super::set_layout::{BLOCK, Column, LevelBits, Onward, Rule, Run, Set, SetSplit, WORDS};

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

/// Leads all rows of the first set down a tree, given by its splits in runs of a kind; writes the number of the leaf that each is in.
pub(super) fn find_leaves(
    _: Avx512,
    splits: (&[Run], &[SetSplit]),
    levels: &[LevelBits],
    columns: &[Column],
    sets: &mut [Set],
    leaves: &mut Column,
) {
    // SAFETY: an `Avx512` is only made after the CPU was asked for these features.
    unsafe { arch::find_leaves(splits, levels, columns, sets, leaves) }
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
    use super::{BLOCK, Column, LevelBits, Onward, Rule, Run, Set, SetSplit, WORDS};
    use std::arch::x86_64::{
        __m512d, __m512i, _CMP_LT_OQ, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmp_pd_mask,
        _mm512_loadu_pd, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_mask_cmple_epu8_mask, _mm512_movepi8_mask,
        _mm512_set1_epi8, _mm512_set1_epi64, _mm512_set1_pd, _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_srli_epi16,
        _mm512_storeu_si512, _mm512_test_epi8_mask,
    };

    pub(super) fn is_detected() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("popcnt")
    }

    /// For each of 64 rows, the number of its leaf, as far as that is known.
    type Leaves = [__m512i; WORDS];

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn find_leaves(
        (runs, mut splits): (&[Run], &[SetSplit]),
        levels: &[LevelBits],
        columns: &[Column],
        sets: &mut [Set],
        leaves: &mut Column,
    ) {
        let mut found = [_mm512_setzero_si512(); WORDS];
        for run in runs {
            let (now, after) = splits.split_at(run.splits);
            splits = after;
            found = match run.onward {
                Onward::Both => part_all::<{ Onward::Both as u8 }>(now, levels, columns, sets, found),
                Onward::Left => part_all::<{ Onward::Left as u8 }>(now, levels, columns, sets, found),
                Onward::Right => part_all::<{ Onward::Right as u8 }>(now, levels, columns, sets, found),
                Onward::Neither => part_all::<{ Onward::Neither as u8 }>(now, levels, columns, sets, found),
            };
        }
        for (leaves, found) in leaves.as_chunks_mut::<64>().0.iter_mut().zip(found) {
            // SAFETY: 64 bytes.
            unsafe { _mm512_storeu_si512(leaves.as_mut_ptr().cast(), found) };
        }
    }

    /// Parts the sets of splits of one kind.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn part_all<const ONWARD: u8>(
        splits: &[SetSplit],
        levels: &[LevelBits],
        columns: &[Column],
        sets: &mut [Set],
        mut leaves: Leaves,
    ) -> Leaves {
        for split in splits {
            let ranks = &columns[usize::from(split.column)];
            match split.goes_left {
                Rule::UpTo(last) => {
                    let last = _mm512_set1_epi8(last as i8);
                    part_one::<ONWARD>(split, ranks, sets, &mut leaves, |set, ranks| _mm512_mask_cmple_epu8_mask(set, ranks, last));
                }
                Rule::Levels(set) => {
                    let levels = Levels::new(&levels[usize::from(set)]);
                    part_one::<ONWARD>(split, ranks, sets, &mut leaves, |set, codes| set & levels.contain(codes));
                }
            }
        }
        leaves
    }

    /// Parts a set. Where one part only is in a leaf, the whole set is said to be: those that go on find theirs later.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn part_one<const ONWARD: u8>(
        split: &SetSplit,
        ranks: &Column,
        sets: &mut [Set],
        leaves: &mut Leaves,
        lefts_of: impl Fn(u64, __m512i) -> u64,
    ) {
        let [from, to] = [split.from, split.right].map(|set| (&raw mut sets[usize::from(set)]).cast::<u64>());
        let [left_leaf, right_leaf] = split.leaves.map(|leaf| _mm512_set1_epi8(leaf as i8));
        for (word, (ranks, leaves)) in ranks.as_chunks::<64>().0.iter().zip(leaves).enumerate() {
            // SAFETY: 64 bytes.
            let ranks = unsafe { _mm512_loadu_si512(ranks.as_ptr().cast()) };
            // SAFETY: words of sets that are there. Volatile, lest words be gathered to vectors: these cannot be read from words that
            // were just written without waiting for them.
            unsafe {
                let set = from.add(word).read_volatile();
                let lefts = lefts_of(set, ranks);
                if ONWARD == Onward::Both as u8 {
                    from.add(word).write_volatile(lefts);
                    to.add(word).write_volatile(set ^ lefts);
                } else if ONWARD == Onward::Left as u8 {
                    *leaves = _mm512_mask_blend_epi8(set, *leaves, right_leaf);
                    from.add(word).write_volatile(lefts);
                } else if ONWARD == Onward::Right as u8 {
                    *leaves = _mm512_mask_blend_epi8(set, *leaves, left_leaf);
                    from.add(word).write_volatile(set ^ lefts);
                } else {
                    *leaves = _mm512_mask_blend_epi8(set, *leaves, right_leaf);
                    *leaves = _mm512_mask_blend_epi8(lefts, *leaves, left_leaf);
                }
            }
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
    use super::{BLOCK, Column, LevelBits, Run, Set, SetSplit};

    pub(super) fn is_detected() -> bool {
        false
    }

    pub(super) unsafe fn find_leaves(_: (&[Run], &[SetSplit]), _: &[LevelBits], _: &[Column], _: &mut [Set], _: &mut Column) {}

    pub(super) unsafe fn count_less<'a>(_: &[[f64; BLOCK]], _: &[f64; BLOCK], _: impl Iterator<Item = &'a f64>, _: &mut Column) {}
}
