//! Trees of earlier rounds in scores: all of them when a run is taken up again, some of them while dart drops them.

use super::checkpoint::Checkpoint;
use super::dart::Dropped;
use super::kept::Kept;
use super::training::{Binned, Training};
use crate::binning::BinMapper;
use crate::grow::{GrownTree, RowBins};
use crate::{Error, ErrorKind, Result, Tree};

impl Training<'_> {
    /// Takes up the scores of an earlier run; what that had done comes back, as far as this run wants it. Rounds do to scores what they did
    /// then, so that no bit of them is another.
    pub(super) fn resume(&mut self, checkpoint: &Checkpoint, binned: &Binned, kept: &mut Kept) -> Result<Checkpoint> {
        let mut done = checkpoint.clone();
        done.history.truncate(self.params.num_round as usize);
        done.model.trees.truncate(done.history.len() * self.trees_per_round());
        done.model.params = self.params.model_affecting();
        let Binned { mapper, matrix, columns } = binned;
        let bins = RowBins { matrix, columns, execution: self.execution };
        let trees_per_round = self.trees_per_round();
        for round in 0..done.history.len() {
            let first = round * trees_per_round;
            let (before, new) = done.model.trees.split_at_mut(first);
            let number = self.first_round() + round;
            let dropped = self.drop_trees(number, before, mapper, bins)?;
            if self.loss.remembers() {
                self.loss.start_round(number, &self.watched[0].round(), self.execution.ranks);
            }
            for (offset, tree) in new.iter_mut().take(trees_per_round).enumerate() {
                tree.weight = dropped.weight;
                let (output, grown) = (self.output_of(first + offset), weighed(tree, mapper)?);
                let added = self.watched.iter_mut().try_for_each(|watched| watched.add(output, &grown, mapper, bins));
                self.agree(added)?;
            }
            self.bring_back(&dropped, &mut done.model.trees);
            kept.observe(&done.history[round], &done.model.trees[..first + trees_per_round]);
        }
        Ok(done)
    }

    /// The margins that trees of this run give to the data sets besides the training data: of each set output by output.
    pub(super) fn margins_of(&mut self, trees: &[Tree], binned: &Binned) -> Result<Vec<Vec<f64>>> {
        let Binned { mapper, matrix, columns } = binned;
        let bins = RowBins { matrix, columns, execution: self.execution };
        let outputs: Vec<_> = (0..trees.len()).map(|index| self.output_of(index)).collect();
        for watched in &mut self.watched[1..] {
            watched.begin_anew(&self.base_score)?;
            for (tree, output) in trees.iter().zip(&outputs) {
                watched.add(*output, &weighed(tree, mapper)?, mapper, bins)?;
            }
        }
        Ok(self.watched[1..].iter().map(|watched| watched.scores.all().to_vec()).collect())
    }

    /// The output that tree number `index` adds to; the first of several.
    pub(super) fn output_of(&self, index: usize) -> usize {
        let outputs = self.outputs_of_tree();
        (index / self.params.num_parallel_tree as usize * outputs) % self.base_score.len()
    }

    /// Takes the trees out of all scores that a round drops, until they are brought back.
    pub(super) fn drop_trees(&mut self, round: usize, trees: &[Tree], mapper: &BinMapper, bins: RowBins<'_>) -> Result<Dropped> {
        let Some(dart) = &self.dart else { return Ok(Dropped::none()) };
        let dropped = dart.drop(round, trees);
        for &index in &dropped.trees {
            let (output, grown) = (self.output_of(index), weighed(&trees[index], mapper)?);
            let set = self.watched.iter_mut().try_for_each(|watched| watched.set_aside(output, &grown, mapper, bins));
            self.agree(set)?;
        }
        self.watched.iter_mut().for_each(|watched| watched.scores.take_out());
        Ok(dropped)
    }

    /// Brings the trees back that were dropped, with their new weights.
    pub(super) fn bring_back(&mut self, dropped: &Dropped, trees: &mut [Tree]) {
        dropped.reweigh(trees);
        self.watched.iter_mut().for_each(|watched| watched.scores.bring_back(dropped.factor));
    }
}

/// A tree of an earlier round, whose leaves are multiplied by its weight.
fn weighed(tree: &Tree, mapper: &BinMapper) -> Result<GrownTree> {
    let other = || Error::new(ErrorKind::Checkpoint, "the checkpoint's thresholds are not those of the data");
    let mut grown = GrownTree::of(tree, mapper).ok_or_else(other)?;
    grown.weigh(tree.weight);
    Ok(grown)
}
