//! [`Training`]: one run from data to a model, and the loop over its rounds.

use super::agreement;
use super::bins::{Bins, InFile};
use super::buffers::Buffers;
use super::checkpoint::Checkpoint;
use super::dart::Dart;
use super::early_stopping::EarlyStopping;
use super::events::Observer;
use super::fingerprint::Fingerprint;
use super::initial::{InitialId, InitialModel};
use super::kept::Kept;
use super::outcome;
use super::phases::Phases;
use super::report::RoundReport;
use super::round_agreement;
use super::row_order::RowOrder;
use super::row_sampling::{Drawn, RowSampler};
use super::scores::Scores;
use crate::binning::{self, BinColumns, BinMapper, BinnedMatrix};
use crate::data::{RawValues, Targets};
use crate::execution::Execution;
use crate::grow::{self, GrownTree, Led, Router, RowBins, TreeGrower, renew_leaves};
use crate::metric::{self, Metric};
use crate::numeric::weighted;
use crate::objective::{CustomObjective, Loss, Round};
use crate::params::ProcessType;
use crate::profile::{Phase, Profile};
use crate::sampling::{self, Purpose};
use crate::split::FeatureRules;
use crate::{Dataset, Error, Model, Params, Result, Tree};
use rayon::prelude::*;
use sapwood_score::{ObjectiveSpec, Outputs, Role};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

/// Gradients that are all below this share of the first round's are what rounding margins left of them.
const NOISE: f64 = 1.0 / (1u64 << 50) as f64;

/// The most margins of a job whose trees of one round are grown side by side: beyond, threads share a tree without waiting for each other
/// much, and the trees' memory counts.
const SIDE_BY_SIDE_MARGINS: usize = 1 << 20;

/// A data set that rounds are evaluated on.
pub(super) struct Watched<'a> {
    pub(super) name: &'a str,
    pub(super) data: &'a Dataset,
    /// Those of the data set, until training rows are left out or laid out anew.
    targets: Cow<'a, Targets>,
    /// Its bins, for validation data; the training data's rows are followed by the grower.
    bins: Option<(BinnedMatrix, BinColumns)>,
    /// The values of numeric features, where leaves are linear functions of them.
    pub(super) raw: RawValues,
    pub(super) scores: Scores,
}

/// The training data as bin numbers.
pub(super) struct Binned {
    pub(super) mapper: BinMapper,
    pub(super) matrix: BinnedMatrix,
    /// The same bins by column, where that pays.
    pub(super) columns: BinColumns,
}

/// Everything that changes while training goes on, and what it depends on.
pub(super) struct Training<'a> {
    pub(super) execution: Execution<'a>,
    pub(super) params: &'a Params,
    pub(super) rules: Arc<FeatureRules>,
    pub(super) train: &'a Dataset,
    /// The training rows that have weight, where some have none. Those that have none are left out.
    pub(super) weighted_rows: Option<Vec<u32>>,
    /// The number of training rows on lower ranks.
    pub(super) first_row: u64,
    pub(super) sampler: RowSampler,
    pub(super) dart: Option<Dart>,
    pub(super) loss: Box<dyn Loss>,
    pub(super) metrics: Vec<Arc<dyn Metric>>,
    pub(super) custom: Option<&'a CustomObjective<'a>>,
    /// Whether rows stay as they came, because functions of the caller's see them.
    pub(super) keeps_order: bool,
    pub(super) base_score: Vec<f64>,
    /// What has been trained already, if training goes on from a model.
    pub(super) initial: Option<InitialModel>,
    /// How large gradients were before the first tree.
    pub(super) magnitude: f64,
    /// The training data first.
    pub(super) watched: Vec<Watched<'a>>,
    pub(super) order: RowOrder,
    /// Whether any rank has bins in a file.
    pub(super) any_in_file: bool,
    /// Those of this rank, when training has ended.
    pub(super) in_file: Option<InFile>,
    pub(super) seconds: Phases,
    pub(super) warnings: Vec<String>,
}

