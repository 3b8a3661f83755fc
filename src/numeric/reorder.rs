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
