//! A search for parameters.

use crate::callables::Raised;
use crate::dataset::Dataset;
use crate::error::exception;
use crate::like::Like;
use crate::model::Model;
use crate::pool::on_pool;
use crate::training::{served, with_positive_class};
use pyo3::prelude::*;
use sapwood::tune::{Deadline, Parts, Search, Trial, search};
use sapwood::{Params, Result, Trained};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A trial's number, whether it was judged to its end, its parameters, metric, its standard deviation, the best round and the number of rounds.
type Judged = (usize, bool, Vec<(String, String)>, f64, f64, usize, usize);

/// The model, the best trial, all results, whether the search came to its end, warnings, and notes.
type Outcome = (Model, Judged, Vec<Judged>, bool, Vec<String>, Vec<String>);

/// Searches for parameters as `params` say (`tune`, `tune_search`, `tune_time_budget`), and trains with the best. Trials are judged by folds, or by `validation`.
#[pyfunction]
#[pyo3(signature = (params, data, validation=None))]
pub fn tune(
    py: Python<'_>,
    params: Vec<(String, String)>,
    data: Py<Dataset>,
    validation: Option<Py<Dataset>>,
) -> PyResult<Outcome> {
    let started = Instant::now();
    let what = Search::new(params, validation.is_some()).map_err(exception)?;
    let (params, notes) = Params::from_pairs(what.given.clone()).map_err(exception)?;
    let deadline = what.time_budget.map(|budget| Deadline::new(started, budget));
    let (data, validation) = (data.get(), validation.as_ref().map(|data| data.get()));
    let found = served(py, &Raised::default(), None, |rounds| {
        let interrupted = rounds.stop();
        let stop = || interrupted.load(Ordering::Relaxed) || deadline.as_ref().is_some_and(Deadline::is_near);
        let mut results = Vec::new();
        let mut tell = |trial: &Trial| {
            deadline.iter().for_each(|deadline| deadline.judged(trial));
            results.push(judged(trial));
        };
        let (found, trained) = on_pool(params.nthread, || -> Result<_> {
            let train = with_positive_class(data.engine(None)?, &params)?;
            let validation = validation.map(|data| like(data, &train, &params)).transpose()?;
            let parts = Parts::new(train, validation, &params)?;
            let judges = parts.judges(&params)?;
            let found = search(&what, &judges, &[], &mut tell, &stop)?;
            let trained = judges.fit(&what.params_of(&found.best)?, &found.best.judgement)?;
            Ok((found, trained))
        })??;
        Ok((found, trained, results))
    });
    let (found, Trained { model, warnings, .. }, results) = found?.map_err(exception)?;
    Ok((
        Model::new(model)?,
        judged(&found.best),
        results,
        found.is_complete,
        warnings,
        notes.iter().map(ToString::to_string).collect(),
    ))
}

/// A data set as the training data are.
fn like(data: &Dataset, train: &sapwood::Dataset, params: &Params) -> Result<sapwood::Dataset> {
    let data = data.engine(Some(Like::training_data(train))).map_err(|error| error.within("validation"))?;
    with_positive_class(data, params)
}

fn judged(trial: &Trial) -> Judged {
    let judgement = &trial.judgement;
    (
        trial.number,
        trial.finished,
        trial.parameters.clone(),
        judgement.value,
        judgement.deviation,
        judgement.best_round,
        judgement.rounds,
    )
}
