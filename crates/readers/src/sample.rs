//! The beginning of a data set, to be judged before all of it is read.

use super::blocks::Compression;
use super::csv;
use super::load::{FileSet, to_sources};
use super::row_end::RowEnd;
use super::sniff::Probe;
use super::source::{Source, Spool};
use super::{Format, ReadOptions};
use crate::{Error, Result};
use std::fs;

/// Whole rows from the beginning of a data set.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The rows, to be read like the data set. Text is not in frames any more.
    pub source: Source,
    /// The format of the data set.
    pub format: Format,
    /// Bytes of the rows: of text as it was decompressed, else of the file that they fill.
    pub bytes: u64,
    /// Whether these are all rows of the data set.
    pub whole: bool,
    /// Whether the first file is compressed as a whole, so that sizes of files say little about the number of rows.
    pub compressed: bool,
    /// Which files were passed over, if any were.
    pub note: Option<String>,
}

/// Looks at the beginning of every file of a data set, and hands over the first rows: some 256 KiB of text, or a first file in another
/// format; `None` where that is larger than `largest` bytes.
///
/// # Errors
/// No file, files of several formats, or one that is not in the format that it should have.
pub fn sample(sources: &[impl Clone + Into<Source>], options: &ReadOptions, largest: u64) -> Result<Option<Sample>> {
    let set = FileSet::open(&to_sources(sources), options)?;
    let Some(first) = set.probes.first() else { return Err(Error::internal("a data set without a file")) };
    let alone = set.probes.len() == 1;
    let compressed = first.packing.compression != Compression::None;
    match set.format {
        Format::Parquet | Format::Recordio | Format::Json => {
            let bytes = fs::metadata(&first.path).map_err(|error| Error::io(&first.path, error))?.len();
            let source = Source::Path(first.path.to_path_buf());
            Ok((bytes <= largest).then_some(Sample { source, format: set.format, bytes, whole: alone, compressed, note: set.note }))
        }
        Format::Csv | Format::Libsvm | Format::JsonLines => {
            let rows = &first.sample[..end(first, set.format, options)];
            let spool = Spool::read(&first.path, rows)?;
            let (bytes, whole) = (spool.bytes(), alone && first.whole);
            Ok(Some(Sample { source: spool.into(), format: set.format, bytes, whole, compressed, note: set.note }))
        }
    }
}

/// Where the last whole row of a file's sample ends.
fn end(probe: &Probe, format: Format, options: &ReadOptions) -> usize {
    let ends = if format == Format::Csv { csv::row_end(probe, options) } else { RowEnd::Line };
    let whole = if probe.whole { Some(probe.sample.len()) } else { ends.last(&probe.sample) };
    whole.unwrap_or(probe.sample.len())
}

#[cfg(test)]
mod tests {
    use super::super::roles::tests::options;
    use super::*;
    use crate::read_training;
    use std::path::PathBuf;

    fn written(root: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = root.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn rows_are_whole_though_lines_are_not() {
        let root = tempfile::tempdir().unwrap();
        let row = format!("1;\"a\nb{}\";3\n", "c".repeat(60_000));
        let path = written(&root, "a.csv", &row.repeat(20));
        let sample = sample(&[path], &options(), 0).unwrap().unwrap();
        assert!(!sample.whole && sample.bytes.is_multiple_of(row.len() as u64) && sample.bytes > 0);
        let data = read_training(&[sample.source], &options()).unwrap();
        assert_eq!((data.rows() as u64, data.schema().len()), (sample.bytes / row.len() as u64, 2));
    }

    #[test]
    fn small_sets_are_whole_and_every_file_is_looked_at() {
        let root = tempfile::tempdir().unwrap();
        written(&root, "a.csv", "1,2\n3,4");
        let sources = [root.path().to_path_buf()];
        assert!(sample(&sources, &options(), 0).unwrap().unwrap().whole);
        written(&root, "b.csv", "5,6\n");
        assert!(!sample(&sources, &options(), 0).unwrap().unwrap().whole);
        written(&root, "c.csv", "1 1:2 2:3\n");
        assert!(sample(&sources, &options(), 0).unwrap_err().to_string().contains("files disagree"));
    }
}
