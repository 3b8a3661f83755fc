//! One Parquet file: its metadata, checked before anything relies on them, and one column of some of its rows.

use super::joined::refuse_several;
use super::one_column::ColumnMetadata;
use super::pages::{self, ChunkClaims};
use super::prefixes;
use super::types::{self, ColumnTypes};
use crate::frame::{FrameFields, Physical, guarded};
use crate::names::list;
use crate::source::display;
use crate::source::{DataFile, Whole};
use crate::{Error, Result};
use polars::io::mmap::MmapBytesReader;
use polars::prelude::{ArrowField, FileMetadata, ParallelStrategy, ParquetReader, SerReader, Series};
use polars::series::IsSorted;
use polars_parquet::parquet::metadata::{ColumnChunkMetadata, RowGroupMetadata};
use polars_parquet::parquet::read::PageMetaData;
use polars_parquet::parquet::statistics::Statistics;
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The least and the greatest number of a chunk, where its statistics say them.
fn ends(chunk: &ColumnChunkMetadata, footer: &[u8]) -> Option<(f64, f64)> {
    Some(match chunk.statistics(footer)?.ok()? {
        Statistics::Int32(found) => (f64::from(found.min_value?), f64::from(found.max_value?)),
        Statistics::Int64(found) => (found.min_value? as f64, found.max_value? as f64),
        Statistics::Float(found) => (f64::from(found.min_value?), f64::from(found.max_value?)),
        Statistics::Double(found) => (found.min_value?, found.max_value?),
        _ => return None,
    })
}

/// One file, its metadata read.
pub(super) struct ParquetFile {
    pub path: DataFile,
    /// The whole file, where most of it is metadata, which are in memory anyway: polars maps a file into memory for every column that it
    /// reads, and lets go of it later on.
    held: Option<Arc<[u8]>>,
    is_mostly_metadata: bool,
    /// Bytes.
    pub length: u64,
    /// The chunks that are in the page cache and stay there: the first row of a group, and the column. Nothing where none may stay.
    fetched: Option<Mutex<HashSet<(usize, String)>>>,
    /// Without the writer's notes.
    metadata: Arc<FileMetadata>,
    /// The same, for a column at a time.
    columns: ColumnMetadata,
    /// The columns as the file calls them, blanks included.
    names: Vec<String>,
    /// For every column, its type, where polars must be told.
    noted: Vec<Option<ArrowField>>,
    /// For every column, whether its numbers have 16 bits, which polars takes for bytes.
    is_half: Vec<bool>,
}

