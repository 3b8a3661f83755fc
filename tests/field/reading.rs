//! What the tests of reading share: files, and what reading makes of them.

use crate::util::Tree;
use polars::prelude::{DataFrame, ParquetWriter};
use sapwood::params::DataParams;
use sapwood::{Dataset, FeatureKind, FeatureSchema, Result};
use sapwood_readers::{Expected, ReadOptions, read_matching, read_training};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Mutex;

/// Options by parameters.
pub fn options(pairs: &[(&str, &str)]) -> ReadOptions {
    ReadOptions::new(&DataParams::from_pairs(pairs.iter().copied()).unwrap()).unwrap()
}

/// The golden file of this name.
pub fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("tests/golden").join(name)
}

/// Writes a frame as a Parquet file.
pub fn parquet(tree: &Tree, name: &str, mut frame: DataFrame) -> PathBuf {
    let path = tree.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
    path
}

/// Reads training data with the label in column `y`.
pub fn train(path: impl Into<PathBuf>, pairs: &[(&str, &str)]) -> Result<Dataset> {
    read_training(&[path.into()], &ReadOptions { label: Some("y".into()), ..options(pairs) })
}

/// Reads a CSV text as training data.
pub fn train_csv(text: &str, pairs: &[(&str, &str)]) -> Result<Dataset> {
    let tree = Tree::new();
    // Small data are kept when the file is gone.
    train(tree.write("a.csv", text), pairs)
}

/// Reads data for a model.
pub fn fit(path: impl Into<PathBuf>, schema: &FeatureSchema, pairs: &[(&str, &str)]) -> Result<Dataset> {
    read_matching(&[path.into()], &options(pairs), Expected { schema, classes: None, needs_labels: false })
}

/// Reads a CSV text as data for a model.
pub fn fit_csv(text: &str, schema: &FeatureSchema, pairs: &[(&str, &str)]) -> Result<Dataset> {
    let tree = Tree::new();
    fit(tree.write("a.csv", text), schema, pairs)
}

/// The values of every feature, row by row; none where missing.
pub fn values(data: &Dataset) -> Vec<Vec<Option<f64>>> {
    let columns = Mutex::new(vec![vec![None; data.rows()]; data.schema().len()]);
    data.source()
        .visit(&|block| {
            for (feature, chunk) in &block.columns {
                for row in 0..block.rows {
                    let x = chunk.get(row);
                    columns.lock().unwrap()[*feature][block.first_row + row] = (!x.is_nan()).then_some(x);
                }
            }
            Ok(())
        })
        .unwrap();
    columns.into_inner().unwrap()
}

/// The kinds of the features, as words.
pub fn kinds(data: &Dataset) -> Vec<&'static str> {
    data.schema().features.iter().map(|feature| feature.kind.word()).collect()
}

/// The levels of a categorical feature.
pub fn levels(data: &Dataset, feature: usize) -> &[String] {
    match &data.schema().features[feature].kind {
        FeatureKind::Categorical { levels } => levels,
        kind => panic!("{kind:?} is not categorical"),
    }
}
