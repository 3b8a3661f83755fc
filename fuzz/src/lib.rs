//! What the targets that read data have in common: bytes are read as training data and as a request to a model of a number, a category
//! and a boolean. Reading may refuse them; it must not panic, and what it accepts must be whole.

use sapwood::data::Block;
use sapwood::params::DataParams;
use sapwood::{Dataset, Feature, FeatureKind, FeatureSchema};
use sapwood_readers::{Encoding, Format, InputSchema, ReadOptions, Spool, read_request, read_training};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

fn options(format: Option<Format>) -> ReadOptions {
    let mut options = ReadOptions::new(&DataParams::default()).expect("the defaults are valid");
    options.format = format;
    options
}

fn schema() -> InputSchema {
    let feature = |name: &str, kind| Feature { name: name.into(), kind };
    let levels = ["blue", "green", "red"].map(String::from).to_vec();
    let features = vec![
        feature("size", FeatureKind::Numeric),
        feature("colour", FeatureKind::Categorical { levels }),
        feature("new", FeatureKind::Boolean),
    ];
    let mut schema = FeatureSchema::numeric(3);
    schema.features = features;
    schema.named = true;
    InputSchema::new(schema)
}

/// Visits all rows, twice, as training does: both passes must see each row once.
fn check(data: &Dataset) {
    for _ in 0..2 {
        let rows = AtomicUsize::new(0);
        let visited = data.source().visit_rows(&|block: &Block<'_>| {
            rows.fetch_add(block.rows, Ordering::Relaxed);
            Ok(())
        });
        assert!(visited.is_err() || rows.into_inner() == data.rows());
    }
    assert!(data.labels().is_none_or(|labels| labels.len() == data.rows()));
}

/// Lets panics pass that the readers catch: polars panics on some damaged files, which are errors then. The fuzzer's own hook would end
/// the process at once; a panic that nobody catches still does.
fn expect_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// Reads the bytes as training data.
pub fn training(format: Format, bytes: &[u8]) {
    expect_caught_panics();
    let Ok(spool) = Spool::read(Path::new("fuzz"), bytes) else { return };
    if let Ok(data) = read_training(&[spool], &options(Some(format))) {
        check(&data);
    }
}

/// Reads the bytes as the body of a request.
pub fn request(encoding: Encoding, bytes: &[u8]) {
    expect_caught_panics();
    if let Ok(Some(data)) = read_request(bytes.into(), encoding, &options(None), &schema()) {
        check(&data);
    }
}

/// A file of one of our own kinds with these parts, its lengths and checksum right: fuzzers find no checksums. The input begins with
/// the length of the header.
pub fn file(magic: &[u8; 8], version: u32, input: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = input.split_first_chunk::<2>()?;
    let (header, payload) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let mut file = magic.to_vec();
    file.extend_from_slice(&version.to_le_bytes());
    file.extend_from_slice(&(header.len() as u32).to_le_bytes());
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    file.extend_from_slice(header);
    file.extend_from_slice(payload);
    file.extend_from_slice(&crc32fast::hash(&file).to_le_bytes());
    Some(file)
}

/// What reading a model of another library gave: it can be scored with, kept as Sapwood's, and written for XGBoost, which Sapwood reads again.
pub fn imported(read: Result<sapwood_score::Model, sapwood_interop::Error>) {
    let Ok(model) = read else { return };
    let bytes = model.to_bytes().expect("what was read can be written");
    assert_eq!(sapwood_score::Model::from_bytes(&bytes).expect("what was written can be read"), model);
    if let Ok((json, _)) = sapwood_interop::xgboost::to_json(&model) {
        sapwood_interop::xgboost::from_json(&json).expect("what was written for XGBoost can be read");
    }
    let features = model.schema.len();
    if features <= 1 << 16
        && let Ok(scorer) = sapwood_score::Scorer::new(model)
    {
        let rows = ndarray::Array2::from_shape_fn((3, features), |(row, feature)| [0.0, f64::NAN, -1.5][(row + feature) % 3]);
        let _ = scorer.predict(rows.view());
    }
}
