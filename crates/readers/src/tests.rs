//! Limits do not matter: tiny blocks, small slices and a dropped cache give the same data set.

use super::load::{Expected, read_matching_within, read_training_within};
use super::reader::Limits;
use super::recordio::{self, Features, Record};
use super::{Block, Dataset, ReadOptions, Source, roles::tests::options};
use proptest::prelude::*;
use std::io::Write;
use std::sync::Mutex;

const TINY: Limits = Limits { block_bytes: 16, cache_bytes: usize::MAX, slice_rows: 1 };
const TINY_UNCACHED: Limits = Limits { cache_bytes: 0, ..TINY };

fn values(data: &Dataset) -> Vec<Vec<u64>> {
    let cells = Mutex::new(vec![vec![0; data.rows()]; data.schema().len()]);
    let visit = |block: &Block<'_>| {
        let mut cells = cells.lock().unwrap();
        for (feature, chunk) in &block.columns {
            (0..block.rows).for_each(|row| cells[*feature][block.first_row + row] = chunk.get(row).to_bits());
        }
        Ok(())
    };
    data.source().visit(&visit).unwrap();
    cells.into_inner().unwrap()
}

fn file(text: impl AsRef<[u8]>) -> (tempfile::NamedTempFile, Vec<Source>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_ref()).unwrap();
    let path = file.path().to_path_buf();
    (file, vec![path.into()])
}

#[test]
fn a_file_that_changes_between_two_reads_is_refused_in_every_format() {
    let frame = |x: f64| polars::prelude::df!["y" => [0.0, 1.0, 0.0], "a" => [x, 2.0, 3.0]].unwrap();
    let parquet = |x: f64| {
        let mut bytes = Vec::new();
        polars::prelude::ParquetWriter::new(&mut bytes).finish(&mut frame(x)).unwrap();
        bytes
    };
    let record = |x: f64| recordio(vec![Features::Dense(vec![x, 2.0]); 3]);
    for (before, after) in [
        (parquet(1.0), parquet(9.0)),
        (b"0,1\n1,2\n0,3\n".to_vec(), b"0,9\n1,2\n0,3\n".to_vec()),
        (b"0 1:1\n1 1:2\n".to_vec(), b"0 1:9\n1 1:2\n".to_vec()),
        (record(1.0), record(9.0)),
    ] {
        let (keep, paths) = file(&before);
        let data = read_training_within(&paths, &options(), TINY_UNCACHED).unwrap();
        values(&data);
        // Times of files are those of the clock's ticks.
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(keep.path(), &after).unwrap();
        let error = data.source().visit(&|_| Ok(())).unwrap_err().to_string();
        assert!(error.starts_with("file changed while it was read: "), "{error}");
    }
}

#[test]
fn blank_lines_among_libsvm_rows_without_labels_are_refused() {
    let read = |text: &str, train: &str| {
        let (_keep, paths) = file(train);
        let model = read_training_within(&paths, &options(), Limits::default()).unwrap();
        let (_keep, paths) = file(text);
        let expected = Expected { schema: model.schema(), classes: None, needs_labels: false };
        read_matching_within(&paths, &options(), expected, TINY).map(|data| data.rows()).map_err(|error| error.to_string())
    };
    let train = "1 1:2 2:3\n0 1:1 2:1\n";
    assert_eq!(read("1:2 2:3\n1:1 2:4\n\n \n", train), Ok(2));
    assert_eq!(read("0 1:2 2:3\n\n1 1:1\n", train), Ok(2));
    for text in ["1:2 2:3\n\n1:1 2:4\n", "\n1:2 2:3\n", "1:2 2:3\n# none\n \t\n1:1 2:4\n"] {
        assert!(read(text, train).unwrap_err().contains("blank line among rows without labels"), "{text:?}");
    }
}

