//! [`Trainer::fit`]: data and parameters in, a model out.

use super::early_stopping::{Decision, EarlyStopping};
use super::events::{Observer, RoundReport};
use super::scores::Scores;
use crate::binning::{BinMapper, BinnedMatrix};
use crate::grow::{GrownTree, TreeGrower, TreeInput};
use crate::histogram::Quantised;
use crate::metric::{self, Metric};
use crate::objective::{self, GradientPair, Loss};
use crate::sampling::{self, Purpose};
use crate::simd::Simd;
use crate::{Dataset, Error, Model, Params, Result};
use rayon::prelude::*;
use std::time::Instant;

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
}

/// Seconds spent per phase of training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// Finding cuts and filling the binned matrices.
    pub bin: f64,
    /// Growing trees.
    pub train: f64,
    /// Metrics.
    pub evaluate: f64,
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
    /// The number of threads used.
    pub threads: usize,
    /// What deserves the user's attention.
    pub warnings: Vec<String>,
}

impl<'a> Trainer<'a> {
    /// A trainer with these parameters.
    pub fn new(params: Params) -> Self {
        Self { params, validation: Vec::new() }
    }

    /// Adds a data set that every round is evaluated on, under a name of its own (`validation`).
    #[must_use]
    pub fn validation(mut self, name: &str, data: &'a Dataset) -> Self {
        self.validation.push((name.to_string(), data));
        self
    }

    /// Trains a model.
    ///
    /// # Errors
    /// Data or parameters that do not fit each other.
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
        if rayon::current_thread_index().is_some() {
            return self.fit_here(train, observer);
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads(&self.params))
            .build()
            .map_err(|e| Error::internal(format!("threads could not be started: {e}")))?;
        pool.install(|| self.fit_here(train, observer))
    }

    /// Trains on the current thread pool.
    fn fit_here(&self, train: &Dataset, observer: &mut dyn Observer) -> Result<Trained> {
        let mut training = Training::prepare(&self.params, train, &self.validation)?;
        let binned = training.bin(train)?;
        let (model, history) = training.grow_all(&binned, observer)?;
        let report = history[model.num_rounds() - 1].clone();
        observer.finished(&report);
        let threads = rayon::current_num_threads();
        Ok(Trained { model, report, history, seconds: training.seconds, threads, warnings: training.warnings })
    }
}

/// The number of threads that the parameters ask for: `nthread`, or as many CPUs as this process may use (affinity and cgroup quota
/// counted).
pub fn threads(params: &Params) -> usize {
    match params.nthread {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n as usize,
    }
}

/// A data set that rounds are evaluated on.
pub(super) struct Watched<'a> {
    pub(super) name: &'a str,
    data: &'a Dataset,
    labels: &'a [f64],
    /// Its bins, for validation data; the training data's rows are followed by the grower.
    matrix: Option<BinnedMatrix>,
    pub(super) scores: Scores,
}

/// The training data as bin numbers.
pub(super) struct Binned {
    mapper: BinMapper,
    matrix: BinnedMatrix,
}

/// Everything that changes while training goes on, and what it depends on.
pub(super) struct Training<'a> {
    params: &'a Params,
    simd: Simd,
    train: &'a Dataset,
    /// Whether some rows have weight zero.
    has_idle_rows: bool,
    loss: Box<dyn Loss>,
    metrics: Vec<Box<dyn Metric>>,
    base_score: Vec<f64>,
    /// The training data first.
    pub(super) watched: Vec<Watched<'a>>,
    seconds: Phases,
    warnings: Vec<String>,
}

