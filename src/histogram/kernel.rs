//! The innermost loops: adding rows to a tile's histogram. No bounds are checked in the innermost of them.
//!
//! One 64-bit addition per (row, feature) adds gradient and hessian at once: the gradient's sum lives in the high half of a slot,
//! the hessian's in the low half. The hessian is not negative and 65,536 of its 16-bit values sum to less than 2^32, so the halves
//! never touch within [`PACKED_ROWS`] rows.

use crate::binning::SparseRows;
use crate::simd::{Simd, dispatch, prefetch};

/// Rows after which a packed slot might overflow.
pub(crate) const PACKED_ROWS: usize = 65_536;

/// How far ahead rows are fetched: far enough to hide memory latency, near enough to stay in the first-level cache. From 16 to 48, the
/// histograms of 1,000,000 × 28 take 2.0 instead of 2.5 s.
const AHEAD: usize = 48;

/// The same for sparse rows, which are longer.
const SPARSE_AHEAD: usize = 4;

/// A bin number as it is stored.
pub(crate) trait Cell: Copy + Send + Sync {
    fn bin(self) -> usize;
}

impl Cell for u8 {
    #[inline(always)]
    fn bin(self) -> usize {
        usize::from(self)
    }
}

impl Cell for u16 {
    #[inline(always)]
    fn bin(self) -> usize {
        usize::from(self)
    }
}

/// A row's quantised gradients, and how they are added to a slot.
pub(crate) trait Code: Copy + Send + Sync {
    /// Words a slot has in the histogram that these codes are added to.
    const WORDS: usize;
    /// The code as it is added, computed once per row.
    type Addend: Copy;
    fn addend(self) -> Self::Addend;
    /// Adds to the slot's words.
    fn add(slot: &mut [u64], addend: Self::Addend);
}

/// Packed: one word a slot.
impl Code for u32 {
    const WORDS: usize = 1;
    type Addend = u64;
    #[inline(always)]
    fn addend(self) -> u64 {
        (i64::from(self as i32 >> 16) << 32) as u64 | u64::from(self & 0xffff)
    }
    #[inline(always)]
    fn add(slot: &mut [u64], addend: u64) {
        slot[0] = slot[0].wrapping_add(addend);
    }
}

/// Wide: gradient and hessian in a word each.
impl Code for u64 {
    const WORDS: usize = 2;
    type Addend = (u64, u64);
    #[inline(always)]
    fn addend(self) -> (u64, u64) {
        ((self as i64 >> 32) as u64, self & 0xffff_ffff)
    }
    #[inline(always)]
    fn add(slot: &mut [u64], addend: (u64, u64)) {
        slot[0] = slot[0].wrapping_add(addend.0);
        slot[1] = slot[1].wrapping_add(addend.1);
    }
}

/// What the loops read: a tile's cells of some consecutive rows, the codes of these, and where the tile's features begin in its histogram.
///
/// Whoever makes one vouches that every cell of feature `c` is below `offsets[c + 1] - offsets[c]` (for the last: `slots - offsets[c]`).
#[derive(Clone, Copy)]
pub(crate) struct TileView<'a, C, G> {
    pub cells: &'a [C],
    pub codes: &'a [G],
    pub offsets: &'a [u32],
    pub slots: usize,
}

