//! Cross-validation.

use crate::callables::Raised;
use crate::dataset::Dataset;
use crate::error::exception;
use crate::model::Model;
use crate::pool::on_pool;
use crate::training::{Values, parsed, served};
use pyo3::prelude::*;
use sapwood::Observer;
use sapwood::boost::{CrossValidated, cross_validate};

/// Models, the means of all rounds and their spreads, warnings, and notes.
type Outcome = (Vec<Model>, Vec<Values>, Vec<Vec<f64>>, Vec<String>, Vec<String>);

/// Trains a model for each fold. `on_round` is called on this thread after every round with its number and means, and ends training by `False`.
#[pyfunction]
#[pyo3(signature = (params, data, on_round=None))]
pub fn cv(py: Python<'_>, params: Vec<(String, String)>, data: Py<Dataset>, on_round: Option<Py<PyAny>>) -> PyResult<Outcome> {
    let (params, notes) = parsed(params)?;
    let data = data.get();
    let trained = served(py, &Raised::default(), on_round.as_ref(), |rounds| {
        let folds = on_pool(params.nthread, || {
            let data = data.engine(None)?;
            let class = params.positive_class.as_deref();
            class.map_or(Ok(data.clone()), |class| data.with_positive_class(class))?.folds(&params)
        })??;
        cross_validate(&params, &folds, &[], &mut |report| rounds.round(&report.mean))
    });
    let CrossValidated { models, history, warnings, .. } = trained?.map_err(exception)?;
    let models = models.into_iter().map(Model::new).collect::<PyResult<_>>()?;
    let (means, spreads) = history.into_iter().map(|report| (report.mean.values, report.deviation)).unzip();
    Ok((models, means, spreads, warnings, notes))
}
