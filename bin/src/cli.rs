//! The command line: subcommands, flags, and hyperparameters as `key=value` words.
//!
//! Every flag takes exactly one value, so that none can swallow the `key=value` words behind it.

mod convert;
mod cv;
mod inspect;
mod labelled;
mod learning;
mod serve;
mod tune;

pub use convert::{ConvertArgs, ModelFormat};
pub use cv::CvArgs;
pub use inspect::{InspectArgs, TreeFormat, WhichTree};
pub use labelled::LabelledArgs;
pub use serve::ServeArgs;
pub use tune::TuneArgs;

use crate::report::Failure;
use crate::threshold::Threshold;
use crate::usage;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use sapwood_readers::Format;
use sapwood_score::Output;
use std::ffi::OsString;
use std::path::PathBuf;

/// Trains, applies and explains gradient-boosted decision trees.
#[derive(Debug, Parser)]
#[command(name = "sapwood", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do. A container that is started without arguments trains, if it finds SageMaker's configuration.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a model; without data flags as a SageMaker training job.
    Train(Box<TrainArgs>),
    /// Cross-validate: a model a fold, judged by the rows that it did not learn from.
    Cv(Box<CvArgs>),
    /// Search for the parameters that learn the data best, and train with them.
    Tune(Box<TuneArgs>),
    /// Score data: one line per row.
    Predict(PredictArgs),
    /// Answer requests for predictions over HTTP, as a SageMaker endpoint does.
    Serve(ServeArgs),
    /// Compute metrics: one JSON object.
    Evaluate(EvaluateArgs),
    /// Tell how much each feature counts: mean |SHAP| over data, gain, cover.
    Explain(ExplainArgs),
    /// Write a page about a model: how well it predicts labelled data, and why.
    Report(ReportArgs),
    /// Show what is in a model file.
    Inspect(InspectArgs),
    /// Write a model in another format: Sapwood's, XGBoost's, LightGBM's.
    Convert(ConvertArgs),
    /// List every hyperparameter, or explain one.
    Params(TableArgs),
    /// List every metric, or explain one.
    Metrics(TableArgs),
    /// List every objective, or explain one.
    Objectives(TableArgs),
    /// Show what becomes of the parameters, objectives and metrics of SageMaker's built-in XGBoost.
    Builtin(BuiltinArgs),
    /// Print the completions of this command line for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page, in troff: `sapwood man train | man -l -`.
    Man(ManArgs),
    /// Check a job before it costs anything: requests, manifests, or a directory laid out as /opt/ml. Uses no network.
    Doctor(DoctorArgs),
}

