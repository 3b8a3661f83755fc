//! What people are used to from LightGBM, CatBoost and scikit-learn: their words for values that Sapwood has, and their parameters that it
//! has not, with what to use instead. Their names for parameters that Sapwood has are aliases in `spec.rs`.

use super::row::{Effect, Group, PLAIN, ParamSpec, Synonym};

/// What stands for "no limit", where Sapwood says 0.
pub(super) const NO_LIMIT: &[Synonym] = &[("-1", "0"), ("None", "0")];
/// What stands for "all", where Sapwood says 0.
pub(super) const ALL: &[Synonym] = &[("-1", "0"), ("None", "0")];
/// What stands for "not at all", where Sapwood wants nothing.
pub(super) const NEVER: &[Synonym] = &[("0", ""), ("-1", ""), ("None", "")];

/// Objectives as others call them. Those of CatBoost have capitals.
pub(super) const OBJECTIVES: &[Synonym] = &[
    ("regression", SQUARED),
    ("regression_l2", SQUARED),
    ("l2", SQUARED),
    ("mean_squared_error", SQUARED),
    ("mse", SQUARED),
    ("l2_root", SQUARED),
    ("root_mean_squared_error", SQUARED),
    ("rmse", SQUARED),
    ("squared_error", SQUARED),
    ("RMSE", SQUARED),
    ("regression_l1", ABSOLUTE),
    ("l1", ABSOLUTE),
    ("mean_absolute_error", ABSOLUTE),
    ("mae", ABSOLUTE),
    ("absolute_error", ABSOLUTE),
    ("MAE", ABSOLUTE),
    ("binary", "binary:logistic"),
    ("Logloss", "binary:logistic"),
    ("cross_entropy", "reg:logistic"),
    ("xentropy", "reg:logistic"),
    ("CrossEntropy", "reg:logistic"),
    ("multiclass", "multi:softprob"),
    ("softmax", "multi:softprob"),
    ("MultiClass", "multi:softprob"),
    ("poisson", "count:poisson"),
    ("Poisson", "count:poisson"),
    ("gamma", "reg:gamma"),
    ("tweedie", "reg:tweedie"),
    ("Tweedie", "reg:tweedie"),
    ("quantile", "reg:quantileerror"),
    ("Quantile", "reg:quantileerror"),
    ("lambdarank", "rank:ndcg"),
];
const SQUARED: &str = "reg:squarederror";
const ABSOLUTE: &str = "reg:absoluteerror";

/// Metrics as others call them.
pub(super) const METRICS: &[Synonym] = &[
    ("l2", "mse"),
    ("regression", "mse"),
    ("mean_squared_error", "mse"),
    ("l2_root", "rmse"),
    ("root_mean_squared_error", "rmse"),
    ("RMSE", "rmse"),
    ("l1", "mae"),
    ("mean_absolute_error", "mae"),
    ("MAE", "mae"),
    ("mean_absolute_percentage_error", "mape"),
    ("MAPE", "mape"),
    ("R2", "r2"),
    ("binary_logloss", "logloss"),
    ("cross_entropy", "logloss"),
    ("log_loss", "logloss"),
    ("Logloss", "logloss"),
    ("CrossEntropy", "logloss"),
    ("binary_error", "error"),
    ("multi_logloss", "mlogloss"),
    ("MultiClass", "mlogloss"),
    ("multi_error", "merror"),
    ("Accuracy", "accuracy"),
    ("AUC", "auc"),
    ("roc_auc", "auc"),
    ("average_precision", "aucpr"),
    ("PRAUC", "aucpr"),
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
const WEIGHTS: &str = "for two classes use scale_pos_weight=(rows of class 0 / rows of class 1), for more give each row its weight in a weight column";
const ANY_TRUTH: &[&str] = &["true", "True", "1", "false", "False", "0"];
const SEED: &str = "use seed: everything random is drawn from it";
const SAVED: &str = "leave it out; --model-out names the model, --checkpoints where training goes on from";

/// Parameters of LightGBM, CatBoost and scikit-learn that Sapwood has under no name.
pub const OTHERS: &[ParamSpec] = &[
    other(
        "min_data_in_leaf",
        &["min_child_samples", "min_samples_leaf", "min_data", "min_data_per_leaf"],
        &["0", "1"],
        "use min_child_weight, the least sum of hessians in a leaf: a row counts 1 for squared error, and p(1-p), at most 0.25, for \
         logistic losses",
    ),
    other("min_samples_split", &[], &["2"], "use min_child_weight: it limits the rows of a leaf"),
    other("is_unbalance", &["unbalance", "unbalanced_sets"], FALSE, WEIGHTS),
    other("class_weight", &["class_weights", "auto_class_weights"], &["", "None"], WEIGHTS),
    other("boosting", &["boosting_type", "boost"], &["gbdt", "gbrt", "Plain"], "use gbdt; for GOSS sampling_method=goss"),
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
    other("linear_tree", &["linear_trees"], FALSE, "leave it out: leaves are constant"),
    other("extra_trees", &["extra_tree"], FALSE, "leave it out; colsample_bynode makes trees differ, too"),
    other("path_smooth", &[], &["0", "0.0"], "leave it out; lambda and min_child_weight smooth leaf values"),
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
        &["input_model", "init_model"],
        &["", "false", "False"],
        "leave it out: a finished model is not continued; train a new one",
    ),
    other("output_model", &["model_out", "model_output"], &[], SAVED),
    other("data", &["train", "train_data", "training_data"], &[], "use --train PATH (on SageMaker the channel train)"),
    other(
        "valid",
        &["valid_data", "validation", "validation_data", "eval_set"],
        &[],
        "use --validation PATH (on SageMaker the channel validation)",
    ),
];
