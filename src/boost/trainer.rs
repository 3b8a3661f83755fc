//! [`Trainer::fit`]: data and parameters in, a model out.

use super::bins::{Bins, InFile};
use super::checkpoint::Checkpoint;
use super::clock::{Clock, Since};
use super::events::Observer;
use super::phases::Phases;
use super::preparation::Beginnings;
use super::preset::{self, PresetReport};
use super::report::RoundReport;
use super::thread_count::threads;
use super::training::Training;
use crate::collective::{Collective, Solo};
use crate::execution::Execution;
use crate::metric::Metric;
use crate::objective::CustomObjective;
use crate::params::{ParamValue, ProcessType};
use crate::preset::Choice;
use crate::profile::Profiler;
use crate::simd::Simd;
use crate::{Dataset, Error, Model, Params, Profile, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Trains models.
///
/// ```
/// use ndarray::Array2;
/// use sapwood::{Dataset, Params, Trainer};
/// let x = Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
/// let y = x.rows().into_iter().map(|row| row[0] + 2.0 * row[1]).collect();
/// let data = Dataset::from_array(x.view(), y, None)?;
/// let params = Params::builder().num_round(20).eta(0.3).build()?;
/// let model = Trainer::new(params).fit(&data)?;
/// assert_eq!(model.num_rounds(), 20);
/// # Ok::<(), sapwood::Error>(())
/// ```
pub struct Trainer<'a> {
    params: Params,
    validation: Vec<(String, &'a Dataset)>,
    checkpoint: Option<Checkpoint>,
    members: Vec<(String, Checkpoint)>,
    initial: Option<Model>,
    custom: Option<CustomObjective<'a>>,
    metrics: Vec<Arc<dyn Metric>>,
    ranks: &'a dyn Collective,
    clock: Option<&'a dyn Clock>,
    reserved: Duration,
    of_time: Vec<Choice>,
}

/// A model and how it came about.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Metrics of the round that the model keeps as its last.
    pub report: RoundReport,
    /// Metrics of every round, also those that early stopping dropped.
    pub history: Vec<RoundReport>,
    /// Seconds per phase.
    pub seconds: Phases,
    /// Where the seconds of growing trees went.
    pub profile: Profile,
    /// The bins that were in a file, because memory had no room for them.
    pub in_file: Option<InFile>,
    /// The number of threads used.
    pub threads: usize,
    /// What deserves the user's attention.
    pub warnings: Vec<String>,
    /// What a preset chose, and the models whose mean the model is.
    pub preset: Option<PresetReport>,
}

impl<'a> Trainer<'a> {
    /// A trainer with these parameters.
    pub fn new(params: Params) -> Self {
        Self {
            params,
            validation: Vec::new(),
            checkpoint: None,
            members: Vec::new(),
            initial: None,
            custom: None,
            metrics: Vec::new(),
            ranks: &Solo,
            clock: None,
            reserved: Duration::ZERO,
            of_time: Vec::new(),
        }
    }

    /// Adds a data set that every round is evaluated on, under a name of its own (`validation`).
    #[must_use]
    pub fn validation(mut self, name: &str, data: &'a Dataset) -> Self {
        self.validation.push((name.to_string(), data));
        self
    }

    /// Goes on from a checkpoint of an earlier run on the same data with the same parameters, `num_round` excepted. The model is, byte for
    /// byte, that of a run that was never interrupted.
    #[must_use]
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// With a preset, goes on from checkpoints of its members, by the names that [`Observer::member_checkpoint`] told. As with
    /// [`Trainer::resume`], the model is that of a run that was never interrupted.
    #[must_use]
    pub fn resume_members(mut self, members: Vec<(String, Checkpoint)>) -> Self {
        self.members = members;
        self
    }

