//! Some rows of a [`BlockSource`], and all of its features or all but one.

use super::block::{Block, BlockSource, Chunk, FeatureSource};
use crate::Result;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Rows of another source, in its order.
pub(super) struct Subset {
    /// The other source.
    pub source: Arc<dyn BlockSource>,
    /// Its rows that are here, ascending.
    pub rows: Vec<u32>,
    /// Its feature that is not here, if any.
    pub dropped: Option<usize>,
}

impl Subset {
    /// The position here of a feature there.
    fn here(&self, feature: usize) -> Option<usize> {
        match self.dropped {
            Some(dropped) if feature == dropped => None,
            Some(dropped) if feature > dropped => Some(feature - 1),
            _ => Some(feature),
        }
    }

    /// The position there of a feature here.
    fn there(&self, feature: usize) -> usize {
        feature + usize::from(self.dropped.is_some_and(|dropped| feature >= dropped))
    }

    /// The places here of consecutive rows there.
    fn places(&self, rows: Range<usize>) -> Range<usize> {
        let place = |row: usize| self.rows.partition_point(|here| (*here as usize) < row);
        place(rows.start)..place(rows.end)
    }

    /// Hands over what of a block is here.
    fn pass(&self, block: &Block<'_>, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let places = self.places(block.first_row..block.first_row + block.rows);
        if places.is_empty() {
            return Ok(());
        }
        let rows = &self.rows[places.clone()];
        let columns = block
            .columns
            .iter()
            .filter_map(|(feature, chunk)| Some((self.here(*feature)?, gathered(chunk, rows, block.first_row))));
        visit(&Block { first_row: places.start, rows: places.len(), columns: columns.collect() })
    }
}

/// The values of some rows of a chunk whose first row is `first`.
fn gathered(chunk: &Chunk<'_>, rows: &[u32], first: usize) -> Chunk<'static> {
    fn all<T: Copy>(values: &[T], rows: &[u32], first: usize) -> Cow<'static, [T]> {
        rows.iter().map(|row| values[*row as usize - first]).collect()
    }
    match chunk {
        Chunk::F64(values) => Chunk::F64(all(values, rows, first)),
        Chunk::F32(values) => Chunk::F32(all(values, rows, first)),
        Chunk::Codes(values) => Chunk::Codes(all(values, rows, first)),
        Chunk::Sparse { places, values, .. } => {
            let here = |row: &u32| rows.binary_search(&(row + first as u32)).ok();
            let found = places.iter().zip(values).filter_map(|(row, value)| Some((here(row)? as u32, *value)));
            let (places, values) = found.unzip();
            Chunk::Sparse { len: rows.len(), places, values }
        }
    }
}

impl BlockSource for Subset {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit(&|block| self.pass(block, visit))
    }

    fn visit_rows(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        self.source.visit_rows(&|block| self.pass(block, visit))
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        self.source.by_feature().map(|_| self as &dyn FeatureSource)
    }

    fn unknown_levels(&self) -> Vec<(usize, Vec<String>)> {
        self.source.unknown_levels().into_iter().filter_map(|(feature, texts)| Some((self.here(feature)?, texts))).collect()
    }

    fn locate(&self, row: usize) -> String {
        self.source.locate(self.rows[row] as usize)
    }
}

impl FeatureSource for Subset {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        let Some(source) = self.source.by_feature() else { return Ok(Vec::new()) };
        let mut first = 0;
        let mut pieces = Vec::new();
        for chunk in source.feature(self.there(feature))? {
            let next = first + chunk.len();
            pieces.push(gathered(&chunk, &self.rows[self.places(first..next)], first));
            first = next;
        }
        Ok(pieces)
    }
}

/// All values of a feature, row by row, as the scorer sees them.
///
/// # Errors
/// A failure to read.
pub(super) fn values(source: &dyn BlockSource, feature: usize) -> Result<Vec<f64>> {
    let values = std::sync::Mutex::new(vec![f64::NAN; source.rows()]);
    source.visit(&|block| {
        for (_, chunk) in block.columns.iter().filter(|(found, _)| *found == feature) {
            let mut values = values.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            (0..block.rows).for_each(|row| values[block.first_row + row] = chunk.get(row));
        }
        Ok(())
    })?;
    Ok(values.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::MISSING_CODE;

    /// Two blocks of four rows; feature 0 is the row, 1 its negative, 2 sparse, 3 a code.
    struct Rows;

    impl BlockSource for Rows {
        fn rows(&self) -> usize {
            8
        }

        fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
            [0usize, 4].into_iter().try_for_each(|first_row| {
                let numbers: Vec<f64> = (first_row..first_row + 4).map(|row| row as f64).collect();
                let columns = vec![
                    (0, Chunk::F64(numbers.clone().into())),
                    (1, Chunk::F32(numbers.iter().map(|x| -x as f32).collect())),
                    (2, Chunk::Sparse { len: 4, places: vec![1, 3], values: vec![numbers[1], numbers[3]] }),
                    (3, Chunk::Codes(vec![first_row as u32, MISSING_CODE, 2, 3].into())),
                ];
                visit(&Block { first_row, rows: 4, columns })
            })
        }
    }

    #[test]
    fn rows_keep_their_values_and_features_move_up() {
        let subset = Subset { source: Arc::new(Rows), rows: vec![1, 2, 5, 7], dropped: Some(1) };
        assert_eq!(values(&subset, 0).unwrap(), [1.0, 2.0, 5.0, 7.0]);
        let sparse = values(&subset, 1).unwrap();
        assert!(sparse[1].is_nan() && [sparse[0], sparse[2], sparse[3]] == [1.0, 5.0, 7.0]);
        let codes = values(&subset, 2).unwrap();
        assert!(codes[0].is_nan() && codes[2].is_nan() && [codes[1], codes[3]] == [2.0, 3.0]);
        assert_eq!((subset.locate(2), subset.here(1), subset.there(1)), (Rows.locate(5), None, 2));
        let late = Subset { source: Arc::new(Rows), rows: vec![6], dropped: None };
        assert_eq!((values(&late, 1).unwrap(), late.rows()), (vec![-6.0], 1));
    }
}
