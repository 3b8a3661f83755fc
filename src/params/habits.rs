//! What people are used to from LightGBM, CatBoost and scikit-learn: their words for values that Sapwood has, and their parameters that it
//! has not, with what to use instead. Their names for parameters that Sapwood has are aliases in `spec.rs`.

use super::row::{Effect, Group, PLAIN, ParamSpec, Synonym};

/// What stands for "no limit", where Sapwood says 0.
pub(super) const NO_LIMIT: &[Synonym] = &[("-1", "0"), ("None", "0")];
/// What stands for "all", where Sapwood says 0.
pub(super) const ALL: &[Synonym] = &[("-1", "0"), ("None", "0")];
/// What stands for "not at all", where Sapwood wants nothing.
pub(super) const NEVER: &[Synonym] = &[("0", ""), ("-1", ""), ("None", "")];

/// What stands for "nothing".
pub(super) const NONE: &[Synonym] = &[("None", "")];
/// Orders of growing: CatBoost's words, and what LightGBM calls its own.
pub(super) const POLICIES: &[Synonym] = &[("leafwise", "lossguide"), ("Lossguide", "lossguide"), ("Depthwise", "depthwise")];
/// Boosting without dropping trees: LightGBM's and CatBoost's words.
pub(super) const BOOSTERS: &[Synonym] = &[("gbdt", "gbtree"), ("gbrt", "gbtree"), ("Plain", "gbtree")];
/// Boosters that Sapwood does not have.
pub(super) const BOOSTERS_ELSEWHERE: &[Synonym] = &[
    ("gblinear", "use gbtree; for linear models use XGBoost, or scikit-learn's linear_model"),
    ("goss", "use gbtree with sampling_method=goss"),
    ("rf", FOREST),
    ("random_forest", FOREST),
    ("Ordered", "use gbtree: categories are split by sets of levels, which takes no order of rows"),
];
const FOREST: &str =
    "use gbtree with num_round=1, eta=1, num_parallel_tree=100, subsample=0.63 and colsample_bynode=0.5, for example";
/// LightGBM's word for drawing all rows alike.
pub(super) const SAMPLING: &[Synonym] = &[("bagging", "uniform")];
/// scikit-learn's word for drawing any rows.
pub(super) const SPLITS: &[Synonym] = &[("shuffle", "random")];
/// CatBoost's words for distributions.
pub(super) const DISTRIBUTIONS: &[Synonym] = &[("Normal", "normal"), ("Logistic", "logistic"), ("Extreme", "extreme")];
/// Truths as other languages write them.
pub(super) const HEADERS: &[Synonym] =
    &[("yes", "true"), ("True", "true"), ("1", "true"), ("no", "false"), ("False", "false"), ("0", "false")];
/// Decimal marks by their names.
pub(super) const DECIMALS: &[Synonym] = &[("point", "."), ("comma", ",")];

/// Objectives as others call them. Those of CatBoost have capitals.
pub(super) const OBJECTIVES: &[Synonym] = &[
    // XGBoost's old name, which SageMaker jobs still carry.
    ("reg:linear", SQUARED),
    ("regression", SQUARED),
    ("regression_l2", SQUARED),
    ("l2", SQUARED),
    ("mean_squared_error", SQUARED),
    ("mse", SQUARED),
    ("l2_root", SQUARED),
    ("root_mean_squared_error", SQUARED),
    ("rmse", SQUARED),
    ("squared_error", SQUARED),
    ("least_squares", SQUARED),
    ("RMSE", SQUARED),
    ("regression_l1", ABSOLUTE),
    ("l1", ABSOLUTE),
    ("mean_absolute_error", ABSOLUTE),
    ("mae", ABSOLUTE),
    ("absolute_error", ABSOLUTE),
    ("least_absolute_deviation", ABSOLUTE),
    ("MAE", ABSOLUTE),
    ("binary", "binary:logistic"),
    ("binary_crossentropy", "binary:logistic"),
    ("Logloss", "binary:logistic"),
    ("cross_entropy", "reg:logistic"),
    ("xentropy", "reg:logistic"),
    ("CrossEntropy", "reg:logistic"),
    ("multiclass", "multi:softprob"),
    ("softmax", "multi:softprob"),
    ("categorical_crossentropy", "multi:softprob"),
    ("MultiClass", "multi:softprob"),
    ("poisson", "count:poisson"),
    ("Poisson", "count:poisson"),
    ("gamma", "reg:gamma"),
    ("tweedie", "reg:tweedie"),
    ("Tweedie", "reg:tweedie"),
    (QUANTILE, "reg:quantileerror"),
    ("Quantile", "reg:quantileerror"),
    ("MultiQuantile", "reg:quantileerror"),
    ("Expectile", "reg:expectileerror"),
    ("Cox", "survival:cox"),
    ("SurvivalAft", "survival:aft"),
    ("lambdarank", "rank:ndcg"),
    ("LambdaMart", "rank:ndcg"),
    ("PairLogit", "rank:pairwise"),
    ("xendcg", XENDCG),
    ("xe_ndcg", XENDCG),
    ("xe_ndcg_mart", XENDCG),
    ("xendcg_mart", XENDCG),
];
const XENDCG: &str = "rank_xendcg";
const SQUARED: &str = "reg:squarederror";
const ABSOLUTE: &str = "reg:absoluteerror";

