//! The one table of parameters. Everything about a parameter is said here and nowhere else: the typed [`Params`] struct, its
//! builder, parsing and range checks, `sapwood params`, `docs/PARAMETERS.md` and SageMaker's specification come from it. The rows of
//! parameters that are known but not acted on are in `compatibility.rs` and `habits.rs`.

use super::class_weight::ClassWeight;
use super::features::{InteractionConstraints, MonotoneConstraints, PerFeature};
use super::given::Given;
pub use super::row::{Effect, Group, ParamKind, ParamSpec, Range, Tunable};
use super::seconds::Seconds;
use super::trials::Trials;
use super::{ParamsBuilder, habits};

use super::row::{PLAIN, tunable, tunable_log};
use super::value::{
    AftDistribution, Booster, Decimal, Every, GrowPolicy, Header, MemorySize, MonotoneMethod, MultiStrategy, NormalizeType,
    PairMethod, ParamValue, Preset, ProcessType, SameData, SampleType, SamplingMethod, SplitMethod,
};
use sapwood_score::Objective;

/// Expands a table of active parameters into a struct of their values (and those of another table), the table's rows, and methods of
/// the builder.
macro_rules! parameters {
    ($(#[doc = $about:literal])+ $name:ident, $table:ident, { $($(#[doc = $part_doc:literal])+ $part:ident: $part_type:ty),* }
     $($(#[doc = $doc:literal])+ $field:ident ($text:literal): $type:ty = $default:literal { $($key:ident: $value:expr),* $(,)? })+) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
            $($(#[doc = $part_doc])+ pub $part: $part_type,)*
        }

        const $table: &[ParamSpec] = &[$(ParamSpec {
            name: $text,
            expected: <$type as ParamValue>::EXPECTED,
            is_nested: <$type as ParamValue>::IS_NESTED,
            default: $default,
            doc: concat!($($doc),+),
            $($key: $value,)*
            ..PLAIN
        }),+];

        impl $name {
            /// Every parameter at its default, unchecked: required ones are zero.
            pub(super) fn defaults() -> Self {
                Self { $($field: default_of::<$type>($text, $default),)+ $($part: <$part_type>::defaults(),)* }
            }

            /// Sets the parameter called `name` from text; `None` if the text is no value of its type.
            pub(super) fn assign(&mut self, name: &str, text: &str) -> Option<()> {
                match name {
                    $($text => self.$field = <$type as ParamValue>::parse(text)?,)+
                    _ => return None $(.or_else(|| self.$part.assign(name, text)))*,
                }
                Some(())
            }

            /// The value of the parameter called `name` as text.
            pub fn render(&self, name: &str) -> Option<String> {
                match name {
                    $($text => Some(self.$field.render()),)+
                    _ => None $(.or_else(|| self.$part.render(name)))*,
                }
            }

            /// The value of the parameter called `name` as a number, where it is one.
            pub(super) fn number(&self, name: &str) -> Option<f64> {
                match name {
                    $($text => self.$field.as_number(),)+
                    _ => None $(.or_else(|| self.$part.number(name)))*,
                }
            }
        }

        impl ParamsBuilder {
            $($(#[doc = $doc])+
            #[must_use]
            pub fn $field(mut self, value: <$type as ParamValue>::Arg) -> Self {
                Holds::<$name>::values(&mut self).$field = <$type as ParamValue>::from_arg(value);
                self.given.push($text);
                self
            })+
        }
    };
}

/// A builder of these values, among others.
trait Holds<T> {
    fn values(&mut self) -> &mut T;
}

impl Holds<Params> for ParamsBuilder {
    fn values(&mut self) -> &mut Params {
        &mut self.params
    }
}

impl Holds<DataParams> for ParamsBuilder {
    fn values(&mut self) -> &mut DataParams {
        &mut self.params.data
    }
}

/// The value of a default. The table's own texts are checked by a test, so a wrong one cannot be shipped.
fn default_of<T: ParamValue>(name: &str, text: &str) -> T {
    T::parse(text).unwrap_or_else(|| unreachable!("the table's default of {name} is no value of its type: {text}"))
}

const SHARE: Range = Range::closed(0.0, 1.0);

parameters! {
    /// Every parameter of a training job, checked. Made by [`Params::builder`] or [`Params::from_pairs`](super::Params::from_pairs).
    Params, TRAINING, {
        /// How data are read.
        data: DataParams,
        /// Which parameters were given, where a preset chooses the others.
        given: Given
    }
    /// The loss to minimise.
    objective("objective"): Objective = "reg:squarederror" {
        aliases: &["application", "app", "objective_type", "loss", "loss_function"], synonyms: habits::OBJECTIVES,
        words: &[
            "reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "count:poisson", "binary:hinge", "reg:gamma",
            "reg:tweedie", "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "reg:quantileerror",
            "reg:expectileerror", "survival:cox", "survival:aft", "rank:ndcg", "rank:map", "rank:pairwise", "rank_xendcg", "multi:softmax",
            "multi:softprob",
        ],
    }
    /// Whose values parameters have that are not given. `default`: those of this table, which are XGBoost's. `best`: those that rules derive from the
    /// data (each is told in the log, with its reason), and the model is the mean of several that hold out different rows. `fast`: the same
    /// at `quality=1`.
    preset("preset"): Preset = "default" { words: &["default", "fast", "best"] }
    /// With `preset=best`: how much time to spend, from 1 to 5. Default: 3.
    quality("quality"): Option<u32> = "" { range: Range::closed(1.0, 5.0) }
    /// With `preset=best`, in the place of `quality`: the time that everything may take, reading and writing included: seconds, or a number with
    /// `s`, `m` or `h`. A few rounds are timed, a plan is made of it, and models are trained until the time is over. The plan is told, and makes the
    /// same model again when it is given instead.
    time_budget("time_budget"): Option<Seconds> = "" { group: Group::Runtime }
    /// With a preset: how many models are trained, one a fold, and rows are cut into folds anew as often as that needs. Where two kinds of trees
    /// are used, so many of each. Default: by `quality`, 3, 5, 5, 8 and 16; with `time_budget` as many as there is time for.
    num_models("num_models"): Option<u32> = "" { range: Range::closed(1.0, 1000.0) }
    /// With a preset: how many of the first folds decide between kinds of trees; 0: none, and nothing races. Default: by `quality`.
    race_folds("race_folds"): Option<u32> = "" { range: Range::closed(0.0, 1000.0) }
    /// With `preset=best`: whether sums, differences and products of numeric features may become features, where that predicts better. Models with such features
    /// cannot be written in other libraries' formats.
    cross_features("cross_features"): bool = "true" {}
    /// Whether parameters that learn the data well are searched for first, as `sapwood tune` does: `true` (100 trials; with `tune_time_budget` as many
    /// as there is time for), or the number of trials, the first of which has the parameters as they are given. The model is trained with the best.
    tune("tune"): Trials = "false" { group: Group::Runtime }
    /// With `tune`: what is searched, `eta=0.01..0.3:log, max_depth=3..10`, words with bars between them; a name alone is searched in the range
    /// of this table. Default: `max_depth`, `min_child_weight`, `lambda`, `subsample`, `colsample_bynode` and `extra_trees`, those excepted that are given.
    tune_search("tune_search"): Option<String> = "" { group: Group::Runtime }
    /// With `tune`: the time that everything may take, from the start of the job to its end: seconds, or a number with `s`, `m` or `h`.
    tune_time_budget("tune_time_budget"): Option<Seconds> = "" { group: Group::Runtime }
    /// Number of boosting rounds; with `early_stopping_rounds`, the maximum. A preset needs none, nor does a search.
    num_round("num_round"): u32 = "0" {
        aliases: &[
            "n_estimators", "num_boost_round", "num_iterations", "num_iteration", "num_rounds", "max_iter", "iterations", "n_iter", "nrounds",
            "num_trees", "num_tree",
        ],
        required: true, range: Range::closed(1.0, 1_000_000.0), tunable: tunable(1.0, 4000.0),
    }
    /// What becomes of earlier trees. `gbtree`: they stay as they are. `dart`: some are dropped while the next is grown, which then shares
    /// with them what they add (Rashmi & Gilad-Bachrach 2015), as in XGBoost. That keeps late trees from fitting but a few rows, and takes
    /// more time with every round.
    booster("booster"): Booster = "gbtree" {
        aliases: &["boosting", "boosting_type", "boost"], synonyms: habits::BOOSTERS, words: &["gbtree", "dart"],
        elsewhere: habits::BOOSTERS_ELSEWHERE,
    }
    /// With `booster=dart`: the chance of each earlier tree to be dropped in a round.
    rate_drop("rate_drop"): f64 = "0" { aliases: &["drop_rate"], range: SHARE, tunable: tunable(0.0, 0.5) }
    /// With `booster=dart`: the chance of a round that nothing is dropped in it, as with gbtree.
    skip_drop("skip_drop"): f64 = "0" { range: SHARE, tunable: tunable(0.0, 1.0) }
    /// With `booster=dart`: drops at least one tree in each round that drops any.
    one_drop("one_drop"): bool = "false" {}
    /// With `booster=dart`: how trees are drawn that are dropped. `uniform`: all with the same chance. `weighted`: in proportion to their
    /// weights.
    sample_type("sample_type"): SampleType = "uniform" { words: &["uniform", "weighted"] }
    /// With `booster=dart`: how trees share what they add after k of them were dropped. `tree`: the new tree weighs 1 / (k + r), those that
    /// were dropped k / (k + r) of what they did, where r is `eta` divided by the trees of a round; `forest`: all of them 1 / (1 + r).
    normalize_type("normalize_type"): NormalizeType = "tree" { words: &["tree", "forest"] }
    /// With a model to go on from (`--model-in`): `default` adds rounds to it; `update` keeps the splits of its first `num_round` rounds and
    /// computes their leaves and statistics anew from these data, all rows, round by round (XGBoost's updater `refresh`).
    process_type("process_type"): ProcessType = "default" { words: &["default", "update"] }
    /// With `process_type=update`: whether leaves get new values, or only the statistics of nodes (gain, cover) are new.
    refresh_leaf("refresh_leaf"): bool = "true" {}
    /// With `process_type=update`: how much of its old value a leaf keeps: it becomes this times the old one plus the rest of 1 times the new
    /// one. LightGBM's `refit` has 0.9 where nothing is given.
    refit_decay_rate("refit_decay_rate"): f64 = "0" { aliases: &["decay_rate"], range: SHARE }
    /// Number of classes; required for `multi:*` unless the labels are texts.
    num_class("num_class"): u32 = "0" { aliases: &["num_classes", "classes_count"], range: Range::closed(0.0, 100_000.0) }
    /// Shrinkage: each tree's leaf values are multiplied by it.
    eta("eta"): f64 = "0.3" {
        aliases: &["learning_rate", "shrinkage_rate"], range: Range::closed(0.0, 1.0), tunable: tunable_log(0.01, 0.5),
    }
    /// Maximum depth of a tree; 0 means no limit.
    max_depth("max_depth"): u32 = "6" {
        aliases: &["depth"], synonyms: habits::NO_LIMIT, range: Range::closed(0.0, 1000.0), tunable: tunable(0.0, 10.0),
    }
    /// Maximum number of leaves of a tree; 0 means no limit.
    max_leaves("max_leaves"): u32 = "0" {
        aliases: &["num_leaves", "num_leaf", "max_leaf", "max_leaf_nodes"], synonyms: habits::NO_LIMIT, range: Range::closed(0.0, 1_000_000.0), tunable: tunable_log(8.0, 512.0),
    }
    /// Which leaf is split next: `depthwise`, level by level; `lossguide`, the one with the largest gain.
    grow_policy("grow_policy"): GrowPolicy = "depthwise" { synonyms: habits::POLICIES, words: &["depthwise", "lossguide"] }
    /// Minimum sum of hessians in a leaf (for squared error: of weights).
    min_child_weight("min_child_weight"): f64 = "1" {
        aliases: &["min_sum_hessian_in_leaf", "min_sum_hessian_per_leaf", "min_sum_hessian", "min_hessian"], range: Range::from(0.0), tunable: tunable(0.0, 120.0),
    }
    /// Minimum loss reduction that a split must bring.
    gamma("gamma"): f64 = "0" {
        aliases: &["min_split_loss", "min_gain_to_split", "min_split_gain"], range: Range::from(0.0), tunable: tunable(0.0, 5.0),
    }
    /// L2 regularisation of leaf values.
    lambda("lambda"): f64 = "1" {
        aliases: &["reg_lambda", "lambda_l2", "l2_regularization", "l2_leaf_reg"], range: Range::from(0.0), tunable: tunable(0.0, 1000.0),
    }
    /// L1 regularisation of leaf values.
    alpha("alpha"): f64 = "0" { aliases: &["reg_alpha", "lambda_l1", "l1_regularization"], range: Range::from(0.0), tunable: tunable(0.0, 1000.0) }
    /// Maximum absolute leaf value before shrinkage; 0 means no limit. Default 0, for `count:poisson` 0.7.
    max_delta_step("max_delta_step"): Option<f64> = "" { aliases: &["max_leaf_output", "max_tree_output"], range: Range::from(0.0), tunable: tunable(0.0, 10.0) }
    /// Maximum number of bins per numeric feature, including the bin of missing values.
    max_bin("max_bin"): u32 = "256" { aliases: &["max_bins"], range: Range::closed(3.0, 65_536.0), bins: Some(true) }
    /// Fraction of rows that each tree is grown on.
    subsample("subsample"): f64 = "1" {
        aliases: &["bagging_fraction", "sub_row", "bagging"], range: Range::open(0.0, 1.0), tunable: tunable(0.5, 1.0),
    }
    /// How each tree's rows are drawn. `uniform`: all alike. `gradient_based`: in proportion to the magnitude of their gradients;
    /// `subsample` may then be far smaller. `goss`: those with the largest gradients and some of the others, after the first
    /// 1/`eta` rounds.
    sampling_method("sampling_method"): SamplingMethod = "uniform" {
        aliases: &["data_sample_strategy"], synonyms: habits::SAMPLING, words: &["uniform", "gradient_based", "goss"],
    }
    /// With `sampling_method=goss`: fraction of rows, those with the largest gradients, that every tree is grown on.
    top_rate("top_rate"): f64 = "0.2" { range: Range::closed(0.0, 1.0) }
    /// With `sampling_method=goss`: fraction of all rows that are drawn from the others.
    other_rate("other_rate"): f64 = "0.1" { range: Range::open(0.0, 1.0) }
    /// Fraction of features that each tree may use.
    colsample_bytree("colsample_bytree"): f64 = "1" {
        aliases: &["feature_fraction", "sub_feature"], range: Range::open(0.0, 1.0), tunable: tunable(0.5, 1.0),
    }
    /// Fraction of a tree's features that each level may use.
    colsample_bylevel("colsample_bylevel"): f64 = "1" { range: Range::open(0.0, 1.0), tunable: tunable(0.1, 1.0) }
    /// Fraction of a level's features that each node may use.
    colsample_bynode("colsample_bynode"): f64 = "1" {
        aliases: &["feature_fraction_bynode", "sub_feature_bynode"], range: Range::open(0.0, 1.0), tunable: tunable(0.1, 1.0),
    }
    /// How likely each feature is drawn where `colsample_*` draw, in proportion to the others: a list such as `(1,0.5,2)`, one number for each
    /// feature, or a map such as `{"a": 0.5}`, where others have 1. A feature of weight 0 is never drawn. As in XGBoost (CatBoost calls
    /// something else so).
    feature_weights("feature_weights"): PerFeature = "" { synonyms: habits::NONE }
    /// How predictions may change with a feature, all others being equal: 1, not down; -1, not up; 0, either way. A list such as `(1,0,-1)`, one
    /// number for each feature (the label is none), or a map such as `{"a": 1, "b": -1}`. Categorical features have no order.
    monotone_constraints("monotone_constraints"): MonotoneConstraints = "" {
        aliases: &["monotone_constraint", "monotonic_cst", "mc"], synonyms: habits::NONE,
    }
    /// What bounds leaves where `monotone_constraints` hold, as in LightGBM. `basic`: the middle between the sides of each split above them, as
    /// in XGBoost. `intermediate`: the leaves that they are next to, which fits more closely and takes longer (leaves of `reg:absoluteerror` and
    /// `reg:quantileerror` keep the middles).
    monotone_constraints_method("monotone_constraints_method"): MonotoneMethod = "basic" {
        aliases: &["monotone_constraining_method", "mc_method"], words: &["basic", "intermediate"],
    }
    /// Groups of features that may meet on a way from the root to a leaf: `[["a", "b"], ["c", "d"]]`, names or 0-based positions among the
    /// features. As in XGBoost, groups may overlap, and a feature in none of them is used alone.
    interaction_constraints("interaction_constraints"): InteractionConstraints = "" {
        aliases: &["interaction_cst"], synonyms: habits::NONE,
    }
    /// Tries only one random threshold of each feature in each node, as in LightGBM (Extremely Randomised Trees): between the node's least and
    /// greatest bin; of a categorical feature one level, or one number of levels.
    extra_trees("extra_trees"): bool = "false" { aliases: &["extra_tree"] }
    /// Draws the weight of each node to that of the node above: with n rows, n / (n + `path_smooth`) of its own, as in LightGBM.
    path_smooth("path_smooth"): f64 = "0" { range: Range::from(0.0), tunable: tunable(0.0, 100.0) }
    /// Makes leaves linear functions of the numeric features on the way to them, as in LightGBM. The tree that boosting begins with has
    /// constant leaves, and rows that miss one of the features get a constant. Beyond the values of a leaf's training rows predictions stay
    /// what they are at the nearest of them, and within what the leaf predicts for those rows. Each numeric value takes 4 to 8 bytes of memory
    /// more.
    linear_tree("linear_tree"): bool = "false" { aliases: &["linear_trees"] }
    /// With `linear_tree`: L2 regularisation of slopes, in the units of the features. The larger a feature's numbers, the less it does.
    linear_lambda("linear_lambda"): f64 = "0" { range: Range::from(0.0) }
    /// `one_output_per_tree`: each output, such as a class, has trees of its own. `multi_output_tree`: the leaves of a tree have a value for each
    /// output, as in XGBoost; a split's gain is the sum of the outputs', and an output with less hessian in a leaf than `min_child_weight` has
    /// the value 0 there.
    multi_strategy("multi_strategy"): MultiStrategy = "one_output_per_tree" { words: &["one_output_per_tree", "multi_output_tree"] }
    /// With `multi_strategy=multi_output_tree` and more outputs than this, splits are found by so many random combinations of all outputs'
    /// gradients, drawn anew for each tree (as in Py-Boost): with many classes 5 trains several times faster. Leaves have the values of all
    /// outputs. 0: splits are found by every output, as in XGBoost.
    sketch_outputs("sketch_outputs"): u32 = "0" { range: Range::closed(0.0, 100_000.0) }
    /// Trees grown in each round; each one's leaf values are divided by this number.
    num_parallel_tree("num_parallel_tree"): u32 = "1" { range: Range::closed(1.0, 10_000.0) }
    /// Factor by which the weights of rows with label 1 are multiplied (binary objectives).
    scale_pos_weight("scale_pos_weight"): f64 = "1" { range: Range::open(0.0, 1e9) }
    /// Factors by which the weights of training rows are multiplied, by class: a map such as `{"no": 1, "yes": 5}`, or `balanced`, which makes
    /// all classes count alike (all rows / (classes × rows of the class), as in scikit-learn; rows count by their weights).
    class_weight("class_weight"): ClassWeight = "" { aliases: &["class_weights"], synonyms: habits::NONE }
    /// The label that is class 1 (binary objectives whose labels are texts): probabilities are its, and precision, recall, AUC and
    /// `scale_pos_weight` are about it. Default: the second in sorted order.
    positive_class("positive_class"): Option<String> = "" { aliases: &["pos_label"], bins: Some(true) }
    /// Makes the rarer of two classes count as much as the other (binary objectives), as in LightGBM.
    is_unbalance("is_unbalance"): bool = "false" { aliases: &["unbalance", "unbalanced_sets"] }
    /// Seed of row and column sampling.
    seed("seed"): i64 = "0" { aliases: &["random_state", "random_seed"], bins: Some(true) }
    /// Variance power of `reg:tweedie` and of the metric `tweedie-nloglik`: near 1 as a Poisson distribution, near 2 as a gamma
    /// distribution.
    tweedie_variance_power("tweedie_variance_power"): f64 = "1.5" { range: Range::inside(1.0, 2.0), tunable: tunable(1.1, 1.9) }
    /// Slope of `reg:pseudohubererror` and of the metric `mphe`: errors well below it count by their square, well above it by their
    /// magnitude.
    huber_slope("huber_slope"): f64 = "1" { range: Range::open(0.0, 1e30), tunable: tunable_log(0.01, 100.0) }
    /// The levels of `reg:quantileerror`, one output each, in ascending order. Predictions never cross: each row's are sorted.
    quantile_alpha("quantile_alpha"): Vec<f64> = "0.5" { aliases: &["quantile"] }
    /// The levels of `reg:expectileerror`, as for `quantile_alpha`.
    expectile_alpha("expectile_alpha"): Vec<f64> = "0.5" {}
    /// Distribution of the noise of `survival:aft`, by which logarithms of times differ from margins: `normal`, `logistic`, or `extreme` (as of
    /// Weibull's times).
    aft_loss_distribution("aft_loss_distribution"): AftDistribution = "normal" {
        synonyms: habits::DISTRIBUTIONS, words: &["normal", "logistic", "extreme"],
    }
    /// Scale of that distribution: how far times lie apart that features do not tell apart.
    aft_loss_distribution_scale("aft_loss_distribution_scale"): f64 = "1" {
        range: Range::open(0.0, 1e6), tunable: tunable_log(0.1, 10.0),
    }
    /// Which pairs of rows of a query group `rank:*` compares. `topk`: those of which one is among the first
    /// `lambdarank_num_pair_per_sample` by its score. `mean`: each row with so many others that are drawn.
    lambdarank_pair_method("lambdarank_pair_method"): PairMethod = "topk" { words: &["topk", "mean"] }
    /// How many first rows of a group are compared with all others (`topk`), or how many others each row is compared with (`mean`). Default
    /// 32 for `topk`, 1 for `mean`.
    lambdarank_num_pair_per_sample("lambdarank_num_pair_per_sample"): Option<u32> = "" {
        aliases: &["lambdarank_truncation_level"], range: Range::closed(1.0, 1_000_000.0),
    }
    /// Whether the gradients of a group are divided by what is about their number of pairs, so that large groups do not outweigh small ones.
    lambdarank_normalization("lambdarank_normalization"): bool = "true" { aliases: &["lambdarank_norm"] }
    /// Whether a pair counts less the further its scores lie apart.
    lambdarank_score_normalization("lambdarank_score_normalization"): bool = "true" {}
    /// Whether clicks are cleared of the bias of the position that rows were shown at: that in which a group's rows come (Hu et al. 2019).
    lambdarank_unbiased("lambdarank_unbiased"): bool = "false" {}
    /// With `lambdarank_unbiased`: how far biases are drawn towards 1; they are raised to the power 1 / (1 + it).
    lambdarank_bias_norm("lambdarank_bias_norm"): f64 = "1" { range: Range::from(0.0) }
    /// Whether a row of grade g gains 2^g − 1 in NDCG, instead of g. Grades are then whole numbers up to 31.
    ndcg_exp_gain("ndcg_exp_gain"): bool = "true" {}
    /// The prediction before the first tree, on the scale of predictions (`binary:logitraw` and `multi:*`: a margin). Estimated
    /// from the data if not given.
    base_score("base_score"): Option<f64> = "" { range: Range::closed(-1e30, 1e30) }
    /// Categorical features with at most this many levels are split one level against the rest.
    max_cat_to_onehot("max_cat_to_onehot"): u32 = "4" { aliases: &["one_hot_max_size"], range: Range::from(1.0) }
    /// Maximum number of levels on the smaller side of a categorical split.
    max_cat_threshold("max_cat_threshold"): u32 = "16" { range: Range::from(1.0) }
    /// Hessian added to each level when levels are put in order, so that levels with few rows move to the middle. Levels with fewer
    /// rows in a node than this go where missing values go.
    cat_smooth("cat_smooth"): f64 = "10" { range: Range::from(0.0) }
    /// Minimum number of rows by which consecutive candidate sets of sorted levels differ, and minimum number of rows outside a
    /// set.
    min_data_per_group("min_data_per_group"): f64 = "20" { range: Range::from(0.0) }
    /// Additional L2 regularisation in the gain of splits on sorted levels.
    cat_l2("cat_l2"): f64 = "10" { range: Range::from(0.0) }
    /// Metrics, in the order in which they are printed; the last one decides early stopping. The default depends on the
    /// objective.
    eval_metric("eval_metric"): Vec<String> = "" { aliases: &["metric", "metrics", "metric_types"], synonyms: habits::METRIC_WORDS }
    /// Stop when the last metric of the last validation set has not improved for this many rounds; the best round is kept. 0
    /// is the same as leaving it out: training never stops early.
    early_stopping_rounds("early_stopping_rounds"): Option<u32> = "" {
        aliases: &["early_stopping_round", "n_iter_no_change", "od_wait"], synonyms: habits::NEVER, range: Range::closed(1.0, 1_000_000.0),
    }
    /// Fraction of the training rows that is kept back as validation data.
    validation_fraction("validation_fraction"): Option<f64> = "" {
        aliases: &["eval_fraction"], range: Range::inside(0.0, 1.0), bins: Some(true),
    }
    /// Which rows `validation_fraction` keeps back, or which are a fold. `random`: any. `stratified`: as many of every class. `group`: whole
    /// groups of equal values of `split_column`. `time`: the last by `split_column`; folds are windows of time, each learnt for from what came
    /// before it. `auto`: `stratified` for folds of classes, else `random`. All but the last are drawn by `seed`.
    split("split"): SplitMethod = "auto" { synonyms: habits::SPLITS, words: &["auto", "random", "stratified", "group", "time"], bins: Some(true) }
    /// The column that `split=group` or `split=time` goes by. It is not used as a feature.
    split_column("split_column"): Option<String> = "" { bins: Some(true) }
    /// The number of folds of a cross-validation: `sapwood cv`, or a SageMaker job, which then saves a model a fold. Default of `sapwood cv`: 5.
    nfold("nfold"): Option<u32> = "" { aliases: &["_kfold", "n_splits", "fold_count"], range: Range::closed(2.0, 1000.0), bins: Some(true) }
    /// How often rows are cut into folds anew.
    num_cv_round("num_cv_round"): u32 = "1" { aliases: &["_num_cv_round", "n_repeats"], range: Range::closed(1.0, 1000.0), bins: Some(true) }
    /// With folds and `split=time`: rows less than this before a window are not learnt from by its fold. In the unit of `split_column`; days for
    /// dates, seconds for datetimes.
    purge("purge"): f64 = "0" { range: Range::from(0.0), bins: Some(true) }
    /// Seconds between checkpoints, if the job keeps any; 0: one after every round.
    checkpoint_interval("checkpoint_interval"): f64 = "60" { group: Group::Runtime, range: Range::from(0.0) }
    /// Print the metrics of every so many rounds; 0: only those of the model that is saved, which always come last.
    verbose_eval("verbose_eval"): Every = "1" {
        aliases: &["metric_freq", "output_freq", "metric_period"], group: Group::Runtime, range: Range::closed(0.0, 1_000_000.0),
    }
    /// Number of threads; 0 means the CPUs that this process may use (affinity and cgroup quota counted).
    nthread("nthread"): u32 = "0" {
        aliases: &["n_jobs", "num_threads", "num_thread", "nthreads", "threads", "thread_count"], synonyms: habits::ALL, group: Group::Runtime, range: Range::closed(0.0, 4096.0),
    }
    /// The memory that training may use: a number of bytes, or one with a unit (`8GB`, `8GiB`). Bins that it has no room for are kept in a file
    /// under `TMPDIR` and read again for every level of every tree; the model is the same. Default: nine tenths of what the container or the
    /// machine allows.
    memory_limit("memory_limit"): Option<MemorySize> = "" { aliases: &["max_memory", "used_ram_limit"], group: Group::Runtime }
}

parameters! {
    /// The parameters that say how data are read, checked: scoring has them, too.
    DataParams, DATA, {}
    /// Columns to treat as categorical although their values are numbers: names, or indices. Here and below, indices begin at 0 and count
    /// all columns of the file, the label included. LightGBM and CatBoost leave the label out, so under their names (`categorical_feature`,
    /// `cat_features`, `weight`, `ignore_column` and the like) indices are refused. LightGBM's `name:a,b` is understood.
    categorical_features("categorical_features"): Vec<String> = "" {
        aliases: &["categorical_feature", "categorical_columns", "categorical_column", "cat_features", "cat_feature", "cat_column"],
        counted_otherwise: &["categorical_feature", "categorical_columns", "categorical_column", "cat_features", "cat_feature", "cat_column"],
        group: Group::Data,
    }
    /// Texts and numbers that stand for a missing value, numbers however they are written. The empty cell always does. What is given here
    /// takes the place of the whole default: list `NA` and the like as well where they occur. The default holds for text (CSV, JSON)
    /// alone: in typed columns only nulls, NaN and what is given here are missing.
    missing_values("missing_values"): Vec<String> =
        "#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,N/A,NA,NULL,NaN,None,n/a,nan,null,?" { group: Group::Data }
    /// Whether CSV files begin with column names.
    header("header"): Header = "auto" { aliases: &["has_header"], synonyms: habits::HEADERS, words: &["auto", "true", "false"], group: Group::Data }
    /// The character between CSV cells (`tab` for a tab); detected if not given.
    delimiter("delimiter"): Option<String> = "" { group: Group::Data }
    /// The decimal mark of numbers in CSV: `.` or `,`. Default: the point; when scoring, the one that the model was trained with.
    decimal("decimal"): Option<Decimal> = "" { synonyms: habits::DECIMALS, words: &[".", ","], group: Group::Data }
    /// The label: a column's name or index. Default: the first column (libsvm: the first field). A list such as `a,b,c` makes several
    /// targets, each with trees and an output of its own, as in XGBoost; objectives that are about single labels have them.
    label_column("label_column"): Option<String> = "" { aliases: &["label"], group: Group::Data }
    /// The least that each row's label may be, for `survival:aft`: a column's name or index. With it goes `label_upper_bound_column`; there is
    /// then no label, not even in the first column. 0: the row's time is only known to lie below the upper bound (censored on the left).
    label_lower_bound_column("label_lower_bound_column"): Option<String> = "" { aliases: &["label_lower_bound"], group: Group::Data }
    /// The most that each row's label may be: the same as the lower bound where the time of the event is known; `inf` where the row was last
    /// seen, without the event, at the lower bound (censored on the right). An empty cell is an error, not infinity.
    label_upper_bound_column("label_upper_bound_column"): Option<String> = "" { aliases: &["label_upper_bound"], group: Group::Data }
    /// The row weights: a column's name or index.
    weight_column("weight_column"): Option<String> = "" { aliases: &["weight"], counted_otherwise: &["weight"], group: Group::Data }
    /// The query group of each row, for `rank:*`: a column's name or index (libsvm: `qid`). Rows of a group may stand
    /// anywhere, in several files as well.
    group_column("group_column"): Option<String> = "" { aliases: &["group", "query_column", "qid"], group: Group::Data }
    /// The margin each row starts from, instead of the base score: a column's name or index.
    base_margin_column("base_margin_column"): Option<String> = "" { aliases: &["base_margin"], group: Group::Data }
    /// Columns to leave out: names or indices. Lists that are given in several places (here, `--ignore`, `--config`) add up.
    ignore_columns("ignore_columns"): Vec<String> = "" {
        aliases: &["ignore", "ignore_column", "ignore_feature", "ignored_features"],
        counted_otherwise: &["ignore_column", "ignore_feature", "ignored_features"],
        adds_up: true, group: Group::Data,
    }
    /// Whether the column after the label holds the weights (SageMaker's convention for CSV).
    csv_weights("csv_weights"): bool = "false" { group: Group::Data }
    /// What to do when training and validation data are the same files.
    same_data("same_data"): SameData = "warn" { words: &["warn", "error"], group: Group::Data, bins: Some(false) }
}

/// The rows of the parameters that Sapwood acts on.
pub fn active() -> impl Iterator<Item = &'static ParamSpec> {
    TRAINING.iter().chain(DATA)
}

/// Every row of the table.
pub fn all() -> impl Iterator<Item = &'static ParamSpec> {
    active().chain(super::compatibility::COMPATIBILITY).chain(habits::OTHERS)
}

/// The row for a name or an alias.
pub fn find(name: &str) -> Option<&'static ParamSpec> {
    all().find(|spec| spec.name == name || spec.aliases.contains(&name))
}
