//! The one table of metrics: what each is called, means, needs of an objective and is computed by. `sapwood metrics` and `docs/METRICS.md`
//! come from it.

use super::auc::Curve;
use super::confusion::{Share, Verdict};
use super::levels::Power;
use super::ranking::Measure;
use super::row_mean::RowLoss;
use crate::Objective;

/// What a metric needs of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    OneOutput,
    Probability,
    Binary,
    Counts,
    Positive,
    Classes,
    Quantiles,
    Expectiles,
    Hazards,
    Intervals,
    Classification,
    Groups,
    ProbabilityOrBinary,
    ProbabilityOrClasses,
    Probabilities,
    BinaryOrGroups,
}

impl Needs {
    pub(super) fn met_by(self, objective: Objective) -> bool {
        let classes = objective.is_multiclass();
        let binary = objective.is_classification() && !classes;
        let probability = (binary && objective != Objective::BinaryHinge) || objective == Objective::Logistic;
        let positive = matches!(objective, Objective::Poisson | Objective::Gamma | Objective::Tweedie);
        match self {
            Self::OneOutput => !classes && !objective.has_levels() && !matches!(objective, Objective::Cox | Objective::Aft),
            Self::Hazards => objective == Objective::Cox,
            Self::Intervals => objective == Objective::Aft,
            Self::Quantiles => objective == Objective::Quantile,
            Self::Expectiles => objective == Objective::Expectile,
            Self::Probability => probability,
            Self::Binary => binary,
            Self::Counts => objective == Objective::Poisson,
            Self::Positive => positive,
            Self::Classes => classes,
            Self::Classification => objective.is_classification(),
            Self::Groups => objective.is_ranking(),
            Self::ProbabilityOrBinary => probability || binary,
            Self::ProbabilityOrClasses => probability || binary || classes,
            Self::Probabilities => probability || classes,
            Self::BinaryOrGroups => binary || objective.is_ranking(),
        }
    }

    /// What follows "it needs" in a message.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::OneOutput => "one prediction per row, not one per class or level",
            Self::Quantiles => "quantiles (reg:quantileerror)",
            Self::Hazards => "hazards (survival:cox)",
            Self::Intervals => "times with bounds (survival:aft)",
            Self::Expectiles => "expectiles (reg:expectileerror)",
            Self::Probability => "probabilities (reg:logistic, binary:logistic, binary:logitraw)",
            Self::ProbabilityOrBinary => {
                "probabilities or a binary classification (reg:logistic, binary:logistic, binary:hinge, …)"
            }
            Self::Binary => "a binary classification (binary:logistic, binary:logitraw, binary:hinge)",
            Self::BinaryOrGroups => {
                "a binary classification (binary:logistic, binary:logitraw, binary:hinge), or scores within query groups (rank:ndcg, …)"
            }
            Self::Probabilities => "probabilities (reg:logistic, binary:logistic, binary:logitraw, multi:softprob, multi:softmax)",
            Self::Counts => "counts (count:poisson)",
            Self::Positive => "means above 0 (reg:gamma, reg:tweedie, count:poisson)",
            Self::Groups => {
                "scores that put rows in order within query groups (rank:ndcg, rank:map, rank:pairwise, rank_xendcg, with group_column)"
            }
            Self::Classes => "one probability per class (multi:softmax, multi:softprob)",
            Self::Classification | Self::ProbabilityOrClasses => "a classification (binary:logistic, multi:softprob, …)",
        }
    }
}

/// What computes a metric.
#[derive(Clone, Copy, Debug)]
pub(super) enum MetricKind {
    Mean(RowLoss),
    RootMean(RowLoss),
    R2,
    MedianError,
    /// The partial likelihood of hazards.
    Cox,
    /// The likelihood of times between bounds.
    IntervalLikelihood,
    InsideInterval,
    /// The pseudo-Huber loss with the objective's slope.
    PseudoHuber,
    /// Takes a variance power after `@`; otherwise the objective's.
    Tweedie,
    /// Takes a threshold after `@`.
    Error,
    /// Of one output or of several.
    Accuracy,
    /// Of all rows, or of each query group.
    Area(Curve),
    /// Takes a number of bins after `@`.
    CalibrationError,
    LogLossOfClasses,
    /// Takes a number of classes after `@`.
    ErrorOfClasses,
    Confusion(Verdict),
    /// Takes a number of rows after `@`, and a minus sign behind it.
    Ranking(Measure),
    /// Of each of the objective's levels.
    Levels(Power),
}

