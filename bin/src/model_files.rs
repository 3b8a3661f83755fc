//! Which files a model is in: one, or those of the folds of a cross-validation.

use crate::output;
use crate::report::Failure;
use std::path::{Path, PathBuf};

/// The name of the model of a fold, of all repeats counted from 0.
pub fn fold_name(number: usize) -> String {
    format!("model-{number}.sapwood")
}

/// The files of the model at `path`: a file stands for itself, a directory for what is in it.
///
/// # Errors
/// A directory that holds no model, or several that are no folds.
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_dir() { in_directory(path) } else { Ok(vec![path.to_path_buf()]) }
}

/// The model in a directory: its one model file, or the directory itself, if it holds the models of folds.
///
/// # Errors
/// There is none, or there are several.
pub fn model_in(directory: &Path) -> Result<PathBuf, Failure> {
    let files = in_directory(directory)?;
    Ok(if let [file] = &files[..] { file.clone() } else { directory.to_path_buf() })
}

fn in_directory(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(directory).map_err(|error| Failure::io(directory, "cannot be searched for a model", &error))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    names.sort_unstable();
    let is_model = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "sapwood") && path.is_file();
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let models: Vec<_> = names.iter().filter(is_model).filter(|path| !is_hidden(path)).collect();
    let name = |path: &&PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(output::other_than_file(path).map_or(name.clone(), |what| format!("{name} ({what})")))
    };
    let list = |paths: &[&PathBuf]| paths.iter().take(20).filter_map(name).collect::<Vec<_>>().join(", ");
    let folds: Vec<_> = (0..models.len()).map(|number| directory.join(fold_name(number))).collect();
    match models[..] {
        [model] => Ok(vec![model.clone()]),
        [] => {
            let found = if names.is_empty() { "nothing".to_string() } else { list(&names.iter().collect::<Vec<_>>()) };
            Err(Failure::user(format!(
                "no model: {} holds no *.sapwood file (found: {found}); was the model made by `sapwood train`?",
                directory.display()
            )))
        }
        _ if folds.iter().all(|fold| models.contains(&fold)) => Ok(folds),
        _ => Err(Failure::user(format!(
            "several models: {} holds {}; leave one, or all folds of one job, model-0.sapwood, model-1.sapwood, …",
            directory.display(),
            list(&models)
        ))),
    }
}
