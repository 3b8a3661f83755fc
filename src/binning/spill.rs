//! [`Spill`]: bins that memory has no room for, in a file without a name.
//!
//! The file holds strips: the cells of a tile row by row, which histograms are built from, and the bins of each of its features by themselves,
//! which rows are partitioned by. A strip is made of pages of as many rows each. Pages are written in any order, each to its place, and read
//! strip by strip, several at a time, by a thread that is ahead of whoever adds them up. What is read is believed if it has the checksum that was
//! taken when it was written, and if all its bins exist.

use super::cells::{Cells, NARROW_FEATURES, WIDE_FEATURES};
use super::transpose::column_maxima;
use crate::{Error, ErrorKind, Result};
use bytemuck::{Pod, cast_slice, cast_slice_mut};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{channel, sync_channel};

/// Parts that wait to be taken, besides the one that is being read and the one that was taken.
const WAITING: usize = 1;

/// Names that are tried for the file while others have them.
const NAMES: u32 = 100;

/// The cells of some features side by side, in all rows.
#[derive(Debug)]
pub(super) struct Strip {
    /// For each feature, how many bins it has.
    limits: Vec<u32>,
    is_wide: bool,
    /// Where it begins in the file.
    at: u64,
    /// Of each page.
    checksums: Vec<AtomicU32>,
}

/// Whole pages of a strip.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub strip: usize,
    pub rows: Range<usize>,
}

/// Strips in a file.
#[derive(Debug)]
pub(crate) struct Spill {
    file: File,
    /// The directory that it is in.
    place: PathBuf,
    rows: usize,
    page_rows: usize,
    strips: Vec<Strip>,
    bytes_read: AtomicU64,
}

impl Spill {
    /// A file for strips of so many rows, given by the bins of their features and whether a cell takes two bytes; pages have `page_rows`.
    pub fn create(place: &Path, rows: usize, page_rows: usize, strips: Vec<(Vec<u32>, bool)>) -> Result<Self> {
        let file = nameless(place).map_err(|error| {
            Error::io(place, format!("bins that memory has no room for cannot be kept here: {error}")).with_remedy(REMEDY)
        })?;
        let mut at = 0;
        let mut strip = |(limits, is_wide): (Vec<u32>, bool)| {
            let begin = at;
            at += (rows * limits.len()) as u64 * if is_wide { 2 } else { 1 };
            let checksums = (0..rows.div_ceil(page_rows)).map(|_| AtomicU32::new(0)).collect();
            Strip { limits, is_wide, at: begin, checksums }
        };
        let strips = strips.into_iter().map(&mut strip).collect();
        Ok(Self { file, place: place.to_path_buf(), rows, page_rows, strips, bytes_read: AtomicU64::new(0) })
    }

    /// A file for the same strips of other rows.
    pub fn of_other_rows(&self, rows: usize) -> Result<Self> {
        let strips = self.strips.iter().map(|strip| (strip.limits.clone(), strip.is_wide)).collect();
        Self::create(&self.place, rows, self.page_rows, strips)
    }