fn check_limits(text: impl AsRef<[u8]>, options: &ReadOptions) {
    let (_keep, paths) = file(text);
    let usual = read_training_within(&paths, options, Limits::default()).unwrap();
    for limits in [TINY, TINY_UNCACHED, Limits { cache_bytes: 60, ..TINY }] {
        let data = read_training_within(&paths, options, limits).unwrap();
        assert_eq!(data.schema(), usual.schema());
        assert_eq!(data.labels(), usual.labels());
        assert_eq!(data.classes(), usual.classes());
        assert_eq!(values(&data), values(&usual));
        for row in 0..data.rows() {
            assert_eq!(data.source().locate(row), usual.source().locate(row));
        }
        let again = read_matching_within(
            &paths,
            options,
            Expected { schema: usual.schema(), classes: usual.classes(), needs_labels: true },
            limits,
        )
        .unwrap();
        assert_eq!((values(&again), again.labels()), (values(&usual), usual.labels()));
    }
}

#[test]
fn errors_about_cells_carry_their_place() {
    let error = |text: &str| {
        let (keep, paths) = file(text);
        let error = read_training_within(&paths, &options(), Limits::default()).unwrap_err();
        let details = error.details().clone();
        assert_eq!(details.path.as_deref(), Some(keep.path()));
        assert!(error.to_string().ends_with(&format!("; {}", details.remedy.clone().unwrap())), "{error}");
        (details.line, details.column, details.column_name)
    };
    let rows = "1,2\n0,3\n".repeat(20);
    assert_eq!(error(&format!("label,age\n{rows}0,inf\n")), (Some(42), Some(2), Some("age".to_string())));
    assert_eq!(error(&format!("{rows}0,inf\n")), (Some(41), Some(2), None));
    assert_eq!(error(&format!("{rows}0,3,4\n")), (Some(41), None, None));
    let rows = "1 1:2 2:3\n0 2:2\n".repeat(20);
    assert_eq!(error(&format!("{rows}0 1:x\n")), (Some(41), None, None));
}

fn recordio(rows: impl IntoIterator<Item = Features>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, features) in rows.into_iter().enumerate() {
        recordio::encode(&Record { features, label: Some((i % 3) as f64) }, &mut bytes).unwrap();
    }
    bytes
}

#[test]
fn blocks_and_cache_do_not_matter() {
    let quoted = "y,t,x\n1,\"two\n\nlines, long ones\",0.1\n\n0,\"b\"\"\n\",\n1,plain,16777217\n0,9,3\n";
    check_limits(quoted, &options());
    let body: String =
        (0..300).map(|i| format!("{},{},{}\n", i % 3, f64::from(i) * 0.1, ["p", "q", "r s"][i as usize % 3])).collect();
    check_limits(body, &options());
    let sparse: String =
        (0..100).map(|i| format!("{} {}:{} {}:1.5 # {i}\n\n", i % 2, 1 + i % 7, f64::from(i) * 0.3, 9 + i % 5)).collect();
    check_limits(sparse, &options());
    let dense: Vec<_> = (0..90).map(|i| Features::Dense(vec![f64::from(i) * 0.3, f64::from(i % 4)])).collect();
    check_limits(recordio(dense), &options());
    let width = Some(12);
    let sparse = |i: u32| Features::Sparse { keys: vec![i % 7, 7 + i % 5], values: vec![f64::from(i) * 0.3, 1.5], width };
    check_limits(recordio((0..90).map(sparse)), &options());
    let mixed = |i: u32| if i.is_multiple_of(3) { Features::Dense(vec![f64::from(i); 12]) } else { sparse(i) };
    check_limits(recordio((0..90).map(mixed)), &options());
    let classes: String = (0..90).map(|i| format!("{},{i}\n", ["cat", "dog", "5"][i % 3])).collect();
    check_limits(classes, &options());
}

