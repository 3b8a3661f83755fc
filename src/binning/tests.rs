//! Both ways to bin give the same.

use super::*;
use crate::data::{Block, BlockSource, Chunk, Column, Columns};
use crate::sampling::mix;
use crate::simd::Simd;
use crate::{Feature, FeatureKind, FeatureSchema};
use std::sync::Arc;

/// Columns that cannot be read feature by feature, as they are or with numbers as sparse chunks.
struct ByBlock {
    columns: Columns,
    sparse: bool,
}

impl BlockSource for ByBlock {
    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.columns.visit(&|block| {
            let mut block = block.clone();
            if self.sparse {
                block.columns.iter_mut().for_each(|(_, chunk)| *chunk = sparse(chunk));
            }
            visit(&block)
        })
    }
}

/// Numbers by their places; codes as they are.
fn sparse(chunk: &Chunk<'_>) -> Chunk<'static> {
    if let Chunk::Codes(codes) = chunk {
        return Chunk::Codes(codes.to_vec().into());
    }
    let places: Vec<u32> = (0..chunk.len() as u32).filter(|&i| !chunk.get(i as usize).is_nan()).collect();
    let values = places.iter().map(|&i| chunk.get(i as usize)).collect();
    Chunk::Sparse { len: chunk.len(), places, values }
}

/// Single and double precision, few and many values, missing ones, levels in narrow and in wide tiles; and so many features that are
/// nearly always 0 or missing.
fn columns(rows: usize, rare: usize) -> (FeatureSchema, Vec<Column>) {
    let hash = |row: usize, feature: usize| mix((row * 64 + feature) as u64);
    let number = |row, feature: usize| match hash(row, feature) {
        hash if hash.is_multiple_of(7) => f64::NAN,
        hash => (hash >> 11) as f64 / (1u64 << 20 << (feature % 33)) as f64 - 1e3,
    };
    let rarely = |row, feature: usize| match hash(row, feature) {
        hash if hash.is_multiple_of(10) => (hash % (feature as u64 * 30)) as f64 - 5.0,
        _ if feature.is_multiple_of(2) => f64::NAN,
        _ => 0.0,
    };
    let mut schema = FeatureSchema::numeric(40 + rare);
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
    let rarely = |feature: usize| Column::F64((0..rows).map(|row| rarely(row, feature)).collect());
    (schema, (0..40).map(column).chain((40..40 + rare).map(rarely)).collect())
}

#[test]
fn all_ways_to_bin_are_the_same() {
    let rows = 70_001;
    for (max_bin, rare) in [(16, 40), (256, 20), (1000, 33)] {
        let params = Params::builder().num_round(1).max_bin(max_bin).build().unwrap();
        let (schema, columns) = columns(rows, rare);
        let weights: Vec<f64> = (0..rows).map(|row| (row % 4) as f64).collect();
        let data = |source: Arc<dyn BlockSource>| Dataset::new(schema.clone(), source).with_weights(weights.clone()).unwrap();
        let in_memory = || Columns::new(&schema, columns.clone()).unwrap();
        let by_feature = data(Arc::new(in_memory()));
        assert!(by_feature.source().by_feature().is_some());
        let expected = bin(&by_feature, &params, Execution::solo(Simd::scalar())).unwrap();
        let has_sparse = expected.1.tiles().iter().any(|tile| matches!(tile.cells, Cells::Sparse(_)));
        assert_eq!(has_sparse, rare >= 32);
        for sparse in [false, true] {
            let by_block = data(Arc::new(ByBlock { columns: in_memory(), sparse }));
            for simd in Simd::all() {
                let found = bin(&by_block, &params, Execution::solo(simd)).unwrap();
                assert!(found == expected, "max_bin {max_bin}, sparse {sparse}, {simd:?}");
            }
        }
    }
}

#[test]
fn every_form_of_tile_holds_the_bins_of_the_values() {
    let (rows, rare) = (5000, 40);
    let (schema, columns) = columns(rows, rare);
    let params = Params::builder().num_round(1).build().unwrap();
    let data = Dataset::new(schema.clone(), Arc::new(Columns::new(&schema, columns).unwrap()));
    let (mapper, mut matrix) = bin(&data, &params, Execution::solo(Simd::scalar())).unwrap();
    let check = |matrix: &BinnedMatrix, row_at: &dyn Fn(usize) -> usize| {
        for (feature, bins) in mapper.features().iter().enumerate() {
            let chunk = &data.source().by_feature().unwrap().feature(feature).unwrap()[0];
            for place in 0..rows {
                let expected = bins.bin(chunk.get(row_at(place)));
                assert_eq!(matrix.bin(place, matrix.layout(feature as u32)), expected, "feature {feature}, place {place}");
            }
        }
    };
    check(&matrix, &|place| place);
    let order: Vec<u32> = (0..rows as u32).rev().collect();
    matrix.reorder(&order);
    check(&matrix, &|place| rows - 1 - place);
}