/// Which values of a metric are the good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The small ones.
    Lower,
    /// The large ones.
    Higher,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct MetricSpec {
    /// Its name: XGBoost's where it has the metric.
    pub name: &'static str,
    /// Which values are good.
    pub better: Better,
    /// Where its values lie.
    pub range: &'static str,
    /// Whose definition it is.
    pub follows: &'static str,
    /// What it says, in a sentence.
    pub doc: &'static str,
    pub(super) needs: Needs,
    pub(super) kind: MetricKind,
}

impl MetricSpec {
    /// Whether it can judge models of an objective.
    pub fn fits(&self, objective: Objective) -> bool {
        self.needs.met_by(objective)
    }
}

/// The metrics, in the order in which documentation and messages list them.
pub const METRICS: [MetricSpec; 44] = [
    MetricSpec {
        name: "rmse",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Root of the mean squared error.",
        needs: Needs::OneOutput,
        kind: MetricKind::RootMean(RowLoss::Squared),
    },
    MetricSpec {
        name: "mse",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "scikit-learn (mean_squared_error), LightGBM (l2)",
        doc: "Mean squared error.",
        needs: Needs::OneOutput,
        kind: MetricKind::Mean(RowLoss::Squared),
    },
    MetricSpec {
        name: "mae",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean absolute error.",
        needs: Needs::OneOutput,
        kind: MetricKind::Mean(RowLoss::Absolute),
    },
    MetricSpec {
        name: "mape",
        better: Better::Lower,
        range: "[0, ∞]",
        follows: "XGBoost",
        doc: "Mean absolute error relative to the label, as a share (0.1 is 10 %); infinite where a label is 0 and the prediction is not.",
        needs: Needs::OneOutput,
        kind: MetricKind::Mean(RowLoss::Percentage),
    },
    MetricSpec {
        name: "smape",
        better: Better::Lower,
        range: "[0, 2]",
        follows: "CatBoost (SMAPE is 100 times it)",
        doc: "Mean absolute error relative to the mean magnitude of label and prediction, as a share.",
        needs: Needs::OneOutput,
        kind: MetricKind::Mean(RowLoss::SymmetricPercentage),
    },
    MetricSpec {
        name: "medae",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "scikit-learn (median_absolute_error)",
        doc: "Median of the absolute errors.",
        needs: Needs::OneOutput,
        kind: MetricKind::MedianError,
    },
    MetricSpec {
        name: "r2",
        better: Better::Higher,
        range: "(−∞, 1]",
        follows: "scikit-learn (r2_score)",
        doc: "Share of the labels' variance that the predictions explain; 0 is what their mean would reach.",
        needs: Needs::OneOutput,
        kind: MetricKind::R2,
    },
    MetricSpec {
        name: "rmsle",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Root of the mean squared difference of ln(1 + label) and ln(1 + prediction).",
        needs: Needs::OneOutput,
        kind: MetricKind::RootMean(RowLoss::SquaredLog),
    },
    MetricSpec {
        name: "mphe",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean pseudo-Huber loss with slope `huber_slope`: squared errors where they are small, absolute ones where they are large.",
        needs: Needs::OneOutput,
        kind: MetricKind::PseudoHuber,
    },
    MetricSpec {
        name: "gamma-nloglik",
        better: Better::Lower,
        range: "(−∞, ∞)",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of gamma distributions with dispersion 1.",
        needs: Needs::Positive,
        kind: MetricKind::Mean(RowLoss::Gamma),
    },
    MetricSpec {
        name: "gamma-deviance",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean deviance of gamma distributions.",
        needs: Needs::Positive,
        kind: MetricKind::Mean(RowLoss::GammaDeviance),
    },
    MetricSpec {
        name: "tweedie-nloglik",
        better: Better::Lower,
        range: "(−∞, ∞)",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of Tweedie distributions, up to a constant; `tweedie-nloglik@1.5` names the variance power, by default `tweedie_variance_power`.",
        needs: Needs::Positive,
        kind: MetricKind::Tweedie,
    },
    MetricSpec {
        name: "quantile",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost, scikit-learn (mean_pinball_loss)",
        doc: "Mean pinball loss over rows and the levels `quantile_alpha`.",
        needs: Needs::Quantiles,
        kind: MetricKind::Levels(Power::One),
    },
    MetricSpec {
        name: "expectile",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean asymmetric squared error over rows and the levels `expectile_alpha`.",
        needs: Needs::Expectiles,
        kind: MetricKind::Levels(Power::Two),
    },
    MetricSpec {
        name: "cox-nloglik",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Negative partial log-likelihood of hazards, per event.",
        needs: Needs::Hazards,
        kind: MetricKind::Cox,
    },
    MetricSpec {
        name: "aft-nloglik",
        better: Better::Lower,
        range: "(−∞, 27.7]",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of times between bounds, with the objective's distribution and scale.",
        needs: Needs::Intervals,
        kind: MetricKind::IntervalLikelihood,
    },
    MetricSpec {
        name: "interval-regression-accuracy",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost",
        doc: "Share of rows whose predicted time lies between its bounds.",
        needs: Needs::Intervals,
        kind: MetricKind::InsideInterval,
    },
    MetricSpec {
        name: "logloss",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of the labels.",
        needs: Needs::Probability,
        kind: MetricKind::Mean(RowLoss::LogLoss),
    },
    MetricSpec {
        name: "brier",
        better: Better::Lower,
        range: "[0, 1]",
        follows: "scikit-learn (brier_score_loss)",
        doc: "Mean squared difference of probability and label.",
        needs: Needs::Probability,
        kind: MetricKind::Mean(RowLoss::Squared),
    },
    MetricSpec {
        name: "ece",
        better: Better::Lower,
        range: "[0, 1]",
        follows: "Guo et al. 2017; TorchMetrics (calibration_error, norm=\"l1\")",
        doc: "Expected calibration error: rows are put into 15 bins of equal width by probability, and the mean probability of each is compared with the share of rows it came true for; `ece@10`: 10 bins. Of several classes, the most probable one is judged.",
        needs: Needs::Probabilities,
        kind: MetricKind::CalibrationError,
    },
    MetricSpec {
        name: "error",
        better: Better::Lower,
        range: "[0, 1]",
        follows: "XGBoost",
        doc: "Share of rows of the wrong class; `error@0.7` takes probabilities above 0.7 for label 1, instead of those above 0.5.",
        needs: Needs::ProbabilityOrBinary,
        kind: MetricKind::Error,
    },
    MetricSpec {
        name: "accuracy",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (accuracy_score)",
        doc: "Share of rows of the right class.",
        needs: Needs::ProbabilityOrClasses,
        kind: MetricKind::Accuracy,
    },
    MetricSpec {
        name: "auc",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost, scikit-learn (roc_auc_score)",
        doc: "Area under the ROC curve: how likely a row of class 1 is ranked above one of class 0. Of objectives that rank, the mean over query groups of how likely a row of a higher grade is; groups of one grade are left out (XGBoost counts pairs of equal grades, too).",
        needs: Needs::BinaryOrGroups,
        kind: MetricKind::Area(Curve::Roc),
    },
    MetricSpec {
        name: "aucpr",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost",
        doc: "Area under the curve of precision and recall, interpolated between its points. Of objectives that rank, the mean over query groups, whose rows are relevant if their grade is above 0; groups of one kind are left out.",
        needs: Needs::BinaryOrGroups,
        kind: MetricKind::Area(Curve::PrecisionRecall),
    },
    MetricSpec {
        name: "poisson-nloglik",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of Poisson distributions.",
        needs: Needs::Counts,
        kind: MetricKind::Mean(RowLoss::Poisson),
    },
    MetricSpec {
        name: "mlogloss",
        better: Better::Lower,
        range: "[0, ∞)",
        follows: "XGBoost",
        doc: "Mean negative log-likelihood of the classes.",
        needs: Needs::Classes,
        kind: MetricKind::LogLossOfClasses,
    },
    MetricSpec {
        name: "merror",
        better: Better::Lower,
        range: "[0, 1]",
        follows: "XGBoost, LightGBM (multi_error, multi_error_top_k)",
        doc: "Share of rows whose most probable class is wrong; `merror@3` (or `multi_error@3`): whose class is not among the 3 most probable, where of equally probable ones the wrong come first, as in LightGBM.",
        needs: Needs::Classes,
        kind: MetricKind::ErrorOfClasses,
    },
    MetricSpec {
        name: "balanced_accuracy",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (balanced_accuracy_score)",
        doc: "Mean recall of the classes.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Balanced),
    },
    MetricSpec {
        name: "f1",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "SageMaker's XGBoost container (f1_score, average=\"macro\")",
        doc: "Mean F1 of the classes: the same as `f1_macro`.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Macro(Share::F1)),
    },
    MetricSpec {
        name: "f1_macro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (f1_score, average=\"macro\")",
        doc: "Mean of the classes' F1, the harmonic mean of precision and recall.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Macro(Share::F1)),
    },
    MetricSpec {
        name: "f1_binary",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (f1_score, average=\"binary\")",
        doc: "F1 of class 1: the harmonic mean of its precision and recall.",
        needs: Needs::Binary,
        kind: MetricKind::Confusion(Verdict::Positive(Share::F1)),
    },
    MetricSpec {
        name: "f1_micro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (f1_score, average=\"micro\")",
        doc: "F1 of all rows together, which is the accuracy.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Micro),
    },
    MetricSpec {
        name: "precision",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (precision_score)",
        doc: "Of the rows predicted as class 1, the share that is.",
        needs: Needs::Binary,
        kind: MetricKind::Confusion(Verdict::Positive(Share::Precision)),
    },
    MetricSpec {
        name: "precision_macro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (precision_score, average=\"macro\")",
        doc: "Mean precision of the classes.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Macro(Share::Precision)),
    },
    MetricSpec {
        name: "precision_micro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (precision_score, average=\"micro\")",
        doc: "Precision of all rows together, which is the accuracy.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Micro),
    },
    MetricSpec {
        name: "recall",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (recall_score)",
        doc: "Of the rows of class 1, the share predicted as such.",
        needs: Needs::Binary,
        kind: MetricKind::Confusion(Verdict::Positive(Share::Recall)),
    },
    MetricSpec {
        name: "recall_macro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (recall_score, average=\"macro\")",
        doc: "Mean recall of the classes.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Macro(Share::Recall)),
    },
    MetricSpec {
        name: "recall_micro",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "scikit-learn (recall_score, average=\"micro\")",
        doc: "Recall of all rows together, which is the accuracy.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Micro),
    },
    MetricSpec {
        name: "mcc",
        better: Better::Higher,
        range: "[−1, 1]",
        follows: "scikit-learn (matthews_corrcoef)",
        doc: "Matthews correlation coefficient of labels and predicted classes; 0 is no better than chance.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Matthews),
    },
    MetricSpec {
        name: "kappa",
        better: Better::Higher,
        range: "[−1, 1]",
        follows: "scikit-learn (cohen_kappa_score)",
        doc: "Cohen's kappa: how far labels and predicted classes agree beyond chance.",
        needs: Needs::Classification,
        kind: MetricKind::Confusion(Verdict::Kappa),
    },
    MetricSpec {
        name: "ndcg",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost, but for weights of groups without a relevant row",
        doc: "Mean normalised discounted cumulative gain of the first 32 rows of query groups; `ndcg@5`: of the first 5. A group without a relevant row counts as 1, with a minus sign (`ndcg-`, `ndcg@5-`) as 0.",
        needs: Needs::Groups,
        kind: MetricKind::Ranking(Measure::Ndcg),
    },
    MetricSpec {
        name: "map",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost",
        doc: "Mean average precision of the first 32 rows of query groups; a row is relevant if its grade is above 0. `map@5`, `map-` and `map@5-` as for `ndcg`.",
        needs: Needs::Groups,
        kind: MetricKind::Ranking(Measure::AveragePrecision),
    },
    MetricSpec {
        name: "pre",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "XGBoost",
        doc: "Share of relevant rows among the first 32 of each query group, or all if it has fewer; `pre@5`: the first 5.",
        needs: Needs::Groups,
        kind: MetricKind::Ranking(Measure::Precision),
    },
    MetricSpec {
        name: "mrr",
        better: Better::Higher,
        range: "[0, 1]",
        follows: "CatBoost",
        doc: "Mean of 1 / place of the first relevant row of each query group, 0 where there is none among the first 32; `mrr@5`: the first 5.",
        needs: Needs::Groups,
        kind: MetricKind::Ranking(Measure::ReciprocalRank),
    },
];
