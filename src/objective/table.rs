//! What each objective is, in words. `sapwood objectives` and `docs/OBJECTIVES.md` come from it.

use crate::Objective;

/// An objective in words.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// What it minimises, in a sentence.
    pub doc: &'static str,
    /// What labels may be.
    pub labels: &'static str,
    /// What its models predict.
    pub predicts: &'static str,
    /// The parameters that are its own.
    pub parameters: &'static [&'static str],
    /// Whose definition it is.
    pub follows: &'static str,
}

const XGBOOST: &str = "XGBoost";
const ANY: &str = "any number";
const ZERO_OR_ONE: &str = "0 or 1, or two texts";
const NOT_NEGATIVE: &str = "0 or more";
const GRADES: &str = "0, 1, … 31; with `ndcg_exp_gain=false` 0 or more";
const CLASSES: &str = "0 … num_class − 1, or texts";

/// An objective without parameters of its own.
const fn plain(doc: &'static str, labels: &'static str, predicts: &'static str) -> Description {
    Description { doc, labels, predicts, parameters: &[], follows: XGBOOST }
}

/// What an objective is.
pub fn describe(objective: Objective) -> Description {
    match objective {
        Objective::SquaredError => plain("Squared error.", ANY, "the mean"),
        Objective::Logistic => Description {
            parameters: &["scale_pos_weight"],
            ..plain("Logistic loss of labels that are shares.", "0 to 1", "the mean, between 0 and 1")
        },
        Objective::BinaryLogistic => {
            Description { parameters: BALANCE, ..plain(LOGISTIC, ZERO_OR_ONE, "the probability of class 1") }
        }
        Objective::BinaryLogitraw => {
            Description { parameters: BALANCE, ..plain(LOGISTIC, ZERO_OR_ONE, "the margin: the logit of class 1's probability") }
        }
        Objective::BinaryHinge => Description {
            parameters: BALANCE,
            ..plain(
                "Hinge loss of two classes, as of support vector machines. Of two texts, the second in sorted order is class 1, unless \
                 `positive_class` names the other.",
                ZERO_OR_ONE,
                "the class, without a probability: the label's text where labels are texts, else 0 or 1",
            )
        },
        Objective::Poisson => Description {
            parameters: &["max_delta_step"],
            ..plain("Negative log-likelihood of Poisson distributions, with a log link.", NOT_NEGATIVE, "the mean count")
        },
        Objective::Gamma => {
            plain("Negative log-likelihood of gamma distributions, with a log link.", "above 0", "the mean, above 0")
        }
        Objective::Tweedie => Description {
            parameters: &["tweedie_variance_power"],
            ..plain(
                "Negative log-likelihood of Tweedie distributions, with a log link: between Poisson and gamma, for amounts that are often 0.",
                NOT_NEGATIVE,
                "the mean, above 0",
            )
        },
        Objective::PseudoHuber => Description {
            parameters: &["huber_slope"],
            follows: "XGBoost, except for the second derivative, which is larger: steps cannot overshoot",
            ..plain(
                "Pseudo-Huber loss: squared error near the label, absolute error far from it.",
                ANY,
                "a mean that outliers pull less",
            )
        },
        Objective::SquaredLogError => {
            plain("Squared difference of ln(1 + label) and ln(1 + prediction).", "above −1", "a mean on the scale of ln(1 + label)")
        }
        Objective::AbsoluteError => plain("Absolute error.", ANY, "the median"),
        Objective::Quantile => Description {
            parameters: &["quantile_alpha"],
            ..plain("Pinball loss.", ANY, "quantiles, one for each level, that never cross")
        },
        Objective::Expectile => Description {
            parameters: &["expectile_alpha"],
            ..plain(
                "Asymmetric squared error: labels above the prediction count by the level, those below it by what is left to 1.",
                ANY,
                "expectiles, one for each level, that never cross",
            )
        },
        Objective::Cox => Description {
            follows: "XGBoost, except for rows that share their time with an event (Breslow's ties here)",
            ..plain(
                "Negative partial log-likelihood of proportional hazards (Cox). A negative label says that the row was last seen at that \
                 time, without an event.",
                "times, negative without an event",
                "the hazard, relative to other rows'",
            )
        },
        Objective::Aft => Description {
            parameters: &[
                "label_lower_bound_column",
                "label_upper_bound_column",
                "aft_loss_distribution",
                "aft_loss_distribution_scale",
            ],
            follows: "XGBoost, except for the tails of distributions, where it rounds, and the first margin, here the mean logarithm of known times",
            ..plain(
                "Negative log-likelihood of accelerated failure times: of each row's time two bounds are known.",
                "none, but two bounds: 0 or more, and above 0 or `inf`",
                "the time",
            )
        },
        Objective::RankNdcg => Description {
            parameters: GRADED,
            ..plain(
                "LambdaMART: the order within each query group, by NDCG. Several grades of relevance.",
                GRADES,
                "a score: rows of a group with higher ones come first",
            )
        },
        Objective::RankMap => {
            Description { parameters: PAIRS, ..plain("LambdaMART by mean average precision.", "0 or 1", "a score, as `rank:ndcg`") }
        }
        Objective::RankPairwise => Description {
            parameters: GRADED,
            ..plain("The order within each query group, by pairs that are in the wrong order.", GRADES, "a score, as `rank:ndcg`")
        },
        Objective::RankXendcg => Description {
            parameters: &["group_column", "seed"],
            follows: "LightGBM, except for the random numbers",
            ..plain(
                "Cross-entropy of each query group's softmax and a distribution that is drawn around its grades in every round (Bruch 2021): a \
                 bound of NDCG's loss. Second derivatives of a group add up to less than 1, so `min_child_weight` should be small (LightGBM's \
                 default is 0.001).",
                "0, 1, … 31",
                "a score, as `rank:ndcg`",
            )
        },
        Objective::Softmax => Description {
            parameters: &["num_class", "class_weight"],
            ..plain(
                "Softmax loss (cross-entropy) of several classes.",
                CLASSES,
                "the most probable class: the label's text where labels are texts, else its number",
            )
        },
        Objective::Softprob => Description {
            parameters: &["num_class", "class_weight"],
            ..plain("Softmax loss (cross-entropy) of several classes.", CLASSES, "the probability of each class")
        },
    }
}

const LOGISTIC: &str =
    "Logistic loss of two classes. Of two texts, the second in sorted order is class 1, unless `positive_class` names the other.";
/// What says which pairs of rows are compared, and how they count.
const PAIRS: &[&str] = &[
    "group_column",
    "lambdarank_pair_method",
    "lambdarank_num_pair_per_sample",
    "lambdarank_normalization",
    "lambdarank_score_normalization",
    "lambdarank_unbiased",
    "lambdarank_bias_norm",
];
const GRADED: &[&str] = &[
    "group_column",
    "lambdarank_pair_method",
    "lambdarank_num_pair_per_sample",
    "lambdarank_normalization",
    "lambdarank_score_normalization",
    "lambdarank_unbiased",
    "lambdarank_bias_norm",
    "ndcg_exp_gain",
];

/// What weighs the two classes against each other.
const BALANCE: &[&str] = &["positive_class", "scale_pos_weight", "class_weight", "is_unbalance"];
