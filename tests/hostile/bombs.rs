//! Small files that become large ones.

use super::files::confined;
use crate::serve::models::tree;
use crate::util::Tree;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// A file of gzip members, each `piece` over and over, 3 GiB together: more than the executable is given.
fn bomb(start: &[u8], piece: &[u8]) -> Vec<u8> {
    const MEMBER: usize = 64 << 20;
    let pack = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    [pack(start), pack(&piece.repeat(MEMBER / piece.len())).repeat(48)].concat()
}

#[track_caller]
fn refused(file: &str, model: &str, start: &[u8], piece: &[u8], fragment: &str) {
    let own = Tree::new();
    let data = own.write(file, bomb(start, piece));
    let run = confined(&["predict", "--model", &tree().text(model), "--data", data.to_str().unwrap(), "--threads", "1"]);
    run.user_error(&[fragment]);
}

#[test]
fn a_cell_without_end() {
    refused("rows.csv.gz", "amount", b"1,2,3,4\n1,2,3,", b"1", "row");
}

#[test]
fn a_quote_without_end() {
    refused("rows.csv.gz", "amount", b"1,2,3,4\n1,2,3,\"", b"1,2,3,4\n", "quote");
}

#[test]
fn a_libsvm_row_without_end() {
    refused("rows.libsvm.gz", "sparse", b"1 1:1\n1 ", b"1:1 ", "row");
}

#[test]
fn a_record_without_end() {
    refused("rows.recordio.gz", "sparse", b"\x0a\x23\xd7\xce\xff\xff\xff\x1f", b"\0", "record");
}
