//! recordio-protobuf: files that others wrote, training and scoring, and every way in which records can be wrong.

use crate::util::{Numbers, Tree, amount, csv, sapwood};
use proptest::prelude::*;
use sapwood::Dataset;
use sapwood::data::Block;
use sapwood_readers::recordio::{Features, Labels, Record, encode, encode_answer, is_recordio, records};
use sapwood_readers::{Expected, ReadOptions, read_matching, read_training};
use std::slice::from_ref;
use std::sync::Mutex;

/// Written by Google's protobuf library; see tests/golden/README.md.
const GOLDEN: &[u8] = include_bytes!("golden/recordio.pb");

/// What the golden file holds: label and features.
const ROWS: [(f64, [f64; 3]); 7] = [
    (1.0, [0.5, f64::NAN, -2.25]),
    (0.25, [0.1, 1e300, -0.0]),
    (-3.0, [-7.0, 2147483647.0, -2147483648.0]),
    (4.0, [3.0, f64::NAN, 1.5]),
    (5.0, [f64::NAN, 0.3, f64::NAN]),
    (6.0, [f64::NAN; 3]),
    (1.0, [0.5, f64::NAN, -2.25]),
];

fn options() -> ReadOptions {
    ReadOptions::new(&sapwood::params::DataParams::default()).unwrap()
}

fn bits(row: &[f64]) -> Vec<u64> {
    row.iter().map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }).collect()
}

/// The rows of a data set.
fn rows(data: &Dataset) -> Vec<Vec<u64>> {
    let rows = Mutex::new(vec![vec![0.0; data.schema().len()]; data.rows()]);
    let visit = |block: &Block<'_>| {
        let mut rows = rows.lock().unwrap();
        for (feature, chunk) in &block.columns {
            (0..block.rows).for_each(|row| rows[block.first_row + row][*feature] = chunk.get(row));
        }
        Ok(())
    };
    data.source().visit_rows(&visit).unwrap();
    rows.into_inner().unwrap().iter().map(|row| bits(row)).collect()
}

fn dense(values: &[f64], label: f64) -> Record {
    Record { features: Features::Dense(values.to_vec()), label: Some(label) }
}

fn sparse(keys: &[u32], values: &[f64], width: Option<usize>) -> Record {
    Record { features: Features::Sparse { keys: keys.to_vec(), values: values.to_vec(), width }, label: Some(0.0) }
}

fn encoded(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| encode(record, &mut bytes).unwrap());
    bytes
}

#[test]
fn the_golden_file_reads_as_it_was_written() {
    assert!(is_recordio(GOLDEN));
    let found: Vec<_> = records(GOLDEN, Labels::Required).map(Result::unwrap).collect();
    assert_eq!(found.len(), ROWS.len());
    for (record, (label, features)) in found.iter().zip(ROWS) {
        let mut row = [7.0; 3];
        record.fill(&mut row).unwrap();
        assert_eq!((record.label, bits(&row)), (Some(label), bits(&features)));
    }
    assert!(records(GOLDEN, Labels::Ignored).all(|record| record.unwrap().label.is_none()));

    let tree = Tree::new();
    let path = tree.write("train.pb", GOLDEN);
    let data = read_training(from_ref(&path), &options()).unwrap();
    assert_eq!(data.labels().unwrap(), ROWS.map(|(label, _)| label));
    assert_eq!(rows(&data), ROWS.map(|(_, features)| bits(&features)));
    assert_eq!(data.schema().index_base, Some(0), "some of it is sparse");
    assert_eq!(data.source().locate(5), format!("{}: record 6", path.display()));
    let unlabelled =
        read_matching(&[path], &options(), Expected { schema: data.schema(), classes: None, needs_labels: false }).unwrap();
    assert_eq!((rows(&unlabelled), unlabelled.labels()), (rows(&data), None));
}

/// The same rows of `amount` as CSV, as dense and as sparse records.
fn three_ways() -> (String, Vec<u8>, Vec<u8>) {
    let text = csv(400, 5, amount);
    let row = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>();
    let rows: Vec<_> = text.lines().map(row).collect();
    let dense: Vec<_> = rows.iter().map(|row| dense(&row[1..], row[0])).collect();
    let sparse =
        rows.iter().map(|row| Record { label: Some(row[0]), ..sparse(&[3, 0, 1, 2], &[row[4], row[1], row[2], row[3]], Some(4)) });
    (text.clone(), encoded(&dense), encoded(&sparse.collect::<Vec<_>>()))
}