impl<'a> Training<'a> {
    /// Bins all data sets, the validation sets like the training data.
    pub(super) fn bin(&mut self) -> Result<Bins> {
        let started = Instant::now();
        let Execution { simd, ranks, .. } = self.execution;
        let rooms = self.rooms();
        let room = |set: usize| rooms.as_ref().map(|rooms| &rooms[set]);
        let (mapper, train) = binning::bin_within(self.train, self.params, self.execution, room(0))?;
        let validation = self.watched[1..].iter().zip(1..).map(|(watched, set)| match room(set) {
            Some(room) => BinnedMatrix::build_within(&mapper, watched.data, simd, room),
            None => BinnedMatrix::build(&mapper, watched.data, simd),
        });
        let validation = ranks.agree(validation.collect::<Result<_>>())?;
        self.seconds.bin += started.elapsed().as_secs_f64();
        Ok(Bins { mapper, train, validation })
    }

    /// Lays bins out for training.
    ///
    /// # Errors
    /// Bins of other data sets.
    pub(super) fn lay_out(&mut self, bins: Bins) -> Result<Binned> {
        let started = Instant::now();
        let sets: Vec<_> = self.watched.iter().map(|watched| (watched.name, watched.data)).collect();
        self.execution.ranks.agree(bins.check(self.params, &sets))?;
        let Bins { mapper, train: mut matrix, validation } = bins;
        self.warnings.extend(outcome::empty_columns(self.train.schema(), &mapper));
        let in_file = validation.iter().chain([&matrix]).any(|matrix| matrix.spilled().is_some());
        self.any_in_file = self.execution.ranks.any(in_file);
        if let Some(rows) = &self.weighted_rows {
            matrix = self.agree(matrix.gather_ascending(rows))?;
        }
        for (watched, matrix) in self.watched[1..].iter_mut().zip(validation) {
            let columns = if matrix.spilled().is_some() { BinColumns::none() } else { BinColumns::of(&matrix) };
            watched.bins = Some((matrix, columns));
        }
        self.keep_raw_values(&mapper)?;
        self.check_in_file()?;
        let columns = self.columns(&matrix);
        self.order = RowOrder::new(!self.keeps_order && RowOrder::pays(&matrix));
        self.seconds.bin += started.elapsed().as_secs_f64();
        Ok(Binned { mapper, columns, matrix })
    }

    /// The columns of the training data's matrix, where they pay: for partitioning short rows, for rows that a tree was not grown on or that
    /// it is dropped for, and for trees of few features.
    fn columns(&self, matrix: &BinnedMatrix) -> BinColumns {
        if matrix.spilled().is_some() {
            BinColumns::none()
        } else if self.has_columns() {
            BinColumns::of(matrix)
        } else {
            BinColumns::if_short(matrix)
        }
    }

    /// Whether columns pay whatever the length of rows is.
    pub(super) fn has_columns(&self) -> bool {
        self.sampler.samples() || self.params.colsample_bytree < 1.0 || self.dart.is_some()
    }

    /// What became of reading bins, if it did not fail on any rank.
    pub(super) fn agree<T>(&self, result: Result<T>) -> Result<T> {
        if self.any_in_file { self.execution.ranks.agree(result) } else { result }
    }

