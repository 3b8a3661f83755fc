//! [`Like`]: what data are to fit.

use sapwood::{Dataset, FeatureSchema, Model, Reading};

/// What data are to fit: training data, or a model.
#[derive(Clone, Copy)]
pub struct Like<'a> {
    pub schema: &'a FeatureSchema,
    pub classes: Option<&'a [String]>,
    /// How files were read that a model was trained on.
    pub reading: Option<&'a Reading>,
}

impl<'a> Like<'a> {
    /// What data to predict are to fit.
    pub fn model(model: &'a Model) -> Self {
        Self { schema: &model.schema, classes: model.classes.as_deref(), reading: Some(&model.reading) }
    }

    /// What data to evaluate are to fit.
    pub fn training_data(data: &'a Dataset) -> Self {
        Self { schema: data.schema(), classes: data.classes(), reading: None }
    }
}
