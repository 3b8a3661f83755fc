//! Both ways to bin give the same.

use super::*;
use crate::data::{Block, BlockSource, Column, Columns};
use crate::sampling::mix;
use crate::{Feature, FeatureKind, FeatureSchema};
use std::sync::Arc;

/// Columns that cannot be read feature by feature.
struct ByBlock(Columns);

impl BlockSource for ByBlock {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.0.visit(visit)
    }
}

/// Single and double precision, few and many values, missing ones, and levels in narrow and in wide tiles.
fn columns(rows: usize) -> (FeatureSchema, Vec<Column>) {
    let hash = |row: usize, feature: usize| mix((row * 64 + feature) as u64);
    let number = |row, feature: usize| match hash(row, feature) {
        hash if hash.is_multiple_of(7) => f64::NAN,
        hash => (hash >> 11) as f64 / (1u64 << 20 << (feature % 33)) as f64 - 1e3,
    };
    let mut schema = FeatureSchema::numeric(40);
    let column = |feature: usize| match feature % 5 {
        0 => Column::F32((0..rows).map(|row| number(row, feature) as f32).collect()),
        1 | 2 => Column::F64((0..rows).map(|row| number(row, feature)).collect()),
        3 => Column::F64((0..rows).map(|row| (hash(row, feature) % 300) as f64).collect()),
        _ => Column::Codes((0..rows).map(|row| (hash(row, feature) % (20 * feature as u64)) as u32).collect()),
    };
    for feature in (4..40).step_by(5) {
        let levels = (0..20 * feature).map(|level| format!("{level:04}")).collect();
        schema.features[feature] = Feature { name: format!("c{feature}"), kind: FeatureKind::Categorical { levels } };
    }
    (schema, (0..40).map(column).collect())
}

#[test]
fn feature_by_feature_and_block_by_block_are_the_same() {
    let rows = 70_001;
    for max_bin in [16, 256, 1000] {
        let params = Params::builder().num_round(1).max_bin(max_bin).build().unwrap();
        let (schema, columns) = columns(rows);
        let weights: Vec<f64> = (0..rows).map(|row| (row % 4) as f64).collect();
        let data = |source: Arc<dyn BlockSource>| Dataset::new(schema.clone(), source).with_weights(weights.clone()).unwrap();
        let by_feature = data(Arc::new(Columns::new(&schema, columns.clone()).unwrap()));
        assert!(by_feature.source().by_feature().is_some());
        let by_block = data(Arc::new(ByBlock(Columns::new(&schema, columns).unwrap())));
        let expected = bin(&by_block, &params, Simd::scalar()).unwrap();
        for simd in Simd::all() {
            assert!(bin(&by_feature, &params, simd).unwrap() == expected, "max_bin {max_bin}, {simd:?}");
        }
    }
}
