//! What commands that judge a model by labelled data begin with: the model, how its data are read, and the data.

use crate::cli::{LabelledArgs, ReadingArgs};
use crate::model_files;
use crate::output;
use crate::reading::{self, ReadingChoices};
use crate::report::Failure;
use crate::streams;
use sapwood::{Dataset, Model, Objective};
use sapwood_readers::{self as readers, ReadOptions, Source};
use std::path::Path;

/// The model, and how labelled data for it are read.
///
/// # Errors
/// A model that cannot be read, or a choice that is none.
pub fn model(args: &LabelledArgs, reading: &ReadingArgs) -> Result<(Model, ReadOptions), Failure> {
    let mut model = model_files::load(&args.model)?;
    let flags = [
        ("label_column", args.label.as_deref()),
        ("weight_column", args.weight.as_deref()),
        ("group_column", args.group.as_deref()),
    ];
    let options = ReadingChoices::of(reading, &flags)?.for_model(&mut model)?;
    Ok((model, options))
}

/// The sources of the data, none of which, nor the model, is to be written to.
///
/// # Errors
/// Data that are not there, or a file to be written that is one of them.
pub fn sources<'p>(
    args: &LabelledArgs,
    options: &ReadOptions,
    written: impl IntoIterator<Item = &'p Path>,
) -> Result<Vec<Source>, Failure> {
    let (sources, mut inputs) = reading::sources(&args.data, &options.meter)?;
    inputs.insert(output::true_name(&args.model).into_os_string());
    written.into_iter().try_for_each(|path| output::refuse_input(path, &inputs))?;
    Ok(sources)
}

/// The data, with query groups where the model ranks.
///
/// # Errors
/// Data that cannot be read, do not fit the model, or have no labels.
pub fn read(model: &Model, sources: &[Source], options: &ReadOptions, is_quiet: bool) -> Result<Dataset, Failure> {
    let expected = readers::Expected { schema: &model.schema, classes: model.classes.as_deref(), needs_labels: true };
    let data = readers::read_matching(sources, options, expected)?;
    reading::print_notes(&data, is_quiet);
    if model.objective.known().is_some_and(Objective::is_ranking) {
        return Ok(data);
    }
    if data.groups().is_some() && !is_quiet {
        streams::diagnostic("note: query groups (qid) do not count: the model does not rank");
    }
    Ok(data.without_groups())
}
