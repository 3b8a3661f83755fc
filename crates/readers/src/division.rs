//! [`Division`]: which rows of a data set each rank reads.
//!
//! The files in their order are one long row of bytes, which is cut into as many consecutive shares as there are ranks, of about the same
//! size. A cut in the middle of a file is moved to where a row begins. Where that is only likely (`row_begin.rs`), the rank before it
//! finds out: it reads its last row to its end, and if that lies behind the cut, the cut was inside a row and is moved there. So no byte is
//! read twice, unless a cut was wrong.

use super::blocks::{Compression, InFiles, Packing, Part, TextFile};
use super::ranks::{RankFiles, Ranks};
use super::row_begin::row_begin;
use super::shares::{Share, Shares};
use super::sniff::Probe;
use super::source::display;
use crate::{Format, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::PoisonError;

/// A place in the files, before which one share ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    pub file: usize,
    /// Bytes of the file in front of it.
    pub offset: u64,
}

/// The shares of all ranks.
pub(super) struct Division<'a> {
    pub ranks: Ranks<'a>,
    /// Where each rank begins, and where the last one ends.
    cuts: Vec<Cut>,
    /// Of each file, bytes.
    sizes: Vec<u64>,
    notes: Vec<String>,
    /// Rows of the file in front of each cut, where these count.
    rows_before: Vec<usize>,
}

/// How a rank's first pass over its share ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Passed {
    failed: bool,
    /// Where the last row ends in the file that the share ends in.
    end: u64,
    /// Line ends, or records, of this file in the share.
    lines: u64,
}

impl<'a> Division<'a> {
    /// One share for one rank.
    pub fn whole(ranks: Ranks<'a>, files: usize) -> Self {
        let end = Cut { file: files, offset: 0 };
        Self {
            ranks,
            cuts: vec![Cut { file: 0, offset: 0 }, end],
            sizes: vec![0; files],
            notes: Vec::new(),
            rows_before: vec![0; 2],
        }
    }

    /// Cuts files into shares. `first_files` are those that each rank begins with where it has files of its own, and the number of all.
    pub fn of(ranks: Ranks<'a>, probes: &[Probe], first_files: &[usize]) -> Self {
        if ranks.is_alone() {
            return Self::whole(ranks, probes.len());
        }
        let sizes: Vec<_> = probes.iter().map(|probe| probe.bytes).collect();
        let mut notes = Vec::new();
        let cuts: Vec<_> = match ranks.files() {
            RankFiles::Own => first_files.iter().map(|&file| Cut { file, offset: 0 }).collect(),
            RankFiles::Shared => {
                let mut uncut = None;
                let cut = |rank| {
                    let cut = equal_cut(&sizes, rank, ranks.size());
                    let Some(reason) = probes.get(cut.file).and_then(uncuttable).filter(|_| cut.offset > 0) else { return cut };
                    if uncut.replace(cut.file) != Some(cut.file) {
                        notes.push(format!("{} goes whole to one host: {reason}", display(&probes[cut.file].path)));
                    }
                    nearest(cut, &[Cut { offset: 0, ..cut }, Cut { file: cut.file + 1, offset: 0 }], sizes[cut.file])
                };
                (0..=ranks.size()).map(cut).collect()
            }
        };
        let rows_before = vec![0; cuts.len()];
        Self { ranks, cuts, sizes, notes, rows_before }
    }

    /// What this rank reads of a file.
    pub fn part(&self, file: usize) -> Range<u64> {
        self.part_of(self.ranks.rank(), file)
    }

    fn part_of(&self, rank: usize, file: usize) -> Range<u64> {
        let size = self.sizes[file];
        let within = |cut: Cut| match cut.file.cmp(&file) {
            Ordering::Less => 0,
            Ordering::Equal => cut.offset,
            Ordering::Greater => size,
        };
        within(self.cuts[rank])..within(self.cuts[rank + 1])
    }