    /// The loop over rounds, from the first or from those of a checkpoint on: the model that is kept, and the metrics of every round.
    pub(super) fn grow_all(
        &mut self,
        binned: &mut Binned,
        checkpoint: Option<&Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<(Model, Vec<RoundReport>, Profile)> {
        let rounds = checkpoint.map(Checkpoint::rounds);
        agreement::check_same(self.execution.ranks, &[("rounds of the checkpoint".into(), format!("{rounds:?}"))])?;
        let keeps_checkpoints = observer.keeps_checkpoints() || checkpoint.is_some();
        let data = if keeps_checkpoints { self.fingerprints(binned)? } else { Vec::new() };
        let mut kept = Kept::new(self.early_stopping(), self.dart.is_some());
        let mut done = match checkpoint {
            Some(checkpoint) => {
                self.execution.ranks.agree(checkpoint.check(&self.model(Vec::new(), None), &data, self.initial_id()))?;
                observer.resuming();
                self.resume(checkpoint, binned, &mut kept)?
            }
            None => Checkpoint { model: self.model(Vec::new(), None), history: Vec::new(), data, initial: self.initial_id() },
        };
        observer.started(&self.warnings);
        let Binned { mapper, matrix, columns } = binned;
        let execution = self.execution;
        let profiler = execution.profiler;
        let rules = Arc::clone(&self.rules);
        let (outputs, side_by_side) = (self.outputs_of_tree(), self.side_by_side(matrix.rows()));
        let combinations = self.params.combinations(outputs);
        let grower =
            TreeGrower::new(self.params, &rules, mapper, matrix, combinations, self.execution).side_by_side(side_by_side > 1);
        let new_buffers = || Buffers::new(matrix.rows(), (outputs, combinations), self.loss.settled(), NOISE * self.magnitude);
        let mut buffers: Vec<_> = (0..side_by_side).map(|_| new_buffers()).collect();
        let mut profile = Profile::default();
        let first = done.rounds();
        let end = if kept.has_ended() { first } else { self.params.num_round as usize };
        for new in first..end {
            let (started, before) = (Instant::now(), done.model.trees.len());
            let (round, reorder) = (self.first_round() + new, self.order.is_due(new - first));
            let bins = RowBins { matrix, columns, execution };
            let leaf_order =
                self.grow_round(&grower, &mut done.model.trees, bins, Step { round, buffers: &mut buffers, reorder })?;
            if reorder {
                profiler.step(Phase::Reorder, || self.reorder(&leaf_order, matrix, columns));
            }
            self.seconds.train += started.elapsed().as_secs_f64();
            let last = std::mem::replace(&mut profile, profiler.profile(self.seconds.train));
            observer.profiled(round, &profile.since(&last));
            let report = self.evaluate(round);
            if kept.is_decided_by_metrics() && report.round == self.first_round() {
                outcome::check_decisive(&report)?;
            }
            let keep_going = observer.round(&report);
            let keep_going = round_agreement::goes_on(self.execution.ranks, &done.model.trees[before..], &report, keep_going)?;
            let stop = kept.observe(&report, &done.model.trees);
            done.history.push(report);
            if !stop && observer.wants_checkpoint() {
                observer.checkpoint(&done);
            }
            if stop || !keep_going {
                break;
            }
        }
        if keeps_checkpoints && done.rounds() > first && (kept.has_ended() || done.rounds() >= self.params.num_round as usize) {
            observer.ended(&done);
        }
        self.in_file = InFile::of(self.watched.iter().filter_map(|set| Some(&set.bins.as_ref()?.0)).chain([&*matrix]));
        let mut trees = done.model.trees;
        kept.cut(&mut trees, self.first_round(), self.trees_per_round());
        self.warnings.extend(outcome::shrunk(self.params.lambda, &trees));
        if outcome::has_no_split(&trees) {
            let round = self.first_round() + done.history.len();
            let next = NextTree { round, index: (round * self.trees_per_round()) as u64, output: 0, is_first: true };
            let obstacle = self.obstacle(next, mapper, RowBins { matrix, columns, execution }, &mut buffers[0])?;
            self.warnings.push(match self.initial {
                None => format!("no tree has a split, so all rows are predicted alike: {obstacle}"),
                Some(_) => format!("no new tree has a split, so nothing is learnt from these data: {obstacle}"),
            });
        }
        Ok((self.whole(self.model(trees, kept.best())), done.history, profile))
    }

    /// The number of rounds that were trained before and stay as they are.
    pub(super) fn first_round(&self) -> usize {
        let stays = self.params.process_type == ProcessType::Default;
        self.initial_id().filter(|_| stays).map_or(0, |id| id.rounds)
    }

    /// The model that training goes on from.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn initial_model(&self) -> Result<&Model> {
        let error = || Error::parameter("process_type=update needs a model").with_parameter("process_type");
        let remedy = "give it with --model-in FILE (on SageMaker in the channel model; in Rust Trainer::init_model)";
        self.initial.as_ref().map(|initial| &initial.model).ok_or_else(|| error().with_remedy(remedy))
    }

