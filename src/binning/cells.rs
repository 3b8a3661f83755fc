//! [`Cells`]: the bin numbers of a tile.

use super::sparse::SparseRows;
use crate::simd::prefetch;
use rayon::prelude::*;

/// Features of a tile of bytes.
pub(crate) const NARROW_FEATURES: usize = 16;

/// Features of a tile of 16-bit cells.
pub(crate) const WIDE_FEATURES: usize = 8;

/// Rows that one task moves.
pub(super) const MOVED_ROWS: usize = 16_384;

/// How far ahead rows are fetched when they are moved.
const AHEAD: usize = 16;

/// The cells of a tile: row `r`, column `c` is at `r × width + c`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// Every feature has at most 256 bins.
    Narrow(Vec<u8>),
    /// Some feature has more.
    Wide(Vec<u16>),
    /// Nearly all rows are in the features' most frequent bins.
    Sparse(SparseRows),
}

impl Cells {
    /// Those of some rows: at each position those of the row that is at `order[position]` here. A dense tile has `width` features.
    pub(super) fn gather(&self, width: usize, order: &[u32]) -> Self {
        match self {
            Self::Narrow(cells) => Self::Narrow(gather(cells, width, order)),
            Self::Wide(cells) => Self::Wide(gather(cells, width, order)),
            Self::Sparse(rows) => Self::Sparse(rows.gather(order)),
        }
    }
}

/// The cells of some rows.
fn gather<C: Copy + Default + Send + Sync>(cells: &[C], width: usize, order: &[u32]) -> Vec<C> {
    // Of a width that is not known, each row would be copied by a function call.
    macro_rules! widths {
        ($($width:literal)+) => {
            match width {
                $($width => move_rows::<C, $width>,)+
                // `groups` gives a dense tile at least one feature and at most as many.
                width => unreachable!("a tile of {width} features"),
            }
        };
    }
    let move_rows = widths!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    let mut moved = vec![C::default(); order.len() * width];
    let chunks = moved.par_chunks_mut(MOVED_ROWS * width).zip(order.par_chunks(MOVED_ROWS));
    chunks.for_each(|(moved, order)| move_rows(cells, order, moved));
    moved
}

/// Copies rows of `W` cells: to each place the row of which `order` has the number there.
fn move_rows<C: Copy, const W: usize>(cells: &[C], order: &[u32], moved: &mut [C]) {
    let rows = cells.as_chunks::<W>().0;
    for (i, row) in moved.as_chunks_mut::<W>().0.iter_mut().enumerate() {
        prefetch(cells, order[(i + AHEAD).min(order.len() - 1)] as usize * W);
        *row = rows[order[i] as usize];
    }
}
