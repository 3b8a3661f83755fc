//! Data with features that are computed from others of the same rows, as the scorer computes them.

use super::block::{Block, BlockSource, Chunk};
use super::dataset::Dataset;
use crate::{Feature, FeatureKind, FeatureSchema, Result};
use sapwood_score::{Derivation, DerivedFeature};
use std::borrow::Cow;
use std::sync::Arc;

impl Dataset {
    /// The same data with numeric features behind the others that are computed from them, each from features before it. Numbers beyond the range of
    /// `f64` count as its ends, on the same side of every threshold.
    #[must_use]
    pub(crate) fn with_derived(&self, derived: &Arc<[DerivedFeature]>) -> Self {
        let features = derived.iter().map(|feature| Feature { name: feature.name.clone(), kind: FeatureKind::Numeric });
        let features = self.schema.features.iter().cloned().chain(features).collect();
        let source = Derived { source: Arc::clone(&self.source), derived: Arc::clone(derived), columns: self.schema.len() };
        Self { schema: Arc::new(FeatureSchema { features, ..(*self.schema).clone() }), source: Arc::new(source), ..self.clone() }
    }
}

/// Another source, and features computed from it.
struct Derived {
    source: Arc<dyn BlockSource>,
    derived: Arc<[DerivedFeature]>,
    /// The other source's features.
    columns: usize,
}

impl Derived {
    fn pass(&self, block: &Block<'_>, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let borrowed = block.columns.iter().map(|(feature, chunk)| (*feature, borrowed(chunk)));
        let mut columns: Vec<(usize, Chunk<'_>)> = borrowed.collect();
        columns.sort_by_key(|(feature, _)| *feature);
        for (number, feature) in self.derived.iter().enumerate() {
            let values = computed(&feature.derivation, &columns, block.rows);
            columns.push((self.columns + number, Chunk::F64(Cow::Owned(values))));
        }
        visit(&Block { first_row: block.first_row, rows: block.rows, columns })
    }
}

/// The values of some rows; `columns` have all features before it, each at its position.
fn computed(derivation: &Derivation, columns: &[(usize, Chunk<'_>)], rows: usize) -> Vec<f64> {
    let value = |row: usize| derivation.value(|feature| columns[feature as usize].1.get(row));
    (0..rows).map(|row| value(row).clamp(f64::MIN, f64::MAX)).collect()
}

/// The same values, not copied.
fn borrowed<'a>(chunk: &'a Chunk<'_>) -> Chunk<'a> {
    match chunk {
        Chunk::F64(values) => Chunk::F64(Cow::Borrowed(values)),
        Chunk::F32(values) => Chunk::F32(Cow::Borrowed(values)),
        Chunk::Codes(codes) => Chunk::Codes(Cow::Borrowed(codes)),
        Chunk::Sparse { len, places, values } => Chunk::Sparse { len: *len, places: places.clone(), values: values.clone() },
    }
}

impl BlockSource for Derived {
    fn rows(&self) -> usize {
        self.source.rows()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit_rows(&|block| self.pass(block, visit))
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.source.unknown_levels()
    }

    fn locate(&self, row: usize) -> String {
        self.source.locate(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::RawValues;
    use ndarray::array;

    #[test]
    fn features_are_computed_as_the_scorer_computes_them() {
        let x = array![[1.5, 2.0], [f64::NAN, 1.0], [1e300, -1e300], [0.0, 7.0]];
        let data = Dataset::from_array(x.view(), vec![0.0, 1.0, 2.0, 3.0], None).unwrap();
        let product = Derivation::Product { first: 0, second: 1 };
        let derived = [Derivation::Difference { first: 0, second: 1 }, product, Derivation::Difference { first: 3, second: 2 }];
        let derived = derived.map(|derivation| DerivedFeature { name: format!("{derivation:?}"), derivation });
        let wider = data.with_derived(&Arc::from(derived));
        assert_eq!((wider.schema().len(), wider.rows(), wider.labels()), (5, 4, data.labels()));
        let raw = RawValues::read(&wider, |_| true).unwrap();
        let row = |row| (0..5).map(|feature| raw.get(feature, row)).collect::<Vec<_>>();
        assert_eq!(row(0), [1.5, 2.0, -0.5, 3.0, 3.5]);
        assert!(row(1)[2..].iter().all(|x| x.is_nan()));
        assert_eq!(row(2), [1e300, -1e300, 2e300, f64::MIN, f64::MIN]);
        assert_eq!(row(3), [0.0, 7.0, -7.0, 0.0, 7.0]);
    }
}
