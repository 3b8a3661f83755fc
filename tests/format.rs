//! The model file: no damage goes unnoticed, no bytes make the reader panic, and files of released versions stay readable.

use crate::score::models::{Random, any_model, categorical, leaf, levels, model, numeric, random_rows, small, threshold};
use crate::score::special;
use ndarray::array;
use proptest::prelude::*;
use sapwood_score::{
    Condition, Error, FORMAT_VERSION, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MeanOf, Model, Node, Objective, Output, Scorer, Tree,
};
use std::path::{Path, PathBuf};

/// Magic, version, header length, payload length.
const PREFIX: usize = 24;

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A file of these parts with right lengths and a right checksum, whatever the parts hold.
fn assemble(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = b"SAPWOOD\0".to_vec();
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend(payload);
    bytes.extend(crc(&bytes).to_le_bytes());
    bytes
}

/// Header and payload of a file.
fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let header = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    bytes[PREFIX..bytes.len() - 4].split_at(header)
}

/// The file of the small model with its header edited as JSON.
fn with_header(edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let bytes = small().to_bytes().unwrap();
    let (header, payload) = parts(&bytes);
    let mut header = serde_json::from_slice(header).unwrap();
    edit(&mut header);
    assemble(header.to_string().as_bytes(), payload)
}

// Every damage is noticed.

#[test]
fn every_change_of_one_byte_is_an_error() {
    let mut bytes = small().to_bytes().unwrap();
    for at in 0..bytes.len() {
        for change in 1..=255 {
            bytes[at] ^= change;
            assert!(Model::from_bytes(&bytes).is_err(), "byte {at} changed by {change:#x}");
            bytes[at] ^= change;
        }
    }
    assert_eq!(Model::from_bytes(&bytes).unwrap(), small());
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = small().to_bytes().unwrap();
    for length in 0..bytes.len() {
        assert!(Model::from_bytes(&bytes[..length]).is_err(), "the first {length} bytes");
        assert!(Model::from_bytes(&bytes[bytes.len() - length..]).is_err(), "the last {length} bytes");
    }
}

#[test]
fn every_missing_and_every_added_byte_is_an_error() {
    let bytes = small().to_bytes().unwrap();
    for at in 0..bytes.len() {
        let mut shorter = bytes.clone();
        shorter.remove(at);
        assert!(Model::from_bytes(&shorter).is_err(), "byte {at} removed");
    }
    for at in 0..=bytes.len() {
        for added in 0..=255 {
            let mut longer = bytes.clone();
            longer.insert(at, added);
            assert!(Model::from_bytes(&longer).is_err(), "byte {added} added at {at}");
        }
    }
}

// No bytes make the reader panic.

fn read_and_use(bytes: &[u8]) {
    let Ok(model) = Model::from_bytes(bytes) else { return };
    let rows = random_rows(&mut Random(1), &model.schema, 9);
    let scorer = Scorer::new(model).unwrap();
    Output::ALL.into_iter().for_each(|output| drop(scorer.output(output, rows.view())));
    let _ = scorer.model().to_json();
    assert_eq!(Model::from_bytes(&scorer.model().to_bytes().unwrap()).unwrap().num_nodes(), scorer.model().num_nodes());
}

/// Models with every part that version 1 has.
fn every_kind() -> Vec<Model> {
    golden().into_iter().map(|golden| golden.model).collect()
}

#[test]
fn every_flipped_bit_behind_a_right_checksum_is_an_error_or_a_model() {
    for model in every_kind() {
        let bytes = model.to_bytes().unwrap();
        let (header, payload) = parts(&bytes);
        for at in 0..header.len() + payload.len() {
            for bit in 0..8 {
                let mut body = [header, payload].concat();
                body[at] ^= 1 << bit;
                let (header, payload) = body.split_at(header.len());
                read_and_use(&assemble(header, payload));
            }
        }
    }
}

