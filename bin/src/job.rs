//! A training job, wherever it came from: checks, data, rounds, model, summary, report.

use crate::cache::Cache;
use crate::checkpoints::Checkpoints;
use crate::history;
use crate::inputs::{Inputs, Loaded};
use crate::io_report::IoReport;
use crate::log::Log;
use crate::member_checkpoints::MemberCheckpoints;
use crate::output;
use crate::preset;
use crate::ranks;
use crate::report::Failure;
use crate::results::Results;
use crate::rounds::{Keeper, Rounds};
use crate::signal::{self, Signals};
use crate::stored_plan::StoredPlan;
use crate::streams;
use crate::summary::{self, Summary};
use crate::threads;
use crate::training_report::{self, Sampled, Samplers};
use crate::tune::{self, Tuned, Tuning};
use sapwood::boost::{Bins, Since};
use sapwood::collective::{Collective, Solo};
use sapwood::params::ProcessType;
use sapwood::text::counted;
use sapwood::{Checkpoint, ErrorKind, Model, Params, Trained, Trainer, metric, objective};
use sapwood_readers::{self as readers, RankFiles, ReadOptions, Shares, unknown_levels_on};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a report takes of the time that a job may take: at most so long, and of little time such a part.
const REPORT: Duration = Duration::from_secs(2);
const OF_REPORT: f64 = 0.15;

/// What to train, and where to put the results.
pub struct Job {
    /// The checked parameters.
    pub params: Params,
    /// The data sets.
    pub inputs: Inputs,
    /// The model that is trained further, if the job does not begin with none.
    pub initial: Option<Model>,
    /// Where model and summary go.
    pub results: Results,
    /// Where checkpoints are kept, if anywhere.
    pub checkpoints: Option<PathBuf>,
    /// Where binned data are kept, if anywhere.
    pub cache: Option<PathBuf>,
    /// The hyperparameters as they were given.
    pub given: Vec<(String, String)>,
    /// The search that finds the others, if one does.
    pub tuning: Option<Tuning>,
    /// When the job began.
    pub started: Instant,
}

impl Job {
    /// Trains and writes model and summary. Returns the signal that cut training short, if one did; the model is written then, too.
    ///
    /// # Errors
    /// Anything wrong with parameters, data or the places to write to. No model is written then.
    pub fn run(mut self, signals: &Signals, mut log: Log) -> Result<Option<u8>, Failure> {
        let start = Instant::now();
        // Kept to the end.
        let _claim = ranks::agree(self.check(&mut log))?;
        let interval = Duration::try_from_secs_f64(self.params.checkpoint_interval).unwrap_or(Duration::MAX);
        if let Some(directory) = &self.checkpoints {
            self.inputs.refuse_among_data(directory)?;
        }
        let checkpoints = self.checkpoints.as_deref().filter(|_| ranks::is_first());
        let checkpoints = checkpoints.map(|path| Checkpoints::open(path, interval, &mut log)).transpose();
        let mut checkpoints = ranks::agree(checkpoints)?;
        let options = ReadOptions::new(&self.params.data)?;
        let pool = threads::pool(self.params.nthread)?;
        let (mut data, cache) = pool.install(|| self.load(&options, &mut log))?;
        let rows = ranks::sum(data.train.rows());
        let load = start.elapsed();
        let tuned = match self.tuning.take() {
            None => None,
            Some(tuning) => match tuning.run(&mut data, start, signals, &mut log)? {
                tune::Ending::Stopped(signal) => return Ok(Some(signal)),
                tune::Ending::Found(tuned) => {
                    checkpoints = self.take_over(&tuned, interval, &mut log)?;
                    Some(*tuned)
                }
            },
        };
        let (trained, shares, features, stopped, sampled) = pool.install(|| {
            let bins = data.bins.take();
            let may_report = self.results.report.is_some() && ranks::is_first();
            if may_report && data.train.rows() == 0 {
                log.note("this host read none of the rows, so it has none to report on: no report is written; `sapwood report` makes one of a model and data");
            }
            let wants_report = may_report && data.train.rows() > 0;
            let samplers = match bins.as_ref().filter(|_| wants_report) {
                Some(bins) => {
                    log.note(
                        "binned data from the cache have no values: in the report, the middles of bins stand for them, and there are no statistics.json and constraints.json",
                    );
                    Samplers::of_bins(&data, bins)?
                }
                None => wants_report.then(|| Samplers::among(&mut data)),
            };
            let keeper = cache.as_ref().map(|cache| Keeper { cache, inputs: &self.inputs, params: &self.params, data: &data });
            let (trained, stopped) = self.train(&data, bins, keeper, checkpoints.as_mut(), signals, &mut log)?;
            for (name, set) in &data.validation {
                let unknown = unknown_levels_on(set, readers::Ranks::new(ranks::all(), RankFiles::Shared))?;
                set.notes_on_levels(unknown).iter().for_each(|note| log.note(&format!("{name}: {note}")));
            }
            let shares = std::mem::take(&mut data.shares);
            let sampled = samplers.map(|samplers| samplers.finish(&data, &self.params));
            Ok::<_, Failure>((trained, shares, data.train.schema().len(), stopped, sampled))
        })?;

        let done = Done { trained, shares, rows, features, load, stopped };
        let write = || pool.install(|| self.write(&done, tuned.as_ref(), sampled, &options, start, &mut log));
        ranks::agree(if ranks::is_first() { write() } else { Ok(()) })?;
        if let Some(tuned) = tuned.as_ref().filter(|tuned| tuned.has_folds && done.stopped.is_none()) {
            streams::progress(&tuned.last_line(&done.trained.report));
        }
        Ok(done.stopped.or_else(|| tuned.and_then(|tuned| tuned.stopped)))
    }