    fn initial_id(&self) -> Option<InitialId> {
        self.initial.as_ref().map(|initial| initial.id)
    }

    /// The model of new trees with those before it.
    fn whole(&self, mut model: Model) -> Model {
        if let Some(initial) = &self.initial {
            model.trees.splice(..0, initial.trees().iter().cloned());
            model = self.with_roles_of(&initial.model, model);
        }
        model
    }

    /// A model whose rows must have what those of another must have.
    pub(super) fn with_roles_of(&self, other: &Model, mut model: Model) -> Model {
        let roles: Vec<_> = other.required_roles.iter().filter(|role| !model.required_roles.contains(role)).copied().collect();
        model.required_roles.extend(roles);
        model
    }

    /// A model of some trees.
    pub(super) fn model(&self, trees: Vec<Tree>, best: Option<(usize, f64)>) -> Model {
        let mut model = Model::new(self.train.schema().clone(), self.params.objective, self.base_score.clone(), trees);
        model.objective = self.params.objective_spec();
        model.outputs = match self.train.targets().num_targets() {
            1 => self.params.outputs(),
            _ => Outputs::Targets(self.train.target_names()),
        };
        model.reading = self.train.reading().clone();
        model.required_roles.extend(self.train.base_margin().map(|_| Role::BaseMargin));
        model.classes = self.train.classes().map(<[String]>::to_vec);
        model.parallel_trees = self.params.num_parallel_tree;
        model.best_iteration = best.map(|(round, _)| round as u32);
        model.best_score = best.map(|(_, score)| score);
        model.params = self.params.model_affecting();
        if let Some(custom) = self.custom {
            model.objective = ObjectiveSpec::new(custom.name(), Vec::new());
            model.link = custom.link();
        }
        model
    }

    pub(super) fn trees_per_round(&self) -> usize {
        self.base_score.len() / self.outputs_of_tree() * self.params.num_parallel_tree as usize
    }

    /// The outputs that each tree has: one, or all.
    pub(super) fn outputs_of_tree(&self) -> usize {
        self.params.outputs_of_tree(self.base_score.len())
    }