/// What LightGBM and scikit-learn call the objective whose level they call `alpha`, which here is L1 regularisation, and whose default is
/// another.
pub(super) const QUANTILE: &str = "quantile";

/// CatBoost writes parameters of an objective behind its name, as in `Quantile:alpha=0.9`: which of ours they are.
pub(super) const OBJECTIVE_ARGUMENTS: &[(&str, &str, &str)] = &[
    ("Quantile", "alpha", "quantile_alpha"),
    ("MultiQuantile", "alpha", "quantile_alpha"),
    ("Expectile", "alpha", "expectile_alpha"),
    ("Tweedie", "variance_power", "tweedie_variance_power"),
    ("SurvivalAft", "dist", "aft_loss_distribution"),
    ("SurvivalAft", "scale", "aft_loss_distribution_scale"),
];

const HUBER: &str = "reg:pseudohubererror with huber_slope is a smooth loss of the same kind";
const ONE_VS_ALL: &str = "multi:softprob trains all classes together";
const RELATIVE: &str = "reg:absoluteerror with a weight column of 1 / max(1, abs(label)) minimises the same";
const TWO_OR_MORE: &str = "binary:logistic is for two classes, multi:softprob for more";

/// Others' objectives that Sapwood does not have, and what it has instead.
pub(super) const OBJECTIVES_ELSEWHERE: &[(&str, &str)] = &[
    ("huber", HUBER),
    ("Huber", HUBER),
    ("fair", HUBER),
    ("LogCosh", HUBER),
    ("mape", RELATIVE),
    ("mean_absolute_percentage_error", RELATIVE),
    ("MAPE", RELATIVE),
    ("multiclassova", ONE_VS_ALL),
    ("multiclass_ova", ONE_VS_ALL),
    ("ova", ONE_VS_ALL),
    ("ovr", ONE_VS_ALL),
    ("MultiClassOneVsAll", ONE_VS_ALL),
    ("log_loss", TWO_OR_MORE),
    ("deviance", TWO_OR_MORE),
    ("exponential", "binary:logistic is less easily led by outliers"),
    ("friedman_mse", "it is a criterion for splits; reg:squarederror is the loss"),
    ("cross_entropy_lambda", "reg:logistic takes labels from 0 to 1, and weights"),
    ("xentlambda", "reg:logistic takes labels from 0 to 1, and weights"),
    ("YetiRank", RANKING),
    ("QueryRMSE", RANKING),
    ("QuerySoftMax", RANKING),
];
pub(super) const RANKING: &str = "for the order within query groups use rank:ndcg";

