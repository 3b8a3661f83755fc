//! The objectives' names and what they make of a margin. Their gradients live with the trainer.

use crate::math;
use serde::{Deserialize, Serialize};

/// A learning objective, under XGBoost's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objective {
    /// Squared error.
    #[serde(rename = "reg:squarederror")]
    SquaredError,
    /// Logistic loss on labels in [0, 1].
    #[serde(rename = "reg:logistic")]
    Logistic,
    /// Logistic loss on labels 0 and 1; predicts probabilities.
    #[serde(rename = "binary:logistic")]
    BinaryLogistic,
    /// Logistic loss on labels 0 and 1; predicts the margin.
    #[serde(rename = "binary:logitraw")]
    BinaryLogitraw,
    /// Poisson deviance on counts, with a log link.
    #[serde(rename = "count:poisson")]
    Poisson,
    /// Softmax loss; predicts the most probable class.
    #[serde(rename = "multi:softmax")]
    Softmax,
    /// Softmax loss; predicts the probability of every class.
    #[serde(rename = "multi:softprob")]
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

    /// Turns one row's margins into means (regression) or probabilities (classification), in place.
    #[inline(always)]
    pub fn link(self, margins: &mut [f64]) {
        match self {
            Self::SquaredError => {}
            Self::Logistic | Self::BinaryLogistic | Self::BinaryLogitraw => {
                for margin in margins {
                    *margin = math::sigmoid(*margin);
                }
            }
            Self::Poisson => {
                for margin in margins {
                    *margin = math::exp(*margin);
                }
            }
            Self::Softmax | Self::Softprob => math::softmax(margins),
        }
    }
}
