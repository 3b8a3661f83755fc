//! [`RawValues`]: the values of numeric features in memory, for whoever needs more than their bins.

use super::block::Chunk;
use super::dataset::Dataset;
use super::memory::Column;
use crate::Result;
use crate::numeric::gather;
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// The values of some numeric features of all rows, as the scorer sees them: NaN is missing. A column takes 4 bytes a value where all are
/// whole in single precision, else 8.
#[derive(Debug, Default)]
pub(crate) struct RawValues {
    columns: Vec<Option<Column>>,
}

impl RawValues {
    /// Reads the features of a data set that are `wanted` by their position, all of them numeric.
    ///
    /// # Errors
    /// Rows that cannot be read again.
    pub fn read(data: &Dataset, wanted: impl Fn(usize) -> bool) -> Result<Self> {
        let rows = data.rows();
        let empty = |feature| wanted(feature).then(|| Mutex::new(Column::F32(vec![f32::NAN; rows])));
        let columns: Vec<Option<Mutex<Column>>> = (0..data.schema().len()).map(empty).collect();
        data.source().visit(&|block| {
            block.columns.par_iter().for_each(|(feature, chunk)| {
                if let Some(column) = &columns[*feature] {
                    put(&mut column.lock().unwrap_or_else(PoisonError::into_inner), block.first_row, chunk);
                }
            });
            Ok(())
        })?;
        let unlocked = |column: Option<Mutex<Column>>| column.map(|c| c.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(Self { columns: columns.into_iter().map(unlocked).collect() })
    }

    /// The value of a feature in a row; missing, if the feature is not there.
    #[inline]
    pub fn get(&self, feature: u32, row: usize) -> f64 {
        match self.columns.get(feature as usize) {
            Some(Some(Column::F64(values))) => values[row],
            Some(Some(Column::F32(values))) => f64::from(values[row]),
            _ => f64::NAN,
        }
    }

    /// Writes a feature's values in some rows to `out`, which has as many places.
    pub fn gather(&self, feature: u32, rows: &[u32], out: &mut [f64]) {
        match self.columns.get(feature as usize) {
            Some(Some(Column::F64(values))) => out.iter_mut().zip(rows).for_each(|(out, &row)| *out = values[row as usize]),
            Some(Some(Column::F32(values))) => {
                out.iter_mut().zip(rows).for_each(|(out, &row)| *out = f64::from(values[row as usize]));
            }
            _ => out.fill(f64::NAN),
        }
    }

    /// Leaves the rows of `order`, in that order.
    pub fn reorder(&mut self, order: &[u32]) {
        self.columns.par_iter_mut().flatten().for_each(|column| match column {
            Column::F64(values) => *values = gather(values, 1, order),
            Column::F32(values) => *values = gather(values, 1, order),
            Column::Codes(_) => {}
        });
    }

    /// The columns that are there, with their features' positions.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.columns.iter().enumerate().filter_map(|(feature, column)| Some((feature, column.as_ref()?)))
    }
}

/// Writes consecutive values of a feature from the row `first` on, in double precision from the first value on that needs it.
fn put(column: &mut Column, first: usize, chunk: &Chunk<'_>) {
    match chunk {
        Chunk::F32(values) => match column {
            Column::F32(to) => to[first..][..values.len()].copy_from_slice(values),
            Column::F64(to) => to[first..].iter_mut().zip(values.iter()).for_each(|(to, &x)| *to = f64::from(x)),
            Column::Codes(_) => {}
        },
        Chunk::F64(values) => put_each(column, values.iter().enumerate().map(|(at, &x)| (first + at, x))),
        Chunk::Sparse { places, values, .. } => {
            put_each(column, places.iter().zip(values).map(|(&at, &x)| (first + at as usize, x)));
        }
        Chunk::Codes(_) => {}
    }
}

fn put_each(column: &mut Column, values: impl Iterator<Item = (usize, f64)>) {
    for (row, x) in values {
        if let Column::F32(narrow) = column {
            if x.is_nan() || f64::from(x as f32) == x {
                narrow[row] = x as f32;
                continue;
            }
            *column = Column::F64(narrow.iter().map(|&x| f64::from(x)).collect());
        }
        if let Column::F64(wide) = column {
            wide[row] = x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FeatureSchema;
    use crate::data::{Block, BlockSource};
    use std::sync::Arc;

    /// Three features in blocks of two rows, each in another kind of chunk.
    struct Blocks;

    const X: [[f64; 3]; 5] =
        [[1.0, 0.5, f64::NAN], [2.0, -0.0, 7.0], [3.0, f64::NAN, f64::NAN], [0.1, 1e300, f64::NAN], [5.0, 4.0, 0.1]];

    impl BlockSource for Blocks {
        fn rows(&self) -> usize {
            X.len()
        }

        fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
            (0..3).rev().try_for_each(|block| {
                let (first_row, x) = (2 * block, &X[2 * block..X.len().min(2 * block + 2)]);
                let column = |feature: usize| x.iter().map(|row| row[feature]).collect::<Vec<f64>>();
                let narrow: Vec<f32> = column(0).iter().map(|&x| x as f32).collect();
                let first = if narrow.iter().zip(column(0)).all(|(&n, x)| f64::from(n) == x) {
                    Chunk::F32(narrow.into())
                } else {
                    Chunk::F64(column(0).into())
                };
                let present = (0..x.len() as u32).filter(|&at| !x[at as usize][2].is_nan());
                let (places, values) = present.map(|at| (at, x[at as usize][2])).unzip();
                let third = Chunk::Sparse { len: x.len(), places, values };
                let columns = vec![(0, first), (1, Chunk::F64(column(1).into())), (2, third)];
                visit(&Block { first_row, rows: x.len(), columns })
            })
        }
    }

    #[test]
    fn values_are_those_of_the_data_bit_for_bit_in_any_order_of_rows() {
        let data = Dataset::new(FeatureSchema::numeric(3), Arc::new(Blocks));
        let mut raw = RawValues::read(&data, |_| true).unwrap();
        let is = |raw: &RawValues, rows: &[usize]| {
            rows.iter().enumerate().all(|(at, &row)| {
                let mut out = [0.0];
                (0..3).all(|feature| {
                    raw.gather(feature, &[at as u32], &mut out);
                    let (found, x) = (raw.get(feature, at), X[row][feature as usize]);
                    (found.to_bits() == x.to_bits() || found.is_nan() && x.is_nan()) && (out[0].to_bits() == found.to_bits())
                })
            })
        };
        assert!(is(&raw, &[0, 1, 2, 3, 4]));
        raw.reorder(&[4, 0, 3]);
        assert!(is(&raw, &[4, 0, 3]));
        let some = RawValues::read(&data, |feature| feature == 1).unwrap();
        assert!(some.get(0, 0).is_nan() && some.get(1, 0) == 0.5 && some.columns().count() == 1);
    }
}
