//! Rows of a dense tile, seen all `N` cells of a vector at a time: as columns, or by the largest cell of each column.
//!
//! A row that is shorter than that is read with what follows it, which nobody looks at.

/// Rows that are transposed before their columns are copied away: a cache line of each column at least.
const STRIP: usize = 128;

/// Copies rows of at most `N` cells to columns. `N` is a power of two, `SQUARE` its square.
pub(super) fn transpose<C: Copy + Default, const N: usize, const SQUARE: usize>(cells: &[C], columns: &mut [&mut [C]]) {
    let width = columns.len();
    let mut strip = [[C::default(); STRIP]; N];
    for (index, cells) in cells.chunks(STRIP * width).enumerate() {
        for (at, cells) in cells.chunks(N * width).enumerate() {
            let square = transposed::<C, N, SQUARE>(&rows::<C, N, SQUARE>(cells, width));
            for (column, cells) in strip.iter_mut().zip(square.chunks_exact(N)) {
                column[at * N..(at + 1) * N].copy_from_slice(cells);
            }
        }
        let rows = index * STRIP..index * STRIP + cells.len() / width;
        for (column, cells) in columns.iter_mut().zip(&strip) {
            column[rows.clone()].copy_from_slice(&cells[..rows.len()]);
        }
    }
}

/// The largest cell of each column of rows of `width` cells, at most `N`.
pub(super) fn column_maxima<C: Copy + Default + Ord, const N: usize>(cells: &[C], width: usize) -> [C; N] {
    // Rows that have something to be read behind them.
    let vectors = (cells.len() + width).saturating_sub(N) / width;
    let mut most = maxima_of_vectors(cells, width, vectors);
    for row in cells[vectors * width..].chunks_exact(width) {
        most.iter_mut().zip(row).for_each(|(most, &cell)| *most = cell.max(*most));
    }
    most
}

/// By itself, or else the compiler comes to see single cells where there are vectors.
#[inline(never)]
fn maxima_of_vectors<C: Copy + Default + Ord, const N: usize>(cells: &[C], width: usize, rows: usize) -> [C; N] {
    let mut most = [C::default(); N];
    for row in 0..rows {
        let row = &cells[row * width..][..N];
        for (most, &cell) in most.iter_mut().zip(row) {
            *most = cell.max(*most);
        }
    }
    most
}

/// At most `N` rows, one behind the other at distances of `N`; what is no cell of theirs may be anything.
fn rows<C: Copy + Default, const N: usize, const SQUARE: usize>(cells: &[C], width: usize) -> [C; SQUARE] {
    let mut square = [C::default(); SQUARE];
    for (row, to) in square.chunks_exact_mut(N).enumerate() {
        let cells = cells.get(row * width..).unwrap_or_default();
        match cells.first_chunk::<N>() {
            Some(cells) => to.copy_from_slice(cells),
            None => to[..cells.len()].copy_from_slice(cells),
        }
    }
    square
}

/// A square of cells, its rows as columns. Each step deals the two halves out by turns, which moves the upper bit of a position to its lower
/// end; when the bits of the row have changed sides with those of the column, all is done.
fn transposed<C: Copy + Default, const N: usize, const SQUARE: usize>(square: &[C; SQUARE]) -> [C; SQUARE] {
    let mut square = *square;
    for _ in 0..N.ilog2() {
        let mut dealt = [C::default(); SQUARE];
        let (low, high) = square.split_at(SQUARE / 2);
        for ((to, &low), &high) in dealt.chunks_exact_mut(2).zip(low).zip(high) {
            to.copy_from_slice(&[low, high]);
        }
        square = dealt;
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;

    /// Rows of any width and number, against the obvious loops.
    fn check<C, const N: usize, const SQUARE: usize>(cell: impl Fn(u64) -> C)
    where
        C: Copy + Default + Ord + std::fmt::Debug,
    {
        for width in 1..=N {
            for count in [0, 1, N - 1, N, N + 1, STRIP - 1, STRIP, STRIP + 1, 3 * STRIP + N + 3] {
                let cells: Vec<C> = (0..count * width).map(|at| cell(mix((at * 64 + width) as u64))).collect();
                let expected: Vec<Vec<C>> = (0..width).map(|c| cells.iter().skip(c).step_by(width).copied().collect()).collect();
                let mut columns = vec![vec![C::default(); count]; width];
                transpose::<C, N, SQUARE>(&cells, &mut columns.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
                assert_eq!(columns, expected, "{count} rows of {width}");
                let largest: Vec<C> = expected.iter().map(|column| column.iter().copied().max().unwrap_or_default()).collect();
                assert_eq!(column_maxima::<C, N>(&cells, width)[..width], largest, "{count} rows of {width}");
            }
        }
    }

    #[test]
    fn columns_and_largest_cells_are_those_of_the_rows() {
        check::<u8, 16, 256>(|hash| hash as u8);
        check::<u16, 8, 64>(|hash| hash as u16);
    }
}
