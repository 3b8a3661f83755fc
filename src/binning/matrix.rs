//! [`BinnedMatrix`]: the training data as bin numbers, row-major inside tiles of a few features.
//!
//! A tile's rows are short (at most 16 cells), so the histogram of a whole tile fits the first-level cache while its rows stream by,
//! and a tile whose features no tree uses is never read.

use super::cells::{Cells, MOVED_ROWS, NARROW_FEATURES, WIDE_FEATURES};
use super::mapper::BinMapper;
use super::spilled::Spilled;
use super::transpose::column_maxima;
use crate::data::Dataset;
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::Arc;

/// Features with a most frequent bin are stored by their other bins if there are at least so many: fewer are not worth a loop over each row.
pub(super) const SPARSE_FEATURES: usize = 32;

/// The kind of a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TileKind {
    Narrow,
    Wide,
    Sparse,
}

/// A few features side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tile {
    /// The features, by position in the schema.
    pub(crate) features: Vec<u32>,
    /// Where each feature's bins begin in the tile's histogram.
    pub(crate) offsets: Vec<u32>,
    /// Length of the tile's histogram.
    pub(crate) slots: usize,
    /// Where the tile's histogram begins in a node's.
    pub(crate) first_slot: usize,
    /// The bin numbers; of a tile that is spilled, none.
    pub(crate) cells: Cells,
}

impl Tile {
    /// How many bins each feature has, the one for missing values counted.
    pub fn limits(&self) -> Vec<u32> {
        let ends = self.offsets.iter().skip(1).copied().chain([self.slots as u32]);
        ends.zip(&self.offsets).map(|(end, &offset)| end - offset).collect()
    }

    /// Cells per row of a dense tile.
    pub fn width(&self) -> usize {
        self.features.len()
    }

    /// The cells of some rows: at each position those of the row that is at `order[position]` here.
    fn gather(&self, order: &[u32]) -> Cells {
        self.cells.gather(self.width(), order)
    }

    /// Whether there are cells for so many rows, and every cell is a bin of its feature.
    fn is_sound(&self, rows: usize) -> bool {
        let bins = self.limits();
        match &self.cells {
            Cells::Narrow(cells) => cells.len() == rows * self.width() && are_below::<_, NARROW_FEATURES>(cells, &bins),
            Cells::Wide(cells) => cells.len() == rows * self.width() && are_below::<_, WIDE_FEATURES>(cells, &bins),
            Cells::Sparse(entries) => entries.is_sound(rows, self.width(), self.slots as u32),
        }
    }

    /// The bin of a column in a row of the cells.
    #[inline]
    pub fn bin(&self, row: usize, column: usize) -> usize {
        match &self.cells {
            Cells::Narrow(cells) => usize::from(cells[row * self.width() + column]),
            Cells::Wide(cells) => usize::from(cells[row * self.width() + column]),
            Cells::Sparse(rows) => {
                let first = self.offsets[column];
                let end = self.offsets.get(column + 1).map_or(self.slots as u32, |&end| end);
                (rows.find(row, first..end).unwrap_or(rows.most_frequent[column]) - first) as usize
            }
        }
    }

    /// Additions that a row takes, on average.
    pub fn work(&self) -> usize {
        match &self.cells {
            Cells::Narrow(_) | Cells::Wide(_) => self.width(),
            Cells::Sparse(rows) => rows.per_row(),
        }
    }
}

/// Where a feature is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FeatureLayout {
    /// Its tile.
    pub tile: usize,
    /// Its column in the tile.
    pub column: usize,
    /// Where its bins begin in a node's histogram.
    pub slot: usize,
    /// The number of its value bins; the missing bin follows them.
    pub value_bins: usize,
    /// Of a sparse feature: where its most frequent bin is in a node's histogram.
    pub most_frequent: Option<usize>,
}

/// A data set as bin numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedMatrix {
    rows: usize,
    pub(super) tiles: Vec<Tile>,
    pub(super) layouts: Vec<FeatureLayout>,
    /// The tiles that memory has no room for.
    pub(super) spilled: Option<Arc<Spilled>>,
}

