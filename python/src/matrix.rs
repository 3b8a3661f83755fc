//! [`Matrix`]: a numpy array of two dimensions as features, in whatever order it lies in memory.
#![expect(unsafe_code, reason = "numpy owns the memory; each block says what makes it valid")]

use crate::number::{Number, Wide};
use numpy::{Element, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use rayon::prelude::*;
use sapwood::data::{Block, BlockSource, Chunk, FeatureSource};
use sapwood::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A matrix of numbers, row by feature.
pub trait Rows: BlockSource {
    /// The number of columns.
    fn width(&self) -> usize;

    /// Appends rows `first..first + count` to `out`, row by row.
    ///
    /// # Errors
    /// A value that cannot be one of a feature.
    fn append(&self, first: usize, count: usize, out: &mut Vec<f64>) -> Result<()>;
}

/// The values of columns that lie side by side; none of those that were handed out.
type Group<T> = Mutex<Vec<Option<Vec<T>>>>;

/// An array of numpy's. It stays where it is, and must not be changed while it is in use.
struct Matrix<T: Number> {
    values: *const T,
    rows: usize,
    columns: usize,
    /// From a value to that of the next row, and of the next column, in values.
    strides: [isize; 2],
    /// What features are called, for messages.
    names: Option<Arc<[String]>>,
    /// Columns that were read together and not asked for yet.
    groups: Vec<Group<T::Wide>>,
    /// Keeps the memory alive.
    _owner: Py<PyAny>,
}

// SAFETY: the values are only read, and `Py` may be dropped on any thread.
unsafe impl<T: Number> Send for Matrix<T> {}
// SAFETY: the same.
unsafe impl<T: Number> Sync for Matrix<T> {}

/// Rows that are turned from row by row to column by column at a time, so that they stay in the cache.
const TILE_ROWS: usize = 64;

/// Values that a block may have at most, where they are copied.
const BLOCK_VALUES: usize = 1 << 20;

/// Rows of a block whose values stay where they are.
const BLOCK_ROWS: usize = 65_536;

/// Bytes that the processor reads at a time: columns within are read together.
const CACHE_LINE: usize = 64;

/// Bytes that columns which are read together may have.
const GROUP_BYTES: usize = 64 << 20;

impl<T: Number> Matrix<T> {
    fn value(&self, row: usize, column: usize) -> T {
        assert!(row < self.rows && column < self.columns, "callers stay within the shape");
        // SAFETY: within the shape, so that numpy's strides lead to a value; `of` has checked its alignment, and `_owner` keeps it alive.
        unsafe { *self.values.offset(row as isize * self.strides[0] + column as isize * self.strides[1]) }
    }

    /// A whole row, if its values lie side by side.
    fn row(&self, row: usize) -> Option<&[T]> {
        if self.strides[1] != 1 || self.columns == 0 {
            return None;
        }
        assert!(row < self.rows, "callers stay within the shape");
        // SAFETY: as in `value`; the values of all columns follow the first, as the stride of columns is one value.
        Some(unsafe { std::slice::from_raw_parts(self.values.offset(row as isize * self.strides[0]), self.columns) })
    }

    /// Refuses a value, among those of a row from the column `first` on, that cannot be one of a feature.
    fn check_row(&self, row: usize, first: usize, values: &[T]) -> Result<()> {
        // A loop without a way out is done by vectors.
        let is_wrong = values.iter().fold(false, |is_wrong, value| is_wrong | value.fault().is_some());
        let found = if is_wrong { values.iter().enumerate().find_map(|(at, value)| Some((at, value.fault()?))) } else { None };
        found.map_or(Ok(()), |(column, fault)| Err(self.refuse(row, first + column, fault)))
    }

    /// A whole column, if its values lie side by side in a type of the engine's.
    fn column(&self, column: usize) -> Option<&[T::Wide]> {
        if self.strides[0] != 1 || self.rows == 0 {
            return None;
        }
        // SAFETY: as in `value`; the values of all rows follow the first, as the stride of rows is one value.
        let values = unsafe { std::slice::from_raw_parts(self.values.offset(column as isize * self.strides[1]), self.rows) };
        T::as_wide(values)
    }

    fn is_by_column(&self) -> bool {
        self.columns > 0 && self.column(0).is_some()
    }

    fn refuse(&self, row: usize, column: usize, fault: &str) -> Error {
        let name = self.names.as_ref().and_then(|names| names.get(column));
        let name = name.map_or_else(|| format!("f{column}"), String::clone);
        let error = Error::data(format!("row {row} (counted from 0), column {name}: {fault}"));
        error.with_row(row as u64).with_column_name(name)
    }

    /// The values of some rows and columns, column by column.
    fn transposed(&self, rows: Range<usize>, columns: Range<usize>) -> Result<Vec<Vec<T::Wide>>> {
        let mut made: Vec<Vec<T::Wide>> = columns.clone().map(|_| Vec::with_capacity(rows.len())).collect();
        for tile in rows.clone().step_by(TILE_ROWS) {
            let rows = tile..rows.end.min(tile + TILE_ROWS);
            let slices = rows.clone().map(|row| self.row(row).map(|values| &values[columns.clone()]));
            if let Some(slices) = slices.collect::<Option<Vec<_>>>() {
                rows.clone().zip(&slices).try_for_each(|(row, values)| self.check_row(row, columns.start, values))?;
                for (column, values) in made.iter_mut().enumerate() {
                    values.extend(slices.iter().map(|row| row[column].wide()));
                }
                continue;
            }
            for (column, values) in columns.clone().zip(&mut made) {
                for row in rows.clone() {
                    let value = self.value(row, column);
                    if let Some(fault) = value.fault() {
                        return Err(self.refuse(row, column, fault));
                    }
                    values.push(value.wide());
                }
            }
        }
        Ok(made)
    }

    /// How many columns are read together.
    fn group_width(&self) -> usize {
        let most = GROUP_BYTES / (size_of::<T::Wide>() * self.rows.max(1));
        (CACHE_LINE / size_of::<T>()).min(most).max(1)
    }

    /// A column that does not lie in memory as one. It is read with its neighbours, which wait for whoever asks for them.
    fn gathered(&self, column: usize) -> Result<Vec<T::Wide>> {
        let width = self.group_width();
        let mut group = self.groups[column / width].lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = group.get_mut(column % width).and_then(Option::take);
        if let Some(values) = waiting {
            return Ok(values);
        }
        let first = column - column % width;
        *group = self.transposed(0..self.rows, first..self.columns.min(first + width))?.into_iter().map(Some).collect();
        group[column % width].take().ok_or_else(|| Error::internal("a column was read and is not there"))
    }

    /// A block whose values stay where they are.
    fn in_place(&self, first_row: usize, rows: usize) -> Block<'_> {
        let columns = (0..self.columns).filter_map(|column| Some((column, self.column(column)?.get(first_row..first_row + rows)?)));
        let columns = columns.map(|(column, values)| (column, T::Wide::chunk(Cow::Borrowed(values))));
        Block { first_row, rows, columns: columns.collect() }
    }

    fn copied(&self, first_row: usize, rows: usize) -> Result<Block<'_>> {
        let columns = self
            .transposed(first_row..first_row + rows, 0..self.columns)?
            .into_iter()
            .map(|values| T::Wide::chunk(Cow::Owned(values)));
        Ok(Block { first_row, rows, columns: columns.enumerate().collect() })
    }
}