/// Flags of `sapwood train`.
#[derive(Clone, Debug, Default, Args)]
pub struct TrainArgs {
    /// A file of settings, JSON, TOML or YAML, whose names are those of flags and hyperparameters. What the command line says wins.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Training data: a file or a directory, local or in S3 (s3://bucket/key). Several paths form one data set.
    #[arg(long, value_name = "PATH")]
    pub train: Vec<PathBuf>,
    /// Validation data. Each path is a set of its own: validation, validation-2, …; the last decides early stopping.
    #[arg(long, value_name = "PATH")]
    pub validation: Vec<PathBuf>,
    /// A data set to evaluate in every round, under its own name; it does not decide early stopping. May be repeated.
    #[arg(long, value_name = "NAME=PATH")]
    pub eval_set: Vec<String>,
    /// A model to go on from, in a file or an object of S3: num_round more rounds are added to it, on columns of the same names and types.
    #[arg(long, value_name = "FILE")]
    pub model_in: Option<PathBuf>,
    /// Where to write the model: a file, or an object of S3.
    #[arg(long, value_name = "FILE")]
    pub model_out: Option<PathBuf>,
    /// Where to write a summary of the run, as JSON.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Where to write the metrics of every round, as CSV.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Where to write a report, a page for a browser (FILE.html). Beside it go the same as JSON, statistics.json and constraints.json (a baseline for SageMaker
    /// Model Monitor) and evaluation.json (for SageMaker Pipelines).
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// A directory for checkpoints: training resumes from the newest one there, and writes a new one every checkpoint_interval seconds.
    #[arg(long, value_name = "DIR")]
    pub checkpoints: Option<PathBuf>,
    /// A directory where binned data are kept, so that the next job on the same files need not read them.
    /// [default: $SAPWOOD_CACHE, if that is set]
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// The format of the data; detected if not given.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// The root of SageMaker's directory tree [default: $SAGEMAKER_BASE_DIR, or /opt/ml].
    #[arg(long, value_name = "DIR", conflicts_with_all = ["train", "validation", "eval_set", "model_in", "model_out", "summary", "history", "report", "checkpoints", "format"])]
    pub opt_ml: Option<PathBuf>,
    /// The label's column: a name, or an index counted from 0 [default: the first].
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// The column of row weights.
    #[arg(long, value_name = "COL")]
    pub weight: Option<String>,
    /// The column of query groups.
    #[arg(long, value_name = "COL")]
    pub group: Option<String>,
    /// The column of margins to start from.
    #[arg(long, value_name = "COL")]
    pub base_margin: Option<String>,
    /// A column to leave out; may be repeated, and adds to ignore_columns.
    #[arg(long, value_name = "COL")]
    pub ignore: Vec<String>,
    /// Threads [default: the CPUs this process may use].
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
    /// Print only warnings, errors and the metrics of the model that is saved.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print where the time of every round goes, too.
    #[arg(long, short)]
    pub verbose: bool,
    /// Hyperparameters; `sapwood params` lists them.
    #[arg(value_name = "KEY=VALUE")]
    pub hyperparameters: Vec<String>,
}

/// Flags of `sapwood predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Data to score: a file or a directory, local or in S3, or - for standard input; may be repeated.
    #[arg(long, value_name = "PATH", required = true)]
    pub data: Vec<PathBuf>,
    /// The label's column, if there is one: it is ignored.
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// Where to write [default: standard output, as is -]. The extension selects the format: .json, .jsonl or .parquet, else CSV. A
    /// trailing .gz compresses text.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Columns of the data to write in front of the predictions, as they stand there: names or indices, separated by commas.
    #[arg(long, value_name = "COL,...")]
    pub keep: Vec<String>,
    /// Begin CSV with a line of names.
    #[arg(long)]
    pub header: bool,
    /// What to write for each row: the objective's prediction, the margin, probabilities, the class, the leaf of every tree, or what each
    /// feature, or pair of features, contributes to the margin (SHAP values; the bias comes last).
    #[arg(long, value_name = "KIND", default_value = "value", value_parser = output_kind())]
    pub output: Output,
    /// With --output class, for two classes: rows whose probability is at least this are of class 1 [default: above 0.5].
    #[arg(long, value_name = "P")]
    pub threshold: Option<Threshold>,
    /// With --output contributions: rows to explain against (interventional SHAP values), a file with some hundred of them.
    #[arg(long, value_name = "PATH")]
    pub background: Vec<PathBuf>,
    /// What both scoring commands have.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Flags of `sapwood evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// What the model is judged by.
    #[command(flatten)]
    pub labelled: LabelledArgs,
    /// Metrics, separated by commas [default: those the model was trained with].
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub metric: Vec<String>,
    /// Where to write all results as JSON, for classifiers with confusion matrix, scores of each class, curves and calibration; - is
    /// standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// For two classes: rows whose probability is at least this are of class 1, for metrics and tables [default: above 0.5].
    #[arg(long, value_name = "P")]
    pub threshold: Option<Threshold>,
    /// What both scoring commands have.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Flags of `sapwood explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The model file.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Data whose predictions are explained: a file or a directory, local or in S3, or - for standard input; may be repeated. Not for
    /// importances that are in the model.
    #[arg(long, value_name = "PATH")]
    pub data: Vec<PathBuf>,
    /// The label's column: what permutation compares predictions with; else it is ignored.
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// How much a feature counts.
    #[arg(long, value_name = "KIND", default_value = "shap")]
    pub importance: ImportanceArg,
    /// With --importance permutation: the metric [default: the first that the model was trained with].
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// With --importance permutation: how often each feature's values change places.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: u32,
    /// With --importance permutation: what decides how they do.
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true)]
    pub seed: i64,
    /// Tell what pairs of features contribute, too.
    #[arg(long)]
    pub interactions: bool,
    /// Features, and pairs, to print.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Where to write all of them as a table; - is standard output. The extension selects the format: .json, .jsonl or .parquet, else CSV. A trailing .gz
    /// compresses text.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What all scoring commands have.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// Flags of `sapwood report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What the model is judged by.
    #[command(flatten)]
    pub labelled: LabelledArgs,
    /// Where to write the page. Beside it go the same as JSON, statistics.json, constraints.json and evaluation.json.
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    pub out: PathBuf,
    /// What all scoring commands have.
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How much a feature counts, as it is called on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ImportanceArg {
    /// The mean of its absolute contributions to the margins of some data.
    Shap,
    /// The mean gain of its splits.
    Gain,
    /// The gain of all its splits.
    TotalGain,
    /// The mean cover of its splits.
    Cover,
    /// The cover of all its splits.
    TotalCover,
    /// The number of its splits.
    Weight,
    /// How much worse a metric becomes on labelled data when the feature's values change places among the rows.
    Permutation,
}

