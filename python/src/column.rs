//! [`Column`]: a column of a frame, with a name and a type.

use crate::error::exception;
use crate::foreign::{Buffer, Foreign};
use crate::number::{Number, Wide};
use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use sapwood::data::{Chunk, MISSING_CODE};
use sapwood::{Error, FeatureKind, Result};
use sapwood_score::write_number;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The values of a column.
pub enum Values {
    F64(Buffer<f64>),
    F32(Buffer<f32>),
    /// Codes of levels, and the levels' texts; codes that are none are missing.
    Levels {
        codes: Vec<u32>,
        levels: Vec<String>,
        are_numbers: bool,
    },
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Self::F64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::Levels { codes, .. } => codes.len(),
        }
    }

    /// The numbers of some rows; none where the column has levels.
    pub fn numbers(&self, rows: Range<usize>) -> Option<Chunk<'_>> {
        match self {
            Self::F64(values) => values.get(rows).map(|values| Chunk::F64(Cow::Borrowed(values))),
            Self::F32(values) => values.get(rows).map(|values| Chunk::F32(Cow::Borrowed(values))),
            Self::Levels { .. } => None,
        }
    }
}

/// A column of a frame. Nothing of it changes once it is made.
#[pyclass(frozen, module = "sapwood._sapwood")]
pub struct Column {
    pub name: String,
    /// Of a column with levels, any categorical one: its levels are `values`'.
    pub kind: FeatureKind,
    pub values: Arc<Values>,
}

impl Column {
    pub fn new(name: String, kind: FeatureKind, values: Values) -> Self {
        Self { name, kind, values: Arc::new(values) }
    }

    /// A column of levels.
    pub fn of_levels(name: String, codes: Vec<u32>, levels: Vec<String>, are_numbers: bool) -> Self {
        Self::new(name, FeatureKind::Categorical { levels: Vec::new() }, Values::Levels { codes, levels, are_numbers })
    }
}

#[pymethods]
impl Column {
    /// Numbers; NaN is missing. An array of doubles or floats without gaps stays where it is.
    #[staticmethod]
    fn numeric(name: String, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = numbers(&name, values)?;
        Ok(Self::new(name, FeatureKind::Numeric, values))
    }

    /// Truth values: 0, 1, or NaN.
    #[staticmethod]
    fn boolean(name: String, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = numbers(&name, values)?;
        Ok(Self::new(name, FeatureKind::Boolean, values))
    }

    /// Microseconds since 1970, or NaN.
    #[staticmethod]
    fn datetime(name: String, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = numbers(&name, values)?;
        Ok(Self::new(name, FeatureKind::Datetime, values))
    }

    /// Days since 1970, or NaN.
    #[staticmethod]
    fn date(name: String, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = numbers(&name, values)?;
        Ok(Self::new(name, FeatureKind::Date, values))
    }

    /// Positions in `levels`, which are texts; a negative position is missing.
    #[staticmethod]
    fn categorical(name: String, codes: PyReadonlyArray1<'_, i64>, levels: Vec<String>) -> Self {
        Self::of_levels(name, codes_of(&codes), levels, false)
    }

    /// Positions in `levels`, which are numbers; a negative position is missing.
    #[staticmethod]
    fn categorical_numbers(name: String, codes: PyReadonlyArray1<'_, i64>, levels: Vec<f64>) -> Self {
        Self::of_levels(name, codes_of(&codes), levels.into_iter().map(text).collect(), true)
    }

    /// The same with its numbers as levels.
    fn as_categorical(&self) -> PyResult<Self> {
        let numbers = self.values.numbers(0..self.values.len());
        let is_numeric = matches!(self.kind, FeatureKind::Numeric | FeatureKind::Boolean);
        let Some(numbers) = numbers.filter(|_| is_numeric) else {
            let Self { name, kind, values } = self;
            return Ok(Self { name: name.clone(), kind: kind.clone(), values: Arc::clone(values) });
        };
        let values: Vec<_> = (0..numbers.len()).map(|row| numbers.get(row)).collect();
        let mut distinct: Vec<_> = values.iter().copied().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let code = |value: &f64| match value.is_nan() {
            true => MISSING_CODE,
            false => distinct.partition_point(|level| level < value) as u32,
        };
        let codes = values.iter().map(code).collect();
        Ok(Self::of_levels(self.name.clone(), codes, distinct.iter().copied().map(text).collect(), true))
    }