    /// The directory of the file.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn page_rows(&self) -> usize {
        self.page_rows
    }

    /// The features of a strip.
    pub fn width(&self, strip: usize) -> usize {
        self.strips[strip].limits.len()
    }

    /// The rows of a page.
    pub fn page(&self, page: usize) -> Range<usize> {
        page * self.page_rows..self.rows.min((page + 1) * self.page_rows)
    }

    /// The size of the file.
    pub fn bytes(&self) -> u64 {
        self.strips.iter().map(|strip| (self.rows * strip.row_bytes()) as u64).sum()
    }

    /// What was read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Writes the cells of a page of a strip.
    pub fn put(&self, strip: usize, page: usize, cells: &Cells) -> Result<()> {
        let strip = &self.strips[strip];
        let bytes: &[u8] = match cells {
            Cells::Narrow(cells) => cells,
            Cells::Wide(cells) => cast_slice(cells),
            Cells::Sparse(_) => return Err(Error::internal("sparse rows are kept in memory")),
        };
        strip.checksums[page].store(crc32fast::hash(bytes), Ordering::Relaxed);
        let at = strip.at + (page * self.page_rows * strip.row_bytes()) as u64;
        self.file.write_all_at(bytes, at).map_err(|error| {
            let needed = self.bytes().div_ceil(1 << 20);
            let cause = format!("bins that memory has no room for cannot be written here ({needed} MiB in all): {error}");
            Error::io(&self.place, cause).with_remedy(REMEDY)
        })
    }

    /// A strip cut into parts of about so many bytes, but for those that have none of the rows that are `wanted`.
    pub fn parts(&self, strip: usize, bytes: usize, wanted: impl Fn(&Range<usize>) -> bool) -> Vec<Part> {
        let pages = (bytes / (self.page_rows * self.strips[strip].row_bytes()).max(1)).max(1);
        let parts = (0..self.rows).step_by(pages * self.page_rows);
        let rows = parts.map(|first| first..self.rows.min(first + pages * self.page_rows));
        rows.filter(wanted).map(|rows| Part { strip, rows }).collect()
    }

    /// Reads parts and hands them over in their order. `take` may use all threads: reading has one of its own.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds other bytes than were written; what `take` returns.
    pub fn read(&self, parts: &[Part], mut take: impl FnMut(&Part, &Cells) -> Result<()>) -> Result<()> {
        let (give, taken) = sync_channel(WAITING);
        let (give_back, free) = channel();
        // Whoever ends first lets go of its end, which the other one notices.
        std::thread::scope(move |scope| {
            scope.spawn(move || {
                for part in parts {
                    let read = self.read_part(part, free.try_recv().ok());
                    let is_last = read.is_err();
                    if give.send(read).is_err() || is_last {
                        return;
                    }
                }
            });
            for part in parts {
                let cells = taken.recv().map_err(|_| Error::internal("whoever reads bins has ended"))??;
                take(part, &cells)?;
                // The reader may have read its last part.
                let _ = give_back.send(cells);
            }
            Ok(())
        })
    }

    fn read_part(&self, part: &Part, used: Option<Cells>) -> Result<Cells> {
        let Part { strip, rows } = part;
        let strip = &self.strips[*strip];
        match (strip.is_wide, used) {
            (false, Some(Cells::Narrow(used))) => self.read_cells::<u8, NARROW_FEATURES>(strip, rows, used).map(Cells::Narrow),
            (false, _) => self.read_cells::<u8, NARROW_FEATURES>(strip, rows, Vec::new()).map(Cells::Narrow),
            (true, Some(Cells::Wide(used))) => self.read_cells::<u16, WIDE_FEATURES>(strip, rows, used).map(Cells::Wide),
            (true, _) => self.read_cells::<u16, WIDE_FEATURES>(strip, rows, Vec::new()).map(Cells::Wide),
        }
    }

    fn read_cells<C, const N: usize>(&self, strip: &Strip, rows: &Range<usize>, mut cells: Vec<C>) -> Result<Vec<C>>
    where
        C: Pod + Into<u32> + Ord + Default,
    {
        let width = strip.limits.len();
        cells.resize(rows.len() * width, C::default());
        let at = strip.at + (rows.start * strip.row_bytes()) as u64;
        self.file.read_exact_at(cast_slice_mut(&mut cells), at).map_err(|error| self.unreadable(rows, &error.to_string()))?;
        self.bytes_read.fetch_add((rows.len() * strip.row_bytes()) as u64, Ordering::Relaxed);
        let first = rows.start / self.page_rows;
        for (page, cells) in (first..).zip(cells.chunks(self.page_rows * width)) {
            if crc32fast::hash(cast_slice(cells)) != strip.checksums[page].load(Ordering::Relaxed) {
                return Err(self.unreadable(&self.page(page), "they are not those that were written (the checksum differs)"));
            }
            // The kernels trust them.
            let most = column_maxima::<C, N>(cells, width);
            if most.into_iter().zip(&strip.limits).any(|(most, &limit)| most.into() >= limit) {
                return Err(self.unreadable(&self.page(page), "there is a bin beyond the last one"));
            }
        }
        Ok(cells)
    }

    fn unreadable(&self, rows: &Range<usize>, cause: &str) -> Error {
        let Range { start, end } = rows;
        let what = format!("the bins of rows {start} to {} that were written here cannot be read back: {cause}", end - 1);
        Error::io(&self.place, what)
            .with_remedy("train again; if it happens again, the disk is failing: set TMPDIR to a directory on another")
    }

    /// Changes a byte of the file, as a failing disk does.
    #[cfg(test)]
    pub fn damage(&self, at: u64) {
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, at).unwrap();
        self.file.write_all_at(&[byte[0] ^ 1], at).unwrap();
    }
}

const REMEDY: &str = "set TMPDIR to a directory on a disk with room, or give the job more memory";

impl Strip {
    fn row_bytes(&self) -> usize {
        self.limits.len() * if self.is_wide { 2 } else { 1 }
    }
}

