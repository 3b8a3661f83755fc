//! Files of formats that are not read, known by how they begin, so that they are refused by name.

/// A format, how a file of it begins, and what to do.
type Foreign = (&'static str, &'static [u8], &'static str);

const TABLE: &str = "write the table as Parquet or CSV";
const UNPACK: &str = "decompress it; of compressed files gzip and zstd are read";

const BINARY: [Foreign; 24] = [
    ("a NumPy array (.npy)", b"\x93NUMPY", TABLE),
    ("a ZIP archive, as .xlsx, .ods and .npz files are", b"PK\x03\x04", "write the table in it as Parquet or CSV"),
    ("an Excel file (.xls)", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", TABLE),
    ("an ORC file", b"ORC", TABLE),
    ("an Avro file", b"Obj\x01", TABLE),
    ("an Arrow IPC file (Feather)", b"ARROW1", TABLE),
    ("an Arrow IPC stream", b"\xff\xff\xff\xff", TABLE),
    ("a Feather file", b"FEA1", TABLE),
    ("a Python pickle", b"\x80\x02", TABLE),
    ("a Python pickle", b"\x80\x03", TABLE),
    ("a Python pickle", b"\x80\x04", TABLE),
    ("a Python pickle", b"\x80\x05", TABLE),
    ("an HDF5 file", b"\x89HDF\r\n\x1a\n", TABLE),
    ("an SQLite database", b"SQLite format 3\0", TABLE),
    ("an R data file", b"RDX", TABLE),
    ("an SPSS file", b"$FL2", TABLE),
    ("a Stata file", b"<stata_dta>", TABLE),
    ("a PDF document", b"%PDF-", TABLE),
    ("a bzip2 file", b"BZh", UNPACK),
    ("an xz file", b"\xfd7zXZ\0", UNPACK),
    ("a 7z archive", b"7z\xbc\xaf\x27\x1c", UNPACK),
    ("an LZ4 file", b"\x04\x22\x4d\x18", UNPACK),
    ("a Snappy file", b"\xff\x06\0\0sNaPpY", UNPACK),
    ("a file of compress (.Z)", b"\x1f\x9d", UNPACK),
];

/// The same for text, in lower case; blanks in front do not count.
const TEXT: [Foreign; 8] = [
    ("a CSV file whose first line tells Excel the delimiter (sep=)", b"sep=", "remove that line"),
    ("an ARFF file", b"@relation", "write the rows under @data as CSV, with a line of column names"),
    ("an XML document", b"<?xml", TABLE),
    ("an XML document", b"<error>", TABLE),
    ("an HTML page", b"<!doctype html", "download the data again: this may be an error page or a page to sign in"),
    ("an HTML page", b"<html", "download the data again: this may be an error page or a page to sign in"),
    ("a pointer of Git LFS, not the file", b"version https://git-lfs.github.com/", "fetch the file with git lfs pull"),
    ("a rich text document", b"{\\rtf", TABLE),
];

/// The format of a file that begins like this, if it is one that is not read, and what to do.
pub(super) fn format(beginning: &[u8]) -> Option<(&'static str, &'static str)> {
    if beginning.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", "unpack it"));
    }
    let binary = BINARY.iter().find(|(_, magic, _)| beginning.starts_with(magic)).filter(|_| !is_text(beginning));
    let text = text_start(beginning);
    let begins = |magic: &[u8]| text.get(..magic.len()).is_some_and(|head| head.eq_ignore_ascii_case(magic));
    binary.or_else(|| TEXT.iter().find(|(_, magic, _)| begins(magic))).map(|&(name, _, remedy)| (name, remedy))
}

/// Whether these are characters: a column may be called ORC.
fn is_text(bytes: &[u8]) -> bool {
    let is_control = |&byte: &u8| byte < b' ' && !byte.is_ascii_whitespace();
    // The last character may be cut off.
    !bytes.iter().any(is_control) && std::str::from_utf8(bytes).err().is_none_or(|error| error.error_len().is_none())
}

/// The text behind a byte order mark, blanks, and the lines of comment with which ARFF files begin.
fn text_start(bytes: &[u8]) -> &[u8] {
    let mut text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    while text.first() == Some(&b'%') {
        let end = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
        text = text[end..].trim_ascii_start();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_known_by_how_they_begin() {
        for (bytes, name) in [
            (&b"\x93NUMPY\x01\0"[..], "NumPy"),
            (b"PK\x03\x04\x14\0", "ZIP"),
            (b"ORC\x0a\x0b\0\x01", "ORC"),
            (b"% comment\n%\n@RELATION iris\n", "ARFF"),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>", "XML"),
            (b"\n<!DOCTYPE html>", "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
            (b"\x80\x04\x95", "pickle"),
            (b"sep=;\ny;x\n", "Excel"),
        ] {
            assert!(format(bytes).is_some_and(|(what, _)| what.contains(name)), "{name}");
        }
        for bytes in [&b"1,2\n"[..], b"%,2\n3,4\n", b"version,2\n", b"<5,2\n", b"ORC,y\n1,2\n", b""] {
            assert_eq!(format(bytes), None);
        }
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(format(&tar).is_some());
    }
}