    /// Reads the data, or takes them from the cache, which is given as well where there is one.
    fn load(&self, options: &ReadOptions, log: &mut Log) -> Result<(Loaded, Option<Cache>), Failure> {
        let is_shared = ranks::all().size() > 1;
        if self.cache.is_some() && is_shared {
            log.warning("the cache is not used on several hosts: the files are read");
        }
        // Binned data have no values that leaves could be linear functions of, or the trees of another model be applied to.
        if self.cache.is_some() && self.params.linear_tree {
            log.note("the cache holds no values, which linear_tree needs: the files are read, and not cached");
        }
        if self.cache.is_some() && self.tuning.is_some() {
            log.note("the cache is not used with a search: the files are read, and not cached");
        }
        let has_values = self.initial.is_some() || self.params.linear_tree || self.tuning.is_some();
        let cache = self.cache.as_ref().filter(|_| !has_values && !is_shared);
        let cache = match cache {
            Some(directory) => Cache::of(directory, &self.inputs, &self.params)?,
            None => None,
        };
        // About labels that do not fit, the files say where they stand.
        let cached = cache.as_ref().and_then(|cache| cache.load(log)).filter(|data| data.has_labels_for(&self.params));
        let is_crossed = cached.as_ref().is_some_and(|data| data.is_crossed(&self.params));
        if is_crossed {
            log.note("the cache holds no values, which cross_features needs: the files are read");
        }
        let cached = cached.filter(|_| !is_crossed);
        let data = match cached {
            Some(data) => data,
            None => {
                let in_parts = self.inputs.are_read_in_parts();
                let readers: &dyn Collective = if in_parts { ranks::all() } else { &Solo };
                let loaded = self.inputs.load(options, &self.params, self.initial.as_ref(), readers, log);
                let divided = ranks::agree(ranks::agree(loaded)?.hold_out(&self.params, readers))?;
                if is_shared && !in_parts { divided.part(ranks::all())? } else { divided }
            }
        };
        data.describe(log);
        Ok((data, cache))
    }