/// Adds rows to the histogram of a tile of `F` features.
#[expect(unsafe_code, reason = "bounds checks would double the time of this loop")]
#[inline(always)]
fn add_rows<const F: usize, C: Cell, G: Code>(view: TileView<'_, C, G>, rows: &[u32], histogram: &mut [u64]) {
    assert_eq!(view.offsets.len(), F);
    assert!(histogram.len() >= view.slots * G::WORDS);
    assert!(view.cells.len() >= view.codes.len() * F);
    let mut starts = [0usize; F];
    for (start, &offset) in starts.iter_mut().zip(view.offsets) {
        *start = offset as usize * G::WORDS;
    }
    for (i, &row) in rows.iter().enumerate() {
        let ahead = rows[(i + AHEAD).min(rows.len() - 1)] as usize;
        prefetch(view.cells, ahead * F);
        prefetch(view.codes, ahead);
        let row = row as usize;
        // The one check a row: it bounds both the codes and, by the third assertion, the cells.
        let addend = view.codes[row].addend();
        for (column, &start) in starts.iter().enumerate() {
            // SAFETY: row < codes.len() was checked above, so row * F + column < codes.len() * F <= cells.len().
            let bin = unsafe { view.cells.get_unchecked(row * F + column) }.bin();
            let at = start + bin * G::WORDS;
            // SAFETY: the view's maker vouches that offset + bin < slots, so at + WORDS <= slots * WORDS <= histogram.len().
            G::add(unsafe { histogram.get_unchecked_mut(at..at + G::WORDS) }, addend);
        }
    }
}

/// Adds rows to the histogram of a tile of sparse features, all but their most frequent bins.
pub(crate) fn add_sparse<G: Code>(sparse: &SparseRows, codes: &[G], rows: &[u32], histogram: &mut [u64]) {
    for (i, &row) in rows.iter().enumerate() {
        let ahead = rows[(i + SPARSE_AHEAD).min(rows.len() - 1)] as usize;
        prefetch(&sparse.slots, sparse.starts[ahead]);
        prefetch(codes, ahead);
        let addend = codes[row as usize].addend();
        for &slot in sparse.row(row as usize) {
            G::add(&mut histogram[slot as usize * G::WORDS..][..G::WORDS], addend);
        }
    }
}

/// Fills in the most frequent bins of a histogram that [`add_sparse`] made from zeros: what all rows sum to, less the other bins.
pub(crate) fn add_most_frequent<G: Code>(sparse: &SparseRows, offsets: &[u32], codes: &[G], rows: &[u32], histogram: &mut [u64]) {
    let mut total = [0; 2];
    rows.iter().for_each(|&row| G::add(&mut total[..G::WORDS], codes[row as usize].addend()));
    for (column, &most_frequent) in sparse.most_frequent.iter().enumerate() {
        let end = offsets.get(column + 1).map_or(histogram.len(), |&end| end as usize * G::WORDS);
        let bins = &mut histogram[offsets[column] as usize * G::WORDS..end];
        let most_frequent = (most_frequent - offsets[column]) as usize * G::WORDS;
        for word in 0..G::WORDS {
            // The most frequent bin itself is still zero.
            let others = bins.iter().skip(word).step_by(G::WORDS).fold(0u64, |sum, &bin| sum.wrapping_add(bin));
            bins[most_frequent + word] = total[word].wrapping_sub(others);
        }
    }
}

/// Chooses the loop for the tile's number of features.
#[inline(always)]
fn by_width<C: Cell, G: Code>(view: TileView<'_, C, G>, rows: &[u32], histogram: &mut [u64]) {
    macro_rules! widths {
        ($($width:literal)+) => {
            match view.offsets.len() {
                $($width => add_rows::<$width, C, G>(view, rows, histogram),)+
                width => unreachable!("a tile of {width} features"),
            }
        };
    }
    widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

/// A kind of tile and code: one compiled set of loops each.
pub(crate) trait Accumulate: Sized {
    /// Adds rows to the histogram of a tile.
    fn accumulate(simd: Simd, view: Self, rows: &[u32], histogram: &mut [u64]);
}

macro_rules! accumulate {
    ($($name:ident: $cell:ty, $code:ty;)+) => {$(
        dispatch! {
            fn $name(view: TileView<'_, $cell, $code>, rows: &[u32], histogram: &mut [u64]) = by_width::<$cell, $code>
        }
        impl Accumulate for TileView<'_, $cell, $code> {
            fn accumulate(simd: Simd, view: Self, rows: &[u32], histogram: &mut [u64]) {
                $name(simd, view, rows, histogram);
            }
        }
    )+};
}

accumulate! {
    bytes_packed: u8, u32;
    bytes_wide: u8, u64;
    words_packed: u16, u32;
    words_wide: u16, u64;
}