#[test]
fn a_column_that_turns_out_to_be_text_late_is_read_as_text_from_the_start() {
    let mut text = String::new();
    (0..50_000).for_each(|i| text += &format!("1,{}\n", i % 10));
    (0..60_000).for_each(|i| text += &format!("0,w{}\n", i % 10));
    let (_keep, paths) = file(&text);
    let limits = Limits { block_bytes: 1 << 15, ..Limits::default() };
    let data = read_training_within(&paths, &options(), limits).unwrap();
    assert!(data.schema().features[0].kind.is_categorical());
    let codes = values(&data);
    assert_eq!((codes[0][3], codes[0][50_003]), (3f64.to_bits(), 13f64.to_bits()));
}

#[test]
fn the_first_of_several_errors_is_reported_whatever_the_blocks() {
    let mut text = "1,2,3\n".repeat(500);
    text += "1,2\n";
    text += &"1,2,3\n".repeat(500);
    text += "1,2,inf\n";
    let (_keep, paths) = file(&text);
    for block_bytes in [16, 100, 1000, 1 << 20] {
        let error = read_training_within(&paths, &options(), Limits { block_bytes, ..TINY }).unwrap_err().to_string();
        assert!(error.starts_with("ragged row") && error.contains(":501: "), "{error}");
    }
    let stray = "1,2,3\n".repeat(500) + "1,x,3\n" + &"1,2,3\n".repeat(500) + "1,2,y\n";
    let (_keep, paths) = file(&stray);
    for block_bytes in [16, 1000, 1 << 20] {
        let error = read_training_within(&paths, &options(), Limits { block_bytes, ..TINY }).unwrap_err().to_string();
        assert!(error.starts_with("text in a column of numbers") && error.contains(":501:2 "), "{error}");
    }
}

#[test]
fn a_file_that_changes_between_passes_is_an_error() {
    let (keep, paths) = file("1,2,3\n".repeat(100));
    let data = read_training_within(&paths, &options(), TINY_UNCACHED).unwrap();
    std::fs::write(keep.path(), "1,2,3\n".repeat(101)).unwrap();
    let error = data.source().visit(&|_| Ok(())).unwrap_err().to_string();
    assert!(error.starts_with("file changed while it was read"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Rows are what anybody counts: lines that are not blank.
    #[test]
    fn no_row_is_lost(rows in prop::collection::vec(prop::option::weighted(0.8, 1u8..9), 2..60), libsvm in any::<bool>()) {
        let line = |row: &Option<u8>| match row {
            None => "\n".to_string(),
            Some(x) if libsvm => format!("{} 1:{x} 2:{}\n", x % 2, x % 3),
            Some(x) => format!("{},{x},{}\n", x % 2, x % 3),
        };
        let text: String = rows.iter().map(line).collect();
        let count = rows.iter().flatten().count();
        prop_assume!(count > 0);
        let (_keep, paths) = file(text);
        for limits in [TINY, TINY_UNCACHED, Limits::default()] {
            prop_assert_eq!(read_training_within(&paths, &options(), limits).unwrap().rows(), count);
        }
    }

    #[test]
    fn random_csv_reads_the_same_in_any_blocks(
        rows in prop::collection::vec((0u8..3, prop::option::of(-9f64..9.0), prop_oneof!["[a-c]{1,3}", Just("\"x\ny,\"".to_string())]), 1..40),
        block_bytes in 1usize..80,
    ) {
        let text: String = rows.iter().map(|(y, x, t)| format!("{y},{},{t}\n", x.map_or(String::new(), |x| x.to_string()))).collect();
        let (_keep, paths) = file(&text);
        let no_header = ReadOptions { header: crate::params::Header::No, categorical: vec!["2".into()], delimiter: Some(b','), ..options() };
        let usual = read_training_within(&paths, &no_header, Limits::default()).unwrap();
        prop_assert_eq!(usual.rows(), rows.len());
        let tiny = read_training_within(&paths, &no_header, Limits { block_bytes, ..TINY_UNCACHED }).unwrap();
        prop_assert_eq!(values(&tiny), values(&usual));
        prop_assert_eq!(tiny.schema(), usual.schema());
    }
}
