//! From a model and data to facts.

mod alerts;
mod binary;
mod classes;
mod columns;
mod curves;
mod effects;
mod features;
mod interactions;
mod metrics;
mod ranking;
mod regression;
mod scored;
mod statistics;
mod values;
mod verdict;
mod worst;

use crate::facts::{PresetFacts, Quality, Report, Reproduction, Task, TrainingFacts};
use sapwood::data::Sample;
use sapwood::{Model, Result};
use scored::Scored;
use values::Values;

/// What a report is about.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The model.
    pub model: &'a Model,
    /// What it learnt from, if it is known.
    pub train: Option<&'a Sample>,
    /// What it is judged by, if there are labelled data.
    pub judged: Option<Judged<'a>>,
    /// The margins of the best prediction that is the same for all rows ([`constant_margins`](sapwood::objective::constant_margins)).
    pub constant: Option<Vec<f64>>,
    /// How training went, where this is its end.
    pub training: Option<TrainingFacts>,
    /// What a preset chose, where the model was trained with one.
    pub preset: Option<PresetFacts>,
    /// Warnings of reading and training.
    pub warnings: &'a [String],
    /// How to do it again.
    pub reproduction: Reproduction,
}

/// What a model is judged by.
#[derive(Debug)]
pub struct Judged<'a> {
    /// What the data set is called.
    pub name: String,
    /// Its sample.
    pub sample: &'a Sample,
    /// Whether the model learnt from it, if that is known.
    pub is_training_set: Option<bool>,
    /// What is predicted of the sample, where that is not what the model predicts: margins row by row, of the models of folds that held a row out.
    pub held_out: Option<Vec<f64>>,
    /// The names of metrics, the one that matters last; none stands for the objective's.
    pub metrics: Vec<String>,
    /// The values of some of them on all rows.
    pub measured: Vec<(String, f64)>,
}

impl Report {
    /// Gathers everything that is to be said. Runs on the current thread pool.
    ///
    /// # Errors
    /// A sample that does not fit the model.
    pub fn of(subject: Subject<'_>) -> Result<Self> {
        let Subject { model, train, judged, constant, training, preset, warnings, reproduction } = subject;
        let mut report = Self { training, preset, reproduction, ..Self::default() };
        let scored =
            judged.as_ref().map(|judged| Scored::new(model, &judged.sample.data, judged.held_out.as_deref())).transpose()?;
        report.task = scored.as_ref().map_or_else(|| scored::task(model, None), |scored| scored.task);
        let values = judged.as_ref().map(|judged| Values::of(&judged.sample.data)).transpose()?;
        report.features = features::features(model);
        if let (Some(judged), Some(scored), Some(values)) = (&judged, &scored, &values) {
            let contributions = features::explain(model, values, scored, &mut report.features)?;
            effects::add(model, values, scored, contributions.as_ref(), &mut report.features);
            interactions::add(values, scored, &mut report.features)?;
            report.quality = Some(quality(judged, scored, constant.as_deref())?);
            report.worst_rows = worst::rows(model, judged.sample, values, scored)?;
        }
        if let Some(described) = train.or(judged.as_ref().map(|judged| judged.sample)) {
            let is_another = |judged: &&Judged<'_>| judged.is_training_set != Some(true) && judged.held_out.is_none();
            let others = judged.as_ref().filter(|judged| train.is_some() && is_another(judged));
            report.data = Some(columns::facts(report.task, described, judged.as_ref(), others, &report.features, model)?);
        }
        report.alerts = alerts::alerts(&report, warnings);
        report.verdict = verdict::sentences(&report, model);
        Ok(report)
    }
}

fn quality(judged: &Judged<'_>, scored: &Scored<'_>, constant: Option<&[f64]>) -> Result<Quality> {
    let has_one_number = matches!(scored.task, Task::Regression | Task::Several);
    Ok(Quality {
        set: judged.name.clone(),
        is_training_set: if judged.held_out.is_some() { Some(false) } else { judged.is_training_set },
        is_out_of_fold: judged.held_out.is_some(),
        sampled_rows: judged.sample.rows.len(),
        rows: judged.sample.of,
        metrics: metrics::metrics(judged, scored, constant)?,
        binary: (scored.task == Task::Binary).then(|| binary::facts(scored)),
        classes: (scored.task == Task::Multiclass).then(|| classes::facts(scored)).transpose()?,
        regression: has_one_number.then(|| regression::facts(scored)),
        ranking: if scored.task == Task::Ranking { ranking::facts(scored) } else { None },
    })
}
