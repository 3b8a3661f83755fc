//! What a file is, by looking at its first bytes: compression and format.

use super::blocks::{Compression, Packing, open, unreadable};
use super::cells::number;
use super::foreign;
use super::json_form;
use super::recordio::is_recordio;
use super::row_end::count;
use super::source::display;
use super::source::{DataFile, Head};
use super::unwrap::holds_text;
use super::{Format, ReadOptions};
use crate::{Error, Result};
use std::io::Read;
use std::sync::Arc;

/// The beginning of a file, decompressed.
#[derive(Debug)]
pub(super) struct Probe {
    pub path: DataFile,
    pub packing: Packing,
    pub format: Format,
    /// The first bytes of text: at least one whole line, where the file has one. Empty for other formats.
    pub sample: Arc<Vec<u8>>,
    /// Whether the sample is the whole file.
    pub whole: bool,
    /// The size of the file; known where several ranks share the files.
    pub bytes: u64,
    /// Whether this rank looked at it. Of other files than the first there is no sample otherwise.
    pub is_own: bool,
}

const SAMPLE_BYTES: usize = 1 << 18;
const LONGEST_FIRST_LINE: usize = 64 << 20;
/// Lines that decide between libsvm and CSV.
const LINES: usize = 100;

impl Probe {
    /// Looks at a file. `None` if it turns out to be empty.
    pub fn new(path: &DataFile, options: &ReadOptions) -> Result<Option<Self>> {
        let format = options.format;
        let look = path.clone().metered(&options.meter.for_looks());
        let mut head = Vec::new();
        look.open()?.take(4).read_to_end(&mut head).map_err(|e| Error::io(path, e))?;
        let path = path.clone();
        let mut packing = Packing { compression: Compression::of(&head), framed_text: false };
        if head == b"PAR1" {
            if format.is_some_and(|f| f != Format::Parquet) {
                return Err(Error::data(format!(
                    "this is a Parquet file, not {}: {}; correct the format",
                    word(format),
                    display(&path)
                )));
            }
            return Ok(Some(Self {
                path,
                packing,
                format: Format::Parquet,
                sample: Arc::default(),
                whole: false,
                bytes: 0,
                is_own: true,
            }));
        }
        let (mut sample, mut whole) = read_sample(&look, packing)?;
        if sample.starts_with(b"PAR1") {
            return Err(Error::data(format!("a Parquet file inside a compressed file: {}; decompress it", display(&path))));
        }
        if format == Some(Format::Parquet) {
            return Err(Error::data(format!(
                "this is not a Parquet file: {}; correct the format, or write the file again",
                display(&path)
            )));
        }
        if is_recordio(&sample) {
            packing.framed_text = options.unwrap_records
                && match format {
                    Some(Format::Csv | Format::Libsvm) => true,
                    None => holds_text(&sample),
                    Some(Format::Parquet | Format::Recordio | Format::Json | Format::JsonLines) => false,
                };
            if !packing.framed_text {
                return Self::recordio(path, packing, format).map(Some);
            }
            (sample, whole) = read_sample(&look, packing)?;
        }
        if whole && sample.iter().all(u8::is_ascii_whitespace) {
            sample.clear();
        }
        if sample.is_empty() {
            return Ok(None);
        }
        if format == Some(Format::Recordio) {
            return Err(Error::data(format!(
                "this is not a recordio file: {}; each record must be in a frame that begins with the magic number 0xCED7230A",
                display(&path)
            )));
        }
        if let Some((what, remedy)) = foreign::format(&sample) {
            return Err(Error::data(format!("this is {what}, which is not read: {}", display(&path))).with_remedy(remedy));
        }
        if sample.starts_with(&[0xff, 0xfe]) || sample.starts_with(&[0xfe, 0xff]) {
            return Err(Error::data(format!("the text is encoded as UTF-16: {}; write it as UTF-8", display(&path))));
        }
        if sample.contains(&0) {
            return Err(Error::data(format!(
                "this is not a text file (it holds NUL bytes): {}; of compressed files gzip and zstd are read, decompress others",
                display(&path)
            )));
        }
        let json = json_form::form(&sample, whole);
        let format = match (format, json) {
            (None, Some(form)) => form.format(),
            (Some(Format::Csv | Format::Libsvm), Some(_)) => {
                return Err(Error::data(format!("this is JSON, not {}: {}; correct the format", word(format), display(&path))));
            }
            (Some(format), _) => format,
            (None, None) if looks_like_libsvm(&sample, whole) => Format::Libsvm,
            (None, None) => Format::Csv,
        };
        if format != Format::Json
            && let Some(line) = lone_carriage_return(&sample)
        {
            let what = format!("a carriage return without a line feed ends a line: {}:{line}", display(&path));
            return Err(Error::data(what).with_remedy("convert it, for instance by tr '\\r' '\\n'"));
        }
        if format == Format::Json {
            sample = Vec::new();
        }
        Ok(Some(Self { path, packing, format, sample: Arc::new(sample), whole, bytes: 0, is_own: true }))
    }