/// Metrics as others call them, where they are exactly these.
pub(crate) const METRIC_WORDS: &[Synonym] = &[
    ("l2", "mse"),
    ("regression", "mse"),
    ("regression_l2", "mse"),
    ("mean_squared_error", "mse"),
    ("l2_root", "rmse"),
    ("root_mean_squared_error", "rmse"),
    ("RMSE", "rmse"),
    ("l1", "mae"),
    ("regression_l1", "mae"),
    ("mean_absolute_error", "mae"),
    ("MAE", "mae"),
    ("mean_absolute_percentage_error", "mape"),
    ("median_absolute_error", "medae"),
    ("MedianAbsoluteError", "medae"),
    ("r2_score", "r2"),
    ("R2", "r2"),
    ("root_mean_squared_log_error", "rmsle"),
    ("gamma", "gamma-nloglik"),
    ("tweedie", "tweedie-nloglik"),
    ("Tweedie", "tweedie-nloglik"),
    ("mean_pinball_loss", "quantile"),
    ("Quantile", "quantile"),
    ("Expectile", "expectile"),
    ("Cox", "cox-nloglik"),
    ("binary", "logloss"),
    ("binary_logloss", "logloss"),
    ("cross_entropy", "logloss"),
    ("xentropy", "logloss"),
    ("Logloss", "logloss"),
    ("CrossEntropy", "logloss"),
    ("brier_score_loss", "brier"),
    ("BrierScore", "brier"),
    ("binary_error", "error"),
    ("ZeroOneLoss", "error"),
    ("multiclass", "mlogloss"),
    ("softmax", "mlogloss"),
    ("multi_logloss", "mlogloss"),
    ("MultiClass", "mlogloss"),
    ("multi_error", "merror"),
    ("accuracy_score", "accuracy"),
    ("Accuracy", "accuracy"),
    ("balanced_accuracy_score", "balanced_accuracy"),
    ("BalancedAccuracy", "balanced_accuracy"),
    ("AUC", "auc"),
    ("roc_auc", "auc"),
    ("roc_auc_score", "auc"),
    ("precision_score", "precision"),
    ("recall_score", "recall"),
    ("matthews_corrcoef", "mcc"),
    ("MCC", "mcc"),
    ("lambdarank", "ndcg"),
    ("rank_xendcg", "ndcg"),
    ("mean_average_precision", "map"),
    ("MAP", "map"),
    ("MRR", "mrr"),
    ("cohen_kappa_score", "kappa"),
    ("Kappa", "kappa"),
];

const OTHER_NDCG: &str = "its gain is the grade, as that of ndcg with ndcg_exp_gain=false";
const STEPS: &str = "it adds up the curve of precision and recall in steps; aucpr is the interpolated area below it, as in XGBoost";
const SHIFTED: &str = "poisson-nloglik is larger by a constant of the labels, ln y!";
const OF_LARGE: &str = "it divides by max(1, abs(label)); mape divides by the label";
const NEGATED: &str = "metrics keep their sign here; logloss, mlogloss, brier, poisson-nloglik, gamma-deviance and rmsle are better the lower they are";
const BY_WEIGHT: &str = "f1_macro is the mean over classes, f1_micro over rows";
const OF_CLASSES: &str = "for two classes use f1_binary, precision or recall, for more f1_macro, precision_macro or recall_macro";

/// Others' metrics that Sapwood does not have, or that are not quite its own, and what it has instead.
pub(crate) const METRICS_ELSEWHERE: &[(&str, &str)] = &[
    ("NDCG", OTHER_NDCG),
    ("average_precision", STEPS),
    ("average_precision_score", STEPS),
    ("PRAUC", STEPS),
    ("poisson", SHIFTED),
    ("Poisson", SHIFTED),
    ("gamma_deviance", "it is a sum over rows; gamma-deviance is their mean"),
    ("MAPE", OF_LARGE),
    ("SMAPE", "it is in per cent; smape is a share, 100 times smaller"),
    ("MSLE", "rmsle is its root"),
    ("mean_squared_log_error", "rmsle is its root"),
    ("log_loss", "logloss is for two classes, mlogloss for more"),
    ("auc_mu", "it compares classes pair by pair; balanced_accuracy and mlogloss judge all of them"),
    ("huber", "mphe is a smooth loss of the same kind"),
    ("fair", "mphe is a smooth loss of the same kind"),
    ("Huber", "mphe is a smooth loss of the same kind"),
    ("kullback_leibler", "logloss differs from it by the entropy of the labels"),
    ("cross_entropy_lambda", "logloss takes labels from 0 to 1, and weights"),
    (
        "f1_score",
        "in scikit-learn it is F1 of the positive class unless told otherwise, which is f1_binary; f1 is the mean over classes",
    ),
    ("F1", OF_CLASSES),
    ("Precision", OF_CLASSES),
    ("Recall", OF_CLASSES),
    ("TotalF1", BY_WEIGHT),
    ("f1_weighted", BY_WEIGHT),
    ("neg_log_loss", NEGATED),
    ("neg_brier_score", NEGATED),
    ("neg_mean_squared_log_error", NEGATED),
    ("neg_mean_poisson_deviance", NEGATED),
    ("neg_mean_gamma_deviance", NEGATED),
    ("None", "leave it out for the objective's own metric; training always computes one"),
    ("none", "leave it out for the objective's own metric; training always computes one"),
];

