//! The report about a training job: samples of its data, taken while they are read, and what the job knows about itself.

use crate::inputs::{DataPlace, Inputs, Loaded};
use crate::log::Log;
use crate::preset;
use crate::proc;
use crate::report::{self, Failure};
use crate::report_files::ReportFiles;
use crate::signal;
use crate::summary::{peak_rss_bytes, sha256};
use crate::text::quoted;
use sapwood::boost::{Bins, PresetReport};
use sapwood::data::{Sample, Sampler};
use sapwood::text::counted;
use sapwood::{Params, RoundReport, Trained, metric, objective};
use sapwood_report::facts::{Bar, Curve, Reproduction, TrainingFacts};
use sapwood_report::{Judged, Report, Subject};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Points of a curve.
const POINTS: usize = 400;

/// What takes samples while the data are read, or where binned data come from the cache, samples of the bins.
pub enum Samplers {
    /// Of values.
    OfValues {
        /// Of the training data.
        train: Arc<Sampler>,
        /// Of the last validation set.
        judged: Option<Arc<Sampler>>,
    },
    /// Of bins, the validation set's with its name.
    OfBins(Box<(Sample, Option<(String, Sample)>)>),
}

/// Samples of the data, and what else the report needs of them.
pub struct Sampled {
    train: Sample,
    /// The set that decides early stopping, or the last that is evaluated, with its name.
    judged: Option<(String, Sample)>,
    constant: Option<Vec<f64>>,
    label_hashes: Vec<(String, String)>,
}

impl Samplers {
    /// Puts samplers between the data and their readers.
    pub fn among(data: &mut Loaded) -> Self {
        let (train, sampler) = data.train.clone().sampled();
        data.train = train;
        let judged = data.validation.last_mut().filter(|(_, set)| set.rows() > 0).map(|(_, set)| {
            let (tapped, sampler) = set.clone().sampled();
            *set = tapped;
            sampler
        });
        Self::OfValues { train: sampler, judged }
    }

    /// Samples of bins. None of bins that are in a file.
    pub fn of_bins(data: &Loaded, bins: &Bins) -> Result<Option<Self>, Failure> {
        let last = data.validation.len();
        let judged = data.validation.last().filter(|(_, set)| set.rows() > 0);
        let judged = judged.map(|(name, set)| Ok::<_, Failure>(bins.sample(last, set)?.map(|sample| (name.clone(), sample))));
        let judged = judged.transpose()?.flatten();
        Ok(bins.sample(0, &data.train)?.map(|train| Self::OfBins(Box::new((train, judged)))))
    }

    /// The samples.
    pub fn finish(self, data: &Loaded, params: &Params) -> Result<Sampled, Failure> {
        let (train, judged) = match self {
            Self::OfBins(samples) => *samples,
            Self::OfValues { train, judged } => {
                let judged = judged.zip(data.validation.last());
                let judged = judged.map(|(sampler, (name, set))| Ok::<_, Failure>((name.clone(), sampler.finish(set)?)));
                (train.finish(&data.train)?, judged.transpose()?)
            }
        };
        let sets = std::iter::once(("train", &data.train)).chain(data.validation.iter().map(|(name, set)| (&name[..], set)));
        let label_hashes = sets.filter_map(|(name, set)| Some((name.to_string(), label_hash(set.labels()?)))).collect();
        // A report without it is still one.
        let constant = objective::constant_margins(params, &data.train).ok();
        Ok(Sampled { train, judged, constant, label_hashes })
    }
}

/// What tells labels from all others.
pub fn label_hash(labels: &[f64]) -> String {
    sha256(bytemuck::cast_slice(labels))
}

/// What a job knows about itself.
pub struct Done<'a> {
    /// The parameters.
    pub params: &'a Params,
    /// Those that were given.
    pub given: &'a [(String, String)],
    /// What was read.
    pub inputs: &'a Inputs,
    /// The result.
    pub trained: &'a Trained,
    /// The model file.
    pub model: &'a [u8],
    /// The signal that cut training short.
    pub stopped: Option<u8>,
    /// Reading.
    pub load: Duration,
    /// Writing the model.
    pub save: Duration,
    /// How many hosts trained, of which each has read a part of the rows.
    pub hosts: usize,
}

/// Writes the report, and says so. That it cannot be made or written is a warning: the model is there.
pub fn write(files: &ReportFiles, sampled: Result<Sampled, Failure>, done: &Done<'_>, log: &mut Log) {
    let start = Instant::now();
    let written = sampled.and_then(|sampled| {
        report::catch(|| {
            let report = report_of(&sampled, done)?;
            files.write(&report, Some(&sampled.train))
        })
    });
    tell(files, written, start, log);
}

