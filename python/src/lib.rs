//! The native part of the Python package `sapwood`: data sets over Python's memory, training, and models. `python/sapwood` wraps it.

mod arrow;
mod callables;
mod column;
mod cross_validation;
mod dataset;
mod error;
#[cfg_attr(not(feature = "files"), path = "no_files.rs")]
mod files;
mod finite;
mod foreign;
mod frame;
mod like;
mod matrix;
mod model;
mod number;
mod pool;
mod sparse;
mod tables;
mod training;
mod tuning;

use pyo3::pymodule;

/// The native part of `sapwood`.
// A build of CPython without the global lock turns it on: nothing has been tried without.
#[pymodule(gil_used = true)]
mod _sapwood {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::arrow::{arrow_array_columns, arrow_stream_column, arrow_stream_columns};
    #[pymodule_export]
    use super::column::Column;
    #[pymodule_export]
    use super::cross_validation::cv;
    #[pymodule_export]
    use super::dataset::Dataset;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::tables::{metric_is_higher_better, num_outputs, params_table};
    #[pymodule_export]
    use super::training::train;
    #[pymodule_export]
    use super::tuning::tune;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("reads_files", cfg!(feature = "files"))
    }
}
