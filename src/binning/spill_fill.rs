//! Binning what memory has no room for: pages go to a file as soon as all of their rows have come.

use super::cells::{Cells, NARROW_FEATURES, WIDE_FEATURES};
use super::fill::{BATCH, Segments, sparse_cells};
use super::lookup::Lookup;
use super::mapper::BinMapper;
use super::matrix::{BinnedMatrix, TileKind, check_rows, groups};
use super::room::Room;
use super::sparse::SparseRows;
use super::spill::{Spill, refuse_memory};
use super::spilled::Spilled;
use super::transpose::transpose;
use crate::data::{Block, Chunk, Dataset};
use crate::simd::Simd;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

impl BinnedMatrix {
    /// Bins a data set, of which memory has no room for more than this.
    ///
    /// # Errors
    /// As [`BinnedMatrix::build`]; a room that is too small, or bins that cannot be written.
    pub(crate) fn build_within(mapper: &BinMapper, data: &Dataset, simd: Simd, room: &Room) -> Result<Self> {
        let rows = check_rows(data)?;
        let row_bytes = dense_row_bytes(mapper);
        if room.holds(rows, row_bytes as u64) {
            return Self::build(mapper, data, simd);
        }
        refuse_memory(&room.place)?;
        let slots = mapper.features().iter().map(|bins| bins.value_bins() + 1).sum();
        let has_sparse = groups(mapper).iter().any(|(_, kind)| *kind == TileKind::Sparse);
        let division = room.divide(rows, row_bytes, slots, has_sparse)?;
        // Tiles that stay are spread evenly, so that reading goes on while they are worked on.
        let share = division.tiles as f64 / (rows * row_bytes) as f64;
        let mut dense = 0;
        let mut strips = Vec::new();
        let mut tiles = Vec::new();
        let mut matrix = Self::assemble(mapper, rows, |kind, features, _| {
            let (before, after) = ((f64::from(dense) * share) as u32, (f64::from(dense + 1) * share) as u32);
            let stays = before < after;
            if kind != TileKind::Sparse {
                dense += 1;
                tiles.push((!stays).then_some(strips.len()));
                if !stays {
                    strips.push((features.to_vec(), kind == TileKind::Wide));
                }
            } else {
                tiles.push(None);
            }
            let cells = if stays { rows * features.len() } else { 0 };
            match kind {
                TileKind::Narrow => Cells::Narrow(vec![0; cells]),
                TileKind::Wide => Cells::Wide(vec![0; cells]),
                TileKind::Sparse => Cells::Sparse(SparseRows::new(0, &[], Vec::new())),
            }
        });
        let limit = |feature: u32| mapper.features()[feature as usize].value_bins() as u32 + 1;
        let mut columns = vec![None; matrix.features()];
        let mut limits: Vec<(Vec<u32>, bool)> =
            strips.iter().map(|(features, is_wide)| (features.iter().map(|&feature| limit(feature)).collect(), *is_wide)).collect();
        for (features, is_wide) in &strips {
            for &feature in features {
                columns[feature as usize] = Some(limits.len());
                limits.push((vec![limit(feature)], *is_wide));
            }
        }
        let spill = Spill::create(&room.place, rows, division.page_rows, limits)?;
        let spilled = Spilled { spill, tiles, columns, division };
        matrix.fill_within(mapper, data, simd, &spilled)?;
        matrix.spilled = Some(Arc::new(spilled));
        Ok(matrix)
    }

