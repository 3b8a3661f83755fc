//! What came of a search, in words, for programs, and on a page.

use super::files::Files;
use super::trial_file;
use crate::log::Log;
use crate::output;
use crate::report::Failure;
use sapwood::text::counted;
use sapwood::tune::{Found, Search, Trial};
use sapwood::{Params, RoundReport, metric};
use sapwood_report::trials::{ParameterAxis, ShownTrial, Trials};
use sapwood_sagemaker::channels::VALIDATION;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Trials that are told of at the end.
const BEST: usize = 10;

/// The learning rate, which trials may lower although it is not searched.
const ETA: &str = "eta";

/// What came of a search.
pub struct Tuned {
    pub(super) search: Search,
    pub(super) files: Files,
    /// The parameters that the model is to be trained with.
    pub params: Params,
    /// What was found.
    pub found: Found,
    /// The signal that ended the search, if one did.
    pub stopped: Option<u8>,
    /// Whether trials were judged by folds.
    pub has_folds: bool,
    pub(super) results: Vec<Trial>,
    /// What all trials have in common.
    pub(super) common: Value,
    pub(super) metric: String,
    pub(super) seconds: f64,
    /// Results of an earlier search.
    pub(super) known: usize,
}

impl Tuned {
    /// Hyperparameters that train the same model.
    pub fn given(&self) -> Vec<(String, String)> {
        let found = &self.found.best.parameters;
        let about_search = |name: &str| found.iter().any(|(other, _)| other == name);
        let kept = self.search.given.iter().filter(|(name, _)| !about_search(name)).chain(found).cloned();
        if !self.has_folds {
            return kept.collect();
        }
        let of_folds = ["num_round", "early_stopping_rounds", "nfold", "num_cv_round", "purge", "split", "split_column"];
        let is_of_folds = |name: &str| sapwood::params::spec::find(name.trim()).is_some_and(|row| of_folds.contains(&row.name));
        let kept = kept.filter(|(name, _)| !is_of_folds(name));
        kept.chain([("num_round".to_string(), self.params.num_round.to_string())]).collect()
    }

    /// Tells how many trials there were, and the best ones, in a table.
    pub(super) fn tell(&self, log: &Log) {
        log.info(&format!("{}; the best that were judged to their end:", self.count()));
        self.table().iter().for_each(|line| log.info(line));
    }

    /// `100 trials judged in 32.1 s (187 a minute)`.
    fn count(&self) -> String {
        let complete = match (self.found.is_complete, self.stopped) {
            (true, _) => "",
            (false, None) => "; the time was over",
            (false, Some(_)) => "; a signal ended the search",
        };
        let rate = self.per_minute().map(|rate| format!(" ({rate:.0} a minute)")).unwrap_or_default();
        format!("{} judged in {:.1} s{rate}{complete}", counted(self.found.trials, "trial"), self.seconds)
    }

    /// Trials a minute, if none were known before.
    fn per_minute(&self) -> Option<f64> {
        (self.known == 0 && self.seconds > 0.0).then(|| 60.0 * self.found.trials as f64 / self.seconds)
    }

    /// The trials that were judged to their end, the best ones first.
    fn best(&self) -> Vec<&Trial> {
        let best = self.found.best.judgement.value;
        let mut finished: Vec<_> = self.results.iter().filter(|trial| trial.finished).collect();
        // The best one is next to itself, whichever way is up.
        let apart = |trial: &Trial| (trial.judgement.value - best).abs();
        finished.sort_by(|a, b| apart(a).total_cmp(&apart(b)).then(a.number.cmp(&b.number)));
        finished
    }

    fn table(&self) -> Vec<String> {
        let names = self.names();
        let header = ["trial", &self.metric, "±", "round"].into_iter().map(str::to_string).chain(names.iter().cloned());
        let rows = self.best().into_iter().take(BEST).map(|trial| {
            let judgement = &trial.judgement;
            let first = [
                trial.number.to_string(),
                format!("{:.5}", judgement.value),
                format!("{:.5}", judgement.deviation),
                judgement.best_round.to_string(),
            ];
            let values = names.iter().map(|name| self.value(trial, name));
            first.into_iter().chain(values).collect()
        });
        aligned(&std::iter::once(header.collect()).chain(rows).collect::<Vec<_>>())
    }

    /// The parameters that trials differ in.
    fn names(&self) -> Vec<String> {
        let searched = self.search.space.parameters().map(str::to_string);
        let lowers =
            self.results.iter().any(|trial| self.search.lowers_eta && trial.parameters.iter().any(|(name, _)| name == ETA));
        searched.chain(lowers.then(|| ETA.to_string())).collect()
    }

    fn value(&self, trial: &Trial, name: &str) -> String {
        let drawn = trial.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        drawn.or_else(|| self.search.params_of(trial).ok()?.render(name)).unwrap_or_default()
    }