    /// Moves cuts in the middle of files to the nearest places where `borders` says that a file can be cut: ascending offsets, beginning with
    /// 0, each with the rows in front of it. The end of the file is one of itself. `whole` is said of a file without another.
    pub fn cut_at(&mut self, borders: impl Fn(usize) -> Vec<(u64, usize)>, whole: impl Fn(usize) -> String) {
        for (cut, rows) in self.cuts.iter_mut().zip(&mut self.rows_before).filter(|(cut, _)| cut.offset > 0) {
            let inner = borders(cut.file);
            if inner.len() < 2 {
                self.notes.push(whole(cut.file));
            }
            let behind = Cut { file: cut.file + 1, offset: 0 };
            let places: Vec<_> = inner.iter().map(|&(offset, _)| Cut { file: cut.file, offset }).chain([behind]).collect();
            *cut = nearest(*cut, &places, self.sizes[cut.file]);
            *rows = inner.iter().find(|(offset, _)| *cut == Cut { file: cut.file, offset: *offset }).map_or(0, |&(_, rows)| rows);
        }
        self.notes.dedup();
    }

    /// The first row of this rank in the file that it begins in, if it does not begin with the file.
    pub fn first_row(&self) -> Option<(usize, usize)> {
        let rank = self.ranks.rank();
        (self.rows_before[rank] > 0).then(|| (self.cuts[rank].file, self.rows_before[rank]))
    }

    /// Moves cuts forward to rows; `row` is where this rank's goes. `all` are the rows of each file.
    pub fn move_rows(&mut self, row: usize, all: &[usize]) -> Result<()> {
        for (at, row) in self.ranks.gather(row)?.into_iter().enumerate() {
            let Cut { file, .. } = self.cuts[at];
            if self.rows_before[at] == 0 {
                continue;
            }
            self.rows_before[at] = row;
            if row >= all[file] {
                (self.cuts[at], self.rows_before[at]) = (Cut { file: file + 1, offset: 0 }, 0);
            }
        }
        // A group may be longer than a share.
        for at in 1..self.cuts.len() {
            let place = |at: usize| (self.cuts[at].file, self.rows_before[at]);
            if place(at) < place(at - 1) {
                (self.cuts[at], self.rows_before[at]) = (self.cuts[at - 1], self.rows_before[at - 1]);
            }
        }
        Ok(())
    }

    /// The rows of a file that this rank reads, of `all` that there are. Cuts are at rows.
    pub fn rows(&self, file: usize, all: usize) -> Range<usize> {
        let rank = self.ranks.rank();
        let within = |cut: usize| match self.cuts[cut].file.cmp(&file) {
            Ordering::Less => 0,
            Ordering::Equal => self.rows_before[cut],
            Ordering::Greater => all,
        };
        within(rank)..within(rank + 1)
    }

    /// Moves cuts in the middle of files of text or records to where rows begin; where `group` tells the query group of a row, to where
    /// another group begins.
    pub fn align(&mut self, files: &[TextFile], group: Option<RowGroup<'_>>) -> Result<()> {
        if self.ranks.is_alone() {
            return Ok(());
        }
        let cut = self.cuts[self.ranks.rank()];
        let begin = || match cut.offset {
            0 => Ok(0),
            at => {
                let (file, size) = (&files[cut.file], self.sizes[cut.file]);
                let begin = row_begin(&file.path, file.ends, file.skip_bytes as u64, at, size)?;
                group.map_or(Ok(begin), |group| group_begin(file, begin, size, group))
            }
        };
        let begin = self.ranks.agree(begin())?;
        let mut last = Cut { file: 0, offset: 0 };
        for (rank, offset) in self.ranks.gather(begin)?.into_iter().enumerate() {
            last = last.max(self.place(self.cuts[rank].file, offset));
            self.cuts[rank] = last;
        }
        Ok(())
    }

    /// A place in a file, whose end is the beginning of the next.
    fn place(&self, file: usize, offset: u64) -> Cut {
        match self.sizes.get(file) {
            Some(&size) if offset >= size => Cut { file: file + 1, offset: 0 },
            _ => Cut { file, offset },
        }
    }

    /// Runs the first pass over this rank's rows. Afterwards all ranks have rows, each row is with one of them, and lines of files are
    /// those of the whole files, in errors, too.
    ///
    /// # Errors
    /// On all ranks the first in the order of rows.
    pub fn first_pass<P: InFiles, T>(&mut self, parser: &mut P, run: impl Fn(&P) -> Result<T>) -> Result<T> {
        let result = if self.ranks.is_alone() { run(parser) } else { self.first_pass_on_all(parser, run) };
        parser.files_mut().iter_mut().for_each(|file| file.head = None);
        result
    }