/// Says that a report was written, or why not.
pub fn tell(files: &ReportFiles, written: Result<(), Failure>, start: Instant, log: &mut Log) {
    let page = files.page.display();
    match written {
        Ok(()) => log.info(&format!("report written to {page} in {:.2} s", start.elapsed().as_secs_f64())),
        Err(failure) => log.warning(&format!("{page}: no report was written: {}", failure.message())),
    }
}

fn report_of(sampled: &Sampled, done: &Done<'_>) -> Result<Report, Failure> {
    let Done { params, trained, .. } = *done;
    let (train, validation) = (without_split_column(&sampled.train, params)?, sampled.judged.as_ref());
    let validation =
        validation.map(|(name, sample)| Ok::<_, Failure>((name.clone(), without_split_column(sample, params)?))).transpose()?;
    let held_out = trained.preset.as_ref().filter(|_| validation.is_none()).map(|preset| held_out(&train, preset));
    let (name, sample, margins) = match (&validation, &held_out) {
        (Some((name, sample)), _) => (name.clone(), sample, None),
        (None, Some((name, sample, margins))) => (name.clone(), sample, Some(margins.clone())),
        (None, None) => ("train".to_string(), &train, None),
    };
    let measured: Vec<_> = trained.report.values.iter().filter(|(set, ..)| *set == name).collect();
    let names: Vec<_> = measured.iter().map(|(_, metric, _)| metric.clone()).collect();
    let judged = Judged {
        measured: measured.iter().map(|(_, metric, value)| (metric.clone(), *value)).collect(),
        metrics: if names.is_empty() { params.eval_metric.clone() } else { names },
        is_training_set: Some(validation.is_none()),
        held_out: margins,
        name,
        sample,
    };
    let mut warnings = trained.warnings.clone();
    warnings.extend(sampled.train.data.warnings().iter().cloned());
    if done.hosts > 1 {
        warnings.push(format!(
            "{} trained together, and each read a part of the rows: this report is about the rows of the first one, metrics by round are about all",
            counted(done.hosts, "host")
        ));
    }
    Ok(Report::of(Subject {
        model: &trained.model,
        train: Some(&train),
        judged: Some(judged),
        constant: sampled.constant.clone(),
        training: Some(training(done)),
        preset: trained.preset.as_ref().map(|preset| preset::facts(params, preset)),
        warnings: &warnings,
        reproduction: reproduction(sampled, done),
    })?)
}

/// A column that says how rows are split into folds is no feature of the model.
fn without_split_column(sample: &Sample, params: &Params) -> Result<Sample, Failure> {
    match params.split_column.as_ref().filter(|_| params.has_preset()) {
        Some(column) => Ok(sample.without_column(column)?),
        None => Ok(sample.clone()),
    }
}

/// What metric lines call rows that folds hold out, those of the sample, and what members that did not learn from them predict: margins row by row.
fn held_out(train: &Sample, preset: &PresetReport) -> (String, Sample, Vec<f64>) {
    let outputs = preset.held_out.len() / train.of.max(1);
    let is_held_out = |row: usize| preset.held_out.get(row).is_some_and(|margin| !margin.is_nan());
    let places = (0..train.rows.len() as u32).filter(|&place| is_held_out(train.rows[place as usize] as usize)).collect();
    let sample = train.part(places, (0..train.of).filter(|&row| is_held_out(row)).count());
    let margins =
        sample.rows.iter().flat_map(|&row| (0..outputs).map(move |output| preset.held_out[output * train.of + row as usize]));
    let margins = margins.collect();
    (preset.held_out_name.to_string(), sample, margins)
}

fn training(done: &Done<'_>) -> TrainingFacts {
    let Trained { seconds, profile, threads, history, report, .. } = done.trained;
    let bar = |label: &str, value: f64| Bar { label: label.to_string(), value };
    let steps = [
        ("read", done.load.as_secs_f64()),
        ("bin", seconds.bin),
        ("grow trees", seconds.train),
        ("evaluate", seconds.evaluate),
        ("write the model", done.save.as_secs_f64()),
    ];
    TrainingFacts {
        curves: curves(history, report.round),
        rounds: history.len(),
        last_round: report.round,
        ended: ended(done),
        seconds: steps.iter().map(|(label, value)| bar(label, *value)).collect(),
        phases: profile.seconds().map(|(phase, value)| bar(phase, value)).collect(),
        folds: Vec::new(),
        threads: *threads,
        peak_bytes: peak_rss_bytes(),
    }
}

