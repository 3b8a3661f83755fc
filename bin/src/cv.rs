//! `sapwood cv`: how good a model of these parameters would be, by models that are judged by rows which they did not learn from.

use crate::cli::CvArgs;
use crate::config;
use crate::cross_validation::{self, averaged};
use crate::fold_report;
use crate::inputs::DataPlace;
use crate::output;
use crate::predict;
use crate::prediction_form::Packed;
use crate::prediction_table::PredictionTable;
use crate::reading;
use crate::report::{Ending, Failure};
use crate::report_files::ReportFiles;
use crate::signal::{self, Signals};
use crate::threads;
use crate::train;
use sapwood::boost::FoldsReport;
use sapwood::predict::Output;
use sapwood::text::counted;
use sapwood::{Model, Params, metric};
use sapwood_readers as readers;
use std::path::{Path, PathBuf};

/// Folds where nothing else is said, as in LightGBM and scikit-learn.
const FOLDS: &str = "5";

/// Cross-validates.
///
/// # Errors
/// Parameters or data that are wrong, or a place that cannot be written.
pub fn run(args: &CvArgs) -> Result<Ending, Failure> {
    let training = config::complete(&args.of_training())?;
    train::refuse_standard_output(&training)?;
    if !training.validation.is_empty() || training.checkpoints.is_some() || training.cache.is_some() {
        return Err(Failure::user(
            "validation, checkpoints and cache are settings of `sapwood train`; leave them out of the configuration",
        ));
    }
    if args.output.explains() || matches!(args.output, Output::Class | Output::Leaf) {
        return Err(Failure::user(format!("--output {}: write value, margin or probability", args.output.name())));
    }
    let mut log = train::log(&training)?;
    let pairs = train::pairs(&training)?;
    if pairs.iter().any(|(name, value)| is(name, "preset") && value.trim() != "default") {
        return Err(Failure::user(
            "preset: a preset cuts folds of its own; `sapwood train` with it tells how good its models are on rows that they hold out",
        ));
    }
    let pairs = with_default(pairs);
    let (params, notes) = Params::from_pairs(pairs.clone())?;
    notes.iter().for_each(|note| log.note(&note.to_string()));
    metric::metrics(&params.eval_metric, params.objective_spec())?;
    let inputs = train::inputs(&training)?;
    let packed = Packed::of(args.out.as_deref())?;
    let places = [&args.out, &training.model_out, &training.summary, &training.history];
    let report = training.report.as_deref().map(ReportFiles::beside).transpose()?;
    let of_report = report.iter().flat_map(ReportFiles::paths).map(PathBuf::as_path);
    let places: Vec<&Path> = places.into_iter().flatten().map(|path| &**path).chain(of_report).collect();
    places.iter().try_for_each(|place| output::check_writable(place))?;
    if let Some(twice) = places.iter().enumerate().find(|(at, place)| places[..*at].contains(place)) {
        return Err(Failure::user(format!("{}: results need a file each", twice.1.display())));
    }
    let files = inputs.check(params.data.same_data, &mut log)?;
    places.iter().try_for_each(|place| output::refuse_input(place, &files))?;
    let kept = predict::kept_columns(&args.keep)?;
    if args.out.is_none() && !kept.is_empty() {
        return Err(Failure::user("--keep says what is written beside predictions; add --out FILE"));
    }
    if !kept.is_empty() && matches!(inputs.train.place, DataPlace::Pipe(_)) {
        return Err(Failure::user("--keep reads the data once more, which a pipe cannot give twice; give a file"));
    }

    let signals = Signals::listen(None)?;
    let outcome = cross_validation::run(&params, &inputs, &signals, &mut log, FoldsReport::line, report.is_some())?;
    if let Some(signal) = outcome.stopped {
        log.warning(&format!("{} ended cross-validation early; no file was written", signal::name(signal)));
        return Ok(Ending::Interrupted { signal });
    }
    if let Some(path) = &args.out {
        let output = averaged(args.output, &outcome.result.models[0]);
        output.check(&outcome.result.models[0])?;
        let predictions = outcome.out_of_fold(&params, output)?;
        let options = readers::ReadOptions::new(&params.data)?;
        let sources = if kept.is_empty() { Vec::new() } else { reading::sources(&training.train, &options.meter)?.0 };
        let kept = readers::keep(&sources, &options, outcome.data.schema(), &kept)?;
        let table = PredictionTable::new(&outcome.result.models[0], output, kept, predictions)?.with_gaps();
        let pool = threads::pool(params.nthread)?;
        output::write_whole(path, |out| table.write(&pool, packed, args.header, out))?;
    }
    let mut written = Vec::new();
    if let Some(path) = &training.model_out {
        let bytes = Model::average(outcome.result.models.clone())?.to_bytes()?;
        output::write_whole(path, |out| out.write_all(&bytes))?;
        let models = counted(outcome.result.models.len(), "model");
        log.info(&format!("model written to {}: the mean of {models}, {}", path.display(), counted(bytes.len(), "byte")));
        written.push((path.display().to_string(), bytes));
    }
    if let Some(path) = &training.history {
        output::write_whole(path, |out| out.write_all(outcome.history_csv().as_bytes()))?;
    }
    if let Some(path) = &training.summary {
        let text = format!("{:#}\n", outcome.summary(&log, &written));
        output::write_whole(path, |out| out.write_all(text.as_bytes()))?;
    }
    if let Some(files) = &report {
        let done = fold_report::Done { params: &params, given: &pairs, inputs: &inputs, outcome: &outcome, models: &written };
        fold_report::write(files, &done, &mut log);
    }
    Ok(Ending::Completed)
}

fn with_default(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    if !pairs.iter().any(|(name, _)| is(name, "nfold")) {
        pairs.push(("nfold".to_string(), FOLDS.to_string()));
    }
    pairs
}

/// Whether a name, or another name for it, is that of a parameter.
fn is(name: &str, parameter: &str) -> bool {
    sapwood::params::spec::find(name.trim()).is_some_and(|row| row.name == parameter)
}
