//! What the commands that score have in common: the model, and how their data are read.

use crate::cli::{self, ReadingArgs};
use crate::inputs::DataPlace;
use crate::report::Failure;
use crate::s3;
use crate::streams;
use sapwood::Dataset;
use sapwood::params::DataParams;
use sapwood_readers::{Meter, ReadOptions, Source};
use sapwood_score::{Error, Model};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The model in a file, or in an object of S3.
///
/// # Errors
/// It cannot be read, or is no whole model.
pub fn load_model(path: &Path) -> Result<Model, Failure> {
    if let Some(uri) = s3::Uri::of(path)? {
        return Model::read(&uri.to_string(), s3::open(&uri)?).map_err(|error| unloadable(path, error));
    }
    Model::load(path).map_err(|error| unloadable(path, error))
}

/// The model in a file, or in an object of S3, and the bytes that it was read from: a second look might see others.
///
/// # Errors
/// As [`load_model`].
pub fn load_model_with_bytes(path: &Path) -> Result<(Model, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    let model = match s3::Uri::of(path)? {
        Some(uri) => Model::read(&uri.to_string(), Copied { reader: s3::open(&uri)?, bytes: &mut bytes }),
        None => {
            let file = File::open(path).map_err(|error| Failure::io(path, "cannot be read", &error))?;
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
    let names_place = matches!(error, Error::Io { .. });
    let failure = Failure::from(error);
    if names_place { failure } else { failure.at(&path.display().to_string()) }
}

/// What a command reads: the sources of its data, which begin to come if they are elsewhere, and the true names of its files.
///
/// # Errors
/// Missing paths or objects, or no file at all.
pub fn sources(paths: &[PathBuf], meter: &Meter) -> Result<(Vec<Source>, BTreeSet<OsString>), Failure> {
    let place = DataPlace::of(paths)?;
    let names = place.files()?;
    let sources = match &place {
        DataPlace::Objects(objects) => s3::fetch(objects.iter(), meter)?,
        _ => paths.iter().cloned().map(Source::from).collect(),
    };
    Ok((sources, names))
}

/// How to read the data, from the flags and the parameters that are about reading.
///
/// # Errors
/// A parameter that is unknown, has a wrong value or is about training.
pub fn options(args: &ReadingArgs, label: Option<&str>, weight: Option<&str>) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions { format: args.format.map(Into::into), ..options_of(&args.parameters, label, weight)? })
}

/// How to read the data, from `key=value` words that are about reading.
///
/// # Errors
/// A parameter that is unknown, has a wrong value or is about training.
pub fn options_of(words: &[String], label: Option<&str>, weight: Option<&str>) -> Result<ReadOptions, Failure> {
    let mut pairs = cli::pairs(words)?;
    let flags = [("label_column", label), ("weight_column", weight)];
    pairs.extend(flags.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?.to_string()))));
    Ok(ReadOptions::new(&DataParams::from_pairs(pairs)?)?)
}

/// Prints which categories the model does not know. Only known after the data were read to their end.
pub fn print_unknown_levels(data: &Dataset) {
    data.unknown_levels().iter().for_each(|note| streams::diagnostic(format_args!("note: {note}")));
}

/// Prints what the reader has to say about the data.
pub fn print_notes(data: &Dataset) {
    data.notes().iter().for_each(|note| streams::diagnostic(format_args!("note: {note}")));
}