    /// The first bytes of the file, if they are known as they stand in it: they need not be read again.
    pub fn head(&self) -> Option<Head> {
        let is_bare = self.packing == Packing { compression: Compression::None, framed_text: false };
        (self.is_own && is_bare && !self.sample.is_empty()).then(|| Head(self.sample.clone()))
    }

    fn recordio(path: DataFile, packing: Packing, format: Option<Format>) -> Result<Self> {
        if format.is_some_and(|f| f != Format::Recordio) {
            return Err(Error::data(format!(
                "these are RecordIO records, not {}: {}; correct the format, or say that the text is in frames (RecordWrapperType)",
                word(format),
                display(&path)
            )));
        }
        Ok(Self { path, packing, format: Format::Recordio, sample: Arc::default(), whole: false, bytes: 0, is_own: true })
    }
}

/// A format as a word.
pub(super) fn word(format: Option<Format>) -> &'static str {
    match format {
        Some(Format::Csv) => "CSV",
        Some(Format::Libsvm) => "libsvm",
        Some(Format::Parquet) => "Parquet",
        Some(Format::Recordio) => "recordio",
        Some(Format::Json) => "JSON",
        Some(Format::JsonLines) => "JSON lines",
        None => "unknown",
    }
}

fn read_sample(path: &DataFile, packing: Packing) -> Result<(Vec<u8>, bool)> {
    let mut reader = open(path, packing)?;
    let mut sample = Vec::new();
    let mut wanted = SAMPLE_BYTES;
    loop {
        let missing = (wanted - sample.len()) as u64;
        let read = reader.by_ref().take(missing).read_to_end(&mut sample).map_err(|e| unreadable(path, packing, &e))?;
        if (read as u64) < missing {
            return Ok((sample, true));
        }
        // Lines may end otherwise.
        let has_end = || sample.contains(&b'\n') || sample[..sample.len() - 1].contains(&b'\r');
        let is_json = json_form::may_begin(&sample);
        // A JSON document need not have lines.
        let suffices = if is_json { json_form::tells_form(&sample) || wanted >= LONGEST_FIRST_LINE } else { has_end() };
        if suffices {
            return Ok((sample, false));
        }
        if wanted >= LONGEST_FIRST_LINE {
            return Err(Error::data(format!(
                "no line end in the first {} MiB: {}; is it a text file?",
                LONGEST_FIRST_LINE >> 20,
                display(path)
            )));
        }
        wanted *= 2;
    }
}

/// The line that ends with a carriage return alone, if there is one. In quotes it ends no line, and at the end of a file it ends none that
/// another one follows.
fn lone_carriage_return(sample: &[u8]) -> Option<usize> {
    let text = sample.trim_ascii_end();
    let mut quoted = false;
    let mut bytes = text.iter().enumerate().peekable();
    while let Some((at, &byte)) = bytes.next() {
        quoted ^= byte == b'"';
        if byte == b'\r' && !quoted && !matches!(bytes.peek(), Some((_, b'\r' | b'\n'))) {
            return Some(count(&text[..at], b'\n') + 1);
        }
    }
    None
}