impl ParquetFile {
    /// Opens a file; also gives its columns.
    pub fn open(path: DataFile) -> Result<(Self, FrameFields)> {
        refuse_several(&path)?;
        let mut file = open(&path)?;
        let length = file.seek(SeekFrom::End(0)).and_then(|length| file.rewind().map(|()| length));
        let length = length.map_err(|e| Error::io(&path, e))?;
        let most = if path.is_in_memory() { MOST_UNPACKED.max(length.saturating_mul(MOST_UNPACKED_TIMES)) } else { u64::MAX };
        let read = guarded(|| {
            let mut reader = ParquetReader::new(file);
            let noted = reader.schema()?;
            let metadata = reader.get_metadata()?;
            let bare = Arc::new(FileMetadata { key_value_metadata: None, ..(**metadata).clone() });
            let types = ColumnTypes::new(metadata, &bare, &noted);
            let columns = ColumnMetadata::new(&bare, &types.names)?;
            Ok((contradiction(metadata, length, most), bare, columns, types))
        });
        let (contradiction, metadata, columns, types) = read.map_err(|error| damaged(&path, &error))?;
        if let Some(contradiction) = contradiction {
            return Err(damaged(&path, contradiction));
        }
        let is_mostly_metadata = is_mostly_metadata(&metadata, length);
        let ColumnTypes { names, types, type_names, noted, is_half, categories } = types;
        let fields =
            FrameFields { names: names.iter().map(|name| name.trim().to_string()).collect(), types, type_names, categories };
        let mut seen = HashSet::with_capacity(names.len());
        if let Some(name) = fields.names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::schema(format!("two columns are called {name:?}: {}; rename one", display(&path))));
        }
        let (held, fetched) = (None, None);
        Ok((Self { path, held, is_mostly_metadata, length, fetched, metadata, columns, names, noted, is_half }, fields))
    }

    /// Makes ready for reading columns. What is read may stay in the page cache, if all that is read of files fits there with ease.
    pub fn hold(&mut self, fits: bool) -> Result<()> {
        self.fetched = fits.then(Mutex::default);
        if self.is_mostly_metadata {
            self.held = Some(whole(&self.path)?);
        }
        Ok(())
    }

    /// `rows` values, from row `offset` on, of the column at position `column`.
    pub fn read(&self, offset: usize, rows: usize, column: usize) -> Result<Series> {
        let name = &self.names[column];
        self.fetch(offset..offset + rows, name)?;
        let mut file: Box<dyn MmapBytesReader> = match &self.held {
            Some(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            None => open(&self.path)?,
        };
        self.check_pages(&mut file, offset..offset + rows, name)?;
        let frame = guarded(|| {
            let mut reader = ParquetReader::new(file);
            let mut metadata = self.columns.of(column, name, self.noted[column].as_ref())?;
            let before = keep_groups(&mut metadata, offset..offset + rows);
            reader.set_metadata(Arc::new(metadata));
            let reader = reader.with_projection(Some(vec![0])).with_slice(Some((offset - before, rows)));
            reader.read_parallel(ParallelStrategy::None).finish()
        });
        let frame = frame.map_err(|error| self.damaged_column(name, &error))?;
        self.path.check_unchanged()?;
        match frame.columns() {
            [values] if values.len() == rows => {
                let mut series = values.as_materialized_series().clone();
                // Which columns are sorted, the metadata say by position.
                series.set_sorted_flag(IsSorted::Not);
                if !self.is_half[column] {
                    return Ok(series);
                }
                guarded(|| types::widened(&series)).map_err(|error| self.damaged_column(name, &error))
            }
            _ => Err(self.damaged_column(name, "its number of rows is not what the file says")),
        }
    }

    /// Whether all values of a column lie in a range, as the statistics of all its row groups say.
    pub fn lies_within(&self, column: usize, range: &RangeInclusive<f64>) -> bool {
        let is_inside = |ends: Option<(f64, f64)>| ends.is_some_and(|(min, max)| range.contains(&min) && range.contains(&max));
        let chunks = || {
            let groups = self.metadata.row_groups.iter();
            groups.flat_map(|group| group.columns_under_root_iter(&self.names[column]).into_iter().flatten())
        };
        guarded(|| Ok(chunks().all(|chunk| is_inside(ends(chunk, &self.metadata.footer_buf))))).unwrap_or(false)
    }

    /// The error of a column that cannot be read.
    pub fn damaged_column(&self, name: &str, error: &str) -> Error {
        damaged(&self.path, &format!("column {name}: {error}"))
    }

    /// Reads a column of some rows from beginning to end, so that it is in the page cache: polars maps files into memory, and a page at a
    /// time is the slowest way to read one from another machine.
    fn fetch(&self, rows: Range<usize>, name: &str) -> Result<()> {
        if self.held.is_some() || self.path.is_in_memory() {
            return Ok(());
        }
        let mut opened = self.path.open()?;
        let is_new = |chunk: &Chunk| {
            let fetched = self.fetched.as_ref().map(|fetched| fetched.lock().unwrap_or_else(PoisonError::into_inner));
            fetched.is_none_or(|mut fetched| fetched.insert((chunk.first_row, name.to_string())))
        };
        // A row group is fetched with the first of its rows: slices may be parts of one.
        let chunks = self.chunks(rows.clone(), name).filter(|chunk| rows.contains(&chunk.first_row));
        for Chunk { range, .. } in chunks.filter(is_new) {
            let fetched = opened.seek(SeekFrom::Start(range.start)).and_then(|_| {
                let mut bytes = opened.by_ref().take(range.end.saturating_sub(range.start));
                let mut buffer = vec![0; FETCHED_BYTES.min(bytes.limit() as usize)];
                loop {
                    match bytes.read(&mut buffer) {
                        Ok(0) => return Ok(()),
                        Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                        _ => {}
                    }
                }
            });
            fetched.map_err(|error| Error::io(&self.path, error))?;
        }
        Ok(())
    }

    /// The chunks of a column in the row groups that hold some of `rows`.
    fn chunks<'a>(&'a self, rows: Range<usize>, name: &'a str) -> impl Iterator<Item = Chunk> + 'a {
        let mut begin = 0;
        let groups = self.metadata.row_groups.iter().filter_map(move |group| {
            let first = begin;
            begin += group.num_rows();
            (first < rows.end && rows.start < begin).then_some((first, group))
        });
        let columns = groups.flat_map(move |(first, group)| {
            group.columns_under_root_iter(name).into_iter().flatten().map(move |column| (first, column))
        });
        let share = UNPACKED_AT_EASE / (self.names.len().max(1) * self.metadata.row_groups.len().max(1)) as u64;
        columns.map(move |(first_row, column)| {
            let (range, values) = (column.byte_range(), column.num_values().unsigned_abs());
            let by_size = (range.end - range.start).saturating_mul(MOST_UNPACKED_OF_CHUNK);
            Chunk {
                first_row,
                claims: ChunkClaims {
                    start: range.start,
                    values,
                    bytes: column.uncompressed_size().unsigned_abs(),
                    of_client: self.path.is_in_memory(),
                },
                most: share.max(by_size).max(values.saturating_mul(MOST_UNPACKED_OF_VALUE)),
                range,
                pages: column.into(),
            }
        })
    }

    /// Looks at the pages of a column in the row groups that hold some of `rows`: what is wrong with them, or what they unpack to, is
    /// better known before memory and time go into it.
    fn check_pages(&self, mut file: impl Read + Seek, rows: Range<usize>, name: &str) -> Result<()> {
        let of_file = |error| Error::io(&self.path, error);
        let length = file.seek(SeekFrom::End(0)).map_err(of_file)?;
        for Chunk { claims, range, most, pages: column, .. } in self.chunks(rows, name) {
            let pages = pages::check(&mut file, length, &claims).map_err(of_file)?;
            let pages = pages.map_err(|fault| self.damaged_column(name, fault))?;
            let mut unpacked = pages.unpacked;
            if pages.have_prefixes && unpacked <= most {
                let mut chunk = Vec::new();
                let read = file
                    .seek(SeekFrom::Start(range.start))
                    .and_then(|_| file.by_ref().take(range.end - range.start).read_to_end(&mut chunk));
                read.map_err(of_file)?;
                let found = guarded(|| prefixes::unpacked(chunk, column));
                unpacked = found.map_err(|error| self.damaged_column(name, &error))?;
            }
            if unpacked > most {
                return Err(self.unpacks(name, range.end - range.start, unpacked, claims.values));
            }
        }
        Ok(())
    }

    /// The error of a column whose values are out of proportion.
    fn unpacks(&self, name: &str, packed: u64, unpacked: u64, values: u64) -> Error {
        let what = format!(
            "a column that unpacks to many times its size: {}: column {name}: {packed} bytes become {unpacked} in {values} rows",
            display(&self.path)
        );
        Error::data(what).with_remedy("leave it out with ignore_columns, or shorten its texts").with_column_name(name)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.metadata.row_groups.iter().map(|group| group.num_rows()).sum()
    }

    /// Where row groups begin, and the rows in front of each: as many of the file's `size` bytes as are the group's part of all groups.
    pub fn groups(&self, size: u64) -> Vec<(u64, usize)> {
        let bytes =
            |group: &RowGroupMetadata| group.byte_ranges_iter().map(|range| u128::from(range.end - range.start)).sum::<u128>();
        let groups = || self.metadata.row_groups.iter().filter(|group| group.num_rows() > 0);
        let all = groups().map(bytes).sum::<u128>().max(1);
        let (mut before, mut rows) = (0, 0);
        let begin = |group: &RowGroupMetadata| {
            let begin = ((before * u128::from(size) / all) as u64, rows);
            before += bytes(group);
            rows += group.num_rows();
            begin
        };
        groups().map(begin).collect()
    }

    /// Rows of row groups that lie in `wanted`, neighbours joined as long as they have at most `most` rows, and columns of at most
    /// [`SLICE_BYTES`].
    pub fn slices(&self, most: usize, wanted: Range<usize>) -> Vec<(usize, usize)> {
        let mut slices: Vec<(usize, usize)> = Vec::new();
        let (mut offset, mut bytes) = (wanted.start, 0u64);
        let mut begin = 0;
        for group in &self.metadata.row_groups {
            let end = begin + group.num_rows();
            let rows = end.min(wanted.end).saturating_sub(begin.max(wanted.start));
            begin = end;
            if rows == 0 {
                continue;
            }
            let largest = group.parquet_columns().iter().map(|column| column.uncompressed_size().unsigned_abs()).max().unwrap_or(0);
            bytes = bytes.saturating_add(largest);
            match slices.last_mut() {
                Some((_, last)) if *last + rows <= most && bytes <= SLICE_BYTES => *last += rows,
                _ => {
                    slices.push((offset, rows));
                    bytes = largest;
                }
            }
            offset += rows;
        }
        slices
    }
}

