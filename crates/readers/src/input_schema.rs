//! A model's features, made ready once for reading many bodies.

use super::piece::ColumnEncoder;
use crate::FeatureSchema;
use std::ops::Deref;
use std::sync::Arc;

/// The features that rows must have, and what readers need to read them: built once a model, shared by all requests to it.
#[derive(Debug)]
pub struct InputSchema {
    schema: Arc<FeatureSchema>,
    encoders: Vec<ColumnEncoder>,
}

impl InputSchema {
    /// Prepares for reading rows of `schema`.
    pub fn new(schema: FeatureSchema) -> Self {
        Self { encoders: ColumnEncoder::of(&schema), schema: Arc::new(schema) }
    }

    /// The same for data whose every unknown level is to be told.
    pub(super) fn collecting(schema: FeatureSchema) -> Self {
        let Self { schema, encoders } = Self::new(schema);
        Self { schema, encoders: encoders.into_iter().map(ColumnEncoder::collecting).collect() }
    }

    /// The schema, for a data set.
    pub(super) fn shared(&self) -> Arc<FeatureSchema> {
        self.schema.clone()
    }

    /// Encoders for one data set, one a feature.
    pub(super) fn encoders(&self) -> Vec<ColumnEncoder> {
        self.encoders.iter().map(ColumnEncoder::for_another).collect()
    }
}

impl Deref for InputSchema {
    type Target = FeatureSchema;

    fn deref(&self) -> &FeatureSchema {
        &self.schema
    }
}