/// No two are equal: this compares where bins are, not what they are.
impl PartialEq for Spill {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A new file in a directory. It has no name from the beginning, so that it is gone with this process, however that ends.
fn nameless(place: &Path) -> io::Result<File> {
    for number in 0..NAMES {
        let path = place.join(format!(".sapwood-bins-{}-{number}", std::process::id()));
        match File::options().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => return fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Refuses a directory whose files are in memory.
///
/// # Errors
/// They are.
pub(super) fn refuse_memory(place: &Path) -> Result<()> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let whole = fs::canonicalize(place).unwrap_or_else(|_| place.to_path_buf());
    match file_system(&mounts, &whole) {
        Some(kind @ ("tmpfs" | "ramfs")) => {
            let cause = format!("{}: memory has no room for the bins, and files here are in memory ({kind})", place.display());
            Err(Error::new(ErrorKind::Io, cause).with_path(place).with_remedy(REMEDY))
        }
        _ => Ok(()),
    }
}

/// The kind of the file system that a path is on, by the table that proc(5) describes.
fn file_system<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let mount = |line: &'m str| {
        let (fields, kind) = line.split_once(" - ")?;
        let point = fields.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point).then_some((point.len(), kind.split(' ').next()?))
    };
    // Of several on one point, the last one is seen.
    mounts.lines().filter_map(mount).max_by_key(|&(length, _)| length).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;

    const ROWS: usize = 1000;

    /// A strip of two narrow features and one of a wide one, in pages of 64 rows.
    fn spill(directory: &Path) -> (Spill, [Cells; 2]) {
        let spill = Spill::create(directory, ROWS, 64, vec![(vec![200, 256], false), (vec![1000], true)]).unwrap();
        let narrow: Vec<u8> = (0..2 * ROWS).map(|at| (mix(at as u64) % 200) as u8).collect();
        let wide: Vec<u16> = (0..ROWS).map(|at| (mix(at as u64) % 1000) as u16).collect();
        for page in (0..ROWS.div_ceil(64)).rev() {
            let Range { start, end } = spill.page(page);
            spill.put(0, page, &Cells::Narrow(narrow[2 * start..2 * end].to_vec())).unwrap();
            spill.put(1, page, &Cells::Wide(wide[start..end].to_vec())).unwrap();
        }
        (spill, [Cells::Narrow(narrow), Cells::Wide(wide)])
    }

    fn read(spill: &Spill, bytes: usize) -> Result<[Cells; 2]> {
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        let parts: Vec<Part> = (0..2).flat_map(|strip| spill.parts(strip, bytes, |_| true)).collect();
        spill.read(&parts, |_, cells| {
            match cells {
                Cells::Narrow(cells) => narrow.extend_from_slice(cells),
                Cells::Wide(cells) => wide.extend_from_slice(cells),
                Cells::Sparse(_) => unreachable!("none was written"),
            }
            Ok(())
        })?;
        Ok([Cells::Narrow(narrow), Cells::Wide(wide)])
    }

    #[test]
    fn what_was_written_is_read_and_the_file_has_no_name() {
        let directory = tempfile::tempdir().unwrap();
        let (spill, cells) = spill(directory.path());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        for bytes in [0, 128, 500, 1 << 20] {
            assert!(read(&spill, bytes).unwrap() == cells, "{bytes} bytes at a time");
        }
        assert_eq!((spill.bytes(), spill.bytes_read()), (4 * ROWS as u64, 16 * ROWS as u64));
        let some = spill.parts(0, 0, |rows| rows.contains(&100));
        assert_eq!(some, [Part { strip: 0, rows: 64..128 }]);
    }

    #[test]
    fn damage_anywhere_is_noticed_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        for at in [0, 129, 2 * ROWS as u64 - 1, 2 * ROWS as u64, 4 * ROWS as u64 - 1] {
            let (spill, _) = spill(directory.path());
            spill.damage(at);
            let error = read(&spill, 1000).unwrap_err();
            assert_eq!((error.kind(), error.details().path.as_deref()), (ErrorKind::Io, Some(directory.path())));
            let row = if at < 2 * ROWS as u64 { at / 2 } else { (at - 2 * ROWS as u64) / 2 };
            assert!(error.to_string().contains(&format!("the bins of rows {} to ", row / 64 * 64)), "{error}");
        }
        let (spill, _) = spill(directory.path());
        spill.file.set_len(3 * ROWS as u64).unwrap();
        assert!(read(&spill, 1000).unwrap_err().to_string().contains("cannot be read back"));
    }

    #[test]
    fn a_place_that_takes_nothing_is_named() {
        let error = Spill::create(Path::new("/nowhere/at/all"), 1, 1, Vec::new()).unwrap_err().to_string();
        assert!(
            error.starts_with("/nowhere/at/all: bins that memory has no room for cannot be kept here: No such file"),
            "{error}"
        );
        let directory = tempfile::tempdir().unwrap();
        let (mut spill, _) = spill(directory.path());
        // A device that is always full.
        spill.file = File::options().read(true).write(true).open("/dev/full").unwrap();
        let error = spill.put(0, 0, &Cells::Narrow(vec![0; 128])).unwrap_err();
        assert_eq!(error.details().path.as_deref(), Some(directory.path()));
        let text = error.to_string();
        assert!(text.contains("(1 MiB in all): No space left on device") && text.ends_with(REMEDY), "{text}");
    }

    #[test]
    fn file_systems_in_memory_are_told_from_disks() {
        let mounts = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      30 22 0:26 / /tmp rw,nosuid - tmpfs tmpfs rw\n\
                      31 30 254:1 / /tmp/a\\040disk rw - xfs /dev/vdb rw\n";
        let kind = |path: &str| file_system(mounts, Path::new(path));
        assert_eq!((kind("/tmp/x"), kind("/tmpfile"), kind("/tmp/a disk/x")), (Some("tmpfs"), Some("ext4"), Some("xfs")));
        assert_eq!(file_system("", Path::new("/tmp")), None);
    }
}
