//! `sapwood report`: a page about a model and labelled data.

use crate::cli::ReportArgs;
use crate::evaluate;
use crate::labelled;
use crate::report::Failure;
use crate::report_files::ReportFiles;
use crate::summary::sha256;
use crate::training_report::{command_line, machine};
use crate::{output, reading, streams, threads};
use sapwood::text::counted;
use sapwood::{Dataset, Model, Params, objective};
use sapwood_report::facts::Reproduction;
use sapwood_report::{Judged, Report, Subject};
use std::path::{Path, PathBuf};

/// Writes the report.
///
/// # Errors
/// A model or data that cannot be read or do not fit each other, or a place that cannot be written.
pub fn run(args: &ReportArgs) -> Result<(), Failure> {
    let files = ReportFiles::beside(&args.out)?;
    files.paths().into_iter().try_for_each(|path| output::check_writable(path))?;
    let (model, options) = labelled::model(&args.labelled, &args.reading)?;
    let sources = labelled::sources(&args.labelled, &options, files.paths().map(PathBuf::as_path))?;
    threads::pool(args.reading.threads)?.install(|| {
        let data = labelled::read(&model, &sources, &options, args.reading.quiet)?;
        let constant = constant(&model, &data)?;
        let (data, sampler) = data.sampled();
        let sample = sampler.finish(&data)?;
        reading::print_unknown_levels(&data);
        let judged = Judged {
            name: "data".to_string(),
            sample: &sample,
            is_training_set: None,
            held_out: None,
            metrics: evaluate::metrics_of(&model),
            measured: Vec::new(),
        };
        let report = Report::of(Subject {
            model: &model,
            train: None,
            judged: Some(judged),
            constant,
            training: None,
            preset: None,
            warnings: data.warnings(),
            reproduction: reproduction(args, &model),
        })?;
        files.write(&report, Some(&sample))
    })?;
    if args.reading.quiet {
        return Ok(());
    }
    streams::print_result(&format!("report written to {}\n", args.out.display()))
}

/// What is predicted best for all rows alike. Labels must be the objective's for anything to be said of them.
fn constant(model: &Model, data: &Dataset) -> Result<Option<Vec<f64>>, Failure> {
    let Ok(known) = model.trained_objective() else { return Ok(None) };
    objective::check_labels(model.objective.clone(), model.num_outputs(), data)?;
    let own = Params::from_pairs(model.params.iter().map(|(name, value)| (name, value))).map(|(params, _)| params).ok();
    let plain = || Params::builder().objective(known).num_class(model.num_classes().unwrap_or(0) as u32).build().ok();
    Ok(own.or_else(plain).and_then(|params| objective::constant_margins(&params, data).ok()))
}

fn reproduction(args: &ReportArgs, model: &Model) -> Reproduction {
    let place = |path: &Path| path.display().to_string();
    let data = args.labelled.data.iter().map(|path| ("data".to_string(), place(path)));
    Reproduction {
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        model_sha256: std::fs::read(&args.labelled.model).ok().map(|bytes| sha256(&bytes)),
        inputs: std::iter::once((
            "model".to_string(),
            format!("{}, {}", place(&args.labelled.model), counted(model.trees.len(), "tree")),
        ))
        .chain(data)
        .collect(),
        given: Vec::new(),
        parameters: model.params.clone(),
        machine: machine(rayon::current_num_threads()),
    }
}
