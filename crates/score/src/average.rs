//! One model of several: an ensemble whose predictions are the mean over its members.

use crate::{Ensemble, Error, MeanOf, Member, Model, Prediction};

impl Model {
    /// The mean of `members`, which must have the same schema and objective, each with the weight 1. Members that predict classes vote; of others
    /// predictions are averaged, or margins where these are what they predict.
    ///
    /// # Errors
    /// No members, or one that is not of a kind with the first.
    ///
    /// ```
    /// # use sapwood_score::{FeatureSchema, Model, Objective, Scorer, Tree};
    /// let member = |leaf| Model::new(FeatureSchema::numeric(1), Objective::SquaredError, vec![0.5], vec![Tree::leaf(leaf, 10.0)]);
    /// let mean = Model::average(vec![member(1.0), member(2.0)])?;
    /// assert_eq!(Scorer::new(mean)?.predict(ndarray::array![[7.0]].view())?, ndarray::array![[2.0]]);
    /// # Ok::<(), sapwood_score::Error>(())
    /// ```
    pub fn average(members: Vec<Self>) -> Result<Self, Error> {
        let mut members = members.into_iter();
        let Some(first) = members.next() else {
            return Err(Error::Output("an ensemble needs members".into()));
        };
        first.check_as_member()?;
        let mean_of = match first.prediction {
            Prediction::Class => MeanOf::Votes,
            Prediction::Margin => MeanOf::Margins,
            Prediction::Mean => MeanOf::Means,
        };
        let head = Self { trees: Vec::new(), best_iteration: None, best_score: None, ..first.clone() };
        let (mut trees, mut parts) = (Vec::new(), Vec::new());
        for (number, member) in std::iter::once(first).chain(members).enumerate() {
            member.check_as_member()?;
            if let Some(what) = head.difference(&member) {
                return Err(Error::Output(format!(
                    "models 0 and {number} differ in {what}, so that their predictions have no mean"
                )));
            }
            parts.push(Member {
                trees: member.trees.len() as u32,
                base_score: member.base_score,
                weight: 1.0,
                best_iteration: member.best_iteration,
                best_score: member.best_score,
            });
            trees.extend(member.trees);
        }
        Ok(Self { trees, base_score: Vec::new(), ensemble: Some(Ensemble { mean_of, members: parts }), ..head })
    }

    fn check_as_member(&self) -> Result<(), Error> {
        if self.ensemble.is_none() && self.layout.is_none() && !self.base_score.is_empty() {
            return Ok(());
        }
        Err(Error::Output("an ensemble, or a model with an irregular order of trees, cannot be a member of an ensemble".into()))
    }

    /// Wherein a member differs from what all have in common.
    fn difference(&self, member: &Self) -> Option<&'static str> {
        let same = [
            (self.schema == member.schema, "features"),
            (self.objective == member.objective, "objective"),
            (self.link == member.link && self.prediction == member.prediction, "what they predict"),
            (self.outputs == member.outputs && self.classes == member.classes, "classes"),
            (self.num_outputs() == member.num_outputs(), "number of outputs"),
            (self.parallel_trees == member.parallel_trees, "trees a round"),
            (self.reading == member.reading && self.required_roles == member.required_roles, "how data are read"),
            (self.derived == member.derived && self.calibration == member.calibration, "derived features or calibration"),
            (self.aggregation == member.aggregation && self.precision == member.precision, "how trees are summed"),
        ];
        same.into_iter().find(|(is_same, _)| !is_same).map(|(_, what)| what)
    }
}