#[test]
fn every_truncated_payload_behind_a_right_checksum_is_malformed() {
    for model in every_kind() {
        let bytes = model.to_bytes().unwrap();
        let (header, payload) = parts(&bytes);
        for length in 0..payload.len() {
            assert!(matches!(refusal(&assemble(header, &payload[..length])), Error::Malformed(_)), "{length} bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Model::from_bytes(&bytes).is_err());
        let mut with_magic = b"SAPWOOD\0\x01\0\0\0".to_vec();
        with_magic.extend(&bytes);
        prop_assert!(Model::from_bytes(&with_magic).is_err());
    }

    #[test]
    fn random_payloads_behind_a_right_checksum_never_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = small().to_bytes().unwrap();
        read_and_use(&assemble(parts(&bytes).0, &payload));
    }

    #[test]
    fn random_changes_behind_a_right_checksum_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        in_header in any::<bool>(),
        kind in any::<prop::sample::Index>(),
    ) {
        let bytes = kind.get(&every_kind()).to_bytes().unwrap();
        let (mut header, mut payload) = (parts(&bytes).0.to_vec(), parts(&bytes).1.to_vec());
        let part = if in_header { &mut header } else { &mut payload };
        for (index, byte) in changes {
            let at = index.index(part.len());
            part[at] = byte;
        }
        read_and_use(&assemble(&header, &payload));
    }

    #[test]
    fn any_model_reads_back_equal_and_writes_the_same_bytes(model in any_model()) {
        let bytes = model.to_bytes().unwrap();
        let read = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &model);
        prop_assert_eq!(read.to_bytes().unwrap(), bytes);
    }
}

// Every error has its cause.

fn refusal(bytes: &[u8]) -> Error {
    Model::from_bytes(bytes).expect_err("bytes that are no model")
}

#[test]
fn other_files_are_no_models() {
    for bytes in [&b""[..], b"PK\x03\x04", b"SAPWOOT\0 and so on, longer than the prefix", b"label,a,b\n1,2,3\n", b"SX"] {
        assert!(matches!(refusal(bytes), Error::WrongMagic { what: "model", .. }), "{bytes:?}");
    }
}

#[test]
fn a_file_that_ends_inside_the_prefix_is_too_short() {
    let bytes = small().to_bytes().unwrap();
    for length in 1..PREFIX {
        assert!(matches!(refusal(&bytes[..length]), Error::TooShort { least: 28, .. }), "{length}");
    }
}

#[test]
fn a_file_of_another_length_than_it_states_is_refused() {
    let bytes = small().to_bytes().unwrap();
    let length = bytes.len() as u64;
    assert!(matches!(refusal(&bytes[..40]), Error::WrongLength { expected, actual: 40, .. } if expected == length));
    let appended = [&bytes[..], b"\n"].concat();
    assert!(matches!(refusal(&appended), Error::WrongLength { actual, .. } if actual == length + 1));
}