impl BinnedMatrix {
    /// A matrix of tiles whose cells `cells` gives, by their kind, their features, and where these begin in the tile's histogram.
    /// Tiles come in the order of [`groups`].
    pub(super) fn assemble(mapper: &BinMapper, rows: usize, mut cells: impl FnMut(TileKind, &[u32], &[u32]) -> Cells) -> Self {
        let mut matrix = Self::without_tiles(rows, mapper.features().len());
        for (features, kind) in groups(mapper) {
            let bins = |&feature: &u32| {
                let most_frequent = mapper.most_frequent()[feature as usize].filter(|_| kind == TileKind::Sparse);
                (feature, mapper.features()[feature as usize].value_bins(), most_frequent)
            };
            let bins: Vec<_> = features.iter().map(bins).collect();
            matrix.add_tile(&bins, |offsets| cells(kind, &features, offsets));
        }
        matrix
    }

    /// The matrix whose tiles have these cells, if `mapper` gives tiles that such cells fit: in kind, in number, and in what they hold.
    pub(crate) fn from_cells(mapper: &BinMapper, rows: usize, cells: Vec<Cells>) -> Option<Self> {
        if cells.len() != groups(mapper).len() {
            return None;
        }
        let mut cells = cells.into_iter();
        let mut kinds_fit = true;
        let matrix = Self::assemble(mapper, rows, |kind, features, offsets| {
            let cells = cells.next().unwrap_or(Cells::Narrow(Vec::new()));
            kinds_fit &= match &cells {
                Cells::Narrow(_) => kind == TileKind::Narrow,
                Cells::Wide(_) => kind == TileKind::Wide,
                Cells::Sparse(rows) => {
                    kind == TileKind::Sparse && rows.most_frequent == most_frequent_slots(mapper, features, offsets)
                }
            };
            cells
        });
        (kinds_fit && matrix.tiles.iter().all(|tile| tile.is_sound(rows))).then_some(matrix)
    }

    /// A matrix that no feature is in yet.
    pub(super) fn without_tiles(rows: usize, features: usize) -> Self {
        Self {
            rows,
            tiles: Vec::new(),
            layouts: vec![FeatureLayout { tile: 0, column: 0, slot: 0, value_bins: 0, most_frequent: None }; features],
            spilled: None,
        }
    }

    /// Adds a tile of features, each with its number of value bins and its most frequent bin; `cells` is told where they begin in the tile's
    /// histogram.
    pub(super) fn add_tile(&mut self, features: &[(u32, usize, Option<usize>)], cells: impl FnOnce(&[u32]) -> Cells) {
        let first_slot = self.slots();
        let mut offsets = Vec::with_capacity(features.len());
        let mut slots = 0;
        for (column, &(feature, value_bins, most_frequent)) in features.iter().enumerate() {
            let slot = first_slot + slots;
            let most_frequent = most_frequent.map(|bin| slot + bin);
            self.layouts[feature as usize] = FeatureLayout { tile: self.tiles.len(), column, slot, value_bins, most_frequent };
            offsets.push(slots as u32);
            slots += value_bins + 1;
        }
        let cells = cells(&offsets);
        let features = features.iter().map(|&(feature, ..)| feature).collect();
        self.tiles.push(Tile { features, offsets, slots, first_slot, cells });
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of features, also those that are in no tile.
    pub(crate) fn features(&self) -> usize {
        self.layouts.len()
    }

    /// The tiles that memory has no room for, if there are any.
    pub(crate) fn spilled(&self) -> Option<&Spilled> {
        self.spilled.as_deref()
    }

    /// Memory that the bin numbers take.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |tile: &Tile| match &tile.cells {
            Cells::Narrow(cells) => cells.len(),
            Cells::Wide(cells) => 2 * cells.len(),
            Cells::Sparse(rows) => rows.bytes(),
        };
        self.tiles.iter().map(bytes).sum()
    }

    /// Moves rows: at each position then is the row that was at `order[position]`. For a matrix that is in memory.
    pub(crate) fn reorder(&mut self, order: &[u32]) {
        self.tiles.iter_mut().for_each(|tile| tile.cells = tile.gather(order));
    }

    /// A matrix of some rows: at each position the row that is at `order[position]` here. For a matrix that is in memory.
    pub(crate) fn gather(&self, order: &[u32]) -> Self {
        self.gather_with(order, None)
    }

    /// The same of what is in memory; the rest is in `spilled`.
    pub(super) fn gather_with(&self, order: &[u32], spilled: Option<Arc<Spilled>>) -> Self {
        let is_spilled = |tile| spilled.as_ref().is_some_and(|spilled| spilled.has_tile(tile));
        let tiles = self.tiles.iter().enumerate().map(|(index, tile)| Tile {
            features: tile.features.clone(),
            offsets: tile.offsets.clone(),
            cells: if is_spilled(index) { tile.cells.clone() } else { tile.gather(order) },
            ..*tile
        });
        Self { rows: order.len(), tiles: tiles.collect(), layouts: self.layouts.clone(), spilled }
    }

    /// Additions that a row takes for some features, on average: of a sparse tile, their share of its features.
    pub(crate) fn work_of(&self, features: &[u32]) -> f64 {
        let work = |&feature: &u32| {
            let tile = &self.tiles[self.layout(feature).tile];
            tile.work() as f64 / tile.width() as f64
        };
        features.iter().map(work).sum()
    }

    /// The tiles.
    pub(crate) fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Length of a node's histogram over all features.
    pub(crate) fn slots(&self) -> usize {
        self.tiles.last().map_or(0, |t| t.first_slot + t.slots)
    }

    /// The most slots that a tile of some of these features can have: of those with the most bins.
    pub(crate) fn most_slots_of_a_tile(&self) -> usize {
        let (mut narrow, mut wide, mut sparse) = (Vec::new(), Vec::new(), 0);
        for tile in &self.tiles {
            let slots = tile.features.iter().map(|&feature| self.layout(feature).value_bins + 1);
            match &tile.cells {
                Cells::Narrow(_) => narrow.extend(slots),
                Cells::Wide(_) => wide.extend(slots),
                Cells::Sparse(_) => sparse = tile.slots,
            }
        }
        let most = |mut slots: Vec<usize>, features: usize| -> usize {
            slots.sort_unstable_by(|a, b| b.cmp(a));
            slots.iter().take(features).sum()
        };
        most(narrow, NARROW_FEATURES).max(most(wide, WIDE_FEATURES)).max(sparse)
    }

    pub(crate) fn layout(&self, feature: u32) -> FeatureLayout {
        self.layouts[feature as usize]
    }

    /// The bin of a feature in a row. For a matrix that is in memory.
    pub(crate) fn bin(&self, row: usize, layout: FeatureLayout) -> usize {
        self.tiles[layout.tile].bin(row, layout.column)
    }
}

