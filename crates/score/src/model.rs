//! A trained model: schema, parameters, trees.

use crate::{FeatureSchema, Objective, Tree};
use serde::{Deserialize, Serialize};

/// A trained model. Holds only what the data and the model-affecting parameters determine, so that equal inputs give equal files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The columns the model was trained on.
    pub schema: FeatureSchema,
    /// What was minimised; decides what a prediction means.
    pub objective: Objective,
    /// The labels' texts in class order, where the labels of the training data were texts.
    pub classes: Option<Vec<String>>,
    /// The margin of a row before the first tree, one value per output (one, or the number of classes).
    pub base_score: Vec<f64>,
    /// Trees per output and round (`num_parallel_tree`).
    pub parallel_trees: u32,
    /// The trees: round by round; within a round output by output; within an output its parallel trees.
    pub trees: Vec<Tree>,
    /// The best round by the early-stopping metric (0-based); the trees end with it.
    pub best_iteration: Option<u32>,
    /// Value of that metric in the best round.
    pub best_score: Option<f64>,
    /// The model-affecting parameters as given or defaulted, by name.
    pub params: Vec<(String, String)>,
}

impl Model {
    /// The number of margins per row: the number of classes for multiclass objectives, else 1.
    pub fn num_outputs(&self) -> usize {
        self.base_score.len()
    }

    /// The number of boosting rounds.
    pub fn num_rounds(&self) -> usize {
        self.trees.len() / (self.num_outputs() * self.parallel_trees as usize).max(1)
    }

    /// The output that tree number `index` adds to.
    pub fn output_of(&self, index: usize) -> usize {
        (index / self.parallel_trees as usize) % self.num_outputs()
    }

    /// The number of nodes over all trees.
    pub fn num_nodes(&self) -> usize {
        self.trees.iter().map(|tree| tree.nodes.len()).sum()
    }
}