    fn fill_within(&mut self, mapper: &BinMapper, data: &Dataset, simd: Simd, spilled: &Spilled) -> Result<()> {
        let tiles = self.tiles.iter().enumerate().filter(|(tile, _)| spilled.has_tile(*tile));
        let strips = tiles.map(|(_, tile)| (tile.features.clone(), matches!(tile.cells, Cells::Wide(_)))).collect();
        let places: Vec<Option<(usize, usize)>> =
            self.layouts.iter().map(|layout| Some((spilled.tiles[layout.tile]?, layout.column))).collect();
        let pages = OpenPages { spilled, strips, open: Mutex::default() };
        let rows = self.rows();
        let layouts = &self.layouts;
        let segments = Segments::new(&mut self.tiles);
        data.source().visit_rows(&|block: &Block<'_>| {
            let open = pages.open(block.first_row..block.first_row + block.rows);
            block.columns.par_iter().for_each(|(feature, chunk)| {
                let lookup = Lookup::new(&mapper.features()[*feature]);
                match places[*feature] {
                    Some(place) => open.iter().for_each(|page| page.fill(simd, place, &lookup, block.first_row, chunk)),
                    None => {
                        let most_frequent = mapper.most_frequent()[*feature];
                        segments.fill(simd, layouts[*feature], most_frequent, &lookup, block.first_row, chunk);
                    }
                }
            });
            if segments.sparse_entries() > spilled.division.sparse_entries {
                return Err(Error::data(
                    "not enough memory: the bins of features that are nearly always the same are kept in memory, \
                                        and take more of it than is left for bins",
                )
                .with_remedy("raise memory_limit or the limit of the container, or leave features out"));
            }
            open.into_iter().try_for_each(|page| pages.close(page, block.first_row..block.first_row + block.rows))
        })?;
        let sparse = segments.finish();
        if let (Some(columns), Some(tile)) = (sparse, self.tiles.last_mut()) {
            tile.cells = sparse_cells(mapper, rows, tile, &columns);
        }
        match pages.is_empty() {
            true => Ok(()),
            false => Err(Error::internal("some rows have not come, or not with all features")),
        }
    }

    /// A matrix of some rows, ascending, which is in memory as far as this one is.
    ///
    /// # Errors
    /// Bins that cannot be read back, or written.
    pub(crate) fn gather_ascending(&self, order: &[u32]) -> Result<Self> {
        let spilled = self.spilled().map(|spilled| spilled.gather(order)).transpose()?;
        Ok(self.gather_with(order, spilled.map(Arc::new)))
    }

    /// Hands over the cells of a tile, consecutive rows at a time, from the first to the last.
    ///
    /// # Errors
    /// Bins that cannot be read back.
    pub(crate) fn each_cells(&self, tile: usize, mut take: impl FnMut(&Cells)) -> Result<()> {
        match self.spilled().filter(|spilled| spilled.has_tile(tile)) {
            Some(spilled) => spilled.read(&spilled.tile_parts(tile, |_| true), |_, cells| take(cells)),
            None => {
                take(&self.tiles[tile].cells);
                Ok(())
            }
        }
    }
}

/// Bytes of a row in all dense tiles.
fn dense_row_bytes(mapper: &BinMapper) -> usize {
    let bytes = |(features, kind): (Vec<u32>, TileKind)| match kind {
        TileKind::Narrow => features.len(),
        TileKind::Wide => 2 * features.len(),
        TileKind::Sparse => 0,
    };
    groups(mapper).into_iter().map(bytes).sum()
}

/// Pages of which some rows have come.
struct OpenPages<'a> {
    spilled: &'a Spilled,
    /// The features of each tile that is spilled, and whether their cells take two bytes.
    strips: Vec<(Vec<u32>, bool)>,
    open: Mutex<BTreeMap<usize, Arc<OpenPage>>>,
}

struct OpenPage {
    number: usize,
    rows: Range<usize>,
    /// Rows that have not come.
    missing: AtomicUsize,
    /// Features a row, and cells, of each tile that is spilled.
    strips: Vec<(usize, Mutex<Cells>)>,
}