impl<T: Number> BlockSource for Matrix<T> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn visit(&self, visit: &(dyn Fn(&Block<'_>) -> Result<()> + Sync)) -> Result<()> {
        let in_place = self.is_by_column();
        let step = match in_place {
            true => BLOCK_ROWS,
            false => (BLOCK_VALUES / self.columns.max(1)).clamp(TILE_ROWS, BLOCK_ROWS).next_multiple_of(TILE_ROWS),
        };
        (0..self.rows.div_ceil(step)).into_par_iter().try_for_each(|block| {
            let first = block * step;
            let rows = step.min(self.rows - first);
            visit(&if in_place { self.in_place(first, rows) } else { self.copied(first, rows)? })
        })
    }

    fn by_feature(&self) -> Option<&dyn FeatureSource> {
        (self.columns > 0).then_some(self)
    }
}

impl<T: Number> FeatureSource for Matrix<T> {
    fn feature(&self, feature: usize) -> Result<Vec<Chunk<'_>>> {
        let Some(values) = self.column(feature) else {
            return Ok(vec![T::Wide::chunk(Cow::Owned(self.gathered(feature)?))]);
        };
        Ok(vec![T::Wide::chunk(Cow::Borrowed(values))])
    }
}

impl<T: Number> Rows for Matrix<T> {
    fn width(&self) -> usize {
        self.columns
    }

    fn append(&self, first: usize, count: usize, out: &mut Vec<f64>) -> Result<()> {
        for row in first..first + count {
            if let Some(values) = self.row(row) {
                self.check_row(row, 0, values)?;
                out.extend(values.iter().map(|value| value.wide().double()));
                continue;
            }
            for column in 0..self.columns {
                let value = self.value(row, column);
                if let Some(fault) = value.fault() {
                    return Err(self.refuse(row, column, fault));
                }
                out.push(value.wide().double());
            }
        }
        Ok(())
    }
}

fn of<T: Number + Element>(array: &Bound<'_, PyAny>, names: Option<&Arc<[String]>>) -> Option<PyResult<Arc<dyn Rows>>> {
    let array = array.cast::<PyArray2<T>>().ok()?;
    let (&[rows, columns], &[row, column]) = (array.shape(), array.strides()) else { return None };
    let size = size_of::<T>() as isize;
    if !array.is_aligned() || row % size != 0 || column % size != 0 {
        return Some(Err(PyTypeError::new_err(
            "the array's values do not lie at their type's alignment; copy it (numpy.array(x))",
        )));
    }
    let mut matrix = Matrix {
        values: array.data().cast_const(),
        rows,
        columns,
        strides: [row / size, column / size],
        names: names.cloned(),
        groups: Vec::new(),
        _owner: array.clone().into_any().unbind(),
    };
    matrix.groups.resize_with(columns.div_ceil(matrix.group_width()), Mutex::default);
    Some(Ok(Arc::new(matrix)))
}

/// The matrix that an array of numpy's is; `None` where it has other than two dimensions, or none of numbers in the machine's byte order.
pub fn matrix(array: &Bound<'_, PyAny>, names: Option<&Arc<[String]>>) -> Option<PyResult<Arc<dyn Rows>>> {
    of::<f64>(array, names)
        .or_else(|| of::<f32>(array, names))
        .or_else(|| of::<i64>(array, names))
        .or_else(|| of::<i32>(array, names))
        .or_else(|| of::<bool>(array, names))
        .or_else(|| of::<u8>(array, names))
        .or_else(|| of::<i8>(array, names))
        .or_else(|| of::<i16>(array, names))
        .or_else(|| of::<u16>(array, names))
        .or_else(|| of::<u32>(array, names))
        .or_else(|| of::<u64>(array, names))
}