impl<'a> Training<'a> {
    pub(super) fn prepare(params: &'a Params, train: &'a Dataset, validation: &'a [(String, &'a Dataset)]) -> Result<Self> {
        if params.early_stopping_rounds.is_some() && validation.is_empty() {
            return Err(Error::parameter("early_stopping_rounds needs validation data; add some, or remove the parameter"));
        }
        if train.schema().is_empty() {
            return Err(Error::schema("the training data have no feature column: all columns are labels, weights or ignored"));
        }
        let simd = Simd::detect()?;
        let loss = objective::loss(params, train)?;
        let metrics = metric::metrics(&params.eval_metric, params.objective)?;
        let base_score = loss.base_score()?;
        let mut watched = vec![Watched::new("train", train, train, &base_score)?];
        for (name, data) in validation {
            // Metrics rely on it.
            objective::check_labels(params.objective, base_score.len(), data)?;
            watched.push(Watched::new(name, data, train, &base_score)?);
        }
        let mut warnings = params.warnings();
        if train.base_margin().is_some() {
            warnings.push("base margins replace the base score in training; give them to predict, too".into());
        }
        let has_idle_rows = train.weights().is_some_and(|weights| weights.contains(&0.0));
        Ok(Self { params, simd, train, has_idle_rows, loss, metrics, base_score, watched, seconds: Phases::default(), warnings })
    }

    /// Bins all data sets, the validation sets like the training data.
    pub(super) fn bin(&mut self, train: &Dataset) -> Result<Binned> {
        let started = Instant::now();
        let mapper = BinMapper::fit(train, self.params)?;
        let matrix = BinnedMatrix::build(&mapper, train)?;
        for watched in &mut self.watched[1..] {
            watched.matrix = Some(BinnedMatrix::build(&mapper, watched.data)?);
        }
        self.seconds.bin = started.elapsed().as_secs_f64();
        Ok(Binned { mapper, matrix })
    }

    /// The loop over rounds: the model that is kept, and the metrics of every round.
    pub(super) fn grow_all(&mut self, binned: &Binned, observer: &mut dyn Observer) -> Result<(Model, Vec<RoundReport>)> {
        observer.started(&self.warnings);
        let mut grower = TreeGrower::new(self.params, &binned.mapper, &binned.matrix, self.simd);
        let mut buffers = Buffers { gradients: vec![GradientPair::default(); binned.matrix.rows()], quantised: Quantised::new() };
        let mut stopping = self.early_stopping();
        let mut trees = Vec::new();
        let mut history: Vec<RoundReport> = Vec::new();
        for round in 0..self.params.num_round as usize {
            let started = Instant::now();
            trees.extend(self.grow_round(round, &mut grower, binned, &mut buffers));
            self.seconds.train += started.elapsed().as_secs_f64();
            let report = self.evaluate(round);
            if stopping.is_some() && round == 0 {
                check_decisive(&report)?;
            }
            let keep_going = observer.round(&report);
            let stop = stopping.as_mut().is_some_and(|stopping| stopping.observe(round, decisive(&report)) == Decision::Stop);
            history.push(report);
            if stop || !keep_going {
                break;
            }
        }
        let best = stopping.and_then(|stopping| stopping.best());
        let rounds = best.map_or(history.len(), |(round, _)| round + 1);
        trees.truncate(rounds * self.base_score.len() * self.params.num_parallel_tree as usize);
        let model = Model {
            schema: self.train.schema().clone(),
            objective: self.params.objective,
            classes: self.train.classes().map(<[String]>::to_vec),
            base_score: self.base_score.clone(),
            parallel_trees: self.params.num_parallel_tree,
            trees,
            best_iteration: best.map(|(round, _)| round as u32),
            best_score: best.map(|(_, score)| score),
            params: self.params.model_affecting(),
        };
        Ok((model, history))
    }

    fn early_stopping(&self) -> Option<EarlyStopping> {
        let metric = self.metrics.last()?;
        self.params.early_stopping_rounds.map(|patience| EarlyStopping::new(patience as usize, metric.higher_is_better()))
    }

    /// Grows the trees of one round and adds them to all scores.
    fn grow_round(
        &mut self,
        round: usize,
        grower: &mut TreeGrower<'_>,
        binned: &Binned,
        buffers: &mut Buffers,
    ) -> Vec<crate::Tree> {
        let outputs = self.base_score.len();
        let parallel = self.params.num_parallel_tree as usize;
        let mut trees = Vec::with_capacity(outputs * parallel);
        self.loss.start_round(self.watched[0].scores.all());
        for output in 0..outputs {
            self.loss.gradients(output, self.watched[0].scores.of(output), &mut buffers.gradients);
            buffers.quantised.fill(self.simd, &buffers.gradients);
            for _ in 0..parallel {
                let index = (round * outputs * parallel + trees.len()) as u64;
                let rows = self.sample_rows(index, binned.matrix.rows());
                let input = TreeInput { index, gradients: &buffers.gradients, quantised: &buffers.quantised, rows };
                let grown = grower.grow(input);
                self.add_to_scores(output, &grown, binned);
                trees.push(grown.to_tree(&binned.mapper));
            }
        }
        trees
    }

    /// The rows that a tree is grown on. Those of weight zero are none: they must not count as rows of a category either.
    fn sample_rows(&self, index: u64, rows: usize) -> Vec<u32> {
        let fraction = self.params.subsample;
        let weights = self.has_idle_rows.then(|| self.train.weights()).flatten();
        if fraction >= 1.0 && weights.is_none() {
            return (0..rows as u32).collect();
        }
        let key = sampling::key(self.params.seed, Purpose::Rows, index);
        let counts = |row: u32| weights.is_none_or(|weights| weights[row as usize] > 0.0);
        (0..rows as u32).into_par_iter().filter(|&row| sampling::drawn(key, u64::from(row), fraction) && counts(row)).collect()
    }

    fn add_to_scores(&mut self, output: usize, grown: &GrownTree, binned: &Binned) {
        for watched in &mut self.watched {
            match &watched.matrix {
                None => watched.scores.add_leaves(output, grown, &binned.mapper, &binned.matrix),
                Some(matrix) => watched.scores.add_routed(output, grown, &binned.mapper, matrix),
            }
        }
    }

    fn evaluate(&mut self, round: usize) -> RoundReport {
        let started = Instant::now();
        let mut values = Vec::with_capacity(self.watched.len() * self.metrics.len());
        for watched in &self.watched {
            for metric in &self.metrics {
                let value = metric.evaluate(&metric::Evaluation {
                    objective: self.params.objective,
                    margins: watched.scores.all(),
                    labels: watched.labels,
                    weights: watched.data.weights(),
                });
                values.push((watched.name.to_string(), metric.name().to_string(), value));
            }
        }
        self.seconds.evaluate += started.elapsed().as_secs_f64();
        RoundReport { round, values }
    }
}

/// The value that early stopping looks at: the last metric of the last validation set.
fn decisive(report: &RoundReport) -> f64 {
    report.values.last().map_or(f64::NAN, |(_, _, value)| *value)
}

/// Refuses to stop by a metric that is undefined on these data.
fn check_decisive(report: &RoundReport) -> Result<()> {
    match report.values.last() {
        Some((set, metric, value)) if value.is_nan() => Err(Error::data(format!(
            "{metric} is undefined on {set} (labels of one kind only, or no weight), so it cannot decide early stopping; give {set} rows of all kinds, or name another metric last in eval_metric"
        ))),
        _ => Ok(()),
    }
}

/// Memory that every tree uses anew.
struct Buffers {
    gradients: Vec<GradientPair>,
    quantised: Quantised,
}

impl<'a> Watched<'a> {
    fn new(name: &'a str, data: &'a Dataset, train: &Dataset, base_score: &[f64]) -> Result<Self> {
        if data.schema().features != train.schema().features {
            return Err(Error::schema(format!("the features of {name} are not those of the training data")));
        }
        let labels = data.labels().ok_or_else(|| Error::data(format!("{name} has no labels")))?;
        Ok(Self { name, data, labels, matrix: None, scores: Scores::new(data, base_score)? })
    }
}
