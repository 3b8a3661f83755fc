//! The report about a cross-validation: each row of a sample is judged by models that did not learn from it, and what features do is told of the mean
//! of all models.

use crate::cross_validation::Outcome;
use crate::inputs::Inputs;
use crate::log::Log;
use crate::report::{self, Failure};
use crate::report_files::ReportFiles;
use crate::signal;
use crate::summary::{peak_rss_bytes, sha256};
use crate::threads;
use crate::training_report::{self, command_line, curves, label_hash, machine, paths};
use sapwood::boost::HELD_OUT;
use sapwood::data::Sample;
use sapwood::predict::{Output, Scorer, predict};
use sapwood::text::counted;
use sapwood::{Model, Params, objective};
use sapwood_report::facts::{Bar, FoldMetric, Reproduction, TrainingFacts};
use sapwood_report::{Judged, Report, Subject};
use std::time::Instant;

/// What a cross-validation knows about itself.
pub struct Done<'a> {
    /// The parameters.
    pub params: &'a Params,
    /// Those that were given.
    pub given: &'a [(String, String)],
    /// What was read.
    pub inputs: &'a Inputs,
    /// The result.
    pub outcome: &'a Outcome,
    /// Model files, by name.
    pub models: &'a [(String, Vec<u8>)],
}

/// Writes the report, and says so. That it cannot be made or written is a warning: all else is there.
pub fn write(files: &ReportFiles, done: &Done<'_>, log: &mut Log) {
    let start = Instant::now();
    let written = report::catch(|| {
        threads::pool(done.params.nthread)?.install(|| {
            let sample = done.outcome.sample(done.params)?.ok_or_else(|| Failure::algorithm("no sample was taken"))?;
            files.write(&report_of(&sample, done)?, Some(&sample))
        })
    });
    training_report::tell(files, written, start, log);
}

fn report_of(sample: &Sample, done: &Done<'_>) -> Result<Report, Failure> {
    let Done { params, outcome, .. } = *done;
    let model = Model::average(outcome.result.models.clone())?;
    let (held_out, margins) = held_out(sample, outcome)?;
    let measured = outcome.result.last.mean.values.iter().filter(|(set, ..)| set == HELD_OUT);
    let measured: Vec<_> = measured.map(|(_, metric, value)| (metric.clone(), *value)).collect();
    let judged = Judged {
        name: HELD_OUT.to_string(),
        sample: &held_out,
        is_training_set: Some(false),
        held_out: Some(margins),
        metrics: measured.iter().map(|(metric, _)| metric.clone()).collect(),
        measured,
    };
    let mut warnings = outcome.result.warnings.clone();
    warnings.extend(outcome.data.warnings().iter().cloned());
    Ok(Report::of(Subject {
        model: &model,
        train: Some(sample),
        judged: Some(judged),
        constant: objective::constant_margins(params, &outcome.data).ok(),
        training: Some(training(done)),
        preset: None,
        warnings: &warnings,
        reproduction: reproduction(done, &model),
    })?)
}

/// The rows of a sample that some fold held out, and the mean margins of the models of these folds, row by row.
fn held_out(sample: &Sample, outcome: &Outcome) -> Result<(Sample, Vec<f64>), Failure> {
    let outputs = outcome.result.models[0].num_outputs();
    let (mut sums, mut counts) = (vec![0.0; sample.rows.len() * outputs], vec![0u32; sample.rows.len()]);
    for (model, fold) in outcome.result.models.iter().zip(&outcome.folds) {
        let is_held_out = |place: &u32| fold.rows.binary_search(&sample.rows[*place as usize]).is_ok();
        let places: Vec<u32> = (0..sample.rows.len() as u32).filter(is_held_out).collect();
        let part = sample.part(places.clone(), sample.of);
        let margins = predict(&Scorer::new(model.clone())?, &part.data, Output::Margin)?;
        for (margins, place) in margins.values().chunks(outputs).zip(places) {
            let place = place as usize;
            counts[place] += 1;
            sums[place * outputs..][..outputs].iter_mut().zip(margins).for_each(|(sum, margin)| *sum += margin);
        }
    }
    let places: Vec<u32> = (0..counts.len() as u32).filter(|place| counts[*place as usize] > 0).collect();
    let mean = |place: &u32| {
        let (place, count) = (*place as usize, f64::from(counts[*place as usize]));
        sums[place * outputs..][..outputs].iter().map(move |sum| sum / count)
    };
    let margins = places.iter().flat_map(mean).collect();
    let mut all = vec![false; sample.of];
    outcome.folds.iter().flat_map(|fold| &fold.rows).for_each(|row| all[*row as usize] = true);
    Ok((sample.part(places, all.iter().filter(|is_held_out| **is_held_out).count()), margins))
}

fn training(done: &Done<'_>) -> TrainingFacts {
    let Outcome { result, load, seconds, .. } = done.outcome;
    let means: Vec<_> = result.history.iter().map(|report| report.mean.clone()).collect();
    let bar = |label: &str, value: f64| Bar { label: label.to_string(), value };
    let spread = result.last.mean.values.iter().zip(&result.last.deviation);
    TrainingFacts {
        curves: curves(&means, result.last.mean.round),
        rounds: means.len(),
        last_round: result.last.mean.round,
        ended: ended(done),
        seconds: vec![bar("read", *load), bar("train and evaluate", (seconds - load).max(0.0))],
        phases: Vec::new(),
        folds: spread
            .map(|((set, metric, mean), deviation)| FoldMetric {
                set: set.clone(),
                metric: metric.clone(),
                mean: *mean,
                deviation: *deviation,
            })
            .collect(),
        threads: rayon::current_num_threads(),
        peak_bytes: peak_rss_bytes(),
    }
}

fn ended(done: &Done<'_>) -> String {
    let Outcome { result, stopped, .. } = done.outcome;
    let (models, rounds) = (counted(result.models.len(), "model"), counted(result.history.len(), "round"));
    let stopped = stopped.map_or_else(String::new, |signal| format!("{} ended training early. ", signal::name(signal)));
    let kept = match result.models[0].best_iteration {
        Some(best) => format!(" All of them end with round number {best}, which is the best on average."),
        None => String::new(),
    };
    format!("{stopped}{models} were trained for {rounds}, each without the rows of a fold, which judge it.{kept}")
}

fn reproduction(done: &Done<'_>, model: &Model) -> Reproduction {
    let inputs = done.inputs.named().map(|(name, input)| (name.to_string(), paths(&input.place)));
    let hash = done.outcome.data.labels().map(|labels| ("labels of train, SHA-256".to_string(), label_hash(labels)));
    let models = done.models.iter().map(|(name, bytes)| (format!("{name}, SHA-256"), sha256(bytes)));
    Reproduction {
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        model_sha256: None,
        inputs: inputs.chain(hash).chain(models).collect(),
        given: done.given.to_vec(),
        parameters: model.params.clone(),
        machine: machine(rayon::current_num_threads()),
    }
}
