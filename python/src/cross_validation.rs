//! Cross-validation.

use crate::callables::Raised;
use crate::dataset::Dataset;
use crate::error::exception;
use crate::model::Model;
use crate::pool::on_pool;
use crate::training::{Values, parsed, served, with_positive_class};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use sapwood::boost::{CrossValidated, cross_validate, out_of_fold};
use sapwood::data::Fold;
use sapwood::{Observer, Params, Result};
use sapwood_score::Output;

/// The rows that a fold learns from, and those that it is judged by.
type Parts<'py> = (PyReadonlyArray1<'py, u64>, PyReadonlyArray1<'py, u64>);

/// Models, the means of all rounds and their spreads, what folds predict of the rows that they hold out, warnings, and notes.
type Outcome<'py> = (Vec<Model>, Vec<Values>, Vec<Vec<f64>>, Option<Bound<'py, PyAny>>, Vec<String>, Vec<String>);

/// Trains a model for each fold: each of `folds`, or as parameters say. `on_round` is called on this thread after every round with its number and
/// means, and ends training by `False`.
#[pyfunction]
#[pyo3(signature = (params, data, folds=None, predicts=false, on_round=None))]
pub fn cv<'py>(
    py: Python<'py>,
    params: Vec<(String, String)>,
    data: Py<Dataset>,
    folds: Option<Vec<Parts<'py>>>,
    predicts: bool,
    on_round: Option<Py<PyAny>>,
) -> PyResult<Outcome<'py>> {
    let (params, notes) = parsed(params)?;
    let data = data.get();
    let rows = |part: &PyReadonlyArray1<'_, u64>| part.as_array().iter().map(|row| *row as usize).collect();
    let folds = folds.map(|folds| folds.iter().map(|(learned, held_out)| (rows(learned), rows(held_out))).collect::<Vec<_>>());
    let trained = served(py, &Raised::default(), on_round.as_ref(), |rounds| {
        let folds = on_pool(params.nthread, || made(&params, data, folds))??;
        let trained = cross_validate(&params, &folds, &[], &mut |report| rounds.round(&report.mean))?;
        let predict = || out_of_fold(&trained.models, &folds, data.row_count(), Output::Value);
        let predictions = predicts.then(|| on_pool(params.nthread, predict)).transpose()?.transpose()?;
        Ok((trained, predictions))
    });
    let (CrossValidated { models, history, warnings, .. }, predictions) = trained?.map_err(exception)?;
    let models = models.into_iter().map(Model::new).collect::<PyResult<Vec<_>>>()?;
    let predictions = models.first().zip(predictions).map(|(model, values)| model.array(py, Output::Value, values)).transpose()?;
    let (means, spreads) = history.into_iter().map(|report| (report.mean.values, report.deviation)).unzip();
    Ok((models, means, spreads, predictions, warnings, notes))
}

fn made(params: &Params, data: &Dataset, folds: Option<Vec<(Vec<usize>, Vec<usize>)>>) -> Result<Vec<Fold>> {
    let data = with_positive_class(data.engine(None)?, params)?;
    let Some(folds) = folds else { return data.folds(params) };
    let fold = |(number, (learned, held_out)): (usize, &(Vec<usize>, Vec<usize>))| {
        data.fold(learned, held_out).map_err(|error| error.within(&format!("fold {number}")))
    };
    folds.iter().enumerate().map(fold).collect()
}