#[test]
fn records_train_the_model_that_text_trains() {
    let (text, dense, sparse) = three_ways();
    let libsvm: String = text
        .lines()
        .map(|line| {
            line.split(',')
                .enumerate()
                .map(|(i, cell)| if i == 0 { cell.into() } else { format!(" {}:{cell}", i - 1) })
                .collect::<String>()
                + "\n"
        })
        .collect();
    let tree = Tree::new();
    let model = |name: &str, data: &[u8], format: &str| {
        tree.write(name, data);
        let (data, out) = (tree.text(name), tree.text(&format!("{name}.sapwood")));
        sapwood(["train", "--train", &data, "--format", format, "--model-out", &out, "num_round=5"]).ok();
        std::fs::read(out).unwrap()
    };
    assert_eq!(model("dense.pb", &dense, "recordio"), model("text.csv", text.as_bytes(), "csv"));
    assert_eq!(model("sparse.pb", &sparse, "recordio"), model("text.svm", libsvm.as_bytes(), "libsvm"));

    let predict =
        |model: &str, data: &str| sapwood(["predict", "--model", &tree.text(model), "--data", &tree.text(data)]).ok().stdout;
    let features: String = text.lines().map(|line| format!("{}\n", line.split_once(',').unwrap().1)).collect();
    tree.write("features.csv", features);
    let expected = predict("text.csv.sapwood", "features.csv");
    assert_eq!(predict("text.csv.sapwood", "dense.pb"), expected);
    assert_eq!(predict("text.csv.sapwood", "sparse.pb"), expected);
    let evaluate = |data: &str, format: &str| {
        let (model, data) = (tree.text("dense.pb.sapwood"), tree.text(data));
        sapwood(["evaluate", "--model", &model, "--data", &data, "--format", format]).ok().stdout
    };
    assert_eq!(evaluate("sparse.pb", "recordio"), evaluate("text.csv", "csv"));
}

#[test]
fn several_files_compressed_or_not_are_one_data_set() {
    let (_, dense, _) = three_ways();
    let tree = Tree::new();
    let whole = tree.write("whole.pb", &dense);
    let half = dense.len() / 400 * 100;
    tree.write("parts/a.pb", &dense[..half]);
    tree.write("parts/b.pb", zstd::encode_all(&dense[half..], 1).unwrap());
    let read = |path| read_training(&[path], &options()).unwrap();
    let (parts, whole) = (read(tree.path("parts")), read(whole));
    assert_eq!((rows(&parts), parts.labels()), (rows(&whole), whole.labels()));
}

#[test]
fn absent_is_missing_and_widths_come_from_shapes_or_keys() {
    let width = |records: &[Record]| {
        let tree = Tree::new();
        let path = tree.write("train.pb", encoded(records));
        read_training(&[path], &options()).map(|data| data.schema().len()).map_err(|error| error.to_string())
    };
    assert_eq!(width(&[sparse(&[1], &[2.0], Some(9))]), Ok(9));
    assert_eq!(width(&[sparse(&[1], &[2.0], None), sparse(&[6, 2], &[1.0, f64::NAN], None)]), Ok(7));
    assert_eq!(width(&[dense(&[1.0, 2.0, 3.0], 0.0), sparse(&[1], &[2.0], None)]), Ok(3));
    let error = width(&[sparse(&[5], &[2.0], None), dense(&[1.0, 2.0, 3.0], 0.0)]).unwrap_err();
    assert!(error.contains("record 2 has 3 features, and elsewhere there is a key 5"), "{error}");
    let two = [sparse(&[], &[], Some(4)), sparse(&[], &[], Some(5))];
    let place = format!("train.pb: record 2 (byte {})", encoded(&two[..1]).len());
    let error = width(&two).unwrap_err();
    assert!(error.starts_with("5 features where earlier records have 4: ") && error.contains(&place), "{error}");
}

#[test]
fn files_that_disagree_name_both() {
    let tree = Tree::new();
    tree.write("d/a.pb", encoded(&[dense(&[1.0, 2.0], 0.0)]));
    tree.write("d/b.pb", encoded(&[dense(&[1.0, 2.0, 3.0], 0.0)]));
    let error = read_training(&[tree.path("d")], &options()).unwrap_err().to_string();
    assert!(error.contains("a.pb: record 1 has 2 features") && error.contains("b.pb: record 1 has 3"), "{error}");
}

