//! A matrix of some of the features: for trees that use few of them.

use super::by_feature::side_by_side;
use super::cells::{Cells, NARROW_FEATURES, WIDE_FEATURES};
use super::columns::{BinColumn, BinColumns};
use super::matrix::{BinnedMatrix, Tile};
use super::sparse::SparseRows;
use rayon::prelude::*;

/// Rows that one task lays out.
const RUN: usize = 4096;

/// A column of a tile.
type TileColumn<'a> = (&'a Tile, usize);

impl BinnedMatrix {
    /// The same rows with some of the features only, in tiles of their own. The others are in none. `columns` are of the same
    /// rows; there may be none, but where there are, far less is read.
    pub(crate) fn select(&self, columns: &BinColumns, features: &[u32]) -> Self {
        let mut wanted = vec![false; self.features()];
        features.iter().for_each(|&feature| wanted[feature as usize] = true);
        let (mut narrow, mut wide): (Vec<TileColumn<'_>>, Vec<TileColumn<'_>>) = (Vec::new(), Vec::new());
        let mut sparse = None;
        for tile in self.tiles() {
            let chosen: Vec<usize> = (0..tile.features.len()).filter(|&c| wanted[tile.features[c] as usize]).collect();
            match &tile.cells {
                Cells::Narrow(_) => narrow.extend(chosen.into_iter().map(|column| (tile, column))),
                Cells::Wide(_) => wide.extend(chosen.into_iter().map(|column| (tile, column))),
                Cells::Sparse(rows) if !chosen.is_empty() => sparse = Some((tile, rows, chosen)),
                Cells::Sparse(_) => {}
            }
        }
        let mut selected = Self::without_tiles(self.rows(), self.features());
        let bins = |&(tile, column): &TileColumn<'_>| {
            let feature = tile.features[column];
            let layout = self.layout(feature);
            (feature, layout.value_bins, layout.most_frequent.map(|slot| slot - layout.slot))
        };
        for sources in narrow.chunks(NARROW_FEATURES) {
            let columns = sources.iter().map(|&(tile, column)| match columns.get(tile.features[column]) {
                Some(BinColumn::Narrow(cells)) => Some(&cells[..]),
                _ => None,
            });
            let cells = match columns.collect::<Option<Vec<_>>>() {
                Some(columns) => side_by_side(&columns, self.rows()),
                None => {
                    gather_columns(self.rows(), sources, |tile| if let Cells::Narrow(cells) = &tile.cells { cells } else { &[] })
                }
            };
            selected.add_tile(&sources.iter().map(bins).collect::<Vec<_>>(), |_| Cells::Narrow(cells));
        }
        for sources in wide.chunks(WIDE_FEATURES) {
            let cells = gather_columns(self.rows(), sources, |tile| if let Cells::Wide(cells) = &tile.cells { cells } else { &[] });
            selected.add_tile(&sources.iter().map(bins).collect::<Vec<_>>(), |_| Cells::Wide(cells));
        }
        if let Some((tile, rows, columns)) = sparse {
            let sources: Vec<_> = columns.iter().map(|&column| bins(&(tile, column))).collect();
            selected.add_tile(&sources, |offsets| Cells::Sparse(gather_sparse(tile, rows, &columns, offsets)));
        }
        selected
    }
}

/// BinColumns of dense tiles as one tile's cells.
fn gather_columns<'a, C: Copy + Default + Send + Sync + 'a>(
    rows: usize,
    sources: &[TileColumn<'a>],
    cells_of: impl Fn(&'a Tile) -> &'a [C] + Sync,
) -> Vec<C> {
    let width = sources.len();
    let mut cells = vec![C::default(); rows * width];
    cells.par_chunks_mut(RUN * width).enumerate().for_each(|(run, cells)| {
        for (to, &(tile, column)) in sources.iter().enumerate() {
            let from = cells_of(tile)[run * RUN * tile.width() + column..].iter().step_by(tile.width());
            cells[to..].iter_mut().step_by(width).zip(from).for_each(|(to, from)| *to = *from);
        }
    });
    cells
}

/// Some columns of a sparse tile, whose features begin at `offsets` in the new tile's histogram.
fn gather_sparse(tile: &Tile, rows: &SparseRows, columns: &[usize], offsets: &[u32]) -> SparseRows {
    const GONE: u32 = u32::MAX;
    let mut moved = vec![GONE; tile.slots];
    let mut most_frequent = Vec::with_capacity(columns.len());
    for (&column, &offset) in columns.iter().zip(offsets) {
        let first = tile.offsets[column];
        let end = tile.offsets.get(column + 1).map_or(tile.slots, |&end| end as usize);
        moved[first as usize..end].iter_mut().zip(offset..).for_each(|(slot, to)| *slot = to);
        most_frequent.push(rows.most_frequent[column] - first + offset);
    }
    rows.map(&moved, GONE, most_frequent)
}