/// Metrics by round. Of many rounds some are left out, but neither the first, the last nor that which the model keeps as its last.
pub fn curves(history: &[RoundReport], kept: usize) -> Vec<Curve> {
    let step = history.len().div_ceil(POINTS).max(1);
    let last = history.len().saturating_sub(1);
    let shown: Vec<_> = history
        .iter()
        .enumerate()
        .filter(|(at, report)| at.is_multiple_of(step) || *at == last || report.round == kept)
        .map(|(_, report)| report)
        .collect();
    let names = history.first().map(|report| &report.values[..]).unwrap_or_default();
    let curve = |(at, (set, metric, _)): (usize, &(String, String, f64))| Curve {
        set: set.clone(),
        metric: metric.clone(),
        points: shown.iter().map(|report| (report.round, report.values[at].2)).filter(|point| point.1.is_finite()).collect(),
    };
    names.iter().enumerate().map(curve).collect()
}

/// How training ended, in a sentence or two.
fn ended(done: &Done<'_>) -> String {
    let Trained { history, report, model, .. } = done.trained;
    let rounds = history.len();
    if let Some(preset) = &done.trained.preset {
        return ended_members(done, preset);
    }
    let ran = match done.stopped {
        Some(signal) => format!("{} ended training after {} of {} rounds.", signal::name(signal), rounds, done.params.num_round),
        None if rounds < done.params.num_round as usize => {
            format!("Early stopping ended training after {} of {}.", counted(rounds, "round"), done.params.num_round)
        }
        None => format!("Training ran {}.", counted(rounds, "round")),
    };
    let Some((set, name, value)) = report.values.last() else { return ran };
    let kept = match model.best_iteration {
        Some(best) => format!(" The model keeps the rounds up to number {best}, the best by {set}-{name} ({value:.5})."),
        None => format!(" The model keeps them all; {set}-{name} is {value:.5} after the last{}.", best_of(done)),
    };
    let time = Duration::from_secs_f64(done.trained.seconds.train.max(0.0));
    format!("{ran}{kept} Growing the trees took {time:.1?}.")
}

/// How the training of a preset's members ended.
fn ended_members(done: &Done<'_>, preset: &PresetReport) -> String {
    let rounds = preset.members.iter().map(|member| member.rounds);
    let range = rounds.clone().min().zip(rounds.max());
    let range = range.map_or_else(String::new, |(least, most)| format!(", which keep {least} to {most} rounds"));
    let stopped = done.stopped.map_or_else(String::new, |signal| format!("{} ended training early. ", signal::name(signal)));
    let (models, seconds) = (counted(preset.members.len(), "model"), done.trained.seconds.train.max(0.0));
    format!("{stopped}The model is the mean of {models}{range}. Training them took {:.1?}.", Duration::from_secs_f64(seconds))
}

/// Where the deciding metric was best, where that was not the last round.
fn best_of(done: &Done<'_>) -> String {
    let Trained { history, .. } = done.trained;
    let metrics = metric::metrics(&done.params.eval_metric, done.params.objective_spec()).unwrap_or_default();
    let Some(metric) = metrics.last() else { return String::new() };
    let sign = if metric.higher_is_better() { 1.0 } else { -1.0 };
    let value = |report: &RoundReport| report.values.last().map_or(f64::NAN, |(.., value)| sign * value);
    let best = history.iter().max_by(|a, b| value(a).total_cmp(&value(b)));
    match best.zip(history.last()) {
        Some((best, last)) if value(best) > value(last) => {
            let found = best.values.last().map_or(f64::NAN, |(.., value)| *value);
            format!(", and was best in round {} ({found:.5}): early_stopping_rounds would have kept that one", best.round)
        }
        _ => String::new(),
    }
}

fn reproduction(sampled: &Sampled, done: &Done<'_>) -> Reproduction {
    let named = done.inputs.named().map(|(name, input)| (name.to_string(), paths(&input.place)));
    let hashes = sampled.label_hashes.iter().map(|(name, hash)| (format!("labels of {name}, SHA-256"), hash.clone()));
    Reproduction {
        command: command_line(),
        version: env!("CARGO_PKG_VERSION").to_string(),
        model_sha256: Some(sha256(done.model)),
        inputs: named.chain(hashes).collect(),
        given: done.given.to_vec(),
        parameters: done.trained.model.params.clone(),
        machine: machine(done.trained.threads),
    }
}

/// Where data are.
pub fn paths(place: &DataPlace) -> String {
    match place {
        DataPlace::Files(paths) => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "),
        DataPlace::Objects(objects) => objects.iter().take(5).map(|object| object.uri.to_string()).collect::<Vec<_>>().join(", "),
        DataPlace::Pipe(path) => path.display().to_string(),
    }
}

/// This process's command line, quoted for a shell.
pub fn command_line() -> String {
    std::env::args_os().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

/// What the work was done on.
pub fn machine(threads: usize) -> Vec<(String, String)> {
    let mut about = vec![("threads".to_string(), threads.to_string())];
    about.extend(proc::processor().map(|name| ("processor".to_string(), name)));
    about
}
