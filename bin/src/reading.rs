//! What the commands that score have in common: the model, and how their data are read.

use crate::cli::{self, ReadingArgs};
use crate::report::Failure;
use sapwood::data::ReadOptions;
use sapwood::params::spec::{self, Group};
use sapwood::{Dataset, Params};
use sapwood_score::{Error, Model};
use std::path::Path;

/// The model in a file.
///
/// # Errors
/// The file cannot be read, or is no whole model.
pub fn load_model(path: &Path) -> Result<Model, Failure> {
    Model::load(path).map_err(|error| {
        // Errors of the file system name the file themselves.
        let names_file = matches!(error, Error::Io { .. });
        let failure = Failure::from(error);
        if names_file { failure } else { failure.at(&path.display().to_string()) }
    })
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
    if let Some((name, _)) = pairs.iter().find(|(name, _)| spec::find(name).is_some_and(|row| row.group != Group::Data)) {
        return Err(Failure::user(format!(
            "{name} is about training; only parameters about reading data, like header or delimiter, fit here"
        )));
    }
    let flags = [("label_column", label), ("weight_column", weight)];
    pairs.extend(flags.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?.to_string()))));
    // The one parameter without a default; nothing is trained here.
    pairs.push(("num_round".to_string(), "1".to_string()));
    let (params, _) = Params::from_pairs(pairs)?;
    Ok(ReadOptions::from_params(&params)?)
}

/// Prints which categories the model does not know. Only known after the data were read to their end.
pub fn print_unknown_levels(data: &Dataset) {
    data.unknown_levels().iter().for_each(|note| eprintln!("note: {note}"));
}

/// Prints what the reader has to say about the data.
pub fn print_notes(data: &Dataset) {
    data.notes().iter().for_each(|note| eprintln!("note: {note}"));
}
