//! A [`BlockSource`] over files of rows: pieces from the cache of the first pass where they fit, otherwise read and parsed anew.

use super::blocks::{InFiles, TextBlock, TextFile, for_each_block};
use super::identity::Unread;
use super::piece::Piece;
use super::source::display;
use crate::memory;
use crate::{Block, BlockSource};
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Turns blocks of rows into pieces of the feature matrix.
pub(super) trait PieceParser: InFiles + Send + Sync {
    /// The features of a block's rows.
    fn piece(&self, file: usize, block: &TextBlock) -> Result<Piece>;

    /// The line, or the record, of a row of a block.
    fn line(&self, block: &TextBlock, row: usize) -> Option<u64>;

    /// A line of a file, for messages.
    fn place(&self, file: usize, line: u64) -> String {
        format!("{}:{line}", display(&self.files()[file].path))
    }

    /// As [`BlockSource::unknown_levels`].
    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        Vec::new()
    }
}

/// Where a block lies: file, position in the file, first row, rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockPlace {
    pub file: usize,
    pub block: usize,
    pub first_row: usize,
    pub rows: usize,
}

/// Files and where their rows lie.
pub(super) struct TextSource<P> {
    pub parser: P,
    pub block_bytes: usize,
    pub features: usize,
    /// All blocks in row order.
    pub places: Vec<BlockPlace>,
    /// The pieces in the same order, where they are few enough to keep.
    pub cache: Option<Vec<Piece>>,
}

impl<P: PieceParser> TextSource<P> {
    /// File and line of a row; reads the file again.
    pub fn line(&self, row: usize) -> Option<(usize, u64)> {
        let at = self.places.partition_point(|place| place.first_row + place.rows <= row);
        let place = self.places.get(at)?;
        let text = nth_block(&self.parser.files()[place.file], place.block, self.block_bytes)?;
        self.parser.line(&text, row - place.first_row).map(|line| (place.file, line))
    }

    fn place(&self, file: usize, block: usize) -> Option<&BlockPlace> {
        self.places.binary_search_by_key(&(file, block), |place| (place.file, place.block)).ok().map(|at| &self.places[at])
    }
}

/// A block of a file, read again.
pub(super) fn nth_block(file: &TextFile, block: usize, block_bytes: usize) -> Option<TextBlock> {
    file.blocks(block_bytes).ok()?.nth(block)?.ok()
}

impl<P: PieceParser> BlockSource for TextSource<P> {
    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.parser.unknown_levels()
    }

    fn rows(&self) -> usize {
        self.places.last().map_or(0, |place| place.first_row + place.rows)
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        if let Some(cache) = &self.cache {
            let pieces = cache.par_iter().zip(&self.places);
            return pieces.try_for_each(|(piece, place)| piece.visit(place.first_row, self.features, visit));
        }
        let visited = AtomicUsize::new(0);
        let unread = Unread::of(self.parser.files().par_iter().filter(|file| file.is_read()).map(|file| &*file.path));
        for_each_block(self.parser.files(), self.block_bytes, &|file, block, text| {
            let piece = self.parser.piece(file, text)?;
            if piece.rows() == 0 {
                return Ok(());
            }
            match self.place(file, block).filter(|place| place.rows == piece.rows()) {
                Some(place) => {
                    visited.fetch_add(place.rows, Ordering::Relaxed);
                    piece.visit(place.first_row, self.features, visit)
                }
                None => Err(Error::data(format!("file changed while it was read: {}", display(&self.parser.files()[file].path)))),
            }
        })?;
        unread.check()?;
        match visited.into_inner() {
            rows if rows == self.rows() => Ok(()),
            rows => Err(Error::data(format!("files changed while they were read: of {} rows {rows} are left", self.rows()))),
        }
    }

    fn locate(&self, row: usize) -> String {
        match self.line(row) {
            Some((file, line)) => self.parser.place(file, line),
            None => format!("row {row} (counted from 0)"),
        }
    }
}

/// Gathers what the first pass finds, block by block in any order: features as long as they fit the budget, everything else always.
pub(super) struct Harvest<F, A> {
    budget: usize,
    state: Mutex<Gathered<F, A>>,
}

struct Gathered<F, A> {
    used: usize,
    rows: usize,
    blocks: Vec<Sheaf<F, A>>,
}

/// What one block yields.
struct Sheaf<F, A> {
    position: (usize, usize),
    rows: usize,
    features: Option<F>,
    attributes: A,
}

impl<F, A> Harvest<F, A> {
    pub fn new(budget: usize) -> Self {
        Self { budget, state: Mutex::new(Gathered { used: 0, rows: 0, blocks: Vec::new() }) }
    }

    /// Adds a block's rows; `bytes` is the size of its features.
    ///
    /// # Errors
    /// There are more rows by now than memory can hold: a small compressed file may have any number of them.
    pub fn add(&self, position: (usize, usize), rows: usize, features: F, bytes: usize, attributes: A) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fitted = state.used <= self.budget;
        state.used = state.used.saturating_add(bytes);
        let fits = state.used <= self.budget;
        if fitted && !fits {
            state.blocks.iter_mut().for_each(|block| block.features = None);
        }
        state.blocks.push(Sheaf { position, rows, features: fits.then_some(features), attributes });
        state.rows += rows;
        memory::check_rows(state.rows as u64)
    }

    /// The blocks with rows in file order: where they lie, their features if all fit, their attributes.
    pub fn finish(self) -> (Vec<BlockPlace>, Option<Vec<F>>, Vec<A>) {
        let mut blocks = self.state.into_inner().unwrap_or_else(PoisonError::into_inner).blocks;
        blocks.retain(|block| block.rows > 0);
        blocks.sort_unstable_by_key(|block| block.position);
        let (mut places, mut features, mut attributes) = (Vec::new(), Vec::new(), Vec::new());
        let mut first_row = 0;
        for sheaf in blocks {
            let (file, block) = sheaf.position;
            places.push(BlockPlace { file, block, first_row, rows: sheaf.rows });
            first_row += sheaf.rows;
            features.push(sheaf.features);
            attributes.push(sheaf.attributes);
        }
        (places, features.into_iter().collect(), attributes)
    }
}