#[test]
fn later_versions_are_refused_with_the_remedy() {
    let mut bytes = small().to_bytes().unwrap();
    bytes[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    let error = refusal(&bytes);
    assert!(matches!(error, Error::UnsupportedVersion { found: 2, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains("upgrade"), "{error}");
    bytes[8..12].copy_from_slice(&0u32.to_le_bytes());
    let error = refusal(&bytes);
    assert!(matches!(error, Error::UnsupportedVersion { found: 0, .. }) && error.to_string().contains("again"), "{error}");
}

#[test]
fn lengths_beyond_their_caps_are_refused_before_anything_is_read() {
    let mut bytes = small().to_bytes().unwrap();
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(refusal(&bytes), Error::TooLarge { cap: MAX_HEADER_BYTES, found: 0xffff_ffff, .. }));
    let mut bytes = small().to_bytes().unwrap();
    bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(refusal(&bytes), Error::TooLarge { cap: MAX_PAYLOAD_BYTES, found: u64::MAX, .. }));
}

#[test]
fn a_damaged_byte_is_a_wrong_checksum() {
    let mut bytes = small().to_bytes().unwrap();
    bytes[PREFIX + 5] ^= 0x10;
    assert!(matches!(refusal(&bytes), Error::Checksum { .. }));
}

#[test]
fn parts_that_cannot_be_decoded_are_malformed() {
    let bytes = small().to_bytes().unwrap();
    let (header, payload) = parts(&bytes);
    let longer = [payload, b"\0"].concat();
    // A varint of 2^60 trees, then nothing: no memory is taken for them.
    let huge = [&[253][..], &(1u64 << 60).to_le_bytes()].concat();
    for (header, payload, word) in [
        (&b"{}"[..], payload, "header"),
        (b"not json", payload, "header"),
        (header, &payload[..payload.len() - 1], "payload"),
        (header, &longer, "payload"),
        (header, &huge, "payload"),
        (header, &[0, 0], "states 0 derived features and 2 trees of 8 nodes"),
    ] {
        let error = refusal(&assemble(header, payload));
        assert!(matches!(error, Error::Malformed(_)) && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn keys_that_a_reader_does_not_know_are_passed_over() {
    let bytes = with_header(|header| header["later"] = serde_json::json!({ "a": [1, 2] }));
    assert_eq!(Model::from_bytes(&bytes).unwrap(), small());
}

#[test]
fn what_a_model_requires_and_a_reader_does_not_know_is_refused_by_name() {
    for (key, value) in [("requires", "quantum leaves"), ("required_roles", "phase of the moon")] {
        let error = refusal(&with_header(|header| header[key] = serde_json::json!([value])));
        assert!(matches!(error, Error::UnknownRequirements(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains(value) && text.contains("upgrade Sapwood"), "{text}");
    }
}

#[test]
fn levels_belong_to_categorical_features_alone() {
    for (feature, edit) in [(0, serde_json::json!(["a"])), (1, serde_json::Value::Null)] {
        let error = refusal(&with_header(|header| header["schema"]["features"][feature]["levels"] = edit));
        assert!(matches!(error, Error::Malformed(_)) && error.to_string().contains("categorical"), "{error}");
    }
}

#[test]
fn a_header_that_contradicts_itself_is_inconsistent() {
    let edits: [(&str, serde_json::Value); 8] = [
        ("objective", serde_json::json!({ "name": "multi:softprob", "parameters": [] })),
        ("objective", serde_json::json!({ "name": "reg:squarederror", "parameters": [] })),
        ("classes", serde_json::json!(["no"])),
        ("classes", serde_json::json!(["no", "no"])),
        ("base_score", serde_json::json!([])),
        ("parallel_trees", 0.into()),
        ("parallel_trees", 3.into()),
        ("best_iteration", 2.into()),
    ];
    for (key, value) in edits {
        let error = refusal(&with_header(|header| header[key] = value.clone()));
        assert!(matches!(error, Error::Inconsistent(_)), "{key} = {value}: {error}");
    }
}

/// A change that makes the small model contradict itself, and a word of the complaint.
type Contradiction = (fn(&mut Model), &'static str);

fn root(model: &mut Model) -> &mut sapwood_score::Split {
    match &mut model.trees[0].nodes[0] {
        Node::Split(split) => split,
        Node::Leaf(_) => panic!("the root is a split"),
    }
}

fn third(model: &mut Model) -> &mut sapwood_score::Split {
    match &mut model.trees[0].nodes[2] {
        Node::Split(split) => split,
        Node::Leaf(_) => panic!("the third node is a split"),
    }
}

#[test]
fn models_that_contradict_themselves_are_neither_written_nor_scored() {
    let contradictions: [Contradiction; 19] = [
        (|m| m.trees[0].nodes.clear(), "no nodes"),
        (|m| root(m).feature = 2, "feature 2 of 2"),
        (|m| root(m).left = 0, "child 0"),
        (|m| root(m).right = 5, "child 5"),
        (|m| root(m).left = 2, "has 0 parents"),
        (|m| m.trees[0].nodes.push(leaf(1.0)), "node 5 has 0 parents"),
        (|m| root(m).condition = Condition::Threshold(f64::NAN), "threshold NaN"),
        (|m| root(m).condition = Condition::Levels(vec![1]), "which is not categorical"),
        (|m| root(m).gain = f64::NAN, "gain NaN"),
        (|m| root(m).cover = -1.0, "cover -1"),
        (|m| m.trees[0].nodes[1] = leaf(f64::INFINITY), "leaf value inf"),
        (|m| third(m).condition = Condition::Threshold(1.0), "which is categorical"),
        (|m| third(m).condition = Condition::Levels(vec![0b1000]), "beyond the 3 levels"),
        (|m| third(m).condition = Condition::Levels(vec![1, 0]), "2 words"),
        (|m| m.schema.features[1] = categorical("colour", &["red", "red", "blue"]), "\"red\" twice"),
        (|m| m.schema.index_base = Some(2), "count from 2"),
        (|m| m.base_score[0] = f64::NAN, "base score NaN"),
        (|m| m.base_score.push(0.0), "2 outputs"),
        (|m| m.classes.as_mut().unwrap().push("maybe".into()), "3 class texts"),
    ];
    for (change, word) in contradictions {
        let mut model = small();
        change(&mut model);
        for error in [model.to_bytes().map(drop), Scorer::new(model.clone()).map(drop)].map(Result::unwrap_err) {
            assert!(matches!(error, Error::Inconsistent(_)) && error.to_string().contains(word), "{word}: {error}");
        }
    }
}

#[test]
fn a_best_score_that_json_does_not_have_survives() {
    for score in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.1 + 0.2, -0.0, 5e-324] {
        let mut model = small();
        model.best_score = Some(score);
        let read = Model::from_bytes(&model.to_bytes().unwrap()).unwrap().best_score.unwrap();
        assert!(read.to_bits() == score.to_bits() || (read.is_nan() && score.is_nan()), "{score} became {read}");
    }
}

// Files.

fn names(directory: &Path) -> Vec<String> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn saving_leaves_one_file_that_loads() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.sapwood");
    std::fs::write(&path, "what was there before").unwrap();
    small().save(&path).unwrap();
    assert_eq!(names(directory.path()), ["model.sapwood"]);
    assert_eq!(Model::load(&path).unwrap(), small());
    assert_eq!(Scorer::load(&path).unwrap().model(), &small());
}

#[test]
fn a_failed_save_leaves_what_was_there_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.sapwood");
    small().save(&path).unwrap();
    let mut broken = small();
    broken.parallel_trees = 0;
    assert!(matches!(broken.save(&path), Err(Error::Inconsistent(_))));
    assert_eq!(names(directory.path()), ["model.sapwood"]);
    assert_eq!(Model::load(&path).unwrap(), small());
}

#[test]
fn paths_that_cannot_hold_a_model_are_errors_that_name_them() {
    let directory = tempfile::tempdir().unwrap();
    let taken = directory.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    for path in [taken.clone(), directory.path().join("missing/model.sapwood")] {
        for error in [small().save(&path).unwrap_err(), Model::load(&path).unwrap_err()] {
            assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
    assert_eq!(names(directory.path()), ["taken"]);
    assert!(names(&taken).is_empty());
}

#[cfg(unix)]
#[test]
fn saving_writes_through_links_and_never_over_devices() {
    let directory = tempfile::tempdir().unwrap();
    let (target, link) = (directory.path().join("real"), directory.path().join("link"));
    std::fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    small().save(&link).unwrap();
    assert!(link.is_symlink());
    assert_eq!(Model::load(&target).unwrap(), small());
    assert!(matches!(small().save("/dev/null"), Err(Error::Io { .. })));
    assert!(!Path::new("/dev/null").is_file());
}

#[test]
fn loading_reads_no_more_than_a_model_has() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.sapwood");
    let appended = [small().to_bytes().unwrap(), vec![0; 100_000]].concat();
    std::fs::write(&path, &appended).unwrap();
    let error = Model::load(&path).unwrap_err();
    assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
    let Error::InFile { error, .. } = error else { panic!("no file: {error}") };
    assert!(matches!(*error, Error::WrongLength { expected, actual, .. } if actual == expected + 1), "{error}");
}

// Golden files: models of every released format version, with the margins they must give.

struct Golden {
    file: &'static str,
    model: Model,
    rows: ndarray::Array2<f64>,
    margins: ndarray::Array2<f64>,
}

fn golden_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(name)
}

fn golden() -> Vec<Golden> {
    let nan = f64::NAN;
    let regression = Tree::new(vec![
        threshold(0, 0.1, true, (1, 2)),
        threshold(1, f64::INFINITY, false, (3, 4)),
        leaf(1.0 / 3.0),
        leaf(-2.0),
        leaf(1e-300),
    ]);
    let mut first = model(Objective::SquaredError, vec![numeric("a"), numeric("b")], vec![100.5], vec![regression]);
    first.schema.named = false;
    let class = |value| Tree::new(vec![threshold(0, -1.5, false, (2, 1)), leaf(value), leaf(-value)]);
    let softprob: Vec<_> = [0.5, 1.0, 0.25, 2.0, 4.0, 8.0].map(class).into();
    let mut third = model(Objective::Softprob, vec![numeric("x")], vec![0.5, 0.0, -0.5], softprob);
    (third.parallel_trees, third.schema.index_base) = (2, Some(1));
    third.classes = Some(["ant", "bee", "wasp"].map(String::from).into());
    vec![
        Golden {
            file: "v1-regression.sapwood",
            model: first,
            rows: array![[0.1, 5.0], [0.100_000_000_000_000_02, 5.0], [nan, nan], [nan, -1e300]],
            margins: array![[98.5], [100.5 + 1.0 / 3.0], [100.5], [98.5]],
        },
        Golden {
            file: "v1-binary-categorical.sapwood",
            model: small(),
            rows: array![[2.5, 0.0], [3.0, 0.0], [3.0, 1.0], [3.0, 7.0], [nan, 2.0]],
            margins: array![[-1.25], [0.25], [0.75], [0.25], [0.25]],
        },
        Golden {
            file: "v1-softprob-parallel.sapwood",
            model: third,
            rows: array![[-1.5], [0.0], [nan]],
            margins: array![[-1.0, -2.25, -12.5], [2.0, 2.25, 11.5], [2.0, 2.25, 11.5]],
        },
        Golden {
            file: "v1-vector-leaves-targets.sapwood",
            model: special::vectors(),
            rows: array![[-1.0], [1.0], [nan]],
            margins: array![[11.5, 18.5], [13.0, 27.5], [11.5, 18.5]],
        },
        Golden {
            file: "v1-linear-leaves.sapwood",
            model: special::linear(),
            rows: array![[-1.0, 9.0], [1.0, 1.0], [1.0, 9.0], [100.0, 0.0], [1.0, nan]],
            margins: array![[11.0], [11.5], [15.5], [5.0], [17.0]],
        },
        Golden {
            file: "v1-derived-features.sapwood",
            model: special::derived(),
            rows: array![[1.0, 0.0, 1.0], [2.0, 1.0, 0.0], [0.0, 1.0, nan], [nan, 0.0, 0.0]],
            margins: array![[1110.5], [200.5], [1030.5], [-1.0]],
        },
        Golden {
            file: "v1-ensemble.sapwood",
            model: special::ensemble(MeanOf::Means),
            rows: array![[0.0]],
            margins: array![[-1.0]],
        },
        Golden { file: "v1-quantiles.sapwood", model: special::quantiles(), rows: array![[0.0]], margins: array![[3.0, 2.0, 1.0]] },
        Golden {
            file: "v1-imported.sapwood",
            model: special::imported(),
            rows: array![[nan, 0.0], [0.0, 1.9], [1.0, 7.0], [-1.0, nan]],
            margins: special::imported_margins(),
        },
    ]
}

/// `SAPWOOD_BLESS=1` writes the golden files that do not exist; those of a released version never change.
#[test]
fn golden_files_of_every_version_read_back() {
    for Golden { file, model, rows, margins } in golden() {
        let path = golden_file(file);
        if std::env::var_os("SAPWOOD_BLESS").is_some() && !path.exists() {
            model.save(&path).unwrap();
        }
        let bytes = std::fs::read(&path).unwrap();
        let read = Model::from_bytes(&bytes).unwrap();
        assert_eq!(read, model, "{file}");
        assert_eq!(read.to_bytes().unwrap(), bytes, "{file}");
        assert_eq!(Scorer::new(read).unwrap().margins(rows.view()).unwrap(), margins, "{file}");
    }
}

#[test]
fn every_golden_file_has_a_test() {
    let mut found = names(&golden_file(""));
    found.retain(|name| name.ends_with(".sapwood"));
    found.sort();
    let mut expected: Vec<_> = golden().iter().map(|golden| golden.file.to_string()).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_golden_levels_are_written_as_documented() {
    let tree = Tree::new(vec![levels(0, vec![1 << 63 | 5, 2], false, (1, 2)), leaf(1.0), leaf(2.0)]);
    let texts: Vec<_> = (0..66).map(|code| format!("l{code}")).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let bytes = model(Objective::SquaredError, vec![categorical("c", &texts)], vec![0.0], vec![tree]).to_bytes().unwrap();
    let gain_and_cover = [2.5f64.to_le_bytes(), 8f64.to_le_bytes()].concat();
    // No derived features; one tree of weight 1, without counts, of three nodes; a split on feature 0 by a set of two words.
    let mut expected = vec![0, 1];
    expected.extend(1f64.to_le_bytes());
    expected.extend([0, 3, 1, 0, 1, 2, 253]);
    expected.extend((1u64 << 63 | 5).to_le_bytes());
    // The second word; missing values go right and are NaN; the children.
    expected.extend([2, 0, 0, 1, 2]);
    expected.extend(gain_and_cover);
    for value in [1.0f64, 2.0] {
        expected.push(0);
        expected.extend([value.to_le_bytes(), 4f64.to_le_bytes()].concat());
    }
    assert_eq!(parts(&bytes).1, expected);
}