    fn first_pass_on_all<P: InFiles, T>(&mut self, parser: &mut P, run: impl Fn(&P) -> Result<T>) -> Result<T> {
        let rank = self.ranks.rank();
        self.set_parts(parser.files_mut());
        let mut result = run(parser);
        let passed = loop {
            let begin = self.cuts[rank];
            let passed = self.ranks.gather(self.passed(parser.files(), result.is_err()))?;
            if !self.complete_rows(&passed) {
                break passed;
            }
            if self.cuts[rank] != begin {
                self.set_parts(parser.files_mut());
                result = run(parser);
            }
        };
        // Ranks before the first that failed have counted their lines. Else parts stay as they were read: later passes must find the same
        // blocks.
        let lines_before = self.lines_before(rank, &passed);
        if let Some(part) = parser.files_mut().get_mut(self.cuts[rank].file).and_then(|file| file.part.as_mut()) {
            part.lines_before = lines_before;
        }
        let is_first = passed.iter().position(|passed| passed.failed) == Some(rank);
        if is_first && lines_before > 0 {
            result = run(parser);
        }
        self.ranks.agree(result)
    }

    fn set_parts(&self, files: &mut [TextFile]) {
        for (at, file) in files.iter_mut().enumerate() {
            let bytes = self.part(at);
            let is_whole = bytes == (0..self.sizes[at]);
            file.part = (!is_whole).then(|| Part::new(bytes, 0));
        }
    }

