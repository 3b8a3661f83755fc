//! How much each feature contributes to a model, counted over its splits (XGBoost's `gain`, `weight` and `cover`).

use crate::{Model, Node};

/// What the splits on one feature amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Importance {
    /// The number of splits (XGBoost's `weight`).
    pub weight: u64,
    /// The sum of their gains (`total_gain`).
    pub total_gain: f64,
    /// The sum of their covers (`total_cover`).
    pub total_cover: f64,
}

impl Importance {
    /// The average gain of a split; 0 without splits.
    pub fn gain(&self) -> f64 {
        self.average(self.total_gain)
    }

    /// The average cover of a split; 0 without splits.
    pub fn cover(&self) -> f64 {
        self.average(self.total_cover)
    }

    fn average(&self, total: f64) -> f64 {
        if self.weight == 0 { 0.0 } else { total / self.weight as f64 }
    }
}

impl Model {
    /// The importance of every feature that trees see: the schema's in their order, then the derived ones.
    ///
    /// ```
    /// # use sapwood_score::{Condition, FeatureSchema, Leaf, Model, Node, Objective, Split, Tree};
    /// # let split = Split::new(1, Condition::Threshold(0.0), false, (1, 2), 9.0, 4.0);
    /// # let leaf = || Node::Leaf(Leaf::new(1.0, 2.0));
    /// # let trees = vec![Tree::new(vec![Node::Split(split), leaf(), leaf()])];
    /// # let model = Model::new(FeatureSchema::numeric(2), Objective::SquaredError, vec![0.5], trees);
    /// let importance = model.importance();
    /// assert_eq!((importance[0].weight, importance[1].weight), (0, 1));
    /// assert_eq!(importance[1].gain(), 9.0);
    /// ```
    pub fn importance(&self) -> Vec<Importance> {
        let mut features = vec![Importance::default(); self.num_features()];
        for node in self.trees.iter().flat_map(|tree| &tree.nodes) {
            let Node::Split(split) = node else { continue };
            if let Some(feature) = features.get_mut(split.feature as usize) {
                feature.weight += 1;
                feature.total_gain += split.gain;
                feature.total_cover += split.cover;
            }
        }
        features
    }
}
