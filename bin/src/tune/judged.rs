//! The data of a search: what trials learn, and what they are judged by.

use crate::inputs::Inputs;
use crate::log::Log;
use crate::report::Failure;
use crate::summary::sha256;
use crate::threads;
use sapwood::collective::Solo;
use sapwood::data::{Fold, describe_folds};
use sapwood::text::counted;
use sapwood::tune::Judges;
use sapwood::{Dataset, Params, objective};
use sapwood_readers::ReadOptions;
use serde_json::{Value, json};

/// The data, read and cut.
pub struct Judged {
    /// All rows that are learnt from.
    pub data: Dataset,
    /// Folds of them, where there is no validation set.
    folds: Vec<Fold>,
    validation: Option<Dataset>,
}

impl Judged {
    /// Reads the data, and cuts them as the parameters say.
    ///
    /// # Errors
    /// Data that cannot be read or cut.
    pub fn load(params: &Params, inputs: &Inputs, log: &mut Log) -> Result<Self, Failure> {
        objective::check_bound_columns(params)?;
        let options = ReadOptions::new(&params.data)?;
        let loaded = threads::pool(params.nthread)?.install(|| inputs.load(&options, params, None, &Solo, log))?;
        loaded.describe(log);
        let mut loaded = loaded.hold_out(params)?;
        let validation = loaded.validation.pop().map(|(_, set)| set);
        let folds = if validation.is_none() { loaded.train.folds(params)? } else { Vec::new() };
        let data = match &params.split_column {
            Some(column) if validation.is_none() => loaded.train.without_column(column)?,
            _ => loaded.train,
        };
        Ok(Self { data, folds, validation })
    }

    /// The data, binned for all trials.
    ///
    /// # Errors
    /// Values that cannot be read.
    pub fn judges(&self, params: &Params) -> Result<Judges<'_>, Failure> {
        Ok(match &self.validation {
            Some(validation) => Judges::validation(&self.data, validation, params)?,
            None => Judges::folds(&self.data, &self.folds, params)?,
        })
    }

    /// Whether folds judge, not a validation set.
    pub fn has_folds(&self) -> bool {
        self.validation.is_none()
    }

    /// What trials are judged by, in words.
    pub fn description(&self, params: &Params) -> String {
        match &self.validation {
            Some(set) => format!("judged by {} of validation data", counted(set.rows(), "row")),
            None => format!("judged by {}, {}", counted(self.folds.len(), "fold"), describe_folds(params)),
        }
    }

    /// What tells these data from others: their form, and a hash of labels and weights.
    pub fn identity(&self) -> Value {
        let sets = std::iter::once(&self.data).chain(&self.validation).map(|set| {
            let numbers = [set.labels(), set.weights()].map(Option::unwrap_or_default).concat();
            let features = set.schema().features.iter().map(|feature| &feature.name).collect::<Vec<_>>();
            json!({"rows": set.rows(), "features": features, "labels_sha256": sha256(bytemuck::cast_slice(&numbers))})
        });
        sets.collect()
    }
}