    /// Makes what a search found the parameters of this job. Its checkpoints are in a directory of the trial: another search, or more time, may find
    /// another one.
    fn take_over(&mut self, tuned: &Tuned, interval: Duration, log: &mut Log) -> Result<Option<Checkpoints>, Failure> {
        self.params = tuned.params.clone();
        self.given = tuned.given();
        if let Some(directory) = &mut self.checkpoints {
            directory.push(format!("trial-{}", tuned.found.best.number));
        }
        self.checkpoints.as_deref().map(|path| Checkpoints::open(path, interval, log)).transpose()
    }

    /// Writes model, history, report and summary, and says so.
    fn write(
        &self,
        done: &Done,
        tuned: Option<&Tuned>,
        sampled: Option<Result<Sampled, Failure>>,
        options: &ReadOptions,
        start: Instant,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let Done { trained, shares, rows, features, load, stopped } = done;
        // Before anything is said: whoever reads it may have stopped, with the pipe still open.
        let save = Instant::now();
        let bytes = trained.model.to_bytes()?;
        let results = if stopped.is_some() { self.results.of_partial_job() } else { self.results.clone() };
        output::write_whole(&results.model, |out| out.write_all(&bytes))?;
        let save = save.elapsed();

        trained.warnings.iter().for_each(|text| log.warning(text));
        let stopped_early = self.params.early_stopping_rounds.filter(|_| trained.preset.is_none());
        if let Some(text) = stopped_early.and_then(|patience| history::best_round(trained, patience)) {
            log.info(&text);
        }
        if let Some(report) = &trained.preset {
            log.info(&preset::members(report));
            preset::plan(&report.plan).iter().for_each(|line| log.info(line));
        }
        let io = IoReport::new(options.meter.stats(), load.as_secs_f64() + trained.seconds.bin, trained.threads);
        if !io.is_empty() {
            log.info(&io.line());
        }
        ranks::line().iter().for_each(|line| log.info(line));
        if let &Some(signal) = stopped {
            log.warning(&self.cut_short(signal, trained.history.len(), &results));
        }
        log.info(&format!(
            "model written to {}: {}, {}",
            results.model.display(),
            counted(trained.model.trees.len(), "tree"),
            counted(bytes.len(), "byte")
        ));
        if let Some(path) = &results.history {
            let text = history::csv(&trained.history);
            output::write_whole(path, |out| out.write_all(text.as_bytes()))?;
        }
        if let Some(path) = &results.summary {
            let seconds = summary::Seconds { load: *load, save, total: start.elapsed() };
            let (warnings, hosts) = (log.remarks(), ranks::summary(shares));
            let summary = Summary { rows: *rows, features: *features, trained, seconds, model: &bytes, warnings, io: &io, hosts };
            let mut summary = summary.json();
            let of_search = tuned.iter().flat_map(|tuned| tuned.json());
            of_search.for_each(|(name, value)| summary[name] = value);
            let text = format!("{summary:#}\n");
            output::write_whole(path, |out| out.write_all(text.as_bytes()))?;
        }
        if let Some(tuned) = tuned {
            tuned.write()?;
        }
        // Last: whatever becomes of it, all else is there.
        if let Some((files, sampled)) = results.report.as_ref().zip(sampled) {
            let about = training_report::Done {
                params: &self.params,
                given: &self.given,
                inputs: &self.inputs,
                trained,
                model: &bytes,
                stopped: *stopped,
                load: *load,
                save,
                hosts: ranks::all().size(),
            };
            training_report::write(files, sampled, &about, log);
        }
        Ok(())
    }

