//! [`Report`]: everything that a report says, as plain facts. The page and the JSON file are two ways of writing them down.

use serde::Serialize;

/// What a report says. Lists are bounded: of many features, classes or rows it has the most important ones, and how many there are.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// What kind of task the model has.
    pub task: Task,
    /// The result in three sentences.
    pub verdict: Vec<String>,
    /// What deserves attention, the gravest first.
    pub alerts: Vec<Alert>,
    /// The data.
    pub data: Option<DataFacts>,
    /// How training went.
    pub training: Option<TrainingFacts>,
    /// What a preset chose, where the model was trained with one.
    pub preset: Option<PresetFacts>,
    /// How well the model predicts.
    pub quality: Option<Quality>,
    /// What the model uses.
    pub features: Features,
    /// The rows that are predicted worst.
    pub worst_rows: Vec<WorstRow>,
    /// How to do it again.
    pub reproduction: Reproduction,
}

/// What kind of task a model has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
    /// A number.
    #[default]
    Regression,
    /// The order of the rows of a query.
    Ranking,
    /// Several numbers a row: targets, quantiles.
    Several,
    /// Something else, of which metrics are told.
    Other,
}

/// Something that deserves attention.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    /// How grave it is.
    pub severity: Severity,
    /// What was found, and what to do.
    pub text: String,
}

/// How grave an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The result may mean nothing.
    High,
    /// The result may be worse than it need be.
    Medium,
    /// Worth knowing.
    Low,
}

/// The data that the model learnt from, and those that it is judged by.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DataFacts {
    /// Every data set.
    pub sets: Vec<SetFacts>,
    /// The data set that `columns` are of.
    pub columns_of: String,
    /// Whether values stand for those of their bins, and counts are of the rows in this report, because the data came from the cache.
    pub are_bins: bool,
    /// The number of columns.
    pub num_columns: usize,
    /// The columns, the most important to the model first.
    pub columns: Vec<ColumnFacts>,
    /// How labels are distributed: classes, or bins of numbers.
    pub labels: Vec<Bar>,
    /// What is odd about columns and rows.
    pub findings: Findings,
}

/// What is odd about the data. Of many columns the first few are named.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// Columns that tell the label by themselves, with how well.
    pub leaky: Vec<(String, f64)>,
    /// Columns with one value alone.
    pub constant: Vec<String>,
    /// The number of those.
    pub num_constant: usize,
    /// Columns whose values are missing in more than 95 % of the rows.
    pub mostly_missing: Vec<String>,
    /// The number of those.
    pub num_mostly_missing: usize,
    /// Columns whose distribution is another in the data that the model is judged by, with how far.
    pub drifting: Vec<(String, f64)>,
    /// The number of those.
    pub num_drifting: usize,
    /// Rows of the sample that are equal to an earlier one, label included.
    pub duplicate_rows: usize,
    /// The rows of the sample.
    pub sampled_rows: usize,
    /// Rows that the model is judged by and that it has learnt from, if all rows of both are in the samples.
    pub shared_rows: Option<usize>,
    /// Classes with few rows, and how many of the sample they have.
    pub rare_classes: Vec<(String, usize)>,
    /// What share of the rows would say as much if all weighed the same (Kish's effective sample size); of rows with weights.
    pub effective_share: Option<f64>,
}

/// A data set.
#[derive(Clone, Debug, Serialize)]
pub struct SetFacts {
    /// Its name.
    pub name: String,
    /// The number of rows.
    pub rows: usize,
    /// The rows of the sample that the report is about.
    pub sampled_rows: usize,
    /// The mean label, of labels that are numbers or two classes.
    pub mean_label: Option<f64>,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// `numeric`, `categorical` and so on.
    pub kind: &'static str,
    /// The share of rows without a value.
    pub missing: f64,
    /// Numbers: the least, the quartiles, and the largest.
    pub quantiles: Option<[f64; 5]>,
    /// Numbers: the mean.
    pub mean: Option<f64>,
    /// Numbers: the standard deviation.
    pub deviation: Option<f64>,
    /// The number of different values; of numbers in the sample.
    pub distinct: usize,
    /// The distribution: bins of numbers, or the most frequent levels.
    pub histogram: Vec<Bar>,
    /// How well the column alone tells the label: the area under the ROC curve, from .5 to 1; of several classes the share of right guesses; of numbers
    /// the rank correlation's absolute value.
    pub alone: Option<f64>,
    /// How far its distribution is another in the data that the model is judged by: of numbers Wasserstein's distance in standard deviations, of
    /// categories Jensen and Shannon's.
    pub drift: Option<f64>,
}

