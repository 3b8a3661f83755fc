//! Models from files: from one, or from those of the folds of a cross-validation.

use crate::output;
use crate::report::Failure;
use crate::s3;
use sapwood_score::{Error, Model};
use std::fs::File;
use std::io::{self, Read};
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

/// The model in a file, or in an object of S3; in a directory of the models of folds, their mean.
///
/// # Errors
/// It cannot be read, or is no whole model.
pub fn load(path: &Path) -> Result<Model, Failure> {
    if let Some(uri) = s3::Uri::of(path)? {
        return Model::read(&uri.to_string(), s3::open(&uri)?).map_err(|error| unloadable(path, error));
    }
    let load = |path: &PathBuf| Model::load(path).map_err(|error| unloadable(path, error));
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
    let model = match s3::Uri::of(path)? {
        Some(uri) => Model::read(&uri.to_string(), Copied { reader: s3::open(&uri)?, bytes: &mut bytes }),
        None => {
            let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
            Model::read(&path.display().to_string(), Copied { reader: file, bytes: &mut bytes })
        }
    };
    Ok((model.map_err(|error| unloadable(path, error))?, bytes))
}

/// A reader that keeps what was read.
struct Copied<'a, R> {
    reader: R,
    bytes: &'a mut Vec<u8>,
}

impl<R: Read> Read for Copied<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

fn unloadable(path: &Path, error: Error) -> Failure {
    // Errors of reading name the place themselves.
    let names_place = matches!(error, Error::Io { .. } | Error::InFile { .. });
    if let Error::Io { source, .. } = &error
        && source.kind() == io::ErrorKind::NotFound
    {
        return Failure::unreadable(path, source);
    }
    let failure = Failure::from(error);
    if names_place { failure } else { failure.at(&path.display().to_string()) }
}