/// Another library's parameter, which changes nothing at some values.
const fn other(
    name: &'static str,
    aliases: &'static [&'static str],
    values: &'static [&'static str],
    remedy: &'static str,
) -> ParamSpec {
    let effect = Effect::InertOnly { values, remedy };
    ParamSpec { name, aliases, group: Group::Compatibility, effect, doc: "Another library's.", ..PLAIN }
}

const FALSE: &[&str] = &["false", "False", "0"];
const TRUE: &[&str] = &["true", "True", "1"];
const ANY_TRUTH: &[&str] = &["true", "True", "1", "false", "False", "0"];
const SEED: &str = "use seed: everything random is drawn from it";
const SAVED: &str = "leave it out; --model-out names the model, --checkpoints where training goes on from";

/// Parameters of other libraries with no counterpart in Sapwood, and what people take for parameters.
pub const OTHERS: &[ParamSpec] = &[
    other(
        "min_data_in_leaf",
        &["min_child_samples", "min_samples_leaf", "min_data", "min_data_per_leaf"],
        &["0", "1"],
        "use min_child_weight, the least sum of hessians in a leaf: for squared, absolute and quantile error a row counts 1 (times its \
         weight), so that the same number means the same; for logistic losses it counts p(1-p), at most 0.25, so that a quarter of the \
         number is about the same",
    ),
    other("min_samples_split", &[], &["2"], "use min_child_weight: it limits the rows of a leaf"),
    other(
        "auto_class_weights",
        &[],
        &["", "None"],
        "use class_weight=balanced, whose factors have the same ratios as those of Balanced",
    ),
    other("criterion", &[], &["friedman_mse", "squared_error"], "leave it out: splits are chosen by their gain"),
    other("max_drop", &[], &["0", "-1"], "use rate_drop alone: however many trees are drawn are dropped"),
    other("uniform_drop", &[], &[], "use sample_type=uniform for uniform_drop=true, sample_type=weighted for false"),
    other("xgboost_dart_mode", &[], TRUE, "leave it out: trees are normalised as XGBoost does it (normalize_type)"),
    other(
        "bagging_freq",
        &["subsample_freq"],
        &["1"],
        "leave it out: with subsample < 1 rows are drawn anew for every tree; where bagging is off (bagging_freq=0), leave subsample out, too",
    ),
    other(
        "bagging_seed",
        &["bagging_fraction_seed", "feature_fraction_seed", "data_random_seed", "data_seed", "extra_seed", "drop_seed"],
        &[],
        SEED,
    ),
    other("rsm", &[], &["1", "1.0"], "use colsample_bylevel, which draws features for every level of a tree"),
    other(
        "max_features",
        &[],
        &["None", "1", "1.0"],
        "use colsample_bynode, which draws a fraction of the features for every node",
    ),
    other("border_count", &[], &[], "use max_bin, which is one more than the number of borders"),
    other("bootstrap_type", &[], &["No"], "use subsample, and sampling_method for other than uniform draws"),
    other("bagging_temperature", &[], &["0"], "leave it out; subsample draws rows"),
    other("random_strength", &[], &["0"], "leave it out; splits are not chosen at random"),
    other("leaf_estimation_iterations", &[], &["1"], "leave it out: leaf values take one Newton step"),
    other("missing", &[], &["nan", "NaN", "None", ""], "use missing_values, a list of texts and numbers: missing_values=-999"),
    other("nan_mode", &[], &["Min"], "leave it out: every split chooses the side of missing values"),
    other(
        "gpu_id",
        &["gpu_device_id", "gpu_platform_id", "gpu_use_dp", "gpu_ram_part", "n_gpus", "num_gpu", "devices"],
        &["-1"],
        "leave it out: Sapwood trains on CPUs",
    ),
    other("od_type", &[], &["Iter"], "use early_stopping_rounds=N, as with Iter"),
    other("od_pval", &[], &["0", "0.0"], "use early_stopping_rounds=N, which counts rounds"),
    other("use_label_encoder", &[], ANY_TRUTH, "leave it out: labels may be texts"),
    other("task_type", &[], &["CPU", "cpu"], "use CPU, or leave it out: Sapwood trains on CPUs"),
    other("device_type", &[], &["cpu"], "use cpu, or leave it out: Sapwood trains on CPUs"),
    other("tree_learner", &["tree_type", "tree_learner_type"], &["serial"], "use serial, or leave it out"),
    other("early_stopping", &[], &["false", "False"], "use early_stopping_rounds=N, with validation data"),
    other("first_metric_only", &[], FALSE, "leave it out: the last metric of eval_metric decides early stopping"),
    other("early_stopping_min_delta", &["tol"], &["0", "0.0"], "leave it out: every improvement counts"),
    other("boost_from_average", &[], TRUE, "set base_score, for example to 0, or to 0.5 for logistic losses"),
    other("use_missing", &[], TRUE, "leave it out: missing values have a side of their own in every split"),
    other("zero_as_missing", &[], FALSE, "use missing_values=0"),
    other("min_data_in_bin", &[], &["1"], "use max_bin: it limits the number of bins"),
    other("bin_construct_sample_cnt", &["subsample_for_bin"], &[], "leave it out: bins come from a sample of fixed size"),
    other(
        "monotone_penalty",
        &["monotone_splits_penalty", "ms_penalty", "mc_penalty"],
        &["0", "0.0"],
        "leave it out: splits on features with monotone_constraints are penalised at no depth",
    ),
    other(
        "feature_contri",
        &["feature_contrib", "fc", "fp", "feature_penalty"],
        &["", "None"],
        "leave it out; feature_weights says how likely features are drawn, ignore_columns leaves them out",
    ),
    other("deterministic", &["force_row_wise", "force_col_wise"], ANY_TRUTH, "leave it out: models are always deterministic"),
    other(
        "enable_bundle",
        &[
            "is_enable_bundle",
            "bundle",
            "is_enable_sparse",
            "is_sparse",
            "enable_sparse",
            "sparse",
            "feature_pre_filter",
            "two_round",
        ],
        ANY_TRUTH,
        "leave it out: features that are nearly always the same are stored sparsely",
    ),
    other(
        "is_provide_training_metric",
        &["training_metric", "is_training_metric", "train_metric"],
        TRUE,
        "leave it out: metrics of the training data are always computed",
    ),
    other("verbose", &[], &[], "use verbose_eval=N to print every Nth round, -q or -v to say less or more"),
    other(
        "warm_start",
        &["input_model", "model_input", "model_in", "init_model", "xgb_model"],
        &["", "false", "False"],
        "use --model-in FILE (on SageMaker the channel model): num_round more rounds are added to that model",
    ),
    other(
        "task",
        &[],
        &["train", "training"],
        "the commands are `sapwood train`, `sapwood predict` and so on; to refit a model, train with --model-in, process_type=update and \
         refit_decay_rate=0.9",
    ),
    other("output_model", &["model_out", "model_output"], &[], SAVED),
    other("config", &["config_file"], &[], "use --config FILE"),
    other("summary", &[], &[], "use --summary FILE"),
    other("history", &[], &[], "use --history FILE"),
    other("checkpoints", &["checkpoint_dir"], &[], "use --checkpoints DIR"),
    other("cache", &[], &[], "use --cache DIR, or set SAPWOOD_CACHE"),
    other("format", &[], &[], "use --format FORMAT (on SageMaker the channel's ContentType)"),
    other("quiet", &[], &[], "use -q"),
    other("data", &["train", "train_data", "training_data"], &[], "use --train PATH (on SageMaker the channel train)"),
    other(
        "valid",
        &["valid_data", "validation", "validation_data", "eval_set"],
        &[],
        "use --validation PATH (on SageMaker the channel validation)",
    ),
];
