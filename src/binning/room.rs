//! [`Room`]: how much memory bins may take, and what becomes of it where that is too little for all of them.

use crate::text::counted;
use crate::{Error, Result};
use std::path::PathBuf;

/// Bytes that are read from a file at a time: the least, and the most.
const AT_A_TIME: [usize; 2] = [1 << 16, 4 << 20];

/// Parts of the file that are in memory at a time.
const PARTS: usize = 3;

/// Pages that a thread fills at a time, as a rule: blocks of data begin and end within them.
const PAGES_PER_THREAD: usize = 4;

/// Rows of a page: the least, and the most.
const PAGE_ROWS: [usize; 2] = [256, 65_536];

/// Histograms of whole nodes that fit at least: of a node, of one of its children, and as many again while the next ones are built.
const HISTOGRAMS: usize = 4;

/// Bytes of a bin of a sparse feature: while all come together, and afterwards.
const SPARSE_ENTRY: [usize; 2] = [24, 4];

/// Rows whose bins are as short as these are kept a second time, by column.
const SHORT_ROW: u64 = 128;

/// How much memory the bins of a data set may take.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// Bytes for bins, and for what is done with them.
    pub bytes: u64,
    /// What everything else takes.
    pub beside: u64,
    /// What the whole process may use.
    pub limit: u64,
    /// Whether bins in memory are kept by column as well, however many there are in a row.
    pub has_columns: bool,
    /// Whether trees are grown on the data, so that there are histograms of them.
    pub has_histograms: bool,
    /// Where bins are kept that there is no room for.
    pub place: PathBuf,
}

/// What the room is divided into if it does not hold all bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Division {
    /// For dense tiles that stay in memory.
    pub tiles: usize,
    /// Bins of sparse features that there may be.
    pub sparse_entries: usize,
    /// For pages that are filled, then for histograms.
    pub work: usize,
    /// For each part of the file that is read.
    pub part: usize,
    pub page_rows: usize,
}

impl Room {
    /// Whether it holds so many rows of bins, which take so many bytes each, in memory.
    pub fn holds(&self, rows: usize, row_bytes: u64) -> bool {
        in_memory(rows, row_bytes, self.has_columns) <= self.bytes
    }

    /// What it is divided into, for rows of so many bytes and histograms of so many slots.
    ///
    /// # Errors
    /// It is too little even for what cannot be in a file.
    pub(super) fn divide(&self, rows: usize, row_bytes: usize, slots: usize, has_sparse: bool) -> Result<Division> {
        let bytes = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let threads = rayon::current_num_threads();
        let pages = 2 * PAGES_PER_THREAD + PAGES_PER_THREAD * threads;
        let histograms = if self.has_histograms { HISTOGRAMS * size_of::<[u64; 2]>() * slots } else { 0 };
        let least_work = histograms.max(pages * PAGE_ROWS[0] * row_bytes);
        let least = 2 * least_work.max(PARTS * AT_A_TIME[0]);
        if bytes < least {
            let others = self.limit.saturating_sub(self.bytes).max(self.beside);
            let (needed, allowed) = (others.saturating_add(least as u64).div_ceil(1 << 20), self.limit >> 20);
            let what = format!("{} of {}", counted(rows, "row"), counted(row_bytes, "byte"));
            return Err(Error::data(format!(
                "not enough memory: training on {what} takes at least {needed} MiB even if bins are kept in a file, and this process may use {allowed} MiB"
            ))
            .with_remedy("raise memory_limit or the limit of the container, lower max_bin, or leave features out"));
        }
        let (work, part) = (bytes / 2, (bytes / 32).clamp(AT_A_TIME[0], AT_A_TIME[1]));
        let page_rows = (work / (pages * row_bytes).max(1)).clamp(PAGE_ROWS[0], PAGE_ROWS[1]);
        let sparse_entries = work / SPARSE_ENTRY[0];
        let sparse = if has_sparse { rows * size_of::<usize>() + sparse_entries * SPARSE_ENTRY[1] } else { 0 };
        let tiles = (bytes - work - PARTS * part).saturating_sub(sparse);
        // Of a power of two, pages end where blocks of data do.
        Ok(Division { tiles, sparse_entries, work, part, page_rows: 1 << page_rows.ilog2() })
    }
}

/// The memory that bins take where they are in memory as a whole: with columns of their own if rows are short, else with the copy of a tile that is
/// made when rows are laid out anew.
pub(crate) fn in_memory(rows: usize, row_bytes: u64, has_columns: bool) -> u64 {
    let copies = if has_columns || row_bytes <= SHORT_ROW { row_bytes } else { 16 };
    (rows as u64).saturating_mul(row_bytes.saturating_add(copies))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(mib: u64) -> Room {
        Room {
            bytes: mib << 20,
            beside: 64 << 20,
            limit: (mib + 64) << 20,
            has_columns: false,
            has_histograms: true,
            place: PathBuf::new(),
        }
    }

    #[test]
    fn parts_of_a_room_are_no_more_than_the_whole() {
        for (mib, row_bytes, slots) in [(16, 100, 25_000), (64, 1000, 25_000), (310, 1000, 256_000), (9000, 10_000, 256_000)] {
            let room = room(mib);
            let Division { tiles, work, part, page_rows, .. } = room.divide(1_000_000, row_bytes, slots, false).unwrap();
            assert!((tiles + work + PARTS * part) as u64 == room.bytes && page_rows.is_power_of_two());
            assert!(2 * PAGES_PER_THREAD * page_rows * row_bytes <= work && HISTOGRAMS * 16 * slots <= work);
            let with_sparse = room.divide(1_000_000, row_bytes, slots, true).unwrap();
            assert!(with_sparse.tiles < tiles && 24 * with_sparse.sparse_entries <= work);
        }
        assert!(room(100).holds(1_000_000, 52) && !room(100).holds(1_000_000, 53) && room(160).holds(1_000_000, 150));
    }

    #[test]
    fn too_little_is_refused_with_both_numbers() {
        let error = room(8).divide(1000, 1000, 256_000, false).unwrap_err().to_string();
        let expected = "not enough memory: training on 1000 rows of 1000 bytes takes at least 96 MiB even if bins are kept in a file, \
                        and this process may use 72 MiB; raise memory_limit";
        assert!(error.starts_with(expected), "{error}");
    }
}
