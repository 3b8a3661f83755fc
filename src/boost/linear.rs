//! Linear leaves in training: the raw values that they take, and which trees have them.

use super::buffers::Buffers;
use super::training::Training;
use crate::binning::{BinMapper, FeatureBins};
use crate::data::RawValues;
use crate::grow::{GrownTree, LinearInput, LinearRule, fit_linear_leaves};
use crate::split::Regularisation;
use crate::{Error, Result};

impl Training<'_> {
    /// Keeps the values of the features that leaves may be linear functions of, for all data sets.
    ///
    /// # Errors
    /// Data whose bins alone are known.
    pub(super) fn keep_raw_values(&mut self, mapper: &BinMapper) -> Result<()> {
        if !self.params.linear_tree {
            return Ok(());
        }
        // What has one value is never a term.
        let may_vary = |feature: usize| {
            let bins = &mapper.features()[feature];
            matches!(bins, FeatureBins::Numeric { .. }) && bins.value_bins() > 1
        };
        let read = self.watched.iter_mut().try_for_each(|watched| {
            watched.raw = RawValues::read(watched.data, may_vary).map_err(|error| error.within(watched.name))?;
            Ok(())
        });
        self.execution.ranks.agree(read)?;
        if let (Some(rows), [train, ..]) = (&self.weighted_rows, &mut self.watched[..]) {
            train.raw.reorder(rows);
        }
        Ok(())
    }

    /// Whether the trees of a round have linear leaves. As in LightGBM, those that boosting begins with have none.
    pub(super) fn has_linear_leaves(&self, round: usize) -> bool {
        self.params.linear_tree && (round > 0 || self.params.num_parallel_tree > 1)
    }

    /// Makes the leaves of a tree linear.
    pub(super) fn fit_linear(&self, grown: &mut GrownTree, buffers: &Buffers) {
        let input =
            LinearInput { raw: &self.watched[0].raw, largest_hess: buffers.largest_hess(), grown_on: |row| buffers.grown_on(row) };
        let rule = LinearRule {
            regularisation: Regularisation::new(self.params),
            shrinkage: self.params.eta / f64::from(self.params.num_parallel_tree),
            ridge: self.params.linear_lambda,
        };
        fit_linear_leaves(grown, &input, rule, self.execution);
    }

    /// Refuses a loss that says itself what its leaves are.
    pub(super) fn check_linear(&self) -> Result<()> {
        let renews = (0..self.base_score.len()).any(|output| self.loss.leaf_level(output).is_some());
        if !self.params.linear_tree || !renews {
            return Ok(());
        }
        let error =
            Error::parameter("linear_tree cannot be combined with a loss whose leaves are quantiles of their rows' residuals");
        Err(error.with_parameter("linear_tree").with_remedy("leave it out"))
    }

    /// What of `linear_tree` has no effect on these data.
    pub(super) fn warnings_of_linear_trees(&self) -> Option<String> {
        if !self.params.linear_tree {
            return None;
        }
        let features = &self.train.schema().features;
        if features.iter().all(|feature| feature.kind.is_categorical()) {
            return Some("linear_tree=true has no effect: all features are categorical".into());
        }
        let is_one_round = self.first_round() + self.params.num_round as usize == 1;
        (is_one_round && !self.has_linear_leaves(0))
            .then(|| "linear_tree=true has no effect with num_round=1: the first tree has constant leaves".into())
    }
}
