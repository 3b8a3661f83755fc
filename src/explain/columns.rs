//! All values of a data set in memory, column by column.

use crate::data::{Chunk, MISSING_CODE};
use crate::{Dataset, Error, Result, memory};
use std::sync::{Mutex, PoisonError};

/// The values of each column, codes as numbers, missing ones as NaN.
///
/// # Errors
/// Data that cannot be read, or do not fit into memory.
pub(super) fn columns_of(data: &Dataset) -> Result<Vec<Vec<f64>>> {
    let (rows, columns) = (data.rows(), data.schema().len());
    let bytes = (rows as u64).saturating_mul(columns as u64).saturating_mul(size_of::<f64>() as u64);
    if let Some(limit) = memory::limit().filter(|&limit| bytes > limit) {
        return Err(Error::data(format!(
            "{rows} rows of {columns} features take {} MiB, this process may use {} MiB; give fewer rows",
            bytes >> 20,
            limit >> 20
        )));
    }
    let all: Vec<_> = (0..columns).map(|_| Mutex::new(vec![f64::NAN; rows])).collect();
    data.source().visit_rows(&|block| {
        for (column, chunk) in &block.columns {
            let place = all.get(*column).ok_or_else(|| Error::internal("a block has a column that its data set does not have"))?;
            let mut values = place.lock().unwrap_or_else(PoisonError::into_inner);
            let values = values.get_mut(block.first_row..block.first_row + block.rows);
            fill(values.ok_or_else(|| Error::internal("a block lies beyond the rows of its data set"))?, chunk);
        }
        Ok(())
    })?;
    Ok(all.into_iter().map(|column| column.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

fn fill(values: &mut [f64], chunk: &Chunk<'_>) {
    let number = |code: u32| if code == MISSING_CODE { f64::NAN } else { f64::from(code) };
    match chunk {
        Chunk::F64(chunk) => values.copy_from_slice(chunk),
        Chunk::F32(chunk) => values.iter_mut().zip(chunk.iter()).for_each(|(value, x)| *value = f64::from(*x)),
        Chunk::Codes(codes) => values.iter_mut().zip(codes.iter()).for_each(|(value, code)| *value = number(*code)),
        Chunk::Sparse { places, values: present, .. } => {
            places.iter().zip(present.iter()).for_each(|(&row, &x)| values[row as usize] = x);
        }
    }
}
