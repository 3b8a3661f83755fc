//! A trained model: schema, trees, and what becomes of their sum.

use crate::{
    Calibration, Condition, DerivedFeature, Error, FeatureKind, FeatureSchema, Link, Objective, ObjectiveSpec, Outputs, Prediction,
    Reading, Role, Tree,
};
use std::collections::BTreeSet;

/// A trained model. Holds only what the data and the model-affecting parameters determine, so that equal inputs give equal files.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Model {
    /// The columns the model was trained on.
    pub schema: FeatureSchema,
    /// How the training data were read.
    pub reading: Reading,
    /// What rows must have besides features, because the training data had it.
    pub required_roles: Vec<Role>,
    /// Features that are computed from those of the schema before trees see a row.
    pub derived: Vec<DerivedFeature>,
    /// What was minimised.
    pub objective: ObjectiveSpec,
    /// From margins to means or probabilities.
    pub link: Link,
    /// What the outputs are.
    pub outputs: Outputs,
    /// What [`Output::Value`](crate::Output::Value) tells.
    pub prediction: Prediction,
    /// The labels' texts in class order, where the labels of the training data were texts.
    pub classes: Option<Vec<String>>,
    /// A correction of predictions.
    pub calibration: Option<Calibration>,
    /// The margin of a row before the first tree, one value per output. Empty in an ensemble, whose members have their own.
    pub base_score: Vec<f64>,
    /// Trees per output and round (`num_parallel_tree`).
    pub parallel_trees: u32,
    /// Which trees belong to which round and output, where that does not follow from [`Model::parallel_trees`].
    pub layout: Option<Layout>,
    /// The trees: round by round; within a round output by output; within an output its parallel trees.
    pub trees: Vec<Tree>,
    /// Whether trees are summed or averaged.
    pub aggregation: Aggregation,
    /// The numbers that values are compared and margins are summed in.
    pub precision: Precision,
    /// The members of an ensemble, to which the trees belong one after the other.
    pub ensemble: Option<Ensemble>,
    /// The best round by the early-stopping metric (0-based); the trees end with it.
    pub best_iteration: Option<u32>,
    /// Value of that metric in the best round.
    pub best_score: Option<f64>,
    /// The model-affecting parameters as given or defaulted, by name.
    pub params: Vec<(String, String)>,
    /// Anything else that whoever made the model wanted to keep with it, by name.
    pub attributes: Vec<(String, String)>,
}

/// An irregular order of trees (imported models).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The number of trees of each round.
    pub rounds: Vec<u32>,
    /// The output that each tree adds to; of no account for trees whose leaves are vectors.
    pub outputs: Vec<u32>,
}

/// What becomes of the leaves that a row falls into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aggregation {
    /// They are added to the base score, tree by tree.
    #[default]
    Sum,
    /// Their mean is added to the base score (random forests of LightGBM and scikit-learn).
    Mean,
    /// The least of them is added to the base score (ONNX).
    Min,
    /// The greatest of them is added to the base score (ONNX).
    Max,
}

/// The numbers that scoring computes margins in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// f64.
    #[default]
    Double,
    /// f32, as XGBoost: values are rounded before they are compared, sums after each addition.
    Single,
}

impl Precision {
    /// Whether a split divides values before they are rounded as it divides them afterwards.
    pub(crate) fn divides_alike(self, condition: &Condition) -> bool {
        let rounded = |x: f64| f64::from(x as f32);
        match (self, condition) {
            // Rounding keeps the order: it is enough to look at the greatest value that goes left and the least that does not.
            (Self::Single, Condition::Threshold(limit)) => rounded(*limit) <= *limit && rounded(limit.next_up()) > *limit,
            (Self::Single | Self::Double, _) => true,
        }
    }

    /// A leaf's value times the weight of its tree.
    #[inline]
    pub(crate) fn weighted(self, weight: f64, value: f64) -> f64 {
        match self {
            Self::Double => weight * value,
            Self::Single => f64::from(weight as f32 * value as f32),
        }
    }

    /// A margin and what a tree adds to it.
    #[inline]
    pub(crate) fn sum(self, margin: f64, value: f64) -> f64 {
        match self {
            Self::Double => margin + value,
            Self::Single => f64::from(margin as f32 + value as f32),
        }
    }
}

/// Models over one schema whose predictions are averaged.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    /// What is averaged.
    pub mean_of: MeanOf,
    /// The members, at least one.
    pub members: Vec<Member>,
}

/// What an [`Ensemble`] averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MeanOf {
    /// Margins.
    Margins,
    /// What the link makes of the margins. Where margins themselves are asked for, these are averaged all the same.
    Means,
    /// The class that each member predicts: a class is as probable as the share of members that vote for it. Margins are averaged.
    Votes,
}

