//! A trained model: schema, parameters, trees.

use crate::{Error, FeatureSchema, Node, Objective, Tree};
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

    /// Checks that every index in the model points where it may: children behind their parents, features inside the schema.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the first contradiction.
    pub fn validate(&self) -> Result<(), Error> {
        let bad = |what: String| Err(Error::Inconsistent(what));
        if self.base_score.is_empty() || self.parallel_trees == 0 {
            return bad("it has no output".into());
        }
        if self.objective.is_multiclass() != (self.base_score.len() > 1) {
            return bad(format!("objective {} with {} outputs", self.objective.name(), self.base_score.len()));
        }
        if self.base_score.iter().any(|b| !b.is_finite()) {
            return bad("a base score is not finite".into());
        }
        if self.trees.len() % (self.num_outputs() * self.parallel_trees as usize) != 0 {
            return bad(format!("{} trees are no whole number of rounds", self.trees.len()));
        }
        self.trees.iter().enumerate().try_for_each(|(t, tree)| self.validate_tree(t, tree))
    }

    fn validate_tree(&self, index: usize, tree: &Tree) -> Result<(), Error> {
        let bad = |what: String| Err(Error::Inconsistent(format!("tree {index}: {what}")));
        if tree.nodes.is_empty() {
            return bad("no nodes".into());
        }
        let mut parents = vec![0u32; tree.nodes.len()];
        for (n, node) in tree.nodes.iter().enumerate() {
            match node {
                Node::Leaf { value, .. } if !value.is_finite() => return bad(format!("leaf {n} is not finite")),
                Node::Leaf { .. } => {}
                Node::Split(split) => {
                    if split.feature as usize >= self.schema.len() {
                        return bad(format!("node {n} splits on feature {}, the schema has {}", split.feature, self.schema.len()));
                    }
                    for child in [split.left as usize, split.right as usize] {
                        if child <= n || child >= tree.nodes.len() {
                            return bad(format!("node {n} has child {child}"));
                        }
                        parents[child] += 1;
                    }
                }
            }
        }
        match parents.iter().skip(1).position(|&p| p != 1) {
            Some(orphan) => bad(format!("node {} has {} parents", orphan + 1, parents[orphan + 1])),
            None => Ok(()),
        }
    }
}
