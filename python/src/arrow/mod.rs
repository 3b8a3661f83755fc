//! Columns from whatever speaks the Arrow PyCapsule interface: polars, pyarrow, duckdb, and others.

mod abi;
mod build;
mod view;

use crate::column::Column;
use crate::error::exception;
use abi::{Array, Schema, Stream};
use build::Building;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sapwood::{Error, Result};

/// The format of a struct, whose children are columns.
const STRUCT: &str = "+s";

/// The columns of a table that comes as a stream of batches.
#[pyfunction]
pub fn arrow_stream_columns(capsule: &Bound<'_, PyCapsule>) -> PyResult<Vec<Column>> {
    let mut stream = Stream::of(capsule)?;
    let schema = stream.schema().map_err(exception)?;
    if schema.top().format().map_err(exception)? != STRUCT {
        return Err(PyValueError::new_err("the data are a single column; give a table, whose columns have names"));
    }
    table(&schema, || stream.next()).map_err(exception)
}

/// The columns of one batch.
#[pyfunction]
pub fn arrow_array_columns(schema: &Bound<'_, PyCapsule>, array: &Bound<'_, PyCapsule>) -> PyResult<Vec<Column>> {
    let (schema, array) = (Schema::of(schema)?, Array::of(array)?);
    if schema.top().format().map_err(exception)? != STRUCT {
        return Err(PyValueError::new_err("the data are a single column; give a table, whose columns have names"));
    }
    let mut batches = Some(array).into_iter();
    table(&schema, || Ok(batches.next())).map_err(exception)
}

/// A column that comes as a stream of arrays.
#[pyfunction]
pub fn arrow_stream_column(name: String, capsule: &Bound<'_, PyCapsule>) -> PyResult<Column> {
    let mut stream = Stream::of(capsule)?;
    let column = || {
        let schema = stream.schema()?;
        let mut building = Building::new(name, schema.top())?;
        while let Some(array) = stream.next()? {
            let array = array.shared();
            building.add(&view::whole(&array, schema.top())?)?;
        }
        building.finish()
    };
    column().map_err(exception)
}

/// The columns of the batches that `next` gives.
fn table(schema: &Schema, mut next: impl FnMut() -> Result<Option<Array>>) -> Result<Vec<Column>> {
    let columns = schema.top().children()?.into_iter().map(|child| Building::new(child.name()?, child));
    let mut columns: Vec<_> = columns.collect::<Result<_>>()?;
    while let Some(batch) = next()? {
        let batch = batch.shared();
        let views = view::columns(&batch, schema.top())?;
        if views.len() != columns.len() {
            return Err(Error::schema("a batch has other columns than its schema"));
        }
        for (column, view) in columns.iter_mut().zip(&views) {
            column.add(view)?;
        }
    }
    columns.into_iter().map(Building::finish).collect()
}
