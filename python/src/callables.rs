//! Losses and metrics that are Python's functions.
//!
//! They are called on the trainer's threads, one at a time, with the rows in the order of the data set. The first exception that one raises is
//! kept, and ends training with the round.

use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sapwood::collective::Collective;
use sapwood::data::TargetsView;
use sapwood::metric::{Evaluation, Metric};
use sapwood::objective::{GradientPair, Loss, Round};
use sapwood_score::Link;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the first exception is kept.
#[derive(Clone, Default)]
pub struct Raised(Arc<Mutex<Option<PyErr>>>);

impl Raised {
    pub fn keep(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    pub fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn is_some(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// A loss whose gradients a function of Python's computes: margins of the rows that have weight → first and second derivatives, which do not
/// have the rows' weights yet if `weighs` says so.
pub struct PythonLoss {
    pub function: Arc<Py<PyAny>>,
    pub base_score: f64,
    pub raised: Raised,
    /// Those of the coming round, as far as they were asked for.
    pairs: Mutex<Option<Vec<GradientPair>>>,
}

impl PythonLoss {
    pub fn new(function: Arc<Py<PyAny>>, base_score: f64, raised: Raised) -> Self {
        Self { function, base_score, raised, pairs: Mutex::default() }
    }

    fn call(&self, round: &Round<'_>) -> PyResult<Vec<GradientPair>> {
        Python::attach(|py| {
            let margins = PyArray1::from_slice(py, round.margins_of(0));
            let weights = round.targets.weights().map(|weights| PyArray1::from_slice(py, weights));
            let (grad, hess): (PyReadonlyArray1<'_, f64>, PyReadonlyArray1<'_, f64>) =
                self.function.bind(py).call1((margins, weights))?.extract()?;
            let (grad, hess) = (grad.as_array(), hess.as_array());
            let rows = round.targets.rows();
            if grad.len() != rows || hess.len() != rows {
                let found = if grad.len() == rows { hess.len() } else { grad.len() };
                return Err(PyValueError::new_err(format!("the objective gave {found} derivatives for {rows} rows")));
            }
            let is_wrong = |(grad, hess): (&f64, &f64)| !grad.is_finite() || !hess.is_finite() || *hess < 0.0;
            if let Some(row) = grad.iter().zip(hess).position(is_wrong) {
                return Err(PyValueError::new_err(format!(
                    "the objective gave the derivatives {} and {} at row {row} (counted from 0, rows of weight 0 left out); both must be finite, \
                     and the second one not negative",
                    grad[row], hess[row]
                )));
            }
            Ok(grad.iter().zip(hess).map(|(grad, hess)| GradientPair::new(*grad, *hess)).collect())
        })
    }

    fn pairs(&self, round: &Round<'_>) -> Vec<GradientPair> {
        let mut kept = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get_or_insert_with(|| {
            self.call(round).unwrap_or_else(|error| {
                self.raised.keep(error);
                vec![GradientPair::default(); round.targets.rows()]
            })
        })
        .clone()
    }
}

impl Loss for PythonLoss {
    fn base_score(&self, _: TargetsView<'_>, _: &dyn Collective) -> sapwood::Result<Vec<f64>> {
        Ok(vec![self.base_score])
    }

    fn start_round(&mut self, number: usize, _: &Round<'_>, _: &dyn Collective) {
        // Those of the first round were computed to see how large they are.
        if number > 0 {
            *self.pairs.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn gradients(&self, _output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
        out.copy_from_slice(&self.pairs(round));
    }
}

/// A metric that a function of Python's computes from predictions: of shape (rows,), or (rows, outputs).
pub struct PythonMetric {
    pub name: String,
    pub higher_is_better: bool,
    /// Predictions and the position of their data set → a number.
    pub function: Py<PyAny>,
    /// What turns margins into predictions.
    pub link: Link,
    pub raised: Raised,
    /// How many data sets were evaluated so far, all of them in every round.
    pub calls: Mutex<usize>,
    pub sets: usize,
}

impl PythonMetric {
    fn call(&self, evaluation: &Evaluation<'_>) -> PyResult<f64> {
        let rows = evaluation.targets.rows();
        let outputs = evaluation.margins.len().checked_div(rows).unwrap_or_default();
        let set = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            *calls += 1;
            (*calls - 1) % self.sets
        };
        let mut predictions = Vec::with_capacity(rows * outputs);
        for row in 0..rows {
            let start = predictions.len();
            predictions.extend((0..outputs).map(|output| evaluation.margins[output * rows + row]));
            self.link.apply(&mut predictions[start..]);
        }
        Python::attach(|py| {
            let predictions = predictions.into_pyarray(py);
            let predictions = if outputs == 1 {
                predictions.into_any()
            } else {
                PyArrayMethods::reshape(&predictions, [rows, outputs])?.into_any()
            };
            self.function.bind(py).call1((predictions, set))?.extract()
        })
    }
}

impl Metric for PythonMetric {
    fn name(&self) -> &str {
        &self.name
    }

    fn higher_is_better(&self) -> bool {
        self.higher_is_better
    }

    fn evaluate(&self, evaluation: &Evaluation<'_>) -> f64 {
        self.call(evaluation).unwrap_or_else(|error| {
            self.raised.keep(error);
            f64::NAN
        })
    }
}