/// A part of a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// How much of it there is.
    pub value: f64,
}

/// How training went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrainingFacts {
    /// Metrics by round, thinned where there are many.
    pub curves: Vec<Curve>,
    /// The rounds that were run.
    pub rounds: usize,
    /// The round that the model keeps as its last, counted from 0.
    pub last_round: usize,
    /// How training ended.
    pub ended: String,
    /// Seconds by step, from reading to writing.
    pub seconds: Vec<Bar>,
    /// Seconds by phase of growing trees.
    pub phases: Vec<Bar>,
    /// Of a cross-validation, metrics over its folds in the round that all models end with.
    pub folds: Vec<FoldMetric>,
    /// The number of threads.
    pub threads: usize,
    /// The largest amount of memory that the process had.
    pub peak_bytes: Option<u64>,
}

/// A metric over folds.
#[derive(Clone, Debug, Serialize)]
pub struct FoldMetric {
    /// The data set.
    pub set: String,
    /// The metric.
    pub metric: String,
    /// The mean over folds.
    pub mean: f64,
    /// The standard deviation of so many folds.
    pub deviation: f64,
}

/// What a preset chose and what came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PresetFacts {
    /// Its name.
    pub name: String,
    /// How many parts the rows were cut into, each of which was held out once in each repetition.
    pub folds: usize,
    /// How often they were cut.
    pub repeats: usize,
    /// What follows from the data and from what was given, in the order of the rules.
    pub choices: Vec<ChoiceFacts>,
    /// What models of the first folds decided.
    pub race: Option<RaceFacts>,
    /// The models whose mean the model is.
    pub members: Vec<MemberFacts>,
    /// What all margins are multiplied by; 1 where that gains nothing.
    pub temperature_factor: f64,
}

/// A parameter that was chosen.
#[derive(Clone, Debug, Serialize)]
pub struct ChoiceFacts {
    /// Its name.
    pub parameter: String,
    /// Its value.
    pub value: String,
    /// Why it is this one.
    pub because: String,
}

/// Values of a parameter that were tried on the first folds.
#[derive(Clone, Debug, Serialize)]
pub struct RaceFacts {
    /// The outcome.
    pub choice: ChoiceFacts,
    /// The values that raced.
    pub values: Vec<String>,
    /// The number of folds that decided.
    pub folds: usize,
}

/// One of the models whose mean a model is.
#[derive(Clone, Debug, Serialize)]
pub struct MemberFacts {
    /// The fold that it learnt from, counted from 0.
    pub fold: usize,
    /// Its value of the parameter that raced, if one did.
    pub value: Option<String>,
    /// The rounds that it keeps.
    pub rounds: usize,
    /// Metrics of the rows that its fold held out.
    pub metrics: Vec<(String, f64)>,
}

/// A metric of a data set by round.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// The data set.
    pub set: String,
    /// The metric.
    pub metric: String,
    /// Round, counted from 0, and value.
    pub points: Vec<(usize, f64)>,
}

/// How well the model predicts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Quality {
    /// The data set that the model is judged by.
    pub set: String,
    /// Whether the model learnt from it, so that metrics flatter it; nothing where that is not known.
    pub is_training_set: Option<bool>,
    /// Whether it is the training set, and each row is predicted by models of folds that held it out.
    pub is_out_of_fold: bool,
    /// The rows of the sample that tables and curves are from.
    pub sampled_rows: usize,
    /// All rows.
    pub rows: usize,
    /// Metrics.
    pub metrics: Vec<MetricFacts>,
    /// Of two classes.
    pub binary: Option<BinaryFacts>,
    /// Of classes.
    pub classes: Option<ClassFacts>,
    /// Of numbers.
    pub regression: Option<RegressionFacts>,
    /// Of queries.
    pub ranking: Option<RankingFacts>,
}

/// A metric, how far it is due to chance, and what needs no model.
#[derive(Clone, Debug, Serialize)]
pub struct MetricFacts {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Its value if every row is predicted alike.
    pub constant: Option<f64>,
    /// Whether larger is better.
    pub higher_is_better: bool,
}

