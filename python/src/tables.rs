//! What the engine knows about parameters and metrics.

use crate::dataset::Dataset;
use crate::error::exception;
use crate::training::parsed;
use pyo3::prelude::*;
use sapwood::metric::{Better, known};
use sapwood::{objective, params};

/// The table of parameters as text, JSON.
#[pyfunction]
pub fn params_table() -> String {
    params::json().to_string()
}

/// The number of margins that a row has.
#[pyfunction]
pub fn num_outputs(params: Vec<(String, String)>, data: &Bound<'_, Dataset>) -> PyResult<usize> {
    let (params, _) = parsed(params)?;
    let count = || objective::num_outputs(&params, &data.get().engine(None)?);
    count().map_err(exception)
}

/// Whether a metric is better the higher it is.
#[pyfunction]
pub fn metric_is_higher_better(name: &str) -> PyResult<bool> {
    let base = name.split_once('@').map_or(name, |(base, _)| base);
    Ok(known(base.trim_end_matches('-')).map_err(exception)?.better == Better::Higher)
}
