//! The data of a search: what trials learn, and what they are judged by.

use crate::inputs::Inputs;
use crate::log::Log;
use crate::report::Failure;
use crate::summary::sha256;
use crate::threads;
use sapwood::collective::Solo;
use sapwood::data::describe_folds;
use sapwood::text::counted;
use sapwood::tune::Parts;
use sapwood::{Params, objective};
use sapwood_readers::ReadOptions;
use serde_json::{Value, json};

/// The data, read and cut.
pub struct Judged(pub Parts);

impl Judged {
    /// Reads the data, and cuts them as the parameters say.
    ///
    /// # Errors
    /// Data that cannot be read or cut.
    pub fn load(params: &Params, inputs: &Inputs, log: &mut Log) -> Result<Self, Failure> {
        objective::check_bound_columns(params)?;
        let options = ReadOptions::new(&params.data)?;
        let mut loaded = threads::pool(params.nthread)?.install(|| inputs.load(&options, params, None, &Solo, log))?;
        loaded.describe(log);
        let validation = loaded.validation.pop().map(|(_, set)| set);
        Ok(Self(Parts::new(loaded.train, validation, params)?))
    }

    /// What trials are judged by, in words.
    pub fn description(&self, params: &Params) -> String {
        match &self.0.validation {
            Some(set) => format!("judged by {} of validation data", counted(set.rows(), "row")),
            None => format!("judged by {}, {}", counted(self.0.folds.len(), "fold"), describe_folds(params)),
        }
    }

    /// What tells these data from others: their form, and a hash of labels and weights.
    pub fn identity(&self) -> Value {
        let sets = std::iter::once(&self.0.data).chain(&self.0.validation).map(|set| {
            let numbers = [set.labels(), set.weights()].map(Option::unwrap_or_default).concat();
            let features = set.schema().features.iter().map(|feature| &feature.name).collect::<Vec<_>>();
            json!({"rows": set.rows(), "features": features, "labels_sha256": sha256(bytemuck::cast_slice(&numbers))})
        });
        sets.collect()
    }
}