/// How two classes are told apart.
#[derive(Clone, Debug, Serialize)]
pub struct BinaryFacts {
    /// The name of class 1.
    pub positive: String,
    /// The area under the ROC curve.
    pub auc: Option<f64>,
    /// The share of class 1.
    pub share: f64,
    /// False positive rate, true positive rate.
    pub roc: Vec<(f64, f64)>,
    /// Recall, precision.
    pub precision_recall: Vec<(f64, f64)>,
    /// Mean probability, share of class 1, weight of rows.
    pub calibration: Vec<(f64, f64, f64)>,
    /// The share of rows by rising probability, of class 0 and of class 1.
    pub probabilities: [Vec<Bar>; 2],
    /// The share of rows that are taken, most probable ones first, and the share of class 1 that is among them.
    pub gain: Vec<(f64, f64)>,
    /// Thresholds, and what they give.
    pub thresholds: Vec<ThresholdFacts>,
}

/// What a threshold on probabilities gives.
#[derive(Clone, Debug, Serialize)]
pub struct ThresholdFacts {
    /// What it is for.
    pub name: String,
    /// Rows whose probability is at least this are of class 1.
    pub threshold: f64,
    /// The share of right ones among rows taken for class 1.
    pub precision: Option<f64>,
    /// The share of class 1 that is found.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// The share of rows that are right.
    pub accuracy: Option<f64>,
    /// True negatives, false positives, false negatives, true positives.
    pub counts: [f64; 4],
}

/// How classes are told apart.
#[derive(Clone, Debug, Serialize)]
pub struct ClassFacts {
    /// The number of classes.
    pub num_classes: usize,
    /// The share of rows whose class is predicted.
    pub accuracy: Option<f64>,
    /// The classes: all, or those with the most mistakes.
    pub classes: Vec<OneClass>,
    /// Of each of these classes, the weight of its rows by predicted class, then by all other classes together.
    pub confusion: Vec<Vec<f64>>,
    /// How sure the model was on average, how often it was right, weight of rows.
    pub calibration: Vec<(f64, f64, f64)>,
    /// How each class is told from all others: of many classes, of the largest and of the rarest ones.
    pub curves: Vec<ClassCurves>,
    /// The pairs of classes that are confused most.
    pub confused: Vec<Confused>,
}

/// A class among others.
#[derive(Clone, Debug, Serialize)]
pub struct OneClass {
    /// Its name.
    pub name: String,
    /// The share of right ones among rows taken for it.
    pub precision: Option<f64>,
    /// The share of its rows that are found.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// The area under the ROC curve against all other classes.
    pub auc: Option<f64>,
    /// The weight of its rows.
    pub support: f64,
}

/// How a class is told from all others, whatever threshold its probability is given.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCurves {
    /// Its name.
    pub name: String,
    /// The share of its rows.
    pub share: f64,
    /// The area under the ROC curve.
    pub auc: Option<f64>,
    /// False positive rate, true positive rate.
    pub roc: Vec<(f64, f64)>,
    /// Recall, precision.
    pub precision_recall: Vec<(f64, f64)>,
}

/// Rows of one class that are taken for another.
#[derive(Clone, Debug, Serialize)]
pub struct Confused {
    /// The class that they are of.
    pub truth: String,
    /// The class that they are taken for.
    pub predicted: String,
    /// Their weight.
    pub rows: f64,
}

/// How close predicted numbers are.
#[derive(Clone, Debug, Serialize)]
pub struct RegressionFacts {
    /// The target, where there are several outputs.
    pub target: Option<String>,
    /// The share of the labels' variance that is explained.
    pub r2: Option<f64>,
    /// Prediction, label.
    pub scatter: Vec<(f64, f64)>,
    /// Label minus prediction.
    pub residuals: Vec<Bar>,
    /// The residuals' quantiles: 5 %, 25 %, 50 %, 75 %, 95 %.
    pub residual_quantiles: [f64; 5],
    /// By label, in parts with as many rows.
    pub by_label: Vec<LabelBin>,
    /// By prediction: mean prediction, mean label, rows.
    pub calibration: Vec<(f64, f64, f64)>,
    /// Of quantiles: the level, and the share of labels that are not above.
    pub coverage: Vec<(f64, f64)>,
}

/// Rows whose labels are alike.
#[derive(Clone, Debug, Serialize)]
pub struct LabelBin {
    /// The least label.
    pub from: f64,
    /// The largest label.
    pub to: f64,
    /// The number of rows.
    pub rows: usize,
    /// The mean of prediction minus label.
    pub bias: f64,
    /// The mean absolute error.
    pub error: f64,
}