/// The features of each tile, and its kind: narrow tiles, then wide ones, then at most one of sparse features. Dense tiles have the
/// features without a most frequent bin first, and in each tile of their kind features keep their order.
pub(super) fn groups(mapper: &BinMapper) -> Vec<(Vec<u32>, TileKind)> {
    let all = 0..mapper.features().len() as u32;
    let (rare, mut dense): (Vec<u32>, Vec<u32>) = all.partition(|&f| mapper.most_frequent()[f as usize].is_some());
    let sparse = if rare.len() >= SPARSE_FEATURES {
        rare
    } else {
        dense.extend(rare);
        Vec::new()
    };
    let (narrow, wide): (Vec<u32>, Vec<u32>) = dense.into_iter().partition(|&f| mapper.features()[f as usize].is_narrow());
    let narrow = narrow.chunks(NARROW_FEATURES).map(|features| (features.to_vec(), TileKind::Narrow));
    let wide = wide.chunks(WIDE_FEATURES).map(|features| (features.to_vec(), TileKind::Wide));
    narrow.chain(wide).chain((!sparse.is_empty()).then_some((sparse, TileKind::Sparse))).collect()
}

/// Whether the cells of every row are below these limits, column by column.
fn are_below<C: Copy + Into<u32> + Ord + Default + Sync, const N: usize>(cells: &[C], limits: &[u32]) -> bool {
    let width = limits.len();
    cells
        .par_chunks(width * MOVED_ROWS)
        .all(|cells| column_maxima::<C, N>(cells, width).into_iter().zip(limits).all(|(most, &limit)| most.into() < limit))
}

/// For each of a tile's features, the slot of its most frequent bin in the tile's histogram.
pub(super) fn most_frequent_slots(mapper: &BinMapper, features: &[u32], offsets: &[u32]) -> Vec<u32> {
    let slot = |(&feature, &offset): (&u32, &u32)| offset + mapper.most_frequent()[feature as usize].unwrap_or_default() as u32;
    features.iter().zip(offsets).map(slot).collect()
}

/// The number of rows, if row numbers can count them.
pub(super) fn check_rows(data: &Dataset) -> Result<usize> {
    let rows = data.rows();
    if u32::try_from(rows).is_err() {
        return Err(Error::data(format!("{rows} rows are more than one machine can train on ({}); split the data", u32::MAX)));
    }
    Ok(rows)
}
