//! Objectives by name, and those that Sapwood trains: their names and what they make of a margin. Their gradients live with the trainer.

use crate::{Link, Outputs, Prediction};

/// A learning objective, under XGBoost's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Squared error.
    SquaredError,
    /// Logistic loss on labels in [0, 1].
    Logistic,
    /// Logistic loss on labels 0 and 1; predicts probabilities.
    BinaryLogistic,
    /// Logistic loss on labels 0 and 1; predicts the margin.
    BinaryLogitraw,
    /// Poisson deviance on counts, with a log link.
    Poisson,
    /// Softmax loss; predicts the most probable class.
    Softmax,
    /// Softmax loss; predicts the probability of every class.
    Softprob,
}

impl Objective {
    /// Every objective, in the order in which documentation lists them.
    pub const ALL: [Self; 7] = [
        Self::SquaredError,
        Self::Logistic,
        Self::BinaryLogistic,
        Self::BinaryLogitraw,
        Self::Poisson,
        Self::Softmax,
        Self::Softprob,
    ];

    /// The objective's name, as a parameter value and in the model file.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::Logistic => "reg:logistic",
            Self::BinaryLogistic => "binary:logistic",
            Self::BinaryLogitraw => "binary:logitraw",
            Self::Poisson => "count:poisson",
            Self::Softmax => "multi:softmax",
            Self::Softprob => "multi:softprob",
        }
    }

    /// The objective called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.name() == name)
    }

    /// Whether there is one margin per class.
    pub fn is_multiclass(self) -> bool {
        matches!(self, Self::Softmax | Self::Softprob)
    }

    /// Whether labels are classes (0, 1 or 0 … num_class − 1).
    pub fn is_classification(self) -> bool {
        matches!(self, Self::BinaryLogistic | Self::BinaryLogitraw | Self::Softmax | Self::Softprob)
    }

    /// From margins to means (regression) or probabilities (classification).
    #[inline(always)]
    pub fn link(self) -> Link {
        match self {
            Self::SquaredError => Link::Identity,
            Self::Logistic | Self::BinaryLogistic | Self::BinaryLogitraw => Link::LOGIT,
            Self::Poisson => Link::Log,
            Self::Softmax | Self::Softprob => Link::Softmax,
        }
    }

    /// What the outputs of its models are.
    pub fn outputs(self) -> Outputs {
        match self {
            Self::SquaredError | Self::Logistic | Self::Poisson => Outputs::Value,
            Self::BinaryLogistic | Self::BinaryLogitraw => Outputs::Binary,
            Self::Softmax | Self::Softprob => Outputs::Classes,
        }
    }

    /// What its models predict.
    pub fn prediction(self) -> Prediction {
        match self {
            Self::BinaryLogitraw => Prediction::Margin,
            Self::Softmax => Prediction::Class,
            _ => Prediction::Mean,
        }
    }
}

/// What was minimised: an objective's name with its parameters. Imported models may have objectives that Sapwood cannot train.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObjectiveSpec {
    /// The name, XGBoost's where it has one.
    pub name: String,
    /// Its parameters, by name.
    pub parameters: Vec<(String, String)>,
}

impl ObjectiveSpec {
    /// An objective of any name.
    pub fn new(name: impl Into<String>, parameters: Vec<(String, String)>) -> Self {
        Self { name: name.into(), parameters }
    }

    /// The objective, if it is one that Sapwood trains.
    pub fn known(&self) -> Option<Objective> {
        Objective::from_name(&self.name)
    }
}

impl From<Objective> for ObjectiveSpec {
    fn from(objective: Objective) -> Self {
        Self::new(objective.name(), Vec::new())
    }
}
