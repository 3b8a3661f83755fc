//! The one table of parameters. Everything about a parameter is said here and nowhere else: the typed [`Params`] struct, its
//! builder, parsing and range checks, `sapwood params`, `docs/PARAMETERS.md` and SageMaker's specification come from it. The rows of
//! parameters that are known but not acted on are in `compatibility.rs`.

use super::value::{GrowPolicy, Header, ParamValue, SameData, SamplingMethod};
use sapwood_score::Objective;

/// What a parameter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Decides the model.
    Model,
    /// Says how the data are read.
    Data,
    /// Changes how the job runs, never the model.
    Runtime,
    /// Known from XGBoost; see [`Effect`].
    Compatibility,
}

/// What giving a parameter does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// It is acted upon.
    Active,
    /// It has no meaning here and cannot change the result: a value that it may have is accepted with one note.
    Accepted {
        /// What its value may be.
        kind: Kind,
        /// Why it has no effect.
        reason: &'static str,
    },
    /// Accepted with one note at these values, which change nothing; refused by name at any other.
    InertOnly {
        /// The harmless values.
        values: &'static [&'static str],
        /// What to do instead of giving another.
        remedy: &'static str,
    },
}

/// The type of a parameter that is accepted without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number in the range.
    Integer,
    /// A number in the range.
    Number,
    /// A list of numbers in the range.
    Numbers,
    /// True or false.
    Flag,
    /// One of the words.
    Word,
    /// A list of the words.
    Words,
}

/// The range of a numeric parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether the smallest value itself is excluded.
    pub min_open: bool,
    /// Whether the largest value itself is excluded.
    pub max_open: bool,
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self::closed(f64::NEG_INFINITY, f64::INFINITY);

    /// `min <= x <= max`.
    pub(super) const fn closed(min: f64, max: f64) -> Self {
        Self { min, max, min_open: false, max_open: false }
    }

    /// `min < x <= max`.
    pub(super) const fn open(min: f64, max: f64) -> Self {
        Self { min_open: true, ..Self::closed(min, max) }
    }

    /// `min < x < max`.
    pub(super) const fn inside(min: f64, max: f64) -> Self {
        Self { max_open: true, ..Self::open(min, max) }
    }

    /// `x >= min`.
    pub(super) const fn from(min: f64) -> Self {
        Self::closed(min, f64::INFINITY)
    }

    /// Whether `x` lies in the range. Infinity never does.
    pub fn contains(&self, x: f64) -> bool {
        let above = if self.min_open { x > self.min } else { x >= self.min };
        let below = if self.max_open { x < self.max } else { x <= self.max };
        above && below && x.is_finite()
    }
}

/// Mathematical interval notation.
impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let open = if self.min_open || self.min.is_infinite() { '(' } else { '[' };
        let close = if self.max_open || self.max.is_infinite() { ')' } else { ']' };
        let end = |x: f64| if x.is_infinite() { "∞".to_string() } else { x.to_string() };
        let sign = if self.min == f64::NEG_INFINITY { "−" } else { "" };
        write!(f, "{open}{sign}{}, {}{close}", end(self.min), end(self.max))
    }
}

/// The part of a parameter's range that a tuner should explore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tunable {
    /// Lower end.
    pub min: f64,
    /// Upper end.
    pub max: f64,
    /// Whether to search on a logarithmic scale.
    pub log: bool,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// Its name: XGBoost's.
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    /// The type of its value, in a word or two.
    pub expected: &'static str,
    /// The words it may be, where it is a choice.
    pub words: &'static [&'static str],
    /// The default, as text; empty where there is none.
    pub default: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Where its value must lie.
    pub range: Range,
    /// What a tuner should explore.
    pub tunable: Option<Tunable>,
    /// What it is about.
    pub group: Group,
    /// Whether it decides the bins of the data, where its group does not tell.
    pub(super) bins: Option<bool>,
    /// What giving it does.
    pub effect: Effect,
    /// What it means.
    pub doc: &'static str,
}

impl ParamSpec {
    /// Whether data that are read and binned with another value of it may have other bins, labels or weights. Of parameters about
    /// reading all but those that say otherwise do, of others those that say so.
    pub fn decides_bins(&self) -> bool {
        self.bins.unwrap_or(self.group == Group::Data)
    }
}

