//! `sapwood tune`: a search for the parameters that learn the data best, and a model that is trained with them.

mod judged;
mod plan;
mod trial_file;

use crate::cli::TuneArgs;
use crate::config;
use crate::inputs::Inputs;
use crate::log::Log;
use crate::memory;
use crate::output;
use crate::report::{Ending, Failure};
use crate::signal::{self, Signals};
use crate::streams;
use crate::summary::sha256;
use crate::threads;
use crate::train;
use judged::Judged;
use plan::Plan;
use sapwood::Params;
use sapwood::text::counted;
use sapwood::tune::{Deadline, Found, Search, Trial, search};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;
use trial_file::TrialFile;

/// Trials that are told of at the end.
const BEST: usize = 5;

/// Searches, and trains with what was found.
///
/// # Errors
/// Parameters or data that are wrong, or a place that cannot be written.
pub fn run(args: &TuneArgs) -> Result<Ending, Failure> {
    let started = Instant::now();
    let training = config::complete(&args.of_training())?;
    train::refuse_standard_output(&training)?;
    let mut log = train::log(&training)?;
    let plan = Plan::new(args, &training, &mut log)?;
    let inputs = train::inputs(&training)?;
    let places = [&training.model_out, &training.summary, &args.trials_out];
    check_places(&places.into_iter().flatten().map(|path| &**path).collect::<Vec<_>>(), &inputs, &plan.params, &mut log)?;
    let signals = Signals::listen(None)?;
    let judged = Judged::load(&plan.params, &inputs, &mut log)?;
    let pool = threads::pool(plan.params.nthread)?;
    let judges = pool.install(|| judged.0.judges(&plan.params))?;
    let (mut file, known) = match &args.trials_out {
        Some(path) => TrialFile::open(path, &in_common(&plan, &judged)).map(|(file, known)| (Some(file), known))?,
        None => (None, Vec::new()),
    };
    log.info(&format!("searching {}; {}", plan.space, judged.description(&plan.params)));
    if !known.is_empty() {
        log.info(&format!("going on with {} of an earlier search", counted(known.len(), "result")));
    }
    signals.defer();
    memory::give_back();
    let deadline = args.time_budget.map(|budget| Deadline::new(started, budget.0));
    let stop = || signals.received().is_some() || deadline.as_ref().is_some_and(Deadline::is_near);
    let (begun, mut written, mut results) = (Instant::now(), Ok(()), known.clone());
    let what = Search { given: &plan.given, space: &plan.space, trials: plan.trials };
    let found = search(
        &what,
        &judges,
        &known,
        &mut |trial| {
            if let (0, Some(deadline)) = (trial.number, &deadline) {
                deadline.reserve(begun.elapsed());
            }
            log.info(&told(trial, &plan.metric));
            if let (Some(file), Ok(())) = (&mut file, &written) {
                written = file.add(trial, &plan.metric);
            }
            results.push(trial.clone());
        },
        &stop,
    );
    written?;
    if let Some(signal) = signals.received() {
        log.warning(&format!("{} ended the search early; no model was written", signal::name(signal)));
        return Ok(Ending::Interrupted { signal });
    }
    let found = found.map_err(|error| if stop() { error.with_remedy("give more time, or fewer rounds") } else { error })?;
    tell_best(&found, results, &plan.metric, &mut log);
    let params = [&plan.given[..], &found.best.parameters].concat();
    let params = Params::from_pairs(params)?.0;
    let trained = pool.install(|| judges.fit(&params, &found.best.judgement))?;
    trained.warnings.iter().for_each(|text| log.warning(text));
    let bytes = trained.model.to_bytes().map_err(sapwood::Error::from)?;
    if let Some(path) = &training.model_out {
        output::write_whole(path, |out| out.write_all(&bytes))?;
        let rounds = counted(trained.model.num_rounds(), "round");
        log.info(&format!("model written to {}: {rounds}, {}", path.display(), counted(bytes.len(), "byte")));
    }
    if let Some(path) = &training.summary {
        let summary = json!({
            "rows": judged.0.data.rows(),
            "features": judged.0.data.schema().len(),
            "trials": found.trials,
            "complete": found.is_complete,
            "search": plan.space.to_string(),
            "best": trial_file::json(&found.best, &plan.metric),
            "rounds": trained.model.num_rounds(),
            "seconds": started.elapsed().as_secs_f64(),
            "warnings": log.remarks(),
            "model_sha256": sha256(&bytes),
        });
        output::write_whole(path, |out| out.write_all(format!("{summary:#}\n").as_bytes()))?;
    }
    // Whoever reads the log takes its last line for the model's quality.
    let of_folds = metric_line(&found.best, &plan.metric);
    streams::progress(&if judged.0.validation.is_none() { of_folds } else { trained.report.line() });
    Ok(Ending::Completed)
}