impl OpenPages<'_> {
    /// The pages that have some of these rows.
    fn open(&self, rows: Range<usize>) -> Vec<Arc<OpenPage>> {
        let page_rows = self.spilled.spill.page_rows();
        let mut open = self.pages();
        let new = |number| Arc::new(OpenPage::new(number, self.spilled.spill.page(number), &self.strips));
        (rows.start / page_rows..rows.end.div_ceil(page_rows))
            .map(|page| Arc::clone(open.entry(page).or_insert_with(|| new(page))))
            .collect()
    }

    /// Writes a page if some rows that it has of these were the last that it waited for.
    fn close(&self, page: Arc<OpenPage>, rows: Range<usize>) -> Result<()> {
        let here = rows.end.min(page.rows.end) - rows.start.max(page.rows.start);
        if page.missing.fetch_sub(here, Ordering::AcqRel) > here {
            return Ok(());
        }
        self.pages().remove(&page.number);
        page.strips.iter().zip(&self.strips).enumerate().try_for_each(|(strip, ((width, cells), (features, _)))| {
            let cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
            self.spilled.spill.put(strip, page.number, &cells)?;
            features.iter().zip(columns(&cells, *width)).try_for_each(|(&feature, column)| {
                match self.spilled.columns[feature as usize] {
                    Some(strip) => self.spilled.spill.put(strip, page.number, &column),
                    None => Err(Error::internal("a feature of a tile that is spilled has no column")),
                }
            })
        })
    }

    fn is_empty(&self) -> bool {
        self.pages().is_empty()
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<OpenPage>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenPage {
    fn new(number: usize, rows: Range<usize>, strips: &[(Vec<u32>, bool)]) -> Self {
        let cells = |(features, is_wide): &(Vec<u32>, bool)| {
            let count = rows.len() * features.len();
            let cells = if *is_wide { Cells::Wide(vec![0; count]) } else { Cells::Narrow(vec![0; count]) };
            (features.len(), Mutex::new(cells))
        };
        Self { number, missing: AtomicUsize::new(rows.len()), strips: strips.iter().map(cells).collect(), rows }
    }

    /// Writes the bins of those values of a chunk that are in rows of the page: to a column of a strip.
    fn fill(&self, simd: Simd, (strip, column): (usize, usize), lookup: &Lookup<'_>, first_row: usize, chunk: &Chunk<'_>) {
        let (width, cells) = &self.strips[strip];
        let mut batch = [0u16; BATCH];
        let rows = self.rows.start.max(first_row)..self.rows.end.min(first_row + chunk.len());
        for start in rows.clone().step_by(BATCH) {
            let end = rows.end.min(start + BATCH);
            let batch = &mut batch[..end - start];
            lookup.bins(simd, chunk, start - first_row..end - first_row, batch);
            let first = (start - self.rows.start) * width + column;
            match &mut *cells.lock().unwrap_or_else(PoisonError::into_inner) {
                Cells::Narrow(cells) => {
                    cells[first..].iter_mut().step_by(*width).zip(batch).for_each(|(to, bin)| *to = *bin as u8);
                }
                Cells::Wide(cells) => cells[first..].iter_mut().step_by(*width).zip(batch).for_each(|(to, bin)| *to = *bin),
                Cells::Sparse(_) => {}
            }
        }
    }
}

/// The columns of a dense tile.
fn columns(cells: &Cells, width: usize) -> Vec<Cells> {
    match cells {
        Cells::Narrow(cells) => transposed::<u8, NARROW_FEATURES, { NARROW_FEATURES * NARROW_FEATURES }>(cells, width)
            .into_iter()
            .map(Cells::Narrow)
            .collect(),
        Cells::Wide(cells) => {
            transposed::<u16, WIDE_FEATURES, { WIDE_FEATURES * WIDE_FEATURES }>(cells, width).into_iter().map(Cells::Wide).collect()
        }
        Cells::Sparse(_) => Vec::new(),
    }
}

fn transposed<C: Copy + Default, const N: usize, const SQUARE: usize>(cells: &[C], width: usize) -> Vec<Vec<C>> {
    let mut columns = vec![vec![C::default(); cells.len() / width]; width];
    transpose::<C, N, SQUARE>(cells, &mut columns.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
    columns
}