/// How the commands that score read their data.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// The format of the data; detected if not given.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// The column of base margins; none begins with the base score [default: the one that the model was trained with].
    #[arg(long, value_name = "COL")]
    pub base_margin: Option<String>,
    /// The texts of the classes, in the order of their numbers, for a model that knows them by number only.
    #[arg(long, value_name = "TEXT,...")]
    pub classes: Vec<String>,
    /// Threads [default: the CPUs this process may use].
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u32).range(..=4096))]
    pub threads: u32,
    /// Print only warnings, errors and the result.
    #[arg(long, short)]
    pub quiet: bool,
    /// Parameters about reading data, such as header=false or missing_values=-999.
    #[arg(value_name = "KEY=VALUE")]
    pub parameters: Vec<String>,
}

/// Flags of `sapwood params`, `sapwood metrics` and `sapwood objectives`.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// The one to explain, by any of its names [default: all].
    #[arg(value_name = "NAME", conflicts_with_all = ["markdown", "json"])]
    pub name: Option<String>,
    /// Print the table as Markdown (docs/PARAMETERS.md, docs/METRICS.md, docs/OBJECTIVES.md).
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Print a JSON list, one object per entry.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `sapwood completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Where people come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Library {
    /// SageMaker's built-in XGBoost.
    Builtin,
    /// XGBoost.
    Xgboost,
    /// LightGBM.
    Lightgbm,
    /// CatBoost.
    Catboost,
}

/// Flags of `sapwood builtin`.
#[derive(Debug, Args)]
pub struct BuiltinArgs {
    /// Whose words.
    #[arg(long, value_name = "LIBRARY", default_value = "builtin")]
    pub of: Library,
    /// Print tables in Markdown, as in docs/BUILTIN.md.
    #[arg(long)]
    pub markdown: bool,
}

/// Flags of `sapwood man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command that the page is about [default: sapwood itself].
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// Flags of `sapwood doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What to check: JSON requests of the AWS command line, Kubernetes manifests, directories of both, directories laid out as /opt/ml;
    /// - is standard input.
    #[arg(value_name = "PATH", required_unless_present = "translate")]
    pub paths: Vec<PathBuf>,
    /// Print a JSON list, one object per finding.
    #[arg(long)]
    pub json: bool,
    /// Translate the retired SageMaker operator's manifests in FILE into manifests for ACK, on standard output.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "json"])]
    pub translate: Option<PathBuf>,
}