/// A column of a row group.
struct Chunk {
    /// The first row of the group.
    first_row: usize,
    /// Where it is in the file.
    range: Range<u64>,
    claims: ChunkClaims,
    /// How its pages are read.
    pages: PageMetaData,
    /// The bytes that it may unpack to.
    most: u64,
}

/// Bytes that are fetched with one call.
const FETCHED_BYTES: usize = 4 << 20;

/// The unpacked bytes of a column up to which row groups are read together: each may bring a dictionary of its own.
const SLICE_BYTES: u64 = 64 << 20;

/// What a request may unpack to, bytes, every value counted as one at least: a small body must not take all memory, nor a thread for
/// minutes.
const MOST_UNPACKED: u64 = 64 << 20;
/// The same as a multiple of the body's length.
const MOST_UNPACKED_TIMES: u64 = 32;

/// What the values of a chunk may unpack to, bytes, each of them on average: categories are shorter, and free text does not become a small
/// part of its size when it is compressed.
const MOST_UNPACKED_OF_VALUE: u64 = 256;
/// The same as a multiple of the chunk's size.
const MOST_UNPACKED_OF_CHUNK: u64 = 64;
/// And together, whatever they are.
const UNPACKED_AT_EASE: u64 = 256 << 20;

/// A file as polars wants it.
fn open(path: &DataFile) -> Result<Box<dyn MmapBytesReader>> {
    Ok(match path.open_whole()? {
        Whole::File(file) => Box::new(file),
        Whole::Memory(bytes) => Box::new(bytes),
    })
}