pub(super) const PLAIN: ParamSpec = ParamSpec {
    name: "",
    aliases: &[],
    expected: "text",
    words: &[],
    default: "",
    required: false,
    range: Range::ANY,
    tunable: None,
    group: Group::Model,
    bins: None,
    effect: Effect::Active,
    doc: "",
};

const fn tunable(min: f64, max: f64) -> Option<Tunable> {
    Some(Tunable { min, max, log: false })
}

const fn tunable_log(min: f64, max: f64) -> Option<Tunable> {
    Some(Tunable { min, max, log: true })
}

/// Expands the table of active parameters into [`Params`], its builder and [`ACTIVE`].
macro_rules! parameters {
    ($($(#[doc = $doc:literal])+ $field:ident ($name:literal): $type:ty = $default:literal { $($key:ident: $value:expr),* $(,)? })+) => {
        /// Every parameter that Sapwood acts on, checked. Made by [`Params::builder`] or [`Params::from_pairs`](super::Params::from_pairs).
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct Params {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        /// The parameters that Sapwood acts on.
        pub const ACTIVE: &[ParamSpec] = &[$(ParamSpec {
            name: $name,
            expected: <$type as ParamValue>::EXPECTED,
            default: $default,
            doc: concat!($($doc),+),
            $($key: $value,)*
            ..PLAIN
        }),+];

        impl Params {
            /// Every parameter at its default, unchecked: required ones are zero.
            pub(super) fn defaults() -> Self {
                Self { $($field: default_of::<$type>($name, $default),)+ }
            }

            /// Sets the parameter called `name` from text; `None` if the text is no value of its type.
            pub(super) fn assign(&mut self, name: &str, text: &str) -> Option<()> {
                match name {
                    $($name => self.$field = <$type as ParamValue>::parse(text)?,)+
                    _ => return None,
                }
                Some(())
            }

            /// The value of the parameter called `name` as text.
            pub fn render(&self, name: &str) -> Option<String> {
                match name {
                    $($name => Some(self.$field.render()),)+
                    _ => None,
                }
            }

            /// The value of the parameter called `name` as a number, where it is one.
            pub(super) fn number(&self, name: &str) -> Option<f64> {
                match name {
                    $($name => self.$field.as_number(),)+
                    _ => None,
                }
            }
        }

        impl super::ParamsBuilder {
            $($(#[doc = $doc])+
            #[must_use]
            pub fn $field(mut self, value: <$type as ParamValue>::Arg) -> Self {
                self.params.$field = <$type as ParamValue>::from_arg(value);
                self.given.push($name);
                self
            })+
        }
    };
}

/// The value of a default. The table's own texts are checked by a test, so a wrong one cannot be shipped.
fn default_of<T: ParamValue>(name: &str, text: &str) -> T {
    T::parse(text).unwrap_or_else(|| unreachable!("the table's default of {name} is no value of its type: {text}"))
}

parameters! {
    /// What is minimised.
    objective("objective"): Objective = "reg:squarederror" {
        aliases: &["application", "loss"],
        words: &["reg:squarederror", "reg:logistic", "binary:logistic", "binary:logitraw", "count:poisson", "multi:softmax", "multi:softprob"],
    }
    /// Boosting rounds. With `early_stopping_rounds` an upper bound.
    num_round("num_round"): u32 = "0" {
        aliases: &["n_estimators", "num_boost_round", "num_iterations", "num_rounds", "max_iter", "iterations"],
        required: true, range: Range::closed(1.0, 1_000_000.0), tunable: tunable(1.0, 4000.0),
    }
    /// Number of classes; required for `multi:*` unless the labels are texts.
    num_class("num_class"): u32 = "0" { range: Range::closed(0.0, 100_000.0) }
    /// Shrinkage: how much of a tree's answer is added.
    eta("eta"): f64 = "0.3" {
        aliases: &["learning_rate", "shrinkage_rate"], range: Range::closed(0.0, 1.0), tunable: tunable_log(0.01, 0.5),
    }
    /// Largest depth of a tree; 0 means no limit.
    max_depth("max_depth"): u32 = "6" { range: Range::closed(0.0, 1000.0), tunable: tunable(0.0, 10.0) }
    /// Largest number of leaves of a tree; 0 means no limit.
    max_leaves("max_leaves"): u32 = "0" {
        aliases: &["num_leaves", "max_leaf_nodes"], range: Range::closed(0.0, 1_000_000.0), tunable: tunable_log(8.0, 512.0),
    }
    /// Which leaf is split next.
    grow_policy("grow_policy"): GrowPolicy = "depthwise" { words: &["depthwise", "lossguide"] }
    /// Smallest sum of hessians (for squared error: of weights) in a leaf.
    min_child_weight("min_child_weight"): f64 = "1" {
        aliases: &["min_sum_hessian_in_leaf", "min_sum_hessian"], range: Range::from(0.0), tunable: tunable(0.0, 120.0),
    }
    /// Smallest loss reduction a split must bring.
    gamma("gamma"): f64 = "0" {
        aliases: &["min_split_loss", "min_gain_to_split"], range: Range::from(0.0), tunable: tunable(0.0, 5.0),
    }
    /// L2 regularisation of leaf values.
    lambda("lambda"): f64 = "1" {
        aliases: &["reg_lambda", "lambda_l2", "l2_regularization"], range: Range::from(0.0), tunable: tunable(0.0, 1000.0),
    }
    /// L1 regularisation of leaf values.
    alpha("alpha"): f64 = "0" { aliases: &["reg_alpha", "lambda_l1"], range: Range::from(0.0), tunable: tunable(0.0, 1000.0) }
    /// Largest absolute leaf value before shrinkage; 0 means no limit. Default 0, for `count:poisson` 0.7.
    max_delta_step("max_delta_step"): Option<f64> = "" { range: Range::from(0.0), tunable: tunable(0.0, 10.0) }
    /// Largest number of bins per numeric feature, the bin of missing values counted.
    max_bin("max_bin"): u32 = "256" { range: Range::closed(3.0, 65_536.0), bins: Some(true) }
    /// Share of rows that each tree is grown on.
    subsample("subsample"): f64 = "1" {
        aliases: &["bagging_fraction", "sub_row", "bagging"], range: Range::open(0.0, 1.0), tunable: tunable(0.5, 1.0),
    }
    /// How the rows of a tree are drawn: `uniform`; `gradient_based`, in proportion to the magnitude of their gradients (`subsample` may
    /// be far smaller then); `goss`, those with the largest gradients and some others, after the first 1/`eta` rounds.
    sampling_method("sampling_method"): SamplingMethod = "uniform" {
        aliases: &["data_sample_strategy"], words: &["uniform", "gradient_based", "goss"],
    }
    /// With `sampling_method=goss`: share of rows, those with the largest gradients, that every tree is grown on.
    top_rate("top_rate"): f64 = "0.2" { range: Range::closed(0.0, 1.0) }
    /// With `sampling_method=goss`: share of rows drawn from all others.
    other_rate("other_rate"): f64 = "0.1" { range: Range::open(0.0, 1.0) }
    /// Share of features each tree may use.
    colsample_bytree("colsample_bytree"): f64 = "1" {
        aliases: &["feature_fraction", "sub_feature"], range: Range::open(0.0, 1.0), tunable: tunable(0.5, 1.0),
    }
    /// Share of a tree's features each level may use.
    colsample_bylevel("colsample_bylevel"): f64 = "1" { range: Range::open(0.0, 1.0), tunable: tunable(0.1, 1.0) }
    /// Share of a level's features each node may use.
    colsample_bynode("colsample_bynode"): f64 = "1" {
        aliases: &["feature_fraction_bynode"], range: Range::open(0.0, 1.0), tunable: tunable(0.1, 1.0),
    }
    /// Trees grown side by side in each round, each shrunk by their number.
    num_parallel_tree("num_parallel_tree"): u32 = "1" { range: Range::closed(1.0, 10_000.0) }
    /// Factor on the weight of rows with label 1 (binary objectives).
    scale_pos_weight("scale_pos_weight"): f64 = "1" { range: Range::open(0.0, 1e9) }
    /// Seed of row and column sampling.
    seed("seed"): i64 = "0" { aliases: &["random_state", "random_seed"], bins: Some(true) }
    /// The prediction before the first tree, on the scale of predictions (`binary:logitraw` and `multi:*`: a margin); estimated from
    /// the data when not given.
    base_score("base_score"): Option<f64> = "" { range: Range::closed(-1e30, 1e30) }
    /// Categorical features with at most this many levels are split one level against the rest.
    max_cat_to_onehot("max_cat_to_onehot"): u32 = "4" { range: Range::from(1.0) }
    /// Largest number of levels on the smaller side of a categorical split.
    max_cat_threshold("max_cat_threshold"): u32 = "16" { range: Range::from(1.0) }
    /// Hessian added to each level when levels are put in order, so that levels with few rows move to the middle. Levels with fewer
    /// rows in a node than this go where missing values go.
    cat_smooth("cat_smooth"): f64 = "10" { range: Range::from(0.0) }
    /// Rows by which consecutive candidate sets of sorted levels differ at least, and rows outside the set at least.
    min_data_per_group("min_data_per_group"): f64 = "20" { range: Range::from(0.0) }
    /// Additional L2 regularisation in the gain of splits on sorted levels.
    cat_l2("cat_l2"): f64 = "10" { range: Range::from(0.0) }
    /// Metrics, in the order in which they are printed; the last one decides early stopping. Default by objective.
    eval_metric("eval_metric"): Vec<String> = "" { aliases: &["metric"] }
    /// Stop when the last metric of the last validation set has not improved for this many rounds; the best round is kept.
    early_stopping_rounds("early_stopping_rounds"): Option<u32> = "" {
        aliases: &["early_stopping_round", "n_iter_no_change"], range: Range::closed(1.0, 1_000_000.0),
    }
    /// Columns to treat as categorical although their values are numbers: names, or 0-based indices.
    categorical_features("categorical_features"): Vec<String> = "" { aliases: &["categorical_feature"], group: Group::Data }
    /// Texts that stand for a missing value; the empty cell always does.
    missing_values("missing_values"): Vec<String> = "NA,N/A,NaN,nan,null,NULL,None,?" { group: Group::Data }
    /// Whether CSV files begin with column names.
    header("header"): Header = "auto" { words: &["auto", "true", "false"], group: Group::Data }
    /// The character between CSV cells (`tab` for a tabulator); detected when not given.
    delimiter("delimiter"): Option<String> = "" { group: Group::Data }
    /// The label: a column's name or 0-based index. Default: the first column (libsvm: the first field).
    label_column("label_column"): Option<String> = "" { aliases: &["label"], group: Group::Data }
    /// The row weights: a column's name or 0-based index.
    weight_column("weight_column"): Option<String> = "" { aliases: &["weight"], group: Group::Data }
    /// The query group of each row: a column's name or 0-based index.
    group_column("group_column"): Option<String> = "" { aliases: &["group", "query_column"], group: Group::Data }
    /// The margin each row starts from, instead of the base score: a column's name or 0-based index.
    base_margin_column("base_margin_column"): Option<String> = "" { aliases: &["base_margin"], group: Group::Data }
    /// Columns to leave out: names or 0-based indices.
    ignore_columns("ignore_columns"): Vec<String> = "" { aliases: &["ignore_column"], group: Group::Data }
    /// Whether the column after the label holds the weights (SageMaker's convention for CSV).
    csv_weights("csv_weights"): bool = "false" { group: Group::Data }
    /// What to do when training and validation data are the same files.
    same_data("same_data"): SameData = "warn" { words: &["warn", "error"], group: Group::Data, bins: Some(false) }
    /// Seconds between checkpoints, where the job keeps any; 0: one after every round.
    checkpoint_interval("checkpoint_interval"): f64 = "60" { group: Group::Runtime, range: Range::from(0.0) }
    /// Threads; 0 means the CPUs that this process may use (affinity and cgroup quota counted).
    nthread("nthread"): u32 = "0" {
        aliases: &["n_jobs", "num_threads", "num_thread", "threads"], group: Group::Runtime, range: Range::closed(0.0, 4096.0),
    }
}

/// Every row of the table.
pub fn all() -> impl Iterator<Item = &'static ParamSpec> {
    ACTIVE.iter().chain(super::compatibility::COMPATIBILITY)
}

/// The row for a name or an alias.
pub fn find(name: &str) -> Option<&'static ParamSpec> {
    all().find(|spec| spec.name == name || spec.aliases.contains(&name))
}
