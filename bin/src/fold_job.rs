//! A cross-validation as a SageMaker job (`_kfold`): a model a fold in `model/`, and what each row's folds predict of it in `output/data/`, as the
//! built-in XGBoost leaves them, with a report beside it. Other than there, rows that a fold learns from are not among those that judge it.

use crate::cross_validation::{self, Outcome, averaged};
use crate::fold_report;
use crate::inputs::{DataPlace, Inputs};
use crate::log::Log;
use crate::model_files::fold_name;
use crate::output;
use crate::report::Failure;
use crate::report_files::ReportFiles;
use crate::signal::{self, Signals};
use sapwood::boost::FoldsReport;
use sapwood::predict::Output;
use sapwood::text::counted;
use sapwood::{Params, metric};
use sapwood_sagemaker::Paths;
use sapwood_sagemaker::channels::VALIDATION;
use sapwood_score::write_number;
use std::fmt::Write;
use std::path::Path;

/// Cross-validates, and writes models, predictions, summary and report. Returns the signal that cut training short, if one did; all models end with the same
/// round then.
///
/// # Errors
/// Anything wrong with parameters, data or the places to write to.
pub fn run(
    params: &Params,
    given: &[(String, String)],
    mut inputs: Inputs,
    paths: &Paths,
    signals: &Signals,
    mut log: Log,
) -> Result<Option<u8>, Failure> {
    metric::metrics(&params.eval_metric, params.objective_spec())?;
    let count = params.nfold.unwrap_or_default() * params.num_cv_round;
    refuse_other_models(&paths.models(), count as usize)?;
    join(&mut inputs, &mut log)?;
    let files = inputs.check(params.data.same_data, &mut log)?;
    output::refuse_input(&paths.summary(), &files)?;
    let report = ReportFiles::beside(&paths.report())?;
    report.paths().into_iter().try_for_each(|path| output::refuse_input(path, &files))?;
    // A message's metrics are means, so that the tuner's patterns find one number.
    let outcome = cross_validation::run(params, &inputs, signals, &mut log, |report: &FoldsReport| report.mean.line(), true)?;
    let mut written = Vec::new();
    for (number, model) in outcome.result.models.iter().enumerate() {
        let (name, bytes) = (fold_name(number), model.to_bytes()?);
        output::write_whole(&paths.models().join(&name), |out| out.write_all(&bytes))?;
        written.push((name, bytes));
    }
    log.info(&format!("{} written to {}", counted(written.len(), "model"), paths.models().display()));
    if let Some(signal) = outcome.stopped {
        let (done, of) = (outcome.result.history.len(), params.num_round);
        log.warning(&format!("{} ended training after {done} of {of} rounds; the models so far are saved", signal::name(signal)));
    }
    let predictions = predictions(params, &outcome)?;
    output::write_whole(&paths.summary().with_file_name("predictions.csv"), |out| out.write_all(predictions.as_bytes()))?;
    let summary = format!("{:#}\n", outcome.summary(&log, &written));
    output::write_whole(&paths.summary(), |out| out.write_all(summary.as_bytes()))?;
    // Last: whatever becomes of it, all else is there.
    let done = fold_report::Done { params, given, inputs: &inputs, outcome: &outcome, models: &written };
    fold_report::write(&report, &done, &mut log);
    Ok(outcome.stopped)
}

/// Models that the job does not replace: an endpoint would serve them with its own, or would not know which to serve.
fn refuse_other_models(directory: &Path, count: usize) -> Result<(), Failure> {
    let ours: Vec<_> = (0..count).map(fold_name).collect();
    let is_other = |path: &Path| {
        let is_ours = path.file_name().is_some_and(|name| ours.iter().any(|ours| name == &ours[..]));
        path.extension().is_some_and(|extension| extension == "sapwood") && !is_ours
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut others = entries.filter(|entry| is_other(&entry.path()));
    match others.next() {
        None => Ok(()),
        Some(other) => Err(Failure::user(format!(
            "{} is there already: the models of folds must be alone in their directory; empty {}",
            other.path().display(),
            directory.display()
        ))),
    }
}

/// The rows of the validation channel are cut into folds like all others, as in the built-in XGBoost.
fn join(inputs: &mut Inputs, log: &mut Log) -> Result<(), Failure> {
    let Some((_, validation)) = inputs.validation.pop() else { return Ok(()) };
    let train = &mut inputs.train;
    match (&mut train.place, validation.place) {
        (DataPlace::Files(all), DataPlace::Files(more)) if train.format == validation.format => {
            all.extend(more);
            log.warning(&format!(
                "the rows of channel {VALIDATION} are cut into folds together with those of channel train (nfold)"
            ));
            Ok(())
        }
        _ => Err(Failure::user(format!(
            "channels train and {VALIDATION} would be cut into folds together (nfold), and are of different kinds; give the channel train alone"
        ))),
    }
}

/// A line for each row: its labels or their bounds, the mean prediction of the folds that held it out (for classes a probability each), and for classes the most
/// probable one. Empty where no fold held it out.
fn predictions(params: &Params, outcome: &Outcome) -> Result<String, Failure> {
    let model = &outcome.result.models[0];
    let predictions = outcome.out_of_fold(params, averaged(Output::Value, model))?;
    let targets = outcome.data.targets();
    let labels = match targets.label_bounds() {
        Some((lower, upper)) => vec![lower, upper],
        None => (0..targets.num_targets()).map(|target| targets.of_target(target).labels()).collect(),
    };
    let mut text = String::new();
    for row in 0..predictions.rows() {
        let values = predictions.row(row);
        for (at, labels) in labels.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            write_number(labels.get(row).copied().unwrap_or(f64::NAN), &mut text);
        }
        for value in values {
            text.push(',');
            if !value.is_nan() {
                write_number(*value, &mut text);
            }
        }
        if model.num_classes().is_some() && model.prediction != sapwood_score::Prediction::Margin {
            text.push(',');
            if !values[0].is_nan() {
                let _ = write!(text, "{}", class(values));
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// The class of these probabilities; one alone is that of class 1.
fn class(probabilities: &[f64]) -> usize {
    match probabilities {
        [p] => usize::from(*p > 0.5),
        all => (1..all.len()).fold(0, |best, class| if all[class] > all[best] { class } else { best }),
    }
}
