//! Batch prediction on all threads.

use crate::{Dataset, Model, Result};

/// Margins of every row, row by row (`rows × outputs`), base margins of the data set counted. Runs on the current thread pool.
///
/// # Errors
/// Data that do not fit the model's schema, or cannot be read.
pub fn predict_margins(model: &Model, data: &Dataset) -> Result<Vec<f64>> {
    let _ = (model, data);
    Err(crate::Error::internal("not written yet"))
}
