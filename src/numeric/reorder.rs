//! Moving values of rows to other places.

use rayon::prelude::*;

/// Values that one task moves.
const CHUNK: usize = 65_536;

/// Puts at each place the value that was at `order[place]`.
pub(crate) fn reorder<T: Copy + Send + Sync>(values: &mut [T], order: &[u32]) {
    let before = values.to_vec();
    values.par_chunks_mut(CHUNK).zip(order.par_chunks(CHUNK)).for_each(|(values, order)| {
        values.iter_mut().zip(order).for_each(|(value, &place)| *value = before[place as usize]);
    });
}

/// The values of some rows: at each place those of row `order[place]`. `values` has `width` of them a row, row by row.
pub(crate) fn gather<T: Copy + Default + Send + Sync>(values: &[T], width: usize, order: &[u32]) -> Vec<T> {
    let width = width.max(1);
    let mut gathered = vec![T::default(); order.len() * width];
    gathered.par_chunks_mut(CHUNK * width).zip(order.par_chunks(CHUNK)).for_each(|(gathered, order)| {
        for (to, &row) in gathered.chunks_exact_mut(width).zip(order) {
            to.copy_from_slice(&values[row as usize * width..][..width]);
        }
    });
    gathered
}