    /// Everything that can be known to fail before data are read.
    fn check(&self, log: &mut Log) -> Result<Option<UnixListener>, Failure> {
        if self.params.process_type == ProcessType::Update && self.initial.is_none() {
            return Err(Failure::user(
                "process_type=update needs a model: give it with --model-in FILE (on SageMaker in a channel called model)",
            ));
        }
        metric::metrics(&self.params.eval_metric, self.params.objective_spec())?;
        // A model to go on from names the columns, too.
        if self.initial.is_none() {
            objective::check_bound_columns(&self.params)?;
        }
        if self.params.validation_fraction.is_some() && !self.inputs.validation.is_empty() {
            return Err(Failure::user(
                "validation_fraction keeps back training rows, and there are validation data, too; leave one of them out",
            ));
        }
        let validates = self.params.validation_fraction.is_some() || !self.inputs.validation.is_empty();
        if self.params.has_preset() && self.initial.is_some() {
            return Err(Failure::user("a preset trains its models anew: leave out preset, or the model to go on from"));
        }
        if self.params.has_preset() && ranks::all().size() > 1 {
            return Err(Failure::user("a preset cuts its folds on one host; leave out preset, or run the job on one host"));
        }
        if self.tuning.is_some() && self.initial.is_some() {
            return Err(Failure::user("tune: a search trains models anew: leave out tune, or the model to go on from"));
        }
        if self.tuning.is_some() && ranks::all().size() > 1 {
            return Err(Failure::user("tune: a search runs on one host; set InstanceCount to 1, or leave tune out"));
        }
        let judges_by_itself = self.params.has_preset() || self.tuning.is_some();
        if self.params.early_stopping_rounds.is_some() && !validates && !judges_by_itself {
            return Err(Failure::user(
                "early_stopping_rounds needs validation data: give --validation PATH (on SageMaker a channel called validation) \
                 or validation_fraction, or remove the parameter",
            ));
        }
        let claim = if ranks::is_first() { self.results.check()? } else { None };
        let inputs = self.inputs.check(self.params.data.same_data, log)?;
        self.results.refuse_inputs(&inputs)?;
        for place in self.tuning.iter().flat_map(Tuning::places) {
            // The directory of checkpoints, which may not be there yet, is looked at by itself.
            if place.parent() != self.checkpoints.as_deref() {
                output::check_writable(place)?;
            }
            output::refuse_input(place, &inputs)?;
            self.results.refuse_twice(place)?;
        }
        Ok(claim)
    }

    /// What the report needs of the time that there is.
    fn time_of_report(&self) -> Duration {
        let time = self.params.time_budget.filter(|_| self.results.report.is_some());
        time.map_or(Duration::ZERO, |time| time.0.mul_f64(OF_REPORT).min(REPORT))
    }

    /// Says what a signal left undone, and where the model is that was saved.
    fn cut_short(&self, signal: u8, rounds: usize, saved: &Results) -> String {
        let (signal, of, model) = (signal::name(signal), self.params.num_round, self.results.model.display());
        if self.params.has_preset() {
            return format!("{signal} ended training early; the mean of the models so far is saved in {}", saved.model.display());
        }
        if saved.model == self.results.model {
            return format!("{signal} ended training after {rounds} of {of} rounds; the model so far is saved in {model}");
        }
        let partial = saved.model.display();
        format!(
            "{signal} ended training after {rounds} of {of} rounds; {model} is left as it was, the model so far is saved in {partial}"
        )
    }