    /// The fingerprints of all data sets, whose rows must still lie as they came.
    fn fingerprints(&self, binned: &Binned) -> Result<Vec<Fingerprint>> {
        let ranks = self.execution.ranks;
        let fingerprint = |watched: &Watched<'_>| {
            let (matrix, mapper) = match &watched.bins {
                Some((matrix, _)) => (matrix, None),
                None => (&binned.matrix, Some(&binned.mapper)),
            };
            Fingerprint::new(watched.name, watched.data, matrix, mapper, &watched.raw, ranks)
        };
        self.watched.iter().map(fingerprint).collect()
    }

    pub(super) fn early_stopping(&self) -> Option<EarlyStopping> {
        let metric = self.metrics.last()?;
        self.params.early_stopping_rounds.map(|patience| EarlyStopping::new(patience as usize, metric.higher_is_better()))
    }

    /// The number of trees that are grown at a time: all of a round where these are of different outputs and there are few rows. What is
    /// grown does not depend on it.
    fn side_by_side(&self, rows: usize) -> usize {
        let outputs = self.base_score.len();
        let pays = !self.any_in_file && rayon::current_num_threads() > 1 && rows * outputs <= SIDE_BY_SIDE_MARGINS;
        if pays && self.execution.ranks.is_alone() && self.params.num_parallel_tree == 1 { outputs } else { 1 }
    }

    /// Grows the trees of one round and adds them to all scores. Returns all rows in the order of the last one's leaves, if they are to be
    /// laid out anew.
    fn grow_round(
        &mut self,
        grower: &TreeGrower<'_>,
        trees: &mut Vec<Tree>,
        bins: RowBins<'_>,
        step: Step<'_>,
    ) -> Result<Vec<u32>> {
        let Step { round, buffers, reorder } = step;
        let (mapper, profiler) = (grower.mapper, self.execution.profiler);
        let mut leaf_order = Vec::new();
        let before = self.initial.as_ref().map_or(0, |initial| initial.trees().len());
        let dropped = profiler.step(Phase::Score, || self.drop_trees(round, trees, mapper, bins))?;
        profiler.step(Phase::Gradients, || self.loss.start_round(round, &self.watched[0].round(), self.execution.ranks));
        let next: Vec<NextTree> = self.trees_of_round(round, before + trees.len()).collect();
        for next in next.chunks(buffers.len()) {
            let grow = |(buffers, &tree)| self.grow_tree(grower, tree, bins, buffers);
            let grown: Vec<GrownTree> = buffers.par_iter_mut().zip(next).with_max_len(1).map(grow).collect::<Result<_>>()?;
            for ((next, mut grown), buffers) in next.iter().zip(grown).zip(&mut *buffers) {
                let mut tree = grown.to_tree(mapper);
                tree.weight = dropped.weight;
                grown.weigh(tree.weight);
                let on_copies = buffers.has_copies();
                let added = profiler.step(Phase::Score, || self.add_to_scores(next.output, &grown, mapper, bins, on_copies));
                self.agree(added)?;
                trees.push(tree);
                if reorder && trees.len().is_multiple_of(self.trees_per_round()) {
                    let rows = bins.matrix.rows();
                    leaf_order = profiler.step(Phase::Reorder, || match grown.num_rows() == rows {
                        true => grown.leaf_order(),
                        false => Router::new(&grown, mapper, bins).leaf_order(rows),
                    });
                }
                buffers.rows = grown.rows;
            }
        }
        profiler.step(Phase::Score, || self.bring_back(&dropped, trees));
        Ok(leaf_order)
    }

    /// The trees of a round, before which there are `count` others.
    fn trees_of_round(&self, round: usize, count: usize) -> impl Iterator<Item = NextTree> {
        let parallel_trees = self.params.num_parallel_tree as usize;
        (0..self.trees_per_round()).map(move |at| {
            let (output, parallel) = (at / parallel_trees * self.outputs_of_tree(), at % parallel_trees);
            NextTree { round, index: (count + at) as u64, output, is_first: parallel == 0 }
        })
    }

    /// Grows a tree. Its rows are those of the buffers until they are given back.
    fn grow_tree(&self, grower: &TreeGrower<'_>, tree: NextTree, bins: RowBins<'_>, buffers: &mut Buffers) -> Result<GrownTree> {
        grower.step(Phase::Gradients, || self.draw_rows(tree, bins.matrix, buffers));
        let mut grown = grower.grow(buffers.input(tree.index, bins))?;
        for output in tree.output..tree.output + self.outputs_of_tree() {
            if let Some(level) = self.loss.leaf_level(output) {
                grower.step(Phase::Leaves, || self.renew(&mut grown, grower.mapper, output, level, buffers));
            }
        }
        if self.has_linear_leaves(tree.round) {
            grower.step(Phase::Leaves, || self.fit_linear(&mut grown, buffers));
        }
        Ok(grown)
    }

    /// Gives the leaves of a tree the quantile at `level` of their rows' residuals.
    fn renew(&self, grown: &mut GrownTree, mapper: &BinMapper, output: usize, level: f64, buffers: &Buffers) {
        let round = self.watched[0].round();
        let (targets, margins) = (round.targets.of_target(output), round.margins_of(output));
        let labels = targets.labels();
        let shrinkage = self.params.eta / f64::from(self.params.num_parallel_tree);
        renew_leaves(grown, (output, level), shrinkage, (&self.rules, mapper), self.execution.ranks, |row| {
            let (row, pair) = buffers.grown_on(row);
            (pair.hess > 0.0).then(|| weighted(labels[row] - margins[row], f64::from(pair.hess)))
        });
    }

    /// The rows that the next tree is grown on, with their quantised gradients.
    fn draw_rows(&self, tree: NextTree, matrix: &BinnedMatrix, buffers: &mut Buffers) {
        let NextTree { round, index, output, is_first } = tree;
        // Several trees of one output share the gradients of all rows.
        let is_uniform = self.sampler.is_blind();
        let is_blind = is_uniform && self.params.num_parallel_tree == 1;
        let data = self.watched[0].round();
        if is_first && !is_blind {
            buffers.fill(|of_tree, out| self.loss.gradients(output + of_tree, &data, out));
        }
        // Where rows are ranked, those of a group are drawn together.
        let groups = data.targets.groups().filter(|_| is_uniform && self.params.objective.is_ranking());
        let row = |position| match groups {
            Some(groups) => groups[position as usize],
            None => self.first_row + u64::from(self.order.row(position)),
        };
        let drawn = self.sampler.draw((round, index), (&buffers.gradients, buffers.outputs()), row, self.execution);
        let is_sample = matches!(drawn, Drawn::Some(_));
        match drawn {
            // What memory has no room for is not copied into it.
            Drawn::Some(sample) if sample.are_few_of(matrix.rows()) && matrix.spilled().is_none() => match is_blind {
                true => buffers.copy_with(&sample.rows, matrix, |of_tree, out| {
                    self.loss.gradients_of(output + of_tree, &data, &sample.rows, out);
                }),
                false => buffers.copy(&sample, matrix),
            },
            drawn => {
                if is_blind {
                    buffers.fill(|of_tree, out| self.loss.gradients(output + of_tree, &data, out));
                }
                buffers.take(drawn, matrix);
            }
        }
        if is_first || is_sample {
            buffers.quantise(self.execution, sampling::key(self.params.seed, Purpose::Sketch, index));
        }
    }

    /// Why the next tree would have no split, like those before it.
    fn obstacle(&mut self, tree: NextTree, mapper: &BinMapper, bins: RowBins<'_>, buffers: &mut Buffers) -> Result<String> {
        let index = tree.index;
        self.loss.start_round(tree.round, &self.watched[0].round(), self.execution.ranks);
        self.draw_rows(tree, bins.matrix, buffers);
        grow::obstacle(self.params, &self.rules, mapper, self.execution, buffers.input(index, bins))
    }

    /// Lays the training rows out anew: everything that has a number a row.
    fn reorder(&mut self, order: &[u32], matrix: &mut BinnedMatrix, columns: &mut BinColumns) {
        // The old columns go before anything is copied, and there are new ones when all copies but one are gone: this is where a job
        // needs the most memory.
        *columns = BinColumns::none();
        matrix.reorder(order);
        let train = &mut self.watched[0];
        train.scores.reorder(order);
        train.targets = Cow::Owned(train.targets.gather(order));
        train.raw.reorder(order);
        if self.sampler.samples() {
            self.order.change(order);
        }
        *columns = self.columns(matrix);
    }

    /// Adds a tree to the scores of all data sets. If it was grown on copies of some rows, all are routed.
    fn add_to_scores(
        &mut self,
        output: usize,
        grown: &GrownTree,
        mapper: &BinMapper,
        train: RowBins<'_>,
        on_copies: bool,
    ) -> Result<()> {
        let is_grown_on_all = grown.num_rows() == train.matrix.rows();
        for watched in &mut self.watched {
            match &watched.bins {
                None if !on_copies && (is_grown_on_all || train.matrix.spilled().is_none()) => {
                    let router = (!is_grown_on_all).then(|| Router::new(grown, mapper, train));
                    watched.scores.add_leaves(output, grown, router.as_ref(), &watched.raw);
                }
                _ => watched.add(output, grown, mapper, train)?,
            }
        }
        Ok(())
    }

    pub(super) fn evaluate(&mut self, round: usize) -> RoundReport {
        let started = Instant::now();
        let mut values = Vec::with_capacity(self.watched.len() * self.metrics.len());
        for watched in &self.watched {
            for metric in &self.metrics {
                let value = metric.evaluate(&metric::Evaluation {
                    objective: self.params.objective,
                    margins: watched.scores.all(),
                    targets: watched.targets.view(),
                    ranks: self.execution.ranks,
                });
                values.push((watched.name.to_string(), metric.name().to_string(), value));
            }
        }
        self.seconds.evaluate += started.elapsed().as_secs_f64();
        RoundReport { round, values }
    }
}