/// A frame around these bytes.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = [&0xCED7_230A_u32.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A protobuf field with a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
}

/// An entry of the map `features` (1) or `label` (2).
fn entry(map: u8, name: &str, value: &[u8]) -> Vec<u8> {
    field(map, &[field(1, name.as_bytes()), field(2, value)].concat())
}

#[test]
fn whatever_is_wrong_is_named_with_its_record_and_byte() {
    let good = encoded(&[dense(&[1.0], 1.0)]);
    let one_float = field(2, &field(1, &1f32.to_le_bytes()));
    let label = entry(2, "values", &one_float);
    let with = |value: &[u8]| frame(&[entry(1, "values", value), label.clone()].concat());
    let labelled = |value: &[u8]| frame(&[entry(1, "values", &one_float), entry(2, "values", value)].concat());
    let int = |bytes: &[u8]| field(7, &field(1, bytes));
    let floats = |values: &[f32]| field(2, &field(1, &values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()));
    let tensor = |values: &[f32], keys: &[u8], shape: &[u8]| {
        field(2, &[floats(values)[2..].to_vec(), field(2, keys), field(3, shape)].concat())
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("not a RecordIO frame", entry(1, "values", &one_float)),
        ("truncated record", good[..good.len() - 1].to_vec()),
        ("truncated record", [&good[..4], &[0xff, 0xff, 0xff, 0x1f], &good[8..]].concat()),
        ("not a protobuf Record", frame(b"\x0a\xff\xff\xff\xff\x0fvalues")),
        ("record that holds RecordIO", frame(&good)),
        ("record without features[\"values\"]", frame(&label)),
        ("features called \"more\"", frame(&[entry(1, "values", &one_float), entry(1, "more", &one_float)].concat())),
        ("features that are bytes", with(&field(9, &field(1, b"jpeg")))),
        ("features without a tensor of numbers", with(&field(5, b"half"))),
        ("features with an integer beyond 32 bits (4294967296)", with(&int(&[0x80, 0x80, 0x80, 0x80, 0x10]))),
        ("infinite value inf", with(&floats(&[f32::INFINITY]))),
        ("2 values for a shape of 3", with(&tensor(&[1.0, 2.0], &[], &[3]))),
        ("2 keys for 1 values", with(&tensor(&[1.0], &[0, 1], &[3]))),
        ("key 3, beyond 3 features", with(&tensor(&[1.0], &[3], &[3]))),
        ("key 1 given twice", with(&tensor(&[1.0, 2.0, 3.0], &[1, 0, 1], &[3]))),
        ("bad shape", with(&tensor(&[], &[], &[0]))),
        ("bad shape", with(&tensor(&[1.0], &[0], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 2]))),
        ("record without a feature", with(&field(2, &[]))),
        ("record without a label", frame(&entry(1, "values", &one_float))),
        ("label that are bytes", labelled(&field(9, &field(1, b"cat")))),
        ("label with an integer beyond 32 bits", labelled(&int(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))),
        ("2 labels", labelled(&floats(&[1.0, 2.0]))),
        ("0 labels", labelled(&floats(&[]))),
        ("label that is NaN", labelled(&floats(&[f32::NAN]))),
        ("2 features where earlier records have 1", with(&floats(&[1.0, 2.0]))),
    ];
    let tree = Tree::new();
    for (what, bad) in cases {
        let path = tree.write("train.pb", [good.clone(), bad].concat());
        let error = read_training(from_ref(&path), &options()).expect_err(what);
        let (text, place) = (error.to_string(), format!("{}: record 2 (byte {})", path.display(), good.len()));
        assert!(error.is_user_error() && text.starts_with(what) && text.contains(&place), "{what}: {text}");
    }
    let message = records(&with(&floats(&[f32::INFINITY])), Labels::Ignored).next().unwrap().unwrap_err().to_string();
    assert_eq!(message, "infinite value inf: record 1 (byte 0); correct it, or give NaN if it is missing");
}

