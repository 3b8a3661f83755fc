//! [`Files`]: data files as features, and all that goes with their rows.

use crate::like::Like;
use sapwood::params::DataParams;
use sapwood::{Dataset, Model, Result};
use sapwood_readers::{Expected, ReadOptions, read_extending, read_matching, read_training};
use std::path::PathBuf;

/// Files that were read as training data.
pub struct Files {
    paths: Vec<PathBuf>,
    options: ReadOptions,
    data: Dataset,
}

impl Files {
    /// Reads files, or directories of files. Parameters say how.
    ///
    /// # Errors
    /// A parameter that is not about reading, and what is wrong with the files.
    pub fn read(paths: Vec<PathBuf>, params: Vec<(String, String)>) -> Result<Self> {
        let options = ReadOptions::new(&DataParams::from_pairs(params)?)?;
        let data = read_training(&paths, &options)?;
        Ok(Self { paths, options, data })
    }

    /// The rows under a schema of their own.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The rows as they fit training data, with their labels, or a model.
    ///
    /// # Errors
    /// What does not fit.
    pub fn matching(&self, like: Like<'_>) -> Result<Dataset> {
        let options = like.reading.map_or_else(|| self.options.clone(), |_| for_model(self.options.clone(), like));
        read_matching(&self.paths, &options, expected(like, like.reading.is_none()))
    }

    /// The rows as `model` is to learn from them: they may have levels that it does not know.
    ///
    /// # Errors
    /// What does not fit.
    pub fn extending(&self, model: &Model) -> Result<Dataset> {
        let like = Like::model(model);
        let mut options = for_model(self.options.clone(), like);
        options.trained.infinite_values = false;
        let data = read_extending(&self.paths, &options, expected(like, true))?;
        Ok(data.with_reading(options.trained))
    }
}

/// The rows of files that a model is to predict. Labels among their columns are passed over.
///
/// # Errors
/// What does not fit the model.
pub fn to_predict(paths: &[PathBuf], model: Like<'_>) -> Result<Dataset> {
    let options = ReadOptions::new(&DataParams::default())?;
    read_matching(paths, &for_model(options, model), expected(model, false))
}

/// Data for a model are read as those that it was trained on, where nothing else is said.
fn for_model(mut options: ReadOptions, model: Like<'_>) -> ReadOptions {
    options.trained = model.reading.cloned().unwrap_or_default();
    if let Some(trained) =
        options.trained.missing_values.as_ref().filter(|_| options.missing == DataParams::default().missing_values)
    {
        options.missing.clone_from(trained);
    }
    options
}

fn expected(like: Like<'_>, needs_labels: bool) -> Expected<'_> {
    Expected { schema: like.schema, classes: like.classes, needs_labels }
}