/// Checks that results can be written, each to a place of its own that is no data.
fn check_places(places: &[&Path], inputs: &Inputs, params: &Params, log: &mut Log) -> Result<(), Failure> {
    places.iter().try_for_each(|place| output::check_writable(place))?;
    if let Some(twice) = places.iter().enumerate().find(|(at, place)| places[..*at].contains(place)) {
        return Err(Failure::user(format!("{}: results need a file each", twice.1.display())));
    }
    let files = inputs.check(params.data.same_data, log)?;
    places.iter().try_for_each(|place| output::refuse_input(place, &files))
}

/// What all trials of a search have in common; another search must not go on with them.
fn in_common(plan: &Plan, judged: &Judged) -> Value {
    let mut parameters = plan.params.model_affecting();
    let deciding = plan.params.bin_deciding().into_iter().map(|(name, value)| (name.to_string(), value));
    parameters.extend(deciding);
    parameters.sort_unstable();
    parameters.dedup();
    let parameters = parameters.into_iter().map(|(name, value)| (name, json!(value)));
    json!({"search": {
        "version": env!("CARGO_PKG_VERSION"),
        "space": plan.space.to_string(),
        "parameters": Value::Object(parameters.collect()),
        "early_stopping_rounds": plan.params.early_stopping_rounds,
        "metric": plan.metric,
        "data": judged.identity(),
    }})
}

/// `trial 12 of rung 1: rmse 0.4512 ± 0.0021 in round 83: max_leaves=31 …`.
fn told(trial: &Trial, metric: &str) -> String {
    let judgement = &trial.judgement;
    let parameters = trial.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    let parameters = if parameters.is_empty() { "the given parameters".to_string() } else { parameters };
    let end = if trial.is_finished() { String::new() } else { format!(" of {}, stopped", judgement.rounds) };
    let (number, value, deviation, round) = (trial.number, judgement.value, judgement.deviation, judgement.best_round);
    format!("trial {number}: {metric} {value:.5} ± {deviation:.5} in round {round}{end}: {parameters}")
}

/// Tells how many trials there were, and the best ones.
fn tell_best(found: &Found, results: Vec<Trial>, metric: &str, log: &mut Log) {
    let complete = if found.is_complete { "" } else { "; the time was over" };
    log.info(&format!("{} judged{complete}; the best that trained to their end:", counted(found.trials, "trial")));
    let best = found.best.judgement.value;
    let mut finished: Vec<_> = results.into_iter().filter(Trial::is_finished).collect();
    // The best one is next to itself, whichever way is up.
    finished.sort_by(|a, b| {
        (a.judgement.value - best).abs().total_cmp(&(b.judgement.value - best).abs()).then(a.number.cmp(&b.number))
    });
    finished.iter().take(BEST).for_each(|trial| log.info(&told(trial, metric)));
}

/// XGBoost's line of a cross-validation.
fn metric_line(best: &Trial, metric: &str) -> String {
    let judgement = &best.judgement;
    format!("[{}]\tvalidation-{metric}:{:.5}+{:.5}", judgement.best_round, judgement.value, judgement.deviation)
}