/// A data format, as it is called on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// Comma-, tab-, semicolon-, pipe- or space-separated values.
    Csv,
    /// `label index:value …`.
    Libsvm,
    /// Apache Parquet.
    Parquet,
    /// SageMaker's protobuf records.
    Recordio,
    /// One JSON document: an array of objects, or of arrays.
    Json,
    /// One JSON object or array a line.
    #[value(alias = "jsonl", alias = "ndjson")]
    Jsonlines,
}

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Csv => Self::Csv,
            FormatArg::Libsvm => Self::Libsvm,
            FormatArg::Parquet => Self::Parquet,
            FormatArg::Recordio => Self::Recordio,
            FormatArg::Json => Self::Json,
            FormatArg::Jsonlines => Self::JsonLines,
        }
    }
}

/// The kinds of output by their names.
fn output_kind() -> impl TypedValueParser<Value = Output> {
    PossibleValuesParser::new(Output::ALL.map(Output::name)).try_map(|name| Output::from_name(&name).ok_or("not a kind of output"))
}

/// What a command line that cannot be parsed says of training, up to its first mistake; nothing if it is about another command.
pub fn train_args(line: &[OsString]) -> Option<TrainArgs> {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(line).ok()?;
    match matches.subcommand() {
        None => Some(TrainArgs::default()),
        Some((name, matches)) => (name == "train").then(|| TrainArgs::from_arg_matches(matches).unwrap_or_default()),
    }
}

/// `key=value` words as pairs.
///
/// # Errors
/// A word without `=`.
pub fn pairs(words: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |word: &String| match word.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err(Failure::user(format!("{word:?} is not a parameter; {}", usage::of_word(word)))),
    };
    words.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn the_declaration_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_take_one_value_and_leave_the_words_alone() {
        let line = "sapwood train --train a eta=0.1 --train b --ignore x --ignore y max_depth=3 --model-out m base_score=-1";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Some(Command::Train(args)) = cli.command else { panic!("not train") };
        assert_eq!(args.train, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!(args.ignore, ["x", "y"]);
        let expected = [("eta", "0.1"), ("max_depth", "3"), ("base_score", "-1")];
        assert_eq!(pairs(&args.hyperparameters).unwrap(), expected.map(|(k, v)| (k.to_string(), v.to_string())));
    }

    #[test]
    fn a_line_that_cannot_be_parsed_says_what_it_was_about() {
        let args = |line: &str| train_args(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in
            ["sapwood train --no-such-flag", "sapwood train eta=1 --format", "sapwood --no-such-flag", "sapwood trian eta=1"]
        {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
            assert!(args(line).is_some_and(|args| args.train.is_empty() && args.format.is_none()), "{line}");
        }
        let args_of = args("sapwood train --opt-ml here --train there --no-such-flag").unwrap();
        assert_eq!((args_of.opt_ml, args_of.train), (Some("here".into()), vec![PathBuf::from("there")]));
        for line in ["sapwood serve --no-such-flag", "sapwood predict", "sapwood evaluate --model"] {
            assert!(args(line).is_none(), "{line}");
        }
        let not_utf8 = ["sapwood".into(), "train".into(), OsString::from_vec(vec![b'a', 0xff])];
        assert!(Cli::try_parse_from(&not_utf8).is_err() && train_args(&not_utf8).is_some());
    }

    #[test]
    fn a_value_may_hold_equals_signs_but_a_word_must_hold_one() {
        assert_eq!(pairs(&["delimiter==".into()]).unwrap(), [("delimiter".to_string(), "=".to_string())]);
        assert!(
            pairs(&["eta".into()]).unwrap_err().to_string().starts_with("UserError: \"eta\" is not a parameter; write key=value")
        );
        assert!(pairs(&["=1".into()]).is_err());
    }
}
