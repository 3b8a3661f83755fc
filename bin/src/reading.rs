//! What the commands that score have in common: the model, and how their data are read.

use crate::classes;
use crate::cli::{self, ReadingArgs};
use crate::inputs::DataPlace;
use crate::pipes;
use crate::report::Failure;
use crate::s3;
use crate::streams;
use sapwood::Dataset;
use sapwood::params::{DataParams, spec};
use sapwood_readers::{Format, Meter, ReadOptions, Source};
use sapwood_score::{Model, Role};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a command reads: the sources of its data, which begin to come if they are elsewhere, and the true names of its files.
///
/// # Errors
/// Missing paths or objects, or no file at all.
pub fn sources(paths: &[PathBuf], meter: &Meter) -> Result<(Vec<Source>, BTreeSet<OsString>), Failure> {
    let place = DataPlace::of(paths)?;
    let names = place.files()?;
    let sources = match &place {
        DataPlace::Objects(objects) => s3::fetch(objects.iter(), meter)?,
        DataPlace::Pipe(pipe) => vec![pipes::read_standard_input(pipe)?.into()],
        DataPlace::Files(paths) => paths.iter().cloned().map(Source::from).collect(),
    };
    Ok((sources, names))
}

/// What a command line says about reading data for a model.
#[derive(Clone, Debug)]
pub struct ReadingChoices {
    params: DataParams,
    format: Option<Format>,
    gives_missing: bool,
    classes: Vec<String>,
}

/// What stands in the place of a column of base margins or of weights that training had, where there is to be none.
const WAIVED: &str = "none";

impl ReadingChoices {
    /// From `key=value` words and the flags that stand for some of them.
    ///
    /// # Errors
    /// A parameter that is unknown, has a wrong value, is about training or is given twice.
    pub fn new(words: &[String], flags: &[(&str, Option<&str>)]) -> Result<Self, Failure> {
        let mut pairs = cli::pairs(words)?;
        pairs.extend(flags.iter().filter_map(|(name, value)| Some((name.to_string(), (*value)?.to_string()))));
        let gives_missing = pairs.iter().any(|(name, _)| spec::find(name.trim()).is_some_and(|row| row.name == "missing_values"));
        Ok(Self { params: DataParams::from_pairs(pairs)?, format: None, gives_missing, classes: Vec::new() })
    }

    /// From the arguments of a command that scores files, and flags of its own.
    ///
    /// # Errors
    /// As [`ReadingChoices::new`].
    pub fn of(args: &ReadingArgs, flags: &[(&str, Option<&str>)]) -> Result<Self, Failure> {
        let flags = [flags, &[("base_margin_column", args.base_margin.as_deref())]].concat();
        let choices = Self::new(&args.parameters, &flags)?;
        Ok(Self { format: args.format.map(Into::into), classes: args.classes.clone(), ..choices })
    }

    /// The parameters.
    pub fn params(&self) -> &DataParams {
        &self.params
    }

    /// How data for `model` are read: as those that it was trained on, where nothing else is chosen. A model whose base margins are waived
    /// needs none any more; one whose classes are named knows their texts.
    ///
    /// # Errors
    /// A choice that is none.
    pub fn for_model(&self, model: &mut Model) -> Result<ReadOptions, Failure> {
        classes::name(model, &self.classes)?;
        let mut options = ReadOptions { format: self.format, trained: model.reading.clone(), ..ReadOptions::new(&self.params)? };
        if options.base_margin.as_deref() == Some(WAIVED) {
            options.base_margin = None;
            options.trained.base_margin_column = None;
            model.required_roles.retain(|role| *role != Role::BaseMargin);
        }
        if options.weight.as_deref() == Some(WAIVED) {
            options.weight = None;
            options.trained.weight_column = None;
        }
        match &model.reading.missing_values {
            Some(trained) if !self.gives_missing => options.missing.clone_from(trained),
            Some(trained) if !are_same(trained, &options.missing) => streams::diagnostic(format_args!(
                "warning: missing_values is {:?} here and was {:?} in training, so that the same cell may mean something else to the model; \
                 leave it out to read data as in training",
                self.params.missing_values.join(","),
                trained.join(",")
            )),
            _ => {}
        }
        Ok(options)
    }
}

/// Whether two lists hold the same texts, in whatever order.
fn are_same(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect()
}

/// Prints which categories the model does not know. Only known after the data were read to their end.
pub fn print_unknown_levels(data: &Dataset) {
    data.unknown_levels().iter().for_each(|note| streams::diagnostic(format_args!("warning: {note}")));
}

/// Prints what the reader has to say about the data; warnings alone if that is to be `quiet`.
pub fn print_notes(data: &Dataset, quiet: bool) {
    data.notes().iter().filter(|_| !quiet).for_each(|note| streams::diagnostic(format_args!("note: {note}")));
    data.warnings().iter().for_each(|warning| streams::diagnostic(format_args!("warning: {warning}")));
}
