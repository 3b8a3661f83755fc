//! Files, arrays and frames become the same data set; everything wrong with them is a message with a place and a remedy.

use flate2::{Compression, write::GzEncoder};
use polars::prelude::*;
use proptest::prelude::*;
use sapwood::data::Block;
use sapwood::{Dataset, ErrorKind, Feature, FeatureKind, FeatureSchema};
use sapwood_readers::from_dataframe;
use sapwood_readers::{Expected, Format, ReadOptions, list_files, read_matching, read_training};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

fn options() -> ReadOptions {
    ReadOptions::new(&sapwood::params::DataParams::default()).unwrap()
}

/// A directory that vanishes, and files in it.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn of(files: &[(&str, &str)]) -> Self {
        let dir = Self::new();
        files.iter().for_each(|(name, text)| drop(dir.write(name, text.as_bytes())));
        dir
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn parquet(&self, name: &str, mut frame: DataFrame, row_group: usize) -> PathBuf {
        let path = self.path(name);
        let writer = ParquetWriter::new(File::create(&path).unwrap()).with_row_group_size(Some(row_group));
        writer.finish(&mut frame).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn train(&self, options: &ReadOptions) -> sapwood::Result<Dataset> {
        read_training(&[self.0.path().to_path_buf()], options)
    }

    fn matching(&self, schema: &FeatureSchema, need_label: bool) -> sapwood::Result<Dataset> {
        read_matching(&[self.0.path().to_path_buf()], &options(), Expected { schema, classes: None, needs_labels: need_label })
    }

    /// The error, the directory's own path removed.
    fn error(&self, result: sapwood::Result<Dataset>) -> String {
        let error = result.expect_err("it should be refused");
        assert!(error.is_user_error(), "{error}");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }

    fn train_error(&self) -> String {
        self.error(self.train(&options()))
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The features, column by column; NaN is `None`. Both ways of visiting must hand over every value once.
fn values(data: &Dataset) -> Vec<Vec<Option<f64>>> {
    let by_block = gather(data, |visit| data.source().visit(visit));
    let by_row = gather(data, |visit| {
        data.source().visit_rows(&|block: &Block<'_>| {
            let mut features: Vec<_> = block.columns.iter().map(|(feature, _)| *feature).collect();
            features.sort_unstable();
            assert_eq!(features, (0..data.schema().len()).collect::<Vec<_>>(), "a block of rows lacks features");
            visit(block)
        })
    });
    assert_eq!(by_block, by_row);
    by_block
}

type Visitor<'a> = &'a (dyn Fn(&Block<'_>) -> sapwood::Result<()> + Sync);

fn gather(data: &Dataset, run: impl Fn(Visitor<'_>) -> sapwood::Result<()>) -> Vec<Vec<Option<f64>>> {
    let cells = Mutex::new(vec![vec![None; data.rows()]; data.schema().len()]);
    run(&|block| {
        let mut cells = cells.lock().unwrap();
        for (feature, chunk) in &block.columns {
            assert_eq!(chunk.len(), block.rows);
            for row in 0..block.rows {
                let x = chunk.get(row);
                let before = cells[*feature][block.first_row + row].replace((!x.is_nan()).then_some(x));
                assert!(before.is_none(), "feature {feature} of row {} came twice", block.first_row + row);
            }
        }
        Ok(())
    })
    .unwrap();
    let cells = cells.into_inner().unwrap();
    cells.into_iter().map(|column| column.into_iter().map(|cell| cell.expect("a value for every cell")).collect()).collect()
}

fn names(data: &Dataset) -> Vec<&str> {
    data.schema().features.iter().map(|f| f.name.as_str()).collect()
}

fn levels(data: &Dataset, feature: usize) -> Vec<&str> {
    match &data.schema().features[feature].kind {
        FeatureKind::Categorical { levels } => levels.iter().map(String::as_str).collect(),
        kind => panic!("{kind:?} is not categorical"),
    }
}

// --- CSV ---------------------------------------------------------------------------------------------------------------------

#[test]
fn csv_without_header_has_its_label_first() {
    let data = Files::of(&[("a.csv", "1,2.5,\n0,3,NA\n")]).train(&options()).unwrap();
    assert_eq!(data.labels().unwrap(), [1.0, 0.0]);
    assert_eq!((names(&data), data.schema().named), (vec!["f0", "f1"], false));
    assert_eq!(values(&data), [vec![Some(2.5), Some(3.0)], vec![None, None]]);
}

#[test]
fn csv_with_names_quotes_and_categories() {
    let text = "\u{feff}age;\"what; colour\";y\r\n1; red ;0\r\n\r\n2;\"blue; \"\"dark\"\"\";1\r\n;?;0\r\n4;red;1";
    let files = Files::of(&[("a.csv", text)]);
    let data = files.train(&ReadOptions { label: Some("y".into()), ..options() }).unwrap();
    assert_eq!(names(&data), ["age", "what; colour"]);
    assert_eq!(levels(&data, 1), ["blue; \"dark\"", "red"]);
    assert_eq!(values(&data), [vec![Some(1.0), Some(2.0), None, Some(4.0)], vec![Some(1.0), Some(0.0), None, Some(1.0)]]);
    assert_eq!(data.labels().unwrap(), [0.0, 1.0, 0.0, 1.0]);
    assert!(data.notes().iter().any(|note| note.contains("what; colour (2 levels)")), "{:?}", data.notes());
    let places: Vec<_> = (0..4).map(|row| data.source().locate(row).rsplit_once(':').unwrap().1.to_string()).collect();
    assert_eq!(places, ["2", "4", "5", "6"]);
}

#[test]
fn delimiters_are_detected_and_overridden() {
    for delimiter in [",", "\t", ";", "|", " "] {
        let text = "1,2,3\n4,5,6\n".replace(',', delimiter);
        assert_eq!(Files::of(&[("a.txt", &text)]).train(&options()).unwrap().schema().len(), 2, "{delimiter:?}");
    }
    let files = Files::of(&[("a.txt", "1:2:3\n4:5:6\n")]);
    assert_eq!(files.train(&ReadOptions { delimiter: Some(b':'), ..options() }).unwrap().schema().len(), 2);
}

#[test]
fn header_true_and_false_override_detection() {
    let files = Files::of(&[("a.csv", "1,2\n3,4\n5,6\n")]);
    let with = |header| files.train(&ReadOptions { header, ..options() }).unwrap();
    assert_eq!(with(sapwood::params::Header::Auto).rows(), 3);
    assert_eq!(with(sapwood::params::Header::No).rows(), 3);
    let data = with(sapwood::params::Header::Yes);
    assert_eq!((data.rows(), names(&data)), (2, vec!["2"]));
}

#[test]
fn compression_is_known_by_content() {
    let text = b"1,2\n3,4\n";
    let files = Files::new();
    files.write("a", &gzip(text));
    files.write("b", &zstd::encode_all(&text[..], 1).unwrap());
    files.write("c", text);
    files.write("d", &[gzip(text), gzip(text)].concat());
    let data = files.train(&options()).unwrap();
    assert_eq!(data.labels().unwrap(), [1.0, 3.0].repeat(5));
    assert!(data.source().locate(8).ends_with("/d:3"));
}

#[test]
fn quotes_around_nothing_are_no_row() {
    for text in ["\"", "\"\"", "\"\"\n\"\"\n", "\"\n"] {
        let error = Files::of(&[("a.csv", text)]).train(&options()).unwrap_err().to_string();
        assert!(error.contains("a.csv"), "{text:?}: {error}");
    }
}

#[test]
fn files_of_a_tree_are_one_data_set_in_sorted_order() {
    let files = Files::of(&[
        ("b/x.csv", "y,a\n3,3\n"),
        ("a.csv", "y,a\n1,1\n2,2\n"),
        ("c/d/z.csv", "y,a\n4,4"),
        ("_SUCCESS", "x"),
        (".crc", "x"),
        ("e", ""),
    ]);
    let data = files.train(&options()).unwrap();
    assert_eq!(data.labels().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(values(&data), [vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0)]]);
    let notes: Vec<_> = data.notes().iter().filter(|note| note.contains("skipped")).collect();
    assert_eq!(notes.len(), 1);
    assert_eq!(list_files(&[files.0.path().to_path_buf()]).unwrap().len(), 4);
}

#[test]
fn categories_decided_by_name_and_by_majority_over_all_files() {
    let files = Files::of(&[("a.csv", "1,10,1\n0,9,2\n"), ("b.csv", "1,x,3\n0,y,4\n1,x,5\n")]);
    let data = files.train(&ReadOptions { categorical: vec!["2".into()], ..options() }).unwrap();
    assert_eq!(levels(&data, 0), ["9", "10", "x", "y"]);
    assert_eq!(levels(&data, 1), ["1", "2", "3", "4", "5"]);
    let codes = [1.0, 0.0, 2.0, 3.0, 2.0].map(Some);
    assert_eq!(values(&data)[0], codes);
}

#[test]
fn whole_numbers_are_one_level_with_and_without_a_fraction() {
    let files = Files::of(&[("a.csv", "1,1\n0,1.0\n1, 1.\n0,2\n")]);
    let data = files.train(&ReadOptions { categorical: vec!["1".into()], ..options() }).unwrap();
    assert_eq!(levels(&data, 0), ["1", "2"]);
}

#[test]
fn labels_of_text_are_mapped_in_sorted_order() {
    let files = Files::of(&[("a.csv", "setosa,1\nvirginica,2\n\"iris, other\",3\nsetosa,4\n")]);
    let data = files.train(&options()).unwrap();
    assert_eq!(data.classes().unwrap(), ["iris, other", "setosa", "virginica"]);
    assert_eq!(data.labels().unwrap(), [1.0, 2.0, 0.0, 1.0]);
}

#[test]
fn weights_groups_and_base_margins_are_columns() {
    let text = "y,w,q,m,x,junk\n1,0.5,7,-1,3,a\n0,2,7,1,4,b\n";
    let files = Files::of(&[("a.csv", text)]);
    let some = |name: &str| Some(name.to_string());
    let options =
        ReadOptions { weight: some("w"), group: some("2"), base_margin: some("m"), ignore: vec!["junk".into()], ..options() };
    let data = files.train(&options).unwrap();
    assert_eq!(data.weights().unwrap(), [0.5, 2.0]);
    assert_eq!(data.groups().unwrap(), [7, 7]);
    assert_eq!(data.base_margin().unwrap(), [-1.0, 1.0]);
    assert_eq!((names(&data), values(&data)), (vec!["x"], vec![vec![Some(3.0), Some(4.0)]]));
    let csv_weights = ReadOptions { csv_weights: true, ..self::options() };
    let data = Files::of(&[("a.csv", "1,0.5,3\n0,2,4\n")]).train(&csv_weights).unwrap();
    assert_eq!((data.weights().unwrap(), data.schema().len()), (&[0.5, 2.0][..], 1));
}

#[test]
fn numbers_keep_their_precision() {
    let data = Files::of(&[("a.csv", "1,16777217,0.1\n0,9007199254740992,1e300\n1,-9007199254740991,5e-324\n")])
        .train(&options())
        .unwrap();
    let expected = [
        vec![Some(16_777_217.0), Some(9_007_199_254_740_992.0), Some(-9_007_199_254_740_991.0)],
        vec![Some(0.1), Some(1e300), Some(5e-324)],
    ];
    assert_eq!(values(&data), expected);
}

#[test]
fn missing_values_are_what_the_options_say() {
    let files = Files::of(&[("a.csv", "1,-999\n0, -999 \n1,5\n0,nan\n")]);
    let data = files.train(&ReadOptions { missing: vec!["-999".into(), "nan".into()], ..options() }).unwrap();
    assert_eq!(values(&data), [vec![None, None, Some(5.0), None]]);
    let strict = files.train(&ReadOptions { missing: Vec::new(), ..options() });
    assert!(files.error(strict).starts_with("text in a column of numbers: a.csv:4:2 (column 1 (counted from 0)): \"nan\""));
}

// --- errors ------------------------------------------------------------------------------------------------------------------

#[test]
fn text_among_numbers_names_the_first_place() {
    let files = Files::of(&[("a.csv", "y,age\n1,2\n0,3\n1,4\n"), ("b.csv", "y,age\n\n1,2\n0,old\n1,older\n")]);
    let error = files.train_error();
    assert!(
        error.starts_with("text in a column of numbers: b.csv:4:2 (column age): \"old\"; correct it, list it in missing_values"),
        "{error}"
    );
    assert!(error.contains("categorical_features"));
}

#[test]
fn bad_cells_name_place_text_and_remedy() {
    let cases = [
        ("1,2\n0,inf\n", "infinite value: a.csv:2:2 (column 1 (counted from 0)): \"inf\"; "),
        ("1,2\n0,1e999\n", "infinite value: a.csv:2:2 (column 1 (counted from 0)): \"1e999\"; "),
        ("1,2\n,3\n", "missing label: a.csv:2:1 (column 0 (counted from 0)): \"\"; "),
        ("1,2\nNaN,3\n", "missing label: a.csv:2:1 (column 0 (counted from 0)): \"NaN\"; "),
        ("1,2\ninf,3\n", "infinite value: a.csv:2:1 (column 0 (counted from 0)): \"inf\"; "),
        ("1,2,3\n0,1\n1,2,3\n", "ragged row: a.csv:2: expected 3 cells, found 2 "),
        ("1,2,3\n0,1,2,3\n1,2,3\n", "ragged row: a.csv:2: expected 3 cells, found 4 "),
        (
            "1,2,3\n0,1\n1,2,3,4\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n",
            "ragged row: a.csv:2: expected 3 cells, found 2 ",
        ),
        ("1,\"a\nb\",3\n\n0,1\n1,x,3\n1,x,3\n1,x,3\n1,x,3\n", "ragged row: a.csv:4: expected 3 cells, found 2 "),
        ("1,2\n0,9007199254740993000\n", "integer beyond 2^53, which a 64-bit float cannot hold: a.csv:2:2 "),
    ];
    for (text, expected) in cases {
        let error = Files::of(&[("a.csv", text)]).train_error();
        assert!(error.starts_with(expected), "{text:?}: {error}");
        assert!(error.contains("; "), "no remedy: {error}");
    }
}

#[test]
fn bad_weights_are_errors() {
    let options = ReadOptions { csv_weights: true, ..options() };
    for (weight, expected) in
        [("-1", "bad weight: a.csv:2:2"), ("", "missing value"), ("inf", "bad weight"), ("x", "text where a number")]
    {
        let files = Files::of(&[("a.csv", &format!("1,1,3\n0,{weight},4\n1,1,1\n"))]);
        let error = files.error(files.train(&options));
        assert!(error.starts_with(expected), "{weight}: {error}");
    }
}

#[test]
fn bytes_that_are_no_utf8_name_their_line() {
    let files = Files::new();
    files.write("a.csv", b"y,name,x\n1,ab,2\n0,caf\xe9,3\n1,cd,4\n");
    assert!(files.train_error().starts_with("text that is not UTF-8: a.csv:3:2 (column name): \"caf\\\\xe9\"; convert it"));
}

#[test]
fn nothing_to_read_says_so() {
    assert!(Files::new().train_error().starts_with("no data in "));
    assert!(Files::of(&[("a.csv", ""), ("b.csv", "\n\n")]).train_error().starts_with("no data in "));
    assert!(Files::of(&[("a.csv", "y,a,b\n")]).train_error().starts_with("no rows: a.csv"));
    let error = read_training(&[PathBuf::from("/nowhere/at/all")], &options()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("/nowhere/at/all: "));
}

#[test]
fn unknown_columns_suggest_known_ones() {
    let files = Files::of(&[("a.csv", "label,age\n1,2\n0,3\n")]);
    let error = files.error(files.train(&ReadOptions { label: Some("lable".into()), ..options() }));
    assert!(error.contains("no label column \"lable\" in a.csv; did you mean \"label\"?"), "{error}");
    let error = files.error(files.train(&ReadOptions { weight: Some("5".into()), ..options() }));
    assert!(error.contains("no weight column 5: a.csv has 2 columns, numbered 0 to 1"), "{error}");
}

#[test]
fn files_that_disagree_are_both_named() {
    let cases = [
        ([("a.csv", "1,2\n"), ("b.csv", "1,2,3\n")], "a.csv has 2 columns, b.csv has 3"),
        ([("a.csv", "y,a\n1,2\n"), ("b.csv", "y,b\n1,2\n")], "a.csv has y, a, b.csv has y, b"),
        ([("a.csv", "y,a\n1,2\n"), ("b.csv", "1,2\n")], "a.csv begins with column names, b.csv does not"),
        ([("a.csv", "1,2\n"), ("b.csv", "1 1:2\n")], "a.csv is CSV, b.csv is libsvm"),
    ];
    for (files, expected) in cases {
        let error = Files::of(&files).train_error();
        assert!(error.starts_with("files disagree") && error.contains(expected), "{error}");
    }
    let files = Files::new();
    files.parquet("a.parquet", df!["y" => [1.0], "x" => [1i64]].unwrap(), 10);
    files.parquet("b.parquet", df!["y" => [1.0], "x" => ["a"]].unwrap(), 10);
    let error = files.train_error();
    assert!(error.starts_with("files disagree about column x: it is i64 in a.parquet, str in b.parquet"), "{error}");
}

#[test]
fn truncated_and_damaged_files_are_named() {
    let text = "1,2\n3,4\n".repeat(200_000);
    for (name, bytes, word) in
        [("a.csv.gz", gzip(text.as_bytes()), "gzip"), ("a.csv.zst", zstd::encode_all(text.as_bytes(), 1).unwrap(), "zstd")]
    {
        let files = Files::new();
        files.write(name, &bytes[..bytes.len() - 9]);
        let error = files.train_error();
        assert!(error.starts_with(&format!("truncated or damaged {word} file: {name}: ")), "{error}");
    }
    let files = Files::new();
    let path = files.parquet("a.parquet", df!["y" => [1.0, 2.0], "x" => [1i64, 2]].unwrap(), 10);
    let whole = fs::read(&path).unwrap();
    for end in [4, 12, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..end]).unwrap();
        assert!(files.train_error().starts_with("damaged or unsupported Parquet file: a.parquet: "));
    }
    let mut holed = whole.clone();
    let footer = whole.len() - 60;
    holed[footer..footer + 40].fill(0xff);
    fs::write(&path, holed).unwrap();
    assert!(files.train_error().starts_with("damaged or unsupported Parquet file: a.parquet: "));
}

#[test]
fn a_declared_format_is_held_against_the_content() {
    let files = Files::of(&[("a", "a,b\n1,2\n")]);
    let error = files.error(files.train(&ReadOptions { format: Some(Format::Libsvm), ..options() }));
    assert!(error.starts_with("label that is not a finite number: a:1: \"a,b\""), "{error}");
    let error = files.error(files.train(&ReadOptions { format: Some(Format::Parquet), ..options() }));
    assert!(error.starts_with("this is not a Parquet file: a"), "{error}");
    let binary = Files::new();
    binary.write("a", b"1,2\0\0,3\n");
    assert!(binary.train_error().starts_with("this is not a text file"));
}

// --- libsvm ------------------------------------------------------------------------------------------------------------------

#[test]
fn libsvm_indices_count_from_one_unless_a_zero_occurs_anywhere() {
    let files = Files::of(&[("a", "1 1:5 3:7 # note\n# nothing\n0:2.5 2:6\n")]);
    let one = files.train(&options()).unwrap();
    assert_eq!(one.schema().index_base, Some(1));
    assert_eq!(values(&one), [vec![Some(5.0), None], vec![None, Some(6.0)], vec![Some(7.0), None]]);
    assert_eq!(one.weights().unwrap(), [1.0, 2.5]);
    assert!(one.source().locate(1).ends_with("/a:3"));
    let zero = Files::of(&[("a", "1 1:5\n"), ("b", "0 0:6\n")]).train(&options()).unwrap();
    assert_eq!(zero.schema().index_base, Some(0));
    assert_eq!(values(&zero), [vec![None, Some(6.0)], vec![Some(5.0), None]]);
}

#[test]
fn libsvm_scoring_keeps_the_base_of_training() {
    let schema = Files::of(&[("a", "1 1:5 3:7\n")]).train(&options()).unwrap().schema().clone();
    let scored = Files::of(&[("a", "0 1:1\n0 2:2\n")]);
    let data = scored.matching(&schema, false).unwrap();
    assert_eq!((values(&data)[0].clone(), data.labels()), (vec![Some(1.0), None], None));
    assert_eq!(scored.matching(&schema, true).unwrap().labels().unwrap(), [0.0, 0.0]);
    let error = |text| {
        let files = Files::of(&[("a", text)]);
        files.error(files.matching(&schema, false))
    };
    assert!(error("0 4:1\n").starts_with("index beyond the model's features: a:1: \"4:1\""));
    assert!(error("0 0:1\n").starts_with("index 0: a:1: \"0:1\""));
    let files = Files::of(&[("a", "0 1:1\n")]);
    assert!(files.error(files.matching(&FeatureSchema::numeric(3), false)).starts_with("the model was not trained on libsvm"));
}

#[test]
fn libsvm_rows_to_predict_may_lack_labels() {
    let schema = Files::of(&[("a", "1 1:5 3:7\n")]).train(&options()).unwrap().schema().clone();
    let bare = Files::of(&[("a", "1:0.5 3:2\n2:4\n")]).matching(&schema, false).unwrap();
    assert_eq!(values(&bare)[0], [Some(0.5), None]);
    assert_eq!(values(&bare)[1], [None, Some(4.0)]);
    assert!(bare.notes()[0].contains("having no label"));
    // A label and a weight in some row: the index does not increase.
    let weighted = Files::of(&[("a", "1:0.5 3:2\n2:4 1:3\n")]).matching(&schema, false).unwrap();
    assert_eq!(values(&weighted)[0], [None, Some(3.0)]);
}

#[test]
fn libsvm_indices_beyond_reason_are_errors() {
    let error = Files::of(&[("a", "1 1:5\n0 4000000000:7\n")]).train_error();
    assert!(error.starts_with("index beyond 8,388,608, the most features there may be: a:2: \"4000000000:7\""), "{error}");
}

#[test]
fn pipes_and_devices_are_refused() {
    let error = read_training(&[PathBuf::from("/dev/null")], &options()).unwrap_err().to_string();
    assert!(error.starts_with("/dev/null: this is a pipe or a device"), "{error}");
}

#[test]
fn the_index_of_a_pandas_frame_is_no_feature() {
    let files = Files::new();
    let frame = df!["y" => [1.0, 0.0], "x" => [1i64, 2], "__index_level_0__" => [7i64, 9]].unwrap();
    files.parquet("a.parquet", frame, 10);
    let data = files.train(&options()).unwrap();
    assert_eq!(names(&data), ["x"]);
    assert!(data.notes()[0].contains("left out the index that pandas wrote: __index_level_0__"));
    let asked = ReadOptions { categorical: vec!["__index_level_0__".into()], ..options() };
    assert_eq!(names(&files.train(&asked).unwrap()), ["x", "__index_level_0__"]);
}

#[test]
fn truth_values_are_the_same_in_csv_and_parquet() {
    let csv = Files::of(&[("a.csv", "y,x,c\n1,1,True\n0,2,False\n")]);
    let schema = csv.train(&options()).unwrap().schema().clone();
    let parquet = Files::new();
    parquet.parquet("a.parquet", df!["y" => [1.0, 0.0], "x" => [1i64, 2], "c" => [true, false]].unwrap(), 10);
    assert_eq!(values(&parquet.matching(&schema, true).unwrap()), values(&csv.matching(&schema, true).unwrap()));
}

#[test]
fn libsvm_groups_and_faults() {
    let data = Files::of(&[("a", "1 qid:3 1:5\n0 qid:4 1:6\n")]).train(&options()).unwrap();
    assert_eq!(data.groups().unwrap(), [3, 4]);
    let cases = [
        ("1 1:1\n0 2:1 2:3\n", "index that does not increase: a:2: \"2:3\""),
        ("1 1:1\n0 2:1 1:3\n", "index that does not increase: a:2: \"1:3\""),
        ("1 1:1\n0 2:inf\n", "infinite value: a:2: \"2:inf\""),
        ("1 1:1\nx 2:1\n", "label that is not a finite number: a:2: \"x\""),
        ("1 1:1\nnan 2:1\n", "label that is not a finite number: a:2: \"nan\""),
        ("1:-2 1:1\n", "bad weight: a:1: \"-2\""),
        ("1 1:1\n1 5\n", "no index:value pair: a:2: \"5\""),
        ("1 qid:1 1:1\n1 1:5\n", "row without a qid after rows with one: a:2"),
        ("1 1:1\n1 qid:1 1:5\n", "row with a qid after rows without: a:2"),
    ];
    for (text, expected) in cases {
        let files = Files::of(&[("a", text)]);
        let error = files.error(files.train(&ReadOptions { format: Some(Format::Libsvm), ..options() }));
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
    let files = Files::of(&[("a", "1 1:1\n")]);
    let error = files.error(files.train(&ReadOptions { weight: Some("1".into()), ..options() }));
    assert!(error.starts_with("weight_column=1 does not apply to libsvm data"), "{error}");
}

// --- Parquet and frames ------------------------------------------------------------------------------------------------------

/// A frame with a column of every kind.
fn all_kinds() -> DataFrame {
    let mut frame = df![
        "y" => ["no", "yes", "no"],
        "f64" => [Some(1.5), None, Some(3.25)],
        "f32" => [Some(0.5f32), None, None],
        "i64" => [Some(16_777_217i64), None, Some(-5)],
        "u8" => [Some(200u32), Some(1), None],
        "flag" => [Some(true), None, Some(false)],
        "text" => [Some(" b "), None, Some("a")],
        "day" => [Some(19_000i32), None, Some(-1)],
        "time" => [Some(1_600_000_000_000_123i64), None, Some(0)],
        "money" => [Some(12.25), None, Some(-0.5)],
        "kind" => [Some("x"), Some("z"), None],
        "nothing" => [None::<f64>, None, None],
    ]
    .unwrap();
    let casts = [
        ("u8", DataType::UInt8),
        ("day", DataType::Date),
        ("time", DataType::Datetime(TimeUnit::Microseconds, None)),
        ("money", DataType::Decimal(10, 2)),
        ("kind", DataType::from_categories(Categories::global())),
    ];
    for (name, dtype) in casts {
        let cast = frame.column(name).unwrap().cast(&dtype).unwrap();
        frame.with_column(cast).unwrap();
    }
    frame
}

fn check_all_kinds(data: &Dataset) {
    assert_eq!(data.classes().unwrap(), ["no", "yes"]);
    assert_eq!(data.labels().unwrap(), [0.0, 1.0, 0.0]);
    let words: Vec<_> = data.schema().features.iter().map(|f| f.kind.word()).collect();
    let expected = [
        "numeric",
        "numeric",
        "numeric",
        "numeric",
        "boolean",
        "categorical",
        "date",
        "datetime",
        "numeric",
        "categorical",
        "numeric",
    ];
    assert_eq!(words, expected);
    let expected = [
        vec![Some(1.5), None, Some(3.25)],
        vec![Some(0.5), None, None],
        vec![Some(16_777_217.0), None, Some(-5.0)],
        vec![Some(200.0), Some(1.0), None],
        vec![Some(1.0), None, Some(0.0)],
        vec![Some(1.0), None, Some(0.0)],
        vec![Some(19_000.0), None, Some(-1.0)],
        vec![Some(1_600_000_000_000_123.0), None, Some(0.0)],
        vec![Some(12.25), None, Some(-0.5)],
        vec![Some(0.0), Some(1.0), None],
        vec![None, None, None],
    ];
    assert_eq!(values(data), expected);
    assert_eq!((levels(data, 5), levels(data, 9)), (vec!["a", "b"], vec!["x", "z"]));
}

#[test]
fn parquet_columns_of_every_kind_and_null_slots() {
    let files = Files::new();
    files.parquet("a.parquet", all_kinds(), 2);
    let data = files.train(&options()).unwrap();
    check_all_kinds(&data);
    assert!(data.source().locate(2).ends_with("a.parquet: row 2 (counted from 0)"));
    let scored = read_matching(
        &[files.path("a.parquet")],
        &options(),
        Expected { schema: data.schema(), classes: data.classes(), needs_labels: true },
    )
    .unwrap();
    check_all_kinds(&Dataset::clone(&scored));
}

#[test]
fn a_frame_reads_like_a_file() {
    check_all_kinds(&from_dataframe(&all_kinds(), "y").unwrap());
    let error = |frame: DataFrame| from_dataframe(&frame, "y").unwrap_err().to_string();
    assert!(
        error(df!["y" => [Some(1.0), None], "x" => [1, 2]].unwrap()).starts_with("missing label: row 1 (counted from 0), column y")
    );
    assert!(error(df!["y" => [1.0, 2.0], "x" => [1.0, f64::INFINITY]].unwrap()).starts_with("infinite value: row 1"));
    assert!(error(df!["y" => [1.0], "x" => [i64::MAX]].unwrap()).starts_with("integer beyond 2^53"));
    assert!(error(df!["y" => [1.0]].unwrap()).starts_with("no feature column"));
    assert!(error(df!["z" => [1.0]].unwrap()).contains("no label column \"y\""));
}

#[test]
fn numeric_parquet_columns_become_categories_by_name() {
    let files = Files::new();
    files.parquet(
        "a.parquet",
        df!["y" => [1, 0, 1], "zip" => [Some(10i64), Some(9), None], "big" => [i64::MAX, i64::MAX - 1, 5]].unwrap(),
        10,
    );
    let data = files.train(&ReadOptions { categorical: vec!["zip".into(), "big".into()], ..options() }).unwrap();
    assert_eq!((levels(&data, 0), levels(&data, 1).len()), (vec!["9", "10"], 3));
    assert_eq!(values(&data)[0], [Some(1.0), Some(0.0), None]);
}

#[test]
fn a_parquet_column_of_nulls_takes_the_type_of_other_files() {
    let files = Files::new();
    let none = Column::full_null("t".into(), 2, &DataType::Null);
    files.parquet("a.parquet", DataFrame::new_infer_height(vec![Column::new("y".into(), [1.0, 0.0]), none]).unwrap(), 10);
    files.parquet("b.parquet", df!["y" => [1.0, 0.0], "t" => ["p", "q"]].unwrap(), 10);
    let data = files.train(&options()).unwrap();
    assert_eq!(values(&data), [vec![None, None, Some(0.0), Some(1.0)]]);
}

#[test]
fn parquet_faults_name_file_and_column() {
    let visit_error = |frame: DataFrame| {
        let files = Files::new();
        files.parquet("a.parquet", frame, 2);
        let data = match files.train(&options()) {
            Ok(data) => data,
            Err(error) => return files.error(Err(error)),
        };
        let error = data.source().visit(&|_| Ok(())).unwrap_err();
        files.error(Err(error))
    };
    let list = Column::new("x".into(), [Series::new("".into(), [1i64]), Series::new("".into(), [2i64])]);
    let error = visit_error(DataFrame::new_infer_height(vec![Column::new("y".into(), [1.0, 2.0]), list]).unwrap());
    assert!(error.starts_with("column x is of type list") && error.contains("a.parquet"), "{error}");
    let error = visit_error(df!["y" => [1.0, 2.0, 3.0], "x" => [1.0, 2.0, f64::INFINITY]].unwrap());
    assert!(error.starts_with("infinite value: a.parquet: row 2 (counted from 0), column x: \"inf\""), "{error}");
    let error = visit_error(df!["y" => [1.0, 2.0], "x" => [1, (1i64 << 53) + 1]].unwrap());
    assert!(error.starts_with("integer beyond 2^53, which a 64-bit float cannot hold: a.parquet: row 1"), "{error}");
    let error = visit_error(df!["y" => [1.0, f64::NAN], "x" => [1, 2]].unwrap());
    assert!(error.starts_with("missing label: a.parquet: row 1 (counted from 0), column y"), "{error}");
    let none: Vec<f64> = Vec::new();
    assert!(visit_error(df!["y" => none.clone(), "x" => none].unwrap()).starts_with("no rows: "));
}

// --- data for a model --------------------------------------------------------------------------------------------------------

fn named_schema() -> FeatureSchema {
    let levels = vec!["blue".into(), "red".into()];
    FeatureSchema {
        features: vec![
            Feature { name: "age".into(), kind: FeatureKind::Numeric },
            Feature { name: "colour".into(), kind: FeatureKind::Categorical { levels } },
            Feature { name: "flag".into(), kind: FeatureKind::Boolean },
        ],
        named: true,
        index_base: None,
    }
}

#[test]
fn columns_are_matched_by_name_and_unseen_levels_are_missing() {
    let files = Files::of(&[("a.csv", "junk,flag,colour,age\nx,true,red,1\ny,0,green,2\nz,,blue,\n")]);
    let data = files.matching(&named_schema(), false).unwrap();
    let expected = [vec![Some(1.0), Some(2.0), None], vec![Some(1.0), None, Some(0.0)], vec![Some(1.0), Some(0.0), None]];
    assert_eq!(values(&data), expected);
    assert!(data.labels().is_none());
    assert!(data.notes().iter().any(|note| note.contains("ignored columns that the model does not have: junk")));
    let parquet = Files::new();
    parquet.parquet("a.parquet", df!["flag" => [1, 0], "colour" => ["red", "x"], "age" => [true, false]].unwrap(), 10);
    let expected = [vec![Some(1.0), Some(0.0)], vec![Some(1.0), None], vec![Some(1.0), Some(0.0)]];
    assert_eq!(values(&parquet.matching(&named_schema(), false).unwrap()), expected);
}

#[test]
fn data_that_do_not_fit_the_model_are_refused() {
    let error = |text: &str| {
        let files = Files::of(&[("a.csv", text)]);
        files.error(files.matching(&named_schema(), false))
    };
    assert!(error("colour,age\nred,1\n").starts_with("missing columns: a.csv has no flag; its columns are colour, age"));
    assert!(
        error("age,colour,flag\n1,red,1\nold,red,1\n").starts_with("text in a column of numbers: a.csv:3:1 (column age): \"old\"")
    );
    assert!(
        error("age,colour,flag\n1,red,1\n1,red,maybe\n")
            .starts_with("text that is neither true nor false: a.csv:3:3 (column flag): \"maybe\"")
    );
    assert!(error("1,red\n2,blue\n").starts_with("wrong number of columns: a.csv has 2 columns"));
    assert!(error("0,1,red,1\n0,2,blue,0\n").contains("if one of them is the label, say which"));
    let files = Files::new();
    files.parquet("a.parquet", df!["flag" => [1], "colour" => ["red"], "age" => ["x"]].unwrap(), 10);
    let message = files.error(files.matching(&named_schema(), false));
    assert!(message.starts_with("wrong type: feature age of the model is numeric, column age of a.parquet is text"), "{message}");
    let mut dated = named_schema();
    dated.features[0].kind = FeatureKind::Date;
    let files = Files::of(&[("a.csv", "age,colour,flag\n1,red,1\n")]);
    let message = files.error(files.matching(&dated, false));
    assert!(message.starts_with("number in a column of dates: a.csv:2:1 (column age): \"1\""), "{message}");
}

#[test]
fn headerless_data_fit_by_count_alone() {
    let plain = Files::of(&[("a.csv", "1,red,1\n2,blue,0\n")]);
    assert_eq!(values(&plain.matching(&named_schema(), false).unwrap())[0], [Some(1.0), Some(2.0)]);
    let labelled = Files::of(&[("a.csv", "1,red,1,7\n2,blue,0,8\n")]);
    let options = ReadOptions { label: Some("3".into()), ..options() };
    let read = |needs_labels| {
        let expected = Expected { schema: &named_schema(), classes: None, needs_labels };
        read_matching(&[labelled.path("a.csv")], &options, expected).unwrap()
    };
    assert_eq!(read(true).labels().unwrap(), [7.0, 8.0]);
    assert_eq!(read(false).labels(), None);
    assert_eq!(values(&read(false))[0], [Some(1.0), Some(2.0)]);
}

#[test]
fn text_labels_are_mapped_by_the_classes_of_training() {
    let classes = ["no".to_string(), "yes".to_string()];
    let schema = FeatureSchema::numeric(1);
    let read = |text: &str| {
        let files = Files::of(&[("a.csv", text)]);
        let data = read_matching(
            &[files.path("a.csv")],
            &options(),
            Expected { schema: &schema, classes: Some(&classes), needs_labels: true },
        );
        data.map(|data| data.labels().unwrap().to_vec()).map_err(|error| files.error(Err(error)))
    };
    assert_eq!(read("yes,1\nyes,2\n").unwrap(), [1.0, 1.0]);
    assert!(read("yes,1\nmaybe,2\n").unwrap_err().starts_with("unknown class: a.csv:2:1 (column 0 (counted from 0)): \"maybe\""));
}

// --- one table, four ways ----------------------------------------------------------------------------------------------------

#[derive(Clone, Debug)]
enum Cells {
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<&'static str>>),
}

#[derive(Clone, Debug)]
struct Table {
    rows: usize,
    columns: Vec<Cells>,
}

fn cells(rows: usize) -> impl Strategy<Value = Cells> {
    let number = prop_oneof![
        3 => (-1000i32..1000).prop_map(f64::from),
        3 => -1e6f64..1e6,
        1 => Just(9_007_199_254_740_991.0),
        1 => Just(16_777_217.0),
        1 => Just(1e-300),
    ];
    let text = prop::sample::select(vec!["a", "b c", "d,e;f|g\th", "say \"x\"", "two\nlines", "7", "7.5", "é"]);
    prop_oneof![
        prop::collection::vec(prop::option::weighted(0.8, number), rows).prop_map(Cells::Numbers),
        prop::collection::vec(prop::option::weighted(0.8, text), rows).prop_map(Cells::Texts),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    (1usize..30).prop_flat_map(|rows| prop::collection::vec(cells(rows), 1..5).prop_map(move |columns| Table { rows, columns }))
}

impl Table {
    fn name(column: usize) -> String {
        format!("c{column}")
    }

    fn options(&self, delimiter: u8) -> ReadOptions {
        let text = |(column, cells): (usize, &Cells)| matches!(cells, Cells::Texts(_)).then(|| Self::name(column));
        let categorical = self.columns.iter().enumerate().filter_map(text).collect();
        ReadOptions { categorical, delimiter: Some(delimiter), header: sapwood::params::Header::Yes, ..options() }
    }

    fn csv(&self, delimiter: u8, always_quote: bool) -> String {
        let quote = |text: &str| {
            let needed = text.contains(['"', '\n', delimiter as char]);
            if needed || always_quote { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
        };
        let separator = (delimiter as char).to_string();
        let header = std::iter::once("y".to_string()).chain((0..self.columns.len()).map(Self::name)).collect::<Vec<_>>();
        let mut out = header.join(&separator) + "\n";
        for row in 0..self.rows {
            let mut cells = vec![row.to_string()];
            cells.extend(self.columns.iter().map(|column| match column {
                Cells::Numbers(values) => values[row].map_or(String::new(), |x| quote(&x.to_string())),
                Cells::Texts(texts) => texts[row].map_or(String::new(), quote),
            }));
            out += &(cells.join(&separator) + "\n");
        }
        out
    }

    fn frame(&self) -> DataFrame {
        let labels = Column::new("y".into(), (0..self.rows).map(|row| row as f64).collect::<Vec<_>>());
        let columns = self.columns.iter().enumerate().map(|(i, cells)| match cells {
            Cells::Numbers(values) => Column::new(Self::name(i).into(), values.clone()),
            Cells::Texts(texts) => Column::new(Self::name(i).into(), texts.clone()),
        });
        DataFrame::new_infer_height(std::iter::once(labels).chain(columns).collect()).unwrap()
    }

    fn array(&self, schema: &FeatureSchema) -> ndarray::Array2<f64> {
        ndarray::Array2::from_shape_fn((self.rows, self.columns.len()), |(row, column)| match &self.columns[column] {
            Cells::Numbers(values) => values[row].unwrap_or(f64::NAN),
            Cells::Texts(texts) => {
                let FeatureKind::Categorical { levels } = &schema.features[column].kind else { panic!("not categorical") };
                texts[row].map_or(f64::NAN, |text| levels.iter().position(|level| level == text).unwrap() as f64)
            }
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_table_reads_the_same_from_csv_parquet_frames_and_arrays(
        table in table(),
        delimiter in prop::sample::select(b",\t;|".to_vec()),
        always_quote: bool,
        packed: bool,
        row_group in 1usize..20,
    ) {
        let files = Files::new();
        let text = table.csv(delimiter, always_quote);
        let csv = files.write("t.csv", &if packed { gzip(text.as_bytes()) } else { text.into_bytes() });
        let parquet = files.parquet("t.parquet", table.frame(), row_group);
        let options = table.options(delimiter);
        let from_csv = read_training(&[csv], &options).unwrap();
        let from_parquet = read_training(&[parquet], &options).unwrap();
        let from_frame = from_dataframe(&table.frame(), "y").unwrap();
        prop_assert_eq!(from_csv.schema(), from_parquet.schema());
        prop_assert_eq!(from_csv.schema(), from_frame.schema());
        let array = table.array(from_csv.schema());
        let labels = (0..table.rows).map(|row| row as f64).collect();
        let from_array = Dataset::from_array(array.view(), labels, Some(from_csv.schema().clone())).unwrap();
        let expected = values(&from_array);
        for data in [&from_csv, &from_parquet, &from_frame] {
            prop_assert_eq!(&values(data), &expected);
            prop_assert_eq!(data.labels(), from_array.labels());
        }
    }

    #[test]
    fn bytes_at_random_never_panic(bytes in prop::collection::vec(prop::sample::select(b"01.,;\"\n\r ab:#\t\xff-e\0".to_vec()), 0..200)) {
        let files = Files::new();
        let path = files.write("x", &bytes);
        for format in [None, Some(Format::Csv), Some(Format::Libsvm)] {
            if let Ok(data) = read_training(std::slice::from_ref(&path), &ReadOptions { format, ..options() }) {
                let rows = values(&data)[0].len();
                prop_assert_eq!(rows, data.labels().unwrap().len());
                data.source().locate(rows - 1);
            }
        }
    }
}

#[test]
fn damaged_parquet_never_panics() {
    let files = Files::new();
    let path = files.parquet("a.parquet", df!["y" => [1.0, 2.0], "x" => [Some(1i64), None], "t" => ["a", "b"]].unwrap(), 1);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        fs::write(&path, bytes).unwrap();
        // Polars cannot tell every flipped byte; what matters is that none brings the process down.
        if let Ok(data) = files.train(&options()) {
            drop(data.source().visit(&|_| Ok(())));
        }
    }
    assert!(Path::new(&path).exists());
}