/// A member of an [`Ensemble`].
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The number of its trees.
    pub trees: u32,
    /// The margin of a row before the first of them, one value per output.
    pub base_score: Vec<f64>,
    /// How much it counts in the mean; not negative.
    pub weight: f64,
    /// Its best round by the early-stopping metric.
    pub best_iteration: Option<u32>,
    /// Value of that metric in its best round.
    pub best_score: Option<f64>,
}

impl Model {
    /// A model of `trees` with the meaning that `objective` gives to it, and one output per base score.
    pub fn new(schema: FeatureSchema, objective: Objective, base_score: Vec<f64>, trees: Vec<Tree>) -> Self {
        Self {
            schema,
            reading: Reading::default(),
            required_roles: Vec::new(),
            derived: Vec::new(),
            objective: objective.into(),
            link: objective.link(),
            outputs: objective.outputs(),
            prediction: objective.prediction(),
            classes: None,
            calibration: None,
            base_score,
            parallel_trees: 1,
            layout: None,
            trees,
            aggregation: Aggregation::Sum,
            precision: Precision::Double,
            ensemble: None,
            best_iteration: None,
            best_score: None,
            params: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The number of margins per row: the number of classes, targets or levels, else 1.
    pub fn num_outputs(&self) -> usize {
        self.ensemble.as_ref().and_then(|ensemble| ensemble.members.first()).map_or(&self.base_score, |m| &m.base_score).len()
    }

    /// The number of classes, if the outputs are classes.
    pub fn num_classes(&self) -> Option<usize> {
        match self.outputs {
            Outputs::Binary => Some(2),
            Outputs::Classes => Some(self.num_outputs()),
            _ => None,
        }
    }

    /// The objective, if it is one that Sapwood trains and measures.
    ///
    /// # Errors
    /// The objective of an imported model that is not.
    pub fn trained_objective(&self) -> Result<Objective, Error> {
        self.objective.known().ok_or_else(|| {
            let name = &self.objective.name;
            Error::Output(format!("the model's objective {name} is one that Sapwood can score with but not train or evaluate"))
        })
    }

    /// The number of boosting rounds; of an ensemble, those of all members.
    pub fn num_rounds(&self) -> usize {
        self.layout.as_ref().map_or_else(|| self.trees.len() / self.trees_per_round().max(1), |layout| layout.rounds.len())
    }

    /// The number of trees in a round of the regular layout.
    pub fn trees_per_round(&self) -> usize {
        let outputs = if self.has_vector_leaves() { 1 } else { self.num_outputs() };
        outputs.saturating_mul(self.parallel_trees as usize)
    }

    /// Whether every tree adds to all outputs.
    pub fn has_vector_leaves(&self) -> bool {
        self.trees.first().is_some_and(Tree::has_vector_leaves)
    }

    /// The output that tree number `index` adds to, if its leaves are not vectors.
    pub fn output_of(&self, index: usize) -> usize {
        match &self.layout {
            Some(layout) => layout.outputs[index] as usize,
            None => (index / self.parallel_trees as usize) % self.num_outputs(),
        }
    }

    /// The number of nodes over all trees.
    pub fn num_nodes(&self) -> usize {
        self.trees.iter().map(|tree| tree.nodes.len()).sum()
    }

    /// The number of features that trees see: the schema's and the derived ones.
    pub fn num_features(&self) -> usize {
        self.schema.len() + self.derived.len()
    }

    /// The name of a feature that trees see.
    pub fn feature_name(&self, feature: usize) -> Option<&str> {
        match feature.checked_sub(self.schema.len()) {
            None => self.schema.features.get(feature).map(|feature| feature.name.as_str()),
            Some(derived) => self.derived.get(derived).map(|feature| feature.name.as_str()),
        }
    }

    /// The number of levels of a feature that trees see, if it is categorical.
    pub fn levels_of(&self, feature: usize) -> Option<usize> {
        match feature.checked_sub(self.schema.len()) {
            None => match &self.schema.features.get(feature)?.kind {
                FeatureKind::Categorical { levels } => Some(levels.len()),
                _ => None,
            },
            Some(derived) => self.derived.get(derived)?.derivation.levels(),
        }
    }

    /// The columns of the schema that a feature is computed from, ascending; a column of the schema itself.
    pub fn source_columns(&self, feature: usize) -> Vec<usize> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![feature]);
        while let Some(feature) = open.pop() {
            if seen.insert(feature)
                && let Some(derived) = feature.checked_sub(self.schema.len())
                && let Some(derived) = self.derived.get(derived)
            {
                open.extend(derived.derivation.sources().into_iter().map(|source| source as usize));
            }
        }
        seen.range(..self.schema.len()).copied().collect()
    }

    /// Whether rows must come with base margins.
    pub fn requires_base_margin(&self) -> bool {
        self.required_roles.contains(&Role::BaseMargin)
    }
}
