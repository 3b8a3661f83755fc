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
    /// Hinge loss on labels 0 and 1; predicts the class, 0 or 1.
    BinaryHinge,
    /// Gamma deviance on positive labels, with a log link.
    Gamma,
    /// Tweedie deviance on labels that are not negative, with a log link; between Poisson and gamma.
    Tweedie,
    /// Pseudo-Huber loss: squared error near the label, absolute error far from it.
    PseudoHuber,
    /// Squared error of ln(1 + prediction).
    SquaredLogError,
    /// Absolute error; predicts medians.
    AbsoluteError,
    /// Pinball loss; predicts quantiles, one output a level.
    Quantile,
    /// Asymmetric squared error; predicts expectiles, one output a level.
    Expectile,
    /// Partial likelihood of proportional hazards; predicts hazards relative to each other.
    Cox,
    /// Accelerated failure times: the logarithm of a time, known to lie in an interval, is the margin plus noise; predicts times.
    Aft,
    /// LambdaMART for NDCG: puts the rows of each query group in order.
    RankNdcg,
    /// LambdaMART for mean average precision.
    RankMap,
    /// RankNet: pairs of rows of a query group in order.
    RankPairwise,
    /// Cross-entropy of query groups with distributions that are drawn around their grades.
    RankXendcg,
    /// Softmax loss; predicts the most probable class.
    Softmax,
    /// Softmax loss; predicts the probability of every class.
    Softprob,
}

impl Objective {
    /// Every objective, in the order in which documentation lists them.
    pub const ALL: [Self; 21] = [
        Self::SquaredError,
        Self::Logistic,
        Self::BinaryLogistic,
        Self::BinaryLogitraw,
        Self::Poisson,
        Self::BinaryHinge,
        Self::Gamma,
        Self::Tweedie,
        Self::PseudoHuber,
        Self::SquaredLogError,
        Self::AbsoluteError,
        Self::Quantile,
        Self::Expectile,
        Self::Cox,
        Self::Aft,
        Self::RankNdcg,
        Self::RankMap,
        Self::RankPairwise,
        Self::RankXendcg,
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
            Self::BinaryHinge => "binary:hinge",
            Self::Gamma => "reg:gamma",
            Self::Tweedie => "reg:tweedie",
            Self::PseudoHuber => "reg:pseudohubererror",
            Self::SquaredLogError => "reg:squaredlogerror",
            Self::AbsoluteError => "reg:absoluteerror",
            Self::Quantile => "reg:quantileerror",
            Self::Expectile => "reg:expectileerror",
            Self::Cox => "survival:cox",
            Self::Aft => "survival:aft",
            Self::RankNdcg => "rank:ndcg",
            Self::RankMap => "rank:map",
            Self::RankPairwise => "rank:pairwise",
            Self::RankXendcg => "rank_xendcg",
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
        matches!(self, Self::BinaryLogistic | Self::BinaryLogitraw | Self::BinaryHinge | Self::Softmax | Self::Softprob)
    }

    /// From margins to means (regression), probabilities (classification), or the class (`binary:hinge`).
    #[inline(always)]
    pub fn link(self) -> Link {
        match self {
            Self::SquaredError | Self::PseudoHuber | Self::SquaredLogError | Self::AbsoluteError => Link::Identity,
            Self::RankNdcg | Self::RankMap | Self::RankPairwise | Self::RankXendcg => Link::Identity,
            Self::Quantile | Self::Expectile => Link::Sorted,
            Self::Logistic | Self::BinaryLogistic | Self::BinaryLogitraw => Link::LOGIT,
            Self::Poisson | Self::Gamma | Self::Tweedie | Self::Cox | Self::Aft => Link::Log,
            Self::BinaryHinge => Link::Step,
            Self::Softmax | Self::Softprob => Link::Softmax,
        }
    }

    /// Whether predictions put the rows of a query group in order.
    pub fn is_ranking(self) -> bool {
        matches!(self, Self::RankNdcg | Self::RankMap | Self::RankPairwise | Self::RankXendcg)
    }

    /// Whether pairs of rows of a query group are compared.
    pub fn compares_pairs(self) -> bool {
        matches!(self, Self::RankNdcg | Self::RankMap | Self::RankPairwise)
    }

    /// Whether there is one output for each of several levels.
    pub fn has_levels(self) -> bool {
        matches!(self, Self::Quantile | Self::Expectile)
    }

    /// What the outputs of its models are; of quantiles and expectiles, at the level ½.
    pub fn outputs(self) -> Outputs {
        match self {
            Self::BinaryLogistic | Self::BinaryLogitraw | Self::BinaryHinge => Outputs::Binary,
            Self::Softmax | Self::Softprob => Outputs::Classes,
            Self::Quantile => Outputs::Quantiles(vec![0.5]),
            Self::Expectile => Outputs::Expectiles(vec![0.5]),
            _ => Outputs::Value,
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

    /// The value of a numeric parameter.
    pub fn number(&self, parameter: &str) -> Option<f64> {
        self.parameters.iter().find(|(name, _)| name == parameter).and_then(|(_, value)| value.parse().ok())
    }

    /// The value of a parameter that is true or false.
    pub fn flag(&self, parameter: &str) -> Option<bool> {
        self.text(parameter).and_then(|value| value.parse().ok())
    }

    /// The value of a parameter.
    pub fn text(&self, parameter: &str) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.as_str())
    }

    /// The values of a parameter that is a list of numbers.
    pub fn numbers(&self, parameter: &str) -> Vec<f64> {
        let value = self.parameters.iter().find(|(name, _)| name == parameter).map_or("", |(_, value)| value);
        value.split(',').filter_map(|number| number.trim().parse().ok()).collect()
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
