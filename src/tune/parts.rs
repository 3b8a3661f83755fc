//! [`Parts`]: what trials learn, and what they are judged by.

use super::judges::Judges;
use crate::data::Fold;
use crate::{Dataset, Params, Result};

/// The data of a search: rows to learn from, and folds of them or a validation set.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The rows that the model learns from, and trials of folds a part of.
    pub data: Dataset,
    /// Folds, where there is no validation set.
    pub folds: Vec<Fold>,
    /// The validation set.
    pub validation: Option<Dataset>,
}

impl Parts {
    /// Data with a validation set of their own, or with what parameters say: a part that is kept back (`validation_fraction`), or folds (`nfold`).
    ///
    /// # Errors
    /// Rows that cannot be cut so.
    pub fn new(train: Dataset, validation: Option<Dataset>, params: &Params) -> Result<Self> {
        if validation.is_some() {
            return Ok(Self { data: train, folds: Vec::new(), validation });
        }
        if let Some(held) = train.hold_out(params)? {
            return Ok(Self { data: held.train, folds: Vec::new(), validation: Some(held.validation) });
        }
        let folds = train.folds(params)?;
        let data = match &params.split_column {
            Some(column) => train.without_column(column)?,
            None => train,
        };
        Ok(Self { data, folds, validation: None })
    }

    /// The data, binned for all trials, on the thread pool that this is called from.
    ///
    /// # Errors
    /// Values that cannot be read.
    pub fn judges(&self, params: &Params) -> Result<Judges<'_>> {
        match &self.validation {
            Some(validation) => Judges::validation(&self.data, validation, params),
            None => Judges::folds(&self.data, &self.folds, params),
        }
    }
}