    /// The values for people to look at: doubles, or the texts of levels. A missing one is NaN or none.
    fn shown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let doubles = |values: Vec<f64>| values.into_pyarray(py).into_any();
        match &*self.values {
            Values::F64(values) => Ok(doubles(values.to_vec())),
            Values::F32(values) => Ok(doubles(values.iter().map(|value| f64::from(*value)).collect())),
            Values::Levels { codes, levels, .. } => {
                let texts: Vec<_> = codes.iter().map(|code| levels.get(*code as usize)).collect();
                texts.into_pyobject(py)
            }
        }
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.kind.word()
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }
}

/// A number as the text of a level.
pub fn text(number: f64) -> String {
    let mut text = String::new();
    write_number(number, &mut text);
    text
}

fn codes_of(codes: &PyReadonlyArray1<'_, i64>) -> Vec<u32> {
    codes.as_array().iter().map(|&code| u32::try_from(code).unwrap_or(MISSING_CODE)).collect()
}

/// The numbers of an array of one dimension.
fn numbers(name: &str, array: &Bound<'_, PyAny>) -> PyResult<Values> {
    let found = floats::<f64>(array, Values::F64).or_else(|| floats::<f32>(array, Values::F32));
    let found = found.map(Ok);
    let found = found
        .or_else(|| converted::<i64>(name, array, Values::F64))
        .or_else(|| converted::<i32>(name, array, Values::F64))
        .or_else(|| converted::<bool>(name, array, Values::F32))
        .or_else(|| converted::<u8>(name, array, Values::F32))
        .or_else(|| converted::<i8>(name, array, Values::F32))
        .or_else(|| converted::<i16>(name, array, Values::F32))
        .or_else(|| converted::<u16>(name, array, Values::F32))
        .or_else(|| converted::<u32>(name, array, Values::F64))
        .or_else(|| converted::<u64>(name, array, Values::F64));
    found.unwrap_or_else(|| Err(PyTypeError::new_err(format!("column {name}: not an array of numbers of one dimension"))))
}

fn floats<T: Wide + Element>(array: &Bound<'_, PyAny>, of: impl Fn(Buffer<T>) -> Values) -> Option<Values> {
    let array = array.cast::<PyArray1<T>>().ok()?;
    if !array.is_contiguous() || !array.is_aligned() {
        return Some(of(Buffer::Owned(array.readonly().as_array().to_vec())));
    }
    #[expect(unsafe_code, reason = "numpy owns the memory")]
    // SAFETY: the array is contiguous and aligned, and lives as long as its owner, which is itself.
    let values = unsafe { Foreign::new(array.data().cast_const(), array.len(), Arc::new(array.clone().into_any().unbind())) };
    Some(of(Buffer::Foreign(values)))
}

fn converted<T: Number + Element>(
    name: &str,
    array: &Bound<'_, PyAny>,
    of: impl Fn(Buffer<T::Wide>) -> Values,
) -> Option<PyResult<Values>> {
    let array = array.cast::<PyArray1<T>>().ok()?.readonly();
    let values = wide(name, array.as_array().iter().copied());
    Some(values.map(|values| of(Buffer::Owned(values))).map_err(exception))
}

/// Numbers in the engine's type.
///
/// # Errors
/// An integer that the engine's type does not have.
pub fn wide<T: Number>(name: &str, values: impl Iterator<Item = T>) -> Result<Vec<T::Wide>> {
    let value = |(row, value): (usize, T)| match value.fault() {
        Some(fault) => {
            let error = Error::data(format!("row {row} (counted from 0), column {name}: {fault}"));
            Err(error.with_row(row as u64).with_column_name(name))
        }
        None => Ok(value.wide()),
    };
    values.enumerate().map(value).collect()
}