    fn passed(&self, files: &[TextFile], failed: bool) -> Passed {
        let end = self.cuts[self.ranks.rank() + 1];
        let part = files.get(end.file).and_then(|file| file.part.as_ref()).filter(|_| end.offset > 0);
        let found = part.map(|part| *part.found.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or_default();
        Passed { failed, end: found.end, lines: found.lines }
    }

    /// Moves the first cut that is inside a row behind the row, as far as is known; `false`: there is none.
    fn complete_rows(&mut self, passed: &[Passed]) -> bool {
        for (rank, passed) in passed.iter().enumerate() {
            if passed.failed {
                return false;
            }
            if self.cuts[rank + 1].offset > 0 && passed.end > self.cuts[rank + 1].offset {
                let moved = self.place(self.cuts[rank + 1].file, passed.end);
                self.cuts[rank + 1..].iter_mut().for_each(|cut| *cut = (*cut).max(moved));
                return true;
            }
        }
        false
    }

    /// Line ends, or records, in front of a rank's first row in its file, without those in front of the first row.
    fn lines_before(&self, rank: usize, passed: &[Passed]) -> u64 {
        let Cut { file, offset } = self.cuts[rank];
        let before = (0..rank).filter(|&before| offset > 0 && self.cuts[before + 1].file == file);
        before.map(|before| passed[before].lines).sum()
    }

    /// What each rank reads; `rows` are this one's.
    ///
    /// # Errors
    /// As [`Ranks::gather`].
    pub fn shares(&self, rows: u64) -> Result<Shares> {
        let rows = self.ranks.gather(rows)?;
        let share = |(rank, &rows): (usize, &u64)| {
            let parts = (0..self.sizes.len()).map(|file| self.part_of(rank, file)).filter(|part| !part.is_empty());
            let (mut files, mut bytes) = (0, 0);
            parts.for_each(|part| {
                files += 1;
                bytes += part.end - part.start;
            });
            Share { files, bytes, rows }
        };
        let hosts = rows.iter().enumerate().map(share).collect();
        Ok(Shares { hosts, files: self.sizes.len() as u64, bytes: self.sizes.iter().sum(), notes: self.notes.clone() })
    }
}

/// Consecutive items for each rank, of about the same size together: for files that only their rank is to fetch.
pub fn consecutive(sizes: &[u64], ranks: usize) -> Vec<Range<usize>> {
    let begin = |rank| {
        let cut = equal_cut(sizes, rank, ranks);
        cut.file + usize::from(cut.offset > 0 && cut.offset * 2 >= sizes[cut.file])
    };
    (0..ranks).map(|rank| begin(rank)..begin(rank + 1)).collect()
}

/// The query group of a row; none of a blank one.
type RowGroup<'g> = &'g dyn Fn(&[u8]) -> Option<String>;

/// Bytes that are looked at for another query group, at first.
const GROUP_BYTES: u64 = 64 << 10;

/// The first row at `begin` or behind it whose group is not that of the row at `begin`.
fn group_begin(file: &TextFile, begin: u64, size: u64, group: RowGroup<'_>) -> Result<u64> {
    let mut bytes = GROUP_BYTES;
    loop {
        let end = size.min(begin.saturating_add(bytes));
        let part = TextFile { part: Some(Part::new(begin..end, 0)), head: None, ..file.clone() };
        let mut first = None;
        for block in part.blocks(GROUP_BYTES as usize)? {
            let block = block?;
            let mut at = 0;
            for row_end in file.ends.ends(&block.bytes) {
                let found = group(&block.bytes[at..row_end]);
                if found.is_some() && first.get_or_insert_with(|| found.clone()) != &found {
                    return Ok(block.offset + at as u64);
                }
                at = row_end;
            }
        }
        if end == size {
            return Ok(size);
        }
        bytes = bytes.saturating_mul(4);
    }
}

/// The place where as many bytes lie before as a rank's share of them begins with.
fn equal_cut(sizes: &[u64], rank: usize, ranks: usize) -> Cut {
    let total: u128 = sizes.iter().map(|&size| u128::from(size)).sum();
    let mut before = (total * rank as u128 / ranks as u128) as u64;
    for (file, &size) in sizes.iter().enumerate() {
        if before < size {
            return Cut { file, offset: before };
        }
        before -= size;
    }
    Cut { file: sizes.len(), offset: 0 }
}

/// The place next to a cut of several in its file of `size` bytes; of two equally near ones the first.
fn nearest(cut: Cut, places: &[Cut], size: u64) -> Cut {
    let offset = |place: &Cut| if place.file == cut.file { place.offset } else { size };
    places.iter().copied().min_by_key(|place| offset(place).abs_diff(cut.offset)).unwrap_or(cut)
}

/// Why a file cannot be cut in the middle, and what to change.
fn uncuttable(probe: &Probe) -> Option<&'static str> {
    match probe.packing {
        Packing { compression: Compression::Gzip | Compression::Zstd, .. } => {
            Some("a compressed file cannot be cut; write it as several files of about the same size, as Parquet, or uncompressed")
        }
        Packing { framed_text: true, .. } => {
            Some("text in RecordIO frames cannot be cut; write it as several files of about the same size")
        }
        _ if probe.format == Format::Json => {
            Some("a JSON document cannot be cut; write one object a line (JSON lines), or Parquet")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_equal() {
        let cuts = |sizes: &[u64], ranks| {
            (0..=ranks).map(|rank| equal_cut(sizes, rank, ranks)).map(|cut| (cut.file, cut.offset)).collect()
        };
        let cuts: Vec<Vec<_>> = vec![cuts(&[100], 4), cuts(&[10, 30, 20], 3), cuts(&[3], 4), cuts(&[], 2)];
        assert_eq!(cuts[0], [(0, 0), (0, 25), (0, 50), (0, 75), (1, 0)]);
        assert_eq!(cuts[1], [(0, 0), (1, 10), (2, 0), (3, 0)]);
        assert_eq!(cuts[2], [(0, 0), (0, 0), (0, 1), (0, 2), (1, 0)]);
        assert_eq!(cuts[3], [(0, 0), (0, 0), (0, 0)]);
        assert_eq!(consecutive(&[10, 30, 20, 1], 3), [0..1, 1..2, 2..4]);
        assert_eq!(consecutive(&[5, 5, 5], 3), [0..1, 1..2, 2..3]);
        let middle = Cut { file: 1, offset: 10 };
        let places = [Cut { file: 1, offset: 0 }, Cut { file: 1, offset: 16 }, Cut { file: 2, offset: 0 }];
        assert_eq!(nearest(middle, &places, 18), places[1]);
        assert_eq!(nearest(middle, &[places[0], places[2]], 18), places[2]);
    }
}
