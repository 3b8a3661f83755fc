//! [`Spilled`]: the tiles of a matrix that are in a file.

use super::cells::Cells;
use super::room::Division;
use super::spill::{Part, Spill};
use crate::Result;
use std::ops::Range;
use std::path::Path;

/// Tiles of a matrix, and the columns of their features, as strips in a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Spilled {
    pub(super) spill: Spill,
    /// The strip of each tile that is not in memory.
    pub(super) tiles: Vec<Option<usize>>,
    /// The strip of each feature of these tiles.
    pub(super) columns: Vec<Option<usize>>,
    pub(super) division: Division,
}

impl Spilled {
    /// Whether a tile is here.
    pub fn has_tile(&self, tile: usize) -> bool {
        self.tiles[tile].is_some()
    }

    /// Whether a feature is here.
    pub fn has_feature(&self, feature: u32) -> bool {
        self.columns[feature as usize].is_some()
    }

    /// The parts of a tile that have rows that are `wanted`.
    pub fn tile_parts(&self, tile: usize, wanted: impl Fn(&Range<usize>) -> bool) -> Vec<Part> {
        self.parts(self.tiles[tile], wanted)
    }

    /// The parts of a feature's column that have rows that are `wanted`.
    pub fn column_parts(&self, feature: u32, wanted: impl Fn(&Range<usize>) -> bool) -> Vec<Part> {
        self.parts(self.columns[feature as usize], wanted)
    }

    fn parts(&self, strip: Option<usize>, wanted: impl Fn(&Range<usize>) -> bool) -> Vec<Part> {
        strip.map_or_else(Vec::new, |strip| self.spill.parts(strip, self.division.part, wanted))
    }

    /// Reads parts and hands them over in their order, each with its rows.
    ///
    /// # Errors
    /// Bins that cannot be read back.
    pub fn read(&self, parts: &[Part], mut take: impl FnMut(&Range<usize>, &Cells)) -> Result<()> {
        self.spill.read(parts, |part, cells| {
            take(&part.rows, cells);
            Ok(())
        })
    }

    /// The memory that histograms may take together.
    pub fn histogram_bytes(&self) -> usize {
        self.division.work
    }

    /// The directory of the file.
    pub fn place(&self) -> &Path {
        self.spill.place()
    }

    /// The size of the file.
    pub fn bytes(&self) -> u64 {
        self.spill.bytes()
    }

    /// What was read of it so far.
    pub fn bytes_read(&self) -> u64 {
        self.spill.bytes_read()
    }

    /// Changes a byte of the file, as a failing disk does.
    #[cfg(test)]
    pub fn damage(&self, at: u64) {
        self.spill.damage(at);
    }

    /// The same of some rows, ascending.
    ///
    /// # Errors
    /// Bins that cannot be read back, or written.
    pub(super) fn gather(&self, order: &[u32]) -> Result<Self> {
        let spill = self.spill.of_other_rows(order.len())?;
        for strip in self.tiles.iter().chain(&self.columns).flatten().copied() {
            let width = self.spill.width(strip);
            let mut filling = Filling { spill: &spill, strip, page: 0, cells: None };
            let parts = self.parts(Some(strip), |rows| !within(order, rows).is_empty());
            self.spill.read(&parts, |part, cells| {
                let rows: Vec<u32> = order[within(order, &part.rows)].iter().map(|row| row - part.rows.start as u32).collect();
                filling.add(width, cells.gather(width, &rows))
            })?;
            filling.finish()?;
        }
        Ok(Self { spill, tiles: self.tiles.clone(), columns: self.columns.clone(), division: self.division })
    }
}

/// Where the rows of a range are among some rows, ascending.
pub(crate) fn within(rows: &[u32], range: &Range<usize>) -> Range<usize> {
    let position = |row: usize| rows.partition_point(|&other| (other as usize) < row);
    position(range.start)..position(range.end)
}

/// A strip that is filled from its first row to its last.
struct Filling<'a> {
    spill: &'a Spill,
    strip: usize,
    page: usize,
    /// Those of the page that is begun.
    cells: Option<Cells>,
}

impl Filling<'_> {
    fn add(&mut self, width: usize, more: Cells) -> Result<()> {
        let page = self.spill.page_rows() * width;
        let mut cells = match (self.cells.take(), more) {
            (Some(Cells::Narrow(cells)), Cells::Narrow(more)) => Cells::Narrow([cells, more].concat()),
            (Some(Cells::Wide(cells)), Cells::Wide(more)) => Cells::Wide([cells, more].concat()),
            (_, more) => more,
        };
        loop {
            let whole = match &mut cells {
                Cells::Narrow(cells) if cells.len() >= page => Cells::Narrow(cells.drain(..page).collect()),
                Cells::Wide(cells) if cells.len() >= page => Cells::Wide(cells.drain(..page).collect()),
                _ => break,
            };
            self.spill.put(self.strip, self.page, &whole)?;
            self.page += 1;
        }
        self.cells = Some(cells);
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match &self.cells {
            Some(cells) if self.page * self.spill.page_rows() < self.spill.rows() => self.spill.put(self.strip, self.page, cells),
            _ => Ok(()),
        }
    }
}