    fn train(
        &self,
        data: &Loaded,
        bins: Option<Bins>,
        keeper: Option<Keeper<'_>>,
        checkpoints: Option<&mut Checkpoints>,
        signals: &Signals,
        log: &mut Log,
    ) -> Result<(Trained, Option<u8>), Failure> {
        let mut stored = match &self.checkpoints {
            Some(directory) if self.params.time_budget.is_some() => Some(StoredPlan::open(directory)?),
            _ => None,
        };
        let complete = stored.as_ref().map(|stored| stored.complete(&self.given)).transpose()?.flatten();
        if complete.is_some() {
            log.note("the checkpoints are of a job that has ended: its plan is carried out again, and time_budget has no effect");
            stored = None;
        }
        let since = Since::new(self.started);
        let clock = stored.as_ref().map_or(since, |stored| stored.clock(since));
        let sets = data.validation.iter();
        let params = complete.unwrap_or_else(|| self.params.clone());
        let mut trainer = sets.fold(Trainer::new(params), |trainer, (name, set)| trainer.validation(name, set));
        if let Some(model) = &self.initial {
            let what = if self.params.process_type == ProcessType::Update { "updating" } else { "going on from" };
            log.info(&format!("{what} a model of {}", counted(model.num_rounds(), "round")));
            trainer = trainer.init_model(model.clone());
        }
        let mut origin = None;
        let interval = Duration::try_from_secs_f64(self.params.checkpoint_interval).unwrap_or(Duration::MAX);
        let of_members = self.checkpoints.as_deref().filter(|_| self.params.has_preset());
        let of_members = of_members.map(|directory| MemberCheckpoints::new(directory, interval));
        if let Some(of_members) = &of_members {
            let found = of_members.newest(log)?;
            for (name, checkpoint) in &found {
                log.note(&format!("{name}: resuming after {}", counted(checkpoint.rounds(), "round")));
            }
            trainer = trainer.resume_members(found);
        } else if self.checkpoints.is_some()
            && let Some((path, checkpoint)) = newest(checkpoints.as_deref(), log)?
        {
            origin = Some((path, checkpoint.rounds()));
            trainer = trainer.resume(checkpoint);
        }
        trainer = trainer.clock(&clock, self.time_of_report());
        if let Some(stored) = &stored {
            trainer = trainer.resume_plan(&stored.parameters())?;
        }
        let mut rounds = Rounds::new(&self.params, keeper, checkpoints, signals, log);
        rounds.stored = stored.map(|stored| (stored, clock));
        rounds.keeps_checkpoints = self.checkpoints.is_some();
        rounds.of_members = of_members;
        rounds.origin.clone_from(&origin);
        let trainer = trainer.collective(ranks::all());
        let stays = self.params.process_type == ProcessType::Default;
        rounds.before = self.initial.as_ref().filter(|_| stays).map_or(0, Model::num_rounds);
        let trained = match bins {
            Some(bins) => trainer.fit_binned(&data.train, bins, &mut rounds),
            None => trainer.fit_observed(&data.train, &mut rounds),
        };
        rounds.progress.finish();
        if let Ok(Trained { preset: Some(report), .. }) = &trained
            && rounds.stopped.is_none()
        {
            rounds.keep_plan(&report.plan, true);
        }
        match (trained, origin) {
            (Ok(trained), _) => Ok((trained, rounds.stopped)),
            (Err(error), Some((path, _))) if error.kind() == ErrorKind::Checkpoint => Err(Failure::from(error).at(&path)),
            (Err(error), _) => Err(error.into()),
        }
    }
}

/// The newest checkpoint of the first host, and its file, on all hosts.
fn newest(checkpoints: Option<&Checkpoints>, log: &mut Log) -> Result<Option<(String, Checkpoint)>, Failure> {
    let found = match checkpoints {
        Some(checkpoints) => checkpoints.newest(log),
        None => Ok(None),
    };
    let found = ranks::agree(found)?.map(|(path, checkpoint)| (path.display().to_string(), checkpoint));
    let told = found.as_ref().map(|(path, checkpoint)| Ok::<_, Failure>((path.clone(), checkpoint.to_bytes()?))).transpose()?;
    let (mut path, mut bytes) = told.map_or_else(Default::default, |(path, bytes)| (path.into_bytes(), bytes));
    [&mut path, &mut bytes].into_iter().for_each(|told| ranks::all().broadcast(0, told));
    match found {
        None if !bytes.is_empty() => Ok(Some((String::from_utf8_lossy(&path).into_owned(), Checkpoint::from_bytes(&bytes)?))),
        found => Ok(found),
    }
}

/// What came of training.
struct Done {
    trained: Trained,
    shares: Vec<(String, Shares)>,
    /// On all hosts.
    rows: usize,
    features: usize,
    load: Duration,
    stopped: Option<u8>,
}