#[test]
fn a_length_is_not_believed() {
    // The frame claims 512 MiB; what is there is a few bytes.
    let bytes = [&0xCED7_230A_u32.to_le_bytes()[..], &[0xff, 0xff, 0xff, 0x1f, 1, 2, 3, 4]].concat();
    assert!(records(&bytes, Labels::Ignored).next().unwrap().unwrap_err().to_string().starts_with("truncated record"));
    let tree = Tree::new();
    let path = tree.write("train.pb", bytes);
    assert!(read_training(&[path], &options()).unwrap_err().to_string().starts_with("truncated record"));
}

#[test]
fn rows_that_do_not_fit_a_model_are_refused() {
    let tree = Tree::new();
    let schema = read_training(&[tree.write("t.csv", "1,2,3\n2,3,4\n")], &options()).unwrap().schema().clone();
    let error = |record: Record| {
        let mut row = [0.0; 2];
        let alone = record.fill(&mut row).unwrap_err().to_string();
        let path = tree.write("x.pb", encoded(&[record]));
        let text = read_matching(&[path], &options(), Expected { schema: &schema, classes: None, needs_labels: false })
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(alone.split(';').next().unwrap()), "{alone} / {text}");
        text
    };
    assert!(error(dense(&[1.0], 0.0)).starts_with("1 features where the model has 2"));
    assert!(error(sparse(&[0], &[1.0], Some(3))).starts_with("shape of 3 features where the model has 2"));
    assert!(error(sparse(&[2], &[1.0], None)).starts_with("key 2 where the model has 2 features"));
    let path = tree.write("y.pb", encoded(&[sparse(&[0], &[1.0], Some(1)), sparse(&[], &[], Some(2))]));
    assert_eq!(
        rows(&read_matching(&[path], &options(), Expected { schema: &schema, classes: None, needs_labels: false }).unwrap())[0],
        bits(&[1.0, f64::NAN])
    );
}

#[test]
fn options_without_meaning_and_models_of_text_are_refused() {
    let tree = Tree::new();
    let path = tree.write("train.pb", encoded(&[dense(&[1.0, 2.0], 0.0)]));
    let named = ReadOptions { weight: Some("w".into()), ..options() };
    let error = read_training(from_ref(&path), &named).unwrap_err().to_string();
    assert!(error.starts_with("weight_column=w does not apply to recordio data"), "{error}");
    let text = tree.write("t.csv", "y,c,x\n1,red,2\n2,blue,3\n1,red,4\n");
    let schema = read_training(&[text], &options()).unwrap().schema().clone();
    let error = read_matching(&[path], &options(), Expected { schema: &schema, classes: None, needs_labels: false })
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("wrong type: feature c of the model is a "), "{error}");
}

#[test]
fn answers_are_records_with_named_labels() {
    let mut bytes = Vec::new();
    encode_answer(&[("score", &[0.25])], &mut bytes).unwrap();
    let score = field(2, &field(1, &0.25f32.to_le_bytes()));
    assert_eq!(bytes, frame(&entry(2, "score", &score)));
}

proptest! {
    #[test]
    fn records_come_back(seed in any::<u64>(), count in 1usize..30, width in 1usize..9) {
        let mut numbers = Numbers::new(seed);
        let mut record = || {
            let value = |numbers: &mut Numbers| if numbers.next() < 0.2 { 0.1 + numbers.next() } else { (9.0 * numbers.next()).floor() };
            let label = Some(value(&mut numbers));
            let features = if numbers.next() < 0.5 {
                Features::Dense((0..width).map(|_| value(&mut numbers)).collect())
            } else {
                let keys: Vec<_> = (0..width as u32).filter(|_| numbers.next() < 0.4).collect();
                Features::Sparse { values: keys.iter().map(|_| value(&mut numbers)).collect(), keys, width: Some(width) }
            };
            Record { features, label }
        };
        let given: Vec<_> = (0..count).map(|_| record()).collect();
        let found: Vec<_> = records(&encoded(&given), Labels::Required).map(Result::unwrap).collect();
        prop_assert_eq!(found, given);
    }

    #[test]
    fn no_damage_makes_it_panic(place in 0usize..456, byte in any::<u8>(), end in 0usize..456) {
        let mut bytes = GOLDEN.to_vec();
        bytes[place] = byte;
        for part in [&bytes[..], &bytes[..end]] {
            for record in records(part, Labels::Required).flatten() {
                let _ = record.fill(&mut [0.0; 3]);
            }
        }
    }
}