/// Leaves the row groups that hold some of `rows`, and returns how many rows there are before them. polars would unpack the dictionaries of all others.
fn keep_groups(metadata: &mut FileMetadata, rows: Range<usize>) -> usize {
    let (mut end, mut before) = (0, None);
    metadata.row_groups.retain(|group| {
        let begin = end;
        end += group.num_rows();
        let is_kept = begin < rows.end && rows.start < end;
        before = before.or(is_kept.then_some(begin));
        is_kept
    });
    metadata.num_rows = metadata.row_groups.iter().map(|group| group.num_rows()).sum();
    before.unwrap_or(rows.start)
}

/// Whether at least a quarter of a file is metadata: it has many columns and few rows.
fn is_mostly_metadata(metadata: &FileMetadata, length: u64) -> bool {
    let ranges = metadata.row_groups.iter().flat_map(|group| group.byte_ranges_iter());
    ranges.map(|range| range.end - range.start).fold(0, u64::saturating_add) < length / 4 * 3
}

/// All bytes of a file.
fn whole(path: &DataFile) -> Result<Arc<[u8]>> {
    let mut bytes = Vec::new();
    path.open()?.read_to_end(&mut bytes).map_err(|error| Error::io(path, error))?;
    Ok(bytes.into())
}

/// What in the metadata cannot be true, or is too much. polars takes numbers of rows and values on trust and asks for that much memory,
/// and a failed request for memory ends the process.
fn contradiction(metadata: &FileMetadata, length: u64, most_unpacked: u64) -> Option<&'static str> {
    let (mut rows, mut unpacked) = (0usize, 0u64);
    for group in &metadata.row_groups {
        rows = rows.saturating_add(group.num_rows());
        for column in group.parquet_columns() {
            let flat = column.descriptor().descriptor.max_rep_level == 0;
            if flat && usize::try_from(column.num_values()) != Ok(group.num_rows()) {
                return Some("a column does not have as many values as its row group has rows");
            }
            if column.byte_range().end > length {
                return Some("a column lies beyond the end of the file");
            }
            unpacked = unpacked.saturating_add(column.uncompressed_size().unsigned_abs().max(column.num_values().unsigned_abs()));
            if unpacked > most_unpacked {
                return Some("its columns unpack to many times its size");
            }
        }
    }
    (rows != metadata.num_rows).then_some("the row groups do not have as many rows as the file")
}

fn damaged(path: &Path, error: &str) -> Error {
    let error = error.lines().next().unwrap_or("");
    Error::data(format!("damaged or unsupported Parquet file: {}: {error}; write the file again", display(path)))
}

/// Checks that another file has the same columns as the first. A column of nulls alone takes the type that others give it.
pub(super) fn merge(first: &mut FrameFields, first_path: &str, other: &FrameFields, path: &str) -> Result<()> {
    if first.names != other.names {
        return Err(Error::schema(format!(
            "files disagree about columns: {first_path} has {}, {path} has {}",
            list(&first.names),
            list(&other.names)
        )));
    }
    for (at, ((name, ours), theirs)) in first.names.iter().zip(&mut first.types).zip(&other.types).enumerate() {
        first.categories[at] |= other.categories[at];
        match (Physical::of(ours), Physical::of(theirs)) {
            (Some(Physical::Nothing), _) => *ours = theirs.clone(),
            (_, Some(Physical::Nothing)) => {}
            (a, b) if a == b => {}
            _ => {
                return Err(Error::schema(format!(
                    "files disagree about column {name}: it is {ours} in {first_path}, {theirs} in {path}"
                )));
            }
        }
    }
    Ok(())
}
