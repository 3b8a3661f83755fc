//! The innermost loops of trees of several outputs: a row adds a vector of codes to a vector of sums. A bounds check a vector is lost in the
//! additions that follow it.

use super::kernel::{Cell, Code};
use crate::binning::SparseRows;
use crate::simd::{Simd, dispatch, prefetch};

/// How far ahead rows are fetched.
const AHEAD: usize = 16;

/// The most words that are added at a time: with AVX-512, four registers.
const MOST_WORDS: usize = 32;

/// A code as it lies in rows of several.
pub(crate) trait RowCode: Code {
    /// The first codes as so many words of sums.
    fn words<const W: usize>(codes: &[Self]) -> [u64; W];
}

impl RowCode for u32 {
    #[inline(always)]
    fn words<const W: usize>(codes: &[Self]) -> [u64; W] {
        let mut words = [0; W];
        for (word, &code) in words.iter_mut().zip(&codes[..W]) {
            *word = code.addend();
        }
        words
    }
}

impl RowCode for u64 {
    #[inline(always)]
    fn words<const W: usize>(codes: &[Self]) -> [u64; W] {
        let mut words = [0; W];
        for (pair, &code) in words.as_chunks_mut::<2>().0.iter_mut().zip(&codes[..W / 2]) {
            *pair = code.addend().into();
        }
        words
    }
}

/// What the loops read: cells of rows of `width`, of which those from column `first` on are added; codes, `stride` a row; where each column's
/// slots begin among the sums.
#[derive(Clone, Copy)]
pub(crate) struct VectorView<'a, C, G> {
    pub cells: &'a [C],
    pub width: usize,
    pub first: usize,
    pub codes: &'a [G],
    pub stride: usize,
    pub starts: &'a [usize],
}

/// Adds `W` words of each row, from word `from` of a slot on.
#[inline(always)]
fn add_words<const W: usize, C: Cell, G: RowCode>(view: VectorView<'_, C, G>, from: usize, rows: &[u32], sums: &mut [u64]) {
    let per_slot = view.stride * G::WORDS;
    let (lines, first_code) = ((W * size_of::<G>() / G::WORDS).div_ceil(64), from / G::WORDS);
    for (i, &row) in rows.iter().enumerate() {
        let ahead = rows[(i + AHEAD).min(rows.len() - 1)] as usize;
        prefetch(view.cells, ahead * view.width + view.first);
        for line in 0..lines {
            prefetch(view.codes, ahead * view.stride + first_code + line * (64 / size_of::<G>()));
        }
        let row = row as usize;
        let words = G::words::<W>(&view.codes[row * view.stride + first_code..]);
        let cells = &view.cells[row * view.width + view.first..][..view.starts.len()];
        for (cell, start) in cells.iter().zip(view.starts) {
            let at = (start + cell.bin()) * per_slot + from;
            for (sum, word) in sums[at..at + W].iter_mut().zip(words) {
                *sum = sum.wrapping_add(word);
            }
        }
    }
}

/// Adds all words of each row, as many at a time as fit the registers.
#[inline(always)]
fn add_all<C: Cell, G: RowCode>(view: VectorView<'_, C, G>, rows: &[u32], sums: &mut [u64]) {
    let words = view.stride * G::WORDS;
    let parts = words.div_ceil(MOST_WORDS);
    let most = words.div_ceil(parts).next_multiple_of(4);
    let mut from = 0;
    while from < words {
        let count = most.min(words - from);
        macro_rules! counts {
            ($($count:literal)+) => {
                match count {
                    $($count => add_words::<$count, C, G>(view, from, rows, sums),)+
                    // A stride is a multiple of four, so words are, and so is each part, the last one too; none has more than MOST_WORDS.
                    count => unreachable!("{count} words"),
                }
            };
        }
        counts!(4 8 12 16 20 24 28 32);
        from += count;
    }
}

/// A kind of cell and code: one compiled set of loops each.
pub(crate) trait AddVectors: Sized {
    /// Adds rows to the sums of some features.
    fn add(simd: Simd, view: Self, rows: &[u32], sums: &mut [u64]);
}

macro_rules! add_vectors {
    ($($name:ident: $cell:ty, $code:ty;)+) => {$(
        dispatch! {
            fn $name(view: VectorView<'_, $cell, $code>, rows: &[u32], sums: &mut [u64]) = add_all::<$cell, $code>
        }
        impl AddVectors for VectorView<'_, $cell, $code> {
            fn add(simd: Simd, view: Self, rows: &[u32], sums: &mut [u64]) {
                $name(simd, view, rows, sums);
            }
        }
    )+};
}

add_vectors! {
    bytes_packed: u8, u32;
    bytes_wide: u8, u64;
    words_packed: u16, u32;
    words_wide: u16, u64;
}

/// Adds a vector of codes to a slot.
#[inline(always)]
fn add_codes<G: RowCode>(codes: &[G], slot: &mut [u64]) {
    for (code, sum) in codes.iter().zip(slot.chunks_exact_mut(G::WORDS)) {
        G::add(sum, code.addend());
    }
}

/// Adds rows to the sums of a tile of sparse features, all but their most frequent bins.
pub(crate) fn add_sparse<G: RowCode>(sparse: &SparseRows, codes: &[G], stride: usize, rows: &[u32], sums: &mut [u64]) {
    let per_slot = stride * G::WORDS;
    for &row in rows {
        let codes = &codes[row as usize * stride..][..stride];
        for &slot in sparse.row(row as usize) {
            add_codes(codes, &mut sums[slot as usize * per_slot..][..per_slot]);
        }
    }
}

/// Fills in the most frequent bins of sums that [`add_sparse`] made from zeros: what all rows sum to, less the other bins.
pub(crate) fn add_most_frequent<G: RowCode>(
    sparse: &SparseRows,
    offsets: &[u32],
    codes: &[G],
    stride: usize,
    rows: &[u32],
    sums: &mut [u64],
) {
    let per_slot = stride * G::WORDS;
    let mut total = vec![0; per_slot];
    rows.iter().for_each(|&row| add_codes(&codes[row as usize * stride..][..stride], &mut total));
    for (column, &most_frequent) in sparse.most_frequent.iter().enumerate() {
        let end = offsets.get(column + 1).map_or(sums.len(), |&end| end as usize * per_slot);
        let bins = &mut sums[offsets[column] as usize * per_slot..end];
        let mut rest = total.clone();
        // The most frequent bin itself is still zero.
        for bin in bins.chunks_exact(per_slot) {
            rest.iter_mut().zip(bin.iter().copied()).for_each(|(rest, bin)| *rest = rest.wrapping_sub(bin));
        }
        let at = (most_frequent - offsets[column]) as usize * per_slot;
        bins[at..at + per_slot].copy_from_slice(&rest);
    }
}
