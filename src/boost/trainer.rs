//! [`Trainer::fit`]: data and parameters in, a model out.

use super::events::{Observer, RoundReport};
use crate::{Dataset, Model, Params, Result};

/// Trains models.
pub struct Trainer<'a> {
    params: Params,
    validation: Vec<(String, &'a Dataset)>,
}

/// Seconds spent per phase of training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// Finding cuts and filling the binned matrices.
    pub bin: f64,
    /// Growing trees.
    pub train: f64,
    /// Metrics.
    pub evaluate: f64,
}

/// A model and how it came about.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Metrics of the round that the model keeps as its last.
    pub report: RoundReport,
    /// Metrics of every round, also those that early stopping dropped.
    pub history: Vec<RoundReport>,
    /// Seconds per phase.
    pub seconds: Phases,
    /// The number of threads used.
    pub threads: usize,
    /// What deserves the user's attention.
    pub warnings: Vec<String>,
}

impl<'a> Trainer<'a> {
    /// A trainer with these parameters.
    pub fn new(params: Params) -> Self {
        Self { params, validation: Vec::new() }
    }

    /// Adds a data set that every round is evaluated on, under a name of its own (`validation`).
    #[must_use]
    pub fn validation(mut self, name: &str, data: &'a Dataset) -> Self {
        self.validation.push((name.to_string(), data));
        self
    }

    /// Trains a model.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other.
    pub fn fit(&self, train: &Dataset) -> Result<Model> {
        self.fit_observed(train, &mut ()).map(|trained| trained.model)
    }

    /// Trains a model and reports every round to `observer`.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other.
    pub fn fit_observed(&self, train: &Dataset, observer: &mut dyn Observer) -> Result<Trained> {
        let _ = (train, observer, &self.params, &self.validation);
        Err(crate::Error::internal("not written yet"))
    }
}
