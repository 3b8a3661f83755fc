//! `process_type=update`: the trees of a model stay, and what they know of the data is computed anew, round by round (XGBoost's updater
//! `refresh`, LightGBM's `refit`).

use super::checkpoint::Checkpoint;
use super::events::Observer;
use super::kept::Kept;
use super::report::RoundReport;
use super::training::{Training, Watched};
use crate::execution::Execution;
use crate::grow::node_sums;
use crate::numeric::{gather, quantile_of, weighted};
use crate::objective::GradientPair;
use crate::predict::{Output, Scorer, predict};
use crate::split::Regularisation;
use crate::text::counted;
use crate::{Error, ErrorKind, Model, Result, Tree};
use rayon::prelude::*;
use sapwood_score::{LeafValue, Node};
use std::time::Instant;

/// Bytes that the leaves of rows may take at a time.
const LEAF_BYTES: f64 = (1u64 << 29) as f64;
/// Bytes of a leaf: as it comes out of scoring, and as it is kept.
const BYTES_PER_LEAF: f64 = 12.0;

/// The leaf that each row falls into, tree by tree.
type Leaves = Vec<Vec<u32>>;

impl Training<'_> {
    /// The model to go on from with its leaves and statistics as these data have them, and the metrics of every round.
    ///
    /// # Errors
    /// A model of fewer rounds, or one that dropped trees; a checkpoint.
    pub(super) fn refresh(
        &mut self,
        checkpoint: Option<&Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<(Model, Vec<RoundReport>)> {
        if checkpoint.is_some() {
            let cause = "process_type=update goes on from no checkpoint: it takes less time than a round of training each";
            return Err(Error::new(ErrorKind::Checkpoint, format!("{cause}; choose an empty directory for checkpoints")));
        }
        let model = self.initial_model()?.clone();
        let (rounds, per_round) = (self.params.num_round as usize, self.trees_per_round());
        self.check_rounds(&model)?;
        let mut trees = model.trees[..rounds * per_round].to_vec();
        let mut kept = Kept::new(self.early_stopping(), false);
        let mut history = Vec::new();
        let mut gradients = vec![GradientPair::default(); self.watched[0].scores.rows()];
        observer.started(&self.warnings);
        let per_pass = self.rounds_per_pass();
        'passes: for first in (0..rounds).step_by(per_pass) {
            let pass = first..rounds.min(first + per_pass);
            let leaves = self.leaves(&model, &model.trees[pass.start * per_round..pass.end * per_round])?;
            for round in pass {
                let started = Instant::now();
                let own = &mut trees[round * per_round..][..per_round];
                self.refresh_round(round, own, &leaves, (round - first) * per_round, &mut gradients);
                self.seconds.train += started.elapsed().as_secs_f64();
                let report = self.evaluate(round);
                let keep_going = !self.execution.ranks.any(!observer.round(&report));
                let stop = kept.observe(&report, &trees);
                history.push(report);
                if stop || !keep_going {
                    break 'passes;
                }
            }
        }
        trees.truncate(history.len() * per_round);
        kept.cut(&mut trees, 0, per_round);
        let refreshed = self.model(trees, kept.best());
        Ok((self.with_roles_of(&model, refreshed), history))
    }

    fn check_rounds(&mut self, model: &Model) -> Result<()> {
        let (asked, there) = (self.params.num_round as usize, model.num_rounds());
        if model.trees.iter().any(|tree| tree.weight != 1.0) {
            return Err(Error::schema(
                "the model dropped trees (booster=dart), and those that were dropped are not known; process_type=update cannot change it",
            ));
        }
        if asked > there {
            let cause = format!("num_round={asked}, and the model has {}: process_type=update adds none", counted(there, "round"));
            return Err(Error::parameter(cause).with_parameter("num_round").with_remedy(format!("give num_round={there}")));
        }
        if asked < there {
            self.warnings.push(format!(
                "process_type=update keeps the first {}, as num_round says, of the model's {there}",
                counted(asked, "round")
            ));
        }
        Ok(())
    }

    /// So many rounds at a time that the leaves of all rows fit into memory.
    fn rounds_per_pass(&self) -> usize {
        let rows: usize = self.watched.iter().map(|watched| watched.data.rows()).sum();
        let [rows] = self.execution.ranks.max_magnitudes([rows as f64]);
        let bytes = rows * BYTES_PER_LEAF * self.trees_per_round() as f64;
        (LEAF_BYTES / bytes.max(1.0)).max(1.0) as usize
    }

    /// The leaves of some trees that the rows of each data set fall into.
    fn leaves(&self, model: &Model, trees: &[Tree]) -> Result<Vec<Leaves>> {
        let mut some = model.clone();
        some.trees = trees.to_vec();
        (some.best_iteration, some.best_score) = (None, None);
        let found = Scorer::new(some).map_err(Error::from).and_then(|scorer| {
            let sets = self.watched.iter().enumerate();
            sets.map(|(set, watched)| watched.leaves(&scorer, self.weighted_rows.as_deref().filter(|_| set == 0))).collect()
        });
        self.execution.ranks.agree(found)
    }

    fn refresh_round(&mut self, round: usize, trees: &mut [Tree], leaves: &[Leaves], at: usize, gradients: &mut [GradientPair]) {
        let Execution { ranks, .. } = self.execution;
        self.loss.start_round(round, &self.watched[0].round(), ranks);
        for (offset, tree) in trees.iter_mut().enumerate() {
            let output = self.output_of(offset);
            if offset.is_multiple_of(self.params.num_parallel_tree as usize) {
                self.loss.gradients(output, &self.watched[0].round(), gradients);
            }
            self.refresh_tree(tree, output, &leaves[0][at + offset], gradients);
            let values: Vec<f64> = tree.leaves().map(|leaf| leaf.scalar().unwrap_or_default()).collect();
            for (watched, leaves) in self.watched.iter_mut().zip(leaves) {
                watched.scores.add_by_leaf(output, &leaves[at + offset], &values);
            }
        }
    }

    /// Gives a tree the statistics of the training data, and its leaves the values that follow from them, as far as they are to change.
    fn refresh_tree(&self, tree: &mut Tree, output: usize, leaves: &[u32], gradients: &[GradientPair]) {
        let params = self.params;
        let sums = node_sums(tree, leaves, gradients, self.execution.ranks);
        let regularisation = Regularisation::new(params);
        // As in XGBoost, nodes with less hessian count for nothing.
        let counts = |hess: f64| hess > 0.0 && hess >= regularisation.min_child_weight;
        let score = |at: u32| match sums[at as usize] {
            (grad, hess) if counts(hess) => regularisation.score(grad, hess),
            _ => 0.0,
        };
        let quantiles = self.loss.leaf_level(output).map(|level| self.leaf_quantiles(tree, (output, level), leaves, gradients));
        let shrinkage = params.eta / f64::from(params.num_parallel_tree);
        let mut ordinal = 0;
        for (at, node) in tree.nodes.iter_mut().enumerate() {
            let (grad, hess) = sums[at];
            match node {
                Node::Split(split) => {
                    split.cover = hess;
                    split.gain = score(split.left) + score(split.right) - score(at as u32);
                }
                Node::Leaf(leaf) => {
                    let then = leaf.scalar().unwrap_or_default();
                    let now = match &quantiles {
                        Some(quantiles) if quantiles[ordinal].is_nan() => then,
                        Some(quantiles) => shrinkage * quantiles[ordinal],
                        None if counts(hess) => shrinkage * regularisation.weight(grad, hess),
                        None => 0.0,
                    };
                    ordinal += 1;
                    leaf.cover = hess;
                    if params.refresh_leaf {
                        leaf.value = LeafValue::Scalar(params.refit_decay_rate * then + (1.0 - params.refit_decay_rate) * now);
                    }
                }
            }
        }
        // They were those of other rows.
        tree.counts.clear();
    }

    /// The quantile of the residuals of each leaf's rows; not a number where a leaf has none.
    fn leaf_quantiles(&self, tree: &Tree, (output, level): (usize, f64), leaves: &[u32], gradients: &[GradientPair]) -> Vec<f64> {
        let round = self.watched[0].round();
        let (labels, margins) = (round.targets.labels(), round.margins_of(output));
        let mut residuals = vec![Vec::new(); tree.num_leaves()];
        for (row, (&leaf, pair)) in leaves.iter().zip(gradients).enumerate() {
            if pair.hess > 0.0 {
                residuals[leaf as usize].push(weighted(labels[row] - margins[row], f64::from(pair.hess)));
            }
        }
        residuals.into_iter().map(|own| quantile_of(self.execution.ranks, own, level)).collect()
    }
}

impl Watched<'_> {
    /// The leaves that its rows fall into; only those of some rows, if they are given.
    fn leaves(&self, scorer: &Scorer, rows: Option<&[u32]>) -> Result<Leaves> {
        let found = predict(scorer, self.data, Output::Leaf).map_err(|error| error.within(self.name))?.into_values();
        let trees = scorer.model().trees.len();
        let of_tree = |tree: usize| {
            let leaves: Vec<u32> = found.iter().skip(tree).step_by(trees).map(|&leaf| leaf as u32).collect();
            rows.map_or_else(|| leaves.clone(), |rows| gather(&leaves, 1, rows))
        };
        Ok((0..trees).into_par_iter().map(of_tree).collect())
    }
}