    /// With a `time_budget`, the clock that the time is measured by, and how much of it the caller needs when the model is there. Without a clock of the
    /// caller's the time begins with [`Trainer::fit`].
    ///
    /// ```
    /// # use sapwood::params::Preset;
    /// # use sapwood::{Dataset, Params, Trainer, boost::Since};
    /// # use std::time::{Duration, Instant};
    /// # let x = ndarray::Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
    /// # let data = Dataset::from_array(x.view(), x.column(0).to_vec(), None)?;
    /// let begun = Instant::now();
    /// // … read the data …
    /// let params = Params::builder().preset(Preset::Best).time_budget(Duration::from_secs(1)).build()?;
    /// let clock = Since::new(begun);
    /// let trained = Trainer::new(params).clock(&clock, Duration::from_millis(10)).fit_observed(&data, &mut ())?;
    /// // These, given in the place of `time_budget`, make the same model.
    /// let plan = trained.preset.ok_or_else(|| sapwood::Error::internal("no preset"))?.plan;
    /// assert!(plan.of_time.iter().any(|choice| choice.parameter == "num_models"));
    /// # Ok::<(), sapwood::Error>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: &'a dyn Clock, reserved: Duration) -> Self {
        (self.clock, self.reserved) = (Some(clock), reserved);
        self
    }

    /// With a `time_budget`, keeps to the plan that an earlier run of the same job made ([`Plan::of_time`](crate::preset::Plan::of_time)), as checkpoints of its members demand.
    ///
    /// # Errors
    /// A name or a value that is none.
    pub fn resume_plan(mut self, of_time: &[(String, String)]) -> Result<Self> {
        self.of_time = of_time.iter().map(|(name, value)| Choice::kept(name, value)).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Goes on from a model: `num_round` rounds are added to those that it has, of the same objective, classes and columns. Its trees and its
    /// base score stay as they are. On the data that it was trained on, that is what training all rounds at once gives. Levels that a
    /// categorical feature has only now come after those that the model knows.
    ///
    /// With `process_type=update` no tree is grown: the leaves of the model's trees are computed anew.
    ///
    /// ```
    /// # use sapwood::{Dataset, Params, Trainer};
    /// # let x = ndarray::Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
    /// # let data = Dataset::from_array(x.view(), x.column(0).to_vec(), None)?;
    /// let trainer = || Ok::<_, sapwood::Error>(Trainer::new(Params::builder().num_round(5).build()?));
    /// let five = trainer()?.fit(&data)?;
    /// let ten = trainer()?.init_model(five).fit(&data)?;
    /// assert_eq!(ten.num_rounds(), 10);
    /// # Ok::<(), sapwood::Error>(())
    /// ```
    #[must_use]
    pub fn init_model(mut self, model: Model) -> Self {
        self.initial = Some(model);
        self
    }

    /// Minimises a loss of one's own; `objective` must not be given then. Models keep its name and its link; they are saved, scored and
    /// served as others are. Metrics are those of [`Trainer::metric`] and, if the link is the identity, those that `eval_metric` names.
    ///
    /// ```
    /// use sapwood::collective::Collective;
    /// use sapwood::data::TargetsView;
    /// use sapwood::objective::{CustomObjective, GradientPair, Loss, Round};
    /// use sapwood::{Dataset, Params, Trainer};
    /// use sapwood_score::Link;
    ///
    /// /// ln cosh of the residual: squared error near 0, absolute error far from it.
    /// struct LogCosh;
    ///
    /// impl Loss for LogCosh {
    ///     fn base_score(&self, _: TargetsView<'_>, _: &dyn Collective) -> sapwood::Result<Vec<f64>> {
    ///         Ok(vec![0.0])
    ///     }
    ///
    ///     fn gradients(&self, output: usize, round: &Round<'_>, out: &mut [GradientPair]) {
    ///         let rows = round.margins_of(output).iter().zip(round.targets.labels());
    ///         for (row, (out, (margin, label))) in out.iter_mut().zip(rows).enumerate() {
    ///             let slope = (margin - label).tanh();
    ///             let weight = round.targets.weight(row);
    ///             *out = GradientPair::new(slope * weight, (1.0 - slope * slope).max(1e-3) * weight);
    ///         }
    ///     }
    /// }
    ///
    /// # let x = ndarray::Array2::from_shape_fn((200, 2), |(row, column)| ((row * (column + 3)) % 17) as f64);
    /// # let data = Dataset::from_array(x.view(), x.column(0).mapv(|x| x * 0.1).to_vec(), None)?;
    /// let objective = CustomObjective::new("log_cosh", Link::Identity, || Box::new(LogCosh));
    /// let params = Params::builder().num_round(20).eval_metric(vec!["mae".into()]).build()?;
    /// let model = Trainer::new(params).custom_objective(objective).fit(&data)?;
    /// assert_eq!(model.objective.name, "log_cosh");
    /// # Ok::<(), sapwood::Error>(())
    /// ```
    #[must_use]
    pub fn custom_objective(mut self, objective: CustomObjective<'a>) -> Self {
        self.custom = Some(objective);
        self
    }

    /// Adds a metric of one's own behind those of `eval_metric`: it is evaluated on every data set in every round, and the last one decides early
    /// stopping.
    #[must_use]
    pub fn metric(mut self, metric: Arc<dyn Metric>) -> Self {
        self.metrics.push(metric);
        self
    }

    /// Trains together with other ranks. The rows of all data sets are those of all ranks, in their order; each calls this with its own
    /// part of them and the same parameters, and all get the same model: the one that a single rank with all rows would train.
    #[must_use]
    pub fn collective(mut self, ranks: &'a dyn Collective) -> Self {
        self.ranks = ranks;
        self
    }

    /// Trains a model.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other, or the checkpoint to go on from.
    pub fn fit(&self, train: &Dataset) -> Result<Model> {
        self.fit_observed(train, &mut ()).map(|trained| trained.model)
    }

    /// Trains a model and reports every round to `observer`.
    ///
    /// Runs on the rayon thread pool it is called from, else on one of its own with `nthread` threads.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other.
    pub fn fit_observed(&self, train: &Dataset, observer: &mut dyn Observer) -> Result<Trained> {
        self.fit_pooled(train, None, observer)
    }

    /// As [`Trainer::fit_observed`], with bins that are known from an earlier run: see [`cache`](crate::cache). Raw values are not read, so
    /// that bins of other values in data of the same form are not noticed.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other, or bins of other features, rows or data sets, or of a larger `max_bin`; a model to go
    /// on from or `linear_tree`, if raw values cannot be read.
    pub fn fit_binned(&self, train: &Dataset, bins: Bins, observer: &mut dyn Observer) -> Result<Trained> {
        self.fit_pooled(train, Some(bins), observer)
    }

    fn fit_pooled(&self, train: &Dataset, bins: Option<Bins>, observer: &mut dyn Observer) -> Result<Trained> {
        if rayon::current_thread_index().is_some() {
            return self.fit_here(train, bins, observer);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads(self.params.nthread))
            .build()
            .map_err(|e| Error::internal(format!("threads could not be started: {e}")))?;
        pool.install(|| self.fit_here(train, bins, observer))
    }

    /// What training begins with besides parameters and data.
    fn beginnings(&self) -> Beginnings<'_> {
        Beginnings { initial: self.initial.as_ref(), custom: self.custom.as_ref(), metrics: &self.metrics }
    }

    /// Trains on the current thread pool.
    fn fit_here(&self, train: &Dataset, bins: Option<Bins>, observer: &mut dyn Observer) -> Result<Trained> {
        self.params.refuse_search()?;
        if self.params.has_preset() {
            return self.fit_preset(train, bins, observer);
        }
        let threads = rayon::current_num_threads();
        let profiler = Profiler::new(threads);
        let execution = Execution { simd: self.ranks.agree(Simd::detect())?, profiler: &profiler, ranks: self.ranks };
        let mut training = Training::prepare(execution, &self.params, train, &self.validation, self.beginnings())?;
        let (model, history, profile) = match self.params.process_type {
            ProcessType::Default => self.grow(&mut training, bins, observer)?,
            ProcessType::Update => {
                let (model, history) = training.refresh(self.checkpoint.as_ref(), observer)?;
                (model, history, Profile::default())
            }
        };
        let report = history[model.num_rounds() - training.first_round() - 1].clone();
        observer.finished(&report);
        let Training { seconds, warnings, in_file, .. } = training;
        Ok(Trained { model, report, history, seconds, profile, in_file, threads, warnings, preset: None })
    }

    /// Trains what a preset makes of parameters and data.
    fn fit_preset(&self, train: &Dataset, bins: Option<Bins>, observer: &mut dyn Observer) -> Result<Trained> {
        self.check_preset()?;
        let threads = rayon::current_num_threads();
        let since = Since::new(Instant::now());
        let request = preset::Request {
            params: &self.params,
            train,
            validation: &self.validation,
            bins,
            checkpoints: &self.members,
            clock: self.clock.unwrap_or(&since),
            reserved: self.reserved,
            of_time: &self.of_time,
        };
        let preset::Preset { model, history, report: preset, seconds, in_file, warnings } = preset::train(request, observer)?;
        let report = history.last().cloned().ok_or_else(|| Error::internal("a preset without a round"))?;
        history.iter().for_each(|report| {
            observer.round(report);
        });
        observer.finished(&report);
        let (profile, preset) = (Profile::default(), Some(preset));
        Ok(Trained { model, report, history, seconds, profile, in_file, threads, warnings, preset })
    }

    /// What a preset cannot be combined with.
    fn check_preset(&self) -> Result<()> {
        let others = [
            (self.initial.is_some(), "a model to go on from", "its models are trained anew"),
            (
                self.custom.is_some(),
                "an objective of your own",
                "its models learn from parts of the rows, and it is about all of them",
            ),
            (
                !self.metrics.is_empty(),
                "a metric of your own",
                "its models hold out parts of the rows, and it is about all of them",
            ),
            (self.checkpoint.is_some(), "a checkpoint", "it is of one model; Trainer::resume_members takes those of a preset"),
            (!self.ranks.is_alone(), "several hosts", "its folds are cut on one host"),
        ];
        match others.iter().find(|(is_there, ..)| *is_there) {
            None => Ok(()),
            Some((_, what, why)) => {
                let error =
                    Error::parameter(format!("{what} cannot be combined with preset={}: {why}", self.params.preset.render()));
                Err(error.with_parameter("preset").with_remedy("leave one of them out"))
            }
        }
    }

    /// Grows new trees.
    fn grow(
        &self,
        training: &mut Training<'_>,
        bins: Option<Bins>,
        observer: &mut dyn Observer,
    ) -> Result<(Model, Vec<RoundReport>, Profile)> {
        let all_have_bins = !self.ranks.any(bins.is_none());
        let bins = match bins {
            Some(bins) if all_have_bins => bins,
            _ => {
                let bins = training.bin()?;
                observer.binned(&bins);
                bins
            }
        };
        let mut binned = training.lay_out(bins)?;
        training.grow_all(&mut binned, self.checkpoint.as_ref(), observer)
    }
}