/// How well queries are put in order.
#[derive(Clone, Debug, Serialize)]
pub struct RankingFacts {
    /// The number of queries in the sample.
    pub queries: usize,
    /// How many queries have such an NDCG at 10.
    pub ndcg: Vec<Bar>,
    /// The mean grade of the row at each place, as the model orders them.
    pub grades_by_place: Vec<f64>,
    /// The same in the best order.
    pub best_by_place: Vec<f64>,
    /// Query, NDCG at 10, rows.
    pub worst_queries: Vec<(u64, f64, usize)>,
}

/// What the model uses.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Features {
    /// The number of features.
    pub num_features: usize,
    /// How many of them no tree uses.
    pub unused: usize,
    /// The most important ones, by mean |SHAP| where there is one, else by gain.
    pub importance: Vec<Importance>,
    /// What SHAP values were computed from.
    pub shap: Option<ShapFacts>,
    /// What the most important features do.
    pub effects: Vec<FeatureEffect>,
    /// What the labels are whose means `effects` has.
    pub label: String,
    /// Why there are no SHAP values.
    pub without_shap: Option<String>,
    /// The pairs whose joint contributions are largest.
    pub interactions: Vec<Interaction>,
}

/// How much a feature counts.
#[derive(Clone, Debug, Serialize)]
pub struct Importance {
    /// The feature.
    pub name: String,
    /// The share of all splits' gain that is of its splits.
    pub gain: f64,
    /// The number of its splits.
    pub splits: u64,
    /// The mean of its absolute contributions to the margin.
    pub shap: Option<f64>,
}

/// Contributions of features to predictions.
#[derive(Clone, Debug, Serialize)]
pub struct ShapFacts {
    /// What is contributed to.
    pub of: String,
    /// The rows of the sample.
    pub rows: usize,
}

/// What a feature contributes.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureEffect {
    /// The feature.
    pub name: String,
    /// Whether its values have no order.
    pub is_category: bool,
    /// Of each row: how high the value is among those of the sample (from 0 to 1; none if it is missing or a category), and the contribution.
    pub swarm: Vec<(Option<f64>, f64)>,
    /// Value and contribution; of numbers alone.
    pub dependence: Vec<(f64, f64)>,
    /// Level, and mean contribution.
    pub levels: Vec<Bar>,
    /// Rows by the feature's value: what it is, their share, mean label, mean prediction.
    pub bins: Vec<EffectBin>,
}

/// Rows whose value of a feature is alike.
#[derive(Clone, Debug, Serialize)]
pub struct EffectBin {
    /// The value or the range.
    pub label: String,
    /// The share of rows.
    pub share: f64,
    /// The mean label.
    pub actual: f64,
    /// The mean prediction.
    pub predicted: f64,
}

/// Two features that contribute together.
#[derive(Clone, Debug, Serialize)]
pub struct Interaction {
    /// One.
    pub one: String,
    /// The other.
    pub other: String,
    /// The mean of their absolute joint contributions, beyond what each does alone.
    pub value: f64,
}

/// A row that is predicted badly.
#[derive(Clone, Debug, Serialize)]
pub struct WorstRow {
    /// Where it is in the data.
    pub place: String,
    /// Its label.
    pub label: String,
    /// What is predicted.
    pub prediction: String,
    /// How bad that is: the loss.
    pub loss: f64,
    /// The features that contribute most: name, value, contribution; the last one stands for all others.
    pub contributions: Vec<Contribution>,
    /// What the contributions begin with.
    pub bias: Option<f64>,
}

/// What a feature contributes to a prediction.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// The feature.
    pub feature: String,
    /// Its value.
    pub value: String,
    /// The contribution to the margin.
    pub contribution: f64,
}

/// How to do it again.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reproduction {
    /// The command line, quoted for a shell.
    pub command: String,
    /// The version of Sapwood.
    pub version: String,
    /// The SHA-256 of the model file.
    pub model_sha256: Option<String>,
    /// What was read: what it is called, and the SHA-256 of its labels.
    pub inputs: Vec<(String, String)>,
    /// Parameters that were given.
    pub given: Vec<(String, String)>,
    /// All parameters that had an effect on the model.
    pub parameters: Vec<(String, String)>,
    /// The machine.
    pub machine: Vec<(String, String)>,
}