    /// What is said for programs, beside what is said of every training.
    pub fn json(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("trials", json!(self.found.trials)),
            ("trials_per_minute", json!(self.per_minute())),
            ("complete", json!(self.found.is_complete)),
            ("search", json!(self.search.space.to_string())),
            ("best", trial_file::json(&self.found.best, &self.metric)),
            ("rounds", json!(self.params.num_round)),
        ]
    }

    /// The file of trials.
    fn lines(&self) -> String {
        let trials = self.results.iter().map(|trial| trial_file::json(trial, &self.metric));
        std::iter::once(self.common.clone()).chain(trials).map(|line| format!("{line}\n")).collect()
    }

    /// The last line that is printed where trials were judged by folds: XGBoost's line of a cross-validation. Where a platform reads metrics by patterns it is
    /// that of the model's last round, with the mean over folds in the place of validation data that there are not.
    pub fn last_line(&self, report: &RoundReport) -> String {
        let judgement = &self.found.best.judgement;
        if self.files.for_platform {
            let mut report = report.clone();
            report.values.push((VALIDATION.to_string(), self.metric.clone(), judgement.value));
            return report.line();
        }
        format!("[{}]\t{VALIDATION}-{}:{:.5}+{:.5}", judgement.best_round, self.metric, judgement.value, judgement.deviation)
    }

    /// Writes what is written at the end.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self) -> Result<(), Failure> {
        if let Some(path) = &self.files.copy {
            output::write_whole(path, |out| out.write_all(self.lines().as_bytes()))?;
        }
        if let Some(path) = &self.files.page {
            let page = self.page()?;
            output::write_whole(path, |out| out.write_all(page.as_bytes()))?;
        }
        Ok(())
    }

    /// A page about the search.
    ///
    /// # Errors
    /// None that the search did not have.
    fn page(&self) -> Result<String, Failure> {
        let names = self.names();
        let last: HashMap<usize, &Trial> = self.results.iter().map(|trial| (trial.number, trial)).collect();
        let mut last: Vec<&Trial> = last.into_values().collect();
        last.sort_unstable_by_key(|trial| trial.number);
        let lowered = (names.len() > self.search.space.parameters().count()).then(|| Etas::of(self, &last));
        let trials = last.iter().map(|trial| {
            let placed = self.search.space.placed(&self.search.params_of(trial)?);
            let eta = lowered.iter().map(|etas| etas.placed(&self.value(trial, ETA)));
            let (values, places) = placed.into_iter().chain(eta).unzip();
            let judgement = &trial.judgement;
            let (value, deviation, best_round) = (judgement.value, judgement.deviation, judgement.best_round);
            Ok(ShownTrial { number: trial.number, places, values, value, deviation, best_round, finished: trial.finished })
        });
        let axes = self.search.space.axes().into_iter().map(|(name, marks)| ParameterAxis { name: name.to_string(), marks });
        let metrics = metric::metrics(&self.params.eval_metric, self.params.objective_spec())?;
        let first = last.first().map_or(f64::NAN, |trial| trial.judgement.value);
        let best = &self.found.best;
        let verdict = vec![
            format!("{}.", self.count()),
            format!(
                "Trial {} is best: {} {:.5}; the given parameters alone have {first:.5}.",
                best.number, self.metric, best.judgement.value
            ),
        ];
        let shown = Trials {
            verdict,
            metric: self.metric.clone(),
            higher_is_better: metrics.last().is_some_and(|metric| metric.higher_is_better()),
            axes: axes.chain(lowered.as_ref().map(Etas::axis)).collect(),
            trials: trials.collect::<sapwood::Result<_>>()?,
        };
        Ok(shown.html())
    }
}

/// The learning rates of trials, evenly apart.
struct Etas(Vec<String>);

impl Etas {
    fn of(tuned: &Tuned, trials: &[&Trial]) -> Self {
        let values: BTreeSet<String> = trials.iter().map(|trial| tuned.value(trial, ETA)).collect();
        let mut values: Vec<String> = values.into_iter().collect();
        values.sort_by(|a, b| number(a).total_cmp(&number(b)));
        Self(values)
    }

    fn axis(&self) -> ParameterAxis {
        ParameterAxis { name: ETA.to_string(), marks: self.0.iter().map(|value| (self.placed(value).1, value.clone())).collect() }
    }

    fn placed(&self, value: &str) -> (String, f64) {
        let place = self.0.iter().position(|other| other == value).unwrap_or_default();
        (value.to_string(), (place as f64 + 0.5) / self.0.len().max(1) as f64)
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// `trial 12: rmse 0.4512 ± 0.0021 in round 83: max_leaves=31 …`.
pub fn told(trial: &Trial, metric: &str) -> String {
    let judgement = &trial.judgement;
    let parameters = trial.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
    let parameters = if parameters.is_empty() { "the given parameters".to_string() } else { parameters };
    let end = if trial.finished { String::new() } else { format!(", rung {}", trial.rung + 1) };
    let (number, value, deviation, round) = (trial.number, judgement.value, judgement.deviation, judgement.best_round);
    format!("trial {number}{end}: {metric} {value:.5} ± {deviation:.5} in round {round}: {parameters}")
}

/// Rows of cells, as lines whose columns stand below each other.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default()).collect();
    let line = |row: &Vec<String>| row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect();
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["trial", "±"], ["0", "0.25"]].map(|row| row.map(str::to_string).to_vec());
        assert_eq!(aligned(&rows), ["  trial     ±", "      0  0.25"]);
    }
}
