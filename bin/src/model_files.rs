//! Models from files: from one, or from those of the folds of a cross-validation.

use crate::output;
use crate::report::Failure;
use crate::s3;
use sapwood_interop::Format;
use sapwood_score::{Error, Model};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What SageMaker's built-in XGBoost calls its model, and with a number those of folds.
const BUILT_IN_NAME: &str = "xgboost-model";

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
    let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let files: Vec<_> = names.iter().filter(|path| path.is_file() && !is_hidden(path)).collect();
    let is_own = |path: &&&PathBuf| path.extension().is_some_and(|extension| extension == "sapwood");
    let own: Vec<_> = files.iter().filter(is_own).copied().collect();
    let (models, fold_name): (_, fn(usize) -> String) = match own.is_empty() {
        true => (files.iter().filter(|path| is_of_others(path)).copied().collect(), |number| format!("{BUILT_IN_NAME}-{number}")),
        false => (own, fold_name),
    };
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
                "no model: {} holds no *.sapwood file (found: {found}), nor a model of XGBoost or LightGBM, nor one in \
                 ONNX; was the model made by `sapwood train`?",
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

/// Whether a file is a model of another library: by its name, where that is the one that SageMaker's built-in XGBoost gives; else by what it
/// begins with.
fn is_of_others(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(BUILT_IN_NAME) || path.extension().is_some_and(|extension| extension == "ubj") {
        return true;
    }
    let mut head = Vec::new();
    let is_read = File::open(path).and_then(|file| file.take(Format::HEAD_BYTES).read_to_end(&mut head)).is_ok();
    is_read && Format::is_certain(&head)
}

/// The model in a file, or in an object of S3, Sapwood's or another library's; in a directory of the models of folds, their mean.
///
/// # Errors
/// It cannot be read, or is no whole model.
pub fn load(path: &Path) -> Result<Model, Failure> {
    if s3::Uri::of(path)?.is_some() {
        return load_file(path, |_| {});
    }
    let load = |path: &PathBuf| load_file(path, |_| {});
    let files = files_of(path)?;
    match &files[..] {
        [file] => load(file),
        folds => {
            let members = folds.iter().map(load).collect::<Result<Vec<_>, _>>()?;
            Model::average(members).map_err(|error| Failure::from(error).at(&path.display().to_string()))
        }
    }
}

/// The model in a file, or in an object of S3, and the bytes that it was read from: a second look might see others.
///
/// # Errors
/// As [`load`].
pub fn load_with_bytes(path: &Path) -> Result<(Model, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    let model = load_file(path, |read| bytes.extend_from_slice(read))?;
    Ok((model, bytes))
}

/// The model in a file, or in an object of S3. `take` is told the bytes as they are read.
fn load_file(path: &Path, take: impl FnMut(&[u8])) -> Result<Model, Failure> {
    let model = match s3::Uri::of(path)? {
        Some(uri) => sapwood_interop::read_from(&uri.to_string(), Told { reader: s3::open(&uri)?, take }),
        None => {
            let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
            sapwood_interop::read_from(&path.display().to_string(), Told { reader: file, take })
        }
    };
    model.map_err(|error| unloadable(path, error))
}

/// A reader that tells what was read.
struct Told<R, T> {
    reader: R,
    take: T,
}

impl<R: Read, T: FnMut(&[u8])> Read for Told<R, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        (self.take)(&buffer[..read]);
        Ok(read)
    }
}

fn unloadable(path: &Path, error: sapwood_interop::Error) -> Failure {
    // Errors of reading name the place themselves.
    let names_place = matches!(error, sapwood_interop::Error::Model(Error::Io { .. } | Error::InFile { .. }));
    let failure = Failure::from(error);
    if names_place { failure } else { failure.at(&path.display().to_string()) }
}
