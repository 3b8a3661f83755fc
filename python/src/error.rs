//! Errors of the engine as Python's exceptions, which `sapwood/_errors.py` declares.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sapwood::{Error, ErrorKind};

/// The exception for a failure: its message, and the parts that are known as attributes.
pub fn exception(error: Error) -> PyErr {
    Python::attach(|py| raised(py, &error).unwrap_or_else(|failure| failure))
}

/// The exception for a failure of the scoring library.
pub fn of_score(error: sapwood_score::Error) -> PyErr {
    exception(error.into())
}

/// A panic of the engine's, which is a defect of Sapwood.
pub fn of_panic() -> PyErr {
    PyRuntimeError::new_err("the engine panicked, which is a defect of Sapwood; the panic's message is on standard error")
}

fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Data => "DataError",
        ErrorKind::Schema => "SchemaError",
        ErrorKind::Parameter | ErrorKind::Configuration => "ParameterError",
        ErrorKind::Io => "FileError",
        ErrorKind::Model | ErrorKind::Checkpoint | ErrorKind::Cache => "ModelError",
        _ => "InternalError",
    }
}

fn raised(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let value = py.import("sapwood._errors")?.getattr(class(error.kind()))?.call1((error.to_string(),))?;
    let details = error.details();
    value.setattr("parameter", &details.parameter)?;
    value.setattr("row", details.row)?;
    value.setattr("column", &details.column_name)?;
    value.setattr("path", details.path.as_ref().map(|path| path.display().to_string()))?;
    value.setattr("remedy", &details.remedy)?;
    Ok(PyErr::from_value(value))
}

/// Warns in Python's way of what the engine has to say.
///
/// # Errors
/// A warning that the caller has turned into an exception.
pub fn warn(py: Python<'_>, messages: &[String]) -> PyResult<()> {
    if !messages.is_empty() {
        py.import("sapwood._errors")?.call_method1("warn", (messages,))?;
    }
    Ok(())
}