/// The bins of a data set: of validation data its own, else those of the training data.
fn own_bins<'b>(own: &'b Option<(BinnedMatrix, BinColumns)>, train: RowBins<'b>) -> RowBins<'b> {
    match own {
        Some((matrix, columns)) => RowBins { matrix, columns, ..train },
        None => train,
    }
}

/// A tree that is to be grown: its round, its number among all trees, its output, and whether it is the first of that output in the round.
#[derive(Clone, Copy)]
struct NextTree {
    round: usize,
    index: u64,
    output: usize,
    is_first: bool,
}

/// A round: its number, the memory that it uses for each tree of those that are grown side by side, and whether the rows are laid out anew at
/// its end.
struct Step<'b> {
    round: usize,
    buffers: &'b mut [Buffers],
    reorder: bool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(name: &'a str, data: &'a Dataset, targets: Cow<'a, Targets>, base_score: &[f64]) -> Result<Self> {
        let scores = Scores::new(targets.view(), base_score)?;
        Ok(Self { name, data, targets, bins: None, raw: RawValues::default(), scores })
    }

    /// Forgets all trees.
    pub(super) fn begin_anew(&mut self, base_score: &[f64]) -> Result<()> {
        self.scores = Scores::new(self.targets.view(), base_score)?;
        Ok(())
    }

    /// Begins with what a model predicts.
    pub(super) fn start_from(&mut self, initial: &InitialModel) -> Result<()> {
        let margins = initial.margins(self.data).map_err(|error| error.within(self.name))?;
        self.scores = Scores::from_margins(self.data.rows(), margins);
        Ok(())
    }

    /// Adds a tree to the scores. `train` are the bins of the training data.
    pub(super) fn add(&mut self, output: usize, grown: &GrownTree, mapper: &BinMapper, train: RowBins<'_>) -> Result<()> {
        let Self { scores, bins, raw, .. } = self;
        scores.add_led(output, grown, &Led::new(grown, mapper, own_bins(bins, train))?, raw);
        Ok(())
    }

    /// Sets a tree aside that is to be taken out of the scores.
    pub(super) fn set_aside(&mut self, output: usize, grown: &GrownTree, mapper: &BinMapper, train: RowBins<'_>) -> Result<()> {
        let Self { scores, bins, raw, .. } = self;
        scores.set_aside(output, grown, &Led::new(grown, mapper, own_bins(bins, train))?, raw);
        Ok(())
    }

    /// What the loss sees of them.
    pub(super) fn round(&self) -> Round<'_> {
        Round { targets: self.targets.view(), margins: self.scores.all() }
    }
}