/// Whether most of what follows the first item of the lines are `index:value` pairs. Not all must be, or one bad value would turn a
/// file into another format.
fn looks_like_libsvm(sample: &[u8], whole: bool) -> bool {
    let text = String::from_utf8_lossy(sample);
    let complete = if whole { &*text } else { text.rsplit_once('\n').map_or("", |(lines, _)| lines) };
    let (mut pairs, mut others) = (0, 0);
    for line in complete.lines().filter_map(|line| line.split('#').next()).take(LINES) {
        let mut tokens = line.split_ascii_whitespace();
        // A time of day looks like a pair.
        let is_table = tokens.next().is_some_and(|first| first.contains([',', ';', '|']));
        for token in tokens {
            let is_pair = !is_table && token.split_once(':').is_some_and(|(index, value)| is_index(index) && is_value(value));
            if is_pair { pairs += 1 } else { others += 1 }
        }
    }
    pairs > 0 && pairs >= 3 * others
}

fn is_index(text: &str) -> bool {
    text == "qid" || text.parse::<u64>().is_ok()
}

fn is_value(text: &str) -> bool {
    number(text).is_some() || text.eq_ignore_ascii_case("nan")
}

#[cfg(test)]
mod tests {
    use super::super::roles::tests::options;
    use super::*;
    use std::io::Write;

    fn probe(bytes: &[u8]) -> Result<Option<Probe>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        Probe::new(&file.path().to_path_buf().into(), &options())
    }

    #[test]
    fn formats_are_told_apart_by_content() {
        let format = |bytes: &[u8]| probe(bytes).unwrap().unwrap().format;
        assert_eq!(format(b"1 1:0.5 7:2\n0 qid:3 2:1 # note\n-1\n"), Format::Libsvm);
        assert_eq!(format(b"1:0.5 1:0.5\n"), Format::Libsvm);
        assert_eq!(format(b"y,when\n1,2024-01-05 10:30\n0,2024-01-06 11:30\n"), Format::Csv);
        assert_eq!(format(b"1 1:0.5 7:nan\n0 1:foo 2:1 3:4 4:2 5:1\nyes 1:1 2:3\n"), Format::Libsvm);
        assert_eq!(format(b"1 2 3\n"), Format::Csv);
        assert_eq!(format(b"12:30,5\n"), Format::Csv);
        assert_eq!(format(b"a,b\n1,2\n"), Format::Csv);
        assert_eq!(format(b"{\"a\": 1}\n{\"a\": 2}\n"), Format::JsonLines);
        assert_eq!(format(b"[{\"a\": 1},\n {\"a\": 2}]\n"), Format::Json);
        assert_eq!(format(b"[1,2]\n[3,4]\n"), Format::JsonLines);
        assert_eq!(format(b"{,5\n{,6\n"), Format::Csv);
        assert_eq!(format(b"PAR1..."), Format::Parquet);
        assert_eq!(format(b"\x0a\x23\xd7\xce\x00\x00\x00\x00"), Format::Recordio);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(probe(b"\n \n").unwrap().is_none());
        assert!(probe(b"1,\0,2\n").unwrap_err().to_string().contains("not a text file"));
        assert!(probe(b"1,2\r3,4\r").unwrap_err().to_string().contains("a carriage return without a line feed"));
        assert!(probe(b"1,2\r\n3,4\r5,6\r\n").unwrap_err().to_string().contains(":2;"));
        assert!(probe(b"1,2\r\r\n3,\"a\rb\"\r").unwrap().is_some());
        assert!(probe(b"\xff\xfe1\x00").unwrap_err().to_string().contains("UTF-16"));
        assert!(probe(b"\x1f\x8b\x08").unwrap_err().to_string().starts_with("truncated or damaged gzip file"));
    }
}
