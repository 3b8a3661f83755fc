//! A model that is ready to answer.

use super::selection::Selection;
use super::settings::Settings;
use crate::memory::Large;
use crate::report::Failure;
use crate::{model_files, output, summary};
use sapwood::text::counted;
use sapwood_readers::{InputSchema, ReadOptions};
use sapwood_score::{Condition, FeatureKind, Node, Scorer, Split};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model and what its answers hold.
pub struct Served {
    /// What clients call it.
    pub name: String,
    /// The file or directory it came from.
    pub file: PathBuf,
    /// The model's features, ready to read rows.
    pub input: InputSchema,
    /// How rows are read.
    pub options: ReadOptions,
    /// What each row's answer holds, where `SAGEMAKER_INFERENCE_OUTPUT` says so.
    pub selection: Option<Selection>,
    sha256: String,
    /// The model, ready to score.
    pub scorer: Arc<Large<Scorer>>,
}

impl Served {
    /// Loads a model from its file, or from the directory of its folds.
    ///
    /// # Errors
    /// The file cannot be read, is no whole model, or has not what the settings ask for; the model needs base margins, and nothing says in
    /// which column requests carry them: it would refuse every one of them.
    pub fn load(name: &str, file: &Path, settings: &Settings) -> Result<Self, Failure> {
        for file in model_files::files_of(file)? {
            if let Some(what) = output::other_than_file(&file) {
                return Err(Failure::user(format!("{}: is {what}, not a file; name a model file", file.display())));
            }
        }
        let mut model = model_files::load(file)?;
        let sha256 = summary::sha256(&model.to_bytes()?);
        let options = settings.reading.for_model(&mut model).map_err(|failure| failure.at(&file.display().to_string()))?;
        let options = ReadOptions { extra_columns: settings.extra_columns, missing_keys: settings.missing_keys, ..options };
        let has_column = options.base_margin.is_some() || options.trained.base_margin_column.is_some();
        if model.requires_base_margin() && !has_column {
            return Err(Failure::user(format!(
                "{}: the model was trained with base margins and does not say in which column they were; name the column of requests \
                 (base_margin_column), or say base_margin_column=none to begin with the base score",
                file.display()
            )));
        }
        let selection = settings.selection.as_deref().map(|keys| Selection::parse(keys, &model)).transpose()?;
        let input = InputSchema::new(model.schema.clone());
        Ok(Self {
            name: name.to_string(),
            file: file.to_path_buf(),
            scorer: Arc::new(Large::new(Scorer::new(model)?)),
            input,
            options,
            selection,
            sha256,
        })
    }

    /// What the log says about it.
    pub fn describe(&self) -> String {
        let model = self.scorer.model();
        format!(
            "{} (sha256 {}, {}, {})",
            self.file.display(),
            self.sha256,
            model.objective.name,
            counted(model.schema.len(), "feature")
        )
    }

    /// About what it takes in memory, bytes.
    pub fn memory(&self) -> u64 {
        // The trees as they were read, and once more in the form that scoring walks through.
        const SCORING_BYTES: usize = 32;
        const EXPLAINING_BYTES: usize = 96;
        let explaining = if self.selection.as_ref().is_some_and(Selection::explains) { EXPLAINING_BYTES } else { 0 };
        let model = self.scorer.model();
        let levels = model.schema.features.iter().map(|feature| match &feature.kind {
            // In the model's schema, in that of the data, and in the index by text.
            FeatureKind::Categorical { levels } => levels.iter().map(|level| 3 * (level.len() + 40)).sum(),
            _ => feature.name.len(),
        });
        let nodes = model
            .trees
            .iter()
            .flat_map(|tree| &tree.nodes)
            .map(|node| size_of::<Node>() + SCORING_BYTES + explaining + 16 * words(node));
        FIXED_BYTES + (nodes.sum::<usize>() + levels.sum::<usize>()) as u64
    }
}

/// The length of a node's set of levels.
fn words(node: &Node) -> usize {
    match node {
        Node::Split(Split { condition: Condition::Levels(words), .. }) => words.len(),
        _ => 0,
    }
}

/// What any model takes, bytes.
const FIXED_BYTES: u64 = 64 << 10;
/// Memory that loading takes, as a multiple of the file's length: 4.3 was measured at the peak, for trees on numbers and on categories.
const LOADING_TIMES: u64 = 6;

/// What a model in a file of `length` bytes may take in memory; known before it is read.
pub fn expected_memory(length: u64) -> u64 {
    FIXED_BYTES + length.saturating_mul(LOADING_TIMES)
}

/// The length of the file or files of a model, bytes.
///
/// # Errors
/// One cannot be read.
pub fn file_length(path: &Path) -> Result<u64, Failure> {
    let length =
        |file: &PathBuf| std::fs::metadata(file).map(|metadata| metadata.len()).map_err(|error| Failure::unreadable(file, &error));
    model_files::files_of(path)?.iter().map(length).sum()
}
